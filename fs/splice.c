/* SPDX-License-Identifier: MIT */
/*
 * splice(2), tee(2), vmsplice(2): pages move into, out of and between pipes.
 *
 * A page that a pipe shares with the page cache, with user memory or with another pipe carries
 * PIPE_BUF_FLAG_SHARED: it is read, never appended to, and given back by put_page().
 *
 * Locks: nothing is read from a file under a pipe's mutex; a file is written to under it, so that
 * what is not taken stays in its place. Two pipes are locked by address.
 */
#include <lib/err.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uio.h>
#include <mm/mm.h>
#include <mm/pagemap.h>
#include <fs/file.h>
#include <fs/fsnotify.h>
#include <uapi/fs.h>
#include "pipe_ring.h"

#define SPLICE_F_ALL (SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT)
#define STAGE_MAX    16

/* ---- waiting: the mutex is held before and after --------------------------------------------- */

/* 1: there is something; 0: there never will be; -EAGAIN, -ERESTARTSYS. */
static int wait_for_data(struct pipe_inode_info *pipe, unsigned int flags) __must_hold(&pipe->mutex)
{
	int err;

	while (pipe_empty(pipe->head, pipe->tail)) {
		if (!pipe->writers)
			return 0;
		if (flags & SPLICE_F_NONBLOCK)
			return -EAGAIN;
		mutex_unlock(&pipe->mutex);
		err = wait_event_interruptible(pipe->rd_wait, pipe_readable(pipe));
		mutex_lock(&pipe->mutex);
		if (err)
			return err;
	}
	return 1;
}

/* 0: a slot is free; -EPIPE with SIGPIPE, -EAGAIN, -ERESTARTSYS. */
static int wait_for_space(struct pipe_inode_info *pipe, unsigned int flags)
	__must_hold(&pipe->mutex)
{
	int err;

	for (;;) {
		if (!pipe->readers) {
			send_sig(SIGPIPE, current, 0);
			return -EPIPE;
		}
		if (!pipe_full(pipe->head, pipe->tail, pipe->ring_size))
			return 0;
		if (flags & SPLICE_F_NONBLOCK)
			return -EAGAIN;
		mutex_unlock(&pipe->mutex);
		err = wait_event_interruptible(pipe->wr_wait, pipe_writable(pipe));
		mutex_lock(&pipe->mutex);
		if (err)
			return err;
	}
}

/* ---- pages on their way into a pipe ---------------------------------------------------------- */

struct stage {
	struct pipe_buffer buf[STAGE_MAX];
	unsigned int nr;
	size_t bytes;
};

static void stage_add(struct stage *st, struct page *page, unsigned int offset, unsigned int len,
		      unsigned int flags)
{
	st->buf[st->nr++] =
		(struct pipe_buffer){.page = page, .offset = offset, .len = len, .flags = flags};
	st->bytes += len;
}

/* Puts what is staged into the pipe, waiting for room; drops the rest. Bytes, or -errno. */
static ssize_t stage_commit(struct stage *st, struct pipe_inode_info *pipe)
{
	unsigned int i;
	size_t done = 0;
	int err = 0;

	mutex_lock(&pipe->mutex);
	for (i = 0; i < st->nr; i++) {
		err = wait_for_space(pipe, 0);
		if (err)
			break;
		*pipe_slot(pipe, pipe->head) = st->buf[i];
		WRITE_ONCE(pipe->head, pipe->head + 1);
		done += st->buf[i].len;
	}
	mutex_unlock(&pipe->mutex);
	for (; i < st->nr; i++)
		put_page(st->buf[i].page);
	if (done)
		pipe_wrote(pipe);
	return done ? (ssize_t)done : err;
}

/* Free slots, at most STAGE_MAX, once there is one; or -errno. */
static int room_in(struct pipe_inode_info *pipe, unsigned int flags)
{
	int n;

	mutex_lock(&pipe->mutex);
	n = wait_for_space(pipe, flags);
	if (!n)
		n = min(pipe->ring_size - pipe_occupancy(pipe->head, pipe->tail),
			(unsigned int)STAGE_MAX);
	mutex_unlock(&pipe->mutex);
	return n;
}

