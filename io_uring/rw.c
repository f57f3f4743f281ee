/* SPDX-License-Identifier: MIT */
/*
 * READ, WRITE and their vector and fixed-buffer forms. Which files are read and written in the
 * submission itself: those in memory, those that know IOCB_NOWAIT, and those whose poll says that
 * they are ready and that know it (pipes, sockets, eventfd). The rest goes to a worker, after poll
 * where there is one.
 */
#include <kernel/sched_signal.h>
#include <mm/shmem.h>
#include "io_uring.h"

static bool is_vector(u8 op)
{
	return op == IORING_OP_READV || op == IORING_OP_WRITEV;
}

static bool is_write(u8 op)
{
	return op == IORING_OP_WRITE || op == IORING_OP_WRITEV || op == IORING_OP_WRITE_FIXED;
}

static bool is_fixed(u8 op)
{
	return op == IORING_OP_READ_FIXED || op == IORING_OP_WRITE_FIXED;
}

void io_rw_cleanup(struct io_kiocb *req)
{
	kfree(req->rw.iov);
	req->rw.iov = NULL;
}

static int import_vector(struct io_kiocb *req, struct io_rw *rw, enum iter_dir dir)
{
	ssize_t n;

	if (req->flags & REQ_F_BUFFER_SELECT) {
		struct iovec iov;

		/* One element, of which the length counts. */
		if (rw->len != 1)
			return -EINVAL;
		if (copy_from_user(&iov, u64_to_user_ptr(rw->addr), sizeof(iov)))
			return -EFAULT;
		rw->len = min_t(size_t, iov.iov_len, MAX_RW_COUNT);
		return 0;
	}
	rw->iov = &rw->fast;
	n = import_iovec(dir, u64_to_user_ptr(rw->addr), rw->len, 1, &rw->iov, &rw->iter);
	if (n < 0) {
		rw->iov = NULL;
		return n;
	}
	if (rw->iov)
		req->flags |= REQ_F_CLEANUP;
	return 0;
}

static int import_registered(struct io_kiocb *req, struct io_rw *rw, enum iter_dir dir)
{
	struct io_rsrc_table *t = &req->ctx->bufs;
	struct io_rsrc_node *node;

	if (req->buf_index >= t->nr || !t->nodes[req->buf_index])
		return -EFAULT;
	node = t->nodes[req->buf_index];
	req->buf_node = io_rsrc_get(node);
	return io_import_fixed(dir, &rw->iter, node->buf, rw->addr, rw->len);
}

/* uring_lock held, in the submitter: what points to user memory is copied now. */
int io_prep_rw(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	enum iter_dir dir = is_write(req->opcode) ? ITER_SOURCE : ITER_DEST;
	struct io_rw *rw = &req->rw;

	/* ioprio_set(2): a class of 0 to 3 above 13 bits; real time is privileged. */
	if (sqe->ioprio >> 13 > 3)
		return -EINVAL;
	if (sqe->ioprio >> 13 == 1 && !capable(CAP_SYS_NICE))
		return -EPERM;
	rw->addr = sqe->addr;
	rw->len = sqe->len;
	rw->pos = sqe->off;
	rw->rwf = (__force int)sqe->rw_flags;
	rw->cur_pos = rw->pos == (u64)-1;
	rw->done = 0;
	rw->iov = NULL;
	if (is_fixed(req->opcode))
		rw->error = import_registered(req, rw, dir);
	else if (is_vector(req->opcode))
		rw->error = import_vector(req, rw, dir);
	else if (req->flags & REQ_F_BUFFER_SELECT)
		rw->error = 0;
	else
		rw->error = import_ubuf(dir, u64_to_user_ptr(rw->addr), rw->len, &rw->iter);
	return 0;
}

/* The buffer that it takes from its group now. */
static int select_buffer(struct io_kiocb *req, unsigned int issue_flags)
{
	size_t len = req->rw.len;
	void __user *buf = io_buffer_select(req, &len, issue_flags);

	if (!buf)
		return -ENOBUFS;
	req->rw.addr = (unsigned long)buf;
	return import_ubuf(ITER_DEST, buf, len, &req->rw.iter);
}

