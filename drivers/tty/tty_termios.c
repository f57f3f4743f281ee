/* SPDX-License-Identifier: MIT */
/*
 * Terminal settings: termios in its four user layouts (termio, termios, termios2), speeds, and
 * draining before a change. termios(3), tty_ioctl(2). A change is made under termios_rwsem held
 * exclusively, and told to the driver and the line discipline there.
 */
#include <lib/string.h>
#include <kernel/hrtimer.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include "tty.h"

#define CTRL(c) ((c)&0x1f)

const struct ktermios tty_std_termios = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD | HUPCL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc =
		{
			[VINTR] = CTRL('C'),
			[VQUIT] = CTRL('\\'),
			[VERASE] = 0177,
			[VKILL] = CTRL('U'),
			[VEOF] = CTRL('D'),
			[VTIME] = 0,
			[VMIN] = 1,
			[VSTART] = CTRL('Q'),
			[VSTOP] = CTRL('S'),
			[VSUSP] = CTRL('Z'),
			[VREPRINT] = CTRL('R'),
			[VDISCARD] = CTRL('O'),
			[VWERASE] = CTRL('W'),
			[VLNEXT] = CTRL('V'),
		},
	.c_ispeed = 38400,
	.c_ospeed = 38400,
};

/* ---- speeds ---------------------------------------------------------------------------------- */

/* Index: the B* code with CBAUDEX folded to 16. */
static const u32 baud_table[] = {
	0,	 50,	  75,	   110,	    134,     150,     200,     300,
	600,	 1200,	  1800,	   2400,    4800,    9600,    19200,   38400,
	0,	 57600,	  115200,  230400,  460800,  500000,  576000,  921600,
	1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
};

static u32 speed_of_code(u32 code, u32 other)
{
	unsigned int i = (code & 0xf) | (code & CBAUDEX ? 0x10 : 0);

	return (code & CBAUD) == BOTHER ? other : baud_table[i];
}

/* BOTHER if there is no code for @speed. */
static u32 code_of_speed(u32 speed)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(baud_table); i++)
		if (i != 0x10 && baud_table[i] == speed)
			return i < 0x10 ? i : CBAUDEX | (i & 0xf);
	return BOTHER;
}

/* Output speed in bits a second; 0: hang up. */
u32 tty_termios_baud_rate(const struct ktermios *t)
{
	return speed_of_code(t->c_cflag & CBAUD, t->c_ospeed);
}

static u32 input_baud_rate(const struct ktermios *t)
{
	u32 code = (t->c_cflag & CIBAUD) >> IBSHIFT;

	return code ? speed_of_code(code, t->c_ispeed) : tty_termios_baud_rate(t);
}

/* Stores the speeds that the hardware really has. */
void tty_termios_encode_baud_rate(struct ktermios *t, u32 ispeed, u32 ospeed)
{
	t->c_ispeed = ispeed;
	t->c_ospeed = ospeed;
	t->c_cflag &= ~(CBAUD | CIBAUD);
	t->c_cflag |= code_of_speed(ospeed);
	if (ispeed != ospeed)
		t->c_cflag |= code_of_speed(ispeed) << IBSHIFT;
}

/* ---- changing -------------------------------------------------------------------------------- */

/* May sleep. Bits that the driver cannot do come back as they were. */
void tty_set_termios(struct tty_struct *tty, const struct ktermios *termios)
{
	struct ktermios old;

	down_write(&tty->termios_rwsem);
	old = tty->termios;
	tty->termios = *termios;
	if (tty->ops->set_termios)
		tty->ops->set_termios(tty, &old);
	else
		tty->termios.c_cflag = (tty->termios.c_cflag & (HUPCL | CREAD | CLOCAL)) |
				       (old.c_cflag & ~(HUPCL | CREAD | CLOCAL));
	tty->ldisc->set_termios(tty, &old);
	up_write(&tty->termios_rwsem);
}

static bool sent_all(struct tty_struct *tty)
{
	return !tty->ops->chars_in_buffer || tty->ops->chars_in_buffer(tty) == 0;
}

/* tcdrain(3). 0 also when @timeout_ns passed; -ERESTARTSYS. May sleep. */
int tty_wait_until_sent(struct tty_struct *tty, s64 timeout_ns)
{
	s64 left = wait_event_interruptible_hrtimeout(tty->write_wait, sent_all(tty), timeout_ns);

	if (left < 0)
		return left;
	if (tty->ops->wait_until_sent)
		tty->ops->wait_until_sent(tty, timeout_ns);
	return 0;
}

#define SET_WAIT  1
#define SET_FLUSH 2

static int set_checked(struct tty_struct *tty, struct ktermios *t, unsigned int how)
{
	int err = tty_check_change(tty);

	if (err)
		return err;
	t->c_ispeed = input_baud_rate(t);
	t->c_ospeed = tty_termios_baud_rate(t);
	if (how & SET_FLUSH)
		tty->ldisc->flush_buffer(tty);
	if (how & SET_WAIT) {
		err = tty_wait_until_sent(tty, KTIME_MAX);
		if (err)
			return err;
	}
	tty_set_termios(tty, t);
	return 0;
}

static void get_copy(struct tty_struct *tty, struct ktermios *t)
{
	down_read(&tty->termios_rwsem);
	*t = tty->termios;
	up_read(&tty->termios_rwsem);
}

/* The old struct termios is the beginning of ktermios. */
static long get_termios(struct tty_struct *tty, void __user *arg, size_t size)
{
	struct ktermios t;

	get_copy(tty, &t);
	return copy_to_user(arg, &t, size) ? -EFAULT : 0;
}

