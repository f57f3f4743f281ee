/* SPDX-License-Identifier: MIT */
/*
 * ext4 on disk (kernel documentation, "ext4 Data Structures and Algorithms"): the structures, and
 * the pure code that checks and checksums them. All little-endian. The checkers take memory and
 * sizes and nothing else, so they run on the host as well; what passes them can be walked without
 * looking outside its block.
 */
#ifndef FS_EXT4_FORMAT_H
#define FS_EXT4_FORMAT_H

#include <lib/byteorder.h>
#include <lib/compiler.h>
#include <lib/types.h>

#define EXT4_SUPER_MAGIC	0xef53
#define EXT4_SUPER_OFFSET	1024
#define EXT4_ROOT_INO		2
#define EXT4_JOURNAL_INO	8
#define EXT4_GOOD_OLD_FIRST_INO 11
#define EXT4_NAME_LEN		255
#define EXT4_LINK_MAX		65000

struct ext4_super_block {
	__le32 s_inodes_count, s_blocks_count_lo, s_r_blocks_count_lo, s_free_blocks_count_lo;
	__le32 s_free_inodes_count, s_first_data_block, s_log_block_size, s_log_cluster_size;
	__le32 s_blocks_per_group, s_clusters_per_group, s_inodes_per_group, s_mtime;
	__le32 s_wtime;
	__le16 s_mnt_count, s_max_mnt_count, s_magic, s_state, s_errors, s_minor_rev_level;
	__le32 s_lastcheck, s_checkinterval, s_creator_os, s_rev_level;
	__le16 s_def_resuid, s_def_resgid;
	__le32 s_first_ino;
	__le16 s_inode_size, s_block_group_nr;
	__le32 s_feature_compat, s_feature_incompat, s_feature_ro_compat;
	u8 s_uuid[16];
	char s_volume_name[16], s_last_mounted[64];
	__le32 s_algorithm_usage_bitmap;
	u8 s_prealloc_blocks, s_prealloc_dir_blocks;
	__le16 s_reserved_gdt_blocks;
	u8 s_journal_uuid[16];
	__le32 s_journal_inum, s_journal_dev, s_last_orphan, s_hash_seed[4];
	u8 s_def_hash_version, s_jnl_backup_type;
	__le16 s_desc_size;
	__le32 s_default_mount_opts, s_first_meta_bg, s_mkfs_time, s_jnl_blocks[17];
	__le32 s_blocks_count_hi, s_r_blocks_count_hi, s_free_blocks_count_hi;
	__le16 s_min_extra_isize, s_want_extra_isize;
	__le32 s_flags;
	__le16 s_raid_stride, s_mmp_interval;
	__le64 s_mmp_block;
	__le32 s_raid_stripe_width;
	u8 s_log_groups_per_flex, s_checksum_type;
	__le16 s_reserved_pad;
	__le64 s_kbytes_written;
	__le32 s_snapshot_inum, s_snapshot_id;
	__le64 s_snapshot_r_blocks_count;
	__le32 s_snapshot_list, s_error_count, s_first_error_time, s_first_error_ino;
	__le64 s_first_error_block;
	u8 s_first_error_func[32];
	__le32 s_first_error_line, s_last_error_time, s_last_error_ino, s_last_error_line;
	__le64 s_last_error_block;
	u8 s_last_error_func[32], s_mount_opts[64];
	__le32 s_usr_quota_inum, s_grp_quota_inum, s_overhead_blocks, s_backup_bgs[2];
	u8 s_encrypt_algos[4], s_encrypt_pw_salt[16];
	__le32 s_lpf_ino, s_prj_quota_inum, s_checksum_seed;
	u8 s_time_hi[8];
	__le16 s_encoding, s_encoding_flags;
	__le32 s_orphan_file_inum, s_reserved[94], s_checksum;
};
static_assert(sizeof(struct ext4_super_block) == 1024);
static_assert(offsetof(struct ext4_super_block, s_checksum_seed) == 0x270);

#define EXT4_VALID_FS		  1 /* s_state */
#define EXT4_ERROR_FS		  2
#define EXT4_ORPHAN_FS		  4
#define EXT2_FLAGS_SIGNED_HASH	  1 /* s_flags */
#define EXT2_FLAGS_UNSIGNED_HASH  2
#define EXT4_ERRORS_CONTINUE	  1 /* s_errors */
#define EXT4_ERRORS_RO		  2
#define EXT4_ERRORS_PANIC	  3

