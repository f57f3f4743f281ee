/* SPDX-License-Identifier: MIT */
#ifndef ASM_BARRIER_H
#define ASM_BARRIER_H

#define isb()	   asm volatile("isb" : : : "memory")
#define dsb(scope) asm volatile("dsb " #scope : : : "memory")
#define dmb(scope) asm volatile("dmb " #scope : : : "memory")

#define mb()	   dsb(sy)
#define rmb()	   dsb(ld)
#define wmb()	   dsb(st)

#define smp_mb()   dmb(ish)
#define smp_rmb()  dmb(ishld)
#define smp_wmb()  dmb(ishst)

/* Taking a lock is an acquire only. */
#define smp_mb__after_spinlock() smp_mb()

#define dma_rmb()		 dmb(oshld)
#define dma_wmb()		 dmb(oshst)

#endif
