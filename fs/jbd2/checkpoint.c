/* SPDX-License-Identifier: MIT */
/*
 * Freeing log space: when every buffer of the oldest committed transactions is at its place (or a
 * later transaction has it), the log's tail may move past them. Buffers get to their places by
 * ordinary write-back; what is still dirty when space is needed is written here.
 */
#include "jbd2.h"

void jbd2_drop_checkpoint(struct journal_head *jh)
{
	if (!jh->b_cp_transaction)
		return;
	list_del_init(&jh->b_cp_list);
	jh->b_cp_transaction = NULL;
}

/* Its place has its committed contents. j_lock held. */
static bool is_written(const struct journal_head *jh)
{
	return !jh->b_transaction && !jh->b_commit_transaction && !buffer_dirty(jh->b_bh) &&
	       !buffer_locked(jh->b_bh) && !buffer_write_io_error(jh->b_bh);
}

/* Takes written buffers off; true if none is left. j_lock held. */
static bool clean_transaction(struct transaction *t)
{
	struct journal_head *jh, *n;

	list_for_each_entry_safe(jh, n, &t->t_checkpoint, b_cp_list) {
		if (!is_written(jh))
			continue;
		jbd2_drop_checkpoint(jh);
		jbd2_put_head(jh);
	}
	return list_empty(&t->t_checkpoint);
}

/*
 * The oldest transaction that is not done yet stops the tail, so only those before it are freed.
 */
void jbd2_clean_checkpoints(struct journal *j)
{
	struct transaction *t;

	while (!list_empty(&j->j_checkpoint)) {
		t = list_first_entry(&j->j_checkpoint, struct transaction, t_list);
		if (!clean_transaction(t))
			break;
		list_del_init(&t->t_list);
		jbd2_free_transaction(t);
	}
}

/* Where the log would have to be replayed from now. j_lock held. */
static void oldest(struct journal *j, tid_t *tid, u32 *block)
{
	struct transaction *t =
		list_first_entry_or_null(&j->j_checkpoint, struct transaction, t_list);

	if (!t)
		t = j->j_committing;
	*tid = t ? t->t_tid : j->j_running ? j->j_running->t_tid : j->j_next_tid;
	*block = t ? t->t_log_start : j->j_head;
}

/*
 * Moves the tail on disk. Contents at their places must be safe before the log forgets them, so the
 * disk's cache is flushed (jbd2_write_super()'s PREFLUSH, or here without barriers at all).
 */
int jbd2_update_tail(struct journal *j)
{
	u32 block, size = j->j_geo.maxlen - j->j_geo.first;
	tid_t tid;
	int err;

	spin_lock(&j->j_lock);
	oldest(j, &tid, &block);
	if (block == j->j_tail || !(j->j_flags & J_DIRTY_LOG)) {
		spin_unlock(&j->j_lock);
		return 0;
	}
	spin_unlock(&j->j_lock);
	err = jbd2_write_super(j, tid, block);
	if (err)
		return err;
	spin_lock(&j->j_lock);
	j->j_free += (block + size - j->j_tail) % size;
	j->j_tail = block;
	j->j_tail_tid = tid;
	spin_unlock(&j->j_lock);
	wake_up_all(&j->j_wait_done);
	return 0;
}

#define BATCH 64

/*
 * Starts writing up to BATCH dirty buffers of @t, references in @bhs. *@later is set to a newer
 * transaction that must be committed before @t can be done. A buffer that write-back could not
 * write is tried again.
 */
static unsigned int start_writes(struct journal *j, struct transaction *t, struct buffer_head **bhs,
				 tid_t *later)
{
	struct journal_head *jh;
	unsigned int n = 0;

	spin_lock(&j->j_lock);
	list_for_each_entry(jh, &t->t_checkpoint, b_cp_list) {
		if (jh->b_transaction || jh->b_commit_transaction) {
			*later = (jh->b_transaction ? jh->b_transaction : jh->b_commit_transaction)
					 ->t_tid;
			continue;
		}
		if (buffer_write_io_error(jh->b_bh))
			mark_buffer_dirty(jh->b_bh);
		if (!buffer_dirty(jh->b_bh) && !buffer_locked(jh->b_bh))
			continue;
		get_bh(jh->b_bh);
		bhs[n++] = jh->b_bh;
		if (n == BATCH)
			break;
	}
	spin_unlock(&j->j_lock);
	return n;
}

static int write_batch(struct buffer_head **bhs, unsigned int n)
{
	struct blk_plug plug;
	int err = 0;

	blk_start_plug(&plug);
	for (unsigned int i = 0; i < n; i++)
		write_dirty_buffer(bhs[i], REQ_SYNC | REQ_META);
	blk_finish_plug(&plug);
	for (unsigned int i = 0; i < n; i++) {
		wait_on_buffer(bhs[i]);
		if (buffer_write_io_error(bhs[i]))
			err = -EIO;
		brelse(bhs[i]);
	}
	return err;
}

/* 0: done something; 1: this transaction cannot be finished without a commit; -errno. */
static int checkpoint_oldest(struct journal *j, struct transaction *t, bool may_commit)
{
	struct buffer_head *bhs[BATCH];
	tid_t later = 0;
	unsigned int n = start_writes(j, t, bhs, &later);

	if (n)
		return write_batch(bhs, n);
	if (!later)
		return 0;
	if (!may_commit)
		return 1;
	return jbd2_log_wait_commit(j, later);
}

/* j_checkpoint_mutex held: nobody else frees transactions. */
static int checkpoint_locked(struct journal *j, u32 want, bool may_commit)
{
	struct transaction *t;
	int err = 0;

	while (!err) {
		spin_lock(&j->j_lock);
		jbd2_clean_checkpoints(j);
		t = list_first_entry_or_null(&j->j_checkpoint, struct transaction, t_list);
		spin_unlock(&j->j_lock);
		err = jbd2_journal_aborted(j) ? -EROFS : jbd2_update_tail(j);
		if (err || !t || READ_ONCE(j->j_free) >= want)
			break;
		err = checkpoint_oldest(j, t, may_commit);
		cond_resched();
	}
	return err;
}

int jbd2_checkpoint(struct journal *j, u32 want, bool may_commit)
{
	u32 all = j->j_geo.maxlen - j->j_geo.first - 1;
	int err;

	mutex_lock(&j->j_checkpoint_mutex);
	err = checkpoint_locked(j, min(want, all), may_commit);
	mutex_unlock(&j->j_checkpoint_mutex);
	if (err < 0 && err != -EROFS)
		jbd2_journal_abort(j, err);
	return err < 0 ? err : 0;
}

/*
 * Who has the mutex may wait for a commit, so the thread only tries. While there is plenty of room
 * the tail on disk is left alone: moving it costs a flush.
 */
void jbd2_trim_log(struct journal *j)
{
	u32 half = (j->j_geo.maxlen - j->j_geo.first) / 2;
	int err = 0;

	if (!mutex_trylock(&j->j_checkpoint_mutex))
		return;
	__acquire(&j->j_checkpoint_mutex);
	if (READ_ONCE(j->j_free) < half) {
		err = checkpoint_locked(j, half, false);
	} else {
		spin_lock(&j->j_lock);
		jbd2_clean_checkpoints(j);
		spin_unlock(&j->j_lock);
	}
	mutex_unlock(&j->j_checkpoint_mutex);
	if (err < 0 && err != -EROFS)
		jbd2_journal_abort(j, err);
}
