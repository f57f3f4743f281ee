/* SPDX-License-Identifier: MIT */
/*
 * A tty_port is the lasting half of a terminal: the line of hardware, or one end of a pty. It
 * counts its opens, starts the hardware at the first and stops it at the last, and owns the receive
 * buffer (tty_buffer.c).
 */
#include <mm/slab.h>
#include <drivers/tty/tty.h>
#include "tty.h"

int tty_port_init(struct tty_port *port, const struct tty_port_operations *ops)
{
	struct tty_buffer *buf = &port->buf;

	*port = (struct tty_port){.ops = ops};
	mutex_init(&port->mutex);
	spin_lock_init(&buf->lock);
	mutex_init(&buf->work);
	INIT_LIST_HEAD(&port->ready);
	buf->data = kmalloc(2 * TTY_FLIP_SIZE, GFP_KERNEL);
	if (!buf->data)
		return -ENOMEM;
	buf->flags = buf->data + TTY_FLIP_SIZE;
	return 0;
}

/* Nothing inserts any more and no terminal is open on it. May sleep. */
void tty_port_destroy(struct tty_port *port)
{
	tty_buffer_cancel(port);
	kfree(port->buf.data);
	port->buf.data = NULL;
}

struct tty_struct *tty_port_tty_get(struct tty_port *port)
{
	struct tty_struct *tty;
	unsigned long irq;

	spin_lock_irqsave(&port->buf.lock, irq);
	tty = tty_kref_get(port->tty);
	spin_unlock_irqrestore(&port->buf.lock, irq);
	return tty;
}

int tty_port_open(struct tty_port *port, struct tty_struct *tty)
{
	int err = 0;

	mutex_lock(&port->mutex);
	if (!port->active) {
		err = port->ops->activate(port, tty);
		port->active = !err;
	}
	if (!err)
		port->count++;
	mutex_unlock(&port->mutex);
	return err;
}

void tty_port_close(struct tty_port *port, struct tty_struct *tty)
{
	mutex_lock(&port->mutex);
	if (--port->count == 0 && port->active) {
		port->active = false;
		port->ops->shutdown(port);
	}
	mutex_unlock(&port->mutex);
}
