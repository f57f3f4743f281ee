/* SPDX-License-Identifier: MIT */
/*
 * Other CPUs: bringing them up, and running functions on them. A request is a node on the
 * target's lock-free list; the sender interrupts the target when the list was empty, and the
 * target takes the whole list.
 */
#include <lib/err.h>
#include <arch/boot.h>
#include <arch/irqflags.h>
#include <kernel/bug.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/wait.h>
#include <kernel/hrtimer.h>
#include <fs/seq_file.h>
#include <lib/llist.h>

cpumask_t __cpu_possible_mask = {{1}}, __cpu_online_mask = {{1}};
unsigned int nr_cpu_ids = 1;
_Atomic unsigned int __nr_online_cpus = 1;

struct call_node {
	struct llist_node node;
	void (*fn)(void *);
	void *arg;
	/*
	 * decremented, with release, when fn is done; NULL: nobody waits and the slot is freed by
	 * ->busy
	 */
	_Atomic int *pending;
	_Atomic bool busy;
};

static DEFINE_PER_CPU(struct llist_head, call_queue);
/*
 * Slots for calls that do not wait: one for each sender and target, reused when its last call has
 * run.
 */
static DEFINE_PER_CPU(struct call_node[CONFIG_NR_CPUS], async_calls);

static DEFINE_PER_CPU(unsigned int[NR_IPI], ipi_count); /* its own CPU, IRQs off */

void set_cpu_possible(unsigned int cpu, bool yes)
{
	if (!yes) {
		cpumask_clear_cpu(cpu, &__cpu_possible_mask);
		return;
	}
	cpumask_set_cpu(cpu, &__cpu_possible_mask);
	if (cpu >= nr_cpu_ids)
		nr_cpu_ids = cpu + 1;
}

void set_cpu_online(unsigned int cpu, bool yes)
{
	if (cpumask_test_cpu(cpu, cpu_online_mask) == yes)
		return;
	if (yes) {
		cpumask_set_cpu(cpu, &__cpu_online_mask);
		atomic_fetch_add_explicit(&__nr_online_cpus, 1, memory_order_seq_cst);
	} else {
		cpumask_clear_cpu(cpu, &__cpu_online_mask);
		atomic_fetch_sub_explicit(&__nr_online_cpus, 1, memory_order_seq_cst);
	}
}

unsigned int num_possible_cpus(void)
{
	unsigned int n = 0, cpu;

	for_each_possible_cpu(cpu)
		n++;
	return n;
}

static void run_call_queue(void)
{
	struct llist_node *n = llist_reverse_order(llist_del_all(this_cpu_ptr(&call_queue)));

	while (n) {
		struct call_node *c = container_of(n, struct call_node, node);
		_Atomic int *pending = c->pending;

		n = n->next;
		c->fn(c->arg);
		if (pending)
			atomic_fetch_sub_explicit(pending, 1, memory_order_release);
		else
			atomic_store_explicit(&c->busy, false, memory_order_release);
	}
}

void handle_ipi(enum ipi ipi)
{
	(*this_cpu_ptr(&ipi_count))[ipi]++;
	switch (ipi) {
	case IPI_CALL_FUNC:
		run_call_queue();
		break;
	case IPI_STOP:
		set_cpu_online(smp_processor_id(), false);
		cpu_halt();
	/* the flag was set by the sender; the return from interrupt looks at it */
	case IPI_RESCHEDULE:
		if (need_resched())
			set_preempt_need_resched();
		break;
	default:
		break;
	}
}

void show_ipis(struct seq_file *m)
{
	static const char *const label[] = {"RES", "CAL"};
	static const char *const what[] = {"Rescheduling interrupts", "Function call interrupts"};
	unsigned int cpu;

	for (unsigned int i = 0; i < ARRAY_SIZE(what); i++) {
		seq_printf(m, "%4s:", label[i]);
		for_each_online_cpu(cpu)
			seq_printf(m, " %11u", READ_ONCE(per_cpu(ipi_count, cpu)[i]));
		seq_printf(m, "  %s\n", what[i]);
	}
}

