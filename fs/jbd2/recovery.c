/* SPDX-License-Identifier: MIT */
/*
 * Replay after a crash, in three passes over the log: find where it ends (the first transaction
 * without a good commit block), gather revoke records, copy blocks to their places. A block is not
 * copied if it was revoked in its own or a later transaction. Every number comes from a disk that
 * may be damaged: a walk visits each log block once at most, and targets must lie in the file
 * system.
 */
#include <lib/xarray.h>
#include "jbd2.h"

enum pass { PASS_SCAN, PASS_REVOKE, PASS_REPLAY };

struct replay {
	struct journal *journal;
	struct xarray revoked; /* block -> newest transaction that revoked it, as a value */
	tid_t end; /* first transaction that is not to be replayed */
	u32 at; /* log block */
	u32 left; /* log blocks that may still be visited */
	void *block; /* the journal block being looked at */
	void *data;
	unsigned long copied, skipped;
};

static int advance(struct replay *r, u32 n)
{
	if (r->left < n)
		return -EUCLEAN;
	r->left -= n;
	while (n--)
		r->at = jbd2_next_log(r->journal, r->at);
	return 0;
}

/* ---- revoke records -------------------------------------------------------------------------- */

static int note_revokes(struct replay *r, tid_t tid)
{
	const struct jbd2_geometry *g = &r->journal->j_geo;
	unsigned int n = jbd2_revoke_count(g, r->block);

	if (!jbd2_tail_csum_ok(g, r->block))
		return -EUCLEAN;
	for (unsigned int i = 0; i < n; i++) {
		void *old = xa_store(&r->revoked, jbd2_revoke_block(g, r->block, i),
				     xa_mk_value(tid), GFP_KERNEL);

		if (xa_is_err(old))
			return xa_err(old);
	}
	return 0;
}

static bool is_revoked(struct replay *r, u64 blocknr, tid_t tid)
{
	void *v = xa_load(&r->revoked, blocknr);

	return v && tid_geq((tid_t)xa_to_value(v), tid);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static int put_block(struct replay *r, const struct jbd2_tag *tag)
{
	struct journal *j = r->journal;
	struct buffer_head *bh;

	if (tag->blocknr < j->j_fs_first || tag->blocknr >= j->j_fs_blocks) {
		pr_err("%s: journal has a block outside the file system\n", j->j_name);
		return -EUCLEAN;
	}
	bh = __getblk(j->j_bdev, tag->blocknr, j->j_blocksize);
	if (!bh)
		return -ENOMEM;
	lock_buffer(bh);
	memcpy(bh->b_data, r->data, j->j_blocksize);
	if (tag->flags & JBD2_FLAG_ESCAPE)
		put_unaligned_be32(JBD2_MAGIC_NUMBER, bh->b_data);
	set_buffer_uptodate(bh);
	unlock_buffer(bh);
	mark_buffer_dirty(bh);
	brelse(bh);
	r->copied++;
	return 0;
}

/* The blocks that follow a descriptor; r->at is the first of them. */
static int walk_tags(struct replay *r, tid_t tid, enum pass pass)
{
	struct journal *j = r->journal;
	struct jbd2_tag_iter it;
	struct jbd2_tag tag;
	int err;

	jbd2_tags_init(&it, &j->j_geo, r->block);
	while (jbd2_next_tag(&it, &tag)) {
		if (pass == PASS_REPLAY && is_revoked(r, tag.blocknr, tid)) {
			r->skipped++;
		} else if (pass == PASS_REPLAY) {
			err = jbd2_read_log(j, r->at, r->data);
			if (err)
				return err;
			if (!jbd2_tag_csum_ok(&j->j_geo, &tag, tid, r->data)) {
				pr_err("%s: journal block of transaction %u has a bad checksum\n",
				       j->j_name, tid);
				return -EUCLEAN;
			}
			err = put_block(r, &tag);
			if (err)
				return err;
		}
		err = advance(r, 1);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/*
 * One transaction from r->at on. 1: whole; 0: the log ends before its commit block; -errno.
 */
static int walk_transaction(struct replay *r, tid_t tid, enum pass pass)
{
	struct journal *j = r->journal;
	int err;

	for (;;) {
		u32 type;

		err = jbd2_read_log(j, r->at, r->block);
		if (err)
			return err;
		type = jbd2_block_type(r->block, tid);
		if (type == JBD2_COMMIT_BLOCK) {
			if (!jbd2_commit_csum_ok(&j->j_geo, r->block))
				return 0;
			return advance(r, 1) ? 0 : 1;
		}
		if (type != JBD2_DESCRIPTOR_BLOCK && type != JBD2_REVOKE_BLOCK)
			return 0;
		if (type == JBD2_DESCRIPTOR_BLOCK && !jbd2_tail_csum_ok(&j->j_geo, r->block))
			return 0;
		err = advance(r, 1);
		if (!err && type == JBD2_DESCRIPTOR_BLOCK)
			err = walk_tags(r, tid, pass);
		else if (!err && pass == PASS_REVOKE)
			err = note_revokes(r, tid);
		if (err)
			return pass == PASS_SCAN && err == -EUCLEAN ? 0 : err;
	}
}

static int one_pass(struct replay *r, enum pass pass)
{
	const struct jbd2_geometry *g = &r->journal->j_geo;
	tid_t tid;
	int ret;

	r->at = g->start;
	r->left = g->maxlen - g->first;
	for (tid = g->sequence; pass == PASS_SCAN || tid != r->end; tid++) {
		ret = walk_transaction(r, tid, pass);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
	}
	if (pass == PASS_SCAN)
		r->end = tid;
	else if (tid != r->end)
		return -EUCLEAN;
	return 0;
}

int jbd2_replay(struct journal *journal)
{
	struct replay r = {.journal = journal};
	tid_t first = journal->j_geo.sequence;
	int err = -ENOMEM;

	/* Errors from before are not those of the replay. */
	sync_blockdev(journal->j_bdev);
	xa_init(&r.revoked);
	r.block = kmalloc(journal->j_blocksize, GFP_KERNEL);
	r.data = kmalloc(journal->j_blocksize, GFP_KERNEL);
	if (r.block && r.data) {
		err = one_pass(&r, PASS_SCAN);
		if (!err)
			err = one_pass(&r, PASS_REVOKE);
		if (!err)
			err = one_pass(&r, PASS_REPLAY);
	}
	if (!err)
		err = sync_blockdev(journal->j_bdev);
	if (!err && journal->j_barrier)
		err = blkdev_issue_flush(journal->j_bdev);
	kfree(r.block);
	kfree(r.data);
	xa_destroy(&r.revoked);
	if (err)
		return err;
	pr_info("%s: journal replayed: %u transactions, %lu blocks, %lu revoked\n", journal->j_name,
		r.end - first, r.copied, r.skipped);
	journal->j_next_tid = r.end + 1;
	return 0;
}
