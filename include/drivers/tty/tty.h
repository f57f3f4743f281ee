/* SPDX-License-Identifier: MIT */
/*
 * Terminals. Three objects:
 *
 *   tty_driver   a kind of terminal (ttyS, pts, ...): names, numbers, ops. Static.
 *   tty_port     one line of hardware (or one half of a pty): receive (flip) buffer, open count.
 *                Lives as long as the hardware.
 *   tty_struct   an open terminal: termios, line discipline, session, window size. Exists from
 *                first open to last close; refcounted.
 *
 * Data in:   IRQ -> tty_insert_flip_char (port->buf) -> tty_flip_buffer_push -> worker
 *            -> ldisc receive -> readers. A pty's write delivers without the worker.
 * Data out:  write(2) -> ldisc (OPOST) -> ops->write, which takes what fits; writers sleep on
 *            tty->write_wait until tty_wakeup().
 *
 * Lock order:
 *
 *   tty_mutex (open, close, hangup)
 *     tty_port.mutex
 *     atomic_write_lock
 *     read_mutex (N_TTY)
 *       buf.work -> termios_rwsem -> output_lock (N_TTY) -> [other half of a pty: buf.work ...]
 *         tasklist_lock -> siglock -> ctrl_lock
 *         flow_lock -> uart_port.lock -> buf.lock
 *         the ring lock of N_TTY
 */
#ifndef DRIVERS_TTY_TTY_H
#define DRIVERS_TTY_TTY_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <lib/list.h>
#include <lib/refcount.h>
#include <kernel/mutex.h>
#include <kernel/rwsem.h>
#include <kernel/spinlock.h>
#include <kernel/tty.h>
#include <kernel/wait.h>
#include <uapi/termios.h>

struct cdev;
struct file;
struct inode;
struct pid;
struct poll_table_struct;
struct seq_file;
struct signal_struct;
struct task_struct;
struct tty_driver;
struct tty_ldisc_ops;
struct tty_struct;

#define _POSIX_VDISABLE 0 /* a c_cc[] of this value matches no character */

/* What a received byte is. */
enum tty_flag { TTY_NORMAL, TTY_BREAK, TTY_FRAME, TTY_PARITY, TTY_OVERRUN };

#define TTY_FLIP_SIZE 4096 /* bytes; a power of two */

/*
 * A ring between the producer (an interrupt, or the writer of a pty; one at a time under (b)) and
 * the line discipline (one at a time under (w) the mutex work).
 */
struct tty_buffer {
	spinlock_t lock; /* (b) a leaf, IRQs off */
	struct mutex work; /* (w) */
	unsigned int head; /* (b) next byte in; free-running */
	unsigned int tail; /* (w)(b) next byte out; free-running */
	bool has_flags; /* (b) a flag other than TTY_NORMAL may be in the ring */
	u8 *data; /* TTY_FLIP_SIZE bytes; constant */
	u8 *flags; /* as many; constant */
};

struct tty_port;
struct tty_port_operations {
	/* First open: start the hardware. May sleep, tty_port.mutex held. */
	int (*activate)(struct tty_port *port, struct tty_struct *tty);
	/* Last close or hangup. May sleep, tty_port.mutex held. */
	void (*shutdown)(struct tty_port *port);
};

struct tty_port {
	struct mutex mutex;
	struct tty_buffer buf;
	struct tty_struct *tty; /* (b) the open terminal or NULL */
	unsigned int count; /* (mutex) opens */
	bool active; /* (mutex) activate() succeeded */
	const struct tty_port_operations *ops;
	struct list_head ready; /* on the worker's queue; lock in tty_buffer.c */
	bool delivering; /* the worker is at it; same lock */
};

