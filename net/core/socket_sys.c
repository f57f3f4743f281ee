/* SPDX-License-Identifier: MIT */
/* The system calls of sockets: arguments in, the protocol's operation, results out. */
#include <lib/err.h>
#include <lib/string.h>
#include <kernel/hrtimer.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include <fs/file.h>
#include <net/sock.h>

/* ---- helpers --------------------------------------------------------------------------------- */

/* The socket of @fd with its file held in *f; or NULL and *err. */
static struct socket *sockfd_lookup(int fd, struct fd *f, int *err)
{
	struct socket *sock;

	*f = fdget(fd);
	if (fd_empty(*f)) {
		*err = -EBADF;
		return NULL;
	}
	sock = sock_from_file(fd_file(*f));
	if (unlikely(!sock)) {
		fdput(*f);
		*err = -ENOTSOCK;
	}
	return sock;
}

int move_addr_to_kernel(const void __user *uaddr, int len, struct __kernel_sockaddr_storage *addr)
{
	if (len < 0 || len > (int)sizeof(*addr))
		return -EINVAL;
	if (!len)
		return 0;
	return copy_from_user(addr, uaddr, len) ? -EFAULT : 0;
}

/* As much as *ulen says there is room for; *ulen becomes the whole length. */
static int move_addr_to_user(const void *addr, int klen, void __user *uaddr, int __user *ulen)
{
	int len;

	if (get_user(len, ulen))
		return -EFAULT;
	len = min(len, klen);
	if (len < 0)
		return -EINVAL;
	if (len && copy_to_user(uaddr, addr, len))
		return -EFAULT;
	return put_user(klen, ulen);
}

