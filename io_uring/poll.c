/* SPDX-License-Identifier: MIT */
/*
 * Requests on wait queues: those that wait for their file to be ready and are then issued again,
 * and POLL_ADD.
 *
 * Ownership: poll.refs is 0 while the request just waits. Whoever wakes it adds one; who raised it
 * from 0 owns the request and pushes it to its task, which takes away what it has looked at and
 * gives the request up when 0 is left: wake-ups meanwhile are counted, so none is lost. The bit
 * POLL_CANCELLED, set before the count is raised, ends it. Arming holds one count.
 */
#include <kernel/rcupdate.h>
#include "io_uring.h"

#define POLL_CANCELLED (1 << 30)
#define POLL_COUNT     (POLL_CANCELLED - 1)
#define POLL_ALWAYS    (EPOLLERR | EPOLLHUP | (__force __poll_t)POLLNVAL)

struct io_poll_cmd {
	__poll_t events; /* with ALWAYS: what the poll is for */
	bool multi;
};

static void poll_tw(struct io_kiocb *req);

static void poll_own(struct io_kiocb *req)
{
	if (!atomic_fetch_add(&req->poll.refs, 1))
		io_req_task_queue(req, poll_tw);
}

void io_poll_cancel(struct io_kiocb *req)
{
	atomic_fetch_or(&req->poll.refs, POLL_CANCELLED);
	/* The bit is above the count: the count alone says who owns it. */
	if (!(atomic_fetch_add(&req->poll.refs, 1) & POLL_COUNT))
		io_req_task_queue(req, poll_tw);
}

/* The queue's lock is held, IRQs off. */
static int poll_wake(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key)
{
	struct io_poll_entry *e = container_of(wait, struct io_poll_entry, wait);
	struct io_kiocb *req = wait->private;
	__poll_t got = key_to_poll(key);

	if (unlikely(got & POLLFREE)) {
		/* Pushed first: after the release the request may not be touched through @e. */
		rcu_read_lock();
		list_del_init(&wait->entry);
		io_poll_cancel(req);
		smp_store_release(&e->head, NULL);
		rcu_read_unlock();
		return 1;
	}
	if (got && !(got & (req->poll.events | POLL_ALWAYS)))
		return 0;
	poll_own(req);
	return 1;
}

struct io_poll_table {
	poll_table table;
	struct io_kiocb *req;
};

static void poll_queue(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	struct io_kiocb *req = container_of(table, struct io_poll_table, table)->req;
	struct io_poll *p = &req->poll;
	struct io_poll_entry *e = &p->entry[p->nr];

	for (unsigned int i = 0; i < p->nr; i++)
		if (p->entry[i].head == head)
			return; /* one file, one queue for both directions */
	if (p->nr == ARRAY_SIZE(p->entry)) {
		p->error = -EINVAL;
		return;
	}
	p->nr++;
	init_waitqueue_func_entry(&e->wait, poll_wake);
	e->wait.private = req;
	e->head = head;
	add_wait_queue(head, &e->wait);
}

/* Off the queues; the caller owns @req. */
static void poll_remove(struct io_kiocb *req)
{
	struct io_poll *p = &req->poll;

	for (unsigned int i = 0; i < p->nr; i++) {
		wait_queue_head_t *head;
		unsigned long flags;

		rcu_read_lock(); /* the head may go away with POLLFREE: after a grace period */
		head = smp_load_acquire(&p->entry[i].head);
		if (head) {
			spin_lock_irqsave(&head->lock, flags);
			list_del_init(&p->entry[i].wait.entry);
			spin_unlock_irqrestore(&head->lock, flags);
		}
		rcu_read_unlock();
	}
	p->nr = 0;
}

static __poll_t poll_ask(struct io_kiocb *req)
{
	poll_table table = {._qproc = NULL, ._key = req->poll.events};

	return vfs_poll(req->file, &table) & (req->poll.events | POLL_ALWAYS);
}

/* On the queues; the caller owns it with one count. What is ready already. */
static __poll_t poll_start_tracked(struct io_kiocb *req, __poll_t events)
{
	struct io_poll *p = &req->poll;
	struct io_poll_table pt = {.table = {._qproc = poll_queue, ._key = events}, .req = req};

	p->events = events;
	p->error = 0;
	return vfs_poll(req->file, &pt.table) & (events | POLL_ALWAYS);
}

