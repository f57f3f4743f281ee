/* SPDX-License-Identifier: MIT */
/* A journal as a whole: its super block, where its blocks are, start, stop, abort. */
#include <lib/math64.h>
#include <kernel/init.h>
#include "jbd2.h"

struct kmem_cache *jbd2_head_cache __ro_after_init, *jbd2_handle_cache __ro_after_init;

/* ---- blocks of the log ----------------------------------------------------------------------- */

u64 jbd2_log_block(const struct journal *journal, u32 n)
{
	u32 lo = 0, hi = journal->j_nr_extents;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		const struct jbd2_extent *e = &journal->j_extents[mid];

		if (n < e->logical)
			hi = mid;
		else if (n - e->logical >= e->len)
			lo = mid + 1;
		else
			return e->physical + (n - e->logical);
	}
	return 0;
}

u32 jbd2_next_log(const struct journal *journal, u32 n)
{
	return n + 1 < journal->j_geo.maxlen ? n + 1 : journal->j_geo.first;
}

int jbd2_read_log(struct journal *journal, u32 n, void *buf)
{
	u64 where = jbd2_log_block(journal, n);
	struct buffer_head *bh =
		where ? __bread(journal->j_bdev, where, journal->j_blocksize) : NULL;

	if (!bh) {
		pr_err("%s: cannot read journal block %u\n", journal->j_name, n);
		return -EIO;
	}
	memcpy(buf, bh->b_data, journal->j_blocksize);
	brelse(bh);
	return 0;
}

/* ---- the super block ------------------------------------------------------------------------- */

static struct journal_super *super_of(struct journal *journal)
{
	return (struct journal_super *)journal->j_sb_bh->b_data;
}

/* The super block as it is in memory goes to disk, past every cache. */
static int sync_super(struct journal *journal)
{
	struct buffer_head *bh = journal->j_sb_bh;
	struct journal_super *js = super_of(journal);
	int err;

	if (js->s_header.h_blocktype == cpu_to_be32(JBD2_SUPERBLOCK_V2) &&
	    jbd2_has_csum(&journal->j_geo))
		js->s_checksum = cpu_to_be32(jbd2_super_csum(js));
	set_buffer_uptodate(bh);
	mark_buffer_dirty(bh);
	err = __sync_dirty_buffer(bh, REQ_SYNC | REQ_META | REQ_PRIO |
					      (journal->j_barrier ? REQ_PREFLUSH | REQ_FUA : 0));
	if (err)
		pr_err("%s: cannot write the journal's super block\n", journal->j_name);
	return err;
}

int jbd2_write_super(struct journal *journal, tid_t sequence, u32 start)
{
	struct journal_super *js = super_of(journal);

	lock_buffer(journal->j_sb_bh);
	js->s_sequence = cpu_to_be32(sequence);
	js->s_start = cpu_to_be32(start);
	unlock_buffer(journal->j_sb_bh);
	return sync_super(journal);
}

int jbd2_journal_errno(struct journal *journal)
{
	return (int)be32_to_cpu(super_of(journal)->s_errno);
}

void jbd2_journal_clear_err(struct journal *journal)
{
	super_of(journal)->s_errno = 0;
	sync_super(journal);
}

/* The log is empty: features may change. */
static void set_features(struct journal *journal)
{
	struct journal_super *js = super_of(journal);
	struct jbd2_geometry *g = &journal->j_geo;

	if (js->s_header.h_blocktype != cpu_to_be32(JBD2_SUPERBLOCK_V2))
		return;
	g->incompat &= ~(JBD2_FEATURE_INCOMPAT_CSUM_V2 | JBD2_FEATURE_INCOMPAT_CSUM_V3);
	g->incompat |= JBD2_FEATURE_INCOMPAT_REVOKE;
	g->compat &= ~JBD2_FEATURE_COMPAT_CHECKSUM;
	js->s_checksum_type = 0;
	if (journal->j_want_csum) {
		g->incompat |= JBD2_FEATURE_INCOMPAT_CSUM_V3;
		js->s_checksum_type = JBD2_CRC32C_CHKSUM;
	}
	if (journal->j_want_64bit)
		g->incompat |= JBD2_FEATURE_INCOMPAT_64BIT;
	g->csum_v2 = false;
	g->csum_v3 = journal->j_want_csum;
	g->has_64bit = g->incompat & JBD2_FEATURE_INCOMPAT_64BIT;
	js->s_feature_compat = cpu_to_be32(g->compat);
	js->s_feature_incompat = cpu_to_be32(g->incompat);
}

