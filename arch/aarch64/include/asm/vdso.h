/* SPDX-License-Identifier: MIT */
/* <arch/vdso.h>: code that runs in user mode. */
#ifndef ASM_VDSO_H
#define ASM_VDSO_H

#include <lib/types.h>

#define NR_gettimeofday	 169
#define NR_clock_gettime 113
#define NR_clock_getres	 114

static inline u64 vdso_counter(void)
{
	u64 cycles;

	/* The barrier keeps the counter from being read early. */
	asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(cycles) : : "memory");
	return cycles;
}

static inline long vdso_syscall2(long nr, long a, long b)
{
	register long x8 asm("x8") = nr;
	register long x0 asm("x0") = a;
	register long x1 asm("x1") = b;

	asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
	return x0;
}

#endif
