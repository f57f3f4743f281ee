/* SPDX-License-Identifier: MIT */
/* /proc/slabinfo: slabinfo(5), version 2.1. */
#include <fs/seq_file.h>
#include <kernel/cpumask.h>

#include "slab.h"

static void show_cache(struct seq_file *m, struct kmem_cache *s)
{
	struct magazine *depot = smp_load_acquire(&s->depot);
	unsigned long flags, slabs, total, spare = 0;
	unsigned int cpu;

	spin_lock_irqsave(&s->lock, flags);
	slabs = s->nr_slabs;
	for (u32 pfn = s->partial; pfn; pfn = pfn_to_page(pfn)->slab_next)
		spare += pfn_to_page(pfn)->objects - pfn_to_page(pfn)->inuse;
	spin_unlock_irqrestore(&s->lock, flags);
	total = slabs * s->objects;
	for_each_possible_cpu(cpu)
		spare += READ_ONCE(per_cpu(magazines[s->id], cpu)->count);
	if (depot)
		spare += READ_ONCE(depot->count);
	seq_printf(m, "%-17s %6lu %6lu %6u %4u %4u : tunables 0 0 0 : slabdata %6lu %6lu 0\n",
		   s->name, total - min(spare, total), total, s->size, s->objects, 1u << s->order,
		   slabs, slabs);
}

void slab_show(struct seq_file *m)
{
	struct kmem_cache *s;

	seq_puts(m, "slabinfo - version: 2.1\n");
	seq_puts(m, "# name            <active_objs> <num_objs> <objsize> <objperslab> ");
	seq_puts(m, "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : ");
	seq_puts(m, "slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		show_cache(m, s);
	mutex_unlock(&slab_mutex);
}
