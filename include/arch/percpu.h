/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU base. <asm/percpu.h> gives:
 *   unsigned long __my_cpu_offset          bytes from a DEFINE_PER_CPU symbol to this CPU's copy
 *                                          (0 when !SMP)
 *   this_cpu_read(v), this_cpu_write(v,x), this_cpu_add(v,n), this_cpu_inc(v), this_cpu_dec(v)
 *                                          on a DEFINE_PER_CPU scalar of 4 or 8 bytes; safe
 *                                          against preemption and IRQs of this CPU (one
 *                                          instruction on x86; IRQ-safe or preempt-safe sequence
 *                                          elsewhere)
 *   void arch_set_percpu_base(unsigned int cpu)   loads the base register of the calling CPU
 * <kernel/percpu.h> builds DEFINE_PER_CPU, per_cpu(), this_cpu_ptr() on these.
 */
#ifndef ARCH_PERCPU_H
#define ARCH_PERCPU_H

#include <asm/percpu.h>

#endif
