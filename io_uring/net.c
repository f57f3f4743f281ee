/* SPDX-License-Identifier: MIT */
/* Sockets: SEND, RECV, SENDMSG, RECVMSG, ACCEPT, CONNECT, SHUTDOWN, SOCKET. */
#include <kernel/sched_signal.h>
#include <net/net.h>
#include <net/sock.h>
#include "io_uring.h"

/* ---- SEND, RECV, SENDMSG, RECVMSG ------------------------------------------------------------ */

void io_sr_cleanup(struct io_kiocb *req)
{
	if (!req->sr.msg)
		return;
	kfree(req->sr.msg->iov);
	kfree(req->sr.msg);
	req->sr.msg = NULL;
}

static int sr_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe, bool send)
{
	struct io_sr *sr = &req->sr;

	if (sqe->file_index && !(send && req->opcode == IORING_OP_SEND))
		return -EINVAL;
	sr->addr = u64_to_user_ptr(sqe->addr);
	sr->len = min_t(u32, sqe->len, MAX_RW_COUNT);
	sr->done = 0;
	sr->msg_flags = sqe->msg_flags | MSG_NOSIGNAL;
	sr->ioprio = sqe->ioprio;
	sr->error = 0;
	sr->msg = NULL;
	sr->name = NULL;
	if (sr->ioprio & ~IORING_RECVSEND_POLL_FIRST)
		return -EINVAL;
	if (sr->msg_flags & MSG_DONTWAIT)
		req->flags |= REQ_F_NOWAIT;
	if (req->opcode == IORING_OP_SEND) {
		sr->name = u64_to_user_ptr(sqe->addr2);
		sr->name_len = sqe->addr_len;
		if (sqe->__pad3[0])
			return -EINVAL;
	} else if (sqe->addr2) {
		return -EINVAL;
	}
	return 0;
}

/* A header with the group's buffer instead of its own vector. */
static int limit_selected(struct io_kiocb *req, struct user_msg *m)
{
	if (m->hdr.msg_iovlen > 1)
		return -EINVAL;
	req->sr.len = iov_iter_count(&m->msg.msg_iter);
	return 0;
}

static int msg_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe, enum iter_dir dir)
{
	struct io_sr *sr = &req->sr;
	int err = sr_prep(req, sqe, dir == ITER_SOURCE);

	if (err)
		return err;
	sr->msg = kmalloc(sizeof(*sr->msg), GFP_KERNEL);
	if (!sr->msg)
		return -ENOMEM;
	err = import_msghdr(sr->msg, (const struct user_msghdr __user *)sr->addr, dir);
	if (err) {
		kfree(sr->msg);
		sr->msg = NULL;
		sr->error = err;
		return 0;
	}
	req->flags |= REQ_F_CLEANUP;
	if (req->flags & REQ_F_BUFFER_SELECT)
		sr->error = limit_selected(req, sr->msg);
	return 0;
}

int io_sendmsg_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	if (req->opcode == IORING_OP_SEND)
		return sr_prep(req, sqe, true);
	return msg_prep(req, sqe, ITER_SOURCE);
}

int io_recvmsg_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	if (req->opcode == IORING_OP_RECV)
		return sr_prep(req, sqe, false);
	return msg_prep(req, sqe, ITER_DEST);
}

/* Flags of this attempt: it must not sleep. */
static unsigned int attempt_flags(const struct io_kiocb *req, unsigned int issue_flags)
{
	unsigned int flags = req->sr.msg_flags;

	if ((issue_flags & IO_URING_F_NONBLOCK) || (req->file->f_flags & O_NONBLOCK))
		flags |= MSG_DONTWAIT;
	return flags;
}

/* The first attempt is left out: the program knows that it would be for nothing. */
static bool poll_first(struct io_kiocb *req, unsigned int issue_flags)
{
	if (!(req->sr.ioprio & IORING_RECVSEND_POLL_FIRST) || !(issue_flags & IO_URING_F_NONBLOCK))
		return false;
	req->sr.ioprio = 0;
	return true;
}

