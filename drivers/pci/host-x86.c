/* SPDX-License-Identifier: MIT */
/*
 * The PC's host bridge: ECAM where ACPI's MCFG table says so, else configuration mechanism 1 (ports
 * 0xcf8 and 0xcfc). INTx lines are routed as firmware left them, in the interrupt line register.
 */
#include <arch/io.h>
#include <kernel/init.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>
#include <mm/slab.h>
#include <drivers/acpi.h>
#include "pci.h"

#define PCI_CONF_ADDRESS 0xcf8
#define PCI_CONF_DATA	 0xcfc

static DEFINE_SPINLOCK(port_lock);

static u32 select_reg(u8 bus, u8 devfn, unsigned int off)
{
	return 0x80000000 | (u32)bus << 16 | (u32)devfn << 8 | (off & 0xfc);
}

static u32 port_read(struct pci_host *host, u8 bus, u8 devfn, unsigned int off, unsigned int size)
{
	unsigned long flags;
	u32 value;

	if (off >= 256)
		return ~0u;
	spin_lock_irqsave(&port_lock, flags);
	outl(select_reg(bus, devfn, off), PCI_CONF_ADDRESS);
	value = size == 1 ? inb(PCI_CONF_DATA + (off & 3)) :
		size == 2 ? inw(PCI_CONF_DATA + (off & 2)) :
			    inl(PCI_CONF_DATA);
	spin_unlock_irqrestore(&port_lock, flags);
	return value;
}

static void port_write(struct pci_host *host, u8 bus, u8 devfn, unsigned int off, unsigned int size,
		       u32 value)
{
	unsigned long flags;

	if (off >= 256)
		return;
	spin_lock_irqsave(&port_lock, flags);
	outl(select_reg(bus, devfn, off), PCI_CONF_ADDRESS);
	if (size == 1)
		outb(value, PCI_CONF_DATA + (off & 3));
	else if (size == 2)
		outw(value, PCI_CONF_DATA + (off & 2));
	else
		outl(value, PCI_CONF_DATA);
	spin_unlock_irqrestore(&port_lock, flags);
}

static unsigned int map_line(struct pci_host *host, struct pci_dev *dev, u8 pin)
{
	u8 line = pci_read_config_byte(dev, PCI_INTERRUPT_LINE);

	return line && line < 16 && irq_gsi_domain ? irq_create_mapping(irq_gsi_domain, line) : 0;
}

static struct pci_host *new_host(void)
{
	struct pci_host *host = kzalloc(sizeof(*host), GFP_KERNEL);

	if (host) {
		host->map_irq = map_line;
		host->last_bus = 255;
	}
	return host;
}

/* Something answers at mechanism 1: the address register keeps what is written. */
static bool have_ports(void)
{
	u32 old = inl(PCI_CONF_ADDRESS);
	bool there;

	outl(0x80000000, PCI_CONF_ADDRESS);
	there = inl(PCI_CONF_ADDRESS) == 0x80000000;
	outl(old, PCI_CONF_ADDRESS);
	return there;
}

static int __init add_ecam(const struct acpi_mcfg_window *w)
{
	struct pci_host *host = new_host();

	if (!host)
		return -ENOMEM;
	host->read = pci_ecam_read;
	host->write = pci_ecam_write;
	host->domain = w->segment;
	host->first_bus = w->first_bus;
	host->last_bus = w->last_bus;
	host->ecam = w->base + ((u64)w->first_bus << 20);
	pci_scan_host(host);
	return 0;
}

static int __init pci_x86_init(void)
{
	struct pci_host *host;
	int err = 0;

	for (unsigned int i = 0; i < acpi_facts.nr_mcfg && !err; i++)
		err = add_ecam(&acpi_facts.mcfg[i]);
	if (acpi_facts.nr_mcfg || !have_ports())
		return err;
	host = new_host();
	if (!host)
		return -ENOMEM;
	host->read = port_read;
	host->write = port_write;
	pci_scan_host(host);
	return 0;
}
bus_initcall(pci_x86_init);
