/* SPDX-License-Identifier: MIT */
/* The frame of the host tests. */
#include "host.h"

bool host_failed;
u64 host_seed;
int host_fail_after = -1;
static u64 state;

bool host_should_fail(void)
{
	if (host_fail_after < 0)
		return false;
	return host_fail_after-- == 0 ? (host_fail_after = 0, true) : false;
}

/* xorshift64*: Vigna, 2016 */
u64 rnd(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

u32 below(u32 n)
{
	return (u32)((rnd() >> 32) * n >> 32);
}

void rnd_bytes(void *p, size_t n)
{
	u8 *b = p;

	while (n--)
		*b++ = (u8)rnd();
}

static u64 seed_from_environment(void)
{
	const char *s = getenv("SEED");

	if (!s || !*s)
		s = getenv("KTAP_SEED");
	return s && *s ? strtoul(s, NULL, 0) : (u64)time(NULL);
}

int host_run(const char *suite, const struct host_case *cases, int n)
{
	int failed = 0;

	host_seed = seed_from_environment();
	printf("KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: %s\n    1..%d\n", suite,
	       n);
	for (int i = 0; i < n; i++) {
		host_failed = false;
		host_fail_after = -1;
		state = host_seed * 0x9e3779b97f4a7c15ULL + 0x1234567;
		fflush(NULL);
		cases[i].run();
		if (host_failed) {
			failed++;
			printf("    # repeat: make check-host SUITE=%s SEED=%llu\n", suite,
			       host_seed);
		}
		printf("    %s %d %s\n", host_failed ? "not ok" : "ok", i + 1, cases[i].name);
	}
	printf("%s 1 %s\n", failed ? "not ok" : "ok", suite);
	return failed != 0;
}
