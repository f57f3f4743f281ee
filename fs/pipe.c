/* SPDX-License-Identifier: MIT */
/*
 * Pipes and FIFOs: pipe(7), fifo(7). <fs/pipe.h> describes the ring.
 *
 * Sleeping: a reader that finds nothing drops the mutex and waits until head moves or the last
 * writer goes; a writer until a slot is free or the last reader goes. Whoever changes that looks
 * for sleepers after a full barrier (wq_has_sleeper), so an idle queue costs no lock. One sleeper
 * is woken at a time; who has slept and leaves something for another wakes the next.
 */
#include <lib/bitops.h>
#include <kernel/sched_signal.h>
#include <kernel/uio.h>
#include <uapi/capability.h>
#include <uapi/termios.h>
#include "pipe_ring.h"

void pipe_wrote(struct pipe_inode_info *pipe)
{
	pipe_wake(&pipe->rd_wait, PIPE_IN);
	kill_fasync(&pipe->fasync_readers, SIGIO, POLL_IN);
}

void pipe_freed(struct pipe_inode_info *pipe)
{
	pipe_wake(&pipe->wr_wait, PIPE_OUT);
	kill_fasync(&pipe->fasync_writers, SIGIO, POLL_OUT);
}

/* ---- reading --------------------------------------------------------------------------------- */

/*
 * Takes from the slot at tail what @to has room for; bytes or -EFAULT. *done: a packet's end or
 * nothing left to fill.
 */
static ssize_t pipe_take(struct pipe_inode_info *pipe, struct iov_iter *to, bool *freed, bool *done)
{
	struct pipe_buffer *buf = pipe_slot(pipe, pipe->tail);
	size_t chars = min_t(size_t, buf->len, iov_iter_count(to));
	size_t n = copy_page_to_iter(buf->page, buf->offset, chars, to);

	if (unlikely(n < chars) && !n)
		return -EFAULT;
	buf->offset += n;
	buf->len -= n;
	if (buf->flags & PIPE_BUF_FLAG_PACKET) {
		buf->len = 0; /* what did not fit is lost: pipe(2) O_DIRECT */
		*done = true;
	}
	if (!buf->len) {
		pipe_drop_tail(pipe);
		*freed = true;
	}
	if (!iov_iter_count(to) || n < chars)
		*done = true;
	return n;
}

static bool no_wait(const struct kiocb *iocb)
{
	return (iocb->ki_filp->f_flags & O_NONBLOCK) || (iocb->ki_flags & IOCB_NOWAIT);
}

ssize_t pipe_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct pipe_inode_info *pipe = file->private_data;
	bool freed = false, done = false, slept = false, more;
	ssize_t ret = 0, n;

	if (unlikely(!iov_iter_count(to)))
		return 0;
	mutex_lock(&pipe->mutex);
	for (;;) {
		if (!pipe_empty(pipe->head, pipe->tail)) {
			n = pipe_take(pipe, to, &freed, &done);
			if (unlikely(n < 0)) {
				ret = ret ? ret : n;
				break;
			}
			ret += n;
			if (done)
				break;
			continue;
		}
		if (ret || !pipe->writers)
			break;
		if (no_wait(iocb)) {
			ret = -EAGAIN;
			break;
		}
		mutex_unlock(&pipe->mutex);
		if (wait_event_interruptible_exclusive(pipe->rd_wait, pipe_readable(pipe)))
			return -ERESTARTSYS;
		slept = true;
		mutex_lock(&pipe->mutex);
	}
	more = pipe_readable(pipe);
	mutex_unlock(&pipe->mutex);
	if (freed)
		pipe_freed(pipe);
	if (slept && more)
		pipe_wake(&pipe->rd_wait, PIPE_IN);
	if (ret > 0)
		file_accessed(file);
	return ret;
}

/* ---- writing --------------------------------------------------------------------------------- */

/*
 * Appends the odd bytes of the write to the newest slot, if they all fit there: so at most PIPE_BUF
 * bytes go either wholly there or wholly into a new slot, and are never torn. Bytes, 0 if it does
 * not apply, or -EFAULT.
 */
