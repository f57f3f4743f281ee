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
	struct list_head rdllist; /* (l) ready, or were */
	struct rb_root rbr; /* (m) items by file and descriptor */
	struct file *file;
};

/* What the caller never asks a file for. */
#define EP_PRIVATE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)

extern const struct file_operations eventpoll_fops;

/* What is ready now of what the item wants; mtx held. */
static inline __poll_t ep_item_poll(struct epitem *epi, poll_table *table)
{
	table->_key = epi->event.events;
	return vfs_poll(epi->file, table) & epi->event.events;
}

static inline bool ep_ready(struct eventpoll *ep)
{
	return !list_empty_careful(&ep->rdllist);
}

/* Wakes who waits for or polls the set, if something is ready. */
void ep_wake(struct eventpoll *ep);

#endif
