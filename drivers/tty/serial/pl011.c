/* SPDX-License-Identifier: MIT */
/*
 * ARM PrimeCell UART PL011 (DDI 0183). FIFOs of 16 or 32 bytes; the transmit interrupt comes when
 * the FIFO drains through its mark, so sending starts by filling the FIFO by hand. Rate and format
 * are programmed only if the devicetree gives the clock.
 */
#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/of.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <arch/cpu.h>
#include <arch/io.h>
#include <drivers/tty/serial_core.h>
#include <uapi/termios.h>

#define UART_DR		       0x00
#define UART_FR		       0x18
#define UART_IBRD	       0x24
#define UART_FBRD	       0x28
#define UART_LCRH	       0x2c
#define UART_CR		       0x30
#define UART_IFLS	       0x34
#define UART_IMSC	       0x38
#define UART_MIS	       0x40
#define UART_ICR	       0x44
#define UART_PID2	       0xfe8 /* bits 4-7: revision */

#define DR_FE		       (1 << 8)
#define DR_PE		       (1 << 9)
#define DR_BE		       (1 << 10)
#define DR_OE		       (1 << 11)

#define FR_CTS		       (1 << 0)
#define FR_DSR		       (1 << 1)
#define FR_DCD		       (1 << 2)
#define FR_BUSY		       (1 << 3)
#define FR_RXFE		       (1 << 4)
#define FR_TXFF		       (1 << 5)
#define FR_TXFE		       (1 << 7)
#define FR_RI		       (1 << 8)

#define LCRH_BRK	       (1 << 0)
#define LCRH_PEN	       (1 << 1)
#define LCRH_EPS	       (1 << 2)
#define LCRH_STP2	       (1 << 3)
#define LCRH_FEN	       (1 << 4)
#define LCRH_WLEN_8	       (3 << 5)
#define LCRH_WLEN(bits)	       (((bits)-5) << 5)

#define CR_UARTEN	       (1 << 0)
#define CR_LBE		       (1 << 7)
#define CR_TXE		       (1 << 8)
#define CR_RXE		       (1 << 9)
#define CR_DTR		       (1 << 10)
#define CR_RTS		       (1 << 11)
#define CR_CTSEN	       (1 << 15)

#define INT_RX		       (1 << 4)
#define INT_TX		       (1 << 5)
#define INT_RT		       (1 << 6)
#define INT_ERR		       (0xf << 7)
#define INT_ALL		       0x7ff

#define IFLS_RX_HALF_TX_EIGHTH (2 << 3 | 0)

#define MAX_PORTS	       4
#define RX_LIMIT	       256 /* bytes taken in one interrupt */

struct pl011_port {
	struct uart_port port;
	u32 imsc; /* port.lock: what UART_IMSC holds */
	char type[16];
};

static u32 reg_read(struct uart_port *port, unsigned int reg)
{
	return readl_relaxed(port->membase + reg);
}

static void reg_write(struct uart_port *port, u32 val, unsigned int reg)
{
	writel_relaxed(val, port->membase + reg);
}

static struct pl011_port *to_pl011(struct uart_port *port)
{
	return container_of(port, struct pl011_port, port);
}

static void set_imsc(struct uart_port *port, u32 clear, u32 set)
{
	struct pl011_port *p = to_pl011(port);

	p->imsc = (p->imsc & ~clear) | set;
	reg_write(port, p->imsc, UART_IMSC);
}

/* ---- transmit ---- */

static bool pl011_tx_empty(struct uart_port *port)
{
	return (reg_read(port, UART_FR) & (FR_TXFE | FR_BUSY)) == FR_TXFE;
}

static void pl011_stop_tx(struct uart_port *port)
{
	set_imsc(port, INT_TX, 0);
}

/* Sends until the FIFO is full; false when there was nothing left to send. */
static bool fill_fifo(struct uart_port *port)
{
	u8 c;

	while (!(reg_read(port, UART_FR) & FR_TXFF)) {
		if (!uart_tx_take(port, &c, 1))
			return false;
		reg_write(port, c, UART_DR);
	}
	return true;
}

static void pl011_start_tx(struct uart_port *port)
{
	if (fill_fifo(port))
		set_imsc(port, 0, INT_TX);
}

static void pl011_poll_put_char(struct uart_port *port, u8 c)
{
	for (unsigned int i = 0; i < 1000000; i++)
		if (!(reg_read(port, UART_FR) & FR_TXFF))
			break;
	reg_write(port, c, UART_DR);
}

/* ---- receive ---- */

