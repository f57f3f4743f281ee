/* SPDX-License-Identifier: MIT */
/*
 * From the devicetree to struct boot_info. Runs on the boot stack with the image, the devicetree's
 * window and nothing else mapped.
 */
#include <kernel/init.h>
#include <kernel/of.h>
#include <lib/string.h>
#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/debug.h>
#include <asm/earlycon.h>
#include <asm/entry.h>
#include <asm/sections.h>
#include <asm/smp.h>
#include <asm/sysreg.h>
#include <mm/kasan.h>
#include <mm/page.h>

struct boot_info boot_info __ro_after_init;

static void __init early_puts(const char *s)
{
	early_console_write(s, strlen(s));
}

/* Boot cannot go on: says why where it can be said, and stops. */
static void __noreturn __init boot_stop(const char *why, const char *what_to_do)
{
	early_puts("Keel cannot boot: ");
	early_puts(why);
	early_puts("; ");
	early_puts(what_to_do);
	early_puts("\n");
	cpu_halt();
}

static void __init add_region(phys_addr_t base, phys_addr_t size, enum boot_mem_type type)
{
	struct boot_mem_region *region = &boot_info.mem[boot_info.nr_mem];

	if (!size || boot_info.nr_mem == BOOT_MAX_REGIONS)
		return;
	region->base = base;
	region->size = size;
	region->type = type;
	boot_info.nr_mem++;
}

static void __init read_memory(void)
{
	u64 base, size;
	bool nomap;

	for (unsigned int i = 0; !fdt_memory(&of_fdt, i, &base, &size); i++)
		add_region(base, size, BOOT_MEM_RAM);
	for (unsigned int i = 0; !fdt_reserved(&of_fdt, i, &base, &size, &nomap); i++)
		add_region(base, size, BOOT_MEM_RESERVED);
}

static bool __init in_ram(phys_addr_t start, phys_addr_t end)
{
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem_region *r = &boot_info.mem[i];

		if (r->type == BOOT_MEM_RAM && start >= r->base && end <= r->base + r->size)
			return true;
	}
	return false;
}

static void __init read_chosen(void)
{
	const char *args = fdt_bootargs(&of_fdt);
	int chosen = fdt_find_path(&of_fdt, "/chosen");
	const void *seed;
	u64 start, end;
	u32 len;

	if (args)
		strscpy(boot_info.cmdline, args, sizeof(boot_info.cmdline));
	if (!fdt_initrd(&of_fdt, &start, &end) && end > start) {
		boot_info.initrd_start = start;
		boot_info.initrd_size = end - start;
	}
	seed = chosen < 0 ? NULL : fdt_prop(&of_fdt, chosen, "rng-seed", &len);
	if (seed) {
		boot_info.rng_seed_len = min_t(u32, len, sizeof(boot_info.rng_seed));
		memcpy(boot_info.rng_seed, seed, boot_info.rng_seed_len);
	}
}

/* The devicetree in its window, or NULL with the reason in *@why. */
static const void *__init find_fdt(phys_addr_t fdt, const char **why)
{
	unsigned long off = fdt & (PT_SPAN(1) - 1);
	const void *blob = (const void *)(FIXMAP_FDT + off);

	*why = "the boot loader gave no devicetree";
	if (!fdt || (fdt & 7) || fdt >> PHYS_BITS)
		return NULL;
	*why = fdt_init(&of_fdt, blob, FIXMAP_FDT_SIZE - off);
	return *why ? NULL : blob;
}

void __init arch_setup(phys_addr_t fdt, unsigned int boot_el)
{
	phys_addr_t ttbr1 = read_sysreg(ttbr1_el1) & PTE_ADDR_MASK;
	const char *why;
	const void *blob;

	asm volatile("msr daifclr, #12" : : : "memory"); /* SError and debug */
	kernel_phys_base = ttbr1 - ((unsigned long)swapper_pg_dir - KERNEL_BASE);
	kasan_early_init();
	boot_info.protocol = boot_el == 2 ? "fdt, EL2" : "fdt, EL1";
	boot_info.kernel_start = kernel_phys_base;
	boot_info.kernel_end = kernel_phys_base + (_end - _start);
	earlycon_fallback();
	blob = find_fdt(fdt, &why);
	if (!blob)
		boot_stop(why, "check what the boot loader passes in x0");
	boot_info.fdt = fdt;
	boot_info.fdt_size = of_fdt.size;
	earlycon_init();
	read_memory();
	read_chosen();
	if (!in_ram(boot_info.kernel_start, boot_info.kernel_end))
		boot_stop("the devicetree's memory does not hold the kernel image",
			  "give the machine more memory or load the kernel elsewhere");
	if (boot_info.initrd_size &&
	    !in_ram(boot_info.initrd_start, boot_info.initrd_start + boot_info.initrd_size)) {
		early_puts("initrd is outside of memory: ignored\n");
		boot_info.initrd_size = 0;
	}
	smp_find_cpus();
	start_kernel();
}
