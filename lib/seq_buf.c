/* SPDX-License-Identifier: MIT */
/* Appending text to a bounded buffer. */
#include <lib/printf.h>
#include <lib/seq_buf.h>
#include <lib/string.h>

int seq_buf_vprintf(struct seq_buf *s, const char *fmt, va_list args)
{
	int n;

	if (seq_buf_has_overflowed(s))
		return -1;
	n = vsnprintf(s->buffer + s->len, s->size - s->len, fmt, args);
	if ((size_t)n < s->size - s->len) {
		s->len += (size_t)n;
		return 0;
	}
	seq_buf_set_overflow(s);
	return -1;
}

int seq_buf_printf(struct seq_buf *s, const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = seq_buf_vprintf(s, fmt, args);
	va_end(args);
	return ret;
}

int seq_buf_putmem(struct seq_buf *s, const void *mem, size_t len)
{
	if (seq_buf_has_overflowed(s))
		return -1;
	if (len > s->size - s->len) {
		memcpy(s->buffer + s->len, mem, s->size - s->len);
		seq_buf_set_overflow(s);
		return -1;
	}
	memcpy(s->buffer + s->len, mem, len);
	s->len += len;
	return 0;
}

int seq_buf_puts(struct seq_buf *s, const char *str)
{
	return seq_buf_putmem(s, str, strlen(str));
}

int seq_buf_putc(struct seq_buf *s, char c)
{
	return seq_buf_putmem(s, &c, 1);
}

int seq_buf_puts_escaped(struct seq_buf *s, const char *str, const char *esc)
{
	for (; *str; str++) {
		if (*str == '\\' || strchr(esc, *str))
			seq_buf_printf(s, "\\%03o", (unsigned char)*str);
		else
			seq_buf_putc(s, *str);
	}
	return seq_buf_has_overflowed(s) ? -1 : 0;
}

const char *seq_buf_str(struct seq_buf *s)
{
	if (!s->size)
		return "";
	s->buffer[min(s->len, s->size - 1)] = '\0';
	return s->buffer;
}
