/* SPDX-License-Identifier: MIT */
/*
 * Virtio over PCI (specification 4.1), the current interface: capabilities say where in the BARs
 * the registers are. With MSI-X each queue has an interrupt of its own, on the CPU of its number;
 * without, all share the line.
 */
#include <arch/io.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <drivers/pci.h>
#include "virtio_ring.h"

#define CAP_COMMON 1
#define CAP_NOTIFY 2
#define CAP_ISR	   3
#define CAP_DEVICE 4

/* struct virtio_pci_common_cfg */
#define C_DFSELECT    0x00
#define C_DF	      0x04
#define C_GFSELECT    0x08
#define C_GF	      0x0c
#define C_MSIX	      0x10
#define C_STATUS      0x14
#define C_Q_SELECT    0x16
#define C_Q_SIZE      0x18
#define C_Q_MSIX      0x1a
#define C_Q_ENABLE    0x1c
#define C_Q_NOFF      0x1e
#define C_Q_DESC      0x20
#define C_Q_AVAIL     0x28
#define C_Q_USED      0x30
#define C_SIZE	      0x38
#define NO_VECTOR     0xffff

#define VIRTIO_VENDOR 0x1af4
#define RESET_POLLS   1000000u

struct vpci_device {
	struct virtio_device vdev;
	struct pci_dev *pci;
	void __iomem *common, *isr, *device, *notify;
	u32 device_len, notify_len, notify_multiplier;
	bool msix, irq_on;
};

static struct vpci_device *to_vpci(struct virtio_device *vdev)
{
	return container_of(vdev, struct vpci_device, vdev);
}

static u64 vpci_get_features(struct virtio_device *vdev)
{
	struct vpci_device *v = to_vpci(vdev);
	u64 features;

	writel(1, v->common + C_DFSELECT);
	features = (u64)readl(v->common + C_DF) << 32;
	writel(0, v->common + C_DFSELECT);
	return features | readl(v->common + C_DF);
}

static int vpci_set_features(struct virtio_device *vdev, u64 features)
{
	struct vpci_device *v = to_vpci(vdev);

	if (!virtio_has_feature(vdev, VIRTIO_F_VERSION_1))
		return -ENODEV;
	writel(1, v->common + C_GFSELECT);
	writel((u32)(features >> 32), v->common + C_GF);
	writel(0, v->common + C_GFSELECT);
	writel((u32)features, v->common + C_GF);
	return 0;
}

static u8 vpci_get_status(struct virtio_device *vdev)
{
	return readb(to_vpci(vdev)->common + C_STATUS);
}

/* After a reset the status reads 0 when it is done (4.1.4.3.1): at once, but for hardware. */
static void vpci_set_status(struct virtio_device *vdev, u8 status)
{
	struct vpci_device *v = to_vpci(vdev);

	writeb(status, v->common + C_STATUS);
	for (unsigned int i = 0; !status && i < RESET_POLLS && readb(v->common + C_STATUS); i++)
		;
}

static void vpci_get(struct virtio_device *vdev, unsigned int off, void *buf, unsigned int len)
{
	struct vpci_device *v = to_vpci(vdev);
	u8 *p = buf;
	u32 l;

	memset(buf, 0, len);
	if (!v->device || off + len > v->device_len)
		return;
	if (len == 4) {
		l = readl(v->device + off);
		memcpy(buf, &l, 4);
		return;
	}
	while (len--)
		*p++ = readb(v->device + off++);
}

