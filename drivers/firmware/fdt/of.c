/* SPDX-License-Identifier: MIT */
/*
 * From devicetree nodes to drivers: finds who matches, brings up interrupt controllers and timers,
 * and turns reg, interrupts and clocks into what the kernel uses. The format itself is lib/fdt's.
 */
#define pr_fmt(fmt) "of: " fmt

#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/of.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/kstrtox.h>
#include <lib/string.h>
#include <arch/io.h>

struct fdt of_fdt;

#define PATH_MAX_SHOWN 96

const char *of_path(int node, char *buf, size_t size)
{
	if (fdt_path(&of_fdt, node, buf, size) < 0)
		strscpy(buf, fdt_node_name(&of_fdt, node), size);
	return buf;
}

void __iomem *of_iomap(int node, unsigned int index)
{
	u64 addr, size;

	if (fdt_reg(&of_fdt, node, index, &addr, &size) || !size)
		return NULL;
	return ioremap(addr, size);
}

unsigned int of_irq_of(const struct fdt_irq *irq)
{
	unsigned int hwirq, type, virq;
	struct irq_domain *dom;
	u32 phandle;

	if (fdt_prop_u32(&of_fdt, irq->controller, "phandle", 0, &phandle))
		return 0;
	dom = irq_find_domain_of(phandle);
	if (!dom || dom->ops->xlate(dom, irq->cells, irq->count, &hwirq, &type))
		return 0;
	virq = irq_create_mapping(dom, hwirq);
	if (virq && type != IRQ_TYPE_NONE)
		irq_set_type(virq, type);
	return virq;
}

unsigned int of_irq_get(int node, unsigned int index)
{
	struct fdt_irq irq;

	return fdt_irq(&of_fdt, node, index, &irq) ? 0 : of_irq_of(&irq);
}

u32 of_clock_rate(int node, unsigned int index)
{
	u32 phandle, rate;
	int clock;

	if (!fdt_prop_u32(&of_fdt, node, "clock-frequency", 0, &rate))
		return rate;
	if (fdt_prop_u32(&of_fdt, node, "clocks", index, &phandle))
		return 0;
	clock = fdt_find_phandle(&of_fdt, phandle);
	if (clock < 0 || fdt_prop_u32(&of_fdt, clock, "clock-frequency", 0, &rate))
		return 0;
	return rate;
}

int of_alias_id(int node, const char *stem)
{
	int aliases = fdt_find_path(&of_fdt, "/aliases");
	struct fdt_prop prop;
	unsigned int id;

	if (aliases < 0 || !fdt_first_prop(&of_fdt, aliases, &prop))
		return -ENOENT;
	do {
		const char *path = fdt_prop_string(&of_fdt, aliases, prop.name, 0);

		if (strstarts(prop.name, stem) && path && fdt_find_path(&of_fdt, path) == node &&
		    !kstrtouint(prop.name + strlen(stem), 10, &id))
			return (int)id;
	} while (fdt_next_prop(&of_fdt, &prop));
	return -ENOENT;
}

/* ---- interrupt controllers and timers ---- */

extern const struct of_early_init __start_irqchip_table[], __stop_irqchip_table[];
extern const struct of_early_init __start_timer_table[], __stop_timer_table[];

static bool __init init_one(int node, const struct of_early_init *entry, const char *what)
{
	char path[PATH_MAX_SHOWN];
	int err = entry->init(node);

	if (err)
		pr_err("%s %s (%s) failed: error %d\n", what, of_path(node, path, sizeof(path)),
		       entry->compatible, -err);
	return !err;
}

/*
 * Calls the first entry of the table that fits each available node that has property @prop (NULL:
 * any).
 */
static unsigned int __init init_nodes(const struct of_early_init *start,
				      const struct of_early_init *stop, const char *prop,
				      const char *what)
{
	unsigned int found = 0;
	int node;

	fdt_for_each_node(&of_fdt, node) {
		if (prop && !fdt_has_prop(&of_fdt, node, prop))
			continue;
		for (const struct of_early_init *e = start; e < stop; e++) {
			if (!fdt_is_compatible(&of_fdt, node, e->compatible))
				continue;
			if (fdt_is_available(&of_fdt, node))
				found += init_one(node, e, what);
			break;
		}
	}
	return found;
}

/*
 * A tree lists a controller before its children in practice; a child that comes first fails by
 * name.
 */
unsigned int __init of_init_irqchips(void)
{
	return init_nodes(__start_irqchip_table, __stop_irqchip_table, "interrupt-controller",
			  "interrupt controller");
}

unsigned int __init of_init_timers(void)
{
	return init_nodes(__start_timer_table, __stop_timer_table, NULL, "timer");
}

/* ---- devices ---- */

extern const struct of_driver __start_of_device_table[], __stop_of_device_table[];

#define MAX_DEFERRED 32

struct deferred {
	int node;
	const struct of_driver *driver;
	const struct of_device_id *id;
};

static struct deferred deferred[MAX_DEFERRED] __initdata;
static unsigned int nr_deferred __initdata;

static int __init probe_one(int node, const struct of_driver *driver, const struct of_device_id *id)
{
	char path[PATH_MAX_SHOWN];
	int err = driver->probe(node, id->data);

	if (err && err != -EPROBE_DEFER)
		pr_warn("%s: driver %s failed: error %d\n", of_path(node, path, sizeof(path)),
			driver->name, -err);
	return err;
}

static const struct of_device_id *__init match(int node, const struct of_driver *driver)
{
	const struct of_device_id *id;

	for (id = driver->match; id->compatible; id++)
		if (fdt_is_compatible(&of_fdt, node, id->compatible))
			return id;
	return NULL;
}

static void __init probe_node(int node)
{
	for (const struct of_driver *d = __start_of_device_table; d < __stop_of_device_table; d++) {
		const struct of_device_id *id = match(node, d);

		if (!id)
			continue;
		if (probe_one(node, d, id) == -EPROBE_DEFER && nr_deferred < MAX_DEFERRED)
			deferred[nr_deferred++] = (struct deferred){node, d, id};
		return;
	}
}

static int __init of_probe_devices(void)
{
	int node;

	if (!of_have_tree())
		return 0;
	fdt_for_each_node(&of_fdt, node) {
		if (fdt_has_prop(&of_fdt, node, "compatible") && fdt_is_available(&of_fdt, node))
			probe_node(node);
	}
	for (unsigned int i = 0; i < nr_deferred; i++)
		probe_one(deferred[i].node, deferred[i].driver, deferred[i].id);
	return 0;
}
device_initcall(of_probe_devices);
