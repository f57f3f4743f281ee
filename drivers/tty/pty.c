/* SPDX-License-Identifier: MIT */
/*
 * Pseudo-terminals (pty(7)): two terminals back to back. What is written to the master is the
 * slave's input, and the other way round; the line discipline of the slave does what a terminal
 * does, the master's passes everything.
 *
 * Opening /dev/ptmx makes a pair. The slave's node appears in devpts and opens once TIOCSPTLCK
 * unlocked it. Closing the master hangs up the slave. What is written goes through the other side's
 * flip buffer and the worker thread, so a writer never holds locks of both halves.
 */
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/init.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>
#include <drivers/device.h>
#include <fs/devpts.h>
#include <fs/file.h>
#include <fs/fs.h>
#include <fs/poll.h>
#include <uapi/major.h>
#include "tty.h"

#define PTMX_MINOR 2
#define PTM_MAJOR  128
#define PTS_MAJOR  136

static struct tty_driver ptm_driver, pts_driver;

/* Both ports of a pair, and the slave's name. */
struct pty_pair {
	struct tty_port master, slave;
	struct dentry *node; /* tty_mutex; NULL once the master is closed */
	struct super_block *devpts; /* where @index is from; NULL: not yet the pair's own */
	int index;
};

static struct pty_pair *pair_of(struct tty_struct *tty)
{
	return tty->driver_data;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void give_back(struct super_block *devpts, int index)
{
	devpts_free_index(devpts, index);
	devpts_release(devpts);
}

static void free_pair(struct pty_pair *pair)
{
	tty_port_destroy(&pair->master);
	tty_port_destroy(&pair->slave);
	if (pair->devpts)
		give_back(pair->devpts, pair->index);
	kfree(pair);
}

static int alloc_pair(int index, struct pty_pair **out)
{
	struct pty_pair *pair = kzalloc(sizeof(*pair), GFP_KERNEL);
	int err;

	if (!pair)
		return -ENOMEM;
	pair->index = index;
	err = tty_port_init(&pair->master, NULL);
	if (!err) {
		/*
		 * A class of its own: ^C in the slave's input flushes what the master has not read
		 * yet.
		 */
		lockdep_init_map(&pair->master.buf.work.dep_map, "ptm buf.work");
		err = tty_port_init(&pair->slave, NULL);
		if (err)
			tty_port_destroy(&pair->master);
	}
	if (err)
		kfree(pair);
	*out = pair;
	return err;
}

static int ptm_install(struct tty_driver *driver, struct tty_struct *tty)
{
	struct tty_struct *slave = tty_alloc(&pts_driver, tty->index);
	struct pty_pair *pair;
	int err;

	if (!slave)
		return -ENOMEM;
	err = alloc_pair(tty->index, &pair);
	if (err) {
		tty_kref_put(slave);
		return err;
	}
	lockdep_init_map(&tty->termios_rwsem.dep_map, "ptm termios_rwsem");
	tty->port = &pair->master;
	slave->port = &pair->slave;
	tty->driver_data = slave->driver_data = pair;
	tty->link = slave;
	slave->link = tty;
	set_bit(TTY_PTY_LOCK, &tty->flags);
	return 0;
}

/* A slave exists only beside its master. */
static int pts_install(struct tty_driver *driver, struct tty_struct *tty)
{
	return -EIO;
}

static struct tty_struct *pts_lookup(const struct inode *inode)
{
	return inode ? devpts_private(inode) : NULL;
}

static void remove_node(struct pty_pair *pair)
{
	if (pair->node)
		devpts_remove(pair->node);
	pair->node = NULL;
}

static void pty_cleanup(struct tty_struct *tty)
{
	remove_node(pair_of(tty));
	free_pair(pair_of(tty));
}

static int pts_open(struct tty_struct *tty, struct file *file)
{
	if (test_bit(TTY_OTHER_CLOSED, &tty->flags) || test_bit(TTY_PTY_LOCK, &tty->link->flags))
		return -EIO;
	clear_bit(TTY_OTHER_CLOSED, &tty->link->flags);
	return 0;
}

static void tell_other_side(struct tty_struct *tty)
{
	set_bit(TTY_OTHER_CLOSED, &tty->link->flags);
	wake_up_interruptible_all(&tty->link->read_wait);
	wake_up_interruptible_all(&tty->link->write_wait);
}

static void pts_close(struct tty_struct *tty, struct file *file)
{
	if (tty->count == 1)
		tell_other_side(tty);
}

/* tty_mutex held. */
static void ptm_close(struct tty_struct *tty, struct file *file)
{
	if (tty->count > 1)
		return;
	WRITE_ONCE(tty->packet, false);
	tell_other_side(tty);
	remove_node(pair_of(tty));
	__tty_hangup(tty->link, false);
}

/* ---- data ------------------------------------------------------------------------------------ */

static ssize_t pty_write(struct tty_struct *tty, const u8 *buf, size_t n)
{
	struct tty_port *to = tty->link->port;

	if (READ_ONCE(tty->flow_stopped) || !n)
		return 0;
	n = tty_insert_flip_string(to, buf, n);
	if (n && tty_is_pty_master(tty))
		tty_flip_buffer_push(to);
	else if (n)
		tty_buffer_deliver(to);
	return n;
}

static unsigned int pty_write_room(struct tty_struct *tty)
{
	return READ_ONCE(tty->flow_stopped) ? 0 : tty_buffer_space(tty->link->port);
}

/* What was written and not read yet. */
static void pty_flush_buffer(struct tty_struct *tty)
{
	struct tty_struct *to = tty->link;

	tty_buffer_flush(to->port);
	tty_wakeup(tty);
}

/* ---- packet mode ----------------------------------------------------------------------------- */

void pty_packet_event(struct tty_struct *slave, u8 set, u8 clear)
{
	struct tty_struct *master = slave->link;

	if (slave->driver != &pts_driver || !READ_ONCE(master->packet))
		return;
	spin_lock(&master->ctrl_lock);
	master->ctrl_status = (master->ctrl_status & ~clear) | set;
	spin_unlock(&master->ctrl_lock);
	wake_up_interruptible_poll(&master->read_wait, EPOLLPRI | EPOLLIN | EPOLLRDNORM);
}

/* Can the terminal emulator do ^S and ^Q itself? */
static bool plain_flow_control(const struct ktermios *t)
{
	return (t->c_iflag & IXON) && t->c_cc[VSTOP] == 023 && t->c_cc[VSTART] == 021;
}

static void pts_set_termios(struct tty_struct *tty, const struct ktermios *old)
{
	bool was = plain_flow_control(old), is = plain_flow_control(&tty->termios);

	tty->termios.c_cflag &= ~(CSIZE | PARENB);
	tty->termios.c_cflag |= CS8 | CREAD;
	if ((old->c_lflag | tty->termios.c_lflag) & EXTPROC)
		pty_packet_event(tty, TIOCPKT_IOCTL, 0);
	if (was != is)
		pty_packet_event(tty, is ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP,
				 is ? TIOCPKT_NOSTOP : TIOCPKT_DOSTOP);
}

static long set_packet_mode(struct tty_struct *tty, const int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	spin_lock(&tty->ctrl_lock);
	if (on && !tty->packet)
		tty->ctrl_status = 0;
	WRITE_ONCE(tty->packet, on != 0);
	spin_unlock(&tty->ctrl_lock);
	return 0;
}

/* ---- ioctls of the master -------------------------------------------------------------------- */

static long set_lock(struct tty_struct *tty, const int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	if (on)
		set_bit(TTY_PTY_LOCK, &tty->flags);
	else
		clear_bit(TTY_PTY_LOCK, &tty->flags);
	return 0;
}

static long send_signal(struct tty_struct *tty, int sig)
{
	if (sig < 1 || sig > _NSIG)
		return -EINVAL;
	tty_signal_pgrp(tty->link, sig);
	return 0;
}

static long open_peer(struct tty_struct *tty, const struct file *master, int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0)
		return fd;
	file = devpts_open_peer(&master->f_path, pair_of(tty)->node, flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

static long ptm_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd,
		      unsigned long arg)
{
	int __user *p = (int __user *)arg;

	switch (cmd) {
	case TIOCSPTLCK:
		return set_lock(tty, p);
	case TIOCGPTLCK:
		return put_user(test_bit(TTY_PTY_LOCK, &tty->flags) ? 1 : 0, p);
	case TIOCPKT:
		return set_packet_mode(tty, p);
	case TIOCGPKT:
		return put_user(READ_ONCE(tty->packet) ? 1 : 0, p);
	case TIOCGPTN:
		return put_user(tty->index, (unsigned int __user *)arg);
	case TIOCSIG:
		return send_signal(tty, arg);
	case TIOCGPTPEER:
		return open_peer(tty, file, arg);
	}
	return -ENOIOCTLCMD;
}

/* ---- registration ---------------------------------------------------------------------------- */

static const struct tty_operations ptm_ops = {
	.install = ptm_install,
	.close = ptm_close,
	.cleanup = pty_cleanup,
	.write = pty_write,
	.write_room = pty_write_room,
	.flush_buffer = pty_flush_buffer,
	.ioctl = ptm_ioctl,
};

static const struct tty_operations pts_ops = {
	.lookup = pts_lookup,
	.install = pts_install,
	.open = pts_open,
	.close = pts_close,
	.cleanup = pty_cleanup,
	.write = pty_write,
	.write_room = pty_write_room,
	.flush_buffer = pty_flush_buffer,
	.set_termios = pts_set_termios,
};

/* tty_mutex held. Takes over @index of @devpts and the reference to that. */
static int open_pair(struct super_block *devpts, int index, struct file *file)
{
	struct tty_struct *tty;
	struct dentry *node;
	int err = tty_init_dev(&ptm_driver, index, &tty);

	if (err) {
		give_back(devpts, index);
		return err;
	}
	pair_of(tty)->devpts = devpts;
	node = devpts_add(devpts, index, tty->link->dev, tty->link);
	if (!IS_ERR(node))
		pair_of(tty)->node = node;
	err = tty_open_file(tty, file, false);
	if (!err && IS_ERR(node)) {
		mutex_unlock(&tty_mutex);
		tty_release(NULL, file);
		mutex_lock(&tty_mutex);
		err = PTR_ERR(node);
	}
	return err;
}

static int ptmx_open(struct inode *inode, struct file *file)
{
	struct super_block *devpts = devpts_acquire(&file->f_path);
	int err, index;

	if (IS_ERR(devpts))
		return PTR_ERR(devpts);
	index = devpts_new_index(devpts);
	if (index < 0) {
		devpts_release(devpts);
		return index;
	}
	mutex_lock(&tty_mutex);
	err = open_pair(devpts, index, file);
	mutex_unlock(&tty_mutex);
	return err;
}

/* The master has no number that could be opened. */
static void init_master(void)
{
	ptm_driver.driver_name = "pty_master";
	ptm_driver.name = "ptm";
	ptm_driver.major = PTM_MAJOR;
	ptm_driver.type = TTY_TYPE_PTY_MASTER;
	ptm_driver.flags = TTY_DRIVER_RESET_TERMIOS | TTY_DRIVER_NO_DEVTMPFS;
	ptm_driver.ops = &ptm_ops;
	ptm_driver.init_termios = (struct ktermios){
		.c_cflag = B38400 | CS8 | CREAD,
		.c_cc = {[VMIN] = 1},
		.c_ispeed = 38400,
		.c_ospeed = 38400,
	};
}

static int init_slave(void)
{
	pts_driver.driver_name = "pty_slave";
	pts_driver.name = "pts/";
	pts_driver.major = PTS_MAJOR;
	pts_driver.num = DEVPTS_MAX;
	pts_driver.type = TTY_TYPE_PTY_SLAVE;
	pts_driver.flags = TTY_DRIVER_RESET_TERMIOS | TTY_DRIVER_NO_DEVTMPFS;
	pts_driver.ops = &pts_ops;
	pts_driver.init_termios = tty_std_termios;
	pts_driver.init_termios.c_cflag = B38400 | CS8 | CREAD;
	return tty_register_driver(&pts_driver);
}

static struct file_operations ptmx_fops;

static int pty_init(void)
{
	static struct cdev cdev;
	dev_t dev = MKDEV(TTYAUX_MAJOR, PTMX_MINOR);
	int err;

	init_master();
	err = init_slave();
	if (err)
		return err;
	ptmx_fops = tty_fops;
	ptmx_fops.open = ptmx_open;
	cdev_init(&cdev, &ptmx_fops);
	err = register_chrdev_region(dev, 1, "/dev/ptmx");
	if (!err)
		err = cdev_add(&cdev, dev, 1);
	return err ? err : device_add_node("tty", "ptmx", S_IFCHR | 0666, dev);
}
device_initcall(pty_init);
