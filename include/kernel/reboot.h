/* SPDX-License-Identifier: MIT */
/*
 * Ending the machine. Drivers (ACPI, PSCI, keyboard controller) register how; the best rated is
 * tried first.
 */
#ifndef KERNEL_REBOOT_H
#define KERNEL_REBOOT_H

#include <lib/types.h>
#include <lib/list.h>

/* REBOOT_PREPARE: before the other CPUs stop, for all ways of ending; may sleep, a second or so. */
enum reboot_action { REBOOT_PREPARE, REBOOT_POWER_OFF, REBOOT_RESTART };
struct reboot_handler {
	struct list_head list;
	const char *name;
	int priority;
	enum reboot_action action;
	void (*fn)(void); /* IRQs off, other CPUs stopped; returns if it failed */
};
void register_reboot_handler(struct reboot_handler *h);
void kernel_power_off(void);
void kernel_restart(void);
void kernel_halt(void);
void emergency_restart(void) __attribute__((noreturn)); /* from panic: no locks, no sleeping */

#endif