/* ---- making ---------------------------------------------------------------------------------- */

static void free_journal(struct journal *journal)
{
	brelse(journal->j_sb_bh);
	kvfree(journal->j_extents);
	kfree(journal);
}

static struct journal *alloc_journal(const struct jbd2_setup *setup)
{
	struct journal *j = kzalloc(sizeof(*j), GFP_KERNEL);

	if (!j)
		return NULL;
	j->j_extents = kvmalloc(setup->nr_extents * sizeof(*setup->extents), GFP_KERNEL);
	if (!j->j_extents) {
		kfree(j);
		return NULL;
	}
	memcpy(j->j_extents, setup->extents, setup->nr_extents * sizeof(*setup->extents));
	j->j_nr_extents = setup->nr_extents;
	j->j_bdev = setup->bdev;
	j->j_blocksize = setup->blocksize;
	j->j_fs_first = setup->fs_first;
	j->j_fs_blocks = setup->fs_blocks;
	j->j_want_csum = setup->want_csum;
	j->j_want_64bit = setup->want_64bit;
	j->j_abort = setup->abort;
	j->j_abort_arg = setup->abort_arg;
	jbd2_journal_set_options(j, setup->commit_interval, setup->barrier);
	strscpy(j->j_name, setup->name, sizeof(j->j_name));
	spin_lock_init(&j->j_lock);
	INIT_LIST_HEAD(&j->j_checkpoint);
	mutex_init(&j->j_checkpoint_mutex);
	init_waitqueue_head(&j->j_wait_commit);
	init_waitqueue_head(&j->j_wait_done);
	init_waitqueue_head(&j->j_wait_updates);
	return j;
}

struct journal *jbd2_journal_load(const struct jbd2_setup *setup)
{
	struct journal *j = alloc_journal(setup);
	const char *bad;
	u64 where;

	if (!j)
		return ERR_PTR(-ENOMEM);
	where = jbd2_log_block(j, 0);
	j->j_sb_bh = where ? __bread(j->j_bdev, where, j->j_blocksize) : NULL;
	if (!j->j_sb_bh) {
		free_journal(j);
		return ERR_PTR(-EIO);
	}
	bad = jbd2_check_super(super_of(j), j->j_blocksize, setup->blocks, &j->j_geo);
	if (bad) {
		pr_err("%s: the journal has %s\n", j->j_name, bad);
		free_journal(j);
		return ERR_PTR(-EINVAL);
	}
	j->j_next_tid = j->j_geo.sequence;
	return j;
}

bool jbd2_journal_needs_recovery(const struct journal *journal)
{
	return journal->j_geo.start != 0;
}

int jbd2_journal_recover(struct journal *journal)
{
	int err = 0;

	if (journal->j_geo.start)
		err = jbd2_replay(journal);
	if (!err && journal->j_geo.start)
		err = jbd2_write_super(journal, journal->j_next_tid, 0);
	if (!err)
		journal->j_geo.start = 0;
	return err;
}

