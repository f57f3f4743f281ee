/* SPDX-License-Identifier: MIT */
/*
 * Committing a transaction. While it is LOCKED and its last handle has ended, its buffers are
 * copied; then the next transaction may begin and change them, and the copies go to the log:
 *
 *   revoke blocks, then descriptor blocks each followed by the blocks it names
 *   (all of these, and the transaction's file data, are waited for)
 *   the commit block, with a cache flush before it and FUA
 */
#include <kernel/hrtimer.h>
#include "jbd2.h"

/* ---- writing log blocks ---------------------------------------------------------------------- */

struct log_writer {
	struct journal *j;
	struct bio *bio;
	u64 next; /* block that would continue bio */
	atomic_t pending; /* bios under way, and one */
	_Atomic(int) error;
};

static void log_end_io(struct bio *bio)
{
	struct log_writer *w = bio->bi_private;
	struct journal *j = w->j;
	unsigned long flags;

	if (bio->bi_status)
		w->error = bio->bi_status;
	bio_put(bio);
	spin_lock_irqsave(&j->j_wait_updates.lock, flags);
	if (atomic_dec_return(&w->pending) == 0)
		__wake_up_locked_all(&j->j_wait_updates, TASK_NORMAL);
	spin_unlock_irqrestore(&j->j_wait_updates.lock, flags);
}

static void log_submit(struct log_writer *w)
{
	if (w->bio)
		submit_bio(w->bio);
	w->bio = NULL;
}

/* @data goes to the next block of the log. */
static void log_write(struct log_writer *w, void *data)
{
	struct journal *j = w->j;
	u64 where = jbd2_log_block(j, j->j_head);
	unsigned int off = (unsigned long)data & ~PAGE_MASK;

	j->j_head = jbd2_next_log(j, j->j_head);
	if (w->bio &&
	    (w->next != where || !bio_add_page(w->bio, virt_to_page(data), j->j_blocksize, off)))
		log_submit(w);
	if (!w->bio) {
		w->bio = bio_alloc(j->j_bdev, BIO_MAX_VECS, REQ_OP_WRITE | REQ_SYNC | REQ_META,
				   GFP_NOFS);
		w->bio->bi_iter.bi_sector = where * (j->j_blocksize >> SECTOR_SHIFT);
		w->bio->bi_end_io = log_end_io;
		w->bio->bi_private = w;
		atomic_inc(&w->pending);
		bio_add_page(w->bio, virt_to_page(data), j->j_blocksize, off);
	}
	w->next = where + 1;
}

static int log_finish(struct log_writer *w)
{
	struct journal *j = w->j;

	log_submit(w);
	if (atomic_dec_return(&w->pending))
		wait_event(j->j_wait_updates, atomic_read(&w->pending) == 0);
	/* The last end_io may still hold the queue's lock, which is in the journal. */
	spin_lock_irq(&j->j_wait_updates.lock);
	spin_unlock_irq(&j->j_wait_updates.lock);
	return w->error;
}

/* ---- copies ---------------------------------------------------------------------------------- */

static struct log_copy *new_copy(struct journal *j, struct list_head *list)
{
	struct log_copy *c = kzalloc(sizeof(*c), GFP_NOFS | __GFP_NOFAIL);

	c->data = kmalloc(j->j_blocksize, GFP_NOFS | __GFP_NOFAIL);
	list_add_tail(&c->list, list);
	return c;
}

static void *journal_block(struct transaction *t, u32 type)
{
	struct log_copy *c = new_copy(t->t_journal, &t->t_copies);
	struct journal_header *h = c->data;

	memset(h, 0, t->t_journal->j_blocksize);
	h->h_magic = cpu_to_be32(JBD2_MAGIC_NUMBER);
	h->h_blocktype = cpu_to_be32(type);
	h->h_sequence = cpu_to_be32(t->t_tid);
	return h;
}

