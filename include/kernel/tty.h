/* SPDX-License-Identifier: MIT */
/*
 * What process code needs of terminals; drivers/tty implements it. Without
 * CONFIG_TTY_JOB_CONTROL no process has one.
 */
#ifndef KERNEL_TTY_H
#define KERNEL_TTY_H

#include <lib/types.h>

struct signal_struct;
struct task_struct;
struct tty_struct;

#ifdef CONFIG_TTY_JOB_CONTROL
/* fork: the child's new signal_struct shares the terminal. siglock of the parent held. */
void tty_fork_signal(struct signal_struct *child, struct signal_struct *parent);
/*
 * current is a session leader that exits (or asks for TIOCNOTTY): SIGHUP, SIGCONT to the
 * foreground group, no terminal any more. May sleep.
 */
void disassociate_ctty(bool on_exit);
/* setsid(2): current's group forgets its terminal. */
void proc_clear_tty(struct task_struct *task);
/* dev_t of the controlling terminal, as user space has it, its foreground group; 0, -1: none. */
void tty_proc_numbers(struct task_struct *task, u32 *tty_nr, int *tpgid);
#else
static inline void tty_fork_signal(struct signal_struct *child, struct signal_struct *parent)
{
}
static inline void disassociate_ctty(bool on_exit)
{
}
static inline void proc_clear_tty(struct task_struct *task)
{
}
static inline void tty_proc_numbers(struct task_struct *task, u32 *tty_nr, int *tpgid)
{
	*tty_nr = 0;
	*tpgid = -1;
}
#endif

#ifdef CONFIG_TTY
void tty_kref_put(struct tty_struct *tty); /* NULL is fine */
#else
static inline void tty_kref_put(struct tty_struct *tty)
{
}
#endif

#endif
