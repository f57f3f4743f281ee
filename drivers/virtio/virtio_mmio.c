/* SPDX-License-Identifier: MIT */
/*
 * Virtio over MMIO (specification 4.2), version 2 and the legacy version 1, from the devicetree.
 */
#include <arch/io.h>
#include <kernel/irq.h>
#include <kernel/of.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include "virtio_ring.h"

#define MMIO_MAGIC		 0x000
#define MMIO_VERSION		 0x004
#define MMIO_DEVICE_ID		 0x008
#define MMIO_DEVICE_FEATURES	 0x010
#define MMIO_DEVICE_FEATURES_SEL 0x014
#define MMIO_DRIVER_FEATURES	 0x020
#define MMIO_DRIVER_FEATURES_SEL 0x024
#define MMIO_GUEST_PAGE_SIZE	 0x028 /* legacy */
#define MMIO_QUEUE_SEL		 0x030
#define MMIO_QUEUE_NUM_MAX	 0x034
#define MMIO_QUEUE_NUM		 0x038
#define MMIO_QUEUE_ALIGN	 0x03c /* legacy */
#define MMIO_QUEUE_PFN		 0x040 /* legacy */
#define MMIO_QUEUE_READY	 0x044
#define MMIO_QUEUE_NOTIFY	 0x050
#define MMIO_INTERRUPT_STATUS	 0x060
#define MMIO_INTERRUPT_ACK	 0x064
#define MMIO_STATUS		 0x070
#define MMIO_QUEUE_DESC		 0x080
#define MMIO_QUEUE_DRIVER	 0x090
#define MMIO_QUEUE_DEVICE	 0x0a0
#define MMIO_CONFIG		 0x100
#define MAGIC			 0x74726976
#define INT_VRING		 1
#define INT_CONFIG		 2

struct mmio_device {
	struct virtio_device vdev;
	void __iomem *base;
	unsigned int irq;
	bool legacy, irq_on;
};

static struct mmio_device *to_mmio(struct virtio_device *vdev)
{
	return container_of(vdev, struct mmio_device, vdev);
}

static u64 mmio_get_features(struct virtio_device *vdev)
{
	struct mmio_device *m = to_mmio(vdev);
	u64 features;

	writel(1, m->base + MMIO_DEVICE_FEATURES_SEL);
	features = (u64)readl(m->base + MMIO_DEVICE_FEATURES) << 32;
	writel(0, m->base + MMIO_DEVICE_FEATURES_SEL);
	features |= readl(m->base + MMIO_DEVICE_FEATURES);
	return m->legacy ? (u32)features : features;
}

static int mmio_set_features(struct virtio_device *vdev, u64 features)
{
	struct mmio_device *m = to_mmio(vdev);

	if (!m->legacy && !virtio_has_feature(vdev, VIRTIO_F_VERSION_1))
		return -ENODEV;
	writel(1, m->base + MMIO_DRIVER_FEATURES_SEL);
	writel((u32)(features >> 32), m->base + MMIO_DRIVER_FEATURES);
	writel(0, m->base + MMIO_DRIVER_FEATURES_SEL);
	writel((u32)features, m->base + MMIO_DRIVER_FEATURES);
	return 0;
}

static u8 mmio_get_status(struct virtio_device *vdev)
{
	return readl(to_mmio(vdev)->base + MMIO_STATUS);
}

static void mmio_set_status(struct virtio_device *vdev, u8 status)
{
	struct mmio_device *m = to_mmio(vdev);

	writel(status, m->base + MMIO_STATUS);
	if (!status && m->legacy)
		writel(PAGE_SIZE, m->base + MMIO_GUEST_PAGE_SIZE);
}

/* Byte by byte on legacy devices, else in the field's own width (4.2.2.2). */
static void mmio_get(struct virtio_device *vdev, unsigned int off, void *buf, unsigned int len)
{
	struct mmio_device *m = to_mmio(vdev);
	void __iomem *p = m->base + MMIO_CONFIG + off;
	u16 w;
	u32 l;

	if (!m->legacy && len == 2) {
		w = readw(p);
		memcpy(buf, &w, 2);
	} else if (!m->legacy && len == 4) {
		l = readl(p);
		memcpy(buf, &l, 4);
	} else {
		for (unsigned int i = 0; i < len; i++)
			((u8 *)buf)[i] = readb(p + i);
	}
}

