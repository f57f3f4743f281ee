/* SPDX-License-Identifier: MIT */
/* /proc/PID/mounts and mountinfo (proc(5)): the mounts that the reader's root can reach. */
#include <fs/seq_file.h>
#include "mount_tree.h"

static const struct {
	u32 flag;
	const char *text;
} sb_texts[] = {{SB_SYNCHRONOUS, ",sync"},
		{SB_DIRSYNC, ",dirsync"},
		{SB_MANDLOCK, ",mand"},
		{SB_LAZYTIME, ",lazytime"}},
  mnt_texts[] = {{MNT_NOSUID, ",nosuid"},	   {MNT_NODEV, ",nodev"},
		 {MNT_NOEXEC, ",noexec"},	   {MNT_NOATIME, ",noatime"},
		 {MNT_NODIRATIME, ",nodiratime"},  {MNT_RELATIME, ",relatime"},
		 {MNT_NOSYMFOLLOW, ",nosymfollow"}};

static void show_sb_options(struct seq_file *m, const struct super_block *sb)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sb_texts); i++)
		if (sb->s_flags & sb_texts[i].flag)
			seq_puts(m, sb_texts[i].text);
}

static void show_mnt_options(struct seq_file *m, const struct vfsmount *mnt)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(mnt_texts); i++)
		if (mnt->mnt_flags & mnt_texts[i].flag)
			seq_puts(m, mnt_texts[i].text);
}

static void show_fs_options(struct seq_file *m, const struct super_block *sb)
{
	show_sb_options(m, sb);
	if (sb->s_op->show_options)
		sb->s_op->show_options(m, sb->s_root);
}

static const char space_escapes[] = " \t\n\\#";

static bool mnt_visible(struct mount *mnt, const struct path *root, struct path *path)
{
	path->mnt = &mnt->mnt;
	path->dentry = mnt->mnt.mnt_root;
	return mnt->mnt_ns == real_mount(root->mnt)->mnt_ns && path_is_under(path, root);
}

int show_mounts(struct seq_file *m, const struct path *root)
{
	struct mount *mnt;
	struct path path;

	down_read(&namespace_sem);
	list_for_each_entry(mnt, &mount_list, mnt_list) {
		if (!mnt_visible(mnt, root, &path))
			continue;
		seq_escape(m, mnt->mnt_devname, space_escapes);
		seq_putc(m, ' ');
		seq_path(m, &path, space_escapes);
		seq_putc(m, ' ');
		seq_escape(m, mnt->mnt.mnt_sb->s_type->name, space_escapes);
		seq_puts(m, __mnt_is_readonly(&mnt->mnt) ? " ro" : " rw");
		show_sb_options(m, mnt->mnt.mnt_sb);
		show_mnt_options(m, &mnt->mnt);
		if (mnt->mnt.mnt_sb->s_op->show_options)
			mnt->mnt.mnt_sb->s_op->show_options(m, mnt->mnt.mnt_root);
		seq_puts(m, " 0 0\n");
	}
	up_read(&namespace_sem);
	return 0;
}

/* The root of a bind mount inside its file system. */
static void show_fs_root(struct seq_file *m, struct dentry *root)
{
	char *page = kmalloc(PAGE_SIZE, GFP_KERNEL), *s;

	s = page ? dentry_path_raw(root, page, PAGE_SIZE) : ERR_PTR(-ENOMEM);
	seq_escape(m, IS_ERR(s) ? "/" : s, space_escapes);
	kfree(page);
}

static void show_propagation(struct seq_file *m, struct mount *mnt, const struct path *root)
{
	int from;

	if (mnt_is_shared(mnt))
		seq_printf(m, " shared:%d", mnt->mnt_group);
	if (mnt->mnt_master) {
		seq_printf(m, " master:%d", mnt->mnt_master->mnt_group);
		from = mnt_dominating_group(mnt, root);
		if (from && from != mnt->mnt_master->mnt_group)
			seq_printf(m, " propagate_from:%d", from);
	}
	if (mnt->mnt.mnt_flags & MNT_UNBINDABLE)
		seq_puts(m, " unbindable");
}

int show_mountinfo(struct seq_file *m, const struct path *root)
{
	struct mount *mnt;
	struct path path;

	down_read(&namespace_sem);
	list_for_each_entry(mnt, &mount_list, mnt_list) {
		struct super_block *sb = mnt->mnt.mnt_sb;

		if (!mnt_visible(mnt, root, &path))
			continue;
		seq_printf(m, "%d %d %u:%u ", mnt->mnt_id, mnt->mnt_parent->mnt_id,
			   MAJOR(sb->s_dev), MINOR(sb->s_dev));
		show_fs_root(m, mnt->mnt.mnt_root);
		seq_putc(m, ' ');
		seq_path(m, &path, space_escapes);
		seq_puts(m, mnt->mnt.mnt_flags & MNT_READONLY ? " ro" : " rw");
		show_mnt_options(m, &mnt->mnt);
		show_propagation(m, mnt, root);
		seq_puts(m, " - ");
		seq_escape(m, sb->s_type->name, space_escapes);
		seq_putc(m, ' ');
		seq_escape(m, mnt->mnt_devname, space_escapes);
		seq_puts(m, sb->s_flags & SB_RDONLY ? " ro" : " rw");
		show_fs_options(m, sb);
		seq_putc(m, '\n');
	}
	up_read(&namespace_sem);
	return 0;
}
