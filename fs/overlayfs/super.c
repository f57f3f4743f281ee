/* SPDX-License-Identifier: MIT */
/* overlayfs: mounting, "lowerdir=a:b,upperdir=c,workdir=d". */
#include <fs/fs_parser.h>
#include <kernel/init.h>
#include <fs/seq_file.h>
#include <uapi/magic.h>
#include "overlayfs.h"

static struct kmem_cache *ovl_inode_cache __ro_after_init;

/* ---- inodes ---------------------------------------------------------------------------------- */

static struct inode *ovl_alloc_inode(struct super_block *sb)
{
	struct ovl_inode *oi = kmem_cache_alloc(ovl_inode_cache, GFP_KERNEL);

	if (!oi)
		return NULL;
	oi->upper = NULL;
	oi->lower = NULL;
	oi->nr_lower = 0;
	RB_CLEAR_NODE(&oi->key_node);
	return &oi->vfs;
}

static void ovl_free_inode(struct inode *inode)
{
	kmem_cache_free(ovl_inode_cache, ovl_i(inode));
}

static void ovl_evict_inode(struct inode *inode)
{
	ovl_forget_inode(inode);
	ovl_free_layers(ovl_i(inode));
}

/* ---- the super block ------------------------------------------------------------------------- */

static void free_fs(struct ovl_fs *ofs)
{
	dput(ofs->workdir);
	mntput(ofs->upper_mnt);
	for (unsigned int i = 0; i < ofs->nr_lower; i++)
		mntput(ofs->lower_mnt[i]);
	if (ofs->cred)
		put_cred(ofs->cred);
	kfree(ofs->lowerdir);
	kfree(ofs->upperdir);
	kfree(ofs->workdir_name);
	kfree(ofs);
}

static void ovl_put_super(struct super_block *sb)
{
	if (sb->s_fs_info)
		free_fs(sb->s_fs_info);
}

static int ovl_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct path real = ovl_real(dentry->d_sb->s_root->d_inode);
	int err = vfs_statfs(&real, buf);

	buf->f_type = OVERLAYFS_SUPER_MAGIC;
	buf->f_fsid = 0;
	return err;
}

static int ovl_sync_fs(struct super_block *sb, int wait)
{
	struct ovl_fs *ofs = ovl_fs(sb);

	return ofs->upper_mnt ? sync_filesystem(ofs->upper_mnt->mnt_sb) : 0;
}

static int ovl_remount(struct super_block *sb, unsigned int *flags, char *data)
{
	return !(*flags & SB_RDONLY) && !ovl_fs(sb)->upper_mnt ? -EROFS : 0;
}

static int ovl_show_options(struct seq_file *m, struct dentry *root)
{
	struct ovl_fs *ofs = ovl_fs(root->d_sb);

	seq_puts(m, ",lowerdir=");
	seq_escape(m, ofs->lowerdir, " \t\n\\,");
	if (ofs->upperdir) {
		seq_puts(m, ",upperdir=");
		seq_escape(m, ofs->upperdir, " \t\n\\,");
		seq_puts(m, ",workdir=");
		seq_escape(m, ofs->workdir_name, " \t\n\\,");
	}
	return 0;
}

static const struct super_operations ovl_sops = {
	.alloc_inode = ovl_alloc_inode,
	.free_inode = ovl_free_inode,
	.evict_inode = ovl_evict_inode,
	.put_super = ovl_put_super,
	.statfs = ovl_statfs,
	.sync_fs = ovl_sync_fs,
	.remount_fs = ovl_remount,
	.show_options = ovl_show_options,
};

/* ---- options --------------------------------------------------------------------------------- */

enum { OPT_LOWER, OPT_UPPER, OPT_WORK, OPT_OFF, OPT_IGNORED };

static const struct match_option ovl_options[] = {
	{"lowerdir", OPT_STRING, OPT_LOWER},
	{"upperdir", OPT_STRING, OPT_UPPER},
	{"workdir", OPT_STRING, OPT_WORK},
	{"redirect_dir", OPT_STRING, OPT_OFF},
	{"index", OPT_STRING, OPT_OFF},
	{"metacopy", OPT_STRING, OPT_OFF},
	{"nfs_export", OPT_STRING, OPT_OFF},
	{"xino", OPT_STRING, OPT_OFF},
	{"default_permissions", OPT_FLAG, OPT_IGNORED},
};

static int keep_text(char **where, const char *text)
{
	kfree(*where);
	*where = kstrdup(text, GFP_KERNEL);
	return *where ? 0 : -ENOMEM;
}

/* Features that are not built may be named to be turned off. */
static int check_off(const char *text)
{
	return strcmp(text, "off") && strcmp(text, "nofollow") && strcmp(text, "auto") ? -EINVAL :
											 0;
}

static int set_option(void *ctx, int token, const struct match_result *r)
{
	struct ovl_fs *ofs = ctx;

	switch (token) {
	case OPT_LOWER:
		return keep_text(&ofs->lowerdir, r->text);
	case OPT_UPPER:
		return keep_text(&ofs->upperdir, r->text);
	case OPT_WORK:
		return keep_text(&ofs->workdir_name, r->text);
	case OPT_OFF:
		return check_off(r->text);
	default:
		return 0;
	}
}

