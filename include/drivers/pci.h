/* SPDX-License-Identifier: MIT */
/*
 * PCI: devices found at boot (bus_initcall or by the devicetree), and drivers that match them. All
 * sleep unless said otherwise. Configuration space is read and written through pci_read_config_*.
 */
#ifndef DRIVERS_PCI_H
#define DRIVERS_PCI_H

#include <lib/types.h>
#include <kernel/irq.h>

struct pci_dev;
struct sysfs_node;

#define PCI_VENDOR_ID	     0x00
#define PCI_COMMAND	     0x04
#define PCI_COMMAND_IO	     0x1
#define PCI_COMMAND_MEMORY   0x2
#define PCI_COMMAND_MASTER   0x4
#define PCI_COMMAND_INTX_OFF 0x400
#define PCI_STATUS	     0x06
#define PCI_STATUS_CAP_LIST  0x10
#define PCI_CLASS_REVISION   0x08
#define PCI_HEADER_TYPE	     0x0e
#define PCI_BASE_ADDRESS_0   0x10
#define PCI_SECONDARY_BUS    0x19
#define PCI_SUBSYSTEM	     0x2c
#define PCI_CAPABILITY_LIST  0x34
#define PCI_INTERRUPT_LINE   0x3c
#define PCI_INTERRUPT_PIN    0x3d

#define PCI_CAP_ID_MSI	     0x05
#define PCI_CAP_ID_VENDOR    0x09
#define PCI_CAP_ID_MSIX	     0x11

/*
 * A host bridge: how configuration space is reached and which addresses its devices may have. The
 * read and write functions take 1, 2 or 4 bytes, aligned; any context.
 */
struct pci_host {
	u32 (*read)(struct pci_host *host, u8 bus, u8 devfn, unsigned int off, unsigned int size);
	void (*write)(struct pci_host *host, u8 bus, u8 devfn, unsigned int off, unsigned int size,
		      u32 value);
	/* The irq of @dev's INTx @pin (1..4); 0: none. */
	unsigned int (*map_irq)(struct pci_host *host, struct pci_dev *dev, u8 pin);
	u16 domain;
	u8 first_bus, last_bus;
	phys_addr_t ecam; /* of first_bus; 0: none */
	void __iomem *bus_map[256]; /* ECAM pages of each bus, mapped when first looked at */
	int of_node;
	/* Where BARs that firmware left at 0 get their addresses; size 0: nowhere. */
	struct pci_window {
		u64 next, end; /* on the bus */
		u64 cpu_offset; /* CPU address - bus address */
	} mem32, mem64;
};

#define PCI_BAR_IO	 1
#define PCI_BAR_MEM64	 2
#define PCI_BAR_PREFETCH 4

struct pci_dev {
	struct pci_host *host;
	u8 bus, devfn;
	u16 vendor, device, subsystem_vendor, subsystem_device;
	u32 class; /* base, sub, interface */
	u8 revision;
	struct {
		u64 addr, size; /* CPU physical address; size 0: none */
		unsigned int flags; /* PCI_BAR_* */
	} bar[6];
	unsigned int irq; /* INTx, 0: none */
	u16 msix_cap; /* 0: none */
	u16 msix_size; /* entries */
	void __iomem *msix_table;
	const struct pci_driver *driver;
	struct sysfs_node *sysfs;
	void *priv; /* the driver's */
	struct pci_dev *next; /* pci_lock */
};

struct pci_device_id {
	u16 vendor, device; /* PCI_ANY_ID: any */
	u32 class, class_mask; /* mask 0: any */
};
#define PCI_ANY_ID 0xffff

struct pci_driver {
	const char *name;
	const struct pci_device_id *ids; /* ends with a vendor of 0 */
	int (*probe)(struct pci_dev *dev, const struct pci_device_id *id); /* -ENODEV: not mine */
	struct pci_driver *next; /* pci_lock */
};

int pci_register_driver(struct pci_driver *drv);
/* Finds all devices of @host; it stays for ever. */
void pci_scan_host(struct pci_host *host);

u8 pci_read_config_byte(struct pci_dev *dev, unsigned int off);
u16 pci_read_config_word(struct pci_dev *dev, unsigned int off);
u32 pci_read_config_dword(struct pci_dev *dev, unsigned int off);
void pci_write_config_byte(struct pci_dev *dev, unsigned int off, u8 value);
void pci_write_config_word(struct pci_dev *dev, unsigned int off, u16 value);
void pci_write_config_dword(struct pci_dev *dev, unsigned int off, u32 value);
/* Offset of the capability @id behind @after (0: the first), or 0. */
unsigned int pci_find_capability(struct pci_dev *dev, u8 id, unsigned int after);
/* Memory and I/O decoding, and bus mastering. */
void pci_enable_device(struct pci_dev *dev);
/* Maps @len bytes at @off of memory BAR @bar; NULL if it is not there or too small. */
void __iomem *pci_iomap(struct pci_dev *dev, unsigned int bar, u64 off, u64 len);

/* MSI-X: 0, or -ENODEV when the device or the machine has none. INTx is off from then on. */
int pci_enable_msix(struct pci_dev *dev);
/* A handler for entry @n; its irq number or -errno. @cpu: where it should be handled. */
int pci_request_msix(struct pci_dev *dev, unsigned int n, unsigned int cpu, irq_handler_t handler,
		     const char *name, void *data);
/* MSI: the one message of a device without MSI-X; its irq number or -errno. INTx is off then. */
int pci_request_msi(struct pci_dev *dev, irq_handler_t handler, const char *name, void *data);
/* "0000:00:03.0"; returns @buf, at least 16 bytes. */
const char *pci_name(const struct pci_dev *dev, char *buf);

/* ecam.c: read and write through ECAM, for hosts that have it. */
u32 pci_ecam_read(struct pci_host *host, u8 bus, u8 devfn, unsigned int off, unsigned int size);
void pci_ecam_write(struct pci_host *host, u8 bus, u8 devfn, unsigned int off, unsigned int size,
		    u32 value);

#endif
