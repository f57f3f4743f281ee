/* SPDX-License-Identifier: MIT */
/*
 * AHCI 1.3.1: what the controller (ahci.c) and its ports (ahci_port.c) share. Numbers in comments
 * are sections of that specification.
 *
 * States of a port with a disk: idle -> busy (one request is with the hardware) -> idle, or
 * -> failed (stopped by an error; a work item restarts it and ends the request) -> idle, or
 * -> dead (no answer in time, or it does not start again): all I/O ends with EIO for ever.
 */
#ifndef DRIVERS_ATA_AHCI_H
#define DRIVERS_ATA_AHCI_H

#include <kernel/spinlock.h>
#include <kernel/workqueue.h>
#include <lib/byteorder.h>
#include <fs/blkdev.h>
#include <drivers/pci.h>

/* The controller's registers (3.1) and a port's (3.3) */
#define HBA_CAP	       0x00
#define HBA_GHC	       0x04
#define HBA_IS	       0x08
#define HBA_PI	       0x0c
#define HBA_CAP2       0x24
#define HBA_BOHC       0x28
#define HBA_PORTS      0x100
#define PORT_BYTES     0x80
#define CAP_S64A       (1u << 31)
#define GHC_RESET      1u
#define GHC_IRQ	       2u
#define GHC_AHCI       (1u << 31)

#define PORT_CLB       0x00
#define PORT_FB	       0x08
#define PORT_IS	       0x10
#define PORT_IE	       0x14
#define PORT_CMD       0x18
#define PORT_TFD       0x20
#define PORT_SIG       0x24
#define PORT_SSTS      0x28
#define PORT_SERR      0x30
#define PORT_CI	       0x38
#define CMD_START      0x1u
#define CMD_SPIN_UP    0x2u
#define CMD_POWER      0x4u
#define CMD_FIS	       0x10u
#define CMD_FIS_ON     0x4000u
#define CMD_ON	       0x8000u
#define TFD_ERR	       0x01u
#define TFD_DRQ	       0x08u
#define TFD_BSY	       0x80u
#define IS_DONE	       0x3u /* register FIS, PIO setup FIS */
#define IS_ERRORS      0x7d000000u

#define AHCI_MAX_PORTS 32u
/* The port's page: list of commands, received FIS, the table of the only command. */
#define PAGE_FIS      1024u
#define PAGE_TABLE    2048u
#define TABLE_PRDT    128u
#define AHCI_SEGMENTS 120u
#define AHCI_SECTORS  1024u

struct ahci_prd {
	__le64 addr;
	__le32 reserved, bytes; /* less one */
};

struct ahci_hba;

struct ahci_port {
	struct ahci_hba *hba;
	unsigned int number;
	void __iomem *regs;
	u8 *page;
	spinlock_t lock; /* IRQs off: the next five */
	struct request *rq; /* with the hardware */
	bool failed, dead;
	u32 issued; /* commands so far */
	bool watched;
	u32 seen, same; /* (watchdog) @issued when it last looked, and how often in a row */
	struct work_struct recover;
	struct delayed_work watchdog;
	struct gendisk *disk;
	struct blk_mq_tag_set tag_set;
	bool lba48, fua, write_cache, rotates;
	unsigned int block; /* bytes */
	u64 blocks;
	char serial[21], model[41];
};

struct ahci_hba {
	struct pci_dev *pci;
	void __iomem *regs;
	bool dma64;
	struct ahci_port *ports[AHCI_MAX_PORTS];
};

/* ahci_port.c. The port's memory and engine: 0 or -errno; sleeps. */
int ahci_port_start(struct ahci_port *port);
int ahci_port_stop(struct ahci_port *port);
/* A disk of what is behind the port: 0, -ENODEV (no disk). Sleeps. */
int ahci_port_scan(struct ahci_port *port);
void ahci_port_interrupt(struct ahci_port *port);
/* Until (register & mask) == want: 0 or -ETIMEDOUT. Sleeps. */
int ahci_wait(void __iomem *reg, u32 mask, u32 want, unsigned int ms);

#endif
