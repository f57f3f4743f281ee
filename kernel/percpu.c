/* SPDX-License-Identifier: MIT */
/* Gives each possible CPU its copy of the per-CPU template. */
#include <kernel/bug.h>
#include <kernel/percpu.h>
#include <kernel/cpumask.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/page.h>

extern char __per_cpu_start[], __per_cpu_end[];

unsigned long __per_cpu_offset[CONFIG_NR_CPUS];

/*
 * The number of CPUs is not known yet when the allocators need per-CPU data, so every CPU up to
 * NR_CPUS gets an area of whole pages; free_unused_per_cpu() gives back those that nobody will
 * use. The boot CPU has used the template since reset; what it wrote by then (current, preempt
 * count) each CPU sets for itself when it starts.
 */
static size_t area_size;

void __init setup_per_cpu_areas(void)
{
	size_t size = __per_cpu_end - __per_cpu_start;

	area_size = PAGE_ALIGN(size);
	for (unsigned int cpu = 0; cpu < CONFIG_NR_CPUS; cpu++) {
		char *area = memblock_alloc(area_size, PAGE_SIZE);

		if (!area)
			panic("percpu: %zu bytes for CPU %u do not fit in memory; "
			      "use more memory or a smaller NR_CPUS",
			      size, cpu);
		memcpy(area, __per_cpu_start, size);
		__per_cpu_offset[cpu] = area - __per_cpu_start;
	}
	arch_set_percpu_base(0);
}

/* After arch_init(): cpu_possible_mask is final and the page allocator works. */
void __init free_unused_per_cpu(void)
{
	for (unsigned int cpu = 0; cpu < CONFIG_NR_CPUS; cpu++) {
		if (cpumask_test_cpu(cpu, cpu_possible_mask))
			continue;
		free_reserved_area(__per_cpu_start + __per_cpu_offset[cpu],
				   __per_cpu_start + __per_cpu_offset[cpu] + area_size, NULL);
		__per_cpu_offset[cpu] = 0;
	}
}
