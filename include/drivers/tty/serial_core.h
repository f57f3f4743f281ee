/* SPDX-License-Identifier: MIT */
/*
 * The serial core: everything that UART drivers share. A chip driver fills a struct uart_port,
 * registers a struct uart_driver once and each port with uart_add_one_port(); the core makes the
 * tty, its device node and the kernel console of it.
 *
 * Rules for a chip driver
 *   - Every op but startup/shutdown/set_termios is called with port->lock held and IRQs off; none
 *     of those may sleep.
 *   - startup() requests the interrupt and enables reception; shutdown() undoes it. Both may sleep,
 *     the lock is not held.
 *   - set_termios() may sleep and takes port->lock itself around the registers; it programs the
 *     chip from uart_get_baud_rate() and termios->c_cflag.
 *   - The interrupt handler takes port->lock (spin_lock, it is in hard IRQ context), feeds received
 *     bytes to uart_insert_char(), drains uart_tx_take() into the FIFO, calls its own stop_tx when
 *     that gives 0 bytes, drops the lock and then calls uart_push_rx() if it inserted anything.
 *   - poll_put_char() waits (bounded) for room and writes one byte; it is the kernel console, so it
 *     works before startup(), in panic and with IRQs off, and takes no lock. The core turns "\n"
 *     into CR LF.
 */
#ifndef DRIVERS_TTY_SERIAL_CORE_H
#define DRIVERS_TTY_SERIAL_CORE_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <kernel/spinlock.h>
#include <drivers/tty/tty.h>

struct uart_port;
struct console;

/* Modem control lines for set_mctrl/get_mctrl: the numbers of TIOCMGET (tty_ioctl(2)). */
#define UART_MCTRL_DTR	0x002
#define UART_MCTRL_RTS	0x004
#define UART_MCTRL_CTS	0x020
#define UART_MCTRL_CAR	0x040
#define UART_MCTRL_RI	0x080
#define UART_MCTRL_DSR	0x100
#define UART_MCTRL_OUT2 0x4000
#define UART_MCTRL_LOOP 0x8000

struct uart_ops {
	/* true when FIFO and shifter are empty. */
	bool (*tx_empty)(struct uart_port *port);
	void (*set_mctrl)(struct uart_port *port, unsigned int mctrl);
	unsigned int (*get_mctrl)(struct uart_port *port);
	/* Begin sending what uart_tx_take() has; stop as soon as possible. */
	void (*start_tx)(struct uart_port *port);
	void (*stop_tx)(struct uart_port *port);
	void (*stop_rx)(struct uart_port *port);
	/* Send break while @on; NULL: TCSBRK only drains. */
	void (*break_ctl)(struct uart_port *port, bool on);
	int (*startup)(struct uart_port *port);
	void (*shutdown)(struct uart_port *port);
	/* @old is NULL at the first call. Clears bits of @new->c_cflag that the chip cannot do. */
	void (*set_termios)(struct uart_port *port, struct ktermios *new,
			    const struct ktermios *old);
	void (*poll_put_char)(struct uart_port *port, u8 c);
	/* One line for /proc/tty/driver and the boot log: "16550A", "PL011 rev3". */
	const char *(*type)(struct uart_port *port);
};

struct uart_icount {
	u32 rx, tx;
	u32 frame, parity, overrun, brk, buf_overrun;
};

#define UART_XMIT_SIZE 4096 /* bytes; a power of two */

/*
 * One port. The driver owns the first part, fills it before uart_add_one_port() and keeps it alive
 * until uart_remove_one_port(); usually it is embedded in the driver's own struct (container_of).
 *
 * Locks: (p) port->lock, (m) tty_port.mutex, (c) constant after uart_add_one_port().
 */
