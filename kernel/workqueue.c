/* SPDX-License-Identifier: MIT */
/*
 * Deferred work. Queued items are on one list; a small pool of threads takes them in order. While
 * an item runs it is `current_work` of its worker, so that it can be waited for; it may be queued
 * again meanwhile and then runs once more, on the same or another worker, after it ended here.
 */
#include <kernel/bug.h>
#include <kernel/kthread.h>
#include <kernel/printk.h>
#include <kernel/wait.h>
#include <kernel/workqueue.h>

#define NR_WORKERS 2

struct worker {
	struct work_struct *current_work; /* pool_lock */
};

static DEFINE_SPINLOCK(pool_lock); /* IRQs off */
static LIST_HEAD(pool_list); /* pool_lock */
static struct worker workers[NR_WORKERS];
static DECLARE_WAIT_QUEUE_HEAD(pool_wait);
static DECLARE_WAIT_QUEUE_HEAD(done_wait);

bool schedule_work(struct work_struct *work)
{
	unsigned long flags;

	if (atomic_exchange_explicit(&work->pending, 1, memory_order_seq_cst))
		return false;
	spin_lock_irqsave(&pool_lock, flags);
	list_add_tail(&work->entry, &pool_list);
	spin_unlock_irqrestore(&pool_lock, flags);
	wake_up(&pool_wait);
	return true;
}

static bool work_running(const struct work_struct *work)
{
	for (int i = 0; i < NR_WORKERS; i++)
		if (workers[i].current_work == work)
			return true;
	return false;
}

/* The first item that does not run already; NULL: none. pool_lock held. */
static struct work_struct *next_work(void)
{
	struct work_struct *w;

	list_for_each_entry(w, &pool_list, entry)
		if (!work_running(w))
			return w;
	return NULL;
}

static bool take_work(struct worker *self)
{
	struct work_struct *w;

	spin_lock_irq(&pool_lock);
	w = next_work();
	if (w) {
		list_del_init(&w->entry);
		self->current_work = w;
		atomic_store_explicit(&w->pending, 0, memory_order_seq_cst);
	}
	spin_unlock_irq(&pool_lock);
	return w;
}

static int worker_thread(void *arg)
{
	struct worker *self = arg;

	current->flags |= PF_WQ_WORKER;
	for (;;) {
		wait_event_state(pool_wait, take_work(self), TASK_IDLE);
		self->current_work->func(self->current_work);
		spin_lock_irq(&pool_lock);
		self->current_work = NULL;
		spin_unlock_irq(&pool_lock);
		wake_up_all(&done_wait);
		wake_up(&pool_wait); /* an item may have waited for this one to end */
	}
	return 0;
}

static bool work_idle(struct work_struct *work)
{
	bool idle;

	spin_lock_irq(&pool_lock);
	idle = !atomic_load_explicit(&work->pending, memory_order_relaxed) && !work_running(work);
	spin_unlock_irq(&pool_lock);
	return idle;
}

void flush_work(struct work_struct *work)
{
	wait_event(done_wait, work_idle(work));
}

bool cancel_work_sync(struct work_struct *work)
{
	bool was;

	spin_lock_irq(&pool_lock);
	was = !list_empty(&work->entry) &&
	      atomic_exchange_explicit(&work->pending, 0, memory_order_seq_cst);
	if (was)
		list_del_init(&work->entry);
	spin_unlock_irq(&pool_lock);
	flush_work(work);
	return was;
}

static enum hrtimer_restart delayed_fn(struct hrtimer *t)
{
	schedule_work(&container_of(t, struct delayed_work, timer)->work);
	return HRTIMER_NORESTART;
}

void init_delayed_work(struct delayed_work *w, work_func_t f)
{
	INIT_WORK(&w->work, f);
	hrtimer_init(&w->timer, CLOCK_MONOTONIC, delayed_fn);
}

bool schedule_delayed_work_ns(struct delayed_work *w, s64 ns)
{
	if (hrtimer_active(&w->timer) ||
	    atomic_load_explicit(&w->work.pending, memory_order_relaxed))
		return false;
	hrtimer_start(&w->timer, ns, HRTIMER_MODE_REL);
	return true;
}

bool cancel_delayed_work_sync(struct delayed_work *w)
{
	bool was = hrtimer_cancel(&w->timer);

	return cancel_work_sync(&w->work) || was;
}

void workqueue_init(void)
{
	for (int i = 0; i < NR_WORKERS; i++)
		if (IS_ERR(kthread_run(worker_thread, &workers[i], "kworker/%d", i)))
			panic("workqueue: cannot start its threads; give the machine more memory");
}
