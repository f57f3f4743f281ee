/* SPDX-License-Identifier: MIT */
/* A port of an AHCI controller and its disk: commands (5.5, 5.6), errors (6.2.2), block device. */
#include <arch/io.h>
#include <kernel/hrtimer.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <lib/err.h>
#include <lib/ida.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include "ahci.h"

#define FIS_H2D	       0x27
#define FIS_COMMAND    0x80
#define HEADER_WRITE   0x40u
#define FIS_DWORDS     5u
#define SIGNATURE_DISK 0x00000101u
#define TICK_NS	       (5 * 1000000000ll)
#define TIMEOUT_TICKS  6u
#define STOP_MS	       500u
#define READY_MS       10000u
#define SD_MINORS      16

enum {
	ATA_READ = 0xc8,
	ATA_READ_EXT = 0x25,
	ATA_WRITE = 0xca,
	ATA_WRITE_EXT = 0x35,
	ATA_WRITE_FUA_EXT = 0x3d,
	ATA_FLUSH = 0xe7,
	ATA_FLUSH_EXT = 0xea,
	ATA_IDENTIFY = 0xec
};

static DEFINE_MUTEX(index_lock);
static DEFINE_IDA(indices); /* index_lock */

/* ---- the engine ------------------------------------------------------------------------------ */

int ahci_port_stop(struct ahci_port *port)
{
	void __iomem *cmd = port->regs + PORT_CMD;
	int err;

	writel(0, port->regs + PORT_IE);
	writel(readl(cmd) & ~CMD_START, cmd);
	err = ahci_wait(cmd, CMD_ON, 0, STOP_MS);
	writel(readl(cmd) & ~CMD_FIS, cmd);
	return err ?: ahci_wait(cmd, CMD_FIS_ON, 0, STOP_MS);
}

static void run(struct ahci_port *port)
{
	writel(~0u, port->regs + PORT_SERR);
	writel(~0u, port->regs + PORT_IS);
	writel(readl(port->regs + PORT_CMD) | CMD_FIS, port->regs + PORT_CMD);
	writel(readl(port->regs + PORT_CMD) | CMD_START, port->regs + PORT_CMD);
}

int ahci_port_start(struct ahci_port *port)
{
	phys_addr_t page = __pa(port->page);
	int err = ahci_port_stop(port);

	if (!err && !port->hba->dma64 && page >> 32)
		err = -ENOMEM;
	if (err)
		return err;
	writel((u32)page, port->regs + PORT_CLB);
	writel((u32)(page >> 32), port->regs + PORT_CLB + 4);
	writel((u32)page + PAGE_FIS, port->regs + PORT_FB);
	writel((u32)(page >> 32), port->regs + PORT_FB + 4);
	writel(~0u, port->regs + PORT_SERR);
	writel(readl(port->regs + PORT_CMD) | CMD_FIS | CMD_SPIN_UP | CMD_POWER,
	       port->regs + PORT_CMD);
	return 0;
}

/* ---- commands -------------------------------------------------------------------------------- */

static void set_prd(struct ahci_port *port, unsigned int n, phys_addr_t addr, unsigned int len)
{
	struct ahci_prd *prd = (struct ahci_prd *)(port->page + PAGE_TABLE + TABLE_PRDT) + n;

	*prd = (struct ahci_prd){.addr = cpu_to_le64(addr), .bytes = cpu_to_le32(len - 1)};
}

/* The command in slot 0; its @segments of memory are set. */
static void issue(struct ahci_port *port, u8 command, u64 lba, unsigned int count,
		  unsigned int segments, bool write)
{
	phys_addr_t table = __pa(port->page) + PAGE_TABLE;
	u8 *fis = port->page + PAGE_TABLE;
	__le32 *header = (__le32 *)port->page;

	memset(fis, 0, 64);
	fis[0] = FIS_H2D;
	fis[1] = FIS_COMMAND;
	fis[2] = command;
	for (unsigned int i = 0; i < 3; i++) {
		fis[4 + i] = lba >> 8 * i;
		fis[8 + i] = port->lba48 ? lba >> (24 + 8 * i) : 0;
	}
	fis[7] = 0x40 | (port->lba48 ? 0 : lba >> 24 & 15);
	fis[12] = count;
	fis[13] = count >> 8;
	header[0] = cpu_to_le32(FIS_DWORDS | (write ? HEADER_WRITE : 0) | segments << 16);
	header[1] = 0;
	header[2] = cpu_to_le32((u32)table);
	header[3] = cpu_to_le32((u32)(table >> 32));
	writel(1, port->regs + PORT_CI); /* ordered behind the table */
}

