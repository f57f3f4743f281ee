/* SPDX-License-Identifier: MIT */
/*
 * devpts: a directory of pseudo-terminal slaves, and ptmx. Every mount is an instance of its own,
 * with its own numbers from 0 on and its own options; mount(8) of a second one does not show the
 * terminals of the first. Opening a ptmx makes a pair in the instance that it stands in, or that is
 * mounted on "pts" beside it. A pair holds its instance, so that one that was unmounted goes with
 * its last terminal. Nodes are dentries that are pinned while the master is open.
 *
 * Locks: devpts_fs.lock for numbers and options; i_rwsem of the root for names, inside it.
 */
#include <lib/ida.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/sched.h>
#include <kernel/sysctl.h>
#include <fs/dcache.h>
#include <fs/devpts.h>
#include <fs/fs.h>
#include <fs/fs_parser.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/seq_file.h>
#include <uapi/magic.h>
#include <uapi/major.h>

#define PTMX_MINOR    2
#define DEFAULT_MODE  0600
#define PTMX_DEF_MODE 0
/* Inode numbers of the root and ptmx; terminals follow. */
#define ROOT_INO      1
#define PTMX_INO      2
#define FIRST_PTS_INO 3

struct devpts_options {
	uid_t uid;
	gid_t gid;
	bool set_uid, set_gid;
	umode_t mode, ptmxmode;
	unsigned int max; /* terminals at a time */
};

struct devpts_fs {
	struct mutex lock;
	struct ida numbers; /* lock */
	struct devpts_options opt; /* lock */
	struct dentry *ptmx;
};

/* pty(7): terminals of all instances, and how many there may be. */
static int pty_limit = 4096, pty_limit_max = DEVPTS_MAX;
static atomic_int pty_count;

