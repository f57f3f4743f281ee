/* SPDX-License-Identifier: MIT */
/* The harness's own: one run of one test, and what is printed. */
#ifndef KERNEL_KUNIT_PRIVATE_H
#define KERNEL_KUNIT_PRIVATE_H

#include <lib/list.h>
#include <lib/refcount.h>
#include <kernel/completion.h>
#include <kernel/kunit.h>
#include <kernel/spinlock.h>

struct kunit_cleanup {
	struct list_head link;
	void (*fn)(void *arg);
	void *arg;
};

/*
 * Shared by the runner and the test's thread, so that a thread that never ends keeps it. (l) lock;
 * the thread alone writes the rest before done.
 */
struct kunit_run {
	refcount_t ref;
	struct kunit test;
	const struct kunit_suite *suite;
	const struct kunit_case *kcase;
	struct completion done;
	u64 random;
	struct list_head cleanups; /* newest first */
	spinlock_t lock;
	bool failed; /* (l) */
	bool skipped; /* (l) */
	bool closed; /* (l) timed out: what comes now is not this test's any more */
	char skip_reason[128];
};

/* Lines of KTAP; @depth 0 or 1. */
void kunit_print(unsigned int depth, const char *fmt, ...) __printf(2, 3);
void kunit_print_result(unsigned int depth, bool ok, unsigned int number, const char *name,
			const char *skip_reason);

struct kunit_options {
	bool run;
	const char *suite, *name; /* globs; NULL: all */
	u64 seed;
	unsigned int repeat;
};
extern struct kunit_options kunit_options;

/* Calls and forgets them, newest first. */
void kunit_run_cleanups(struct kunit_run *run);

bool kunit_glob(const char *pattern, const char *name);

#endif
