/* SPDX-License-Identifier: MIT */
/*
 * Files in memory. Names are pinned dentries (fs/libfs.c), contents are shared-memory objects
 * (mm/shmem.c). A file of an uncompressed initramfs starts as a view of the archive
 * (tmpfs_set_backing()).
 */
#include <lib/err.h>
#include <fs/fileattr.h>
#include <fs/initramfs.h>
#include <uapi/fs.h>
#include <uapi/magic.h>
#include "tmpfs.h"

static struct kmem_cache *tmpfs_inode_cache __ro_after_init;

static const struct inode_operations tmpfs_dir_iops, tmpfs_file_iops, tmpfs_link_iops,
	tmpfs_special_iops;

static const struct file_operations tmpfs_file_fops = {
	.llseek = shmem_file_llseek,
	.read_iter = shmem_file_read_iter,
	.write_iter = shmem_file_write_iter,
	.mmap = shmem_mmap,
	.fallocate = PTR_IF(CONFIG_FALLOCATE, shmem_fallocate),
	.fsync = noop_fsync,
};

/* ---- inodes ---------------------------------------------------------------------------------- */

static struct inode *tmpfs_alloc_inode(struct super_block *sb)
{
	struct tmpfs_inode *ti = kmem_cache_alloc(tmpfs_inode_cache, GFP_KERNEL);

	return ti ? &ti->vfs : NULL;
}

static void tmpfs_free_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_link);
	kmem_cache_free(tmpfs_inode_cache, tmpfs_i(inode));
}

static void tmpfs_evict_inode(struct inode *inode)
{
	if (S_ISREG(inode->i_mode))
		shmem_object_destroy(&tmpfs_i(inode)->obj);
	tmpfs_xattr_free(inode);
	tmpfs_forget_handle(inode);
	atomic_long_dec(&tmpfs_sb(inode->i_sb)->inodes);
}

static bool reserve_inode(struct tmpfs_sb *sbi)
{
	long n = atomic_long_inc_return(&sbi->inodes);

	if (likely(!sbi->max_inodes || n <= sbi->max_inodes))
		return true;
	atomic_long_dec(&sbi->inodes);
	return false;
}

static void set_type(struct inode *inode, dev_t dev)
{
	struct tmpfs_inode *ti = tmpfs_i(inode);

	switch (inode->i_mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &tmpfs_file_iops;
		inode->i_fop = &tmpfs_file_fops;
		shmem_object_init(&ti->obj, inode, &tmpfs_sb(inode->i_sb)->blocks);
		inode->i_mapping = &ti->obj.mapping;
		break;
	case S_IFDIR:
		inode->i_op = &tmpfs_dir_iops;
		inode->i_fop = &simple_dir_operations;
		inode->i_flags |= S_ALLCACHED;
		inc_nlink(inode); /* "." */
		break;
	case S_IFLNK:
		inode->i_op = &tmpfs_link_iops;
		break;
	default:
		inode->i_op = &tmpfs_special_iops;
		init_special_inode(inode, inode->i_mode, dev);
	}
}

/* As shmem's inodes on Linux: what chattr(1) may set, and what new files take from a directory. */
#define FS_MODIFIABLE (FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL)
#define FS_INHERITED  (FS_NODUMP_FL | FS_NOATIME_FL)

static void set_fsflags(struct inode *inode, u32 flags)
{
	tmpfs_i(inode)->fsflags = flags;
	inode->i_flags = (inode->i_flags & ~S_FILEATTR) | fileattr_to_iflags(flags);
}

static int tmpfs_fileattr_get(struct inode *inode, u32 *flags)
{
	*flags = tmpfs_i(inode)->fsflags & FS_FL_USER_VISIBLE;
	return 0;
}

static int tmpfs_fileattr_set(struct inode *inode, u32 flags)
{
	if (flags & ~FS_MODIFIABLE)
		return -EOPNOTSUPP;
	set_fsflags(inode, flags);
	inode->i_ctime = current_time(inode);
	return 0;
}

struct inode *tmpfs_new_inode(struct super_block *sb, struct inode *dir, umode_t mode, dev_t dev)
{
	struct inode *inode;

