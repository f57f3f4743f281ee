/* SPDX-License-Identifier: MIT */
/*
 * CONFIG_FAULT_INJECTION: counts the allocations of a task down and fails the one it was asked to.
 * Only the task itself counts; who writes its /proc/PID/fail-nth sets the number at any time.
 */
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <mm/fault_inject.h>

bool fault_inject(void)
{
	unsigned int left = READ_ONCE(current->fail_nth);

	/* Memory that the kernel takes on the way to free some is not the caller's. */
	if (in_interrupt() || !left || (current->flags & (PF_KTHREAD | PF_MEMALLOC)))
		return false;
	WRITE_ONCE(current->fail_nth, left - 1);
	return left == 1;
}
