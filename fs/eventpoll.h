/* SPDX-License-Identifier: MIT */
/* epoll: fs/eventpoll.c keeps the set, fs/eventpoll_wait.c waits on it. */
#ifndef FS_EVENTPOLL_INTERNAL_H
#define FS_EVENTPOLL_INTERNAL_H

#include <lib/rbtree.h>
#include <fs/file.h>
#include <fs/poll.h>
#include "internal.h"

/* One entry of an item on one wait queue. */
struct eppoll_entry {
	struct eppoll_entry *next; /* (m) of the item */
	struct epitem *item;
	struct wait_queue_entry wait;
	wait_queue_head_t *whead;
};

/* A watched (file, descriptor). (m) ep->mtx; (l) ep->lock; (f) file->f_lock. */
struct epitem {
	struct rb_node rbn; /* (m) */
	struct list_head rdllink; /* (l) on rdllist or a scan's list; empty: not ready */
	struct eventpoll *ep;
	struct file *file; /* no reference: its release removes the item */
	int fd;
	struct epoll_event event; /* (m) written, read by the callback */
	struct eppoll_entry *pwq; /* (m) */
	struct epitem *file_next; /* (f) */
};

struct eventpoll {
	struct mutex mtx;
	spinlock_t lock; /* IRQs off */
	wait_queue_head_t wq; /* epoll_wait() sleeps here */
	wait_queue_head_t poll_wait; /* who polls this epoll itself */
	unsigned int wake_level; /* poll_wait.lock, while it is woken: sets below that are, too */
	struct list_head rdllist; /* (l) ready, or were */
	struct rb_root rbr; /* (m) items by file and descriptor */
	struct file *file;
};

/* What the caller never asks a file for. */
#define EP_PRIVATE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)

extern const struct file_operations eventpoll_fops;

static inline struct eventpoll *file_ep(const struct file *file)
{
	return file->f_op == &eventpoll_fops ? file->private_data : NULL;
}

/* Readiness of a set that lies @depth sets deep in those that the caller has locked. */
__poll_t ep_poll_set(struct file *file, poll_table *table, unsigned int depth);

/* What is ready now of what the item wants; mtx of its set and @depth - 1 around it held. */
static inline __poll_t ep_item_poll(struct epitem *epi, poll_table *table, unsigned int depth)
{
	table->_key = epi->event.events;
	if (unlikely(file_ep(epi->file)))
		return ep_poll_set(epi->file, table, depth) & epi->event.events;
	return vfs_poll(epi->file, table) & epi->event.events;
}

static inline bool ep_ready(struct eventpoll *ep)
{
	return !list_empty_careful(&ep->rdllist);
}

/* Wakes who waits for or polls the set, if something is ready. */
void ep_wake(struct eventpoll *ep);

#endif
