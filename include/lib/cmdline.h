/* SPDX-License-Identifier: MIT */
/*
 * The kernel command line: words separated by spaces, each "name" or "name=value"; double quotes
 * keep spaces ("name=a b", name="a b"). What stands after a word "--" is for init.
 */
#ifndef _LIB_CMDLINE_H
#define _LIB_CMDLINE_H

#include <lib/types.h>

/*
 * Take the next parameter off *@line, writing NULs into it. *@name is its name, *@value its value
 * without quotes or NULL. False at the end. A word "--" is returned as a name like any other.
 */
bool cmdline_next(char **line, char **name, char **value);

/* Equal, where '-' and '_' are the same. */
bool parameq(const char *a, const char *b);

/*
 * The last value of @name on a line that is left unchanged, up to "--": copied into @buf with its
 * NUL. Its length (0 for a bare name), -ENOENT, or -E2BIG when it does not fit (a prefix is
 * there).
 */
int cmdline_find(const char *line, const char *name, char *buf, size_t size);
bool cmdline_has(const char *line, const char *name);

#endif
