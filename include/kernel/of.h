/* SPDX-License-Identifier: MIT */
/*
 * The machine's devicetree and the drivers that match its nodes. A node is named as in
 * <lib/fdt.h>: its offset.
 *
 * A driver ends with a match table and one line:
 *
 *     static const struct of_device_id pl031_match[] = {{"arm,pl031"}, {}};
 *     OF_DEVICE(pl031, pl031_match, pl031_probe);
 *
 * probe() is called once for each available node that matches, in the order of the tree, as a
 * device_initcall: it may sleep. A failure is logged with the node's path and boot goes on;
 * -EPROBE_DEFER puts the node off until the others are done. Interrupt controllers and timers
 * come up before initcalls: IRQCHIP_DECLARE() and TIMER_DECLARE() functions run on the boot CPU
 * with IRQs off, controllers parents first, and may allocate but not sleep.
 */
#ifndef KERNEL_OF_H
#define KERNEL_OF_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <lib/fdt.h>

/*
 * The devicetree, checked; of_fdt.blob is NULL on a machine without one. Constant once boot has
 * set it.
 */
extern struct fdt of_fdt;

static inline bool of_have_tree(void)
{
	return of_fdt.blob;
}

struct of_device_id {
	const char *compatible;
	const void *data; /* for probe() */
};

struct of_driver {
	const char *name;
	const struct of_device_id *match; /* ends with an empty entry */
	int (*probe)(int node, const void *data);
};

struct of_early_init {
	const char *compatible;
	int (*init)(int node); /* 0 or -errno */
};

#define EPROBE_DEFER 517

#define OF_DEVICE(id, table, fn)                                                            \
	static const struct of_driver __of_driver_##id __table_entry("of_device_table") = { \
		.name = #id, .match = (table), .probe = (fn)}
#define IRQCHIP_DECLARE(id, compat, fn)                                                            \
	static const struct of_early_init __irqchip_##id __table_entry("irqchip_table") = {compat, \
											   fn}
#define TIMER_DECLARE(id, compat, fn) \
	static const struct of_early_init __timer_##id __table_entry("timer_table") = {compat, fn}

/* drivers/firmware/fdt; called by arch_init_irq(). How many were found and came up. */
unsigned int of_init_irqchips(void);
unsigned int of_init_timers(void);

/* Maps register range @index of @node; NULL when there is none, or no room. */
void __iomem *of_iomap(int node, unsigned int index);
/*
 * The irq number of interrupt @index of @node, its type set; 0 when there is none or its
 * controller is not there. May sleep.
 */
unsigned int of_irq_get(int node, unsigned int index);
/* The same for one hwirq of an interrupt map's result. */
unsigned int of_irq_of(const struct fdt_irq *irq);
/*
 * Frequency of the clock that clocks[@index] or clock-frequency gives; 0: unknown. Fixed clocks
 * only.
 */
u32 of_clock_rate(int node, unsigned int index);
/* The number of @node among /aliases that start with @stem ("serial": 1 for serial1); -ENOENT. */
int of_alias_id(int node, const char *stem);
/* "/pl011@9000000", for messages. Returns @buf. */
const char *of_path(int node, char *buf, size_t size);

#endif
