/* SPDX-License-Identifier: MIT */
/* Mount options of vfat and msdos, mount(8). */
#include <fs/fs_parser.h>
#include <fs/seq_file.h>
#include "fat.h"

enum {
	OPT_NONE,
	OPT_UID,
	OPT_GID,
	OPT_UMASK,
	OPT_DMASK,
	OPT_FMASK,
	OPT_QUIET,
	OPT_ERRORS,
	OPT_CHARSET,
	OPT_TZ,
};

static const struct match_option table[] = {
	{"uid", OPT_U32, OPT_UID},
	{"gid", OPT_U32, OPT_GID},
	{"umask", OPT_OCTAL, OPT_UMASK},
	{"dmask", OPT_OCTAL, OPT_DMASK},
	{"fmask", OPT_OCTAL, OPT_FMASK},
	{"quiet", OPT_FLAG, OPT_QUIET},
	{"errors", OPT_STRING, OPT_ERRORS},
	{"iocharset", OPT_STRING, OPT_CHARSET},
	{"tz", OPT_STRING, OPT_TZ},
	/* True already, or without effect here. */
	{"utf8", OPT_FLAG, OPT_NONE},
	{"utf8", OPT_STRING, OPT_NONE},
	{"codepage", OPT_U32, OPT_NONE},
	{"shortname", OPT_STRING, OPT_NONE},
	{"check", OPT_STRING, OPT_NONE},
	{"flush", OPT_FLAG, OPT_NONE},
	{"discard", OPT_FLAG, OPT_NONE},
	{"rodir", OPT_FLAG, OPT_NONE},
	{"usefree", OPT_FLAG, OPT_NONE},
	{"allow_utime", OPT_OCTAL, OPT_NONE},
};

static int set_option(void *ctx, int token, const struct match_result *r)
{
	struct fat_options *opt = ctx;

	switch (token) {
	case OPT_UID:
		opt->uid = (uid_t)r->number;
		return 0;
	case OPT_GID:
		opt->gid = (gid_t)r->number;
		return 0;
	case OPT_UMASK:
		opt->fmask = opt->dmask = (umode_t)r->number & 0777;
		return 0;
	case OPT_DMASK:
		opt->dmask = (umode_t)r->number & 0777;
		return 0;
	case OPT_FMASK:
		opt->fmask = (umode_t)r->number & 0777;
		return 0;
	case OPT_QUIET:
		opt->quiet = true;
		return 0;
	case OPT_ERRORS:
		opt->errors_continue = !strcmp(r->text, "continue");
		opt->errors_panic = !strcmp(r->text, "panic");
		if (!opt->errors_continue && !opt->errors_panic && strcmp(r->text, "remount-ro"))
			return -EINVAL;
		return 0;
	case OPT_CHARSET:
		/* Names are UTF-8; plain ASCII is a part of it. */
		return strcmp(r->text, "utf8") && strcmp(r->text, "ascii") ? -EINVAL : 0;
	case OPT_TZ:
		return strcmp(r->text, "UTC") ? -EINVAL : 0;
	default:
		return 0;
	}
}

int fat_parse_options(struct fat_options *opt, char *data)
{
	return parse_mount_options("FAT-fs", data, table, ARRAY_SIZE(table), set_option, opt);
}

int fat_show_options(struct seq_file *m, struct dentry *root)
{
	const struct fat_options *opt = &FAT_SB(root->d_sb)->opt;

	if (opt->uid)
		seq_printf(m, ",uid=%u", opt->uid);
	if (opt->gid)
		seq_printf(m, ",gid=%u", opt->gid);
	seq_printf(m, ",fmask=%04o,dmask=%04o,iocharset=utf8", opt->fmask, opt->dmask);
	if (opt->quiet)
		seq_puts(m, ",quiet");
	seq_printf(m, ",errors=%s",
		   opt->errors_panic	? "panic" :
		   opt->errors_continue ? "continue" :
					  "remount-ro");
	return 0;
}