struct tty_operations {
	/*
	 * Find or make ->port of a tty being opened the first time. 0 or -errno (NULL:
	 * driver->ports[index]).
	 */
	int (*install)(struct tty_driver *driver, struct tty_struct *tty);
	/*
	 * The terminal that the node @inode stands for, or NULL: for drivers whose numbers alone
	 * do not say which. They have no table of ttys. tty_mutex held.
	 */
	struct tty_struct *(*lookup)(const struct inode *inode);
	int (*open)(struct tty_struct *tty, struct file *file);
	void (*close)(struct tty_struct *tty, struct file *file);
	/* The tty_struct goes away. */
	void (*cleanup)(struct tty_struct *tty);
	/*
	 * Takes what fits and returns how much; does not wait for room. Process context, no
	 * spinlock held (a pty takes mutexes of its other half).
	 */
	ssize_t (*write)(struct tty_struct *tty, const u8 *buf, size_t count);
	unsigned int (*write_room)(struct tty_struct *tty);
	unsigned int (*chars_in_buffer)(struct tty_struct *tty);
	void (*flush_buffer)(struct tty_struct *tty);
	/* Start to send; optional. */
	void (*flush_chars)(struct tty_struct *tty);
	void (*stop)(struct tty_struct *tty);
	void (*start)(struct tty_struct *tty);
	/* The reader is slow: the other side should pause, and go on. */
	void (*throttle)(struct tty_struct *tty);
	void (*unthrottle)(struct tty_struct *tty);
	void (*send_xchar)(struct tty_struct *tty, u8 c);
	/* Lower DTR if HUPCL, drop what was to be sent. */
	void (*hangup)(struct tty_struct *tty);
	int (*break_ctl)(struct tty_struct *tty, bool on);
	int (*tiocmget)(struct tty_struct *tty);
	int (*tiocmset)(struct tty_struct *tty, unsigned int set, unsigned int clear);
	void (*set_termios)(struct tty_struct *tty, const struct ktermios *old);
	/* Until everything was sent or @timeout_ns passed; a signal ends it too. */
	void (*wait_until_sent)(struct tty_struct *tty, u64 timeout_ns);
	/* Driver's own ioctls; -ENOIOCTLCMD for others. */
	long (*ioctl)(struct tty_struct *tty, struct file *file, unsigned int cmd,
		      unsigned long arg);
};

#define TTY_DRIVER_NO_DEVTMPFS	   0x1 /* nodes are not made by tty_register_device (ptys) */
#define TTY_DRIVER_RESET_TERMIOS   0x2 /* do not keep termios across last close (ptys) */
#define TTY_DRIVER_FIRST_IS_SECOND 0x4 /* minor 0 is another name of line 1 (tty0) */

enum tty_driver_type { TTY_TYPE_CONSOLE, TTY_TYPE_SERIAL, TTY_TYPE_PTY_MASTER, TTY_TYPE_PTY_SLAVE };

struct tty_driver {
	const char *driver_name;
	const char *name; /* "ttyS" */
	int major;
	int minor_start;
	unsigned int num; /* lines */
	enum tty_driver_type type;
	unsigned int flags;
	struct ktermios init_termios;
	const struct tty_operations *ops;
	/* The core's: */
	struct tty_struct **ttys; /* (tty_mutex) [num] open terminals */
	struct tty_port **ports; /* (tty_mutex) [num]; NULL for ptys */
	struct ktermios **termios; /* (tty_mutex) [num] kept settings; NULL for ptys */
	struct cdev *cdev;
	struct list_head list; /* (tty_mutex) */
};

/* tty->flags bits. */
enum tty_bits {
	TTY_EXCLUSIVE, /* TIOCEXCL */
	TTY_OTHER_CLOSED, /* other side of a pty is closed */
	TTY_PTY_LOCK, /* slave cannot be opened yet */
};

struct tty_struct {
	refcount_t ref;
	unsigned int index;
	dev_t dev;
	struct tty_driver *driver;
	const struct tty_operations *ops;
	struct tty_port *port;
	const struct tty_ldisc_ops *ldisc;
	void *disc_data; /* the line discipline's (struct n_tty_data) */
	unsigned long flags; /* tty_bits, atomic bit operations */
	int count; /* (tty_mutex) open files */

	struct rw_semaphore termios_rwsem; /* (t) */
	struct mutex atomic_write_lock; /* one writer's write(2) is not mixed into another's */
	struct ktermios termios; /* (t) */
	struct ktermios termios_locked; /* (t) */
	struct winsize winsize; /* (c) */

	spinlock_t ctrl_lock; /* (c) */
	struct pid *pgrp; /* (c) foreground process group, referenced */
	struct pid *session; /* (c) referenced */
	bool packet; /* (c) pty master: TIOCPKT */
	u8 ctrl_status; /* (c) TIOCPKT_* bits for the master */
	spinlock_t flow_lock; /* (f) */
	bool flow_stopped; /* (f) ^S */
	bool tco_stopped; /* (f) TCOOFF */

	struct tty_struct *link; /* other half of a pty */
	void *driver_data;
	wait_queue_head_t write_wait;
	wait_queue_head_t read_wait;
	struct list_head files; /* (files_lock) */
	spinlock_t files_lock;
	u8 *write_buf; /* (atomic_write_lock) TTY_WRITE_CHUNK bytes */
	char name[32]; /* "ttyS0", "pts/3" */
};

#define TTY_WRITE_CHUNK 1024u

/*
 * A line discipline. receive() is called by one worker at a time for a port, may sleep; it returns
 * what it took, the rest waits in the flip buffer until tty_buffer_restart().
 */
