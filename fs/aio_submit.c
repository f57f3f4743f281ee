/* SPDX-License-Identifier: MIT */
/*
 * Asynchronous I/O operations: io_submit(2), io_cancel(2).
 *
 * Files here read, write and sync in the caller's context, so these are complete when io_submit()
 * returns, as Linux does it for files that cannot do better. Polling is truly asynchronous.
 */
#include <lib/err.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uio.h>
#include <mm/slab.h>
#include <fs/eventfd.h>
#include <fs/file.h>
#include "aio.h"
#include "internal.h"

/* ---- poll ------------------------------------------------------------------------------------ */

struct aio_poll_table {
	poll_table table;
	struct aio_poll *p;
};

/* Takes @p off its queue; false if the wake-up was faster. Its work then follows. */
static bool aio_poll_remove(struct aio_poll *p)
{
	wait_queue_head_t *head;
	bool mine = false;
	unsigned long flags;

	rcu_read_lock();
	head = smp_load_acquire(&p->head);
	if (head) {
		spin_lock_irqsave(&head->lock, flags);
		mine = !list_empty(&p->wait.entry);
		list_del_init(&p->wait.entry);
		spin_unlock_irqrestore(&head->lock, flags);
	}
	rcu_read_unlock();
	return mine;
}

/* The queue's lock is held, IRQs off. */
static int aio_poll_wake(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key)
{
	struct aio_poll *p = container_of(wait, struct aio_poll, wait);
	__poll_t got = key_to_poll(key);

	if (got && !(got & (p->events | POLLFREE)))
		return 0;
	list_del_init(&wait->entry);
	if (unlikely(got & POLLFREE)) {
		WRITE_ONCE(p->cancelled, true);
		/* Release: the last touch of the queue. */
		smp_store_release(&p->head, NULL);
	}
	schedule_work(&p->work);
	return 1;
}

static void aio_poll_queue(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	struct aio_poll *p = container_of(table, struct aio_poll_table, table)->p;

	if (p->head) {
		p->error = -EINVAL; /* of two queues */
		return;
	}
	p->error = 0;
	p->head = head;
	add_wait_queue(head, &p->wait);
}

static void aio_poll_done(struct aio_poll *p, __poll_t mask)
{
	spin_lock_irq(&p->req.ctx->lock);
	list_del(&p->link);
	spin_unlock_irq(&p->req.ctx->lock);
	aio_complete(&p->req, (__force u16)mask);
	kfree(p);
}

static __poll_t aio_poll_ask(struct aio_poll *p)
{
	poll_table table = {._qproc = NULL, ._key = p->events};

	return vfs_poll(p->req.file, &table) & p->events;
}

/* After a wake-up: nobody else has @p. Ready, cancelled, or back on the queue. */
static void aio_poll_work(struct work_struct *work)
{
	struct aio_poll *p = container_of(work, struct aio_poll, work);
	__poll_t mask = 0;

	if (!READ_ONCE(p->cancelled))
		mask = aio_poll_ask(p);
	if (!mask && !READ_ONCE(p->cancelled)) {
		add_wait_queue(p->head, &p->wait);
		/* What came before we were on the queue again is ours to find. */
		if (!READ_ONCE(p->cancelled))
			mask = aio_poll_ask(p);
		if (!mask && !READ_ONCE(p->cancelled))
			return;
		if (!aio_poll_remove(p))
			return;
	}
	aio_poll_done(p, mask);
}

void aio_cancel_poll(struct aio_poll *p)
{
	WRITE_ONCE(p->cancelled, true);
	atomic_thread_fence(memory_order_seq_cst); /* pairs with the queue's lock in the work */
	if (aio_poll_remove(p))
		schedule_work(&p->work);
}

/* Consumes @req on success, that is 0. */
static int aio_poll(const struct aio_req *req, const struct iocb *iocb)
{
	struct aio_poll *p;
	struct aio_poll_table pt = {.table = {._qproc = aio_poll_queue}};
	__poll_t mask;

	if ((u16)iocb->aio_buf != iocb->aio_buf || iocb->aio_offset || iocb->aio_nbytes ||
	    iocb->aio_rw_flags)
		return -EINVAL;
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->req = *req;
	p->events = (__force __poll_t)(u16)iocb->aio_buf | EPOLLERR | EPOLLHUP;
	p->error = -EINVAL; /* no queue at all */
	init_waitqueue_func_entry(&p->wait, aio_poll_wake);
	INIT_WORK(&p->work, aio_poll_work);
	spin_lock_irq(&req->ctx->lock);
	list_add_tail(&p->link, &req->ctx->polls);
	spin_unlock_irq(&req->ctx->lock);
	pt.p = p;
	pt.table._key = p->events;
	mask = vfs_poll(req->file, &pt.table) & p->events;
	if (mask && (!p->head || aio_poll_remove(p))) {
		aio_poll_done(p, mask);
		return 0;
	}
	if (!p->error)
		return 0; /* it waits, or its work is on the way */
	if (p->head && !aio_poll_remove(p))
		return 0;
	spin_lock_irq(&req->ctx->lock);
	list_del(&p->link);
	spin_unlock_irq(&req->ctx->lock);
	kfree(p);
	return -EINVAL;
}

/* ---- read, write, sync ----------------------------------------------------------------------- */

static long aio_result(long n)
{
	/* A call that was interrupted cannot be made again by the kernel. */
	if (n == -ERESTARTSYS || n == -ERESTARTNOINTR || n == -ERESTARTNOHAND ||
	    n == -ERESTART_RESTARTBLOCK)
		return -EINTR;
	return n;
}

