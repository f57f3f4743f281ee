/* SPDX-License-Identifier: MIT */
/* When the kernel itself is wrong: warnings, panics and backtraces with symbols. */
#include <uapi/errno.h>
#include <arch/debug.h>
#include <arch/irqflags.h>
#include <kernel/bug.h>
#include <kernel/console.h>
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/kallsyms.h>
#include <kernel/printk.h>
#include <kernel/reboot.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <lib/kstrtox.h>
#include <lib/printf.h>

/* panic=N: seconds until restart; 0: stay; negative: at once. */
int panic_timeout;
int panic_on_warn;
int tainted;
static _Atomic int panic_cpu = -1;

static int __init panic_setup(char *value)
{
	return value ? kstrtoint(value, 10, &panic_timeout) : -EINVAL;
}
early_param("panic", panic_setup);

static int __init panic_on_warn_setup(char *value)
{
	panic_on_warn = 1;
	return 0;
}
early_param("panic_on_warn", panic_on_warn_setup);

static bool print_frame(void *arg, unsigned long pc, bool reliable)
{
	int *n = arg;

	pr_emerg("  %s%pS\n", reliable ? "" : "? ", (void *)pc);
	return ++*n < 48;
}

static void show_stack(struct task_struct *task, struct pt_regs *regs)
{
	int n = 0;

	pr_emerg("Call trace:\n");
	arch_stack_walk(print_frame, &n, task, regs);
}

void dump_stack(void)
{
	pr_emerg("CPU: %u  task: %s[%d]\n", smp_processor_id_raw(), current->comm, current->pid);
	show_stack(current, NULL);
}

/* The end of every panic: restart, or stay where somebody can read the message. */
static void __noreturn panic_end(void)
{
	smp_send_stop();
	console_flush_on_panic();
	if (panic_timeout > 0) {
		pr_emerg("Restart in %d s\n", panic_timeout);
		for (int i = 0; i < panic_timeout * 1000; i++)
			udelay(1000);
	}
	if (panic_timeout)
		emergency_restart();
	pr_emerg("---[ end Kernel panic ]---\n");
	cpu_halt();
}

/* Only one CPU panics; the others, and a panic inside a panic, stop. */
static void panic_begin(void)
{
	int none = -1, self = smp_processor_id_raw();

	local_irq_disable();
	if (!atomic_compare_exchange_strong(&panic_cpu, &none, self)) {
		if (none == self)
			early_console_write("panic inside panic\n", 19);
		cpu_halt();
	}
	console_verbose();
	console_flush_on_panic();
}

void panic(const char *fmt, ...)
{
	char text[256];
	va_list args;

	panic_begin();
	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	pr_emerg("Kernel panic - not syncing: %s\n", text);
	dump_stack();
	panic_end();
}

void die(const char *what, struct pt_regs *regs, unsigned long code)
{
	panic_begin();
	pr_emerg("Kernel panic - not syncing: %s (code %#lx) in the kernel\n", what, code);
	pr_emerg("CPU: %u  task: %s[%d]\n", smp_processor_id_raw(), current->comm, current->pid);
	arch_show_regs(regs);
	show_stack(current, regs);
	panic_end();
}

void __bug(const char *file, int line, const char *what)
{
	panic("BUG at %s:%d%s%s", file ? file : "line", line, what ? ": " : "", what ? what : "");
}

void __warn(const char *file, int line, const char *what)
{
	pr_warn("WARNING at %s:%d%s%s (%pS)\n", file ? file : "line", line, what ? ": " : "",
		what ? what : "", __builtin_return_address(0));
	dump_stack();
	tainted |= TAINT_WARN;
	if (panic_on_warn)
		panic("panic_on_warn is set");
}

bool panic_in_progress(void)
{
	return atomic_load(&panic_cpu) >= 0;
}
