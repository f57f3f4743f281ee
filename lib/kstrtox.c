/* SPDX-License-Identifier: MIT */
/* Text to numbers. */
#include <lib/ctype.h>
#include <lib/errno.h>
#include <lib/kstrtox.h>

/* Skip C's prefix if @base allows it, and settle the base. */
static const char *skip_prefix(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && (s[1] | 0x20) == 'x' && isxdigit((u8)s[2]);

	if (*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return hex && *base == 16 ? s + 2 : s;
}

/* Parse digits; *@overflow is set when the value wrapped. Returns where it stopped. */
static const char *parse_digits(const char *s, unsigned int base, unsigned long long *res,
				bool *overflow)
{
	unsigned long long v = 0;

	*overflow = false;
	for (;; s++) {
		int d = isdigit(*s) ? *s - '0' : isalpha(*s) ? (*s | 0x20) - 'a' + 10 : 99;

		if ((unsigned int)d >= base)
			break;
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, d, &v))
			*overflow = true;
	}
	*res = v;
	return s;
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	unsigned long long v;
	const char *digits, *end;
	bool overflow;

	if (*s == '+')
		s++;
	digits = skip_prefix(s, &base);
	end = parse_digits(digits, base, &v, &overflow);
	if (end == digits || (*end == '\n' ? end[1] : end[0]))
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	*res = v;
	return 0;
}

int kstrtoll(const char *s, unsigned int base, long long *res)
{
	bool neg = *s == '-';
	unsigned long long v;
	int ret;

	if (neg && s[1] == '+')
		return -EINVAL;
	ret = kstrtoull(s + neg, base, &v);
	if (ret)
		return ret;
	if (v > (unsigned long long)LLONG_MAX + neg)
		return -ERANGE;
	*res = neg ? (long long)-v : (long long)v;
	return 0;
}

/* Narrower types: parse wide, then see whether it fits. */
#define KSTRTO(name, type, wide, parse)                       \
	int name(const char *s, unsigned int base, type *res) \
	{                                                     \
		wide v;                                       \
		int ret = parse(s, base, &v);                 \
                                                              \
		if (ret)                                      \
			return ret;                           \
		if (v != (wide)(type)v)                       \
			return -ERANGE;                       \
		*res = (type)v;                               \
		return 0;                                     \
	}

KSTRTO(kstrtoul, unsigned long, unsigned long long, kstrtoull)
KSTRTO(kstrtol, long, long long, kstrtoll)
KSTRTO(kstrtouint, unsigned int, unsigned long long, kstrtoull)
KSTRTO(kstrtoint, int, long long, kstrtoll)
KSTRTO(kstrtou16, u16, unsigned long long, kstrtoull)
KSTRTO(kstrtou8, u8, unsigned long long, kstrtoull)

int kstrtobool(const char *s, bool *res)
{
	char c = (char)tolower((u8)s[0]);

	if (c == 'o')
		c = (char)tolower((u8)s[1]) == 'n' ? '1' :
		    (char)tolower((u8)s[1]) == 'f' ? '0' :
						     'x';
	if (c == 'y' || c == 't' || c == '1')
		*res = true;
	else if (c == 'n' || c == 'f' || c == '0')
		*res = false;
	else
		return -EINVAL;
	return 0;
}

unsigned long long simple_strtoull(const char *s, char **end, unsigned int base)
{
	unsigned long long v;
	bool overflow;

	s = skip_prefix(s, &base);
	s = parse_digits(s, base, &v, &overflow);
	if (end)
		*end = (char *)s;
	return v;
}

long long simple_strtoll(const char *s, char **end, unsigned int base)
{
	if (*s == '-')
		return (long long)-simple_strtoull(s + 1, end, base);
	return (long long)simple_strtoull(s, end, base);
}

unsigned long simple_strtoul(const char *s, char **end, unsigned int base)
{
	return (unsigned long)simple_strtoull(s, end, base);
}

long simple_strtol(const char *s, char **end, unsigned int base)
{
	return (long)simple_strtoll(s, end, base);
}

unsigned long long memparse(const char *s, char **end)
{
	static const char units[] = "kmgtpe";
	char *e;
	unsigned long long v = simple_strtoull(s, &e, 0);
	unsigned int i;

	for (i = 0; units[i]; i++) {
		if ((*e | 0x20) == units[i]) {
			v <<= 10 * (i + 1);
			e++;
			break;
		}
	}
	if (end)
		*end = e;
	return v;
}
