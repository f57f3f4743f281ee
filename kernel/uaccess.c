/* SPDX-License-Identifier: MIT */
/*
 * The parts of <kernel/uaccess.h> that are too long to be inline. Context: process; all may fault
 * and sleep.
 */
#include <lib/hash.h>
#include <lib/string.h>
#include <kernel/uaccess.h>

long strncpy_from_user(char *dst, const char __user *src, long n)
{
	unsigned long start = (unsigned long)src, room;
	long len;

	if (unlikely(n <= 0))
		return 0;
	if (unlikely(start >= TASK_SIZE))
		return -EFAULT;
	room = TASK_SIZE - start;
	if (likely((unsigned long)n <= room))
		return raw_strncpy_from_user(dst, src, n);
	len = raw_strncpy_from_user(dst, src, room);
	return len == room ? -EFAULT : len; /* ran into the end of user space without a NUL */
}

/* Reads aligned words, which never cross into a page that the string does not touch. */
long strnlen_user(const char __user *s, long n)
{
	unsigned long start = (unsigned long)s, room, skip = start & 7;
	const u64 __user *p = (const u64 __user *)(start - skip);
	long len = -(long)skip;
	u64 word, zeroes;

	if (unlikely(n <= 0 || start >= TASK_SIZE))
		return 0;
	room = min_t(unsigned long, n, TASK_SIZE - start);
	if (raw_get_user(word, p))
		return 0;
	word |= (1ull << (skip * 8)) - 1; /* bytes before the string are not its end */
	for (;;) {
		zeroes = has_zero(word);
		if (zeroes) {
			len += zero_byte_index(zeroes) + 1;
			return len <= n ? len : n + 1;
		}
		len += 8;
		if (len >= (long)room)
			return room == (unsigned long)n ? n + 1 : 0;
		if (raw_get_user(word, ++p))
			return 0;
	}
}

/* 1 if all bytes are zero, 0 if not, or -EFAULT. */
static int check_zeroed_user(const char __user *src, size_t n)
{
	u8 chunk[64];

	while (n) {
		size_t len = min(n, sizeof(chunk));

		if (copy_from_user(chunk, src, len))
			return -EFAULT;
		if (memchr_inv(chunk, 0, len))
			return 0;
		src += len;
		n -= len;
	}
	return 1;
}

int copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	size_t size = min(ksize, usize);
	int ret;

	if (usize > ksize) {
		ret = check_zeroed_user((const char __user *)src + size, usize - ksize);
		if (ret <= 0)
			return ret ? ret : -E2BIG;
	} else if (usize < ksize) {
		memset((char *)dst + size, 0, ksize - usize);
	}
	return copy_from_user(dst, src, size) ? -EFAULT : 0;
}
