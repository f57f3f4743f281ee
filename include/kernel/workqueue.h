/* SPDX-License-Identifier: MIT */
/*
 * Deferred work in process context. One pool of kernel threads; a work item runs at most once at
 * a time.
 */
#ifndef KERNEL_WORKQUEUE_H
#define KERNEL_WORKQUEUE_H

#include <kernel/hrtimer.h>
#include <lib/list.h>

struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);
struct work_struct {
	_Atomic unsigned int pending;
	struct list_head entry;
	work_func_t func;
};
struct delayed_work {
	struct work_struct work;
	struct hrtimer timer;
};

#define DECLARE_WORK(n, f) struct work_struct n = {.entry = LIST_HEAD_INIT((n).entry), .func = (f)}
#define INIT_WORK(w, f)                      \
	do {                                 \
		(w)->pending = 0;            \
		INIT_LIST_HEAD(&(w)->entry); \
		(w)->func = (f);             \
	} while (0)
void init_delayed_work(struct delayed_work *w, work_func_t f);

bool schedule_work(struct work_struct *work); /* false: was pending. Any context */
bool schedule_delayed_work_ns(struct delayed_work *work, s64 ns);
/* waits until it is neither pending nor running; sleeps */
void flush_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work_sync(struct delayed_work *work);
void workqueue_init(void);

#endif
