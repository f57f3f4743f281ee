/* SPDX-License-Identifier: MIT */
/*
 * Namespaces: each active one is a disk, nvme<controller>n<namespace>. All disks of a controller
 * share its queues; a disk's hardware queue n is the controller's queue n + 1.
 */
#include <kernel/printk.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include "nvme.h"

#define NVME_MAX_NS	  64u
#define ONCS_DSM	  4u
#define ONCS_WRITE_ZEROES 8u
#define CDW12_FUA	  (1u << 30)
#define CDW12_DEALLOCATE  (1u << 25)
#define MAX_RANGE_BLOCKS  65536u

/* ---- requests -------------------------------------------------------------------------------- */

static void set_range(struct nvme_command *cmd, const struct nvme_ns *ns, const struct request *rq)
{
	u64 slba = blk_rq_pos(rq) >> (ns->shift - SECTOR_SHIFT);

	cmd->cdw10 = cpu_to_le32((u32)slba);
	cmd->cdw11 = cpu_to_le32((u32)(slba >> 32));
	cmd->cdw12 = cpu_to_le32((blk_rq_bytes(rq) >> ns->shift) - 1);
}

static int make_command(struct nvme_command *cmd, const struct nvme_ns *ns,
			const struct request *rq)
{
	u32 flags = rq->cmd_flags & REQ_FUA ? CDW12_FUA : 0;

	cmd->nsid = cpu_to_le32(ns->nsid);
	switch (req_op(rq)) {
	case REQ_OP_FLUSH:
		cmd->opcode = NVME_FLUSH;
		return 0;
	case REQ_OP_READ:
		cmd->opcode = NVME_READ;
		break;
	case REQ_OP_WRITE:
		cmd->opcode = NVME_WRITE;
		break;
	case REQ_OP_WRITE_ZEROES:
		cmd->opcode = NVME_ZEROES;
		flags |= rq->cmd_flags & REQ_NOUNMAP ? 0 : CDW12_DEALLOCATE;
		break;
	case REQ_OP_DISCARD:
		/* The queue makes a range of it: whole numbers. */
		cmd->opcode = NVME_DSM;
		set_range(cmd, ns, rq);
		cmd->cdw12 = cpu_to_le32(blk_rq_bytes(rq) >> ns->shift);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
	set_range(cmd, ns, rq);
	cmd->cdw12 |= cpu_to_le32(flags);
	return 0;
}

static int nvme_queue_rq(struct blk_mq_hw_ctx *hctx, struct request *rq, bool last)
{
	struct nvme_ns *ns = hctx->queue->queuedata;
	struct nvme_queue *q = &ns->ctrl->queues[hctx->queue_num];
	struct nvme_command cmd = {0};
	int err = make_command(&cmd, ns, rq);

	if (!err)
		err = nvme_submit(q, &cmd, rq, NULL, last);
	if (!err)
		nvme_watch(ns->ctrl);
	return err;
}

static void nvme_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct nvme_ns *ns = hctx->queue->queuedata;

	nvme_ring(&ns->ctrl->queues[hctx->queue_num]);
}

static const struct blk_mq_ops nvme_mq_ops = {
	.queue_rq = nvme_queue_rq,
	.commit_rqs = nvme_commit_rqs,
};

/* ---- disks ----------------------------------------------------------------------------------- */

static int nvme_get_serial(struct gendisk *disk, char *buf, size_t size)
{
	const struct nvme_ns *ns = disk->private_data;

	return strscpy(buf, ns->ctrl->serial, size);
}

static const struct block_device_operations nvme_fops = {.get_serial = nvme_get_serial};

static u64 le64_at(const u8 *p)
{
	u64 v = 0;

	for (unsigned int i = 8; i--;)
		v = v << 8 | p[i];
	return v;
}

/* Identify namespace (5.15.2.1): size and format. 0, or -ENODEV with a line that says why. */
static int read_format(struct nvme_ns *ns, const u8 *id, u64 *blocks)
{
	unsigned int format = id[26] & 15;
	const u8 *lbaf = id + 128 + 4 * format;
	unsigned int metadata = lbaf[0] | lbaf[1] << 8;

	*blocks = le64_at(id);
	ns->shift = lbaf[2];
	if (!*blocks)
		return -ENODEV; /* inactive */
	if (metadata || ns->shift < SECTOR_SHIFT || ns->shift > PAGE_SHIFT ||
	    *blocks > (U64_MAX >> 1) >> ns->shift) {
		pr_err("%sn%u: %llu blocks of %llu bytes with %u of metadata: not supported\n",
		       ns->ctrl->name, ns->nsid, *blocks, 1ull << (ns->shift & 63), metadata);
		return -ENODEV;
	}
	return 0;
}

