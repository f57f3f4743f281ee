/* SPDX-License-Identifier: MIT */
/*
 * One task waits for another to say that something is done. complete() may be called from any
 * context.
 */
#ifndef KERNEL_COMPLETION_H
#define KERNEL_COMPLETION_H

#include <kernel/wait.h>

struct completion {
	unsigned int done; /* wait.lock; UINT_MAX: for ever */
	struct wait_queue_head wait;
};

#define DECLARE_COMPLETION(nm) \
	struct completion nm = {.done = 0, .wait = __WAIT_QUEUE_HEAD_INITIALIZER((nm).wait)}
static inline void init_completion(struct completion *c)
{
	c->done = 0;
	init_waitqueue_head(&c->wait);
}
void complete(struct completion *c);
void complete_all(struct completion *c);
void wait_for_completion(struct completion *c);
int wait_for_completion_interruptible(struct completion *c); /* 0 or -ERESTARTSYS */
int wait_for_completion_killable(struct completion *c);
s64 wait_for_completion_timeout(struct completion *c, s64 ns); /* ns left >= 1, or 0 */

#endif
