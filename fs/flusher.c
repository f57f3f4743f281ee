/* SPDX-License-Identifier: MIT */
/*
 * The flusher: a thread that writes back what has been dirty for dirty_expire_centisecs, looking
 * every dirty_writeback_centisecs; and everything, when too much is dirty. It sleeps without a
 * timer while nothing is dirty.
 */
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/kthread.h>
#include <kernel/wait.h>
#include <mm/pagemap.h>
#include <fs/writeback.h>
#include "internal.h"

#define NS_PER_CENTISEC (10 * 1000 * 1000LL)

static DECLARE_WAIT_QUEUE_HEAD(flusher_wait);
static _Atomic(bool) now; /* somebody wants all of it written */
static _Atomic(bool) armed; /* something may be dirty */

/* The flusher's own: what this round looks for. */
static ktime_t older;
static bool found;

void wakeup_flusher(void)
{
	atomic_store_explicit(&armed, true, memory_order_relaxed);
	if (!atomic_exchange_explicit(&now, true, memory_order_release))
		wake_up(&flusher_wait);
}

void flusher_arm(void)
{
	if (atomic_load_explicit(&armed, memory_order_relaxed))
		return;
	atomic_store_explicit(&armed, true, memory_order_release);
	wake_up(&flusher_wait);
}

static void flush_super(struct super_block *sb)
{
	if (list_empty_careful(&sb->s_dirty))
		return;
	writeback_sb_inodes(sb, older, false);
	if (!list_empty_careful(&sb->s_dirty))
		found = true;
}

static void flusher_round(bool all)
{
	older = all ? KTIME_MAX :
		      ktime_get_coarse() - READ_ONCE(dirty_expire_centisecs) * NS_PER_CENTISEC;
	found = false;
	/* From here on who makes something dirty arms again. */
	atomic_store_explicit(&armed, false, memory_order_seq_cst);
	iterate_supers(flush_super);
	if (found)
		atomic_store_explicit(&armed, true, memory_order_relaxed);
}

static s64 interval(void)
{
	int cs = READ_ONCE(dirty_writeback_centisecs);

	return cs && atomic_load_explicit(&armed, memory_order_acquire) ? cs * NS_PER_CENTISEC :
									  KTIME_MAX;
}

static int flusher(void *unused)
{
	for (;;) {
		s64 ns = interval();
		bool all;

		wait_event_hrtimeout_state(
			flusher_wait,
			atomic_load_explicit(&now, memory_order_acquire) ||
				(ns == KTIME_MAX && READ_ONCE(dirty_writeback_centisecs) &&
				 atomic_load_explicit(&armed, memory_order_acquire)),
			TASK_IDLE, ns);
		all = atomic_exchange_explicit(&now, false, memory_order_acquire);
		if (all || over_background_limit())
			flusher_round(true);
		else if (ns != KTIME_MAX)
			flusher_round(false);
	}
	return 0;
}

static int flusher_init(void)
{
	return PTR_ERR_OR_ZERO(kthread_run(flusher, NULL, "kflushd"));
}
fs_initcall(flusher_init);