static ssize_t pipe_append(struct pipe_inode_info *pipe, struct iov_iter *from)
{
	size_t chars = iov_iter_count(from) & (PAGE_SIZE - 1), n;
	struct pipe_buffer *buf = pipe_slot(pipe, pipe->head - 1);

	if (!chars || pipe_empty(pipe->head, pipe->tail) || !(buf->flags & PIPE_BUF_FLAG_MERGE) ||
	    buf->offset + buf->len + chars > PAGE_SIZE)
		return 0;
	n = copy_page_from_iter(buf->page, buf->offset + buf->len, chars, from);
	buf->len += n;
	return n ? n : -EFAULT;
}

/* Fills the free slot at head: bytes, -ENOMEM or -EFAULT. */
static ssize_t pipe_put(struct pipe_inode_info *pipe, struct iov_iter *from, bool packet)
{
	struct page *page = pipe->tmp_page;
	struct pipe_buffer *buf;
	size_t n;

	if (!page) {
		page = alloc_page(GFP_USER);
		if (unlikely(!page))
			return -ENOMEM;
		pipe->tmp_page = page;
	}
	n = copy_page_from_iter(page, 0, PAGE_SIZE, from);
	if (unlikely(!n))
		return -EFAULT;
	pipe->tmp_page = NULL;
	buf = pipe_slot(pipe, pipe->head);
	buf->page = page;
	buf->offset = 0;
	buf->len = n;
	buf->flags = packet ? PIPE_BUF_FLAG_PACKET : PIPE_BUF_FLAG_MERGE;
	WRITE_ONCE(pipe->head, pipe->head + 1);
	return n;
}

/*
 * What goes in now without waiting; mutex held. Adds to *ret; 0 all done, 1 the ring is full, or
 * -errno.
 */
static int pipe_fill(struct pipe_inode_info *pipe, struct iov_iter *from, bool packet, ssize_t *ret)
{
	ssize_t n;

	if (unlikely(!pipe->readers))
		return -EPIPE;
	if (!packet) {
		n = pipe_append(pipe, from);
		if (n < 0)
			return n;
		*ret += n;
	}
	while (iov_iter_count(from)) {
		if (pipe_full(pipe->head, pipe->tail, pipe->ring_size))
			return 1;
		n = pipe_put(pipe, from, packet);
		if (unlikely(n < 0))
			return n;
		*ret += n;
	}
	return 0;
}

ssize_t pipe_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct pipe_inode_info *pipe = file->private_data;
	bool packet = file->f_flags & O_DIRECT, slept = false;
	ssize_t ret = 0;
	int err;

	if (unlikely(!iov_iter_count(from)))
		return 0;
	for (;;) {
		ssize_t before = ret;

		mutex_lock(&pipe->mutex);
		err = pipe_fill(pipe, from, packet, &ret);
		mutex_unlock(&pipe->mutex);
		if (ret != before)
			pipe_wrote(pipe);
		if (err <= 0)
			break;
		if (no_wait(iocb)) {
			err = -EAGAIN;
			break;
		}
		err = wait_event_interruptible_exclusive(pipe->wr_wait, pipe_writable(pipe));
		if (err)
			break;
		slept = true;
	}
	if (slept && pipe_writable(pipe))
		pipe_wake(&pipe->wr_wait, PIPE_OUT);
	if (unlikely(err == -EPIPE))
		send_sig(SIGPIPE, current, 0);
	return ret ? ret : err;
}

/* ---- poll, ioctl, fcntl ---------------------------------------------------------------------- */

