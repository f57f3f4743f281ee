/* SPDX-License-Identifier: MIT */
/*
 * flip IMAGE SEED: damages an image. Seeds choose how: single bits anywhere, in the first blocks or
 * in the journal's neighbourhood; whole fields of 0 or 0xff; a block copied over another; the end
 * cut off.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned long state;

static unsigned long rnd(unsigned long n)
{
	state = state * 6364136223846793005ul + 1442695040888963407ul;
	return (state >> 33) % n;
}

/* A byte of the image, three times of four near its start, where the metadata is. */
static off_t place(off_t size)
{
	off_t part = rnd(4) ? size / 8 : size;

	return (off_t)((rnd(1ul << 31)) % (unsigned long)part);
}

int main(int argc, char **argv)
{
	unsigned char block[1024], byte;
	struct stat st;
	int fd = argc == 3 ? open(argv[1], O_RDWR) : -1, n;

	if (fd < 0 || fstat(fd, &st))
		return 1;
	state = strtoul(argv[2], NULL, 0) * 2654435761ul + 99;
	for (int i = 0; i < 8; i++)
		rnd(2);
	n = 1 + (int)rnd(20);
	switch (rnd(5)) {
	case 0:
		if (ftruncate(fd, (off_t)rnd((unsigned long)st.st_size)))
			return 1;
		break;
	case 1:
		while (n--) {
			if (pread(fd, block, sizeof(block), place(st.st_size) & ~1023l) < 0 ||
			    pwrite(fd, block, sizeof(block), place(st.st_size) & ~1023l) < 0)
				return 1;
		}
		break;
	case 2:
		while (n--) {
			memset(block, rnd(2) ? 0xff : 0, 8);
			if (pwrite(fd, block, 1ul << rnd(4), place(st.st_size) & ~3l) < 0)
				return 1;
		}
		break;
	default:
		for (n *= 20; n--;) {
			off_t at = place(st.st_size);

			if (pread(fd, &byte, 1, at) != 1)
				continue;
			byte ^= (unsigned char)(1u << rnd(8));
			if (pwrite(fd, &byte, 1, at) != 1)
				return 1;
		}
	}
	return 0;
}
