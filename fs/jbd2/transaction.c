/* SPDX-License-Identifier: MIT */
/* Handles, and which buffer is in which transaction. */
#include "jbd2.h"

/* ---- transactions ---------------------------------------------------------------------------- */

static struct transaction *alloc_transaction(struct journal *j)
{
	struct transaction *t = kzalloc(sizeof(*t), GFP_NOFS);

	if (!t)
		return NULL;
	t->t_journal = j;
	t->t_expires = ktime_get_coarse() + j->j_interval;
	INIT_LIST_HEAD(&t->t_buffers);
	INIT_LIST_HEAD(&t->t_commit_list);
	INIT_LIST_HEAD(&t->t_copies);
	INIT_LIST_HEAD(&t->t_checkpoint);
	INIT_LIST_HEAD(&t->t_revokes);
	INIT_LIST_HEAD(&t->t_callbacks);
	INIT_LIST_HEAD(&t->t_list);
	atomic_set(&t->t_data_io, 1);
	return t;
}

void jbd2_put_head(struct journal_head *jh)
{
	struct buffer_head *bh = jh->b_bh;

	if (jh->b_transaction || jh->b_commit_transaction || jh->b_cp_transaction)
		return;
	bh->b_private = NULL;
	kmem_cache_free(jbd2_head_cache, jh);
	put_bh(bh);
}

/* j_lock held. Lets go of everything that is still in it. */
void jbd2_free_transaction(struct transaction *t)
{
	struct journal_head *jh, *n;
	struct revoke_chunk *c, *nc;

	list_for_each_entry_safe(jh, n, &t->t_buffers, b_list) {
		list_del_init(&jh->b_list);
		jh->b_transaction = NULL;
		jbd2_put_head(jh);
	}
	list_for_each_entry_safe(jh, n, &t->t_checkpoint, b_cp_list) {
		list_del_init(&jh->b_cp_list);
		jh->b_cp_transaction = NULL;
		jbd2_put_head(jh);
	}
	list_for_each_entry_safe(c, nc, &t->t_revokes, list)
		kfree(c);
	kfree(t);
}

/* ---- handles --------------------------------------------------------------------------------- */

/* Log blocks that @t may need: buffers, descriptors, revoke blocks, commit. */
static u32 log_need(const struct journal *j, int credits, unsigned int revokes)
{
	u32 n = (u32)max(credits, 0);

	return n + n / 32 + revokes / (j->j_blocksize / 16) + 8;
}

/* j_lock held. True if a handle of @credits may join now; else *why is what to do about it. */
enum why { WHY_OK, WHY_WAIT, WHY_COMMIT, WHY_SPACE, WHY_NEW };

static enum why may_join(struct journal *j, int credits)
{
	struct transaction *t = j->j_running;
	int total = credits + (t ? t->t_credits : 0);
	u32 need;

	if (t && t->t_state != T_RUNNING)
		return WHY_WAIT;
	if (t && total > j->j_max_credits)
		return WHY_COMMIT;
	need = log_need(j, total, t ? t->t_nr_revokes : 0);
	if (j->j_committing)
		need += log_need(j, j->j_committing->t_credits, j->j_committing->t_nr_revokes);
	if (need > j->j_free)
		return WHY_SPACE;
	return t ? WHY_OK : WHY_NEW;
}

static void wait_for_change(struct journal *j) __releases(&j->j_lock)
{
	DEFINE_WAIT(wait);

	prepare_to_wait(&j->j_wait_done, &wait, TASK_UNINTERRUPTIBLE);
	spin_unlock(&j->j_lock);
	schedule();
	finish_wait(&j->j_wait_done, &wait);
}

static void request_commit(struct journal *j, tid_t tid)
{
	if (!tid_geq(j->j_commit_request, tid)) {
		j->j_commit_request = tid;
		wake_up(&j->j_wait_commit);
	}
}

