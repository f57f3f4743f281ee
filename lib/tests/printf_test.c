/* SPDX-License-Identifier: MIT */
/* Formatting against the C library's printf, and the kernel's own conversions. */
#include <lib/err.h>
#include <lib/kstrtox.h>
#include <lib/printf.h>
#include <lib/seq_buf.h>
#include "host.h"

/* The C library's: rename.h took its usual name. */
int libc_vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __asm__("vsnprintf");

static void __printf(1, 2) same(const char *fmt, ...)
{
	char ours[200], theirs[200];
	size_t size = below(3) ? sizeof(ours) : below(12);
	va_list args;
	int n, m;

	va_start(args, fmt);
	n = vsnprintf(ours, size, fmt, args);
	va_end(args);
	va_start(args, fmt);
	m = libc_vsnprintf(theirs, size, fmt, args);
	va_end(args);
	EXPECT_EQ(n, m);
	if (size)
		EXPECT_STREQ(ours, theirs);
	if (host_failed)
		printf("    # format: %s\n", fmt);
}

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static void test_integers(void)
{
	static const char *const lengths[] = {"hh", "h", "", "l", "ll", "z", "j"};
	static const char conversions[] = "diuxXo";

	for (int i = 0; i < 50000 && !host_failed; i++) {
		char fmt[40], flags[6];
		const char *len = lengths[below(ARRAY_SIZE(lengths))];
		long v = (long)(rnd() >> below(64)) * (below(2) ? 1 : -1);
		int f = 0, precision = (int)below(25) - 3;

		for (int k = 0; k < 5; k++) {
			if (!below(3))
				flags[f++] = "-+ #0"[k];
		}
		flags[f] = 0;
		if (below(2))
			snprintf(fmt, sizeof(fmt), "<%%%s%.0d%s%c>", flags, (int)below(30), len,
				 conversions[below(6)]);
		else
			snprintf(fmt, sizeof(fmt), "<%%%s%d.%s%s%c>", flags, (int)below(30) + 1,
				 precision < 0 ? "" : "7", len, conversions[below(6)]);
		same(fmt, below(8) ? v : 0);
	}
}

static void test_text(void)
{
	same("%s|%10s|%-10s|%.3s|%-8.2s|%%|%c|%5c|%-5c", "abc", "def", "ghi", "jklmn", "opq", 'x',
	     'y', 'z');
	same("%*d %-*d %.*d %.*s", 8, 42, 8, 42, 5, 42, 2, "abcdef");
	same("%*d", -8, 42);
	same("plain");
	same("%d %ld %lld %hhd %hd %u %lx", -1, -2L, -3LL, 300, 70000, ~0U, ~0UL);
}

static const char *symbols(unsigned long addr, unsigned long *offset, unsigned long *size)
{
	*offset = addr - 0x1000;
	*size = 0x40;
	return addr >= 0x1000 && addr < 0x1040 ? "do_exit" : NULL;
}