/* ---- file to pipe ---------------------------------------------------------------------------- */

/* A cached page that holds bytes at @pos, shared; false: there is none. */
static bool stage_cached(struct stage *st, struct file *in, loff_t pos, size_t len)
{
	loff_t size = i_size_read(file_inode(in));
	unsigned int offset = pos & ~PAGE_MASK;
	struct page *page;

	if (!S_ISREG(file_inode(in)->i_mode) || !in->f_mapping || (in->f_flags & O_DIRECT) ||
	    pos >= size)
		return false;
	page = find_get_page(in->f_mapping, pos >> PAGE_SHIFT);
	if (!page)
		return false;
	if (!PageUptodate(page)) {
		put_page(page);
		return false;
	}
	len = min3(len, PAGE_SIZE - offset, (size_t)(size - pos));
	stage_add(st, page, offset, len, PIPE_BUF_FLAG_SHARED);
	return true;
}

/* A page of its own, filled by a read. Bytes, 0 or -errno. */
static ssize_t stage_read(struct stage *st, struct file *in, loff_t *pos, size_t len)
{
	struct page *page = alloc_page(GFP_USER);
	struct bio_vec vec = {.bv_page = page, .bv_len = min(len, PAGE_SIZE)};
	struct iov_iter iter;
	ssize_t n;

	if (!page)
		return -ENOMEM;
	iov_iter_bvec(&iter, ITER_DEST, &vec, 1, vec.bv_len);
	n = vfs_iter_read(in, &iter, pos, 0);
	if (n > 0)
		stage_add(st, page, 0, n, 0);
	else
		put_page(page);
	return n;
}

/* @pos NULL: a stream, of which one read is taken. */
static ssize_t file_to_pipe(struct file *in, loff_t *pos, struct pipe_inode_info *pipe, size_t len,
			    unsigned int flags)
{
	int slots = room_in(pipe, flags);
	struct stage st = {};
	loff_t at = pos ? *pos : 0;
	ssize_t n = 0;

	if (slots < 0)
		return slots;
	while (len > st.bytes && st.nr < (unsigned int)slots) {
		size_t before = st.bytes;

		if (!pos) {
			n = stage_read(&st, in, NULL, len);
			break;
		}
		if (!stage_cached(&st, in, at, len - before)) {
			loff_t p = at;

			n = stage_read(&st, in, &p, len - before);
			if (n <= 0)
				break;
		}
		at += st.bytes - before;
	}
	if (!st.nr)
		return n;
	n = stage_commit(&st, pipe);
	if (n > 0 && pos)
		*pos += n;
	if (n > 0)
		file_accessed(in);
	fsnotify_access(in, n);
	return n;
}

/* ---- pipe to file ---------------------------------------------------------------------------- */

/* Writes the slot at tail; bytes or -errno. Mutex held. */
static ssize_t write_slot(struct pipe_inode_info *pipe, struct file *out, loff_t *pos, size_t len)
{
	struct pipe_buffer *buf = pipe_slot(pipe, pipe->tail);
	struct bio_vec vec = {.bv_page = buf->page,
			      .bv_offset = buf->offset,
			      .bv_len = min_t(size_t, buf->len, len)};
	struct iov_iter iter;
	ssize_t n;

	iov_iter_bvec(&iter, ITER_SOURCE, &vec, 1, vec.bv_len);
	n = vfs_iter_write(out, &iter, pos, 0);
	if (n <= 0)
		return n;
	buf->offset += n;
	buf->len -= n;
	if (!buf->len)
		pipe_drop_tail(pipe);
	return n;
}

static ssize_t pipe_to_file(struct pipe_inode_info *pipe, struct file *out, loff_t *pos, size_t len,
			    unsigned int flags)
{
	size_t done = 0;
	ssize_t n;

	mutex_lock(&pipe->mutex);
	n = wait_for_data(pipe, flags);
	while (n > 0 && done < len && !pipe_empty(pipe->head, pipe->tail)) {
		n = write_slot(pipe, out, pos, len - done);
		if (n > 0)
			done += n;
	}
	mutex_unlock(&pipe->mutex);
	if (done)
		pipe_freed(pipe);
	return done ? (ssize_t)done : n;
}

