/* SPDX-License-Identifier: MIT */
/*
 * Work that a task does before it returns to user mode, or when it exits. A lock-free list,
 * newest first; a task that has run its last work holds the mark WORK_EXITED instead, and nothing
 * can be added.
 */
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/signal.h>

static struct callback_head work_exited;
#define WORK_EXITED (&work_exited)

int task_work_add(struct task_struct *t, struct callback_head *work, bool signal)
{
	struct callback_head *head = READ_ONCE(t->task_works);

	do {
		if (head == WORK_EXITED)
			return -ESRCH;
		work->next = head;
	} while (!try_cmpxchg(&t->task_works, &head, work));
	set_tsk_thread_flag(t, TIF_NOTIFY_RESUME);
	if (signal) {
		set_tsk_thread_flag(t, TIF_NOTIFY_SIGNAL);
		if (!wake_up_state(t, TASK_INTERRUPTIBLE) && task_curr(t) && t != current)
			smp_send_reschedule(task_cpu(t));
	}
	return 0;
}

static struct callback_head *reverse(struct callback_head *head)
{
	struct callback_head *prev = NULL;

	while (head) {
		struct callback_head *next = head->next;

		head->next = prev;
		prev = head;
		head = next;
	}
	return prev;
}

/* In the order added. A work item may add others: they run too. Process context, may sleep. */
void task_work_run(void)
{
	for (;;) {
		struct callback_head *last = current->flags & PF_EXITING ? WORK_EXITED : NULL;
		struct callback_head *work = READ_ONCE(current->task_works);

		if (work == WORK_EXITED)
			return;
		if (!work && !last)
			return;
		if (!try_cmpxchg(&current->task_works, &work, work ? NULL : last))
			continue;
		if (!work)
			return;
		for (work = reverse(work); work;) {
			struct callback_head *next = work->next;

			work->func(work);
			work = next;
		}
	}
}
