/* SPDX-License-Identifier: MIT */
/*
 * Virtio devices (Virtual I/O Device specification 1.2). A transport (MMIO, PCI) finds a device and
 * calls virtio_device_register(); a driver registers itself with the device type it is for; they
 * meet whatever order they come in.
 *
 * A driver's probe(): features have been negotiated -> virtio_find_vqs() -> virtio_device_ready()
 * -> use. A virtqueue is used by one context at a time: the driver locks.
 */
#ifndef DRIVERS_VIRTIO_H
#define DRIVERS_VIRTIO_H

#include <lib/types.h>

struct sysfs_node;
struct virtio_device;
struct virtqueue;

#define VIRTIO_ID_NET		  1
#define VIRTIO_ID_BLOCK		  2
#define VIRTIO_ID_CONSOLE	  3
#define VIRTIO_ID_RNG		  4
#define VIRTIO_ID_9P		  9
#define VIRTIO_ID_GPU		  16
#define VIRTIO_ID_INPUT		  18

#define VIRTIO_F_INDIRECT_DESC	  28
#define VIRTIO_F_EVENT_IDX	  29
#define VIRTIO_F_VERSION_1	  32

#define VIRTIO_STATUS_ACKNOWLEDGE 1
#define VIRTIO_STATUS_DRIVER	  2
#define VIRTIO_STATUS_DRIVER_OK	  4
#define VIRTIO_STATUS_FEATURES_OK 8
#define VIRTIO_STATUS_FAILED	  128

typedef void (*vq_callback_t)(struct virtqueue *vq); /* hard IRQ context */

/* What a transport does. Sleeping context unless said otherwise. */
struct virtio_config_ops {
	u64 (*get_features)(struct virtio_device *vdev);
	int (*set_features)(struct virtio_device *vdev, u64 features);
	u8 (*get_status)(struct virtio_device *vdev);
	void (*set_status)(struct virtio_device *vdev, u8 status); /* 0 resets, and waits */
	/* Any context. */
	void (*get)(struct virtio_device *vdev, unsigned int off, void *buf, unsigned int len);
	void (*set)(struct virtio_device *vdev, unsigned int off, const void *buf,
		    unsigned int len);
	/* The ring is made known to the device; its interrupt comes. 0 or -errno. */
	int (*setup_vq)(struct virtio_device *vdev, struct virtqueue *vq);
	unsigned int (*vq_size)(struct virtio_device *vdev, unsigned int index); /* 0: none */
	void (*notify)(struct virtio_device *vdev, struct virtqueue *vq); /* any context */
	/* Undoes all setup_vq(); the device has been reset. */
	void (*del_vqs)(struct virtio_device *vdev);
};

struct virtio_device {
	u32 id; /* VIRTIO_ID_* */
	u64 features; /* negotiated */
	const struct virtio_config_ops *config;
	const struct virtio_driver *driver; /* NULL: none yet */
	struct sysfs_node *sysfs; /* of the device it is on, or NULL */
	unsigned int nr_vqs;
	struct virtqueue **vqs;
	void *priv; /* the driver's */
	void (*config_changed)(struct virtio_device *vdev); /* hard IRQ; may be NULL */
	struct virtio_device *next; /* virtio_lock */
	char name[24]; /* "virtio0" */
};

struct virtio_driver {
	const char *name;
	u32 id;
	u64 features; /* that the driver understands, besides the rings' */
	int (*probe)(struct virtio_device *vdev);
	struct virtio_driver *next; /* virtio_lock */
};

int virtio_device_register(struct virtio_device *vdev);
int virtio_driver_register(struct virtio_driver *drv);

static inline bool virtio_has_feature(const struct virtio_device *vdev, unsigned int bit)
{
	return vdev->features >> bit & 1;
}
void virtio_device_ready(struct virtio_device *vdev);
void virtio_reset_device(struct virtio_device *vdev);

/* Config fields are little-endian (on legacy devices native, which is the same here). */
static inline u8 virtio_cread8(struct virtio_device *vdev, unsigned int off)
{
	u8 v;

	vdev->config->get(vdev, off, &v, 1);
	return v;
}
u16 virtio_cread16(struct virtio_device *vdev, unsigned int off);
u32 virtio_cread32(struct virtio_device *vdev, unsigned int off);
u64 virtio_cread64(struct virtio_device *vdev, unsigned int off);

/* ---- queues ---------------------------------------------------------------------------------- */

struct virtqueue_sg {
	phys_addr_t addr;
	u32 len;
};

/*
 * @n queues from index 0 on, each with its callback (NULL: none, no interrupt) and at most @size
 * descriptors. 0 or -errno; on failure none is left.
 */
int virtio_find_vqs(struct virtio_device *vdev, unsigned int n, struct virtqueue *vqs[],
		    const vq_callback_t callbacks[], unsigned int size);
void virtio_del_vqs(struct virtio_device *vdev);

/*
 * A request: @out buffers that the device reads, then @in that it writes. @token comes back from
 * virtqueue_get_buf(). @indirect: room for out + in descriptors (16 bytes each, contiguous memory)
 * that stays until then, or NULL. 0, or -ENOSPC: the ring is full. Any context.
 */
int virtqueue_add(struct virtqueue *vq, const struct virtqueue_sg *sg, unsigned int out,
		  unsigned int in, void *token, void *indirect);
/* True if the device wants to be told of what was added; then virtqueue_notify(). */
bool virtqueue_kick_prepare(struct virtqueue *vq);
void virtqueue_notify(struct virtqueue *vq);
static inline void virtqueue_kick(struct virtqueue *vq)
{
	if (virtqueue_kick_prepare(vq))
		virtqueue_notify(vq);
}
/* The next request that is done and how many bytes the device wrote; NULL: none. */
void *virtqueue_get_buf(struct virtqueue *vq, u32 *len);
void virtqueue_disable_cb(struct virtqueue *vq);
/* False: more has come meanwhile; look again. */
bool virtqueue_enable_cb(struct virtqueue *vq);
struct virtio_device *virtqueue_device(const struct virtqueue *vq);
unsigned int virtqueue_index(const struct virtqueue *vq);
unsigned int virtqueue_size(const struct virtqueue *vq);
bool virtqueue_is_broken(const struct virtqueue *vq);

#define VIRTQUEUE_DESC_SIZE 16u

#endif
