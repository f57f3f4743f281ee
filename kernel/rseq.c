/* SPDX-License-Identifier: MIT */
/*
 * Restartable sequences, rseq(2). A thread registers an area of its memory. When it names a
 * sequence there (rseq_cs) and is interrupted inside it by a preemption, a migration or a signal,
 * it resumes at the sequence's abort handler instead. The area also says on which CPU the thread
 * runs. Everything in it is hostile: what makes no sense kills the thread.
 */
#include <kernel/rseq.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/smp.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <arch/regs.h>

static struct rseq __user *rseq_area(void)
{
	return (__force struct rseq __user *)current->rseq_area;
}

static int publish_cpu(u32 start, u32 cpu)
{
	if (put_user(start, &rseq_area()->cpu_id_start) || put_user(cpu, &rseq_area()->cpu_id))
		return -EFAULT;
	return 0;
}

static bool valid_descriptor(const struct rseq_cs *cs)
{
	u64 end = cs->start_ip + cs->post_commit_offset;

	return !cs->version && !cs->flags && cs->start_ip < TASK_SIZE && end <= TASK_SIZE &&
	       end >= cs->start_ip && cs->abort_ip < TASK_SIZE && cs->abort_ip >= sizeof(u32) &&
	       /* The handler must be outside, or it would be aborted itself. */
	       cs->abort_ip - cs->start_ip >= cs->post_commit_offset;
}

/* Moves @regs to the abort handler when they are in a sequence. 0 or -errno. */
static int abort_sequence(struct pt_regs *regs)
{
	struct rseq_cs cs;
	u64 ptr;
	u32 sig;

	if (get_user(ptr, &rseq_area()->rseq_cs))
		return -EFAULT;
	if (likely(!ptr))
		return 0;
	if (copy_from_user(&cs, (void __user *)ptr, sizeof(cs)))
		return -EFAULT;
	if (!valid_descriptor(&cs))
		return -EINVAL;
	/* The word before the handler proves that it is meant to be one. */
	if (get_user(sig, (u32 __user *)(cs.abort_ip - sizeof(u32))))
		return -EFAULT;
	if (sig != current->rseq_sig)
		return -EINVAL;
	if (put_user((u64)0, &rseq_area()->rseq_cs))
		return -EFAULT;
	if (regs_pc(regs) - cs.start_ip < cs.post_commit_offset)
		regs_set_pc(regs, cs.abort_ip);
	return 0;
}

void __rseq_handle_notify_resume(struct pt_regs *regs)
{
	u32 cpu;

	if (unlikely(current->flags & PF_EXITING))
		return;
	cpu = get_cpu();
	put_cpu(); /* moved from here on: TIF_NOTIFY_RESUME is set again and we come back */
	if (abort_sequence(regs) || publish_cpu(cpu, cpu))
		force_fatal_sig(SIGSEGV);
}

static long unregister(struct rseq __user *rseq, u32 len, u32 sig)
{
	if (!current->rseq_area || rseq != rseq_area() || len != current->rseq_len)
		return -EINVAL;
	if (sig != current->rseq_sig)
		return -EPERM;
	if (publish_cpu(0, (u32)RSEQ_CPU_ID_UNINITIALIZED))
		return -EFAULT;
	rseq_execve(current);
	return 0;
}

SYSCALL_DEFINE4(rseq, struct rseq __user *, rseq, u32, len, int, flags, u32, sig)
{
	if (flags == RSEQ_FLAG_UNREGISTER)
		return unregister(rseq, len, sig);
	if (flags)
		return -EINVAL;
	if (current->rseq_area) {
		if (rseq != rseq_area() || len != current->rseq_len)
			return -EINVAL;
		return sig == current->rseq_sig ? -EBUSY : -EPERM;
	}
	if (!IS_ALIGNED((unsigned long)rseq, __alignof__(struct rseq)) ||
	    len != sizeof(struct rseq))
		return -EINVAL;
	if (!access_ok(rseq, len))
		return -EFAULT;
	current->rseq_area = (__force void *)rseq;
	current->rseq_len = len;
	current->rseq_sig = sig;
	set_thread_flag(TIF_NOTIFY_RESUME); /* fills in the CPU */
	return 0;
}
