/* SPDX-License-Identifier: MIT */
/*
 * ext4 in memory: what the files of fs/ext4/ share. Documentation/ext4.md has the picture.
 *
 * Locks, outermost first:
 *   inode i_rwsem, page lock
 *     journal handle (ext4_journal_start() .. stop(): waits for commits)
 *       ei->xattr_sem
 *         ei->i_data_sem (block map of the inode)
 *           buffer lock, sbi->s_orphan_lock
 *             group lock, ei->i_raw_lock, i_lock, s_inode_list_lock...
 * A handle is never started or restarted under i_data_sem, and no page lock is waited for inside
 * one.
 */
#ifndef FS_EXT4_EXT4_H
#define FS_EXT4_EXT4_H

#include <lib/atomic.h>
#include <lib/err.h>
#include <lib/string.h>
#include <kernel/bug.h>
#include <kernel/cred.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <kernel/rwsem.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <fs/buffer_head.h>
#include <fs/dcache.h>
#include <fs/fs.h>
#include <fs/jbd2.h>
#include <fs/writeback.h>
#include "bits.h"
#include "format.h"

/* Group (g): its lock. */
struct ext4_group {
	spinlock_t lock;
	u32 free; /* (g) blocks */
	u32 free_inodes; /* (g) */
	u32 longest; /* (g) no free run is longer; an upper bound */
	u32 busy_count; /* (g) */
	u8 *busy; /* (g) bitmap: freed by a transaction that is not on disk yet */
	bool bad; /* its bitmap cannot be trusted: nothing is allocated here */
};

/* Mount options, and what follows from them. */
struct ext4_options {
	bool errors_continue, errors_panic, barrier, noload, noacl, nouser_xattr, delalloc;
	u32 commit; /* seconds */
	u32 sb_block;
	u32 resuid, resgid;
};

struct ext4_sb_info {
	struct super_block *sb;
	struct ext4_geometry g;
	struct ext4_super_block *es; /* in sbh */
	struct buffer_head *sbh;
	struct buffer_head **gdb; /* descriptor blocks */
	struct ext4_group *groups;
	struct ext4_options opt;
	struct journal *journal; /* NULL: none */
	unsigned int flags; /* EXT4_SBF_*; i_lock-free bits written at mount and at errors */
	u32 hash_seed[4];
	u8 hash_unsigned, def_hash;
	atomic_long_t free_blocks, dirty_blocks; /* dirty: promised to pages, not allocated */
	atomic_long_t free_inodes, dirs;
	u64 reserved_blocks; /* for root */
	u64 pool_blocks; /* kept back for metadata of delayed allocation */
	struct mutex orphan_lock; /* s_last_orphan and the list */
	struct list_head orphans; /* orphan_lock; newest first */
	atomic_t generation;
	unsigned int errors; /* lines about damage after the first; a count without a lock */
	u32 alloc_hint; /* group where a search last succeeded; a hint */
};
#define EXT4_SBF_ABORTED 1u /* an error was found: no more changes */
#define EXT4_SBF_ORPHANS 2u /* finishing work although SB_RDONLY may be set */
#define EXT4_SBF_WRITING 4u /* mounted for writing */

/* The last mapping that was looked up; (l) i_lock. */
struct ext4_map_cache {
	u32 lblk, len;
	u64 pblk;
	bool written;
};

struct ext4_inode_info {
	struct inode vfs; /* first */
	struct address_space mapping;
	struct rw_semaphore i_data_sem; /* i_data, i_disksize and the blocks of the map */
	struct rw_semaphore xattr_sem;
	spinlock_t i_raw_lock; /* the raw inode in its buffer */
	__le32 i_data[EXT4_N_BLOCKS]; /* i_data_sem */
	u32 i_flags; /* EXT4_*_FL; i_rwsem */
	u32 i_generation, i_csum_seed; /* constant */
	u64 i_file_acl; /* xattr_sem */
	loff_t i_disksize; /* i_data_sem; the size that the disk may be told of */
	loff_t i_will_size; /* i_rwsem: what i_size is growing to; set before it */
	u16 i_extra_isize; /* constant */
	struct timespec64 i_crtime;
	struct ext4_map_cache i_cache; /* i_lock */
	atomic_t i_reserved; /* blocks promised to pages */
	u32 i_last_alloc; /* where writing allocated last: a hint, in blocks of the file */
	u64 i_last_alloc_p;
	struct list_head i_orphan; /* orphan_lock */
	tid_t i_sync_tid, i_datasync_tid; /* what fsync and fdatasync wait for */
	u32 i_dtime; /* orphan_lock while on the list: the next one */
	char *i_symlink; /* text of i_link */
	bool i_fresh; /* new: nothing in its slot on disk is its own */
	bool i_in_inode_xattrs; /* the raw inode has attributes */
};

