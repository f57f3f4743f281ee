/* SPDX-License-Identifier: MIT */
/*
 * Walks through the allocations of a system call: the first fails, then the second, until none is
 * left to fail (/proc/thread-self/fail-nth, CONFIG_FAULT_INJECTION). The call answers ENOMEM or one
 * of its relatives, or does without; after many rounds the kernel's object caches hold what they
 * held before.
 *
 *	SWEEP(pipe)
 *	{
 *		int fd[2];
 *
 *		if (TRY(pipe(fd)) < 0)
 *			return;
 *		close(fd[0]); close(fd[1]);
 *	}
 *
 * The body runs again and again; what stands in TRY() runs with the failure armed. Everything it
 * made is undone by its end, whether TRY() succeeded or not.
 */
#ifndef SELFTESTS_FAULT_H
#define SELFTESTS_FAULT_H

#include "../harness.h"
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>

#define FAULT_ROUNDS 12
#define FAULT_MAX    400 /* allocations in one call */
#define FAULT_CACHES 200

static int fault_fd = -1;
static unsigned int fault_nth; /* 0: nothing fails */
static bool fault_hit, fault_seen;

static inline void fault_arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(fault_fd, text, len, 0) != len)
		_exit(TEST_EXIT_FAIL);
}

static inline void fault_disarm(void)
{
	char text[16] = "";

	if (pread(fault_fd, text, sizeof(text) - 1, 0) <= 0)
		_exit(TEST_EXIT_FAIL);
	fault_hit = fault_nth && !atoi(text);
	fault_seen |= fault_hit;
	fault_arm(0);
}

static inline void fault_check(const char *call, long got, int err)
{
	static const int fine[] = {ENOMEM, EAGAIN, ENFILE, ENOBUFS, EFAULT, ENOSPC, EINTR};

	if (got != -1)
		return;
	for (unsigned int i = 0; fault_hit && i < sizeof(fine) / sizeof(fine[0]); i++)
		if (err == fine[i])
			return;
	NOTE("%s with allocation %u failing%s: %s", call, fault_nth, fault_hit ? "" : " (not hit)",
	     strerror(err));
	test_failures++;
}

#define TRY(call)                               \
	({                                      \
		long try_;                      \
		int err_;                       \
                                                \
		fault_arm(fault_nth);           \
		try_ = (long)(call);            \
		err_ = errno;                   \
		fault_disarm();                 \
		fault_check(#call, try_, err_); \
		errno = err_;                   \
		try_;                           \
	})

struct fault_cache {
	char name[32];
	long active;
};

static inline int fault_count(struct fault_cache *c)
{
	static char text[32768];
	int n = 0;

	ASSERT_GT(test_read_file("/proc/slabinfo", text, sizeof(text)), 0);
	for (char *line = strtok(text, "\n"); line && n < FAULT_CACHES; line = strtok(NULL, "\n"))
		if (line[0] != '#' && sscanf(line, "%31s %ld", c[n].name, &c[n].active) == 2)
			n++;
	return n;
}

static inline void fault_settle(void)
{
	sync();
	test_sleep_ms(60);
}

/*
 * The cache that grew by @least or more objects; NULL: none. Areas of kernel addresses wait for a
 * common flush after they were freed.
 */
static inline const char *fault_leak(const struct fault_cache *before, int n, long least)
{
	static struct fault_cache now[FAULT_CACHES];
	int m = fault_count(now);

	for (int i = 0; i < n && i < m; i++) {
		if (!strcmp(now[i].name, before[i].name) && strcmp(now[i].name, "vmap_area") &&
		    now[i].active - before[i].active >= least)
			return now[i].name;
	}
	return NULL;
}

static inline void fault_rounds(void (*body)(void), unsigned int first, unsigned int last, int n)
{
	while (n--)
		for (fault_nth = first; fault_nth <= last; fault_nth++)
			body();
	fault_nth = 0;
}

/* Leaks show as objects that stay, more with every round. */
static inline bool fault_leaks(void (*body)(void), unsigned int first, unsigned int last)
{
	static struct fault_cache before[FAULT_CACHES];
	const char *name = NULL;

	for (int rounds = FAULT_ROUNDS; rounds <= 4 * FAULT_ROUNDS; rounds *= 2) {
		int n;

		fault_settle();
		n = fault_count(before);
		fault_rounds(body, first, last, rounds);
		fault_settle();
		name = fault_leak(before, n, rounds);
		if (name) {
			test_sleep_ms(300);
			name = fault_leak(before, n, rounds);
		}
		if (!name)
			return false;
	}
	NOTE("objects of %s leak when one of allocations %u to %u fails", name, first, last);
	test_failures++;
	return true;
}

/*
 * The kernel writes to the area on its way back to the program; a page that cannot be had for that
 * is SIGSEGV, rseq(2).
 */
static inline void fault_without_rseq(void)
{
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (__rseq_size)
		syscall(SYS_rseq, area, sizeof(struct rseq), RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

static inline void fault_sweep(void (*body)(void))
{
	unsigned int n;

	fault_without_rseq();
	REQUIRE_CONFIG("FAULT_INJECTION");
	fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fault_fd < 0 && errno == ENOENT)
		SKIP("no /proc/thread-self/fail-nth");
	ASSERT_GE(fault_fd, 0);
	fault_nth = 0;
	body();
	body();
	for (n = 1; n <= FAULT_MAX && !test_failures; n++) {
		fault_nth = n;
		fault_seen = false;
		body();
		if (!fault_seen)
			break;
	}
	EXPECT_LE((int)n, FAULT_MAX);
	if (test_failures || n == 1 || !fault_leaks(body, 1, n))
		return;
	for (unsigned int i = 1; i < n; i++)
		fault_leaks(body, i, i);
}

#define SWEEP(name)                        \
	static void sweep_##name(void);    \
	TEST_TIMEOUT(name, 120)            \
	{                                  \
		fault_sweep(sweep_##name); \
	}                                  \
	static void sweep_##name(void)

#endif
