/* SPDX-License-Identifier: MIT */
/*
 * Requests: tags, gathering in the task's plug, hardware queues, completion.
 *
 * A CPU submits to hardware queue (CPU % queues). A request is a tag of that queue; who finds none
 * free flushes its plug and sleeps on tag_wait. A hardware queue hands its pending requests to the
 * driver one CPU at a time: who finds it running leaves a note (rerun) and goes.
 */
#include <kernel/init.h>
#include <kernel/smp.h>
#include <lib/bitmap.h>
#include "blk.h"

#define PLUG_MAX       32u /* requests gathered at most */
#define PLUG_MERGE_TRY 4u /* of them looked at for a neighbour */

/* ---- tags ------------------------------------------------------------------------------------ */

static struct blk_mq_hw_ctx *hctx_of_cpu(struct request_queue *q)
{
	/* A stale number does no harm. */
	return &q->hctxs[q->nr_hw_queues > 1 ? smp_processor_id_raw() % q->nr_hw_queues : 0];
}

static struct request *try_get_tag(struct blk_mq_hw_ctx *hctx)
{
	unsigned int depth = hctx->queue->tag_set->queue_depth;
	unsigned int start = atomic_load_explicit(&hctx->tag_hint, memory_order_relaxed);

	for (unsigned int round = 0; round < 2; round++) {
		unsigned long tag = find_next_zero_bit(hctx->tags, depth, start);

		while (tag < depth) {
			if (!test_and_set_bit(tag, hctx->tags)) {
				atomic_store_explicit(&hctx->tag_hint,
						      tag + 1 < depth ? tag + 1 : 0,
						      memory_order_relaxed);
				return hctx->rqs[tag];
			}
			tag = find_next_zero_bit(hctx->tags, depth, tag + 1);
		}
		start = 0;
	}
	return NULL;
}

static void put_tag(struct request *rq)
{
	struct blk_mq_hw_ctx *hctx = rq->hctx;

	clear_bit_unlock(rq->tag, hctx->tags);
	if (wq_has_sleeper(&hctx->tag_wait))
		wake_up(&hctx->tag_wait);
}

/* One waiter is woken for one tag: exclusive. */
static struct request *wait_for_tag(struct blk_mq_hw_ctx *hctx)
{
	struct request *rq;

	blk_flush_plug();
	rq = try_get_tag(hctx);
	if (!rq)
		(void)___wait_event(hctx->tag_wait, (rq = try_get_tag(hctx)) != NULL,
				    TASK_UNINTERRUPTIBLE, 1, 0L, io_schedule());
	return rq;
}

/* A request with nothing in it, the queue entered for it; NULL: dying, or NOWAIT and none free. */
static struct request *get_request(struct request_queue *q, blk_opf_t opf)
{
	struct blk_mq_hw_ctx *hctx;
	struct request *rq;

	if (!blk_queue_enter(q, opf & REQ_NOWAIT))
		return NULL;
	hctx = hctx_of_cpu(q);
	rq = try_get_tag(hctx);
	if (unlikely(!rq)) {
		if (opf & REQ_NOWAIT) {
			blk_queue_exit(q);
			return NULL;
		}
		rq = wait_for_tag(hctx);
	}
	rq->bio = rq->biotail = NULL;
	rq->rq_next = NULL;
	rq->__data_len = 0;
	rq->nr_segments = 0;
	rq->cmd_flags = opf;
	rq->flush_seq = 0;
	rq->error = 0;
	rq->end_io = NULL;
	return rq;
}

static void free_request(struct request *rq)
{
	struct request_queue *q = rq->q;

	WRITE_ONCE(rq->started, false);
	put_tag(rq);
	blk_queue_exit(q);
}

/* ---- to the driver --------------------------------------------------------------------------- */

static struct request *next_pending(struct blk_mq_hw_ctx *hctx)
{
	struct request *rq = hctx->pending;

	if (rq) {
		hctx->pending = rq->rq_next;
		if (!hctx->pending)
			hctx->pending_tail = NULL;
	}
	return rq;
}

static void push_back(struct blk_mq_hw_ctx *hctx, struct request *rq)
{
	rq->rq_next = hctx->pending;
	hctx->pending = rq;
	if (!hctx->pending_tail)
		hctx->pending_tail = rq;
}

