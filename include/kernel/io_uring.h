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
void __io_uring_exec(void);
void __io_uring_exit(bool group_dead);
/* current becomes another program: all its requests are cancelled and waited for. Sleeps. */
static inline void io_uring_exec(void)
{
	if (unlikely(current->io_uring || READ_ONCE(io_sqd_count)))
		__io_uring_exec();
}
/*
 * current ends: requests that run, or wait for a ring, end with it; those that wait for something
 * else stay in their ring. @group_dead: it is the last thread, so the submission threads of its
 * process end too. Sleeps.
 */
static inline void io_uring_exit(bool group_dead)
{
	if (unlikely(current->io_uring || (group_dead && READ_ONCE(io_sqd_count))))
		__io_uring_exit(group_dead);
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
static inline void io_uring_exec(void)
{
}
static inline void io_uring_exit(bool group_dead)
{
}
static inline bool io_is_uring(const struct file *file)
{
	return false;
}
#endif

#endif
