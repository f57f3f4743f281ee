/* SPDX-License-Identifier: MIT */
/*
 * A reference count that cannot wrap: one that overflows, or is taken from zero, sticks at a large
 * negative value, so the object leaks instead of being freed under a user.
 *
 * Taking a reference is relaxed (the caller already has one). Dropping is release, and the drop
 * that reaches zero is acquire, so the destructor sees every earlier user's writes.
 */
#ifndef _LIB_REFCOUNT_H
#define _LIB_REFCOUNT_H

#include <lib/atomic.h>

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n)    \
	{                   \
		.refs = (n) \
	}
#define REFCOUNT_MAX	   INT_MAX
#define REFCOUNT_SATURATED (INT_MIN / 2)

/* Out of line: pin @r at REFCOUNT_SATURATED. Returns false. */
bool refcount_saturate(refcount_t *r);

static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
	return (unsigned int)atomic_read(&r->refs);
}

static inline void refcount_add(int n, refcount_t *r)
{
	int old = atomic_fetch_add_explicit(&r->refs, n, memory_order_relaxed);

	if (unlikely(old <= 0 || old > INT_MAX - n))
		refcount_saturate(r);
}

/* The caller holds a reference already. */
static inline void refcount_inc(refcount_t *r)
{
	refcount_add(1, r);
}

/* For lookups that may race with the last drop (RCU): false when the object is already dying. */
static inline bool __must_check refcount_inc_not_zero(refcount_t *r)
{
	int old = atomic_read(&r->refs);

	do {
		if (!old)
			return false;
	} while (
		!atomic_compare_exchange_weak_explicit(&r->refs, &old, (int)((unsigned int)old + 1),
						       memory_order_relaxed, memory_order_relaxed));
	if (unlikely(old < 0 || old == INT_MAX))
		refcount_saturate(r);
	return true;
}

/* True for the caller that dropped the last @n references; it must then destroy the object. */
static inline bool __must_check refcount_sub_and_test(int n, refcount_t *r)
{
	int old = atomic_fetch_sub_explicit(&r->refs, n, memory_order_release);

	if (old == n) {
		atomic_thread_fence(memory_order_acquire);
		return true;
	}
	if (unlikely(old < n))
		refcount_saturate(r);
	return false;
}

static inline bool __must_check refcount_dec_and_test(refcount_t *r)
{
	return refcount_sub_and_test(1, r);
}

/* Drop a reference that is known not to be the last. */
static inline void refcount_dec(refcount_t *r)
{
	if (unlikely(atomic_fetch_sub_explicit(&r->refs, 1, memory_order_release) <= 1))
		refcount_saturate(r);
}

/* Drop a reference unless it is the last; true if dropped. */
static inline bool __must_check refcount_dec_not_one(refcount_t *r)
{
	int old = atomic_read(&r->refs);

	do {
		if (old == 1)
			return false;
		if (unlikely(old <= 0))
			return true; /* saturated: it stays */
	} while (!atomic_compare_exchange_weak_explicit(
		&r->refs, &old, old - 1, memory_order_release, memory_order_relaxed));
	return true;
}

#endif
