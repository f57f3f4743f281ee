/* SPDX-License-Identifier: MIT */
/* Interrupt descriptors, domains and handlers; see kernel/irq.h. */
#include <uapi/errno.h>
#include <kernel/bug.h>
#include <kernel/irq.h>
#include <kernel/irqflags.h>
#include <kernel/mutex.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <fs/seq_file.h>
#include <lib/string.h>
#include <mm/slab.h>

struct irqaction {
	struct irqaction *next;
	irq_handler_t handler;
	void *dev;
	const char *name;
	unsigned long flags;
};

struct irq_desc {
	struct irq_data data;
	spinlock_t lock;
	/* lock for writers; handlers read it under the IRQ itself, freed after RCU */
	struct irqaction *action;
	unsigned int depth; /* lock: nested disable_irq() */
	bool percpu;
	_Atomic unsigned int running;
	unsigned int unhandled;
	unsigned int count[CONFIG_NR_CPUS];
};

struct irq_domain *irq_gsi_domain;

static struct irq_desc *irq_descs[NR_IRQS]; /* set once, irq_mutex */
static DEFINE_MUTEX(irq_mutex);
static LIST_HEAD(irq_domains);
static unsigned int nr_irqs_used = 1; /* irq 0 is "none" */
static DEFINE_PER_CPU(struct pt_regs *, irq_regs);
static DEFINE_PER_CPU(u32, irq_from_idle);

static struct irq_desc *irq_to_desc(unsigned int irq)
{
	return irq < NR_IRQS ? READ_ONCE(irq_descs[irq]) : NULL;
}

struct irq_domain *irq_domain_create(const char *name, unsigned int nr_hwirq,
				     const struct irq_domain_ops *ops, void *host_data)
{
	struct irq_domain *dom = kzalloc(sizeof(*dom), GFP_KERNEL);

	if (!dom)
		return NULL;
	dom->revmap = kcalloc(nr_hwirq, sizeof(*dom->revmap), GFP_KERNEL);
	if (!dom->revmap) {
		kfree(dom);
		return NULL;
	}
	dom->name = name;
	dom->nr_hwirq = nr_hwirq;
	dom->ops = ops;
	dom->host_data = host_data;
	mutex_lock(&irq_mutex);
	list_add_tail(&dom->list, &irq_domains);
	mutex_unlock(&irq_mutex);
	return dom;
}

struct irq_domain *irq_find_domain_of(u32 phandle)
{
	struct irq_domain *dom, *found = NULL;

	mutex_lock(&irq_mutex);
	list_for_each_entry(dom, &irq_domains, list)
		if (dom->of_phandle == phandle)
			found = dom;
	mutex_unlock(&irq_mutex);
	return found;
}

static unsigned int map_new_irq(struct irq_domain *dom, unsigned int hwirq)
{
	struct irq_desc *desc;
	unsigned int irq = nr_irqs_used;

	if (irq >= NR_IRQS) {
		pr_err("irq: all %d interrupt numbers are in use; raise CONFIG_NR_IRQS\n", NR_IRQS);
		return 0;
	}
	desc = kzalloc(sizeof(*desc), GFP_KERNEL);
	if (!desc)
		return 0;
	spin_lock_init(&desc->lock);
	desc->depth = 1;
	desc->data.irq = irq;
	desc->data.hwirq = hwirq;
	desc->data.domain = dom;
	if (dom->ops->map(dom, &desc->data)) {
		kfree(desc);
		return 0;
	}
	nr_irqs_used++;
	WRITE_ONCE(irq_descs[irq], desc);
	smp_store_release(&dom->revmap[hwirq], (u16)irq);
	return irq;
}

unsigned int irq_create_mapping(struct irq_domain *dom, unsigned int hwirq)
{
	unsigned int irq;

	if (!dom || hwirq >= dom->nr_hwirq)
		return 0;
	mutex_lock(&irq_mutex);
	irq = dom->revmap[hwirq];
	if (!irq)
		irq = map_new_irq(dom, hwirq);
	mutex_unlock(&irq_mutex);
	return irq;
}

