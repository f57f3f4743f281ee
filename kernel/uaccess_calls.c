/* SPDX-License-Identifier: MIT */
/* The copies of <kernel/uaccess.h> as functions, for kernels that are to be small. */
#include <kernel/uaccess.h>

unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	return __copy_from_user_inline(to, from, n);
}

unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	return __copy_to_user_inline(to, from, n);
}

unsigned long clear_user(void __user *to, unsigned long n)
{
	return __clear_user_inline(to, n);
}

int __get_user_size(u64 *val, const void __user *ptr, unsigned int size)
{
	switch (size) {
	case 1:
		return __get_user_inline(*val, (const u8 __user *)ptr);
	case 2:
		return __get_user_inline(*val, (const u16 __user *)ptr);
	case 4:
		return __get_user_inline(*val, (const u32 __user *)ptr);
	default:
		return __get_user_inline(*val, (const u64 __user *)ptr);
	}
}

int __put_user_size(u64 val, void __user *ptr, unsigned int size)
{
	switch (size) {
	case 1:
		return __put_user_inline(val, (u8 __user *)ptr);
	case 2:
		return __put_user_inline(val, (u16 __user *)ptr);
	case 4:
		return __put_user_inline(val, (u32 __user *)ptr);
	default:
		return __put_user_inline(val, (u64 __user *)ptr);
	}
}