/*
 * One attempt made @n of @want bytes: the request's answer, or -EAGAIN for another. With
 * MSG_WAITALL on a stream a part is not enough.
 */
static int sr_result(struct io_kiocb *req, const struct socket *sock, long n, size_t want,
		     unsigned int issue_flags)
{
	struct io_sr *sr = &req->sr;
	bool may_wait = (issue_flags & IO_URING_F_NONBLOCK) && !(req->flags & REQ_F_NOWAIT);
	bool all = (sr->msg_flags & MSG_WAITALL) &&
		   (sock->type == SOCK_STREAM || sock->type == SOCK_SEQPACKET);

	if (n == -EAGAIN && may_wait) {
		io_kbuf_recycle(req, issue_flags);
		return -EAGAIN;
	}
	if (n > 0 && (size_t)n < want && all && may_wait && !(req->flags & REQ_F_BUFFER_SELECT)) {
		sr->done += n;
		return -EAGAIN;
	}
	n = io_fix_restart(n);
	if (n < 0 || (all && (size_t)n < want))
		req_set_fail(req);
	if (n >= 0)
		n += sr->done;
	else if (sr->done)
		n = sr->done;
	io_req_set_res(req, n, io_put_kbuf(req));
	return IOU_OK;
}

int io_send(struct io_kiocb *req, unsigned int issue_flags)
{
	struct socket *sock = sock_from_file(req->file);
	struct __kernel_sockaddr_storage addr;
	struct io_sr *sr = &req->sr;
	struct msghdr msg = {};
	int err;

	if (!sock)
		return io_done(req, -ENOTSOCK);
	if (poll_first(req, issue_flags))
		return -EAGAIN;
	err = import_ubuf(ITER_SOURCE, (char __user *)sr->addr + sr->done, sr->len - sr->done,
			  &msg.msg_iter);
	if (!err && sr->name) {
		err = move_addr_to_kernel(sr->name, sr->name_len, &addr);
		msg.msg_name = &addr;
		msg.msg_namelen = sr->name_len;
	}
	if (err)
		return io_done(req, err);
	msg.msg_flags = attempt_flags(req, issue_flags);
	return sr_result(req, sock, sock_sendmsg(sock, &msg), sr->len - sr->done, issue_flags);
}

int io_recv(struct io_kiocb *req, unsigned int issue_flags)
{
	struct socket *sock = sock_from_file(req->file);
	void __user *buf = req->sr.addr;
	struct io_sr *sr = &req->sr;
	size_t len = sr->len;
	struct msghdr msg = {};
	int err;

	if (!sock)
		return io_done(req, -ENOTSOCK);
	if (poll_first(req, issue_flags))
		return -EAGAIN;
	if (req->flags & REQ_F_BUFFER_SELECT) {
		buf = io_buffer_select(req, &len, issue_flags);
		if (!buf)
			return io_done(req, -ENOBUFS);
	}
	err = import_ubuf(ITER_DEST, (char __user *)buf + sr->done, len - sr->done, &msg.msg_iter);
	if (err)
		return io_done(req, err);
	return sr_result(req, sock, sock_recvmsg(sock, &msg, attempt_flags(req, issue_flags)),
			 len - sr->done, issue_flags);
}

int io_sendmsg(struct io_kiocb *req, unsigned int issue_flags)
{
	struct socket *sock = sock_from_file(req->file);
	struct user_msg *m = req->sr.msg;
	struct io_sr *sr = &req->sr;
	struct iov_iter iter;
	size_t want;
	long n;

	if (!sock)
		return io_done(req, -ENOTSOCK);
	if (unlikely(sr->error))
		return io_done(req, sr->error);
	if (poll_first(req, issue_flags))
		return -EAGAIN;
	want = iov_iter_count(&m->msg.msg_iter);
	iter = m->msg.msg_iter;
	n = sock_send_user_msg(sock, m, attempt_flags(req, issue_flags));
	m->msg.msg_iter = iter;
	if (n > 0)
		iov_iter_advance(&m->msg.msg_iter, n);
	return sr_result(req, sock, n, want, issue_flags);
}

