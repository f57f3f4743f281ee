/* SPDX-License-Identifier: MIT */
/* Taking requests back: ASYNC_CANCEL, the end of a ring, the end of a task. */
#include <kernel/io_uring.h>
#include <kernel/sched_signal.h>
#include "io_uring.h"

#define CANCEL_FLAGS                                                                  \
	(IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ANY | \
	 IORING_ASYNC_CANCEL_FD_FIXED)

static void cancelled_tw(struct io_kiocb *req)
{
	io_req_fail(req, -ECANCELED);
}

int io_req_cancel(struct io_kiocb *req)
{
	bool again = req->cancelled;

	req->cancelled = true;
	switch (req->state) {
	case REQ_POLL:
		if (!again)
			io_poll_cancel(req);
		return 0;
	case REQ_TIMEOUT:
		return io_timeout_cancel(req);
	case REQ_WQ:
		return io_wq_cancel(req);
	case REQ_DEFER:
		if (list_empty(&req->list))
			return again ? -EALREADY : 0; /* being put there: that finds the flag */
		list_del_init(&req->list);
		req->state = REQ_TW;
		io_req_task_queue(req, cancelled_tw);
		return 0;
	default:
		return -EALREADY; /* on its way; it finds the flag before it waits again */
	}
}

struct io_kiocb *io_req_find(struct io_ring_ctx *ctx, u64 user_data, u8 opcode)
{
	struct io_kiocb *req;

	hlist_for_each_entry(req, &ctx->cancel_hash[hash_64(user_data, ctx->hash_bits)], hash)
		if (req->cqe.user_data == user_data && req->opcode == opcode)
			return req;
	return NULL;
}

void io_cancel_all(struct io_ring_ctx *ctx, const struct io_uring_task *tctx)
{
	struct hlist_node *n;
	struct io_kiocb *req;

	for (unsigned int i = 0; i < 1u << ctx->hash_bits; i++) {
		spin_lock(&ctx->completion_lock);
		hlist_for_each_entry_safe(req, n, &ctx->cancel_hash[i], hash)
			if (!tctx || req->tctx == tctx)
				io_req_cancel(req);
		spin_unlock(&ctx->completion_lock);
	}
}

/*
 * Without its task a request can wait, but not be run by a worker, which would keep the task's
 * memory and files; and one that waits for a ring keeps that ring from being closed.
 */
static bool needs_task(const struct io_kiocb *req)
{
	return req->state == REQ_WQ || (req->file && io_is_uring(req->file));
}

unsigned int io_cancel_exiting(struct io_ring_ctx *ctx, const struct io_uring_task *tctx)
{
	struct hlist_node *n;
	struct io_kiocb *req;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < 1u << ctx->hash_bits; i++) {
		spin_lock(&ctx->completion_lock);
		hlist_for_each_entry_safe(req, n, &ctx->cancel_hash[i], hash) {
			if (req->tctx != tctx || !needs_task(req))
				continue;
			nr++;
			/* Work on regular files ends by itself, and is done. */
			if (req->state != REQ_WQ || !req->work.bounded)
				io_req_cancel(req);
		}
		spin_unlock(&ctx->completion_lock);
	}
	return nr;
}

/* ---- ASYNC_CANCEL ---------------------------------------------------------------------------- */

static bool matches(const struct io_cancel *c, const struct io_kiocb *req)
{
	if (req == c->self || req->state == REQ_TW || req->opcode == IORING_OP_LINK_TIMEOUT)
		return false;
	/* Asked for one by one, a request is found once. */
	if (req->cancelled)
		return false;
	if (c->flags & IORING_ASYNC_CANCEL_ANY)
		return true;
	if (c->flags & IORING_ASYNC_CANCEL_FD)
		return req->file == c->file;
	return req->cqe.user_data == c->user_data;
}

static struct io_kiocb *find_match(const struct io_cancel *c, unsigned int bucket)
{
	struct io_kiocb *req;

	hlist_for_each_entry(req, &c->ctx->cancel_hash[bucket], hash)
		if (matches(c, req))
			return req;
	return NULL;
}

/* One, or all of them: how many with ALL or ANY, else 0; -ENOENT, -EALREADY. */
static int cancel_matching(const struct io_cancel *c)
{
	bool all = c->flags & (IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY);
	bool by_data = !(c->flags & (IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_FD));
	u32 one = hash_64(c->user_data, c->ctx->hash_bits);
	u32 first = by_data ? one : 0, last = by_data ? one : (1u << c->ctx->hash_bits) - 1;
	struct io_kiocb *req;
	int ret = 0, nr = 0;

	for (u32 i = first; i <= last; i++) {
		spin_lock(&c->ctx->completion_lock);
		while ((req = find_match(c, i))) {
			ret = io_req_cancel(req);
			nr++;
			if (!all) {
				spin_unlock(&c->ctx->completion_lock);
				return ret;
			}
		}
		spin_unlock(&c->ctx->completion_lock);
	}
	return all ? nr : -ENOENT;
}

