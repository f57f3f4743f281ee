/* SPDX-License-Identifier: MIT */
/*
 * The tty core: drivers, open terminals, and the file operations of every terminal.
 *
 * A tty_struct is made by the first open of a line and dies with the last close; the two halves of
 * a pty die together. Open, close and hangup run under tty_mutex. A hangup does not take the
 * terminal away from under its files: it marks them (tty_file.hupped), and every operation asks.
 * Files opened as /dev/console are not marked, so that process 1 keeps its console when a shell's
 * session ends.
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/console.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <fs/fs.h>
#include <fs/poll.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <drivers/device.h>
#include <uapi/major.h>
#include "tty.h"

#define CLOSE_WAIT_NS (30 * NSEC_PER_SEC) /* for output at the last close */

DEFINE_MUTEX(tty_mutex);
static LIST_HEAD(tty_drivers); /* tty_mutex */

/* ---- life of a tty_struct -------------------------------------------------------------------- */

static void tty_free(struct tty_struct *tty)
{
	put_pid(tty->pgrp);
	put_pid(tty->session);
	kfree(tty->write_buf);
	kfree(tty);
}

void tty_kref_put(struct tty_struct *tty)
{
	if (tty && refcount_dec_and_test(&tty->ref))
		tty_free(tty);
}

/* A terminal with settings, not yet open nor known. NULL: no memory. */
struct tty_struct *tty_alloc(struct tty_driver *driver, unsigned int index)
{
	struct tty_struct *tty = kzalloc(sizeof(*tty), GFP_KERNEL);

	if (!tty)
		return NULL;
	tty->write_buf = kmalloc(TTY_WRITE_CHUNK, GFP_KERNEL);
	if (!tty->write_buf) {
		kfree(tty);
		return NULL;
	}
	refcount_set(&tty->ref, 1);
	tty->driver = driver;
	tty->ops = driver->ops;
	tty->index = index;
	tty->dev = MKDEV(driver->major, driver->minor_start + index);
	tty->termios = driver->termios && driver->termios[index] ? *driver->termios[index] :
								   driver->init_termios;
	init_rwsem(&tty->termios_rwsem);
	mutex_init(&tty->atomic_write_lock);
	spin_lock_init(&tty->ctrl_lock);
	spin_lock_init(&tty->flow_lock);
	spin_lock_init(&tty->files_lock);
	init_waitqueue_head(&tty->read_wait);
	init_waitqueue_head(&tty->write_wait);
	INIT_LIST_HEAD(&tty->files);
	snprintf(tty->name, sizeof(tty->name), "%s%u", driver->name, index);
	return tty;
}

static void port_set_tty(struct tty_port *port, struct tty_struct *tty)
{
	unsigned long irq;

	spin_lock_irqsave(&port->buf.lock, irq);
	port->tty = tty;
	spin_unlock_irqrestore(&port->buf.lock, irq);
}

static int standard_install(struct tty_driver *driver, struct tty_struct *tty)
{
	if (!driver->ports[tty->index])
		return -ENXIO;
	tty->port = driver->ports[tty->index];
	return 0;
}

/* Gives @tty its line discipline and lets input in. */
static int tty_start(struct tty_struct *tty)
{
	int err;

	tty->ldisc = &n_tty_ops;
	err = tty->ldisc->open(tty);
	if (err)
		return err;
	if (tty->driver->ttys)
		tty->driver->ttys[tty->index] = tty;
	port_set_tty(tty->port, tty);
	return 0;
}

/* No input reaches it any more, its line can be opened anew. */
static void tty_stop(struct tty_struct *tty)
{
	port_set_tty(tty->port, NULL);
	/* A delivery that found the terminal before is over once its mutex was ours. */
	mutex_lock(&tty->port->buf.work);
	mutex_unlock(&tty->port->buf.work);
	tty->ldisc->close(tty);
	if (tty->driver->ttys)
		tty->driver->ttys[tty->index] = NULL;
}