int io_recvmsg(struct io_kiocb *req, unsigned int issue_flags)
{
	struct socket *sock = sock_from_file(req->file);
	struct user_msg *m = req->sr.msg;
	struct io_sr *sr = &req->sr;
	size_t want, len = sr->len;
	struct iov_iter iter;
	void __user *buf;
	long n;

	if (!sock)
		return io_done(req, -ENOTSOCK);
	if (unlikely(sr->error))
		return io_done(req, sr->error);
	if (poll_first(req, issue_flags))
		return -EAGAIN;
	if (req->flags & REQ_F_BUFFER_SELECT) {
		buf = io_buffer_select(req, &len, issue_flags);
		n = buf ? import_ubuf(ITER_DEST, buf, len, &m->msg.msg_iter) : -ENOBUFS;
		if (n)
			return io_done(req, n);
	}
	want = iov_iter_count(&m->msg.msg_iter);
	iter = m->msg.msg_iter;
	n = sock_recv_user_msg(sock, m, (struct user_msghdr __user *)sr->addr,
			       attempt_flags(req, issue_flags));
	m->msg.msg_iter = iter;
	if (n > 0)
		iov_iter_advance(&m->msg.msg_iter, min_t(size_t, n, want));
	return sr_result(req, sock, n, want, issue_flags);
}

/* ---- ACCEPT ---------------------------------------------------------------------------------- */

struct io_accept_cmd {
	void __user *addr;
	int __user *addr_len;
	int flags;
	u32 slot; /* of the table of registered files, 0: a descriptor */
	bool multi;
};

int io_accept_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_accept_cmd *a = io_cmd(req, struct io_accept_cmd);

	if (sqe->ioprio & ~IORING_ACCEPT_MULTISHOT)
		return -EINVAL;
	a->addr = u64_to_user_ptr(sqe->addr);
	a->addr_len = u64_to_user_ptr(sqe->addr2);
	a->flags = sqe->accept_flags;
	a->slot = sqe->file_index;
	a->multi = sqe->ioprio & IORING_ACCEPT_MULTISHOT;
	if (a->flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK) || (a->slot && (a->flags & SOCK_CLOEXEC)))
		return -EINVAL;
	if (a->multi &&
	    ((req->flags & REQ_F_CQE_SKIP) || (a->slot && a->slot != IORING_FILE_INDEX_ALLOC)))
		return -EINVAL;
	return 0;
}

/* @file (consumed) where the request wants it: descriptor, index or -errno. */
static int install_file(struct io_kiocb *req, struct file *file, u32 slot, int flags,
			unsigned int issue_flags)
{
	int fd;

	if (slot) {
		io_ring_submit_lock(req->ctx, issue_flags);
		fd = io_fixed_install(req->ctx, file, slot);
		io_ring_submit_unlock(req->ctx, issue_flags);
		return fd;
	}
	fd = get_unused_fd_flags(flags);
	if (fd < 0)
		fput(file);
	else
		fd_install(fd, file);
	return fd;
}

static int accept_one(struct io_kiocb *req, struct socket *sock, unsigned int issue_flags)
{
	struct io_accept_cmd *a = io_cmd(req, struct io_accept_cmd);
	bool nonblock = issue_flags & IO_URING_F_NONBLOCK;
	unsigned int how = nonblock || (req->file->f_flags & O_NONBLOCK) ? O_NONBLOCK : 0;
	struct file *file = do_accept(sock, how, a->addr, a->addr_len, a->flags);

	if (IS_ERR(file))
		return PTR_ERR(file);
	return install_file(req, file, a->slot, a->flags, issue_flags);
}