static void read_limits(const struct nvme_ns *ns, struct queue_limits *lim)
{
	const struct nvme_ctrl *ctrl = ns->ctrl;

	*lim = (struct queue_limits){
		.logical_block_size = 1u << ns->shift,
		.max_segments = NVME_LIST_ENTRIES,
		.max_segment_size = UINT_MAX & PAGE_MASK,
		.max_sectors = ctrl->max_sectors,
		.max_hw_sectors = ctrl->max_sectors,
		.dma_alignment = 3,
		.virt_boundary_mask = PAGE_SIZE - 1,
	};
	if (ctrl->oncs & ONCS_DSM) {
		lim->max_discard_sectors = UINT_MAX >> SECTOR_SHIFT;
		lim->discard_granularity = 1u << ns->shift;
	}
	if (ctrl->oncs & ONCS_WRITE_ZEROES)
		lim->max_write_zeroes_sectors =
			min(MAX_RANGE_BLOCKS << (ns->shift - SECTOR_SHIFT), ctrl->max_sectors);
}

static int make_disk(struct nvme_ns *ns, u64 blocks)
{
	struct nvme_ctrl *ctrl = ns->ctrl;
	struct queue_limits lim;
	struct gendisk *disk;

	read_limits(ns, &lim);
	ns->tag_set = (struct blk_mq_tag_set){
		.ops = &nvme_mq_ops,
		.nr_hw_queues = ctrl->nr_queues,
		.queue_depth = ctrl->queues[0].depth - 1,
		.driver_data = ns,
	};
	disk = blk_mq_alloc_disk(&ns->tag_set, &lim, ns);
	if (IS_ERR(disk))
		return PTR_ERR(disk);
	snprintf(disk->disk_name, sizeof(disk->disk_name), "%sn%u", ctrl->name, ns->nsid);
	disk->fops = &nvme_fops;
	disk->private_data = ns;
	disk->queue->flags |= QUEUE_NONROT | QUEUE_FUA;
	if (ctrl->write_cache)
		disk->queue->flags |= QUEUE_WRITE_CACHE;
	set_capacity(disk, blocks << (ns->shift - SECTOR_SHIFT));
	ns->disk = disk;
	return 0;
}

static int add_namespace(struct nvme_ctrl *ctrl, u32 nsid, u8 *page)
{
	struct nvme_ns *ns;
	u64 blocks;
	int err = nvme_identify(ctrl, 0, nsid, page);

	if (err)
		return err;
	ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	if (!ns)
		return -ENOMEM;
	ns->ctrl = ctrl;
	ns->nsid = nsid;
	err = read_format(ns, page, &blocks);
	if (!err)
		err = make_disk(ns, blocks);
	if (err) {
		kfree(ns);
		return err == -ENODEV ? 0 : err;
	}
	/* Found by interrupts from here on; it stays for ever, like the controller. */
	ns->next = ctrl->namespaces;
	ctrl->namespaces = ns;
	err = device_add_disk(ctrl->pci->sysfs, ns->disk);
	if (err)
		pr_err("%s: %pe\n", ns->disk->disk_name, ERR_PTR(err));
	else
		pr_info("%s: %llu sectors of 512 bytes\n", ns->disk->disk_name,
			get_capacity(ns->disk));
	return 0;
}

int nvme_scan(struct nvme_ctrl *ctrl)
{
	u8 *list = (u8 *)__get_free_page(GFP_KERNEL), *page = (u8 *)__get_free_page(GFP_KERNEL);
	int err = list && page ? nvme_identify(ctrl, 2, 0, list) : -ENOMEM;
	bool have_list = !err;

	if (err && err != -ENOMEM && !atomic_load(&ctrl->dead))
		err = 0; /* older than 1.1: no list; all numbers are tried */
	for (unsigned int i = 0; i < NVME_MAX_NS - 1 && !err; i++) {
		u32 nsid = have_list ? le32_to_cpu(((__le32 *)list)[i]) : i + 1;

		if (!nsid || nsid > ctrl->nn)
			break;
		err = nsid < 1u << 20 ? add_namespace(ctrl, nsid, page) : 0;
	}
	free_page((unsigned long)list);
	free_page((unsigned long)page);
	return err;
}