static struct devpts_fs *DEVPTS_FS(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/* ---- instances ------------------------------------------------------------------------------- */

static const struct super_operations devpts_sops;

static bool is_devpts(const struct super_block *sb)
{
	return sb->s_op == &devpts_sops;
}

/* The directory entry "pts" beside @ptmx, if the name cache has it, as what is mounted has. */
static int pts_beside(const struct path *ptmx, struct path *pts)
{
	struct qstr name = QSTR_INIT("pts", 3);
	struct dentry *parent;

	*pts = *ptmx;
	path_get(pts);
	while (pts->dentry == pts->mnt->mnt_root)
		if (!follow_up(pts))
			break;
	parent = dget_parent(pts->dentry);
	name.hash = full_name_hash(parent, "pts", 3);
	dput(pts->dentry);
	pts->dentry = d_lookup(parent, &name);
	dput(parent);
	if (pts->dentry && d_is_positive(pts->dentry)) {
		follow_down(pts);
		return 0;
	}
	dput(pts->dentry);
	mntput(pts->mnt);
	return -ENODEV;
}

/* Where the nodes of @ptmx's instance are seen: its mount's path, owned. */
static int instance_path(const struct path *ptmx, struct path *path)
{
	int err;

	if (is_devpts(ptmx->dentry->d_sb)) {
		*path = *ptmx;
		path_get(path);
		return 0;
	}
	err = pts_beside(ptmx, path);
	if (!err &&
	    !(is_devpts(path->dentry->d_sb) && path->dentry == path->dentry->d_sb->s_root)) {
		path_put(path);
		err = -ENODEV;
	}
	return err;
}

struct super_block *devpts_acquire(const struct path *ptmx)
{
	struct super_block *sb;
	struct path path;
	int err = instance_path(ptmx, &path);

	if (err)
		return ERR_PTR(err);
	sb = path.dentry->d_sb;
	atomic_inc(&sb->s_active); /* the path's mount holds one */
	path_put(&path);
	return sb;
}

void devpts_release(struct super_block *sb)
{
	deactivate_super(sb);
}

/* ---- numbers --------------------------------------------------------------------------------- */

int devpts_new_index(struct super_block *sb)
{
	struct devpts_fs *fsi = DEVPTS_FS(sb);
	int index = -ENOSPC;

	if (atomic_inc_return(&pty_count) <= READ_ONCE(pty_limit)) {
		mutex_lock(&fsi->lock);
		if (fsi->opt.max)
			index = ida_alloc_range(&fsi->numbers, 0, fsi->opt.max - 1, GFP_KERNEL);
		mutex_unlock(&fsi->lock);
	}
	if (index < 0)
		atomic_dec(&pty_count);
	return index;
}

void devpts_free_index(struct super_block *sb, int index)
{
	struct devpts_fs *fsi = DEVPTS_FS(sb);

	mutex_lock(&fsi->lock);
	ida_free(&fsi->numbers, index);
	mutex_unlock(&fsi->lock);
	atomic_dec(&pty_count);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static struct inode *new_node(struct super_block *sb, umode_t mode, dev_t dev)
{
	struct inode *inode = new_inode_pseudo(sb);

	if (!inode)
		return NULL;
	inode->i_mode = mode;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	init_special_inode(inode, mode, dev);
	return inode;
}

/* Adds a pinned name to the root. The dentry or ERR_PTR; takes over @inode. */
static struct dentry *add_name(struct dentry *root, const char *name, struct inode *inode)
{
	struct dentry *dentry;

	inode_lock(d_inode(root));
	dentry = lookup_one_len(name, root, strlen(name));
	if (!IS_ERR(dentry) && d_is_positive(dentry)) {
		dput(dentry);
		dentry = ERR_PTR(-EEXIST);
	}
	if (IS_ERR(dentry))
		iput(inode);
	else
		d_instantiate(dentry, inode);
	inode_unlock(d_inode(root));
	return dentry;
}

struct dentry *devpts_add(struct super_block *sb, int index, dev_t dev, void *priv)
{
	struct devpts_fs *fsi = DEVPTS_FS(sb);
	struct inode *inode = new_node(sb, S_IFCHR, dev);
	char name[12];

	if (!inode)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&fsi->lock);
	inode->i_mode |= fsi->opt.mode;
	inode->i_uid = fsi->opt.set_uid ? fsi->opt.uid : current_fsuid();
	inode->i_gid = fsi->opt.set_gid ? fsi->opt.gid : current_fsgid();
	mutex_unlock(&fsi->lock);
	inode->i_ino = index + FIRST_PTS_INO;
	inode->i_private = priv;
	snprintf(name, sizeof(name), "%d", index);
	return add_name(sb->s_root, name, inode);
}

void *devpts_private(const struct inode *inode)
{
	return is_devpts(inode->i_sb) ? inode->i_private : NULL;
}

void devpts_remove(struct dentry *dentry)
{
	struct inode *root = d_inode(dentry->d_sb->s_root);

	d_inode(dentry)->i_private = NULL;
	inode_lock(root);
	drop_nlink(d_inode(dentry));
	d_drop(dentry);
	inode_unlock(root);
	dput(dentry);
}

struct file *devpts_open_peer(const struct path *ptmx, struct dentry *dentry, int flags)
{
	struct path path;
	struct file *file;
	int err = instance_path(ptmx, &path);

	if (!err && path.dentry->d_sb != dentry->d_sb) {
		path_put(&path);
		err = -ENODEV;
	}
	if (err)
		return ERR_PTR(err);
	file = dentry_open(&(struct path){.mnt = path.mnt, .dentry = dentry}, flags,
			   current_cred());
	path_put(&path);
	return file;
}

/* ---- options --------------------------------------------------------------------------------- */

enum { OPT_NONE, OPT_UID, OPT_GID, OPT_MODE, OPT_PTMXMODE, OPT_MAX };

static const struct match_option devpts_options[] = {
	{"uid", OPT_U32, OPT_UID},	     {"gid", OPT_U32, OPT_GID},
	{"mode", OPT_OCTAL, OPT_MODE},	     {"ptmxmode", OPT_OCTAL, OPT_PTMXMODE},
	{"max", OPT_U32, OPT_MAX},	     {"rw", OPT_FLAG, OPT_NONE},
	{"newinstance", OPT_FLAG, OPT_NONE}, /* true of every mount */
};

static int set_option(void *ctx, int token, const struct match_result *r)
{
	struct devpts_options *opt = ctx;

	switch (token) {
	case OPT_UID:
		opt->uid = (uid_t)r->number;
		opt->set_uid = true;
		return 0;
	case OPT_GID:
		opt->gid = (gid_t)r->number;
		opt->set_gid = true;
		return 0;
	case OPT_MODE:
		opt->mode = r->number & S_IRWXUGO;
		return 0;
	case OPT_PTMXMODE:
		opt->ptmxmode = r->number & S_IRWXUGO;
		return 0;
	case OPT_MAX:
		opt->max = (unsigned int)r->number;
		return r->number > DEVPTS_MAX ? -EINVAL : 0;
	default:
		return 0;
	}
}

/* What is not named has its default, at a remount as well. */
static int parse_options(struct devpts_options *opt, char *data)
{
	*opt = (struct devpts_options){
		.mode = DEFAULT_MODE, .ptmxmode = PTMX_DEF_MODE, .max = DEVPTS_MAX};
	return parse_mount_options("devpts", data, devpts_options, ARRAY_SIZE(devpts_options),
				   set_option, opt);
}

static int devpts_remount(struct super_block *sb, unsigned int *flags, char *data)
{
	struct devpts_fs *fsi = DEVPTS_FS(sb);
	struct devpts_options opt;
	int err = parse_options(&opt, data);

	if (err)
		return err;
	mutex_lock(&fsi->lock);
	fsi->opt = opt;
	d_inode(fsi->ptmx)->i_mode = S_IFCHR | opt.ptmxmode;
	mutex_unlock(&fsi->lock);
	return 0;
}

static int devpts_show_options(struct seq_file *m, struct dentry *root)
{
	struct devpts_fs *fsi = DEVPTS_FS(root->d_sb);

	mutex_lock(&fsi->lock);
	if (fsi->opt.set_uid)
		seq_printf(m, ",uid=%u", fsi->opt.uid);
	if (fsi->opt.set_gid)
		seq_printf(m, ",gid=%u", fsi->opt.gid);
	seq_printf(m, ",mode=%03o,ptmxmode=%03o", fsi->opt.mode, fsi->opt.ptmxmode);
	if (fsi->opt.max < DEVPTS_MAX)
		seq_printf(m, ",max=%u", fsi->opt.max);
	mutex_unlock(&fsi->lock);
	return 0;
}

/* ---- mounting -------------------------------------------------------------------------------- */

static void devpts_put_super(struct super_block *sb)
{
	struct devpts_fs *fsi = DEVPTS_FS(sb);

	if (!fsi)
		return;
	ida_destroy(&fsi->numbers);
	kfree(fsi);
	sb->s_fs_info = NULL;
}

static const struct super_operations devpts_sops = {
	.statfs = simple_statfs,
	.put_super = devpts_put_super,
	.remount_fs = devpts_remount,
	.show_options = devpts_show_options,
};

static int make_root(struct super_block *sb)
{
	struct inode *root = new_inode_pseudo(sb);

	if (!root)
		return -ENOMEM;
	root->i_ino = ROOT_INO;
	root->i_mode = S_IFDIR | 0755;
	root->i_atime = root->i_mtime = root->i_ctime = current_time(root);
	root->i_op = &simple_dir_inode_operations;
	root->i_fop = &simple_dir_operations;
	inode_set_nlink(root, 2);
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int devpts_fill_super(struct super_block *sb, void *data, int silent)
{
	struct devpts_fs *fsi = kzalloc(sizeof(*fsi), GFP_KERNEL);
	struct inode *ptmx;
	int err;

	sb->s_op = &devpts_sops;
	sb->s_magic = DEVPTS_SUPER_MAGIC;
	sb->s_fs_info = fsi;
	if (!fsi)
		return -ENOMEM;
	mutex_init(&fsi->lock);
	ida_init(&fsi->numbers);
	err = parse_options(&fsi->opt, data);
	if (!err)
		err = make_root(sb);
	if (err)
		return err;
	ptmx = new_node(sb, S_IFCHR | fsi->opt.ptmxmode, MKDEV(TTYAUX_MAJOR, PTMX_MINOR));
	if (!ptmx)
		return -ENOMEM;
	ptmx->i_ino = PTMX_INO;
	fsi->ptmx = add_name(sb->s_root, "ptmx", ptmx);
	return PTR_ERR_OR_ZERO(fsi->ptmx);
}

static struct dentry *devpts_mount(const struct file_system_type *type, unsigned int flags,
				   const char *source, char *data)
{
	return mount_nodev(type, flags, data, devpts_fill_super);
}

static struct file_system_type devpts_type = {
	.name = "devpts",
	.fs_flags = FS_USERNS_MOUNT,
	.mount = devpts_mount,
	.kill_sb = kill_litter_super,
};

static const struct ctl_table pty_table[] = {
	{.procname = "max",
	 .data = &pty_limit,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = proc_dointvec_minmax,
	 .extra1 = &(const int){0},
	 .extra2 = &pty_limit_max},
	{.procname = "nr",
	 .data = &pty_count,
	 .maxlen = sizeof(int),
	 .mode = 0444,
	 .proc_handler = proc_dointvec},
};

static int devpts_init(void)
{
	int err = register_filesystem(&devpts_type);

	return err ? err : register_sysctl("kernel/pty", pty_table, ARRAY_SIZE(pty_table));
}
core_initcall(devpts_init);
