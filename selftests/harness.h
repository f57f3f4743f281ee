/* SPDX-License-Identifier: MIT */
/*
 * The harness of the selftests: programs that run in the guest (or on any Linux) and print KTAP.
 *
 *	#include "harness.h"
 *
 *	TEST(pipe_holds_bytes)
 *	{
 *		int fd[2];
 *
 *		ASSERT_EQ(0, pipe(fd));
 *		EXPECT_EQ(3, write(fd[1], "abc", 3));
 *	}
 *	TEST_MAIN
 *
 * Each test runs in a child process in a process group of its own, with a time limit (TEST_TIMEOUT
 * to change it); when it ends, the whole group is killed. EXPECT_* notes a failure and goes on,
 * ASSERT_* ends the test, SKIP("why") too. TEST_SIGNAL passes when the test dies by that signal.
 * FIXTURE(name) { members }, FIXTURE_SETUP(name), FIXTURE_TEARDOWN(name) and TEST_F(name, test)
 * give tests a `self`.
 *
 * REQUIRE_CONFIG("PROC_FS") skips when /etc/kconfig, the kernel's .config which the build puts
 * there, says that the option is off; REQUIRE_THREADS() when pthread_create() cannot work.
 *
 * The order is shuffled by seed=N (argument, or KTAP_SEED); the names of tests as further arguments
 * choose.
 */
#ifndef SELFTESTS_HARNESS_H
#define SELFTESTS_HARNESS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TEST_DEFAULT_TIMEOUT 30 /* seconds */
#define TEST_MAX	     256

enum { TEST_EXIT_PASS = 0, TEST_EXIT_FAIL = 1, TEST_EXIT_SKIP = 77 };

struct test {
	const char *name;
	void (*run)(void);
	int signal; /* it has to die by; 0: it has to end well */
	int timeout; /* seconds */
};

static struct test *tests[TEST_MAX];
static int nr_tests;
static int test_failures; /* of the running test: in its child */
static int test_reason_fd = -1; /* where a skipped test says why */
static const char *test_name = "";

static inline void test_register(struct test *t)
{
	if (nr_tests < TEST_MAX)
		tests[nr_tests++] = t;
}

static inline void __attribute__((format(printf, 3, 4)))
test_note(const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	char text[512];
	va_list args;
	int n;

	n = snprintf(text, sizeof(text), "# %s: %s:%d: ", test_name, base ? base + 1 : file, line);
	va_start(args, fmt);
	n += vsnprintf(text + n, sizeof(text) - n - 1, fmt, args);
	va_end(args);
	if (n > (int)sizeof(text) - 2)
		n = sizeof(text) - 2;
	text[n++] = '\n';
	if (write(STDOUT_FILENO, text, n) != n)
		_exit(TEST_EXIT_FAIL);
}

static inline void __attribute__((noreturn)) test_skip(const char *why)
{
	if (test_reason_fd >= 0 && write(test_reason_fd, why, strlen(why)) < 0)
		_exit(TEST_EXIT_FAIL);
	_exit(TEST_EXIT_SKIP);
}

/* 1: on, 0: off, -1: nobody says. */
static inline int test_config(const char *option)
{
	char line[256], want[128];
	FILE *f = fopen("/etc/kconfig", "re");
	int found = 0;

	if (!f)
		return -1;
	snprintf(want, sizeof(want), "CONFIG_%s=", option);
	while (!found && fgets(line, sizeof(line), f))
		found = !strncmp(line, want, strlen(want)) && line[strlen(want)] != 'n';
	fclose(f);
	return found;
}

static inline void test_require_config(const char *option)
{
	char why[160];

	if (test_config(option) != 0)
		return;
	snprintf(why, sizeof(why), "CONFIG_%s is not set", option);
	test_skip(why);
}

/* pthread_create() shares all of these; the C library has no other kind of thread. */
static inline void test_require_threads(void)
{
	test_require_config("THREADS");
	test_require_config("CLONE_FILES");
	test_require_config("CLONE_FS");
	test_require_config("FUTEX");
}

#define REQUIRE_CONFIG(option) test_require_config(option)
#define REQUIRE_THREADS()      test_require_threads()
#define SKIP(why)	       test_skip(why)
#define NOTE(...)	       test_note(__FILE__, __LINE__, __VA_ARGS__)

/* ---- declaring ------------------------------------------------------------------------------- */

