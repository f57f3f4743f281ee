/* SPDX-License-Identifier: MIT */
/*
 * Wait queues. A waiter puts an entry on the queue, sets its state, tests its condition and calls
 * schedule(); a waker makes the condition true, then calls wake_up(). Entries carry a callback,
 * so that poll, epoll and futexes stand on the same queue: the default callback wakes ->private.
 *
 * Ordering: set_current_state() is a full barrier between "on the queue" and "test the
 * condition"; wake_up() has a full barrier between the condition's store and its look at the
 * queue (wq_has_sleeper() for callers that test first). The two pair.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include <lib/types.h>
#include <lib/list.h>
#include <kernel/spinlock.h>
#include <kernel/sched.h>
#include <uapi/errno.h>

struct wait_queue_entry;
/*
 * @key: what happened (poll bits) or NULL. Called with the queue's lock held, IRQs off. Returns >
 * 0 if it woke an exclusive waiter's worth, 0 not, < 0 stop.
 */
typedef int (*wait_queue_func_t)(struct wait_queue_entry *wq, unsigned int mode, int flags,
				 void *key);

struct wait_queue_entry {
	unsigned int flags;
	void *private; /* the task, for default_wake_function */
	wait_queue_func_t func;
	struct list_head entry; /* head->lock */
};
typedef struct wait_queue_entry wait_queue_entry_t;

#define WQ_FLAG_EXCLUSIVE 0x01 /* a wake-up ends after one of these */
#define WQ_FLAG_PRIORITY  0x02

struct wait_queue_head {
	spinlock_t lock;
	struct list_head head; /* lock */
};
typedef struct wait_queue_head wait_queue_head_t;