/* The arming count goes; somebody may have come meanwhile: then it is for the task. */
static void poll_release(struct io_kiocb *req)
{
	if (atomic_sub_return(1, &req->poll.refs) & (POLL_COUNT | POLL_CANCELLED)) {
		atomic_add(1, &req->poll.refs);
		io_req_task_queue(req, poll_tw);
	}
}

/* ---- the task's part ------------------------------------------------------------------------- */

/* POLL_ADD of many: one more entry; false: that was not possible, it ends. */
static bool poll_report(struct io_kiocb *req, __poll_t mask)
{
	struct io_cqe cqe = {.user_data = req->cqe.user_data,
			     .res = (__force u32)mask,
			     .flags = IORING_CQE_F_MORE};

	return io_post_cqe(req->ctx, &cqe);
}

enum { WAITS_ON, READY, ENDED };

/* Owned: what is to become of it; *mask is what is ready. */
static int poll_check(struct io_kiocb *req, __poll_t *mask)
{
	bool multi = req->opcode == IORING_OP_POLL_ADD && io_cmd(req, struct io_poll_cmd)->multi;
	int refs;

	do {
		refs = atomic_load(&req->poll.refs);
		if ((refs & POLL_CANCELLED) || unlikely(READ_ONCE(req->tctx->orphan)))
			return ENDED;
		*mask = poll_ask(req);
		if (*mask && !multi)
			return READY;
		if (*mask && !poll_report(req, *mask))
			return READY;
	} while (atomic_sub_return(refs & POLL_COUNT, &req->poll.refs));
	return WAITS_ON;
}

/* It is not on queues any more, and nobody else touches it. */
static void poll_finish(struct io_kiocb *req, int what, __poll_t mask)
{
	spin_lock(&req->ctx->completion_lock);
	req->state = REQ_TW;
	if (what == ENDED)
		req->cancelled = true;
	spin_unlock(&req->ctx->completion_lock);
	if (what == ENDED) {
		io_req_fail(req, -ECANCELED);
	} else if (req->opcode == IORING_OP_POLL_ADD) {
		io_req_set_res(req, (__force u32)mask, 0);
		io_req_defer_complete(req);
	} else {
		io_req_task_submit(req);
	}
}

static void poll_tw(struct io_kiocb *req)
{
	__poll_t mask = 0;
	int what = poll_check(req, &mask);

	if (what == WAITS_ON)
		return;
	poll_remove(req);
	poll_finish(req, what, mask);
}

/* ---- arming ---------------------------------------------------------------------------------- */

int io_arm_poll(struct io_kiocb *req)
{
	const struct io_op_def *def = &io_op_defs[req->opcode];
	__poll_t events = EPOLLERR | EPOLLPRI, mask;

	if (!req->file || !file_can_poll(req->file) || (!def->pollin && !def->pollout))
		return IO_APOLL_ABORTED;
	events |= def->pollin ? EPOLLIN | EPOLLRDNORM | EPOLLRDHUP : EPOLLOUT | EPOLLWRNORM;
	/* Counted before anybody can find it: cancelling needs a state that is whole. */
	atomic_store(&req->poll.refs, 1);
	req->poll.nr = 0;
	if (!io_req_track(req, REQ_POLL)) {
		io_req_fail(req, -ECANCELED);
		return IO_APOLL_OK;
	}
	mask = poll_start_tracked(req, events);
	if (!mask && req->poll.nr && !req->poll.error) {
		poll_release(req);
		return IO_APOLL_OK;
	}
	poll_remove(req);
	if (atomic_load(&req->poll.refs) & POLL_CANCELLED) {
		poll_finish(req, ENDED, 0);
		return IO_APOLL_OK;
	}
	return mask ? IO_APOLL_READY : IO_APOLL_ABORTED;
}

/* ---- POLL_ADD -------------------------------------------------------------------------------- */

static __poll_t sqe_events(const struct io_uring_sqe *sqe)
{
	return (__force __poll_t)sqe->poll32_events &
	       ~(EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE);
}

int io_poll_add_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_poll_cmd *cmd = io_cmd(req, struct io_poll_cmd);
	u32 flags = sqe->len;

	if (flags & ~(IORING_POLL_ADD_MULTI | IORING_POLL_ADD_LEVEL))
		return -EINVAL;
	if ((flags & IORING_POLL_ADD_MULTI) && (req->flags & REQ_F_CQE_SKIP))
		return -EINVAL;
	cmd->events = sqe_events(sqe) | EPOLLERR | EPOLLHUP;
	cmd->multi = flags & IORING_POLL_ADD_MULTI;
	return 0;
}

