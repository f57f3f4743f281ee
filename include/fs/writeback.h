/* SPDX-License-Identifier: MIT */
/*
 * Dirty inodes and their way to disk. A dirty inode of a disk file system is on its super block's
 * s_dirty list, oldest first; write-back takes it from there, writes its pages and then, by
 * s_op->write_inode, itself.
 */
#ifndef FS_WRITEBACK_H
#define FS_WRITEBACK_H

#include <lib/types.h>
#include <fs/fs.h>

/* Writes the inode's pages and itself; @sync: until they are there. 0 or -errno. Sleeps. */
int write_inode_now(struct inode *inode, int sync);
/* Only the inode itself, if it is dirty. */
int sync_inode_metadata(struct inode *inode, int wait);
/*
 * Writes the inodes of @sb that have been dirty since before @older (ktime_get(); KTIME_MAX: all
 * that are dirty now). Returns how many. The caller keeps the super block alive.
 */
unsigned long writeback_sb_inodes(struct super_block *sb, ktime_t older, bool wait);
/* All dirty inodes of @sb, and waits. What fails is in sb->s_wb_err. */
void sync_inodes_sb(struct super_block *sb);
/* Takes an inode that is being evicted off the dirty list. */
void inode_io_list_del(struct inode *inode);

/* ---- limits and the flusher (mm/page-writeback.c, fs/flusher.c) ------------------------------ */

extern int dirty_expire_centisecs, dirty_writeback_centisecs;
/* Pages: where the flusher starts, and where writers wait. */
unsigned long dirty_background_pages(void);
unsigned long dirty_limit_pages(void);
bool over_background_limit(void);
/* Everything dirty is to be written now. Any context. */
void wakeup_flusher(void);
/* Something became dirty: the flusher looks again in time. Any context. */
void flusher_arm(void);
/* The super block ends: its thread does, after what it is writing. Sleeps. */
void flusher_stop(struct super_block *sb);

#endif
