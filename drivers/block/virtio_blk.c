/* SPDX-License-Identifier: MIT */
/*
 * Virtio block devices (specification 5.2): as many hardware queues as the device and the CPUs
 * have, flush, discard, write zeroes.
 *
 * A request's driver part holds the header that the device reads, the status byte that it writes,
 * and room for the indirect table. A queue's lock (IRQs off) guards its ring.
 */
#include <kernel/cpumask.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/workqueue.h>
#include <lib/byteorder.h>
#include <lib/err.h>
#include <lib/ida.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <drivers/virtio.h>
#include <fs/blkdev.h>

#define F_SIZE_MAX     1
#define F_SEG_MAX      2
#define F_RO	       5
#define F_BLK_SIZE     6
#define F_FLUSH	       9
#define F_TOPOLOGY     10
#define F_CONFIG_WCE   11
#define F_MQ	       12
#define F_DISCARD      13
#define F_WRITE_ZEROES 14

/* struct virtio_blk_config */
#define CFG_CAPACITY	  0
#define CFG_SIZE_MAX	  8
#define CFG_SEG_MAX	  12
#define CFG_BLK_SIZE	  20
#define CFG_PHYS_EXP	  24
#define CFG_MIN_IO	  26
#define CFG_OPT_IO	  28
#define CFG_WCE		  32
#define CFG_NUM_QUEUES	  34
#define CFG_MAX_DISCARD	  36
#define CFG_DISCARD_ALIGN 44
#define CFG_MAX_ZEROES	  48

#define T_IN		  0
#define T_OUT		  1
#define T_FLUSH		  4
#define T_GET_ID	  8
#define T_DISCARD	  11
#define T_WRITE_ZEROES	  13
#define S_OK		  0
#define S_UNSUPP	  2
#define ZEROES_UNMAP	  1

#define MAX_SEGMENTS	  126u
#define MAX_QUEUES	  16u
#define QUEUE_SIZE	  256u
#define ID_BYTES	  20

struct vblk_header {
	__le32 type, reserved;
	__le64 sector;
};

struct vblk_range {
	__le64 sector;
	__le32 sectors, flags;
};

/* Behind struct request. */
struct vblk_request {
	struct vblk_header header;
	struct vblk_range range;
	u8 status;
	struct virtqueue_sg *sg; /* 2 + segments of them; the indirect table follows */
	void *table;
};

struct vblk_queue {
	struct virtqueue *vq;
	spinlock_t lock; /* IRQs off */
	struct virtio_blk *blk;
	unsigned int index;
};

struct virtio_blk {
	struct virtio_device *vdev;
	struct gendisk *disk;
	struct blk_mq_tag_set tag_set;
	unsigned int max_segments, nr_queues;
	struct vblk_queue queues[MAX_QUEUES];
	struct work_struct resize;
};

static DEFINE_MUTEX(index_lock);
static DEFINE_IDA(indices); /* index_lock */
static int vblk_major;

/* ---- requests -------------------------------------------------------------------------------- */

static u32 type_of(const struct request *rq)
{
	switch (req_op(rq)) {
	case REQ_OP_READ:
		return T_IN;
	case REQ_OP_WRITE:
		return T_OUT;
	case REQ_OP_FLUSH:
		return T_FLUSH;
	case REQ_OP_DISCARD:
		return T_DISCARD;
	case REQ_OP_WRITE_ZEROES:
		return T_WRITE_ZEROES;
	default:
		return T_GET_ID;
	}
}

/* Segments of the request's data behind sg[0], the header: how many. */
static unsigned int map_data(struct request *rq, struct vblk_request *vr, unsigned int max)
{
	struct blk_segment *seg = (struct blk_segment *)(vr->sg + 1);

	static_assert(sizeof(struct blk_segment) == sizeof(struct virtqueue_sg));
	static_assert(offsetof(struct blk_segment, len) == offsetof(struct virtqueue_sg, len));
	if (!blk_rq_bytes(rq))
		return 0;
	if (rq->bio->bi_vcnt)
		return blk_rq_map_segments(rq, seg, max);
	vr->range.sector = cpu_to_le64(blk_rq_pos(rq));
	vr->range.sectors = cpu_to_le32(blk_rq_sectors(rq));
	vr->range.flags = cpu_to_le32(
		req_op(rq) == REQ_OP_WRITE_ZEROES && !(rq->cmd_flags & REQ_NOUNMAP) ? ZEROES_UNMAP :
										      0);
	seg[0] = (struct blk_segment){.addr = __pa(&vr->range), .len = sizeof(vr->range)};
	return 1;
}

