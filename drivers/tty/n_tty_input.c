/* SPDX-License-Identifier: MIT */
/*
 * N_TTY, input side: what happens to a received character (termios(3) c_iflag, c_lflag), in this
 * order:
 *
 *   line error or break -> ISTRIP, IUCLC -> literal (after VLNEXT) -> flow control (IXON)
 *   -> signals (ISIG) -> CR/NL mapping -> line editing (ICANON) -> the read ring, with echo
 *
 * Most characters are none of the special ones: one bit test sends them straight to the ring. Runs
 * in the worker or in a pty's writer, one at a time for a terminal (port->buf.work), with
 * termios_rwsem held shared.
 */
#include <lib/ctype.h>
#include <lib/string.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/wait.h>
#include <fs/poll.h>
#include "n_tty.h"

static struct n_tty_data *n_tty_of(struct tty_struct *tty)
{
	return tty->disc_data;
}

/* ---- which bytes are special ----------------------------------------------------------------- */

static void add_special(struct tty_struct *tty, struct n_tty_data *nd, unsigned int index)
{
	u8 c = TTY_CC(tty, index);

	if (c != _POSIX_VDISABLE)
		__set_bit(c, nd->special);
}

static void add_editing(struct tty_struct *tty, struct n_tty_data *nd)
{
	__set_bit('\n', nd->special);
	add_special(tty, nd, VERASE);
	add_special(tty, nd, VKILL);
	add_special(tty, nd, VEOF);
	add_special(tty, nd, VEOL);
	if (L_FLAG(tty, IEXTEN)) {
		add_special(tty, nd, VWERASE);
		add_special(tty, nd, VLNEXT);
		add_special(tty, nd, VEOL2);
		if (L_FLAG(tty, ECHO))
			add_special(tty, nd, VREPRINT);
	}
}

/* After any change of termios; termios_rwsem held exclusively. */
void n_tty_build_special(struct tty_struct *tty)
{
	struct n_tty_data *nd = n_tty_of(tty);

	memset(nd->special, 0, sizeof(nd->special));
	if (I_FLAG(tty, IGNCR | ICRNL))
		__set_bit('\r', nd->special);
	if (I_FLAG(tty, INLCR))
		__set_bit('\n', nd->special);
	if (I_FLAG(tty, IXON)) {
		add_special(tty, nd, VSTART);
		add_special(tty, nd, VSTOP);
	}
	if (L_FLAG(tty, ISIG)) {
		add_special(tty, nd, VINTR);
		add_special(tty, nd, VQUIT);
		add_special(tty, nd, VSUSP);
	}
	if (L_FLAG(tty, ICANON))
		add_editing(tty, nd);
	nd->plain = !I_FLAG(tty, IGNBRK | BRKINT | IGNPAR | PARMRK | INPCK | ISTRIP | INLCR |
					 IGNCR | ICRNL | IUCLC | IXON) &&
		    !L_FLAG(tty, ICANON | ISIG | ECHO);
}

/* Is @c the control character @index, and is that one in use? */
static bool is_cc(struct tty_struct *tty, unsigned int index, u8 c)
{
	return c == TTY_CC(tty, index) && c != _POSIX_VDISABLE;
}

/* ---- the read ring --------------------------------------------------------------------------- */

static unsigned int ring_space(const struct n_tty_data *nd)
{
	return N_TTY_SIZE - (nd->head - READ_ONCE(nd->tail));
}

static void ring_put(struct n_tty_data *nd, u8 c)
{
	spin_lock(&nd->lock);
	nd->ring[nd->head & (N_TTY_SIZE - 1)] = c;
	__clear_bit(nd->head & (N_TTY_SIZE - 1), nd->ends);
	nd->head++;
	spin_unlock(&nd->lock);
}

/* Adds the last character of a line; the line becomes readable. */
static void ring_end_line(struct n_tty_data *nd, u8 c, bool eof)
{
	unsigned int at;

	spin_lock(&nd->lock);
	at = nd->head & (N_TTY_SIZE - 1);
	nd->ring[at] = c;
	__set_bit(at, nd->ends);
	__assign_bit(at, nd->eofs, eof);
	nd->head++;
	nd->canon = nd->head;
	spin_unlock(&nd->lock);
}

static void ring_cut(struct n_tty_data *nd, unsigned int head)
{
	spin_lock(&nd->lock);
	nd->head = head;
	spin_unlock(&nd->lock);
}

void n_tty_flush_input(struct tty_struct *tty)
{
	struct n_tty_data *nd = n_tty_of(tty);

	spin_lock(&nd->lock);
	nd->tail = nd->canon = nd->head;
	spin_unlock(&nd->lock);
}