static int parse_options(struct ovl_fs *ofs, char *data)
{
	int err = parse_mount_options("overlayfs", data, ovl_options, ARRAY_SIZE(ovl_options),
				      set_option, ofs);

	if (!err && (!ofs->lowerdir || !ofs->upperdir != !ofs->workdir_name)) {
		pr_err("overlayfs: lowerdir is needed, and workdir with upperdir\n");
		err = -EINVAL;
	}
	return err;
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* A private mount of the directory @name, so that unmounting the original is nobody's business. */
static struct vfsmount *layer_mount(const char *name)
{
	struct path path;
	struct mount *m;
	int err = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return ERR_PTR(err);
	if (path.mnt->mnt_sb->s_op == &ovl_sops) {
		pr_err("overlayfs: '%s' is an overlay itself\n", name);
		path_put(&path);
		return ERR_PTR(-EINVAL);
	}
	down_write(&namespace_sem);
	m = clone_mnt(real_mount(path.mnt), path.dentry, CLONE_PRIVATE);
	up_write(&namespace_sem);
	path_put(&path);
	return IS_ERR(m) ? ERR_CAST(m) : &m->mnt;
}

static int open_lower(struct ovl_fs *ofs)
{
	char *names = kstrdup(ofs->lowerdir, GFP_KERNEL), *name, *next;
	int err = names ? 0 : -ENOMEM;

	for (name = names; name && !err; name = next) {
		struct vfsmount *mnt;

		next = strchr(name, ':');
		if (next)
			*next++ = 0;
		if (ofs->nr_lower == OVL_MAX_LOWER) {
			err = -EINVAL;
			break;
		}
		mnt = layer_mount(name);
		err = PTR_ERR_OR_ZERO(mnt);
		if (!err)
			ofs->lower_mnt[ofs->nr_lower++] = mnt;
	}
	kfree(names);
	return err;
}

/* "work" in the directory of the option, empty but for what a crash left. */
static int make_workdir(struct ovl_fs *ofs, struct vfsmount *mnt)
{
	struct dentry *base = mnt->mnt_root, *work;
	int err = 0;

	inode_lock(base->d_inode);
	work = lookup_one_len("work", base, 4);
	if (!IS_ERR(work) && d_is_negative(work))
		err = vfs_mkdir(base->d_inode, work, 0);
	else if (!IS_ERR(work) && !d_is_dir(work))
		err = -ENOTDIR;
	inode_unlock(base->d_inode);
	if (IS_ERR(work))
		return PTR_ERR(work);
	if (err)
		dput(work);
	else
		ofs->workdir = work;
	return err;
}

static int open_upper(struct ovl_fs *ofs)
{
	struct dentry *upper;
	struct vfsmount *work;
	int err;

	ofs->upper_mnt = layer_mount(ofs->upperdir);
	if (IS_ERR(ofs->upper_mnt)) {
		err = PTR_ERR(ofs->upper_mnt);
		ofs->upper_mnt = NULL;
		return err;
	}
	work = layer_mount(ofs->workdir_name);
	if (IS_ERR(work))
		return PTR_ERR(work);
	upper = ofs->upper_mnt->mnt_root;
	err = -EINVAL;
	if (work->mnt_sb != ofs->upper_mnt->mnt_sb || is_subdir(work->mnt_root, upper) ||
	    is_subdir(upper, work->mnt_root)) {
		pr_err("overlayfs: workdir and upperdir must be separate on one file system\n");
	} else {
		err = mnt_want_write(ofs->upper_mnt);
		if (!err) {
			err = make_workdir(ofs, work);
			mnt_drop_write(ofs->upper_mnt);
		}
	}
	mntput(work);
	return err;
}

static struct dentry *make_root(struct super_block *sb, struct ovl_fs *ofs)
{
	struct ovl_lower *lower = kmalloc_array(ofs->nr_lower, sizeof(*lower), GFP_KERNEL);

	if (!lower)
		return NULL;
	for (unsigned int i = 0; i < ofs->nr_lower; i++) {
		lower[i].mnt = ofs->lower_mnt[i];
		lower[i].dentry = dget(ofs->lower_mnt[i]->mnt_root);
	}
	return d_make_root(ovl_new_inode(sb, ofs->upper_mnt ? dget(ofs->upper_mnt->mnt_root) : NULL,
					 lower, ofs->nr_lower));
}

/* Taken before that of the layers, which the lock checker knows by another name. */
static void init_rename_mutex(struct super_block *sb)
{
	struct mutex *ovl_rename_mutex = &sb->s_rename_mutex;

	mutex_init(ovl_rename_mutex);
}

static int ovl_fill_super(struct super_block *sb, void *data, int silent)
{
	struct ovl_fs *ofs = kzalloc(sizeof(*ofs), GFP_KERNEL);
	int err;

	if (!ofs)
		return -ENOMEM;
	init_rename_mutex(sb);
	spin_lock_init(&ofs->inode_lock);
	sb->s_fs_info = ofs;
	sb->s_op = &ovl_sops;
	sb->s_magic = OVERLAYFS_SUPER_MAGIC;
	sb->s_xattr = ovl_xattr_handlers;
	if (!data)
		return -EINVAL;
	ofs->cred = get_cred(current_cred());
	err = parse_options(ofs, data);
	if (!err)
		err = open_lower(ofs);
	if (!err && ofs->upperdir)
		err = open_upper(ofs);
	if (err)
		return err;
	if (!ofs->upper_mnt)
		sb->s_flags |= SB_RDONLY;
	sb->s_root = make_root(sb, ofs);
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *ovl_mount(const struct file_system_type *type, unsigned int flags,
				const char *dev_name, char *data)
{
	return mount_nodev(type, flags, data, ovl_fill_super);
}

static struct file_system_type ovl_type = {
	.name = "overlay", .mount = ovl_mount, .kill_sb = kill_anon_super};

static int __init ovl_init(void)
{
	ovl_inode_cache = KMEM_CACHE(ovl_inode, SLAB_RECLAIM_ACCOUNT);
	return ovl_inode_cache ? register_filesystem(&ovl_type) : -ENOMEM;
}
fs_initcall(ovl_init);
