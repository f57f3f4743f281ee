/* SPDX-License-Identifier: MIT */
/* What the rest of the kernel knows of io_uring/: tasks that end, and what a ring's file is. */
#ifndef KERNEL_IO_URING_H
#define KERNEL_IO_URING_H

#include <lib/kconfig.h>
#include <lib/types.h>
#include <kernel/sched.h>

struct file;

#if IS_ENABLED(CONFIG_IO_URING)
extern unsigned int io_sqd_count;
void __io_uring_cancel(bool group);
/*
 * current ends or becomes another program: ends all its requests and waits for them. @group: it is
 * the last thread, so the submission threads of its process end too. Sleeps.
 */
static inline void io_uring_cancel(bool group)
{
	if (unlikely(current->io_uring || (group && READ_ONCE(io_sqd_count))))
		__io_uring_cancel(group);
}
bool io_is_uring(const struct file *file);
/* A new task: rings are used by the one that made it, not by it. */
static inline void io_uring_fork(struct task_struct *t)
{
	t->io_uring = NULL;
}
#else
static inline void io_uring_fork(struct task_struct *t)
{
}
static inline void io_uring_cancel(bool group)
{
}
static inline bool io_is_uring(const struct file *file)
{
	return false;
}
#endif

#endif
