/* SPDX-License-Identifier: MIT */
/*
 * In-kernel tests. A suite sits beside the code it tests:
 *
 *	static void list_add_is_first(struct kunit *test)
 *	{
 *		...
 *		KUNIT_EXPECT_EQ(test, n, 3);
 *	}
 *	static const struct kunit_case cases[] = { KUNIT_CASE(list_add_is_first), {} };
 *	KUNIT_SUITE(list, cases);
 *
 * Rules
 *   - An EXPECT records a failure and goes on; an ASSERT ends the test by ending its kernel
 *     thread (so the caller of an ASSERT holds no lock).
 *   - Each test runs in its own kernel thread with a time limit; kunit_kzalloc() memory and
 *     kunit_add_action() cleanups are given back when it
 *     ends in any way. A test that outlives its limit is reported, its thread is abandoned.
 *   - Tests run in an order shuffled by the printed seed: `kunit.seed=N` repeats it,
 *     `kunit.repeat=N` runs all N times,
 *     `kunit.suite=glob`, `kunit.case=glob` choose. `kunit.run=1` runs them at the end of boot
 *     and powers off.
 *   - Output is KTAP version 1 on the console; the last line says how many passed, failed, were
 *     skipped.
 */
#ifndef KERNEL_KUNIT_H
#define KERNEL_KUNIT_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <lib/kconfig.h>
#include <lib/string.h>

#define KUNIT_DEFAULT_TIMEOUT_MS 20000u
#define KUNIT_LOG_SIZE		 1024

struct kunit;

struct kunit_case {
	const char *name;
	void (*run)(struct kunit *test);
	unsigned int timeout_ms; /* 0: KUNIT_DEFAULT_TIMEOUT_MS */
};

#define KUNIT_CASE(fn)                   \
	{                                \
		.name = #fn, .run = (fn) \
	}
#define KUNIT_CASE_TIMEOUT(fn, ms)                           \
	{                                                    \
		.name = #fn, .run = (fn), .timeout_ms = (ms) \
	}

struct kunit_suite {
	const char *name;
	const struct kunit_case *cases; /* ends with an empty one */
	/*
	 * Before and after each case, in its thread. exit also runs after a failed assert, not
	 * after a timeout. Optional.
	 */
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
};

/*
 * The section's name is a C identifier, so the linker gives __start_kunit_suites and
 * __stop_kunit_suites; kernel.lds.S must KEEP it.
 */
#define KUNIT_SUITE_OPS(id, case_array, init_fn, exit_fn)                                  \
	static const struct kunit_suite kunit_suite_##id = {                               \
		.name = #id, .cases = (case_array), .init = (init_fn), .exit = (exit_fn)}; \
	static const struct kunit_suite *const kunit_suite_ptr_##id                        \
		__attribute__((used, section("kunit_suites"))) = &kunit_suite_##id

#define KUNIT_SUITE(id, case_array) KUNIT_SUITE_OPS(id, case_array, NULL, NULL)

/* A running test. Fields are the harness's but priv, which is the suite's. */
struct kunit {
	void *priv;
	const char *name;
	struct kunit_run *run;
};

/* Zeroed memory that lives until the end of the test; NULL when there is none. May sleep. */
void *kunit_kzalloc(struct kunit *test, size_t size);
/* @fn(@arg) when the test ends, last added first. 0 or -ENOMEM (then it was called at once). */
int kunit_add_action(struct kunit *test, void (*fn)(void *arg), void *arg);
/* Pseudo-random numbers that follow from the seed, the suite and the test's name. */
u32 kunit_random(struct kunit *test);
/* One diagnostic line ("# ..."). */
void kunit_info(struct kunit *test, const char *fmt, ...) __printf(2, 3);
/* Ends the test as skipped with a reason. Does not return. */
void kunit_skip(struct kunit *test, const char *fmt, ...) __printf(2, 3) __noreturn;

