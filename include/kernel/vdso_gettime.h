/* SPDX-License-Identifier: MIT */
/*
 * Clocks without a system call, vdso(7): the half of the vDSO that both architectures share. Runs
 * in user mode at any address; the data page lies one page before the image. What it cannot
 * answer goes to the kernel.
 */
#ifndef KERNEL_VDSO_GETTIME_H
#define KERNEL_VDSO_GETTIME_H

#include <arch/vdso.h>
#include <kernel/vdso.h>
#include <lib/types.h>
#include <uapi/time.h>

#define NSEC_PER_SEC 1000000000ull

/* Start of the data page: vdso.lds.S. */
extern const struct vdso_data vvar __hidden;

/* The clocks that the data page gives, by bit. */
#define REAL_CLOCKS (1u << CLOCK_REALTIME | 1u << CLOCK_REALTIME_COARSE)
#define KNOWN_CLOCKS                                                          \
	(REAL_CLOCKS | 1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_COARSE | \
	 1u << CLOCK_MONOTONIC_RAW | 1u << CLOCK_BOOTTIME)

/*
 * Nanoseconds of CLOCK_MONOTONIC or (@real) CLOCK_REALTIME; false if the kernel has to be asked:
 * it is just changing the data, or the clock is not one that user space can read.
 */
static inline bool vdso_read_clock(bool real, u64 *ns)
{
	const struct vdso_data *data = &vvar;
	u64 delta, now;
	u32 seq;

	do {
		seq = __atomic_load_n(&data->seq, __ATOMIC_ACQUIRE);
		if (unlikely(seq & 1))
			return false;
		delta = vdso_counter() - data->base_cycles;
		now = (u64)(((unsigned __int128)delta * data->mult_32) >> 32);
		now += data->base_ns;
		if (real)
			now += (u64)data->real_offset;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (unlikely(__atomic_load_n(&data->seq, __ATOMIC_RELAXED) != seq));
	*ns = now;
	return true;
}

static inline void vdso_put_timespec(struct __kernel_timespec *ts, u64 ns)
{
	u64 sec = ns / NSEC_PER_SEC;

	ts->tv_sec = (s64)sec;
	ts->tv_nsec = (s64)(ns - sec * NSEC_PER_SEC);
}

static noinline int vdso_other_clock(clockid_t clock, struct __kernel_timespec *ts)
{
	u64 ns;

	if ((u32)clock >= 32 || !(KNOWN_CLOCKS >> clock & 1) ||
	    (clock == CLOCK_MONOTONIC_RAW && vvar.slewed) ||
	    !vdso_read_clock(REAL_CLOCKS >> clock & 1, &ns))
		return (int)vdso_syscall2(NR_clock_gettime, clock, (long)ts);
	vdso_put_timespec(ts, ns);
	return 0;
}

/* The two that everybody asks for first are numbers 0 and 1. */
static inline int vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *ts)
{
	u64 ns;

	if (unlikely((u32)clock > CLOCK_MONOTONIC) ||
	    !vdso_read_clock(clock == CLOCK_REALTIME, &ns))
		return vdso_other_clock(clock, ts);
	vdso_put_timespec(ts, ns);
	return 0;
}

static inline int vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	u64 ns;

	if (!vdso_read_clock(true, &ns))
		return (int)vdso_syscall2(NR_gettimeofday, (long)tv, (long)tz);
	if (tv) {
		u64 sec = ns / NSEC_PER_SEC;

		tv->tv_sec = (long)sec;
		tv->tv_usec = (long)((u32)(ns - sec * NSEC_PER_SEC) / 1000);
	}
	if (tz) {
		tz->tz_minuteswest = (int)vvar.tz_minuteswest;
		tz->tz_dsttime = (int)vvar.tz_dsttime;
	}
	return 0;
}

static inline int vdso_clock_getres(clockid_t clock, struct __kernel_timespec *res)
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
		return (int)vdso_syscall2(NR_clock_getres, clock, (long)res);
	}
}

#endif