/* The first open of a line. tty_mutex held. */
int tty_init_dev(struct tty_driver *driver, unsigned int index, struct tty_struct **out)
{
	struct tty_struct *tty = tty_alloc(driver, index);
	int err;

	if (!tty)
		return -ENOMEM;
	err = driver->ops->install ? driver->ops->install(driver, tty) :
				     standard_install(driver, tty);
	if (err)
		goto out_put;
	err = tty_start(tty);
	if (err)
		goto out_cleanup;
	if (tty->link) {
		err = tty_start(tty->link);
		if (err)
			goto out_stop;
	}
	*out = tty;
	return 0;

out_stop:
	tty_stop(tty);
out_cleanup:
	if (driver->ops->cleanup)
		driver->ops->cleanup(tty);
	tty_kref_put(tty->link);
out_put:
	tty_kref_put(tty);
	return err;
}

static void keep_termios(struct tty_struct *tty)
{
	struct tty_driver *driver = tty->driver;

	if (driver->flags & TTY_DRIVER_RESET_TERMIOS)
		return;
	if (!driver->termios[tty->index])
		driver->termios[tty->index] = kmalloc(sizeof(struct ktermios), GFP_KERNEL);
	if (driver->termios[tty->index])
		*driver->termios[tty->index] = tty->termios;
}

static void tty_destroy(struct tty_struct *tty)
{
	struct tty_struct *link = tty->link;

	keep_termios(tty);
	tty_stop(tty);
	if (link)
		tty_stop(link);
	if (tty->ops->cleanup)
		tty->ops->cleanup(tty);
	tty->link = NULL;
	if (link)
		link->link = NULL;
	tty_kref_put(link);
	tty_kref_put(tty);
}

/* ---- files ----------------------------------------------------------------------------------- */

static struct tty_file *tty_add_file(struct tty_struct *tty, struct file *file, bool console)
{
	struct tty_file *tf = kzalloc(sizeof(*tf), GFP_KERNEL);

	if (!tf)
		return NULL;
	tf->tty = tty;
	tf->file = file;
	tf->console = console;
	file->private_data = tf;
	spin_lock(&tty->files_lock);
	list_add(&tf->list, &tty->files);
	spin_unlock(&tty->files_lock);
	return tf;
}

static void tty_del_file(struct tty_file *tf)
{
	spin_lock(&tf->tty->files_lock);
	list_del(&tf->list);
	spin_unlock(&tf->tty->files_lock);
	kfree(tf);
}

/* Drops one opener; the last takes the terminal away. tty_mutex held. */
static void tty_drop(struct tty_struct *tty)
{
	if (--tty->count)
		return;
	tty_clear_session(tty);
	if (!tty->link || !tty->link->count)
		tty_destroy(tty);
}

/*
 * Makes @file an open file of @tty. 0, or -errno with nothing left behind (a terminal that only
 * this open made is gone). tty_mutex held.
 */
int tty_open_file(struct tty_struct *tty, struct file *file, bool console)
{
	struct tty_file *tf;
	int err = -ENOMEM;

	tty->count++;
	tf = tty_add_file(tty, file, console);
	if (!tf)
		goto out_drop;
	err = tty->ops->open ? tty->ops->open(tty, file) : 0;
	if (!err)
		return 0;
	tty_del_file(tf);

out_drop:
	tty_drop(tty);
	return err;
}

int tty_release(struct inode *inode, struct file *file)
{
	struct tty_file *tf = tty_file_of(file);
	struct tty_struct *tty = tf->tty;

	if (READ_ONCE(tty->count) == 1 && !tf->hupped)
		tty_wait_until_sent(tty, CLOSE_WAIT_NS);
	mutex_lock(&tty_mutex);
	if (tty->ops->close)
		tty->ops->close(tty, file);
	tty_del_file(tf);
	tty_drop(tty);
	mutex_unlock(&tty_mutex);
	return 0;
}

static struct tty_driver *tty_find_driver(dev_t dev, int *index)
{
	struct tty_driver *driver;

	list_for_each_entry(driver, &tty_drivers, list) {
		int n = (int)MINOR(dev) - driver->minor_start;

		if (MAJOR(dev) == (unsigned int)driver->major && n >= 0 && n < (int)driver->num) {
			*index = !n && (driver->flags & TTY_DRIVER_FIRST_IS_SECOND) ? 1 : n;
			return driver;
		}
	}
	return NULL;
}

/* tty_mutex held. */
static int tty_may_reopen(struct tty_struct *tty)
{
	if (tty_is_pty_master(tty) || test_bit(TTY_OTHER_CLOSED, &tty->flags))
		return -EIO;
	if (test_bit(TTY_EXCLUSIVE, &tty->flags) && !capable(CAP_SYS_ADMIN))
		return -EBUSY;
	return 0;
}

