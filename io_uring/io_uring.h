/* SPDX-License-Identifier: MIT */
/*
 * What the files of io_uring/ share. Documentation/io_uring.md has the objects, states and locks.
 *
 * Letters: (u) uring_lock; (c) completion_lock; (t) tctx_mutex; (i) constant; (a) atomic.
 */
#ifndef IO_URING_H
#define IO_URING_H

#include <lib/err.h>
#include <lib/hash.h>
#include <lib/list.h>
#include <lib/llist.h>
#include <lib/refcount.h>
#include <lib/string.h>
#include <lib/xarray.h>
#include <kernel/cpumask.h>
#include <kernel/cred.h>
#include <kernel/hrtimer.h>
#include <kernel/mutex.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <kernel/signal.h>
#include <kernel/wait.h>
#include <kernel/workqueue.h>
#include <mm/slab.h>
#include <fs/file.h>
#include <fs/namei.h>
#include <fs/poll.h>
#include <uapi/io_uring.h>
#include <uapi/openat2.h>

struct io_kiocb;
struct io_ring_ctx;
struct io_wq;
struct io_sq_data;

#define IORING_MAX_ENTRIES    32768u
#define IORING_MAX_CQ_ENTRIES (2 * IORING_MAX_ENTRIES)
#define IORING_MAX_FIXED      (1u << 20) /* files */
#define IORING_MAX_BUFFERS    (1u << 14)
#define IO_RINGFD_MAX	      16

/* Shared with the program, which may write anything anywhere. */
struct io_rings {
	u32 sq_head __aligned(64);
	u32 sq_tail __aligned(64);
	u32 cq_head __aligned(64);
	u32 cq_tail __aligned(64);
	u32 sq_ring_mask, cq_ring_mask, sq_ring_entries, cq_ring_entries;
	u32 sq_dropped;
	_Atomic u32 sq_flags;
	u32 cq_flags, cq_overflow;
	u8 cqes[] __aligned(64); /* of struct io_uring_cqe, or twice that with IORING_SETUP_CQE32 */
};

/* A completion entry on its way. */
struct io_cqe {
	u64 user_data;
	s32 res;
	u32 flags;
	u64 extra[2]; /* IORING_SETUP_CQE32 */
};

/* ---- registered files and buffers: rsrc.c ---------------------------------------------------- */

struct io_mapped_buf {
	u64 addr; /* the user's, as it was when it was registered */
	u64 len;
	unsigned int nr_pages;
	struct bio_vec bvec[];
};

struct io_rsrc_node {
	refcount_t refs; /* the table, and requests that outlive their submission */
	struct io_ring_ctx *ctx; /* referenced while it has a tag */
	u64 tag; /* posted when the last user is gone; 0: none */
	struct file *file;
	struct io_mapped_buf *buf;
	struct user_struct *user; /* charged for the pages */
};

struct io_rsrc_table {
	struct io_rsrc_node **nodes; /* (u) NULL: free or sparse */
	unsigned int nr;
};

/* ---- the ring -------------------------------------------------------------------------------- */

struct io_ring_ctx {
	refcount_t refs; /* (a) */
	u32 flags; /* (i) IORING_SETUP_*, but R_DISABLED goes (u) */
	bool dying; /* (c) */
	bool drain_active; /* (c) something may be in defer_list */
	bool drain_next; /* (u) the next request waits for all before it */
	bool cq_dropped; /* (c) an overflow entry was lost for want of memory */
	bool restricted, restrictions_set; /* (u) */
	u8 cqe_shift; /* (i) entries of 16 << cqe_shift bytes */
	struct io_rings *rings; /* (i) */
	size_t rings_size, sqes_size; /* (i) */
	u32 *sq_array; /* (i) in rings */
	struct io_uring_sqe *sqes; /* (i) */
	u32 sq_entries, cq_entries; /* (i) */

	struct mutex uring_lock;
	u32 cached_sq_head; /* (u) */
	u32 nr_started; /* (u) requests ever made */
	struct io_kiocb *link_head, *link_last; /* (u) a chain being put together */
	struct io_kiocb *compl_first, **compl_last; /* (u) done, entries not yet posted */
	struct io_kiocb *free_reqs; /* (u) */
	unsigned int nr_free; /* (u) */
	struct io_rsrc_table files, bufs; /* (u) */
	unsigned int file_hint, file_alloc_start, file_alloc_end; /* (u) */
	struct xarray buf_groups; /* (u) struct io_buffer_list by group */
	struct xarray personalities; /* (u) struct cred */
	u32 pers_next; /* (u) */
	unsigned long restrict_register, restrict_sqe_op; /* (u) bits that are allowed */
	u8 sqe_flags_allowed, sqe_flags_required; /* (u) */
	struct task_struct *submitter; /* (u) SINGLE_ISSUER */

