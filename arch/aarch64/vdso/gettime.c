/* SPDX-License-Identifier: MIT */
/* The functions of the vDSO, vdso(7): names and counter of this architecture. */
#include <lib/types.h>

#define NR_gettimeofday	 169
#define NR_clock_gettime 113
#define NR_clock_getres	 114

static inline u64 vdso_counter(void)
{
	u64 cycles;

	/* The barrier keeps the counter from being read early. */
	asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(cycles) : : "memory");
	return cycles;
}

static inline long vdso_syscall2(long nr, long a, long b)
{
	register long x8 asm("x8") = nr;
	register long x0 asm("x0") = a;
	register long x1 asm("x1") = b;

	asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
	return x0;
}

#include <kernel/vdso_gettime.h>

__visible int __kernel_clock_gettime(clockid_t clock, struct __kernel_timespec *ts);
__visible int __kernel_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);
__visible int __kernel_clock_getres(clockid_t clock, struct __kernel_timespec *res);

int __kernel_clock_gettime(clockid_t clock, struct __kernel_timespec *ts)
{
	return vdso_clock_gettime(clock, ts);
}

int __kernel_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	return vdso_gettimeofday(tv, tz);
}

int __kernel_clock_getres(clockid_t clock, struct __kernel_timespec *res)
{
	return vdso_clock_getres(clock, res);
}
