/* SPDX-License-Identifier: MIT */
/* The functions of the vDSO, vdso(7): the names of this architecture. */
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