/* j_lock held, dropped: makes room in the log. */
static int wait_for_space(struct journal *j, int credits) __releases(&j->j_lock)
{
	u32 want = log_need(j, credits, 0) + j->j_max_credits;

	if (j->j_committing) {
		wait_for_change(j);
		return 0;
	}
	spin_unlock(&j->j_lock);
	return jbd2_checkpoint(j, want, true);
}

/* A handle joins the running transaction, which is made if need be. */
static int join(struct journal *j, handle_t *h)
{
	struct transaction *new = NULL;
	int err = 0;

	for (;;) {
		spin_lock(&j->j_lock);
		if (j->j_flags & J_ABORT) {
			err = -EROFS;
			break;
		}
		switch (may_join(j, h->h_credits)) {
		case WHY_WAIT:
			wait_for_change(j);
			continue;
		case WHY_COMMIT:
			request_commit(j, j->j_running->t_tid);
			wait_for_change(j);
			continue;
		case WHY_SPACE:
			if (j->j_running && !j->j_running->t_updates && !j->j_committing)
				request_commit(j, j->j_running->t_tid);
			err = wait_for_space(j, h->h_credits);
			if (err) {
				kfree(new);
				return err;
			}
			continue;
		case WHY_NEW:
			if (!new) {
				spin_unlock(&j->j_lock);
				new = alloc_transaction(j);
				if (!new)
					return -ENOMEM;
				continue;
			}
			new->t_tid = j->j_next_tid++;
			j->j_running = new;
			new = NULL;
			wake_up(&j->j_wait_commit); /* the thread sets its alarm */
			break;
		case WHY_OK:
			break;
		}
		h->h_transaction = j->j_running;
		h->h_transaction->t_updates++;
		h->h_transaction->t_credits += h->h_credits;
		break;
	}
	spin_unlock(&j->j_lock);
	kfree(new);
	return err;
}

handle_t *jbd2_journal_start(struct journal *j, int nblocks)
{
	handle_t *h = current->journal_info;
	int err;

	if (h) {
		if (WARN_ON_ONCE(h->h_journal != j))
			return ERR_PTR(-EDEADLK);
		h->h_ref++;
		return h;
	}
	if (nblocks > j->j_max_credits)
		return ERR_PTR(-ENOSPC);
	might_sleep();
	h = kmem_cache_alloc(jbd2_handle_cache, GFP_NOFS);
	if (!h)
		return ERR_PTR(-ENOMEM);
	h->h_journal = j;
	h->h_ref = 1;
	h->h_credits = nblocks;
	h->h_sync = false;
	h->h_nofs = memalloc_nofs_save();
	err = join(j, h);
	if (err) {
		memalloc_nofs_restore(h->h_nofs);
		kmem_cache_free(jbd2_handle_cache, h);
		return ERR_PTR(err);
	}
	current->journal_info = h;
	return h;
}

int jbd2_journal_extend(handle_t *h, int nblocks)
{
	struct journal *j = h->h_journal;
	int ret = 1;

	spin_lock(&j->j_lock);
	if (h->h_transaction->t_state == T_RUNNING && may_join(j, nblocks) == WHY_OK) {
		h->h_transaction->t_credits += nblocks;
		h->h_credits += nblocks;
		ret = 0;
	}
	spin_unlock(&j->j_lock);
	return ret;
}

static tid_t leave(handle_t *h)
{
	struct journal *j = h->h_journal;
	struct transaction *t = h->h_transaction;
	tid_t tid = t->t_tid;

	spin_lock(&j->j_lock);
	t->t_credits -= h->h_credits;
	if (!--t->t_updates && t->t_state == T_LOCKED)
		wake_up(&j->j_wait_updates);
	spin_unlock(&j->j_lock);
	h->h_transaction = NULL;
	return tid;
}

int jbd2_journal_restart(handle_t *h, int nblocks)
{
	int err;

	WARN_ON_ONCE(h->h_ref != 1);
	if (h->h_transaction)
		leave(h);
	h->h_credits = nblocks;
	current->journal_info = NULL;
	err = join(h->h_journal, h);
	current->journal_info = h;
	return err;
}

