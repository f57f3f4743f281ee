/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of the selftest guest: mounts what tests need, runs every program below /selftests in
 * an order shuffled by seed=N, passes their KTAP on as subtests, and powers off. A program has a
 * time limit; at its end everything it started is killed.
 *
 * Arguments (from the kernel command line after "--"): seed=N repeat=N timeout=SECONDS, and names
 * ("signal", "signal/basic") that choose.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_PROGRAMS 256
#define DIRECTORY    "/selftests"

static char *programs[MAX_PROGRAMS]; /* "signal/basic" */
static int nr_programs;
static uint64_t seed;
static int repeat = 1, limit = 300;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* ---- getting ready --------------------------------------------------------------------------- */

static void try_mount(const char *type, const char *dir, const char *options)
{
	mkdir(dir, 0755);
	if (mount(type, dir, type, 0, options) && errno != EBUSY)
		printf("# mount -t %s %s: %s\n", type, dir, strerror(errno));
}

static void set_up(void)
{
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/", 1);
	try_mount("devtmpfs", "/dev", NULL);
	try_mount("proc", "/proc", NULL);
	try_mount("sysfs", "/sys", NULL);
	try_mount("devpts", "/dev/pts", "mode=620,ptmxmode=666");
	try_mount("tmpfs", "/tmp", NULL);
	chmod("/tmp", 01777);
}

static void parse_argument(const char *arg)
{
	if (!strncmp(arg, "seed=", 5))
		seed = strtoull(arg + 5, NULL, 0);
	else if (!strncmp(arg, "repeat=", 7))
		repeat = atoi(arg + 7);
	else if (!strncmp(arg, "timeout=", 8))
		limit = atoi(arg + 8);
}

/* Is @program one of those named, or in a directory that is? */
static bool is_chosen(const char *program, int argc, char **argv)
{
	bool any = false;

	for (int i = 1; i < argc; i++) {
		size_t len = strlen(argv[i]);

		if (!len || strchr(argv[i], '='))
			continue;
		any = true;
		if (!strncmp(program, argv[i], len) && (!program[len] || program[len] == '/'))
			return true;
	}
	return !any;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_in(const char *subsystem, int argc, char **argv)
{
	char path[512], name[512];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), DIRECTORY "/%s", subsystem);
	dir = opendir(path);
	while (dir && (e = readdir(dir)) != NULL) {
		if (snprintf(name, sizeof(name), "%s/%s", subsystem, e->d_name) >=
		    (int)sizeof(name))
			continue;
		snprintf(path, sizeof(path), DIRECTORY "/%.400s", name);
		if (e->d_name[0] == '.' || access(path, X_OK) || nr_programs == MAX_PROGRAMS)
			continue;
		if (is_chosen(name, argc, argv))
			programs[nr_programs++] = strdup(name);
	}
	if (dir)
		closedir(dir);
}

static void find_programs(int argc, char **argv)
{
	DIR *dir = opendir(DIRECTORY);
	struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			find_in(e->d_name, argc, argv);
	if (dir)
		closedir(dir);
	qsort(programs, nr_programs, sizeof(programs[0]), by_name);
}

static void shuffle(uint64_t state)
{
	for (int i = nr_programs; i > 1; i--) {
		int j = next_random(&state) % i;
		char *p = programs[i - 1];

		programs[i - 1] = programs[j];
		programs[j] = p;
	}
}

/* ---- running --------------------------------------------------------------------------------- */

static void __attribute__((noreturn))
exec_program(const char *program, int out, uint64_t round_seed)
{
	char path[600], number[32];

	setsid();
	dup2(out, 1);
	dup2(out, 2);
	close(0);
	open("/dev/null", O_RDONLY);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)round_seed);
	setenv("KTAP_SEED", number, 1);
	snprintf(path, sizeof(path), DIRECTORY "/%s", program);
	if (chdir("/tmp") && chdir("/"))
		printf("# no directory to run in: %s\n", strerror(errno));
	execl(path, path, (char *)NULL);
	printf("# cannot run %s: %s\n", path, strerror(errno));
	fflush(stdout);
	_exit(127);
}

/* Passes lines on, indented as a subtest's. */
static void pass_on(const char *buf, ssize_t n, bool *line_start)
{
	for (ssize_t i = 0; i < n; i++) {
		if (*line_start)
			fputs("    ", stdout);
		putchar(buf[i]);
		*line_start = buf[i] == '\n';
	}
	fflush(stdout);
}

/* True: end of output. False: the time is up. */
static bool copy_output(int fd)
{
	double end = now() + limit;
	bool line_start = true;
	char buf[4096];

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		double left = end - now();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, left * 1000 + 1) == 0)
			break;
		n = read(fd, buf, sizeof(buf));
		if (n > 0)
			pass_on(buf, n, &line_start);
		else if (n == 0 || errno != EINTR)
			return true;
	}
	if (!line_start)
		putchar('\n');
	return false;
}

/* Everything but this process. */
static void kill_all(void)
{
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static bool run_program(const char *program, int number, uint64_t round_seed)
{
	int fd[2], status = -1;
	bool ended, ok;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC)) {
		printf("# pipe: %s\nnot ok %d %s\n", strerror(errno), number, program);
		return false;
	}
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		exec_program(program, fd[1], round_seed);
	close(fd[1]);
	ended = pid > 0 && copy_output(fd[0]);
	close(fd[0]);
	if (pid > 0 && !ended) {
		printf("    # %s: no end within %d s\n", program, limit);
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	kill_all();
	ok = ended && status == 0;
	if (ended && WIFSIGNALED(status))
		printf("    # %s: killed by signal %d\n", program, WTERMSIG(status));
	printf("%s %d %s\n", ok ? "ok" : "not ok", number, program);
	return ok;
}

int main(int argc, char **argv)
{
	int number = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++)
		parse_argument(argv[i]);
	set_up();
	find_programs(argc, argv);
	printf("KTAP version 1\n1..%d\n", nr_programs * repeat);
	for (int round = 0; round < repeat; round++) {
		printf("# seed=%llu\n", (unsigned long long)(seed + round));
		shuffle(seed + round);
		for (int i = 0; i < nr_programs; i++)
			failed += !run_program(programs[i], ++number, seed + round);
	}
	printf("# selftests: %d programs, %d failed\n", number, failed);
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
