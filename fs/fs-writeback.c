/* SPDX-License-Identifier: MIT */
/*
 * Writing dirty inodes back. I_SYNC marks the one writer of an inode; others wait for it. An inode
 * that is dirtied while it is being written goes to the end of the list again.
 *
 * Locks: i_lock guards i_state; s_wb_lock, inside it, the list of dirty inodes.
 */
#include <lib/err.h>
#include <kernel/time.h>
#include <kernel/wait.h>
#include <mm/pagemap.h>
#include <fs/blkdev.h>
#include <fs/writeback.h>
#include "internal.h"

void __mark_inode_dirty(struct inode *inode, int flags)
{
	struct super_block *sb = inode->i_sb;

	if ((READ_ONCE(inode->i_state) & (unsigned int)flags) == (unsigned int)flags ||
	    hlist_unhashed(&inode->i_hash))
		return;
	spin_lock(&inode->i_lock);
	inode->i_state |= flags;
	if (!(inode->i_state & (I_FREEING | I_SYNC)) && list_empty(&inode->i_io_list)) {
		inode->dirtied_when = ktime_get_coarse();
		spin_lock(&sb->s_wb_lock);
		list_add_tail(&inode->i_io_list, &sb->s_dirty);
		spin_unlock(&sb->s_wb_lock);
		flusher_arm();
	}
	spin_unlock(&inode->i_lock);
}

void inode_io_list_del(struct inode *inode)
{
	spin_lock(&inode->i_sb->s_wb_lock);
	if (!list_empty(&inode->i_io_list))
		list_del_init(&inode->i_io_list);
	spin_unlock(&inode->i_sb->s_wb_lock);
}

/* i_lock held on entry and return: this task is the inode's only writer from now on. */
static void inode_sync_begin(struct inode *inode) __must_hold(&inode->i_lock)
{
	while (inode->i_state & I_SYNC) {
		spin_unlock(&inode->i_lock);
		wait_event(*inode_waitqueue(inode), !(READ_ONCE(inode->i_state) & I_SYNC));
		spin_lock(&inode->i_lock);
	}
	inode->i_state |= I_SYNC;
}

/* i_lock held; dropped. */
static void inode_sync_end(struct inode *inode) __releases(&inode->i_lock)
{
	struct super_block *sb = inode->i_sb;

	inode->i_state &= ~I_SYNC;
	spin_lock(&sb->s_wb_lock);
	if (!(inode->i_state & I_DIRTY)) {
		if (!list_empty(&inode->i_io_list))
			list_del_init(&inode->i_io_list);
	} else if (list_empty(&inode->i_io_list)) {
		inode->dirtied_when = ktime_get_coarse();
		list_add_tail(&inode->i_io_list, &sb->s_dirty);
	} else {
		inode->dirtied_when = ktime_get_coarse();
		list_move_tail(&inode->i_io_list, &sb->s_dirty);
	}
	spin_unlock(&sb->s_wb_lock);
	if (!(inode->i_state & I_DIRTY))
		inode_lru_add(inode);
	spin_unlock(&inode->i_lock);
	wake_up_all(inode_waitqueue(inode));
}

static int write_pages(struct inode *inode, bool wait)
{
	struct address_space *mapping = inode->i_mapping;
	int err;

	if (!mapping)
		return 0;
	err = filemap_fdatawrite_range(mapping, 0, MAX_LFS_FILESIZE);
	if (wait) {
		int err2 = filemap_fdatawait_keep_errors(mapping);

		err = err ? err : err2;
	}
	return err;
}

static int write_metadata(struct inode *inode, bool wait)
{
	const struct super_operations *op = inode->i_sb->s_op;
	unsigned int dirty;
	int err = 0;

	spin_lock(&inode->i_lock);
	dirty = inode->i_state & (I_DIRTY_SYNC | I_DIRTY_DATASYNC);
	inode->i_state &= ~dirty;
	spin_unlock(&inode->i_lock);
	if (dirty && op->write_inode)
		err = op->write_inode(inode, wait);
	if (err)
		errseq_set(&inode->i_sb->s_wb_err, err);
	return err;
}

