/* SPDX-License-Identifier: MIT */
/*
 * Formatted output: C11 7.21.6.1 without floating point and without %n, and the kernel's %p
 * extensions. One pass over the format; every character goes through put(), which counts even what
 * does not fit.
 */
#include <lib/byteorder.h>
#include <lib/ctype.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>

struct out {
	char *buf;
	size_t size;
	size_t len;
};

enum {
	LEFT = 1 << 0, /* - */
	PLUS = 1 << 1, /* + */
	SPACE = 1 << 2, /* ' ' */
	ALT = 1 << 3, /* # */
	ZERO = 1 << 4, /* 0 */
	UPPER = 1 << 5,
	SIGNED = 1 << 6,
};

struct spec {
	unsigned int flags;
	int width;
	int precision; /* -1: none */
	int size; /* bytes of the integer argument */
	unsigned int base;
};

static printf_symbol_fn symbol_hook;

void printf_set_symbol_hook(printf_symbol_fn fn)
{
	symbol_hook = fn;
}

static void put(struct out *o, char c)
{
	if (o->len < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

/* Text in its field; the precision is the most to take of it. */
static void put_text(struct out *o, const char *s, struct spec sp)
{
	int n = (int)strnlen(s, sp.precision < 0 ? INT_MAX : (size_t)sp.precision);
	int fill = sp.width - n;

	if (!(sp.flags & LEFT))
		pad(o, ' ', fill);
	while (n--)
		put(o, *s++);
	if (sp.flags & LEFT)
		pad(o, ' ', fill);
}

/* Digits of @v, last first. Returns how many; 0 for 0. */
static int digits(char *tmp, u64 v, const struct spec *sp)
{
	const char *set = sp->flags & UPPER ? "0123456789ABCDEF" : "0123456789abcdef";
	int n = 0;

	if (sp->base == 10) {
		for (; v; v /= 10)
			tmp[n++] = set[v % 10];
	} else {
		unsigned int shift = sp->base == 16 ? 4 : 3;

		for (; v; v >>= shift)
			tmp[n++] = set[v & (sp->base - 1)];
	}
	return n;
}

static void put_number(struct out *o, u64 v, struct spec sp)
{
	char tmp[24], prefix[2];
	int np = 0, n, zeros, fill;

	if ((sp.flags & SIGNED) && (s64)v < 0) {
		prefix[np++] = '-';
		v = -v;
	} else if ((sp.flags & SIGNED) && (sp.flags & (PLUS | SPACE))) {
		prefix[np++] = sp.flags & PLUS ? '+' : ' ';
	}
	n = digits(tmp, v, &sp);
	if ((sp.flags & ALT) && sp.base == 16 && v) {
		prefix[np++] = '0';
		prefix[np++] = sp.flags & UPPER ? 'X' : 'x';
	}
	zeros = sp.precision < 0 ? n == 0 : sp.precision - n;
	if ((sp.flags & ALT) && sp.base == 8 && zeros <= 0)
		zeros = 1;
	zeros = max(zeros, 0);
	fill = sp.width - np - n - zeros;
	if ((sp.flags & ZERO) && !(sp.flags & LEFT) && sp.precision < 0 && fill > 0) {
		zeros += fill;
		fill = 0;
	}
	if (!(sp.flags & LEFT))
		pad(o, ' ', fill);
	for (int i = 0; i < np; i++)
		put(o, prefix[i]);
	pad(o, '0', zeros);
	while (n)
		put(o, tmp[--n]);
	if (sp.flags & LEFT)
		pad(o, ' ', fill);
}

static void put_hex(struct out *o, u64 v, int width)
{
	put_number(o, v, (struct spec){.flags = ZERO, .width = width, .precision = -1, .base = 16});
}

static void put_decimal(struct out *o, u64 v)
{
	put_number(o, v, (struct spec){.precision = -1, .base = 10});
}

/* symbol+0x12/0x34, or the address when no symbol is known. */
static void put_symbol(struct out *o, unsigned long addr, bool offset)
{
	unsigned long off, size;
	const char *name = symbol_hook ? symbol_hook(addr, &off, &size) : NULL;
	struct spec hex = {.flags = ALT, .precision = -1, .base = 16};
	struct spec text = {.precision = -1};

	if (!name) {
		put_hex(o, addr, 16);
		return;
	}
	put_text(o, name, text);
	if (offset) {
		put(o, '+');
		if (!off)
			put(o, '0'), put(o, 'x');
		put_number(o, off, hex);
		put(o, '/');
		put_number(o, size, hex);
	}
}

/* Bytes in hexadecimal with @sep between them (none if 0). */
static void put_bytes(struct out *o, const u8 *p, int n, char sep)
{
	for (int i = 0; i < n; i++) {
		if (i && sep)
			put(o, sep);
		put_hex(o, p[i], 2);
	}
}

static void put_ipv6(struct out *o, const u8 *p)
{
	for (int i = 0; i < 16; i += 2) {
		if (i)
			put(o, ':');
		put_number(o, get_unaligned_be16(p + i),
			   (struct spec){.precision = -1, .base = 16});
	}
}

static void put_ipv4(struct out *o, const u8 *p)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			put(o, '.');
		put_decimal(o, p[i]);
	}
}

