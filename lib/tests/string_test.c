/* SPDX-License-Identifier: MIT */
/* String functions against byte-by-byte models, at every alignment and length. */
#include <lib/ctype.h>
#include <lib/errno.h>
#include <lib/hash.h>
#include <lib/string.h>
#include "host.h"

static void fill(u8 *p, size_t n)
{
	while (n--)
		*p++ = (u8)(1 + below(3));
}

static void test_memory(void)
{
	u8 a[160], b[160], want[160];

	for (int i = 0; i < 20000 && !host_failed; i++) {
		size_t n = below(70), s = below(40), d = below(40), k;

		fill(a, sizeof(a));
		memcpy(b, a, sizeof(a));
		for (k = 0; k < sizeof(want); k++)
			want[k] = a[k];
		for (k = 0; k < n; k++)
			want[d + k] = a[s + k];
		EXPECT(memmove(a + d, a + s, n) == a + d);
		EXPECT(!memcmp(a, want, sizeof(a)));
		fill(a, sizeof(a));
		for (k = 0; k < n; k++)
			want[d + k] = a[s + k];
		memcpy(b, want, sizeof(b));
		memset(b + d, 0xee, n);
		for (k = 0; k < sizeof(b); k++)
			EXPECT(b[k] == (k >= d && k < d + n ? 0xee : want[k]));
		EXPECT(memcpy(b + d, a + s, n) == b + d);
		EXPECT(!memcmp(b, want, sizeof(b)));
	}
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void test_compare(void)
{
	for (int i = 0; i < 20000 && !host_failed; i++) {
		size_t n = below(40), k;
		u8 *a = malloc(n + 1), *b = malloc(n + 1);
		int want = 0, c = 1 + (int)below(3);
		const u8 *found = NULL, *other = NULL, *last = NULL;

		fill(a, n);
		fill(b, n);
		memcpy(b, a, below((u32)n + 1));
		for (k = n; k-- > 0;) {
			want = a[k] != b[k] ? a[k] - b[k] : want;
			found = a[k] == c ? a + k : found;
			other = a[k] != c ? a + k : other;
			last = !last && a[k] == c ? a + k : last;
		}
		EXPECT_EQ(sign(memcmp(a, b, n)), sign(want));
		EXPECT(memchr(a, c, n) == found);
		EXPECT(memchr_inv(a, c, n) == other);
		EXPECT(memrchr(a, c, n) == last);
		a[n] = b[n] = 0;
		EXPECT_EQ(strlen((char *)a), n);
		EXPECT_EQ(strnlen((char *)a, 10), min(n, 10));
		EXPECT_EQ(sign(strcmp((char *)a, (char *)b)), sign(want));
		EXPECT_EQ(sign(strncmp((char *)a, (char *)b, n)), sign(want));
		EXPECT((u8 *)strchr((char *)a, c) == found);
		EXPECT((u8 *)strrchr((char *)a, c) == last);
		free(a);
		free(b);
	}
	EXPECT(strcmp("\x7f", "\x80") < 0);
	EXPECT_EQ(strcasecmp("HeLLo", "hEllO"), 0);
	EXPECT(strncasecmp("abcx", "ABCY", 4) < 0);
	EXPECT(strchr("abc", 0) != NULL);
}

static void test_search(void)
{
	char s[] = "one,two;;three", *p = s;
	static const char *const names[] = {"ro", "rw", NULL};

	EXPECT_STREQ(strstr("hello world", "o w"), "o world");
	EXPECT(!strstr("hello", "hellow"));
	EXPECT_STREQ(strstr("x", ""), "x");
	EXPECT_STREQ(strsep(&p, ",;"), "one");
	EXPECT_STREQ(strsep(&p, ",;"), "two");
	EXPECT_STREQ(strsep(&p, ",;"), "");
	EXPECT_STREQ(strsep(&p, ",;"), "three");
	EXPECT(!strsep(&p, ",;"));
	EXPECT_EQ(strspn("aabbc", "ab"), 4);
	EXPECT_EQ(strcspn("aabbc", "c"), 4);
	EXPECT(!strpbrk("abc", "xyz"));
	EXPECT_EQ(match_string(names, 3, "rw"), 1);
	EXPECT_EQ(match_string(names, 3, "rx"), -EINVAL);
	EXPECT(sysfs_streq("on\n", "on") && !sysfs_streq("on", "once"));
	EXPECT(strstarts("console=ttyS0", "console=") && str_has_prefix("abc", "ab"));
}

static void test_copy(void)
{
	char buf[8];
	char text[] = "  a b \n";

	EXPECT_EQ(strscpy(buf, "1234567", 8), 7);
	EXPECT_EQ(strscpy(buf, "12345678", 8), -E2BIG);
	EXPECT_STREQ(buf, "1234567");
	EXPECT_EQ(strscpy(buf, "x", 0), -E2BIG);
	memset(buf, 'z', sizeof(buf));
	EXPECT_EQ(strscpy_pad(buf, "ab", 8), 2);
	EXPECT(!memchr_inv(buf + 2, 0, 6));
	EXPECT_EQ(strlcat(buf, "cdefghij", 8), 10);
	EXPECT_STREQ(buf, "abcdefg");
	EXPECT_STREQ(strim(text), "a b");
}

static void test_ctype(void)
{
	for (int c = -1; c < 256; c++) {
		EXPECT_EQ(isdigit(c), c >= '0' && c <= '9');
		EXPECT_EQ(isalpha(c), (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
		EXPECT_EQ(isspace(c), c == ' ' || (c >= 9 && c <= 13));
		EXPECT_EQ(isxdigit(c),
			  isdigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
		EXPECT_EQ(isprint(c), c >= 32 && c < 127);
		EXPECT_EQ(ispunct(c), c > 32 && c < 127 && !isalnum(c));
	}
	EXPECT_EQ(toupper('q'), 'Q');
	EXPECT_EQ(tolower('['), '[');
	EXPECT_EQ(hex_to_bin('F'), 15);
	EXPECT_EQ(hex_to_bin('g'), -1);
}

/* A path's hash, computed as the path walk does, equals full_name_hash(). */
static void test_name_hash(void)
{
	for (int i = 0; i < 5000 && !host_failed; i++) {
		size_t n = below(30), k;
		char *s = malloc(n + 9);
		u64 hash = hash_name_init(s), flags;

		fill((u8 *)s, n + 9);
		s[n] = below(2) ? '/' : 0;
		for (k = 0;; k += 8) {
			u64 w;

			__builtin_memcpy(&w, s + k, k + 8 <= n + 9 ? 8 : n + 9 - k);
			flags = has_zero_or(w, REPEAT_BYTE('/'));
			if (flags) {
				if (zero_byte_index(flags))
					hash = hash_name_mix(hash, w & zero_byte_mask(flags));
				break;
			}
			hash = hash_name_mix(hash, w);
		}
		k += zero_byte_index(flags);
		EXPECT_EQ(k, n);
		EXPECT_EQ(hash_name_end(hash, n), full_name_hash(s, s, n));
		free(s);
	}
}

HOST_SUITE("string", CASE(test_memory), CASE(test_compare), CASE(test_search), CASE(test_copy),
	   CASE(test_ctype), CASE(test_name_hash))