int io_poll_add(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_poll_cmd *cmd = io_cmd(req, struct io_poll_cmd);
	__poll_t mask;

	/* Its own ring would wake itself by each of its entries. */
	if (io_ring_of(req->file) == req->ctx)
		cmd->multi = false;
	atomic_store(&req->poll.refs, 1);
	req->poll.nr = 0;
	if (!io_req_track(req, REQ_POLL))
		return io_done(req, -ECANCELED);
	mask = poll_start_tracked(req, cmd->events);
	if (mask && !cmd->multi) {
		poll_remove(req);
		io_req_set_res(req, (__force u32)mask, 0);
		return IOU_OK;
	}
	if (unlikely(req->poll.error)) {
		poll_remove(req);
		return io_done(req, -EINVAL);
	}
	if (mask) /* the task reports it, and the count is its own */
		io_req_task_queue(req, poll_tw);
	else
		poll_release(req);
	return IOU_SKIP;
}

/* ---- POLL_REMOVE: removes or changes --------------------------------------------------------- */

struct io_poll_update {
	u64 old_data, new_data;
	__poll_t events;
	bool update_events, update_data;
};

int io_poll_remove_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_poll_update *up = io_cmd(req, struct io_poll_update);
	u32 flags = sqe->len;

	if (flags &
	    ~(IORING_POLL_UPDATE_EVENTS | IORING_POLL_UPDATE_USER_DATA | IORING_POLL_ADD_MULTI))
		return -EINVAL;
	if (flags == IORING_POLL_ADD_MULTI) /* nothing to be changed by it alone */
		return -EINVAL;
	up->old_data = sqe->addr;
	up->update_events = flags & IORING_POLL_UPDATE_EVENTS;
	up->update_data = flags & IORING_POLL_UPDATE_USER_DATA;
	up->new_data = sqe->off;
	if (!up->update_data && up->new_data)
		return -EINVAL;
	if (up->update_events)
		up->events = sqe_events(sqe) | EPOLLERR | EPOLLHUP;
	else if (sqe->poll32_events)
		return -EINVAL;
	return 0;
}

/* completion_lock held: @poll is ours alone, off nothing yet; false: it is about to fire. */
static bool poll_take(struct io_kiocb *poll)
{
	if (poll->state != REQ_POLL || poll->cancelled)
		return false;
	if (!atomic_fetch_add(&poll->poll.refs, 1))
		return true;
	return false; /* counted for its owner, who looks once more */
}

/* @poll is ours: it starts again with what is new. uring_lock held. */
static void poll_restart(struct io_kiocb *poll, const struct io_poll_update *up)
{
	struct io_ring_ctx *ctx = poll->ctx;
	struct io_poll_cmd *cmd = io_cmd(poll, struct io_poll_cmd);
	int ret;

	poll_remove(poll);
	if (up->update_events) /* not whether it is for one or many */
		cmd->events = up->events;
	spin_lock(&ctx->completion_lock);
	hlist_del(&poll->hash);
	poll->flags &= ~REQ_F_TRACKED;
	if (up->update_data)
		poll->cqe.user_data = up->new_data;
	spin_unlock(&ctx->completion_lock);
	ret = io_poll_add(poll, 0);
	if (ret == IOU_OK)
		io_req_defer_complete(poll);
}

int io_poll_remove(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_poll_update *up = io_cmd(req, struct io_poll_update);
	struct io_ring_ctx *ctx = req->ctx;
	bool update = up->update_events || up->update_data;
	struct io_kiocb *poll;
	int err = 0;

	io_ring_submit_lock(ctx, issue_flags);
	spin_lock(&ctx->completion_lock);
	poll = io_req_find(ctx, up->old_data, IORING_OP_POLL_ADD);
	if (!poll)
		err = -ENOENT;
	else if (!update)
		err = io_req_cancel(poll);
	else if (!poll_take(poll))
		err = -EALREADY;
	spin_unlock(&ctx->completion_lock);
	if (!err && update) {
		poll_restart(poll, up);
		if (issue_flags & IO_URING_F_UNLOCKED)
			io_submit_flush(ctx);
	}
	io_ring_submit_unlock(ctx, issue_flags);
	return io_done(req, err);
}