	if (!reserve_inode(tmpfs_sb(sb)))
		return NULL;
	inode = new_inode_pseudo(sb);
	if (!inode) {
		atomic_long_dec(&tmpfs_sb(sb)->inodes);
		return NULL;
	}
	inode_init_owner(inode, dir, mode);
	inode->i_flags |= S_FASTATTR | S_PAGEBLOCKS;
	set_type(inode, dev);
	tmpfs_i(inode)->exported = false;
	tmpfs_i(inode)->fsflags = 0;
	if (unlikely(dir && tmpfs_i(dir)->fsflags))
		set_fsflags(inode, tmpfs_i(dir)->fsflags & FS_INHERITED);
	tmpfs_xattr_init(inode);
	cache_no_acl(inode);
	if (dir && simple_acl_create(dir, inode)) {
		iput(inode);
		return NULL;
	}
	return inode;
}

/* ---- directory operations -------------------------------------------------------------------- */

/* Gives the new @inode the name @dentry: pinned, and counted in the directory. */
static void add_name(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	dget(dentry);
	dir->i_mtime = dir->i_ctime = inode->i_ctime;
	d_instantiate(dentry, inode);
}

static int tmpfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	struct inode *inode = tmpfs_new_inode(dir->i_sb, dir, mode, dev);

	if (!inode)
		return -ENOSPC;
	add_name(dir, dentry, inode);
	return 0;
}

static int tmpfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return tmpfs_mknod(dir, dentry, mode | S_IFREG, 0);
}

static int tmpfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int err = tmpfs_mknod(dir, dentry, mode | S_IFDIR, 0);

	if (!err)
		inc_nlink(dir);
	return err;
}

static int tmpfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	size_t len = strlen(target);
	char *text = kmemdup(target, len + 1, GFP_KERNEL);
	struct inode *inode;

	if (!text)
		return -ENOMEM;
	inode = tmpfs_new_inode(dir->i_sb, dir, S_IFLNK | S_IRWXUGO, 0);
	if (!inode) {
		kfree(text);
		return -ENOSPC;
	}
	inode->i_link = text;
	inode->i_size = len;
	add_name(dir, dentry, inode);
	return 0;
}

static int tmpfs_tmpfile(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *inode = tmpfs_new_inode(dir->i_sb, dir, mode | S_IFREG, 0);

	if (!inode)
		return -ENOSPC;
	clear_nlink(inode);
	inode->i_flags |= S_LINKABLE;
	d_set_inode_pseudo(dentry, inode);
	return 0;
}

/* ---- attributes ------------------------------------------------------------------------------ */

static int tmpfs_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	int err = setattr_prepare(dentry, attr);

	if (err)
		return err;
	if (attr->ia_valid & ATTR_SIZE) {
		err = shmem_setsize(inode, attr->ia_size);
		if (err)
			return err;
		attr->ia_valid |= ATTR_MTIME | ATTR_CTIME;
	}
	setattr_copy(inode, attr);
	return 0;
}

static const struct inode_operations tmpfs_dir_iops = {
	.lookup = simple_lookup,
	.create = tmpfs_create,
	.mkdir = tmpfs_mkdir,
	.mknod = tmpfs_mknod,
	.symlink = tmpfs_symlink,
	.link = simple_link,
	.unlink = simple_unlink,
	.rmdir = simple_rmdir,
	.rename = PTR_IF(CONFIG_LINK_SYSCALLS, simple_rename),
	.tmpfile = tmpfs_tmpfile,
	.setattr = tmpfs_setattr,
	.listxattr = tmpfs_listxattr,
	.set_acl = simple_set_acl,
	.fileattr_get = tmpfs_fileattr_get,
	.fileattr_set = tmpfs_fileattr_set,
};

static const struct inode_operations tmpfs_file_iops = {
	.setattr = tmpfs_setattr,
	.listxattr = tmpfs_listxattr,
	.set_acl = simple_set_acl,
	.fileattr_get = tmpfs_fileattr_get,
	.fileattr_set = tmpfs_fileattr_set,
};

static const struct inode_operations tmpfs_link_iops = {
	.get_link = simple_get_link,
	.setattr = tmpfs_setattr,
	.listxattr = tmpfs_listxattr,
};

static const struct inode_operations tmpfs_special_iops = {
	.setattr = tmpfs_setattr,
	.listxattr = tmpfs_listxattr,
	.set_acl = simple_set_acl,
};

/* ---- super blocks ---------------------------------------------------------------------------- */