struct io_cancel_cmd {
	u64 addr;
	u32 flags;
	s32 fd;
};

int io_async_cancel_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_cancel_cmd *cmd = io_cmd(req, struct io_cancel_cmd);

	cmd->addr = sqe->addr;
	cmd->flags = sqe->cancel_flags;
	cmd->fd = sqe->fd;
	if (cmd->flags & ~CANCEL_FLAGS)
		return -EINVAL;
	if ((cmd->flags & IORING_ASYNC_CANCEL_FD) && (cmd->flags & IORING_ASYNC_CANCEL_ANY))
		return -EINVAL;
	return 0;
}

int io_async_cancel(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_cancel_cmd *cmd = io_cmd(req, struct io_cancel_cmd);
	struct io_cancel c = {
		.ctx = req->ctx, .user_data = cmd->addr, .flags = cmd->flags, .self = req};

	if (cmd->flags & IORING_ASYNC_CANCEL_FD) {
		if (cmd->flags & IORING_ASYNC_CANCEL_FD_FIXED)
			req->flags |= REQ_F_FIXED_FILE;
		if (!io_assign_file(req, issue_flags))
			return io_done(req, -EBADF);
		c.file = req->file;
	}
	return io_done(req, cancel_matching(&c));
}

/* ---- IORING_REGISTER_SYNC_CANCEL ------------------------------------------------------------- */

static int get_cancel_file(struct io_ring_ctx *ctx, s32 fd, struct io_cancel *c)
{
	struct io_rsrc_node *node;

	if (!(c->flags & IORING_ASYNC_CANCEL_FD))
		return 0;
	if (!(c->flags & IORING_ASYNC_CANCEL_FD_FIXED)) {
		c->file = fget(fd);
		return c->file ? 0 : -EBADF;
	}
	node = (u32)fd < ctx->files.nr ? ctx->files.nodes[fd] : NULL;
	if (!node)
		return -EBADF;
	c->file = get_file(node->file);
	return 0;
}

static bool still_there(const struct io_cancel *c)
{
	struct io_cancel look = *c;
	struct io_kiocb *req;
	bool found = false;

	for (u32 i = 0; i < 1u << c->ctx->hash_bits && !found; i++) {
		spin_lock(&c->ctx->completion_lock);
		hlist_for_each_entry(req, &c->ctx->cancel_hash[i], hash)
			found |= (look.flags & IORING_ASYNC_CANCEL_ANY) ||
				 (look.flags & IORING_ASYNC_CANCEL_FD ?
					  req->file == look.file :
					  req->cqe.user_data == look.user_data);
		spin_unlock(&c->ctx->completion_lock);
	}
	return found;
}

/* Until what was running is gone. uring_lock is not held: requests end with it. */
static int wait_gone(const struct io_cancel *c, s64 left)
{
	struct io_ring_ctx *ctx = c->ctx;

	for (;;) {
		s64 slice = min(left, (s64)NSEC_PER_SEC);
		s64 rest;

		io_run_task_work();
		if (!still_there(c))
			return 0;
		if (left <= 0)
			return -ETIME;
		rest = wait_event_interruptible_hrtimeout(
			ctx->cq_wait, READ_ONCE(current->task_works) || !still_there(c), slice);
		if (rest < 0 && test_thread_flag(TIF_SIGPENDING))
			return -EINTR;
		if (left != KTIME_MAX)
			left -= rest < 0 ? 0 : slice - rest;
	}
}

int io_sync_cancel(struct io_ring_ctx *ctx, void __user *arg)
{
	struct io_uring_sync_cancel_reg sc;
	struct io_cancel c = {.ctx = ctx};
	s64 left = KTIME_MAX;
	int ret;

	if (copy_from_user(&sc, arg, sizeof(sc)))
		return -EFAULT;
	if ((sc.flags & ~CANCEL_FLAGS) || memchr_inv(sc.pad, 0, sizeof(sc.pad)))
		return -EINVAL;
	c.user_data = sc.addr;
	c.flags = sc.flags;
	if (sc.timeout.tv_sec != -1 || sc.timeout.tv_nsec != -1)
		left = sc.timeout.tv_sec * NSEC_PER_SEC + sc.timeout.tv_nsec;
	ret = get_cancel_file(ctx, sc.fd, &c);
	if (ret)
		return ret;
	ret = cancel_matching(&c);
	if (ret == -EALREADY || ret > 0) {
		mutex_unlock(&ctx->uring_lock);
		ret = wait_gone(&c, left);
		mutex_lock(&ctx->uring_lock);
	}
	if (c.file)
		fput(c.file);
	return ret;
}
