/* SPDX-License-Identifier: MIT */
/* Completions: a counter under the wait queue's lock. */
#include <kernel/completion.h>
#include <kernel/hrtimer.h>
#include <kernel/syscall.h>

void complete(struct completion *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->wait.lock, flags);
	if (c->done != UINT_MAX)
		c->done++;
	__wake_up_locked_key(&c->wait, TASK_NORMAL, NULL);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

void complete_all(struct completion *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->wait.lock, flags);
	c->done = UINT_MAX;
	__wake_up_locked_all(&c->wait, TASK_NORMAL);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

/*
 * Takes one completion if there is one; wait.lock is held only inside, so that the completer may
 * free the object after complete() returned.
 */
static bool completion_take(struct completion *c)
{
	bool taken = false;

	spin_lock_irq(&c->wait.lock);
	if (c->done) {
		if (c->done != UINT_MAX)
			c->done--;
		taken = true;
	}
	spin_unlock_irq(&c->wait.lock);
	return taken;
}

static s64 wait_common(struct completion *c, unsigned int state, s64 ns)
{
	DEFINE_WAIT(wait);
	s64 ret = 0;

	might_sleep();
	for (;;) {
		prepare_to_wait_exclusive(&c->wait, &wait, state);
		if (completion_take(c)) {
			ret = ns > 0 ? ns : 1;
			break;
		}
		if (signal_pending_state(state, current)) {
			ret = -ERESTARTSYS;
			break;
		}
		if (ns <= 0)
			break;
		ns = schedule_hrtimeout_left(ns);
	}
	finish_wait(&c->wait, &wait);
	return ret;
}

void wait_for_completion(struct completion *c)
{
	wait_common(c, TASK_UNINTERRUPTIBLE, KTIME_MAX);
}

int wait_for_completion_interruptible(struct completion *c)
{
	s64 ret = wait_common(c, TASK_INTERRUPTIBLE, KTIME_MAX);

	return ret < 0 ? (int)ret : 0;
}

int wait_for_completion_killable(struct completion *c)
{
	s64 ret = wait_common(c, TASK_KILLABLE, KTIME_MAX);

	return ret < 0 ? (int)ret : 0;
}

s64 wait_for_completion_timeout(struct completion *c, s64 ns)
{
	return wait_common(c, TASK_UNINTERRUPTIBLE, ns);
}
