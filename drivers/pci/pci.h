/* SPDX-License-Identifier: MIT */
/* Private to drivers/pci. */
#ifndef DRIVERS_PCI_PCI_H
#define DRIVERS_PCI_PCI_H

#include <lib/kconfig.h>
#include <drivers/pci.h>

#define PCI_SLOT(devfn) ((devfn) >> 3)
#define PCI_FUNC(devfn) ((devfn)&7)

#if IS_ENABLED(CONFIG_SYSFS)
/* /sys/devices/pciDDDD:BB/NAME and its link in /sys/bus/pci/devices. */
void pci_add_sysfs(struct pci_dev *dev);
#else
static inline void pci_add_sysfs(struct pci_dev *dev)
{
}
#endif

#endif
