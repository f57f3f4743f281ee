/* SPDX-License-Identifier: MIT */
/*
 * The dispatch table, generated from syscalls.tbl. Entry code indexes it after it has checked the
 * number against nr_syscalls; a row without an entry, or whose option is off, holds
 * sys_ni_syscall(). With CONFIG_SYSCALL_SLOTS the number gives a slot of one byte first, and only
 * the calls that are built take a pointer.
 */
#include <kernel/syscall.h>

#define __SYSCALL(nr, entry)                                                                  \
	long entry(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long, \
		   unsigned long);
#include <generated/syscall_table.h>
#undef __SYSCALL

long sys_ni_syscall(unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3,
		    unsigned long a4, unsigned long a5)
{
	return -ENOSYS;
}

#ifdef CONFIG_SYSCALL_SLOTS
/* Slot 0 is sys_ni_syscall; the calls that are built follow in the order of their numbers. */
enum {
	SLOT_NI,
#define __SYSCALL_BUILT(nr, entry) SLOT_##nr,
#include <generated/syscall_table.h>
#undef __SYSCALL_BUILT
	NR_SLOTS
};
static_assert(NR_SLOTS <= 256);

const u8 sys_call_slots[NR_SYSCALLS] = {
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
#else
#define __SYSCALL(nr, entry) [nr] = entry,
const syscall_fn_t sys_call_table[NR_SYSCALLS] = {
#include <generated/syscall_table.h>
};
#undef __SYSCALL
#endif

const unsigned int nr_syscalls = NR_SYSCALLS;