#define TEST_FULL(fn, sig, secs)                                             \
	static void fn(void);                                                \
	static struct test test_##fn = {                                     \
		.name = #fn, .run = fn, .signal = (sig), .timeout = (secs)}; \
	static void __attribute__((constructor)) register_##fn(void)         \
	{                                                                    \
		test_register(&test_##fn);                                   \
	}                                                                    \
	static void fn(void)

#define TEST(fn)	       TEST_FULL(fn, 0, TEST_DEFAULT_TIMEOUT)
#define TEST_TIMEOUT(fn, secs) TEST_FULL(fn, 0, secs)
#define TEST_SIGNAL(fn, sig)   TEST_FULL(fn, sig, TEST_DEFAULT_TIMEOUT)

#define FIXTURE(fx)	       struct fixture_##fx
#define FIXTURE_SETUP(fx)      static void fixture_setup_##fx(struct fixture_##fx *self)
#define FIXTURE_TEARDOWN(fx)   static void fixture_teardown_##fx(struct fixture_##fx *self)
#define TEST_F(fx, fn)                                           \
	static void body_##fx##_##fn(struct fixture_##fx *self); \
	TEST(fx##_##fn)                                          \
	{                                                        \
		struct fixture_##fx self;                        \
                                                                 \
		memset(&self, 0, sizeof(self));                  \
		fixture_setup_##fx(&self);                       \
		body_##fx##_##fn(&self);                         \
		fixture_teardown_##fx(&self);                    \
	}                                                        \
	static void body_##fx##_##fn(struct fixture_##fx *self)

/* ---- checking -------------------------------------------------------------------------------- */

#define TEST_GO_ON ((void)(test_failures++))
#define TEST_STOP  _exit(TEST_EXIT_FAIL)

#define TEST_CHECK(want, op, got, bad)                                                            \
	do {                                                                                      \
		__typeof__(want) want_ = (want);                                                  \
		int before_ = errno;                                                              \
		__typeof__(got) got_ = (got);                                                     \
		int errno_ = errno;                                                               \
                                                                                                  \
		errno = before_;                                                                  \
		if (!(want_ op got_)) {                                                           \
			NOTE("%s (%lld) " #op " %s (%lld) is false; errno %d (%s)", #want,        \
			     (long long)(intptr_t)want_, #got, (long long)(intptr_t)got_, errno_, \
			     strerror(errno_));                                                   \
			bad;                                                                      \
		}                                                                                 \
		errno = errno_;                                                                   \
	} while (0)
#define TEST_CHECK_STR(want, got, bad)                                       \
	do {                                                                 \
		const char *want_ = (want), *got_ = (got);                   \
                                                                             \
		if (strcmp(want_, got_)) {                                   \
			NOTE("%s is \"%s\", not \"%s\"", #got, got_, want_); \
			bad;                                                 \
		}                                                            \
	} while (0)
#define TEST_CHECK_TRUE(cond, bad)                                                         \
	do {                                                                               \
		if (!(cond)) {                                                             \
			NOTE("%s is false; errno %d (%s)", #cond, errno, strerror(errno)); \
			bad;                                                               \
		}                                                                          \
	} while (0)
/* The call gives -1 and @err. */
#define TEST_CHECK_ERRNO(err, call, bad)                                                        \
	do {                                                                                    \
		long long got_;                                                                 \
                                                                                                \
		errno = 0;                                                                      \
		got_ = (long long)(call);                                                       \
		if (got_ != -1 || errno != (err)) {                                             \
			NOTE("%s gives %lld, errno %d (%s), not -1 and %s", #call, got_, errno, \
			     strerror(errno), #err);                                            \
			bad;                                                                    \
		}                                                                               \
	} while (0)

#define EXPECT_EQ(want, got)	TEST_CHECK(want, ==, got, TEST_GO_ON)
#define EXPECT_NE(want, got)	TEST_CHECK(want, !=, got, TEST_GO_ON)
#define EXPECT_LT(a, b)		TEST_CHECK(a, <, b, TEST_GO_ON)
#define EXPECT_LE(a, b)		TEST_CHECK(a, <=, b, TEST_GO_ON)
#define EXPECT_GT(a, b)		TEST_CHECK(a, >, b, TEST_GO_ON)
#define EXPECT_GE(a, b)		TEST_CHECK(a, >=, b, TEST_GO_ON)
#define EXPECT_TRUE(cond)	TEST_CHECK_TRUE(cond, TEST_GO_ON)
#define EXPECT_STREQ(want, got) TEST_CHECK_STR(want, got, TEST_GO_ON)
#define EXPECT_ERRNO(err, call) TEST_CHECK_ERRNO(err, call, TEST_GO_ON)
#define ASSERT_EQ(want, got)	TEST_CHECK(want, ==, got, TEST_STOP)
#define ASSERT_NE(want, got)	TEST_CHECK(want, !=, got, TEST_STOP)
#define ASSERT_LT(a, b)		TEST_CHECK(a, <, b, TEST_STOP)
#define ASSERT_LE(a, b)		TEST_CHECK(a, <=, b, TEST_STOP)
#define ASSERT_GT(a, b)		TEST_CHECK(a, >, b, TEST_STOP)
#define ASSERT_GE(a, b)		TEST_CHECK(a, >=, b, TEST_STOP)
#define ASSERT_TRUE(cond)	TEST_CHECK_TRUE(cond, TEST_STOP)
#define ASSERT_STREQ(want, got) TEST_CHECK_STR(want, got, TEST_STOP)
#define ASSERT_ERRNO(err, call) TEST_CHECK_ERRNO(err, call, TEST_STOP)

/* An address that is never mapped, in a form that the compiler knows nothing of. */
static char *volatile test_bad_pointer __attribute__((unused)) = (char *)1;

/* ---- helpers many tests need ----------------------------------------------------------------- */

static inline double test_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static inline void test_sleep_ms(long ms)
{
	struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* A whole small file as a string; its length, or -1. */
static inline ssize_t test_read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, done = 0;

	if (fd < 0)
		return -1;
	while (done < (ssize_t)size - 1 && (n = read(fd, buf + done, size - 1 - done)) > 0)
		done += n;
	close(fd);
	buf[done] = '\0';
	return done;
}

/* How child @pid ended, as waitpid(2) says; -1 if that fails. */
static inline int test_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* ---- running --------------------------------------------------------------------------------- */

static inline uint64_t test_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static inline void __attribute__((noreturn)) test_child(const struct test *t, int reason_fd)
{
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	test_reason_fd = reason_fd;
	test_name = t->name;
	t->run();
	_exit(test_failures ? TEST_EXIT_FAIL : TEST_EXIT_PASS);
}

/* Waits for @pid at most @seconds; -1 when it had to be killed. */
static inline int test_wait_limited(pid_t pid, int seconds)
{
	sigset_t chld;
	double end = test_now() + seconds;
	int status;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	for (;;) {
		struct timespec ts = {0, 200000000};

		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		if (test_now() > end)
			break;
		sigtimedwait(&chld, NULL, &ts);
	}
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	test_wait(pid);
	return -1;
}

static inline bool test_report(const struct test *t, int number, int status, const char *reason)
{
	bool ok;

	if (status == -1) {
		printf("# %s: no end within %d s\n", t->name, t->timeout);
		ok = false;
	} else if (t->signal) {
		ok = WIFSIGNALED(status) && WTERMSIG(status) == t->signal;
	} else {
		ok = WIFEXITED(status) && WEXITSTATUS(status) == TEST_EXIT_PASS;
	}
	if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == TEST_EXIT_SKIP) {
		printf("ok %d %s # SKIP %s\n", number, t->name, reason);
		return true;
	}
	if (!ok && status != -1 && WIFSIGNALED(status))
		printf("# %s: killed by signal %d (%s)\n", t->name, WTERMSIG(status),
		       strsignal(WTERMSIG(status)));
	if (!ok && status != -1 && WIFEXITED(status))
		printf("# %s: exit status %d\n", t->name, WEXITSTATUS(status));
	printf("%s %d %s\n", ok ? "ok" : "not ok", number, t->name);
	return ok;
}

static inline bool test_run_one(const struct test *t, int number)
{
	char reason[160] = "";
	int fd[2], status;
	pid_t pid;
	ssize_t n;

	fflush(stdout);
	if (pipe2(fd, O_CLOEXEC)) {
		printf("not ok %d %s\n", number, t->name);
		return false;
	}
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		test_child(t, fd[1]);
	}
	close(fd[1]);
	status = pid < 0 ? -1 : test_wait_limited(pid, t->timeout);
	if (pid > 0)
		kill(-pid, SIGKILL); /* what it left behind */
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	n = read(fd[0], reason, sizeof(reason) - 1);
	reason[n > 0 ? n : 0] = '\0';
	close(fd[0]);
	return test_report(t, number, status, reason);
}

static inline bool test_is_chosen(const char *name, int argc, char **argv)
{
	bool any = false;

	for (int i = 1; i < argc; i++) {
		if (strchr(argv[i], '='))
			continue;
		any = true;
		if (!strcmp(argv[i], name))
			return true;
	}
	return !any;
}

static inline int test_main(int argc, char **argv)
{
	const char *seed_text = getenv("KTAP_SEED"), *base = strrchr(argv[0], '/');
	int chosen = 0, number = 0, failed = 0;
	uint64_t seed, state;
	sigset_t chld;

	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "seed=", 5))
			seed_text = argv[i] + 5;
	seed = state = seed_text ? strtoull(seed_text, NULL, 0) : (uint64_t)time(NULL) % 1000000;
	/* SIGCHLD is taken by sigtimedwait(); a test starts with nothing blocked. */
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	for (int i = nr_tests; i > 1; i--) {
		int j = test_random(&state) % i;
		struct test *t = tests[i - 1];

		tests[i - 1] = tests[j];
		tests[j] = t;
	}
	for (int i = 0; i < nr_tests; i++)
		chosen += test_is_chosen(tests[i]->name, argc, argv);
	printf("KTAP version 1\n# Subtest: %s\n# seed=%llu\n1..%d\n", base ? base + 1 : argv[0],
	       (unsigned long long)seed, chosen);
	for (int i = 0; i < nr_tests; i++)
		if (test_is_chosen(tests[i]->name, argc, argv))
			failed += !test_run_one(tests[i], ++number);
	fflush(stdout);
	return failed != 0;
}

#define TEST_MAIN                             \
	int main(int argc, char **argv)       \
	{                                     \
		return test_main(argc, argv); \
	}

#endif
