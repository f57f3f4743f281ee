/* SPDX-License-Identifier: MIT */
/* Reading and making journal blocks: format.h. Built on the host too. */
#include <lib/crc32.h>
#include <lib/string.h>
#include "format.h"

u32 jbd2_super_csum(const struct journal_super *js)
{
	struct journal_super copy;

	memcpy(&copy, js, sizeof(copy));
	copy.s_checksum = 0;
	return crc32c(~0u, &copy, sizeof(copy));
}

static const char *check_features(const struct journal_super *js, const struct jbd2_geometry *g)
{
	if (g->incompat & JBD2_FEATURE_INCOMPAT_FAST_COMMIT)
		return "feature fast_commit";
	if (g->incompat & JBD2_FEATURE_INCOMPAT_ASYNC_COMMIT)
		return "feature async_commit";
	if (g->incompat & ~JBD2_KNOWN_INCOMPAT || js->s_feature_ro_compat)
		return "an unknown feature";
	if (g->csum_v2 && g->csum_v3)
		return "both checksum versions";
	if (jbd2_has_csum(g) && js->s_checksum_type != JBD2_CRC32C_CHKSUM)
		return "an unknown checksum type";
	if (jbd2_has_csum(g) && be32_to_cpu(js->s_checksum) != jbd2_super_csum(js))
		return "a bad checksum";
	return NULL;
}

const char *jbd2_check_super(const struct journal_super *js, u32 blocksize, u64 blocks,
			     struct jbd2_geometry *g)
{
	u32 type = be32_to_cpu(js->s_header.h_blocktype);
	const char *bad;

	memset(g, 0, sizeof(*g));
	if (be32_to_cpu(js->s_header.h_magic) != JBD2_MAGIC_NUMBER)
		return "no magic number";
	if (type != JBD2_SUPERBLOCK_V1 && type != JBD2_SUPERBLOCK_V2)
		return "an unknown version";
	g->blocksize = be32_to_cpu(js->s_blocksize);
	g->maxlen = be32_to_cpu(js->s_maxlen);
	g->first = be32_to_cpu(js->s_first);
	g->sequence = be32_to_cpu(js->s_sequence);
	g->start = be32_to_cpu(js->s_start);
	if (type == JBD2_SUPERBLOCK_V2) {
		g->compat = be32_to_cpu(js->s_feature_compat);
		g->incompat = be32_to_cpu(js->s_feature_incompat);
		g->has_64bit = g->incompat & JBD2_FEATURE_INCOMPAT_64BIT;
		g->csum_v2 = g->incompat & JBD2_FEATURE_INCOMPAT_CSUM_V2;
		g->csum_v3 = g->incompat & JBD2_FEATURE_INCOMPAT_CSUM_V3;
		g->csum_seed = crc32c(~0u, js->s_uuid, sizeof(js->s_uuid));
		bad = check_features(js, g);
		if (bad)
			return bad;
	}
	if (g->blocksize != blocksize)
		return "another block size";
	if (g->maxlen > blocks || g->maxlen < 16)
		return "a bad length";
	if (!g->first || g->first >= g->maxlen || g->maxlen - g->first < 8)
		return "a bad first block";
	if (g->start && (g->start < g->first || g->start >= g->maxlen))
		return "a bad start";
	return NULL;
}

unsigned int jbd2_tag_bytes(const struct jbd2_geometry *g)
{
	unsigned int n = sizeof(struct journal_tag);

	if (g->csum_v3)
		return sizeof(struct journal_tag3);
	if (g->csum_v2)
		n += sizeof(u16);
	return g->has_64bit ? n : n - (unsigned int)sizeof(u32);
}

u32 jbd2_block_type(const void *block, u32 seq)
{
	const struct journal_header *h = block;

	if (be32_to_cpu(h->h_magic) != JBD2_MAGIC_NUMBER || be32_to_cpu(h->h_sequence) != seq)
		return 0;
	return be32_to_cpu(h->h_blocktype);
}

/* ---- tags ------------------------------------------------------------------------------------ */

static unsigned int tail_bytes(const struct jbd2_geometry *g)
{
	return jbd2_has_csum(g) ? sizeof(__be32) : 0;
}

void jbd2_tags_init(struct jbd2_tag_iter *it, const struct jbd2_geometry *g, const void *block)
{
	it->g = g;
	it->block = block;
	it->at = sizeof(struct journal_header);
	it->last = false;
}

static void decode_tag(const struct jbd2_geometry *g, const u8 *p, struct jbd2_tag *tag)
{
	tag->blocknr = get_unaligned_be32(p);
	if (g->csum_v3) {
		tag->flags = get_unaligned_be32(p + 4);
		tag->csum = get_unaligned_be32(p + 12);
	} else {
		tag->csum = get_unaligned_be16(p + 4);
		tag->flags = get_unaligned_be16(p + 6);
	}
	if (g->has_64bit)
		tag->blocknr |= (u64)get_unaligned_be32(p + 8) << 32;
}