#define EXT4_COMPAT_HAS_JOURNAL	  0x0004u
#define EXT4_COMPAT_EXT_ATTR	  0x0008u
#define EXT4_COMPAT_DIR_INDEX	  0x0020u
#define EXT4_COMPAT_SPARSE_SUPER2 0x0200u
#define EXT4_COMPAT_ORPHAN_FILE	  0x1000u

#define EXT4_INCOMPAT_FILETYPE	  0x0002u
#define EXT4_INCOMPAT_RECOVER	  0x0004u
#define EXT4_INCOMPAT_META_BG	  0x0010u
#define EXT4_INCOMPAT_EXTENTS	  0x0040u
#define EXT4_INCOMPAT_64BIT	  0x0080u
#define EXT4_INCOMPAT_FLEX_BG	  0x0200u
#define EXT4_INCOMPAT_CSUM_SEED	  0x2000u
#define EXT4_KNOWN_INCOMPAT                                                       \
	(EXT4_INCOMPAT_FILETYPE | EXT4_INCOMPAT_RECOVER | EXT4_INCOMPAT_META_BG | \
	 EXT4_INCOMPAT_EXTENTS | EXT4_INCOMPAT_64BIT | EXT4_INCOMPAT_FLEX_BG |    \
	 EXT4_INCOMPAT_CSUM_SEED)

#define EXT4_RO_COMPAT_SPARSE_SUPER  0x0001u
#define EXT4_RO_COMPAT_LARGE_FILE    0x0002u
#define EXT4_RO_COMPAT_HUGE_FILE     0x0008u
#define EXT4_RO_COMPAT_GDT_CSUM	     0x0010u
#define EXT4_RO_COMPAT_DIR_NLINK     0x0020u
#define EXT4_RO_COMPAT_EXTRA_ISIZE   0x0040u
#define EXT4_RO_COMPAT_METADATA_CSUM 0x0400u
#define EXT4_KNOWN_RO_COMPAT                                                                  \
	(EXT4_RO_COMPAT_SPARSE_SUPER | EXT4_RO_COMPAT_LARGE_FILE | EXT4_RO_COMPAT_HUGE_FILE | \
	 EXT4_RO_COMPAT_GDT_CSUM | EXT4_RO_COMPAT_DIR_NLINK | EXT4_RO_COMPAT_EXTRA_ISIZE |    \
	 EXT4_RO_COMPAT_METADATA_CSUM)

struct ext4_group_desc {
	__le32 bg_block_bitmap_lo, bg_inode_bitmap_lo, bg_inode_table_lo;
	__le16 bg_free_blocks_count_lo, bg_free_inodes_count_lo, bg_used_dirs_count_lo, bg_flags;
	__le32 bg_exclude_bitmap_lo;
	__le16 bg_block_bitmap_csum_lo, bg_inode_bitmap_csum_lo, bg_itable_unused_lo, bg_checksum;
	/* from here on only if s_desc_size > 32 */
	__le32 bg_block_bitmap_hi, bg_inode_bitmap_hi, bg_inode_table_hi;
	__le16 bg_free_blocks_count_hi, bg_free_inodes_count_hi, bg_used_dirs_count_hi;
	__le16 bg_itable_unused_hi;
	__le32 bg_exclude_bitmap_hi;
	__le16 bg_block_bitmap_csum_hi, bg_inode_bitmap_csum_hi;
	__le32 bg_reserved;
};
static_assert(sizeof(struct ext4_group_desc) == 64);
#define EXT4_BG_INODE_UNINIT 1
#define EXT4_BG_BLOCK_UNINIT 2
#define EXT4_BG_INODE_ZEROED 4

#define EXT4_N_BLOCKS	     15
#define EXT4_NDIR_BLOCKS     12
#define EXT4_IND_BLOCK	     12
#define EXT4_DIND_BLOCK	     13
#define EXT4_TIND_BLOCK	     14

struct ext4_inode {
	__le16 i_mode, i_uid;
	__le32 i_size_lo, i_atime, i_ctime, i_mtime, i_dtime;
	__le16 i_gid, i_links_count;
	__le32 i_blocks_lo, i_flags, i_version, i_block[EXT4_N_BLOCKS], i_generation;
	__le32 i_file_acl_lo, i_size_high, i_obso_faddr;
	__le16 i_blocks_high, i_file_acl_high, i_uid_high, i_gid_high, i_checksum_lo, i_reserved;
	/* from here on only if the inode is larger than 128 bytes, as far as i_extra_isize says */
	__le16 i_extra_isize, i_checksum_hi;
	__le32 i_ctime_extra, i_mtime_extra, i_atime_extra, i_crtime, i_crtime_extra;
	__le32 i_version_hi, i_projid;
};
#define EXT4_GOOD_OLD_INODE_SIZE 128
static_assert(offsetof(struct ext4_inode, i_extra_isize) == EXT4_GOOD_OLD_INODE_SIZE);

