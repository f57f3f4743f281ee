/* SPDX-License-Identifier: MIT */
/*
 * devpts: a directory of pseudo-terminal slaves, and ptmx. The super block is mounted inside the
 * kernel from boot on; mounting it anywhere shows the same tree. Nodes are dentries that are pinned
 * while the master is open.
 */
#include <lib/ida.h>
#include <lib/printf.h>
#include <lib/kstrtox.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/sched.h>
#include <fs/dcache.h>
#include <fs/devpts.h>
#include <fs/fs.h>
#include <fs/mount.h>
#include <fs/seq_file.h>
#include <uapi/magic.h>
#include <uapi/major.h>

#define PTMX_MINOR    2
#define DEFAULT_MODE  0600
#define PTMX_DEF_MODE 0

/* (m) devpts_lock. */
static DEFINE_MUTEX(devpts_lock);
static DEFINE_IDA(pty_numbers); /* (m) */
static struct vfsmount *devpts_mnt;
static struct dentry *ptmx_dentry; /* (m) */

static struct {
	uid_t uid;
	gid_t gid;
	bool set_uid, set_gid;
	umode_t mode, ptmxmode;
} options = {.mode = DEFAULT_MODE, .ptmxmode = PTMX_DEF_MODE}; /* (m) */

int devpts_new_index(void)
{
	int index;

	mutex_lock(&devpts_lock);
	index = ida_alloc_range(&pty_numbers, 0, DEVPTS_MAX - 1, GFP_KERNEL);
	mutex_unlock(&devpts_lock);
	return index;
}

void devpts_free_index(int index)
{
	mutex_lock(&devpts_lock);
	ida_free(&pty_numbers, index);
	mutex_unlock(&devpts_lock);
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

struct dentry *devpts_add(int index, dev_t dev)
{
	struct inode *inode = new_node(devpts_mnt->mnt_sb, S_IFCHR | options.mode, dev);
	char name[12];

	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_ino = index + 3;
	inode->i_uid = options.set_uid ? options.uid : current_fsuid();
	inode->i_gid = options.set_gid ? options.gid : current_fsgid();
	snprintf(name, sizeof(name), "%d", index);
	return add_name(devpts_mnt->mnt_root, name, inode);
}

void devpts_remove(struct dentry *dentry)
{
	struct inode *root = d_inode(devpts_mnt->mnt_root);

	inode_lock(root);
	drop_nlink(d_inode(dentry));
	d_drop(dentry);
	inode_unlock(root);
	dput(dentry);
}

struct file *devpts_open_peer(struct dentry *dentry, int flags)
{
	struct path path = {.mnt = devpts_mnt, .dentry = dentry};

	return dentry_open(&path, flags, current_cred());
}

/* ---- mounting -------------------------------------------------------------------------------- */

/* One "name=value"; unknown names are refused. */
static int parse_option(char *option)
{
	char *value = strchr(option, '=');
	unsigned int n;

	if (!strcmp(option, "newinstance") || !strcmp(option, "rw"))
		return 0;
	if (!value)
		return -EINVAL;
	*value++ = '\0';
	if (!strcmp(option, "uid") || !strcmp(option, "gid")) {
		if (kstrtouint(value, 10, &n))
			return -EINVAL;
		if (*option == 'u') {
			options.uid = n;
			options.set_uid = true;
		} else {
			options.gid = n;
			options.set_gid = true;
		}
		return 0;
	}
	if (kstrtouint(value, 8, &n))
		return -EINVAL;
	if (!strcmp(option, "mode"))
		options.mode = n & S_IRWXUGO;
	else if (!strcmp(option, "ptmxmode"))
		options.ptmxmode = n & S_IRWXUGO;
	else
		return strcmp(option, "max") ? -EINVAL : 0;
	return 0;
}

static int parse_options(char *data)
{
	char *option;
	int err = 0;

	mutex_lock(&devpts_lock);
	while (!err && data && (option = strsep(&data, ",")) != NULL)
		if (*option)
			err = parse_option(option);
	if (ptmx_dentry)
		d_inode(ptmx_dentry)->i_mode = S_IFCHR | options.ptmxmode;
	mutex_unlock(&devpts_lock);
	return err;
}

static int devpts_remount(struct super_block *sb, unsigned int *flags, char *data)
{
	return parse_options(data);
}

static int devpts_show_options(struct seq_file *m, struct dentry *root)
{
	if (options.set_uid)
		seq_printf(m, ",uid=%u", options.uid);
	if (options.set_gid)
		seq_printf(m, ",gid=%u", options.gid);
	seq_printf(m, ",mode=%03o,ptmxmode=%03o", options.mode, options.ptmxmode);
	return 0;
}

static const struct super_operations devpts_sops = {
	.statfs = simple_statfs,
	.remount_fs = devpts_remount,
	.show_options = devpts_show_options,
};

static int devpts_fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *root = new_inode_pseudo(sb), *ptmx;

	if (!root)
		return -ENOMEM;
	sb->s_op = &devpts_sops;
	sb->s_magic = DEVPTS_SUPER_MAGIC;
	root->i_ino = 1;
	root->i_mode = S_IFDIR | 0755;
	root->i_atime = root->i_mtime = root->i_ctime = current_time(root);
	root->i_op = &simple_dir_inode_operations;
	root->i_fop = &simple_dir_operations;
	inode_set_nlink(root, 2);
	sb->s_root = d_make_root(root);
	if (!sb->s_root)
		return -ENOMEM;
	ptmx = new_node(sb, S_IFCHR | options.ptmxmode, MKDEV(TTYAUX_MAJOR, PTMX_MINOR));
	if (!ptmx)
		return -ENOMEM;
	ptmx->i_ino = 2;
	ptmx_dentry = add_name(sb->s_root, "ptmx", ptmx);
	return PTR_ERR_OR_ZERO(ptmx_dentry);
}

static struct dentry *devpts_get_tree(const struct file_system_type *type, unsigned int flags,
				      const char *source, char *data)
{
	int err = parse_options(data);

	return err ? ERR_PTR(err) : mount_single(type, flags, NULL, devpts_fill_super);
}

static struct file_system_type devpts_type = {
	.name = "devpts",
	.fs_flags = FS_USERNS_MOUNT,
	.mount = devpts_get_tree,
	.kill_sb = kill_litter_super,
};

static int devpts_init(void)
{
	int err = register_filesystem(&devpts_type);

	if (err)
		return err;
	devpts_mnt = kern_mount(&devpts_type);
	return PTR_ERR_OR_ZERO(devpts_mnt);
}
core_initcall(devpts_init);
