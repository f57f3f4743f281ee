/* SPDX-License-Identifier: MIT */
/* MSI and MSI-X (PCI Local Bus Specification 3.0, 6.8): one message, or a table of them. */
#include <arch/io.h>
#include <kernel/msi.h>
#include <lib/errno.h>
#include "pci.h"

#define MSI_CONTROL	    2
#define MSI_ENABLE	    1
#define MSI_MULTIPLE	    0x70
#define MSI_64BIT	    0x80
#define MSI_ADDRESS	    4
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

int pci_request_msi(struct pci_dev *dev, irq_handler_t handler, const char *name, void *data)
{
	unsigned int cap = pci_find_capability(dev, PCI_CAP_ID_MSI, 0), irq, at;
	u16 control, command;
	struct msi_msg msg;
	int err;

	if (!cap || !msi_controller)
		return -ENODEV;
	irq = msi_controller->alloc(&msg, 0);
	if (!irq)
		return -ENOSPC;
	err = request_irq(irq, handler, 0, name, data);
	if (err)
		return err;
	control = pci_read_config_word(dev, cap + MSI_CONTROL);
	at = cap + MSI_ADDRESS;
	pci_write_config_dword(dev, at, (u32)msg.address);
	if (control & MSI_64BIT)
		pci_write_config_dword(dev, at += 4, (u32)(msg.address >> 32));
	pci_write_config_word(dev, at + 4, msg.data);
	command = pci_read_config_word(dev, PCI_COMMAND);
	pci_write_config_word(dev, PCI_COMMAND, command | PCI_COMMAND_INTX_OFF);
	pci_write_config_word(dev, cap + MSI_CONTROL, (control & ~MSI_MULTIPLE) | MSI_ENABLE);
	return irq;
}
