/* SPDX-License-Identifier: MIT */
/*
 * N_TTY: the reading side, and the line discipline's life. n_tty.h has the picture.
 *
 * A reader holds read_mutex for the whole of a read(2), so that a line is not torn between two. It
 * copies out of the ring in small pieces through its stack: no lock is held while user memory is
 * touched.
 */
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/hrtimer.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include <fs/poll.h>
#include <uapi/termios.h>
#include "n_tty.h"

#define READ_CHUNK 256u
#define DECISECOND (NSEC_PER_SEC / 10)

static struct n_tty_data *n_tty_of(struct tty_struct *tty)
{
	return tty->disc_data;
}

static bool canonical(const struct tty_struct *tty)
{
	return L_FLAG(tty, ICANON);
}

/* Bytes that a read could take now. A racy look; the ring's lock makes the real one. */
static unsigned int readable_bytes(struct tty_struct *tty)
{
	struct n_tty_data *nd = n_tty_of(tty);
	unsigned int end = canonical(tty) ? READ_ONCE(nd->canon) : READ_ONCE(nd->head);

	return end - READ_ONCE(nd->tail);
}

bool n_tty_readable(struct tty_struct *tty)
{
	return readable_bytes(tty) != 0;
}

/* ---- taking from the ring -------------------------------------------------------------------- */

/* What one step took. */
struct taken {
	unsigned int n; /* bytes in the buffer */
	bool ended; /* a line ended (in its delimiter or an end of file) */
};

static struct taken take_line_locked(struct n_tty_data *nd, u8 *buf, unsigned int max)
{
	struct taken t = {0, false};

	while (nd->tail != nd->canon) {
		unsigned int at = nd->tail & (N_TTY_SIZE - 1);
		bool ends = test_bit(at, nd->ends);

		if (ends && test_bit(at, nd->eofs)) {
			nd->tail++;
			t.ended = true;
			break;
		}
		if (t.n == max)
			break;
		buf[t.n++] = nd->ring[at];
		nd->tail++;
		if (ends) {
			t.ended = true;
			break;
		}
	}
	return t;
}

static struct taken take_bytes_locked(struct n_tty_data *nd, u8 *buf, unsigned int max)
{
	struct taken t = {0, false};
	unsigned int n = min(nd->head - nd->tail, max);

	while (t.n < n) {
		unsigned int at = nd->tail & (N_TTY_SIZE - 1);
		unsigned int run = min(n - t.n, N_TTY_SIZE - at);

		memcpy(buf + t.n, nd->ring + at, run);
		nd->tail += run;
		t.n += run;
	}
	return t;
}

static struct taken take(struct tty_struct *tty, struct n_tty_data *nd, u8 *buf, unsigned int max)
{
	struct taken t;

	spin_lock(&nd->lock);
	if (canonical(tty))
		t = take_line_locked(nd, buf, max);
	else
		t = take_bytes_locked(nd, buf, max);
	spin_unlock(&nd->lock);
	return t;
}

/* Room was made: what waits in the flip buffer may come, and the sender may go on. */
static void unthrottle(struct tty_struct *tty, struct n_tty_data *nd)
{
	bool now = false;

	spin_lock(&nd->lock);
	if (nd->throttled && nd->head - nd->tail <= N_TTY_LOW_WATER) {
		nd->throttled = false;
		now = true;
	}
	spin_unlock(&nd->lock);
	if (now && tty->ops->unthrottle)
		tty->ops->unthrottle(tty);
	if (tty_buffer_space(tty->port) < TTY_FLIP_SIZE)
		tty_buffer_deliver(tty->port);
}

/* ---- read(2) --------------------------------------------------------------------------------- */

struct read_state {
	struct tty_struct *tty;
	struct file *file;
	char __user *buf;
	size_t size;
	size_t done;
	unsigned int minimum; /* bytes that end the read */
	s64 timer; /* ns until it ends without them; KTIME_MAX: never */
	bool interbyte; /* the timer starts anew with each byte, the first time then */
};