#define __WAIT_QUEUE_HEAD_INITIALIZER(nm)                                        \
	{                                                                        \
		.lock = __SPIN_LOCK_INIT(#nm), .head = LIST_HEAD_INIT((nm).head) \
	}
#define DECLARE_WAIT_QUEUE_HEAD(nm) struct wait_queue_head nm = __WAIT_QUEUE_HEAD_INITIALIZER(nm)
#define init_waitqueue_head(q)              \
	do {                                \
		spin_lock_init(&(q)->lock); \
		INIT_LIST_HEAD(&(q)->head); \
	} while (0)

int default_wake_function(struct wait_queue_entry *wq, unsigned int mode, int flags, void *key);
int autoremove_wake_function(struct wait_queue_entry *wq, unsigned int mode, int flags, void *key);

static inline void init_waitqueue_entry(struct wait_queue_entry *e, struct task_struct *t)
{
	e->flags = 0;
	e->private = t;
	e->func = default_wake_function;
	INIT_LIST_HEAD(&e->entry);
}
static inline void init_waitqueue_func_entry(struct wait_queue_entry *e, wait_queue_func_t fn)
{
	e->flags = 0;
	e->private = NULL;
	e->func = fn;
	INIT_LIST_HEAD(&e->entry);
}
#define DECLARE_WAITQUEUE(nm, tsk)                                   \
	struct wait_queue_entry nm = {.private = (tsk),              \
				      .func = default_wake_function, \
				      .entry = LIST_HEAD_INIT((nm).entry)}
#define DEFINE_WAIT_FUNC(nm, fn)       \
	struct wait_queue_entry nm = { \
		.private = current, .func = (fn), .entry = LIST_HEAD_INIT((nm).entry)}
#define DEFINE_WAIT(nm) DEFINE_WAIT_FUNC(nm, autoremove_wake_function)

void add_wait_queue(struct wait_queue_head *q, struct wait_queue_entry *e);
void add_wait_queue_exclusive(struct wait_queue_head *q, struct wait_queue_entry *e);
void remove_wait_queue(struct wait_queue_head *q, struct wait_queue_entry *e);
void prepare_to_wait(struct wait_queue_head *q, struct wait_queue_entry *e, int state);
void prepare_to_wait_exclusive(struct wait_queue_head *q, struct wait_queue_entry *e, int state);
/*
 * Like prepare_to_wait but -ERESTARTSYS (and off the queue) when a signal is pending for that
 * state.
 */
long prepare_to_wait_event(struct wait_queue_head *q, struct wait_queue_entry *e, int state);
void finish_wait(struct wait_queue_head *q, struct wait_queue_entry *e);

void __wake_up(struct wait_queue_head *q, unsigned int mode, int nr_exclusive, void *key);
/* The queue's lock is held: the first exclusive waiter, or all. */
void __wake_up_locked_key(struct wait_queue_head *q, unsigned int mode, void *key);
void __wake_up_locked_all(struct wait_queue_head *q, unsigned int mode);
/* The waker is about to sleep itself: the woken task need not take the CPU from it. */
void __wake_up_sync_key(struct wait_queue_head *q, unsigned int mode, void *key);

static inline bool waitqueue_active(struct wait_queue_head *q)
{
	return !list_empty(&q->head);
}
static inline bool wq_has_sleeper(struct wait_queue_head *q)
{
	atomic_thread_fence(memory_order_seq_cst);
	return waitqueue_active(q);
}

#define wake_up(q)			 __wake_up(q, TASK_NORMAL, 1, NULL)
#define wake_up_nr(q, nr)		 __wake_up(q, TASK_NORMAL, nr, NULL)
#define wake_up_all(q)			 __wake_up(q, TASK_NORMAL, 0, NULL)
#define wake_up_interruptible(q)	 __wake_up(q, TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_all(q)	 __wake_up(q, TASK_INTERRUPTIBLE, 0, NULL)
#define __poll_key(m)			 ((void *)(__force unsigned long)(m))
#define wake_up_poll(q, m)		 __wake_up(q, TASK_NORMAL, 1, __poll_key(m))
#define wake_up_interruptible_poll(q, m) __wake_up(q, TASK_INTERRUPTIBLE, 1, __poll_key(m))

#define ___wait_event(wq, cond, state, exclusive, ret, cmd)                         \
	({                                                                          \
		DEFINE_WAIT(__we);                                                  \
		__typeof__(ret) __ret = (ret);                                      \
		if (exclusive)                                                      \
			__we.flags = WQ_FLAG_EXCLUSIVE;                             \
		for (;;) {                                                          \
			long __intr = prepare_to_wait_event(&(wq), &__we, (state)); \
			if (cond)                                                   \
				break;                                              \
			if (__intr && (state) != TASK_UNINTERRUPTIBLE) {            \
				__ret = __intr;                                     \
				break;                                              \
			}                                                           \
			cmd;                                                        \
		}                                                                   \
		finish_wait(&(wq), &__we);                                          \
		__ret;                                                              \
	})

#define wait_event(wq, cond)                                                                    \
	do {                                                                                    \
		might_sleep();                                                                  \
		if (!(cond))                                                                    \
			(void)___wait_event(wq, cond, TASK_UNINTERRUPTIBLE, 0, 0L, schedule()); \
	} while (0)
/* 0 or -ERESTARTSYS. */
#define wait_event_state(wq, cond, state)                                        \
	({                                                                       \
		long __r = 0;                                                    \
		might_sleep();                                                   \
		if (!(cond))                                                     \
			__r = ___wait_event(wq, cond, state, 0, 0L, schedule()); \
		__r;                                                             \
	})
#define wait_event_interruptible(wq, cond) wait_event_state(wq, cond, TASK_INTERRUPTIBLE)
#define wait_event_killable(wq, cond)	   wait_event_state(wq, cond, TASK_KILLABLE)
#define wait_event_interruptible_exclusive(wq, cond)                                          \
	({                                                                                    \
		long __r = 0;                                                                 \
		might_sleep();                                                                \
		if (!(cond))                                                                  \
			__r = ___wait_event(wq, cond, TASK_INTERRUPTIBLE, 1, 0L, schedule()); \
		__r;                                                                          \
	})
/*
 * @ns: nanoseconds, KTIME_MAX for ever. Returns ns left (>= 1) if the condition came true, 0 on
 * timeout, -ERESTARTSYS.
 */
#define wait_event_hrtimeout_state(wq, cond, state, ns)                                \
	({                                                                             \
		s64 __left = (ns);                                                     \
		long __r = 0;                                                          \
		might_sleep();                                                         \
		if (!(cond))                                                           \
			__r = ___wait_event(wq, (cond) || __left <= 0, state, 0, 0L,   \
					    __left = schedule_hrtimeout_left(__left)); \
		__r ? (s64)__r : (cond) ? (__left > 0 ? __left : 1) : 0;               \
	})
#define wait_event_interruptible_hrtimeout(wq, cond, ns) \
	wait_event_hrtimeout_state(wq, cond, TASK_INTERRUPTIBLE, ns)
#define wait_event_hrtimeout(wq, cond, ns) \
	wait_event_hrtimeout_state(wq, cond, TASK_UNINTERRUPTIBLE, ns)

#endif