static u8 command_of(const struct ahci_port *port, const struct request *rq)
{
	switch (req_op(rq)) {
	case REQ_OP_FLUSH:
		return port->lba48 ? ATA_FLUSH_EXT : ATA_FLUSH;
	case REQ_OP_READ:
		return port->lba48 ? ATA_READ_EXT : ATA_READ;
	case REQ_OP_WRITE:
		if ((rq->cmd_flags & REQ_FUA) && port->fua)
			return ATA_WRITE_FUA_EXT;
		return port->lba48 ? ATA_WRITE_EXT : ATA_WRITE;
	default:
		return 0;
	}
}

/* 0, or -EIO for memory that the controller cannot reach. */
static int start_request(struct ahci_port *port, struct request *rq, u8 command)
{
	struct blk_segment seg[AHCI_SEGMENTS];
	unsigned int n = blk_rq_bytes(rq) ? blk_rq_map_segments(rq, seg, AHCI_SEGMENTS) : 0;
	unsigned int shift = __builtin_ctz(port->block);

	for (unsigned int i = 0; i < n; i++) {
		if (!port->hba->dma64 && (seg[i].addr + seg[i].len) >> 32)
			return -EIO;
		set_prd(port, i, seg[i].addr, seg[i].len);
	}
	port->rq = rq;
	port->issued++;
	issue(port, command, n ? blk_rq_pos(rq) >> (shift - SECTOR_SHIFT) : 0,
	      blk_rq_bytes(rq) >> shift, n, op_is_write(rq->cmd_flags));
	return 0;
}

static int ahci_queue_rq(struct blk_mq_hw_ctx *hctx, struct request *rq, bool last)
{
	struct ahci_port *port = hctx->queue->queuedata;
	u8 command = command_of(port, rq);
	bool watch = false;
	unsigned long flags;
	int err;

	if (!command)
		return -EOPNOTSUPP;
	spin_lock_irqsave(&port->lock, flags);
	err = port->dead ? -EIO : port->rq ? -EBUSY : start_request(port, rq, command);
	if (!err && !port->watched)
		watch = port->watched = true;
	spin_unlock_irqrestore(&port->lock, flags);
	if (watch)
		schedule_delayed_work_ns(&port->watchdog, TICK_NS);
	return err;
}

static const struct blk_mq_ops ahci_mq_ops = {.queue_rq = ahci_queue_rq};

static void finish(struct ahci_port *port, struct request *rq, int error)
{
	blk_mq_end_request(rq, error);
	if (READ_ONCE(port->disk->queue->hctxs[0].pending))
		blk_mq_run_hw_queue(&port->disk->queue->hctxs[0]);
}

void ahci_port_interrupt(struct ahci_port *port)
{
	struct request *rq = NULL;
	u32 status;

	spin_lock(&port->lock);
	status = readl(port->regs + PORT_IS);
	writel(status, port->regs + PORT_IS);
	if (port->rq && !port->failed && !port->dead) {
		if ((status & IS_ERRORS) || (readl(port->regs + PORT_TFD) & TFD_ERR)) {
			port->failed = true;
			schedule_work(&port->recover);
		} else if (!(readl(port->regs + PORT_CI) & 1)) {
			rq = port->rq;
			port->rq = NULL;
		}
	}
	spin_unlock(&port->lock);
	if (rq)
		finish(port, rq, 0);
}

/* ---- errors ---------------------------------------------------------------------------------- */

