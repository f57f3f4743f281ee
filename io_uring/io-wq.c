/* SPDX-License-Identifier: MIT */
/*
 * Workers: kernel threads that run what would block, with the submitter's memory, descriptors,
 * directories, credentials and limits taken over for each request. Two kinds of work have their own
 * threads and limits: bounded (regular files and block devices, which end by themselves) and
 * unbounded (which may wait for ever). A thread is made when work comes and none is idle, and ends
 * after five idle seconds.
 *
 * Everything but the constants is under wq->lock, which nests in completion_lock.
 */
#include <kernel/kthread.h>
#include <kernel/sched_signal.h>
#include <mm/mm.h>
#include <fs/fs_struct.h>
#include "io_uring.h"

#define IDLE_NS	      (5 * NSEC_PER_SEC)
#define MAX_UNBOUNDED 1024u

struct io_wq_acct {
	struct list_head work; /* io_kiocb.list */
	unsigned int queued, idle, nr, max;
	wait_queue_head_t wait;
};

struct io_wq {
	refcount_t refs; /* rings, threads */
	refcount_t users; /* rings */
	spinlock_t lock;
	bool exiting;
	struct io_wq_acct acct[2]; /* IO_WQ_BOUND, IO_WQ_UNBOUND */
	cpumask_t affinity;
	bool bound_cpus;
};

struct worker_start {
	struct io_wq *wq;
	struct io_wq_acct *acct;
};

static void put_wq(struct io_wq *wq)
{
	if (refcount_dec_and_test(&wq->refs))
		kfree(wq);
}

/* ---- one request ----------------------------------------------------------------------------- */

/* What current has now, for the worker to come. */
static void take_context(struct io_kiocb *req)
{
	struct io_wq_work *w = &req->work;

	w->mm = current->mm;
	mmget(w->mm);
	w->files = get_files(current->files);
	w->fs = get_fs_struct(current->fs);
	w->cred = get_cred(current_cred());
	w->limits = io_own_limits();
	w->worker = NULL;
}

static void drop_context(const struct io_wq_work *w)
{
	put_cred(w->cred);
	put_fs_struct(w->fs);
	put_files(w->files);
	mmput(w->mm);
}

/* The thread's own descriptors and directories. */
struct own_context {
	struct files_struct *files;
	struct fs_struct *fs;
	const struct cred *cred;
};

static void enter_context(const struct io_wq_work *w, struct own_context *own)
{
	kthread_use_mm(w->mm);
	task_lock(current);
	own->files = current->files;
	own->fs = current->fs;
	current->files = w->files;
	current->fs = w->fs;
	io_set_limits(&w->limits);
	task_unlock(current);
	own->cred = override_creds(w->cred);
}

static void leave_context(const struct io_wq_work *w, const struct own_context *own)
{
	revert_creds(own->cred);
	task_lock(current);
	current->files = own->files;
	current->fs = own->fs;
	task_unlock(current);
	kthread_unuse_mm(w->mm);
}

/* A tw_func: it was taken off the queue, cqe.res says why. */
static void never_ran(struct io_kiocb *req)
{
	drop_context(&req->work);
	io_req_task_complete(req);
}

static void run_req(struct io_wq *wq, struct io_kiocb *req)
{
	struct io_wq_work w = req->work;
	struct own_context own;
	int ret;

	enter_context(&w, &own);
	ret = io_issue_sqe(req, IO_URING_F_UNLOCKED);
	if (ret != IOU_SKIP) {
		spin_lock(&wq->lock);
		req->work.worker = NULL; /* nobody interrupts this thread for it any more */
		spin_unlock(&wq->lock);
		if (ret != IOU_OK)
			io_done(req, ret);
		io_req_complete_post(req);
	}
	clear_thread_flag(TIF_NOTIFY_SIGNAL);
	leave_context(&w, &own);
	drop_context(&w);
}

/* ---- threads --------------------------------------------------------------------------------- */

/* The next request of @acct, which this thread runs; NULL: none. */
static struct io_kiocb *next_req(struct io_wq *wq, struct io_wq_acct *acct)
{
	struct io_kiocb *req = NULL;

	spin_lock(&wq->lock);
	if (acct->queued) {
		req = list_first_entry(&acct->work, struct io_kiocb, list);
		list_del_init(&req->list);
		acct->queued--;
		req->work.worker = current;
	}
	spin_unlock(&wq->lock);
	return req;
}

/* False: it is time to end, and the thread is no longer counted. */
static bool wait_for_work(struct io_wq *wq, struct io_wq_acct *acct)
{
	bool go;

	spin_lock(&wq->lock);
	acct->idle++;
	spin_unlock(&wq->lock);
	(void)wait_event_hrtimeout(acct->wait, READ_ONCE(acct->queued) || READ_ONCE(wq->exiting),
				   IDLE_NS);
	spin_lock(&wq->lock);
	acct->idle--;
	go = acct->queued;
	if (!go)
		acct->nr--;
	spin_unlock(&wq->lock);
	return go;
}

static int io_wq_worker(void *data)
{
	struct worker_start start = *(struct worker_start *)data;
	struct io_kiocb *req;

	kfree(data);
	if (start.wq->bound_cpus)
		set_cpus_allowed(current, &start.wq->affinity);
	do {
		while ((req = next_req(start.wq, start.acct)))
			run_req(start.wq, req);
	} while (wait_for_work(start.wq, start.acct));
	put_wq(start.wq);
	return 0;
}