	spinlock_t completion_lock;
	u32 cached_cq_tail; /* (c) */
	u32 nr_done; /* (c) requests ended, as nr_started counts */
	u32 cq_timeouts; /* (c) entries that timeouts made */
	struct list_head overflow; /* (c) struct io_overflow_cqe */
	struct list_head timeouts; /* (c) with a count, by target */
	struct list_head defer_list; /* (c) */
	struct hlist_head *cancel_hash; /* (c) tracked requests by user_data */
	unsigned int hash_bits; /* (i) */
	wait_queue_head_t cq_wait;
	struct file *eventfd; /* (c) */
	bool eventfd_async; /* (c) */

	struct io_wq *wq; /* (i) */
	struct io_sq_data *sqd; /* (u) NULL without SQPOLL */
	struct list_head sqd_link; /* sqd->lock */
	const struct cred *sq_creds; /* (i) SQPOLL */
	struct list_head tctx_nodes; /* (t) */
	struct user_struct *user; /* (i) */
	struct work_struct free_work;
};

/* ---- tasks ----------------------------------------------------------------------------------- */

#define TCTX_ORPHAN (1 << 30)

struct io_uring_task {
	struct task_struct *task; /* (i) not to be looked at once ->orphan */
	refcount_t refs; /* the task, a callback on its way, the requests together once ->orphan */
	struct llist_head work; /* requests with something to do in the task */
	_Atomic unsigned int work_queued; /* a callback is on its way to run ->work: */
	struct callback_head task_work; /* the task will */
	struct work_struct orphan_work; /* it cannot any more */
	atomic_t inflight; /* requests of the task that are not freed; TCTX_ORPHAN */
	bool cancelling; /* no request starts, or waits again */
	bool orphan; /* the task is gone, what it had waiting is not */
	wait_queue_head_t wait;
	struct io_sq_data *sqd; /* (i) the task is its thread */
	struct io_ring_ctx *last; /* newest ring it was put down for */
	struct list_head nodes; /* (t) */
	struct file *registered[IO_RINGFD_MAX]; /* the task's own */
	struct rcu_head rcu;
};

/* ---- requests -------------------------------------------------------------------------------- */

enum { REQ_NEW, REQ_POLL, REQ_TIMEOUT, REQ_WQ, REQ_DEFER, REQ_TW };

/* io_kiocb.flags: the low byte is sqe->flags. */
#define REQ_F_FIXED_FILE    IOSQE_FIXED_FILE
#define REQ_F_IO_DRAIN	    IOSQE_IO_DRAIN
#define REQ_F_LINK	    IOSQE_IO_LINK
#define REQ_F_HARDLINK	    IOSQE_IO_HARDLINK
#define REQ_F_FORCE_ASYNC   IOSQE_ASYNC
#define REQ_F_BUFFER_SELECT IOSQE_BUFFER_SELECT
#define REQ_F_CQE_SKIP	    IOSQE_CQE_SKIP_SUCCESS
#define REQ_F_FAIL	    (1u << 8) /* breaks its chain */
#define REQ_F_NOWAIT	    (1u << 9) /* -EAGAIN is the answer */
#define REQ_F_CLEANUP	    (1u << 10) /* def->cleanup has something to do */
#define REQ_F_TRACKED	    (1u << 11) /* (c) in cancel_hash */
#define REQ_F_FILE_REF	    (1u << 12) /* ->file is counted for the request */
#define REQ_F_SKIP_LINKED   (1u << 13) /* entries of cancelled followers are left out */
#define REQ_F_LTIMEOUT	    (1u << 14) /* its timer, the next in the chain, runs */
#define REQ_F_BUF_RING	    (1u << 15) /* ->kbuf is unset, ->buf_list is where it came from */
#define REQ_F_CREDS	    (1u << 16) /* ->creds is counted */
#define REQ_F_MULTISHOT	    (1u << 17)
#define REQ_F_NO_POLL	    (1u << 18) /* waiting on the file is no use: a worker */
#define REQ_F_TIMEOUT_CQE   (1u << 19) /* counts in cq_timeouts */

