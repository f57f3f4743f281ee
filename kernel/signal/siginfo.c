/* SPDX-License-Identifier: MIT */
/*
 * siginfo_t between kernel and user memory. The kernel fills in 48 of its 128 bytes; user space
 * always sees the rest as zero.
 */
#include <lib/string.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>

#define USER_TAIL (sizeof(siginfo_t) - KERNEL_SIGINFO_SIZE)

int copy_siginfo_to_user(siginfo_t __user *to, const struct siginfo *from)
{
	char __user *tail = (char __user *)to + KERNEL_SIGINFO_SIZE;

	if (copy_to_user(to, from, KERNEL_SIGINFO_SIZE) || clear_user(tail, USER_TAIL))
		return -EFAULT;
	return 0;
}

/* Codes whose layout is known not to reach into the tail. */
static bool known_layout(const struct siginfo *info)
{
	return info->si_code >= SI_DETHREAD || info->si_code == SI_ASYNCNL;
}

/* 0, -EFAULT, or -E2BIG for bytes that we would not pass on. */
int copy_siginfo_from_user(struct siginfo *to, const siginfo_t __user *from)
{
	char tail[USER_TAIL];

	if (copy_from_user(to, from, KERNEL_SIGINFO_SIZE))
		return -EFAULT;
	if (copy_from_user(tail, (const char __user *)from + KERNEL_SIGINFO_SIZE, USER_TAIL))
		return -EFAULT;
	if (!known_layout(to) && memchr_inv(tail, 0, USER_TAIL))
		return -E2BIG;
	return 0;
}