__poll_t pipe_poll(struct file *file, poll_table *table)
{
	struct pipe_inode_info *pipe = file->private_data;
	unsigned int head, tail;
	__poll_t mask = 0;

	if (file->f_mode & FMODE_READ)
		poll_wait(file, &pipe->rd_wait, table);
	if (file->f_mode & FMODE_WRITE)
		poll_wait(file, &pipe->wr_wait, table);
	head = READ_ONCE(pipe->head);
	tail = READ_ONCE(pipe->tail);
	if (file->f_mode & FMODE_READ) {
		if (!pipe_empty(head, tail))
			mask |= PIPE_IN;
		/* A FIFO opened before any writer came is not hung up. */
		if (!READ_ONCE(pipe->writers) && file->f_version != READ_ONCE(pipe->w_counter))
			mask |= EPOLLHUP;
	}
	if (file->f_mode & FMODE_WRITE) {
		if (!pipe_full(head, tail, READ_ONCE(pipe->ring_size)))
			mask |= PIPE_OUT;
		if (!READ_ONCE(pipe->readers))
			mask |= EPOLLERR;
	}
	return mask;
}

long pipe_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pipe_inode_info *pipe = file->private_data;
	int count = 0;

	if (cmd != FIONREAD)
		return -ENOIOCTLCMD;
	mutex_lock(&pipe->mutex);
	for (unsigned int i = pipe->tail; i != pipe->head; i++)
		count += pipe_slot(pipe, i)->len;
	mutex_unlock(&pipe->mutex);
	return put_user(count, (int __user *)arg);
}

int pipe_fasync(int fd, struct file *file, int on)
{
	struct pipe_inode_info *pipe = file->private_data;
	int err = 0;

	if (file->f_mode & FMODE_READ)
		err = fasync_helper(fd, file, on, &pipe->fasync_readers);
	if (err >= 0 && (file->f_mode & FMODE_WRITE)) {
		err = fasync_helper(fd, file, on, &pipe->fasync_writers);
		if (err < 0 && (file->f_mode & FMODE_READ))
			fasync_helper(-1, file, 0, &pipe->fasync_readers);
	}
	return err;
}

/* A ring of @slots; what is in the old one moves over. */
static int pipe_resize(struct pipe_inode_info *pipe, unsigned int slots)
{
	unsigned int used = pipe_occupancy(pipe->head, pipe->tail);
	struct pipe_buffer *bufs;

	if (slots < used)
		return -EBUSY;
	bufs = kvcalloc(slots, sizeof(*bufs), GFP_KERNEL);
	if (!bufs)
		return -ENOMEM;
	for (unsigned int i = 0; i < used; i++)
		bufs[i] = *pipe_slot(pipe, pipe->tail + i);
	kvfree(pipe->bufs);
	pipe->bufs = bufs;
	WRITE_ONCE(pipe->ring_size, slots);
	WRITE_ONCE(pipe->tail, 0);
	WRITE_ONCE(pipe->head, used);
	return 0;
}

static long pipe_set_size(struct pipe_inode_info *pipe, unsigned long arg)
{
	unsigned int slots;
	int err;

	if (arg > 1ul << 31)
		return -EINVAL;
	slots = roundup_pow_of_two(max(DIV_ROUND_UP(arg, PAGE_SIZE), 1ul));
	if (slots > READ_ONCE(pipe_max_size) / PAGE_SIZE && slots > pipe->ring_size &&
	    !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (!pipe_account(pipe, slots))
		return -EPERM;
	err = pipe_resize(pipe, slots);
	if (err)
		pipe_account(pipe, pipe->ring_size);
	return err ? err : (long)(slots * PAGE_SIZE);
}

struct pipe_inode_info *get_pipe_info(struct file *file)
{
	return file->f_op == &pipe_fops || file->f_op == &pipefifo_fops ? file->private_data : NULL;
}

long pipe_fcntl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pipe_inode_info *pipe = get_pipe_info(file);
	long ret;

	if (!pipe)
		return -EBADF;
	mutex_lock(&pipe->mutex);
	if (cmd == F_SETPIPE_SZ)
		ret = pipe_set_size(pipe, arg);
	else
		ret = pipe->ring_size * PAGE_SIZE;
	mutex_unlock(&pipe->mutex);
	if (cmd == F_SETPIPE_SZ && ret > 0)
		pipe_wake(&pipe->wr_wait, PIPE_OUT);
	return ret;
}
