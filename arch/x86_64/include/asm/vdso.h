/* SPDX-License-Identifier: MIT */
/* <arch/vdso.h>: code that runs in user mode. */
#ifndef ASM_VDSO_H
#define ASM_VDSO_H

#include <asm/msr.h>

#define NR_gettimeofday	 96
#define NR_clock_gettime 228
#define NR_clock_getres	 229

#define vdso_counter()	 rdtsc_ordered()

static inline long vdso_syscall2(long nr, long a, long b)
{
	long ret;

	__asm__ __volatile__("syscall"
			     : "=a"(ret)
			     : "0"(nr), "D"(a), "S"(b)
			     : "rcx", "r11", "memory");
	return ret;
}

#endif