int jbd2_journal_stop(handle_t *h)
{
	struct journal *j = h->h_journal;
	bool sync = h->h_sync;
	tid_t tid = 0;
	int err = 0;

	if (--h->h_ref)
		return 0;
	if (h->h_transaction)
		tid = leave(h);
	else
		sync = false; /* a restart failed */
	current->journal_info = NULL;
	memalloc_nofs_restore(h->h_nofs);
	kmem_cache_free(jbd2_handle_cache, h);
	if (jbd2_journal_aborted(j))
		err = -EIO;
	else if (sync)
		err = jbd2_log_wait_commit(j, tid);
	return err;
}

tid_t jbd2_handle_tid(const handle_t *handle)
{
	return handle->h_transaction ? handle->h_transaction->t_tid : 0;
}

/* ---- buffers --------------------------------------------------------------------------------- */

/* The buffer's journal_head, made if need be, j_lock held on success. */
static struct journal_head *head_of(struct journal *j, struct buffer_head *bh)
	__acquires(&j->j_lock)
{
	struct journal_head *jh, *new = NULL;

	spin_lock(&j->j_lock);
	if (!bh->b_private) {
		spin_unlock(&j->j_lock);
		new = kmem_cache_zalloc(jbd2_head_cache, GFP_NOFS | __GFP_NOFAIL);
		INIT_LIST_HEAD(&new->b_list);
		INIT_LIST_HEAD(&new->b_commit_list);
		INIT_LIST_HEAD(&new->b_cp_list);
		spin_lock(&j->j_lock);
	}
	if (!bh->b_private) {
		get_bh(bh);
		new->b_bh = bh;
		bh->b_private = new;
		new = NULL;
	}
	jh = bh->b_private;
	if (new)
		kmem_cache_free(jbd2_head_cache, new);
	return jh;
}

static int get_access(handle_t *h, struct buffer_head *bh)
{
	struct journal *j = h->h_journal;
	struct transaction *t = h->h_transaction;
	struct journal_head *jh = READ_ONCE(bh->b_private);
	bool joined = false;

	if (!t || jbd2_journal_aborted(j))
		return -EROFS;
	/* b_transaction cannot leave this transaction while the handle holds it open. */
	if (jh && READ_ONCE(jh->b_transaction) == t && !READ_ONCE(jh->b_forget))
		return 0;
	jh = head_of(j, bh);
	jh->b_forget = false;
	if (jh->b_transaction != t) {
		WARN_ON_ONCE(jh->b_transaction);
		jh->b_transaction = t;
		list_add_tail(&jh->b_list, &t->t_buffers);
		t->t_nr_buffers++;
		if (h->h_credits > 0)
			h->h_credits--;
		else
			t->t_credits++; /* a promise too small: the log has some slack */
		joined = true;
	}
	spin_unlock(&j->j_lock);
	/* Older contents on their way to their place must not get uncommitted changes. */
	if (joined && (buffer_dirty(bh) || buffer_locked(bh))) {
		lock_buffer(bh);
		clear_buffer_dirty(bh);
		unlock_buffer(bh);
	}
	return 0;
}

int jbd2_journal_get_write_access(handle_t *handle, struct buffer_head *bh)
{
	return get_access(handle, bh);
}

int jbd2_journal_get_create_access(handle_t *handle, struct buffer_head *bh)
{
	return get_access(handle, bh);
}

int jbd2_journal_dirty_metadata(handle_t *handle, struct buffer_head *bh)
{
	int err = get_access(handle, bh);

	if (!err)
		set_buffer_uptodate(bh);
	return err;
}

