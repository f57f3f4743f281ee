/* SPDX-License-Identifier: MIT */
/*
 * Tasks and rings: the list of what requests have to do in the task that submitted them, and the
 * task's end. Pushing needs no lock and may be done from interrupts and wake-up callbacks.
 *
 * A task that ends while a ring lives on, in another thread or process, leaves its timeouts and
 * what waits for files behind. Their io_uring_task is then an orphan: a work thread runs its list,
 * and the last request takes it along.
 */
#include <kernel/io_uring.h>
#include <kernel/sched_signal.h>
#include "io_uring.h"

/* A task uses a ring. */
struct tctx_node {
	struct list_head in_tctx, in_ctx; /* tctx_mutex */
	struct io_ring_ctx *ctx;
	struct io_uring_task *tctx;
};

static DEFINE_MUTEX(tctx_mutex);

/* ---- task work ------------------------------------------------------------------------------- */

/* Pairs with leave_ctx(), which sparse cannot see. */
static void enter_ctx(struct io_ring_ctx *ctx)
{
	refcount_inc(&ctx->refs);
	mutex_lock(&ctx->uring_lock);
	if (ctx->flags & IORING_SETUP_TASKRUN_FLAG)
		io_sq_flag_clear(ctx, IORING_SQ_TASKRUN);
	__release(&ctx->uring_lock);
}

/* @ctx may be NULL. */
static void leave_ctx(struct io_ring_ctx *ctx)
{
	if (!ctx)
		return;
	__acquire(&ctx->uring_lock);
	io_submit_flush(ctx);
	mutex_unlock(&ctx->uring_lock);
	io_ctx_put(ctx);
}

void io_tctx_run(struct io_uring_task *tctx)
{
	struct llist_node *node = llist_reverse_order(llist_del_all(&tctx->work));
	struct io_ring_ctx *ctx = NULL;
	struct io_kiocb *req, *n;

	llist_for_each_entry_safe(req, n, node, tw_node)
	{
		if (req->ctx != ctx) {
			leave_ctx(ctx);
			ctx = req->ctx;
			enter_ctx(ctx);
		}
		req->tw_func(req);
	}
	leave_ctx(ctx);
}

static void put_tctx(struct io_uring_task *tctx)
{
	if (refcount_dec_and_test(&tctx->refs))
		kfree_rcu(tctx, rcu);
}

/* A callback came: it has a reference. */
static void run_queued(struct io_uring_task *tctx)
{
	/* Before the list is taken: what is pushed later queues the work again. */
	atomic_store(&tctx->work_queued, 0);
	io_tctx_run(tctx);
	put_tctx(tctx);
}

static void tctx_task_work(struct callback_head *work)
{
	run_queued(container_of(work, struct io_uring_task, task_work));
}

static void tctx_orphan_work(struct work_struct *work)
{
	run_queued(container_of(work, struct io_uring_task, orphan_work));
}

/* RCU: the task_struct lives on for a grace period after ->orphan was set. */
static void queue_callback(struct io_uring_task *tctx)
{
	refcount_inc(&tctx->refs);
	if (READ_ONCE(tctx->orphan) || task_work_add(tctx->task, &tctx->task_work, true))
		schedule_work(&tctx->orphan_work);
}

void io_req_task_queue(struct io_kiocb *req, void (*fn)(struct io_kiocb *req))
{
	struct io_uring_task *tctx = req->tctx;
	struct io_ring_ctx *ctx = req->ctx;

	req->tw_func = fn;
	/* Once it is on the list it may be gone: the task lives as long as this section. */
	rcu_read_lock();
	if (ctx->flags & IORING_SETUP_TASKRUN_FLAG)
		io_sq_flag_set(ctx, IORING_SQ_TASKRUN);
	llist_add(&req->tw_node, &tctx->work);
	if (tctx->sqd)
		io_sqd_wake(tctx->sqd);
	else if (!atomic_exchange(&tctx->work_queued, 1))
		queue_callback(tctx);
	if (READ_ONCE(tctx->cancelling))
		wake_up(&tctx->wait);
	rcu_read_unlock();
}

