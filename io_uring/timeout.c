/* SPDX-License-Identifier: MIT */
/*
 * TIMEOUT, TIMEOUT_REMOVE, LINK_TIMEOUT. A timer that fires pushes its request to the task, which
 * completes it there. Who cancels the timer (hrtimer_try_to_cancel() > 0), or is its
 * callback, owns the request. completion_lock serialises all that look for one.
 */
#include "io_uring.h"

/* What prep leaves until the timer is set up, and what an update needs. */
struct io_timeout_cmd {
	struct timespec64 ts;
	u32 flags, off;
	u64 user_data; /* TIMEOUT_REMOVE: of the timeout */
};

static clockid_t clock_of(u32 flags)
{
	if (flags & IORING_TIMEOUT_BOOTTIME)
		return CLOCK_BOOTTIME;
	return flags & IORING_TIMEOUT_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
}

static int read_timespec(struct io_timeout_cmd *cmd, u64 addr)
{
	if (get_timespec64(&cmd->ts, u64_to_user_ptr(addr)))
		return -EFAULT;
	return cmd->ts.tv_sec < 0 || cmd->ts.tv_nsec < 0 ? -EINVAL : 0;
}

/* ---- firing ---------------------------------------------------------------------------------- */

static void timeout_tw(struct io_kiocb *req)
{
	if (!(io_cmd(req, struct io_timeout_cmd)->flags & IORING_TIMEOUT_ETIME_SUCCESS) ||
	    req->cqe.res != -ETIME)
		req_set_fail(req);
	io_req_defer_complete(req);
}

/* Hard interrupt: the callback owns the request. */
static enum hrtimer_restart timeout_fires(struct hrtimer *timer)
{
	struct io_kiocb *req = container_of(timer, struct io_kiocb, timeout.timer);

	io_req_task_queue(req, req->tw_func);
	return HRTIMER_NORESTART;
}

/* In the task, after the timer fired. */
static void timeout_fired_tw(struct io_kiocb *req)
{
	spin_lock(&req->ctx->completion_lock);
	if (req->timeout.counted)
		list_del_init(&req->list);
	req->timeout.counted = false;
	req->state = REQ_TW;
	if (req->cqe.res != -ECANCELED && req->cqe.res != 0)
		req->cqe.res = -ETIME;
	spin_unlock(&req->ctx->completion_lock);
	timeout_tw(req);
}

/* completion_lock held, the timer is cancelled: ends with @res. */
static void timeout_end(struct io_kiocb *req, int res)
{
	if (req->timeout.counted)
		list_del_init(&req->list);
	req->timeout.counted = false;
	req->state = REQ_TW;
	io_req_set_res(req, res, 0);
	io_req_task_queue(req, timeout_tw);
}

int io_timeout_cancel(struct io_kiocb *req)
{
	if (hrtimer_try_to_cancel(&req->timeout.timer) <= 0)
		return -EALREADY; /* fired: on its way */
	timeout_end(req, -ECANCELED);
	return 0;
}

/* Entries without those of timeouts. */
static u32 events_seen(const struct io_ring_ctx *ctx)
{
	return ctx->cached_cq_tail - ctx->cq_timeouts;
}

void io_timeouts_counted(struct io_ring_ctx *ctx)
{
	struct io_kiocb *req, *n;

	list_for_each_entry_safe(req, n, &ctx->timeouts, list) {
		if ((s32)(events_seen(ctx) - req->timeout.target) < 0)
			break;
		if (hrtimer_try_to_cancel(&req->timeout.timer) > 0)
			timeout_end(req, 0);
	}
}

/* ---- TIMEOUT --------------------------------------------------------------------------------- */

#define TIMEOUT_FLAGS \
	(IORING_TIMEOUT_ABS | IORING_TIMEOUT_CLOCK_MASK | IORING_TIMEOUT_ETIME_SUCCESS)

static int timeout_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_timeout_cmd *cmd = io_cmd(req, struct io_timeout_cmd);

	if (sqe->len != 1)
		return -EINVAL;
	cmd->flags = sqe->timeout_flags;
	cmd->off = sqe->off;
	if (cmd->flags & ~TIMEOUT_FLAGS)
		return -EINVAL;
	if ((cmd->flags & IORING_TIMEOUT_CLOCK_MASK) == IORING_TIMEOUT_CLOCK_MASK)
		return -EINVAL;
	req->timeout.counted = false;
	req->timeout.head = NULL;
	req->cqe.res = -ETIME;
	return read_timespec(cmd, sqe->addr);
}

int io_timeout_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	req->flags |= REQ_F_TIMEOUT_CQE;
	return timeout_prep(req, sqe);
}

static void start_timer(struct io_kiocb *req, const struct timespec64 *ts, u32 flags)
{
	struct io_timeout_data *t = &req->timeout;

	hrtimer_init(&t->timer, clock_of(flags), timeout_fires);
	hrtimer_start(&t->timer, timespec64_to_ns(ts),
		      flags & IORING_TIMEOUT_ABS ? HRTIMER_MODE_ABS : HRTIMER_MODE_REL);
}

/* completion_lock held: into the list by target, from the end, where new ones belong. */
static void insert_counted(struct io_ring_ctx *ctx, struct io_kiocb *req, u32 off)
{
	struct list_head *at = ctx->timeouts.prev;

	req->timeout.target = events_seen(ctx) + off;
	req->timeout.counted = true;
	while (at != &ctx->timeouts) {
		struct io_kiocb *other = list_entry(at, struct io_kiocb, list);

		if ((s32)(req->timeout.target - other->timeout.target) >= 0)
			break;
		at = at->prev;
	}
	list_add(&req->list, at);
}

