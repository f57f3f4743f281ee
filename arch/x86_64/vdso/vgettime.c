/* SPDX-License-Identifier: MIT */
/*
 * Clocks and the CPU's number without a system call, vdso(7). Runs in user mode at any address; the
 * data page lies one page before the image. What it cannot answer goes to the kernel.
 */
#include <kernel/vdso.h>
#include <lib/types.h>
#include <uapi/time.h>
#include <asm/msr.h>
#include <asm/segment.h>

#define NSEC_PER_SEC	 1000000000ull

#define NR_gettimeofday	 96
#define NR_clock_gettime 228
#define NR_clock_getres	 229

/* Start of the data page: vdso.lds.S. */
extern const struct vdso_data vvar __hidden;

__visible int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *ts);
__visible int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);
__visible int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *res);
__visible long __vdso_time(long *t);
__visible long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused);

#define PUBLIC_NAME(name)                               \
	__visible extern __typeof__(__vdso_##name) name \
		__attribute__((weak, alias("__vdso_" #name)))

static inline long syscall2(long nr, long a, long b)
{
	long ret;

	__asm__ __volatile__("syscall"
			     : "=a"(ret)
			     : "0"(nr), "D"(a), "S"(b)
			     : "rcx", "r11", "memory");
	return ret;
}

/* Nanoseconds of CLOCK_MONOTONIC or (@real) CLOCK_REALTIME; false: ask the kernel. */
static inline bool read_clock(bool real, u64 *ns)
{
	const volatile struct vdso_data *data = &vvar;
	u64 now;
	u32 seq;

	do {
		seq = __atomic_load_n(&vvar.seq, __ATOMIC_ACQUIRE);
		if (seq & 1)
			continue;
		if (!data->usable)
			return false;
		now = rdtsc_ordered() - data->base_cycles;
		now = (u64)(((unsigned __int128)now * data->mult) >> (data->shift & 63));
		now += data->base_ns;
		if (real)
			now += (u64)data->real_offset;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((seq & 1) || data->seq != seq);
	*ns = now;
	return true;
}

#define REAL_CLOCKS (1u << CLOCK_REALTIME | 1u << CLOCK_REALTIME_COARSE)
#define MONOTONIC_CLOCKS                                                                    \
	(1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_COARSE | 1u << CLOCK_MONOTONIC_RAW | \
	 1u << CLOCK_BOOTTIME)

int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *ts)
{
	u32 bit = (u32)clock < 32 ? 1u << clock : 0;
	u64 ns;

	if (unlikely(clock == CLOCK_MONOTONIC_RAW) && vvar.slewed)
		bit = 0;
	if (likely(bit & (REAL_CLOCKS | MONOTONIC_CLOCKS)) && read_clock(bit & REAL_CLOCKS, &ns)) {
		u64 sec = ns / NSEC_PER_SEC;

		ts->tv_sec = (s64)sec;
		ts->tv_nsec = (s64)(ns - sec * NSEC_PER_SEC);
		return 0;
	}
	return (int)syscall2(NR_clock_gettime, clock, (long)ts);
}
PUBLIC_NAME(clock_gettime);

int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	u64 ns;

	if (!read_clock(true, &ns))
		return (int)syscall2(NR_gettimeofday, (long)tv, (long)tz);
	if (tv) {
		tv->tv_sec = (long)(ns / NSEC_PER_SEC);
		tv->tv_usec = (long)(ns % NSEC_PER_SEC / 1000);
	}
	if (tz) {
		tz->tz_minuteswest = (int)vvar.tz_minuteswest;
		tz->tz_dsttime = (int)vvar.tz_dsttime;
	}
	return 0;
}
PUBLIC_NAME(gettimeofday);

int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *res)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
		if (res) {
			res->tv_sec = 0;
			res->tv_nsec = 1;
		}
		return 0;
	default:
		return (int)syscall2(NR_clock_getres, clock, (long)res);
	}
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