static void put_uuid(struct out *o, const u8 *p, bool little)
{
	/* The order of the bytes; -1 is a dash. */
	static const s8 big_order[] = {0,  1, 2, 3,  -1, 4,  5,	 -1, 6,	 7,
				       -1, 8, 9, -1, 10, 11, 12, 13, 14, 15};
	static const s8 little_order[] = {3,  2, 1, 0,	-1, 5,	4,  -1, 7,  6,
					  -1, 8, 9, -1, 10, 11, 12, 13, 14, 15};
	const s8 *order = little ? little_order : big_order;

	for (size_t i = 0; i < ARRAY_SIZE(big_order); i++) {
		if (order[i] < 0)
			put(o, '-');
		else
			put_hex(o, p[order[i]], 2);
	}
}

static void put_error(struct out *o, const void *ptr, struct spec sp)
{
	const char *name = IS_ERR(ptr) ? errname((int)PTR_ERR(ptr)) : NULL;

	if (name) {
		put(o, '-');
		put_text(o, name, sp);
	} else if (IS_ERR(ptr)) {
		put_number(o, (u64)PTR_ERR(ptr),
			   (struct spec){.flags = SIGNED, .precision = -1, .base = 10});
	} else {
		put_hex(o, (unsigned long)ptr, 16);
	}
}

static void format(struct out *o, const char *fmt, va_list args);

/* What follows %p; returns the format behind it. */
static const char *put_pointer(struct out *o, const char *fmt, const void *ptr, struct spec sp)
{
	switch (*fmt) {
	case 'S':
	case 's':
		put_symbol(o, (unsigned long)ptr, *fmt == 'S');
		return fmt + 1;
	case 'e':
		put_error(o, ptr, sp);
		return fmt + 1;
	case 'V': {
		const struct va_format *vf = ptr;
		va_list copy;

		va_copy(copy, *vf->va);
		format(o, vf->fmt, copy);
		va_end(copy);
		return fmt + 1;
	}
	case 'M':
		put_bytes(o, ptr, 6, ':');
		return fmt + 1;
	case 'h':
		put_bytes(o, ptr, clamp(sp.width, 1, 64), ' ');
		return fmt + 1;
	case 'I':
		if (fmt[1] == '6')
			put_ipv6(o, ptr);
		else
			put_ipv4(o, ptr);
		return fmt + 2;
	case 'U':
		put_uuid(o, ptr, fmt[1] == 'l');
		return fmt + (fmt[1] == 'l' || fmt[1] == 'b' ? 2 : 1);
	case 'x':
		fmt++;
		fallthrough;
	default:
		sp.flags |= ZERO;
		sp.width = sp.width > 16 ? sp.width : 16;
		sp.base = 16;
		put_number(o, (unsigned long)ptr, sp);
		return fmt;
	}
}

static const char *parse_flags(const char *fmt, struct spec *sp)
{
	static const char chars[] = "-+ #0";

	for (;; fmt++) {
		const char *f = *fmt ? strchr(chars, *fmt) : NULL;

		if (!f)
			return fmt;
		sp->flags |= 1U << (f - chars);
	}
}

