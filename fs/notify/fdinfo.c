/* SPDX-License-Identifier: MIT */
/* The parts of a mark's line in /proc/PID/fdinfo that inotify and fanotify share: fdinfo.h. */
#include <fs/exportfs.h>
#include "fdinfo.h"

void fsnotify_show_sdev(struct seq_file *m, const struct super_block *sb)
{
	/* As the kernel has it, not as stat(2) tells it. */
	seq_printf(m, "sdev:%x", MAJOR(sb->s_dev) << 20 | MINOR(sb->s_dev));
}

void fsnotify_show_inode(struct seq_file *m, const struct inode *inode)
{
	seq_printf(m, "ino:%lx ", (unsigned long)inode->i_ino);
	fsnotify_show_sdev(m, inode->i_sb);
}

void fsnotify_show_handle(struct seq_file *m, struct inode *inode)
{
	const struct export_operations *op = inode->i_sb->s_export_op;
	u32 words[MAX_HANDLE_SZ / 4];
	int len = ARRAY_SIZE(words), type;

	if (!op)
		return;
	type = op->encode_fh(inode, words, &len);
	if (type == FILEID_INVALID)
		return;
	seq_printf(m, " fhandle-bytes:%x fhandle-type:%x f_handle:", len * 4, type);
	for (int i = 0; i < len * 4; i++)
		seq_printf(m, "%02x", ((const u8 *)words)[i]);
}
