/* SPDX-License-Identifier: MIT */
/*
 * Clocks without a system call. Runs in user mode, at any address; the data page lies one page before the image. What it does not know
 * it passes on to the kernel.
 */
#include <lib/types.h>
#include <lib/errno.h>
#include <kernel/vdso.h>
#include <uapi/time.h>

#define NSEC_PER_SEC 1000000000ULL

#define NR_gettimeofday  169
#define NR_clock_gettime 113
#define NR_clock_getres  114

/* Start of the data page: vdso.lds.S. */
extern const struct vdso_data vvar __attribute__((visibility("hidden")));

__visible int __kernel_clock_gettime(clockid_t clock, struct __kernel_timespec *ts);
__visible int __kernel_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);
__visible int __kernel_clock_getres(clockid_t clock, struct __kernel_timespec *res);

static inline long syscall2(long nr, long a, long b)
{
	register long x8 asm("x8") = nr;
	register long x0 asm("x0") = a;
	register long x1 asm("x1") = b;

	asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
	return x0;
}

/* Nanoseconds of CLOCK_MONOTONIC or (@real) CLOCK_REALTIME; false if the kernel has to be asked. */
static inline bool read_clock(bool real, u64 *ns)
{
	const volatile struct vdso_data *data = &vvar;
	u64 cycles, delta, now;
	u32 seq;

	do {
		seq = __atomic_load_n((const u32 *)&vvar.seq, __ATOMIC_ACQUIRE);
		if (seq & 1)
			continue;
		if (!data->usable)
			return false;
		/* The barrier keeps the counter from being read before seq. */
		asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(cycles) : : "memory");
		delta = cycles - data->base_cycles;
		now = (u64)(((unsigned __int128)delta * data->mult) >> data->shift);
		now += data->base_ns;
		if (real)
			now += (u64)data->real_offset;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((seq & 1) || data->seq != seq);
	*ns = now;
	return true;
}

int __kernel_clock_gettime(clockid_t clock, struct __kernel_timespec *ts)
{
	bool real = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
	u64 ns;

	if ((real || clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ||
	     clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_BOOTTIME) &&
	    read_clock(real, &ns)) {
		ts->tv_sec = (s64)(ns / NSEC_PER_SEC);
		ts->tv_nsec = (s64)(ns % NSEC_PER_SEC);
		return 0;
	}
	return (int)syscall2(NR_clock_gettime, clock, (long)ts);
}

int __kernel_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
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

int __kernel_clock_getres(clockid_t clock, struct __kernel_timespec *res)
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
