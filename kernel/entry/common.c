/* SPDX-License-Identifier: MIT */
/*
 * What happens between the kernel and user mode besides the system call itself. Entry code calls
 * exit_to_user_mode_loop() with IRQs off when it finds work in current's flags; it comes back with
 * none left and IRQs still off, so nothing can be added before user mode is reached.
 */
#include <kernel/irqflags.h>
#include <kernel/ptrace.h>
#include <kernel/rseq.h>
#include <kernel/sched.h>
#include <kernel/seccomp.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <arch/ptrace.h>
#include <arch/regs.h>
#include <arch/signal.h>
#include <arch/thread.h>

/*
 * An interrupted system call when a handler is about to run, signal(7) "Interruption of system
 * calls".
 */
static void restart_or_eintr(struct pt_regs *regs, const struct ksignal *ksig)
{
	switch (syscall_ret(regs)) {
	case -ERESTARTSYS:
		if (ksig->ka.sa.sa_flags & SA_RESTART)
			break;
		fallthrough;
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		syscall_set_ret(regs, -EINTR);
		return;
	case -ERESTARTNOINTR:
		break;
	default:
		return;
	}
	syscall_restart(regs);
}

/* The same when no handler runs: the call goes on as if nothing had been. */
static void restart_always(struct pt_regs *regs)
{
	switch (syscall_ret(regs)) {
	case -ERESTARTSYS:
	case -ERESTARTNOHAND:
	case -ERESTARTNOINTR:
		syscall_restart(regs);
		break;
	case -ERESTART_RESTARTBLOCK:
		syscall_restart_block(regs);
		break;
	}
}

static void run_handler(struct pt_regs *regs, struct ksignal *ksig)
{
	bool stepping = IS_ENABLED(CONFIG_PTRACE) && test_thread_flag(TIF_SINGLESTEP);
	int failed;

	if (syscall_nr(regs) >= 0)
		restart_or_eintr(regs, ksig);
	syscall_set_nr(regs, -1); /* decided: another signal must not wind back once more */
	rseq_signal_deliver(regs);
	if (unlikely(stepping))
		arch_single_step_disable(current); /* the frame must not step when it returns */
	failed = arch_setup_rt_frame(ksig, sigmask_to_save(), regs);
	signal_setup_done(failed, ksig);
	/* A step into a handler ends before its first instruction. */
	if (unlikely(stepping) && !failed)
		ptrace_notify(SIGTRAP, 0);
}

static void do_signal(struct pt_regs *regs)
{
	struct ksignal ksig;

	if (get_signal(&ksig)) {
		run_handler(regs, &ksig);
		return;
	}
	if (syscall_nr(regs) >= 0) {
		restart_always(regs);
		syscall_set_nr(regs, -1);
	}
	restore_saved_sigmask_unless(false);
}

void exit_to_user_mode_loop(struct pt_regs *regs)
{
	const unsigned long signal_work =
		(1 << TIF_SIGPENDING) | (1 << TIF_NOTIFY_SIGNAL) | (1 << TIF_RESTORE_SIGMASK);
	unsigned long work;

	while ((work = READ_ONCE(current->thread_info.flags)) & TIF_WORK_MASK) {
		local_irq_enable();
		if (work & (1 << TIF_NEED_RESCHED))
			schedule();
		if (work & signal_work)
			do_signal(regs);
		if (work & (1 << TIF_NOTIFY_RESUME)) {
			clear_thread_flag(TIF_NOTIFY_RESUME);
			if (READ_ONCE(current->task_works))
				task_work_run();
			rseq_handle_notify_resume(regs);
		}
		local_irq_disable();
	}
	lockdep_sys_exit();
}

/* System calls under a tracer. The whole frame is made; IRQs are on. */
long syscall_trace_enter(struct pt_regs *regs)
{
	if (ptrace_syscall_enter(regs))
		return -1;
	/* After the tracer, which cannot get round it. */
	if (test_thread_flag(TIF_SECCOMP) && secure_computing(regs))
		return -1;
	return syscall_nr(regs);
}

void syscall_trace_exit(struct pt_regs *regs)
{
	ptrace_syscall_exit(regs);
}
