/* SPDX-License-Identifier: MIT */
/*
 * Atomics are C11's: _Atomic objects with atomic_load_explicit() and friends and an order spelled
 * out at each use. On top of that come
 *
 *   atomic_t, atomic64_t, atomic_long_t   counters (plain _Atomic integers) with short helpers
 *   smp_load_acquire(), smp_store_release(), xchg(), cmpxchg(), try_cmpxchg()
 *                                         for ordinary scalars, e.g. list pointers and user words
 *
 * Orders of the helpers: atomic_read/set/inc/dec/add/sub/or/and are relaxed. Everything that
 * returns a value computed from the counter (..._return, ..._and_test, cmpxchg, xchg, add_unless)
 * is seq_cst. C11's own generic names (atomic_fetch_add(ptr, val), atomic_exchange(ptr, val) ...)
 * keep C11's argument order and are seq_cst.
 *
 * sparse 0.6.4 does not know _Atomic; for it everything is a plain object.
 */
#ifndef _LIB_ATOMIC_H
#define _LIB_ATOMIC_H

#include <lib/types.h>

#ifndef __CHECKER__
#include <stdatomic.h>
#else
#define _Atomic(t) t
enum memory_order {
	memory_order_relaxed,
	memory_order_consume,
	memory_order_acquire,
	memory_order_release,
	memory_order_acq_rel,
	memory_order_seq_cst
};
typedef enum memory_order memory_order;
typedef bool atomic_bool;
typedef int atomic_int;
typedef unsigned int atomic_uint;
typedef long atomic_long;
typedef unsigned long atomic_ulong;
typedef long long atomic_llong;
typedef unsigned long long atomic_ullong;
typedef struct {
	int v;
} atomic_flag;
#define ATOMIC_FLAG_INIT \
	{                \
		0        \
	}
#define ATOMIC_VAR_INIT(v)     (v)
#define atomic_thread_fence(o) ((void)(o))
#define atomic_signal_fence(o) ((void)(o))
#define atomic_init(p, x)      ((void)(*(p) = (x)))
#define __sparse_rmw(p, expr)                 \
	({                                    \
		__typeof__(*(p)) _old = *(p); \
		*(p) = (expr);                \
		_old;                         \
	})
#define atomic_load_explicit(p, o)	   ((void)(o), *(p))
#define atomic_store_explicit(p, x, o)	   ((void)(o), (void)(*(p) = (x)))
#define atomic_exchange_explicit(p, x, o)  __sparse_rmw(p, x)
#define atomic_fetch_add_explicit(p, x, o) __sparse_rmw(p, *(p) + (x))
#define atomic_fetch_sub_explicit(p, x, o) __sparse_rmw(p, *(p) - (x))
#define atomic_fetch_or_explicit(p, x, o)  __sparse_rmw(p, *(p) | (x))
#define atomic_fetch_and_explicit(p, x, o) __sparse_rmw(p, *(p) & (x))
#define atomic_fetch_xor_explicit(p, x, o) __sparse_rmw(p, *(p) ^ (x))
#define atomic_compare_exchange_strong_explicit(p, e, d, s, f) \
	(*(p) == *(e) ? (*(p) = (d), true) : (*(e) = *(p), false))
#define atomic_compare_exchange_weak_explicit atomic_compare_exchange_strong_explicit
#define atomic_load(p)			      atomic_load_explicit(p, memory_order_seq_cst)
#define atomic_store(p, x)		      atomic_store_explicit(p, x, memory_order_seq_cst)
#define atomic_exchange(p, x)		      atomic_exchange_explicit(p, x, 5)
#define atomic_fetch_add(p, x)		      atomic_fetch_add_explicit(p, x, 5)
#define atomic_fetch_sub(p, x)		      atomic_fetch_sub_explicit(p, x, 5)
#define atomic_fetch_or(p, x)		      atomic_fetch_or_explicit(p, x, 5)
#define atomic_fetch_and(p, x)		      atomic_fetch_and_explicit(p, x, 5)
#define atomic_fetch_xor(p, x)		      atomic_fetch_xor_explicit(p, x, 5)
#define atomic_compare_exchange_strong(p, e, d) \
	atomic_compare_exchange_strong_explicit(p, e, d, 5, 5)
