/* SPDX-License-Identifier: MIT */
/*
 * /init of the power-cut test: mounts /dev/vda, first checks what "check=" on the command line of
 * the environment lists, then writes files for ever. Each line it prints is a promise:
 *
 *	A n size seed	/m/w/<n % 50>/f<n> has these bytes: written and fsync'd
 *	R n		it is called g<n> now: renamed, both directories fsync'd
 *	D n		it is gone: unlinked, directory fsync'd
 *
 * With "idle" as an argument it unmounts again and powers off: replay by the kernel alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned char buf[1 << 20];

static void die(const char *what)
{
	printf("E %s: %s\n", what, strerror(errno));
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* The same in the script that checks. */
static void fill(unsigned char *p, unsigned int n, unsigned int seed)
{
	unsigned int x = seed * 2654435761u + 1;

	for (unsigned int i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = (unsigned char)(x >> 24);
	}
}

static void sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	if (fd < 0 || fsync(fd))
		die("fsync of a directory");
	close(fd);
}

static void one_file(unsigned int n, unsigned int seed)
{
	unsigned int size = (seed >> 3) % (seed & 4 ? 200000 : 9000) + 1, half = size / 2;
	char dir[64], name[96], other[96];
	int fd;

	snprintf(dir, sizeof(dir), "/m/w/%u", n % 50);
	if (mkdir(dir, 0755) && errno != EEXIST)
		die("mkdir");
	snprintf(name, sizeof(name), "%s/f%u", dir, n);
	fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0644);
	if (fd < 0)
		die(name);
	fill(buf, size, n);
	if (write(fd, buf, half) != (ssize_t)half ||
	    write(fd, buf + half, size - half) != (ssize_t)(size - half))
		die("write");
	if (n % 3 ? fsync(fd) : fdatasync(fd))
		die("fsync");
	close(fd);
	if (n % 3 == 0)
		sync_dir(dir);
	printf("A %u %u\n", n, size);
	if (n % 5 == 0) {
		snprintf(other, sizeof(other), "%s/g%u", dir, n);
		if (rename(name, other))
			die("rename");
		sync_dir(dir);
		printf("R %u\n", n);
	}
	if (n % 4 == 3 && n > 40) {
		unsigned int old = n - 37;

		snprintf(dir, sizeof(dir), "/m/w/%u", old % 50);
		snprintf(name, sizeof(name), "%s/%c%u", dir, old % 5 ? 'f' : 'g', old);
		if (unlink(name) == 0) {
			sync_dir(dir);
			printf("D %u\n", old);
		}
	}
}

int main(int argc, char **argv)
{
	unsigned int n = 0, seed = 1;
	FILE *f;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/m", 0755);
	mkdir("/dev", 0755);
	if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) && errno != EBUSY)
		printf("# devtmpfs: %s\n", strerror(errno));
	if (mount("/dev/vda", "/m", "ext4", 0, NULL))
		die("mount");
	if (argc > 1 && !strcmp(argv[1], "idle")) {
		if (umount("/m"))
			die("umount");
		printf("IDLE\n");
		reboot(RB_POWER_OFF);
	}
	mkdir("/m/w", 0755);
	f = fopen("/m/start", "r");
	if (f) {
		if (fscanf(f, "%u", &n) != 1)
			n = 0;
		fclose(f);
	}
	n += 1000;
	f = fopen("/m/start.new", "w");
	if (!f || fprintf(f, "%u\n", n) < 0 || fflush(f) || fsync(fileno(f)))
		die("start");
	fclose(f);
	if (rename("/m/start.new", "/m/start"))
		die("rename of start");
	sync_dir("/m");
	printf("START %u\n", n);
	for (;; n++) {
		seed = seed * 1103515245u + 12345u + n;
		one_file(n, seed >> 8);
	}
}