static void pl011_stop_rx(struct uart_port *port)
{
	set_imsc(port, INT_RX | INT_RT | INT_ERR, 0);
}

static u8 error_flag(struct uart_port *port, u32 data)
{
	if (data & DR_BE) {
		port->icount.brk++;
		return TTY_BREAK;
	}
	if (data & DR_PE) {
		port->icount.parity++;
		return TTY_PARITY;
	}
	if (data & DR_FE) {
		port->icount.frame++;
		return TTY_FRAME;
	}
	return TTY_NORMAL;
}

/* True if anything was received. */
static bool receive(struct uart_port *port)
{
	unsigned int n;

	for (n = 0; n < RX_LIMIT && !(reg_read(port, UART_FR) & FR_RXFE); n++) {
		u32 data = reg_read(port, UART_DR);

		port->icount.rx++;
		if (data & DR_OE) {
			port->icount.overrun++;
			uart_insert_char(port, 0, TTY_OVERRUN);
		}
		uart_insert_char(port, (u8)data, error_flag(port, data));
	}
	return n;
}

static irqreturn_t pl011_interrupt(int irq, void *dev)
{
	struct uart_port *port = dev;
	bool received = false;
	u32 status;

	spin_lock(&port->lock);
	status = reg_read(port, UART_MIS);
	reg_write(port, status & ~(INT_TX | INT_RX | INT_RT), UART_ICR);
	if (status & (INT_RX | INT_RT | INT_ERR))
		received = receive(port);
	if ((status & INT_TX) && !fill_fifo(port))
		pl011_stop_tx(port);
	spin_unlock(&port->lock);
	if (received)
		uart_push_rx(port);
	return status ? IRQ_HANDLED : IRQ_NONE;
}

/* ---- control ---- */

static void pl011_set_mctrl(struct uart_port *port, unsigned int mctrl)
{
	u32 cr = reg_read(port, UART_CR) & ~(CR_DTR | CR_RTS | CR_LBE);

	if (mctrl & UART_MCTRL_DTR)
		cr |= CR_DTR;
	if (mctrl & UART_MCTRL_RTS)
		cr |= CR_RTS;
	if (mctrl & UART_MCTRL_LOOP)
		cr |= CR_LBE;
	reg_write(port, cr, UART_CR);
}

static unsigned int pl011_get_mctrl(struct uart_port *port)
{
	u32 fr = reg_read(port, UART_FR);
	unsigned int mctrl = 0;

	if (fr & FR_CTS)
		mctrl |= UART_MCTRL_CTS;
	if (fr & FR_DSR)
		mctrl |= UART_MCTRL_DSR;
	if (fr & FR_DCD)
		mctrl |= UART_MCTRL_CAR;
	if (fr & FR_RI)
		mctrl |= UART_MCTRL_RI;
	return mctrl;
}

static void pl011_break_ctl(struct uart_port *port, bool on)
{
	u32 lcrh = reg_read(port, UART_LCRH) & ~LCRH_BRK;

	reg_write(port, on ? lcrh | LCRH_BRK : lcrh, UART_LCRH);
}

static int pl011_startup(struct uart_port *port)
{
	unsigned long flags;
	int err;

	reg_write(port, 0, UART_IMSC);
	reg_write(port, INT_ALL, UART_ICR);
	err = request_irq(port->irq, pl011_interrupt, port->irq_flags, "pl011", port);
	if (err)
		return err;
	spin_lock_irqsave(&port->lock, flags);
	reg_write(port, IFLS_RX_HALF_TX_EIGHTH, UART_IFLS);
	reg_write(port, reg_read(port, UART_CR) | CR_UARTEN | CR_TXE | CR_RXE, UART_CR);
	to_pl011(port)->imsc = 0;
	set_imsc(port, 0, INT_RX | INT_RT | INT_ERR);
	spin_unlock_irqrestore(&port->lock, flags);
	return 0;
}

/* The UART stays enabled: it may be the kernel's console. */
static void pl011_shutdown(struct uart_port *port)
{
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	set_imsc(port, INT_ALL, 0);
	spin_unlock_irqrestore(&port->lock, flags);
	free_irq(port->irq, port);
}

static u32 line_control(tcflag_t cflag)
{
	u32 lcrh = LCRH_FEN;

	switch (cflag & CSIZE) {
	case CS5:
		lcrh |= LCRH_WLEN(5);
		break;
	case CS6:
		lcrh |= LCRH_WLEN(6);
		break;
	case CS7:
		lcrh |= LCRH_WLEN(7);
		break;
	default:
		lcrh |= LCRH_WLEN_8;
	}
	if (cflag & CSTOPB)
		lcrh |= LCRH_STP2;
	if (cflag & PARENB)
		lcrh |= cflag & PARODD ? LCRH_PEN : LCRH_PEN | LCRH_EPS;
	return lcrh;
}