static int tmpfs_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct tmpfs_sb *sbi = tmpfs_sb(dentry->d_sb);

	buf->f_type = dentry->d_sb->s_magic;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX_LEN;
	if (sbi->blocks.max) {
		buf->f_blocks = sbi->blocks.max;
		buf->f_bfree =
			max_t(long, sbi->blocks.max - atomic_long_read(&sbi->blocks.used), 0);
		buf->f_bavail = buf->f_bfree;
	}
	if (sbi->max_inodes) {
		buf->f_files = sbi->max_inodes;
		buf->f_ffree = max_t(long, sbi->max_inodes - atomic_long_read(&sbi->inodes), 0);
	}
	return 0;
}

static void tmpfs_put_super(struct super_block *sb)
{
	kfree(sb->s_fs_info);
}

struct super_operations tmpfs_sops __ro_after_init = {
	.alloc_inode = tmpfs_alloc_inode,
	.free_inode = tmpfs_free_inode,
	.evict_inode = tmpfs_evict_inode,
	.statfs = PTR_IF(CONFIG_STATFS, tmpfs_statfs),
	.put_super = tmpfs_put_super,
};

/* @data: the options, as a struct tmpfs_sb that the super block gets a copy of. */
int tmpfs_fill_super(struct super_block *sb, void *data, int silent)
{
	struct tmpfs_sb *sbi = kmemdup(data, sizeof(*sbi), GFP_KERNEL);
	struct inode *root;

	if (!sbi)
		return -ENOMEM;
	sb->s_fs_info = sbi;
	sb->s_magic = sb->s_type->fs_flags & FS_TMPFS_MAGIC ? TMPFS_MAGIC : RAMFS_MAGIC;
	sb->s_op = &tmpfs_sops;
	sb->s_xattr = tmpfs_xattr_handlers;
	sb->s_export_op = PTR_IF(CONFIG_FILE_HANDLES, &tmpfs_export_ops);
	spin_lock_init(&sbi->handle_lock);
	xa_init(&sbi->handles);
	if (IS_ENABLED(CONFIG_POSIX_ACL))
		sb->s_flags |= SB_POSIXACL;
	root = tmpfs_new_inode(sb, NULL, S_IFDIR | sbi->mode, 0);
	if (root) {
		root->i_uid = sbi->uid;
		root->i_gid = sbi->gid;
	}
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

/* ramfs: no limits, no options. */
static struct dentry *ramfs_mount(const struct file_system_type *type, unsigned int flags,
				  const char *dev_name, char *data)
{
	struct tmpfs_sb options = {.mode = 0755, .uid = current_fsuid(), .gid = current_fsgid()};

	return mount_nodev(type, flags, &options, tmpfs_fill_super);
}

/*
 * rootfs: a tmpfs where there are any, so what is written to / cannot fill all memory and
 * statfs(2) says how much there is. What lies in the initramfs's archive does not count.
 */
static struct dentry *rootfs_mount(const struct file_system_type *type, unsigned int flags,
				   const char *dev_name, char *data)
{
	struct tmpfs_sb options = {.mode = 0755};

	if (IS_ENABLED(CONFIG_TMPFS))
		options.blocks.max = tmpfs_default_blocks();
	return mount_nodev(type, flags, &options, tmpfs_fill_super);
}

static struct file_system_type rootfs_type = {
	.name = "rootfs",
	.fs_flags = IS_ENABLED(CONFIG_TMPFS) ? FS_TMPFS_MAGIC : 0,
	.mount = rootfs_mount,
	.kill_sb = kill_litter_super,
};
static struct file_system_type ramfs_type = {
	.name = "ramfs", .mount = ramfs_mount, .kill_sb = kill_litter_super};

void ramfs_init(void)
{
	tmpfs_inode_cache = kmem_cache_create("tmpfs_inode", sizeof(struct tmpfs_inode), 0,
					      SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, NULL);
	register_filesystem(&rootfs_type);
	register_filesystem(&ramfs_type);
}

/* The file's contents are @data until they are written: the archive is not copied. */
int tmpfs_set_backing(struct file *file, const void *data, size_t len)
{
	struct inode *inode = file_inode(file);
	struct tmpfs_inode *ti = tmpfs_i(inode);

	if (inode->i_sb->s_op != &tmpfs_sops)
		return -EINVAL;
	ti->obj.backing = data;
	ti->obj.backing_len = len;
	inode->i_blocks = ALIGN(len, PAGE_SIZE) >> 9;
	i_size_write(inode, len);
	return 0;
}
