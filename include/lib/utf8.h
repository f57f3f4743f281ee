/* SPDX-License-Identifier: MIT */
/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef _LIB_UTF8_H
#define _LIB_UTF8_H

#include <lib/types.h>

/* Decode one character of at most @len bytes. Bytes used, or -EINVAL; *@c is set on success. */
int utf8_decode(const u8 *s, size_t len, u32 *c);
/* Encode into up to 4 bytes; their number, or -EINVAL for what is no character. */
int utf8_encode(u32 c, u8 *out);
/*
 * UTF-16 (host order), @n units at most, to UTF-8 with a NUL: length, or -E2BIG. Bad ones become
 * U+FFFD.
 */
int utf16_to_utf8(const u16 *s, size_t n, char *out, size_t size);

#endif
