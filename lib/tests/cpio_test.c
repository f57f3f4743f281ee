/* SPDX-License-Identifier: MIT */
/* The cpio reader on archives written here, whole and damaged. */
#include <lib/cpio.h>
#include <lib/errno.h>
#include <lib/printf.h>
#include "host.h"

#define MAX_FILES 12

static u8 archive[65536];
static size_t archive_size;

static struct {
	char name[40];
	u8 data[600];
	u32 size, mode;
} files[MAX_FILES];
static int file_count;

static void append(const void *p, size_t n)
{
	memcpy(archive + archive_size, p, n);
	archive_size += n;
}

static void pad(size_t base)
{
	while ((archive_size - base) & 3)
		archive[archive_size++] = 0;
}

static void add(size_t base, const char *name, u32 mode, const u8 *data, u32 size, bool crc)
{
	char header[111];
	u32 sum = 0;

	for (u32 i = 0; crc && i < size; i++)
		sum += data[i];
	snprintf(header, sizeof(header),
		 "07070%c%08X%08x%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", crc ? '2' : '1', 7,
		 mode, 1, 2, 1, 1000000, size, 8, 1, 5, 6, (u32)strlen(name) + 1, sum);
	append(header, 110);
	append(name, strlen(name) + 1);
	pad(base);
	append(data, size);
	pad(base);
}

static void make_archives(int archives)
{
	archive_size = 0;
	file_count = 0;
	for (int a = 0; a < archives; a++) {
		size_t base = archive_size;

		for (int n = below(MAX_FILES / 3 + 1); n; n--) {
			int i = file_count++;

			files[i].size = below(3) ? below(sizeof(files[i].data)) : 0;
			files[i].mode = 0100000 | below(0777);
			rnd_bytes(files[i].data, files[i].size);
			snprintf(files[i].name, sizeof(files[i].name), "dir/file%.*s%d",
				 (int)below(8), "_______", i);
			add(base, files[i].name, files[i].mode, files[i].data, files[i].size,
			    below(2));
		}
		add(base, "TRAILER!!!", 0, NULL, 0, false);
		for (u32 n = 4 * below(5); n; n--)
			archive[archive_size++] = 0;
	}
}

static void test_read(void)
{
	for (int round = 0; round < 300 && !host_failed; round++) {
		struct cpio_reader r;
		struct cpio_entry e;
		u8 *copy;
		int i = 0, ret;

		make_archives(1 + below(3));
		copy = exact_copy(archive, archive_size);
		cpio_init(&r, copy, archive_size);
		while ((ret = cpio_next(&r, &e)) > 0) {
			ASSERT(i < file_count);
			EXPECT_STREQ(e.name, files[i].name);
			EXPECT_EQ(e.namelen, strlen(e.name));
			EXPECT_EQ(e.mode, files[i].mode);
			EXPECT_EQ(e.size, files[i].size);
			EXPECT(!memcmp(e.data, files[i].data, e.size));
			EXPECT(e.uid == 1 && e.gid == 2 && e.rmajor == 5 && e.rminor == 6);
			i++;
		}
		EXPECT_EQ(ret, 0);
		EXPECT_EQ(i, file_count);
		EXPECT_EQ(r.offset, archive_size);
		free(copy);
	}
}

/* Read all of it; every byte of every entry must be readable. Returns the last cpio_next(). */
static int drain(const u8 *data, size_t size, struct cpio_reader *r)
{
	struct cpio_entry e;
	u32 sum = 0;
	int ret;

	cpio_init(r, data, size);
	while ((ret = cpio_next(r, &e)) > 0) {
		sum += (u32)strlen(e.name);
		for (u32 i = 0; i < e.size; i++)
			sum += e.data[i];
	}
	__asm__ __volatile__("" : : "r"(sum));
	return ret;
}

static void test_truncated(void)
{
	struct cpio_reader r;

	do {
		make_archives(1);
	} while (file_count < 2);
	for (size_t n = 0; n <= archive_size; n++) {
		u8 *copy = exact_copy(archive, n);
		int ret = drain(copy, n, &r);

		/*
		 * Cut off inside the zeros at the end is not an error; nothing at all is not one.
		 */
		if (n && n < archive_size - 20)
			EXPECT(ret == -EINVAL && r.error && r.offset <= n);
		free(copy);
	}
}

static void test_corrupt(void)
{
	struct cpio_reader r;

	for (int i = 0; i < 20000; i++) {
		u8 *copy;
		int ret;

		if (i % 50 == 0)
			make_archives(2);
		copy = exact_copy(archive, archive_size);
		for (u32 k = below(3) + 1; k; k--)
			copy[below((u32)archive_size)] ^= 1U << below(8);
		ret = drain(copy, archive_size, &r);
		EXPECT(ret == 0 || (ret == -EINVAL && r.error));
		free(copy);
	}
}

static void expect_error(const char *header, size_t n, const char *want)
{
	struct cpio_reader r;
	u8 *copy = exact_copy(header, n);

	EXPECT_EQ(drain(copy, n, &r), -EINVAL);
	EXPECT_STREQ(r.error, want);
	free(copy);
}

static void test_errors(void)
{
	static const char huge[] = "070701"
				   "00000000"
				   "000081a4"
				   "00000000"
				   "00000000"
				   "00000001"
				   "00000000"
				   "ffffffff"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000002"
				   "00000000"
				   "a\0\0\0";
	static const char name[] = "070701"
				   "00000000"
				   "000081a4"
				   "00000000"
				   "00000000"
				   "00000001"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000000"
				   "00000004"
				   "00000000"
				   "a\0b\0\0\0";
	struct cpio_reader r;
	struct cpio_entry e;

	expect_error("\x1f\x8b\x08", 3, "truncated header");
	expect_error(huge, sizeof(huge) - 1, "truncated file data");
	expect_error(name, sizeof(name) - 1, "name is not a string of its length");
	make_archives(1);
	archive[0] = 'x';
	expect_error((char *)archive, archive_size, "bad magic, not a newc cpio archive");
	archive[0] = '0';
	archive[20] = 'g';
	expect_error((char *)archive, archive_size, "bad digit in header");

	/* Something else behind the trailer is left to the caller. */
	archive_size = 0;
	add(0, "TRAILER!!!", 0, NULL, 0, false);
	append("\x1f\x8b\x08\0", 4);
	cpio_init(&r, archive, archive_size);
	EXPECT_EQ(cpio_next(&r, &e), 0);
	EXPECT_EQ(r.offset, archive_size - 4);
}

HOST_SUITE("cpio", CASE(test_read), CASE(test_truncated), CASE(test_corrupt), CASE(test_errors))