/* One request to the driver; false: it has no room. Lock dropped. */
static bool start_one(struct blk_mq_hw_ctx *hctx, struct request *rq, bool last)
{
	int ret;

	WRITE_ONCE(rq->started, true);
	ret = hctx->queue->mq_ops->queue_rq(hctx, rq, last);
	if (likely(!ret))
		return true;
	WRITE_ONCE(rq->started, false);
	if (ret == -EBUSY)
		return false;
	blk_mq_end_request(rq, ret);
	return true;
}

void blk_mq_run_hw_queue(struct blk_mq_hw_ctx *hctx)
{
	unsigned long flags;
	struct request *rq;
	bool full = false;

	spin_lock_irqsave(&hctx->lock, flags);
	if (hctx->running) {
		hctx->rerun = true;
		spin_unlock_irqrestore(&hctx->lock, flags);
		return;
	}
	hctx->running = true;
	preempt_disable();
	do {
		hctx->rerun = false;
		full = false;
		while (!full && (rq = next_pending(hctx))) {
			bool last = !hctx->pending;

			spin_unlock_irqrestore(&hctx->lock, flags);
			full = !start_one(hctx, rq, last);
			spin_lock_irqsave(&hctx->lock, flags);
			if (full)
				push_back(hctx, rq);
		}
		if (full && hctx->queue->mq_ops->commit_rqs)
			hctx->queue->mq_ops->commit_rqs(hctx);
	} while (hctx->rerun);
	hctx->running = false;
	spin_unlock_irqrestore(&hctx->lock, flags);
	preempt_enable();
}

void blk_mq_run_hw_queues(struct request_queue *q)
{
	for (unsigned int i = 0; i < q->nr_hw_queues; i++)
		if (READ_ONCE(q->hctxs[i].pending))
			blk_mq_run_hw_queue(&q->hctxs[i]);
}

/* Puts the list first..last, all of @hctx, behind what is pending. */
static void append(struct blk_mq_hw_ctx *hctx, struct request *first, struct request *last)
{
	unsigned long flags;

	last->rq_next = NULL;
	spin_lock_irqsave(&hctx->lock, flags);
	if (hctx->pending_tail)
		hctx->pending_tail->rq_next = first;
	else
		hctx->pending = first;
	hctx->pending_tail = last;
	spin_unlock_irqrestore(&hctx->lock, flags);
}

static void insert_and_run(struct request *rq)
{
	append(rq->hctx, rq, rq);
	blk_mq_run_hw_queue(rq->hctx);
}

/* ---- the plug -------------------------------------------------------------------------------- */

/* The longest run at the list's head that goes to one hardware queue is handed over at once. */
static void flush_list(struct request *list)
{
	while (list) {
		struct blk_mq_hw_ctx *hctx = list->hctx;
		struct request *first = list, *last = list;

		while (last->rq_next && last->rq_next->hctx == hctx)
			last = last->rq_next;
		list = last->rq_next;
		append(hctx, first, last);
		blk_mq_run_hw_queue(hctx);
	}
}

static void flush_plug(struct blk_plug *plug)
{
	struct request *list = plug->first;

	plug->first = plug->last = NULL;
	plug->count = 0;
	flush_list(list);
}

static void plug_before_sleep(struct sleep_hook *hook)
{
	struct blk_plug *plug = container_of(hook, struct blk_plug, hook);

	if (plug->first)
		flush_plug(plug);
}

static struct blk_plug *current_plug(void)
{
	return current->plug ? container_of(current->plug, struct blk_plug, hook) : NULL;
}

void blk_start_plug(struct blk_plug *plug)
{
	plug->hook.before_sleep = plug_before_sleep;
	plug->first = plug->last = NULL;
	plug->count = 0;
	if (!current->plug)
		current->plug = &plug->hook;
}

void blk_finish_plug(struct blk_plug *plug)
{
	if (current->plug != &plug->hook)
		return;
	if (plug->first)
		flush_plug(plug);
	current->plug = NULL;
}

