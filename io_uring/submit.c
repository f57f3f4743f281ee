/* SPDX-License-Identifier: MIT */
/*
 * Submission: entries of the submission queue become requests, chains are put together, requests
 * are issued. Each entry is copied once; what it says is looked at in the copy only.
 */
#include <kernel/io_uring.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <mm/mm.h>
#include "io_uring.h"

#define SQE_FLAGS                                                                              \
	(IOSQE_FIXED_FILE | IOSQE_IO_DRAIN | IOSQE_IO_LINK | IOSQE_IO_HARDLINK | IOSQE_ASYNC | \
	 IOSQE_BUFFER_SELECT | IOSQE_CQE_SKIP_SUCCESS)
#define MAX_RETRIES 16 /* by poll, of a file that says that it is ready and is not */

/* ---- files ----------------------------------------------------------------------------------- */

/* The registered file; it stays while uring_lock is held, and counted for what goes on longer. */
struct file *io_file_get_fixed(struct io_kiocb *req, int index, unsigned int issue_flags)
{
	struct io_ring_ctx *ctx = req->ctx;
	struct io_rsrc_node *node = NULL;

	io_ring_submit_lock(ctx, issue_flags);
	if ((unsigned int)index < ctx->files.nr)
		node = ctx->files.nodes[index];
	if (node && !req->file_node)
		req->file_node = io_rsrc_get(node);
	io_ring_submit_unlock(ctx, issue_flags);
	return node ? node->file : NULL;
}

bool io_assign_file(struct io_kiocb *req, unsigned int issue_flags)
{
	if (req->file)
		return true;
	if (req->flags & REQ_F_FIXED_FILE) {
		req->file = io_file_get_fixed(req, req->fd, issue_flags);
	} else {
		req->file = fget(req->fd);
		if (req->file)
			req->flags |= REQ_F_FILE_REF;
	}
	return req->file;
}

/* ---- issue ----------------------------------------------------------------------------------- */

int io_issue_sqe(struct io_kiocb *req, unsigned int issue_flags)
{
	const struct io_op_def *def = &io_op_defs[req->opcode];
	const struct cred *old = NULL;
	int ret;

	if (def->needs_file && unlikely(!io_assign_file(req, issue_flags)))
		return io_done(req, -EBADF);
	if (unlikely(req->flags & REQ_F_CREDS) && req->creds != current_cred())
		old = override_creds(req->creds);
	ret = def->issue(req, issue_flags);
	if (unlikely(old))
		revert_creds(old);
	return ret;
}

void io_req_fail(struct io_kiocb *req, int err)
{
	req_set_fail(req);
	io_req_set_res(req, err, 0);
	io_req_defer_complete(req);
}

/* It would block: waits for its file, or goes to a worker. False: to be issued again. */
static bool queue_async(struct io_kiocb *req)
{
	if (!(req->flags & REQ_F_NO_POLL)) {
		switch (io_arm_poll(req)) {
		case IO_APOLL_OK:
			return true;
		case IO_APOLL_READY:
			if (req->retries++ < MAX_RETRIES)
				return false;
			break;
		}
	}
	io_queue_iowq(req);
	return true;
}

/* Nothing is won by a worker: the request never sleeps but on its file's wait queues. */
static bool waits_by_poll(struct io_kiocb *req)
{
	const struct io_op_def *def = &io_op_defs[req->opcode];

	if (!def->pollin && !def->pollout)
		return false;
	return !io_assign_file(req, 0) || file_can_poll(req->file);
}

void io_queue_sqe(struct io_kiocb *req)
{
	int ret;

	if (unlikely(req->flags & REQ_F_FORCE_ASYNC) && !waits_by_poll(req)) {
		io_queue_iowq(req);
		return;
	}
	do {
		ret = io_issue_sqe(req, IO_URING_F_NONBLOCK);
		if (likely(ret == IOU_OK)) {
			io_req_defer_complete(req);
			return;
		}
		if (ret == IOU_SKIP)
			return;
		if (ret != -EAGAIN || (req->flags & REQ_F_NOWAIT)) {
			io_req_fail(req, io_fix_restart(ret));
			return;
		}
		if (unlikely(READ_ONCE(req->cancelled))) {
			io_req_fail(req, -ECANCELED);
			return;
		}
	} while (!queue_async(req));
}

void io_req_task_submit(struct io_kiocb *req)
{
	/* An orphan's tctx is cancelling, too: nothing is begun for a task that is gone. */
	if (unlikely(READ_ONCE(req->cancelled) || READ_ONCE(req->tctx->cancelling) ||
		     READ_ONCE(req->ctx->dying)))
		io_req_fail(req, -ECANCELED);
	else
		io_queue_sqe(req);
}

