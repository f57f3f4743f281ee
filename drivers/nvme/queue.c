/* SPDX-License-Identifier: MIT */
/*
 * Queues: commands in, completions out. What the controller writes is not trusted: a completion for
 * a command that is not in flight ends the controller's use.
 */
#include <arch/barrier.h>
#include <arch/io.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include "nvme.h"

static size_t sq_bytes(const struct nvme_queue *q)
{
	return PAGE_ALIGN(q->depth * sizeof(struct nvme_command));
}

static size_t cq_bytes(const struct nvme_queue *q)
{
	return PAGE_ALIGN(q->depth * sizeof(struct nvme_completion));
}

void nvme_queue_free(struct nvme_queue *q)
{
	if (q->sq)
		free_pages_exact(q->sq, sq_bytes(q));
	if (q->cq)
		free_pages_exact(q->cq, cq_bytes(q));
	if (q->lists)
		free_pages_exact(q->lists, q->depth * NVME_LIST_BYTES);
	kfree(q->slots);
	q->sq = NULL;
	q->cq = NULL;
	q->lists = NULL;
	q->slots = NULL;
}

int nvme_queue_alloc(struct nvme_ctrl *ctrl, struct nvme_queue *q, unsigned int id,
		     unsigned int depth)
{
	*q = (struct nvme_queue){.ctrl = ctrl, .id = id, .depth = depth, .phase = 1};
	spin_lock_init(&q->lock);
	q->sq = alloc_pages_exact(sq_bytes(q), GFP_KERNEL | __GFP_ZERO);
	q->cq = alloc_pages_exact(cq_bytes(q), GFP_KERNEL | __GFP_ZERO);
	q->slots = kcalloc(depth, sizeof(q->slots[0]), GFP_KERNEL);
	if (id)
		q->lists = alloc_pages_exact(depth * NVME_LIST_BYTES, GFP_KERNEL);
	if (!q->sq || !q->cq || !q->slots || (id && !q->lists)) {
		nvme_queue_free(q);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i + 1 < depth; i++)
		q->slots[i].next = i + 2 < depth ? i + 1 : NVME_NO_SLOT;
	q->doorbell = ctrl->regs + NVME_DBS + (size_t)2 * id * ctrl->stride;
	return 0;
}

/* ---- commands -------------------------------------------------------------------------------- */

/*
 * The memory of @rq as PRPs (4.3): the first page, with any offset, in the command; the second
 * there too or, if there are more, a list of all others. The block layer leaves no holes
 * (virt_boundary_mask): a piece goes on in the page of the one before, or at the start of another.
 */
static int map_data(struct nvme_queue *q, struct nvme_command *cmd, struct request *rq, u16 slot)
{
	__le64 *list = (__le64 *)(q->lists + slot * NVME_LIST_BYTES);
	phys_addr_t last = 0;
	unsigned int n = 0;
	struct bvec_iter iter;
	struct bio_vec bv;
	struct bio *bio;

	rq_for_each_segment(bv, rq, bio, iter)
	{
		phys_addr_t at = page_to_phys(bv.bv_page) + bv.bv_offset, end = at + bv.bv_len;

		if (n && at != last && ((at | last) & ~PAGE_MASK))
			return -EIO;
		last = end;
		if (!n) {
			cmd->prp1 = cpu_to_le64(at);
			n = 1;
			at = (at & PAGE_MASK) + PAGE_SIZE;
		}
		for (at = PAGE_ALIGN(at); at < end; at += PAGE_SIZE, n++) {
			if (n > NVME_LIST_ENTRIES)
				return -EIO;
			list[n - 1] = cpu_to_le64(at);
		}
	}
	if (n == 2)
		cmd->prp2 = list[0];
	else if (n > 2)
		cmd->prp2 = cpu_to_le64(__pa(list));
	return 0;
}

/* Discard takes a list of ranges in memory: one. */
static void map_range(struct nvme_queue *q, struct nvme_command *cmd, u16 slot)
{
	struct nvme_range *range = (struct nvme_range *)(q->lists + slot * NVME_LIST_BYTES);

	*range = (struct nvme_range){
		.blocks = cmd->cdw12,
		.slba = cpu_to_le64(le32_to_cpu(cmd->cdw10) | (u64)le32_to_cpu(cmd->cdw11) << 32)};
	cmd->prp1 = cpu_to_le64(__pa(range));
	cmd->cdw10 = cmd->cdw12 = cpu_to_le32(0);
	cmd->cdw11 = cpu_to_le32(4); /* deallocate */
}

static int map_request(struct nvme_queue *q, struct nvme_command *cmd, struct request *rq, u16 slot)
{
	if (req_op(rq) == REQ_OP_DISCARD)
		map_range(q, cmd, slot);
	else if (req_op(rq) == REQ_OP_READ || req_op(rq) == REQ_OP_WRITE)
		return map_data(q, cmd, rq, slot);
	return 0;
}

static void ring_locked(struct nvme_queue *q)
{
	if (q->told == q->tail || q->dead)
		return;
	q->told = q->tail;
	writel(q->tail, q->doorbell); /* ordered behind the commands */
}

static int submit_locked(struct nvme_queue *q, struct nvme_command *cmd, struct request *rq,
			 struct nvme_sync *sync)
{
	u16 slot = q->free;
	int err;

