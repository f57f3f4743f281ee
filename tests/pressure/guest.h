/* SPDX-License-Identifier: MIT */
/* What the programs of run.py share: they are process 1, and look at how much memory is in use. */
#ifndef TESTS_PRESSURE_GUEST_H
#define TESTS_PRESSURE_GUEST_H

#include "harness.h"
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>

/* In KB, of /proc/meminfo; -1: there is none. */
static inline long field(const char *name)
{
	static char text[8192];
	char *at;

	if (test_read_file("/proc/meminfo", text, sizeof(text)) <= 0)
		return -1;
	at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static inline void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	sync();
	if (fd >= 0) {
		if (write(fd, "3", 1) != 1)
			NOTE("drop_caches: %s", strerror(errno));
		close(fd);
	}
}

/* KB that nobody uses: free, or kept only in case. */
static inline long unused(void)
{
	drop_caches();
	return field("MemFree:") + field("\nCached:") - field("Shmem:") + field("SReclaimable:");
}

/* main() of a program that may be process 1: then it powers the guest off at its end. */
static inline int guest_main(int argc, char **argv)
{
	if (getpid() == 1) {
		mkdir("/proc", 0755);
		mkdir("/dev", 0755);
		mkdir("/tmp", 0755);
		mount("proc", "/proc", "proc", 0, NULL);
		mount("dev", "/dev", "devtmpfs", 0, NULL);
		mount("tmp", "/tmp", "tmpfs", 0, NULL);
		for (int fd = 0; fd < 3 && fcntl(fd, F_GETFD) < 0; fd++)
			open("/dev/console", O_RDWR);
	}
	test_main(argc, argv);
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}

#define GUEST_MAIN                             \
	int main(int argc, char **argv)        \
	{                                      \
		return guest_main(argc, argv); \
	}

#endif
