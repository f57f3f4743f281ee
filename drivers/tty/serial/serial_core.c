/* SPDX-License-Identifier: MIT */
/*
 * The serial core: a tty and a kernel console out of a struct uart_port.
 * <drivers/tty/serial_core.h> has the rules for chip drivers.
 *
 * Output goes through a ring per port (xmit) under port->lock: write(2) fills it and starts the
 * transmitter, the chip's interrupt drains it with uart_tx_take(). The kernel console bypasses the
 * ring with ops->poll_put_char().
 */
#include <lib/ctype.h>
#include <lib/kstrtox.h>
#include <lib/list.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/console.h>
#include <kernel/hrtimer.h>
#include <kernel/printk.h>
#include <kernel/reboot.h>
#include <kernel/sched.h>
#include <drivers/tty/serial_core.h>
#include <drivers/tty/tty.h>

#define WAKE_ROOM (UART_XMIT_SIZE / 4) /* writers sleep until this much is left */

static struct uart_port *uart_of(const struct tty_struct *tty)
{
	return tty->driver_data;
}

static unsigned int xmit_used(const struct uart_port *port)
{
	return port->xmit_head - port->xmit_tail;
}

/* ---- for chip drivers ------------------------------------------------------------------------ */

static void wake_writers(struct uart_port *port)
{
	struct tty_struct *tty = tty_port_tty_get(&port->tport);

	if (tty)
		tty_wakeup(tty);
	tty_kref_put(tty);
}

unsigned int uart_tx_take(struct uart_port *port, u8 *buf, unsigned int max)
{
	unsigned int n = 0, before = xmit_used(port);

	if (port->x_char && max) {
		buf[n++] = port->x_char;
		port->x_char = 0;
	}
	if (!port->tx_stopped && port->xmit) {
		while (n < max && xmit_used(port))
			buf[n++] = port->xmit[port->xmit_tail++ & (UART_XMIT_SIZE - 1)];
		if (xmit_used(port) <= UART_XMIT_SIZE - WAKE_ROOM && before)
			wake_writers(port);
	}
	port->icount.tx += n;
	return n;
}

void uart_insert_char(struct uart_port *port, u8 c, u8 flag)
{
	switch (flag) {
	case TTY_NORMAL:
		port->icount.rx++;
		break;
	case TTY_BREAK:
		port->icount.brk++;
		break;
	case TTY_PARITY:
		port->icount.parity++;
		break;
	case TTY_FRAME:
		port->icount.frame++;
		break;
	case TTY_OVERRUN:
		port->icount.overrun++;
		break;
	}
	if (!tty_insert_flip_char(&port->tport, c, flag))
		port->icount.buf_overrun++;
}

void uart_push_rx(struct uart_port *port)
{
	tty_flip_buffer_push(&port->tport);
}

unsigned int uart_get_baud_rate(struct uart_port *port, struct ktermios *termios,
				const struct ktermios *old, unsigned int min, unsigned int max)
{
	unsigned int baud = tty_termios_baud_rate(termios);

	if (baud == 0)
		baud = 9600;
	if ((baud < min || baud > max) && old)
		baud = tty_termios_baud_rate(old);
	baud = clamp(baud, min, max);
	if (tty_termios_baud_rate(termios))
		tty_termios_encode_baud_rate(termios, baud, baud);
	port->baud = baud;
	return baud;
}

/* ---- tty operations -------------------------------------------------------------------------- */

static void change_mctrl(struct uart_port *port, unsigned int set, unsigned int clear)
{
	unsigned long irq;

	spin_lock_irqsave(&port->lock, irq);
	port->mctrl = (port->mctrl & ~clear) | set;
	port->ops->set_mctrl(port, port->mctrl);
	spin_unlock_irqrestore(&port->lock, irq);
}

static int uart_open(struct tty_struct *tty, struct file *file)
{
	struct uart_driver *drv = container_of(tty->port, struct uart_port, tport)->drv;

	tty->driver_data = drv->ports[tty->index];
	return tty_port_open(tty->port, tty);
}

static void uart_close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(tty->port, tty);
}

static ssize_t uart_write(struct tty_struct *tty, const u8 *buf, size_t count)
{
	struct uart_port *port = uart_of(tty);
	unsigned long irq;
	size_t done = 0;

	spin_lock_irqsave(&port->lock, irq);
	if (!port->xmit)
		count = 0;
	count = min_t(size_t, count, UART_XMIT_SIZE - xmit_used(port));
	while (done < count) {
		unsigned int at = port->xmit_head & (UART_XMIT_SIZE - 1);
		size_t run = min_t(size_t, count - done, UART_XMIT_SIZE - at);

		memcpy(port->xmit + at, buf + done, run);
		port->xmit_head += run;
		done += run;
	}
	if (done && !port->tx_stopped)
		port->ops->start_tx(port);
	spin_unlock_irqrestore(&port->lock, irq);
	return done;
}

