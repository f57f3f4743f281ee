/* SPDX-License-Identifier: MIT */
/*
 * The harness of in-kernel tests: <kernel/kunit.h> is for those who write them.
 *
 * The runner (process 1's thread, at the end of boot) goes through the suites in an order shuffled
 * by the seed, and through a suite's cases likewise. A case runs in a kernel thread of its own; the
 * runner waits for it with a time limit. A failed assert ends that thread in kunit_abort(), after
 * its cleanups.
 */
#include <lib/err.h>
#include <lib/hash.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/init.h>
#include <kernel/kthread.h>
#include <kernel/printk.h>
#include <kernel/reboot.h>
#include <kernel/sched.h>
#include <kernel/time.h>
#include "kunit.h"

extern const struct kunit_suite *const __start_kunit_suites[], *const __stop_kunit_suites[];

/* ---- random numbers that follow from a seed -------------------------------------------------- */

/* splitmix64 */
static u64 next_random(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static u64 mix_name(u64 seed, const char *name)
{
	while (*name)
		seed = (seed ^ (u8)*name++) * 0x100000001b3ull;
	return seed;
}

u32 kunit_random(struct kunit *test)
{
	return next_random(&test->run->random) >> 32;
}

/* Fisher and Yates. */
static void shuffle(unsigned int *order, unsigned int n, u64 *state)
{
	for (unsigned int i = 0; i < n; i++)
		order[i] = i;
	for (unsigned int i = n; i > 1; i--) {
		unsigned int with = next_random(state) % i;

		swap(order[i - 1], order[with]);
	}
}

/* ---- inside a test --------------------------------------------------------------------------- */

static void put_run(struct kunit_run *run)
{
	if (refcount_dec_and_test(&run->ref))
		kfree(run);
}

void kunit_fail(struct kunit *test, struct kunit_place where, const char *fmt, ...)
{
	struct kunit_run *run = test->run;
	const char *file = strrchr(where.file, '/');
	char text[200];
	bool closed;
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	spin_lock(&run->lock);
	run->failed = true;
	closed = run->closed;
	spin_unlock(&run->lock);
	if (!closed)
		kunit_print(1, "# %s: %s:%d: %s", test->name, file ? file + 1 : where.file,
			    where.line, text);
}

void kunit_info(struct kunit *test, const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	kunit_print(1, "# %s: %s", test->name, text);
}

int kunit_add_action(struct kunit *test, void (*fn)(void *arg), void *arg)
{
	struct kunit_cleanup *c = kmalloc(sizeof(*c), GFP_KERNEL);

	if (!c) {
		fn(arg);
		return -ENOMEM;
	}
	c->fn = fn;
	c->arg = arg;
	list_add(&c->link, &test->run->cleanups);
	return 0;
}

static void free_memory(void *p)
{
	kfree(p);
}

void *kunit_kzalloc(struct kunit *test, size_t size)
{
	void *p = kzalloc(size, GFP_KERNEL);

	if (p && kunit_add_action(test, free_memory, p))
		p = NULL;
	return p;
}

void kunit_run_cleanups(struct kunit_run *run)
{
	struct kunit_cleanup *c, *next;

	list_for_each_entry_safe(c, next, &run->cleanups, link) {
		list_del(&c->link);
		c->fn(c->arg);
		kfree(c);
	}
}

/* The end of the test's thread, wherever it comes from. */
static void __noreturn finish(struct kunit_run *run)
{
	if (run->suite->exit)
		run->suite->exit(&run->test);
	kunit_run_cleanups(run);
	complete(&run->done);
	put_run(run);
	do_exit(0);
}

void kunit_abort(struct kunit *test)
{
	finish(test->run);
}

void kunit_skip(struct kunit *test, const char *fmt, ...)
{
	struct kunit_run *run = test->run;
	va_list args;

	va_start(args, fmt);
	vscnprintf(run->skip_reason, sizeof(run->skip_reason), fmt, args);
	va_end(args);
	spin_lock(&run->lock);
	run->skipped = true;
	spin_unlock(&run->lock);
	finish(run);
}

static int test_thread(void *arg)
{
	struct kunit_run *run = arg;
	struct kunit *test = &run->test;
	int err = run->suite->init ? run->suite->init(test) : 0;

	if (err)
		KUNIT_FAIL(test, "init of the suite failed: %d", err);
	else
		run->kcase->run(test);
	finish(run);
}

/* ---- the runner ------------------------------------------------------------------------------ */

static struct kunit_run *new_run(const struct kunit_suite *suite, const struct kunit_case *kcase,
				 u64 seed)
{
	struct kunit_run *run = kzalloc(sizeof(*run), GFP_KERNEL);

	if (!run)
		return NULL;
	refcount_set(&run->ref, 2);
	run->suite = suite;
	run->kcase = kcase;
	run->test.name = kcase->name;
	run->test.run = run;
	run->random = mix_name(mix_name(seed, suite->name), kcase->name);
	init_completion(&run->done);
	INIT_LIST_HEAD(&run->cleanups);
	spin_lock_init(&run->lock);
	return run;
}

/* Waits for the end of the thread; false when it did not come in time. */
static bool wait_for_end(struct kunit_run *run)
{
	unsigned int ms =
		run->kcase->timeout_ms ? run->kcase->timeout_ms : KUNIT_DEFAULT_TIMEOUT_MS;

	return wait_for_completion_timeout(&run->done, ms * NSEC_PER_MSEC) != 0;
}

/* True: it passed or was skipped. */
static bool report_run(struct kunit_run *run, bool ended, unsigned int number)
{
	bool failed, skipped;

	spin_lock(&run->lock);
	failed = run->failed || !ended;
	skipped = run->skipped;
	run->closed = !ended;
	spin_unlock(&run->lock);
	if (!ended)
		kunit_print(1, "# %s: no end within its time limit", run->test.name);
	kunit_print_result(1, !failed, number, run->test.name,
			   skipped && !failed ? run->skip_reason : NULL);
	return !failed;
}

static bool run_case(const struct kunit_suite *suite, const struct kunit_case *kcase, u64 seed,
		     unsigned int number)
{
	struct kunit_run *run = new_run(suite, kcase, seed);
	struct task_struct *thread;
	bool ended, ok;

	thread = run ? kthread_create(test_thread, run, "kunit/%s", suite->name) : ERR_PTR(-ENOMEM);
	if (IS_ERR(thread)) {
		kfree(run);
		kunit_print(1, "# %s: no thread for it: %ld", kcase->name, PTR_ERR(thread));
		kunit_print_result(1, false, number, kcase->name, NULL);
		return false;
	}
	wake_up_process(thread);
	ended = wait_for_end(run);
	ok = report_run(run, ended, number);
	put_run(run);
	return ok;
}

static bool wanted_case(const struct kunit_case *kcase)
{
	return kunit_glob(kunit_options.name, kcase->name);
}

static unsigned int count_cases(const struct kunit_suite *suite, unsigned int *wanted)
{
	unsigned int n = 0;

	*wanted = 0;
	while (suite->cases[n].run)
		*wanted += wanted_case(&suite->cases[n++]);
	return n;
}

static bool wanted_suite(const struct kunit_suite *suite)
{
	unsigned int wanted;

	count_cases(suite, &wanted);
	return wanted && kunit_glob(kunit_options.suite, suite->name);
}

/* The results of one suite: true if no case failed. */
static bool run_suite(const struct kunit_suite *suite, u64 seed, unsigned int number)
{
	unsigned int wanted, done = 0, n = count_cases(suite, &wanted);
	unsigned int *order = kcalloc(n, sizeof(*order), GFP_KERNEL);
	u64 state = mix_name(seed, suite->name);
	bool ok = true;

	kunit_print(1, "KTAP version 1");
	kunit_print(1, "# Subtest: %s", suite->name);
	kunit_print(1, "1..%u", wanted);
	if (order)
		shuffle(order, n, &state);
	for (unsigned int i = 0; i < n; i++) {
		const struct kunit_case *kcase = &suite->cases[order ? order[i] : i];

		if (wanted_case(kcase))
			ok = run_case(suite, kcase, seed, ++done) && ok;
	}
	kfree(order);
	kunit_print_result(0, ok, number, suite->name, NULL);
	return ok;
}

/* Fills @suites with those that are wanted; returns how many. */
static unsigned int choose_suites(const struct kunit_suite **suites)
{
	unsigned int n = 0;

	for (const struct kunit_suite *const *s = __start_kunit_suites; s < __stop_kunit_suites;
	     s++)
		if (wanted_suite(*s))
			suites[n++] = *s;
	return n;
}

static void run_all(const struct kunit_suite **suites, unsigned int *order, unsigned int n)
{
	u64 seed = kunit_options.seed;
	unsigned int failed = 0, number = 0;

	kunit_print(0, "KTAP version 1");
	kunit_print(0, "1..%u", n * kunit_options.repeat);
	for (unsigned int round = 0; round < kunit_options.repeat; round++, seed++) {
		u64 state = seed;

		kunit_print(0, "# kunit.seed=%llu", (unsigned long long)seed);
		shuffle(order, n, &state);
		for (unsigned int i = 0; i < n; i++)
			failed += !run_suite(suites[order[i]], seed, ++number);
	}
	kunit_print(0, "# kunit: %u suites, %u failed", number, failed);
}

void kunit_run_all_tests(void)
{
	size_t total = __stop_kunit_suites - __start_kunit_suites;
	const struct kunit_suite **suites;
	unsigned int *order;

	if (!kunit_options.run)
		return;
	if (!kunit_options.seed)
		kunit_options.seed = (ktime_get() ^ ktime_get_real()) & 0x7fffffff;
	console_loglevel = max(console_loglevel, 7);
	suites = kcalloc(total, sizeof(*suites), GFP_KERNEL);
	order = kcalloc(total, sizeof(*order), GFP_KERNEL);
	if (suites && order)
		run_all(suites, order, choose_suites(suites));
	else
		kunit_print(0, "Bail out! no memory for the list of suites");
	kernel_power_off();
}