static inline struct ext4_inode_info *EXT4_I(const struct inode *inode)
{
	return (struct ext4_inode_info *)container_of(inode, struct ext4_inode_info, vfs);
}
static inline struct ext4_sb_info *EXT4_SB(const struct super_block *sb)
{
	return sb->s_fs_info;
}
static inline bool ext4_has_extents(const struct inode *inode)
{
	return EXT4_I(inode)->i_flags & EXT4_EXTENTS_FL;
}
static inline u32 ext4_bits(const struct inode *inode)
{
	return EXT4_SB(inode->i_sb)->g.blocksize_bits;
}

/* Buffers that passed their full check: one bit for each kind of contents. */
enum { BH_Ext4Bitmap = BH_PrivateStart, BH_Ext4Extents, BH_Ext4Dir, BH_Ext4Dx };

/* ---- errors: super.c ------------------------------------------------------------------------- */

/*
 * The file system is damaged: one line in the log, a mark in the super block, and by errors= it
 * becomes read-only. Any context that may sleep.
 */
void ext4_error(struct super_block *sb, const char *fmt, ...) __printf(2, 3);
#define ext4_warn(sb, fmt, ...) pr_warn("EXT4-fs (%s): " fmt "\n", (sb)->s_id, ##__VA_ARGS__)
/* -EUCLEAN after ext4_error() about @inode. */
int ext4_bad_inode(const struct inode *inode, const char *what);

/* ---- journal.c ------------------------------------------------------------------------------- */

#define EXT4_NOJOURNAL	   ((handle_t *)8)
#define EXT4_CREDITS_MAP   40 /* one run of blocks mapped or freed */
#define EXT4_CREDITS_NAME  64 /* one name added: a split at every level, new blocks */
#define EXT4_CREDITS_INODE 8 /* one inode allocated, freed or changed; orphan list */

/* A handle for @credits buffers; ERR_PTR(-EROFS...). */
handle_t *ext4_journal_start(struct super_block *sb, int credits);
int ext4_journal_stop(handle_t *handle);
static inline bool ext4_handle_valid(const handle_t *handle)
{
	return handle != EXT4_NOJOURNAL;
}
int ext4_get_write_access(handle_t *handle, struct buffer_head *bh);
int ext4_get_create_access(handle_t *handle, struct buffer_head *bh);
/* The changed buffer goes into the transaction, or is marked dirty. */
int ext4_dirty_metadata(handle_t *handle, struct inode *inode, struct buffer_head *bh);
/* The metadata block is no more; consumes @bh (may be NULL). */
void ext4_forget(handle_t *handle, struct super_block *sb, u64 block, struct buffer_head *bh);
/* At least @credits left, by a new transaction if need be. No lock below a handle is held. */
int ext4_ensure_credits(handle_t *handle, int credits);
int ext4_load_journal(struct super_block *sb, bool rdonly);
int ext4_file_fsync(struct file *file, loff_t start, loff_t end, int datasync);
int ext4_sync_fs(struct super_block *sb, int wait);

/* ---- super.c --------------------------------------------------------------------------------- */

struct ext4_group_desc *ext4_group_desc(struct super_block *sb, u32 group, struct buffer_head **bh);
/* Writes the super block past the journal. 0 or -EIO. */
int ext4_commit_super(struct super_block *sb);
/* Sets feature bits in the super block inside @handle. */
int ext4_set_ro_compat(handle_t *handle, struct super_block *sb, u32 bits);

/* ---- options.c ------------------------------------------------------------------------------- */
int ext4_parse_options(struct ext4_options *opt, char *data);
int ext4_show_options(struct seq_file *m, struct dentry *root);

