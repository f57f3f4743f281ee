/* SPDX-License-Identifier: MIT */
/*
 * From reset to start_kernel(). Each boot protocol (multiboot2, PVH, Linux arm64 Image) is turned
 * by the arch into one struct boot_info; nothing after that knows how the kernel was loaded.
 *
 * Order: arch head code (own page tables, W^X, kernel at KERNEL_BASE, one boot stack with a guard
 * page)
 *   -> C: fills boot_info, early console, -> start_kernel() (kernel/init/main.c, upcall) which
 *   calls, in order:
 *      arch_early_init()   boot CPU's percpu base and current are set, exceptions are caught;
 *                          memblock knows RAM, reservations made
 *      (generic: memblock -> direct map through arch_map_boot_memory -> page allocator, slab)
 *      arch_init()         allocators work; CPU features, alternatives, kernel mappings final
 *      (generic: irq core, clocks, scheduler)
 *      then drivers' initcalls; smp_init() calls arch_cpu_start() for each present CPU.
 * A secondary CPU comes up in arch code with its own stack, percpu base and page tables and calls
 * secondary_start_kernel().
 */
#ifndef ARCH_BOOT_H
#define ARCH_BOOT_H

#include <lib/types.h>

#define BOOT_MAX_REGIONS 64
#define BOOT_CMDLINE_MAX 2048

enum boot_mem_type {
	BOOT_MEM_RAM, /* usable */
	BOOT_MEM_RESERVED, /* firmware keeps it */
	BOOT_MEM_ACPI, /* ACPI tables: mapped, reclaimable later */
};

struct boot_mem_region {
	phys_addr_t base;
	phys_addr_t size; /* bytes */
	enum boot_mem_type type;
};

struct boot_framebuffer {
	phys_addr_t base; /* 0: none */
	u32 width, height, pitch; /* pixels, pixels, bytes */
	u8 bpp, red_pos, green_pos, blue_pos;
};

/*
 * What firmware and loader said. Filled once by the arch before start_kernel(), read-only
 * afterwards.
 */
struct boot_info {
	const char *protocol; /* "multiboot2", "pvh", "fdt": for the log */
	const char *loader; /* boot loader's own name or NULL */
	struct boot_mem_region mem[BOOT_MAX_REGIONS];
	unsigned int nr_mem;
	phys_addr_t initrd_start, initrd_size; /* size 0: none */
	phys_addr_t acpi_rsdp; /* 0: none (search the BIOS area where the arch has one) */
	phys_addr_t fdt; /* 0: none */
	u32 fdt_size;
	struct boot_framebuffer fb;
	u8 rng_seed[32];
	u32 rng_seed_len; /* 0: none */
	phys_addr_t kernel_start, kernel_end; /* the loaded image, physical */
	char cmdline[BOOT_CMDLINE_MAX]; /* always NUL-terminated */
};

extern struct boot_info boot_info;

/* See the order above. Boot CPU only, IRQs off, may not sleep. */
void arch_early_init(void);
void arch_init(void);

/*
 * Builds the final kernel page tables: direct map of every BOOT_MEM_RAM/ACPI region with the
 * largest blocks, NX, with the kernel's text and rodata read-only in both views. Tables come from
 * memblock_alloc(). Boot CPU, IRQs off.
 */
void arch_map_boot_memory(void);

/* Frees identity mappings and other things only boot needed; called when all CPUs are up. */
void arch_free_boot(void);

/*
 * Gives the pages of [__init_begin, __init_end) and of [__initbss_begin, __initbss_end) to the
 * page allocator after taking their mapping in the image away; called when no boot code will run
 * any more.
 */
void arch_free_init_memory(void);

/*
 * The number of CPUs firmware reports (>= 1, at most NR_CPUS) is put in cpu_possible_mask by
 * arch_init(). arch_cpu_start() starts CPU @cpu on @idle's kernel stack without waiting for it; 0
 * or -errno. May sleep.
 */
struct task_struct;
int arch_cpu_start(unsigned int cpu, struct task_struct *idle);

/* Upcalls: kernel/init/main.c, kernel/smp.c. */
void start_kernel(void) __attribute__((noreturn));
void secondary_start_kernel(void) __attribute__((noreturn));

#endif
