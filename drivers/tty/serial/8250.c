/* SPDX-License-Identifier: MIT */
/*
 * The PC's serial ports: 8250, 16450, 16550A (National Semiconductor PC16550D data sheet) at their
 * four customary addresses. A transmitter with a FIFO takes 16 bytes when it reports empty, so
 * sending starts by filling it.
 */
#include <arch/cpu.h>
#include <arch/io.h>
#include <drivers/tty/serial_core.h>
#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/printk.h>
#include <uapi/errno.h>
#include <uapi/termios.h>
#include <asm/platform.h>

#define UART_RBR      0 /* read: received byte */
#define UART_THR      0 /* write: byte to send */
#define UART_DLL      0 /* DLAB: divisor */
#define UART_IER      1
#define UART_DLM      1
#define UART_IIR      2 /* read */
#define UART_FCR      2 /* write */
#define UART_LCR      3
#define UART_MCR      4
#define UART_LSR      5
#define UART_MSR      6
#define UART_SCR      7

#define IER_RX	      0x01
#define IER_TX	      0x02
#define IER_LINE      0x04
#define IIR_NONE      0x01
#define IIR_FIFO      0xc0 /* both: a FIFO that works */
#define FCR_ENABLE    0x01
#define FCR_CLEAR     0x06
#define FCR_TRIGGER_8 0x80
#define LCR_STOP2     0x04
#define LCR_PARITY    0x08
#define LCR_EVEN      0x10
#define LCR_STICK     0x20
#define LCR_BREAK     0x40
#define LCR_DLAB      0x80
#define MCR_DTR	      0x01
#define MCR_RTS	      0x02
#define MCR_OUT2      0x08 /* lets the interrupt through on a PC */
#define MCR_LOOP      0x10
#define LSR_DATA      0x01
#define LSR_OVERRUN   0x02
#define LSR_PARITY    0x04
#define LSR_FRAME     0x08
#define LSR_BREAK     0x10
#define LSR_THRE      0x20
#define LSR_EMPTY     0x40
#define MSR_CTS	      0x10
#define MSR_DSR	      0x20
#define MSR_RI	      0x40
#define MSR_DCD	      0x80

#define UART_CLOCK    1843200
#define RX_LIMIT      256 /* bytes taken in one pass */
#define MAX_PASSES    16 /* of one interrupt */

struct pc_uart {
	struct uart_port port;
	const char *type;
	u8 ier, lcr; /* port.lock: what the registers hold */
};

static const struct {
	u16 port;
	u8 isa_irq;
} pc_ports[] = {{0x3f8, 4}, {0x2f8, 3}, {0x3e8, 4}, {0x2e8, 3}};

static struct pc_uart uarts[ARRAY_SIZE(pc_ports)];

static struct pc_uart *to_pc(struct uart_port *port)
{
	return container_of(port, struct pc_uart, port);
}

static u8 reg_read(struct uart_port *port, unsigned int reg)
{
	return inb((u16)(port->iobase + reg));
}

static void reg_write(struct uart_port *port, u8 val, unsigned int reg)
{
	outb(val, (u16)(port->iobase + reg));
}

static void set_ier(struct uart_port *port, u8 clear, u8 set)
{
	struct pc_uart *u = to_pc(port);

	u->ier = (u->ier & ~clear) | set;
	reg_write(port, u->ier, UART_IER);
}

/* ---- transmit ---- */

static bool pc_tx_empty(struct uart_port *port)
{
	return reg_read(port, UART_LSR) & LSR_EMPTY;
}

static void pc_stop_tx(struct uart_port *port)
{
	set_ier(port, IER_TX, 0);
}

/* A FIFO's worth, when the transmitter is empty; false when there was nothing left to send. */
static bool fill_fifo(struct uart_port *port)
{
	u8 buf[16];
	unsigned int n = uart_tx_take(port, buf, MIN(port->fifosize, sizeof(buf)));

	for (unsigned int i = 0; i < n; i++)
		reg_write(port, buf[i], UART_THR);
	return n;
}

/* The interrupt comes when the transmitter becomes empty, and at once if it is. */
static void pc_start_tx(struct uart_port *port)
{
	if (to_pc(port)->ier & IER_TX)
		return;
	if ((reg_read(port, UART_LSR) & LSR_THRE) && !fill_fifo(port))
		return;
	set_ier(port, 0, IER_TX);
}

static void pc_poll_put_char(struct uart_port *port, u8 c)
{
	for (unsigned int i = 0; i < 100000 && !(reg_read(port, UART_LSR) & LSR_THRE); i++)
		cpu_relax();
	reg_write(port, c, UART_THR);
}

/* ---- receive ---- */