/* A line that grew too long: its characters are dropped so that its end still finds a place. */
static bool line_is_full(struct tty_struct *tty, struct n_tty_data *nd)
{
	return L_FLAG(tty, ICANON) && ring_space(nd) < 4;
}

/* May a character be taken now? Otherwise it waits for a reader. */
static bool may_take(struct tty_struct *tty, struct n_tty_data *nd)
{
	if (ring_space(nd) >= 4)
		return true;
	return L_FLAG(tty, ICANON) && READ_ONCE(nd->canon) == READ_ONCE(nd->tail);
}

/* ---- echo and erasing ------------------------------------------------------------------------ */

static void echo_text(struct tty_struct *tty, const char *s, bool post)
{
	n_tty_echo(tty, (const u8 *)s, strlen(s), post);
}

static void finish_erasing(struct tty_struct *tty, struct n_tty_data *nd)
{
	if (!nd->erasing)
		return;
	echo_text(tty, "/", true);
	nd->erasing = false;
}

/* ECHOPRT: erased characters are printed between \ and /, for paper. */
static void echo_erase_printed(struct tty_struct *tty, struct n_tty_data *nd, unsigned int first,
			       unsigned int end)
{
	if (!nd->erasing) {
		echo_text(tty, "\\", true);
		nd->erasing = true;
	}
	n_tty_echo_input(tty, ring_at(nd, first));
	while (++first != end) {
		u8 c = ring_at(nd, first);

		n_tty_echo(tty, &c, 1, false);
	}
}

static void echo_erase_visual(struct tty_struct *tty, struct n_tty_data *nd, unsigned int first)
{
	u8 c = ring_at(nd, first);

	if (c == '\t') {
		n_tty_echo_erase_tab(tty, nd->canon, first);
		return;
	}
	if (char_is_control(c) && !L_FLAG(tty, ECHOCTL))
		return;
	echo_text(tty, char_is_control(c) ? "\b \b\b \b" : "\b \b", true);
}

/*
 * Where the last character (all bytes of it) of the edited line begins; nd->head if there is none.
 */
static unsigned int last_char(struct tty_struct *tty, struct n_tty_data *nd)
{
	unsigned int pos = nd->head;

	while (pos != nd->canon) {
		pos--;
		if (!I_FLAG(tty, IUTF8) || !utf8_continuation(ring_at(nd, pos)))
			return pos;
	}
	return nd->head;
}

static void erase_one(struct tty_struct *tty, struct n_tty_data *nd, unsigned int first, bool whole,
		      u8 erase_char)
{
	unsigned int end = nd->head;

	ring_cut(nd, first);
	if (!L_FLAG(tty, ECHO))
		return;
	if (L_FLAG(tty, ECHOPRT))
		echo_erase_printed(tty, nd, first, end);
	else if (!whole && !L_FLAG(tty, ECHOE))
		n_tty_echo_input(tty, erase_char);
	else
		echo_erase_visual(tty, nd, first);
}

static void erase_char(struct tty_struct *tty, struct n_tty_data *nd, u8 c)
{
	unsigned int first = last_char(tty, nd);

	if (first != nd->head)
		erase_one(tty, nd, first, false, c);
	if (nd->head == nd->canon && L_FLAG(tty, ECHO))
		finish_erasing(tty, nd);
}

static bool is_word_char(u8 c)
{
	return isalnum(c) || c == '_' || c >= 0x80;
}

static void erase_word(struct tty_struct *tty, struct n_tty_data *nd)
{
	bool in_word = false;

	for (;;) {
		unsigned int first = last_char(tty, nd);

		if (first == nd->head)
			break;
		if (is_word_char(ring_at(nd, first)))
			in_word = true;
		else if (in_word)
			break;
		erase_one(tty, nd, first, true, 0);
	}
	if (nd->head == nd->canon && L_FLAG(tty, ECHO))
		finish_erasing(tty, nd);
}

static void kill_line(struct tty_struct *tty, struct n_tty_data *nd, u8 c)
{
	unsigned int first;

	if (!L_FLAG(tty, ECHO)) {
		ring_cut(nd, nd->canon);
		return;
	}
	if (L_FLAG(tty, ECHOK | ECHOKE | ECHOE) != (ECHOK | ECHOKE | ECHOE)) {
		ring_cut(nd, nd->canon);
		finish_erasing(tty, nd);
		n_tty_echo_input(tty, c);
		if (L_FLAG(tty, ECHOK))
			echo_text(tty, "\n", true);
		return;
	}
	while ((first = last_char(tty, nd)) != nd->head)
		erase_one(tty, nd, first, true, c);
	ring_cut(nd, nd->canon);
	finish_erasing(tty, nd);
}