/* desc->lock held. The line follows depth: masked while it is not 0. */
static void irq_unmask(struct irq_desc *desc)
{
	if (desc->data.chip->irq_unmask)
		desc->data.chip->irq_unmask(&desc->data);
}

static void irq_mask(struct irq_desc *desc)
{
	if (desc->data.chip->irq_mask)
		desc->data.chip->irq_mask(&desc->data);
}

static int add_action(struct irq_desc *desc, struct irqaction *new)
{
	struct irqaction **p = &desc->action;

	if (*p && !((*p)->flags & new->flags &IRQF_SHARED))
		return -EBUSY;
	while (*p)
		p = &(*p)->next;
	smp_store_release(p, new);
	if (desc->action == new && !desc->percpu && --desc->depth == 0)
		irq_unmask(desc);
	return 0;
}

static int setup_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name,
		     void *dev, bool percpu)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irqaction *new;
	unsigned long irqflags;
	int ret;

	if (!desc || !handler)
		return -EINVAL;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	new->handler = handler;
	new->dev = dev;
	new->name = name;
	new->flags = flags;
	spin_lock_irqsave(&desc->lock, irqflags);
	if (percpu)
		desc->percpu = true;
	ret = add_action(desc, new);
	spin_unlock_irqrestore(&desc->lock, irqflags);
	if (ret)
		kfree(new);
	return ret;
}

int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name,
		void *dev)
{
	return setup_irq(irq, handler, flags, name, dev, false);
}

int request_percpu_irq(unsigned int irq, irq_handler_t handler, const char *name, void *dev)
{
	return setup_irq(irq, handler, IRQF_PERCPU, name, dev, true);
}

void enable_percpu_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;

	if (!desc)
		return;
	spin_lock_irqsave(&desc->lock, flags);
	irq_unmask(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
}

void free_irq(unsigned int irq, void *dev)
{
	struct irq_desc *desc = irq_to_desc(irq);
	struct irqaction **p, *old = NULL;
	unsigned long flags;

	if (!desc)
		return;
	spin_lock_irqsave(&desc->lock, flags);
	for (p = &desc->action; *p; p = &(*p)->next) {
		if ((*p)->dev == dev) {
			old = *p;
			WRITE_ONCE(*p, old->next);
			break;
		}
	}
	if (old && !desc->action && desc->depth++ == 0)
		irq_mask(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
	synchronize_rcu(); /* a handler that runs now counts as a reader */
	kfree(old);
}

int irq_set_type(unsigned int irq, unsigned int type)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;
	int ret = 0;

	if (!desc)
		return -EINVAL;
	spin_lock_irqsave(&desc->lock, flags);
	if (desc->data.chip->irq_set_type)
		ret = desc->data.chip->irq_set_type(&desc->data, type);
	spin_unlock_irqrestore(&desc->lock, flags);
	return ret;
}

int irq_set_affinity(unsigned int irq, const cpumask_t *mask)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;
	int ret = -EINVAL;

	if (!desc)
		return -EINVAL;
	spin_lock_irqsave(&desc->lock, flags);
	if (desc->data.chip->irq_set_affinity)
		ret = desc->data.chip->irq_set_affinity(&desc->data, mask);
	spin_unlock_irqrestore(&desc->lock, flags);
	return ret;
}

void disable_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;

	if (!desc)
		return;
	spin_lock_irqsave(&desc->lock, flags);
	if (desc->depth++ == 0)
		irq_mask(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
	while (atomic_load_explicit(&desc->running, memory_order_acquire))
		cpu_relax();
}

void enable_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);
	unsigned long flags;

	if (!desc)
		return;
	spin_lock_irqsave(&desc->lock, flags);
	if (!WARN_ON_ONCE(!desc->depth) && --desc->depth == 0)
		irq_unmask(desc);
	spin_unlock_irqrestore(&desc->lock, flags);
}

