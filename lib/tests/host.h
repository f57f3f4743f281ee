/* SPDX-License-Identifier: MIT */
/*
 * What a host test of lib/ is made of: cases, checks, seeded random numbers, and the few functions
 * of the C library it needs (its headers cannot be included beside ours). A program is
 *
 *	static void test_x(void) { EXPECT(...); }
 *	HOST_SUITE("name", CASE(test_x), ...)
 *
 * It prints KTAP. SEED=n repeats a run; a failed check prints its place, and the case is not ok.
 */
#ifndef LIB_TESTS_HOST_H
#define LIB_TESTS_HOST_H

#include <lib/string.h>
#include <lib/types.h>

int printf(const char *fmt, ...) __printf(1, 2);
int putchar(int c);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void free(void *p);
char *getenv(const char *name);
unsigned long strtoul(const char *s, char **end, int base);
long time(long *t);
int fflush(void *stream);

/* Allocations fail while this is not negative and has counted down to 0. */
extern int host_fail_after;
bool host_should_fail(void);

struct host_case {
	const char *name;
	void (*run)(void);
};

extern bool host_failed;
extern u64 host_seed;

u64 rnd(void);
/* 0 to n - 1. */
u32 below(u32 n);
void rnd_bytes(void *p, size_t n);
int host_run(const char *suite, const struct host_case *cases, int n);

/* A copy in memory of exactly @n bytes: the sanitizer sees the first byte outside. */
static inline void *exact_copy(const void *src, size_t n)
{
	void *p = malloc(n ? n : 1);

	memcpy(p, src, n);
	return p;
}

#define EXPECT(cond)                                                                      \
	do {                                                                              \
		if (!(cond)) {                                                            \
			printf("    # %s:%d: not true: %s\n", __FILE__, __LINE__, #cond); \
			host_failed = true;                                               \
		}                                                                         \
	} while (0)
#define EXPECT_EQ(a, b)                                                                      \
	do {                                                                                 \
		long long _a = (long long)(a), _b = (long long)(b);                          \
		if (_a != _b) {                                                              \
			printf("    # %s:%d: %s is %lld (0x%llx), not %s = %lld (0x%llx)\n", \
			       __FILE__, __LINE__, #a, _a, _a, #b, _b, _b);                  \
			host_failed = true;                                                  \
		}                                                                            \
	} while (0)
#define EXPECT_STREQ(a, b)                                                                        \
	do {                                                                                      \
		const char *_a = (a), *_b = (b);                                                  \
		if (!_a || !_b || strcmp(_a, _b)) {                                               \
			printf("    # %s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #a, \
			       _a ? _a : "(null)", _b ? _b : "(null)");                           \
			host_failed = true;                                                       \
		}                                                                                 \
	} while (0)
#define ASSERT(cond)             \
	do {                     \
		EXPECT(cond);    \
		if (host_failed) \
			return;  \
	} while (0)

#define CASE(fn)        \
	{               \
#fn, fn \
	}
#define HOST_SUITE(name, ...)                                    \
	static const struct host_case cases[] = {__VA_ARGS__};   \
	int main(void);                                          \
	int main(void)                                           \
	{                                                        \
		return host_run(name, cases, ARRAY_SIZE(cases)); \
	}

#endif
