/* SPDX-License-Identifier: MIT */
/* Strings in C: string(3). What is hot goes a word at a time; the rest is small. */
#include <lib/byteorder.h>
#include <lib/ctype.h>
#include <lib/errno.h>
#include <lib/hash.h>
#include <lib/string.h>

/* Aligned words never cross a page, so reading past the NUL inside one is harmless.
 * (Names in parentheses are the functions: string.h makes macros of the same names.) */
__no_sanitize_address size_t(strlen)(const char *s)
{
	const char *p = s;
	const u64 __may_alias *w;
	u64 zero;

	for (; (unsigned long)p & 7; p++) {
		if (!*p)
			return (size_t)(p - s);
	}
	for (w = (const void *)p; !(zero = has_zero(*w)); w++)
		;
	return (size_t)((const char *)w - s) + zero_byte_index(zero);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int(memcmp)(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n >= 8 && get_unaligned_le64(p) == get_unaligned_le64(q); n -= 8, p += 8, q += 8)
		;
	for (; n; n--, p++, q++) {
		if (*p != *q)
			return *p - *q;
	}
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n; n--, p++) {
		if (*p == (u8)c)
			return (void *)p;
	}
	return NULL;
}

void *memrchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	while (n--) {
		if (p[n] == (u8)c)
			return (void *)(p + n);
	}
	return NULL;
}

void *memchr_inv(const void *s, int c, size_t n)
{
	const u8 *p = s;
	u64 word = REPEAT_BYTE(c);

	for (; n >= 8 && get_unaligned_le64(p) == word; n -= 8, p += 8)
		;
	for (; n; n--, p++) {
		if (*p != (u8)c)
			return (void *)p;
	}
	return NULL;
}

void *memscan(void *s, int c, size_t n)
{
	void *p = memchr(s, c, n);

	return p ? p : (char *)s + n;
}

void *memmem(const void *s1, size_t n1, const void *s2, size_t n2)
{
	const char *p = s1;

	for (; n1 >= n2; n1--, p++) {
		if (!memcmp(p, s2, n2))
			return (void *)p;
	}
	return NULL;
}

void memzero_explicit(void *s, size_t n)
{
	memset(s, 0, n);
	__asm__ __volatile__("" : : "r"(s) : "memory");
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	}
	return 0;
}

int strcasecmp(const char *a, const char *b)
{
	return strncasecmp(a, b, SIZE_MAX);
}

int strncasecmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		int d = tolower((u8)*a) - tolower((u8)*b);

		if (d || !*a)
			return d;
	}
	return 0;
}

char *strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)s;
}

char *strchr(const char *s, int c)
{
	s = strchrnul(s, c);
	return *s == (char)c ? (char *)s : NULL;
}

char *strrchr(const char *s, int c)
{
	return memrchr(s, c, strlen(s) + 1);
}

char *strnchr(const char *s, size_t n, int c)
{
	return memchr(s, c, strnlen(s, n));
}

char *strstr(const char *s, const char *sub)
{
	return memmem(s, strlen(s), sub, strlen(sub));
}

char *strnstr(const char *s, const char *sub, size_t n)
{
	return memmem(s, strnlen(s, n), sub, strlen(sub));
}

size_t strspn(const char *s, const char *accept)
{
	size_t n = 0;

	while (s[n] && strchr(accept, s[n]))
		n++;
	return n;
}

size_t strcspn(const char *s, const char *reject)
{
	size_t n = 0;

	while (s[n] && !strchr(reject, s[n]))
		n++;
	return n;
}

char *strpbrk(const char *s, const char *accept)
{
	s += strcspn(s, accept);
	return *s ? (char *)s : NULL;
}

char *strsep(char **s, const char *delim)
{
	char *start = *s, *end;

	if (!start)
		return NULL;
	end = strpbrk(start, delim);
	if (end)
		*end++ = '\0';
	*s = end;
	return start;
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t n;

	if (!size)
		return -E2BIG;
	n = strnlen(src, size);
	if (n < size) {
		memcpy(dst, src, n + 1);
		return (ssize_t)n;
	}
	memcpy(dst, src, size - 1);
	dst[size - 1] = '\0';
	return -E2BIG;
}

ssize_t strscpy_pad(char *dst, const char *src, size_t size)
{
	ssize_t n = strscpy(dst, src, size);

	if (n >= 0)
		memset(dst + n, 0, size - (size_t)n);
	return n;
}

size_t strlcat(char *dst, const char *src, size_t size)
{
	size_t used = strnlen(dst, size);

	if (used < size)
		strscpy(dst + used, src, size - used);
	return used + strlen(src);
}

char *strcpy(char *dst, const char *src)
{
	return memcpy(dst, src, strlen(src) + 1);
}

char *skip_spaces(const char *s)
{
	while (isspace(*s))
		s++;
	return (char *)s;
}

char *strim(char *s)
{
	size_t n;

	s = skip_spaces(s);
	n = strlen(s);
	while (n && isspace(s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

bool strstarts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* True for "" and "\n". */
static bool line_ends(const char *s)
{
	return !*s || (*s == '\n' && !s[1]);
}

bool sysfs_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return line_ends(a) && line_ends(b);
}

int match_string(const char *const *array, size_t n, const char *s)
{
	size_t i;

	for (i = 0; i < n && array[i]; i++) {
		if (!strcmp(array[i], s))
			return (int)i;
	}
	return -EINVAL;
}