#define IO_URING_F_NONBLOCK 1u /* answer -EAGAIN rather than sleep */
#define IO_URING_F_UNLOCKED 2u /* uring_lock is not held: a worker */

/* What an operation's issue() returns beside -EAGAIN (would block). */
#define IOU_OK	 0 /* req->cqe is set */
#define IOU_SKIP 1 /* somebody has it and will complete it */

struct io_poll_entry {
	struct wait_queue_entry wait;
	wait_queue_head_t *head; /* NULL: not on it; cleared by POLLFREE under RCU */
};

struct io_poll {
	atomic_t refs; /* 0: it waits; who raises it from 0 owns it */
	__poll_t events;
	unsigned int nr;
	int error;
	struct io_poll_entry entry[2];
};

struct io_timeout_data {
	struct hrtimer timer;
	ktime_t when;
	enum hrtimer_mode mode;
	u32 target; /* of cached_cq_tail - cq_timeouts */
	bool counted; /* on ctx->timeouts by req->list */
	struct io_kiocb *head; /* (c) the request that it limits: LINK_TIMEOUT */
	struct io_kiocb *prev; /* the request before it in the chain, until it is armed */
};

/* What requests may do is limited by their submitter's limits, whichever thread runs them. */
struct io_limits {
	u64 fsize, nofile;
};

static inline struct io_limits io_own_limits(void)
{
	return (struct io_limits){rlimit(RLIMIT_FSIZE), rlimit(RLIMIT_NOFILE)};
}

/* current, a kernel thread, gets these. task_lock(current) held. */
static inline void io_set_limits(const struct io_limits *l)
{
	WRITE_ONCE(current->signal->rlim[RLIMIT_FSIZE].rlim_cur, l->fsize);
	WRITE_ONCE(current->signal->rlim[RLIMIT_NOFILE].rlim_cur, l->nofile);
}

/* What a worker takes over from the submitter. */
struct io_wq_work {
	struct mm_struct *mm;
	struct files_struct *files;
	struct fs_struct *fs;
	const struct cred *cred;
	struct io_limits limits;
	struct task_struct *worker; /* wq->lock: runs it */
	bool bounded;
};

struct io_rw {
	u64 addr, pos;
	u32 len;
	int rwf;
	int error; /* of what it points to: its answer */
	bool cur_pos;
	size_t done;
	struct iov_iter iter;
	struct iovec fast, *iov;
};

struct user_msg;
struct io_sr {
	void __user *addr; /* buffer, or msghdr */
	size_t len, done;
	u32 msg_flags;
	u16 ioprio;
	int error; /* of the msghdr: its answer */
	struct user_msg *msg; /* SENDMSG, RECVMSG */
	const void __user *name;
	int name_len;
};

struct io_kiocb {
	struct file *file;
	u8 opcode;
	u8 state; /* (c) REQ_* */
	bool cancelled; /* (c) */
	u8 retries;
	u16 buf_index; /* group, or index of a registered buffer */
	u32 flags;
	s32 fd;
	u32 seq;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
	struct io_uring_task *tctx;
	struct llist_node tw_node;
	void (*tw_func)(struct io_kiocb *req);
	struct io_kiocb *link; /* (c) the next in the chain */
	struct io_kiocb *next_done;
	const struct cred *creds;
	struct io_rsrc_node *file_node, *buf_node; /* counted */
	struct io_buffer *kbuf; /* chosen from a group of provided ones */
	struct io_buffer_list *buf_list; /* (u) chosen from a ring: until uring_lock is given up */
	u16 bid;
	struct hlist_node hash;
	struct list_head list; /* wq, timeouts, defer_list */
	union {
		struct io_poll poll;
		struct io_timeout_data timeout;
	};
	struct io_wq_work work;
	union {
		struct io_rw rw;
		struct io_sr sr;
		u64 cmd[20];
	};
};

/* An operation's own view of its part of the request. */
#define io_cmd(req, type)                                                               \
	({                                                                              \
		static_assert(sizeof(type) <= sizeof((req)->cmd), "request too small"); \
		(type *)(void *)(req)->cmd;                                             \
	})

/* Fields of an entry that operations give a meaning, or require to be 0. */
enum {
	SQE_OFF = 1, /* and addr2 */
	SQE_ADDR = 2,
	SQE_LEN = 4,
	SQE_OP_FLAGS = 8, /* rw_flags and what else the operation calls them */
	SQE_BUF = 16, /* buf_index, buf_group */
	SQE_FILE2 = 32, /* splice_fd_in, file_index */
};