/* The port stopped at an error, or is to be given up (@forever): the request ends with EIO. */
static void end_failed(struct ahci_port *port, bool forever)
{
	struct pci_dev *pci = port->hba->pci;
	struct request *rq;

	if (ahci_port_stop(port)) {
		/* It may still write to memory: nothing of this controller may. */
		pci_write_config_word(pci, PCI_COMMAND,
				      pci_read_config_word(pci, PCI_COMMAND) & ~PCI_COMMAND_MASTER);
		forever = true;
	}
	if (!forever) {
		run(port);
		writel(IS_ERRORS | IS_DONE, port->regs + PORT_IE);
		forever = ahci_wait(port->regs + PORT_TFD, TFD_BSY | TFD_DRQ, 0, READY_MS) != 0;
	}
	if (forever)
		pr_err("%s: the disk is given up; all I/O fails\n", port->disk->disk_name);
	spin_lock_irq(&port->lock);
	rq = port->rq;
	port->rq = NULL;
	port->failed = false;
	port->dead = forever;
	spin_unlock_irq(&port->lock);
	if (rq)
		finish(port, rq, -EIO);
}

static void recover_work(struct work_struct *work)
{
	end_failed(container_of(work, struct ahci_port, recover), false);
}

/* Comes every few seconds while there is something to do. */
static void watchdog_work(struct work_struct *work)
{
	struct ahci_port *port = container_of(work, struct ahci_port, watchdog.work);
	bool late;

	spin_lock_irq(&port->lock);
	port->same = port->rq && port->seen == port->issued ? port->same + 1 : 0;
	port->seen = port->issued;
	late = port->same >= TIMEOUT_TICKS && !port->failed;
	if (late)
		port->failed = true; /* the interrupt leaves it alone */
	port->watched = port->rq && !late;
	spin_unlock_irq(&port->lock);
	if (late) {
		pr_err("%s: no answer for %lld s\n", port->disk->disk_name,
		       TIMEOUT_TICKS * TICK_NS / 1000000000);
		end_failed(port, true);
	} else if (READ_ONCE(port->watched)) {
		schedule_delayed_work_ns(&port->watchdog, TICK_NS);
	}
}

/* ---- the disk -------------------------------------------------------------------------------- */

/* Identify data are words; text has its bytes swapped. */
static u16 word(const u8 *id, unsigned int n)
{
	return id[2 * n] | id[2 * n + 1] << 8;
}

static void copy_text(char *to, const u8 *id, unsigned int from, unsigned int words)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < 2 * words; i++) {
		u8 c = id[2 * from + (i ^ 1)];

		if (n || c != ' ')
			to[n++] = c >= ' ' && c < 127 ? c : ' ';
	}
	while (n && to[n - 1] == ' ')
		n--;
	to[n] = '\0';
}

/* ATA8-ACS, 7.12 */
static int read_identity(struct ahci_port *port, const u8 *id)
{
	port->lba48 = word(id, 83) >> 10 & 1;
	port->fua = port->lba48 && (word(id, 84) >> 6 & 1) && (word(id, 84) & 0xc000) == 0x4000;
	port->write_cache = word(id, 85) >> 5 & 1;
	port->rotates = word(id, 217) != 1;
	port->blocks = word(id, 60) | (u32)word(id, 61) << 16;
	if (port->lba48)
		port->blocks = word(id, 100) | (u32)word(id, 101) << 16 | (u64)word(id, 102) << 32;
	port->block = 512;
	if ((word(id, 106) & 0xd000) == 0x5000)
		port->block = (word(id, 117) | (u32)word(id, 118) << 16) * 2;
	copy_text(port->serial, id, 10, 10);
	copy_text(port->model, id, 27, 20);
	if (!port->blocks || port->block < 512 || port->block > PAGE_SIZE ||
	    (port->block & (port->block - 1))) {
		pr_err("ahci: port %u: %llu blocks of %u bytes: not supported\n", port->number,
		       port->blocks, port->block);
		return -ENODEV;
	}
	return 0;
}

