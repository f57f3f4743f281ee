/* SPDX-License-Identifier: MIT */
/*
 * <arch/percpu.h>, <arch/irqflags.h>, <arch/preempt.h>, <arch/cpu.h>: one CPU's own things, and
 * what CPUs say to each other.
 */
#include <arch/cpu.h>
#include <arch/irqflags.h>
#include <kernel/cpumask.h>
#include <kernel/kunit.h>
#include <kernel/percpu.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <lib/atomic.h>

static DEFINE_PER_CPU(u32, counter32);
static DEFINE_PER_CPU(u64, counter64);

static void this_cpu_operations(struct kunit *test)
{
	unsigned int cpu;

	preempt_disable();
	cpu = smp_processor_id();
	this_cpu_write(counter32, 5);
	this_cpu_write(counter64, 0xffffffffULL);
	this_cpu_add(counter32, 10);
	this_cpu_inc(counter64);
	this_cpu_dec(counter32);
	KUNIT_EXPECT_EQ(test, this_cpu_read(counter32), 14);
	KUNIT_EXPECT_EQ(test, this_cpu_read(counter64), 0x100000000LL);
	KUNIT_EXPECT_PTR_EQ(test, this_cpu_ptr(&counter32), per_cpu_ptr(&counter32, cpu));
	preempt_enable();
}

static void copies_are_separate(struct kunit *test)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		per_cpu(counter64, cpu) = cpu + 1;
	for_each_possible_cpu(cpu)
		sum += per_cpu(counter64, cpu);
	KUNIT_EXPECT_EQ(test, sum, (u64)nr_cpu_ids * (nr_cpu_ids + 1) / 2);
}

static void irq_flags_nest(struct kunit *test)
{
	unsigned long outer, inner;

	KUNIT_EXPECT_FALSE(test, irqs_disabled());
	outer = local_irq_save_flags();
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	KUNIT_EXPECT_FALSE(test, irqs_disabled_flags(outer));
	inner = local_irq_save_flags();
	KUNIT_EXPECT_TRUE(test, irqs_disabled_flags(inner));
	local_irq_restore(inner);
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	local_irq_restore(outer);
	KUNIT_EXPECT_FALSE(test, irqs_disabled());
}

static void preempt_count_counts(struct kunit *test)
{
	u32 before = preempt_count();

	preempt_count_add(PREEMPT_OFFSET);
	preempt_count_add(PREEMPT_OFFSET);
	KUNIT_EXPECT_EQ(test, preempt_count(), before + 2);
	preempt_count_sub(PREEMPT_OFFSET);
	KUNIT_EXPECT_EQ(test, preempt_count(), before + 1);
	preempt_count_sub(PREEMPT_OFFSET);
	KUNIT_EXPECT_EQ(test, preempt_count(), before);
}

/* True only for the last level, and only if a reschedule is wanted. */
static void dec_and_test(struct kunit *test)
{
	unsigned long flags = local_irq_save_flags();
	bool wanted = preempt_need_resched();

	preempt_count_add(2 * PREEMPT_OFFSET);
	set_preempt_need_resched();
	KUNIT_EXPECT_FALSE(test, preempt_count_dec_and_test());
	KUNIT_EXPECT_EQ(test, preempt_count_dec_and_test(), preempt_count() == 0);
	clear_preempt_need_resched();
	preempt_count_add(PREEMPT_OFFSET);
	KUNIT_EXPECT_FALSE(test, preempt_count_dec_and_test());
	if (wanted)
		set_preempt_need_resched();
	local_irq_restore(flags);
}

static void cycles_go_on(struct kunit *test)
{
	u64 last = get_cycles();

	for (unsigned int i = 0; i < 10000; i++) {
		u64 now = get_cycles();

		KUNIT_ASSERT_GE(test, (s64)(now - last), 0);
		last = now;
	}
}

struct roll_call {
	_Atomic unsigned int calls;
	_Atomic unsigned long cpus;
	_Atomic unsigned int wrong; /* not in hard IRQ state */
};

static void answer(void *arg)
{
	struct roll_call *call = arg;

	atomic_fetch_add_explicit(&call->calls, 1, memory_order_relaxed);
	atomic_fetch_or_explicit(&call->cpus, 1UL << smp_processor_id(), memory_order_relaxed);
	if (!irqs_disabled())
		atomic_fetch_add_explicit(&call->wrong, 1, memory_order_relaxed);
}

static void every_cpu_answers(struct kunit *test)
{
	for (unsigned int i = 0; i < 100; i++) {
		struct roll_call call = {};

		on_each_cpu(answer, &call, true);
		KUNIT_ASSERT_EQ(test, atomic_load(&call.calls), num_online_cpus());
		KUNIT_ASSERT_EQ(test, atomic_load(&call.cpus), cpu_online_mask->bits[0]);
		KUNIT_ASSERT_EQ(test, atomic_load(&call.wrong), 0);
	}
}

#define ADDS 10000

static void add_many(void *arg)
{
	for (unsigned int i = 0; i < ADDS; i++)
		atomic_fetch_add_explicit((_Atomic u64 *)arg, 1, memory_order_relaxed);
}

static void atomics_lose_nothing(struct kunit *test)
{
	_Atomic u64 sum = 0;

	on_each_cpu(add_many, &sum, true);
	KUNIT_EXPECT_EQ(test, atomic_load(&sum), (u64)ADDS * num_online_cpus());
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(this_cpu_operations),
	KUNIT_CASE(copies_are_separate),
	KUNIT_CASE(irq_flags_nest),
	KUNIT_CASE(preempt_count_counts),
	KUNIT_CASE(dec_and_test),
	KUNIT_CASE(cycles_go_on),
	KUNIT_CASE(every_cpu_answers),
	KUNIT_CASE(atomics_lose_nothing),
	{},
};
KUNIT_SUITE(arch_cpu, cases);
