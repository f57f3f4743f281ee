/* SPDX-License-Identifier: MIT */
/*
 * Tracing, ptrace(2). A tracee's ->ptrace says that it is traced and by which rules; ->parent is
 * its tracer (->real_parent stays who it was) and ->ptrace_entry is on the tracer's ->ptraced
 * list. All three: tasklist_lock. States and rules: kernel/ptrace/stop.c.
 */
#ifndef KERNEL_PTRACE_H
#define KERNEL_PTRACE_H

#include <lib/kconfig.h>
#include <lib/types.h>
#include <kernel/sched.h>
#include <uapi/ptrace.h>

/* task->ptrace. The options (PTRACE_O_*) start at PT_OPT_SHIFT. */
#define PT_PTRACED	0x1
#define PT_SYSEMU	0x2 /* the next system call is reported, not done */
#define PT_SEIZED	0x4
#define PT_OPT_SHIFT	3
#define PT_OPT(opt)	((unsigned int)(opt) << PT_OPT_SHIFT)
#define PT_EVENT(event) PT_OPT(1u << (event))
#define PT_TRACESYSGOOD PT_OPT(PTRACE_O_TRACESYSGOOD)
#define PT_EXITKILL	PT_OPT(PTRACE_O_EXITKILL)

struct list_head;
struct pt_regs;
struct siginfo;

/* 0 when not traced. Under tasklist_lock, or of current (then it may become so at any time). */
static inline unsigned int task_ptrace(const struct task_struct *t)
{
	return IS_ENABLED(CONFIG_PTRACE) ? READ_ONCE(t->ptrace) : 0;
}

static inline bool ptrace_event_enabled(const struct task_struct *t, int event)
{
	return task_ptrace(t) & PT_EVENT(event);
}

/* The tracer is of another process than the real parent. tasklist_lock held. */
static inline bool ptrace_reparented(const struct task_struct *t)
{
	return t->real_parent->signal != t->parent->signal;
}

#if IS_ENABLED(CONFIG_PTRACE)
/*
 * current stops for its tracer, if it has one, with @exit_code as wait(2) will report it. Returns
 * the signal that the tracer resumed it with. May sleep; no locks.
 */
int ptrace_notify(int exit_code, unsigned long message);
/* PTRACE_EVENT_*: stops if the tracer asked for it. */
void __ptrace_event(int event, unsigned long message);
static inline void ptrace_event(int event, unsigned long message)
{
	if (unlikely(task_ptrace(current)))
		__ptrace_event(event, message);
}
/* At entry and exit of a traced system call. True: do not do the call. */
bool ptrace_syscall_enter(struct pt_regs *regs);
void ptrace_syscall_exit(struct pt_regs *regs);

/* The rest: tasklist_lock held. */
/* fork: the child is traced like its parent if @trace, by the same tracer. */
void ptrace_init_task(struct task_struct *child, bool trace);
/* @t is traced no more; it goes on as its own parent's child. */
void __ptrace_unlink(struct task_struct *t);
static inline void ptrace_unlink(struct task_struct *t)
{
	if (unlikely(t->ptrace))
		__ptrace_unlink(t);
}
/* @tracer ends: its tracees are let go; those that nobody will wait for go to @dead. */
void exit_ptrace(struct task_struct *tracer, struct list_head *dead);
#else
static inline int ptrace_notify(int exit_code, unsigned long message)
{
	return 0;
}
static inline void ptrace_event(int event, unsigned long message)
{
}
static inline bool ptrace_syscall_enter(struct pt_regs *regs)
{
	return false;
}
static inline void ptrace_syscall_exit(struct pt_regs *regs)
{
}
static inline void ptrace_init_task(struct task_struct *child, bool trace)
{
}
static inline void ptrace_unlink(struct task_struct *t)
{
}
static inline void exit_ptrace(struct task_struct *tracer, struct list_head *dead)
{
}
#endif

#endif
