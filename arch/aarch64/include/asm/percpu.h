/* SPDX-License-Identifier: MIT */
/*
 * TPIDR_EL1 holds the distance from the link-time copy of per-CPU data to this CPU's. The
 * read-modify-write forms are one exclusive loop, which an interrupt or a preemption makes run
 * again; a task that is moved between reading the base and the loop updates the old CPU's copy,
 * atomically, as if it had been moved a little later.
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#include <lib/types.h>
#include <lib/kconfig.h>

#if IS_ENABLED(CONFIG_SMP)

register unsigned long current_stack_pointer asm("sp");

/*
 * Depends on a stack word, so that it is read again after a compiler barrier but shared between
 * barriers.
 */
static inline unsigned long __my_cpu_offset_get(void)
{
	unsigned long off;

	asm("mrs %0, tpidr_el1" : "=r"(off) : "Q"(*(const unsigned long *)current_stack_pointer));
	return off;
}
#define __my_cpu_offset __my_cpu_offset_get()

void arch_set_percpu_base(unsigned int cpu);

#else

#define __my_cpu_offset 0UL

static inline void arch_set_percpu_base(unsigned int cpu)
{
}

#endif

#define __this_cpu_addr(v)   ((__typeof__(v) *)((unsigned long)&(v) + __my_cpu_offset))

#define this_cpu_read(v)     (*(const volatile __typeof__(v) *)__this_cpu_addr(v))
#define this_cpu_write(v, x) ((void)(*(volatile __typeof__(v) *)__this_cpu_addr(v) = (x)))

static inline void __this_cpu_add_4(u32 *p, u32 n)
{
	u32 val, fail;

	asm volatile("1:	ldxr	%w0, %2\n"
		     "	add	%w0, %w0, %w3\n"
		     "	stxr	%w1, %w0, %2\n"
		     "	cbnz	%w1, 1b"
		     : "=&r"(val), "=&r"(fail), "+Q"(*p)
		     : "r"(n));
}

static inline void __this_cpu_add_8(u64 *p, u64 n)
{
	u64 val;
	u32 fail;

	asm volatile("1:	ldxr	%0, %2\n"
		     "	add	%0, %0, %3\n"
		     "	stxr	%w1, %0, %2\n"
		     "	cbnz	%w1, 1b"
		     : "=&r"(val), "=&r"(fail), "+Q"(*p)
		     : "r"(n));
}

#define this_cpu_add(v, n)                                                                      \
	do {                                                                                    \
		_Static_assert(sizeof(v) == 4 || sizeof(v) == 8, "this_cpu_add: 4 or 8 bytes"); \
		if (sizeof(v) == 4)                                                             \
			__this_cpu_add_4((u32 *)__this_cpu_addr(v), (u32)(n));                  \
		else                                                                            \
			__this_cpu_add_8((u64 *)__this_cpu_addr(v), (u64)(n));                  \
	} while (0)
#define this_cpu_inc(v) this_cpu_add(v, 1)
#define this_cpu_dec(v) this_cpu_add(v, -1)

#endif
