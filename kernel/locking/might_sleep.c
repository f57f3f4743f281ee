/* SPDX-License-Identifier: MIT */
/* CONFIG_DEBUG_ATOMIC_SLEEP: functions that may sleep are caught where they must not. */
#include <arch/irqflags.h>
#include <kernel/bug.h>
#include <kernel/init.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>

void __might_sleep(const char *file, int line)
{
	static u64 last;

	if (system_state == SYSTEM_BOOTING || preemptible() || panic_in_progress())
		return;
	if (!__printk_ratelimit(&last, __func__))
		return;
	pr_err("BUG: sleeping function called from invalid context at %s:%d "
	       "(preempt count %#x, irqs %s)\n",
	       file, line, preempt_count(), irqs_disabled() ? "off" : "on");
	dump_stack();
}
