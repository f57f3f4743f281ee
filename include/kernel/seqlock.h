/* SPDX-License-Identifier: MIT */
/*
 * Sequence counters: readers take no lock and retry when a writer was there. Writers exclude each
 * other by a lock of their own and must not be preempted in between where readers can spin
 * (seqlock_t does both).
 */
#ifndef KERNEL_SEQLOCK_H
#define KERNEL_SEQLOCK_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <kernel/spinlock.h>

typedef struct seqcount {
	_Atomic unsigned int sequence;
} seqcount_t;

#define SEQCNT_ZERO \
	{           \
		0   \
	}

static inline void seqcount_init(seqcount_t *s)
{
	atomic_store_explicit(&s->sequence, 0, memory_order_relaxed);
}

/* Pairs with the release in write_seqcount_end(): what that writer wrote is seen. */
static inline unsigned int read_seqcount_begin(const seqcount_t *s)
{
	unsigned int seq;

	while (unlikely(
		(seq = atomic_load_explicit(&((seqcount_t *)s)->sequence, memory_order_acquire)) &
		1))
		cpu_relax();
	return seq;
}

/*
 * The value as it is, odd while a writer is in: the caller gives up instead of spinning (path
 * walk).
 */
static inline unsigned int raw_read_seqcount(const seqcount_t *s)
{
	return atomic_load_explicit(&((seqcount_t *)s)->sequence, memory_order_acquire);
}

/*
 * Pairs with the fence in write_seqcount_begin(): data read before cannot be newer than the count
 * read here.
 */
static inline bool read_seqcount_retry(const seqcount_t *s, unsigned int start)
{
	atomic_thread_fence(memory_order_acquire);
	return unlikely(atomic_load_explicit(&((seqcount_t *)s)->sequence, memory_order_relaxed) !=
			start);
}

static inline void write_seqcount_begin(seqcount_t *s)
{
	unsigned int v = atomic_load_explicit(&s->sequence, memory_order_relaxed);

	atomic_store_explicit(&s->sequence, v + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static inline void write_seqcount_end(seqcount_t *s)
{
	unsigned int v = atomic_load_explicit(&s->sequence, memory_order_relaxed);

	atomic_store_explicit(&s->sequence, v + 1, memory_order_release);
}

typedef struct {
	seqcount_t seqcount;
	spinlock_t lock;
} seqlock_t;

#define DEFINE_SEQLOCK(x) seqlock_t x = {.seqcount = SEQCNT_ZERO, .lock = __SPIN_LOCK_INIT(#x)}
#define seqlock_init(sl)                        \
	do {                                    \
		seqcount_init(&(sl)->seqcount); \
		spin_lock_init(&(sl)->lock);    \
	} while (0)
#define read_seqbegin(sl)	 read_seqcount_begin(&(sl)->seqcount)
#define read_seqretry(sl, start) read_seqcount_retry(&(sl)->seqcount, start)

static inline void write_seqlock(seqlock_t *sl) __acquires(sl)
{
	spin_lock(&sl->lock);
	write_seqcount_begin(&sl->seqcount);
}
static inline void write_sequnlock(seqlock_t *sl) __releases(sl)
{
	write_seqcount_end(&sl->seqcount);
	spin_unlock(&sl->lock);
}
#define write_seqlock_irqsave(sl, flags)               \
	do {                                           \
		spin_lock_irqsave(&(sl)->lock, flags); \
		write_seqcount_begin(&(sl)->seqcount); \
	} while (0)
#define write_sequnlock_irqrestore(sl, flags)               \
	do {                                                \
		write_seqcount_end(&(sl)->seqcount);        \
		spin_unlock_irqrestore(&(sl)->lock, flags); \
	} while (0)

#endif
