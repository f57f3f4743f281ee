/* SPDX-License-Identifier: MIT */
/*
 * Super blocks.
 *
 * A super block lives from the type's mount() to the drop of its last active reference, one of
 * which each mount holds. All are on super_blocks; sb_lock guards that list and who is first to
 * find a dying one.
 */
#include <lib/err.h>
#include <lib/ida.h>
#include <kernel/rcupdate.h>
#include <mm/pagemap.h>
#include <fs/fsnotify.h>
#include <fs/landlock.h>
#include <fs/seq_file.h>
#include <fs/writeback.h>
#include <uapi/statfs.h>
#include "internal.h"

static DEFINE_SPINLOCK(sb_lock);
static LIST_HEAD(super_blocks); /* sb_lock */

static DEFINE_MUTEX(anon_dev_lock);
/* Two first mounts of a type with one instance make one super block. */
static DEFINE_MUTEX(single_lock);
static DEFINE_IDA(anon_devs); /* anon_dev_lock */

const struct super_operations simple_super_operations = {.statfs = simple_statfs};

/* ---- super blocks ---------------------------------------------------------------------------- */

static int set_anon_dev(struct super_block *sb)
{
	int minor;

	mutex_lock(&anon_dev_lock);
	minor = ida_alloc_range(&anon_devs, 1, MINORMASK, GFP_KERNEL);
	mutex_unlock(&anon_dev_lock);
	if (minor < 0)
		return minor == -ENOSPC ? -EMFILE : minor;
	sb->s_dev = MKDEV(0, minor);
	return 0;
}

static void free_anon_dev(dev_t dev)
{
	if (MAJOR(dev))
		return;
	mutex_lock(&anon_dev_lock);
	ida_free(&anon_devs, MINOR(dev));
	mutex_unlock(&anon_dev_lock);
}

void set_super_dev(struct super_block *sb, dev_t dev)
{
	free_anon_dev(sb->s_dev);
	sb->s_dev = dev;
}

static struct super_block *alloc_super(const struct file_system_type *type, unsigned int flags)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);
	int err;

	if (!sb)
		return ERR_PTR(-ENOMEM);
	err = set_anon_dev(sb);
	if (err) {
		kfree(sb);
		return ERR_PTR(err);
	}
	sb->s_flags = flags;
	sb->s_type = type;
	sb->s_op = &simple_super_operations;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_time_gran = 1;
	spin_lock_init(&sb->s_inode_list_lock);
	INIT_LIST_HEAD(&sb->s_inodes);
	spin_lock_init(&sb->s_wb_lock);
	INIT_LIST_HEAD(&sb->s_dirty);
	init_rwsem(&sb->s_umount);
	fsnotify_sb_init(sb);
	landlock_sb_init(sb);
	mutex_init(&sb->s_rename_mutex);
	atomic_store_explicit(&sb->s_active, 1, memory_order_relaxed);
	strscpy(sb->s_id, type->name, sizeof(sb->s_id));
	spin_lock(&sb_lock);
	list_add_tail(&sb->s_list, &super_blocks);
	spin_unlock(&sb_lock);
	return sb;
}

void generic_shutdown_super(struct super_block *sb)
{
	struct dentry *root = sb->s_root;

	spin_lock(&sb_lock);
	list_del(&sb->s_list);
	spin_unlock(&sb_lock);
	if (IS_ENABLED(CONFIG_INODE_HASH))
		flusher_stop(sb);
	if (root) {
		shrink_dcache_sb(sb);
		sb->s_root = NULL;
		sync_filesystem(sb);
		sb->s_flags &= ~SB_ACTIVE;
		d_drop(root);
		dput(root);
	}
	if (IS_ENABLED(CONFIG_INODE_HASH))
		evict_inodes(sb);
	/* A file system on a device whose mount failed has cleaned up by itself. */
	if (sb->s_op->put_super && (root || !sb->s_bdev))
		sb->s_op->put_super(sb);
}

void kill_anon_super(struct super_block *sb)
{
	generic_shutdown_super(sb);
	free_anon_dev(sb->s_dev);
	/* Inodes that are on their way through RCU still name the super block. */
	rcu_barrier();
	kfree(sb);
}

void kill_litter_super(struct super_block *sb)
{
	if (sb->s_root)
		d_genocide(sb->s_root);
	kill_anon_super(sb);
}

void deactivate_super(struct super_block *sb)
{
	if (atomic_fetch_sub_explicit(&sb->s_active, 1, memory_order_acq_rel) != 1)
		return;
	if (fsnotify_on())
		fsnotify_sb_delete(sb);
	landlock_sb_delete(sb);
	sb->s_type->kill_sb(sb);
}

struct dentry *mount_nodev(const struct file_system_type *type, unsigned int flags, void *data,
			   fill_super_t fill)
{
	struct super_block *sb = alloc_super(type, flags);
	int err;

	if (IS_ERR(sb))
		return ERR_CAST(sb);
	err = fill(sb, data, flags & SB_SILENT);
	if (err) {
		deactivate_super(sb);
		return ERR_PTR(err);
	}
	return dget(sb->s_root);
}