static unsigned int uart_write_room(struct tty_struct *tty)
{
	struct uart_port *port = uart_of(tty);

	return UART_XMIT_SIZE - (READ_ONCE(port->xmit_head) - READ_ONCE(port->xmit_tail));
}

static unsigned int uart_chars_in_buffer(struct tty_struct *tty)
{
	struct uart_port *port = uart_of(tty);

	return READ_ONCE(port->xmit_head) - READ_ONCE(port->xmit_tail);
}

static void uart_flush_buffer(struct tty_struct *tty)
{
	struct uart_port *port = uart_of(tty);
	unsigned long irq;

	spin_lock_irqsave(&port->lock, irq);
	port->xmit_tail = port->xmit_head;
	spin_unlock_irqrestore(&port->lock, irq);
	tty_wakeup(tty);
}

static void uart_set_stopped(struct tty_struct *tty, bool stopped)
{
	struct uart_port *port = uart_of(tty);
	unsigned long irq;

	spin_lock_irqsave(&port->lock, irq);
	port->tx_stopped = stopped;
	if (stopped)
		port->ops->stop_tx(port);
	else if (port->xmit && xmit_used(port))
		port->ops->start_tx(port);
	spin_unlock_irqrestore(&port->lock, irq);
}

static void uart_stop(struct tty_struct *tty)
{
	uart_set_stopped(tty, true);
}

static void uart_start(struct tty_struct *tty)
{
	uart_set_stopped(tty, false);
}

static void uart_send_xchar(struct tty_struct *tty, u8 c)
{
	struct uart_port *port = uart_of(tty);
	unsigned long irq;

	spin_lock_irqsave(&port->lock, irq);
	port->x_char = c;
	if (port->xmit)
		port->ops->start_tx(port);
	spin_unlock_irqrestore(&port->lock, irq);
}

static void uart_throttle(struct tty_struct *tty)
{
	if (I_FLAG(tty, IXOFF))
		uart_send_xchar(tty, TTY_CC(tty, VSTOP));
	if (C_FLAG(tty, CRTSCTS))
		change_mctrl(uart_of(tty), 0, UART_MCTRL_RTS);
}

static void uart_unthrottle(struct tty_struct *tty)
{
	if (I_FLAG(tty, IXOFF))
		uart_send_xchar(tty, TTY_CC(tty, VSTART));
	if (C_FLAG(tty, CRTSCTS))
		change_mctrl(uart_of(tty), UART_MCTRL_RTS, 0);
}

static void uart_hangup(struct tty_struct *tty)
{
	struct uart_port *port = uart_of(tty);

	if (!port)
		return;
	uart_flush_buffer(tty);
	if (C_FLAG(tty, HUPCL) && !(port->cons && port->cons->enabled))
		change_mctrl(port, 0, UART_MCTRL_DTR | UART_MCTRL_RTS);
}

static int uart_break_ctl(struct tty_struct *tty, bool on)
{
	struct uart_port *port = uart_of(tty);
	unsigned long irq;

	if (!port->ops->break_ctl)
		return 0;
	spin_lock_irqsave(&port->lock, irq);
	port->ops->break_ctl(port, on);
	spin_unlock_irqrestore(&port->lock, irq);
	return 0;
}

static int uart_tiocmget(struct tty_struct *tty)
{
	struct uart_port *port = uart_of(tty);
	unsigned long irq;
	int lines;

	spin_lock_irqsave(&port->lock, irq);
	lines = port->mctrl & (UART_MCTRL_DTR | UART_MCTRL_RTS | UART_MCTRL_LOOP);
	lines |= port->ops->get_mctrl(port);
	spin_unlock_irqrestore(&port->lock, irq);
	return lines;
}

static int uart_tiocmset(struct tty_struct *tty, unsigned int set, unsigned int clear)
{
	change_mctrl(uart_of(tty), set, clear);
	return 0;
}

static void uart_set_termios(struct tty_struct *tty, const struct ktermios *old)
{
	struct uart_port *port = uart_of(tty);

	port->ops->set_termios(port, &tty->termios, old);
	if (!tty_termios_baud_rate(&tty->termios))
		change_mctrl(port, 0, UART_MCTRL_DTR | UART_MCTRL_RTS);
	else if (!tty_termios_baud_rate(old))
		change_mctrl(port, UART_MCTRL_DTR | UART_MCTRL_RTS, 0);
}

static bool shifter_empty(struct uart_port *port)
{
	unsigned long irq;
	bool empty;

	spin_lock_irqsave(&port->lock, irq);
	empty = port->ops->tx_empty(port);
	spin_unlock_irqrestore(&port->lock, irq);
	return empty;
}

