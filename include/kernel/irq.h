/* SPDX-License-Identifier: MIT */
/*
 * Interrupts. A domain turns an interrupt controller's own numbers (hwirq: GSI, GIC INTID, MSI
 * vector) into irq numbers, which index irq_desc. Drivers request an irq; the controller's entry
 * code calls generic_handle_domain_irq() between irq_enter() and irq_exit().
 *
 * Locks: irq_desc.lock is taken with IRQs off; chip callbacks run under it.
 */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

#include <lib/types.h>
#include <kernel/cpumask.h>
#include <kernel/spinlock.h>

#define NR_IRQS CONFIG_NR_IRQS

typedef enum { IRQ_NONE, IRQ_HANDLED, IRQ_WAKE_THREAD } irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *dev);

#define IRQF_SHARED	      0x80
#define IRQF_PERCPU	      0x400 /* same handler on each CPU; dev is a per-CPU template */

#define IRQ_TYPE_NONE	      0
#define IRQ_TYPE_EDGE_RISING  1
#define IRQ_TYPE_EDGE_FALLING 2
#define IRQ_TYPE_LEVEL_HIGH   4
#define IRQ_TYPE_LEVEL_LOW    8

struct irq_desc;
struct irq_domain;

struct irq_data {
	unsigned int irq;
	unsigned int hwirq;
	struct irq_domain *domain;
	const struct irq_chip *chip;
	void *chip_data;
};

/* Callbacks: IRQs off, desc lock held, must not sleep. NULL where nothing is to do. */
struct irq_chip {
	const char *name;
	void (*irq_mask)(struct irq_data *d);
	void (*irq_unmask)(struct irq_data *d);
	void (*irq_ack)(struct irq_data *d); /* edge: before the handler */
	void (*irq_eoi)(struct irq_data *d); /* after the handler */
	int (*irq_set_type)(struct irq_data *d, unsigned int type);
	int (*irq_set_affinity)(struct irq_data *d, const cpumask_t *mask);
};

struct irq_domain_ops {
	/* Sets up @d (chip, chip_data) for d->hwirq; 0 or -errno. May sleep. */
	int (*map)(struct irq_domain *dom, struct irq_data *d);
	/* Devicetree: decodes the @n cells of an interrupt specifier. */
	int (*xlate)(struct irq_domain *dom, const u32 *cells, unsigned int n, unsigned int *hwirq,
		     unsigned int *type);
};

struct irq_domain {
	const char *name;
	const struct irq_domain_ops *ops;
	u32 of_phandle; /* 0: none */
	void *host_data;
	unsigned int nr_hwirq;
	u16 *revmap; /* hwirq -> irq, 0: none; written under the core's lock, read lock-free */
	struct list_head list;
};

/* Registers a controller. Boot or process context; uses kzalloc. NULL when out of memory. */
struct irq_domain *irq_domain_create(const char *name, unsigned int nr_hwirq,
				     const struct irq_domain_ops *ops, void *host_data);
struct irq_domain *irq_find_domain_of(u32 phandle);
/* The irq of @hwirq, made if new; 0 on failure. May sleep. */
unsigned int irq_create_mapping(struct irq_domain *dom, unsigned int hwirq);
/* x86: ISA/GSI domain set by the I/O APIC or i8259 driver. */
extern struct irq_domain *irq_gsi_domain;

/* 0 or -EINVAL, -EBUSY (not shareable), -ENOMEM. The line is unmasked. May sleep. */
int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name,
		void *dev);
void free_irq(unsigned int irq, void *dev);
int irq_set_type(unsigned int irq, unsigned int type);
int irq_set_affinity(unsigned int irq, const cpumask_t *mask);
void disable_irq(unsigned int irq);
void enable_irq(unsigned int irq);
/* Per-CPU lines (timers, IPIs): handler set once, then each CPU unmasks its own. */
int request_percpu_irq(unsigned int irq, irq_handler_t handler, const char *name, void *dev);
void enable_percpu_irq(unsigned int irq);

/*
 * Entry code: irq_enter(); generic_handle_domain_irq(); irq_exit(); then, to kernel mode,
 * preempt_schedule_irq() if wanted. Hard IRQ context.
 */
void irq_enter(void);
void irq_exit(void);
void generic_handle_domain_irq(struct irq_domain *dom, unsigned int hwirq);
void generic_handle_irq(unsigned int irq);

/* The registers that the running interrupt came from (NULL outside): for tick accounting. */
struct pt_regs;
struct pt_regs *get_irq_regs(void);
struct pt_regs *set_irq_regs(struct pt_regs *regs); /* returns the old */

/*
 * arch: finds the controllers and the boot CPU's timer; clocksource and clockevent are registered
 * on return
 */
void arch_init_irq(void);
struct seq_file;
int show_interrupts(struct seq_file *m); /* whole of /proc/interrupts */
u64 irq_total_count(void);

#endif
