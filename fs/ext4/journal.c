/* SPDX-License-Identifier: MIT */
/*
 * ext4 and its journal: handles that also work without one (then buffers are just dirty), loading,
 * and making things safe on request.
 */
#include <lib/math64.h>
#include "ext4.h"

handle_t *ext4_journal_start(struct super_block *sb, int credits)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);

	if (sbi->flags & EXT4_SBF_ABORTED ||
	    ((sb->s_flags & SB_RDONLY) && !(sbi->flags & EXT4_SBF_ORPHANS) &&
	     !jbd2_current_handle() && (sb->s_flags & SB_ACTIVE)))
		return ERR_PTR(-EROFS);
	if (!sbi->journal)
		return EXT4_NOJOURNAL;
	return jbd2_journal_start(sbi->journal, credits);
}

int ext4_journal_stop(handle_t *handle)
{
	return ext4_handle_valid(handle) ? jbd2_journal_stop(handle) : 0;
}

int ext4_get_write_access(handle_t *handle, struct buffer_head *bh)
{
	return ext4_handle_valid(handle) ? jbd2_journal_get_write_access(handle, bh) : 0;
}

int ext4_get_create_access(handle_t *handle, struct buffer_head *bh)
{
	bh->b_state &= ~(1ul << BH_Ext4Bitmap | 1ul << BH_Ext4Extents | 1ul << BH_Ext4Dir |
			 1ul << BH_Ext4Dx);
	return ext4_handle_valid(handle) ? jbd2_journal_get_create_access(handle, bh) : 0;
}

int ext4_dirty_metadata(handle_t *handle, struct inode *inode, struct buffer_head *bh)
{
	if (ext4_handle_valid(handle))
		return jbd2_journal_dirty_metadata(handle, bh);
	set_buffer_uptodate(bh);
	mark_buffer_dirty(bh);
	return 0;
}

void ext4_forget(handle_t *handle, struct super_block *sb, u64 block, struct buffer_head *bh)
{
	if (!bh)
		bh = sb_find_get_block(sb, block);
	if (ext4_handle_valid(handle))
		jbd2_journal_forget(handle, block, bh);
	else if (bh)
		bforget(bh);
}

int ext4_ensure_credits(handle_t *handle, int credits)
{
	if (!ext4_handle_valid(handle) || handle->h_credits >= credits)
		return 0;
	if (!jbd2_journal_extend(handle, credits - handle->h_credits))
		return 0;
	return jbd2_journal_restart(handle, credits);
}

/* ---- loading --------------------------------------------------------------------------------- */

static void journal_died(void *arg, int error)
{
	struct super_block *sb = arg;

	if (EXT4_SB(sb)->flags & EXT4_SBF_ABORTED)
		return; /* it was the file system that ended it */
	ext4_error(sb, "the journal failed with error %d", error);
}

/* The journal file's blocks as runs; *n of them. NULL: out of memory or damaged. */
static struct jbd2_extent *journal_runs(struct inode *inode, u32 blocks, unsigned int *n)
{
	struct jbd2_extent *runs = NULL, *more;
	unsigned int used = 0, room = 0;
	struct ext4_map map;

	for (u32 at = 0; at < blocks; at += map.len) {
		map = (struct ext4_map){.lblk = at, .len = blocks - at};
		if (ext4_map_blocks(NULL, inode, &map, 0) || !(map.flags & EXT4_MAP_MAPPED))
			goto fail;
		if (used == room) {
			room = room ? room * 2 : 16;
			more = kvmalloc(room * sizeof(*runs), GFP_KERNEL);
			if (!more)
				goto fail;
			if (runs)
				memcpy(more, runs, used * sizeof(*runs));
			kvfree(runs);
			runs = more;
		}
		runs[used++] = (struct jbd2_extent){at, map.len, map.pblk};
	}
	*n = used;
	return runs;
fail:
	kvfree(runs);
	return NULL;
}