static int aio_rw(struct aio_req *req, const struct iocb *iocb, bool write, bool vector)
{
	struct iovec fast[UIO_FASTIOV], *iov = NULL;
	enum iter_dir dir = write ? ITER_SOURCE : ITER_DEST;
	struct file *file = req->file;
	loff_t pos = iocb->aio_offset, *ppos = file->f_mode & FMODE_STREAM ? NULL : &pos;
	int rwf = (__force int)iocb->aio_rw_flags;
	struct iov_iter iter;
	ssize_t n;

	if (!(file->f_mode & (write ? FMODE_WRITE : FMODE_READ)))
		return -EBADF;
	if (write ? !file->f_op->write_iter : !file->f_op->read_iter)
		return -EINVAL;
	if (vector) {
		iov = fast;
		n = import_iovec(dir, (const struct iovec __user *)iocb->aio_buf, iocb->aio_nbytes,
				 UIO_FASTIOV, &iov, &iter);
	} else {
		n = import_ubuf(dir, (void __user *)iocb->aio_buf, iocb->aio_nbytes, &iter);
	}
	if (n < 0)
		return n;
	n = write ? vfs_iter_write(file, &iter, ppos, rwf) : vfs_iter_read(file, &iter, ppos, rwf);
	kfree(iov);
	aio_complete(req, aio_result(n));
	return 0;
}

static int aio_fsync(struct aio_req *req, const struct iocb *iocb, bool datasync)
{
	if (iocb->aio_buf || iocb->aio_offset || iocb->aio_nbytes || iocb->aio_rw_flags)
		return -EINVAL;
	if (!req->file->f_op->fsync)
		return -EINVAL;
	aio_complete(req, vfs_fsync(req->file, datasync));
	return 0;
}

/* 0: the event comes or has come; or -errno and nothing was done. */
static int aio_start(struct aio_req *req, const struct iocb *iocb)
{
	switch (iocb->aio_lio_opcode) {
	case IOCB_CMD_PREAD:
		return aio_rw(req, iocb, false, false);
	case IOCB_CMD_PWRITE:
		return aio_rw(req, iocb, true, false);
	case IOCB_CMD_PREADV:
		return aio_rw(req, iocb, false, true);
	case IOCB_CMD_PWRITEV:
		return aio_rw(req, iocb, true, true);
	case IOCB_CMD_FSYNC:
		return aio_fsync(req, iocb, false);
	case IOCB_CMD_FDSYNC:
		return aio_fsync(req, iocb, true);
	case IOCB_CMD_POLL:
		return aio_poll(req, iocb);
	default:
		return -EINVAL;
	}
}

/* ---- submission ------------------------------------------------------------------------------ */

static int aio_get_eventfd(struct aio_req *req, const struct iocb *iocb)
{
	if (!(iocb->aio_flags & IOCB_FLAG_RESFD))
		return 0;
	req->eventfd = fget(iocb->aio_resfd);
	if (!req->eventfd)
		return -EBADF;
	return file_is_eventfd(req->eventfd) ? 0 : -EINVAL;
}

static int submit_one(struct kioctx *ctx, struct iocb __user *uiocb)
{
	struct aio_req req = {.ctx = ctx, .user_iocb = (unsigned long)uiocb};
	struct iocb iocb;
	int err;

	if (copy_from_user(&iocb, uiocb, sizeof(iocb)))
		return -EFAULT;
	if (iocb.aio_reserved2 || iocb.aio_buf != (unsigned long)iocb.aio_buf ||
	    (s64)iocb.aio_nbytes < 0 || (iocb.aio_flags & ~(IOCB_FLAG_RESFD | IOCB_FLAG_IOPRIO)))
		return -EINVAL;
	err = aio_get_slot(ctx);
	if (err)
		return err;
	req.user_data = iocb.aio_data;
	req.file = fget(iocb.aio_fildes);
	if (!req.file) {
		spin_lock_irq(&ctx->lock);
		ctx->active--;
		spin_unlock_irq(&ctx->lock);
		return -EBADF;
	}
	refcount_inc(&ctx->refs);
	err = aio_get_eventfd(&req, &iocb);
	if (!err && put_user(0u, &uiocb->aio_key))
		err = -EFAULT;
	if (!err)
		err = aio_start(&req, &iocb);
	if (err)
		aio_drop_req(&req);
	return err;
}

SYSCALL_DEFINE3(io_submit, unsigned long, id, long, nr, struct iocb __user *__user *, uiocbs)
{
	struct iocb __user *uiocb;
	struct kioctx *ctx;
	int err = 0;
	long n;

	if (nr < 0)
		return -EINVAL;
	ctx = aio_lookup(id);
	if (!ctx)
		return -EINVAL;
	nr = min(nr, (long)ctx->nr_events);
	for (n = 0; n < nr && !err; n++) {
		err = get_user(uiocb, &uiocbs[n]);
		if (!err)
			err = submit_one(ctx, uiocb);
		if (err)
			break;
	}
	aio_put_ctx(ctx);
	return n ? n : err;
}

/* The event of a cancelled request comes through the ring: the answer is EINPROGRESS. */
SYSCALL_DEFINE3(io_cancel, unsigned long, id, struct iocb __user *, uiocb, struct io_event __user *,
		result)
{
	struct kioctx *ctx;
	struct aio_poll *p;
	int err = -EINVAL;
	u32 key;

	if (get_user(key, &uiocb->aio_key))
		return -EFAULT;
	if (key)
		return -EINVAL;
	ctx = aio_lookup(id);
	if (!ctx)
		return -EINVAL;
	spin_lock_irq(&ctx->lock);
	list_for_each_entry(p, &ctx->polls, link) {
		if (p->req.user_iocb == (unsigned long)uiocb) {
			aio_cancel_poll(p);
			err = -EINPROGRESS;
			break;
		}
	}
	spin_unlock_irq(&ctx->lock);
	aio_put_ctx(ctx);
	return err;
}
