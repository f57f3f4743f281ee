/* SPDX-License-Identifier: MIT */
/*
 * Split rings. What the device writes (used ring) is not trusted: an index or length that cannot be
 * marks the queue broken, and nothing more is taken from it.
 *
 * driver                                  device
 *   descriptors, ring entry                 read avail->idx
 *   -- dma_wmb --                           -- barrier --
 *   avail->idx                              read ring entry, descriptors
 *   -- full barrier --                      used element; -- barrier --; used->idx
 *   read avail_event: notify?               -- full barrier --; read used_event: interrupt?
 */
#include <arch/barrier.h>
#include <kernel/printk.h>
#include <lib/byteorder.h>
#include <lib/compiler.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include "virtio_ring.h"

#define DESC_NEXT	   1
#define DESC_WRITE	   2
#define DESC_INDIRECT	   4
#define AVAIL_NO_INTERRUPT 1
#define USED_NO_NOTIFY	   1

static __le16 *used_event(struct virtqueue *vq)
{
	return &vq->avail->ring[vq->size];
}

static u16 avail_event(struct virtqueue *vq)
{
	return le16_to_cpu(READ_ONCE(*(__le16 *)&vq->used->ring[vq->size]));
}

/* Whether @event lies in (@old, @new]: specification 2.7.10. */
static bool passed(u16 event, u16 new, u16 old)
{
	return (u16)(new - event - 1) < (u16)(new - old);
}

struct virtqueue *vring_new(struct virtio_device *vdev, unsigned int index, unsigned int size,
			    vq_callback_t callback)
{
	struct virtqueue *vq = kzalloc(sizeof(*vq), GFP_KERNEL);
	size_t first = size * sizeof(struct vring_desc) + (3 + size) * sizeof(__le16);
	size_t second = 3 * sizeof(__le16) + size * sizeof(struct vring_used_elem);

	if (!vq)
		return NULL;
	vq->bytes = PAGE_ALIGN(first) + PAGE_ALIGN(second);
	vq->memory = alloc_pages_exact(vq->bytes, GFP_KERNEL | __GFP_ZERO);
	vq->tokens = kcalloc(size, sizeof(void *), GFP_KERNEL);
	vq->chain = kcalloc(size, sizeof(u16), GFP_KERNEL);
	vq->lens = kcalloc(size, sizeof(u16), GFP_KERNEL);
	if (!vq->memory || !vq->tokens || !vq->chain || !vq->lens) {
		vring_free(vq);
		return NULL;
	}
	vq->vdev = vdev;
	vq->index = index;
	vq->callback = callback;
	vq->size = vq->nr_free = size;
	vq->event_idx = virtio_has_feature(vdev, VIRTIO_F_EVENT_IDX);
	vq->desc = vq->memory;
	vq->avail = (void *)(vq->desc + size);
	vq->used = (void *)((char *)vq->memory + PAGE_ALIGN(first));
	for (unsigned int i = 0; i < size; i++)
		vq->chain[i] = i + 1;
	if (!callback)
		vq->avail->flags = cpu_to_le16(AVAIL_NO_INTERRUPT);
	return vq;
}

void vring_free(struct virtqueue *vq)
{
	if (vq->memory)
		free_pages_exact(vq->memory, vq->bytes);
	kfree(vq->tokens);
	kfree(vq->chain);
	kfree(vq->lens);
	kfree(vq);
}

static void set_desc(struct vring_desc *d, const struct virtqueue_sg *sg, u16 flags, u16 next)
{
	d->addr = cpu_to_le64(sg->addr);
	d->len = cpu_to_le32(sg->len);
	d->flags = cpu_to_le16(flags);
	d->next = cpu_to_le16(next);
}

static u16 desc_flags(unsigned int i, unsigned int out, unsigned int n)
{
	return (i >= out ? DESC_WRITE : 0) | (i + 1 < n ? DESC_NEXT : 0);
}

/* The descriptors from free_head on are filled: how many were taken. */
static unsigned int fill_direct(struct virtqueue *vq, const struct virtqueue_sg *sg,
				unsigned int out, unsigned int n)
{
	u16 d = vq->free_head;

	for (unsigned int i = 0; i < n; i++) {
		set_desc(&vq->desc[d], &sg[i], desc_flags(i, out, n), vq->chain[d]);
		d = vq->chain[d];
	}
	vq->free_head = d;
	return n;
}

