/* SPDX-License-Identifier: MIT */
/* ptrace(2): the tracer's requests. */
#include <arch/ptrace.h>
#include <arch/regs.h>
#include <kernel/pid.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <lib/errno.h>
#include <mm/mm.h>
#include "ptrace.h"

#define PTRACE_SYSEMU_ANY(r) ((r) == PTRACE_SYSEMU || (r) == PTRACE_SYSEMU_SINGLESTEP)

/* ---- a stopped tracee in the tracer's hands ---- */

/*
 * 0: @t is current's tracee and, unless @running_too, stays stopped until ptrace_unfreeze().
 * -ESRCH else.
 */
static int ptrace_freeze(struct task_struct *t, bool running_too)
{
	int err = -ESRCH;

	spin_lock_irq(&tasklist_lock);
	if (!t->ptrace || t->parent != current)
		goto out;
	spin_lock(&t->sighand->siglock);
	if (running_too) {
		err = 0;
	} else if (READ_ONCE(t->__state) & __TASK_TRACED && !(t->jobctl & JOBCTL_LISTENING) &&
		   !fatal_signal_pending(t)) {
		t->jobctl |= JOBCTL_PTRACE_FROZEN;
		err = 0;
	}
	spin_unlock(&t->sighand->siglock);
out:
	spin_unlock_irq(&tasklist_lock);
	/* Its last steps to sleep are not preempted (stop.c): a moment. */
	while (!err && !running_too && (READ_ONCE(t->on_rq) || smp_load_acquire(&t->on_cpu)))
		cpu_relax();
	return err;
}

static void ptrace_unfreeze(struct task_struct *t)
{
	unsigned long flags;

	if (!lock_task_sighand(t, &flags))
		return;
	if (t->jobctl & JOBCTL_PTRACE_FROZEN) {
		t->jobctl &= ~JOBCTL_PTRACE_FROZEN;
		if (fatal_signal_pending(t))
			wake_up_state(t, __TASK_TRACED);
	}
	unlock_task_sighand(t, &flags);
}

/* ---- going on ---- */

static void set_syscall_tracing(struct task_struct *t, long request)
{
	if (request == PTRACE_SYSCALL || PTRACE_SYSEMU_ANY(request))
		set_tsk_thread_flag(t, TIF_SYSCALL_TRACE);
	else
		clear_tsk_thread_flag(t, TIF_SYSCALL_TRACE);
	if (PTRACE_SYSEMU_ANY(request))
		t->ptrace |= PT_SYSEMU;
	else
		t->ptrace &= ~PT_SYSEMU;
}

static long ptrace_resume(struct task_struct *t, long request, unsigned long sig)
{
	if (!valid_signal(sig))
		return -EIO;
	set_syscall_tracing(t, request);
	if (request == PTRACE_SINGLESTEP || request == PTRACE_SYSEMU_SINGLESTEP)
		arch_single_step_enable(t);
	else
		arch_single_step_disable(t);
	spin_lock_irq(&t->sighand->siglock);
	t->exit_code = sig;
	t->jobctl &= ~JOBCTL_PTRACE_FROZEN;
	wake_up_state(t, __TASK_TRACED);
	spin_unlock_irq(&t->sighand->siglock);
	return 0;
}

/* Stops a seized tracee that runs, without a signal. */
static long ptrace_interrupt(struct task_struct *t)
{
	unsigned long flags;

	if (!(t->ptrace & PT_SEIZED) || !lock_task_sighand(t, &flags))
		return -EIO;
	if (task_set_jobctl_pending(t, JOBCTL_TRAP_STOP))
		ptrace_signal_wake_up(t, t->jobctl & JOBCTL_LISTENING);
	unlock_task_sighand(t, &flags);
	return 0;
}

/* Leaves a group stop to the group: the tracer hears when it ends. */
static long ptrace_listen(struct task_struct *t)
{
	unsigned long flags;
	long err = -EIO;

	if (!(t->ptrace & PT_SEIZED) || !lock_task_sighand(t, &flags))
		return -EIO;
	if (t->last_siginfo && t->last_siginfo->si_code >> 8 == PTRACE_EVENT_STOP) {
		t->jobctl |= JOBCTL_LISTENING;
		/* Something happened between the trap and now: trap again. */
		if (t->jobctl & JOBCTL_TRAP_NOTIFY)
			ptrace_signal_wake_up(t, true);
		err = 0;
	}
	unlock_task_sighand(t, &flags);
	return err;
}