static struct journal *open_journal(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	struct jbd2_setup setup = {
		.bdev = sb->s_bdev,
		.blocksize = sbi->g.blocksize,
		.name = sb->s_id,
		.barrier = sbi->opt.barrier,
		.want_csum = sbi->g.meta_csum,
		.want_64bit = sbi->g.incompat & EXT4_INCOMPAT_64BIT,
		.commit_interval = sbi->opt.commit,
		.fs_first = sbi->g.blocksize == 1024 ? 1 : 0,
		.fs_blocks = sbi->g.blocks_count,
		.abort = journal_died,
		.abort_arg = sb,
	};
	struct jbd2_extent *runs;
	struct journal *journal;
	struct inode *inode;
	u32 blocks;

	if (le32_to_cpu(sbi->es->s_journal_dev) || !sbi->es->s_journal_inum) {
		ext4_warn(sb, "an external journal is not supported");
		return ERR_PTR(-EINVAL);
	}
	inode = ext4_iget(sb, le32_to_cpu(sbi->es->s_journal_inum));
	if (IS_ERR(inode))
		return ERR_CAST(inode);
	blocks = (u32)min_t(u64, inode->i_size >> sbi->g.blocksize_bits, U32_MAX);
	runs = S_ISREG(inode->i_mode) && inode->i_nlink ?
		       journal_runs(inode, blocks, &setup.nr_extents) :
		       NULL;
	iput(inode);
	if (!runs) {
		ext4_warn(sb, "the journal's inode is damaged");
		return ERR_PTR(-EUCLEAN);
	}
	setup.extents = runs;
	setup.blocks = blocks;
	journal = jbd2_journal_load(&setup);
	kvfree(runs);
	return journal;
}

/*
 * Replays if need be (also for a read-only mount, unless the device is read-only or noload says
 * no) and starts the journal of a writable file system.
 */
int ext4_load_journal(struct super_block *sb, bool rdonly)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	bool recover = sbi->g.incompat & EXT4_INCOMPAT_RECOVER;
	struct journal *journal;
	int err;

	if (!(sbi->g.compat & EXT4_COMPAT_HAS_JOURNAL))
		return 0;
	if (sbi->opt.noload && rdonly)
		return 0;
	journal = open_journal(sb);
	if (IS_ERR(journal))
		return PTR_ERR(journal);
	if (jbd2_journal_needs_recovery(journal) || recover) {
		if (bdev_read_only(sb->s_bdev)) {
			ext4_warn(sb, "the journal needs replay and the device is read-only");
			jbd2_journal_destroy(journal);
			return -EROFS;
		}
		err = jbd2_journal_recover(journal);
		if (err) {
			ext4_warn(sb, "the journal could not be replayed, error %d", err);
			jbd2_journal_destroy(journal);
			return err;
		}
	}
	if (jbd2_journal_errno(journal)) {
		ext4_warn(sb, "an earlier mount ended with an error: run e2fsck");
		sbi->es->s_state |= cpu_to_le16(EXT4_ERROR_FS);
		if (!bdev_read_only(sb->s_bdev))
			jbd2_journal_clear_err(journal);
	}
	if (rdonly) {
		jbd2_journal_destroy(journal);
		return 0;
	}
	err = jbd2_journal_start_thread(journal);
	if (err) {
		jbd2_journal_destroy(journal);
		return err;
	}
	sbi->journal = journal;
	return 0;
}

/* ---- making things safe ---------------------------------------------------------------------- */

static int fsync_nojournal(struct file *file)
{
	struct inode *inode = file_inode(file);
	int err = sync_inode_metadata(inode, 1);
	int err2 = sync_blockdev(inode->i_sb->s_bdev);

	return err ? err : err2;
}

int ext4_file_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct inode *inode = file_inode(file);
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct ext4_sb_info *sbi = EXT4_SB(inode->i_sb);
	bool flush = sbi->opt.barrier;
	int err = 0, err2;
	tid_t tid;

	if (sbi->flags & EXT4_SBF_ABORTED)
		return -EROFS;
	if (file->f_mapping)
		err = file_write_and_wait_range(file, start, end);
	if (sbi->journal && !(inode->i_sb->s_flags & SB_RDONLY)) {
		if (!datasync)
			sync_inode_metadata(inode, 0);
		tid = datasync ? READ_ONCE(ei->i_datasync_tid) : READ_ONCE(ei->i_sync_tid);
		if (!jbd2_transaction_committed(sbi->journal, tid)) {
			err2 = jbd2_log_wait_commit(sbi->journal, tid);
			err = err ? err : err2;
			flush = false; /* the commit did it */
		}
	} else if (!(inode->i_sb->s_flags & SB_RDONLY)) {
		err2 = fsync_nojournal(file);
		err = err ? err : err2;
	}
	if (flush) {
		err2 = blkdev_issue_flush(inode->i_sb->s_bdev);
		err = err ? err : err2;
	}
	return err;
}

int ext4_sync_fs(struct super_block *sb, int wait)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	int err = 0;

	if (sbi->journal) {
		err = jbd2_journal_force_commit(sbi->journal, wait);
	} else if (wait && !(sb->s_flags & SB_RDONLY)) {
		ext4_commit_super(sb);
		err = sync_blockdev(sb->s_bdev);
	}
	if (!err && wait && sbi->opt.barrier)
		err = blkdev_issue_flush(sb->s_bdev);
	return err;
}