bool io_run_task_work(void)
{
	bool any = false;

	if (test_thread_flag(TIF_NOTIFY_SIGNAL))
		clear_thread_flag(TIF_NOTIFY_SIGNAL);
	if (READ_ONCE(current->task_works)) {
		task_work_run();
		any = true;
	}
	return any;
}

/* ---- the task's object ----------------------------------------------------------------------- */

void io_tctx_put_inflight(struct io_uring_task *tctx, int n)
{
	rcu_read_lock();
	if (unlikely(atomic_sub_return(n, &tctx->inflight) == TCTX_ORPHAN))
		put_tctx(tctx);
	else if (unlikely(READ_ONCE(tctx->cancelling)))
		wake_up(&tctx->wait);
	rcu_read_unlock();
}

struct io_uring_task *io_get_tctx(void)
{
	struct io_uring_task *tctx = current->io_uring;

	if (likely(tctx))
		return tctx;
	tctx = kzalloc(sizeof(*tctx), GFP_KERNEL);
	if (!tctx)
		return ERR_PTR(-ENOMEM);
	tctx->task = current;
	refcount_set(&tctx->refs, 1);
	init_llist_head(&tctx->work);
	tctx->task_work.func = tctx_task_work;
	INIT_WORK(&tctx->orphan_work, tctx_orphan_work);
	init_waitqueue_head(&tctx->wait);
	INIT_LIST_HEAD(&tctx->nodes);
	current->io_uring = tctx;
	return tctx;
}

static bool knows_ring(const struct io_uring_task *tctx, const struct io_ring_ctx *ctx)
{
	struct tctx_node *node;

	list_for_each_entry(node, &tctx->nodes, in_tctx)
		if (node->ctx == ctx)
			return true;
	return false;
}

int io_tctx_add_ring(struct io_ring_ctx *ctx)
{
	struct io_uring_task *tctx = io_get_tctx();
	struct tctx_node *node;

	if (IS_ERR(tctx))
		return PTR_ERR(tctx);
	if (likely(READ_ONCE(tctx->last) == ctx))
		return 0;
	node = kmalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return -ENOMEM;
	mutex_lock(&tctx_mutex);
	if (!knows_ring(tctx, ctx)) {
		node->ctx = ctx;
		node->tctx = tctx;
		list_add(&node->in_tctx, &tctx->nodes);
		list_add(&node->in_ctx, &ctx->tctx_nodes);
		node = NULL;
	}
	WRITE_ONCE(tctx->last, ctx);
	mutex_unlock(&tctx_mutex);
	kfree(node);
	return 0;
}

static void del_node(struct tctx_node *node)
{
	if (node->tctx->last == node->ctx)
		WRITE_ONCE(node->tctx->last, NULL);
	list_del(&node->in_tctx);
	list_del(&node->in_ctx);
	kfree(node);
}

void io_tctx_del_ring(struct io_ring_ctx *ctx)
{
	struct tctx_node *node, *n;

	mutex_lock(&tctx_mutex);
	list_for_each_entry_safe(node, n, &ctx->tctx_nodes, in_ctx)
		del_node(node);
	mutex_unlock(&tctx_mutex);
}

/* ---- its end --------------------------------------------------------------------------------- */

/*
 * Cancels all that the task has in its rings, or what must not stay; rings that are closed did it
 * themselves. How many requests are to be waited for, not less than there are.
 */
static unsigned int cancel_everywhere(struct io_uring_task *tctx, bool all)
{
	struct tctx_node *node;
	unsigned int nr = 0;

	mutex_lock(&tctx_mutex);
	list_for_each_entry(node, &tctx->nodes, in_tctx) {
		if (all)
			io_cancel_all(node->ctx, tctx);
		else
			nr += io_cancel_exiting(node->ctx, tctx);
	}
	mutex_unlock(&tctx_mutex);
	return all ? atomic_read(&tctx->inflight) : nr;
}

static void cancel_and_wait(struct io_uring_task *tctx, bool all)
{
	int seen;

	WRITE_ONCE(tctx->cancelling, true);
	for (;;) {
		seen = atomic_read(&tctx->inflight);
		if (!seen || !cancel_everywhere(tctx, all))
			return;
		io_tctx_run(tctx);
		wait_event(tctx->wait,
			   !llist_empty(&tctx->work) || atomic_read(&tctx->inflight) != seen);
	}
}

