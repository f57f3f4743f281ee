/* SPDX-License-Identifier: MIT */
/* Virtio keyboards (specification 5.8): events of keys, whose numbers are Linux's. */
#include <kernel/init.h>
#include <lib/byteorder.h>
#include <lib/errno.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <drivers/virtio.h>
#include "vt.h"

#define NR_EVENTS 64u
#define EV_KEY	  1

struct input_event {
	__le16 type, code;
	__le32 value;
};

struct input {
	struct virtqueue *vq;
	struct input_event events[NR_EVENTS];
};

static int give(struct input *in, struct input_event *event)
{
	struct virtqueue_sg sg = {.addr = __pa(event), .len = sizeof(*event)};

	return virtqueue_add(in->vq, &sg, 0, 1, event, NULL);
}

/* Only this interrupt uses the queue. */
static void input_done(struct virtqueue *vq)
{
	struct input *in = virtqueue_device(vq)->priv;
	struct input_event *event;
	unsigned int n = 0;
	u32 len;

	while (n++ < NR_EVENTS && (event = virtqueue_get_buf(vq, &len))) {
		if (len >= sizeof(*event) && le16_to_cpu(event->type) == EV_KEY)
			vt_key(le16_to_cpu(event->code), le32_to_cpu(event->value));
		give(in, event);
	}
	virtqueue_kick(vq);
}

static int input_probe(struct virtio_device *vdev)
{
	const vq_callback_t callback = input_done;
	struct input *in = kzalloc(sizeof(*in), GFP_KERNEL);
	int err;

	if (!in)
		return -ENOMEM;
	vdev->priv = in;
	err = virtio_find_vqs(vdev, 1, &in->vq, &callback, NR_EVENTS);
	if (err) {
		kfree(in);
		return err;
	}
	for (unsigned int i = 0; i < NR_EVENTS && !give(in, &in->events[i]); i++)
		;
	virtio_device_ready(vdev);
	virtqueue_kick(in->vq);
	return 0;
}

static struct virtio_driver input_driver = {
	.name = "virtio_input", .id = VIRTIO_ID_INPUT, .probe = input_probe};

static int __init input_init(void)
{
	return virtio_driver_register(&input_driver);
}
device_initcall(input_init);