static unsigned int fill_indirect(struct virtqueue *vq, const struct virtqueue_sg *sg,
				  unsigned int out, unsigned int n, struct vring_desc *table)
{
	struct virtqueue_sg whole = {.addr = __pa(table), .len = n * sizeof(*table)};
	u16 d = vq->free_head;

	for (unsigned int i = 0; i < n; i++)
		set_desc(&table[i], &sg[i], desc_flags(i, out, n), i + 1);
	set_desc(&vq->desc[d], &whole, DESC_INDIRECT, 0);
	vq->free_head = vq->chain[d];
	return 1;
}

int virtqueue_add(struct virtqueue *vq, const struct virtqueue_sg *sg, unsigned int out,
		  unsigned int in, void *token, void *indirect)
{
	unsigned int n = out + in;
	bool use_table = indirect && n > 1 && virtio_has_feature(vq->vdev, VIRTIO_F_INDIRECT_DESC);
	u16 head = vq->free_head;

	if (vq->broken)
		return -EIO;
	if (vq->nr_free < (use_table ? 1 : n))
		return -ENOSPC;
	vq->lens[head] =
		use_table ? fill_indirect(vq, sg, out, n, indirect) : fill_direct(vq, sg, out, n);
	vq->nr_free -= vq->lens[head];
	vq->tokens[head] = token;
	vq->avail->ring[vq->avail_idx & (vq->size - 1)] = cpu_to_le16(head);
	dma_wmb();
	vq->avail_idx++;
	WRITE_ONCE(vq->avail->idx, cpu_to_le16(vq->avail_idx));
	return 0;
}

bool virtqueue_kick_prepare(struct virtqueue *vq)
{
	u16 old = vq->kicked_idx;

	mb();
	vq->kicked_idx = vq->avail_idx;
	if (old == vq->avail_idx)
		return false;
	if (vq->event_idx)
		return passed(avail_event(vq), vq->avail_idx, old);
	return !(le16_to_cpu(READ_ONCE(vq->used->flags)) & USED_NO_NOTIFY);
}

void virtqueue_notify(struct virtqueue *vq)
{
	vq->vdev->config->notify(vq->vdev, vq);
}

static void give_back(struct virtqueue *vq, u16 head)
{
	unsigned int n = vq->lens[head];
	u16 d = head;

	vq->tokens[head] = NULL;
	vq->nr_free += n;
	while (--n)
		d = vq->chain[d];
	vq->chain[d] = vq->free_head;
	vq->free_head = head;
}

static bool more_used(const struct virtqueue *vq)
{
	return vq->used_idx != le16_to_cpu(READ_ONCE(vq->used->idx));
}

void *virtqueue_get_buf(struct virtqueue *vq, u32 *len)
{
	const struct vring_used_elem *e = &vq->used->ring[vq->used_idx & (vq->size - 1)];
	void *token;
	u32 id;

	if (vq->broken || !more_used(vq))
		return NULL;
	dma_rmb();
	id = le32_to_cpu(READ_ONCE(e->id));
	*len = le32_to_cpu(READ_ONCE(e->len));
	if (id >= vq->size || !vq->tokens[id]) {
		pr_err("%s: queue %u: the device returned request %u, which it does not have; "
		       "the queue is given up\n",
		       vq->vdev->name, vq->index, id);
		vq->broken = true;
		return NULL;
	}
	token = vq->tokens[id];
	give_back(vq, id);
	vq->used_idx++;
	if (vq->event_idx && !(vq->avail->flags & cpu_to_le16(AVAIL_NO_INTERRUPT)))
		WRITE_ONCE(*used_event(vq), cpu_to_le16(vq->used_idx));
	return token;
}

/* With event indices: an index far away, so that none comes for a while. */
void virtqueue_disable_cb(struct virtqueue *vq)
{
	vq->avail->flags = cpu_to_le16(AVAIL_NO_INTERRUPT);
	if (vq->event_idx)
		WRITE_ONCE(*used_event(vq), cpu_to_le16(vq->used_idx - 1));
}

bool virtqueue_enable_cb(struct virtqueue *vq)
{
	vq->avail->flags = 0;
	if (vq->event_idx)
		WRITE_ONCE(*used_event(vq), cpu_to_le16(vq->used_idx));
	mb();
	return !more_used(vq);
}

void vring_interrupt(struct virtqueue *vq)
{
	if (vq->callback)
		vq->callback(vq);
}

struct virtio_device *virtqueue_device(const struct virtqueue *vq)
{
	return vq->vdev;
}

unsigned int virtqueue_index(const struct virtqueue *vq)
{
	return vq->index;
}

unsigned int virtqueue_size(const struct virtqueue *vq)
{
	return vq->size;
}

bool virtqueue_is_broken(const struct virtqueue *vq)
{
	return vq->broken;
}
