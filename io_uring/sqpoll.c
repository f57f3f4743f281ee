/* SPDX-License-Identifier: MIT */
/*
 * IORING_SETUP_SQPOLL: a thread that submits what its rings' queues hold, with the memory and
 * descriptors of the process that made it. Idle for sq_thread_idle milliseconds, it sets
 * IORING_SQ_NEED_WAKEUP and sleeps until io_uring_enter(2) wakes it.
 *
 * The thread holds its process's descriptors, and these hold the ring: so the last thread of the
 * process, when it ends or executes another program, ends the thread (io_sqd_exit_group()).
 * Submitting afterwards gives EOWNERDEAD.
 */
#include <kernel/completion.h>
#include <kernel/io_uring.h>
#include <kernel/kthread.h>
#include <kernel/sched_signal.h>
#include <mm/mm.h>
#include <fs/fs_struct.h>
#include "io_uring.h"

struct io_sq_data {
	refcount_t refs; /* rings, the thread */
	struct mutex lock;
	struct list_head rings; /* lock: io_ring_ctx.sqd_link */
	wait_queue_head_t wait; /* the thread */
	wait_queue_head_t sq_wait; /* who waits for room in a queue */
	bool stop, ended;
	_Atomic unsigned int kicked; /* something to do, whatever the queues say */
	s64 idle_ns;
	unsigned int cpu;
	const struct signal_struct *group; /* of the process, to compare only */
	struct list_head list; /* sqd_mutex */
	struct completion exited, started;
	int start_error;
	struct mm_struct *mm;
	struct files_struct *files;
	struct fs_struct *fs;
	const struct cred *cred;
	struct io_limits limits; /* of the process when it made the thread */
};

static DEFINE_MUTEX(sqd_mutex);
static LIST_HEAD(sqds); /* sqd_mutex */
unsigned int io_sqd_count; /* sqd_mutex; read without */

