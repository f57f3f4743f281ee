/* SPDX-License-Identifier: MIT */
/*
 * What a task wants done with its signals: sigaction(2), sigprocmask(2), sigpending(2),
 * sigaltstack(2), and the return from a handler.
 */
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <arch/regs.h>
#include <arch/signal.h>
#include "signal.h"

#define KNOWN_SA_FLAGS                                                                     \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | \
	 SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER)

/* POSIX 2.4.3: setting an action that ignores a pending signal discards it, blocked or not. */
static void discard_ignored(int sig)
{
	struct task_struct *t;

	flush_sigqueue_mask(sigmask(sig), &current->signal->shared_pending);
	for_each_thread(current, t)
		flush_sigqueue_mask(sigmask(sig), &t->pending);
}

static int do_sigaction(int sig, struct k_sigaction *act, struct k_sigaction *oact)
{
	struct sighand_struct *sighand = current->sighand;
	struct k_sigaction *k;

	if (sig < 1 || !valid_signal(sig) || (act && sig_in(sig, SIG_KERNEL_ONLY_MASK)))
		return -EINVAL;
	k = &sighand->action[sig - 1];
	if (act) {
		/*
		 * Unknown bits read back as zero, so that a program can find out which are known:
		 * SA_UNSUPPORTED.
		 */
		act->sa.sa_flags &= KNOWN_SA_FLAGS;
		act->sa.sa_mask.sig[0] &= ~SIG_KERNEL_ONLY_MASK;
	}
	spin_lock_irq(&sighand->siglock);
	if (oact)
		*oact = *k;
	if (act) {
		*k = *act;
		if (sig_handler_ignored(act->sa.sa_handler, sig))
			discard_ignored(sig);
	}
	spin_unlock_irq(&sighand->siglock);
	return 0;
}

SYSCALL_DEFINE4(rt_sigaction, int, sig, const struct sigaction __user *, act,
		struct sigaction __user *, oact, size_t, sigsetsize)
{
	struct k_sigaction new, old;
	int err;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (act && copy_from_user(&new.sa, act, sizeof(new.sa)))
		return -EFAULT;
	err = do_sigaction(sig, act ? &new : NULL, oact ? &old : NULL);
	if (!err && oact && copy_to_user(oact, &old.sa, sizeof(old.sa)))
		return -EFAULT;
	return err;
}

SYSCALL_DEFINE4(rt_sigprocmask, int, how, const u64 __user *, nset, u64 __user *, oset, size_t,
		sigsetsize)
{
	ksigset_t old = current->blocked, set;

	if (sigsetsize != sizeof(sigset_t))
		return -EINVAL;
	if (nset) {
		if (get_user(set, nset))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			set = old | set;
			break;
		case SIG_UNBLOCK:
			set = old & ~set;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		set_current_blocked(set);
	}
	return oset ? put_user(old, oset) : 0;
}

/* A size smaller than the set is allowed here: sigset_t of old C libraries. */
SYSCALL_DEFINE2(rt_sigpending, u64 __user *, uset, size_t, sigsetsize)
{
	ksigset_t set;

	if (sigsetsize > sizeof(sigset_t))
		return -EINVAL;
	spin_lock_irq(&current->sighand->siglock);
	set = (current->pending.signal | current->signal->shared_pending.signal) & current->blocked;
	spin_unlock_irq(&current->sighand->siglock);
	return copy_to_user(uset, &set, sigsetsize) ? -EFAULT : 0;
}

/* ---- the alternate stack ---- */

static int altstack_flags(unsigned long sp)
{
	if (!current->sas_ss_size)
		return SS_DISABLE;
	return on_sig_stack(sp) ? SS_ONSTACK : 0;
}

static int set_altstack(const stack_t *ss, unsigned long sp)
{
	unsigned int mode = ss->ss_flags & ~SS_FLAG_BITS;

	if (on_sig_stack(sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	current->sas_ss_flags = ss->ss_flags;
	if (mode == SS_DISABLE) {
		current->sas_ss_sp = current->sas_ss_size = 0;
		return 0;
	}
	if (ss->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	current->sas_ss_sp = (unsigned long)ss->ss_sp;
	current->sas_ss_size = ss->ss_size;
	return 0;
}

SYSCALL_DEFINE2(sigaltstack, const stack_t __user *, uss, stack_t __user *, uoss)
{
	unsigned long sp = regs_sp(current_pt_regs());
	stack_t old = {.ss_sp = (void __user *)current->sas_ss_sp,
		       .ss_size = current->sas_ss_size,
		       .ss_flags = altstack_flags(sp) | (current->sas_ss_flags & SS_FLAG_BITS)};
	stack_t new;
	int err = 0;

	if (uss) {
		if (copy_from_user(&new, uss, sizeof(new)))
			return -EFAULT;
		err = set_altstack(&new, sp);
	}
	if (!err && uoss && copy_to_user(uoss, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

int save_altstack(stack_t __user *ust, unsigned long sp)
{
	int err = put_user((void __user *)current->sas_ss_sp, &ust->ss_sp);

	err |= put_user((int)current->sas_ss_flags, &ust->ss_flags);
	err |= put_user(current->sas_ss_size, &ust->ss_size);
	return err;
}

int restore_altstack(const stack_t __user *ust)
{
	stack_t ss;

	if (copy_from_user(&ss, ust, sizeof(ss)))
		return -EFAULT;
	/*
	 * As the handler left it; a frame that says nonsense is not an error. Usually nothing has
	 * changed.
	 */
	if ((unsigned long)ss.ss_sp != current->sas_ss_sp || ss.ss_size != current->sas_ss_size ||
	    ss.ss_flags != (int)current->sas_ss_flags)
		(void)set_altstack(&ss, regs_sp(current_pt_regs()));
	return 0;
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	current->restart_block.fn = NULL;
	return arch_rt_sigreturn(current_pt_regs());
}
