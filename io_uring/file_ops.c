/* SPDX-License-Identifier: MIT */
/*
 * Operations on open files that are neither read nor written: FSYNC, FALLOCATE, SPLICE, EPOLL_CTL,
 * ... and MSG_RING.
 */
#include <kernel/io_uring.h>
#include <mm/madvise.h>
#include <mm/mm.h>
#include <fs/eventpoll.h>
#include <uapi/fs.h>
#include "io_uring.h"

struct io_file_cmd {
	u64 off, len, off2;
	u32 flags;
	int fd;
};

static struct io_file_cmd *file_cmd(struct io_kiocb *req)
{
	return io_cmd(req, struct io_file_cmd);
}

/* ---- FSYNC, SYNC_FILE_RANGE, FALLOCATE ------------------------------------------------------- */

int io_fsync_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	if (sqe->fsync_flags & ~IORING_FSYNC_DATASYNC)
		return -EINVAL;
	*file_cmd(req) =
		(struct io_file_cmd){.off = sqe->off, .len = sqe->len, .flags = sqe->fsync_flags};
	return 0;
}

int io_fsync(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_file_cmd *c = file_cmd(req);
	loff_t end = c->off + c->len;

	return io_done(req, vfs_fsync_range(req->file, c->off, end > 0 ? end : MAX_LFS_FILESIZE,
					    c->flags & IORING_FSYNC_DATASYNC));
}

int io_sync_file_range_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	*file_cmd(req) = (struct io_file_cmd){
		.off = sqe->off, .len = sqe->len, .flags = sqe->sync_range_flags};
	return 0;
}

int io_sync_file_range(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_file_cmd *c = file_cmd(req);

	return io_done(req, do_sync_file_range(req->file, c->off, c->len, c->flags));
}

int io_fallocate_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	*file_cmd(req) = (struct io_file_cmd){.off = sqe->off, .len = sqe->addr, .flags = sqe->len};
	return 0;
}

int io_fallocate(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_file_cmd *c = file_cmd(req);

	return io_done(req, vfs_fallocate(req->file, c->flags, c->off, c->len));
}

/* ---- FADVISE, MADVISE ------------------------------------------------------------------------ */

int io_fadvise_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	*file_cmd(req) = (struct io_file_cmd){
		.off = sqe->off, .len = sqe->len, .flags = sqe->fadvise_advice};
	return 0;
}

int io_fadvise(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_file_cmd *c = file_cmd(req);

	return io_done(req, vfs_fadvise(req->file, c->off, c->len, c->flags));
}

int io_madvise_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	*file_cmd(req) = (struct io_file_cmd){
		.off = sqe->addr, .len = sqe->len, .flags = sqe->fadvise_advice};
	return 0;
}

int io_madvise(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_file_cmd *c = file_cmd(req);

	return io_done(req, do_madvise(current->mm, c->off, c->len, c->flags));
}

/* ---- SPLICE, TEE ----------------------------------------------------------------------------- */

int io_splice_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	*file_cmd(req) = (struct io_file_cmd){.off = sqe->splice_off_in,
					      .off2 = sqe->off,
					      .len = sqe->len,
					      .flags = sqe->splice_flags,
					      .fd = sqe->splice_fd_in};
	return sqe->splice_flags & ~(SPLICE_F_FD_IN_FIXED | SPLICE_F_MOVE | SPLICE_F_NONBLOCK |
				     SPLICE_F_MORE | SPLICE_F_GIFT) ?
		       -EINVAL :
		       0;
}

int io_tee_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	return sqe->splice_off_in || sqe->off ? -EINVAL : io_splice_prep(req, sqe);
}

/* The file that bytes come from, referenced; NULL: none. */
static struct file *splice_in_file(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_file_cmd *c = file_cmd(req);
	struct io_ring_ctx *ctx = req->ctx;
	struct file *file = NULL;

	if (!(c->flags & SPLICE_F_FD_IN_FIXED))
		return fget(c->fd);
	io_ring_submit_lock(ctx, issue_flags);
	if ((u32)c->fd < ctx->files.nr && ctx->files.nodes[c->fd])
		file = get_file(ctx->files.nodes[c->fd]->file);
	io_ring_submit_unlock(ctx, issue_flags);
	return file;
}

static int splice_done(struct io_kiocb *req, long n)
{
	if (n >= 0 && n != (long)file_cmd(req)->len)
		req_set_fail(req);
	return io_done(req, n);
}