/* The file's O_NONBLOCK as a flag of one call. */
static unsigned int file_msg_flags(const struct fd *f)
{
	return fd_file(*f)->f_flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

/* ---- making ---------------------------------------------------------------------------------- */

#define SOCK_FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)
static_assert(SOCK_CLOEXEC == O_CLOEXEC && SOCK_NONBLOCK == O_NONBLOCK, "socket flags");

static int sock_map_fd(struct socket *sock, int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0) {
		sock_release(sock);
		return fd;
	}
	file = sock_alloc_file(sock, flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

SYSCALL_DEFINE3(socket, int, family, int, type, int, protocol)
{
	int flags = type & ~SOCK_TYPE_MASK, err;
	struct socket *sock;

	if (flags & ~SOCK_FLAGS)
		return -EINVAL;
	err = sock_create(family, type & SOCK_TYPE_MASK, protocol, &sock);
	return err ? err : sock_map_fd(sock, flags);
}

/* Two connected files, or -errno. */
static int make_pair(int family, int type, int protocol, int flags, struct file **files)
{
	struct socket *a, *b;
	int err = sock_create(family, type, protocol, &a);

	if (err)
		return err;
	err = sock_create(family, type, protocol, &b);
	if (err)
		goto out_a;
	err = a->ops->socketpair(a, b);
	if (err) {
		sock_release(b);
		goto out_a;
	}
	files[0] = sock_alloc_file(a, flags);
	if (IS_ERR(files[0])) {
		sock_release(b);
		return PTR_ERR(files[0]);
	}
	files[1] = sock_alloc_file(b, flags);
	if (IS_ERR(files[1])) {
		fput(files[0]);
		return PTR_ERR(files[1]);
	}
	return 0;
out_a:
	sock_release(a);
	return err;
}

/* The numbers reach the user before anything is made: a fault then undoes nothing. */
static int do_socketpair(int family, int type, int protocol, int __user *ufds)
{
	int flags = type & ~SOCK_TYPE_MASK, fd[2], err;
	struct file *files[2] = {};

	if (flags & ~SOCK_FLAGS)
		return -EINVAL;
	fd[0] = get_unused_fd_flags(flags);
	if (fd[0] < 0)
		return fd[0];
	fd[1] = err = get_unused_fd_flags(flags);
	if (err < 0)
		goto out_fd0;
	err = copy_to_user(ufds, fd, sizeof(fd)) ? -EFAULT : 0;
	if (!err)
		err = make_pair(family, type & SOCK_TYPE_MASK, protocol, flags, files);
	if (err)
		goto out_fd1;
	fd_install(fd[0], files[0]);
	fd_install(fd[1], files[1]);
	return 0;
out_fd1:
	put_unused_fd(fd[1]);
out_fd0:
	put_unused_fd(fd[0]);
	return err;
}

SYSCALL_DEFINE4(socketpair, int, family, int, type, int, protocol, int __user *, ufds)
{
	return do_socketpair(family, type, protocol, ufds);
}

/* ---- names and connections ------------------------------------------------------------------- */

SYSCALL_DEFINE3(bind, int, fd, const void __user *, uaddr, int, len)
{
	struct __kernel_sockaddr_storage addr;
	struct socket *sock;
	struct fd f;
	int err;

	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	err = move_addr_to_kernel(uaddr, len, &addr);
	if (!err)
		err = sock->ops->bind(sock, (struct sockaddr *)&addr, len);
	fdput(f);
	return err;
}

SYSCALL_DEFINE2(listen, int, fd, int, backlog)
{
	struct socket *sock;
	struct fd f;
	int err;

	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	err = sock->ops->listen(sock, (int)min_t(unsigned int, backlog, sysctl_somaxconn));
	fdput(f);
	return err;
}

static int accept_addr(struct socket *sock, void __user *uaddr, int __user *ulen)
{
	struct __kernel_sockaddr_storage addr = {};
	int n;

	if (!uaddr)
		return 0;
	n = sock->ops->getname(sock, (struct sockaddr *)&addr, 1);
	return n < 0 ? -ECONNABORTED : move_addr_to_user(&addr, n, uaddr, ulen);
}

struct file *do_accept(struct socket *sock, unsigned int file_flags, void __user *uaddr,
		       int __user *ulen, int flags)
{
	struct socket *newsock = sock_alloc();
	struct file *file;
	int err;

	if (!newsock)
		return ERR_PTR(-ENFILE);
	newsock->type = sock->type;
	newsock->ops = sock->ops;
	file = sock_alloc_file(newsock, flags);
	if (IS_ERR(file))
		return file;
	err = sock->ops->accept(sock, newsock, file_flags);
	if (!err)
		err = accept_addr(newsock, uaddr, ulen);
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}

static int accept_fd(int fd, void __user *uaddr, int __user *ulen, int flags)
{
	struct socket *sock;
	struct file *file;
	struct fd f;
	int err, newfd;

	if (flags & ~SOCK_FLAGS)
		return -EINVAL;
	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	newfd = get_unused_fd_flags(flags);
	if (newfd < 0)
		goto out;
	file = do_accept(sock, fd_file(f)->f_flags & O_NONBLOCK, uaddr, ulen, flags);
	if (IS_ERR(file)) {
		put_unused_fd(newfd);
		newfd = PTR_ERR(file);
	} else {
		fd_install(newfd, file);
	}
out:
	fdput(f);
	return newfd;
}

SYSCALL_DEFINE4(accept4, int, fd, void __user *, uaddr, int __user *, ulen, int, flags)
{
	return accept_fd(fd, uaddr, ulen, flags);
}

SYSCALL_DEFINE3(accept, int, fd, void __user *, uaddr, int __user *, ulen)
{
	return accept_fd(fd, uaddr, ulen, 0);
}

SYSCALL_DEFINE3(connect, int, fd, const void __user *, uaddr, int, len)
{
	struct __kernel_sockaddr_storage addr;
	struct socket *sock;
	struct fd f;
	int err;

	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	err = move_addr_to_kernel(uaddr, len, &addr);
	if (!err)
		err = sock->ops->connect(sock, (struct sockaddr *)&addr, len,
					 fd_file(f)->f_flags & O_NONBLOCK);
	fdput(f);
	return err;
}

static int get_name(int fd, void __user *uaddr, int __user *ulen, int peer)
{
	struct __kernel_sockaddr_storage addr = {};
	struct socket *sock;
	struct fd f;
	int err;

	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	err = sock->ops->getname(sock, (struct sockaddr *)&addr, peer);
	if (err >= 0)
		err = move_addr_to_user(&addr, err, uaddr, ulen);
	fdput(f);
	return err;
}

SYSCALL_DEFINE3(getsockname, int, fd, void __user *, uaddr, int __user *, ulen)
{
	return get_name(fd, uaddr, ulen, 0);
}

SYSCALL_DEFINE3(getpeername, int, fd, void __user *, uaddr, int __user *, ulen)
{
	return get_name(fd, uaddr, ulen, 1);
}

SYSCALL_DEFINE2(shutdown, int, fd, int, how)
{
	struct socket *sock;
	struct fd f;
	int err;

	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	err = how < SHUT_RD || how > SHUT_RDWR ? -EINVAL : sock->ops->shutdown(sock, how);
	fdput(f);
	return err;
}

/* ---- options --------------------------------------------------------------------------------- */

SYSCALL_DEFINE5(setsockopt, int, fd, int, level, int, opt, const void __user *, val, int, len)
{
	struct socket *sock;
	struct fd f;
	int err;

	if (len < 0)
		return -EINVAL;
	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	if (level == SOL_SOCKET)
		err = sock_setsockopt(sock, opt, val, len);
	else if (sock->ops->setsockopt)
		err = sock->ops->setsockopt(sock, level, opt, val, len);
	else
		err = -EOPNOTSUPP;
	fdput(f);
	return err;
}

SYSCALL_DEFINE5(getsockopt, int, fd, int, level, int, opt, void __user *, val, int __user *, len)
{
	struct socket *sock;
	struct fd f;
	int err;

	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	if (level == SOL_SOCKET)
		err = sock_getsockopt(sock, opt, val, len);
	else if (sock->ops->getsockopt)
		err = sock->ops->getsockopt(sock, level, opt, val, len);
	else
		err = -EOPNOTSUPP;
	fdput(f);
	return err;
}

/* ---- one buffer ------------------------------------------------------------------------------ */

static int do_sendto(int fd, const void __user *buf, size_t len, unsigned int flags,
		     const void __user *uaddr, int alen)
{
	struct __kernel_sockaddr_storage addr;
	struct msghdr msg = {};
	struct socket *sock;
	struct fd f;
	int err = import_ubuf(ITER_SOURCE, (void __user *)buf, len, &msg.msg_iter);

	if (unlikely(err))
		return err;
	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	if (uaddr) {
		err = move_addr_to_kernel(uaddr, alen, &addr);
		if (err)
			goto out;
		msg.msg_name = &addr;
		msg.msg_namelen = alen;
	}
	msg.msg_flags = flags | file_msg_flags(&f);
	err = sock_sendmsg(sock, &msg);
out:
	fdput(f);
	return err;
}

SYSCALL_DEFINE6(sendto, int, fd, const void __user *, buf, size_t, len, unsigned int, flags,
		const void __user *, uaddr, int, alen)
{
	return do_sendto(fd, buf, len, flags, uaddr, alen);
}

static int do_recvfrom(int fd, void __user *buf, size_t len, unsigned int flags, void __user *uaddr,
		       int __user *ulen)
{
	struct __kernel_sockaddr_storage addr;
	struct msghdr msg = {.msg_name = uaddr ? &addr : NULL};
	struct socket *sock;
	struct fd f;
	int err = import_ubuf(ITER_DEST, buf, len, &msg.msg_iter), err2;

	if (unlikely(err))
		return err;
	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	err = sock_recvmsg(sock, &msg, flags | file_msg_flags(&f));
	if (err >= 0 && uaddr) {
		err2 = move_addr_to_user(&addr, msg.msg_namelen, uaddr, ulen);
		if (err2 < 0)
			err = err2;
	}
	fdput(f);
	return err;
}

SYSCALL_DEFINE6(recvfrom, int, fd, void __user *, buf, size_t, len, unsigned int, flags,
		void __user *, uaddr, int __user *, ulen)
{
	return do_recvfrom(fd, buf, len, flags, uaddr, ulen);
}

/* ---- messages -------------------------------------------------------------------------------- */

int import_msghdr(struct user_msg *m, const struct user_msghdr __user *umsg, enum iter_dir dir)
{
	ssize_t n;

	m->iov = NULL;
	m->msg = (struct msghdr){};
	if (copy_from_user(&m->hdr, umsg, sizeof(m->hdr)))
		return -EFAULT;
	if (!m->hdr.msg_name)
		m->hdr.msg_namelen = 0;
	if (m->hdr.msg_namelen < 0)
		return -EINVAL;
	m->hdr.msg_namelen = min_t(int, m->hdr.msg_namelen, sizeof(m->addr));
	if (m->hdr.msg_iovlen > UIO_MAXIOV)
		return -EMSGSIZE;
	m->iov = m->fast;
	n = import_iovec(dir, m->hdr.msg_iov, m->hdr.msg_iovlen, UIO_FASTIOV, &m->iov,
			 &m->msg.msg_iter);
	if (n < 0)
		m->iov = NULL;
	return n < 0 ? n : 0;
}

#define CONTROL_FAST 96

/* Sends with the control data copied in; m is complete but for that. */
static int send_with_control(struct socket *sock, struct user_msg *m, unsigned int flags)
{
	char fast[CONTROL_FAST] __aligned(8), *control = fast;
	size_t len = m->hdr.msg_controllen;
	int err;

	if (len > (size_t)READ_ONCE(sysctl_optmem_max))
		return -ENOBUFS;
	if (len > sizeof(fast)) {
		control = kmalloc(len, GFP_KERNEL);
		if (!control)
			return -ENOBUFS;
	}
	err = -EFAULT;
	if (!copy_from_user(control, m->hdr.msg_control, len)) {
		m->msg.msg_control = control;
		m->msg.msg_controllen = len;
		m->msg.msg_flags = flags;
		err = sock_sendmsg(sock, &m->msg);
	}
	if (control != fast)
		kfree(control);
	return err;
}

int sock_send_user_msg(struct socket *sock, struct user_msg *m, unsigned int flags)
{
	int err;

	if (m->hdr.msg_namelen) {
		err = move_addr_to_kernel(m->hdr.msg_name, m->hdr.msg_namelen, &m->addr);
		if (err)
			return err;
		m->msg.msg_name = &m->addr;
		m->msg.msg_namelen = m->hdr.msg_namelen;
	}
	if (m->hdr.msg_controllen > INT_MAX)
		return -ENOBUFS;
	return send_with_control(sock, m, flags);
}

static int send_one(struct socket *sock, const struct user_msghdr __user *umsg, unsigned int flags)
{
	struct user_msg m;
	int err = import_msghdr(&m, umsg, ITER_SOURCE);

	if (!err) {
		err = sock_send_user_msg(sock, &m, flags);
		kfree(m.iov);
	}
	return err;
}

SYSCALL_DEFINE3(sendmsg, int, fd, const struct user_msghdr __user *, umsg, unsigned int, flags)
{
	struct socket *sock;
	struct fd f;
	int err;

	if (flags & MSG_CMSG_COMPAT)
		return -EINVAL;
	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	err = send_one(sock, umsg, flags | file_msg_flags(&f));
	fdput(f);
	return err;
}

static int do_sendmmsg(int fd, struct mmsghdr __user *uvec, unsigned int n, unsigned int flags)
{
	unsigned int done = 0;
	struct socket *sock;
	struct fd f;
	int err = 0;

	if (flags & MSG_CMSG_COMPAT)
		return -EINVAL;
	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	err = 0;
	for (n = min_t(unsigned int, n, UIO_MAXIOV); done < n; done++) {
		err = send_one(sock, &uvec[done].msg_hdr, flags | file_msg_flags(&f));
		if (err < 0)
			break;
		if (put_user((unsigned int)err, &uvec[done].msg_len)) {
			err = -EFAULT;
			break;
		}
		cond_resched();
	}
	fdput(f);
	return done ? (int)done : min(err, 0);
}

SYSCALL_DEFINE4(sendmmsg, int, fd, struct mmsghdr __user *, uvec, unsigned int, n, unsigned int,
		flags)
{
	return do_sendmmsg(fd, uvec, n, flags);
}

/* What the user finds in his msghdr afterwards. */
static int finish_recv(struct user_msg *m, struct user_msghdr __user *umsg)
{
	size_t used = (char __user *)m->msg.msg_control_user - (char __user *)m->hdr.msg_control;
	int err = 0;

	if (m->hdr.msg_name)
		err = move_addr_to_user(&m->addr, m->msg.msg_namelen, m->hdr.msg_name,
					&umsg->msg_namelen);
	if (!err)
		err = put_user(m->msg.msg_flags & ~MSG_CMSG_COMPAT, &umsg->msg_flags);
	if (!err)
		err = put_user(used, &umsg->msg_controllen);
	return err;
}

int sock_recv_user_msg(struct socket *sock, struct user_msg *m, struct user_msghdr __user *umsg,
		       unsigned int flags)
{
	int err, n;

	m->msg.msg_name = m->hdr.msg_name ? &m->addr : NULL;
	m->msg.msg_namelen = 0;
	m->msg.msg_control_user = m->hdr.msg_control;
	m->msg.msg_controllen = m->hdr.msg_control ? m->hdr.msg_controllen : 0;
	m->msg.msg_flags = flags & MSG_CMSG_CLOEXEC;
	n = sock_recvmsg(sock, &m->msg, flags);
	if (n >= 0) {
		err = finish_recv(m, umsg);
		if (err)
			n = err;
	}
	return n;
}

static int recv_one(struct socket *sock, struct user_msghdr __user *umsg, unsigned int flags)
{
	struct user_msg m;
	int n = import_msghdr(&m, umsg, ITER_DEST);

	if (!n) {
		n = sock_recv_user_msg(sock, &m, umsg, flags);
		kfree(m.iov);
	}
	return n;
}

SYSCALL_DEFINE3(recvmsg, int, fd, struct user_msghdr __user *, umsg, unsigned int, flags)
{
	struct socket *sock;
	struct fd f;
	int err;

	if (flags & MSG_CMSG_COMPAT)
		return -EINVAL;
	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	err = recv_one(sock, umsg, flags | file_msg_flags(&f));
	fdput(f);
	return err;
}

/* Up to @n messages; looks at the clock after each, recvmmsg(2). Their number or -errno. */
static int recv_many(struct socket *sock, struct mmsghdr __user *uvec, unsigned int n,
		     unsigned int flags, ktime_t until)
{
	unsigned int done = 0;
	int err = sock_error(sock->sk);

	if (err)
		return err;
	while (done < n) {
		err = recv_one(sock, &uvec[done].msg_hdr, flags & ~MSG_WAITFORONE);
		if (err < 0)
			break;
		if (put_user((unsigned int)err, &uvec[done].msg_len)) {
			err = -EFAULT;
			break;
		}
		done++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (until != KTIME_MAX && ktime_get() >= until)
			break;
		cond_resched();
	}
	if (!done)
		return min(err, 0);
	/* The next call gets the error that ended this one. */
	if (err < 0 && err != -EAGAIN)
		WRITE_ONCE(sock->sk->sk_err, -err);
	return done;
}

static int do_recvmmsg(int fd, struct mmsghdr __user *uvec, unsigned int n, unsigned int flags,
		       struct __kernel_timespec __user *uts)
{
	ktime_t until = KTIME_MAX;
	struct timespec64 ts;
	struct socket *sock;
	struct fd f;
	int err;

	if (flags & MSG_CMSG_COMPAT)
		return -EINVAL;
	if (uts) {
		if (get_timespec64(&ts, uts))
			return -EFAULT;
		if (!timespec64_valid(&ts))
			return -EINVAL;
		until = ktime_get() + min(timespec64_to_ns(&ts), KTIME_MAX / 2);
	}
	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	err = recv_many(sock, uvec, min_t(unsigned int, n, UIO_MAXIOV), flags | file_msg_flags(&f),
			until);
	fdput(f);
	if (err > 0 && uts) {
		ts = ns_to_timespec64(max(until - ktime_get(), (s64)0));
		if (put_timespec64(&ts, uts))
			err = -EFAULT;
	}
	return err;
}

SYSCALL_DEFINE5(recvmmsg, int, fd, struct mmsghdr __user *, uvec, unsigned int, n, unsigned int,
		flags, struct __kernel_timespec __user *, uts)
{
	return do_recvmmsg(fd, uvec, n, flags, uts);
}
