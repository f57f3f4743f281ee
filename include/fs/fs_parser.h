/* SPDX-License-Identifier: MIT */
/* Options of a mount, from a file system's table of them. */
#ifndef FS_FS_PARSER_H
#define FS_FS_PARSER_H

#include <lib/parser.h>

/* Takes one option of a mount; @ctx is the file system's. 0 or -errno. */
typedef int (*set_mount_option_t)(void *ctx, int token, const struct match_result *r);

/*
 * Hands every option of @opts (NULL: none; written to) that @table knows to @set. 0; -EINVAL for
 * what is not in the table, or @set's first error, after one line in the log that names @fs and the
 * option. The text of options stays in @opts. Context: as @set's.
 */
int parse_mount_options(const char *fs, char *opts, const struct match_option *table, size_t n,
			set_mount_option_t set, void *ctx);

#endif