#define atomic_compare_exchange_weak(p, e, d)	atomic_compare_exchange_strong(p, e, d)
#define atomic_flag_test_and_set_explicit(p, o) __sparse_rmw(&(p)->v, 1)
#define atomic_flag_clear_explicit(p, o)	((void)((p)->v = 0))
#endif

typedef _Atomic(int) atomic_t;
typedef _Atomic(s64) atomic64_t;
typedef _Atomic(long) atomic_long_t;

#define ATOMIC_INIT(i)	    (i)
#define ATOMIC64_INIT(i)    (i)
#define ATOMIC_LONG_INIT(i) (i)

/* The helpers of one counter type: p is its prefix, T the atomic type, V the plain one. */
#define __ATOMIC_HELPERS(p, T, V)                                                                 \
	static __always_inline V p##_read(const T *v)                                             \
	{                                                                                         \
		return atomic_load_explicit((T *)v, memory_order_relaxed);                        \
	}                                                                                         \
	static __always_inline V p##_read_acquire(const T *v)                                     \
	{                                                                                         \
		return atomic_load_explicit((T *)v, memory_order_acquire);                        \
	}                                                                                         \
	static __always_inline void p##_set(T *v, V i)                                            \
	{                                                                                         \
		atomic_store_explicit(v, i, memory_order_relaxed);                                \
	}                                                                                         \
	static __always_inline void p##_set_release(T *v, V i)                                    \
	{                                                                                         \
		atomic_store_explicit(v, i, memory_order_release);                                \
	}                                                                                         \
	static __always_inline void p##_add(V i, T *v)                                            \
	{                                                                                         \
		atomic_fetch_add_explicit(v, i, memory_order_relaxed);                            \
	}                                                                                         \
	static __always_inline void p##_sub(V i, T *v)                                            \
	{                                                                                         \
		atomic_fetch_sub_explicit(v, i, memory_order_relaxed);                            \
	}                                                                                         \
	static __always_inline void p##_or(V i, T *v)                                             \
	{                                                                                         \
		atomic_fetch_or_explicit(v, i, memory_order_relaxed);                             \
	}                                                                                         \
	static __always_inline void p##_and(V i, T *v)                                            \
	{                                                                                         \
		atomic_fetch_and_explicit(v, i, memory_order_relaxed);                            \
	}                                                                                         \
	static __always_inline void p##_andnot(V i, T *v)                                         \
	{                                                                                         \
		atomic_fetch_and_explicit(v, ~i, memory_order_relaxed);                           \
	}                                                                                         \
	static __always_inline void p##_inc(T *v)                                                 \
	{                                                                                         \
		atomic_fetch_add_explicit(v, 1, memory_order_relaxed);                            \
	}                                                                                         \
	static __always_inline void p##_dec(T *v)                                                 \
	{                                                                                         \
		atomic_fetch_sub_explicit(v, 1, memory_order_relaxed);                            \
	}                                                                                         \
	static __always_inline V p##_add_return(V i, T *v)                                        \
	{                                                                                         \
		return (V)(atomic_fetch_add_explicit(v, i, memory_order_seq_cst) + i);            \
	}                                                                                         \
	static __always_inline V p##_sub_return(V i, T *v)                                        \
	{                                                                                         \
		return (V)(atomic_fetch_sub_explicit(v, i, memory_order_seq_cst) - i);            \
	}                                                                                         \
	static __always_inline V p##_inc_return(T *v)                                             \
	{                                                                                         \
		return p##_add_return(1, v);                                                      \
	}                                                                                         \
	static __always_inline V p##_dec_return(T *v)                                             \
	{                                                                                         \
		return p##_sub_return(1, v);                                                      \
	}                                                                                         \
	static __always_inline bool p##_inc_and_test(T *v)                                        \
	{                                                                                         \
		return p##_add_return(1, v) == 0;                                                 \
	}                                                                                         \
	static __always_inline bool p##_dec_and_test(T *v)                                        \
	{                                                                                         \
		return atomic_fetch_sub_explicit(v, 1, memory_order_seq_cst) == 1;                \
	}                                                                                         \
	static __always_inline bool p##_sub_and_test(V i, T *v)                                   \
	{                                                                                         \
		return atomic_fetch_sub_explicit(v, i, memory_order_seq_cst) == i;                \
	}                                                                                         \
	static __always_inline bool p##_add_negative(V i, T *v)                                   \
	{                                                                                         \
		return p##_add_return(i, v) < 0;                                                  \
	}                                                                                         \
	static __always_inline V p##_xchg(T *v, V i)                                              \
	{                                                                                         \
		return atomic_exchange_explicit(v, i, memory_order_seq_cst);                      \
	}                                                                                         \
	/* Returns what was there; the store happened if that equals @old. */                     \
	static __always_inline V p##_cmpxchg(T *v, V old, V new)                                  \
	{                                                                                         \
		atomic_compare_exchange_strong_explicit(v, &old, new, memory_order_seq_cst,       \
							memory_order_seq_cst);                    \
		return old;                                                                       \
	}                                                                                         \
	/* True if stored; else *@old is what was there. */                                       \
	static __always_inline bool p##_try_cmpxchg(T *v, V *old, V new)                          \
	{                                                                                         \
		return atomic_compare_exchange_strong_explicit(v, old, new, memory_order_seq_cst, \
							       memory_order_seq_cst);             \
	}                                                                                         \
	/* Add @a unless the value is @u; true if added. */                                       \
	static __always_inline bool p##_add_unless(T *v, V a, V u)                                \
	{                                                                                         \
		V c = p##_read(v);                                                                \
		do {                                                                              \
			if (unlikely(c == u))                                                     \
				return false;                                                     \
		} while (!p##_try_cmpxchg(v, &c, (V)(c + a)));                                    \
		return true;                                                                      \
	}                                                                                         \
	static __always_inline bool p##_inc_not_zero(T *v)                                        \
	{                                                                                         \
		return p##_add_unless(v, 1, 0);                                                   \
	}                                                                                         \
	/* Decrement unless that would make it negative; returns the new value or a negative. */  \
	static __always_inline V p##_dec_if_positive(T *v)                                        \
	{                                                                                         \
		V c = p##_read(v);                                                                \
		do {                                                                              \
			if (unlikely(c <= 0))                                                     \
				return (V)(c - 1);                                                \
		} while (!p##_try_cmpxchg(v, &c, (V)(c - 1)));                                    \
		return (V)(c - 1);                                                                \
	}

__ATOMIC_HELPERS(atomic, atomic_t, int)
__ATOMIC_HELPERS(atomic64, atomic64_t, s64)
__ATOMIC_HELPERS(atomic_long, atomic_long_t, long)

/*
 * For ordinary (not _Atomic) naturally aligned scalars and pointers.
 * smp_store_release() on one CPU pairs with smp_load_acquire() of the same variable on another:
 * what was written before the store is seen after the load. xchg/cmpxchg are seq_cst.
 */
#ifdef __CHECKER__
#define smp_load_acquire(p)	 (*(p))
#define smp_store_release(p, v)	 ((void)(*(p) = (v)))
#define xchg(p, v)		 __sparse_rmw(p, v)
#define cmpxchg(p, old, new)	 __sparse_rmw(p, *(p) == (old) ? (new) : *(p))
#define try_cmpxchg(p, old, new) (*(p) == *(old) ? (*(p) = (new), true) : (*(old) = *(p), false))
#else
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define xchg(p, v)		__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
/* Returns what was there; the store happened if that equals @old. */
#define cmpxchg(p, old, new)                                                        \
	({                                                                          \
		__typeof__(*(p)) _cmp = (old);                                      \
		__atomic_compare_exchange_n(p, &_cmp, new, false, __ATOMIC_SEQ_CST, \
					    __ATOMIC_SEQ_CST);                      \
		_cmp;                                                               \
	})
/* True if stored; else *@old is what was there. */
#define try_cmpxchg(p, old, new) \
	__atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#endif

#endif