static int vblk_queue_rq(struct blk_mq_hw_ctx *hctx, struct request *rq, bool last)
{
	struct virtio_blk *blk = hctx->queue->queuedata;
	struct vblk_queue *q = &blk->queues[hctx->queue_num];
	struct vblk_request *vr = blk_mq_rq_to_pdu(rq);
	bool to_device = op_is_write(rq->cmd_flags), kick = false;
	unsigned long flags;
	unsigned int n;
	int err;

	vr->header = (struct vblk_header){.type = cpu_to_le32(type_of(rq))};
	if (req_op(rq) == REQ_OP_READ || req_op(rq) == REQ_OP_WRITE)
		vr->header.sector = cpu_to_le64(blk_rq_pos(rq));
	n = map_data(rq, vr, blk->max_segments);
	vr->sg[0] = (struct virtqueue_sg){.addr = __pa(&vr->header), .len = sizeof(vr->header)};
	vr->sg[1 + n] = (struct virtqueue_sg){.addr = __pa(&vr->status), .len = 1};
	spin_lock_irqsave(&q->lock, flags);
	err = virtqueue_add(q->vq, vr->sg, to_device ? 1 + n : 1, to_device ? 1 : n + 1, rq,
			    vr->table);
	if (!err ? last : err == -ENOSPC)
		kick = virtqueue_kick_prepare(q->vq);
	spin_unlock_irqrestore(&q->lock, flags);
	if (kick)
		virtqueue_notify(q->vq);
	return err == -ENOSPC ? -EBUSY : err;
}

static void vblk_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct virtio_blk *blk = hctx->queue->queuedata;
	struct vblk_queue *q = &blk->queues[hctx->queue_num];
	unsigned long flags;
	bool kick;

	spin_lock_irqsave(&q->lock, flags);
	kick = virtqueue_kick_prepare(q->vq);
	spin_unlock_irqrestore(&q->lock, flags);
	if (kick)
		virtqueue_notify(q->vq);
}

static int status_error(u8 status)
{
	return status == S_OK ? 0 : status == S_UNSUPP ? -EOPNOTSUPP : -EIO;
}

/* Done requests are taken off under the lock and ended without it. */
static void vblk_done(struct virtqueue *vq)
{
	struct virtio_blk *blk = virtqueue_device(vq)->priv;
	struct vblk_queue *q = &blk->queues[virtqueue_index(vq)];
	struct request *list = NULL, **tail = &list, *rq;
	unsigned long flags;
	u32 len;

	spin_lock_irqsave(&q->lock, flags);
	do {
		virtqueue_disable_cb(vq);
		while ((rq = virtqueue_get_buf(vq, &len))) {
			rq->rq_next = NULL;
			*tail = rq;
			tail = &rq->rq_next;
		}
	} while (!virtqueue_is_broken(vq) && !virtqueue_enable_cb(vq));
	spin_unlock_irqrestore(&q->lock, flags);
	while ((rq = list)) {
		struct vblk_request *vr = blk_mq_rq_to_pdu(rq);

		list = rq->rq_next;
		blk_mq_end_request(rq, status_error(READ_ONCE(vr->status)));
	}
	if (READ_ONCE(blk->disk->queue->hctxs[q->index].pending))
		blk_mq_run_hw_queue(&blk->disk->queue->hctxs[q->index]);
}

static int vblk_init_request(struct blk_mq_tag_set *set, struct request *rq, unsigned int hctx)
{
	struct virtio_blk *blk = set->driver_data;
	struct vblk_request *vr = blk_mq_rq_to_pdu(rq);
	unsigned int n = blk->max_segments + 2;

	vr->sg = kmalloc(n * (sizeof(struct virtqueue_sg) + VIRTQUEUE_DESC_SIZE), GFP_KERNEL);
	if (!vr->sg)
		return -ENOMEM;
	vr->table = vr->sg + n;
	return 0;
}

