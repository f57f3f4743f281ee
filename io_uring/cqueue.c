/* SPDX-License-Identifier: MIT */
/*
 * The completion queue: entries in, the end of requests, waiting for entries.
 *
 * An entry that finds the ring full waits in ctx->overflow (IORING_FEAT_NODROP) and is moved when
 * the program enters the kernel to wait. What is done while uring_lock is held gathers in
 * ctx->compl_first and is posted in one go by io_submit_flush().
 */
#include <kernel/sched_signal.h>
#include <fs/eventfd.h>
#include "io_uring.h"

struct io_overflow_cqe {
	struct list_head list;
	struct io_cqe cqe;
};

/* ---- entries --------------------------------------------------------------------------------- */

static bool cq_full(const struct io_ring_ctx *ctx)
{
	/* Acquire: the program has read what it gives back. */
	u32 head = smp_load_acquire(&ctx->rings->cq_head);

	return ctx->cached_cq_tail - head >= ctx->cq_entries;
}

static void write_cqe(struct io_ring_ctx *ctx, const struct io_cqe *cqe)
{
	u32 i = ctx->cached_cq_tail++ & (ctx->cq_entries - 1);
	struct io_uring_cqe *slot =
		(void *)(ctx->rings->cqes + (sizeof(*slot) * i << ctx->cqe_shift));

	slot->user_data = cqe->user_data;
	slot->res = cqe->res;
	slot->flags = cqe->flags;
	if (ctx->cqe_shift) {
		slot->big_cqe[0] = cqe->extra[0];
		slot->big_cqe[1] = cqe->extra[1];
	}
}

static bool spill(struct io_ring_ctx *ctx, const struct io_cqe *cqe)
{
	struct io_overflow_cqe *o = kmalloc(sizeof(*o), GFP_ATOMIC);

	if (!o) {
		ctx->cq_dropped = true;
		WRITE_ONCE(ctx->rings->cq_overflow, ctx->rings->cq_overflow + 1);
		return false;
	}
	o->cqe = *cqe;
	list_add_tail(&o->list, &ctx->overflow);
	io_sq_flag_set(ctx, IORING_SQ_CQ_OVERFLOW);
	return true;
}

/* completion_lock held; io_cq_commit() follows. */
static bool fill_cqe(struct io_ring_ctx *ctx, const struct io_cqe *cqe)
{
	if (unlikely(!list_empty(&ctx->overflow) || cq_full(ctx)))
		return spill(ctx, cqe);
	write_cqe(ctx, cqe);
	return true;
}

/* completion_lock held: the program may see what was filled. */
static void io_cq_commit(struct io_ring_ctx *ctx)
{
	/* Pairs with the program's acquire of the tail. */
	smp_store_release(&ctx->rings->cq_tail, ctx->cached_cq_tail);
	if (unlikely(!list_empty(&ctx->timeouts)))
		io_timeouts_counted(ctx);
}

static void signal_eventfd(struct io_ring_ctx *ctx)
{
	struct file *file = NULL;

	if (READ_ONCE(ctx->rings->cq_flags) & IORING_CQ_EVENTFD_DISABLED)
		return;
	spin_lock(&ctx->completion_lock);
	/* Asynchronously: not by the task that submits. */
	if (ctx->eventfd && (!ctx->eventfd_async || current_is_kthread()))
		file = get_file(ctx->eventfd);
	spin_unlock(&ctx->completion_lock);
	if (file) {
		eventfd_signal_file(file, 1);
		fput(file);
	}
}

/* Entries were committed; no lock is held but uring_lock. */
static void io_cq_wake(struct io_ring_ctx *ctx)
{
	if (wq_has_sleeper(&ctx->cq_wait))
		__wake_up(&ctx->cq_wait, TASK_NORMAL, 0, poll_to_key(EPOLLIN | EPOLLRDNORM));
	if (unlikely(READ_ONCE(ctx->eventfd)))
		signal_eventfd(ctx);
}

bool io_post_cqe(struct io_ring_ctx *ctx, const struct io_cqe *cqe)
{
	bool ok;

	spin_lock(&ctx->completion_lock);
	ok = fill_cqe(ctx, cqe);
	io_cq_commit(ctx);
	spin_unlock(&ctx->completion_lock);
	io_cq_wake(ctx);
	return ok;
}

/* Moves what waits into the ring as far as there is room; all of it goes when the ring does. */
void io_cq_flush_overflow(struct io_ring_ctx *ctx)
{
	struct io_overflow_cqe *o, *n;

	spin_lock(&ctx->completion_lock);
	list_for_each_entry_safe(o, n, &ctx->overflow, list) {
		if (!ctx->dying && cq_full(ctx))
			break;
		if (!ctx->dying)
			write_cqe(ctx, &o->cqe);
		list_del(&o->list);
		kfree(o);
	}
	if (list_empty(&ctx->overflow) && ctx->rings)
		io_sq_flag_clear(ctx, IORING_SQ_CQ_OVERFLOW);
	if (ctx->rings)
		io_cq_commit(ctx);
	spin_unlock(&ctx->completion_lock);
}

