/* SPDX-License-Identifier: MIT */
/*
 * Inodes in memory: allocation, reference counts, and the end of their life.
 *
 * i_count > 0: in use. The drop to 0 evicts at once (memory-resident file systems keep their inodes
 * alive through dentries; those of disks, which are hashed, may stay: fs/inode_cache.c), and the
 * memory goes after an RCU grace period because a path walk may still be looking at it.
 */
#include <kernel/bug.h>
#include <kernel/percpu.h>
#include <mm/pagemap.h>
#include <fs/fsnotify.h>
#include <fs/posix_acl.h>
#include <uapi/magic.h>
#include "internal.h"

static struct kmem_cache *inode_cache __ro_after_init;

const struct inode_operations empty_iops = {};
const struct file_operations no_open_fops = {.open = no_open};

int no_open(struct inode *inode, struct file *file)
{
	return -ENXIO;
}

struct timespec64 current_time(const struct inode *inode)
{
	struct timespec64 now;

	ktime_get_coarse_real_ts64(&now);
	return now;
}

void inode_init_always(struct super_block *sb, struct inode *inode)
{
	memset(inode, 0, sizeof(*inode));
	inode->i_sb = sb;
	inode->i_blkbits = sb->s_blocksize_bits;
	inode->i_op = &empty_iops;
	inode->i_fop = &no_open_fops;
	inode->i_nlink = 1;
	atomic_store_explicit(&inode->i_count, 1, memory_order_relaxed);
	spin_lock_init(&inode->i_lock);
	init_rwsem(&inode->i_rwsem);
	INIT_LIST_HEAD(&inode->i_lru);
	INIT_LIST_HEAD(&inode->i_io_list);
	INIT_LIST_HEAD(&inode->i_sb_list);
	inode_init_acls(inode);
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
}

struct inode *new_inode(struct super_block *sb)
{
	struct inode *inode;

	if (sb->s_op->alloc_inode)
		inode = sb->s_op->alloc_inode(sb);
	else
		inode = kmem_cache_alloc(inode_cache, GFP_KERNEL);
	if (inode)
		inode_init_always(sb, inode);
	return inode;
}

/* Numbers for inodes that have none of their own; they only need to be distinct for a long time. */
ino_t get_next_ino(void)
{
	static _Atomic(unsigned long) last = 1;

	return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

struct inode *new_inode_pseudo(struct super_block *sb)
{
	struct inode *inode = new_inode(sb);

	if (inode)
		inode->i_ino = get_next_ino();
	return inode;
}

void ihold(struct inode *inode)
{
	int old = atomic_fetch_add_explicit(&inode->i_count, 1, memory_order_relaxed);

	WARN_ON_ONCE(old < 1);
}

static void inode_free_rcu(struct rcu_head *head)
{
	struct inode *inode = container_of(head, struct inode, i_rcu);

	if (inode->i_sb->s_op->free_inode)
		inode->i_sb->s_op->free_inode(inode);
	else
		kmem_cache_free(inode_cache, inode);
}

void discard_new_inode(struct inode *inode)
{
	call_rcu(&inode->i_rcu, inode_free_rcu);
}

void evict(struct inode *inode)
{
	const struct super_operations *op = inode->i_sb->s_op;

	fsnotify_inode_delete(inode);
	if (op->evict_inode)
		op->evict_inode(inode);
	else if (inode->i_mapping)
		truncate_inode_pages_final(inode->i_mapping);
	if (IS_ENABLED(CONFIG_INODE_HASH) && inode_was_hashed(inode))
		inode_unhash_evicted(inode);
	locks_free_context(inode);
	inode_forget_acls(inode);
	/*
	 * Free functions are the module's own, and super blocks outlive their inodes by an
	 * rcu_barrier().
	 */
	call_rcu(&inode->i_rcu, inode_free_rcu);
}

void iput(struct inode *inode)
{
	int old;

	if (!inode)
		return;
	if (IS_ENABLED(CONFIG_INODE_HASH) && inode_was_hashed(inode)) {
		iput_hashed(inode);
		return;
	}
	old = atomic_fetch_sub_explicit(&inode->i_count, 1, memory_order_acq_rel);
	BUG_ON(old < 1);
	if (old == 1)
		evict(inode);
}

umode_t mode_strip_sgid(const struct inode *dir, umode_t mode)
{
	if (S_ISDIR(mode) || (mode & (S_ISGID | S_IXGRP)) != (S_ISGID | S_IXGRP) ||
	    !(dir->i_mode & S_ISGID) || in_group_p(dir->i_gid) || capable(CAP_FSETID))
		return mode;
	return mode & ~S_ISGID;
}

/*
 * A file made in a setgid directory belongs to its group; a directory made there is setgid too
 * (inode(7)).
 */
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode)
{
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	if (dir && (dir->i_mode & S_ISGID)) {
		inode->i_gid = dir->i_gid;
		if (S_ISDIR(mode))
			mode |= S_ISGID;
		mode = mode_strip_sgid(dir, mode);
	}
	inode->i_mode = mode;
}