#define EXT4_COMPR_FL		0x00000004u
#define EXT4_SYNC_FL		0x00000008u
#define EXT4_IMMUTABLE_FL	0x00000010u
#define EXT4_APPEND_FL		0x00000020u
#define EXT4_NODUMP_FL		0x00000040u
#define EXT4_NOATIME_FL		0x00000080u
#define EXT4_ENCRYPT_FL		0x00000800u
#define EXT4_INDEX_FL		0x00001000u
#define EXT4_JOURNAL_DATA_FL	0x00004000u
#define EXT4_DIRSYNC_FL		0x00010000u
#define EXT4_TOPDIR_FL		0x00020000u
#define EXT4_HUGE_FILE_FL	0x00040000u
#define EXT4_EXTENTS_FL		0x00080000u
#define EXT4_VERITY_FL		0x00100000u
#define EXT4_EA_INODE_FL	0x00200000u
#define EXT4_INLINE_DATA_FL	0x10000000u
#define EXT4_CASEFOLD_FL	0x40000000u
#define EXT4_FL_USER_VISIBLE	0x0003ffffu
#define EXT4_FL_USER_MODIFIABLE 0x000380ffu
#define EXT4_FL_INHERITED	(EXT4_SYNC_FL | EXT4_NODUMP_FL | EXT4_NOATIME_FL | EXT4_DIRSYNC_FL)

struct ext4_extent_header {
	__le16 eh_magic, eh_entries, eh_max, eh_depth;
	__le32 eh_generation;
};
#define EXT4_EXT_MAGIC 0xf30a
struct ext4_extent {
	__le32 ee_block;
	__le16 ee_len; /* over EXT4_INIT_MAX_LEN: unwritten, that much less */
	__le16 ee_start_hi;
	__le32 ee_start_lo;
};
struct ext4_extent_idx {
	__le32 ei_block, ei_leaf_lo;
	__le16 ei_leaf_hi, ei_unused;
};
#define EXT4_INIT_MAX_LEN     32768u
#define EXT4_UNINIT_MAX_LEN   (EXT4_INIT_MAX_LEN - 1)
#define EXT4_MAX_EXTENT_DEPTH 5
#define EXT_MAX_BLOCKS	      0xffffffffu

struct ext4_dir_entry {
	__le32 inode;
	__le16 rec_len;
	u8 name_len;
	u8 file_type;
	char name[];
};
#define EXT4_DIR_REC_LEN(n) (((n) + 8u + 3u) & ~3u)
#define EXT4_FT_DIR	    2
#define EXT4_FT_DIR_CSUM    0xde
struct ext4_dir_tail {
	__le32 det_reserved_zero1;
	__le16 det_rec_len; /* 12 */
	u8 det_reserved_zero2;
	u8 det_reserved_ft; /* EXT4_FT_DIR_CSUM */
	__le32 det_checksum;
};

struct dx_entry {
	__le32 hash, block;
};
struct dx_countlimit {
	__le16 limit, count;
};
struct dx_root_info {
	__le32 reserved_zero;
	u8 hash_version, info_length, indirect_levels, unused_flags;
};
struct dx_tail {
	__le32 dt_reserved, dt_checksum;
};
#define DX_ROOT_INFO_OFFSET 24
#define DX_HASH_LEGACY	    0
#define DX_HASH_HALF_MD4    1
#define DX_HASH_TEA	    2
#define DX_HASH_UNSIGNED    3 /* added to these */
#define EXT4_HTREE_EOF	    0x7fffffffu

struct ext4_xattr_header {
	__le32 h_magic, h_refcount, h_blocks, h_hash, h_checksum, h_reserved[3];
};
struct ext4_xattr_entry {
	u8 e_name_len, e_name_index;
	__le16 e_value_offs;
	__le32 e_value_inum, e_value_size, e_hash;
	char e_name[];
};
#define EXT4_XATTR_MAGIC   0xea020000u
#define EXT4_XATTR_LEN(n)  (((n) + 3u + (unsigned int)sizeof(struct ext4_xattr_entry)) & ~3u)
#define EXT4_XATTR_SIZE(n) (((n) + 3u) & ~3u)

