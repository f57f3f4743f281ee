/* SPDX-License-Identifier: MIT */
/*
 * The dispatch table in few bytes (CONFIG_SYSCALL_SLOTS), generated from syscalls.tbl: the number
 * gives a slot of two bytes first, and only the calls that are built take a pointer. Slot 0 is
 * sys_ni_syscall(); the others follow in the order of their numbers.
 */
#include <kernel/syscall.h>

#define __SYSCALL(nr, entry)                                                                  \
	long entry(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long, \
		   unsigned long);
#include <generated/syscall_table.h>
#undef __SYSCALL

enum {
	SLOT_NI,
#define __SYSCALL_BUILT(nr, entry) SLOT_##nr,
#include <generated/syscall_table.h>
#undef __SYSCALL_BUILT
	NR_SLOTS
};

const u16 sys_call_slots[NR_SYSCALLS] = {
#define __SYSCALL_BUILT(nr, entry) [nr] = SLOT_##nr,
#include <generated/syscall_table.h>
#undef __SYSCALL_BUILT
};

const syscall_fn_t sys_call_table[NR_SLOTS] = {
	sys_ni_syscall,
#define __SYSCALL_BUILT(nr, entry) entry,
#include <generated/syscall_table.h>
#undef __SYSCALL_BUILT
};
