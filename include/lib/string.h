/* SPDX-License-Identifier: MIT */
/*
 * Strings and memory, as in string(3), plus the bounded forms the kernel prefers.
 *
 * An arch that has its own memcpy, memmove or memset selects ARCH_HAS_MEMCPY, ARCH_HAS_MEMMOVE or
 * ARCH_HAS_MEMSET and provides the symbol; else lib/ provides one that works a word at a time.
 * Small constant sizes are expanded in line by the compiler.
 */
#ifndef _LIB_STRING_H
#define _LIB_STRING_H

#include <lib/types.h>

void *memcpy(void *__restrict dst, const void *__restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
/* The first byte that is not @c; NULL if all are. */
void *memchr_inv(const void *s, int c, size_t n);
void *memrchr(const void *s, int c, size_t n);
void *memscan(void *s, int c, size_t n);
/* The first @n2 bytes equal to @s2 inside @s1; NULL if none. */
void *memmem(const void *s1, size_t n1, const void *s2, size_t n2);
/* Clearing that the optimiser may not drop: for keys. */
void memzero_explicit(void *s, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strchrnul(const char *s, int c);
char *strrchr(const char *s, int c);
char *strnchr(const char *s, size_t n, int c);
char *strstr(const char *s, const char *sub);
char *strnstr(const char *s, const char *sub, size_t n);
char *strpbrk(const char *s, const char *accept);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);
/* The next token of *@s up to a byte of @delim, which becomes NUL; NULL at the end. strsep(3). */
char *strsep(char **s, const char *delim);

/*
 * Copy with the NUL into @size bytes. Returns the length without the NUL, or -E2BIG when it did
 * not fit: then as much as fits is there, with its NUL. @size 0 writes nothing and gives -E2BIG.
 */
ssize_t strscpy(char *dst, const char *src, size_t size);
/* As strscpy(), and the rest of @dst is zeroed: for buffers that go to user space. */
ssize_t strscpy_pad(char *dst, const char *src, size_t size);
/* Append, @size is that of the whole buffer. Returns as strlcat(3bsd). */
size_t strlcat(char *dst, const char *src, size_t size);
char *strcpy(char *dst, const char *src);

/* Cut white space off both ends, in place. */
char *strim(char *s);
char *skip_spaces(const char *s);
/* Equal, but for one trailing newline: for sysfs writes. */
bool sysfs_streq(const char *a, const char *b);
/* Index of @s in the array, or -EINVAL. */
int match_string(const char *const *array, size_t n, const char *s);
/* True if @s starts with @prefix. */
bool strstarts(const char *s, const char *prefix);

#define str_has_prefix(s, prefix) (strncmp(s, prefix, sizeof(prefix) - 1) == 0)

/* True if the NUL-terminated string fits: for fixed fields of user structures. */
static inline bool mem_is_string(const char *s, size_t size)
{
	return strnlen(s, size) < size;
}

#ifndef KEEL_HOST_TEST
#define memcpy(d, s, n)	 __builtin_memcpy(d, s, n)
#define memmove(d, s, n) __builtin_memmove(d, s, n)
#define memset(d, c, n)	 __builtin_memset(d, c, n)
#define memcmp(a, b, n)	 __builtin_memcmp(a, b, n)
#define strlen(s)	 __builtin_strlen(s)
#endif

#endif