struct tty_ldisc_ops {
	const char *name;
	int num; /* N_TTY ... */
	int (*open)(struct tty_struct *tty);
	void (*close)(struct tty_struct *tty);
	void (*flush_buffer)(struct tty_struct *tty);
	/* All three may sleep. */
	ssize_t (*read)(struct tty_struct *tty, struct file *file, char __user *buf, size_t n);
	ssize_t (*write)(struct tty_struct *tty, struct file *file, const u8 *buf, size_t n);
	long (*ioctl)(struct tty_struct *tty, struct file *file, unsigned int cmd,
		      unsigned long arg);
	void (*set_termios)(struct tty_struct *tty, const struct ktermios *old);
	__poll_t (*poll)(struct tty_struct *tty, struct file *file, struct poll_table_struct *wait);
	void (*hangup)(struct tty_struct *tty);
	size_t (*receive)(struct tty_struct *tty, const u8 *cp, const u8 *fp, size_t count);
	void (*write_wakeup)(struct tty_struct *tty);
};

/* What a fresh terminal has: 38400 8N1, cooked, echoing (as Linux). */
extern const struct ktermios tty_std_termios;
extern const struct tty_ldisc_ops n_tty_ops;

/* Drivers. All may sleep. 0 or -errno. */
int tty_register_driver(struct tty_driver *driver);
int tty_register_device(struct tty_driver *driver, unsigned int index, struct tty_port *port);
void tty_unregister_device(struct tty_driver *driver, unsigned int index);

/* Ports. tty_port_init: 0 or -ENOMEM. */
int tty_port_init(struct tty_port *port, const struct tty_port_operations *ops);
void tty_port_destroy(struct tty_port *port);
/* A reference to the open terminal of @port, or NULL. Any context. */
struct tty_struct *tty_port_tty_get(struct tty_port *port);
/*
 * tty_operations open and close for hardware: activate() at the first, shutdown() after the last.
 * May sleep.
 */
int tty_port_open(struct tty_port *port, struct tty_struct *tty);
void tty_port_close(struct tty_port *port, struct tty_struct *tty);

/* References; tty_kref_put (any context) is in <kernel/tty.h>, with what process code needs. */
static inline struct tty_struct *tty_kref_get(struct tty_struct *tty)
{
	if (tty)
		refcount_inc(&tty->ref);
	return tty;
}

/*
 * Receive side; any context. tty_insert_flip_string returns how many bytes fitted. Nothing reaches
 * the line discipline before the push.
 */
size_t tty_insert_flip_string(struct tty_port *port, const u8 *chars, size_t n);
bool tty_insert_flip_char(struct tty_port *port, u8 c, u8 flag);
void tty_flip_buffer_push(struct tty_port *port);
unsigned int tty_buffer_space(struct tty_port *port);
/* The line discipline has room again: go on delivering. */
void tty_buffer_restart(struct tty_port *port);
void tty_buffer_flush(struct tty_port *port);

/* The driver has room: wakes writers. Any context. */
void tty_wakeup(struct tty_struct *tty);
/*
 * Carrier lost, device gone, vhangup(2): SIGHUP to the session, every open file but /dev/console's
 * is dead. May sleep; not under tty_mutex.
 */
void tty_vhangup(struct tty_struct *tty);

void stop_tty(struct tty_struct *tty);
void start_tty(struct tty_struct *tty);

/*
 * Job control. tty_check_change: 0, or -EIO / -ERESTARTSYS after SIGTTOU for a background process
 * that changes the terminal; tty_job_control_read: the same with SIGTTIN for one that reads.
 */
#if IS_ENABLED(CONFIG_TTY_JOB_CONTROL)
int tty_check_change(struct tty_struct *tty);
int tty_job_control_read(struct tty_struct *tty);
#else
static inline int tty_check_change(struct tty_struct *tty)
{
	return 0;
}
static inline int tty_job_control_read(struct tty_struct *tty)
{
	return 0;
}
#endif

u32 tty_termios_baud_rate(const struct ktermios *t);
void tty_termios_encode_baud_rate(struct ktermios *t, u32 ispeed, u32 ospeed);

static inline const char *tty_name(const struct tty_struct *tty)
{
	return tty ? tty->name : "none";
}

/* termios shorthands; (t) or a racy look. */
#define I_FLAG(tty, f) ((tty)->termios.c_iflag & (f))
#define O_FLAG(tty, f) ((tty)->termios.c_oflag & (f))
#define L_FLAG(tty, f) ((tty)->termios.c_lflag & (f))
#define C_FLAG(tty, f) ((tty)->termios.c_cflag & (f))
#define TTY_CC(tty, i) ((tty)->termios.c_cc[i])

#endif