static void plan_raw_read(struct read_state *r)
{
	unsigned int min = TTY_CC(r->tty, VMIN);
	s64 time = TTY_CC(r->tty, VTIME) * DECISECOND;

	r->minimum = min ? min : 1;
	r->timer = KTIME_MAX;
	r->interbyte = min && time;
	if (!min)
		r->timer = time;
}

/* termios(3), "Canonical and noncanonical mode": when this read ends. */
static void plan_read(struct read_state *r)
{
	if (canonical(r->tty)) {
		r->minimum = 1;
		r->timer = KTIME_MAX;
	} else {
		plan_raw_read(r);
	}
}

/* Moves what is there to the user. 1: the read is complete, 0: wait for more, -EFAULT. */
static int read_step(struct read_state *r)
{
	struct n_tty_data *nd = n_tty_of(r->tty);
	bool line = canonical(r->tty);
	u8 chunk[READ_CHUNK];

	while (r->done < r->size && n_tty_readable(r->tty)) {
		struct taken t =
			take(r->tty, nd, chunk, min_t(size_t, READ_CHUNK, r->size - r->done));

		if (t.n && copy_to_user(r->buf + r->done, chunk, t.n))
			return -EFAULT;
		r->done += t.n;
		if (t.ended)
			return 1;
		if (!t.n)
			break;
	}
	if (r->done == r->size) {
		u8 none;

		/* An end of file right behind the last byte belongs to this read. */
		if (line && n_tty_readable(r->tty))
			take(r->tty, nd, &none, 0);
		return 1;
	}
	return !line && r->done >= r->minimum;
}

static bool read_is_over(struct read_state *r)
{
	return tty_hung_up(r->file) || test_bit(TTY_OTHER_CLOSED, &r->tty->flags);
}

static bool read_may_go_on(struct read_state *r)
{
	return n_tty_readable(r->tty) || read_is_over(r);
}

