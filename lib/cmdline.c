/* SPDX-License-Identifier: MIT */
/* The kernel command line. */
#include <lib/cmdline.h>
#include <lib/ctype.h>
#include <lib/errno.h>
#include <lib/string.h>

/* One word: [start, end) with its quotes, the '=' outside quotes, if any. */
struct word {
	const char *start, *end, *equals;
};

/* The next word of @s; false at the end. A quote that is not closed runs to the end. */
static bool next_word(const char *s, struct word *w)
{
	bool quoted = false;

	s = skip_spaces(s);
	w->start = s;
	w->equals = NULL;
	for (; *s && (quoted || !isspace((u8)*s)); s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (*s == '=' && !w->equals)
			w->equals = s;
	}
	w->end = s;
	return s != w->start;
}

bool cmdline_next(char **line, char **name, char **value)
{
	struct word w;
	char *s;

	if (!next_word(*line, &w))
		return false;
	*line = (char *)w.end + (*w.end != '\0');
	*(char *)w.end = '\0';
	*name = (char *)w.start;
	*value = NULL;
	if (**name == '"') {
		(*name)++;
		if (w.end > w.start + 1 && w.end[-1] == '"')
			*(char *)(w.end - 1) = '\0';
	}
	if (!w.equals)
		return true;
	s = (char *)w.equals;
	*s++ = '\0';
	*value = s;
	if (*s == '"') {
		size_t n = strlen(s + 1);

		*value = s + 1;
		if (n && s[n] == '"')
			s[n] = '\0';
	}
	return true;
}

static char dash(char c)
{
	return c == '-' ? '_' : c;
}

static bool names_equal(const char *a, size_t alen, const char *b)
{
	size_t i;

	for (i = 0; i < alen; i++) {
		if (dash(a[i]) != dash(b[i]) || !b[i])
			return false;
	}
	return !b[alen];
}

bool parameq(const char *a, const char *b)
{
	return names_equal(a, strlen(a), b);
}

/* The last word called @name before "--". */
static bool find_word(const char *line, const char *name, struct word *found)
{
	struct word w;
	bool any = false;

	for (; next_word(line, &w); line = w.end) {
		const char *start = w.start + (*w.start == '"');
		const char *end = w.equals ? w.equals : w.end;

		if (!w.equals && end > start && end[-1] == '"')
			end--;
		if (end - start == 2 && !strncmp(start, "--", 2))
			break;
		if (end > start && names_equal(start, (size_t)(end - start), name)) {
			*found = w;
			any = true;
		}
	}
	return any;
}

bool cmdline_has(const char *line, const char *name)
{
	struct word w;

	return find_word(line, name, &w);
}

int cmdline_find(const char *line, const char *name, char *buf, size_t size)
{
	struct word w;
	const char *s, *end;
	size_t n;

	if (!find_word(line, name, &w))
		return -ENOENT;
	end = w.end;
	s = w.equals ? w.equals + 1 : end;
	if (s < end && (*s == '"' || *w.start == '"')) {
		s += *s == '"';
		if (end > s && end[-1] == '"')
			end--;
	}
	n = (size_t)(end - s);
	if (!size)
		return -E2BIG;
	memcpy(buf, s, min(n, size - 1));
	buf[min(n, size - 1)] = '\0';
	return n < size ? (int)n : -E2BIG;
}
