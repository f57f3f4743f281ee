/* SPDX-License-Identifier: MIT */
/* Virtio: devices and drivers meet here; features, status, queues. */
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <lib/byteorder.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <mm/slab.h>
#include "virtio_ring.h"

static DEFINE_MUTEX(virtio_lock);
static struct virtio_device *devices; /* virtio_lock */
static struct virtio_driver *drivers; /* virtio_lock */
static unsigned int nr_devices; /* virtio_lock */

#define RING_FEATURES \
	(1ull << VIRTIO_F_INDIRECT_DESC | 1ull << VIRTIO_F_EVENT_IDX | 1ull << VIRTIO_F_VERSION_1)

static void add_status(struct virtio_device *vdev, u8 bits)
{
	vdev->config->set_status(vdev, vdev->config->get_status(vdev) | bits);
}

void virtio_device_ready(struct virtio_device *vdev)
{
	add_status(vdev, VIRTIO_STATUS_DRIVER_OK);
}

void virtio_reset_device(struct virtio_device *vdev)
{
	vdev->config->set_status(vdev, 0);
}

/* Specification 3.1.1. */
static int start(struct virtio_device *vdev, const struct virtio_driver *drv)
{
	int err;

	virtio_reset_device(vdev);
	add_status(vdev, VIRTIO_STATUS_ACKNOWLEDGE);
	add_status(vdev, VIRTIO_STATUS_DRIVER);
	vdev->features = vdev->config->get_features(vdev) & (drv->features | RING_FEATURES);
	err = vdev->config->set_features(vdev, vdev->features);
	if (!err && virtio_has_feature(vdev, VIRTIO_F_VERSION_1)) {
		add_status(vdev, VIRTIO_STATUS_FEATURES_OK);
		if (!(vdev->config->get_status(vdev) & VIRTIO_STATUS_FEATURES_OK))
			err = -ENODEV;
	}
	return err ? err : drv->probe(vdev);
}

static void try_match(struct virtio_device *vdev, const struct virtio_driver *drv)
{
	int err;

	if (vdev->driver || vdev->id != drv->id)
		return;
	vdev->driver = drv;
	err = start(vdev, drv);
	if (!err)
		return;
	vdev->driver = NULL;
	add_status(vdev, VIRTIO_STATUS_FAILED);
	pr_err("%s: %s failed: %pe\n", vdev->name, drv->name, ERR_PTR(err));
}

int virtio_device_register(struct virtio_device *vdev)
{
	mutex_lock(&virtio_lock);
	snprintf(vdev->name, sizeof(vdev->name), "virtio%u", nr_devices++);
	vdev->next = devices;
	devices = vdev;
	for (struct virtio_driver *d = drivers; d; d = d->next)
		try_match(vdev, d);
	mutex_unlock(&virtio_lock);
	return 0;
}

int virtio_driver_register(struct virtio_driver *drv)
{
	mutex_lock(&virtio_lock);
	drv->next = drivers;
	drivers = drv;
	for (struct virtio_device *v = devices; v; v = v->next)
		try_match(v, drv);
	mutex_unlock(&virtio_lock);
	return 0;
}

u16 virtio_cread16(struct virtio_device *vdev, unsigned int off)
{
	__le16 v;

	vdev->config->get(vdev, off, &v, sizeof(v));
	return le16_to_cpu(v);
}

u32 virtio_cread32(struct virtio_device *vdev, unsigned int off)
{
	__le32 v;

	vdev->config->get(vdev, off, &v, sizeof(v));
	return le32_to_cpu(v);
}

/* As two halves: the field is read again if it changed in between. */
u64 virtio_cread64(struct virtio_device *vdev, unsigned int off)
{
	u32 low, high, again;

	do {
		high = virtio_cread32(vdev, off + 4);
		low = virtio_cread32(vdev, off);
		again = virtio_cread32(vdev, off + 4);
	} while (high != again);
	return (u64)high << 32 | low;
}

/* ---- queues ---------------------------------------------------------------------------------- */

static int make_vq(struct virtio_device *vdev, unsigned int index, vq_callback_t callback,
		   unsigned int most)
{
	unsigned int size = vdev->config->vq_size(vdev, index);
	struct virtqueue *vq;
	int err;

	if (!size || (size & (size - 1)) || size > 32768)
		return -ENOENT;
	/* The legacy interface has no say in the size. */
	while (virtio_has_feature(vdev, VIRTIO_F_VERSION_1) && size > most)
		size /= 2;
	vq = vring_new(vdev, index, size, callback);
	if (!vq)
		return -ENOMEM;
	vdev->vqs[index] = vq;
	err = vdev->config->setup_vq(vdev, vq);
	if (err) {
		vdev->vqs[index] = NULL;
		vring_free(vq);
	}
	return err;
}

int virtio_find_vqs(struct virtio_device *vdev, unsigned int n, struct virtqueue *vqs[],
		    const vq_callback_t callbacks[], unsigned int size)
{
	int err = 0;

	vdev->vqs = kcalloc(n, sizeof(struct virtqueue *), GFP_KERNEL);
	if (!vdev->vqs)
		return -ENOMEM;
	vdev->nr_vqs = n;
	for (unsigned int i = 0; i < n && !err; i++) {
		err = make_vq(vdev, i, callbacks[i], size);
		vqs[i] = vdev->vqs[i];
	}
	if (err) {
		virtio_reset_device(vdev);
		virtio_del_vqs(vdev);
	}
	return err;
}

void virtio_del_vqs(struct virtio_device *vdev)
{
	vdev->config->del_vqs(vdev);
	for (unsigned int i = 0; i < vdev->nr_vqs; i++)
		if (vdev->vqs[i])
			vring_free(vdev->vqs[i]);
	kfree(vdev->vqs);
	vdev->vqs = NULL;
	vdev->nr_vqs = 0;
}
