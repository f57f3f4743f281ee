/* SPDX-License-Identifier: MIT */
/*
 * membarrier(2): makes a compiler barrier in other threads as good as a memory barrier here.
 *
 * Expedited: every other CPU takes an interrupt and executes a full barrier in it. A thread of the
 * process that runs in user mode is thus ordered against the barriers at both ends of this call;
 * one that does not run is, by the barriers of the context switches around that. Global: a grace
 * period, in which every CPU has switched tasks or been idle. The SYNC_CORE commands are not
 * offered: a return to user mode does not serialise instruction fetch here.
 */
#include <kernel/rcupdate.h>
#include <kernel/rseq.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/syscall.h>
#include <mm/mm.h>
#include <uapi/membarrier.h>

/* mm->flags: what the process registered for. */
#define MMF_MEMBARRIER_PRIVATE 16
#define MMF_MEMBARRIER_RSEQ    17

#define RSEQ_COMMANDS \
	(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ)
#define COMMANDS                                                                       \
	(MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |                     \
	 MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED | \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |                                   \
	 (IS_ENABLED(CONFIG_RSEQ) ? RSEQ_COMMANDS : 0))

static void ipi_barrier(void *unused)
{
	atomic_thread_fence(memory_order_seq_cst);
}

/* Whatever runs there: a sequence of a foreign process is restarted in vain, which is harmless. */
static void ipi_rseq(void *unused)
{
	rseq_preempt(current);
}

static void interrupt_others(void (*fn)(void *))
{
	atomic_thread_fence(memory_order_seq_cst);
	preempt_disable();
	smp_call_function_many(cpu_online_mask, fn, NULL, true);
	preempt_enable();
	atomic_thread_fence(memory_order_seq_cst);
}

static long barrier_private(void)
{
	if (!test_bit(MMF_MEMBARRIER_PRIVATE, &current->mm->flags))
		return -EPERM;
	if (atomic_read(&current->mm->users) > 1)
		interrupt_others(ipi_barrier);
	return 0;
}

static long barrier_rseq(unsigned int flags, int cpu)
{
	if (!IS_ENABLED(CONFIG_RSEQ))
		return -EINVAL;
	if (!test_bit(MMF_MEMBARRIER_RSEQ, &current->mm->flags))
		return -EPERM;
	if (!(flags & MEMBARRIER_CMD_FLAG_CPU)) {
		interrupt_others(ipi_rseq);
	} else if (cpu >= 0 && cpu < (int)nr_cpu_ids && cpu_online(cpu)) {
		preempt_disable();
		smp_call_function_single(cpu, ipi_rseq, NULL, true);
		preempt_enable();
	}
	return 0;
}

SYSCALL_DEFINE3(membarrier, int, cmd, unsigned int, flags, int, cpu)
{
	if (flags &&
	    (cmd != MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ || flags != MEMBARRIER_CMD_FLAG_CPU))
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return COMMANDS;
	case MEMBARRIER_CMD_GLOBAL:
		if (num_online_cpus() > 1)
			synchronize_rcu();
		return 0;
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		interrupt_others(ipi_barrier);
		return 0;
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
		return 0; /* every process takes part in global ones */
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		return barrier_private();
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
		set_bit(MMF_MEMBARRIER_PRIVATE, &current->mm->flags);
		return 0;
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ:
		return barrier_rseq(flags, cpu);
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ:
		if (!IS_ENABLED(CONFIG_RSEQ))
			return -EINVAL;
		set_bit(MMF_MEMBARRIER_RSEQ, &current->mm->flags);
		return 0;
	default:
		return -EINVAL;
	}
}
