/* SPDX-License-Identifier: MIT */
/*
 * N_TTY, output side: OPOST processing, echo, and the place of the cursor that erasing and tabs
 * need.
 *
 * Everything that goes to the driver goes through here under output_lock, in order: echoes that did
 * not fit come before later writes. The driver never sleeps; a writer that finds no room sleeps on
 * tty->write_wait without any lock but its own atomic_write_lock.
 */
#include <lib/ctype.h>
#include <lib/string.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/wait.h>
#include "n_tty.h"

#define POST_CHUNK 256u

static struct n_tty_data *n_tty_of(struct tty_struct *tty)
{
	return tty->disc_data;
}

static unsigned int post_tab(struct tty_struct *tty, struct n_tty_data *nd, u8 *out)
{
	unsigned int width = 8 - (nd->column & 7);

	nd->column += width;
	if ((tty->termios.c_oflag & TABDLY) != XTABS) {
		out[0] = '\t';
		return 1;
	}
	memset(out, ' ', width);
	return width;
}

static unsigned int post_newline(struct tty_struct *tty, struct n_tty_data *nd, u8 *out)
{
	if (O_FLAG(tty, ONLRET))
		nd->column = 0;
	if (O_FLAG(tty, ONLCR)) {
		nd->column = 0;
		out[0] = '\r';
		out[1] = '\n';
		return 2;
	}
	out[0] = '\n';
	return 1;
}

static unsigned int post_return(struct tty_struct *tty, struct n_tty_data *nd, u8 *out)
{
	if (O_FLAG(tty, ONOCR) && nd->column == 0)
		return 0;
	out[0] = '\r';
	if (O_FLAG(tty, OCRNL)) {
		out[0] = '\n';
		if (!O_FLAG(tty, ONLRET))
			return 1;
	}
	nd->column = 0;
	return 1;
}

/* What @c becomes under OPOST: up to N_POST_MAX bytes. Moves the column. output_lock held. */
static unsigned int post_char(struct tty_struct *tty, struct n_tty_data *nd, u8 c, u8 *out)
{
	switch (c) {
	case '\n':
		return post_newline(tty, nd, out);
	case '\r':
		return post_return(tty, nd, out);
	case '\t':
		return post_tab(tty, nd, out);
	case '\b':
		if (nd->column)
			nd->column--;
		break;
	default:
		if (O_FLAG(tty, OLCUC))
			c = toupper(c);
		if (!char_is_control(c) && !(I_FLAG(tty, IUTF8) && utf8_continuation(c)))
			nd->column++;
	}
	out[0] = c;
	return 1;
}

/* Takes as much of @buf as there is room for; output_lock held. */
static size_t post_write(struct tty_struct *tty, struct n_tty_data *nd, const u8 *buf, size_t n)
{
	u8 out[POST_CHUNK];
	size_t done = 0;

	while (done < n) {
		unsigned int room = min_t(unsigned int, tty->ops->write_room(tty), POST_CHUNK);
		unsigned int len = 0;

		if (room < N_POST_MAX)
			break;
		while (done < n && len + N_POST_MAX <= room)
			len += post_char(tty, nd, buf[done++], out + len);
		if (len)
			tty->ops->write(tty, out, len);
	}
	return done;
}

/* ---- echo ------------------------------------------------------------------------------------ */

static void flush_echoes_locked(struct tty_struct *tty, struct n_tty_data *nd)
{
	while (nd->echo_head != nd->echo_tail) {
		unsigned int at = nd->echo_tail & (N_ECHO_SIZE - 1);
		unsigned int run = min(nd->echo_head - nd->echo_tail, N_ECHO_SIZE - at);
		ssize_t sent = tty->ops->write(tty, nd->echo + at, run);

		if (sent <= 0)
			return;
		nd->echo_tail += sent;
	}
}

void n_tty_flush_echoes(struct tty_struct *tty)
{
	struct n_tty_data *nd = n_tty_of(tty);

	if (READ_ONCE(nd->echo_head) == READ_ONCE(nd->echo_tail))
		return;
	mutex_lock(&nd->output_lock);
	flush_echoes_locked(tty, nd);
	mutex_unlock(&nd->output_lock);
	if (tty->ops->flush_chars)
		tty->ops->flush_chars(tty);
}

void n_tty_drop_echoes(struct tty_struct *tty)
{
	struct n_tty_data *nd = n_tty_of(tty);

	mutex_lock(&nd->output_lock);
	nd->echo_tail = nd->echo_head;
	mutex_unlock(&nd->output_lock);
}

/* Adds to the echo ring; what does not fit is lost, as echo of a terminal that nobody drains is. */
static void echo_bytes(struct n_tty_data *nd, const u8 *s, unsigned int n)
{
	if (N_ECHO_SIZE - (nd->echo_head - nd->echo_tail) < n)
		return;
	while (n--)
		nd->echo[nd->echo_head++ & (N_ECHO_SIZE - 1)] = *s++;
}

