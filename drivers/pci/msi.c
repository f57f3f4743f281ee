/* SPDX-License-Identifier: MIT */
/* MSI-X (PCI Local Bus Specification 3.0, 6.8.2): one table entry for each interrupt. */
#include <arch/io.h>
#include <kernel/msi.h>
#include <lib/errno.h>
#include "pci.h"

#define MSIX_CONTROL	    2
#define MSIX_CONTROL_ENABLE 0x8000
#define MSIX_CONTROL_MASK   0x4000
#define MSIX_TABLE	    4
#define MSIX_ENTRY	    16
#define ENTRY_MASKED	    1

const struct msi_controller *msi_controller;

int pci_enable_msix(struct pci_dev *dev)
{
	u16 control, command;
	u32 table;

	if (!dev->msix_cap || !msi_controller)
		return -ENODEV;
	control = pci_read_config_word(dev, dev->msix_cap + MSIX_CONTROL);
	table = pci_read_config_dword(dev, dev->msix_cap + MSIX_TABLE);
	dev->msix_size = (control & 0x7ff) + 1;
	dev->msix_table = pci_iomap(dev, table & 7, table & ~7u, dev->msix_size * MSIX_ENTRY);
	if (!dev->msix_table)
		return -ENODEV;
	pci_write_config_word(dev, dev->msix_cap + MSIX_CONTROL,
			      control | MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK);
	for (unsigned int i = 0; i < dev->msix_size; i++)
		writel(ENTRY_MASKED, dev->msix_table + i * MSIX_ENTRY + 12);
	command = pci_read_config_word(dev, PCI_COMMAND);
	pci_write_config_word(dev, PCI_COMMAND, command | PCI_COMMAND_INTX_OFF);
	pci_write_config_word(dev, dev->msix_cap + MSIX_CONTROL,
			      (control | MSIX_CONTROL_ENABLE) & ~MSIX_CONTROL_MASK);
	return 0;
}

int pci_request_msix(struct pci_dev *dev, unsigned int n, unsigned int cpu, irq_handler_t handler,
		     const char *name, void *data)
{
	void __iomem *entry;
	struct msi_msg msg;
	unsigned int irq;
	int err;

	if (!dev->msix_table || n >= dev->msix_size)
		return -EINVAL;
	irq = msi_controller->alloc(&msg, cpu);
	if (!irq)
		return -ENOSPC;
	err = request_irq(irq, handler, 0, name, data);
	if (err)
		return err;
	entry = dev->msix_table + n * MSIX_ENTRY;
	writel((u32)msg.address, entry);
	writel((u32)(msg.address >> 32), entry + 4);
	writel(msg.data, entry + 8);
	writel(0, entry + 12);
	return irq;
}