/* Sleeps for input. 0 to look again, 1 when the time is up, -EAGAIN or -ERESTARTSYS. */
static int read_wait(struct read_state *r)
{
	s64 left;

	if (r->timer == 0)
		return 1;
	if (r->file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	if (r->interbyte && r->done)
		r->timer = TTY_CC(r->tty, VTIME) * DECISECOND;
	if (r->timer == KTIME_MAX)
		return wait_event_interruptible(r->tty->read_wait, read_may_go_on(r));
	left = wait_event_interruptible_hrtimeout(r->tty->read_wait, read_may_go_on(r), r->timer);
	if (left < 0)
		return left;
	if (left == 0)
		return 1;
	if (!r->interbyte)
		r->timer = left;
	return 0;
}

static int read_loop(struct read_state *r)
{
	for (;;) {
		bool over = read_is_over(r);
		int err;

		down_read(&r->tty->termios_rwsem);
		err = read_step(r);
		up_read(&r->tty->termios_rwsem);
		unthrottle(r->tty, n_tty_of(r->tty));
		if (err)
			return err < 0 ? err : 0;
		if (over)
			return !tty_hung_up(r->file) && r->done == 0 && tty_is_pty_master(r->tty) ?
				       -EIO :
				       0;
		err = read_wait(r);
		if (err)
			return err < 0 ? err : 0;
	}
}

static int lock_reader(struct n_tty_data *nd, struct file *file)
{
	if (!(file->f_flags & O_NONBLOCK))
		return mutex_lock_interruptible(&nd->read_mutex) ? -ERESTARTSYS : 0;
	return mutex_trylock(&nd->read_mutex) ? 0 : -EAGAIN;
}

/* TIOCPKT: a status byte of its own, or 0 in front of data. Bytes put (0: nothing to report). */
static ssize_t read_packet_status(struct read_state *r)
{
	struct tty_struct *tty = r->tty;
	u8 status;

	if (!READ_ONCE(tty->packet))
		return 0;
	spin_lock(&tty->ctrl_lock);
	status = tty->ctrl_status;
	tty->ctrl_status = 0;
	spin_unlock(&tty->ctrl_lock);
	if (!status)
		return 0;
	return put_user(status, (u8 __user *)r->buf) ? -EFAULT : 1;
}

static ssize_t read_packet(struct read_state *r)
{
	ssize_t err;

	for (;;) {
		err = read_packet_status(r);
		if (err)
			return err;
		if (n_tty_readable(r->tty) || read_is_over(r))
			break;
		if (r->file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(r->tty->read_wait,
					       read_may_go_on(r) || READ_ONCE(r->tty->ctrl_status));
		if (err)
			return err;
	}
	if (put_user((u8)TIOCPKT_DATA, (u8 __user *)r->buf))
		return -EFAULT;
	r->buf++;
	r->size--;
	err = r->size ? read_loop(r) : 0;
	if (err && !r->done)
		return err;
	return r->done + 1;
}

/* 0 at an end of file (or after a hangup), else bytes; -EIO, -EAGAIN, -ERESTARTSYS, -EFAULT. */
/* What has arrived but waits for the worker thread counts as received for who asks. May sleep. */
static void deliver_pending(struct tty_struct *tty)
{
	if (tty_buffer_space(tty->port) < TTY_FLIP_SIZE)
		tty_buffer_deliver(tty->port);
}

static ssize_t n_tty_read(struct tty_struct *tty, struct file *file, char __user *buf, size_t n)
{
	struct n_tty_data *nd = n_tty_of(tty);
	struct read_state r = {.tty = tty, .file = file, .buf = buf, .size = n};
	ssize_t ret;

	if (!tty_file_of(file)->console) {
		ret = tty_job_control_read(tty);
		if (ret)
			return ret;
	}
	ret = lock_reader(nd, file);
	if (ret)
		return ret;
	__acquire(&nd->read_mutex);
	deliver_pending(tty);
	plan_read(&r);
	if (READ_ONCE(tty->packet)) {
		ret = read_packet(&r);
	} else {
		ret = read_loop(&r);
		if (r.done)
			ret = r.done;
	}
	mutex_unlock(&nd->read_mutex);
	return ret;
}

static __poll_t n_tty_poll(struct tty_struct *tty, struct file *file,
			   struct poll_table_struct *wait)
{
	unsigned int enough = 1;
	__poll_t mask = 0;

	poll_wait(file, &tty->read_wait, wait);
	poll_wait(file, &tty->write_wait, wait);
	deliver_pending(tty);
	if (!canonical(tty) && !TTY_CC(tty, VTIME) && TTY_CC(tty, VMIN))
		enough = TTY_CC(tty, VMIN);
	if (readable_bytes(tty) >= enough)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(tty->packet) && READ_ONCE(tty->ctrl_status))
		mask |= EPOLLPRI | EPOLLIN | EPOLLRDNORM;
	if (test_bit(TTY_OTHER_CLOSED, &tty->flags))
		mask |= EPOLLHUP;
	if (tty_hung_up(file))
		mask |= EPOLLHUP | EPOLLERR | EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM;
	else if (tty->ops->write_room(tty) >= N_POST_MAX)
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

static long n_tty_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd,
			unsigned long arg)
{
	switch (cmd) {
	case FIONREAD:
		deliver_pending(tty);
		return put_user((int)readable_bytes(tty), (int __user *)arg);
	case TIOCOUTQ:
		return put_user(
			(int)(tty->ops->chars_in_buffer ? tty->ops->chars_in_buffer(tty) : 0),
			(int __user *)arg);
	}
	return -ENOIOCTLCMD;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Leaving canonical mode: everything becomes plain bytes, ends of file vanish. */
static void lines_to_bytes(struct n_tty_data *nd)
{
	unsigned int to = nd->tail;

	for (unsigned int from = nd->tail; from != nd->head; from++) {
		unsigned int at = from & (N_TTY_SIZE - 1);

		if ((int)(from - nd->canon) < 0 && test_bit(at, nd->ends) && test_bit(at, nd->eofs))
			continue;
		nd->ring[to++ & (N_TTY_SIZE - 1)] = nd->ring[at];
	}
	nd->head = to;
	nd->canon = nd->tail;
}

/* Entering it: what is there is one line that ended. */
static void bytes_to_line(struct n_tty_data *nd)
{
	unsigned int last = (nd->head - 1) & (N_TTY_SIZE - 1);

	bitmap_zero(nd->ends, N_TTY_SIZE);
	bitmap_zero(nd->eofs, N_TTY_SIZE);
	if (nd->head != nd->tail)
		__set_bit(last, nd->ends);
	nd->canon = nd->head;
}

/* termios_rwsem held exclusively. @old NULL: first time. */
static void n_tty_set_termios(struct tty_struct *tty, const struct ktermios *old)
{
	struct n_tty_data *nd = n_tty_of(tty);

	spin_lock(&nd->lock);
	if (old && ((old->c_lflag ^ tty->termios.c_lflag) & ICANON)) {
		if (canonical(tty))
			bytes_to_line(nd);
		else
			lines_to_bytes(nd);
	}
	spin_unlock(&nd->lock);
	nd->literal_next = false;
	nd->erasing = false;
	n_tty_build_special(tty);
	/* IXON switched off while stopped: nobody could start it again. */
	if (old && (old->c_iflag & IXON) && !I_FLAG(tty, IXON) && !tty->tco_stopped)
		start_tty(tty);
	wake_up_interruptible_all(&tty->read_wait);
	wake_up_interruptible_all(&tty->write_wait);
}

static int n_tty_open(struct tty_struct *tty)
{
	struct n_tty_data *nd = kzalloc(sizeof(*nd), GFP_KERNEL);

	if (!nd)
		return -ENOMEM;
	nd->ring = kmalloc(N_TTY_SIZE, GFP_KERNEL);
	if (!nd->ring) {
		kfree(nd);
		return -ENOMEM;
	}
	spin_lock_init(&nd->lock);
	mutex_init(&nd->read_mutex);
	mutex_init(&nd->output_lock);
	if (tty_is_pty_master(tty)) /* see pty.c */
		lockdep_init_map(&nd->output_lock.dep_map, "ptm output_lock");
	tty->disc_data = nd;
	n_tty_set_termios(tty, NULL);
	return 0;
}

/* Nobody reads, writes or delivers any more. */
static void n_tty_close(struct tty_struct *tty)
{
	struct n_tty_data *nd = n_tty_of(tty);

	tty->disc_data = NULL;
	kfree(nd->ring);
	kfree(nd);
}

/* tcflush(TCIFLUSH), hangup. */
static void n_tty_flush_buffer(struct tty_struct *tty)
{
	n_tty_flush_input(tty);
	unthrottle(tty, n_tty_of(tty));
}

static void n_tty_write_wakeup(struct tty_struct *tty)
{
	struct n_tty_data *nd = n_tty_of(tty);

	if (READ_ONCE(nd->echo_head) != READ_ONCE(nd->echo_tail))
		tty_buffer_restart(tty->port);
}

const struct tty_ldisc_ops n_tty_ops = {
	.name = "n_tty",
	.num = N_TTY,
	.open = n_tty_open,
	.close = n_tty_close,
	.flush_buffer = n_tty_flush_buffer,
	.read = n_tty_read,
	.write = n_tty_write,
	.ioctl = n_tty_ioctl,
	.set_termios = n_tty_set_termios,
	.poll = n_tty_poll,
	.receive = n_tty_receive,
	.write_wakeup = n_tty_write_wakeup,
};
