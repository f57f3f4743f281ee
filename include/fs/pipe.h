/* SPDX-License-Identifier: MIT */
/*
 * Pipes and FIFOs: a ring of page slots between writers and readers.
 *
 * head and tail count slots for ever (their difference is how many are used); a reader owns tail, a
 * writer head, both under pipe->mutex. Bytes are copied once in and once out. A write of at most
 * PIPE_BUF is never split.
 */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <kernel/mutex.h>
#include <kernel/wait.h>
#include <fs/fs.h>

struct page;

#define PIPE_DEF_BUFFERS     16
#define PIPE_MIN_BUFFERS     2 /* what one gets who has too many pipes */

#define PIPE_BUF_FLAG_PACKET 0x01 /* O_DIRECT: a read ends here */
#define PIPE_BUF_FLAG_MERGE  0x02 /* later writes may be appended */
#define PIPE_BUF_FLAG_SHARED 0x04 /* others have the page too: splice(2), tee(2) */

struct pipe_buffer {
	struct page *page;
	unsigned int offset, len;
	unsigned int flags;
};

/* (m) mutex; (i_lock) the inode's. */
struct pipe_inode_info {
	struct mutex mutex;
	wait_queue_head_t rd_wait, wr_wait;
	unsigned int head, tail; /* (m) */
	unsigned int ring_size; /* (m) slots, a power of two */
	unsigned int readers, writers; /* (m) open ends */
	unsigned int r_counter, w_counter; /* (m) opens ever, for FIFO open */
	unsigned int files; /* (i_lock) struct files on it */
	unsigned int accounted; /* (m) slots charged to user */
	struct user_struct *user; /* constant; who made it */
	struct page *tmp_page; /* (m) one page kept for the next write */
	struct pipe_buffer *bufs; /* (m) */
	struct fasync_struct *fasync_readers, *fasync_writers; /* SIGIO */
};

static inline bool pipe_empty(unsigned int head, unsigned int tail)
{
	return head == tail;
}

static inline unsigned int pipe_occupancy(unsigned int head, unsigned int tail)
{
	return head - tail;
}

static inline bool pipe_full(unsigned int head, unsigned int tail, unsigned int limit)
{
	return head - tail >= limit;
}

/*
 * Two files of a new pipe: files[0] reads, files[1] writes. @flags: O_CLOEXEC is ignored,
 * O_NONBLOCK, O_DIRECT.
 */
int create_pipe_files(struct file **files, int flags);
/* pipe2(2) with the descriptors in kernel memory. */
int do_pipe_flags(int *fd, int flags);
/* F_SETPIPE_SZ, F_GETPIPE_SZ. */
long pipe_fcntl(struct file *file, unsigned int cmd, unsigned long arg);
/* The pipe of a pipe or FIFO file, else NULL. */
struct pipe_inode_info *get_pipe_info(struct file *file);

#endif