int jbd2_journal_start_thread(struct journal *j)
{
	const struct jbd2_geometry *g = &j->j_geo;
	struct task_struct *task;
	int err;

	set_features(j);
	j->j_head = j->j_tail = g->first;
	j->j_tail_tid = j->j_next_tid;
	j->j_commit_sequence = j->j_commit_request = j->j_next_tid - 1;
	j->j_free = g->maxlen - g->first - 1;
	j->j_max_credits = (int)min(j->j_free / 4, 32768u);
	err = jbd2_write_super(j, j->j_next_tid, 0);
	if (err)
		return err;
	task = kthread_create(jbd2_commit_thread, j, "jbd2/%s", j->j_name);
	if (IS_ERR(task))
		return PTR_ERR(task);
	j->j_task = task;
	wake_up_process(task);
	return 0;
}

void jbd2_journal_set_options(struct journal *journal, unsigned int commit_interval, bool barrier)
{
	journal->j_interval = (commit_interval ? commit_interval : 5) * NSEC_PER_SEC;
	journal->j_barrier = barrier;
}

int jbd2_max_handle_credits(const struct journal *journal)
{
	return journal->j_max_credits / 2;
}

/* ---- the end --------------------------------------------------------------------------------- */

int jbd2_journal_flush(struct journal *j)
{
	int err = jbd2_journal_force_commit(j, true);

	if (!err)
		err = jbd2_checkpoint(j, U32_MAX, true);
	if (!err)
		err = blkdev_issue_flush(j->j_bdev);
	if (!err) {
		spin_lock(&j->j_lock);
		if (list_empty(&j->j_checkpoint) && !j->j_running && !j->j_committing) {
			j->j_tail = j->j_head;
			j->j_tail_tid = j->j_next_tid;
			j->j_free = j->j_geo.maxlen - j->j_geo.first - 1;
			j->j_flags &= ~J_DIRTY_LOG;
		} else {
			err = -EBUSY;
		}
		spin_unlock(&j->j_lock);
	}
	if (!err)
		err = jbd2_write_super(j, j->j_tail_tid, 0);
	return err;
}

/* After an abort: what was not committed or checkpointed is given up. */
static void drop_all(struct journal *j)
{
	struct transaction *t;

	spin_lock(&j->j_lock);
	if (j->j_running) {
		t = j->j_running;
		j->j_running = NULL;
		jbd2_free_transaction(t);
	}
	while (!list_empty(&j->j_checkpoint)) {
		t = list_first_entry(&j->j_checkpoint, struct transaction, t_list);
		list_del_init(&t->t_list);
		jbd2_free_transaction(t);
	}
	spin_unlock(&j->j_lock);
}

int jbd2_journal_destroy(struct journal *j)
{
	int err = 0;

	if (j->j_task) {
		err = jbd2_journal_aborted(j) ? -EIO : jbd2_journal_flush(j);
		spin_lock(&j->j_lock);
		j->j_flags |= J_STOP;
		spin_unlock(&j->j_lock);
		wake_up_all(&j->j_wait_commit);
		kthread_stop(j->j_task);
		drop_all(j);
	}
	free_journal(j);
	return err;
}

bool jbd2_journal_aborted(const struct journal *journal)
{
	return READ_ONCE(journal->j_flags) & J_ABORT;
}

void jbd2_journal_abort(struct journal *j, int error)
{
	bool first;

	spin_lock(&j->j_lock);
	first = !(j->j_flags & J_ABORT);
	j->j_flags |= J_ABORT;
	if (first)
		j->j_errno = error;
	spin_unlock(&j->j_lock);
	wake_up_all(&j->j_wait_commit);
	wake_up_all(&j->j_wait_done);
	if (!first)
		return;
	pr_err("%s: journal aborted, error %d\n", j->j_name, error);
	super_of(j)->s_errno = cpu_to_be32((u32)error);
	sync_super(j);
	if (j->j_abort)
		j->j_abort(j->j_abort_arg, error);
}

static int __init jbd2_init(void)
{
	jbd2_head_cache = KMEM_CACHE(journal_head, SLAB_PANIC);
	jbd2_handle_cache = KMEM_CACHE(journal_handle, SLAB_PANIC);
	return 0;
}
core_initcall(jbd2_init);
