/* SPDX-License-Identifier: MIT */
/*
 * User memory. Single accesses use the unprivileged loads and stores, which check the user's own
 * permissions and need no PAN window. The bulk copies in lib/ use pairs of registers inside a PAN
 * window: callers have checked access_ok().
 */
#ifndef ASM_UACCESS_H
#define ASM_UACCESS_H

#include <lib/types.h>
#include <lib/errno.h>
#include <asm/extable.h>

unsigned long __must_check raw_copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long __must_check raw_copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long __must_check raw_clear_user(void __user *to, unsigned long n);
long __must_check raw_strncpy_from_user(char *dst, const char __user *src, long n);

/*
 * Not asm goto, as the stores are: gcc 12 miscompiles asm goto with outputs (it lost the assignment
 * after the label). The fix-up sits out of line instead.
 */
#define __get_user_asm(load, mod, val, ptr, err)            \
	asm volatile("1:	" load " %" mod "1, [%2]\n" \
		     "2:\n"                                 \
		     ".pushsection .text.fixup, \"ax\"\n"   \
		     "3:	mov %w0, #-14\n"                   \
		     "	mov %x1, #0\n"                       \
		     "	b 2b\n"                              \
		     ".popsection\n" _ASM_EXTABLE(1b, 3b)   \
		     : "+r"(err), "=&r"(val)                \
		     : "r"(ptr)                             \
		     : "memory")

#define __put_user_asm(store, mod, val, ptr, label)                                            \
	asm goto("1:	" store " %" mod "0, [%1]\n" _ASM_EXTABLE_TEXT("1b", "%l[" #label "]") \
		 :                                                                             \
		 : "rZ"(val), "r"(ptr)                                                         \
		 : "memory"                                                                    \
		 : label)

#define __RAW_GET_USER(bytes, load, mod)                                                    \
	static inline int __raw_get_user_##bytes(u64 *val, const volatile void __user *ptr) \
	{                                                                                   \
		int err = 0;                                                                \
		u64 v;                                                                      \
		__get_user_asm(load, mod, v, (__force const volatile void *)ptr, err);      \
		*val = v;                                                                   \
		return err;                                                                 \
	}

#define __RAW_PUT_USER(bytes, store, mod)                                             \
	static inline int __raw_put_user_##bytes(u64 val, volatile void __user *ptr)  \
	{                                                                             \
		__put_user_asm(store, mod, val, (__force volatile void *)ptr, fault); \
		return 0;                                                             \
fault:                                                                                \
		return -EFAULT;                                                       \
	}

__RAW_GET_USER(1, "ldtrb", "w")
__RAW_GET_USER(2, "ldtrh", "w")
__RAW_GET_USER(4, "ldtr", "w")
__RAW_GET_USER(8, "ldtr", "x")
__RAW_PUT_USER(1, "sttrb", "w")
__RAW_PUT_USER(2, "sttrh", "w")
__RAW_PUT_USER(4, "sttr", "w")
__RAW_PUT_USER(8, "sttr", "x")

#undef __RAW_GET_USER
#undef __RAW_PUT_USER

#define __user_size_ok(p)                                                             \
	_Static_assert(sizeof(*(p)) == 1 || sizeof(*(p)) == 2 || sizeof(*(p)) == 4 || \
			       sizeof(*(p)) == 8,                                     \
		       "user access of 1, 2, 4 or 8 bytes")

#define raw_get_user(x, ptr)                                                    \
	({                                                                      \
		const volatile __typeof__(*(ptr)) __user *__gup = (ptr);        \
		u64 __guv;                                                      \
		int __gue;                                                      \
		__user_size_ok(__gup);                                          \
		__gue = sizeof(*__gup) == 1 ? __raw_get_user_1(&__guv, __gup) : \
			sizeof(*__gup) == 2 ? __raw_get_user_2(&__guv, __gup) : \
			sizeof(*__gup) == 4 ? __raw_get_user_4(&__guv, __gup) : \
					      __raw_get_user_8(&__guv, __gup);  \
		(x) = (__force __typeof__(*(ptr)))__guv;                        \
		__gue;                                                          \
	})

#define raw_put_user(x, ptr)                                           \
	({                                                             \
		volatile __typeof__(*(ptr)) __user *__pup = (ptr);     \
		__typeof__(*(ptr)) __pux = (x);                        \
		u64 __puv = (__force u64)__pux;                        \
		__user_size_ok(__pup);                                 \
		sizeof(*__pup) == 1 ? __raw_put_user_1(__puv, __pup) : \
		sizeof(*__pup) == 2 ? __raw_put_user_2(__puv, __pup) : \
		sizeof(*__pup) == 4 ? __raw_put_user_4(__puv, __pup) : \
				      __raw_put_user_8(__puv, __pup);  \
	})

int __must_check arch_futex_cmpxchg(u32 __user *p, u32 old, u32 new, u32 *seen);
int __must_check arch_futex_op(int op, u32 oparg, int *oldval, u32 __user *p);

#endif
