/* SPDX-License-Identifier: MIT */
/*
 * Options of mount(2): "ro,size=10%,mode=755". A table describes them; a loop over
 * match_next_option() takes them one by one.
 */
#ifndef _LIB_PARSER_H
#define _LIB_PARSER_H

#include <lib/types.h>

enum opt_kind {
	OPT_FLAG, /* name */
	OPT_STRING, /* name=text */
	OPT_U32, /* name=decimal */
	OPT_OCTAL, /* name=octal */
	OPT_SIZE, /* name=number with K, M, G */
};

struct match_option {
	const char *name;
	enum opt_kind kind;
	int token; /* >= 0 */
};

struct match_result {
	const char *name;
	char *text; /* the value as text; NULL for a flag */
	u64 number; /* of OPT_U32, OPT_OCTAL and OPT_SIZE */
};

/*
 * Take the next option off *@opts (which is written to). Its token, -ENOENT at the end, -EINVAL
 * for one that is not in @table or whose value is missing or bad (then result->name is set for the
 * message).
 */
int match_next_option(char **opts, const struct match_option *table, size_t n,
		      struct match_result *result);

#endif
