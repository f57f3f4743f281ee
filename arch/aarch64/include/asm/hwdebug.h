/* SPDX-License-Identifier: MIT */
/*
 * Single steps, breakpoints and watchpoints (Arm ARM, D2), which belong to the task that runs.
 * cpu/hwdebug.c.
 */
#ifndef ASM_HWDEBUG_H
#define ASM_HWDEBUG_H

#include <lib/compiler.h>
#include <lib/errno.h>
#include <lib/kconfig.h>
#include <lib/types.h>
#include <asm/thread.h>

struct task_struct;

#if IS_ENABLED(CONFIG_PTRACE)
void __hwdebug_switch(const struct arch_thread *next);
/* By the context switch: @next's settings replace @prev's. IRQs off. */
static inline void hwdebug_switch(const struct arch_thread *prev, const struct arch_thread *next)
{
	if (unlikely(prev->single_step | next->single_step) ||
	    unlikely(prev->hw_debug != next->hw_debug))
		__hwdebug_switch(next);
}
/* The end of a task, and exec, free it. */
void hwdebug_release(struct task_struct *task);
void hwdebug_flush(void);
/* NT_ARM_HW_BREAK, NT_ARM_HW_WATCH: arch/regs.h. */
int hwdebug_get(struct task_struct *task, bool watch, void *buf, size_t *len);
int hwdebug_set(struct task_struct *task, bool watch, const void *buf, size_t len);
#else
static inline void hwdebug_switch(const struct arch_thread *prev, const struct arch_thread *next)
{
}
static inline void hwdebug_release(struct task_struct *task)
{
}
static inline void hwdebug_flush(void)
{
}
static inline int hwdebug_get(struct task_struct *task, bool watch, void *buf, size_t *len)
{
	return -EINVAL;
}
static inline int hwdebug_set(struct task_struct *task, bool watch, const void *buf, size_t len)
{
	return -EINVAL;
}
#endif

#endif
