/* SPDX-License-Identifier: MIT */
/*
 * Formatted output into a buffer.
 *
 * C's integer and string conversions with all flags, widths, precisions and length modifiers; no
 * floating point and no %n. %p prints a plain 16-digit hexadecimal address; further
 *
 *   %pS  address as symbol+0xoffset/0xsize, %ps symbol only (through printf_set_symbol_hook())
 *   %pe  ERR_PTR as -ENAME (or as a number when errno names are not built in)
 *   %pI4 four bytes as a.b.c.d, %pI6 sixteen bytes as an IPv6 address (all groups),
 *   %pM  six bytes as a MAC address, %pUb/%pUl sixteen bytes as a UUID (big / little endian)
 *   %*ph N bytes in hexadecimal, separated by spaces
 *   %pV  struct va_format
 *
 * Any context; never allocates, never sleeps.
 */
#ifndef _LIB_PRINTF_H
#define _LIB_PRINTF_H

#include <stdarg.h>
#include <lib/types.h>

struct va_format {
	const char *fmt;
	va_list *va;
};

/*
 * Write at most @size bytes with the NUL (none when @size is 0). vsnprintf/snprintf return the
 * length the whole text has; vscnprintf/scnprintf what was really written, without the NUL.
 */
int __printf(3, 0) vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
int __printf(3, 4) snprintf(char *buf, size_t size, const char *fmt, ...);
int __printf(3, 0) vscnprintf(char *buf, size_t size, const char *fmt, va_list args);
int __printf(3, 4) scnprintf(char *buf, size_t size, const char *fmt, ...);
/* Only where the size is known to suffice. */
int __printf(2, 3) sprintf(char *buf, const char *fmt, ...);

/*
 * Finds the symbol that contains @addr: its name, the offset into it and its size. NULL if unknown.
 * Called in any context, so it may not sleep or take locks.
 */
typedef const char *(*printf_symbol_fn)(unsigned long addr, unsigned long *offset,
					unsigned long *size);
void printf_set_symbol_hook(printf_symbol_fn fn);

/* "EINVAL" for 22 or -22; NULL when unknown or not built in (CONFIG_ERRNO_NAMES). */
#ifdef CONFIG_ERRNO_NAMES
const char *errname(int err);
#else
static inline const char *errname(int err)
{
	return NULL;
}
#endif

#endif