static void reprint_line(struct tty_struct *tty, struct n_tty_data *nd, u8 c)
{
	finish_erasing(tty, nd);
	n_tty_echo_input(tty, c);
	echo_text(tty, "\n", true);
	for (unsigned int pos = nd->canon; pos != nd->head; pos++)
		n_tty_echo_input(tty, ring_at(nd, pos));
}

/* ---- one character --------------------------------------------------------------------------- */

static void put_ordinary(struct tty_struct *tty, struct n_tty_data *nd, u8 c)
{
	if (line_is_full(tty, nd)) {
		if (I_FLAG(tty, IMAXBEL))
			echo_text(tty, "\a", true);
		return;
	}
	if (L_FLAG(tty, ECHO)) {
		finish_erasing(tty, nd);
		if (nd->head == nd->canon)
			n_tty_mark_line_start(tty);
		n_tty_echo_input(tty, c);
	}
	if (c == 0377 && I_FLAG(tty, PARMRK) && !I_FLAG(tty, ISTRIP))
		ring_put(nd, c);
	ring_put(nd, c);
}

static void flush_for_signal(struct tty_struct *tty)
{
	n_tty_flush_input(tty);
	n_tty_drop_echoes(tty);
	if (tty->ops->flush_buffer)
		tty->ops->flush_buffer(tty);
	pty_packet_event(tty, TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE, 0);
}

static void receive_signal(struct tty_struct *tty, u8 c, int sig)
{
	if (!L_FLAG(tty, NOFLSH))
		flush_for_signal(tty);
	if (I_FLAG(tty, IXON))
		start_tty(tty);
	if (L_FLAG(tty, ECHO))
		n_tty_echo_input(tty, c);
	tty_signal_pgrp(tty, sig);
}

static int signal_of(struct tty_struct *tty, u8 c)
{
	if (!L_FLAG(tty, ISIG))
		return 0;
	if (is_cc(tty, VINTR, c))
		return SIGINT;
	if (is_cc(tty, VQUIT, c))
		return SIGQUIT;
	return is_cc(tty, VSUSP, c) ? SIGTSTP : 0;
}

/* VERASE, VWERASE, VKILL, VLNEXT, VREPRINT: true if @c was one of them. */
static bool receive_editing(struct tty_struct *tty, struct n_tty_data *nd, u8 c)
{
	bool extended = L_FLAG(tty, IEXTEN);

	if (is_cc(tty, VERASE, c))
		erase_char(tty, nd, c);
	else if (is_cc(tty, VKILL, c))
		kill_line(tty, nd, c);
	else if (extended && is_cc(tty, VWERASE, c))
		erase_word(tty, nd);
	else if (extended && is_cc(tty, VREPRINT, c) && L_FLAG(tty, ECHO))
		reprint_line(tty, nd, c);
	else if (extended && is_cc(tty, VLNEXT, c)) {
		nd->literal_next = true;
		if (L_FLAG(tty, ECHO)) {
			finish_erasing(tty, nd);
			if (L_FLAG(tty, ECHOCTL))
				echo_text(tty, "^\b", false);
		}
	} else {
		return false;
	}
	return true;
}

/* NL, VEOF, VEOL, VEOL2: true if @c ended the line. */
static bool receive_line_end(struct tty_struct *tty, struct n_tty_data *nd, u8 c)
{
	if (c == '\n') {
		if (L_FLAG(tty, ECHO | ECHONL)) {
			finish_erasing(tty, nd);
			echo_text(tty, "\n", true);
		}
		ring_end_line(nd, c, false);
		return true;
	}
	if (is_cc(tty, VEOF, c)) {
		ring_end_line(nd, 0, true);
		return true;
	}
	if (is_cc(tty, VEOL, c) || (L_FLAG(tty, IEXTEN) && is_cc(tty, VEOL2, c))) {
		if (L_FLAG(tty, ECHO)) {
			finish_erasing(tty, nd);
			if (nd->head == nd->canon)
				n_tty_mark_line_start(tty);
			n_tty_echo_input(tty, c);
		}
		ring_end_line(nd, c, false);
		return true;
	}
	return false;
}

static void receive_special(struct tty_struct *tty, struct n_tty_data *nd, u8 c)
{
	int sig;

	if (I_FLAG(tty, IXON) && is_cc(tty, VSTART, c)) {
		start_tty(tty);
		return;
	}
	if (I_FLAG(tty, IXON) && is_cc(tty, VSTOP, c)) {
		stop_tty(tty);
		return;
	}
	sig = signal_of(tty, c);
	if (sig) {
		receive_signal(tty, c, sig);
		return;
	}
	if (c == '\r') {
		if (I_FLAG(tty, IGNCR))
			return;
		if (I_FLAG(tty, ICRNL))
			c = '\n';
	} else if (c == '\n' && I_FLAG(tty, INLCR)) {
		c = '\r';
	}
	if (L_FLAG(tty, ICANON) && (receive_editing(tty, nd, c) || receive_line_end(tty, nd, c)))
		return;
	put_ordinary(tty, nd, c);
}