struct io_op_def {
	/* sqe is a copy. 0 or -errno. */
	int (*prep)(struct io_kiocb *req, const struct io_uring_sqe *sqe);
	int (*issue)(struct io_kiocb *req, unsigned int issue_flags);
	void (*cleanup)(struct io_kiocb *req);
	u8 unused; /* SQE_*: EINVAL if they are set */
	bool dirfd; /* sqe->fd names no registered file: EBADF if that is asked for */
	bool needs_file, buffer_select, force_async, pollin, pollout, ioprio;
};
extern const struct io_op_def io_op_defs[IORING_OP_LAST];

/* A message ready to go out: prep of an operation that has no such fields. */
static inline int io_eopnotsupp_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	return -EOPNOTSUPP;
}

static inline void req_set_fail(struct io_kiocb *req)
{
	req->flags |= REQ_F_FAIL;
	if (req->flags & REQ_F_CQE_SKIP) {
		req->flags &= ~REQ_F_CQE_SKIP;
		req->flags |= REQ_F_SKIP_LINKED;
	}
}

static inline void io_req_set_res(struct io_kiocb *req, s32 res, u32 cflags)
{
	req->cqe.res = res;
	req->cqe.flags = cflags;
}

static inline void __user *u64_to_user_ptr(u64 addr)
{
	return (void __user *)(unsigned long)addr;
}

/* A call that was interrupted cannot be made again by the kernel. */
static inline long io_fix_restart(long n)
{
	if (n == -ERESTARTSYS || n == -ERESTARTNOINTR || n == -ERESTARTNOHAND ||
	    n == -ERESTART_RESTARTBLOCK)
		return -EINTR;
	return n;
}

/* The answer of an operation that is done: IOU_OK. */
static inline int io_done(struct io_kiocb *req, long res)
{
	res = io_fix_restart(res);
	if (res < 0)
		req_set_fail(req);
	io_req_set_res(req, res, 0);
	return IOU_OK;
}

static inline void io_ring_submit_lock(struct io_ring_ctx *ctx, unsigned int issue_flags)
{
	if (issue_flags & IO_URING_F_UNLOCKED) {
		mutex_lock(&ctx->uring_lock);
		__release(&ctx->uring_lock);
	}
}

static inline void io_ring_submit_unlock(struct io_ring_ctx *ctx, unsigned int issue_flags)
{
	if (issue_flags & IO_URING_F_UNLOCKED) {
		__acquire(&ctx->uring_lock);
		mutex_unlock(&ctx->uring_lock);
	}
}

static inline void io_sq_flag_set(struct io_ring_ctx *ctx, u32 flag)
{
	atomic_fetch_or(&ctx->rings->sq_flags, flag);
}

static inline void io_sq_flag_clear(struct io_ring_ctx *ctx, u32 flag)
{
	atomic_fetch_and(&ctx->rings->sq_flags, ~flag);
}

/* io_uring.c */
struct io_ring_ctx *io_ring_of(const struct file *file);
void io_ctx_put(struct io_ring_ctx *ctx);

/* cqueue.c */
/* One more entry from a request that goes on, or from none; false: it was lost. */
bool io_post_cqe(struct io_ring_ctx *ctx, const struct io_cqe *cqe);
/* The same, only if there is room in the ring itself or @spill. */
void io_req_defer_complete(struct io_kiocb *req); /* uring_lock: at the end of the batch */
void io_submit_flush(struct io_ring_ctx *ctx); /* uring_lock */
void io_req_complete_post(struct io_kiocb *req); /* without uring_lock */
void io_req_task_complete(struct io_kiocb *req); /* a tw_func */
void io_cq_flush_overflow(struct io_ring_ctx *ctx);
void io_free_req(struct io_kiocb *req);
bool io_cq_has_events(const struct io_ring_ctx *ctx);
__poll_t io_uring_poll(struct file *file, poll_table *table);
int io_cqring_wait(struct io_ring_ctx *ctx, u32 min, const sigset_t __user *sig, size_t sigsz,
		   const struct __kernel_timespec __user *uts);
/* Takes @req down as one that @state names has; false (and state TW): it was cancelled. */
bool io_req_track(struct io_kiocb *req, u8 state);