void blk_flush_plug(void)
{
	struct blk_plug *plug = current_plug();

	if (plug && plug->first)
		flush_plug(plug);
}

static bool plug_merge(struct blk_plug *plug, struct bio *bio, unsigned int nr_segments)
{
	struct request *rq;
	unsigned int n = 0;

	if (!plug || !plug->last)
		return false;
	if (blk_try_merge(plug->last, bio, nr_segments))
		return true;
	for (rq = plug->first; rq != plug->last && n++ < PLUG_MERGE_TRY; rq = rq->rq_next)
		if (blk_try_merge(rq, bio, nr_segments))
			return true;
	return false;
}

static void plug_add(struct blk_plug *plug, struct request *rq)
{
	if (plug->count >= PLUG_MAX)
		flush_plug(plug);
	if (plug->last)
		plug->last->rq_next = rq;
	else
		plug->first = rq;
	plug->last = rq;
	plug->count++;
}

/* ---- submission ------------------------------------------------------------------------------ */

static void fill_request(struct request *rq, struct bio *bio, unsigned int nr_segments)
{
	bio->bi_next = NULL;
	rq->bio = rq->biotail = bio;
	rq->__sector = bio->bi_iter.bi_sector;
	rq->__data_len = bio->bi_iter.bi_size;
	rq->nr_segments = nr_segments;
}

/* A bio that one request can take. */
static void submit_piece(struct bio *bio, unsigned int nr_segments)
{
	struct request_queue *q = bio->bi_bdev->bd_queue;
	struct blk_plug *plug = current_plug();
	struct request *rq;

	if (plug_merge(plug, bio, nr_segments))
		return;
	rq = get_request(q, bio->bi_opf);
	if (unlikely(!rq)) {
		bio->bi_status = q->flags & QUEUE_DYING ? -EIO : -EAGAIN;
		bio_endio(bio);
		return;
	}
	fill_request(rq, bio, nr_segments);
	if (op_is_flush(bio->bi_opf)) {
		blk_flush_begin(rq);
		insert_and_run(rq);
	} else if (plug) {
		plug_add(plug, rq);
	} else {
		insert_and_run(rq);
	}
}

void blk_mq_submit_bio(struct bio *bio)
{
	unsigned int nr_segments;
	struct bio *piece;

	do {
		piece = bio_split_to_limits(bio, &nr_segments);
		if (!piece) {
			if (!bio->bi_status)
				bio->bi_status = -ENOMEM;
			bio_endio(bio);
			return;
		}
		submit_piece(piece, nr_segments);
	} while (piece != bio);
}

/* ---- completion ------------------------------------------------------------------------------ */

static void end_bios(struct request *rq, int error)
{
	struct bio *bio = rq->bio, *next;

	rq->bio = NULL;
	for (; bio; bio = next) {
		next = bio->bi_next;
		bio->bi_next = NULL;
		if (error && !bio->bi_status)
			bio->bi_status = error;
		bio_endio(bio);
	}
}

void blk_mq_end_request(struct request *rq, int error)
{
	if (rq->flush_seq && blk_flush_next(rq, error)) {
		insert_and_run(rq);
		return;
	}
	if (rq->flush_seq)
		error = rq->error;
	if (error && rq->bio && error != -EOPNOTSUPP)
		pr_warn_ratelimited("%s: error %pe, sector %llu, operation %u, %u bytes\n",
				    rq->q->disk->disk_name, ERR_PTR(error), rq->__sector,
				    req_op(rq), rq->__data_len);
	if (rq->end_io)
		rq->end_io(rq, error);
	else
		end_bios(rq, error);
	free_request(rq);
}

void blk_mq_fail_started(struct request_queue *q, int error)
{
	for (unsigned int i = 0; i < q->nr_hw_queues; i++)
		for (unsigned int t = 0; t < q->tag_set->queue_depth; t++) {
			struct request *rq = q->hctxs[i].rqs[t];

			if (READ_ONCE(rq->started))
				blk_mq_end_request(rq, error);
		}
}

struct op_wait {
	struct wait_queue_head wait;
	int error;
	bool done;
};

