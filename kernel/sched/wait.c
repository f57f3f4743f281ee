/* SPDX-License-Identifier: MIT */
/*
 * Wait queues; see kernel/wait.h for the rules. Exclusive waiters are at the tail, so one pass
 * wakes all others first.
 */
#include <kernel/syscall.h>
#include <kernel/wait.h>

static void queue_entry(struct wait_queue_head *q, struct wait_queue_entry *e)
{
	if (e->flags & WQ_FLAG_EXCLUSIVE)
		list_add_tail(&e->entry, &q->head);
	else
		list_add(&e->entry, &q->head);
}

void add_wait_queue(struct wait_queue_head *q, struct wait_queue_entry *e)
{
	unsigned long flags;

	e->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&q->lock, flags);
	queue_entry(q, e);
	spin_unlock_irqrestore(&q->lock, flags);
}

void add_wait_queue_exclusive(struct wait_queue_head *q, struct wait_queue_entry *e)
{
	unsigned long flags;

	e->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&q->lock, flags);
	queue_entry(q, e);
	spin_unlock_irqrestore(&q->lock, flags);
}

void remove_wait_queue(struct wait_queue_head *q, struct wait_queue_entry *e)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	list_del_init(&e->entry);
	spin_unlock_irqrestore(&q->lock, flags);
}

void prepare_to_wait(struct wait_queue_head *q, struct wait_queue_entry *e, int state)
{
	unsigned long flags;

	e->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&q->lock, flags);
	if (list_empty(&e->entry))
		queue_entry(q, e);
	set_current_state(state);
	spin_unlock_irqrestore(&q->lock, flags);
}

void prepare_to_wait_exclusive(struct wait_queue_head *q, struct wait_queue_entry *e, int state)
{
	unsigned long flags;

	e->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&q->lock, flags);
	if (list_empty(&e->entry))
		queue_entry(q, e);
	set_current_state(state);
	spin_unlock_irqrestore(&q->lock, flags);
}

long prepare_to_wait_event(struct wait_queue_head *q, struct wait_queue_entry *e, int state)
{
	unsigned long flags;
	long ret = 0;

	spin_lock_irqsave(&q->lock, flags);
	if (unlikely(signal_pending_state(state, current))) {
		/*
		 * Off the queue under its lock: an exclusive wake-up either came before (and the
		 * condition holds) or goes to another.
		 */
		list_del_init(&e->entry);
		ret = -ERESTARTSYS;
	} else {
		if (list_empty(&e->entry))
			queue_entry(q, e);
		set_current_state(state);
	}
	spin_unlock_irqrestore(&q->lock, flags);
	return ret;
}

void finish_wait(struct wait_queue_head *q, struct wait_queue_entry *e)
{
	unsigned long flags;

	__set_current_state(TASK_RUNNING);
	/*
	 * The waker's store to prev is its last touch of the entry (autoremove_wake_function):
	 * seen, the entry is ours again.
	 */
	if (smp_load_acquire(&e->entry.prev) == &e->entry)
		return;
	spin_lock_irqsave(&q->lock, flags);
	list_del_init(&e->entry);
	spin_unlock_irqrestore(&q->lock, flags);
}

int default_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key)
{
	return try_to_wake_up(e->private, mode, flags);
}

int autoremove_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key)
{
	struct list_head *entry = &e->entry;
	int ret = try_to_wake_up(e->private, mode, flags);

	if (ret) {
		list_del(entry);
		entry->next = entry;
		/* Pairs with finish_wait(): after this store the sleeper may reuse its stack. */
		smp_store_release(&entry->prev, entry);
	}
	return ret;
}

/* Lock held. Wakes all non-exclusive waiters and @nr exclusive ones (0: all). */
static void wake_up_common(struct wait_queue_head *q, unsigned int mode, int nr, int wake_flags,
			   void *key)
{
	struct wait_queue_entry *e, *next;

	list_for_each_entry_safe(e, next, &q->head, entry) {
		unsigned int flags = e->flags;
		int ret = e->func(e, mode, wake_flags, key);

		if (ret < 0)
			break;
		if (ret && (flags & WQ_FLAG_EXCLUSIVE) && !--nr)
			break;
	}
}

void __wake_up(struct wait_queue_head *q, unsigned int mode, int nr_exclusive, void *key)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	wake_up_common(q, mode, nr_exclusive, 0, key);
	spin_unlock_irqrestore(&q->lock, flags);
}

void __wake_up_sync_key(struct wait_queue_head *q, unsigned int mode, void *key)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	wake_up_common(q, mode, 1, WF_SYNC, key);
	spin_unlock_irqrestore(&q->lock, flags);
}

void __wake_up_locked_key(struct wait_queue_head *q, unsigned int mode, void *key)
{
	wake_up_common(q, mode, 1, 0, key);
}

void __wake_up_locked_all(struct wait_queue_head *q, unsigned int mode)
{
	wake_up_common(q, mode, 0, 0, NULL);
}
