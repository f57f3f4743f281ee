/* SPDX-License-Identifier: MIT */
/*
 * Flushers write back what has been dirty for dirty_expire_centisecs, looking every
 * dirty_writeback_centisecs; and everything, when too much is dirty.
 *
 * The thread kflushd has the clock. What lies on a disk is written by a thread of that file
 * system's own, flush-MAJ:MIN, so that a slow disk does not keep others waiting; kflushd makes it
 * when there is first something to write, hands it rounds and never waits for it. Other super
 * blocks, and all while there is no memory for a thread, kflushd writes itself. It sleeps without a
 * timer while nothing is dirty.
 *
 * A super block's thread works without a reference of it: the end of the super block waits for the
 * thread (flusher_stop()), and nobody hands out rounds then, for that takes a reference.
 */
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/kthread.h>
#include <kernel/wait.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <fs/blkdev.h>
#include <fs/writeback.h>
#include "internal.h"

#define NS_PER_CENTISEC (10 * 1000 * 1000LL)

static DECLARE_WAIT_QUEUE_HEAD(flusher_wait);
static _Atomic(bool) now; /* somebody wants all of it written */
static _Atomic(bool) armed; /* something may be dirty */

/* kflushd's own: what this round looks for. */
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

/* ---- the thread of a file system on a disk --------------------------------------------------- */

struct sb_flusher {
	struct super_block *sb;
	struct task_struct *task;
	wait_queue_head_t wait;
	_Atomic(s64) older; /* the round that is to be done; NO_ROUND: none */
};
#define NO_ROUND (-1ll)

static int flush_thread(void *arg)
{
	struct sb_flusher *f = arg;
	ktime_t round;

	while (!kthread_should_stop()) {
		wait_event_state(f->wait,
				 atomic_load_explicit(&f->older, memory_order_acquire) !=
						 NO_ROUND ||
					 kthread_should_stop(),
				 TASK_IDLE);
		round = atomic_exchange_explicit(&f->older, NO_ROUND, memory_order_acquire);
		if (round != NO_ROUND && !kthread_should_stop())
			writeback_sb_inodes(f->sb, round, false);
	}
	return 0;
}

static struct sb_flusher *make_flusher(struct super_block *sb)
{
	struct sb_flusher *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return NULL;
	f->sb = sb;
	init_waitqueue_head(&f->wait);
	f->older = NO_ROUND;
	f->task = kthread_run(flush_thread, f, "flush-%u:%u", MAJOR(sb->s_bdev->bd_dev),
			      MINOR(sb->s_bdev->bd_dev));
	if (IS_ERR(f->task)) {
		kfree(f);
		return NULL;
	}
	sb->s_flusher = f;
	return f;
}

/* Whether the thread has taken the round, or is at one that will do. */
static bool hand_round(struct super_block *sb)
{
	struct sb_flusher *f = sb->s_flusher;

	if (!f)
		f = make_flusher(sb);
	if (!f)
		return false;
	if (atomic_load_explicit(&f->older, memory_order_relaxed) < older)
		atomic_store_explicit(&f->older, older, memory_order_release);
	wake_up(&f->wait);
	return true;
}

void flusher_stop(struct super_block *sb)
{
	struct sb_flusher *f = sb->s_flusher;

	if (!f)
		return;
	kthread_stop(f->task);
	kfree(f);
	sb->s_flusher = NULL;
}

/* ---- kflushd --------------------------------------------------------------------------------- */

static void flush_super(struct super_block *sb)
{
	if (list_empty_careful(&sb->s_dirty))
		return;
	if (sb->s_bdev && hand_round(sb)) {
		found = true; /* whether all was old enough is seen in the next round */
		return;
	}
	writeback_sb_inodes(sb, older, false);
	if (!list_empty_careful(&sb->s_dirty))
		found = true;
}

static void flusher_round(bool all)
{
	older = all ? KTIME_MAX :
		      max(ktime_get_coarse() - READ_ONCE(dirty_expire_centisecs) * NS_PER_CENTISEC,
			  (s64)0);
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