bool io_cq_has_events(const struct io_ring_ctx *ctx)
{
	return READ_ONCE(ctx->cached_cq_tail) != READ_ONCE(ctx->rings->cq_head) ||
	       !list_empty_careful(&ctx->overflow);
}

__poll_t io_uring_poll(struct file *file, poll_table *table)
{
	struct io_ring_ctx *ctx = file->private_data;
	__poll_t mask = 0;

	poll_wait(file, &ctx->cq_wait, table);
	atomic_thread_fence(memory_order_seq_cst); /* pairs with wq_has_sleeper() */
	if (io_sqring_entries(ctx) < ctx->sq_entries)
		mask |= EPOLLOUT | EPOLLWRNORM;
	if (io_cq_has_events(ctx))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

/* ---- the end of a request -------------------------------------------------------------------- */

bool io_req_track(struct io_kiocb *req, u8 state)
{
	struct io_ring_ctx *ctx = req->ctx;
	bool ok;

	spin_lock(&ctx->completion_lock);
	if (ctx->dying || READ_ONCE(req->tctx->cancelling))
		req->cancelled = true;
	ok = !req->cancelled;
	req->state = ok ? state : REQ_TW;
	if (!(req->flags & REQ_F_TRACKED)) {
		req->flags |= REQ_F_TRACKED;
		hlist_add_head(&req->hash,
			       &ctx->cancel_hash[hash_64(req->cqe.user_data, ctx->hash_bits)]);
	}
	if (ok && req->link && !(req->flags & REQ_F_LTIMEOUT) &&
	    req->link->opcode == IORING_OP_LINK_TIMEOUT)
		io_link_timeout_arm(req);
	spin_unlock(&ctx->completion_lock);
	return ok;
}

/*
 * completion_lock held: @req is over. Its entry is filled; what follows it in the chain is
 * returned to be started, or fails with it.
 */
static struct io_kiocb *end_req(struct io_kiocb *req)
{
	struct io_ring_ctx *ctx = req->ctx;
	struct io_kiocb *next = req->link, *r;

	if (req->flags & REQ_F_TRACKED) {
		hlist_del(&req->hash);
		req->flags &= ~REQ_F_TRACKED;
	}
	if (req->flags & REQ_F_TIMEOUT_CQE)
		ctx->cq_timeouts++;
	if (!(req->flags & REQ_F_CQE_SKIP))
		fill_cqe(ctx, &req->cqe);
	ctx->nr_done++;
	if (likely(!next))
		return NULL;
	if (next->opcode == IORING_OP_LINK_TIMEOUT)
		next = io_link_timeout_disarm(req);
	req->link = NULL;
	if (!(req->flags & REQ_F_FAIL) || (req->flags & REQ_F_HARDLINK))
		return next;
	for (r = next; r; r = next) {
		next = r->link;
		r->link = NULL;
		/* The one that failed speaks for all that follow, if it was to be silent itself. */
		r->flags &= ~REQ_F_CQE_SKIP;
		if (req->flags & REQ_F_SKIP_LINKED)
			r->flags |= REQ_F_CQE_SKIP;
		if (!(r->flags & REQ_F_FAIL)) /* one that was refused says why itself */
			io_req_set_res(r, -ECANCELED, 0);
		io_req_task_queue(r, io_req_defer_complete);
	}
	return NULL;
}

/* What a request held. Any process context; uring_lock may be held. */
static void clean_req(struct io_kiocb *req)
{
	if (unlikely(req->flags & REQ_F_CLEANUP))
		io_op_defs[req->opcode].cleanup(req);
	if (unlikely(req->kbuf))
		io_put_kbuf(req);
	if (req->flags & REQ_F_FILE_REF)
		fput(req->file);
	if (unlikely(req->flags & REQ_F_CREDS))
		put_cred(req->creds);
	if (unlikely(req->file_node))
		io_rsrc_put(req->file_node);
	if (unlikely(req->buf_node))
		io_rsrc_put(req->buf_node);
}

void io_free_req(struct io_kiocb *req)
{
	struct io_ring_ctx *ctx = req->ctx;
	struct io_uring_task *tctx = req->tctx;

	clean_req(req);
	kfree(req);
	io_tctx_put_inflight(tctx, 1);
	io_ctx_put(ctx);
}

void io_req_defer_complete(struct io_kiocb *req)
{
	struct io_ring_ctx *ctx = req->ctx;

	req->next_done = NULL;
	*ctx->compl_last = req;
	ctx->compl_last = &req->next_done;
}

#define KEEP_FREE 64

/* uring_lock: back to the ring's own few. */
static void recycle_req(struct io_kiocb *req)
{
	struct io_ring_ctx *ctx = req->ctx;

	if (ctx->nr_free >= KEEP_FREE) {
		io_free_req(req);
		return;
	}
	clean_req(req);
	io_tctx_put_inflight(req->tctx, 1);
	req->next_done = ctx->free_reqs;
	ctx->free_reqs = req;
	ctx->nr_free++;
	io_ctx_put(ctx);
}

/* Posts what is done; what follows in chains is started and may be done at once, too. */
void io_submit_flush(struct io_ring_ctx *ctx)
{
	while (ctx->compl_first) {
		struct io_kiocb *first = ctx->compl_first, *req, *next, *start = NULL;
		struct io_kiocb **last = &start;

		ctx->compl_first = NULL;
		ctx->compl_last = &ctx->compl_first;
		spin_lock(&ctx->completion_lock);
		for (req = first; req; req = req->next_done) {
			next = end_req(req);
			if (next) {
				*last = next;
				last = &next->next_done;
			}
		}
		*last = NULL;
		io_cq_commit(ctx);
		if (unlikely(ctx->drain_active))
			io_queue_drained(ctx);
		spin_unlock(&ctx->completion_lock);
		io_cq_wake(ctx);
		for (req = first; req; req = next) {
			next = req->next_done;
			recycle_req(req);
		}
		for (req = start; req; req = next) {
			next = req->next_done;
			io_req_task_submit(req);
		}
	}
}

void io_req_complete_post(struct io_kiocb *req)
{
	struct io_ring_ctx *ctx = req->ctx;
	struct io_kiocb *next;

	spin_lock(&ctx->completion_lock);
	next = end_req(req);
	io_cq_commit(ctx);
	if (unlikely(ctx->drain_active))
		io_queue_drained(ctx);
	spin_unlock(&ctx->completion_lock);
	io_cq_wake(ctx);
	if (next)
		io_req_task_queue(next, io_req_task_submit);
	io_free_req(req);
}

void io_req_task_complete(struct io_kiocb *req)
{
	if (req->cqe.res < 0)
		req_set_fail(req);
	io_req_defer_complete(req);
}

/* ---- waiting --------------------------------------------------------------------------------- */

struct io_waiter {
	struct wait_queue_entry wait;
	struct io_ring_ctx *ctx;
	u32 target; /* of cached_cq_tail */
	u32 timeouts; /* a timeout that ends wakes, whatever the target */
};

static bool enough(const struct io_waiter *w)
{
	const struct io_ring_ctx *ctx = w->ctx;

	return (s32)(READ_ONCE(ctx->cached_cq_tail) - w->target) >= 0 ||
	       READ_ONCE(ctx->cq_timeouts) != w->timeouts;
}

static int io_wake_function(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key)
{
	struct io_waiter *w = container_of(wait, struct io_waiter, wait);

	if (enough(w) || !list_empty_careful(&w->ctx->overflow))
		return autoremove_wake_function(wait, mode, flags, key);
	return 0;
}

/* One sleep: 0 look again, or -EINTR, -ETIME. */
static int wait_once(struct io_waiter *w, s64 *left)
{
	int err = 0;

	prepare_to_wait(&w->ctx->cq_wait, &w->wait, TASK_INTERRUPTIBLE);
	if (enough(w) || !list_empty_careful(&w->ctx->overflow))
		goto out;
	if (test_thread_flag(TIF_NOTIFY_SIGNAL) || READ_ONCE(current->task_works))
		goto out;
	if (test_thread_flag(TIF_SIGPENDING))
		err = -EINTR;
	else if (*left <= 0)
		err = -ETIME;
	else
		*left = schedule_hrtimeout_left(*left);
out:
	finish_wait(&w->ctx->cq_wait, &w->wait);
	return err;
}

int io_cqring_wait(struct io_ring_ctx *ctx, u32 min, const sigset_t __user *sig, size_t sigsz,
		   const struct __kernel_timespec __user *uts)
{
	struct io_waiter w = {.ctx = ctx};
	s64 left = KTIME_MAX;
	struct timespec64 ts;
	int err = 0;

	if (uts) {
		if (get_timespec64(&ts, uts))
			return -EFAULT;
		left = max(timespec64_to_ns(&ts), (s64)0);
	}
	if (sig) {
		err = set_user_sigmask(sig, sigsz);
		if (err)
			return err;
	}
	init_waitqueue_func_entry(&w.wait, io_wake_function);
	w.wait.private = current;
	w.target = READ_ONCE(ctx->rings->cq_head) + min;
	w.timeouts = READ_ONCE(ctx->cq_timeouts);
	do {
		io_run_task_work();
		if (unlikely(!list_empty_careful(&ctx->overflow)))
			io_cq_flush_overflow(ctx);
		if (unlikely(READ_ONCE(ctx->cq_dropped))) {
			ctx->cq_dropped = false;
			err = -EBADR;
			break;
		}
		if (enough(&w) || !list_empty_careful(&ctx->overflow))
			break;
		err = wait_once(&w, &left);
	} while (!err);
	if (sig)
		restore_saved_sigmask_unless(err == -EINTR);
	return READ_ONCE(ctx->rings->cq_head) == READ_ONCE(ctx->rings->cq_tail) ? err : 0;
}