/* A number of the format that must stay small, or '*'. */
static const char *parse_count(const char *fmt, int *count, va_list *args)
{
	if (*fmt == '*') {
		*count = va_arg(*args, int);
		return fmt + 1;
	}
	for (*count = 0; isdigit(*fmt); fmt++)
		*count = min(*count * 10 + (*fmt - '0'), 1 << 16);
	return fmt;
}

static const char *parse_length(const char *fmt, struct spec *sp)
{
	sp->size = sizeof(int);
	switch (*fmt) {
	case 'h':
		sp->size = fmt[1] == 'h' ? 1 : 2;
		return fmt + (fmt[1] == 'h' ? 2 : 1);
	case 'l':
		sp->size = 8;
		return fmt + (fmt[1] == 'l' ? 2 : 1);
	case 'j':
	case 'z':
	case 't':
	case 'L':
		sp->size = 8;
		return fmt + 1;
	default:
		return fmt;
	}
}

/* Flags, width, precision and length; returns the format at the conversion character. */
static const char *parse_spec(const char *fmt, struct spec *sp, va_list *args)
{
	*sp = (struct spec){.precision = -1};
	fmt = parse_flags(fmt, sp);
	fmt = parse_count(fmt, &sp->width, args);
	if (sp->width < 0) {
		sp->flags |= LEFT;
		sp->width = sp->width == INT_MIN ? 0 : -sp->width;
	}
	if (*fmt == '.')
		fmt = parse_count(fmt + 1, &sp->precision, args);
	sp->precision = max(sp->precision, -1);
	return parse_length(fmt, sp);
}

static u64 integer_arg(const struct spec *sp, va_list *args)
{
	u64 v = sp->size == 8 ? va_arg(*args, u64) : va_arg(*args, unsigned int);
	int unused = 64 - 8 * sp->size;

	if (sp->flags & SIGNED)
		return (u64)((s64)(v << unused) >> unused);
	return v << unused >> unused;
}

/* One conversion, @fmt behind the '%'. Returns the format behind it. */
static const char *convert(struct out *o, const char *fmt, va_list *args)
{
	const char *start = fmt;
	struct spec sp;
	char one[2] = {0};
	const char *s;

	fmt = parse_spec(fmt, &sp, args);
	sp.base = 10;
	switch (*fmt++) {
	case 'd':
	case 'i':
		sp.flags |= SIGNED;
		fallthrough;
	case 'u':
		break;
	case 'X':
		sp.flags |= UPPER;
		fallthrough;
	case 'x':
		sp.base = 16;
		break;
	case 'o':
		sp.base = 8;
		break;
	case 'c':
		one[0] = (char)va_arg(*args, int);
		pad(o, ' ', sp.flags & LEFT ? 0 : sp.width - 1);
		put(o, one[0]);
		pad(o, ' ', sp.flags & LEFT ? sp.width - 1 : 0);
		return fmt;
	case 's':
		s = va_arg(*args, const char *);
		put_text(o, s ? s : "(null)", sp);
		return fmt;
	case 'p':
		return put_pointer(o, fmt, va_arg(*args, void *), sp);
	case '%':
		put(o, '%');
		return fmt;
	default: /* not a conversion: show it as it stands */
		put(o, '%');
		return start;
	}
	put_number(o, integer_arg(&sp, args), sp);
	return fmt;
}

static void format(struct out *o, const char *fmt, va_list args)
{
	va_list copy;

	va_copy(copy, args);
	while (*fmt) {
		if (*fmt == '%')
			fmt = convert(o, fmt + 1, &copy);
		else
			put(o, *fmt++);
	}
	va_end(copy);
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = {.buf = buf, .size = size ? size - 1 : 0};

	format(&o, fmt, args);
	if (size)
		buf[min(o.len, o.size)] = '\0';
	return (int)o.len;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int n = vsnprintf(buf, size, fmt, args);

	if ((size_t)n < size)
		return n;
	return size ? (int)size - 1 : 0;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

int sprintf(char *buf, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, INT_MAX, fmt, args);
	va_end(args);
	return n;
}
