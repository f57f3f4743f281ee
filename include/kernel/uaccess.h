/* SPDX-License-Identifier: MIT */
/*
 * Copies to and from user space. Every function checks the whole range first, may fault and
 * sleep, and reports what could not be copied. Context: process (in atomic context only under
 * pagefault_disable(): a page that is not there then counts as a fault).
 */
#ifndef KERNEL_UACCESS_H
#define KERNEL_UACCESS_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <lib/err.h>
#include <arch/uaccess.h>
#include <kernel/sched.h>
#include <mm/kasan.h>
#include <uapi/errno.h>

#ifdef CONFIG_HARDENED_USERCOPY
/*
 * mm/usercopy.c: panics when [ptr, ptr+n) leaves its slab object or stack: a kernel bug that
 * would leak or corrupt.
 */
void __check_object_size(unsigned long ptr, unsigned long n, bool to_user);
static __always_inline void check_object_size(const void *ptr, unsigned long n, bool to_user)
{
	if (!__builtin_constant_p(n))
		__check_object_size((unsigned long)ptr, n, to_user);
}
#else
#define check_object_size(ptr, n, to_user) ((void)0)
#endif

static __always_inline __must_check unsigned long
__copy_from_user_inline(void *to, const void __user *from, unsigned long n)
{
	unsigned long left = n;

	kasan_check_write(to, n);
	check_object_size(to, n, false);
	if (access_ok(from, n))
		left = raw_copy_from_user(to, from, n);
	if (unlikely(left))
		__builtin_memset((char *)to + (n - left), 0, left);
	return left;
}

static __always_inline __must_check unsigned long
__copy_to_user_inline(void __user *to, const void *from, unsigned long n)
{
	kasan_check_read(from, n);
	check_object_size(from, n, true);
	return access_ok(to, n) ? raw_copy_to_user(to, from, n) : n;
}

static __always_inline __must_check unsigned long __clear_user_inline(void __user *to,
								      unsigned long n)
{
	return access_ok(to, n) ? raw_clear_user(to, n) : n;
}

#define __get_user_inline(x, ptr)                              \
	({                                                     \
		const __typeof__(*(ptr)) __user *__gp = (ptr); \
		int __ge = -EFAULT;                            \
		if (access_ok(__gp, sizeof(*__gp)))            \
			__ge = raw_get_user(x, __gp);          \
		if (unlikely(__ge))                            \
			(x) = (__typeof__(x))0;                \
		__ge;                                          \
	})
#define __put_user_inline(x, ptr)                                                 \
	({                                                                        \
		__typeof__(*(ptr)) __user *__pp = (ptr);                          \
		access_ok(__pp, sizeof(*__pp)) ? raw_put_user(x, __pp) : -EFAULT; \
	})

/*
 * What the rest of the kernel uses. copy_from_user(), copy_to_user(), clear_user(): bytes NOT
 * copied, 0 is success; the rest of @to is zeroed when a read from user space stops short.
 * get_user(), put_user(): one scalar; 0 or -EFAULT. Inline, or for size calls of uaccess_calls.c.
 */
#ifdef CONFIG_UACCESS_CALLS
unsigned long __must_check copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long __must_check copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long __must_check clear_user(void __user *to, unsigned long n);
/* @size: 1, 2, 4 or 8. */
int __get_user_size(u64 *val, const void __user *ptr, unsigned int size);
int __put_user_size(u64 val, void __user *ptr, unsigned int size);

#define get_user(x, ptr)                                                \
	({                                                              \
		const __typeof__(*(ptr)) __user *__gp = (ptr);          \
		__typeof__(x) *__gx = &(x);                             \
		u64 __gv;                                               \
		int __ge = __get_user_size(&__gv, __gp, sizeof(*__gp)); \
		*__gx = (__force __typeof__(*(ptr)))__gv;               \
		__ge;                                                   \
	})
#define put_user(x, ptr)                                                 \
	({                                                               \
		__typeof__(*(ptr)) __user *__pp = (ptr);                 \
		__typeof__(*(ptr)) __px = (__typeof__(*(ptr)))(x);       \
		__put_user_size((__force u64)__px, __pp, sizeof(*__pp)); \
	})
#else
#define copy_from_user(to, from, n) __copy_from_user_inline(to, from, n)
#define copy_to_user(to, from, n)   __copy_to_user_inline(to, from, n)
#define clear_user(to, n)	    __clear_user_inline(to, n)
#define get_user(x, ptr)	    __get_user_inline(x, ptr)
#define put_user(x, ptr)	    __put_user_inline(x, ptr)
#endif

/* Length without NUL; @n if there was no NUL in @n bytes; -EFAULT. */
long strncpy_from_user(char *dst, const char __user *src, long n);
/* Length with NUL, > @n if longer, 0 on a fault. */
long strnlen_user(const char __user *s, long n);
/*
 * Copies in a struct whose size the caller's user and the kernel may disagree on: excess bytes
 * must be zero (-E2BIG), missing ones read as zero.
 */
int copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize);
/*
 * kmalloc'd copies; ERR_PTR(-ENOMEM, -EFAULT; strndup_user also -EINVAL when longer than @n with
 * its NUL).
 */
void *memdup_user(const void __user *src, size_t len);
char *strndup_user(const char __user *s, long n);

static inline void pagefault_disable(void)
{
	current->pagefault_disabled++;
	barrier();
}
static inline void pagefault_enable(void)
{
	barrier();
	current->pagefault_disabled--;
}

#endif