/* ---- pipe to pipe ---------------------------------------------------------------------------- */

static void lock_pipes(struct pipe_inode_info *a, struct pipe_inode_info *b) __acquires(&a->mutex)
	__acquires(&b->mutex)
{
	if (a > b)
		swap(a, b);
	mutex_lock(&a->mutex);
	mutex_lock_nested(&b->mutex, 1);
}

static void unlock_pipes(struct pipe_inode_info *a, struct pipe_inode_info *b) __releases(&a->mutex)
	__releases(&b->mutex)
{
	mutex_unlock(&a->mutex);
	mutex_unlock(&b->mutex);
}

/* The page of @from is @to's as well: neither may write to it any more. */
static void share_slot(struct pipe_buffer *to, struct pipe_buffer *from, size_t len)
{
	from->flags = (from->flags & ~PIPE_BUF_FLAG_MERGE) | PIPE_BUF_FLAG_SHARED;
	*to = *from;
	get_page(to->page);
	to->len = min_t(size_t, from->len, len);
}

/* What goes over at once; both locked. */
static size_t move_slots(struct pipe_inode_info *in, struct pipe_inode_info *out, size_t len)
{
	size_t done = 0;

	while (done < len && !pipe_empty(in->head, in->tail) &&
	       !pipe_full(out->head, out->tail, out->ring_size)) {
		struct pipe_buffer *from = pipe_slot(in, in->tail), *to = pipe_slot(out, out->head);

		if (from->len <= len - done) {
			*to = *from;
			from->page = NULL;
			WRITE_ONCE(in->tail, in->tail + 1);
		} else {
			share_slot(to, from, len - done);
			from->offset += to->len;
			from->len -= to->len;
		}
		WRITE_ONCE(out->head, out->head + 1);
		done += to->len;
	}
	return done;
}

static size_t copy_slots(struct pipe_inode_info *in, struct pipe_inode_info *out, size_t len)
{
	size_t done = 0;

	for (unsigned int i = in->tail; i != in->head && done < len; i++) {
		struct pipe_buffer *to = pipe_slot(out, out->head);

		if (pipe_full(out->head, out->tail, out->ring_size))
			break;
		share_slot(to, pipe_slot(in, i), len - done);
		WRITE_ONCE(out->head, out->head + 1);
		done += to->len;
	}
	return done;
}

/* Waits for both ends in turn and then does all that can be done at once. */
static ssize_t pipe_to_pipe(struct pipe_inode_info *in, struct pipe_inode_info *out, size_t len,
			    unsigned int flags, bool copy)
{
	size_t done = 0;
	int n;

	while (!done) {
		mutex_lock(&in->mutex);
		n = wait_for_data(in, flags);
		mutex_unlock(&in->mutex);
		if (n <= 0)
			return n;
		mutex_lock(&out->mutex);
		n = wait_for_space(out, flags);
		mutex_unlock(&out->mutex);
		if (n)
			return n;
		lock_pipes(in, out);
		if (out->readers)
			done = copy ? copy_slots(in, out, len) : move_slots(in, out, len);
		unlock_pipes(in, out);
	}
	if (!copy)
		pipe_freed(in);
	pipe_wrote(out);
	return done;
}

/* ---- splice(2) ------------------------------------------------------------------------------- */

static unsigned int nonblock_of(const struct file *file)
{
	return file->f_flags & O_NONBLOCK ? SPLICE_F_NONBLOCK : 0;
}

static ssize_t splice_out(struct file *in, struct file *out, loff_t *off, size_t len,
			  unsigned int flags)
{
	loff_t pos = off ? *off : out->f_pos;
	bool stream = out->f_mode & FMODE_STREAM;
	ssize_t n;

	if (off && !(out->f_mode & FMODE_PWRITE))
		return -EINVAL;
	if ((out->f_flags & O_APPEND) || !out->f_op->write_iter || pos < 0)
		return -EINVAL;
	n = pipe_to_file(get_pipe_info(in), out, stream ? NULL : &pos, len,
			 flags | nonblock_of(in));
	if (off)
		*off = pos;
	else if (!stream)
		out->f_pos = pos;
	return n;
}