/* ---- balloc.c -------------------------------------------------------------------------------- */

#define EXT4_ALLOC_META	    1u /* may use the metadata pool */
#define EXT4_ALLOC_PROMISED 2u /* the caller's pages have these blocks promised */

/*
 * Up to *@count adjacent blocks near @goal, marked in use; *@count becomes how many. The first, or
 * 0 and *err. Inside a handle; sleeps.
 */
u64 ext4_new_blocks(handle_t *handle, struct inode *inode, u64 goal, u32 *count, unsigned int flags,
		    int *err);
void ext4_free_blocks_run(handle_t *handle, struct inode *inode, u64 block, u32 count);
/* Where to look for the first block of the file. */
u64 ext4_goal(struct inode *inode, u32 lblk);
/* Promises blocks to pages: 0 or -ENOSPC; @force: always. */
int ext4_reserve(struct inode *inode, u32 n, bool force);
void ext4_unreserve(struct inode *inode, u32 n);
bool ext4_has_free(struct ext4_sb_info *sbi, u64 n, unsigned int flags);
void ext4_add_blocks(struct inode *inode, s64 n);
struct buffer_head *ext4_read_bitmap(struct super_block *sb, u32 group, bool inodes);

/* ---- ialloc.c -------------------------------------------------------------------------------- */

/* A new inode of @mode in @dir, I_NEW and in the handle's transaction. ERR_PTR. */
struct inode *ext4_new_inode(handle_t *handle, struct inode *dir, umode_t mode, dev_t rdev);
void ext4_free_inode(handle_t *handle, struct inode *inode);
/* Whether the inode bitmap says that @ino is in use. */
bool ext4_inode_in_use(struct super_block *sb, u32 ino);

/* ---- map.c, extents.c, indirect.c ------------------------------------------------------------ */

struct ext4_map {
	u32 lblk; /* in */
	u32 len; /* in: how many at most; out: how many in a row, of a hole too */
	u64 pblk; /* out */
	unsigned int flags; /* out: EXT4_MAP_* */
};
#define EXT4_MAP_MAPPED	   1u
#define EXT4_MAP_UNWRITTEN 2u
#define EXT4_MAP_NEW	   4u

#define EXT4_GET_CREATE	   1u /* allocate what is missing; unwritten blocks become written */
#define EXT4_GET_UNWRITTEN 2u /* allocate as unwritten, convert nothing: fallocate */
#define EXT4_GET_PROMISED  4u

/* 0 or -errno; map->flags 0: a hole. @handle only to allocate. Sleeps. */
int ext4_map_blocks(handle_t *handle, struct inode *inode, struct ext4_map *map,
		    unsigned int flags);
get_block_t ext4_get_block;
/* The metadata block @lblk of a directory or slow symlink, read; NULL and *err 0: a hole. */
struct buffer_head *ext4_bread(handle_t *handle, struct inode *inode, u32 lblk, bool create,
			       int *err);
void ext4_map_cache_drop(struct inode *inode);
/*
 * Frees the blocks [@from, @to]. The handle may be restarted. 0 or -errno. i_rwsem held or nobody
 * else has the inode.
 */
int ext4_remove_blocks(handle_t *handle, struct inode *inode, u32 from, u32 to);

int ext4_ext_lookup(struct inode *inode, struct ext4_map *map);
int ext4_ext_insert(handle_t *handle, struct inode *inode, u32 lblk, u64 pblk, u32 len,
		    bool unwritten);
int ext4_ext_convert(handle_t *handle, struct inode *inode, u32 lblk, u32 len, bool written);
/* Frees part of [@from, *@to], from the end; *@to is what is left to do, *done when nothing is. */
int ext4_ext_remove_some(handle_t *handle, struct inode *inode, u32 from, u32 *to, bool *done);
void ext4_ext_init(struct inode *inode);

int ext4_ind_lookup(struct inode *inode, struct ext4_map *map);
int ext4_ind_alloc(handle_t *handle, struct inode *inode, struct ext4_map *map, unsigned int flags);
int ext4_ind_remove_some(handle_t *handle, struct inode *inode, u32 from, u32 *to, bool *done);
u64 ext4_ind_max_blocks(const struct ext4_geometry *g);