/* The chips do not tell when the last bit has left, so this looks once per character time. */
static void uart_wait_until_sent(struct tty_struct *tty, u64 timeout_ns)
{
	struct uart_port *port = uart_of(tty);
	u64 fifo_ns =
		(port->fifosize + 1ull) * 10 * NSEC_PER_SEC / (port->baud ? port->baud : 9600);
	ktime_t end = ktime_get() + (ktime_t)min(timeout_ns, 2 * fifo_ns + (u64)NSEC_PER_MSEC);

	while (!shifter_empty(port) && ktime_get() < end && !signal_pending(current))
		usleep_range(100, 1000);
}

static const struct tty_operations uart_tty_ops = {
	.open = uart_open,
	.close = uart_close,
	.write = uart_write,
	.write_room = uart_write_room,
	.chars_in_buffer = uart_chars_in_buffer,
	.flush_buffer = uart_flush_buffer,
	.stop = uart_stop,
	.start = uart_start,
	.throttle = uart_throttle,
	.unthrottle = uart_unthrottle,
	.send_xchar = uart_send_xchar,
	.hangup = uart_hangup,
	.break_ctl = PTR_IF(CONFIG_TTY_LINE_IOCTLS, uart_break_ctl),
	.tiocmget = PTR_IF(CONFIG_TTY_LINE_IOCTLS, uart_tiocmget),
	.tiocmset = PTR_IF(CONFIG_TTY_LINE_IOCTLS, uart_tiocmset),
	.set_termios = uart_set_termios,
	.wait_until_sent = uart_wait_until_sent,
};

/* ---- port operations ------------------------------------------------------------------------- */

static u8 *swap_xmit(struct uart_port *port, u8 *buf)
{
	unsigned long irq;
	u8 *old;

	spin_lock_irqsave(&port->lock, irq);
	old = port->xmit;
	port->xmit = buf;
	port->xmit_head = port->xmit_tail = 0;
	port->tx_stopped = false;
	port->x_char = 0;
	spin_unlock_irqrestore(&port->lock, irq);
	return old;
}

static int uart_activate(struct tty_port *tport, struct tty_struct *tty)
{
	struct uart_port *port = container_of(tport, struct uart_port, tport);
	u8 *xmit;
	int err;

	if (!port->irq)
		return -EIO;
	xmit = kmalloc(UART_XMIT_SIZE, GFP_KERNEL);
	if (!xmit)
		return -ENOMEM;
	swap_xmit(port, xmit);
	err = port->ops->startup(port);
	if (err) {
		kfree(swap_xmit(port, NULL));
		return err;
	}
	port->ops->set_termios(port, &tty->termios, NULL);
	change_mctrl(port, UART_MCTRL_DTR | UART_MCTRL_RTS, 0);
	return 0;
}

static void uart_shutdown(struct tty_port *tport)
{
	struct uart_port *port = container_of(tport, struct uart_port, tport);

	port->ops->shutdown(port);
	kfree(swap_xmit(port, NULL));
}

static const struct tty_port_operations uart_port_ops = {
	.activate = uart_activate,
	.shutdown = uart_shutdown,
};

/* ---- the kernel console ---------------------------------------------------------------------- */

/* Waits a while for the port, then goes on without: a message matters more than order. */
static bool console_try_lock(struct uart_port *port)
{
	for (int tries = 0; tries < 10000; tries++) {
		if (spin_trylock(&port->lock))
			return true;
		cpu_relax();
	}
	return false;
}

static void uart_console_write(struct console *con, const char *s, size_t len)
{
	struct uart_port *port = con->data;
	bool locked = console_try_lock(port);

	while (len--) {
		if (*s == '\n')
			port->ops->poll_put_char(port, '\r');
		port->ops->poll_put_char(port, *s++);
	}
	if (locked) {
		__acquire(&port->lock);
		spin_unlock(&port->lock);
	}
}

static struct tty_driver *uart_console_device(struct console *con, int *index)
{
	struct uart_port *port = con->data;

	*index = port->line;
	return port->drv->tty_driver;
}

/* "115200n8": speed, parity n/o/e, bits; what is missing stays at 8N1. */
static void parse_console_options(const char *options, struct ktermios *t)
{
	char *end;
	unsigned long baud = simple_strtoul(options, &end, 10);

	if (baud)
		tty_termios_encode_baud_rate(t, baud, baud);
	if (*end == 'o')
		t->c_cflag |= PARENB | PARODD;
	else if (*end == 'e')
		t->c_cflag |= PARENB;
	if (*end && end[1] == '7')
		t->c_cflag = (t->c_cflag & ~CSIZE) | CS7;
	if (*end && end[1] && end[2] == 'r')
		t->c_cflag |= CRTSCTS;
}

