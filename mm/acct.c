/* SPDX-License-Identifier: MIT */
/*
 * Overcommit: memory that was promised and may have to be found (proc(5), vm.overcommit_memory).
 * Mode 0 refuses only what could never be had, 1 refuses nothing, 2 keeps promises within
 * CommitLimit.
 */
#include <kernel/cred.h>
#include <mm/mm.h>
#include <mm/swap.h>
#include <mm/vmstat.h>
#include <uapi/capability.h>
#include <uapi/errno.h>
#include <uapi/mman.h>

int sysctl_overcommit_memory = OVERCOMMIT_GUESS;
int sysctl_overcommit_ratio = 50;
unsigned long sysctl_overcommit_kbytes;
int sysctl_max_map_count = 65530;

static atomic_long_t committed;

unsigned long vm_commit_limit(void)
{
	if (sysctl_overcommit_kbytes)
		return (sysctl_overcommit_kbytes >> (PAGE_SHIFT - 10)) + total_swap_pages;
	return totalram_pages * sysctl_overcommit_ratio / 100 + total_swap_pages;
}

long vm_committed(void)
{
	return atomic_long_read(&committed);
}

void vm_unacct_memory(long pages)
{
	atomic_long_sub(pages, &committed);
}

/* 3 % of memory, at most 128 MiB, are kept so that root can log in and clean up. */
static unsigned long admin_reserve(void)
{
	return capable(CAP_SYS_ADMIN) ? 0 : min(totalram_pages / 32, (128ul << 20) >> PAGE_SHIFT);
}

int vm_enough_memory(struct mm_struct *mm, long pages)
{
	unsigned long limit;

	atomic_long_add(pages, &committed);
	if (sysctl_overcommit_memory == OVERCOMMIT_ALWAYS)
		return 0;
	if (sysctl_overcommit_memory == OVERCOMMIT_GUESS) {
		if ((unsigned long)pages <= totalram_pages + total_swap_pages)
			return 0;
	} else {
		limit = vm_commit_limit();
		limit -= min(limit, admin_reserve());
		if (vm_committed() <= (long)limit)
			return 0;
	}
	vm_unacct_memory(pages);
	return -ENOMEM;
}
