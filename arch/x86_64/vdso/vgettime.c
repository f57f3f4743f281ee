/* SPDX-License-Identifier: MIT */
/* The functions of the vDSO, vdso(7): the names of this architecture, and getcpu. */
#include <kernel/vdso_gettime.h>
#include <lib/types.h>
#include <asm/segment.h>

__visible int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *ts);
__visible int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);
__visible int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *res);
__visible long __vdso_time(long *t);
__visible long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused);

#define PUBLIC_NAME(name)                               \
	__visible extern __typeof__(__vdso_##name) name \
		__attribute__((weak, alias("__vdso_" #name)))

int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *ts)
{
	return vdso_clock_gettime(clock, ts);
}
PUBLIC_NAME(clock_gettime);

int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	return vdso_gettimeofday(tv, tz);
}
PUBLIC_NAME(gettimeofday);

int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *res)
{
	return vdso_clock_getres(clock, res);
}
PUBLIC_NAME(clock_getres);

long __vdso_time(long *t)
{
	struct __kernel_timespec ts;

	__vdso_clock_gettime(CLOCK_REALTIME, &ts);
	if (t)
		*t = (long)ts.tv_sec;
	return (long)ts.tv_sec;
}
PUBLIC_NAME(time);

/* The limit of a segment that each CPU's descriptor table has for this. */
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused)
{
	unsigned int limit;

	__asm__ __volatile__("lsl %1, %0" : "=r"(limit) : "r"(GDT_CPU_NODE * 8 + 3) : "cc");
	if (cpu)
		*cpu = limit & 0xfff;
	if (node)
		*node = 0;
	return 0;
}
PUBLIC_NAME(getcpu);