/* The console's speed becomes that of the terminal too. */
static int uart_console_setup(struct console *con, const char *options)
{
	struct uart_port *port = con->data;
	struct tty_driver *driver = port->drv->tty_driver;
	struct ktermios *t;

	if (!options || !*options)
		return 0;
	t = kmemdup(&driver->init_termios, sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	parse_console_options(options, t);
	port->ops->set_termios(port, t, NULL);
	kfree(driver->termios[port->line]);
	driver->termios[port->line] = t;
	return 0;
}

static int uart_add_console(struct uart_port *port)
{
	struct console *con = kzalloc(sizeof(*con), GFP_KERNEL);

	if (!con)
		return -ENOMEM;
	con->name = port->drv->dev_name;
	con->index = port->line;
	con->write = uart_console_write;
	con->setup = uart_console_setup;
	con->device = uart_console_device;
	con->data = port;
	port->cons = con;
	register_console(con);
	return 0;
}

/* ---- registration ---------------------------------------------------------------------------- */

static LIST_HEAD(uart_drivers); /* at boot only */

#define DRAIN_NS (2 * NSEC_PER_SEC)

/* The machine is about to end: what programs wrote before goes out, if the wire takes it. */
static void uart_drain_all(void)
{
	ktime_t end = ktime_get() + DRAIN_NS;
	struct uart_driver *drv;

	list_for_each_entry(drv, &uart_drivers, list) {
		for (unsigned int i = 0; i < drv->nr; i++) {
			struct uart_port *port = drv->ports[i];

			while (port && port->xmit &&
			       READ_ONCE(port->xmit_head) != READ_ONCE(port->xmit_tail) &&
			       ktime_get() < end)
				usleep_range(100, 1000);
		}
	}
}

static struct reboot_handler uart_drain = {
	.name = "serial", .action = REBOOT_PREPARE, .fn = uart_drain_all};

int uart_register_driver(struct uart_driver *drv)
{
	struct tty_driver *driver;
	int err = -ENOMEM;

	if (drv->tty_driver)
		return 0;
	drv->ports = kcalloc(drv->nr, sizeof(*drv->ports), GFP_KERNEL);
	driver = kzalloc(sizeof(*driver), GFP_KERNEL);
	if (!drv->ports || !driver)
		goto out_free;
	driver->driver_name = drv->driver_name;
	driver->name = drv->dev_name;
	driver->major = drv->major;
	driver->minor_start = drv->minor;
	driver->num = drv->nr;
	driver->type = TTY_TYPE_SERIAL;
	driver->ops = &uart_tty_ops;
	driver->init_termios = tty_std_termios;
	driver->init_termios.c_cflag = CS8 | CREAD | HUPCL | CLOCAL;
	tty_termios_encode_baud_rate(&driver->init_termios, 115200, 115200);
	err = tty_register_driver(driver);
	if (err)
		goto out_free;
	drv->tty_driver = driver;
	if (list_empty(&uart_drivers))
		register_reboot_handler(&uart_drain);
	list_add_tail(&drv->list, &uart_drivers);
	return 0;

out_free:
	kfree(driver);
	kfree(drv->ports);
	drv->ports = NULL;
	return err;
}

static void log_port(const struct uart_driver *drv, struct uart_port *port)
{
	pr_info("%s%u at %s 0x%llx (irq = %u, base_baud = %u) is a %s\n", drv->dev_name, port->line,
		port->iobase ? "I/O" : "MMIO",
		port->iobase ? (unsigned long long)port->iobase : (unsigned long long)port->mapbase,
		port->irq, port->uartclk / 16, port->ops->type ? port->ops->type(port) : "UART");
}

int uart_add_one_port(struct uart_driver *drv, struct uart_port *port)
{
	int err;

	if (!port->ops || port->line >= drv->nr)
		return -EINVAL;
	if (drv->ports[port->line])
		return -EBUSY;
	spin_lock_init(&port->lock);
	port->drv = drv;
	if (!port->fifosize)
		port->fifosize = 1;
	err = tty_port_init(&port->tport, &uart_port_ops);
	if (err)
		return err;
	drv->ports[port->line] = port;
	log_port(drv, port);
	err = uart_add_console(port);
	if (err)
		pr_warn("%s%u: no memory for its console\n", drv->dev_name, port->line);
	err = tty_register_device(drv->tty_driver, port->line, &port->tport);
	if (err)
		pr_warn("%s%u: no device node (error %d)\n", drv->dev_name, port->line, err);
	return 0;
}

void uart_remove_one_port(struct uart_driver *drv, struct uart_port *port)
{
	if (port->cons)
		unregister_console(port->cons);
	kfree(port->cons);
	port->cons = NULL;
	tty_unregister_device(drv->tty_driver, port->line);
	drv->ports[port->line] = NULL;
	tty_port_destroy(&port->tport);
}
