/* SPDX-License-Identifier: MIT */
/* The generic ECAM host bridge of devicetrees (binding pci-host-ecam-generic). */
#include <kernel/msi.h>
#include <kernel/of.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <mm/slab.h>
#include "pci.h"

#define RANGE_SPACE(flags) ((flags) >> 24 & 3)
#define SPACE_MEM32	   2
#define SPACE_MEM64	   3

static unsigned int map_pin(struct pci_host *host, struct pci_dev *dev, u8 pin)
{
	u32 addr[3] = {(u32)dev->bus << 16 | (u32)dev->devfn << 8}, spec[1] = {pin};
	struct fdt_irq irq;

	return fdt_irq_map(&of_fdt, host->of_node, addr, spec, &irq) ? 0 : of_irq_of(&irq);
}

static void read_windows(struct pci_host *host)
{
	struct fdt_range r;

	for (unsigned int i = 0; !fdt_range(&of_fdt, host->of_node, "ranges", i, &r); i++) {
		struct pci_window w = {r.child, r.child + r.size, r.cpu - r.child};

		if (RANGE_SPACE(r.flags) == SPACE_MEM32)
			host->mem32 = w;
		else if (RANGE_SPACE(r.flags) == SPACE_MEM64)
			host->mem64 = w;
	}
}

/* The controller of messages may come later in the tree: it is waited for once. */
static bool wait_for_msi(int node)
{
	static bool waited;

	if (msi_controller || waited || !fdt_has_prop(&of_fdt, node, "msi-map"))
		return false;
	waited = true;
	return true;
}

static int pci_generic_probe(int node, const void *data)
{
	struct pci_host *host;
	u64 base, size;
	u32 first = 0, last = 255;

	if (fdt_reg(&of_fdt, node, 0, &base, &size) || size < 1u << 20)
		return -ENXIO;
	if (wait_for_msi(node))
		return -EPROBE_DEFER;
	host = kzalloc(sizeof(*host), GFP_KERNEL);
	if (!host)
		return -ENOMEM;
	fdt_prop_u32(&of_fdt, node, "bus-range", 0, &first);
	fdt_prop_u32(&of_fdt, node, "bus-range", 1, &last);
	host->read = pci_ecam_read;
	host->write = pci_ecam_write;
	host->map_irq = map_pin;
	host->of_node = node;
	host->ecam = base;
	host->first_bus = min(first, 255u);
	host->last_bus = min_t(u64, min(last, 255u), host->first_bus + (size >> 20) - 1);
	read_windows(host);
	pci_scan_host(host);
	return 0;
}

static const struct of_device_id pci_generic_match[] = {{"pci-host-ecam-generic", NULL},
							{NULL, NULL}};
OF_DEVICE(pci_generic, pci_generic_match, pci_generic_probe);
