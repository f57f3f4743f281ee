/* SPDX-License-Identifier: MIT */
/*
 * User memory. <asm/uaccess.h> gives the primitives below; <kernel/uaccess.h> builds
 * copy_from_user() and friends on them. A faulting access is fixed up through the exception table
 * (search_exception_table, section __ex_table) and reported; it never goes further.
 *
 *   unsigned long raw_copy_from_user(void *to, const void __user *from, unsigned long n)    returns
 *   bytes NOT copied; no range check
 *   unsigned long raw_copy_to_user(void __user *to, const void *from, unsigned long n)
 *   unsigned long raw_clear_user(void __user *to, unsigned long n)
 *   long raw_strncpy_from_user(char *dst, const char __user *src, long n)   length without NUL, n
 *   if none found, or -EFAULT; never reads past a
 *                                                                          page that it need not;
 *                                                                          caller limits n to
 *                                                                          TASK_SIZE - src
 *   raw_get_user(x, ptr), raw_put_user(x, ptr)   one scalar of 1, 2, 4, 8 bytes inline; 0 or
 *                                                -EFAULT; no range check
 *   int arch_futex_cmpxchg(u32 __user *p, u32 old, u32 new, u32 *seen)      0 or -EFAULT; full
 *   barrier; *seen the value found
 *   int arch_futex_op(int op, u32 oparg, int *oldval, u32 __user *p)        FUTEX_OP_*
 *   atomically; 0, -EFAULT, -ENOSYS
 * They may fault and sleep unless pagefault_disable() is in force, in which case a missing page
 * is reported as a fault.
 */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <arch/param.h>

/* [addr, addr + size) is user space. */
static __always_inline bool __access_ok(unsigned long addr, unsigned long size)
{
	return size <= TASK_SIZE && addr <= TASK_SIZE - size;
}
#define access_ok(addr, size) likely(__access_ok((unsigned long)(addr), (size)))

#include <asm/uaccess.h>

/* If regs->pc is in the exception table, moves it to the fix-up and returns true. Any context. */
struct pt_regs;
bool fixup_exception(struct pt_regs *regs);

#endif