/* wq->lock held: no thread will come for these. */
static void fail_queue(struct io_wq_acct *acct)
{
	while (!list_empty(&acct->work)) {
		struct io_kiocb *req = list_first_entry(&acct->work, struct io_kiocb, list);

		list_del_init(&req->list);
		acct->queued--;
		io_req_set_res(req, -ENOMEM, 0);
		io_req_task_queue(req, never_ran);
	}
}

/* A thread is counted already; undoes that if there can be none. */
static void start_worker(struct io_wq *wq, struct io_wq_acct *acct)
{
	struct worker_start *start = kmalloc(sizeof(*start), GFP_KERNEL);
	struct task_struct *t = ERR_PTR(-ENOMEM);

	refcount_inc(&wq->refs);
	if (start) {
		*start = (struct worker_start){.wq = wq, .acct = acct};
		t = kthread_run(io_wq_worker, start, "iou-wrk");
	}
	if (!IS_ERR(t))
		return;
	kfree(start);
	spin_lock(&wq->lock);
	if (!--acct->nr)
		fail_queue(acct);
	spin_unlock(&wq->lock);
	put_wq(wq);
}

static bool is_bounded(const struct io_kiocb *req)
{
	return !req->file || S_ISREG(file_inode(req->file)->i_mode) ||
	       S_ISBLK(file_inode(req->file)->i_mode);
}

/* uring_lock held or not; in the submitter's context. */
void io_queue_iowq(struct io_kiocb *req)
{
	struct io_wq *wq = req->ctx->wq;
	struct io_wq_acct *acct;
	bool start;

	if (io_op_defs[req->opcode].needs_file && !io_assign_file(req, 0)) {
		io_req_fail(req, -EBADF);
		return;
	}
	acct = &wq->acct[is_bounded(req) ? IO_WQ_BOUND : IO_WQ_UNBOUND];
	take_context(req);
	spin_lock(&wq->lock); /* filled in before a cancellation can see it */
	req->work.bounded = acct == &wq->acct[IO_WQ_BOUND];
	spin_unlock(&wq->lock);
	if (!io_req_track(req, REQ_WQ)) {
		drop_context(&req->work);
		io_req_fail(req, -ECANCELED);
		return;
	}
	spin_lock(&req->ctx->completion_lock);
	if (req->cancelled) { /* since it is tracked: not queued yet, so it is ours */
		spin_unlock(&req->ctx->completion_lock);
		drop_context(&req->work);
		io_req_fail(req, -ECANCELED);
		return;
	}
	spin_lock(&wq->lock);
	list_add_tail(&req->list, &acct->work);
	acct->queued++;
	start = acct->queued > acct->idle && acct->nr < acct->max;
	if (start)
		acct->nr++;
	spin_unlock(&wq->lock);
	spin_unlock(&req->ctx->completion_lock);
	if (start)
		start_worker(wq, acct);
	else
		wake_up(&acct->wait);
}

int io_wq_cancel(struct io_kiocb *req)
{
	struct io_wq *wq = req->ctx->wq;
	struct io_wq_acct *acct = &wq->acct[req->work.bounded ? IO_WQ_BOUND : IO_WQ_UNBOUND];
	int ret = -EALREADY;

	spin_lock(&wq->lock);
	if (!list_empty(&req->list)) {
		list_del_init(&req->list);
		acct->queued--;
		io_req_set_res(req, -ECANCELED, 0);
		io_req_task_queue(req, never_ran);
		ret = 0;
	} else if (req->work.worker) {
		set_tsk_thread_flag(req->work.worker, TIF_NOTIFY_SIGNAL);
		wake_up_state(req->work.worker, TASK_INTERRUPTIBLE);
	}
	spin_unlock(&wq->lock);
	return ret;
}

/* ---- life ------------------------------------------------------------------------------------ */

struct io_wq *io_wq_create(unsigned int bounded)
{
	struct io_wq *wq = kzalloc(sizeof(*wq), GFP_KERNEL);

	if (!wq)
		return NULL;
	refcount_set(&wq->refs, 1);
	refcount_set(&wq->users, 1);
	spin_lock_init(&wq->lock);
	for (unsigned int i = 0; i < 2; i++) {
		INIT_LIST_HEAD(&wq->acct[i].work);
		init_waitqueue_head(&wq->acct[i].wait);
	}
	wq->acct[IO_WQ_BOUND].max = max(bounded, 1u);
	wq->acct[IO_WQ_UNBOUND].max =
		max(1u, (unsigned int)min_t(u64, rlimit(RLIMIT_NPROC), MAX_UNBOUNDED));
	return wq;
}

struct io_wq *io_wq_get(struct io_wq *wq)
{
	refcount_inc(&wq->users);
	return wq;
}

void io_wq_put(struct io_wq *wq)
{
	if (!refcount_dec_and_test(&wq->users))
		return;
	spin_lock(&wq->lock);
	wq->exiting = true;
	spin_unlock(&wq->lock);
	wake_up_all(&wq->acct[0].wait);
	wake_up_all(&wq->acct[1].wait);
	put_wq(wq);
}

void io_wq_max_workers(struct io_wq *wq, unsigned int counts[2])
{
	spin_lock(&wq->lock);
	for (unsigned int i = 0; i < 2; i++) {
		unsigned int old = wq->acct[i].max;

		if (counts[i])
			wq->acct[i].max = min(counts[i], MAX_UNBOUNDED);
		counts[i] = old;
	}
	spin_unlock(&wq->lock);
}

int io_wq_set_affinity(struct io_wq *wq, const cpumask_t *mask)
{
	spin_lock(&wq->lock);
	wq->bound_cpus = mask;
	if (mask)
		wq->affinity = *mask;
	spin_unlock(&wq->lock);
	return 0;
}
