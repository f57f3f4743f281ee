/* SPDX-License-Identifier: MIT */
/*
 * PCI Express enhanced configuration access: 4 KiB a function, in memory. A bus is mapped when it
 * is first looked at, which is while it is scanned.
 */
#include <arch/io.h>
#include "pci.h"

static void __iomem *reg_of(struct pci_host *host, u8 bus, u8 devfn, unsigned int off)
{
	if (bus < host->first_bus || bus > host->last_bus || off >= 4096)
		return NULL;
	if (!host->bus_map[bus])
		host->bus_map[bus] =
			ioremap(host->ecam + ((u64)(bus - host->first_bus) << 20), 1u << 20);
	return host->bus_map[bus] ? host->bus_map[bus] + ((unsigned int)devfn << 12) + off : NULL;
}

u32 pci_ecam_read(struct pci_host *host, u8 bus, u8 devfn, unsigned int off, unsigned int size)
{
	void __iomem *reg = reg_of(host, bus, devfn, off);

	if (!reg)
		return ~0u;
	return size == 1 ? readb(reg) : size == 2 ? readw(reg) : readl(reg);
}

void pci_ecam_write(struct pci_host *host, u8 bus, u8 devfn, unsigned int off, unsigned int size,
		    u32 value)
{
	void __iomem *reg = reg_of(host, bus, devfn, off);

	if (!reg)
		return;
	if (size == 1)
		writeb(value, reg);
	else if (size == 2)
		writew(value, reg);
	else
		writel(value, reg);
}
