/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU data is reached through %gs, whose base is the distance from the template in
 * .data..percpu to the CPU's copy: `%gs:symbol` is this CPU's instance. Each this_cpu_*() is one
 * instruction, so neither an interrupt nor preemption can come in between. Without CONFIG_SMP there
 * is one instance, the symbol itself, and %gs is left to user space for good.
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#include <lib/types.h>

#ifdef CONFIG_SMP
#define __percpu_seg "%%gs:"
#else
#define __percpu_seg ""
#endif

#define this_cpu_read(v)                                                                           \
	({                                                                                         \
		__typeof__(v) __v;                                                                 \
		static_assert(sizeof(v) == 4 || sizeof(v) == 8);                                   \
		if (sizeof(v) == 8)                                                                \
			__asm__ __volatile__("movq " __percpu_seg "%1, %q0" : "=r"(__v) : "m"(v)); \
		else                                                                               \
			__asm__ __volatile__("movl " __percpu_seg "%1, %k0" : "=r"(__v) : "m"(v)); \
		__v;                                                                               \
	})

#define __this_cpu_modify(op, out, v, x)                                    \
	do {                                                                \
		__typeof__(v) __x = (x);                                    \
		static_assert(sizeof(v) == 4 || sizeof(v) == 8);            \
		if (sizeof(v) == 8)                                         \
			__asm__ __volatile__(op "q %q1, " __percpu_seg "%0" \
					     : out(v)                       \
					     : "re"(__x)                    \
					     : "cc");                       \
		else                                                        \
			__asm__ __volatile__(op "l %k1, " __percpu_seg "%0" \
					     : out(v)                       \
					     : "re"(__x)                    \
					     : "cc");                       \
	} while (0)

#define this_cpu_write(v, x) __this_cpu_modify("mov", "=m", v, x)
#define this_cpu_add(v, n)   __this_cpu_modify("add", "+m", v, n)
#define this_cpu_inc(v)	     this_cpu_add(v, 1)
#define this_cpu_dec(v)	     this_cpu_add(v, -1)

/* A value that cannot change while the caller runs (current): the compiler may keep it. */
#define this_cpu_read_stable(v)                                                          \
	({                                                                               \
		__typeof__(v) __v;                                                       \
		__asm__("movq " __percpu_seg "%P1(%%rip), %q0" : "=r"(__v) : "i"(&(v))); \
		__v;                                                                     \
	})

#ifdef CONFIG_SMP
/*
 * This CPU's copy minus the template, kept in the copy itself: reading it is cheaper than reading
 * the base register.
 */
extern unsigned long this_cpu_offset;
#define __my_cpu_offset this_cpu_read(this_cpu_offset)
#else
#define __my_cpu_offset 0UL
#endif

/*
 * Loads the base register of the calling CPU from __per_cpu_offset[cpu] (kernel/percpu.c). IRQs
 * off.
 */
void arch_set_percpu_base(unsigned int cpu);

#endif
