/* SPDX-License-Identifier: MIT */
/*
 * User memory accesses; out-of-line parts are in arch/x86_64/lib/usercopy.S and
 * arch/x86_64/mm/uaccess.c.
 */
#ifndef ASM_UACCESS_H
#define ASM_UACCESS_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <asm/extable.h>

/* Bytes not copied; exact to the byte. */
unsigned long __copy_user(void *to, const void *from, unsigned long n);
unsigned long __clear_user(void *to, unsigned long n);

/* One scalar: @err becomes -EFAULT (14) and @x 0 if the access faults. */
#define __get_user_asm(x, addr, err, suffix, mod)                                 \
	__asm__ __volatile__(STAC "1: mov" suffix " %2, %" mod "1\n"              \
				  "2: " CLAC ".pushsection .text.fixup, \"ax\"\n" \
				  "3: movl $-14, %0\n"                            \
				  "xorl %k1, %k1\n"                               \
				  "jmp 2b\n"                                      \
				  ".popsection\n" EXTABLE("1b", "3b")             \
			     : "+r"(err), "=&r"(x)                                \
			     : "m"(*(addr)))

#define __user_scalar(ptr)                                                                 \
	static_assert(sizeof(*(ptr)) == 1 || sizeof(*(ptr)) == 2 || sizeof(*(ptr)) == 4 || \
		      sizeof(*(ptr)) == 8)

/* The address goes through an integer: a member of a packed struct is fine here. */
#define raw_get_user(x, ptr)                                                               \
	({                                                                                 \
		unsigned long __gu_p = (__force unsigned long)(ptr);                       \
		unsigned long __gu_v;                                                      \
		int __gu_err = 0;                                                          \
		__user_scalar(ptr);                                                        \
		if (sizeof(*(ptr)) == 1)                                                   \
			__get_user_asm(__gu_v, (const u8 *)__gu_p, __gu_err, "zbl", "k");  \
		else if (sizeof(*(ptr)) == 2)                                              \
			__get_user_asm(__gu_v, (const u16 *)__gu_p, __gu_err, "zwl", "k"); \
		else if (sizeof(*(ptr)) == 4)                                              \
			__get_user_asm(__gu_v, (const u32 *)__gu_p, __gu_err, "l", "k");   \
		else                                                                       \
			__get_user_asm(__gu_v, (const u64 *)__gu_p, __gu_err, "q", "q");   \
		(x) = (__force __typeof__(*(ptr)))__gu_v;                                  \
		__gu_err;                                                                  \
	})

#define __put_user_asm(v, addr, err, suffix, mod)                                 \
	__asm__ __volatile__(STAC "1: mov" suffix " %" mod "1, %2\n"              \
				  "2: " CLAC ".pushsection .text.fixup, \"ax\"\n" \
				  "3: movl $-14, %0\n"                            \
				  "jmp 2b\n"                                      \
				  ".popsection\n" EXTABLE("1b", "3b")             \
			     : "+r"(err)                                          \
			     : "r"(v), "m"(*(addr))                               \
			     : "memory")

#define raw_put_user(x, ptr)                                                       \
	({                                                                         \
		unsigned long __pu_p = (__force unsigned long)(ptr);               \
		__typeof__(*(ptr)) __pu_x = (__typeof__(*(ptr)))(x);               \
		unsigned long __pu_v = (__force unsigned long)__pu_x;              \
		int __pu_err = 0;                                                  \
		__user_scalar(ptr);                                                \
		if (sizeof(*(ptr)) == 1)                                           \
			__put_user_asm(__pu_v, (u8 *)__pu_p, __pu_err, "b", "b");  \
		else if (sizeof(*(ptr)) == 2)                                      \
			__put_user_asm(__pu_v, (u16 *)__pu_p, __pu_err, "w", "w"); \
		else if (sizeof(*(ptr)) == 4)                                      \
			__put_user_asm(__pu_v, (u32 *)__pu_p, __pu_err, "l", "k"); \
		else                                                               \
			__put_user_asm(__pu_v, (u64 *)__pu_p, __pu_err, "q", "q"); \
		__pu_err;                                                          \
	})

static __always_inline unsigned long raw_copy_from_user(void *to, const void __user *from,
							unsigned long n)
{
	return __copy_user(to, (const void __force *)from, n);
}

static __always_inline unsigned long raw_copy_to_user(void __user *to, const void *from,
						      unsigned long n)
{
	return __copy_user((void __force *)to, from, n);
}

static __always_inline unsigned long raw_clear_user(void __user *to, unsigned long n)
{
	return __clear_user((void __force *)to, n);
}

long raw_strncpy_from_user(char *dst, const char __user *src, long n);
int arch_futex_cmpxchg(u32 __user *p, u32 old, u32 new, u32 *seen);
int arch_futex_op(int op, u32 oparg, int *oldval, u32 __user *p);

#endif
