/* SPDX-License-Identifier: MIT */
/*
 * membarrier(2): makes a compiler barrier in other threads as good as a memory barrier here.
 *
 * Expedited: the CPUs that run a thread concerned take an interrupt and execute a full barrier in
 * it. A thread that does not run is ordered by the switches around its absence: between its last
 * access in user mode and the store to rq->curr stands a full barrier, and another one between
 * that store and the first access of the task that is switched in.
 *
 *   this call                                 another CPU
 *   accesses of the caller                    accesses of the thread in user mode
 *   full barrier                              full barrier: rq->lock, smp_mb__after_spinlock()
 *   reads rq->curr                            rq->curr = another
 *   not of this process: no interrupt         full barrier: arch_switch_to(), the load of a root,
 *   full barrier                                or mmdrop() after a kernel thread
 *   accesses of the caller                    accesses of the task switched in
 *
 * A process says first what it will ask for (EPERM otherwise); a forked child inherits that, exec
 * ends it. Global without "expedited": a grace period, in which every CPU has switched tasks or
 * been idle.
 *
 * SYNC_CORE also discards what the core has fetched: the interrupt does, and so do the ways back
 * to user mode that a switch of address spaces lies on. The one way without, from a kernel thread
 * that has borrowed the address space, is membarrier_lazy_return()'s.
 */
#include <arch/barrier.h>
#include <kernel/rcupdate.h>
#include <kernel/rseq.h>
#include <kernel/syscall.h>
#include <mm/mm.h>
#include <uapi/membarrier.h>
#include "sched.h"

#define RSEQ_COMMANDS \
	(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ)
#define COMMANDS                                                                                  \
	(MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |                                \
	 MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |            \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE | \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE |                                    \
	 (IS_ENABLED(CONFIG_RSEQ) ? RSEQ_COMMANDS : 0))

static void ipi_barrier(void *unused)
{
	atomic_thread_fence(memory_order_seq_cst);
}

static void ipi_sync_core(void *unused)
{
	sync_core();
}

/* The thread may have gone by now: restarted in vain, which is harmless. */
static void ipi_rseq(void *unused)
{
	rseq_preempt(current);
}

/* Does @t take part in a barrier of @mm, or (NULL) in global ones? RCU read section. */
static bool concerns(struct task_struct *t, const struct mm_struct *mm)
{
	bool ret;

	if (mm)
		return READ_ONCE(t->mm) == mm;
	task_lock(t); /* its mm stays */
	ret = t->mm && test_bit(MMF_MEMBARRIER_GLOBAL, &t->mm->flags);
	task_unlock(t);
	return ret;
}

/* Runs @fn on the CPUs of @among that run a task concerned; the caller's own is left out. */
static void interrupt_running(const cpumask_t *among, const struct mm_struct *mm,
			      void (*fn)(void *))
{
	cpumask_t mask = {{0}};
	unsigned int cpu;

	atomic_thread_fence(memory_order_seq_cst);
	preempt_disable();
	rcu_read_lock();
	for_each_online_cpu(cpu)
		if (cpumask_test_cpu(cpu, among) && cpu != smp_processor_id() &&
		    concerns(READ_ONCE(cpu_rq(cpu)->curr), mm))
			cpumask_set_cpu(cpu, &mask);
	rcu_read_unlock();
	smp_call_function_many(&mask, fn, NULL, true);
	preempt_enable();
	atomic_thread_fence(memory_order_seq_cst);
}

static long barrier_private(int registered, void (*fn)(void *))
{
	struct mm_struct *mm = current->mm;

	if (!test_bit(registered, &mm->flags))
		return -EPERM;
	if (atomic_read(&mm->users) > 1)
		interrupt_running(cpu_online_mask, mm, fn);
	/* Others may have patched for this thread too, or it for itself. */
	if (registered == MMF_MEMBARRIER_SYNC_CORE)
		sync_core();
	return 0;
}

/* @cpu: only the thread of the process that runs there, if one does. */
static long barrier_rseq_cpu(int cpu)
{
	cpumask_t one = {{0}};

	if (!test_bit(MMF_MEMBARRIER_RSEQ, &current->mm->flags))
		return -EPERM;
	if (cpu < 0 || cpu >= (int)nr_cpu_ids || !cpu_online(cpu))
		return 0;
	cpumask_set_cpu(cpu, &one);
	interrupt_running(&one, current->mm, ipi_rseq);
	return 0;
}

/*
 * A switch that is going on elsewhere may have looked at the flags before; when every CPU has
 * answered, it is over.
 */
static long register_for(int flag)
{
	if (test_bit(flag, &current->mm->flags))
		return 0;
	set_bit(flag, &current->mm->flags);
	if (atomic_read(&current->mm->users) > 1) {
		preempt_disable();
		smp_call_function_many(cpu_online_mask, ipi_barrier, NULL, true);
		preempt_enable();
	}
	return 0;
}

static long membarrier_rseq(int cmd, unsigned int flags, int cpu)
{
	if (!IS_ENABLED(CONFIG_RSEQ))
		return -EINVAL;
	if (cmd == MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ)
		return register_for(MMF_MEMBARRIER_RSEQ);
	if (flags & MEMBARRIER_CMD_FLAG_CPU)
		return barrier_rseq_cpu(cpu);
	return barrier_private(MMF_MEMBARRIER_RSEQ, ipi_rseq);
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
		interrupt_running(cpu_online_mask, NULL, ipi_barrier);
		return 0;
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
		return register_for(MMF_MEMBARRIER_GLOBAL);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		return barrier_private(MMF_MEMBARRIER_PRIVATE, ipi_barrier);
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
		return register_for(MMF_MEMBARRIER_PRIVATE);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return barrier_private(MMF_MEMBARRIER_SYNC_CORE, ipi_sync_core);
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		return register_for(MMF_MEMBARRIER_SYNC_CORE);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ:
		return membarrier_rseq(cmd, flags, cpu);
	default:
		return -EINVAL;
	}
}
