/* SPDX-License-Identifier: MIT */
/*
 * Receive (flip) buffers: the way of input from an interrupt to the line discipline.
 *
 * A port's ring has one producer at a time (under buf->lock) and one consumer at a time (under
 * buf->work). Serial interrupts and pty writers fill it and queue the port for the worker thread
 * `kttyd`. What the line discipline does not take stays in the ring until tty_buffer_restart(), so
 * a slow reader pushes back on a pty's writer and, by throttling, on a serial line.
 *
 * Rules: deliver with no spinlock held. buf->lock is a leaf and taken with IRQs off.
 */
#include <lib/list.h>
#include <lib/string.h>
#include <kernel/init.h>
#include <kernel/kthread.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/wait.h>
#include <drivers/tty/tty.h>
#include "tty.h"

static DEFINE_SPINLOCK(ready_lock);
static LIST_HEAD(ready_ports); /* ports with input, ready_lock */
static DECLARE_WAIT_QUEUE_HEAD(ready_wait);

static unsigned int ring_used(const struct tty_buffer *buf)
{
	return buf->head - buf->tail;
}

unsigned int tty_buffer_space(struct tty_port *port)
{
	return TTY_FLIP_SIZE - (READ_ONCE(port->buf.head) - READ_ONCE(port->buf.tail));
}

bool tty_insert_flip_char(struct tty_port *port, u8 c, u8 flag)
{
	struct tty_buffer *buf = &port->buf;
	unsigned long irq;
	bool fits;

	spin_lock_irqsave(&buf->lock, irq);
	fits = ring_used(buf) < TTY_FLIP_SIZE;
	if (fits) {
		unsigned int at = buf->head & (TTY_FLIP_SIZE - 1);

		buf->data[at] = c;
		buf->flags[at] = flag;
		if (flag != TTY_NORMAL)
			buf->has_flags = true;
		buf->head++;
	}
	spin_unlock_irqrestore(&buf->lock, irq);
	return fits;
}

size_t tty_insert_flip_string(struct tty_port *port, const u8 *chars, size_t n)
{
	struct tty_buffer *buf = &port->buf;
	size_t done = 0;
	unsigned long irq;

	spin_lock_irqsave(&buf->lock, irq);
	n = min_t(size_t, n, TTY_FLIP_SIZE - ring_used(buf));
	while (done < n) {
		unsigned int at = buf->head & (TTY_FLIP_SIZE - 1);
		size_t run = min_t(size_t, n - done, TTY_FLIP_SIZE - at);

		memcpy(buf->data + at, chars + done, run);
		memset(buf->flags + at, TTY_NORMAL, run);
		buf->head += run;
		done += run;
	}
	spin_unlock_irqrestore(&buf->lock, irq);
	return n;
}

/* The next contiguous stretch of input; 0 if the ring is empty. Consumer only. */
static size_t ring_peek(struct tty_buffer *buf, const u8 **cp, const u8 **fp)
{
	unsigned int at = buf->tail & (TTY_FLIP_SIZE - 1);
	unsigned long irq;
	size_t run;

	spin_lock_irqsave(&buf->lock, irq);
	run = min_t(size_t, ring_used(buf), TTY_FLIP_SIZE - at);
	*fp = buf->has_flags ? buf->flags + at : NULL;
	spin_unlock_irqrestore(&buf->lock, irq);
	*cp = buf->data + at;
	return run;
}

static void ring_advance(struct tty_buffer *buf, size_t n)
{
	unsigned long irq;

	spin_lock_irqsave(&buf->lock, irq);
	WRITE_ONCE(buf->tail, buf->tail + n);
	if (!ring_used(buf))
		buf->has_flags = false;
	spin_unlock_irqrestore(&buf->lock, irq);
}

/*
 * Gives the line discipline what it takes. Its receive() is called even with nothing to take: it
 * may have echoes to send. May sleep.
 */
void tty_buffer_deliver(struct tty_port *port)
{
	struct tty_buffer *buf = &port->buf;
	struct tty_struct *tty;
	const u8 *cp, *fp;
	size_t n, taken;

	mutex_lock(&buf->work);
	tty = tty_port_tty_get(port);
	do {
		n = ring_peek(buf, &cp, &fp);
		taken = tty ? tty->ldisc->receive(tty, cp, fp, n) : n;
		ring_advance(buf, taken);
	} while (n && taken == n);
	mutex_unlock(&buf->work);
	/* A pty's writer may wait for the room that was made. */
	if (tty && tty->link)
		tty_wakeup(tty->link);
	tty_kref_put(tty);
}

void tty_flip_buffer_push(struct tty_port *port)
{
	unsigned long irq;

	spin_lock_irqsave(&ready_lock, irq);
	if (list_empty(&port->ready))
		list_add_tail(&port->ready, &ready_ports);
	spin_unlock_irqrestore(&ready_lock, irq);
	wake_up(&ready_wait);
}

void tty_buffer_restart(struct tty_port *port)
{
	tty_flip_buffer_push(port);
}

void tty_buffer_flush(struct tty_port *port)
{
	struct tty_buffer *buf = &port->buf;
	unsigned long irq;

	mutex_lock(&buf->work);
	spin_lock_irqsave(&buf->lock, irq);
	buf->tail = buf->head;
	buf->has_flags = false;
	spin_unlock_irqrestore(&buf->lock, irq);
	mutex_unlock(&buf->work);
}

static struct tty_port *take_ready_port(void)
{
	struct tty_port *port;
	unsigned long irq;

	spin_lock_irqsave(&ready_lock, irq);
	port = list_first_entry_or_null(&ready_ports, struct tty_port, ready);
	if (port) {
		list_del_init(&port->ready);
		port->delivering = true;
	}
	spin_unlock_irqrestore(&ready_lock, irq);
	return port;
}

static void done_with_port(struct tty_port *port)
{
	unsigned long irq;

	spin_lock_irqsave(&ready_lock, irq);
	port->delivering = false;
	spin_unlock_irqrestore(&ready_lock, irq);
	wake_up_all(&ready_wait);
}

static int kttyd(void *unused)
{
	for (;;) {
		struct tty_port *port;

		wait_event_interruptible(ready_wait, (port = take_ready_port()) != NULL);
		if (!port)
			continue;
		tty_buffer_deliver(port);
		done_with_port(port);
	}
	return 0;
}

static bool port_is_idle(struct tty_port *port)
{
	unsigned long irq;
	bool idle;

	spin_lock_irqsave(&ready_lock, irq);
	list_del_init(&port->ready);
	idle = !port->delivering;
	spin_unlock_irqrestore(&ready_lock, irq);
	return idle;
}

/*
 * The worker does not know the port any more when this returns. Nothing inserts meanwhile. May
 * sleep.
 */
void tty_buffer_cancel(struct tty_port *port)
{
	wait_event(ready_wait, port_is_idle(port));
}

static int tty_buffer_start_worker(void)
{
	struct task_struct *worker = kthread_run(kttyd, NULL, "kttyd");

	return PTR_ERR_OR_ZERO(worker);
}
core_initcall(tty_buffer_start_worker);