static void pc_stop_rx(struct uart_port *port)
{
	set_ier(port, IER_RX | IER_LINE, 0);
}

static u8 error_flag(struct uart_port *port, u8 lsr)
{
	if (lsr & LSR_BREAK) {
		port->icount.brk++;
		return TTY_BREAK;
	}
	if (lsr & LSR_PARITY) {
		port->icount.parity++;
		return TTY_PARITY;
	}
	if (lsr & LSR_FRAME) {
		port->icount.frame++;
		return TTY_FRAME;
	}
	return TTY_NORMAL;
}

/* Takes what has come in; returns the last line status. */
static u8 receive(struct uart_port *port, bool *received)
{
	u8 lsr = reg_read(port, UART_LSR);

	for (unsigned int n = 0; n < RX_LIMIT && (lsr & (LSR_DATA | LSR_BREAK)); n++) {
		u8 c = lsr & LSR_DATA ? reg_read(port, UART_RBR) : 0;

		port->icount.rx++;
		if (lsr & LSR_OVERRUN) {
			port->icount.overrun++;
			uart_insert_char(port, 0, TTY_OVERRUN);
		}
		uart_insert_char(port, c, error_flag(port, lsr));
		*received = true;
		lsr = reg_read(port, UART_LSR);
	}
	return lsr;
}

/*
 * More work than one interrupt may take: the line falls and rises, and with it what the chip forgot
 * when its identification register was read ("transmitter empty" is reported anew when its
 * interrupt is enabled, PC16550D 8.6).
 */
static void rearm(struct uart_port *port)
{
	reg_write(port, 0, UART_IER);
	reg_write(port, to_pc(port)->ier, UART_IER);
}

static irqreturn_t pc_interrupt(int irq, void *dev)
{
	struct uart_port *port = dev;
	unsigned int passes = 0;
	bool received = false;
	u8 lsr;

	spin_lock(&port->lock);
	if (reg_read(port, UART_IIR) & IIR_NONE) {
		spin_unlock(&port->lock);
		return IRQ_NONE;
	}
	/*
	 * An edge-triggered line: nothing may be left pending when the handler returns. Reading the
	 * identification register takes back an "empty" it reports, so it is read before the line
	 * status is looked at, never after.
	 */
	do {
		lsr = receive(port, &received);
		if ((lsr & LSR_THRE) && (to_pc(port)->ier & IER_TX) && !fill_fifo(port))
			pc_stop_tx(port);
		reg_read(port, UART_MSR);
	} while (!(reg_read(port, UART_IIR) & IIR_NONE) && ++passes < MAX_PASSES);
	if (passes == MAX_PASSES)
		rearm(port);
	spin_unlock(&port->lock);
	if (received)
		uart_push_rx(port);
	return IRQ_HANDLED;
}

/* ---- control ---- */

static void pc_set_mctrl(struct uart_port *port, unsigned int mctrl)
{
	u8 mcr = MCR_OUT2;

	if (mctrl & UART_MCTRL_DTR)
		mcr |= MCR_DTR;
	if (mctrl & UART_MCTRL_RTS)
		mcr |= MCR_RTS;
	if (mctrl & UART_MCTRL_LOOP)
		mcr |= MCR_LOOP;
	reg_write(port, mcr, UART_MCR);
}

static unsigned int pc_get_mctrl(struct uart_port *port)
{
	u8 msr = reg_read(port, UART_MSR);
	unsigned int mctrl = 0;

	if (msr & MSR_CTS)
		mctrl |= UART_MCTRL_CTS;
	if (msr & MSR_DSR)
		mctrl |= UART_MCTRL_DSR;
	if (msr & MSR_DCD)
		mctrl |= UART_MCTRL_CAR;
	if (msr & MSR_RI)
		mctrl |= UART_MCTRL_RI;
	return mctrl;
}

static void pc_break_ctl(struct uart_port *port, bool on)
{
	struct pc_uart *u = to_pc(port);

	u->lcr = on ? u->lcr | LCR_BREAK : u->lcr & ~LCR_BREAK;
	reg_write(port, u->lcr, UART_LCR);
}

static void clear_pending(struct uart_port *port)
{
	reg_read(port, UART_LSR);
	reg_read(port, UART_RBR);
	reg_read(port, UART_IIR);
	reg_read(port, UART_MSR);
}

static int pc_startup(struct uart_port *port)
{
	unsigned long flags;
	int err;

	reg_write(port, 0, UART_IER);
	if (port->fifosize > 1)
		reg_write(port, FCR_ENABLE | FCR_CLEAR | FCR_TRIGGER_8, UART_FCR);
	clear_pending(port);
	err = request_irq(port->irq, pc_interrupt, port->irq_flags, "ttyS", port);
	if (err)
		return err;
	spin_lock_irqsave(&port->lock, flags);
	to_pc(port)->ier = 0;
	set_ier(port, 0, IER_RX | IER_LINE);
	spin_unlock_irqrestore(&port->lock, flags);
	return 0;
}

