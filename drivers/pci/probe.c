/* SPDX-License-Identifier: MIT */
/*
 * Finding PCI devices, their BARs and interrupts, and their drivers. Firmware has given addresses
 * and bus numbers on a PC; where there was none (QEMU's virt with -kernel), devices on the root bus
 * get addresses from the host bridge's windows, and what is behind bridges is not reached.
 */
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "pci.h"

static DEFINE_MUTEX(pci_lock);
static struct pci_dev *devices, **last_device = &devices; /* pci_lock */
static struct pci_driver *drivers; /* pci_lock */

/* ---- drivers --------------------------------------------------------------------------------- */

static const struct pci_device_id *match(const struct pci_driver *drv, const struct pci_dev *dev)
{
	for (const struct pci_device_id *id = drv->ids; id->vendor; id++)
		if ((id->vendor == PCI_ANY_ID || id->vendor == dev->vendor) &&
		    (id->device == PCI_ANY_ID || id->device == dev->device) &&
		    !((id->class ^ dev->class) & id->class_mask))
			return id;
	return NULL;
}

static void try_driver(struct pci_dev *dev, const struct pci_driver *drv)
{
	const struct pci_device_id *id = dev->driver ? NULL : match(drv, dev);
	char name[16];
	int err;

	if (!id)
		return;
	dev->driver = drv;
	err = drv->probe(dev, id);
	if (!err)
		return;
	dev->driver = NULL;
	if (err != -ENODEV)
		pr_err("pci %s: %s failed: %pe\n", pci_name(dev, name), drv->name, ERR_PTR(err));
}

int pci_register_driver(struct pci_driver *drv)
{
	mutex_lock(&pci_lock);
	drv->next = drivers;
	drivers = drv;
	for (struct pci_dev *dev = devices; dev; dev = dev->next)
		try_driver(dev, drv);
	mutex_unlock(&pci_lock);
	return 0;
}

/* ---- BARs ------------------------------------------------------------------------------------ */

/* An address for a BAR of @size (a power of two); 0: no room. */
static u64 take_window(struct pci_window *w, u64 size)
{
	u64 at = round_up(w->next, size);

	if (at < w->next || at >= w->end || size > w->end - at)
		return 0;
	w->next = at + size;
	return at;
}

static u64 bus_to_cpu(const struct pci_host *host, u64 addr)
{
	return addr + (addr >> 32 ? host->mem64.cpu_offset : host->mem32.cpu_offset);
}

static void assign_bar(struct pci_dev *dev, unsigned int n, u64 *addr)
{
	struct pci_host *host = dev->host;
	bool is64 = dev->bar[n].flags & PCI_BAR_MEM64;

	if (is64)
		*addr = take_window(&host->mem64, dev->bar[n].size);
	if (!*addr)
		*addr = take_window(&host->mem32, dev->bar[n].size);
	if (!*addr)
		return;
	pci_write_config_dword(dev, PCI_BASE_ADDRESS_0 + 4 * n, (u32)*addr);
	if (is64)
		pci_write_config_dword(dev, PCI_BASE_ADDRESS_0 + 4 * n + 4, (u32)(*addr >> 32));
}

/* Sizes BAR @n: how many registers it takes. Decoding is off meanwhile. */
static unsigned int read_bar(struct pci_dev *dev, unsigned int n)
{
	unsigned int reg = PCI_BASE_ADDRESS_0 + 4 * n;
	u32 low = pci_read_config_dword(dev, reg), high = 0;
	u64 mask, addr;
	bool io = low & 1, is64 = !io && (low & 6) == 4 && n < 5;

	pci_write_config_dword(dev, reg, ~0u);
	mask = pci_read_config_dword(dev, reg);
	pci_write_config_dword(dev, reg, low);
	mask &= io ? ~3u : ~15u;
	addr = low & (io ? ~3u : ~15u);
	if (is64) {
		high = pci_read_config_dword(dev, reg + 4);
		pci_write_config_dword(dev, reg + 4, ~0u);
		mask |= (u64)pci_read_config_dword(dev, reg + 4) << 32;
		pci_write_config_dword(dev, reg + 4, high);
		addr |= (u64)high << 32;
	} else if (mask) {
		mask |= io ? ~0xffffull : ~0xffffffffull;
	}
	if (!mask)
		return 1;
	dev->bar[n].size = mask & -mask;
	dev->bar[n].flags = (io ? PCI_BAR_IO : 0) | (is64 ? PCI_BAR_MEM64 : 0) |
			    (!io && (low & 8) ? PCI_BAR_PREFETCH : 0);
	if (!addr && !io)
		assign_bar(dev, n, &addr);
	dev->bar[n].addr = io ? addr : addr ? bus_to_cpu(dev->host, addr) : 0;
	return is64 ? 2 : 1;
}

