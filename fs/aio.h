/* SPDX-License-Identifier: MIT */
/*
 * Asynchronous I/O, inside: aio.c has the contexts and their rings, aio_submit.c the operations.
 *
 * Letters: (l) ctx->lock, IRQs off; (r) ctx->ring_lock; (i) constant once made.
 * Order: ctx->lock > the polled file's wait queue lock. ctx->lock is not taken in wake-ups.
 */
#ifndef FS_AIO_H
#define FS_AIO_H

#include <lib/types.h>
#include <lib/refcount.h>
#include <kernel/mutex.h>
#include <kernel/wait.h>
#include <kernel/workqueue.h>
#include <fs/poll.h>
#include <uapi/aio_abi.h>

/*
 * What user space may map and read: this head, then the events. libaio takes events from it without
 * a call when magic is right. User space may write anything here: only head is read back, modulo
 * nr.
 */
struct aio_ring {
	u32 id, nr, head, tail;
	u32 magic, compat_features, incompat_features, header_length;
};
#define AIO_RING_MAGIC 0xa10a10a1u
static_assert(sizeof(struct aio_ring) == sizeof(struct io_event), "events follow, all aligned");

struct kioctx {
	refcount_t refs;
	unsigned long id; /* (i) user address of the ring, which is the context's name */
	struct list_head list; /* the table's lock */
	bool dead; /* (l) no new requests */
	unsigned int max_reqs; /* (i) what io_setup asked for */
	unsigned int nr_events; /* (i) slots */
	unsigned int tail; /* (l) next slot to fill */
	unsigned int active; /* (l) requests without an event yet */
	struct list_head polls; /* (l) of these, the ones that can be cancelled */
	spinlock_t lock;
	struct mutex ring_lock;
	wait_queue_head_t wait; /* for events, and for active to become 0 */
	unsigned int nr_pages; /* (i) */
	struct page *pages[]; /* (i) referenced */
};

/* One request: what its completion needs. */
struct aio_req {
	struct kioctx *ctx; /* referenced */
	struct file *file; /* referenced */
	struct file *eventfd; /* referenced, or NULL */
	u64 user_iocb, user_data;
};

/* IOCB_CMD_POLL while it waits. Owned by its place in the wait queue, or by its work. */
struct aio_poll {
	struct aio_req req; /* first */
	struct list_head link; /* (l) ctx->polls */
	struct wait_queue_entry wait;
	wait_queue_head_t *head; /* NULL: none, or it is gone (POLLFREE) */
	__poll_t events;
	bool cancelled; /* (l) */
	int error;
	struct work_struct work;
};

struct kioctx *aio_lookup(unsigned long id);
void aio_put_ctx(struct kioctx *ctx);
/* Takes a slot for a request: 0, -EAGAIN, or -EINVAL when the context is going. */
int aio_get_slot(struct kioctx *ctx);
/* The request is over: its event, or (aio_drop_req) nothing. @req's references are given back. */
void aio_complete(struct aio_req *req, long res);
void aio_drop_req(struct aio_req *req);
/* (l) held: starts the end of @p. */
void aio_cancel_poll(struct aio_poll *p);

#endif
