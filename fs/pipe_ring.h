/* SPDX-License-Identifier: MIT */
/*
 * The ring of a pipe, between fs/pipe.c (read, write, poll), fs/pipe_fs.c (pipes and FIFOs made and
 * opened) and fs/splice.c. All but the conditions of sleepers expect pipe->mutex.
 */
#ifndef FS_PIPE_RING_H
#define FS_PIPE_RING_H

#include <kernel/wait.h>
#include <mm/page.h>
#include <fs/pipe.h>
#include <fs/poll.h>
#include "internal.h"

#define PIPE_IN	 (EPOLLIN | EPOLLRDNORM)
#define PIPE_OUT (EPOLLOUT | EPOLLWRNORM)

static inline struct pipe_buffer *pipe_slot(const struct pipe_inode_info *pipe, unsigned int n)
{
	return &pipe->bufs[n & (pipe->ring_size - 1)];
}

/* All who poll, and one of those who wait to read (write). */
static inline void pipe_wake(wait_queue_head_t *wq, __poll_t events)
{
	if (wq_has_sleeper(wq))
		wake_up_interruptible_poll(wq, (__force unsigned int)events);
}

/* An end has gone: everybody returns. */
static inline void pipe_wake_all(wait_queue_head_t *wq, __poll_t events)
{
	if (wq_has_sleeper(wq))
		__wake_up(wq, TASK_INTERRUPTIBLE, 0, __poll_key((__force unsigned int)events));
}

/*
 * Conditions of sleepers, looked at without the mutex; it is taken again before anything is done.
 */
static inline bool pipe_readable(const struct pipe_inode_info *pipe)
{
	return READ_ONCE(pipe->head) != READ_ONCE(pipe->tail) || !READ_ONCE(pipe->writers);
}

static inline bool pipe_writable(const struct pipe_inode_info *pipe)
{
	return !pipe_full(READ_ONCE(pipe->head), READ_ONCE(pipe->tail),
			  READ_ONCE(pipe->ring_size)) ||
	       !READ_ONCE(pipe->readers);
}

/*
 * Gives up the page of a slot. One is kept for the next write: a pipe that goes to and fro
 * allocates nothing. Pages that others have too are not written to.
 */
static inline void pipe_free_page(struct pipe_inode_info *pipe, struct pipe_buffer *buf)
{
	if (!pipe->tmp_page && !(buf->flags & PIPE_BUF_FLAG_SHARED))
		pipe->tmp_page = buf->page;
	else
		put_page(buf->page);
	buf->page = NULL;
}

/* The slot at tail has been read to its end. */
static inline void pipe_drop_tail(struct pipe_inode_info *pipe)
{
	pipe_free_page(pipe, pipe_slot(pipe, pipe->tail));
	WRITE_ONCE(pipe->tail, pipe->tail + 1);
}

/* Bytes, a slot or an end came (went): those who wait learn it. Without the mutex. */
void pipe_wrote(struct pipe_inode_info *pipe);
void pipe_freed(struct pipe_inode_info *pipe);

ssize_t pipe_read(struct kiocb *iocb, struct iov_iter *to);
ssize_t pipe_write(struct kiocb *iocb, struct iov_iter *from);
__poll_t pipe_poll(struct file *file, poll_table *table);
long pipe_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int pipe_fasync(int fd, struct file *file, int on);

extern const struct file_operations pipe_fops;

/* Limits, pipe(7): bytes that F_SETPIPE_SZ gives to anybody; slots of all of a user's pipes. */
extern unsigned int pipe_max_size;
/* Charges a change from pipe->accounted to @slots; false: over the limits of an ordinary user. */
bool pipe_account(struct pipe_inode_info *pipe, unsigned int slots);

#endif