int io_timeout(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_timeout_cmd *cmd = io_cmd(req, struct io_timeout_cmd);
	struct io_ring_ctx *ctx = req->ctx;

	req->tw_func = timeout_fired_tw;
	hrtimer_init(&req->timeout.timer, clock_of(cmd->flags), timeout_fires);
	if (!io_req_track(req, REQ_NEW))
		return io_done(req, -ECANCELED);
	spin_lock(&ctx->completion_lock);
	if (req->cancelled) {
		spin_unlock(&ctx->completion_lock);
		return io_done(req, -ECANCELED);
	}
	req->state = REQ_TIMEOUT;
	if (cmd->off)
		insert_counted(ctx, req, cmd->off);
	start_timer(req, &cmd->ts, cmd->flags);
	spin_unlock(&ctx->completion_lock);
	return IOU_SKIP;
}

/* ---- TIMEOUT_REMOVE -------------------------------------------------------------------------- */

int io_timeout_remove_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_timeout_cmd *cmd = io_cmd(req, struct io_timeout_cmd);

	if (req->flags & REQ_F_FIXED_FILE)
		return -EINVAL;
	cmd->user_data = sqe->addr;
	cmd->flags = sqe->timeout_flags;
	if (!(cmd->flags & IORING_TIMEOUT_UPDATE_MASK))
		return cmd->flags ? -EINVAL : 0;
	if (cmd->flags &
	    ~(IORING_TIMEOUT_UPDATE_MASK | IORING_TIMEOUT_ABS | IORING_TIMEOUT_CLOCK_MASK))
		return -EINVAL;
	if ((cmd->flags & IORING_TIMEOUT_CLOCK_MASK) == IORING_TIMEOUT_CLOCK_MASK)
		return -EINVAL;
	return read_timespec(cmd, sqe->addr2);
}

int io_timeout_remove(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_timeout_cmd *cmd = io_cmd(req, struct io_timeout_cmd);
	bool link = cmd->flags & IORING_LINK_TIMEOUT_UPDATE;
	struct io_ring_ctx *ctx = req->ctx;
	struct io_kiocb *t;
	int err = 0;

	spin_lock(&ctx->completion_lock);
	t = io_req_find(ctx, cmd->user_data, link ? IORING_OP_LINK_TIMEOUT : IORING_OP_TIMEOUT);
	if (!t || t->state != REQ_TIMEOUT)
		err = -ENOENT;
	else if (!(cmd->flags & IORING_TIMEOUT_UPDATE_MASK))
		err = io_req_cancel(t);
	else if (hrtimer_try_to_cancel(&t->timeout.timer) <= 0)
		err = -EALREADY;
	else
		start_timer(t, &cmd->ts, cmd->flags);
	spin_unlock(&ctx->completion_lock);
	return io_done(req, err);
}

/* ---- LINK_TIMEOUT ---------------------------------------------------------------------------- */

int io_link_timeout_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	/* It limits the one before it in its chain. */
	if (!req->ctx->link_head || req->ctx->link_last->opcode == IORING_OP_LINK_TIMEOUT)
		return -EINVAL;
	return timeout_prep(req, sqe);
}

static void link_timeout_tw(struct io_kiocb *req)
{
	struct io_ring_ctx *ctx = req->ctx;
	struct io_kiocb *prev;
	int err = -ETIME;

	spin_lock(&ctx->completion_lock);
	prev = req->timeout.head;
	req->timeout.head = NULL;
	req->state = REQ_TW;
	if (prev) {
		prev->link = req->link;
		prev->flags &= ~REQ_F_LTIMEOUT;
		req->link = NULL;
		err = io_req_cancel(prev);
		if (!err)
			err = -ETIME;
	}
	spin_unlock(&ctx->completion_lock);
	/* That it fired is what it is for: no failure, so IOSQE_CQE_SKIP_SUCCESS counts. */
	io_req_set_res(req, err, 0);
	io_req_defer_complete(req);
}

void io_link_timeout_arm(struct io_kiocb *req)
{
	struct io_kiocb *lt = req->link;
	struct io_timeout_cmd *cmd = io_cmd(lt, struct io_timeout_cmd);

	req->flags |= REQ_F_LTIMEOUT;
	lt->timeout.head = req;
	lt->tw_func = link_timeout_tw;
	lt->state = REQ_TIMEOUT;
	lt->flags |= REQ_F_TRACKED;
	hlist_add_head(&lt->hash,
		       &lt->ctx->cancel_hash[hash_64(lt->cqe.user_data, lt->ctx->hash_bits)]);
	start_timer(lt, &cmd->ts, cmd->flags);
}

/* @req ends: what follows its timeout. The timeout ends, too, if it has not fired. */
struct io_kiocb *io_link_timeout_disarm(struct io_kiocb *req)
{
	struct io_kiocb *lt = req->link, *next = lt->link;
	bool armed = req->flags & REQ_F_LTIMEOUT;

	lt->link = NULL;
	req->flags &= ~REQ_F_LTIMEOUT;
	if (armed) {
		lt->timeout.head = NULL;
		if (hrtimer_try_to_cancel(&lt->timeout.timer) <= 0)
			return next; /* fired: its task work finds no head */
	}
	lt->state = REQ_TW;
	if (!(lt->flags & REQ_F_FAIL)) /* it was not refused itself */
		io_req_set_res(lt, -ECANCELED, 0);
	if (req->flags & REQ_F_SKIP_LINKED)
		lt->flags |= REQ_F_CQE_SKIP;
	io_req_task_queue(lt, io_req_defer_complete);
	return next;
}
