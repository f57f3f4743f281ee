/* SPDX-License-Identifier: MIT */
/*
 * Clocks without a system call. Runs in user mode, at any address; the data page lies one page
 * before the image. What it does not know it passes on to the kernel.
 */
#include <lib/types.h>
#include <lib/errno.h>
#include <kernel/vdso.h>
#include <uapi/time.h>

#define NSEC_PER_SEC	 1000000000ULL

#define NR_gettimeofday	 169
#define NR_clock_gettime 113
#define NR_clock_getres	 114

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

/* The clocks that the data page gives, by bit; bit 0 and 5 are the real-time ones. */
#define REAL_CLOCKS (1u << CLOCK_REALTIME | 1u << CLOCK_REALTIME_COARSE)
#define KNOWN_CLOCKS                                                          \
	(REAL_CLOCKS | 1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_COARSE | \
	 1u << CLOCK_MONOTONIC_RAW | 1u << CLOCK_BOOTTIME)

/* delta * mult >> 32 without losing the product's high half. */
static inline u64 scale(u64 delta, u64 mult)
{
	return (u64)(((unsigned __int128)delta * mult) >> 32);
}

/*
 * Nanoseconds of CLOCK_MONOTONIC or (@real) CLOCK_REALTIME; false if the kernel has to be asked: it
 * is just changing the data. On this architecture there is no other clock than the one that user
 * space can read, so `usable` is not looked at.
 */
static inline bool read_clock(bool real, u64 *ns)
{
	const struct vdso_data *data = &vvar;
	u64 cycles, now;
	u32 seq;

	do {
		seq = __atomic_load_n(&data->seq, __ATOMIC_ACQUIRE);
		if (__builtin_expect(seq & 1, 0))
			return false;
		/* The barrier keeps the counter from being read before seq. */
		asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(cycles) : : "memory");
		now = data->base_ns + scale(cycles - data->base_cycles, data->mult_32);
		if (real)
			now += (u64)data->real_offset;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (__builtin_expect(__atomic_load_n(&data->seq, __ATOMIC_RELAXED) != seq, 0));
	*ns = now;
	return true;
}

static inline void put_timespec(struct __kernel_timespec *ts, u64 ns)
{
	u64 sec = ns / NSEC_PER_SEC;

	ts->tv_sec = (s64)sec;
	ts->tv_nsec = (s64)(ns - sec * NSEC_PER_SEC);
}

static noinline int other_clock(clockid_t clock, struct __kernel_timespec *ts)
{
	u64 ns;

	if ((u32)clock >= 32 || !(KNOWN_CLOCKS >> clock & 1) ||
	    (clock == CLOCK_MONOTONIC_RAW && vvar.slewed) ||
	    !read_clock(REAL_CLOCKS >> clock & 1, &ns))
		return (int)syscall2(NR_clock_gettime, clock, (long)ts);
	put_timespec(ts, ns);
	return 0;
}

/* The two that everybody asks for first: numbers 0 and 1. */
int __kernel_clock_gettime(clockid_t clock, struct __kernel_timespec *ts)
{
	u64 ns;

	if (__builtin_expect((u32)clock > CLOCK_MONOTONIC, 0) ||
	    !read_clock(clock == CLOCK_REALTIME, &ns))
		return other_clock(clock, ts);
	put_timespec(ts, ns);
	return 0;
}

int __kernel_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	u64 ns;

	if (!read_clock(true, &ns))
		return (int)syscall2(NR_gettimeofday, (long)tv, (long)tz);
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