int io_splice(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_file_cmd *c = file_cmd(req);
	unsigned int flags = c->flags & ~SPLICE_F_FD_IN_FIXED;
	struct file *in = splice_in_file(req, issue_flags);
	loff_t off_in = c->off, off_out = c->off2;
	long n = 0;

	if (!in)
		return io_done(req, -EBADF);
	/* A pipe has no offsets. */
	if ((off_in != -1 && S_ISFIFO(file_inode(in)->i_mode)) ||
	    (off_out != -1 && S_ISFIFO(file_inode(req->file)->i_mode)))
		n = -ESPIPE;
	else if (c->len)
		n = do_splice(in, off_in == -1 ? NULL : &off_in, req->file,
			      off_out == -1 ? NULL : &off_out, c->len, flags);
	fput(in);
	return splice_done(req, n);
}

int io_tee(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_file_cmd *c = file_cmd(req);
	struct file *in = splice_in_file(req, issue_flags);
	long n = 0;

	if (!in)
		return io_done(req, -EBADF);
	if (c->len)
		n = do_tee(in, req->file, c->len, c->flags & ~SPLICE_F_FD_IN_FIXED);
	fput(in);
	return splice_done(req, n);
}

/* ---- EPOLL_CTL ------------------------------------------------------------------------------- */

struct io_epoll_cmd {
	int epfd, op, fd;
	struct epoll_event event;
};

int io_epoll_ctl_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_epoll_cmd *e = io_cmd(req, struct io_epoll_cmd);

	e->epfd = sqe->fd;
	e->op = sqe->len;
	e->fd = sqe->off;
	if (e->op == EPOLL_CTL_DEL)
		return 0;
	return copy_from_user(&e->event, u64_to_user_ptr(sqe->addr), sizeof(e->event)) ? -EFAULT :
											 0;
}

int io_epoll_ctl(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_epoll_cmd *e = io_cmd(req, struct io_epoll_cmd);
	struct file *ep = fget(e->epfd), *file = fget(e->fd);
	int err = -EBADF;

	if (ep && file)
		err = do_epoll_ctl(ep, e->op, e->fd, file, &e->event);
	if (file)
		fput(file);
	if (ep)
		fput(ep);
	return io_done(req, err);
}

/* ---- MSG_RING -------------------------------------------------------------------------------- */

struct io_msg_cmd {
	u64 data, cmd, src;
	u32 len, dst, flags;
};

int io_msg_ring_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_msg_cmd *m = io_cmd(req, struct io_msg_cmd);

	if (sqe->personality)
		return -EINVAL;
	*m = (struct io_msg_cmd){.data = sqe->off,
				 .len = sqe->len,
				 .cmd = sqe->addr,
				 .src = sqe->addr3,
				 .dst = sqe->file_index,
				 .flags = sqe->msg_ring_flags};
	return m->flags & ~IORING_MSG_RING_CQE_SKIP ? -EINVAL : 0;
}

static int msg_post(struct io_ring_ctx *to, const struct io_msg_cmd *m)
{
	struct io_cqe cqe = {.user_data = m->data, .res = m->len};

	return io_post_cqe(to, &cqe) ? 0 : -EOVERFLOW;
}

/* In a worker: the two rings' locks are taken one after the other. */
static int msg_send_fd(struct io_kiocb *req, struct io_ring_ctx *to, struct io_msg_cmd *m)
{
	struct io_ring_ctx *ctx = req->ctx;
	struct file *file = NULL;
	int err;

	mutex_lock(&ctx->uring_lock);
	if (m->src < ctx->files.nr && ctx->files.nodes[m->src])
		file = get_file(ctx->files.nodes[m->src]->file);
	mutex_unlock(&ctx->uring_lock);
	if (!file)
		return -EBADF;
	mutex_lock(&to->uring_lock);
	err = m->dst ? io_fixed_install(to, file, m->dst) : -EINVAL;
	mutex_unlock(&to->uring_lock);
	if (!m->dst)
		fput(file);
	if (err < 0 || (m->flags & IORING_MSG_RING_CQE_SKIP))
		return err;
	return msg_post(to, m) ? -EOVERFLOW : err;
}

int io_msg_ring(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_msg_cmd *m = io_cmd(req, struct io_msg_cmd);
	struct io_ring_ctx *to = io_ring_of(req->file);
	int err;

	if (!to)
		return io_done(req, -EBADFD);
	if (READ_ONCE(to->flags) & IORING_SETUP_R_DISABLED)
		return io_done(req, -EBADFD);
	switch (m->cmd) {
	case IORING_MSG_DATA:
		if (m->src || m->dst || m->flags)
			return io_done(req, -EINVAL);
		return io_done(req, msg_post(to, m));
	case IORING_MSG_SEND_FD:
		if (to == req->ctx || m->len)
			return io_done(req, -EINVAL);
		if (!(issue_flags & IO_URING_F_UNLOCKED)) {
			req->flags |= REQ_F_NO_POLL;
			return -EAGAIN;
		}
		err = msg_send_fd(req, to, m);
		return io_done(req, err);
	default:
		return io_done(req, -EINVAL);
	}
}
