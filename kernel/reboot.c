/* SPDX-License-Identifier: MIT */
/* Ending the machine: drivers' handlers by priority, then the arch's last resort. */
#include <arch/cpu.h>
#include <arch/irqflags.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <kernel/reboot.h>
#include <kernel/smp.h>
#include <lib/list.h>

enum system_states system_state;

static LIST_HEAD(handlers); /* by falling priority; added at boot only */

void register_reboot_handler(struct reboot_handler *h)
{
	struct reboot_handler *pos;

	list_for_each_entry(pos, &handlers, list)
		if (pos->priority < h->priority)
			break;
	list_add_tail(&h->list, &pos->list);
}

static void run_handlers(enum reboot_action action)
{
	struct reboot_handler *h;

	list_for_each_entry(h, &handlers, list)
		if (h->action == action)
			h->fn();
}

static void stop_machine(enum system_states state)
{
	run_handlers(REBOOT_PREPARE);
	system_state = state;
	local_irq_disable();
	smp_send_stop();
}

void kernel_power_off(void)
{
	pr_emerg("reboot: Power down\n");
	stop_machine(SYSTEM_POWER_OFF);
	run_handlers(REBOOT_POWER_OFF);
	arch_power_off();
	pr_emerg("reboot: this machine has no way to power off that the kernel knows; halted\n");
	cpu_halt();
}

void kernel_restart(void)
{
	pr_emerg("reboot: Restarting system\n");
	stop_machine(SYSTEM_RESTART);
	emergency_restart();
}

void kernel_halt(void)
{
	pr_emerg("reboot: System halted\n");
	stop_machine(SYSTEM_HALT);
	cpu_halt();
}

void emergency_restart(void)
{
	run_handlers(REBOOT_RESTART);
	arch_restart();
	pr_emerg("reboot: this machine has no way to restart that the kernel knows; halted\n");
	cpu_halt();
}
