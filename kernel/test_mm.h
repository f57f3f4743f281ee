/* SPDX-License-Identifier: MIT */
/*
 * For tests of code that touches user memory: gives the test's kernel thread an address space until
 * the test ends.
 */
#ifndef KERNEL_TEST_MM_H
#define KERNEL_TEST_MM_H

#include <lib/err.h>
#include <kernel/irqflags.h>
#include <kernel/kunit.h>
#include <kernel/sched.h>
#include <mm/mm.h>
#include <uapi/mman.h>
#include <uapi/resource.h>
#include <arch/mmu.h>

/* current, a kernel thread, runs in @mm (whose reference it takes over) from now on. */
static inline void test_mm_adopt(struct mm_struct *mm)
{
	struct mm_struct *active;

	task_lock(current);
	local_irq_disable();
	active = current->active_mm;
	current->mm = current->active_mm = mm;
	arch_switch_mm(active, mm);
	local_irq_enable();
	task_unlock(current);
	mmdrop(active);
}

/* The reverse, as a task that exits: the tables stay loaded until the next switch. */
static inline void test_mm_leave(void *unused)
{
	struct mm_struct *mm = current->mm;

	mmgrab(mm);
	task_lock(current);
	local_irq_disable();
	current->mm = NULL;
	local_irq_enable();
	task_unlock(current);
	mmput(mm);
}

static inline void test_mm_enter(struct kunit *test)
{
	struct mm_struct *mm = mm_alloc();

	KUNIT_ASSERT_NOT_NULL(test, mm);
	arch_pick_mmap_layout(mm, _STK_LIM);
	test_mm_adopt(mm);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, test_mm_leave, NULL), 0);
}

/* @len bytes of private memory; the page behind is not mapped. */
static inline void __user *test_mm_map(struct kunit *test, unsigned long len)
{
	unsigned long addr = vm_mmap(NULL, 0, len + PAGE_SIZE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, 0);

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_ASSERT_EQ(test, vm_munmap(addr + len, PAGE_SIZE), 0);
	return (void __user *)addr;
}

#endif