void irq_enter(void)
{
	preempt_count_add(HARDIRQ_OFFSET);
	if (preempt_count() < 2 * HARDIRQ_OFFSET)
		this_cpu_write(irq_from_idle, rcu_irq_enter());
}

void irq_exit(void)
{
	if (preempt_count() < 2 * HARDIRQ_OFFSET)
		rcu_irq_exit(this_cpu_read(irq_from_idle));
	preempt_count_sub(HARDIRQ_OFFSET);
}

struct pt_regs *get_irq_regs(void)
{
	return this_cpu_read(irq_regs);
}

struct pt_regs *set_irq_regs(struct pt_regs *regs)
{
	struct pt_regs *old = this_cpu_read(irq_regs);

	this_cpu_write(irq_regs, regs);
	return old;
}

#define SPURIOUS_LIMIT 100000

/* A line that nobody serves would interrupt for ever: after so many in a row it is masked. */
static void note_unhandled(struct irq_desc *desc)
{
	if (++desc->unhandled < SPURIOUS_LIMIT)
		return;
	pr_err("irq: %u (%s %u) interrupts, but no driver serves it; switched off\n",
	       desc->data.irq, desc->data.domain->name, desc->data.hwirq);
	spin_lock(&desc->lock);
	desc->depth++;
	irq_mask(desc);
	spin_unlock(&desc->lock);
}

static void handle_desc(struct irq_desc *desc)
{
	const struct irq_chip *chip = desc->data.chip;
	irqreturn_t ret = IRQ_NONE;
	struct irqaction *a;

	atomic_fetch_add_explicit(&desc->running, 1, memory_order_relaxed);
	desc->count[smp_processor_id()]++;
	if (chip->irq_ack)
		chip->irq_ack(&desc->data);
	for (a = smp_load_acquire(&desc->action); a; a = READ_ONCE(a->next))
		if (a->handler(desc->data.irq, a->dev) == IRQ_HANDLED)
			ret = IRQ_HANDLED;
	if (likely(ret == IRQ_HANDLED))
		desc->unhandled = 0;
	else
		note_unhandled(desc);
	if (chip->irq_eoi)
		chip->irq_eoi(&desc->data);
	atomic_fetch_sub_explicit(&desc->running, 1, memory_order_release);
}

void generic_handle_irq(unsigned int irq)
{
	struct irq_desc *desc = irq_to_desc(irq);

	if (likely(desc))
		handle_desc(desc);
	else
		pr_warn_ratelimited("irq: interrupt %u is not mapped\n", irq);
}

void generic_handle_domain_irq(struct irq_domain *dom, unsigned int hwirq)
{
	generic_handle_irq(hwirq < dom->nr_hwirq ? smp_load_acquire(&dom->revmap[hwirq]) : 0);
}

int show_interrupts(struct seq_file *m)
{
	unsigned int cpu;

	seq_printf(m, "     ");
	for_each_online_cpu(cpu)
		seq_printf(m, "      CPU%-3u", cpu);
	seq_printf(m, "\n");
	for (unsigned int irq = 1; irq < nr_irqs_used; irq++) {
		struct irq_desc *desc = irq_to_desc(irq);

		if (!desc || !desc->action)
			continue;
		seq_printf(m, "%4u:", irq);
		for_each_online_cpu(cpu)
			seq_printf(m, " %11u", desc->count[cpu]);
		seq_printf(m, "  %-10s %5u  %s\n", desc->data.chip->name, desc->data.hwirq,
			   desc->action->name);
	}
	show_ipis(m);
	return 0;
}

u64 irq_total_count(void)
{
	unsigned int cpu;
	u64 n = 0;

	for (unsigned int irq = 1; irq < nr_irqs_used; irq++) {
		struct irq_desc *desc = irq_to_desc(irq);

		for_each_possible_cpu(cpu)
			n += desc ? desc->count[cpu] : 0;
	}
	return n;
}