/* ---- drain ----------------------------------------------------------------------------------- */

static bool must_wait(const struct io_kiocb *req)
{
	return (req->flags & REQ_F_IO_DRAIN) && (s32)(req->ctx->nr_done - req->seq) < 0;
}

/* completion_lock held: starts what need not wait any more. */
void io_queue_drained(struct io_ring_ctx *ctx)
{
	while (!list_empty(&ctx->defer_list)) {
		struct io_kiocb *req = list_first_entry(&ctx->defer_list, struct io_kiocb, list);

		if (must_wait(req))
			return;
		list_del_init(&req->list);
		req->state = REQ_TW;
		io_req_task_queue(req, io_req_task_submit);
	}
	ctx->drain_active = false;
}

/* True: @req waits for its turn. */
static bool defer_req(struct io_kiocb *req)
{
	struct io_ring_ctx *ctx = req->ctx;
	bool wait;

	if (likely(!(req->flags & REQ_F_IO_DRAIN) && !READ_ONCE(ctx->drain_active)))
		return false;
	spin_lock(&ctx->completion_lock);
	wait = !list_empty(&ctx->defer_list) || must_wait(req);
	spin_unlock(&ctx->completion_lock);
	if (!wait)
		return false;
	if (!io_req_track(req, REQ_DEFER)) {
		io_req_fail(req, -ECANCELED);
		return true;
	}
	spin_lock(&ctx->completion_lock);
	if (req->cancelled) { /* since: and pushed */
		spin_unlock(&ctx->completion_lock);
		return true;
	}
	list_add_tail(&req->list, &ctx->defer_list);
	ctx->drain_active = true;
	io_queue_drained(ctx);
	spin_unlock(&ctx->completion_lock);
	return true;
}

/* ---- from entry to request ------------------------------------------------------------------- */

static struct io_kiocb *alloc_req(struct io_ring_ctx *ctx)
{
	struct io_kiocb *req = ctx->free_reqs;

	if (likely(req)) {
		ctx->free_reqs = req->next_done;
		ctx->nr_free--;
		return req;
	}
	return kmalloc(sizeof(*req), GFP_KERNEL);
}

static int take_personality(struct io_kiocb *req, u16 id)
{
	const struct cred *cred = xa_load(&req->ctx->personalities, id);

	if (!cred)
		return -EINVAL;
	req->creds = get_cred(cred);
	req->flags |= REQ_F_CREDS;
	return 0;
}

static bool sets_unused(const struct io_uring_sqe *sqe, unsigned int unused)
{
	return ((unused & SQE_OFF) && sqe->off) || ((unused & SQE_ADDR) && sqe->addr) ||
	       ((unused & SQE_LEN) && sqe->len) || ((unused & SQE_BUF) && sqe->buf_index) ||
	       ((unused & SQE_OP_FLAGS) && sqe->rw_flags) ||
	       ((unused & SQE_FILE2) && sqe->splice_fd_in);
}

/* The request of a copied entry: 0, or -errno that its completion entry reports. */
static int init_req(struct io_ring_ctx *ctx, struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	const struct io_op_def *def;
	int err;

	/* All that clean_req() and end_req() look at, so that a refused one can be completed. */
	req->file = NULL;
	req->opcode = sqe->opcode;
	req->state = REQ_NEW;
	req->cancelled = false;
	req->retries = 0;
	req->flags = sqe->flags;
	if (sqe->flags & IOSQE_IO_HARDLINK)
		req->flags |= REQ_F_LINK;
	req->fd = sqe->fd;
	req->cqe = (struct io_cqe){.user_data = sqe->user_data};
	req->ctx = ctx;
	req->tctx = current->io_uring;
	req->link = NULL;
	req->creds = NULL;
	req->file_node = req->buf_node = NULL;
	req->kbuf = NULL;
	req->buf_list = NULL;
	req->buf_index = sqe->buf_index;
	req->seq = ctx->nr_started++;
	INIT_LIST_HEAD(&req->list);
	refcount_inc(&ctx->refs);
	atomic_add(1, &req->tctx->inflight);
	if (unlikely(sqe->opcode >= IORING_OP_LAST)) {
		req->opcode = IORING_OP_NOP;
		return -EINVAL;
	}
	def = &io_op_defs[req->opcode];
	if (unlikely(sqe->flags & ~SQE_FLAGS || !def->issue)) {
		req->flags &= SQE_FLAGS;
		return -EINVAL;
	}
	if (unlikely((sqe->flags & IOSQE_BUFFER_SELECT) && !def->buffer_select))
		return -EOPNOTSUPP;
	if (unlikely((sqe->flags & IOSQE_CQE_SKIP_SUCCESS) && (sqe->flags & IOSQE_IO_DRAIN)))
		return -EOPNOTSUPP;
	if (unlikely(ctx->restricted) && !io_check_restriction(ctx, req, sqe->flags))
		return -EACCES;
	if (unlikely(sqe->ioprio && !def->ioprio))
		return -EINVAL;
	if (unlikely(def->unused && sets_unused(sqe, def->unused)))
		return -EINVAL;
	if (unlikely(def->dirfd && (sqe->flags & IOSQE_FIXED_FILE)))
		return -EBADF;
	if (unlikely(ctx->sq_creds)) {
		req->creds = get_cred(ctx->sq_creds);
		req->flags |= REQ_F_CREDS;
	}
	if (unlikely(sqe->personality)) {
		if (req->flags & REQ_F_CREDS)
			put_cred(req->creds);
		req->flags &= ~REQ_F_CREDS;
		err = take_personality(req, sqe->personality);
		if (err)
			return err;
	}
	if (def->force_async)
		req->flags |= REQ_F_FORCE_ASYNC;
	return def->prep(req, sqe);
}

