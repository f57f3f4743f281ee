/* SPDX-License-Identifier: MIT */
/* Configuration space and BARs as drivers use them. */
#include <arch/io.h>
#include <lib/printf.h>
#include "pci.h"

static u32 cfg_read(struct pci_dev *dev, unsigned int off, unsigned int size)
{
	return dev->host->read(dev->host, dev->bus, dev->devfn, off, size);
}

static void cfg_write(struct pci_dev *dev, unsigned int off, unsigned int size, u32 value)
{
	dev->host->write(dev->host, dev->bus, dev->devfn, off, size, value);
}

u8 pci_read_config_byte(struct pci_dev *dev, unsigned int off)
{
	return cfg_read(dev, off, 1);
}

u16 pci_read_config_word(struct pci_dev *dev, unsigned int off)
{
	return cfg_read(dev, off, 2);
}

u32 pci_read_config_dword(struct pci_dev *dev, unsigned int off)
{
	return cfg_read(dev, off, 4);
}

void pci_write_config_byte(struct pci_dev *dev, unsigned int off, u8 value)
{
	cfg_write(dev, off, 1, value);
}

void pci_write_config_word(struct pci_dev *dev, unsigned int off, u16 value)
{
	cfg_write(dev, off, 2, value);
}

void pci_write_config_dword(struct pci_dev *dev, unsigned int off, u32 value)
{
	cfg_write(dev, off, 4, value);
}

/* At most 48 capabilities fit: more is a loop. */
unsigned int pci_find_capability(struct pci_dev *dev, u8 id, unsigned int after)
{
	unsigned int at;

	if (!(pci_read_config_word(dev, PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return 0;
	at = pci_read_config_byte(dev, after ? after + 1 : PCI_CAPABILITY_LIST) & ~3u;
	for (unsigned int i = 0; i < 48 && at >= 0x40; i++) {
		if (pci_read_config_byte(dev, at) == id)
			return at;
		at = pci_read_config_byte(dev, at + 1) & ~3u;
	}
	return 0;
}

void pci_enable_device(struct pci_dev *dev)
{
	u16 command = pci_read_config_word(dev, PCI_COMMAND);

	pci_write_config_word(dev, PCI_COMMAND,
			      command | PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

void __iomem *pci_iomap(struct pci_dev *dev, unsigned int bar, u64 off, u64 len)
{
	if (bar >= 6 || !dev->bar[bar].size || (dev->bar[bar].flags & PCI_BAR_IO) ||
	    !dev->bar[bar].addr || off > dev->bar[bar].size || len > dev->bar[bar].size - off)
		return NULL;
	return ioremap(dev->bar[bar].addr + off, len);
}

const char *pci_name(const struct pci_dev *dev, char *buf)
{
	snprintf(buf, 16, "%04x:%02x:%02x.%u", dev->host->domain, dev->bus, PCI_SLOT(dev->devfn),
		 PCI_FUNC(dev->devfn));
	return buf;
}
