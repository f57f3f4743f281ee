/* SPDX-License-Identifier: MIT */
/*
 * The N_TTY line discipline (termios(3), POSIX.1-2017 chapter 11), private part.
 *
 *   input   worker -> n_tty_input.c: maps, edits, signals, echoes -> the read ring
 *   read    n_tty.c: takes lines (ICANON) or bytes (VMIN/VTIME) off the ring
 *   output  n_tty_output.c: OPOST mapping -> driver; echoes wait in a ring of their own when
 *           the driver is full
 *
 * The read ring: free-running positions tail <= canon <= head. Canonical: [tail, canon) are
 * complete lines, [canon, head) is the line being edited. Otherwise canon is unused and [tail,
 * head) is ready. A position whose bit is set in `ends` ends a line; when it is also set in `eofs`,
 * it is an end of file and not given to the reader.
 */
#ifndef DRIVERS_TTY_N_TTY_H
#define DRIVERS_TTY_N_TTY_H

#include <lib/bitops.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>
#include "tty.h"

#define N_TTY_SIZE	 4096u /* bytes; a power of two */
#define N_ECHO_SIZE	 1024u
#define N_POST_MAX	 8u /* bytes that one character can become on output */
#define N_TTY_HIGH_WATER (N_TTY_SIZE - 512)
#define N_TTY_LOW_WATER	 (N_TTY_SIZE / 4)

/*
 * Locks: (r) lock; (i) the port's buf.work, one receiver; (o) output_lock; (t) termios_rwsem held
 * exclusively.
 */
struct n_tty_data {
	spinlock_t lock;
	unsigned int head; /* (r) */
	unsigned int canon; /* (r) */
	unsigned int tail; /* (r) */
	bool throttled; /* (r) */
	u8 *ring;
	DECLARE_BITMAP(ends, N_TTY_SIZE); /* (r) */
	DECLARE_BITMAP(eofs, N_TTY_SIZE); /* (r) */

	struct mutex read_mutex; /* one reader at a time */

	bool literal_next; /* (i) after VLNEXT */
	bool erasing; /* (i) inside an ECHOPRT group */
	bool plain; /* (t) input needs no processing at all */
	DECLARE_BITMAP(special, 256); /* (t) bytes that receive looks at */

	struct mutex output_lock;
	unsigned int column; /* (o) of the cursor */
	unsigned int canon_column; /* (o) where the line being edited began */
	unsigned int echo_head, echo_tail; /* (o) */
	u8 echo[N_ECHO_SIZE]; /* (o) bytes after OPOST */
};

static inline u8 ring_at(const struct n_tty_data *nd, unsigned int pos)
{
	return nd->ring[pos & (N_TTY_SIZE - 1)];
}

static inline bool utf8_continuation(u8 c)
{
	return (c & 0xc0) == 0x80;
}

static inline bool char_is_control(u8 c)
{
	return c < 0x20 || c == 0x7f;
}

/* Output; all take output_lock themselves. */
void n_tty_echo(struct tty_struct *tty, const u8 *s, size_t n, bool post);
void n_tty_echo_input(struct tty_struct *tty, u8 c);
void n_tty_mark_line_start(struct tty_struct *tty);
void n_tty_drop_echoes(struct tty_struct *tty);
void n_tty_flush_echoes(struct tty_struct *tty);
/*
 * Characters back to the column where the tab that ended the line was; @width: columns of what is
 * left of the line.
 */
void n_tty_echo_erase_tab(struct tty_struct *tty, unsigned int first, unsigned int end);
ssize_t n_tty_write(struct tty_struct *tty, struct file *file, const u8 *buf, size_t n);

/* Input. */
size_t n_tty_receive(struct tty_struct *tty, const u8 *cp, const u8 *fp, size_t count);
void n_tty_flush_input(struct tty_struct *tty);
void n_tty_build_special(struct tty_struct *tty);

/* Is there something to read: a line, or bytes. */
bool n_tty_readable(struct tty_struct *tty);

#endif
