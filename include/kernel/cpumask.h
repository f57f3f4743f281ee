/* SPDX-License-Identifier: MIT */
/*
 * Sets of CPUs: a fixed bitmap of CONFIG_NR_CPUS bits. The global masks are changed under cpu
 * bring-up only, with atomic bit operations.
 */
#ifndef KERNEL_CPUMASK_H
#define KERNEL_CPUMASK_H

#include <lib/types.h>
#include <lib/bitops.h>
#include <lib/bitmap.h>

#define CPUMASK_LONGS ((CONFIG_NR_CPUS + 63) / 64)

typedef struct cpumask {
	unsigned long bits[CPUMASK_LONGS];
} cpumask_t;

#ifdef CONFIG_SMP
extern cpumask_t __cpu_possible_mask, __cpu_online_mask;
extern unsigned int nr_cpu_ids; /* highest possible id + 1 */
extern _Atomic unsigned int __nr_online_cpus;
#define cpu_possible_mask ((const cpumask_t *)&__cpu_possible_mask)
#define cpu_online_mask	  ((const cpumask_t *)&__cpu_online_mask)
#define num_online_cpus() (__nr_online_cpus)
void set_cpu_possible(unsigned int cpu, bool yes);
void set_cpu_online(unsigned int cpu, bool yes);
unsigned int num_possible_cpus(void);
#else
extern const cpumask_t cpu_mask_zero;
#define nr_cpu_ids		   1u
#define cpu_possible_mask	   (&cpu_mask_zero)
#define cpu_online_mask		   (&cpu_mask_zero)
#define num_online_cpus()	   1u
#define num_possible_cpus()	   1u
#define set_cpu_possible(cpu, yes) ((void)(cpu))
#define set_cpu_online(cpu, yes)   ((void)(cpu))
#endif

static inline bool cpumask_test_cpu(unsigned int cpu, const cpumask_t *m)
{
	return (READ_ONCE(m->bits[cpu / 64]) >> (cpu % 64)) & 1;
}
static inline void cpumask_set_cpu(unsigned int cpu, cpumask_t *m)
{
	set_bit(cpu, m->bits);
}
static inline void cpumask_clear_cpu(unsigned int cpu, cpumask_t *m)
{
	clear_bit(cpu, m->bits);
}
static inline void cpumask_clear(cpumask_t *m)
{
	bitmap_zero(m->bits, CONFIG_NR_CPUS);
}
static inline void cpumask_setall(cpumask_t *m)
{
	bitmap_fill(m->bits, CONFIG_NR_CPUS);
}
static inline bool cpumask_and(cpumask_t *d, const cpumask_t *a, const cpumask_t *b)
{
	unsigned long any = 0;

	for (int i = 0; i < CPUMASK_LONGS; i++)
		any |= d->bits[i] = a->bits[i] & b->bits[i];
	return any;
}
static inline bool cpumask_intersects(const cpumask_t *a, const cpumask_t *b)
{
	for (int i = 0; i < CPUMASK_LONGS; i++)
		if (a->bits[i] & b->bits[i])
			return true;
	return false;
}
/* Is every CPU of @a in @b? */
static inline bool cpumask_subset(const cpumask_t *a, const cpumask_t *b)
{
	for (int i = 0; i < CPUMASK_LONGS; i++)
		if (a->bits[i] & ~b->bits[i])
			return false;
	return true;
}
static inline bool cpumask_empty(const cpumask_t *m)
{
	for (int i = 0; i < CPUMASK_LONGS; i++)
		if (m->bits[i])
			return false;
	return true;
}
/* Next CPU in @m after @cpu (-1 to start), or >= nr_cpu_ids. */
static inline unsigned int cpumask_next(int cpu, const cpumask_t *m)
{
	for (unsigned int c = cpu + 1; c < nr_cpu_ids; c++)
		if (cpumask_test_cpu(c, m))
			return c;
	return nr_cpu_ids;
}
#define cpumask_first(m) cpumask_next(-1, (m))
#define for_each_cpu(cpu, m) \
	for ((cpu) = cpumask_next(-1, (m)); (cpu) < nr_cpu_ids; (cpu) = cpumask_next((cpu), (m)))
#define for_each_possible_cpu(cpu) for_each_cpu(cpu, cpu_possible_mask)
#define for_each_online_cpu(cpu)   for_each_cpu(cpu, cpu_online_mask)
#define cpu_online(cpu)		   cpumask_test_cpu((cpu), cpu_online_mask)

#endif