int io_accept(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_accept_cmd *a = io_cmd(req, struct io_accept_cmd);
	struct socket *sock = sock_from_file(req->file);
	int fd;

	if (!sock)
		return io_done(req, -ENOTSOCK);
	for (;;) {
		struct io_cqe cqe = {.user_data = req->cqe.user_data, .flags = IORING_CQE_F_MORE};

		fd = accept_one(req, sock, issue_flags);
		if (fd == -EAGAIN && (issue_flags & IO_URING_F_NONBLOCK) &&
		    !(req->flags & REQ_F_NOWAIT))
			return -EAGAIN;
		if (fd < 0 || !a->multi)
			return io_done(req, fd);
		cqe.res = fd;
		if (!io_post_cqe(req->ctx, &cqe))
			return io_done(req, fd);
	}
}

/* ---- CONNECT --------------------------------------------------------------------------------- */

struct io_connect_cmd {
	struct __kernel_sockaddr_storage addr;
	int len;
	bool waiting;
};

int io_connect_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_connect_cmd *c = io_cmd(req, struct io_connect_cmd);

	c->len = sqe->addr2;
	c->waiting = false;
	return move_addr_to_kernel(u64_to_user_ptr(sqe->addr), c->len, &c->addr);
}

int io_connect(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_connect_cmd *c = io_cmd(req, struct io_connect_cmd);
	struct socket *sock = sock_from_file(req->file);
	bool nonblock = issue_flags & IO_URING_F_NONBLOCK;
	int how = nonblock || (req->file->f_flags & O_NONBLOCK) ? O_NONBLOCK : 0;
	int err;

	if (!sock)
		return io_done(req, -ENOTSOCK);
	err = sock->ops->connect(sock, (struct sockaddr *)&c->addr, c->len, how);
	if (nonblock && (err == -EAGAIN || err == -EINPROGRESS)) {
		if (err == -EAGAIN) /* the listener's queue is full: no wait queue of ours tells */
			req->flags |= REQ_F_NO_POLL;
		c->waiting = true;
		return -EAGAIN;
	}
	if (c->waiting && err == -EISCONN)
		err = 0;
	return io_done(req, err);
}

/* ---- SHUTDOWN, SOCKET ------------------------------------------------------------------------ */

int io_shutdown_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	req->cmd[0] = sqe->len;
	return 0;
}

int io_shutdown(struct io_kiocb *req, unsigned int issue_flags)
{
	struct socket *sock = sock_from_file(req->file);
	int how = (int)req->cmd[0];

	if (!sock)
		return io_done(req, -ENOTSOCK);
	if (how < SHUT_RD || how > SHUT_RDWR)
		return io_done(req, -EINVAL);
	return io_done(req, sock->ops->shutdown(sock, how));
}

struct io_socket_cmd {
	int domain, type, protocol, flags;
	u32 slot;
};

int io_socket_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_socket_cmd *s = io_cmd(req, struct io_socket_cmd);

	s->domain = sqe->fd;
	s->type = (int)sqe->off & SOCK_TYPE_MASK;
	s->flags = (int)sqe->off & ~SOCK_TYPE_MASK;
	s->protocol = sqe->len;
	s->slot = sqe->file_index;
	if (s->flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK) || (s->slot && (s->flags & SOCK_CLOEXEC)))
		return -EINVAL;
	return 0;
}

int io_socket(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_socket_cmd *s = io_cmd(req, struct io_socket_cmd);
	struct socket *sock;
	struct file *file;
	int err = sock_create(s->domain, s->type, s->protocol, &sock);

	if (err)
		return io_done(req, err);
	file = sock_alloc_file(sock, s->flags);
	if (IS_ERR(file))
		return io_done(req, PTR_ERR(file));
	return io_done(req, install_file(req, file, s->slot, s->flags, issue_flags));
}