/* ---- inode.c --------------------------------------------------------------------------------- */

struct inode *ext4_iget(struct super_block *sb, u32 ino);
/* Puts the inode as it is into the transaction. */
int ext4_mark_inode_dirty(handle_t *handle, struct inode *inode);
/* The raw inode and its buffer, read. 0 or -errno. */
int ext4_get_inode_loc(struct super_block *sb, u32 ino, struct buffer_head **bh,
		       struct ext4_inode **raw);
int ext4_write_inode(struct inode *inode, bool wait);
void ext4_evict_inode(struct inode *inode);
int ext4_setattr(struct dentry *dentry, struct iattr *attr);
int ext4_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags);
/* i_op, i_fop, a_ops by type. */
void ext4_set_ops(struct inode *inode);
void ext4_set_inode_flags(struct inode *inode);
/* Frees what lies behind i_size; inside no handle. */
int ext4_truncate(struct inode *inode);
int ext4_truncate_in(handle_t *handle, struct inode *inode);
/*
 * Zeroes from @from to the end of its block through the page cache; from the end of the file on to
 * the end of its page, for mappings may have stored there. i_rwsem held.
 */
int ext4_zero_tail(struct inode *inode, loff_t from);

/* ---- orphan.c -------------------------------------------------------------------------------- */
int ext4_orphan_add(handle_t *handle, struct inode *inode);
int ext4_orphan_del(handle_t *handle, struct inode *inode);
void ext4_orphan_cleanup(struct super_block *sb);

/* ---- page.c ---------------------------------------------------------------------------------- */

#define EXT4_MAX_PAGE_BLOCKS ((u32)PAGE_SIZE / 1024)
/* What a page knows of its block @i: it may be written to; because blocks are promised for it. */
#define EXT4_COVERED(i)	 (1u << (i))
#define EXT4_PROMISED(i) (1u << 16 << (i))

static inline u32 ext4_blocks_per_page(const struct inode *inode)
{
	return (u32)PAGE_SIZE >> ext4_bits(inode);
}
static inline u32 ext4_first_block(const struct inode *inode, const struct page *page)
{
	return (u32)(page->index << (PAGE_SHIFT - ext4_bits(inode)));
}
/* EXT4_COVERED and _PROMISED bits; of a page that was never asked for: all is to be written. */
static inline u32 ext4_page_state(const struct page *page)
{
	return PagePrivate(page) ? (u32)page->private : EXT4_PROMISED(0) - 1;
}
static inline bool ext4_page_promised(const struct page *page)
{
	return !PagePrivate(page) || page->private >= EXT4_PROMISED(0);
}
/*
 * Bytes [@from, @to) of the locked page are about to be dirtied: their blocks are on disk, or get
 * promised. 0, -ENOSPC, or why the map cannot be read; with @force always 0.
 */
int ext4_page_prepare(struct inode *inode, struct page *page, u32 from, u32 to, bool force);
/* The locked page is on its way to the disk, in blocks @covered; promises are kept. */
void ext4_page_written(struct inode *inode, struct page *page, u32 covered);
/*
 * The file will end at @size, behind i_size, and bytes up to @pos will read as zeroes. Before
 * i_size is set. i_rwsem held, no page locked.
 */
int ext4_will_grow(struct inode *inode, loff_t pos, loff_t size);
bool ext4_dirty_page(struct address_space *mapping, struct page *page);
void ext4_invalidate_page(struct page *page, unsigned int offset, unsigned int length);
bool ext4_release_page(struct page *page, gfp_t gfp);

/* ---- aops.c ---------------------------------------------------------------------------------- */
extern const struct address_space_operations ext4_aops;
extern const struct vm_operations_struct ext4_vm_ops;

/* ---- dir.c, htree.c, namei.c ----------------------------------------------------------------- */

extern const struct file_operations ext4_dir_fops;
extern const struct export_operations ext4_export_ops; /* export.c */
struct inode *ext4_get_parent(struct inode *dir);
extern const struct inode_operations ext4_dir_iops, ext4_special_iops;

#define EXT4_MAX_DIR_BLOCKS (1u << 22)