static ssize_t splice_in(struct file *in, loff_t *off, struct file *out, size_t len,
			 unsigned int flags)
{
	loff_t pos = off ? *off : in->f_pos;
	bool stream = in->f_mode & FMODE_STREAM;
	ssize_t n;

	if (off && !(in->f_mode & FMODE_PREAD))
		return -EINVAL;
	if (!in->f_op->read_iter || pos < 0)
		return -EINVAL;
	n = file_to_pipe(in, stream ? NULL : &pos, get_pipe_info(out), len,
			 flags | nonblock_of(out));
	if (off)
		*off = pos;
	else if (!stream)
		in->f_pos = pos;
	return n;
}

ssize_t do_splice(struct file *in, loff_t *off_in, struct file *out, loff_t *off_out, size_t len,
		  unsigned int flags)
{
	struct pipe_inode_info *ipipe = get_pipe_info(in), *opipe = get_pipe_info(out);

	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE))
		return -EBADF;
	len = min_t(size_t, len, MAX_RW_COUNT);
	if (ipipe && opipe)
		return ipipe == opipe ?
			       -EINVAL :
			       pipe_to_pipe(ipipe, opipe, len,
					    flags | nonblock_of(in) | nonblock_of(out), false);
	if (ipipe)
		return splice_out(in, out, off_out, len, flags);
	if (opipe)
		return splice_in(in, off_in, out, len, flags);
	return -EINVAL;
}

static ssize_t splice_files(struct file *in, loff_t __user *uin, struct file *out,
			    loff_t __user *uout, size_t len, unsigned int flags)
{
	loff_t ipos, opos;
	ssize_t n;

	if ((uin && get_pipe_info(in)) || (uout && get_pipe_info(out)))
		return -ESPIPE;
	if ((uin && copy_from_user(&ipos, uin, sizeof(ipos))) ||
	    (uout && copy_from_user(&opos, uout, sizeof(opos))))
		return -EFAULT;
	n = do_splice(in, uin ? &ipos : NULL, out, uout ? &opos : NULL, len, flags);
	if (n < 0)
		return n;
	if ((uin && copy_to_user(uin, &ipos, sizeof(ipos))) ||
	    (uout && copy_to_user(uout, &opos, sizeof(opos))))
		return -EFAULT;
	return n;
}

SYSCALL_DEFINE6(splice, int, fd_in, loff_t __user *, off_in, int, fd_out, loff_t __user *, off_out,
		size_t, len, unsigned int, flags)
{
	struct fd in, out;
	ssize_t n = -EBADF;

	if (!len)
		return 0;
	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	in = fdget(fd_in);
	out = fdget(fd_out);
	if (!fd_empty(in) && !fd_empty(out))
		n = splice_files(fd_file(in), off_in, fd_file(out), off_out, len, flags);
	if (!fd_empty(out))
		fdput(out);
	if (!fd_empty(in))
		fdput(in);
	return n;
}

/* ---- tee(2) ---------------------------------------------------------------------------------- */

ssize_t do_tee(struct file *in, struct file *out, size_t len, unsigned int flags)
{
	struct pipe_inode_info *ipipe = get_pipe_info(in), *opipe = get_pipe_info(out);

	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!ipipe || !opipe || ipipe == opipe)
		return -EINVAL;
	return pipe_to_pipe(ipipe, opipe, min_t(size_t, len, MAX_RW_COUNT),
			    flags | nonblock_of(in) | nonblock_of(out), true);
}