/* submit.c */
int io_submit_sqes(struct io_ring_ctx *ctx, u32 nr); /* uring_lock */
u32 io_sqring_entries(const struct io_ring_ctx *ctx);
void io_req_task_submit(struct io_kiocb *req); /* a tw_func */
void io_queue_sqe(struct io_kiocb *req); /* uring_lock */
int io_issue_sqe(struct io_kiocb *req, unsigned int issue_flags);
bool io_assign_file(struct io_kiocb *req, unsigned int issue_flags);
struct file *io_file_get_fixed(struct io_kiocb *req, int index, unsigned int issue_flags);
/* @file for as long as @req runs: it is counted if it was not. uring_lock. */
void io_req_fail(struct io_kiocb *req, int err); /* uring_lock */
void io_queue_drained(struct io_ring_ctx *ctx); /* completion_lock */

/* tctx.c */
struct io_uring_task *io_get_tctx(void); /* current's, made if need be; ERR_PTR */
int io_tctx_add_ring(struct io_ring_ctx *ctx);
void io_tctx_del_ring(struct io_ring_ctx *ctx);
void io_req_task_queue(struct io_kiocb *req, void (*fn)(struct io_kiocb *req));
void io_tctx_run(struct io_uring_task *tctx);
void io_tctx_put_inflight(struct io_uring_task *tctx, int n);
/*
 * current uses no ring any more. With @all its requests are cancelled; else those that wait for
 * something outside stay until it comes, or their ring is closed. What runs is waited for.
 */
void io_tctx_exit(bool all);
/* current's pending work of all rings, where it waits; true: there was some. */
bool io_run_task_work(void);
int io_ringfd_register(void __user *arg, unsigned int nr);
int io_ringfd_unregister(void __user *arg, unsigned int nr);

/* io-wq.c */
struct io_wq *io_wq_create(unsigned int bounded);
struct io_wq *io_wq_get(struct io_wq *wq);
void io_wq_put(struct io_wq *wq);
void io_queue_iowq(struct io_kiocb *req);
/* completion_lock: 0 it was waiting and is pushed to its task; -EALREADY it runs: interrupted. */
int io_wq_cancel(struct io_kiocb *req);
void io_wq_max_workers(struct io_wq *wq, unsigned int counts[2]);
int io_wq_set_affinity(struct io_wq *wq, const cpumask_t *mask);

/* sqpoll.c */
int io_sq_offload_create(struct io_ring_ctx *ctx, const struct io_uring_params *p);
void io_sq_detach(struct io_ring_ctx *ctx);
int io_sq_wakeup(struct io_ring_ctx *ctx);
int io_sq_wait(struct io_ring_ctx *ctx);
void io_sqd_exit_group(void);
void io_sqd_wake(struct io_sq_data *sqd);

/* poll.c */
enum { IO_APOLL_OK, IO_APOLL_READY, IO_APOLL_ABORTED };
int io_arm_poll(struct io_kiocb *req);
void io_poll_cancel(struct io_kiocb *req); /* completion_lock, state REQ_POLL */
int io_poll_add_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe);
int io_poll_add(struct io_kiocb *req, unsigned int issue_flags);
int io_poll_remove_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe);
int io_poll_remove(struct io_kiocb *req, unsigned int issue_flags);

/* timeout.c */
int io_timeout_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe);
int io_link_timeout_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe);
int io_timeout(struct io_kiocb *req, unsigned int issue_flags);
int io_timeout_remove_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe);
int io_timeout_remove(struct io_kiocb *req, unsigned int issue_flags);
int io_timeout_cancel(struct io_kiocb *req); /* completion_lock */
void io_timeouts_counted(struct io_ring_ctx *ctx); /* completion_lock: entries were posted */
void io_link_timeout_arm(struct io_kiocb *req); /* completion_lock */
struct io_kiocb *io_link_timeout_disarm(struct io_kiocb *req); /* completion_lock */

/* cancel.c */
struct io_cancel {
	struct io_ring_ctx *ctx;
	u64 user_data;
	struct file *file;
	u32 flags; /* IORING_ASYNC_CANCEL_* */
	const struct io_kiocb *self; /* not this one */
};
int io_req_cancel(struct io_kiocb *req); /* completion_lock: 0, -EALREADY */
struct io_kiocb *io_req_find(struct io_ring_ctx *ctx, u64 user_data, u8 opcode); /* (c) */
/* Cancels what @tctx (NULL: anybody) has in the ring. */
void io_cancel_all(struct io_ring_ctx *ctx, const struct io_uring_task *tctx);
/* Cancels what cannot outlive the task, with completion_lock once a bucket; how many there are. */
unsigned int io_cancel_exiting(struct io_ring_ctx *ctx, const struct io_uring_task *tctx);
int io_async_cancel_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe);
int io_async_cancel(struct io_kiocb *req, unsigned int issue_flags);
int io_sync_cancel(struct io_ring_ctx *ctx, void __user *arg);

