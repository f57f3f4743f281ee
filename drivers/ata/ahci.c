/* SPDX-License-Identifier: MIT */
/* AHCI controllers: found on PCI, taken over from firmware, reset (10.4.3), interrupts. */
#include <arch/io.h>
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <mm/page.h>
#include <mm/slab.h>
#include "ahci.h"

#define ABAR	   5u
#define ABAR_BYTES (HBA_PORTS + AHCI_MAX_PORTS * PORT_BYTES)
#define BOHC_BIOS  1u
#define BOHC_OS	   2u
#define DETECT_MS  20u /* until a disk says that it is there */
#define IRQ_ROUNDS 8u

int ahci_wait(void __iomem *reg, u32 mask, u32 want, unsigned int ms)
{
	for (;; ms--) {
		if ((readl(reg) & mask) == want)
			return 0;
		if (!ms)
			return -ETIMEDOUT;
		msleep(1);
	}
}

static irqreturn_t ahci_interrupt(int irq, void *data)
{
	struct ahci_hba *hba = data;
	irqreturn_t ret = IRQ_NONE;
	u32 pending;

	for (unsigned int round = 0; round < IRQ_ROUNDS && (pending = readl(hba->regs + HBA_IS));
	     round++) {
		for (unsigned int i = 0; i < AHCI_MAX_PORTS; i++)
			if ((pending >> i & 1) && hba->ports[i])
				ahci_port_interrupt(hba->ports[i]);
		writel(pending, hba->regs + HBA_IS); /* after the ports' own (10.7.2.1) */
		ret = IRQ_HANDLED;
	}
	return ret;
}

static int start_interrupts(struct ahci_hba *hba)
{
	int irq = pci_request_msi(hba->pci, ahci_interrupt, "ahci", hba);

	if (irq > 0)
		return 0;
	if (!hba->pci->irq)
		return -ENODEV;
	return request_irq(hba->pci->irq, ahci_interrupt, IRQF_SHARED, "ahci", hba);
}

/* From firmware, if it is still at it (10.6), and to a known state. */
static int take_over(struct ahci_hba *hba)
{
	int err;

	writel(GHC_AHCI, hba->regs + HBA_GHC);
	if (readl(hba->regs + HBA_CAP2) & 1) {
		writel(readl(hba->regs + HBA_BOHC) | BOHC_OS, hba->regs + HBA_BOHC);
		if (ahci_wait(hba->regs + HBA_BOHC, BOHC_BIOS, 0, 2000))
			pr_warn("ahci: firmware does not let go of the controller\n");
	}
	writel(GHC_AHCI | GHC_RESET, hba->regs + HBA_GHC);
	err = ahci_wait(hba->regs + HBA_GHC, GHC_RESET, 0, 1000);
	writel(GHC_AHCI, hba->regs + HBA_GHC);
	return err;
}

static struct ahci_port *new_port(struct ahci_hba *hba, unsigned int number)
{
	struct ahci_port *port = kzalloc(sizeof(*port), GFP_KERNEL);

	if (!port)
		return NULL;
	port->page = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!port->page) {
		kfree(port);
		return NULL;
	}
	port->hba = hba;
	port->number = number;
	port->regs = hba->regs + HBA_PORTS + number * PORT_BYTES;
	spin_lock_init(&port->lock);
	return port;
}

static void drop_port(struct ahci_port *port)
{
	port->hba->ports[port->number] = NULL;
	free_page((unsigned long)port->page);
	kfree(port);
}

/* All ports get power at once, so that disks are waited for together. */
static unsigned int start_ports(struct ahci_hba *hba)
{
	u32 implemented = readl(hba->regs + HBA_PI);
	unsigned int disks = 0;

	for (unsigned int i = 0; i < AHCI_MAX_PORTS; i++) {
		struct ahci_port *port = implemented >> i & 1 ? new_port(hba, i) : NULL;

		if (port && ahci_port_start(port)) {
			pr_err("ahci: port %u does not start\n", i);
			/* What it may still write to stays. */
			port = NULL;
		}
		hba->ports[i] = port;
	}
	msleep(DETECT_MS);
	for (unsigned int i = 0; i < AHCI_MAX_PORTS; i++) {
		struct ahci_port *port = hba->ports[i];

		if (port && !ahci_port_scan(port))
			disks++;
		else if (port && !ahci_port_stop(port))
			drop_port(port);
	}
	return disks;
}

static int ahci_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	struct ahci_hba *hba = kzalloc(sizeof(*hba), GFP_KERNEL);
	int err = -ENODEV;

	if (!hba)
		return -ENOMEM;
	hba->pci = pci;
	pci_enable_device(pci);
	hba->regs = pci_iomap(pci, ABAR, 0, min_t(u64, pci->bar[ABAR].size, ABAR_BYTES));
	if (!hba->regs || pci->bar[ABAR].size < HBA_PORTS + PORT_BYTES ||
	    readl(hba->regs + HBA_CAP) == ~0u)
		goto out_free;
	hba->dma64 = readl(hba->regs + HBA_CAP) & CAP_S64A;
	err = take_over(hba);
	if (!err)
		err = start_interrupts(hba);
	if (err) {
		pr_err("ahci: the controller does not start\n");
		goto out_free;
	}
	writel(GHC_AHCI | GHC_IRQ, hba->regs + HBA_GHC);
	pci->priv = hba;
	start_ports(hba);
	return 0;

out_free:
	if (hba->regs)
		iounmap(hba->regs);
	kfree(hba);
	return err;
}

/* SATA controller with the AHCI interface. */
static const struct pci_device_id ahci_ids[] = {{PCI_ANY_ID, PCI_ANY_ID, 0x010601, 0xffffff}, {}};
static struct pci_driver ahci_driver = {.name = "ahci", .ids = ahci_ids, .probe = ahci_probe};

static int __init ahci_init(void)
{
	int err = register_blkdev(8, "sd");

	return err ? err : pci_register_driver(&ahci_driver);
}
device_initcall(ahci_init);