static void __printf(2, 3) is(const char *want, const char *fmt, ...)
{
	char buf[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	EXPECT_STREQ(buf, want);
}

static void __printf(2, 3) nested(const char *want, const char *fmt, ...)
{
	struct va_format vf;
	va_list args;

	va_start(args, fmt);
	vf.fmt = fmt;
	vf.va = &args;
	is(want, "<%pV>", &vf);
	va_end(args);
}

static void test_pointers(void)
{
	u8 bytes[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255};

	printf_set_symbol_hook(symbols);
	is("0000000000001234", "%p", (void *)0x1234);
	is("0000000000000000 ok", "%p ok", NULL);
	is("do_exit+0x10/0x40", "%pS", (void *)0x1010);
	is("do_exit+0x0/0x40", "%pS", (void *)0x1000);
	is("do_exit", "%ps", (void *)0x1010);
	is("ffffffff80000000", "%pS", (void *)0xffffffff80000000);
	is("-ENOENT", "%pe", ERR_PTR(-ENOENT));
	is("-4000", "%pe", ERR_PTR(-4000));
	is("1.2.3.4", "%pI4", bytes);
	is("102:304:506:708:90a:b0c:d0e:fff", "%pI6", bytes);
	is("01:02:03:04:05:06", "%pM", bytes);
	is("01 02 03", "%*ph", 3, bytes);
	is("04030201-0605-0807-090a-0b0c0d0e0fff", "%pUl", bytes);
	is("01020304-0506-0708-090a-0b0c0d0e0fff", "%pUb", bytes);
	nested("<a 5>", "%c %d", 'a', 5);
}

static void test_bounds(void)
{
	char *buf = malloc(4);

	EXPECT_EQ(snprintf(buf, 4, "%d", 123456), 6);
	EXPECT_STREQ(buf, "123");
	EXPECT_EQ(scnprintf(buf, 4, "%d", 123456), 3);
	EXPECT_EQ(snprintf(NULL, 0, "%d", 123456), 6);
	EXPECT_EQ(scnprintf(buf, 0, "x"), 0);
	free(buf);
}

static void test_seq_buf(void)
{
	char buf[16];
	struct seq_buf s;

	seq_buf_init(&s, buf, sizeof(buf));
	EXPECT_EQ(seq_buf_printf(&s, "%d-", 12), 0);
	EXPECT_EQ(seq_buf_puts_escaped(&s, "a b\\", " "), 0);
	EXPECT_STREQ(seq_buf_str(&s), "12-a\\040b\\134");
	EXPECT_EQ(seq_buf_puts(&s, "toolong"), -1);
	EXPECT(seq_buf_has_overflowed(&s));
	EXPECT_EQ(seq_buf_putc(&s, 'x'), -1);
	EXPECT_EQ(strlen(seq_buf_str(&s)), 15);
}

static void test_numbers(void)
{
	unsigned long long u;
	long long v;
	int i;
	u8 b;
	bool on;
	char *end;

	EXPECT(!kstrtoull("0x1fF\n", 0, &u) && u == 0x1ff);
	EXPECT(!kstrtoull("0755", 0, &u) && u == 0755);
	EXPECT(!kstrtoull("18446744073709551615", 10, &u) && u == ~0ULL);
	EXPECT_EQ(kstrtoull("18446744073709551616", 10, &u), -ERANGE);
	EXPECT_EQ(kstrtoull("", 10, &u), -EINVAL);
	EXPECT_EQ(kstrtoull("-1", 10, &u), -EINVAL);
	EXPECT_EQ(kstrtoull("12 ", 10, &u), -EINVAL);
	EXPECT_EQ(kstrtoull("0x", 16, &u), -EINVAL);
	EXPECT(!kstrtoll("-9223372036854775808", 10, &v) && v == LLONG_MIN);
	EXPECT_EQ(kstrtoll("9223372036854775808", 10, &v), -ERANGE);
	EXPECT_EQ(kstrtoll("-+5", 10, &v), -EINVAL);
	EXPECT(!kstrtoint("-2147483648", 0, &i) && i == INT_MIN);
	EXPECT_EQ(kstrtoint("2147483648", 0, &i), -ERANGE);
	EXPECT_EQ(kstrtou8("256", 10, &b), -ERANGE);
	EXPECT(!kstrtobool("off", &on) && !on);
	EXPECT(!kstrtobool("Yes", &on) && on);
	EXPECT_EQ(kstrtobool("maybe", &on), -EINVAL);
	EXPECT_EQ(memparse("64M,", &end), 64 << 20);
	EXPECT_STREQ(end, ",");
	EXPECT_EQ(memparse("0x10k", &end), 16384);
	EXPECT_EQ(simple_strtol("-12abc", &end, 10), -12);
	EXPECT_STREQ(end, "abc");
}

HOST_SUITE("printf", CASE(test_integers), CASE(test_text), CASE(test_pointers), CASE(test_bounds),
	   CASE(test_seq_buf), CASE(test_numbers))