static void drop_nodes(struct io_uring_task *tctx)
{
	struct tctx_node *node, *n;

	mutex_lock(&tctx_mutex);
	list_for_each_entry_safe(node, n, &tctx->nodes, in_tctx)
		del_node(node);
	mutex_unlock(&tctx_mutex);
}

/* The requests that are left get a reference together; the task gives its own up. */
static void make_orphan(struct io_uring_task *tctx)
{
	WRITE_ONCE(tctx->orphan, true);
	refcount_inc(&tctx->refs);
	if (!atomic_fetch_add(&tctx->inflight, TCTX_ORPHAN))
		put_tctx(tctx);
	put_tctx(tctx);
}

void io_tctx_exit(bool all)
{
	struct io_uring_task *tctx = current->io_uring;

	if (!tctx)
		return;
	cancel_and_wait(tctx, all);
	drop_nodes(tctx);
	for (unsigned int i = 0; i < IO_RINGFD_MAX; i++)
		if (tctx->registered[i])
			fput(tctx->registered[i]);
	current->io_uring = NULL;
	make_orphan(tctx);
}

void __io_uring_exec(void)
{
	io_tctx_exit(true);
	io_sqd_exit_group();
}

void __io_uring_exit(bool group_dead)
{
	io_tctx_exit(false);
	if (group_dead)
		io_sqd_exit_group();
}

/* ---- registered ring descriptors ------------------------------------------------------------- */

static int ringfd_add(struct io_uring_task *tctx, struct io_uring_rsrc_update *up)
{
	unsigned int i = up->offset, end = i + 1;
	struct file *file;

	if (up->resv)
		return -EINVAL;
	if (up->offset == -1u) {
		i = 0;
		end = IO_RINGFD_MAX;
	} else if (up->offset >= IO_RINGFD_MAX) {
		return -EINVAL;
	}
	while (i < end && tctx->registered[i])
		i++;
	if (i == end)
		return -EBUSY;
	file = fget(up->data);
	if (!file)
		return -EBADF;
	if (!io_is_uring(file)) {
		fput(file);
		return -EOPNOTSUPP;
	}
	tctx->registered[i] = file;
	up->offset = i;
	return 0;
}

int io_ringfd_register(void __user *arg, unsigned int nr)
{
	struct io_uring_rsrc_update __user *uup = arg;
	struct io_uring_task *tctx = io_get_tctx();
	struct io_uring_rsrc_update up;
	unsigned int done;
	int err = 0;

	if (IS_ERR(tctx))
		return PTR_ERR(tctx);
	if (!nr || nr > IO_RINGFD_MAX)
		return -EINVAL;
	for (done = 0; done < nr; done++) {
		err = copy_from_user(&up, &uup[done], sizeof(up)) ? -EFAULT : ringfd_add(tctx, &up);
		if (err)
			break;
		if (copy_to_user(&uup[done], &up, sizeof(up))) {
			fput(tctx->registered[up.offset]);
			tctx->registered[up.offset] = NULL;
			err = -EFAULT;
			break;
		}
	}
	return done ? (int)done : err;
}

int io_ringfd_unregister(void __user *arg, unsigned int nr)
{
	struct io_uring_rsrc_update __user *uup = arg;
	struct io_uring_task *tctx = current->io_uring;
	struct io_uring_rsrc_update up;
	unsigned int done;
	int err = 0;

	if (!nr || nr > IO_RINGFD_MAX)
		return -EINVAL;
	if (!tctx)
		return 0;
	for (done = 0; done < nr && !err; done++) {
		if (copy_from_user(&up, &uup[done], sizeof(up)))
			err = -EFAULT;
		else if (up.resv || up.data || up.offset >= IO_RINGFD_MAX)
			err = -EINVAL;
		if (err)
			break;
		if (tctx->registered[up.offset]) {
			fput(tctx->registered[up.offset]);
			tctx->registered[up.offset] = NULL;
		}
	}
	return done ? (int)done : err;
}
