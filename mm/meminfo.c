/* SPDX-License-Identifier: MIT */
/* /proc/meminfo and /proc/vmstat: proc(5). */
#include <fs/seq_file.h>
#include <mm/mm.h>
#include <mm/swap.h>
#include <mm/vmstat.h>

static void show_kb(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%-15s %8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

void meminfo_show(struct seq_file *m)
{
	unsigned long slab_rec = vmstat_read(NR_SLAB_RECLAIMABLE),
		      slab_unrec = vmstat_read(NR_SLAB_UNRECLAIMABLE);
	unsigned long file = vmstat_read(NR_FILE_PAGES), shmem = vmstat_read(NR_SHMEM),
		      anon = vmstat_read(NR_ANON_PAGES);

	show_kb(m, "MemTotal:", totalram_pages);
	show_kb(m, "MemFree:", nr_free_pages());
	show_kb(m, "MemAvailable:", si_mem_available());
	show_kb(m, "Buffers:", 0);
	show_kb(m, "Cached:", file);
	show_kb(m, "SwapCached:", vmstat_read(NR_SWAPCACHED));
	show_kb(m, "Active:", anon + file);
	show_kb(m, "Inactive:", 0);
	show_kb(m, "Active(anon):", anon + shmem);
	show_kb(m, "Inactive(anon):", 0);
	show_kb(m, "Active(file):", file - min(file, shmem));
	show_kb(m, "Inactive(file):", 0);
	show_kb(m, "Unevictable:", vmstat_read(NR_MLOCK));
	show_kb(m, "Mlocked:", vmstat_read(NR_MLOCK));
	show_kb(m, "SwapTotal:", total_swap_pages);
	show_kb(m, "SwapFree:", swap_pages_free());
	show_kb(m, "Dirty:", vmstat_read(NR_FILE_DIRTY));
	show_kb(m, "Writeback:", vmstat_read(NR_WRITEBACK));
	show_kb(m, "AnonPages:", anon);
	show_kb(m, "Mapped:", vmstat_read(NR_FILE_MAPPED));
	show_kb(m, "Shmem:", shmem);
	show_kb(m, "KReclaimable:", slab_rec);
	show_kb(m, "Slab:", slab_rec + slab_unrec);
	show_kb(m, "SReclaimable:", slab_rec);
	show_kb(m, "SUnreclaim:", slab_unrec);
	show_kb(m, "KernelStack:", vmstat_read(NR_KERNEL_STACK));
	show_kb(m, "PageTables:", vmstat_read(NR_PAGETABLE));
	show_kb(m, "CommitLimit:", vm_commit_limit());
	show_kb(m, "Committed_AS:", max(vm_committed(), 0l));
	show_kb(m, "VmallocTotal:", (VMALLOC_END - VMALLOC_START) >> PAGE_SHIFT);
	show_kb(m, "VmallocUsed:", vmstat_read(NR_VMALLOC));
	show_kb(m, "VmallocChunk:", 0);
	show_kb(m, "AnonHugePages:", vmstat_read(NR_ANON_THPS) << HPAGE_ORDER);
}

static const char *const vmstat_names[NR_VMSTAT_ITEMS] = {
#define VMSTAT_NAME(id, name) [id] = #name,
	VMSTAT_ITEMS(VMSTAT_NAME)
#undef VMSTAT_NAME
};

void vmstat_show(struct seq_file *m)
{
	for (unsigned int i = 0; i < NR_VMSTAT_ITEMS; i++)
		seq_printf(m, "%s %lu\n", vmstat_names[i], vmstat_read(i));
}