static void op_done(struct request *rq, int error)
{
	struct op_wait *w = rq->end_io_data;
	unsigned long flags;

	spin_lock_irqsave(&w->wait.lock, flags);
	w->error = error;
	w->done = true;
	__wake_up_locked_all(&w->wait, TASK_NORMAL);
	spin_unlock_irqrestore(&w->wait.lock, flags);
}

static bool op_finished(struct op_wait *w)
{
	bool done;

	spin_lock_irq(&w->wait.lock); /* op_done() has left the queue head alone again */
	done = w->done;
	spin_unlock_irq(&w->wait.lock);
	return done;
}

int blk_execute_op(struct request_queue *q, blk_opf_t opf, void *data, unsigned int len)
{
	struct op_wait w = {.done = false};
	struct request *rq = get_request(q, opf);
	struct bio_vec vec;
	struct bio bio;

	if (!rq)
		return -EIO;
	init_waitqueue_head(&w.wait);
	if (len) {
		bio_init(&bio, q->disk->part0, &vec, 1, opf);
		bio_add_page(&bio, virt_to_page(data), len, (unsigned long)data & ~PAGE_MASK);
		fill_request(rq, &bio, 1);
	}
	rq->end_io = op_done;
	rq->end_io_data = &w;
	insert_and_run(rq);
	wait_event(w.wait, op_finished(&w));
	return w.error;
}

/* ---- making and unmaking --------------------------------------------------------------------- */

static void free_hctx(struct blk_mq_tag_set *set, struct blk_mq_hw_ctx *hctx)
{
	for (unsigned int t = 0; hctx->rqs && t < set->queue_depth && hctx->rqs[t]; t++) {
		if (set->ops->exit_request)
			set->ops->exit_request(set, hctx->rqs[t], hctx->queue_num);
		kfree(hctx->rqs[t]);
	}
	kfree(hctx->rqs);
	kfree(hctx->tags);
}

static struct request *new_request(struct blk_mq_tag_set *set, struct blk_mq_hw_ctx *hctx,
				   unsigned int tag)
{
	struct request *rq = kzalloc(sizeof(*rq) + set->cmd_size, GFP_KERNEL);

	if (!rq)
		return NULL;
	rq->q = hctx->queue;
	rq->hctx = hctx;
	rq->tag = tag;
	if (set->ops->init_request && set->ops->init_request(set, rq, hctx->queue_num)) {
		kfree(rq);
		return NULL;
	}
	return rq;
}

static int init_hctx(struct request_queue *q, struct blk_mq_tag_set *set, unsigned int i)
{
	struct blk_mq_hw_ctx *hctx = &q->hctxs[i];

	hctx->queue = q;
	hctx->queue_num = i;
	spin_lock_init(&hctx->lock);
	init_waitqueue_head(&hctx->tag_wait);
	hctx->tags = kcalloc(BITS_TO_LONGS(set->queue_depth), sizeof(long), GFP_KERNEL);
	hctx->rqs = kcalloc(set->queue_depth, sizeof(hctx->rqs[0]), GFP_KERNEL);
	if (!hctx->tags || !hctx->rqs)
		return -ENOMEM;
	for (unsigned int t = 0; t < set->queue_depth; t++) {
		hctx->rqs[t] = new_request(set, hctx, t);
		if (!hctx->rqs[t])
			return -ENOMEM;
	}
	return 0;
}

int blk_mq_init_queue(struct request_queue *q, struct blk_mq_tag_set *set)
{
	int err = 0;

	q->mq_ops = set->ops;
	q->tag_set = set;
	q->nr_hw_queues = set->nr_hw_queues;
	q->hctxs = kcalloc(set->nr_hw_queues, sizeof(q->hctxs[0]), GFP_KERNEL);
	if (!q->hctxs)
		return -ENOMEM;
	for (unsigned int i = 0; i < set->nr_hw_queues && !err; i++)
		err = init_hctx(q, set, i);
	if (err)
		blk_mq_exit_queue(q);
	return err;
}

void blk_mq_exit_queue(struct request_queue *q)
{
	if (!q->hctxs)
		return;
	for (unsigned int i = 0; i < q->nr_hw_queues; i++)
		free_hctx(q->tag_set, &q->hctxs[i]);
	kfree(q->hctxs);
	q->hctxs = NULL;
}
