/* SPDX-License-Identifier: MIT */
/*
 * An error that many observers must see once each: errors of write-back, told to every file that
 * was open. The value is an errno, a bit that says somebody has seen it, and a counter that goes up
 * with each error after one that was seen.
 */
#ifndef LIB_ERRSEQ_H
#define LIB_ERRSEQ_H

#include <lib/atomic.h>
#include <lib/types.h>

typedef _Atomic(u32) errseq_t;

#define ERRSEQ_ERRNO 0xfffu
#define ERRSEQ_SEEN  0x1000u
#define ERRSEQ_STEP  0x2000u

/* Notes @err (-errno). Any context. */
static inline void errseq_set(errseq_t *seq, int err)
{
	u32 old = atomic_load_explicit(seq, memory_order_relaxed), new;

	do {
		new = (old & ~(ERRSEQ_ERRNO | ERRSEQ_SEEN)) | (u32)-err;
		if (old & ERRSEQ_SEEN)
			new += ERRSEQ_STEP;
	} while (!atomic_compare_exchange_weak_explicit(seq, &old, new, memory_order_release,
							memory_order_relaxed));
}

/* What failed before concerns nobody any more: there is another medium. */
static inline void errseq_forget(errseq_t *seq)
{
	atomic_store_explicit(seq, 0, memory_order_relaxed);
}

/* Where a new observer starts: an error that nobody has seen yet is still news to it. */
static inline u32 errseq_sample(const errseq_t *seq)
{
	u32 now = atomic_load_explicit((errseq_t *)seq, memory_order_acquire);

	return now & ERRSEQ_SEEN || !now ? now : 0;
}

/* 0, or the -errno of what happened since *@since, which moves on. The caller locks @since. */
static inline int errseq_check_and_advance(errseq_t *seq, u32 *since)
{
	u32 old = atomic_load_explicit(seq, memory_order_acquire), new;

	if (old == *since)
		return 0;
	new = old | ERRSEQ_SEEN;
	if (new != old)
		atomic_compare_exchange_strong_explicit(seq, &old, new, memory_order_acq_rel,
							memory_order_relaxed);
	*since = new;
	return -(int)(new &ERRSEQ_ERRNO);
}

#endif
