/* SPDX-License-Identifier: MIT */
/*
 * PSCI: starting CPUs and ending the machine by calls to firmware (Arm DEN0022). The devicetree
 * says by which instruction; PSCI 0.1 also says the function numbers, later versions have fixed
 * ones.
 */
#define pr_fmt(fmt) "psci: " fmt

#include <kernel/init.h>
#include <kernel/of.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <arch/cpu.h>
#include <asm/smp.h>

#define PSCI_VERSION	  0x84000000
#define PSCI_SYSTEM_OFF	  0x84000008
#define PSCI_SYSTEM_RESET 0x84000009
#define PSCI_CPU_ON_64	  0xc4000003

static bool use_hvc __ro_after_init;
static u32 fn_cpu_on __ro_after_init, fn_off __ro_after_init, fn_reset __ro_after_init;

/* SMC calling convention (Arm DEN0028): x0-x3 in, result in x0, x4-x17 may change. */
static long psci_call(u32 fn, u64 a1, u64 a2, u64 a3)
{
	register u64 x0 asm("x0") = fn;
	register u64 x1 asm("x1") = a1;
	register u64 x2 asm("x2") = a2;
	register u64 x3 asm("x3") = a3;

#define PSCI_CLOBBERS                                                                        \
	"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", \
		"x17", "memory"
	if (use_hvc)
		asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : PSCI_CLOBBERS);
	else
		asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : PSCI_CLOBBERS);
	return (long)x0;
}

int psci_cpu_on(u64 hwid, phys_addr_t entry, u64 arg)
{
	long ret;

	if (!fn_cpu_on)
		return -ENODEV;
	ret = psci_call(fn_cpu_on, hwid, entry, arg);
	if (ret)
		pr_err("CPU_ON of 0x%llx failed: %ld\n", hwid, ret);
	switch (ret) {
	case 0:
		return 0;
	case -2: /* invalid parameters */
	case -9: /* invalid address */
		return -EINVAL;
	case -4: /* already on */
		return -EBUSY;
	default:
		return -EIO;
	}
}

void arch_power_off(void)
{
	if (fn_off)
		psci_call(fn_off, 0, 0, 0);
}

void arch_restart(void)
{
	if (fn_reset)
		psci_call(fn_reset, 0, 0, 0);
}

static int __init find_node(bool *v01)
{
	static const char *const compats[] __initconst = {"arm,psci-1.0", "arm,psci-0.2"};
	int node = -1;

	*v01 = false;
	for (unsigned int i = 0; i < ARRAY_SIZE(compats) && node < 0; i++)
		node = fdt_find_compatible(&of_fdt, -1, compats[i]);
	if (node >= 0)
		return node;
	*v01 = true;
	return fdt_find_compatible(&of_fdt, -1, "arm,psci");
}

void __init psci_init(void)
{
	const char *method;
	bool v01;
	int node = find_node(&v01);
	long version;

	if (node < 0) {
		pr_warn("not in the devicetree: one CPU only, no power off\n");
		return;
	}
	method = fdt_prop_string(&of_fdt, node, "method", 0);
	if (!method || (strcmp(method, "hvc") && strcmp(method, "smc"))) {
		pr_err("method in the devicetree is neither hvc nor smc: not used\n");
		return;
	}
	use_hvc = !strcmp(method, "hvc");
	if (v01) {
		fdt_prop_u32(&of_fdt, node, "cpu_on", 0, &fn_cpu_on);
		return;
	}
	version = psci_call(PSCI_VERSION, 0, 0, 0);
	fn_cpu_on = PSCI_CPU_ON_64;
	fn_off = PSCI_SYSTEM_OFF;
	fn_reset = PSCI_SYSTEM_RESET;
	pr_info("version %ld.%ld by %s\n", version >> 16, version & 0xffff, method);
}