static inline u32 ext4_dir_blocks(const struct inode *dir)
{
	return (u32)(dir->i_size >> ext4_bits(dir));
}
/* Block @lblk of a directory, checked: ERR_PTR(-EUCLEAN, -EIO). */
struct buffer_head *ext4_read_dirblock(struct inode *dir, u32 lblk, bool index);
/* Appends an empty block. ERR_PTR. *lblk is its number. In write access. */
struct buffer_head *ext4_append(handle_t *handle, struct inode *dir, u32 *lblk);
int ext4_dirty_dirblock(handle_t *handle, struct inode *dir, struct buffer_head *bh);
/* The entry called @name in the block, or NULL; *bad when the block is damaged. */
struct ext4_dir_entry *ext4_search_block(struct inode *dir, struct buffer_head *bh,
					 const char *name, u32 len, bool *bad);
/* <fs/exportfs.h> */
int ext4_get_name(struct inode *dir, char name[EXT4_NAME_LEN + 1], ino_t ino);
/* Puts a name into the block: 0, -ENOSPC. The buffer has write access. */
int ext4_insert_in_block(struct inode *dir, struct buffer_head *bh, const char *name, u32 len,
			 u32 ino, u8 type);
u8 ext4_file_type(const struct super_block *sb, umode_t mode);
bool ext4_is_indexed(const struct inode *dir);
bool ext4_empty_dir(struct inode *dir);

/*
 * A position in the index: the root, and a node when the tree is two levels high. Buffers are
 * referenced.
 */
struct ext4_dx_frame {
	struct buffer_head *bh;
	struct dx_entry *entries, *at;
	u32 off; /* of entries in the block */
};
struct ext4_dx_path {
	struct ext4_dx_frame f[2];
	unsigned int levels; /* frames in use: 1 or 2 */
	u32 hash, minor;
	int version;
};
/* 0, -ENOENT (no index that we understand: search all blocks), -EUCLEAN, -EIO. */
int ext4_dx_probe(struct inode *dir, const char *name, u32 len, u32 hash, struct ext4_dx_path *p);
void ext4_dx_release(struct ext4_dx_path *p);
static inline u32 ext4_dx_block(const struct dx_entry *e)
{
	return le32_to_cpu(e->block) & 0x0fffffff;
}
/* Steps to the next leaf. 1: there is one whose hashes may equal @hash; 0: no; -errno. */
int ext4_dx_next(struct inode *dir, struct ext4_dx_path *p, u32 hash);
int ext4_dx_add(handle_t *handle, struct inode *dir, const char *name, u32 len, u32 ino, u8 type);
/* Makes an index of a one-block directory whose block is full. */
int ext4_make_indexed(handle_t *handle, struct inode *dir, struct buffer_head *bh);

/* ---- file.c, fallocate.c, ioctl.c, symlink.c ------------------------------------------------- */
extern const struct file_operations ext4_file_fops;
extern const struct inode_operations ext4_file_iops, ext4_symlink_iops, ext4_fast_symlink_iops;
long ext4_fallocate(struct file *file, int mode, loff_t offset, loff_t len);
int ext4_fileattr_get(struct inode *inode, u32 *flags);
int ext4_fileattr_set(struct inode *inode, u32 flags);
long ext4_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int ext4_fiemap(struct inode *inode, unsigned long arg);
loff_t ext4_llseek(struct file *file, loff_t offset, int whence);

/* ---- xattr.c --------------------------------------------------------------------------------- */
/* Bytes, -ENODATA, -ERANGE; @buf NULL: the size. */
int ext4_xattr_get(struct inode *inode, int index, const char *name, void *buf, size_t size);
/* @value NULL: removes. XATTR_CREATE, XATTR_REPLACE. */
int ext4_xattr_set(struct inode *inode, int index, const char *name, const void *value, size_t size,
		   int flags);
/* Names with their prefixes, each terminated; bytes or -ERANGE. */
ssize_t ext4_listxattr(struct dentry *dentry, char *buf, size_t size);
/* The inode goes: so does its attribute block, or a reference on it. */
void ext4_xattr_delete_inode(handle_t *handle, struct inode *inode);

#endif