/* The caller holds a reference. */
static int write_single(struct inode *inode, bool pages, bool wait)
{
	int err = 0, err2;

	spin_lock(&inode->i_lock);
	inode_sync_begin(inode);
	if (pages)
		inode->i_state &= ~I_DIRTY_PAGES;
	spin_unlock(&inode->i_lock);
	if (pages)
		err = write_pages(inode, wait);
	err2 = write_metadata(inode, wait);
	spin_lock(&inode->i_lock);
	if (pages && inode->i_mapping && mapping_tagged(inode->i_mapping, PAGECACHE_TAG_DIRTY))
		inode->i_state |= I_DIRTY_PAGES;
	inode_sync_end(inode);
	return err ? err : err2;
}

int write_inode_now(struct inode *inode, int sync)
{
	return write_single(inode, true, sync);
}

int sync_inode_metadata(struct inode *inode, int wait)
{
	if (!(READ_ONCE(inode->i_state) & (I_DIRTY_SYNC | I_DIRTY_DATASYNC | I_SYNC)))
		return 0;
	return write_single(inode, false, wait);
}

/* The oldest dirty inode that was dirtied before @older, referenced, moved to the end; or NULL. */
static struct inode *next_dirty(struct super_block *sb, ktime_t older)
{
	struct inode *inode;

	spin_lock(&sb->s_wb_lock);
	while (!list_empty(&sb->s_dirty)) {
		inode = list_first_entry(&sb->s_dirty, struct inode, i_io_list);
		if (inode->dirtied_when > older)
			break;
		if (!spin_trylock(&inode->i_lock)) {
			spin_unlock(&sb->s_wb_lock);
			cond_resched();
			spin_lock(&sb->s_wb_lock);
			continue;
		}
		__acquire(&inode->i_lock);
		if (inode->i_state & (I_FREEING | I_NEW)) {
			/* Its eviction takes it off; or it will be dirtied again. */
			list_del_init(&inode->i_io_list);
			spin_unlock(&inode->i_lock);
			continue;
		}
		atomic_fetch_add_explicit(&inode->i_count, 1, memory_order_relaxed);
		inode->dirtied_when = KTIME_MAX;
		list_move_tail(&inode->i_io_list, &sb->s_dirty);
		spin_unlock(&inode->i_lock);
		spin_unlock(&sb->s_wb_lock);
		return inode;
	}
	spin_unlock(&sb->s_wb_lock);
	return NULL;
}

/* Small files that got neighbouring blocks go in one request. */
unsigned long writeback_sb_inodes(struct super_block *sb, ktime_t older, bool wait)
{
	unsigned long done = 0;
	struct blk_plug plug;
	struct inode *inode;

	if (older == KTIME_MAX)
		older = ktime_get();
	blk_start_plug(&plug);
	while ((inode = next_dirty(sb, older))) {
		write_single(inode, true, wait);
		iput(inode);
		done++;
		cond_resched();
	}
	blk_finish_plug(&plug);
	return done;
}

/* Inodes whose pages are on their way already are clean, so all are asked. */
void sync_inodes_sb(struct super_block *sb)
{
	struct inode *inode, *prev = NULL;

	writeback_sb_inodes(sb, KTIME_MAX, false);
	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		struct address_space *mapping = inode->i_mapping;

		if (!mapping || !(mapping_tagged(mapping, PAGECACHE_TAG_WRITEBACK) ||
				  (READ_ONCE(inode->i_state) & (I_DIRTY | I_SYNC))))
			continue;
		spin_lock(&inode->i_lock);
		if (inode->i_state & (I_FREEING | I_NEW)) {
			spin_unlock(&inode->i_lock);
			continue;
		}
		atomic_fetch_add_explicit(&inode->i_count, 1, memory_order_relaxed);
		spin_unlock(&inode->i_lock);
		spin_unlock(&sb->s_inode_list_lock);
		write_single(inode, true, true);
		iput(prev);
		prev = inode;
		cond_resched();
		spin_lock(&sb->s_inode_list_lock);
	}
	spin_unlock(&sb->s_inode_list_lock);
	iput(prev);
}