static void vblk_exit_request(struct blk_mq_tag_set *set, struct request *rq, unsigned int hctx)
{
	kfree(((struct vblk_request *)blk_mq_rq_to_pdu(rq))->sg);
}

static const struct blk_mq_ops vblk_mq_ops = {
	.queue_rq = vblk_queue_rq,
	.commit_rqs = vblk_commit_rqs,
	.init_request = vblk_init_request,
	.exit_request = vblk_exit_request,
};

/* ---- the disk -------------------------------------------------------------------------------- */

static int vblk_get_serial(struct gendisk *disk, char *buf, size_t size)
{
	char *id = kzalloc(ID_BYTES + 1, GFP_KERNEL);
	int err;

	if (!id)
		return -ENOMEM;
	err = blk_execute_op(disk->queue, REQ_OP_DRV_IN, id, ID_BYTES);
	if (!err)
		err = strscpy(buf, id, size);
	kfree(id);
	return err;
}

static void vblk_free_disk(struct gendisk *disk)
{
	kfree(disk->private_data);
}

static const struct block_device_operations vblk_fops = {
	.get_serial = vblk_get_serial,
	.free_disk = vblk_free_disk,
};

static void read_limits(struct virtio_device *vdev, struct queue_limits *lim)
{
	u32 size = SECTOR_SIZE;

	if (virtio_has_feature(vdev, F_BLK_SIZE)) {
		size = virtio_cread32(vdev, CFG_BLK_SIZE);
		if (size < SECTOR_SIZE || size > PAGE_SIZE || (size & (size - 1))) {
			pr_err("%s: block size %u is not supported; 512 is used\n", vdev->name,
			       size);
			size = SECTOR_SIZE;
		}
	}
	lim->logical_block_size = lim->physical_block_size = size;
	if (virtio_has_feature(vdev, F_TOPOLOGY)) {
		lim->physical_block_size = size << min_t(u32, virtio_cread8(vdev, CFG_PHYS_EXP), 8);
		lim->io_min = size * virtio_cread16(vdev, CFG_MIN_IO);
		lim->io_opt = size * min(virtio_cread32(vdev, CFG_OPT_IO), 1u << 16);
	}
	if (virtio_has_feature(vdev, F_SIZE_MAX))
		lim->max_segment_size = virtio_cread32(vdev, CFG_SIZE_MAX);
	else
		lim->max_segment_size = 1u << 20;
	if (virtio_has_feature(vdev, F_DISCARD)) {
		lim->max_discard_sectors = virtio_cread32(vdev, CFG_MAX_DISCARD) ?: UINT_MAX >> 9;
		lim->discard_granularity = max(virtio_cread32(vdev, CFG_DISCARD_ALIGN) << 9, size);
	}
	if (virtio_has_feature(vdev, F_WRITE_ZEROES))
		lim->max_write_zeroes_sectors =
			virtio_cread32(vdev, CFG_MAX_ZEROES) ?: UINT_MAX >> 9;
}

static void resize_work(struct work_struct *work)
{
	struct virtio_blk *blk = container_of(work, struct virtio_blk, resize);

	set_capacity_and_notify(blk->disk, virtio_cread64(blk->vdev, CFG_CAPACITY));
}

static void vblk_config_changed(struct virtio_device *vdev)
{
	struct virtio_blk *blk = vdev->priv;

	schedule_work(&blk->resize);
}

static int find_queues(struct virtio_blk *blk)
{
	struct virtqueue *vqs[MAX_QUEUES];
	vq_callback_t callbacks[MAX_QUEUES];
	unsigned int n = 1;
	int err;

	if (virtio_has_feature(blk->vdev, F_MQ))
		n = clamp_t(unsigned int, virtio_cread16(blk->vdev, CFG_NUM_QUEUES), 1,
			    min(MAX_QUEUES, num_possible_cpus()));
	for (unsigned int i = 0; i < n; i++)
		callbacks[i] = vblk_done;
	err = virtio_find_vqs(blk->vdev, n, vqs, callbacks, QUEUE_SIZE);
	if (err)
		return err;
	blk->nr_queues = n;
	for (unsigned int i = 0; i < n; i++) {
		blk->queues[i].vq = vqs[i];
		blk->queues[i].blk = blk;
		blk->queues[i].index = i;
		spin_lock_init(&blk->queues[i].lock);
	}
	return 0;
}

