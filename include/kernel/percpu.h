/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU variables. DEFINE_PER_CPU(type, name) puts a template in .data..percpu; each CPU has
 * its own copy. A CPU's copy is touched by that CPU with preemption off (this_cpu_ptr) or by
 * single this_cpu_*() operations, which need nothing.
 */
#ifndef KERNEL_PERCPU_H
#define KERNEL_PERCPU_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <arch/param.h>

#ifdef CONFIG_SMP
#define PERCPU_SECTION __section(".data..percpu")
#else
#define PERCPU_SECTION
#endif

#define DEFINE_PER_CPU(type, name) __typeof__(type) name PERCPU_SECTION
#define DEFINE_PER_CPU_ALIGNED(type, name) \
	__typeof__(type) name PERCPU_SECTION __aligned(CACHE_LINE)
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name PERCPU_SECTION

#include <arch/percpu.h>

#ifdef CONFIG_SMP
extern unsigned long __per_cpu_offset[CONFIG_NR_CPUS];
#define per_cpu_offset(cpu) (__per_cpu_offset[cpu])
#else
#define per_cpu_offset(cpu) ((void)(cpu), 0UL)
#endif

/*
 * Hides the symbol's identity so that the compiler does not assume bounds of the template object.
 */
#define PERCPU_SHIFT_PTR(ptr, off)                                   \
	({                                                           \
		unsigned long __p;                                   \
		__asm__("" : "=r"(__p) : "0"((unsigned long)(ptr))); \
		(__typeof__(ptr))(__p + (off));                      \
	})
#define per_cpu_ptr(ptr, cpu) PERCPU_SHIFT_PTR(ptr, per_cpu_offset(cpu))
#define per_cpu(var, cpu)     (*per_cpu_ptr(&(var), cpu))
#define this_cpu_ptr(ptr)     PERCPU_SHIFT_PTR(ptr, __my_cpu_offset)

/* Gives every possible CPU its copy. Boot CPU, after memblock is usable; kernel/percpu.c. */
#ifdef CONFIG_SMP
void setup_per_cpu_areas(void);
void free_unused_per_cpu(void);
#else
static inline void setup_per_cpu_areas(void)
{
}
static inline void free_unused_per_cpu(void)
{
}
#endif

#endif
