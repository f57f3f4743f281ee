/* SPDX-License-Identifier: MIT */
/* The counters of <mm/vmstat.h>, and sysinfo(2)'s part of them. */
#include <kernel/cpumask.h>
#include <mm/mm.h>
#include <mm/swap.h>
#include <mm/vmstat.h>
#include <uapi/sysinfo.h>

#include "internal.h"

DEFINE_PER_CPU(struct vm_stat, vm_stat);

unsigned long vmstat_read(enum vmstat_item item)
{
	long sum = 0;
	unsigned int cpu;

	if (item == NR_FREE_PAGES)
		return count_free_pages();
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(vm_stat, cpu).v[item]);
	return sum > 0 ? sum : 0;
}

unsigned long si_mem_available(void)
{
	unsigned long cache = vmstat_read(NR_FILE_PAGES),
		      kept = vmstat_read(NR_SHMEM) + vmstat_read(NR_FILE_DIRTY);

	return nr_free_pages() + (cache > kept ? cache - kept : 0) +
	       vmstat_read(NR_SLAB_RECLAIMABLE) / 2;
}

void si_meminfo(struct sysinfo *info)
{
	info->totalram = totalram_pages;
	info->freeram = nr_free_pages();
	info->sharedram = vmstat_read(NR_SHMEM);
	info->bufferram = 0;
	info->totalswap = total_swap_pages;
	info->freeswap = swap_pages_free();
	info->totalhigh = 0;
	info->freehigh = 0;
	info->mem_unit = PAGE_SIZE;
}
