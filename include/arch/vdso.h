/* SPDX-License-Identifier: MIT */
/*
 * What the vDSO's clocks need of the architecture. It runs in user mode. <asm/vdso.h> gives:
 *
 *   u64  vdso_counter(void)                        the counter of the clock source; not read before
 *                                                  what stands ahead of it
 *   long vdso_syscall2(long nr, long a, long b)    the system call
 *   NR_clock_gettime, NR_gettimeofday, NR_clock_getres
 */
#ifndef ARCH_VDSO_H
#define ARCH_VDSO_H

#include <asm/vdso.h>

#endif