static void put_sqd(struct io_sq_data *sqd)
{
	if (refcount_dec_and_test(&sqd->refs))
		kfree(sqd);
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* One round over the rings: whether anything was there. */
static bool submit_round(struct io_sq_data *sqd)
{
	struct io_ring_ctx *ctx;
	bool any = false;

	mutex_lock(&sqd->lock);
	list_for_each_entry(ctx, &sqd->rings, sqd_link) {
		if (!io_sqring_entries(ctx) || (ctx->flags & IORING_SETUP_R_DISABLED))
			continue;
		if (io_tctx_add_ring(ctx))
			continue;
		mutex_lock(&ctx->uring_lock);
		any |= io_submit_sqes(ctx, ctx->sq_entries) > 0;
		mutex_unlock(&ctx->uring_lock);
	}
	mutex_unlock(&sqd->lock);
	if (any)
		wake_up_all(&sqd->sq_wait);
	return any;
}

static bool has_work(struct io_sq_data *sqd)
{
	return READ_ONCE(sqd->stop) || atomic_load(&sqd->kicked) ||
	       !llist_empty(&current->io_uring->work);
}

/* Says that it will sleep (or does not any more), and looks at the queues once more. */
static bool mark_sleeping(struct io_sq_data *sqd, bool sleeping)
{
	struct io_ring_ctx *ctx;
	bool any = false;

	mutex_lock(&sqd->lock);
	list_for_each_entry(ctx, &sqd->rings, sqd_link) {
		if (sleeping)
			io_sq_flag_set(ctx, IORING_SQ_NEED_WAKEUP); /* full barrier */
		else
			io_sq_flag_clear(ctx, IORING_SQ_NEED_WAKEUP);
		any |= io_sqring_entries(ctx) && !(ctx->flags & IORING_SETUP_R_DISABLED);
	}
	mutex_unlock(&sqd->lock);
	return any;
}

static void sq_loop(struct io_sq_data *sqd)
{
	ktime_t until = ktime_get() + sqd->idle_ns;

	while (!READ_ONCE(sqd->stop)) {
		bool any = submit_round(sqd);

		atomic_store(&sqd->kicked, 0);
		if (!llist_empty(&current->io_uring->work)) {
			io_tctx_run(current->io_uring);
			any = true;
		}
		if (any) {
			until = ktime_get() + sqd->idle_ns;
			continue;
		}
		if (ktime_get() < until) {
			cond_resched();
			continue;
		}
		if (!mark_sleeping(sqd, true))
			wait_event(sqd->wait, has_work(sqd));
		mark_sleeping(sqd, false);
		until = ktime_get() + sqd->idle_ns;
	}
}

static int sq_thread(void *data)
{
	struct io_sq_data *sqd = data;
	struct files_struct *files = current->files;
	struct fs_struct *fs = current->fs;
	const struct cred *old;

	kthread_use_mm(sqd->mm);
	task_lock(current);
	current->files = sqd->files;
	current->fs = sqd->fs;
	io_set_limits(&sqd->limits);
	task_unlock(current);
	old = override_creds(sqd->cred);
	sqd->start_error = PTR_ERR_OR_ZERO(io_get_tctx());
	if (!sqd->start_error) {
		current->io_uring->sqd = sqd;
		complete(&sqd->started);
		sq_loop(sqd);
		io_tctx_exit(true);
	} else {
		complete(&sqd->started);
	}
	revert_creds(old);
	task_lock(current);
	current->files = files;
	current->fs = fs;
	task_unlock(current);
	kthread_unuse_mm(sqd->mm);
	put_cred(sqd->cred);
	put_fs_struct(sqd->fs);
	put_files(sqd->files);
	mmput(sqd->mm);
	WRITE_ONCE(sqd->ended, true);
	wake_up_all(&sqd->sq_wait);
	complete_all(&sqd->exited);
	put_sqd(sqd);
	return 0;
}

void io_sqd_wake(struct io_sq_data *sqd)
{
	if (wq_has_sleeper(&sqd->wait))
		wake_up(&sqd->wait);
}

static void stop_thread(struct io_sq_data *sqd)
{
	WRITE_ONCE(sqd->stop, true);
	wake_up_all(&sqd->wait);
	wait_for_completion(&sqd->exited);
}

/* ---- making ---------------------------------------------------------------------------------- */

static struct io_sq_data *new_sqd(const struct io_uring_params *p)
{
	struct io_sq_data *sqd = kzalloc(sizeof(*sqd), GFP_KERNEL);

	if (!sqd)
		return ERR_PTR(-ENOMEM);
	refcount_set(&sqd->refs, 1);
	mutex_init(&sqd->lock);
	INIT_LIST_HEAD(&sqd->rings);
	INIT_LIST_HEAD(&sqd->list);
	init_waitqueue_head(&sqd->wait);
	init_waitqueue_head(&sqd->sq_wait);
	init_completion(&sqd->exited);
	init_completion(&sqd->started);
	sqd->idle_ns = (s64)(p->sq_thread_idle ? p->sq_thread_idle : 1000) * NSEC_PER_MSEC;
	sqd->group = current->signal;
	return sqd;
}

static int start_thread(struct io_sq_data *sqd, const struct io_uring_params *p)
{
	struct task_struct *t = kthread_create(sq_thread, sqd, "iou-sqp-%d", current->pid);

	if (IS_ERR(t))
		return PTR_ERR(t);
	if (p->flags & IORING_SETUP_SQ_AFF)
		kthread_bind(t, p->sq_thread_cpu);
	sqd->mm = current->mm;
	mmget(sqd->mm);
	sqd->files = get_files(current->files);
	sqd->fs = get_fs_struct(current->fs);
	sqd->cred = get_cred(current_cred());
	sqd->limits = io_own_limits();
	refcount_inc(&sqd->refs);
	wake_up_process(t);
	wait_for_completion(&sqd->started);
	if (sqd->start_error)
		return sqd->start_error;
	mutex_lock(&sqd_mutex);
	list_add(&sqd->list, &sqds);
	WRITE_ONCE(io_sqd_count, io_sqd_count + 1);
	mutex_unlock(&sqd_mutex);
	return 0;
}

/* The thread of the ring that p->wq_fd names, if it is of the same process; else NULL. */
static struct io_sq_data *attach_sqd(const struct io_uring_params *p)
{
	struct file *file = fget(p->wq_fd);
	struct io_sq_data *sqd = NULL;
	struct io_ring_ctx *other;

	if (!file)
		return NULL;
	other = io_ring_of(file);
	if (other && other->sqd && other->sqd->group == current->signal) {
		sqd = other->sqd;
		refcount_inc(&sqd->refs);
	}
	fput(file);
	return sqd;
}

int io_sq_offload_create(struct io_ring_ctx *ctx, const struct io_uring_params *p)
{
	struct io_sq_data *sqd = NULL;
	int err;

	if ((p->flags & IORING_SETUP_SQ_AFF) &&
	    (p->sq_thread_cpu >= CONFIG_NR_CPUS ||
	     !cpumask_test_cpu(p->sq_thread_cpu, cpu_online_mask)))
		return -EINVAL;
	if (p->flags & IORING_SETUP_ATTACH_WQ)
		sqd = attach_sqd(p);
	if (!sqd) {
		sqd = new_sqd(p);
		if (IS_ERR(sqd))
			return PTR_ERR(sqd);
		err = start_thread(sqd, p);
		if (err) {
			put_sqd(sqd);
			return err;
		}
	}
	ctx->sq_creds = get_cred(current_cred());
	mutex_lock(&sqd->lock);
	ctx->sqd = sqd;
	list_add_tail(&ctx->sqd_link, &sqd->rings);
	mutex_unlock(&sqd->lock);
	return 0;
}

/* The ring is closed: the last one takes the thread along. */
void io_sq_detach(struct io_ring_ctx *ctx)
{
	struct io_sq_data *sqd = ctx->sqd;
	bool last;

	mutex_lock(&sqd->lock);
	list_del_init(&ctx->sqd_link);
	last = list_empty(&sqd->rings);
	mutex_unlock(&sqd->lock);
	if (last) {
		mutex_lock(&sqd_mutex);
		if (!list_empty(&sqd->list)) {
			list_del_init(&sqd->list);
			WRITE_ONCE(io_sqd_count, io_sqd_count - 1);
		}
		mutex_unlock(&sqd_mutex);
		stop_thread(sqd);
	}
	put_sqd(sqd);
}

/* A thread of the ending process, off the list and referenced; NULL: none. */
static struct io_sq_data *take_of_group(const struct signal_struct *group)
{
	struct io_sq_data *sqd, *found = NULL;

	mutex_lock(&sqd_mutex);
	list_for_each_entry(sqd, &sqds, list) {
		if (sqd->group == group) {
			found = sqd;
			refcount_inc(&sqd->refs);
			list_del_init(&sqd->list);
			WRITE_ONCE(io_sqd_count, io_sqd_count - 1);
			break;
		}
	}
	mutex_unlock(&sqd_mutex);
	return found;
}

void io_sqd_exit_group(void)
{
	struct io_sq_data *sqd;

	while ((sqd = take_of_group(current->signal))) {
		stop_thread(sqd);
		put_sqd(sqd);
	}
}

/* ---- io_uring_enter(2) ----------------------------------------------------------------------- */

int io_sq_wakeup(struct io_ring_ctx *ctx)
{
	if (READ_ONCE(ctx->sqd->ended))
		return -EOWNERDEAD;
	atomic_store(&ctx->sqd->kicked, 1);
	wake_up(&ctx->sqd->wait);
	return 0;
}

static bool has_room(const struct io_ring_ctx *ctx)
{
	return io_sqring_entries(ctx) < ctx->sq_entries || READ_ONCE(ctx->sqd->ended);
}

int io_sq_wait(struct io_ring_ctx *ctx)
{
	if (wait_event_interruptible(ctx->sqd->sq_wait, has_room(ctx)))
		return -EINTR;
	return 0;
}