static void receive_break(struct tty_struct *tty, struct n_tty_data *nd)
{
	if (I_FLAG(tty, IGNBRK))
		return;
	if (I_FLAG(tty, BRKINT)) {
		if (!L_FLAG(tty, NOFLSH))
			flush_for_signal(tty);
		tty_signal_pgrp(tty, SIGINT);
		return;
	}
	if (I_FLAG(tty, PARMRK)) {
		ring_put(nd, 0377);
		ring_put(nd, 0);
	}
	ring_put(nd, 0);
}

static void receive_error(struct tty_struct *tty, struct n_tty_data *nd, u8 c, u8 flag)
{
	if (line_is_full(tty, nd))
		return;
	if (flag == TTY_BREAK) {
		receive_break(tty, nd);
		return;
	}
	if (flag == TTY_OVERRUN || I_FLAG(tty, IGNPAR))
		return;
	if (!I_FLAG(tty, INPCK)) {
		put_ordinary(tty, nd, c);
		return;
	}
	if (I_FLAG(tty, PARMRK)) {
		ring_put(nd, 0377);
		ring_put(nd, 0);
		ring_put(nd, c);
	} else {
		ring_put(nd, 0);
	}
}

static void receive_char(struct tty_struct *tty, struct n_tty_data *nd, u8 c)
{
	if (I_FLAG(tty, ISTRIP))
		c &= 0x7f;
	if (I_FLAG(tty, IUCLC) && L_FLAG(tty, IEXTEN))
		c = tolower(c);
	if (nd->literal_next) {
		nd->literal_next = false;
		put_ordinary(tty, nd, c);
		return;
	}
	if (test_bit(c, nd->special)) {
		receive_special(tty, nd, c);
		return;
	}
	if (READ_ONCE(tty->flow_stopped) && I_FLAG(tty, IXON) && I_FLAG(tty, IXANY))
		start_tty(tty);
	put_ordinary(tty, nd, c);
}

/* ---- a block --------------------------------------------------------------------------------- */

static size_t receive_plain(struct n_tty_data *nd, const u8 *cp, size_t count)
{
	size_t done = 0;

	spin_lock(&nd->lock);
	count = min_t(size_t, count, ring_space(nd));
	while (done < count) {
		unsigned int at = nd->head & (N_TTY_SIZE - 1);
		size_t run = min_t(size_t, count - done, N_TTY_SIZE - at);

		memcpy(nd->ring + at, cp + done, run);
		nd->head += run;
		done += run;
	}
	spin_unlock(&nd->lock);
	return count;
}

static size_t receive_cooked(struct tty_struct *tty, struct n_tty_data *nd, const u8 *cp,
			     const u8 *fp, size_t count)
{
	size_t i;

	for (i = 0; i < count && may_take(tty, nd); i++) {
		if (unlikely(fp && fp[i] != TTY_NORMAL))
			receive_error(tty, nd, cp[i], fp[i]);
		else
			receive_char(tty, nd, cp[i]);
	}
	return i;
}

static void throttle_if_full(struct tty_struct *tty, struct n_tty_data *nd)
{
	bool now = false;

	spin_lock(&nd->lock);
	if (!nd->throttled && nd->head - nd->tail > N_TTY_HIGH_WATER)
		now = nd->throttled = true;
	spin_unlock(&nd->lock);
	if (now && tty->ops->throttle)
		tty->ops->throttle(tty);
}

/*
 * ldisc receive: takes what it can of @count bytes and returns that. @fp NULL: no line errors among
 * them. May sleep.
 */
size_t n_tty_receive(struct tty_struct *tty, const u8 *cp, const u8 *fp, size_t count)
{
	struct n_tty_data *nd = n_tty_of(tty);
	size_t done;

	down_read(&tty->termios_rwsem);
	if (nd->plain && !fp)
		done = receive_plain(nd, cp, count);
	else
		done = receive_cooked(tty, nd, cp, fp, count);
	n_tty_flush_echoes(tty);
	throttle_if_full(tty, nd);
	up_read(&tty->termios_rwsem);
	if (done && n_tty_readable(tty) && wq_has_sleeper(&tty->read_wait))
		wake_up_interruptible_poll(&tty->read_wait, EPOLLIN | EPOLLRDNORM);
	return done;
}
