/* SPDX-License-Identifier: MIT */
/*
 * The dispatch table, generated from syscalls.tbl. Entry code indexes it after it has checked the
 * number against nr_syscalls; a row without an entry, or whose option is off, holds
 * sys_ni_syscall().
 */
#include <kernel/syscall.h>

#define __SYSCALL(nr, entry)                                                                  \
	long entry(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long, \
		   unsigned long);
#include <generated/syscall_table.h>
#undef __SYSCALL

#define __SYSCALL(nr, entry) [nr] = entry,
const syscall_fn_t sys_call_table[NR_SYSCALLS] = {
#include <generated/syscall_table.h>
};
#undef __SYSCALL