static void queue_call(unsigned int cpu, struct call_node *c)
{
	if (llist_add(&c->node, &per_cpu(call_queue, cpu)))
		arch_send_ipi(cpu, IPI_CALL_FUNC);
}

static void wait_for_calls(_Atomic int *pending)
{
	while (atomic_load_explicit(pending, memory_order_acquire))
		cpu_relax();
}

static void call_async(unsigned int cpu, void (*fn)(void *), void *arg)
{
	struct call_node *c = &(*this_cpu_ptr(&async_calls))[cpu];

	while (atomic_exchange_explicit(&c->busy, true, memory_order_acquire))
		cpu_relax();
	c->fn = fn;
	c->arg = arg;
	c->pending = NULL;
	queue_call(cpu, c);
}

void smp_call_function_many(const cpumask_t *mask, void (*fn)(void *), void *arg, bool wait)
{
	struct call_node calls[CONFIG_NR_CPUS];
	_Atomic int pending = 0;
	unsigned int cpu, self;

	preempt_disable();
	self = smp_processor_id();
	for_each_cpu(cpu, mask) {
		if (cpu == self || !cpu_online(cpu))
			continue;
		if (!wait) {
			call_async(cpu, fn, arg);
			continue;
		}
		calls[cpu].fn = fn;
		calls[cpu].arg = arg;
		calls[cpu].pending = &pending;
		atomic_fetch_add_explicit(&pending, 1, memory_order_relaxed);
		queue_call(cpu, &calls[cpu]);
	}
	wait_for_calls(&pending);
	preempt_enable();
}

void smp_call_function_single(unsigned int cpu, void (*fn)(void *), void *arg, bool wait)
{
	cpumask_t mask = {{0}};
	unsigned long flags;

	preempt_disable();
	if (cpu == smp_processor_id()) {
		local_irq_save(flags);
		fn(arg);
		local_irq_restore(flags);
	} else {
		cpumask_set_cpu(cpu, &mask);
		smp_call_function_many(&mask, fn, arg, wait);
	}
	preempt_enable();
}

void on_each_cpu(void (*fn)(void *), void *arg, bool wait)
{
	unsigned long flags;

	preempt_disable();
	smp_call_function_many(cpu_online_mask, fn, arg, wait);
	local_irq_save(flags);
	fn(arg);
	local_irq_restore(flags);
	preempt_enable();
}

void smp_send_reschedule(unsigned int cpu)
{
	arch_send_ipi(cpu, IPI_RESCHEDULE);
}

void smp_send_stop(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			arch_send_ipi(cpu, IPI_STOP);
}

static DECLARE_WAIT_QUEUE_HEAD(smp_online_wait);
static unsigned int nr_started = 1; /* the boot CPU, and those that firmware took on */

#define ONLINE_NS (10 * NSEC_PER_SEC)

/*
 * Runs on the new CPU: its percpu base, current (the idle task) and exceptions are set, IRQs off,
 * its timer registered.
 */
void secondary_start_kernel(void)
{
	unsigned int cpu = smp_processor_id();

	rcu_init_cpu();
	set_cpu_online(cpu, true);
	wake_up(&smp_online_wait);
	local_irq_enable();
	cpu_startup_entry();
}

/*
 * All are started before any is waited for, and none is: each goes online by itself while boot
 * goes on.
 */
void smp_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct task_struct *idle;
		int err;

		if (cpu_online(cpu))
			continue;
		idle = fork_idle(cpu);
		if (IS_ERR(idle)) {
			pr_err("smp: no memory for CPU %u's idle task; it stays off\n", cpu);
			continue;
		}
		sched_init_cpu(cpu, idle);
		err = arch_cpu_start(cpu, idle);
		nr_started += !err;
		if (err)
			pr_err("smp: firmware refused to start CPU %u (error %d); it stays off\n",
			       cpu, err);
	}
}

/*
 * Waits until every CPU that was started runs. False when one did not come: what it needs on its
 * way in must then stay, it may only be slow. May sleep.
 */
bool smp_wait_online(void)
{
	if (wait_event_hrtimeout(smp_online_wait, num_online_cpus() == nr_started, ONLINE_NS))
		return true;
	pr_err("smp: only %u of %u CPUs came up\n", num_online_cpus(), nr_started);
	return false;
}