/* A chain, or a lone request, is complete: on its way with it. */
static void start_head(struct io_ring_ctx *ctx, struct io_kiocb *head)
{
	bool drain = head->flags & REQ_F_IO_DRAIN;

	/* What comes after a drain waits for it, as if it drained itself. */
	if (unlikely(ctx->drain_next))
		head->flags |= REQ_F_IO_DRAIN;
	ctx->drain_next = drain;
	if (head->flags & REQ_F_FAIL) {
		io_req_defer_complete(head);
		return;
	}
	if (!defer_req(head))
		io_queue_sqe(head);
}

/* The whole chain fails before it began; only the refused one says why. */
static void fail_chain(struct io_kiocb *head)
{
	if (head->flags & REQ_F_FAIL)
		return;
	req_set_fail(head);
	head->flags &= ~REQ_F_HARDLINK;
	io_req_set_res(head, -ECANCELED, 0);
}

/* Adds @req to the chain that is open, or opens one, or starts it. */
static void chain_req(struct io_ring_ctx *ctx, struct io_kiocb *req)
{
	struct io_kiocb *head = ctx->link_head;
	bool more = req->flags & REQ_F_LINK;

	if (head) {
		ctx->link_last->link = req;
		ctx->link_last = req;
		head->flags |= req->flags & REQ_F_IO_DRAIN;
		if (req->flags & REQ_F_FAIL)
			fail_chain(head);
		if (more)
			return;
		ctx->link_head = NULL;
		start_head(ctx, head);
	} else if (more) {
		ctx->link_head = ctx->link_last = req;
	} else {
		start_head(ctx, req);
	}
}

/* 0, or -errno: the batch is to end here. The request reports it by itself. */
static int submit_one(struct io_ring_ctx *ctx, struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	int err = init_req(ctx, req, sqe);
	bool more = req->flags & REQ_F_LINK;

	if (unlikely(err)) {
		req_set_fail(req);
		req->flags &= ~(REQ_F_HARDLINK | REQ_F_SKIP_LINKED);
		io_req_set_res(req, err, 0);
	}
	chain_req(ctx, req);
	return more ? 0 : err; /* the rest of its chain still is to come */
}

u32 io_sqring_entries(const struct io_ring_ctx *ctx)
{
	/* Acquire: the entries are written before the tail. */
	u32 n = smp_load_acquire(&ctx->rings->sq_tail) - READ_ONCE(ctx->cached_sq_head);

	return min(n, ctx->sq_entries);
}

/* A copy of the next entry; false: its index was nonsense, and it is dropped. */
static bool get_sqe(struct io_ring_ctx *ctx, struct io_uring_sqe *copy)
{
	u32 mask = ctx->sq_entries - 1;
	u32 i = READ_ONCE(ctx->sq_array[ctx->cached_sq_head++ & mask]);

	if (unlikely(i >= ctx->sq_entries)) {
		WRITE_ONCE(ctx->rings->sq_dropped, ctx->rings->sq_dropped + 1);
		return false;
	}
	if (ctx->flags & IORING_SETUP_SQE128)
		i *= 2;
	*copy = ctx->sqes[i];
	barrier(); /* what is decided is decided by the copy */
	return true;
}

