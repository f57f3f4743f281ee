/* SPDX-License-Identifier: MIT */
/*
 * Numbering CPUs and starting them. CPU 0 is the one that booted; the others get numbers in the
 * order of the devicetree. All are started by PSCI without waiting for one another and meet the
 * kernel again in secondary_setup().
 */
#define pr_fmt(fmt) "smp: " fmt

#include <kernel/bug.h>
#include <kernel/cpumask.h>
#include <kernel/init.h>
#include <kernel/of.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <arch/boot.h>
#include <arch/regs.h>
#include <asm/cpufeature.h>
#include <asm/entry.h>
#include <asm/sections.h>
#include <asm/smp.h>
#include <asm/sysreg.h>
#include <mm/page.h>

#define NO_HWID (~0ULL)

static u64 hwids[CONFIG_NR_CPUS] __ro_after_init;
static unsigned int nr_found __ro_after_init;
static unsigned int nr_left_out __initdata;

static void (*cpu_hooks[ARCH_MAX_CPU_HOOKS])(void) __ro_after_init;

u64 cpu_hwid(unsigned int cpu)
{
	return hwids[cpu];
}

void __init arch_add_cpu_hook(void (*fn)(void))
{
	for (unsigned int i = 0; i < ARCH_MAX_CPU_HOOKS; i++) {
		if (cpu_hooks[i])
			continue;
		cpu_hooks[i] = fn;
		return;
	}
	BUG();
}

static bool __init is_cpu(int node)
{
	const char *type = fdt_prop_string(&of_fdt, node, "device_type", 0);

	return type && !strcmp(type, "cpu") && fdt_is_available(&of_fdt, node);
}

static bool __init starts_by_psci(int node)
{
	const char *method = fdt_prop_string(&of_fdt, node, "enable-method", 0);

	return method && !strcmp(method, "psci");
}

void __init smp_find_cpus(void)
{
	int node, cpus = fdt_find_path(&of_fdt, "/cpus");
	u64 hwid, size;

	hwids[0] = read_sysreg(mpidr_el1) & MPIDR_AFF_MASK;
	nr_found = 1;
	if (cpus < 0 || !IS_ENABLED(CONFIG_SMP))
		return;
	fdt_for_each_child(&of_fdt, node, cpus)
	{
		if (!is_cpu(node) || fdt_reg_raw(&of_fdt, node, 0, &hwid, &size))
			continue;
		hwid &= MPIDR_AFF_MASK;
		if (hwid == hwids[0])
			continue;
		if (nr_found == CONFIG_NR_CPUS || !starts_by_psci(node)) {
			nr_left_out++;
			continue;
		}
		hwids[nr_found++] = hwid;
	}
}

void __init smp_publish_cpus(void)
{
	for (unsigned int cpu = 0; cpu < nr_found; cpu++)
		set_cpu_possible(cpu, true);
	if (nr_left_out)
		pr_warn("%u CPUs stay off: more than NR_CPUS (%d), or not started by PSCI\n",
			nr_left_out, CONFIG_NR_CPUS);
}

#if IS_ENABLED(CONFIG_SMP)

int arch_cpu_start(unsigned int cpu, struct task_struct *idle)
{
	idle->thread_info.cpu = cpu;
	idle->thread_info.kernel_sp = (unsigned long)task_pt_regs(idle);
	asm volatile("dsb ishst" : : : "memory");
	return psci_cpu_on(hwids[cpu], __pa_symbol(secondary_entry), (u64)idle);
}

void secondary_setup(void)
{
	asm volatile("msr daifclr, #12" : : : "memory"); /* SError and debug */
	arch_set_percpu_base(smp_processor_id_raw());
	cpufeature_record_cpu();
	if (arch_irqchip_cpu_init()) {
		pr_err("CPU %u: no interrupt controller interface, stopped\n",
		       smp_processor_id_raw());
		cpu_halt();
	}
	for (unsigned int i = 0; i < ARCH_MAX_CPU_HOOKS && cpu_hooks[i]; i++)
		cpu_hooks[i]();
	secondary_start_kernel();
}

void arch_set_percpu_base(unsigned int cpu)
{
	write_sysreg(per_cpu_offset(cpu), tpidr_el1);
}

#else

int arch_cpu_start(unsigned int cpu, struct task_struct *idle)
{
	return -ENODEV;
}

void secondary_setup(void)
{
	cpu_halt();
}

#endif