static long set_termios(struct tty_struct *tty, const void __user *arg, size_t size,
			unsigned int how)
{
	struct ktermios t;

	get_copy(tty, &t);
	if (copy_from_user(&t, arg, size))
		return -EFAULT;
	return set_checked(tty, &t, how);
}

static long get_termio(struct tty_struct *tty, struct termio __user *arg)
{
	struct termio old = {0};
	struct ktermios t;

	get_copy(tty, &t);
	old.c_iflag = t.c_iflag;
	old.c_oflag = t.c_oflag;
	old.c_cflag = t.c_cflag;
	old.c_lflag = t.c_lflag;
	old.c_line = t.c_line;
	memcpy(old.c_cc, t.c_cc, NCC);
	return copy_to_user(arg, &old, sizeof(old)) ? -EFAULT : 0;
}

static u32 low_half(u32 now, unsigned short low)
{
	return (now & 0xffff0000) | low;
}

static long set_termio(struct tty_struct *tty, const struct termio __user *arg, unsigned int how)
{
	struct ktermios t;
	struct termio old;

	if (copy_from_user(&old, arg, sizeof(old)))
		return -EFAULT;
	get_copy(tty, &t);
	t.c_iflag = low_half(t.c_iflag, old.c_iflag);
	t.c_oflag = low_half(t.c_oflag, old.c_oflag);
	t.c_cflag = low_half(t.c_cflag, old.c_cflag);
	t.c_lflag = low_half(t.c_lflag, old.c_lflag);
	t.c_line = old.c_line;
	memcpy(t.c_cc, old.c_cc, NCC);
	return set_checked(tty, &t, how);
}

static long change_soft_carrier(struct tty_struct *tty, const int __user *arg)
{
	struct ktermios t;
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	get_copy(tty, &t);
	t.c_cflag = on ? t.c_cflag | CLOCAL : t.c_cflag & ~CLOCAL;
	tty_set_termios(tty, &t);
	return 0;
}

/* ---- tcflow, tcflush ------------------------------------------------------------------------- */

static void send_flow_char(struct tty_struct *tty, unsigned int cc)
{
	u8 c = TTY_CC(tty, cc);

	if (c == _POSIX_VDISABLE)
		return;
	if (tty->ops->send_xchar)
		tty->ops->send_xchar(tty, c);
	else
		tty->ops->write(tty, &c, 1);
}

static void set_output_stopped(struct tty_struct *tty, bool stopped)
{
	spin_lock(&tty->flow_lock);
	tty->tco_stopped = stopped;
	spin_unlock(&tty->flow_lock);
	if (stopped)
		stop_tty(tty);
	else
		start_tty(tty);
}

/* TCXONC, tcflow(3) */
static long do_flow(struct tty_struct *tty, unsigned long action)
{
	int err = tty_check_change(tty);

	if (err)
		return err;
	switch (action) {
	case TCOOFF:
		set_output_stopped(tty, true);
		return 0;
	case TCOON:
		set_output_stopped(tty, false);
		return 0;
	case TCIOFF:
		send_flow_char(tty, VSTOP);
		return 0;
	case TCION:
		send_flow_char(tty, VSTART);
		return 0;
	}
	return -EINVAL;
}

/* TCFLSH, tcflush(3) */
static long do_flush(struct tty_struct *tty, unsigned long queue)
{
	int err = tty_check_change(tty);

	if (err)
		return err;
	if (queue > TCIOFLUSH)
		return -EINVAL;
	if (queue != TCOFLUSH) {
		tty_buffer_flush(tty->port);
		tty->ldisc->flush_buffer(tty);
		pty_packet_event(tty, TIOCPKT_FLUSHREAD, 0);
	}
	if (queue != TCIFLUSH) {
		if (tty->ops->flush_buffer)
			tty->ops->flush_buffer(tty);
		pty_packet_event(tty, TIOCPKT_FLUSHWRITE, 0);
		tty_wakeup(tty);
	}
	return 0;
}

/* The older ways to the settings, and flow control. */
static long line_termios_ioctl(struct tty_struct *tty, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case TCGETA:
		return get_termio(tty, p);
	case TCSETA:
		return set_termio(tty, p, 0);
	case TCSETAW:
		return set_termio(tty, p, SET_WAIT);
	case TCSETAF:
		return set_termio(tty, p, SET_WAIT | SET_FLUSH);
	case TIOCGSOFTCAR:
		return put_user(C_FLAG(tty, CLOCAL) ? 1 : 0, (int __user *)p);
	case TIOCSSOFTCAR:
		return change_soft_carrier(tty, p);
	case TCXONC:
		return do_flow(tty, arg);
	}
	return -ENOIOCTLCMD;
}

long tty_termios_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd,
		       unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case TCGETS:
		return get_termios(tty, p, sizeof(struct termios));
	case TCGETS2:
		return get_termios(tty, p, sizeof(struct termios2));
	case TCSETS:
		return set_termios(tty, p, sizeof(struct termios), 0);
	case TCSETSW:
		return set_termios(tty, p, sizeof(struct termios), SET_WAIT);
	case TCSETSF:
		return set_termios(tty, p, sizeof(struct termios), SET_WAIT | SET_FLUSH);
	case TCSETS2:
		return set_termios(tty, p, sizeof(struct termios2), 0);
	case TCSETSW2:
		return set_termios(tty, p, sizeof(struct termios2), SET_WAIT);
	case TCSETSF2:
		return set_termios(tty, p, sizeof(struct termios2), SET_WAIT | SET_FLUSH);
	case TCFLSH:
		return do_flush(tty, arg);
	}
	return IS_ENABLED(CONFIG_TTY_LINE_IOCTLS) ? line_termios_ioctl(tty, cmd, arg) :
						    -ENOIOCTLCMD;
}
