/* SPDX-License-Identifier: MIT */
/*
 * Barriers for devices and for code that cannot be C11 atomics. <asm/barrier.h> gives mb(),
 * rmb(), wmb() (devices too), smp_mb(), smp_rmb(), smp_wmb() (CPUs only), dma_rmb(), dma_wmb(),
 * isb() (instruction stream; may be empty), smp_mb__after_spinlock() (makes the taking of a
 * spinlock just before a full barrier). CPU-to-CPU ordering in new code is C11 atomics with
 * explicit orders; state the pairing where one of these is used.
 */
#ifndef ARCH_BARRIER_H
#define ARCH_BARRIER_H

#include <asm/barrier.h>

#endif
