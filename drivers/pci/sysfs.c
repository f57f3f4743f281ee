/* SPDX-License-Identifier: MIT */
/* What lspci reads below /sys/bus/pci/devices. */
#include <lib/errno.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <fs/sysfs.h>
#include "pci.h"

static ssize_t number_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct pci_dev *dev = priv;
	const struct {
		const char *name, *fmt;
		unsigned int value;
	} values[] = {
		{"vendor", "0x%04x\n", dev->vendor},
		{"device", "0x%04x\n", dev->device},
		{"subsystem_vendor", "0x%04x\n", dev->subsystem_vendor},
		{"subsystem_device", "0x%04x\n", dev->subsystem_device},
		{"class", "0x%06x\n", dev->class},
		{"revision", "0x%02x\n", dev->revision},
		{"irq", "%u\n", dev->irq},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++)
		if (!strcmp(values[i].name, attr->name))
			return snprintf(buf, PAGE_SIZE, values[i].fmt, values[i].value);
	return -EIO;
}

static ssize_t resource_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct pci_dev *dev = priv;
	int n = 0;

	for (unsigned int i = 0; i < 7; i++) {
		u64 start = 0, end = 0, flags = 0;

		if (i < 6 && dev->bar[i].size) {
			start = dev->bar[i].addr;
			end = start + dev->bar[i].size - 1;
			flags = dev->bar[i].flags & PCI_BAR_IO ? 0x40101 : 0x40200;
			flags |= dev->bar[i].flags & PCI_BAR_PREFETCH ? 0x2008 : 0;
			flags |= dev->bar[i].flags & PCI_BAR_MEM64 ? 0x100004 : 0;
		}
		n += snprintf(buf + n, PAGE_SIZE - n, "0x%016llx 0x%016llx 0x%016llx\n", start, end,
			      flags);
	}
	return n;
}

static ssize_t config_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	for (unsigned int i = 0; i < 256; i++)
		buf[i] = pci_read_config_byte(priv, i);
	return 256;
}

static ssize_t uevent_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct pci_dev *dev = priv;
	char name[16];

	return snprintf(buf, PAGE_SIZE,
			"%s%s%sPCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:%04X\n"
			"PCI_SLOT_NAME=%s\n",
			dev->driver ? "DRIVER=" : "", dev->driver ? dev->driver->name : "",
			dev->driver ? "\n" : "", dev->class, dev->vendor, dev->device,
			dev->subsystem_vendor, dev->subsystem_device, pci_name(dev, name));
}

static const struct sysfs_attr attrs[] = {
	SYSFS_ATTR_RO("vendor", number_show),
	SYSFS_ATTR_RO("device", number_show),
	SYSFS_ATTR_RO("subsystem_vendor", number_show),
	SYSFS_ATTR_RO("subsystem_device", number_show),
	SYSFS_ATTR_RO("class", number_show),
	SYSFS_ATTR_RO("revision", number_show),
	SYSFS_ATTR_RO("irq", number_show),
	SYSFS_ATTR_RO("resource", resource_show),
	SYSFS_ATTR_RO("config", config_show),
	SYSFS_ATTR_RO("uevent", uevent_show),
};

void pci_add_sysfs(struct pci_dev *dev)
{
	char name[16], path[48];
	struct sysfs_node *dir;

	snprintf(path, sizeof(path), "devices/pci%04x:%02x/%s", dev->host->domain,
		 dev->host->first_bus, pci_name(dev, name));
	dev->sysfs = sysfs_mkdir(NULL, path);
	if (!dev->sysfs)
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(attrs); i++)
		sysfs_create_file(dev->sysfs, &attrs[i], dev);
	dir = sysfs_mkdir(NULL, "bus/pci/devices");
	if (dir)
		sysfs_create_link(dir, name, dev->sysfs);
	dir = sysfs_find(NULL, "bus/pci");
	if (dir)
		sysfs_create_link(dev->sysfs, "subsystem", dir);
}