static void vpci_set(struct virtio_device *vdev, unsigned int off, const void *buf,
		     unsigned int len)
{
	struct vpci_device *v = to_vpci(vdev);
	const u8 *p = buf;

	if (!v->device || off + len > v->device_len)
		return;
	while (len--)
		writeb(*p++, v->device + off++);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static irqreturn_t queue_interrupt(int irq, void *vq)
{
	vring_interrupt(vq);
	return IRQ_HANDLED;
}

static irqreturn_t config_interrupt(int irq, void *dev)
{
	struct vpci_device *v = dev;

	if (v->vdev.config_changed)
		v->vdev.config_changed(&v->vdev);
	return IRQ_HANDLED;
}

static irqreturn_t line_interrupt(int irq, void *dev)
{
	struct vpci_device *v = dev;
	u8 isr = readb(v->isr); /* also lowers the line */

	if (!isr)
		return IRQ_NONE;
	if (isr & 2)
		config_interrupt(irq, dev);
	for (unsigned int i = 0; (isr & 1) && i < v->vdev.nr_vqs; i++)
		if (v->vdev.vqs[i])
			vring_interrupt(v->vdev.vqs[i]);
	return IRQ_HANDLED;
}

/* The device's first interrupt: MSI-X entry 0 for changes of configuration, or the line. */
static int start_interrupts(struct vpci_device *v)
{
	int irq;

	if (!pci_enable_msix(v->pci)) {
		irq = v->pci->msix_size > 1 ?
			      pci_request_msix(v->pci, 0, 0, config_interrupt, v->vdev.name, v) :
			      -ENOSPC;
		if (irq > 0) {
			v->msix = true;
			v->irq_on = true;
			writew(0, v->common + C_MSIX);
			return readw(v->common + C_MSIX) == NO_VECTOR ? -EBUSY : 0;
		}
		return irq;
	}
	if (!v->pci->irq)
		return -ENODEV;
	irq = request_irq(v->pci->irq, line_interrupt, IRQF_SHARED, v->vdev.name, v);
	v->irq_on = !irq;
	return irq;
}

static int queue_vector(struct vpci_device *v, struct virtqueue *vq)
{
	unsigned int n = vq->index + 1;
	int irq;

	if (!v->msix || !vq->callback)
		return NO_VECTOR;
	if (n >= v->pci->msix_size)
		return -ENOSPC;
	irq = pci_request_msix(v->pci, n, vq->index, queue_interrupt, v->vdev.name, vq);
	if (irq < 0)
		return irq;
	vq->irq = irq;
	return n;
}

/* ---- queues ---------------------------------------------------------------------------------- */

static unsigned int vpci_vq_size(struct virtio_device *vdev, unsigned int index)
{
	struct vpci_device *v = to_vpci(vdev);

	writew(index, v->common + C_Q_SELECT);
	return readw(v->common + C_Q_SIZE);
}

static void write_address(struct vpci_device *v, unsigned int reg, const void *p)
{
	writel((u32)__pa(p), v->common + reg);
	writel((u32)(__pa(p) >> 32), v->common + reg + 4);
}

static int vpci_setup_vq(struct virtio_device *vdev, struct virtqueue *vq)
{
	struct vpci_device *v = to_vpci(vdev);
	int err = v->irq_on ? 0 : start_interrupts(v), vector;
	u64 off;

	if (err)
		return err;
	vector = queue_vector(v, vq);
	if (vector < 0)
		return vector;
	writew(vq->index, v->common + C_Q_SELECT);
	off = (u64)readw(v->common + C_Q_NOFF) * v->notify_multiplier;
	if (off + 2 > v->notify_len)
		return -EINVAL;
	vq->notify_addr = v->notify + off;
	writew(vq->size, v->common + C_Q_SIZE);
	write_address(v, C_Q_DESC, vq->desc);
	write_address(v, C_Q_AVAIL, vq->avail);
	write_address(v, C_Q_USED, vq->used);
	if (v->msix) {
		writew(vector, v->common + C_Q_MSIX);
		if (readw(v->common + C_Q_MSIX) != vector)
			return -EBUSY;
	}
	writew(1, v->common + C_Q_ENABLE);
	return 0;
}

static void vpci_notify(struct virtio_device *vdev, struct virtqueue *vq)
{
	writew(vq->index, vq->notify_addr);
}

static void vpci_del_vqs(struct virtio_device *vdev)
{
	struct vpci_device *v = to_vpci(vdev);

	for (unsigned int i = 0; i < vdev->nr_vqs; i++)
		if (vdev->vqs[i] && vdev->vqs[i]->irq)
			free_irq(vdev->vqs[i]->irq, vdev->vqs[i]);
	if (v->irq_on && !v->msix)
		free_irq(v->pci->irq, v);
	v->irq_on = false;
}

static const struct virtio_config_ops vpci_ops = {
	.get_features = vpci_get_features,
	.set_features = vpci_set_features,
	.get_status = vpci_get_status,
	.set_status = vpci_set_status,
	.get = vpci_get,
	.set = vpci_set,
	.setup_vq = vpci_setup_vq,
	.vq_size = vpci_vq_size,
	.notify = vpci_notify,
	.del_vqs = vpci_del_vqs,
};

/* ---- finding --------------------------------------------------------------------------------- */

/* Maps the first capability of @type; NULL: there is none, or it does not fit its BAR. */
static void __iomem *map_cap(struct pci_dev *pci, u8 type, u32 least, u32 *len, unsigned int *at)
{
	unsigned int cap = 0;

	while ((cap = pci_find_capability(pci, PCI_CAP_ID_VENDOR, cap))) {
		void __iomem *p;

		if (pci_read_config_byte(pci, cap + 3) != type)
			continue;
		*len = pci_read_config_dword(pci, cap + 12);
		*at = cap;
		p = *len >= least ? pci_iomap(pci, pci_read_config_byte(pci, cap + 4),
					      pci_read_config_dword(pci, cap + 8), *len) :
				    NULL;
		if (p)
			return p;
	}
	return NULL;
}

static void unmap_all(struct vpci_device *v)
{
	if (v->common)
		iounmap(v->common);
	if (v->notify)
		iounmap(v->notify);
	if (v->isr)
		iounmap(v->isr);
	if (v->device)
		iounmap(v->device);
}

static bool map_all(struct vpci_device *v)
{
	unsigned int cap;
	u32 len;

	v->common = map_cap(v->pci, CAP_COMMON, C_SIZE, &len, &cap);
	v->isr = map_cap(v->pci, CAP_ISR, 1, &len, &cap);
	v->device = map_cap(v->pci, CAP_DEVICE, 1, &v->device_len, &cap);
	v->notify = map_cap(v->pci, CAP_NOTIFY, 2, &v->notify_len, &cap);
	if (v->notify)
		v->notify_multiplier = pci_read_config_dword(v->pci, cap + 16);
	return v->common && v->isr && v->notify;
}

static int vpci_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	struct vpci_device *v;

	if (pci->device < 0x1000 || pci->device > 0x107f)
		return -ENODEV;
	v = kzalloc(sizeof(*v), GFP_KERNEL);
	if (!v)
		return -ENOMEM;
	v->pci = pci;
	pci_enable_device(pci);
	if (!map_all(v)) {
		unmap_all(v);
		kfree(v);
		pr_err("virtio_pci: a device has only the legacy interface, which is not built\n");
		return -ENODEV;
	}
	v->vdev.id = pci->device >= 0x1040 ? pci->device - 0x1040 : pci->subsystem_device;
	v->vdev.config = &vpci_ops;
	v->vdev.sysfs = pci->sysfs;
	pci->priv = v;
	return virtio_device_register(&v->vdev);
}

static const struct pci_device_id vpci_ids[] = {{VIRTIO_VENDOR, PCI_ANY_ID, 0, 0}, {}};
static struct pci_driver vpci_driver = {.name = "virtio-pci", .ids = vpci_ids, .probe = vpci_probe};

static int __init vpci_init(void)
{
	return pci_register_driver(&vpci_driver);
}
device_initcall(vpci_init);