	if (q->dead)
		return -EIO;
	if (slot == NVME_NO_SLOT) {
		q->full = true;
		ring_locked(q);
		return -EBUSY;
	}
	err = rq ? map_request(q, cmd, rq, slot) : 0;
	if (err)
		return err;
	q->free = q->slots[slot].next;
	q->used++;
	q->slots[slot] = (struct nvme_slot){
		.rq = rq, .sync = sync, .tick = READ_ONCE(q->ctrl->tick), .next = NVME_NO_SLOT};
	cmd->cid = cpu_to_le16(slot);
	q->sq[q->tail] = *cmd;
	q->tail = q->tail + 1 == q->depth ? 0 : q->tail + 1;
	return 0;
}

int nvme_submit(struct nvme_queue *q, struct nvme_command *cmd, struct request *rq,
		struct nvme_sync *sync, bool last)
{
	unsigned long flags;
	int err;

	spin_lock_irqsave(&q->lock, flags);
	err = submit_locked(q, cmd, rq, sync);
	if (!err && last)
		ring_locked(q);
	spin_unlock_irqrestore(&q->lock, flags);
	return err;
}

void nvme_ring(struct nvme_queue *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	ring_locked(q);
	spin_unlock_irqrestore(&q->lock, flags);
}

/* ---- completions ----------------------------------------------------------------------------- */

/* Status field (4.6.1) without the phase; type 0 are generic codes, 2 media errors. */
static int status_error(u16 status)
{
	switch (status & 0x7ff) {
	case 0:
		return 0;
	case 0x001: /* invalid opcode */
	case 0x002: /* invalid field */
		return -EOPNOTSUPP;
	case 0x081: /* capacity exceeded */
		return -ENOSPC;
	default:
		return -EIO;
	}
}

/* Done requests, linked, with their errors; ended without the lock. */
struct done_list {
	struct request *first, **tail;
	bool room; /* for those that were turned away */
};

static void end_slot(struct nvme_queue *q, u16 n, int error, u32 result, struct done_list *done)
{
	struct nvme_slot slot = q->slots[n];

	q->slots[n] = (struct nvme_slot){.next = q->free};
	q->free = n;
	q->used--;
	if (slot.sync) {
		slot.sync->error = error;
		slot.sync->result = result;
		complete(&slot.sync->done);
	} else {
		slot.rq->error = error;
		slot.rq->rq_next = NULL;
		*done->tail = slot.rq;
		done->tail = &slot.rq->rq_next;
	}
}

static bool take_one(struct nvme_queue *q, struct done_list *done)
{
	const struct nvme_completion *e = &q->cq[q->head];
	u16 status = le16_to_cpu(READ_ONCE(e->status)), cid;

	if (q->dead || (status & 1) != q->phase)
		return false;
	dma_rmb(); /* the phase comes last */
	cid = le16_to_cpu(READ_ONCE(e->cid));
	if (cid >= q->depth || (!q->slots[cid].rq && !q->slots[cid].sync)) {
		pr_err("%s: queue %u completed command %u, which it was not given\n", q->ctrl->name,
		       q->id, cid);
		q->dead = true;
		schedule_work(&q->ctrl->give_up);
		return false;
	}
	end_slot(q, cid, status_error(status >> 1), le32_to_cpu(READ_ONCE(e->result)), done);
	if (++q->head == q->depth) {
		q->head = 0;
		q->phase ^= 1;
	}
	return true;
}

static void end_done(struct nvme_queue *q, struct done_list *done)
{
	struct request *rq;

	while ((rq = done->first)) {
		int error = rq->error;

		done->first = rq->rq_next;
		rq->error = 0;
		blk_mq_end_request(rq, error);
	}
	if (!done->room)
		return;
	for (struct nvme_ns *ns = q->ctrl->namespaces; ns; ns = ns->next)
		if (ns->disk && q->id)
			blk_mq_run_hw_queue(&ns->disk->queue->hctxs[q->id - 1]);
}

bool nvme_poll(struct nvme_queue *q)
{
	struct done_list done = {.tail = &done.first};
	unsigned long flags;
	unsigned int n = 0;

	spin_lock_irqsave(&q->lock, flags);
	while (n < q->depth && take_one(q, &done))
		n++;
	if (n && !q->dead)
		writel(q->head, q->doorbell + q->ctrl->stride);
	if (n && q->full) {
		q->full = false;
		done.room = true;
	}
	spin_unlock_irqrestore(&q->lock, flags);
	end_done(q, &done);
	return n;
}

irqreturn_t nvme_interrupt(int irq, void *queue)
{
	return nvme_poll(queue) ? IRQ_HANDLED : IRQ_NONE;
}

void nvme_queue_fail(struct nvme_queue *q)
{
	struct done_list done = {.tail = &done.first, .room = true};
	unsigned long flags;

	if (!q->slots)
		return;
	spin_lock_irqsave(&q->lock, flags);
	q->dead = true;
	for (unsigned int i = 0; i < q->depth; i++)
		if (q->slots[i].rq || q->slots[i].sync)
			end_slot(q, i, -EIO, 0, &done);
	spin_unlock_irqrestore(&q->lock, flags);
	end_done(q, &done);
}

unsigned int nvme_queue_age(struct nvme_queue *q, bool *busy)
{
	u32 now = q->ctrl->tick, age = 0;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	for (unsigned int i = 0; q->used && i < q->depth; i++)
		if (q->slots[i].rq)
			age = max(age, now - q->slots[i].tick);
	*busy |= q->used && q->id;
	spin_unlock_irqrestore(&q->lock, flags);
	return age;
}
