/* SPDX-License-Identifier: MIT */
/* Mount options, ext4(5). */
#include <fs/fs_parser.h>
#include <fs/seq_file.h>
#include "ext4.h"

enum {
	OPT_NONE,
	OPT_ERRORS,
	OPT_COMMIT,
	OPT_SB,
	OPT_BARRIER,
	OPT_BARRIER_N,
	OPT_NOBARRIER,
	OPT_NOLOAD,
	OPT_DATA,
	OPT_ACL,
	OPT_NOACL,
	OPT_XATTR,
	OPT_NOXATTR,
	OPT_RESUID,
	OPT_RESGID,
	OPT_REFUSED,
};

static const struct match_option table[] = {
	{"errors", OPT_STRING, OPT_ERRORS},
	{"commit", OPT_U32, OPT_COMMIT},
	{"sb", OPT_U32, OPT_SB},
	{"barrier", OPT_FLAG, OPT_BARRIER},
	{"barrier", OPT_U32, OPT_BARRIER_N},
	{"nobarrier", OPT_FLAG, OPT_NOBARRIER},
	{"noload", OPT_FLAG, OPT_NOLOAD},
	{"norecovery", OPT_FLAG, OPT_NOLOAD},
	{"data", OPT_STRING, OPT_DATA},
	{"acl", OPT_FLAG, OPT_ACL},
	{"noacl", OPT_FLAG, OPT_NOACL},
	{"user_xattr", OPT_FLAG, OPT_XATTR},
	{"nouser_xattr", OPT_FLAG, OPT_NOXATTR},
	{"resuid", OPT_U32, OPT_RESUID},
	{"resgid", OPT_U32, OPT_RESGID},
	/* True already, or without effect here. */
	{"delalloc", OPT_FLAG, OPT_NONE},
	{"nodelalloc", OPT_FLAG, OPT_NONE},
	{"discard", OPT_FLAG, OPT_NONE},
	{"nodiscard", OPT_FLAG, OPT_NONE},
	{"noquota", OPT_FLAG, OPT_NONE},
	{"minixdf", OPT_FLAG, OPT_NONE},
	{"nogrpid", OPT_FLAG, OPT_NONE},
	{"sysvgroups", OPT_FLAG, OPT_NONE},
	{"stripe", OPT_U32, OPT_NONE},
	{"inode_readahead_blks", OPT_U32, OPT_NONE},
	{"journal_checksum", OPT_FLAG, OPT_NONE},
	{"auto_da_alloc", OPT_FLAG, OPT_NONE},
	{"noauto_da_alloc", OPT_FLAG, OPT_NONE},
	{"block_validity", OPT_FLAG, OPT_NONE},
	{"init_itable", OPT_FLAG, OPT_NONE},
	{"noinit_itable", OPT_FLAG, OPT_NONE},
	{"i_version", OPT_FLAG, OPT_NONE},
	{"check", OPT_STRING, OPT_NONE},
};

static int set_errors(struct ext4_options *opt, const char *text)
{
	opt->errors_continue = !strcmp(text, "continue");
	opt->errors_panic = !strcmp(text, "panic");
	if (opt->errors_continue || opt->errors_panic || !strcmp(text, "remount-ro"))
		return 0;
	return -EINVAL;
}

static int set_option(void *ctx, int token, const struct match_result *r)
{
	struct ext4_options *opt = ctx;

	switch (token) {
	case OPT_ERRORS:
		return set_errors(opt, r->text);
	case OPT_COMMIT:
		if (r->number > 3600)
			return -EINVAL;
		opt->commit = (u32)r->number;
		return 0;
	case OPT_SB:
		opt->sb_block = (u32)r->number;
		return 0;
	case OPT_BARRIER:
		opt->barrier = true;
		return 0;
	case OPT_BARRIER_N:
		opt->barrier = r->number;
		return 0;
	case OPT_NOBARRIER:
		opt->barrier = false;
		return 0;
	case OPT_NOLOAD:
		opt->noload = true;
		return 0;
	case OPT_DATA:
		/* Data is always written before what makes it reachable. */
		return strcmp(r->text, "ordered") && strcmp(r->text, "writeback") ? -EINVAL : 0;
	case OPT_ACL:
	case OPT_NOACL:
		opt->noacl = token == OPT_NOACL;
		return 0;
	case OPT_XATTR:
	case OPT_NOXATTR:
		opt->nouser_xattr = token == OPT_NOXATTR;
		return 0;
	case OPT_RESUID:
		opt->resuid = (u32)r->number;
		return 0;
	case OPT_RESGID:
		opt->resgid = (u32)r->number;
		return 0;
	default:
		return 0;
	}
}

int ext4_parse_options(struct ext4_options *opt, char *data)
{
	return parse_mount_options("EXT4-fs", data, table, ARRAY_SIZE(table), set_option, opt);
}

int ext4_show_options(struct seq_file *m, struct dentry *root)
{
	const struct ext4_options *opt = &EXT4_SB(root->d_sb)->opt;

	if (opt->errors_continue)
		seq_puts(m, ",errors=continue");
	if (opt->errors_panic)
		seq_puts(m, ",errors=panic");
	if (!opt->barrier)
		seq_puts(m, ",nobarrier");
	if (opt->noload)
		seq_puts(m, ",norecovery");
	if (opt->nouser_xattr)
		seq_puts(m, ",nouser_xattr");
	if (opt->noacl)
		seq_puts(m, ",noacl");
	if (opt->commit && opt->commit != 5)
		seq_printf(m, ",commit=%u", opt->commit);
	if (opt->resuid)
		seq_printf(m, ",resuid=%u", opt->resuid);
	if (opt->resgid)
		seq_printf(m, ",resgid=%u", opt->resgid);
	return 0;
}