/* No handle is open: nobody changes buffers or t_buffers. */
static void take_copies(struct transaction *t, struct list_head *copies)
{
	struct journal *j = t->t_journal;
	struct journal_head *jh;

	list_for_each_entry(jh, &t->t_buffers, b_list) {
		struct log_copy *c;

		if (jh->b_forget)
			continue;
		c = new_copy(j, copies);
		memcpy(c->data, jh->b_bh->b_data, j->j_blocksize);
		c->blocknr = jh->b_bh->b_blocknr;
		if (get_unaligned_be32(c->data) == JBD2_MAGIC_NUMBER) {
			put_unaligned_be32(0, c->data);
			c->escaped = true;
		}
	}
}

static void write_revokes(struct log_writer *w, struct transaction *t)
{
	const struct jbd2_geometry *g = &w->j->j_geo;
	unsigned int size = g->has_64bit ? 8 : 4, at = 0;
	unsigned int end = g->blocksize - (jbd2_has_csum(g) ? 4 : 0);
	struct journal_revoke *r = NULL;
	struct revoke_chunk *c;

	list_for_each_entry(c, &t->t_revokes, list) {
		for (unsigned int i = 0; i < c->n; i++) {
			if (r && at + size > end) {
				r->r_count = cpu_to_be32(at);
				jbd2_tail_csum_set(g, r);
				log_write(w, r);
				r = NULL;
			}
			if (!r) {
				r = journal_block(t, JBD2_REVOKE_BLOCK);
				at = sizeof(*r);
			}
			if (g->has_64bit)
				put_unaligned_be64(c->blocks[i], (u8 *)r + at);
			else
				put_unaligned_be32((u32)c->blocks[i], (u8 *)r + at);
			at += size;
		}
	}
	if (r) {
		r->r_count = cpu_to_be32(at);
		jbd2_tail_csum_set(g, r);
		log_write(w, r);
	}
}

/* How many of the copies from @c on one descriptor block names; fills it in. */
static unsigned int fill_descriptor(struct transaction *t, struct list_head *copies,
				    struct log_copy *c, void *block)
{
	const struct jbd2_geometry *g = &t->t_journal->j_geo;
	unsigned int at = sizeof(struct journal_header), n = 0, last = at;
	struct jbd2_tag tag, prev = {};

	for (; !list_entry_is_head(c, copies, list); c = list_next_entry(c, list)) {
		unsigned int before = at;

		tag.blocknr = c->blocknr;
		tag.flags = c->escaped ? JBD2_FLAG_ESCAPE : 0;
		tag.csum = jbd2_has_csum(g) ? jbd2_tag_csum(g, t->t_tid, c->data) : 0;
		if (!jbd2_put_tag(g, block, &at, &tag))
			break;
		last = before;
		prev = tag;
		n++;
	}
	prev.flags |= JBD2_FLAG_LAST_TAG;
	jbd2_put_tag(g, block, &last, &prev);
	jbd2_tail_csum_set(g, block);
	return n;
}

static void write_blocks(struct log_writer *w, struct transaction *t, struct list_head *copies)
{
	struct log_copy *c = list_first_entry(copies, struct log_copy, list);

	while (!list_entry_is_head(c, copies, list)) {
		void *d = journal_block(t, JBD2_DESCRIPTOR_BLOCK);
		unsigned int n = fill_descriptor(t, copies, c, d);

		log_write(w, d);
		for (; n; n--, c = list_next_entry(c, list))
			log_write(w, c->data);
		cond_resched();
	}
}

static int write_commit_block(struct transaction *t)
{
	struct journal *j = t->t_journal;
	struct journal_commit *cb = journal_block(t, JBD2_COMMIT_BLOCK);
	struct bio_vec vec;
	struct bio bio;
	struct timespec64 now;

	ktime_get_real_ts64(&now);
	cb->h_commit_sec = cpu_to_be64((u64)now.tv_sec);
	cb->h_commit_nsec = cpu_to_be32((u32)now.tv_nsec);
	jbd2_commit_csum_set(&j->j_geo, cb);
	bio_init(&bio, j->j_bdev, &vec, 1,
		 REQ_OP_WRITE | REQ_SYNC | REQ_META | (j->j_barrier ? REQ_PREFLUSH | REQ_FUA : 0));
	bio.bi_iter.bi_sector = jbd2_log_block(j, j->j_head) * (j->j_blocksize >> SECTOR_SHIFT);
	bio_add_page(&bio, virt_to_page(cb), j->j_blocksize, (unsigned long)cb & ~PAGE_MASK);
	j->j_head = jbd2_next_log(j, j->j_head);
	return submit_bio_wait(&bio);
}

