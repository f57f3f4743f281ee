/* SPDX-License-Identifier: MIT */
/*
 * The boot CPU's way through C before and around start_kernel(): descriptor tables, boot_info from
 * the loader's structures, memblock, direct map.
 */
#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/debug.h>
#include <arch/mmu.h>
#include <kernel/cpumask.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/kasan.h>
#include <mm/memblock.h>
#include <mm/page.h>
#include <asm/bootproto.h>
#include <asm/cpufeature.h>
#include <asm/entry.h>
#include <asm/fixmap.h>
#include <asm/fpu.h>
#include <asm/platform.h>
#include <asm/setup.h>

struct boot_info boot_info;

struct x86_platform x86_platform __ro_after_init = {
	.lapic_phys = 0xfee00000,
	.has_i8259 = true,
	.nr_cpus = 1,
	.nr_cpus_found = 1,
};

extern const x86_probe_t __start_x86_probe_early[], __stop_x86_probe_early[];

void x86_run_probes(const x86_probe_t *from, const x86_probe_t *to)
{
	for (; from < to; from++)
		(*from)();
}

/* The boot loader gave something that cannot be worked with: say so and stop. */
static __noreturn void boot_fail(const char *why)
{
	static const char todo[] = "; try another version of the boot loader, or another way in\n";

	early_console_write("keel: ", 6);
	early_console_write(why, strlen(why));
	early_console_write(todo, sizeof(todo) - 1);
	cpu_halt();
}

static const char *parse_boot_info(u32 protocol, u32 info)
{
	switch (protocol) {
	case BOOT_PROTO_MULTIBOOT2:
		if (!IS_ENABLED(CONFIG_BOOT_MULTIBOOT2))
			break;
		boot_info.protocol = "multiboot2";
		return multiboot2_parse(info);
	case BOOT_PROTO_PVH:
		boot_info.protocol = "pvh";
		return pvh_parse(info);
	default:
		break;
	}
	return "started by a boot protocol that this kernel was not built for";
}

static bool have_ram(void)
{
	for (unsigned int i = 0; i < boot_info.nr_mem; i++)
		if (boot_info.mem[i].type == BOOT_MEM_RAM)
			return true;
	return false;
}

/*
 * QEMU puts the initrd where it thinks the end of RAM is; SeaBIOS may have taken pages there for
 * itself (NVMe and AHCI disks). The initrd is loaded last: it is memory, whatever the map says.
 */
static void initrd_is_memory(void)
{
	phys_addr_t start = round_down(boot_info.initrd_start, PAGE_SIZE);
	phys_addr_t end = PAGE_ALIGN(boot_info.initrd_start + boot_info.initrd_size);

	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem_region *m = &boot_info.mem[i];

		if (m->type == BOOT_MEM_RAM && m->base <= start && m->base + m->size >= end)
			return;
	}
	if (boot_info.initrd_size)
		boot_add_region(start, end - start, 1);
}

/* From head.S: high addresses, final permissions, own stack; nothing else yet. */
void x86_start(u32 protocol, u32 info)
{
	const char *wrong;

	kernel_phys_base = KERNEL_LOAD_PHYS;
	kasan_early_init();
	cpu_tables_boot();
	drop_identity_map();
	early_console_init();
	boot_info.kernel_start = image_to_phys(_text);
	boot_info.kernel_end = image_to_phys(_end);
	wrong = parse_boot_info(protocol, info);
	if (wrong)
		boot_fail(wrong);
	initrd_is_memory();
	if (!have_ram())
		boot_fail("the boot loader's memory map has no usable memory");
	start_kernel();
}

bool boot_range_ok(u64 base, u64 size)
{
	return size && base + size > base && base + size <= 1ull << 46;
}

bool boot_add_region(u64 base, u64 size, u32 e820_type)
{
	enum boot_mem_type type = e820_type == 1 ? BOOT_MEM_RAM :
				  e820_type == 3 ? BOOT_MEM_ACPI :
						   BOOT_MEM_RESERVED;

	if (!boot_range_ok(base, size))
		return true; /* nothing that could be used */
	if (boot_info.nr_mem == BOOT_MAX_REGIONS)
		return type != BOOT_MEM_RAM;
	boot_info.mem[boot_info.nr_mem++] =
		(struct boot_mem_region){.base = base, .size = size, .type = type};
	return true;
}

void boot_set_cmdline(const char *s, size_t len)
{
	len = min(strnlen(s, len), (size_t)(BOOT_CMDLINE_MAX - 1));
	memcpy(boot_info.cmdline, s, len);
	boot_info.cmdline[len] = 0;
}

/* ---- the arch's part of start_kernel() ---- */

void arch_early_init(void)
{
	kernel_phys_base = KERNEL_LOAD_PHYS;
	cpu_detect();
	fpu_detect();
	cpu_setup();
	apply_alternatives();
	for (unsigned int i = 0; i < NR_ISA_IRQS; i++)
		x86_platform.isa_irq[i].gsi = i;
	x86_run_probes(__start_x86_probe_early, __stop_x86_probe_early);
	for (unsigned int cpu = 0; cpu < x86_platform.nr_cpus; cpu++)
		set_cpu_possible(cpu, true);
}

void arch_init(void)
{
	fpu_init();
	if (x86_platform.nr_cpus_found > x86_platform.nr_cpus)
		pr_warn("%u of %u CPUs are used: NR_CPUS is %u\n", x86_platform.nr_cpus,
			x86_platform.nr_cpus_found, CONFIG_NR_CPUS);
}
