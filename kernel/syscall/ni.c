/* SPDX-License-Identifier: MIT */
/* The system call that is none, and how many numbers there are. */
#include <kernel/syscall.h>
#include <generated/syscall_table.h>

long sys_ni_syscall(unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3,
		    unsigned long a4, unsigned long a5)
{
	return -ENOSYS;
}

const unsigned int nr_syscalls = NR_SYSCALLS;
