/* SPDX-License-Identifier: MIT */
/*
 * Readiness: the one core on which poll, ppoll, select, pselect6 and epoll stand. A file's
 * f_op->poll tells what is ready and names its wait queues with poll_wait(); whoever makes it ready
 * wakes them with the event bits as key (wake_up_poll()), so that sleepers who want other events
 * are left alone.
 */
#ifndef FS_POLL_H
#define FS_POLL_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <uapi/eventpoll.h>
#include <uapi/poll.h>
#include <kernel/wait.h>
#include <fs/fs.h>

#define DEFAULT_POLLMASK (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)

struct poll_table_struct;
typedef void (*poll_queue_proc)(struct file *file, wait_queue_head_t *wq,
				struct poll_table_struct *table);

typedef struct poll_table_struct {
	poll_queue_proc _qproc; /* NULL: only asking, do not queue */
	__poll_t _key; /* events the caller wants */
} poll_table;

/* f_op->poll: this queue will be woken when readiness changes. @table may be NULL. */
static inline void poll_wait(struct file *file, wait_queue_head_t *wq, poll_table *table)
{
	if (table && table->_qproc && wq)
		table->_qproc(file, wq, table);
}

static inline bool poll_does_not_wait(const poll_table *table)
{
	return !table || !table->_qproc;
}

static inline __poll_t poll_requested_events(const poll_table *table)
{
	return table ? table->_key : ~(__force __poll_t)0;
}

static inline bool file_can_poll(const struct file *file)
{
	return file->f_op->poll;
}

/* Ready events of @file; files without poll are always ready. */
static inline __poll_t vfs_poll(struct file *file, poll_table *table)
{
	if (unlikely(!file->f_op->poll))
		return DEFAULT_POLLMASK;
	return file->f_op->poll(file, table);
}

/* Keys of wake-ups. */
static inline void *poll_to_key(__poll_t m)
{
	return (void *)(unsigned long)(__force unsigned int)m;
}

static inline __poll_t key_to_poll(void *key)
{
	return (__force __poll_t)(unsigned long)key;
}

#endif