/* ---- what a mount needs to know, decoded ----------------------------------------------------- */

struct ext4_geometry {
	u32 blocksize, blocksize_bits;
	u32 blocks_per_group, inodes_per_group, inodes_count, first_ino, first_data_block;
	u32 inode_size, desc_size, groups, desc_per_block, gdb_count, itable_blocks;
	u32 first_meta_bg, reserved_gdt;
	u64 blocks_count;
	u32 compat, incompat, ro_compat;
	u32 csum_seed;
	bool meta_csum, gdt_csum;
	u8 log_flex;
	u8 uuid[16];
};

/*
 * Decodes @es; the device has @dev_blocks blocks of the block size that the super block itself
 * names (0: unknown yet). NULL when it is good; else what is wrong with it.
 */
const char *ext4_check_super(const struct ext4_super_block *es, u64 dev_bytes,
			     struct ext4_geometry *g);
/* The name of the lowest feature in @incompat that is not built; NULL: all are. */
const char *ext4_unknown_incompat(u32 incompat);
u32 ext4_super_csum(const struct ext4_super_block *es);

u64 ext4_block_bitmap(const struct ext4_geometry *g, const struct ext4_group_desc *gd);
u64 ext4_inode_bitmap(const struct ext4_geometry *g, const struct ext4_group_desc *gd);
u64 ext4_inode_table(const struct ext4_geometry *g, const struct ext4_group_desc *gd);
u32 ext4_free_blocks(const struct ext4_geometry *g, const struct ext4_group_desc *gd);
u32 ext4_free_inodes(const struct ext4_geometry *g, const struct ext4_group_desc *gd);
u32 ext4_used_dirs(const struct ext4_geometry *g, const struct ext4_group_desc *gd);
u32 ext4_itable_unused(const struct ext4_geometry *g, const struct ext4_group_desc *gd);
void ext4_set_free_blocks(const struct ext4_geometry *g, struct ext4_group_desc *gd, u32 n);
void ext4_set_free_inodes(const struct ext4_geometry *g, struct ext4_group_desc *gd, u32 n);
void ext4_set_used_dirs(const struct ext4_geometry *g, struct ext4_group_desc *gd, u32 n);
void ext4_set_itable_unused(const struct ext4_geometry *g, struct ext4_group_desc *gd, u32 n);
/* Blocks of the group; its first block. */
u32 ext4_group_blocks(const struct ext4_geometry *g, u32 group);
static inline u64 ext4_group_first(const struct ext4_geometry *g, u32 group)
{
	return (u64)group * g->blocks_per_group + g->first_data_block;
}
/* Whether the group begins with a copy of the super block and descriptors. */
bool ext4_bg_has_super(const struct ext4_geometry *g, u32 group);
/* Metadata blocks at the start of a group: super block, descriptors, reserved descriptors. */
u32 ext4_bg_overhead(const struct ext4_geometry *g, u32 group);
/* NULL, or what is wrong with group @group's descriptor. */
const char *ext4_check_group(const struct ext4_geometry *g, u32 group,
			     const struct ext4_group_desc *gd);
u16 ext4_group_csum(const struct ext4_geometry *g, u32 group, const struct ext4_group_desc *gd);
void ext4_group_csum_set(const struct ext4_geometry *g, u32 group, struct ext4_group_desc *gd);
bool ext4_group_csum_ok(const struct ext4_geometry *g, u32 group, const struct ext4_group_desc *gd);
bool ext4_bitmap_csum_ok(const struct ext4_geometry *g, const struct ext4_group_desc *gd,
			 const void *bitmap, bool inodes);
void ext4_bitmap_csum_set(const struct ext4_geometry *g, struct ext4_group_desc *gd,
			  const void *bitmap, bool inodes);
bool ext4_block_valid(const struct ext4_geometry *g, u64 block, u64 n);

/* ---- inodes ---------------------------------------------------------------------------------- */

u32 ext4_inode_seed(const struct ext4_geometry *g, u32 ino, __le32 generation);
/* @raw is g->inode_size bytes. */
void ext4_inode_csum_set(const struct ext4_geometry *g, u32 ino, struct ext4_inode *raw);
bool ext4_inode_csum_ok(const struct ext4_geometry *g, u32 ino, const struct ext4_inode *raw);
/* NULL, or what is wrong. */
const char *ext4_check_inode(const struct ext4_geometry *g, const struct ext4_inode *raw);
static inline bool ext4_fits(u32 extra_isize, size_t field_end)
{
	return EXT4_GOOD_OLD_INODE_SIZE + extra_isize >= field_end;
}
#define EXT4_FITS(extra, field) \
	ext4_fits(extra,        \
		  offsetof(struct ext4_inode, field) + sizeof(((struct ext4_inode *)0)->field))