static int make_disk(struct virtio_blk *blk, int index)
{
	struct virtio_device *vdev = blk->vdev;
	struct queue_limits lim = {.max_segments = blk->max_segments, .max_sectors = 2560};
	struct gendisk *disk;

	read_limits(vdev, &lim);
	blk->tag_set = (struct blk_mq_tag_set){
		.ops = &vblk_mq_ops,
		.nr_hw_queues = blk->nr_queues,
		.queue_depth = min(virtqueue_size(blk->queues[0].vq), 128u),
		.cmd_size = sizeof(struct vblk_request),
		.driver_data = blk,
	};
	disk = blk_mq_alloc_disk(&blk->tag_set, &lim, blk);
	if (IS_ERR(disk))
		return PTR_ERR(disk);
	blk->disk = disk;
	disk_letter_name(disk->disk_name, "vd", index);
	disk->major = vblk_major;
	disk->first_minor = index * 16;
	disk->minors = 16;
	disk->fops = &vblk_fops;
	disk->private_data = blk;
	disk->queue->flags |= QUEUE_NONROT;
	/* A device without FLUSH has no cache that could be flushed. */
	if (virtio_has_feature(vdev, F_FLUSH))
		disk->queue->flags |= QUEUE_WRITE_CACHE;
	set_disk_ro(disk, virtio_has_feature(vdev, F_RO));
	set_capacity(disk, virtio_cread64(vdev, CFG_CAPACITY));
	return 0;
}

static int vblk_probe(struct virtio_device *vdev)
{
	struct virtio_blk *blk = kzalloc(sizeof(*blk), GFP_KERNEL);
	int index, err;

	if (!blk)
		return -ENOMEM;
	mutex_lock(&index_lock);
	index = ida_alloc(&indices, GFP_KERNEL);
	mutex_unlock(&index_lock);
	if (index < 0) {
		kfree(blk);
		return index;
	}
	blk->vdev = vdev;
	vdev->priv = blk;
	INIT_WORK(&blk->resize, resize_work);
	blk->max_segments = 1;
	if (virtio_has_feature(vdev, F_SEG_MAX))
		blk->max_segments = clamp(virtio_cread32(vdev, CFG_SEG_MAX), 1u, MAX_SEGMENTS);
	err = find_queues(blk);
	if (err)
		goto out_index;
	err = make_disk(blk, index);
	if (err)
		goto out_queues;
	virtio_device_ready(vdev);
	vdev->config_changed = vblk_config_changed;
	err = device_add_disk(vdev->sysfs, blk->disk);
	if (err)
		goto out_disk;
	pr_info("%s: %llu sectors of 512 bytes, %u queues\n", blk->disk->disk_name,
		get_capacity(blk->disk), blk->nr_queues);
	return 0;

out_disk:
	virtio_reset_device(vdev);
	virtio_del_vqs(vdev);
	put_disk(blk->disk); /* frees blk */
	return err;
out_queues:
	virtio_reset_device(vdev);
	virtio_del_vqs(vdev);
out_index:
	mutex_lock(&index_lock);
	ida_free(&indices, index);
	mutex_unlock(&index_lock);
	kfree(blk);
	return err;
}

static struct virtio_driver vblk_driver = {
	.name = "virtio_blk",
	.id = VIRTIO_ID_BLOCK,
	.features = 1ull << F_SIZE_MAX | 1ull << F_SEG_MAX | 1ull << F_RO | 1ull << F_BLK_SIZE |
		    1ull << F_FLUSH | 1ull << F_TOPOLOGY | 1ull << F_MQ | 1ull << F_DISCARD |
		    1ull << F_WRITE_ZEROES,
	.probe = vblk_probe,
};

static int __init vblk_init(void)
{
	vblk_major = register_blkdev(0, "virtblk");
	if (vblk_major < 0)
		return vblk_major;
	return virtio_driver_register(&vblk_driver);
}
device_initcall(vblk_init);
