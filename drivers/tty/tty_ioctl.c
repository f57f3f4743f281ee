/* SPDX-License-Identifier: MIT */
/*
 * tty_ioctl(2): the requests that are neither settings (tty_termios.c) nor job control
 * (tty_jobctrl.c), and the order in which all are tried: core, driver, line discipline.
 */
#include <lib/string.h>
#include <kernel/cred.h>
#include <kernel/hrtimer.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/uaccess.h>
#include "tty.h"

/* On the master of a pty, settings and size are those of the slave. */
static struct tty_struct *real_tty(struct tty_struct *tty)
{
	return tty_is_pty_master(tty) ? tty->link : tty;
}

static long get_winsize(struct tty_struct *tty, struct winsize __user *arg)
{
	struct winsize ws;

	spin_lock(&tty->ctrl_lock);
	ws = tty->winsize;
	spin_unlock(&tty->ctrl_lock);
	return copy_to_user(arg, &ws, sizeof(ws)) ? -EFAULT : 0;
}

static bool store_winsize(struct tty_struct *tty, const struct winsize *ws)
{
	bool changed;

	spin_lock(&tty->ctrl_lock);
	changed = memcmp(&tty->winsize, ws, sizeof(*ws)) != 0;
	tty->winsize = *ws;
	spin_unlock(&tty->ctrl_lock);
	return changed;
}

static long set_winsize(struct tty_struct *tty, const struct winsize __user *arg)
{
	struct winsize ws;

	if (copy_from_user(&ws, arg, sizeof(ws)))
		return -EFAULT;
	if (!store_winsize(tty, &ws))
		return 0;
	tty_signal_pgrp(tty, SIGWINCH);
	if (tty->link) {
		store_winsize(tty->link, &ws);
		tty_signal_pgrp(tty->link, SIGWINCH);
	}
	return 0;
}

/* TIOCSTI: as if typed. */
static long simulate_input(struct tty_struct *tty, const u8 __user *arg)
{
	u8 c;

	if (READ_ONCE(current->signal->tty) != tty && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (get_user(c, arg))
		return -EFAULT;
	if (!tty_insert_flip_char(tty->port, c, TTY_NORMAL))
		return -EAGAIN;
	tty_buffer_deliver(tty->port);
	return 0;
}

static long get_modem_lines(struct tty_struct *tty, int __user *arg)
{
	int lines;

	if (!tty->ops->tiocmget)
		return -ENOTTY;
	lines = tty->ops->tiocmget(tty);
	return lines < 0 ? lines : put_user(lines, arg);
}

static long set_modem_lines(struct tty_struct *tty, unsigned int cmd, const int __user *arg)
{
	const unsigned int may = TIOCM_DTR | TIOCM_RTS | TIOCM_OUT1 | TIOCM_OUT2 | TIOCM_LOOP;
	unsigned int lines, set = 0, clear = 0;
	int val;

	if (!tty->ops->tiocmset)
		return -ENOTTY;
	if (get_user(val, arg))
		return -EFAULT;
	lines = val;
	if (cmd != TIOCMBIC)
		set = lines & may;
	if (cmd == TIOCMBIC)
		clear = lines & may;
	if (cmd == TIOCMSET)
		clear = ~lines & may;
	return tty->ops->tiocmset(tty, set, clear);
}

/* @ms: how long. */
static long send_break(struct tty_struct *tty, unsigned int ms)
{
	int err;

	if (!tty->ops->break_ctl)
		return 0;
	err = tty->ops->break_ctl(tty, true);
	if (err)
		return err;
	msleep(ms);
	return tty->ops->break_ctl(tty, false);
}

static long wait_and_break(struct tty_struct *tty, unsigned int cmd, unsigned long arg)
{
	int err = tty_check_change(tty);

	if (!err)
		err = tty_wait_until_sent(tty, KTIME_MAX);
	if (err)
		return err;
	/* tcdrain() is TCSBRK with an argument that is not 0; TCSBRKP counts tenths of a second. */
	if (cmd == TCSBRKP)
		return send_break(tty, arg ? arg * 100 : 250);
	return arg ? 0 : send_break(tty, 250);
}

static long set_break(struct tty_struct *tty, bool on)
{
	int err = tty_check_change(tty);

	if (err)
		return err;
	return tty->ops->break_ctl ? tty->ops->break_ctl(tty, on) : 0;
}

static long set_exclusive(struct tty_struct *tty, bool on)
{
	if (on)
		set_bit(TTY_EXCLUSIVE, &tty->flags);
	else
		clear_bit(TTY_EXCLUSIVE, &tty->flags);
	return 0;
}

static long set_ldisc(struct tty_struct *tty, const int __user *arg)
{
	int disc;

	if (get_user(disc, arg))
		return -EFAULT;
	return disc == tty->ldisc->num ? 0 : -EINVAL;
}

static long vhangup_ioctl(struct tty_struct *tty)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	tty_vhangup(tty);
	return 0;
}

/* What any program with a terminal may ask for. */
static long core_ioctl(struct tty_struct *tty, struct tty_struct *real, unsigned int cmd,
		       unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case TIOCGWINSZ:
		return get_winsize(real, p);
	case TIOCSWINSZ:
		return set_winsize(real, p);
	case TIOCGETD:
		return put_user(tty->ldisc->num, (int __user *)p);
	case TIOCSETD:
		return set_ldisc(tty, p);
	case TCSBRK:
	case TCSBRKP:
		return wait_and_break(tty, cmd, arg);
	}
	return -ENOIOCTLCMD;
}

/* What getty, modem programs and terminal managers ask for. */
static long line_ioctl(struct tty_struct *tty, struct tty_struct *real, unsigned int cmd,
		       unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case TIOCSTI:
		return simulate_input(tty, p);
	case TIOCEXCL:
	case TIOCNXCL:
		return set_exclusive(tty, cmd == TIOCEXCL);
	case TIOCGEXCL:
		return put_user(test_bit(TTY_EXCLUSIVE, &tty->flags) ? 1 : 0, (int __user *)p);
	case TIOCGDEV:
		return put_user((unsigned int)huge_encode_dev(real->dev), (unsigned int __user *)p);
	case TIOCVHANGUP:
		return vhangup_ioctl(tty);
	case TIOCSBRK:
	case TIOCCBRK:
		return set_break(tty, cmd == TIOCSBRK);
	case TIOCMGET:
		return get_modem_lines(tty, p);
	case TIOCMSET:
	case TIOCMBIS:
	case TIOCMBIC:
		return set_modem_lines(tty, cmd, p);
	}
	return -ENOIOCTLCMD;
}

long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct tty_struct *tty = tty_file_of(file)->tty;
	struct tty_struct *real = real_tty(tty);
	long ret;

	if (tty_hung_up(file))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	ret = tty_termios_ioctl(real, file, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = tty_jobctrl_ioctl(tty, real, file, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = core_ioctl(tty, real, cmd, arg);
	if (ret == -ENOIOCTLCMD && IS_ENABLED(CONFIG_TTY_LINE_IOCTLS))
		ret = line_ioctl(tty, real, cmd, arg);
	if (ret == -ENOIOCTLCMD && tty->ops->ioctl)
		ret = tty->ops->ioctl(tty, file, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = tty->ldisc->ioctl(tty, file, cmd, arg);
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}
