/* SPDX-License-Identifier: MIT */
/*
 * What the files of fs/fat/ share. See Documentation/fat.md.
 *
 * Locks: i_rwsem of directories (VFS) > page lock > fat_inode.chain_lock > fat_sb.fat_lock >
 * buffer lock. pos_lock is a leaf.
 */
#ifndef FS_FAT_FAT_H
#define FS_FAT_FAT_H

#include <lib/err.h>
#include <lib/string.h>
#include <lib/xarray.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <fs/blkdev.h>
#include <fs/buffer_head.h>
#include <fs/dcache.h>
#include <fs/fs.h>
#include <fs/stat.h>
#include <fs/writeback.h>
#include "format.h"

struct fat_options {
	uid_t uid;
	gid_t gid;
	umode_t fmask, dmask;
	bool quiet, sync_after, errors_continue, errors_panic, showexec;
	bool long_names; /* vfat, not msdos */
};

struct fat_sb {
	struct super_block *sb;
	struct fat_geometry g;
	struct fat_options opt;
	struct mutex fat_lock; /* the table, free, next */
	u32 free; /* fat_lock; clusters, ~0u: not counted yet */
	u32 next; /* fat_lock; where to look for a free one */
	bool info_dirty; /* fat_lock */
	struct mutex pos_lock; /* memory is allocated under it without entering file systems */
	struct xarray by_pos; /* pos_lock; inodes by the place of their entry */
	_Atomic(u64) last_ino;
};

/* A run of clusters of a file. */
struct fat_run {
	u32 index, cluster, len;
};

struct fat_inode {
	struct inode vfs;
	struct address_space mapping;
	u64 pos; /* pos_lock; place of the entry, in entries from the disk's start; 0: none */
	u32 start; /* chain_lock; first cluster, 0: none */
	u8 attr; /* FAT_ATTR_* as read */
	struct timespec64 crtime;
	struct mutex chain_lock;
	struct fat_run *runs; /* chain_lock; the chain as far as it was followed */
	u32 nr_runs, room;
	bool whole; /* chain_lock; runs are the whole chain */
};

static inline struct fat_sb *FAT_SB(const struct super_block *sb)
{
	return sb->s_fs_info;
}

static inline struct fat_inode *FAT_I(const struct inode *inode)
{
	return container_of(inode, struct fat_inode, vfs);
}

#define FAT_ROOT_INO 1

/* Damage was found: one line; what errors= says happens. */
void fat_error(struct super_block *sb, const char *fmt, ...) __printf(2, 3);

/* table.c: the allocation table. All may sleep; 0 or -errno. */
/* What follows @cluster: a cluster, 0 (free), FAT_BAD or FAT_END. fat_lock held. */
int fat_table_get(struct super_block *sb, u32 cluster, u32 *next);
/* A free cluster, marked as an end, and behind @last if that is not 0. -ENOSPC. */
int fat_alloc_cluster(struct inode *inode, u32 last, u32 *cluster);
/* Frees the chain that begins with @first; if @keep, that becomes the end of what is left. */
int fat_free_chain(struct inode *inode, u32 first, u32 keep);
int fat_count_free(struct super_block *sb, u32 *n);
int fat_write_info(struct super_block *sb);

/* inode.c */
/*
 * The cluster with number @index in the inode's chain, and in *@run how many follow one another
 * from there. @grow: the chain may become one longer. 0, -ENOENT behind the end, or -errno.
 */
int fat_chain(struct inode *inode, u32 index, bool grow, u32 *cluster, u32 *run);
/* Cuts the chain to @clusters. */
int fat_cut_chain(struct inode *inode, u32 clusters);
void fat_forget_runs(struct fat_inode *fi);
/* The inode of the entry at @pos, referenced; ERR_PTR. */
struct inode *fat_iget(struct super_block *sb, const struct fat_dirent *de, u64 pos);
/* The inode's entry is at @pos now; 0: it has none. */
int fat_attach(struct inode *inode, u64 pos);
int fat_read_root(struct inode *inode);
int fat_write_inode(struct inode *inode, bool wait);
void fat_evict_inode(struct inode *inode);
void fat_put_entry(struct inode *inode, struct fat_dirent *de);
u32 fat_dirent_start(const struct fat_sb *sbi, const struct fat_dirent *de);
void fat_set_start(struct fat_dirent *de, u32 start);
umode_t fat_mode(const struct fat_sb *sbi, u8 attr);

/* file.c */
extern const struct file_operations fat_file_fops;
extern const struct inode_operations fat_file_iops;
extern const struct address_space_operations fat_aops;
int fat_setattr(struct dentry *dentry, struct iattr *attr);
int fat_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags);
int fat_fsync(struct file *file, loff_t start, loff_t end, int datasync);

/* dir.c */
/* A name in a directory: its slots from @first on, the entry in the referenced buffer. */
struct fat_place {
	u32 first, nr; /* slots, the short entry included */
	struct buffer_head *bh;
	struct fat_dirent *de;
	u64 pos;
};

extern const struct file_operations fat_dir_fops;
extern const struct export_operations fat_export_ops; /* export.c */
/* 0, -ENOENT, -errno. On 0 the caller has a reference on p->bh. */
int fat_find(struct inode *dir, const char *name, u32 len, struct fat_place *p);
bool fat_alias_taken(struct inode *dir, const u8 alias[11], int *err);
/* Puts the long name's slots and @de (its name set) into @dir. */
int fat_add_name(struct inode *dir, const u16 *units, u32 nr_units, struct fat_dirent *de,
		 struct fat_place *p);
int fat_remove_name(struct inode *dir, const struct fat_place *p);
/* 0, -ENOTEMPTY, -errno. */
int fat_dir_empty(struct inode *dir);
u32 fat_count_subdirs(struct inode *dir);
/* A new directory's first cluster with "." and "..". */
int fat_init_dir(struct inode *dir, struct inode *parent);
/* ".." of @dir. */
int fat_find_dotdot(struct inode *dir, struct fat_place *p);
/* The @n-th entry: 0 and a referenced buffer, -ENOENT behind the end. */
int fat_entry_at(struct inode *dir, u32 n, struct buffer_head **bh, struct fat_dirent **de,
		 u64 *pos);

/* namei.c */
extern const struct inode_operations fat_dir_iops;
extern const struct dentry_operations fat_dentry_ops;

/* options.c */
struct seq_file;
int fat_parse_options(struct fat_options *opt, char *data);
int fat_show_options(struct seq_file *m, struct dentry *root);

/* inode.c: between the two calendars; UTC. */
struct timespec64 fat_get_time(__le16 date, __le16 time, u8 cs);
void fat_put_time(const struct timespec64 *ts, __le16 *date, __le16 *time, u8 *cs);

#endif
