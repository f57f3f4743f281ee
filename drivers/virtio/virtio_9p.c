/* SPDX-License-Identifier: MIT */
/* Channels to 9P servers over virtio: one queue; the configuration holds the tag to mount by. */
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <drivers/virtio.h>
#include <fs/9p.h>

#define F_MOUNT_TAG 0
#define CFG_LEN	    0
#define CFG_TAG	    2
#define MAX_TAG	    255u
#define QUEUE_SIZE  (4 * P9_REQUESTS)
#define MAX_MESSAGE (256u << 10)

struct virtio_9p {
	struct p9_channel channel;
	struct virtqueue *vq;
	spinlock_t lock; /* IRQs off: the queue */
	char tag[MAX_TAG + 1];
};

static void v9p_done(struct virtqueue *vq)
{
	struct virtio_9p *v = virtqueue_device(vq)->priv;
	struct p9_req *req;
	unsigned long flags;
	u32 len;

	spin_lock_irqsave(&v->lock, flags);
	while ((req = virtqueue_get_buf(vq, &len))) {
		req->rx_len = len;
		complete(&req->done);
	}
	spin_unlock_irqrestore(&v->lock, flags);
}

static int v9p_submit(struct p9_channel *ch, struct p9_req *req)
{
	struct virtio_9p *v = container_of(ch, struct virtio_9p, channel);
	struct virtqueue_sg sg[2] = {{.addr = __pa(req->tx), .len = req->tx_len},
				     {.addr = __pa(req->rx), .len = req->rx_size}};
	unsigned long flags;
	int err;

	spin_lock_irqsave(&v->lock, flags);
	err = virtqueue_add(v->vq, sg, 1, 1, req, NULL);
	if (!err)
		virtqueue_kick(v->vq);
	spin_unlock_irqrestore(&v->lock, flags);
	return err;
}

static int read_tag(struct virtio_device *vdev, struct virtio_9p *v)
{
	unsigned int len = virtio_cread16(vdev, CFG_LEN);

	if (!virtio_has_feature(vdev, F_MOUNT_TAG) || !len || len > MAX_TAG)
		return -EINVAL;
	for (unsigned int i = 0; i < len; i++)
		v->tag[i] = virtio_cread8(vdev, CFG_TAG + i);
	return 0;
}

static int v9p_probe(struct virtio_device *vdev)
{
	const vq_callback_t callback = v9p_done;
	struct virtio_9p *v = kzalloc(sizeof(*v), GFP_KERNEL);
	int err;

	if (!v)
		return -ENOMEM;
	vdev->priv = v;
	spin_lock_init(&v->lock);
	err = read_tag(vdev, v);
	if (!err)
		err = virtio_find_vqs(vdev, 1, &v->vq, &callback, QUEUE_SIZE);
	if (err) {
		kfree(v);
		return err;
	}
	v->channel.tag = v->tag;
	v->channel.max_size = MAX_MESSAGE;
	v->channel.submit = v9p_submit;
	virtio_device_ready(vdev);
	p9_register_channel(&v->channel);
	pr_info("%s: 9p folder \"%s\"\n", vdev->name, v->tag);
	return 0;
}

static struct virtio_driver v9p_driver = {.name = "virtio_9p",
					  .id = VIRTIO_ID_9P,
					  .features = 1ull << F_MOUNT_TAG,
					  .probe = v9p_probe};

static int __init v9p_init(void)
{
	return virtio_driver_register(&v9p_driver);
}
device_initcall(v9p_init);
