/* SPDX-License-Identifier: MIT */
/*
 * Starting the other CPUs. Each is sent INIT and a start-up interrupt and finds its own way
 * (trampoline.S): its number by its APIC id, then its per-CPU area, stack and tables, prepared
 * here. Nobody waits for anybody, so they come up in parallel.
 */
#include <arch/boot.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <uapi/errno.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/entry.h>
#include <asm/fixmap.h>
#include <asm/setup.h>

extern const char trampoline_start[], trampoline_end[];
extern const char trampoline_fix_far[], trampoline_fix_gdt[], trampoline_fix_cr3[];
extern pte_t boot_pgd[];

/* The ids of CPUs that may come in; others that start by mistake stop. */
u32 secondary_apic_id[CONFIG_NR_CPUS];

static phys_addr_t tramp_code, tramp_tables; /* 1 and 2 pages; 0: no other CPU */
static bool tramp_ready;

void smp_reserve_trampoline(void)
{
	if (x86_platform.nr_cpus < 2)
		return;
	tramp_code = memblock_phys_alloc_below(PAGE_SIZE, PAGE_SIZE, 0xa0000);
	tramp_tables = memblock_phys_alloc_below(2 * PAGE_SIZE, PAGE_SIZE, 1ull << 32);
	for (unsigned int i = 0; i < CONFIG_NR_CPUS; i++)
		secondary_apic_id[i] = ~0u;
}

void smp_free_trampoline(void)
{
	if (!tramp_ready)
		return;
	tramp_ready = false;
	unmap_trampoline(tramp_code);
	free_reserved_area(__va(tramp_code), __va(tramp_code + PAGE_SIZE), NULL);
	free_reserved_area(__va(tramp_tables), __va(tramp_tables + 2 * PAGE_SIZE), NULL);
}

static void add_to(const char *where, u32 value)
{
	u32 *p = __va(tramp_code) + (where - trampoline_start);

	*p += value;
}

static int setup_trampoline(void)
{
	if (tramp_ready)
		return 0;
	if (!tramp_code || !tramp_tables || (tramp_code >> PAGE_SHIFT) < FIX_WINDOW)
		return -ENOMEM;
	memcpy(__va(tramp_code), trampoline_start, trampoline_end - trampoline_start);
	add_to(trampoline_fix_gdt, tramp_code);
	add_to(trampoline_fix_far, tramp_code);
	add_to(trampoline_fix_cr3, tramp_tables);
	memset(__va(tramp_tables), 0, 2 * PAGE_SIZE);
	map_trampoline(tramp_code, tramp_tables, tramp_tables + PAGE_SIZE);
	tramp_ready = true;
	return 0;
}

int arch_cpu_start(unsigned int cpu, struct task_struct *idle)
{
	unsigned long top = (unsigned long)idle->stack + THREAD_SIZE;
	struct cpu_tables *tables;
	int err;

	if (!apic || cpu >= x86_platform.nr_cpus)
		return -ENODEV;
	err = setup_trampoline();
	if (err)
		return err;
	tables = alloc_pages_exact(sizeof(*tables), GFP_KERNEL | __GFP_ZERO);
	if (!tables)
		return -ENOMEM;
	cpu_tables_init(tables, cpu, per_cpu_offset(cpu));
	tables->tss.sp[0] = top;
	per_cpu(cpu_tables, cpu) = tables;
	per_cpu(current_task, cpu) = idle;
	per_cpu(cpu_kernel_sp, cpu) = top;
	per_cpu(cpu_number, cpu) = cpu;
	per_cpu(this_cpu_offset, cpu) = per_cpu_offset(cpu);
	per_cpu(__preempt_count, cpu) = PREEMPT_NO_RESCHED | PREEMPT_OFFSET;
	WRITE_ONCE(secondary_apic_id[cpu], x86_platform.apic_id[cpu]);
	apic->start_cpu(x86_platform.apic_id[cpu], (u8)(tramp_code >> PAGE_SHIFT));
	return 0;
}

/*
 * A secondary CPU's first C code: IRQs off, trampoline page tables, only the CPU's basic state set.
 */
void secondary_main(unsigned int cpu)
{
	write_cr3(image_to_phys(boot_pgd));
	cpu_tables_load(this_cpu_read(cpu_tables));
	cpu_setup();
	apic->cpu_init();
	secondary_start_kernel();
}