/* @inode: what is opened; NULL for a console. */
static int tty_open_line(struct tty_driver *driver, int index, const struct inode *inode,
			 struct file *file, struct tty_struct **out)
{
	struct tty_struct *tty = driver->ttys ? driver->ttys[index] : driver->ops->lookup(inode);
	int err;

	if (!tty && !driver->ttys)
		return -EIO;
	if (tty)
		err = tty_may_reopen(tty);
	else
		err = tty_init_dev(driver, index, &tty);
	if (!err)
		err = tty_open_file(tty, file, !inode);
	*out = tty;
	return err;
}

static int tty_open(struct inode *inode, struct file *file)
{
	struct tty_driver *driver;
	struct tty_struct *tty;
	int index, err = -ENXIO;

	mutex_lock(&tty_mutex);
	driver = tty_find_driver(inode->i_rdev, &index);
	if (driver)
		err = tty_open_line(driver, index, inode, file, &tty);
	if (!err)
		tty_open_ctty(tty, file, file->f_flags & O_NOCTTY);
	mutex_unlock(&tty_mutex);
	return err;
}

/* /dev/tty: the caller's controlling terminal; -ENXIO if it has none. */
static int tty_open_current(struct inode *inode, struct file *file)
{
	struct tty_struct *tty = get_current_tty();
	int err = -ENXIO;

	if (!tty)
		return err;
	mutex_lock(&tty_mutex);
	if (tty->count)
		err = tty_may_reopen(tty);
	if (!err)
		err = tty_open_file(tty, file, false);
	mutex_unlock(&tty_mutex);
	tty_kref_put(tty);
	return err;
}

/*
 * /dev/console: the terminal of the last console= that has one. Never becomes a controlling
 * terminal by being opened.
 */
static int tty_open_console(struct inode *inode, struct file *file)
{
	struct tty_driver *driver;
	struct tty_struct *tty;
	int index, err = -ENODEV;

	mutex_lock(&tty_mutex);
	driver = console_device(&index);
	if (driver && index >= 0 && index < (int)driver->num)
		err = tty_open_line(driver, index, NULL, file, &tty);
	mutex_unlock(&tty_mutex);
	return err;
}

/* ---- reading, writing ------------------------------------------------------------------------ */

/* atime and mtime of a terminal show idleness, to 8 seconds: not to tell tales about keystrokes. */
static void tty_update_time(struct timespec64 *time)
{
	struct timespec64 now;

	ktime_get_coarse_real_ts64(&now);
	if ((now.tv_sec ^ time->tv_sec) & ~7) {
		time->tv_sec = now.tv_sec & ~7;
		time->tv_nsec = 0;
	}
}

static ssize_t tty_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct tty_struct *tty = tty_file_of(file)->tty;
	ssize_t ret;

	if (tty_hung_up(file) || !n)
		return 0;
	ret = tty->ldisc->read(tty, file, buf, n);
	if (ret > 0)
		tty_update_time(&file_inode(file)->i_atime);
	return ret;
}