/* A live super block of @type (on @bdev, if not NULL) with another active reference. */
struct super_block *grab_super(const struct file_system_type *type, struct block_device *bdev)
{
	struct super_block *sb;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, s_list) {
		if (sb->s_type == type && (!bdev || sb->s_bdev == bdev) && sb->s_root &&
		    atomic_inc_not_zero(&sb->s_active)) {
			spin_unlock(&sb_lock);
			return sb;
		}
	}
	spin_unlock(&sb_lock);
	return NULL;
}

struct dentry *mount_single(const struct file_system_type *type, unsigned int flags, void *data,
			    fill_super_t fill)
{
	struct super_block *sb;
	struct dentry *root;

	mutex_lock(&single_lock);
	sb = grab_super(type, NULL);
	if (sb)
		root = dget(sb->s_root);
	else
		root = mount_nodev(type, flags, data, fill);
	mutex_unlock(&single_lock);
	return root;
}

static int fill_pseudo(struct super_block *sb, void *data, int silent)
{
	struct inode *inode;

	sb->s_magic = *(unsigned long *)data;
	sb->s_flags |= SB_NOUSER;
	inode = new_inode_pseudo(sb);
	if (!inode)
		return -ENOMEM;
	inode->i_mode = S_IFDIR | S_IRUSR | S_IWUSR;
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

struct dentry *mount_pseudo(const struct file_system_type *type, unsigned long magic)
{
	return mount_nodev(type, SB_KERNMOUNT, &magic, fill_pseudo);
}

/* ---- sync, statfs ---------------------------------------------------------------------------- */

int sync_filesystem(struct super_block *sb)
{
	if (sb->s_flags & SB_RDONLY)
		return 0;
	if (IS_ENABLED(CONFIG_INODE_HASH))
		sync_inodes_sb(sb);
	return sb->s_op->sync_fs ? sb->s_op->sync_fs(sb, 1) : 0;
}

/* Calls fn(sb) for each that is alive; the last are those that were made first. May sleep. */
void iterate_supers(void (*fn)(struct super_block *sb))
{
	struct super_block *sb, *prev = NULL;

	spin_lock(&sb_lock);
	list_for_each_entry_reverse(sb, &super_blocks, s_list) {
		if (!sb->s_root || !atomic_inc_not_zero(&sb->s_active))
			continue;
		spin_unlock(&sb_lock);
		fn(sb);
		if (prev)
			deactivate_super(prev);
		prev = sb;
		spin_lock(&sb_lock);
	}
	spin_unlock(&sb_lock);
	if (prev)
		deactivate_super(prev);
}

static void sync_one(struct super_block *sb)
{
	down_read(&sb->s_umount);
	sync_filesystem(sb);
	up_read(&sb->s_umount);
}

/* Devices come last (bdev was made first): what file systems leave in their pages goes too. */
void sync_filesystems(void)
{
	iterate_supers(sync_one);
}

int simple_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	buf->f_type = dentry->d_sb->s_magic;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX_LEN;
	return 0;
}

static long statfs_flags(const struct path *path)
{
	int mnt = path->mnt->mnt_flags;
	u32 sb = path->mnt->mnt_sb->s_flags;
	long f = ST_VALID;

	if (mnt & MNT_READONLY || sb & SB_RDONLY)
		f |= ST_RDONLY;
	if (mnt & MNT_NOSUID || sb & SB_NOSUID)
		f |= ST_NOSUID;
	if (mnt & MNT_NODEV || sb & SB_NODEV)
		f |= ST_NODEV;
	if (mnt & MNT_NOEXEC || sb & SB_NOEXEC)
		f |= ST_NOEXEC;
	if (mnt & MNT_NOATIME)
		f |= ST_NOATIME;
	if (mnt & MNT_NODIRATIME)
		f |= ST_NODIRATIME;
	if (mnt & MNT_RELATIME)
		f |= ST_RELATIME;
	if (mnt & MNT_NOSYMFOLLOW)
		f |= ST_NOSYMFOLLOW;
	if (sb & SB_SYNCHRONOUS)
		f |= ST_SYNCHRONOUS;
	return f;
}

int user_statfs_dev(dev_t dev, struct kstatfs *buf)
{
	struct super_block *sb;
	int err = -EINVAL;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, s_list)
		if (sb->s_dev == dev && sb->s_root && atomic_inc_not_zero(&sb->s_active))
			goto found;
	spin_unlock(&sb_lock);
	return err;
found:
	spin_unlock(&sb_lock);
	memset(buf, 0, sizeof(*buf));
	err = sb->s_op->statfs ? sb->s_op->statfs(sb->s_root, buf) : -ENOSYS;
	deactivate_super(sb);
	return err;
}

int vfs_statfs(const struct path *path, struct kstatfs *buf)
{
	struct super_block *sb = path->dentry->d_sb;
	int err;

	memset(buf, 0, sizeof(*buf));
	if (!sb->s_op->statfs)
		return -ENOSYS;
	err = sb->s_op->statfs(path->dentry, buf);
	if (err)
		return err;
	if (!buf->f_fsid)
		buf->f_fsid = huge_encode_dev(sb->s_dev);
	if (!buf->f_frsize)
		buf->f_frsize = buf->f_bsize;
	buf->f_flags = statfs_flags(path);
	return 0;
}