static void mmio_set(struct virtio_device *vdev, unsigned int off, const void *buf,
		     unsigned int len)
{
	void __iomem *p = to_mmio(vdev)->base + MMIO_CONFIG + off;

	for (unsigned int i = 0; i < len; i++)
		writeb(((const u8 *)buf)[i], p + i);
}

static irqreturn_t mmio_interrupt(int irq, void *dev)
{
	struct mmio_device *m = dev;
	u32 status = readl(m->base + MMIO_INTERRUPT_STATUS);

	if (!status)
		return IRQ_NONE;
	writel(status, m->base + MMIO_INTERRUPT_ACK);
	if ((status & INT_CONFIG) && m->vdev.config_changed)
		m->vdev.config_changed(&m->vdev);
	if (status & INT_VRING)
		for (unsigned int i = 0; i < m->vdev.nr_vqs; i++)
			if (m->vdev.vqs[i])
				vring_interrupt(m->vdev.vqs[i]);
	return IRQ_HANDLED;
}

static unsigned int mmio_vq_size(struct virtio_device *vdev, unsigned int index)
{
	struct mmio_device *m = to_mmio(vdev);

	writel(index, m->base + MMIO_QUEUE_SEL);
	return readl(m->base + MMIO_QUEUE_NUM_MAX);
}

static void write_address(struct mmio_device *m, unsigned int reg, const void *p)
{
	phys_addr_t addr = __pa(p);

	writel((u32)addr, m->base + reg);
	writel((u32)(addr >> 32), m->base + reg + 4);
}

static int mmio_setup_vq(struct virtio_device *vdev, struct virtqueue *vq)
{
	struct mmio_device *m = to_mmio(vdev);
	int err;

	if (!m->irq_on) {
		err = request_irq(m->irq, mmio_interrupt, IRQF_SHARED, vdev->name, m);
		if (err)
			return err;
		m->irq_on = true;
	}
	writel(vq->index, m->base + MMIO_QUEUE_SEL);
	writel(vq->size, m->base + MMIO_QUEUE_NUM);
	if (m->legacy) {
		writel(PAGE_SIZE, m->base + MMIO_QUEUE_ALIGN);
		writel((u32)(__pa(vq->memory) >> PAGE_SHIFT), m->base + MMIO_QUEUE_PFN);
		return __pa(vq->memory) >> PAGE_SHIFT >> 32 ? -E2BIG : 0;
	}
	write_address(m, MMIO_QUEUE_DESC, vq->desc);
	write_address(m, MMIO_QUEUE_DRIVER, vq->avail);
	write_address(m, MMIO_QUEUE_DEVICE, vq->used);
	writel(1, m->base + MMIO_QUEUE_READY);
	return 0;
}

static void mmio_notify(struct virtio_device *vdev, struct virtqueue *vq)
{
	writel(vq->index, to_mmio(vdev)->base + MMIO_QUEUE_NOTIFY);
}

static void mmio_del_vqs(struct virtio_device *vdev)
{
	struct mmio_device *m = to_mmio(vdev);

	if (m->irq_on)
		free_irq(m->irq, m);
	m->irq_on = false;
}

static const struct virtio_config_ops mmio_ops = {
	.get_features = mmio_get_features,
	.set_features = mmio_set_features,
	.get_status = mmio_get_status,
	.set_status = mmio_set_status,
	.get = mmio_get,
	.set = mmio_set,
	.setup_vq = mmio_setup_vq,
	.vq_size = mmio_vq_size,
	.notify = mmio_notify,
	.del_vqs = mmio_del_vqs,
};

/* QEMU lists all its slots; those without a device have id 0. */
static int virtio_mmio_probe(int node, const void *data)
{
	void __iomem *base = of_iomap(node, 0);
	struct mmio_device *m;
	u32 version, id;

	if (!base)
		return -ENXIO;
	version = readl(base + MMIO_VERSION);
	id = readl(base + MMIO_DEVICE_ID);
	if (readl(base + MMIO_MAGIC) != MAGIC || version < 1 || version > 2 || !id) {
		iounmap(base);
		return 0;
	}
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m) {
		iounmap(base);
		return -ENOMEM;
	}
	m->base = base;
	m->legacy = version == 1;
	m->irq = of_irq_get(node, 0);
	m->vdev.id = id;
	m->vdev.config = &mmio_ops;
	return virtio_device_register(&m->vdev);
}

static const struct of_device_id virtio_mmio_match[] = {{"virtio,mmio", NULL}, {NULL, NULL}};
OF_DEVICE(virtio_mmio, virtio_mmio_match, virtio_mmio_probe);
