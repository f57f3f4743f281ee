/* SPDX-License-Identifier: MIT */
/*
 * Boot-time registration. Initcalls run once on the boot CPU in a kernel thread (may sleep),
 * level by level, named by what works afterwards; inside a level the order is the link order. A
 * failing one is logged with its name and boot goes on.
 */
#ifndef KERNEL_INIT_H
#define KERNEL_INIT_H

#include <lib/types.h>
#include <lib/compiler.h>

typedef int (*initcall_t)(void);
struct initcall {
	initcall_t fn;
	const char *name;
};

#define __initcall(f, lvl)                                                         \
	static const struct initcall __initcall_##f __table_entry("initcall" #lvl) \
		__aligned(8) = {f, #f}
#define core_initcall(f)   __initcall(f, 0) /* core services: workqueues, sysctl, sysfs roots */
#define bus_initcall(f)	   __initcall(f, 1) /* buses, firmware devices, late irqchips */
#define fs_initcall(f)	   __initcall(f, 2) /* file systems can be mounted */
#define device_initcall(f) __initcall(f, 3) /* drivers */
#define late_initcall(f)   __initcall(f, 4) /* things that look at all of the above */

/*
 * Command line parameters: `name=value` or bare `name` (value NULL). early_param handlers run
 * before memory is set up (no allocation); __setup handlers after the allocators. A handler
 * returns 0, or -EINVAL which is logged. Unknown words go to init as in Linux.
 */
struct kernel_param {
	const char *name;
	int (*fn)(char *value);
	bool early;
};
#define __kernel_param(nm, f, e, id)                                                 \
	static const struct kernel_param __param_##id __table_entry("kernel_params") \
		__aligned(8) = {nm, f, e}
#define early_param(nm, f) __kernel_param(nm, f, true, f)
#define __setup(nm, f)	   __kernel_param(nm, f, false, f)

extern char *saved_command_line;
enum system_states {
	SYSTEM_BOOTING,
	SYSTEM_RUNNING,
	SYSTEM_HALT,
	SYSTEM_POWER_OFF,
	SYSTEM_RESTART
};
extern enum system_states system_state;

#endif