SYSCALL_DEFINE4(tee, int, fd_in, int, fd_out, size_t, len, unsigned int, flags)
{
	struct fd in, out;
	ssize_t n = -EBADF;

	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	if (!len)
		return 0;
	in = fdget(fd_in);
	out = fdget(fd_out);
	if (!fd_empty(in) && !fd_empty(out))
		n = do_tee(fd_file(in), fd_file(out), len, flags);
	if (!fd_empty(out))
		fdput(out);
	if (!fd_empty(in))
		fdput(in);
	return n;
}

/* ---- vmsplice(2) ----------------------------------------------------------------------------- */

/* User pages at @base, as many as there is room for; 0 or -errno if there were none. */
static int stage_user(struct stage *st, unsigned long base, size_t len, unsigned int slots)
{
	struct page *pages[STAGE_MAX];
	unsigned int offset = base & ~PAGE_MASK;
	unsigned long want =
		min_t(unsigned long, DIV_ROUND_UP(offset + len, PAGE_SIZE), slots - st->nr);
	long got = get_user_pages_fast(base & PAGE_MASK, want, 0, pages);

	if (got <= 0)
		return st->nr ? 0 : (got ? (int)got : -EFAULT);
	for (long i = 0; i < got; i++) {
		size_t n = min(len, PAGE_SIZE - offset);

		stage_add(st, pages[i], offset, n, PIPE_BUF_FLAG_SHARED);
		len -= n;
		offset = 0;
	}
	return 0;
}

static ssize_t user_to_pipe(struct pipe_inode_info *pipe, const struct iovec *iov, size_t segs,
			    unsigned int flags)
{
	int slots = room_in(pipe, flags), err = 0;
	struct stage st = {};

	if (slots < 0)
		return slots;
	for (; segs && !err && st.nr < (unsigned int)slots; segs--, iov++) {
		size_t before = st.bytes;

		if (!iov->iov_len)
			continue;
		err = stage_user(&st, (unsigned long)iov->iov_base, iov->iov_len, slots);
		if (st.bytes - before < iov->iov_len)
			break;
	}
	return st.nr ? stage_commit(&st, pipe) : err;
}

/* The reading side: bytes are copied, as read(2) does. */
static ssize_t pipe_to_user(struct file *file, struct iov_iter *iter, unsigned int flags)
{
	struct pipe_inode_info *pipe = get_pipe_info(file);
	ssize_t n;

	mutex_lock(&pipe->mutex);
	n = wait_for_data(pipe, flags);
	mutex_unlock(&pipe->mutex);
	return n <= 0 ? n : vfs_iter_read(file, iter, NULL, 0);
}

static ssize_t vmsplice_iter(struct file *file, struct iov_iter *iter, unsigned int flags)
{
	struct pipe_inode_info *pipe = get_pipe_info(file);
	struct iovec one = {.iov_base = iter->ubuf, .iov_len = iter->count};

	if (!(file->f_mode & FMODE_WRITE))
		return pipe_to_user(file, iter, flags);
	if (iter->type == ITER_UBUF)
		return user_to_pipe(pipe, &one, 1, flags);
	return user_to_pipe(pipe, iter->iov, iter->nr_segs, flags);
}

static ssize_t do_vmsplice(struct file *file, const struct iovec __user *uvec, unsigned long nr,
			   unsigned int flags)
{
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	bool write = file->f_mode & FMODE_WRITE;
	struct iov_iter iter;
	ssize_t n;

	if (!get_pipe_info(file))
		return -EBADF;
	n = import_iovec(write ? ITER_SOURCE : ITER_DEST, uvec, nr, UIO_FASTIOV, &iov, &iter);
	if (n < 0)
		return n;
	if (n)
		n = vmsplice_iter(file, &iter, flags | nonblock_of(file));
	kfree(iov);
	return n;
}

SYSCALL_DEFINE4(vmsplice, int, fd, const struct iovec __user *, vec, unsigned long, nr,
		unsigned int, flags)
{
	struct fd f;
	ssize_t n;

	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	if (nr > UIO_MAXIOV)
		return -EINVAL;
	f = fdget(fd);
	if (fd_empty(f))
		return -EBADF;
	n = do_vmsplice(fd_file(f), vec, nr, flags);
	fdput(f);
	return n;
}