/* ---- the steps of a commit ------------------------------------------------------------------- */

/* The running transaction takes no more handles; returns it when the last has ended. */
static struct transaction *lock_running(struct journal *j)
{
	struct transaction *t;

	spin_lock(&j->j_lock);
	t = j->j_running;
	if (t)
		t->t_state = T_LOCKED;
	spin_unlock(&j->j_lock);
	if (t)
		wait_event(j->j_wait_updates, READ_ONCE(t->t_updates) == 0);
	return t;
}

/* From here on the next transaction may run, and have the same buffers. */
static void unlock_running(struct journal *j, struct transaction *t)
{
	struct journal_head *jh, *n;

	spin_lock(&j->j_lock);
	list_for_each_entry_safe(jh, n, &t->t_buffers, b_list) {
		list_del_init(&jh->b_list);
		jh->b_transaction = NULL;
		jh->b_commit_transaction = t;
		jh->b_commit_forget = jh->b_forget;
		jh->b_forget = false;
		list_add_tail(&jh->b_commit_list, &t->t_commit_list);
	}
	t->t_credits = (int)t->t_nr_buffers;
	t->t_state = T_COMMITTING;
	j->j_running = NULL;
	j->j_committing = t;
	spin_unlock(&j->j_lock);
	wake_up_all(&j->j_wait_done);
}

static void free_copies(struct list_head *copies)
{
	struct log_copy *c, *n;

	list_for_each_entry_safe(c, n, copies, list) {
		kfree(c->data);
		kfree(c);
	}
}

/* The transaction is on disk: its buffer may go to its place. j_lock held. */
static void file_checkpoint(struct transaction *t, struct journal_head *jh)
{
	jbd2_drop_checkpoint(jh);
	if (jh->b_commit_forget) {
		jbd2_put_head(jh);
		return;
	}
	jh->b_cp_transaction = t;
	list_add_tail(&jh->b_cp_list, &t->t_checkpoint);
	if (!jh->b_transaction)
		mark_buffer_dirty(jh->b_bh);
}

/* Takes the next buffer off t_commit_list. j_lock held. */
static struct journal_head *next_committed(struct transaction *t)
{
	struct journal_head *jh;

	if (list_empty(&t->t_commit_list))
		return NULL;
	jh = list_first_entry(&t->t_commit_list, struct journal_head, b_commit_list);
	list_del_init(&jh->b_commit_list);
	jh->b_commit_transaction = NULL;
	return jh;
}

static void finish(struct transaction *t, u32 log_blocks)
{
	struct journal *j = t->t_journal;
	struct journal_head *jh;
	unsigned int n = 0;

	spin_lock(&j->j_lock);
	while ((jh = next_committed(t))) {
		file_checkpoint(t, jh);
		if (++n % 64 == 0) {
			spin_unlock(&j->j_lock);
			cond_resched();
			spin_lock(&j->j_lock);
		}
	}
	t->t_state = T_CHECKPOINT;
	list_add_tail(&t->t_list, &j->j_checkpoint);
	j->j_free -= min(j->j_free, log_blocks);
	j->j_committing = NULL;
	j->j_commit_sequence = t->t_tid;
	spin_unlock(&j->j_lock);
}

/* The journal is aborted: buffers are let go as they are. */
static void give_up(struct transaction *t)
{
	struct journal *j = t->t_journal;
	struct journal_head *jh;

	spin_lock(&j->j_lock);
	while ((jh = next_committed(t)))
		jbd2_put_head(jh);
	j->j_committing = NULL;
	jbd2_free_transaction(t);
	spin_unlock(&j->j_lock);
}

