/* SPDX-License-Identifier: MIT */
/* Kernel threads: children of kthreadd (pid 2). */
#ifndef KERNEL_KTHREAD_H
#define KERNEL_KTHREAD_H

#include <kernel/sched.h>
#include <lib/err.h>

/* Made, not yet running; wake_up_process() starts fn(data). ERR_PTR(-ENOMEM, -EINTR). May sleep. */
struct task_struct *kthread_create(int (*fn)(void *), void *data, const char *namefmt, ...)
	__printf(3, 4);
struct task_struct *kthread_create_on_cpu(int (*fn)(void *), void *data, unsigned int cpu,
					  const char *namefmt) __printf(4, 0);
#define kthread_run(fn, data, namefmt, ...)                                                 \
	({                                                                                  \
		struct task_struct *__k = kthread_create(fn, data, namefmt, ##__VA_ARGS__); \
		if (!IS_ERR(__k))                                                           \
			wake_up_process(__k);                                               \
		__k;                                                                        \
	})
/* Asks @t to end, wakes it, waits, returns fn's result. */
int kthread_stop(struct task_struct *t);
bool kthread_should_stop(void);
/*
 * The calling kernel thread works in @mm, of which it has a user's reference (mmget), until
 * kthread_unuse_mm(): user copies go there.
 */
void kthread_use_mm(struct mm_struct *mm);
void kthread_unuse_mm(struct mm_struct *mm);
void kthread_bind(struct task_struct *t, unsigned int cpu);
void start_kthreadd(void); /* boot */
extern struct task_struct *kthreadd_task;

#endif