void init_special_inode(struct inode *inode, umode_t mode, dev_t rdev)
{
	inode->i_mode = mode;
	if (S_ISCHR(mode)) {
		inode->i_fop = &def_chr_fops;
		inode->i_rdev = rdev;
	} else if (S_ISBLK(mode)) {
		inode->i_fop = &def_blk_fops;
		inode->i_rdev = rdev;
	} else if (S_ISFIFO(mode)) {
		inode->i_fop = &pipefifo_fops;
	}
}

void inode_set_nlink(struct inode *inode, unsigned int n)
{
	inode->i_nlink = n;
}

void inc_nlink(struct inode *inode)
{
	inode->i_nlink++;
}

void drop_nlink(struct inode *inode)
{
	WARN_ON_ONCE(!inode->i_nlink);
	inode->i_nlink--;
}

void clear_nlink(struct inode *inode)
{
	inode->i_nlink = 0;
}

void lock_two_nondirectories(struct inode *a, struct inode *b)
{
	if (a > b)
		swap(a, b);
	if (a)
		inode_lock_nested(a, I_MUTEX_CHILD);
	if (b && b != a)
		inode_lock_nested(b, I_MUTEX_CHILD2);
}

void unlock_two_nondirectories(struct inode *a, struct inode *b)
{
	if (a)
		inode_unlock(a);
	if (b && b != a)
		inode_unlock(b);
}

/* ---- writers against executables ------------------------------------------------------------- */

/* i_writecount goes up from >= 0 for writers, down from <= 0 for those who deny them. */
static int count_away(atomic_int *count, int step)
{
	int c = atomic_load_explicit(count, memory_order_relaxed);

	do {
		if (step > 0 ? c < 0 : c > 0)
			return -ETXTBSY;
	} while (!atomic_compare_exchange_weak_explicit(count, &c, c + step, memory_order_acquire,
							memory_order_relaxed));
	return 0;
}

int get_write_access(struct inode *inode)
{
	return count_away(&inode->i_writecount, 1);
}

void put_write_access(struct inode *inode)
{
	atomic_fetch_sub_explicit(&inode->i_writecount, 1, memory_order_release);
}

int deny_write_access(struct file *file)
{
	return count_away(&file_inode(file)->i_writecount, -1);
}

void allow_write_access(struct file *file)
{
	if (file)
		atomic_fetch_add_explicit(&file_inode(file)->i_writecount, 1, memory_order_release);
}

/* ---- times ----------------------------------------------------------------------------------- */

static bool ts_after(const struct timespec64 *a, const struct timespec64 *b)
{
	return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/* relatime: only if it is not newer than a change, or a day old. */
static bool relatime_due(const struct inode *inode, const struct timespec64 *now)
{
	return !ts_after(&inode->i_atime, &inode->i_mtime) ||
	       !ts_after(&inode->i_atime, &inode->i_ctime) ||
	       now->tv_sec - inode->i_atime.tv_sec >= 24 * 60 * 60;
}

bool atime_needs_update(const struct path *path, struct inode *inode)
{
	int flags = READ_ONCE(path->mnt->mnt_flags);
	struct timespec64 now;

	if ((inode->i_flags & S_NOATIME) || (flags & (MNT_NOATIME | MNT_READONLY)))
		return false;
	if (inode->i_sb->s_flags & (SB_NOATIME | SB_RDONLY))
		return false;
	if (S_ISDIR(inode->i_mode) &&
	    ((flags & MNT_NODIRATIME) || (inode->i_sb->s_flags & SB_NODIRATIME)))
		return false;
	/* The usual case without looking at the clock's nanoseconds. */
	now = current_time(inode);
	if (flags & MNT_RELATIME)
		return relatime_due(inode, &now);
	return now.tv_sec != inode->i_atime.tv_sec || now.tv_nsec != inode->i_atime.tv_nsec;
}

void touch_atime(const struct path *path)
{
	struct inode *inode = path->dentry->d_inode;

	if (!atime_needs_update(path, inode) || mnt_want_write(path->mnt))
		return;
	inode->i_atime = current_time(inode);
	mark_inode_dirty_sync(inode);
	mnt_drop_write(path->mnt);
}

void file_update_time(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct timespec64 now;

	if (inode->i_flags & S_NOCMTIME)
		return;
	now = current_time(inode);
	inode->i_mtime = now;
	inode->i_ctime = now;
	mark_inode_dirty_sync(inode);
}

void inode_init(void)
{
	inode_cache = kmem_cache_create("inode_cache", sizeof(struct inode), 0,
					SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, NULL);
	if (IS_ENABLED(CONFIG_INODE_HASH))
		inode_cache_init();
}