/* ---- memory and options ---- */

static long peek(struct task_struct *t, unsigned long addr, unsigned long __user *to)
{
	unsigned long word;

	if (access_process_vm(t, addr, &word, sizeof(word), FOLL_FORCE) != sizeof(word))
		return -EIO;
	return put_user(word, to);
}

static long poke(struct task_struct *t, unsigned long addr, unsigned long word)
{
	int n = access_process_vm(t, addr, &word, sizeof(word), FOLL_FORCE | FOLL_WRITE);

	return n == sizeof(word) ? 0 : -EIO;
}

static long set_options(struct task_struct *t, unsigned long options)
{
	if (options & ~(unsigned long)PTRACE_O_MASK || options & PTRACE_O_SUSPEND_SECCOMP)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	t->ptrace = (t->ptrace & ~PT_OPT(PTRACE_O_MASK)) | PT_OPT(options);
	spin_unlock_irq(&tasklist_lock);
	return 0;
}

/* ---- the call ---- */

/* Requests about what stopped it, and its registers. */
static long request_info(struct task_struct *t, long request, unsigned long addr,
			 unsigned long data)
{
	void __user *user = (void __user *)data;

	switch (request) {
	case PTRACE_GETEVENTMSG:
		return put_user(t->ptrace_message, (unsigned long __user *)user);
	case PTRACE_GETSIGINFO:
		return ptrace_get_siginfo(t, user);
	case PTRACE_SETSIGINFO:
		return ptrace_set_siginfo(t, user);
	case PTRACE_PEEKSIGINFO:
		return ptrace_peek_siginfo(t, (const void __user *)addr, user);
	case PTRACE_GETSIGMASK:
		return ptrace_get_sigmask(t, addr, user);
	case PTRACE_SETSIGMASK:
		return ptrace_set_sigmask(t, addr, user);
	case PTRACE_GET_SYSCALL_INFO:
		return ptrace_syscall_info(t, addr, user);
	case PTRACE_GET_RSEQ_CONFIGURATION:
		return ptrace_rseq_config(t, addr, user);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return ptrace_regset(t, request, addr, user);
	default:
		return arch_ptrace(t, request, addr, data);
	}
}

static long ptrace_request(struct task_struct *t, long request, unsigned long addr,
			   unsigned long data)
{
	switch (request) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek(t, addr, (unsigned long __user *)data);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return poke(t, addr, data);
	case PTRACE_CONT:
	case PTRACE_SYSCALL:
	case PTRACE_SINGLESTEP:
	case PTRACE_SYSEMU:
	case PTRACE_SYSEMU_SINGLESTEP:
		return ptrace_resume(t, request, data);
	case PTRACE_KILL:
		send_sig_info(SIGKILL, SEND_SIG_NOINFO, t);
		return 0;
	case PTRACE_DETACH:
		return ptrace_detach(t, data);
	case PTRACE_SETOPTIONS:
		return set_options(t, data);
	case PTRACE_INTERRUPT:
		return ptrace_interrupt(t);
	case PTRACE_LISTEN:
		return ptrace_listen(t);
	default:
		return request_info(t, request, addr, data);
	}
}

SYSCALL_DEFINE4(ptrace, long, request, long, pid, unsigned long, addr, unsigned long, data)
{
	struct task_struct *t;
	long ret;

	if (request == PTRACE_TRACEME)
		return ptrace_traceme();
	t = find_get_task_by_pid(pid);
	if (!t)
		return -ESRCH;
	if (request == PTRACE_ATTACH || request == PTRACE_SEIZE) {
		ret = ptrace_attach(t, request == PTRACE_SEIZE, addr, data);
	} else {
		ret = ptrace_freeze(t, request == PTRACE_KILL || request == PTRACE_INTERRUPT);
		if (!ret) {
			ret = ptrace_request(t, request, addr, data);
			ptrace_unfreeze(t);
		}
	}
	put_task_struct(t);
	return ret;
}