int io_submit_sqes(struct io_ring_ctx *ctx, u32 nr)
{
	struct io_uring_sqe sqe;
	u32 done = 0;

	nr = min(nr, io_sqring_entries(ctx));
	if (!nr)
		return 0;
	while (done < nr) {
		struct io_kiocb *req = alloc_req(ctx);

		if (unlikely(!req))
			break;
		if (unlikely(!get_sqe(ctx, &sqe))) {
			kfree(req);
			nr--;
			continue;
		}
		done++;
		if (unlikely(submit_one(ctx, req, &sqe)) && !(ctx->flags & IORING_SETUP_SUBMIT_ALL))
			break;
	}
	if (ctx->link_head) {
		struct io_kiocb *head = ctx->link_head;

		ctx->link_head = NULL; /* a chain does not cross batches */
		start_head(ctx, head);
	}
	/* Release: the program may use these entries again. */
	smp_store_release(&ctx->rings->sq_head, ctx->cached_sq_head);
	io_submit_flush(ctx);
	return done ? (int)done : nr ? -EAGAIN : 0;
}

/* ---- io_uring_enter(2) ----------------------------------------------------------------------- */

#define ENTER_FLAGS                                                               \
	(IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP | IORING_ENTER_SQ_WAIT | \
	 IORING_ENTER_EXT_ARG | IORING_ENTER_REGISTERED_RING)

static int get_ext_arg(u32 flags, const void __user *argp, size_t argsz,
		       struct io_uring_getevents_arg *arg)
{
	*arg = (struct io_uring_getevents_arg){};
	if (!(flags & IORING_ENTER_EXT_ARG)) {
		arg->sigmask = (unsigned long)argp;
		arg->sigmask_sz = argsz;
		return 0;
	}
	if (argsz != sizeof(*arg))
		return -EINVAL;
	if (copy_from_user(arg, argp, sizeof(*arg)))
		return -EFAULT;
	return arg->pad ? -EINVAL : 0;
}

static int enter_submit(struct io_ring_ctx *ctx, u32 to_submit, u32 flags)
{
	int n;

	if (ctx->flags & IORING_SETUP_SQPOLL) {
		n = 0;
		if (flags & IORING_ENTER_SQ_WAKEUP)
			n = io_sq_wakeup(ctx);
		if (!n && (flags & IORING_ENTER_SQ_WAIT))
			n = io_sq_wait(ctx);
		return n ? n : (int)to_submit;
	}
	if (!to_submit)
		return 0;
	n = io_tctx_add_ring(ctx);
	if (n)
		return n;
	mutex_lock(&ctx->uring_lock);
	if (ctx->submitter && ctx->submitter != current)
		n = -EEXIST;
	else
		n = io_submit_sqes(ctx, to_submit);
	mutex_unlock(&ctx->uring_lock);
	return n;
}

static int do_enter(struct io_ring_ctx *ctx, u32 to_submit, u32 min_complete, u32 flags,
		    const void __user *argp, size_t argsz)
{
	struct io_uring_getevents_arg arg;
	int n, err;

	if (ctx->flags & IORING_SETUP_R_DISABLED)
		return -EBADFD;
	n = enter_submit(ctx, to_submit, flags);
	if (n < 0 || (!(ctx->flags & IORING_SETUP_SQPOLL) && n != (int)to_submit))
		return n;
	if (!(flags & IORING_ENTER_GETEVENTS))
		return n;
	err = get_ext_arg(flags, argp, argsz, &arg);
	if (!err)
		err = io_cqring_wait(ctx, min(min_complete, ctx->cq_entries),
				     (const sigset_t __user *)arg.sigmask, arg.sigmask_sz,
				     (const struct __kernel_timespec __user *)arg.ts);
	return n ? n : err;
}

SYSCALL_DEFINE6(io_uring_enter, unsigned int, fd, u32, to_submit, u32, min_complete, u32, flags,
		const void __user *, argp, size_t, argsz)
{
	struct io_ring_ctx *ctx;
	struct file *file = NULL;
	int n;

	if (flags & ~ENTER_FLAGS)
		return -EINVAL;
	/* Counted: a request may close the descriptor. */
	if (!(flags & IORING_ENTER_REGISTERED_RING))
		file = fget(fd);
	else if (!current->io_uring || fd >= IO_RINGFD_MAX)
		return -EINVAL;
	else if (current->io_uring->registered[fd])
		file = get_file(current->io_uring->registered[fd]);
	if (!file)
		return -EBADF;
	ctx = io_ring_of(file);
	n = ctx ? do_enter(ctx, to_submit, min_complete, flags, argp, argsz) : -EOPNOTSUPP;
	fput(file);
	return n;
}