/*
 * The divisor has six fractional bits: 64 * clock / (16 * baud). It takes effect with the write of
 * LCRH, with the UART off.
 */
static void pl011_set_termios(struct uart_port *port, struct ktermios *new,
			      const struct ktermios *old)
{
	unsigned int baud =
		uart_get_baud_rate(port, new, old, 1, port->uartclk ? port->uartclk / 16 : 115200);
	u32 lcrh = line_control(new->c_cflag), cr, div;
	unsigned long flags;

	new->c_cflag &= ~(tcflag_t)CMSPAR;
	spin_lock_irqsave(&port->lock, flags);
	cr = reg_read(port, UART_CR);
	if (port->uartclk) {
		div = DIV_ROUND_CLOSEST(port->uartclk * 4ull, baud);
		while (reg_read(port, UART_FR) & FR_BUSY)
			cpu_relax();
		reg_write(port, cr & ~CR_UARTEN, UART_CR);
		reg_write(port, div >> 6, UART_IBRD);
		reg_write(port, div & 0x3f, UART_FBRD);
	}
	reg_write(port, lcrh, UART_LCRH);
	cr = new->c_cflag &CRTSCTS ? cr | CR_CTSEN : cr & ~CR_CTSEN;
	reg_write(port, cr, UART_CR);
	spin_unlock_irqrestore(&port->lock, flags);
}

static const char *pl011_type(struct uart_port *port)
{
	return to_pl011(port)->type;
}

static const struct uart_ops pl011_ops = {
	.tx_empty = pl011_tx_empty,
	.set_mctrl = pl011_set_mctrl,
	.get_mctrl = pl011_get_mctrl,
	.start_tx = pl011_start_tx,
	.stop_tx = pl011_stop_tx,
	.stop_rx = pl011_stop_rx,
	.break_ctl = pl011_break_ctl,
	.startup = pl011_startup,
	.shutdown = pl011_shutdown,
	.set_termios = pl011_set_termios,
	.poll_put_char = pl011_poll_put_char,
	.type = pl011_type,
};

static struct uart_driver pl011_driver = {
	.driver_name = "ttyAMA",
	.dev_name = "ttyAMA",
	.major = 204,
	.minor = 64,
	.nr = MAX_PORTS,
};

/* ---- probe ---- */

/* The number of the alias, else the lowest that no port and no alias before it took. */
static unsigned int choose_line(int node)
{
	static unsigned int taken;
	int id = of_alias_id(node, "serial");
	unsigned int line = 0;

	if (id >= 0 && id < MAX_PORTS && !(taken & 1u << id))
		line = (unsigned int)id;
	else
		while (line < MAX_PORTS && (taken & 1u << line))
			line++;
	taken |= 1u << line;
	return line;
}

static void fill_port(struct pl011_port *p, int node)
{
	unsigned int rev = reg_read(&p->port, UART_PID2) >> 4 & 0xf;

	spin_lock_init(&p->port.lock);
	p->port.irq = of_irq_get(node, 0);
	p->port.uartclk = of_clock_rate(node, 0);
	p->port.fifosize = rev >= 3 ? 32 : 16;
	p->port.line = choose_line(node);
	p->port.ops = &pl011_ops;
	snprintf(p->type, sizeof(p->type), "PL011 rev%u", rev);
}

static int pl011_probe(int node, const void *data)
{
	int err = uart_register_driver(&pl011_driver);
	struct pl011_port *p;
	u64 size;

	if (err)
		return err;
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->port.membase = of_iomap(node, 0);
	if (!p->port.membase) {
		err = -ENOMEM;
		goto out_free;
	}
	fdt_reg(&of_fdt, node, 0, &p->port.mapbase, &size);
	fill_port(p, node);
	reg_write(&p->port, 0, UART_IMSC);
	reg_write(&p->port, reg_read(&p->port, UART_CR) | CR_UARTEN | CR_TXE, UART_CR);
	err = uart_add_one_port(&pl011_driver, &p->port);
	if (!err)
		return 0;
	iounmap(p->port.membase);
out_free:
	kfree(p);
	return err;
}

static const struct of_device_id pl011_match[] = {{"arm,pl011", NULL}, {NULL, NULL}};
OF_DEVICE(pl011, pl011_match, pl011_probe);