bool jbd2_next_tag(struct jbd2_tag_iter *it, struct jbd2_tag *tag)
{
	unsigned int bytes = jbd2_tag_bytes(it->g);

	if (it->last || it->at + bytes > it->g->blocksize - tail_bytes(it->g))
		return false;
	decode_tag(it->g, it->block + it->at, tag);
	it->at += bytes;
	if (!(tag->flags & JBD2_FLAG_SAME_UUID))
		it->at += 16;
	it->last = tag->flags & JBD2_FLAG_LAST_TAG;
	return true;
}

bool jbd2_put_tag(const struct jbd2_geometry *g, void *block, unsigned int *at,
		  const struct jbd2_tag *tag)
{
	unsigned int bytes = jbd2_tag_bytes(g);
	u8 *p = (u8 *)block + *at;
	bool first = *at == sizeof(struct journal_header);
	u32 flags = first ? tag->flags : tag->flags | JBD2_FLAG_SAME_UUID;

	if (*at + bytes + (first ? 16 : 0) > g->blocksize - tail_bytes(g))
		return false;
	put_unaligned_be32((u32)tag->blocknr, p);
	if (g->csum_v3) {
		put_unaligned_be32(flags, p + 4);
		put_unaligned_be32((u32)(tag->blocknr >> 32), p + 8);
		put_unaligned_be32(tag->csum, p + 12);
	} else {
		put_unaligned_be16((u16)tag->csum, p + 4);
		put_unaligned_be16((u16)flags, p + 6);
		if (g->has_64bit)
			put_unaligned_be32((u32)(tag->blocknr >> 32), p + 8);
	}
	*at += bytes + (first ? 16 : 0);
	return true;
}

u32 jbd2_tag_csum(const struct jbd2_geometry *g, u32 seq, const void *data)
{
	__be32 be = cpu_to_be32(seq);

	return crc32c(crc32c(g->csum_seed, &be, sizeof(be)), data, g->blocksize);
}

bool jbd2_tag_csum_ok(const struct jbd2_geometry *g, const struct jbd2_tag *tag, u32 seq,
		      const void *data)
{
	u32 csum;

	if (!jbd2_has_csum(g))
		return true;
	csum = jbd2_tag_csum(g, seq, data);
	return tag->csum == (g->csum_v3 ? csum : (csum & 0xffff));
}

/* ---- revoke ---------------------------------------------------------------------------------- */

unsigned int jbd2_revoke_count(const struct jbd2_geometry *g, const void *block)
{
	u32 used = be32_to_cpu(((const struct journal_revoke *)block)->r_count);

	if (used < sizeof(struct journal_revoke) || used > g->blocksize - tail_bytes(g))
		return 0;
	return (used - sizeof(struct journal_revoke)) / (g->has_64bit ? 8 : 4);
}

u64 jbd2_revoke_block(const struct jbd2_geometry *g, const void *block, unsigned int n)
{
	const u8 *p = (const u8 *)block + sizeof(struct journal_revoke);

	return g->has_64bit ? get_unaligned_be64(p + 8ul * n) : get_unaligned_be32(p + 4ul * n);
}

/* ---- checksums of whole blocks --------------------------------------------------------------- */

/* Of @block with the four bytes at @hole as zero. */
static u32 csum_around(const struct jbd2_geometry *g, const void *block, unsigned int hole)
{
	static const u8 zero[4];
	const u8 *p = block;
	u32 crc = crc32c(g->csum_seed, p, hole);

	crc = crc32c(crc, zero, 4);
	return crc32c(crc, p + hole + 4, g->blocksize - hole - 4);
}

void jbd2_tail_csum_set(const struct jbd2_geometry *g, void *block)
{
	unsigned int at = g->blocksize - 4;

	if (jbd2_has_csum(g))
		put_unaligned_be32(csum_around(g, block, at), (u8 *)block + at);
}

bool jbd2_tail_csum_ok(const struct jbd2_geometry *g, const void *block)
{
	unsigned int at = g->blocksize - 4;

	return !jbd2_has_csum(g) ||
	       get_unaligned_be32((const u8 *)block + at) == csum_around(g, block, at);
}

#define COMMIT_CSUM offsetof(struct journal_commit, h_chksum)

void jbd2_commit_csum_set(const struct jbd2_geometry *g, void *block)
{
	if (jbd2_has_csum(g))
		put_unaligned_be32(csum_around(g, block, COMMIT_CSUM), (u8 *)block + COMMIT_CSUM);
}

bool jbd2_commit_csum_ok(const struct jbd2_geometry *g, const void *block)
{
	return !jbd2_has_csum(g) || get_unaligned_be32((const u8 *)block + COMMIT_CSUM) ==
					    csum_around(g, block, COMMIT_CSUM);
}