static ssize_t write_chunks(struct tty_struct *tty, struct file *file, const char __user *buf,
			    size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t len = min_t(size_t, n - done, TTY_WRITE_CHUNK);
		ssize_t ret;

		if (copy_from_user(tty->write_buf, buf + done, len))
			return done ? (ssize_t)done : -EFAULT;
		ret = tty->ldisc->write(tty, file, tty->write_buf, len);
		if (ret <= 0)
			return done ? (ssize_t)done : ret;
		done += ret;
		if ((size_t)ret < len)
			break;
		if (done < n && signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

static ssize_t tty_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	struct tty_struct *tty = tty_file_of(file)->tty;
	ssize_t ret;

	if (tty_hung_up(file))
		return -EIO;
	if (file->f_flags & O_NONBLOCK) {
		if (!mutex_trylock(&tty->atomic_write_lock))
			return -EAGAIN;
	} else if (mutex_lock_interruptible(&tty->atomic_write_lock)) {
		return -ERESTARTSYS;
	}
	__acquire(&tty->atomic_write_lock);
	ret = write_chunks(tty, file, buf, n);
	mutex_unlock(&tty->atomic_write_lock);
	if (ret > 0)
		tty_update_time(&file_inode(file)->i_mtime);
	return ret;
}

static __poll_t tty_poll(struct file *file, struct poll_table_struct *wait)
{
	struct tty_struct *tty = tty_file_of(file)->tty;

	return tty->ldisc->poll(tty, file, wait);
}

void tty_wakeup(struct tty_struct *tty)
{
	if (tty->ldisc && tty->disc_data)
		tty->ldisc->write_wakeup(tty);
	if (wq_has_sleeper(&tty->write_wait))
		wake_up_interruptible_poll(&tty->write_wait, EPOLLOUT | EPOLLWRNORM);
}

/* ---- flow control, hangup -------------------------------------------------------------------- */

void stop_tty(struct tty_struct *tty)
{
	bool was;

	spin_lock(&tty->flow_lock);
	was = tty->flow_stopped;
	tty->flow_stopped = true;
	if (!was && tty->ops->stop)
		tty->ops->stop(tty);
	spin_unlock(&tty->flow_lock);
	if (!was)
		pty_packet_event(tty, TIOCPKT_STOP, TIOCPKT_START);
}

void start_tty(struct tty_struct *tty)
{
	bool was;

	spin_lock(&tty->flow_lock);
	was = tty->flow_stopped && !tty->tco_stopped;
	if (was) {
		tty->flow_stopped = false;
		if (tty->ops->start)
			tty->ops->start(tty);
	}
	spin_unlock(&tty->flow_lock);
	if (!was)
		return;
	pty_packet_event(tty, TIOCPKT_START, TIOCPKT_STOP);
	tty_wakeup(tty);
}

static void mark_files_hung_up(struct tty_struct *tty)
{
	struct tty_file *tf;

	spin_lock(&tty->files_lock);
	list_for_each_entry(tf, &tty->files, list)
		if (!tf->console)
			WRITE_ONCE(tf->hupped, true);
	spin_unlock(&tty->files_lock);
}

/* tty_mutex held. @session_exit: because the session's leader died. */
void __tty_hangup(struct tty_struct *tty, bool session_exit)
{
	if (!tty->count && !tty->link)
		return;
	mark_files_hung_up(tty);
	tty_session_hangup(tty, session_exit);
	clear_bit(TTY_EXCLUSIVE, &tty->flags);
	tty_buffer_flush(tty->port);
	tty->ldisc->flush_buffer(tty);
	if (tty->ops->hangup)
		tty->ops->hangup(tty);
	if (tty->driver->flags & TTY_DRIVER_RESET_TERMIOS)
		tty_set_termios(tty, &tty->driver->init_termios);
	start_tty(tty);
	wake_up_interruptible_all(&tty->read_wait);
	wake_up_interruptible_all(&tty->write_wait);
}

void tty_vhangup(struct tty_struct *tty)
{
	mutex_lock(&tty_mutex);
	__tty_hangup(tty, false);
	mutex_unlock(&tty_mutex);
}

/* vhangup(2) */
SYSCALL_DEFINE0(vhangup)
{
	struct tty_struct *tty;

	if (!capable(CAP_SYS_TTY_CONFIG))
		return -EPERM;
	tty = get_current_tty();
	if (tty)
		tty_vhangup(tty);
	tty_kref_put(tty);
	return 0;
}

/* ---- registration ---------------------------------------------------------------------------- */

const struct file_operations tty_fops = {
	.llseek = no_llseek,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.unlocked_ioctl = tty_ioctl,
	.open = tty_open,
	.release = tty_release,
};

static const struct file_operations current_tty_fops = {
	.llseek = no_llseek,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.unlocked_ioctl = tty_ioctl,
	.open = tty_open_current,
	.release = tty_release,
};

static const struct file_operations console_fops = {
	.llseek = no_llseek,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.unlocked_ioctl = tty_ioctl,
	.open = tty_open_console,
	.release = tty_release,
};

/* Ptys need no tables of lines, nor kept settings. */
static int driver_alloc_tables(struct tty_driver *driver)
{
	driver->cdev = kzalloc(sizeof(*driver->cdev), GFP_KERNEL);
	if (driver->cdev && driver->ops->lookup)
		return 0;
	driver->ttys = kcalloc(driver->num, sizeof(*driver->ttys), GFP_KERNEL);
	driver->ports = kcalloc(driver->num, sizeof(*driver->ports), GFP_KERNEL);
	driver->termios = kcalloc(driver->num, sizeof(*driver->termios), GFP_KERNEL);
	if (driver->cdev && driver->ttys && driver->ports && driver->termios)
		return 0;
	kfree(driver->ttys);
	kfree(driver->ports);
	kfree(driver->termios);
	kfree(driver->cdev);
	return -ENOMEM;
}

int tty_register_driver(struct tty_driver *driver)
{
	dev_t first = MKDEV(driver->major, driver->minor_start);
	int err = driver_alloc_tables(driver);

	if (err)
		return err;
	err = register_chrdev_region(first, driver->num, driver->driver_name);
	if (err)
		return err;
	cdev_init(driver->cdev, &tty_fops);
	err = cdev_add(driver->cdev, first, driver->num);
	if (err) {
		unregister_chrdev_region(first, driver->num);
		return err;
	}
	mutex_lock(&tty_mutex);
	list_add_tail(&driver->list, &tty_drivers);
	mutex_unlock(&tty_mutex);
	return 0;
}

int tty_register_device(struct tty_driver *driver, unsigned int index, struct tty_port *port)
{
	char name[32];

	if (index >= driver->num)
		return -EINVAL;
	mutex_lock(&tty_mutex);
	driver->ports[index] = port;
	mutex_unlock(&tty_mutex);
	if (driver->flags & TTY_DRIVER_NO_DEVTMPFS)
		return 0;
	snprintf(name, sizeof(name), "%s%u", driver->name, index);
	return device_add_node("tty", name, S_IFCHR | 0600,
			       MKDEV(driver->major, driver->minor_start + index));
}

void tty_unregister_device(struct tty_driver *driver, unsigned int index)
{
	char name[32];

	mutex_lock(&tty_mutex);
	if (driver->ttys[index])
		__tty_hangup(driver->ttys[index], false);
	driver->ports[index] = NULL;
	mutex_unlock(&tty_mutex);
	snprintf(name, sizeof(name), "%s%u", driver->name, index);
	device_remove_node("tty", name, MKDEV(driver->major, driver->minor_start + index));
}

static const char *driver_type_name(const struct tty_driver *driver)
{
	static const char *const names[] = {
		[TTY_TYPE_CONSOLE] = "console",
		[TTY_TYPE_SERIAL] = "serial",
		[TTY_TYPE_PTY_MASTER] = "pty:master",
		[TTY_TYPE_PTY_SLAVE] = "pty:slave",
	};

	return names[driver->type];
}

/* /proc/tty/drivers, proc(5) */
static int tty_drivers_show(struct seq_file *m, void *v)
{
	struct tty_driver *driver;

	seq_puts(m, "/dev/tty             /dev/tty        5       0 system:/dev/tty\n");
	seq_puts(m, "/dev/console         /dev/console    5       1 system:console\n");
	mutex_lock(&tty_mutex);
	list_for_each_entry(driver, &tty_drivers, list)
		seq_printf(m, "%-20s /dev/%-8s %3d %d-%u %s\n", driver->driver_name, driver->name,
			   driver->major, driver->minor_start,
			   driver->minor_start + driver->num - 1, driver_type_name(driver));
	mutex_unlock(&tty_mutex);
	return 0;
}

static int add_special_node(struct cdev *cdev, const struct file_operations *fops,
			    unsigned int minor, const char *name, umode_t mode)
{
	dev_t dev = MKDEV(TTYAUX_MAJOR, minor);
	int err;

	cdev_init(cdev, fops);
	err = register_chrdev_region(dev, 1, minor ? "/dev/console" : "/dev/tty");
	if (!err)
		err = cdev_add(cdev, dev, 1);
	return err ? err : device_add_node("tty", name, S_IFCHR | mode, dev);
}

static int tty_init(void)
{
	static struct cdev current_cdev, console_cdev;
	int err;

	err = add_special_node(&current_cdev, &current_tty_fops, 0, "tty", 0666);
	if (!err)
		err = add_special_node(&console_cdev, &console_fops, 1, "console", 0600);
	proc_mkdir("tty", NULL);
	proc_create_single("tty/drivers", 0444, NULL, tty_drivers_show);
	return err;
}
fs_initcall(tty_init);