/* Seconds and nanoseconds in base and extra fields; seconds are clamped to what can be kept. */
void ext4_decode_time(u32 base, u32 extra, s64 *sec, u32 *nsec);
void ext4_encode_time(s64 sec, u32 nsec, bool has_extra, u32 *base, u32 *extra);

/* ---- extents --------------------------------------------------------------------------------- */

static inline u32 ext4_ext_len(const struct ext4_extent *ex)
{
	u32 n = le16_to_cpu(ex->ee_len);

	return n <= EXT4_INIT_MAX_LEN ? n : n - EXT4_INIT_MAX_LEN;
}
static inline bool ext4_ext_unwritten(const struct ext4_extent *ex)
{
	return le16_to_cpu(ex->ee_len) > EXT4_INIT_MAX_LEN;
}
static inline u64 ext4_ext_pblock(const struct ext4_extent *ex)
{
	return le32_to_cpu(ex->ee_start_lo) | (u64)le16_to_cpu(ex->ee_start_hi) << 32;
}
static inline u64 ext4_idx_pblock(const struct ext4_extent_idx *ix)
{
	return le32_to_cpu(ix->ei_leaf_lo) | (u64)le16_to_cpu(ix->ei_leaf_hi) << 32;
}
/*
 * A node of @bytes at level @depth of the tree; its blocks cover [@lo, @hi). NULL, or what is
 * wrong.
 */
const char *ext4_check_extents(const struct ext4_geometry *g, const void *node, u32 bytes,
			       u32 depth, u32 lo, u64 hi);
u32 ext4_extent_csum(u32 seed, const struct ext4_extent_header *eh);
__le32 *ext4_extent_tail(const struct ext4_extent_header *eh);

/* ---- directories ----------------------------------------------------------------------------- */

static inline u32 ext4_rec_len(const struct ext4_dir_entry *de, u32 blocksize)
{
	u32 n = le16_to_cpu(de->rec_len);

	return n == 65535 || (n == 0 && blocksize == 65536) ? blocksize : n;
}
/* The entry at @off of a directory block can be read and stepped over. */
bool ext4_dirent_ok(const struct ext4_geometry *g, const void *block, u32 off);
struct ext4_dir_tail *ext4_dir_tail(const struct ext4_geometry *g, const void *block);
/* Checksum of a leaf (@csum) or index block; true where there are no checksums. */
bool ext4_dirblock_csum_ok(const struct ext4_geometry *g, u32 seed, const void *block);
void ext4_dirblock_csum_set(const struct ext4_geometry *g, u32 seed, void *block);
void ext4_dir_tail_init(const struct ext4_geometry *g, void *block);
/*
 * The entries of an index block at @off (32 in the root, 8 in nodes): NULL, or what is wrong.
 * *count and the limit are then inside the block.
 */
const char *ext4_check_dx(const struct ext4_geometry *g, const void *block, u32 off);
u32 ext4_dx_limit(const struct ext4_geometry *g, u32 off);
void ext4_dx_csum_set(const struct ext4_geometry *g, u32 seed, void *block, u32 off);
bool ext4_dx_csum_ok(const struct ext4_geometry *g, u32 seed, const void *block, u32 off);
/* Checks the root's header; NULL or what is wrong. */
const char *ext4_check_dx_root(const struct ext4_geometry *g, const void *block);
/* dx_hash of debugfs: @version DX_HASH_* (+ DX_HASH_UNSIGNED). -1: unknown version. */
int ext4_dirhash(const char *name, int len, int version, const u32 seed[4], u32 *hash, u32 *minor);

/* ---- extended attributes --------------------------------------------------------------------- */

/*
 * The entries between @first and @end, whose values are at offsets from @base. NULL or what is
 * wrong. @in_block: no value may overlap the entries either way.
 */
const char *ext4_check_xattrs(const void *first, const void *base, const void *end);
u32 ext4_xattr_block_csum(const struct ext4_geometry *g, u64 blocknr, const void *block);
u32 ext4_xattr_hash_entry(const struct ext4_xattr_entry *e, const void *value);

#endif