static void read_bars(struct pci_dev *dev)
{
	u16 command = pci_read_config_word(dev, PCI_COMMAND);

	pci_write_config_word(dev, PCI_COMMAND, command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	for (unsigned int n = 0; n < 6;)
		n += read_bar(dev, n);
	pci_write_config_word(dev, PCI_COMMAND, command);
}

/* ---- devices --------------------------------------------------------------------------------- */

static void read_header(struct pci_dev *dev)
{
	u32 id = pci_read_config_dword(dev, PCI_VENDOR_ID);
	u32 class = pci_read_config_dword(dev, PCI_CLASS_REVISION);
	u32 sub;
	u8 pin;

	dev->vendor = id & 0xffff;
	dev->device = id >> 16;
	dev->class = class >> 8;
	dev->revision = class & 0xff;
	if (pci_read_config_byte(dev, PCI_HEADER_TYPE) & 0x7f)
		return;
	sub = pci_read_config_dword(dev, PCI_SUBSYSTEM);
	dev->subsystem_vendor = sub & 0xffff;
	dev->subsystem_device = sub >> 16;
	read_bars(dev);
	dev->msix_cap = pci_find_capability(dev, PCI_CAP_ID_MSIX, 0);
	pin = pci_read_config_byte(dev, PCI_INTERRUPT_PIN);
	if (pin >= 1 && pin <= 4 && dev->host->map_irq)
		dev->irq = dev->host->map_irq(dev->host, dev, pin);
}

static void add_device(struct pci_host *host, u8 bus, u8 devfn)
{
	struct pci_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev) {
		pr_err("pci: no memory for device %02x:%02x\n", bus, devfn);
		return;
	}
	dev->host = host;
	dev->bus = bus;
	dev->devfn = devfn;
	read_header(dev);
	pci_add_sysfs(dev);
	mutex_lock(&pci_lock);
	*last_device = dev;
	last_device = &dev->next;
	for (struct pci_driver *d = drivers; d; d = d->next)
		try_driver(dev, d);
	mutex_unlock(&pci_lock);
}

static void scan_bus(struct pci_host *host, u8 bus, unsigned int depth);

static void scan_function(struct pci_host *host, u8 bus, u8 devfn, unsigned int depth)
{
	u8 type = host->read(host, bus, devfn, PCI_HEADER_TYPE, 1) & 0x7f, behind;

	add_device(host, bus, devfn);
	if (type != 1)
		return;
	behind = host->read(host, bus, devfn, PCI_SECONDARY_BUS, 1);
	if (behind > bus && behind <= host->last_bus && depth < 8)
		scan_bus(host, behind, depth + 1);
}

static void scan_bus(struct pci_host *host, u8 bus, unsigned int depth)
{
	for (unsigned int devfn = 0; devfn < 256; devfn++) {
		u32 id = host->read(host, bus, devfn, PCI_VENDOR_ID, 4);

		if ((id & 0xffff) == 0xffff || !id) {
			if (!PCI_FUNC(devfn))
				devfn |= 7; /* no function 0: no device */
			continue;
		}
		scan_function(host, bus, devfn, depth);
		if (!PCI_FUNC(devfn) && !(host->read(host, bus, devfn, PCI_HEADER_TYPE, 1) & 0x80))
			devfn |= 7;
	}
}

void pci_scan_host(struct pci_host *host)
{
	scan_bus(host, host->first_bus, 0);
}
