/* SPDX-License-Identifier: MIT */
/* The loop over a mount's options, which every file system that has some shares. */
#include <fs/fs_parser.h>
#include <kernel/printk.h>
#include <lib/errno.h>

int parse_mount_options(const char *fs, char *opts, const struct match_option *table, size_t n,
			set_mount_option_t set, void *ctx)
{
	struct match_result r = {};
	int token, err = 0;

	while (!err && opts) {
		token = match_next_option(&opts, table, n, &r);
		if (token == -ENOENT)
			return 0;
		err = token < 0 ? token : set(ctx, token, &r);
	}
	if (err)
		pr_err("%s: bad option '%s'\n", fs, r.name ? r.name : "");
	return err;
}
