/* SPDX-License-Identifier: MIT */
/*
 * Memory order of x86 (SDM vol. 3, 9.2): only a store followed by a load of another address can be
 * seen reordered.
 */
#ifndef ASM_BARRIER_H
#define ASM_BARRIER_H

#include <lib/compiler.h>

#define mb()  __asm__ __volatile__("mfence" : : : "memory")
#define rmb() __asm__ __volatile__("lfence" : : : "memory")
#define wmb() __asm__ __volatile__("sfence" : : : "memory")

#ifdef CONFIG_SMP
#define smp_mb() __asm__ __volatile__("lock; addl $0, -4(%%rsp)" : : : "memory", "cc")
#else
#define smp_mb() barrier()
#endif
#define smp_rmb() barrier()
#define smp_wmb() barrier()
#define dma_rmb() barrier()
#define dma_wmb() barrier()
#define isb()	  barrier()

/* A lock is taken by a locked instruction, which is a full barrier already. */
#define smp_mb__after_spinlock() barrier()

#endif
