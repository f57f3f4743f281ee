/* SPDX-License-Identifier: MIT */
/* Mount options. */
#include <lib/errno.h>
#include <lib/kstrtox.h>
#include <lib/parser.h>
#include <lib/string.h>

/* Decode the value as the option's kind wants it. */
static int read_value(const struct match_option *opt, struct match_result *r)
{
	char *end;
	u32 v;
	int ret = 0;

	if (opt->kind == OPT_FLAG)
		return r->text ? -EINVAL : opt->token;
	if (!r->text)
		return -EINVAL;
	if (opt->kind == OPT_SIZE) {
		r->number = memparse(r->text, &end);
		ret = end == r->text || *end ? -EINVAL : 0;
	} else if (opt->kind != OPT_STRING) {
		ret = kstrtouint(r->text, opt->kind == OPT_OCTAL ? 8 : 10, &v);
		r->number = ret ? 0 : v;
	}
	return ret ? -EINVAL : opt->token;
}

int match_next_option(char **opts, const struct match_option *table, size_t n,
		      struct match_result *result)
{
	char *word;

	do {
		word = strsep(opts, ",");
		if (!word)
			return -ENOENT;
	} while (!*word);
	result->name = word;
	result->number = 0;
	result->text = strchr(word, '=');
	if (result->text)
		*result->text++ = '\0';
	for (size_t i = 0; i < n; i++) {
		/* "barrier" and "barrier=1" are two entries. */
		if (!strcmp(word, table[i].name) && (table[i].kind == OPT_FLAG) == !result->text)
			return read_value(&table[i], result);
	}
	return -EINVAL;
}
