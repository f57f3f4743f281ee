/* SPDX-License-Identifier: MIT */
/*
 * The journal's on-disk format (kernel documentation, "ext4 data structures: journal"): pure code
 * that takes a block of memory and says what is in it. Everything on disk is big-endian. Nothing
 * here trusts a number it read; nothing reads outside the block it was given.
 */
#ifndef FS_JBD2_FORMAT_H
#define FS_JBD2_FORMAT_H

#include <lib/byteorder.h>
#include <lib/compiler.h>
#include <lib/types.h>

#define JBD2_MAGIC_NUMBER     0xc03b3998u

#define JBD2_DESCRIPTOR_BLOCK 1
#define JBD2_COMMIT_BLOCK     2
#define JBD2_SUPERBLOCK_V1    3
#define JBD2_SUPERBLOCK_V2    4
#define JBD2_REVOKE_BLOCK     5

struct journal_header {
	__be32 h_magic;
	__be32 h_blocktype;
	__be32 h_sequence;
};

struct journal_super {
	struct journal_header s_header;
	__be32 s_blocksize;
	__be32 s_maxlen; /* blocks of the journal, this one included */
	__be32 s_first; /* first block of the log */
	__be32 s_sequence; /* of the first commit expected */
	__be32 s_start; /* where it is; 0: the log is empty */
	__be32 s_errno;
	__be32 s_feature_compat;
	__be32 s_feature_incompat;
	__be32 s_feature_ro_compat;
	u8 s_uuid[16];
	__be32 s_nr_users;
	__be32 s_dynsuper;
	__be32 s_max_transaction;
	__be32 s_max_trans_data;
	u8 s_checksum_type; /* 4: crc32c */
	u8 s_padding2[3];
	__be32 s_num_fc_blks;
	__be32 s_head;
	__be32 s_padding[40];
	__be32 s_checksum;
	u8 s_users[16 * 48];
};
static_assert(sizeof(struct journal_super) == 1024);

#define JBD2_FEATURE_COMPAT_CHECKSUM	   0x1u
#define JBD2_FEATURE_INCOMPAT_REVOKE	   0x1u
#define JBD2_FEATURE_INCOMPAT_64BIT	   0x2u
#define JBD2_FEATURE_INCOMPAT_ASYNC_COMMIT 0x4u
#define JBD2_FEATURE_INCOMPAT_CSUM_V2	   0x8u
#define JBD2_FEATURE_INCOMPAT_CSUM_V3	   0x10u
#define JBD2_FEATURE_INCOMPAT_FAST_COMMIT  0x20u
#define JBD2_KNOWN_INCOMPAT                                           \
	(JBD2_FEATURE_INCOMPAT_REVOKE | JBD2_FEATURE_INCOMPAT_64BIT | \
	 JBD2_FEATURE_INCOMPAT_CSUM_V2 | JBD2_FEATURE_INCOMPAT_CSUM_V3)
#define JBD2_CRC32C_CHKSUM 4

/* A block in a transaction: struct journal_tag3 with CSUM_V3, else struct journal_tag in part. */
struct journal_tag3 {
	__be32 t_blocknr;
	__be32 t_flags;
	__be32 t_blocknr_high;
	__be32 t_checksum;
};
struct journal_tag {
	__be32 t_blocknr;
	__be16 t_checksum;
	__be16 t_flags;
	__be32 t_blocknr_high; /* with 64BIT */
};
#define JBD2_FLAG_ESCAPE    1u /* the block began with the magic number, which is zeroed here */
#define JBD2_FLAG_SAME_UUID 2u
#define JBD2_FLAG_DELETED   4u
#define JBD2_FLAG_LAST_TAG  8u

struct journal_commit {
	struct journal_header h;
	u8 h_chksum_type;
	u8 h_chksum_size;
	u8 h_padding[2];
	__be32 h_chksum[8];
	__be64 h_commit_sec;
	__be32 h_commit_nsec;
};

struct journal_revoke {
	struct journal_header h;
	__be32 r_count; /* bytes in use, this header included */
};

/* What the rest needs to know of a journal, decoded by jbd2_check_super(). */
struct jbd2_geometry {
	u32 blocksize, maxlen, first;
	u32 sequence, start;
	u32 incompat, compat;
	u32 csum_seed; /* of everything but the super block */
	bool csum_v2, csum_v3, has_64bit;
};

/*
 * Decodes the super block @js of a journal of @blocks blocks of @blocksize. NULL when it is good,
 * else what is wrong, for the log.
 */
const char *jbd2_check_super(const struct journal_super *js, u32 blocksize, u64 blocks,
			     struct jbd2_geometry *g);
u32 jbd2_super_csum(const struct journal_super *js);

static inline bool jbd2_has_csum(const struct jbd2_geometry *g)
{
	return g->csum_v2 || g->csum_v3;
}
/* Bytes of a tag without its UUID. */
unsigned int jbd2_tag_bytes(const struct jbd2_geometry *g);
/* The block type if @block is a journal block of transaction @seq, else 0. */
u32 jbd2_block_type(const void *block, u32 seq);

/* Walk the tags of a descriptor block. */
struct jbd2_tag_iter {
	const struct jbd2_geometry *g;
	const u8 *block;
	unsigned int at;
	bool last;
};
struct jbd2_tag {
	u64 blocknr;
	u32 flags, csum;
};
void jbd2_tags_init(struct jbd2_tag_iter *it, const struct jbd2_geometry *g, const void *block);
/* False at the end. */
bool jbd2_next_tag(struct jbd2_tag_iter *it, struct jbd2_tag *tag);
/* Appends a tag at *@at, which moves on; false when there is no room for it. */
bool jbd2_put_tag(const struct jbd2_geometry *g, void *block, unsigned int *at,
		  const struct jbd2_tag *tag);
/* Checksum that a tag carries for the logged block @data. */
u32 jbd2_tag_csum(const struct jbd2_geometry *g, u32 seq, const void *data);
bool jbd2_tag_csum_ok(const struct jbd2_geometry *g, const struct jbd2_tag *tag, u32 seq,
		      const void *data);

/* Block numbers in a revoke block: how many (0 for a bad one), and the @n-th. */
unsigned int jbd2_revoke_count(const struct jbd2_geometry *g, const void *block);
u64 jbd2_revoke_block(const struct jbd2_geometry *g, const void *block, unsigned int n);

/* The checksum at the end of descriptor and revoke blocks. */
void jbd2_tail_csum_set(const struct jbd2_geometry *g, void *block);
bool jbd2_tail_csum_ok(const struct jbd2_geometry *g, const void *block);
void jbd2_commit_csum_set(const struct jbd2_geometry *g, void *block);
bool jbd2_commit_csum_ok(const struct jbd2_geometry *g, const void *block);

#endif