struct uart_port {
	spinlock_t lock;
	unsigned long iobase; /* (c) I/O port, or 0 */
	void __iomem *membase; /* (c) registers, or NULL */
	phys_addr_t mapbase; /* (c) physical, for the log */
	unsigned int irq; /* (c) for request_irq(); 0: none, only the kernel prints */
	unsigned long irq_flags; /* (c) for request_irq() */
	unsigned int uartclk; /* (c) Hz; 0: the rate was set by firmware and stays */
	unsigned int fifosize; /* (c) bytes the transmitter takes at once, >= 1 */
	unsigned int regshift; /* (c) register n is at n << regshift */
	unsigned int reg_io_width; /* (c) bytes: 1, 2, 4 */
	unsigned int line; /* (c) number: ttyS<line> */
	const struct uart_ops *ops; /* (c) */
	struct device *dev; /* (c) may be NULL */

	/* The core's part. */
	unsigned int mctrl; /* (p) what was last set */
	unsigned int read_status; /* (p) for the driver: errors it reports (from set_termios) */
	unsigned int ignore_status; /* (p) for the driver: errors it drops */
	struct uart_icount icount; /* (p) */
	struct uart_driver *drv; /* (c) */
	struct tty_port tport; /* its own locks */
	bool tx_stopped; /* (p) ^S or TCOOFF */
	u8 x_char; /* (p) sent before anything else when not 0 */
	u8 *xmit; /* (m)(p) UART_XMIT_SIZE bytes while open */
	unsigned int xmit_head; /* (p) next byte in; free-running */
	unsigned int xmit_tail; /* (p) next byte out; free-running */
	unsigned int baud; /* (m) the rate in force */
	struct console *cons; /* (c) */
};

/* One kind of port: names, numbers. Static; kept for ever. */
struct uart_driver {
	const char *driver_name; /* "8250" */
	const char *dev_name; /* "ttyS" */
	int major; /* ttyS: 4, ttyAMA: 204 */
	int minor; /* ttyS: 64, ttyAMA: 64 */
	unsigned int nr; /* lines at most */
	struct tty_driver *tty_driver; /* the core's */
	struct uart_port **ports; /* the core's: [nr] */
	struct list_head list; /* the core's */
};

/*
 * Makes the tty driver. Safe to call again for one that is registered (returns 0). Any time after
 * the slab works; may sleep.
 */
int uart_register_driver(struct uart_driver *drv);

/*
 * Adds @port as line @port->line: tty, device node, and - if the command line's console= names it,
 * or names none and this is the first port - a kernel console, which from then on prints through
 * ops->poll_put_char. May sleep. 0, -EINVAL (line out of range, no ops), -EBUSY (line taken),
 * -ENOMEM.
 */
int uart_add_one_port(struct uart_driver *drv, struct uart_port *port);

/* The tty hangs up and the node goes away. May sleep. */
void uart_remove_one_port(struct uart_driver *drv, struct uart_port *port);

/*
 * Takes up to @max bytes to send into @buf and returns how many (0: nothing to send, or output
 * stopped: call stop_tx). Wakes writers when there is room again. port->lock held.
 */
unsigned int uart_tx_take(struct uart_port *port, u8 *buf, unsigned int max);

/*
 * One received byte with @flag TTY_NORMAL, TTY_BREAK, TTY_PARITY, TTY_FRAME or TTY_OVERRUN.
 * port->lock held, hard IRQ context is fine; drops the byte (and counts it) when the flip buffer is
 * full.
 */
void uart_insert_char(struct uart_port *port, u8 c, u8 flag);

/* Hands what was inserted to the line discipline's worker. Not under port->lock. Any context. */
void uart_push_rx(struct uart_port *port);

/*
 * The rate (bits a second) that @termios asks for, held to @min..@max; stores what was chosen back
 * into it. When it asks for none (B0) it gives 9600.
 */
unsigned int uart_get_baud_rate(struct uart_port *port, struct ktermios *termios,
				const struct ktermios *old, unsigned int min, unsigned int max);

/* Divisor of uartclk for a 16x oversampling chip, rounded to nearest; >= 1. */
static inline unsigned int uart_get_divisor(const struct uart_port *port, unsigned int baud)
{
	unsigned int div = (port->uartclk + 8u * baud) / (16u * baud);

	return div ? div : 1;
}

#endif