/* Behind the macros. */
struct kunit_place {
	const char *file;
	int line;
};
void kunit_fail(struct kunit *test, struct kunit_place where, const char *fmt, ...) __printf(3, 4);
void kunit_abort(struct kunit *test) __noreturn;

#define KUNIT_HERE ((struct kunit_place){__FILE__, __LINE__})

#define KUNIT_CHECK_OP(test, a, op, b, fmt, type, bad)                                            \
	do {                                                                                      \
		__typeof__(a) _ka = (a);                                                          \
		__typeof__(b) _kb = (b);                                                          \
		if (unlikely(!(_ka op _kb))) {                                                    \
			kunit_fail((test), KUNIT_HERE, "%s " #op " %s: left " fmt ", right " fmt, \
				   #a, #b, (type)_ka, (type)_kb);                                 \
			bad;                                                                      \
		}                                                                                 \
	} while (0)

#define KUNIT_CHECK_TRUE(test, cond, bad)                                     \
	do {                                                                  \
		if (unlikely(!(cond))) {                                      \
			kunit_fail((test), KUNIT_HERE, "%s is false", #cond); \
			bad;                                                  \
		}                                                             \
	} while (0)

#define KUNIT_CHECK_STREQ(test, a, b, bad)                                                        \
	do {                                                                                      \
		const char *_ka = (a), *_kb = (b);                                                \
		if (unlikely(strcmp(_ka, _kb) != 0)) {                                            \
			kunit_fail((test), KUNIT_HERE, "%s is \"%s\", not \"%s\"", #a, _ka, _kb); \
			bad;                                                                      \
		}                                                                                 \
	} while (0)

#define KUNIT_CHECK_MEMEQ(test, a, b, n, bad)                                           \
	do {                                                                            \
		if (unlikely(memcmp((a), (b), (n)) != 0)) {                             \
			kunit_fail((test), KUNIT_HERE, "%zu bytes of %s and %s differ", \
				   (size_t)(n), #a, #b);                                \
			bad;                                                            \
		}                                                                       \
	} while (0)

#define KUNIT_CHECK_PTR(test, p, bad)                                                              \
	do {                                                                                       \
		unsigned long _kp = (unsigned long)(p);                                            \
		if (unlikely(!_kp || _kp >= (unsigned long)-4095)) {                               \
			kunit_fail((test), KUNIT_HERE, "%s is %ld, not a pointer", #p, (long)_kp); \
			bad;                                                                       \
		}                                                                                  \
	} while (0)

#define KUNIT_GO_ON		       ((void)0)
#define KUNIT_STOP(test)	       kunit_abort(test)

#define KUNIT_INT(test, a, op, b, bad) KUNIT_CHECK_OP(test, a, op, b, "%lld", long long, bad)

#define KUNIT_EXPECT_EQ(test, a, b)    KUNIT_INT(test, a, ==, b, KUNIT_GO_ON)
#define KUNIT_EXPECT_NE(test, a, b)    KUNIT_INT(test, a, !=, b, KUNIT_GO_ON)
#define KUNIT_EXPECT_LT(test, a, b)    KUNIT_INT(test, a, <, b, KUNIT_GO_ON)
#define KUNIT_EXPECT_LE(test, a, b)    KUNIT_INT(test, a, <=, b, KUNIT_GO_ON)
#define KUNIT_EXPECT_GT(test, a, b)    KUNIT_INT(test, a, >, b, KUNIT_GO_ON)
#define KUNIT_EXPECT_GE(test, a, b)    KUNIT_INT(test, a, >=, b, KUNIT_GO_ON)
#define KUNIT_EXPECT_PTR_EQ(test, a, b) \
	KUNIT_CHECK_OP(test, a, ==, b, "%p", const void *, KUNIT_GO_ON)
#define KUNIT_EXPECT_PTR_NE(test, a, b) \
	KUNIT_CHECK_OP(test, a, !=, b, "%p", const void *, KUNIT_GO_ON)
#define KUNIT_EXPECT_TRUE(test, c)	      KUNIT_CHECK_TRUE(test, c, KUNIT_GO_ON)
#define KUNIT_EXPECT_FALSE(test, c)	      KUNIT_CHECK_TRUE(test, !(c), KUNIT_GO_ON)
#define KUNIT_EXPECT_NULL(test, p)	      KUNIT_CHECK_TRUE(test, (p) == NULL, KUNIT_GO_ON)
#define KUNIT_EXPECT_NOT_NULL(test, p)	      KUNIT_CHECK_TRUE(test, (p) != NULL, KUNIT_GO_ON)
#define KUNIT_EXPECT_NOT_ERR_OR_NULL(test, p) KUNIT_CHECK_PTR(test, p, KUNIT_GO_ON)
#define KUNIT_EXPECT_STREQ(test, a, b)	      KUNIT_CHECK_STREQ(test, a, b, KUNIT_GO_ON)
#define KUNIT_EXPECT_MEMEQ(test, a, b, n)     KUNIT_CHECK_MEMEQ(test, a, b, n, KUNIT_GO_ON)
#define KUNIT_FAIL(test, ...)		      kunit_fail((test), KUNIT_HERE, __VA_ARGS__)

#define KUNIT_ASSERT_EQ(test, a, b)	      KUNIT_INT(test, a, ==, b, KUNIT_STOP(test))
#define KUNIT_ASSERT_NE(test, a, b)	      KUNIT_INT(test, a, !=, b, KUNIT_STOP(test))
#define KUNIT_ASSERT_LT(test, a, b)	      KUNIT_INT(test, a, <, b, KUNIT_STOP(test))
#define KUNIT_ASSERT_LE(test, a, b)	      KUNIT_INT(test, a, <=, b, KUNIT_STOP(test))
#define KUNIT_ASSERT_GT(test, a, b)	      KUNIT_INT(test, a, >, b, KUNIT_STOP(test))
#define KUNIT_ASSERT_GE(test, a, b)	      KUNIT_INT(test, a, >=, b, KUNIT_STOP(test))
#define KUNIT_ASSERT_PTR_EQ(test, a, b) \
	KUNIT_CHECK_OP(test, a, ==, b, "%p", const void *, KUNIT_STOP(test))
#define KUNIT_ASSERT_PTR_NE(test, a, b) \
	KUNIT_CHECK_OP(test, a, !=, b, "%p", const void *, KUNIT_STOP(test))
#define KUNIT_ASSERT_TRUE(test, c)	      KUNIT_CHECK_TRUE(test, c, KUNIT_STOP(test))
#define KUNIT_ASSERT_FALSE(test, c)	      KUNIT_CHECK_TRUE(test, !(c), KUNIT_STOP(test))
#define KUNIT_ASSERT_NULL(test, p)	      KUNIT_CHECK_TRUE(test, (p) == NULL, KUNIT_STOP(test))
#define KUNIT_ASSERT_NOT_NULL(test, p)	      KUNIT_CHECK_TRUE(test, (p) != NULL, KUNIT_STOP(test))
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p) KUNIT_CHECK_PTR(test, p, KUNIT_STOP(test))
#define KUNIT_ASSERT_STREQ(test, a, b)	      KUNIT_CHECK_STREQ(test, a, b, KUNIT_STOP(test))
#define KUNIT_ASSERT_MEMEQ(test, a, b, n)     KUNIT_CHECK_MEMEQ(test, a, b, n, KUNIT_STOP(test))

/*
 * End of boot (kernel/init/main.c): runs the suites if the command line says kunit.run=1, then
 * powers off; returns at once otherwise.
 */
#if IS_ENABLED(CONFIG_KUNIT)
void kunit_run_all_tests(void);
#else
static inline void kunit_run_all_tests(void)
{
}
#endif

#endif
