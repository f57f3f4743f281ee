/* SPDX-License-Identifier: MIT */
/*
 * A bounded buffer that text is appended to; it remembers when something did not fit instead of
 * failing at each step. len > size means overflow; the buffer then holds a prefix of the text.
 */
#ifndef _LIB_SEQ_BUF_H
#define _LIB_SEQ_BUF_H

#include <stdarg.h>
#include <lib/types.h>

struct seq_buf {
	char *buffer;
	size_t size;
	size_t len;
};

static inline void seq_buf_init(struct seq_buf *s, char *buf, size_t size)
{
	s->buffer = buf;
	s->size = size;
	s->len = 0;
}

static inline bool seq_buf_has_overflowed(const struct seq_buf *s)
{
	return s->len > s->size;
}

static inline void seq_buf_set_overflow(struct seq_buf *s)
{
	s->len = s->size + 1;
}

/* Bytes of text in the buffer. */
static inline size_t seq_buf_used(const struct seq_buf *s)
{
	return min(s->len, s->size);
}

/* 0, or -1 once the buffer has overflowed. */
int __printf(2, 3) seq_buf_printf(struct seq_buf *s, const char *fmt, ...);
int __printf(2, 0) seq_buf_vprintf(struct seq_buf *s, const char *fmt, va_list args);
int seq_buf_puts(struct seq_buf *s, const char *str);
int seq_buf_putc(struct seq_buf *s, char c);
int seq_buf_putmem(struct seq_buf *s, const void *mem, size_t len);
/*
 * Append @str; each byte of @esc, and backslash, as a three-digit octal escape (as in
 * /proc/mounts).
 */
int seq_buf_puts_escaped(struct seq_buf *s, const char *str, const char *esc);
/* End with a NUL (over the last byte if full) and return the text. */
const char *seq_buf_str(struct seq_buf *s);

#endif