static void pc_shutdown(struct uart_port *port)
{
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	set_ier(port, 0xff, 0);
	spin_unlock_irqrestore(&port->lock, flags);
	free_irq(port->irq, port);
}

static u8 line_control(tcflag_t cflag)
{
	u8 lcr = cflag & CSIZE; /* CS5 to CS8 are 0 to 3 in bits 4-5 */

	lcr >>= 4;
	if (cflag & CSTOPB)
		lcr |= LCR_STOP2;
	if (cflag & PARENB)
		lcr |= cflag & PARODD ? LCR_PARITY : LCR_PARITY | LCR_EVEN;
	if (cflag & CMSPAR)
		lcr |= LCR_STICK;
	return lcr;
}

static void pc_set_termios(struct uart_port *port, struct ktermios *new, const struct ktermios *old)
{
	unsigned int baud = uart_get_baud_rate(port, new, old, 50, UART_CLOCK / 16);
	unsigned int div = uart_get_divisor(port, baud);
	struct pc_uart *u = to_pc(port);
	unsigned long flags;

	new->c_cflag &= ~(tcflag_t)CRTSCTS; /* this chip does not hold CTS by itself */
	spin_lock_irqsave(&port->lock, flags);
	u->lcr = line_control(new->c_cflag);
	reg_write(port, u->lcr | LCR_DLAB, UART_LCR);
	reg_write(port, (u8)div, UART_DLL);
	reg_write(port, (u8)(div >> 8), UART_DLM);
	reg_write(port, u->lcr, UART_LCR);
	spin_unlock_irqrestore(&port->lock, flags);
}

static const char *pc_type(struct uart_port *port)
{
	return to_pc(port)->type;
}

static const struct uart_ops pc_uart_ops = {
	.tx_empty = pc_tx_empty,
	.set_mctrl = pc_set_mctrl,
	.get_mctrl = pc_get_mctrl,
	.start_tx = pc_start_tx,
	.stop_tx = pc_stop_tx,
	.stop_rx = pc_stop_rx,
	.break_ctl = pc_break_ctl,
	.startup = pc_startup,
	.shutdown = pc_shutdown,
	.set_termios = pc_set_termios,
	.poll_put_char = pc_poll_put_char,
	.type = pc_type,
};

static struct uart_driver pc_uart_driver = {
	.driver_name = "serial",
	.dev_name = "ttyS",
	.major = 4,
	.minor = 64,
	.nr = ARRAY_SIZE(pc_ports),
};

/* ---- probe ---- */

/* The interrupt enable register has four bits that stay; an empty bus gives all ones. */
static bool __init present(struct uart_port *port)
{
	u8 zero, all;

	reg_write(port, 0, UART_IER);
	zero = reg_read(port, UART_IER) & 0x0f;
	reg_write(port, 0x0f, UART_IER);
	all = reg_read(port, UART_IER) & 0x0f;
	reg_write(port, 0, UART_IER);
	return zero == 0 && all == 0x0f;
}

static void __init identify(struct pc_uart *u)
{
	reg_write(&u->port, FCR_ENABLE, UART_FCR);
	if ((reg_read(&u->port, UART_IIR) & IIR_FIFO) == IIR_FIFO) {
		u->type = "16550A";
		u->port.fifosize = 16;
		return;
	}
	reg_write(&u->port, 0, UART_FCR);
	u->port.fifosize = 1;
	reg_write(&u->port, 0xa5, UART_SCR);
	u->type = reg_read(&u->port, UART_SCR) == 0xa5 ? "16450" : "8250";
}

static int __init pc_uart_init(void)
{
	int err = uart_register_driver(&pc_uart_driver);

	for (unsigned int i = 0; i < ARRAY_SIZE(pc_ports) && !err; i++) {
		struct uart_port *port = &uarts[i].port;

		port->iobase = pc_ports[i].port;
		if (!present(port))
			continue;
		identify(&uarts[i]);
		spin_lock_init(&port->lock);
		port->irq = irq_create_mapping(irq_gsi_domain,
					       x86_platform.isa_irq[pc_ports[i].isa_irq].gsi);
		port->irq_flags = IRQF_SHARED;
		port->uartclk = UART_CLOCK;
		port->line = i;
		port->ops = &pc_uart_ops;
		reg_write(port, MCR_DTR | MCR_RTS | MCR_OUT2, UART_MCR);
		err = uart_add_one_port(&pc_uart_driver, port);
	}
	return err;
}
device_initcall(pc_uart_init);
