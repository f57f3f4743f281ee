/* SPDX-License-Identifier: MIT */
/*
 * The split ring (specification 2.7), as the transports see it. Descriptors, available ring and
 * used ring lie in one piece of memory, the used ring on a page of its own, which is also what the
 * legacy interface wants.
 */
#ifndef DRIVERS_VIRTIO_RING_H
#define DRIVERS_VIRTIO_RING_H

#include <drivers/virtio.h>

struct vring_desc {
	__le64 addr;
	__le32 len;
	__le16 flags, next;
};

struct vring_avail {
	__le16 flags, idx;
	__le16 ring[]; /* and used_event behind them */
};

struct vring_used_elem {
	__le32 id, len;
};

struct vring_used {
	__le16 flags, idx;
	struct vring_used_elem ring[]; /* and avail_event behind them */
};

struct virtqueue {
	struct virtio_device *vdev;
	unsigned int index;
	vq_callback_t callback;
	u16 size; /* a power of two */
	bool event_idx, broken;
	u16 free_head, nr_free; /* chain of free descriptors, by next */
	u16 avail_idx, kicked_idx; /* next to offer; where the device was last told */
	u16 used_idx; /* next to take */
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	void **tokens; /* by head descriptor; NULL: not in use */
	u16 *chain; /* by descriptor: our own copy of next, which the device cannot touch */
	u16 *lens; /* by head: descriptors of the request */
	void *memory;
	size_t bytes;
	unsigned int irq; /* the transport's */
	void __iomem *notify_addr;
};

struct virtqueue *vring_new(struct virtio_device *vdev, unsigned int index, unsigned int size,
			    vq_callback_t callback);
void vring_free(struct virtqueue *vq);
/* The queue's interrupt. */
void vring_interrupt(struct virtqueue *vq);

#endif