static int write_log(struct transaction *t, struct list_head *copies)
{
	struct journal *j = t->t_journal;
	struct log_writer w = {.j = j};
	struct blk_plug plug;
	int err;

	atomic_set(&w.pending, 1);
	/* The first transaction in an empty log: the disk must know where the log starts. */
	if (!(j->j_flags & J_DIRTY_LOG)) {
		err = jbd2_write_super(j, t->t_tid, j->j_head);
		if (err)
			return err;
		spin_lock(&j->j_lock);
		j->j_tail = j->j_head;
		j->j_tail_tid = t->t_tid;
		j->j_flags |= J_DIRTY_LOG;
		spin_unlock(&j->j_lock);
	}
	blk_start_plug(&plug);
	write_revokes(&w, t);
	write_blocks(&w, t, copies);
	log_submit(&w);
	blk_finish_plug(&plug);
	err = log_finish(&w);
	return err ? err : write_commit_block(t);
}

static void wait_for_data(struct transaction *t)
{
	struct journal *j = t->t_journal;

	if (atomic_dec_return(&t->t_data_io))
		wait_event(j->j_wait_updates, atomic_read(&t->t_data_io) == 0);
	spin_lock_irq(&j->j_wait_updates.lock);
	spin_unlock_irq(&j->j_wait_updates.lock);
	if (t->t_data_error)
		pr_err("%s: writing file data failed, error %d\n", j->j_name, t->t_data_error);
}

static void run_callbacks(struct list_head *callbacks)
{
	struct jbd2_callback *cb, *n;

	list_for_each_entry_safe(cb, n, callbacks, list) {
		list_del(&cb->list);
		cb->fn(cb);
	}
}

static void commit(struct journal *j)
{
	LIST_HEAD(copies);
	LIST_HEAD(callbacks);
	struct transaction *t = lock_running(j);
	u32 start = j->j_head, size = j->j_geo.maxlen - j->j_geo.first;
	int err;

	if (!t)
		return;
	take_copies(t, &copies);
	unlock_running(j, t);
	t->t_log_start = start;
	list_splice_init(&t->t_callbacks, &callbacks);
	wait_for_data(t);
	err = jbd2_journal_aborted(j) ? -EIO : write_log(t, &copies);
	free_copies(&copies);
	free_copies(&t->t_copies);
	if (err) {
		jbd2_journal_abort(j, err);
		give_up(t);
	} else {
		finish(t, (j->j_head + size - start) % size);
	}
	run_callbacks(&callbacks);
	wake_up_all(&j->j_wait_done);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static bool commit_due(struct journal *j)
{
	bool due;

	spin_lock(&j->j_lock);
	due = j->j_running &&
	      (tid_geq(j->j_commit_request, j->j_running->t_tid) ||
	       ktime_get_coarse() >= j->j_running->t_expires || (j->j_flags & J_ABORT));
	spin_unlock(&j->j_lock);
	return due;
}

/* Until the running transaction expires; for ever when there is none. */
static s64 time_to_sleep(struct journal *j)
{
	s64 ns = KTIME_MAX;

	spin_lock(&j->j_lock);
	if (j->j_running)
		ns = max(j->j_running->t_expires - ktime_get_coarse(), (s64)NSEC_PER_MSEC);
	spin_unlock(&j->j_lock);
	return ns;
}

static void wait_for_work(struct journal *j)
{
	DEFINE_WAIT(wait);

	prepare_to_wait(&j->j_wait_commit, &wait, TASK_INTERRUPTIBLE);
	if (!(READ_ONCE(j->j_flags) & J_STOP) && !commit_due(j)) {
		s64 ns = time_to_sleep(j);

		if (ns == KTIME_MAX)
			schedule();
		else
			schedule_hrtimeout_left(ns);
	}
	finish_wait(&j->j_wait_commit, &wait);
}

int jbd2_commit_thread(void *arg)
{
	struct journal *j = arg;

	memalloc_nofs_save();
	while (!(READ_ONCE(j->j_flags) & J_STOP)) {
		if (commit_due(j)) {
			commit(j);
			jbd2_trim_log(j);
			continue;
		}
		wait_for_work(j);
	}
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}
