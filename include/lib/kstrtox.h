/* SPDX-License-Identifier: MIT */
/*
 * Text to numbers.
 *
 * kstrto*: the whole string must be one number (a trailing newline is allowed). @base 0 means C's
 * prefixes (0x, 0). 0, -EINVAL for anything else, -ERANGE when it does not fit; *@res is set on
 * success only. simple_strto*: parse what is there, stop at the first other character, wrap on
 * overflow.
 */
#ifndef _LIB_KSTRTOX_H
#define _LIB_KSTRTOX_H

#include <lib/types.h>

int __must_check kstrtoull(const char *s, unsigned int base, unsigned long long *res);
int __must_check kstrtoll(const char *s, unsigned int base, long long *res);
int __must_check kstrtoul(const char *s, unsigned int base, unsigned long *res);
int __must_check kstrtol(const char *s, unsigned int base, long *res);
int __must_check kstrtouint(const char *s, unsigned int base, unsigned int *res);
int __must_check kstrtoint(const char *s, unsigned int base, int *res);
int __must_check kstrtou16(const char *s, unsigned int base, u16 *res);
int __must_check kstrtou8(const char *s, unsigned int base, u8 *res);
/* y, Y, 1, on / n, N, 0, off. */
int __must_check kstrtobool(const char *s, bool *res);

static inline int __must_check kstrtou32(const char *s, unsigned int base, u32 *res)
{
	return kstrtouint(s, base, res);
}

static inline int __must_check kstrtou64(const char *s, unsigned int base, u64 *res)
{
	return kstrtoull(s, base, res);
}

static inline int __must_check kstrtos64(const char *s, unsigned int base, s64 *res)
{
	return kstrtoll(s, base, res);
}

unsigned long long simple_strtoull(const char *s, char **end, unsigned int base);
long long simple_strtoll(const char *s, char **end, unsigned int base);
unsigned long simple_strtoul(const char *s, char **end, unsigned int base);
long simple_strtol(const char *s, char **end, unsigned int base);

/* A number with an optional K, M, G, T, P or E suffix (powers of 1024). */
unsigned long long memparse(const char *s, char **end);

#endif