/* kbuf.c */
void __user *io_buffer_select(struct io_kiocb *req, size_t *len, unsigned int issue_flags);
/* The flags of the entry; the buffer is the program's again. */
u32 io_put_kbuf(struct io_kiocb *req);
/* Nothing was put into it: back it goes, uring_lock held if issue_flags say so. */
void io_kbuf_recycle(struct io_kiocb *req, unsigned int issue_flags);
int io_provide_buffers_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe);
int io_provide_buffers(struct io_kiocb *req, unsigned int issue_flags);
int io_remove_buffers_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe);
int io_remove_buffers(struct io_kiocb *req, unsigned int issue_flags);
int io_register_pbuf_ring(struct io_ring_ctx *ctx, void __user *arg);
int io_unregister_pbuf_ring(struct io_ring_ctx *ctx, void __user *arg);
void io_destroy_buffers(struct io_ring_ctx *ctx);

/* rsrc.c */
static inline struct io_rsrc_node *io_rsrc_get(struct io_rsrc_node *node)
{
	refcount_inc(&node->refs);
	return node;
}
void io_rsrc_put(struct io_rsrc_node *node);
int io_rsrc_register(struct io_ring_ctx *ctx, struct io_rsrc_table *t, void __user *data,
		     unsigned int nr, const u64 __user *tags, u32 flags);
int io_rsrc_unregister(struct io_ring_ctx *ctx, struct io_rsrc_table *t);
int io_rsrc_update(struct io_ring_ctx *ctx, struct io_rsrc_table *t, unsigned int off,
		   void __user *data, const u64 __user *tags, unsigned int nr);
int io_import_fixed(enum iter_dir dir, struct iov_iter *iter, const struct io_mapped_buf *buf,
		    u64 addr, size_t len);
/* @file (consumed) into slot @index, or a free one for IORING_FILE_INDEX_ALLOC. */
int io_fixed_install(struct io_ring_ctx *ctx, struct file *file, u32 slot);
int io_fixed_remove(struct io_ring_ctx *ctx, u32 index);
int io_files_update_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe);
int io_files_update(struct io_kiocb *req, unsigned int issue_flags);
int io_register_file_alloc_range(struct io_ring_ctx *ctx, void __user *arg);

/* rw.c, net.c, path.c, file_ops.c: prep and issue of each operation */
#define IO_OP(name)                                                                 \
	int io_##name##_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe); \
	int io_##name(struct io_kiocb *req, unsigned int issue_flags)
int io_prep_rw(struct io_kiocb *req, const struct io_uring_sqe *sqe);
int io_read(struct io_kiocb *req, unsigned int issue_flags);
int io_write(struct io_kiocb *req, unsigned int issue_flags);
void io_rw_cleanup(struct io_kiocb *req);
void io_sr_cleanup(struct io_kiocb *req);
void io_path_cleanup(struct io_kiocb *req);
int io_send(struct io_kiocb *req, unsigned int issue_flags);
int io_recv(struct io_kiocb *req, unsigned int issue_flags);
IO_OP(sendmsg);
IO_OP(recvmsg);
IO_OP(accept);
IO_OP(connect);
IO_OP(shutdown);
IO_OP(socket);
IO_OP(openat);
IO_OP(openat2);
IO_OP(close);
IO_OP(statx);
IO_OP(renameat);
IO_OP(unlinkat);
IO_OP(mkdirat);
IO_OP(symlinkat);
IO_OP(linkat);
IO_OP(fsetxattr);
IO_OP(setxattr);
IO_OP(fgetxattr);
IO_OP(getxattr);
IO_OP(fsync);
IO_OP(sync_file_range);
IO_OP(fallocate);
IO_OP(fadvise);
IO_OP(madvise);
IO_OP(splice);
IO_OP(tee);
IO_OP(epoll_ctl);
IO_OP(msg_ring);

/* register.c */
bool io_check_restriction(struct io_ring_ctx *ctx, const struct io_kiocb *req, u8 sqe_flags);

#endif