/* Polled: interrupts of the port are off yet. */
static int identify(struct ahci_port *port)
{
	u8 *id = (u8 *)get_zeroed_page(GFP_KERNEL);
	int err = id ? 0 : -ENOMEM;

	if (!err && !port->hba->dma64 && __pa(id) >> 32)
		err = -EIO;
	if (!err) {
		set_prd(port, 0, __pa(id), 512);
		issue(port, ATA_IDENTIFY, 0, 0, 1, false);
		err = ahci_wait(port->regs + PORT_CI, 1, 0, READY_MS);
		if (err && ahci_port_stop(port))
			return err; /* the page may yet be written */
		if (!err && (readl(port->regs + PORT_TFD) & TFD_ERR))
			err = -EIO;
	}
	if (err)
		pr_err("ahci: port %u: the disk does not say what it is\n", port->number);
	else
		err = read_identity(port, id);
	free_page((unsigned long)id);
	return err;
}

static int ahci_get_serial(struct gendisk *disk, char *buf, size_t size)
{
	return strscpy(buf, ((struct ahci_port *)disk->private_data)->serial, size);
}

static const struct block_device_operations ahci_fops = {.get_serial = ahci_get_serial};

static int make_disk(struct ahci_port *port, int index)
{
	struct queue_limits lim = {
		.logical_block_size = port->block,
		.max_segments = AHCI_SEGMENTS,
		.max_segment_size = 1u << 20,
		.max_sectors = port->lba48 ? AHCI_SECTORS : 128,
		.max_hw_sectors = port->lba48 ? AHCI_SECTORS : 128,
		.dma_alignment = 1,
	};
	struct gendisk *disk;

	port->tag_set = (struct blk_mq_tag_set){
		.ops = &ahci_mq_ops, .nr_hw_queues = 1, .queue_depth = 32, .driver_data = port};
	disk = blk_mq_alloc_disk(&port->tag_set, &lim, port);
	if (IS_ERR(disk))
		return PTR_ERR(disk);
	disk_letter_name(disk->disk_name, "sd", index);
	disk->major = 8;
	disk->first_minor = index * SD_MINORS;
	disk->minors = SD_MINORS;
	disk->fops = &ahci_fops;
	disk->private_data = port;
	disk->queue->flags |= (port->rotates ? 0 : QUEUE_NONROT) |
			      (port->write_cache ? QUEUE_WRITE_CACHE : 0) |
			      (port->fua ? QUEUE_FUA : 0);
	set_capacity(disk, port->blocks * (port->block / SECTOR_SIZE));
	port->disk = disk;
	return 0;
}

/* Something is there, has come up, and is a disk. */
static bool disk_present(struct ahci_port *port)
{
	u32 detected = readl(port->regs + PORT_SSTS) & 15;

	if (!detected || (detected != 3 && ahci_wait(port->regs + PORT_SSTS, 15, 3, 1000)))
		return false;
	writel(~0u, port->regs + PORT_SERR);
	if (ahci_wait(port->regs + PORT_TFD, TFD_BSY | TFD_DRQ, 0, READY_MS)) {
		pr_err("ahci: port %u: the disk does not become ready\n", port->number);
		return false;
	}
	return readl(port->regs + PORT_SIG) == SIGNATURE_DISK;
}

int ahci_port_scan(struct ahci_port *port)
{
	int err, index;

	if (!disk_present(port))
		return -ENODEV;
	run(port);
	err = identify(port);
	if (err)
		return err;
	mutex_lock(&index_lock);
	index = ida_alloc(&indices, GFP_KERNEL);
	mutex_unlock(&index_lock);
	err = index < 0 ? index : make_disk(port, index);
	if (err)
		return err;
	INIT_WORK(&port->recover, recover_work);
	init_delayed_work(&port->watchdog, watchdog_work);
	writel(~0u, port->regs + PORT_IS);
	writel(IS_ERRORS | IS_DONE, port->regs + PORT_IE);
	pr_info("%s: %s, %llu sectors of 512 bytes, port %u\n", port->disk->disk_name, port->model,
		get_capacity(port->disk), port->number);
	err = device_add_disk(port->hba->pci->sysfs, port->disk);
	if (err)
		pr_err("%s: %pe\n", port->disk->disk_name, ERR_PTR(err));
	return 0; /* the port is in use, by this name or not */
}