static void echo_char_locked(struct tty_struct *tty, struct n_tty_data *nd, u8 c, bool post)
{
	u8 out[N_POST_MAX];
	unsigned int n = 1;

	out[0] = c;
	if (post && O_FLAG(tty, OPOST))
		n = post_char(tty, nd, c, out);
	echo_bytes(nd, out, n);
}

/*
 * Echoes @s: with OPOST processing if @post, else as it is (the column does not move). Sent by
 * n_tty_flush_echoes().
 */
void n_tty_echo(struct tty_struct *tty, const u8 *s, size_t n, bool post)
{
	struct n_tty_data *nd = n_tty_of(tty);

	mutex_lock(&nd->output_lock);
	while (n--)
		echo_char_locked(tty, nd, *s++, post);
	mutex_unlock(&nd->output_lock);
}

/* Echoes a character that was typed: control characters as ^X under ECHOCTL. */
void n_tty_echo_input(struct tty_struct *tty, u8 c)
{
	struct n_tty_data *nd = n_tty_of(tty);

	mutex_lock(&nd->output_lock);
	if (L_FLAG(tty, ECHOCTL) && char_is_control(c) && c != '\t' && c != '\n') {
		echo_char_locked(tty, nd, '^', true);
		echo_char_locked(tty, nd, c ^ 0100, true);
	} else {
		echo_char_locked(tty, nd, c, true);
	}
	mutex_unlock(&nd->output_lock);
}

void n_tty_mark_line_start(struct tty_struct *tty)
{
	struct n_tty_data *nd = n_tty_of(tty);

	mutex_lock(&nd->output_lock);
	nd->canon_column = nd->column;
	mutex_unlock(&nd->output_lock);
}

/* The column after echoing ring positions [first, end) from where the line began. */
static unsigned int line_width(struct tty_struct *tty, struct n_tty_data *nd, unsigned int first,
			       unsigned int end)
{
	unsigned int column = nd->canon_column;

	for (; first != end; first++) {
		u8 c = ring_at(nd, first);

		if (c == '\t')
			column = (column | 7) + 1;
		else if (char_is_control(c))
			column += L_FLAG(tty, ECHOCTL) ? 2 : 0;
		else if (!(I_FLAG(tty, IUTF8) && utf8_continuation(c)))
			column++;
	}
	return column;
}

/*
 * Moves the cursor back over a tab that followed the line's characters [@first, @end) of the read
 * ring.
 */
void n_tty_echo_erase_tab(struct tty_struct *tty, unsigned int first, unsigned int end)
{
	struct n_tty_data *nd = n_tty_of(tty);
	unsigned int column;

	mutex_lock(&nd->output_lock);
	column = line_width(tty, nd, first, end);
	for (unsigned int n = 8 - (column & 7); n; n--)
		echo_char_locked(tty, nd, '\b', true);
	mutex_unlock(&nd->output_lock);
}

/* ---- write(2) -------------------------------------------------------------------------------- */

/* One attempt: bytes taken or -EIO. */
static ssize_t write_once(struct tty_struct *tty, struct n_tty_data *nd, const u8 *buf, size_t n)
{
	ssize_t done;

	down_read(&tty->termios_rwsem);
	mutex_lock(&nd->output_lock);
	flush_echoes_locked(tty, nd);
	if (nd->echo_head != nd->echo_tail)
		done = 0;
	else if (O_FLAG(tty, OPOST))
		done = post_write(tty, nd, buf, n);
	else
		done = tty->ops->write(tty, buf, n);
	mutex_unlock(&nd->output_lock);
	up_read(&tty->termios_rwsem);
	if (done && tty->ops->flush_chars)
		tty->ops->flush_chars(tty);
	return done;
}

static bool write_is_over(struct tty_struct *tty, struct file *file)
{
	return tty_hung_up(file) || test_bit(TTY_OTHER_CLOSED, &tty->flags);
}

static bool may_write(struct tty_struct *tty, struct file *file)
{
	return tty->ops->write_room(tty) >= N_POST_MAX || write_is_over(tty, file);
}

/*
 * Writes all of @buf, sleeping for room; a signal or O_NONBLOCK ends it early. Bytes written, or
 * -EAGAIN, -ERESTARTSYS, -EIO (hung up, other side of a pty closed, or a background process of an
 * orphaned group under TOSTOP).
 */
ssize_t n_tty_write(struct tty_struct *tty, struct file *file, const u8 *buf, size_t n)
{
	struct n_tty_data *nd = n_tty_of(tty);
	ssize_t err = 0;
	size_t done = 0;

	if (L_FLAG(tty, TOSTOP) && !tty_file_of(file)->console) {
		err = tty_check_change(tty);
		if (err)
			return err;
	}
	while (!err) {
		ssize_t step;

		if (write_is_over(tty, file)) {
			err = -EIO;
			break;
		}
		step = write_once(tty, nd, buf + done, n - done);
		if (step > 0)
			done += step;
		if (step < 0)
			err = step;
		else if (done == n)
			break;
		else if (step == 0 && (file->f_flags & O_NONBLOCK))
			err = -EAGAIN;
		else if (step == 0)
			err = wait_event_interruptible(tty->write_wait, may_write(tty, file));
	}
	return done ? (ssize_t)done : err;
}