static int add_revoke(struct journal *j, struct transaction *t, u64 blocknr)
{
	struct revoke_chunk *c, *new = NULL;

	for (;;) {
		spin_lock(&j->j_lock);
		c = list_empty(&t->t_revokes) ?
			    NULL :
			    list_last_entry(&t->t_revokes, struct revoke_chunk, list);
		if (c && c->n < ARRAY_SIZE(c->blocks))
			break;
		if (new) {
			list_add_tail(&new->list, &t->t_revokes);
			c = new;
			new = NULL;
			break;
		}
		spin_unlock(&j->j_lock);
		new = kmalloc(sizeof(*new), GFP_NOFS | __GFP_NOFAIL);
		new->n = 0;
	}
	c->blocks[c->n++] = blocknr;
	t->t_nr_revokes++;
	spin_unlock(&j->j_lock);
	kfree(new);
	return 0;
}

/*
 * The copy of the block that an older transaction left in the log stays the truth until this
 * transaction is on disk, so that one must not be checkpointed away before: the buffer stays in
 * this transaction, marked, and nothing of it is logged.
 */
int jbd2_journal_forget(handle_t *h, u64 blocknr, struct buffer_head *bh)
{
	struct journal *j = h->h_journal;
	struct transaction *t = h->h_transaction;
	struct journal_head *jh;
	int err;

	if (!t || jbd2_journal_aborted(j)) {
		brelse(bh);
		return -EROFS;
	}
	if (bh) {
		err = get_access(h, bh);
		if (err) {
			brelse(bh);
			return err;
		}
		spin_lock(&j->j_lock);
		jh = bh->b_private;
		jh->b_forget = true;
		spin_unlock(&j->j_lock);
		brelse(bh);
	}
	return add_revoke(j, t, blocknr);
}

void jbd2_add_callback(handle_t *h, struct jbd2_callback *cb)
{
	struct journal *j = h->h_journal;

	spin_lock(&j->j_lock);
	list_add_tail(&cb->list, &h->h_transaction->t_callbacks);
	spin_unlock(&j->j_lock);
}

struct transaction *jbd2_data_begin(handle_t *h)
{
	atomic_inc(&h->h_transaction->t_data_io);
	return h->h_transaction;
}

/* The commit frees the transaction when the count is 0, after taking j_wait_updates' lock. */
void jbd2_data_end(struct transaction *t, int error)
{
	struct journal *j = t->t_journal;
	unsigned long flags;

	if (error)
		t->t_data_error = error;
	spin_lock_irqsave(&j->j_wait_updates.lock, flags);
	if (atomic_dec_return(&t->t_data_io) == 0)
		__wake_up_locked_all(&j->j_wait_updates, TASK_NORMAL);
	spin_unlock_irqrestore(&j->j_wait_updates.lock, flags);
}

/* ---- commits that somebody wants ------------------------------------------------------------- */

void jbd2_log_start_commit(struct journal *j, tid_t tid)
{
	spin_lock(&j->j_lock);
	if (j->j_running && j->j_running->t_tid == tid)
		request_commit(j, tid);
	spin_unlock(&j->j_lock);
}

bool jbd2_transaction_committed(struct journal *j, tid_t tid)
{
	return tid_geq(READ_ONCE(j->j_commit_sequence), tid);
}

int jbd2_log_wait_commit(struct journal *j, tid_t tid)
{
	/* A transaction that never was, or that was before this mount. */
	if (tid_geq(tid, READ_ONCE(j->j_next_tid)))
		return 0;
	jbd2_log_start_commit(j, tid);
	wait_event(j->j_wait_done, jbd2_transaction_committed(j, tid) || jbd2_journal_aborted(j));
	return jbd2_transaction_committed(j, tid) ? 0 : -EIO;
}

int jbd2_journal_force_commit(struct journal *j, bool wait)
{
	tid_t tid;
	bool any = true;

	spin_lock(&j->j_lock);
	if (j->j_running) {
		tid = j->j_running->t_tid;
		request_commit(j, tid);
	} else if (j->j_committing) {
		tid = j->j_committing->t_tid;
	} else {
		any = false;
		tid = 0;
	}
	spin_unlock(&j->j_lock);
	if (jbd2_journal_aborted(j))
		return -EIO;
	return any && wait ? jbd2_log_wait_commit(j, tid) : 0;
}