/* Whether the file may be used at once. -EAGAIN: not now. *rwf gets what keeps it from sleeping. */
static int may_go(struct io_kiocb *req, bool write, int *rwf)
{
	struct file *file = req->file;

	if (S_ISREG(file_inode(file)->i_mode)) {
		if (file->f_mapping && shmem_mapping(file->f_mapping))
			return 0;
		return -EAGAIN;
	}
	if (file->f_mode & FMODE_NOWAIT) {
		if (S_ISBLK(file_inode(file)->i_mode) && write)
			return -EAGAIN;
		*rwf |= (__force int)RWF_NOWAIT;
		return 0;
	}
	if (file_can_poll(file) && !(req->flags & REQ_F_NO_POLL)) {
		__poll_t want = write ? EPOLLOUT : EPOLLIN;

		if (vfs_poll(file, NULL) & (want | EPOLLERR | EPOLLHUP))
			req->flags |= REQ_F_NO_POLL; /* a worker can go on */
	}
	return -EAGAIN;
}

/* A file without iterators, which wants a plain user buffer. */
static ssize_t plain_rw(struct io_rw *rw, struct file *file, loff_t *pos, bool write)
{
	struct iov_iter *iter = &rw->iter;
	size_t len = iov_iter_single_seg_count(iter);
	char __user *buf;

	if (iter->type == ITER_UBUF)
		buf = (char __user *)iter->ubuf + iter->iov_offset;
	else if (iter->type == ITER_IOVEC)
		buf = (char __user *)iter->iov->iov_base + iter->iov_offset;
	else /* a registered buffer: where it was */
		buf = u64_to_user_ptr(rw->addr), len = rw->len;
	return write ? vfs_write(file, buf, len, pos) : vfs_read(file, buf, len, pos);
}

static ssize_t rw_at(struct io_rw *rw, struct file *file, bool write, int rwf, loff_t *pos)
{
	bool iters = write ? file->f_op->write_iter : file->f_op->read_iter;

	if (!(file->f_mode & (write ? FMODE_CAN_WRITE : FMODE_CAN_READ)))
		return S_ISDIR(file_inode(file)->i_mode) && !write ? -EISDIR : -EINVAL;
	if (!iters)
		return plain_rw(rw, file, pos, write);
	return write ? vfs_iter_write(file, &rw->iter, pos, rwf) :
		       vfs_iter_read(file, &rw->iter, pos, rwf);
}

static ssize_t do_rw(struct io_kiocb *req, struct file *file, bool write, int rwf)
{
	struct io_rw *rw = &req->rw;
	loff_t pos = rw->pos;
	ssize_t n;

	if (file->f_mode & FMODE_STREAM)
		return rw_at(rw, file, write, rwf, NULL);
	if (!rw->cur_pos)
		return rw_at(rw, file, write, rwf, &pos);
	mutex_lock(&file->f_pos_lock);
	n = rw_at(rw, file, write, rwf, &file->f_pos);
	mutex_unlock(&file->f_pos_lock);
	return n;
}

static int issue_rw(struct io_kiocb *req, unsigned int issue_flags, bool write)
{
	struct file *file = req->file;
	struct io_rw *rw = &req->rw;
	int rwf = rw->rwf, err;
	size_t want;
	ssize_t n;

	if (!(file->f_mode & (write ? FMODE_WRITE : FMODE_READ)))
		return io_done(req, -EBADF);
	if (unlikely(rw->error))
		return io_done(req, rw->error);
	if (rwf & (__force int)RWF_NOWAIT)
		req->flags |= REQ_F_NOWAIT;
	if (rwf & (__force int)RWF_HIPRI)
		return io_done(req, -EINVAL); /* of rings with IOPOLL */
	if (issue_flags & IO_URING_F_NONBLOCK) {
		err = may_go(req, write, &rwf);
		if (err && !(req->flags & REQ_F_NOWAIT))
			return err;
	}
	if (req->flags & REQ_F_BUFFER_SELECT) {
		err = select_buffer(req, issue_flags);
		if (err)
			return io_done(req, err);
	}
	want = iov_iter_count(&rw->iter);
	n = do_rw(req, file, write, rwf);
	if (n == -EAGAIN && (issue_flags & IO_URING_F_NONBLOCK) && !(req->flags & REQ_F_NOWAIT)) {
		io_kbuf_recycle(req, issue_flags);
		return -EAGAIN;
	}
	n = io_fix_restart(n);
	if (n < (ssize_t)want) /* a short one breaks its chain, too */
		req_set_fail(req);
	io_req_set_res(req, n, io_put_kbuf(req));
	return IOU_OK;
}

int io_read(struct io_kiocb *req, unsigned int issue_flags)
{
	return issue_rw(req, issue_flags, false);
}

int io_write(struct io_kiocb *req, unsigned int issue_flags)
{
	return issue_rw(req, issue_flags, true);
}
