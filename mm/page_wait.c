/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on the lock and write-back bits of pages. Waiters share a few wait queues, chosen by the
 * page's address. PG_waiters and the bit waited for are in one word that both sides change
 * atomically: a waiter sets PG_waiters before it tests the bit, the clearer sees PG_waiters in the
 * value it cleared the bit in.
 */
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/wait.h>
#include <lib/hash.h>
#include <mm/pagemap.h>
#include <mm/vmstat.h>

#define WAIT_BITS 4
static struct wait_queue_head page_waits[1 << WAIT_BITS] = {
	[0 ...(1 << WAIT_BITS) - 1] = {.lock = __SPIN_LOCK_INIT("page_wait")},
};

static struct wait_queue_head *page_queue(const struct page *page)
{
	struct wait_queue_head *q = &page_waits[hash_ptr(page, WAIT_BITS)];

	/* Zero links: nobody has waited here yet. */
	if (unlikely(!READ_ONCE(q->head.next))) {
		unsigned long flags;

		spin_lock_irqsave(&q->lock, flags);
		if (!q->head.next)
			INIT_LIST_HEAD(&q->head);
		spin_unlock_irqrestore(&q->lock, flags);
	}
	return q;
}

/* Sleeps until take(page) succeeds. 0 or -EINTR when @state lets a fatal signal end it. */
static int page_wait(struct page *page, bool (*take)(struct page *page), int state)
{
	struct wait_queue_head *q = page_queue(page);
	DEFINE_WAIT(wait);
	int err = 0;

	for (;;) {
		prepare_to_wait(q, &wait, state);
		page_set(page, PG_waiters);
		if (take(page))
			break;
		if (state == TASK_KILLABLE && fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		io_schedule();
	}
	finish_wait(q, &wait);
	return err;
}

static void page_wake(struct page *page)
{
	page_clear(page, PG_waiters); /* those that go on waiting set it again */
	wake_up_all(page_queue(page));
}

static bool page_unlocked(struct page *page)
{
	return !PageLocked(page);
}

static bool page_written(struct page *page)
{
	return !PageWriteback(page);
}

void __lock_page(struct page *page)
{
	page_wait(page, trylock_page, TASK_UNINTERRUPTIBLE);
}

int __lock_page_killable(struct page *page)
{
	return page_wait(page, trylock_page, TASK_KILLABLE);
}

void __unlock_page_wake(struct page *page)
{
	page_wake(page);
}

void wait_on_page_locked(struct page *page)
{
	if (PageLocked(page))
		page_wait(page, page_unlocked, TASK_UNINTERRUPTIBLE);
}

void wait_on_page_writeback(struct page *page)
{
	if (PageWriteback(page))
		page_wait(page, page_written, TASK_UNINTERRUPTIBLE);
}

void set_page_writeback(struct page *page)
{
	struct address_space *mapping = page_mapping(page);
	unsigned long flags;

	if (page_test_set(page, PG_writeback))
		return;
	inc_vmstat(NR_WRITEBACK);
	if (!mapping)
		return;
	spin_lock_irqsave(&mapping->xa_lock, flags);
	xa_set_mark(&mapping->i_pages, page->index, PAGECACHE_TAG_WRITEBACK);
	if (!PageDirty(page))
		xa_clear_mark(&mapping->i_pages, page->index, PAGECACHE_TAG_DIRTY);
	spin_unlock_irqrestore(&mapping->xa_lock, flags);
}

void end_page_writeback(struct page *page)
{
	struct address_space *mapping = page_mapping(page);
	unsigned long flags;

	if (mapping) {
		spin_lock_irqsave(&mapping->xa_lock, flags);
		if (page->mapping == mapping)
			xa_clear_mark(&mapping->i_pages, page->index, PAGECACHE_TAG_WRITEBACK);
		spin_unlock_irqrestore(&mapping->xa_lock, flags);
	}
	dec_vmstat(NR_WRITEBACK);
	if (atomic_fetch_and_explicit(&page->flags, ~(1u << PG_writeback), memory_order_acq_rel) &
	    (1u << PG_waiters))
		page_wake(page);
}
