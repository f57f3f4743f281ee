/* SPDX-License-Identifier: MIT */
/*
 * The socket layer: what a protocol family offers (net_proto_family, proto_ops) and what system
 * calls and files make of it. A struct socket is the file's side: one inode in sockfs, one file,
 * the operations of its kind. Its struct sock (<net/sock.h>) is the protocol's side, with queues
 * and accounting, and may outlive it.
 *
 * Rules
 * - proto_ops are called with the file held; each does its own locking. NULL members that the
 *   comment calls optional give the errno named there.
 * - Addresses are in kernel memory, struct sockaddr_storage large, their length checked against
 * that
 *   only: the family checks the rest.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <kernel/uio.h>
#include <uapi/socket.h>

struct file;
struct poll_table_struct;
struct seq_file;
struct sock;

enum socket_state { SS_FREE, SS_UNCONNECTED, SS_CONNECTING, SS_CONNECTED, SS_DISCONNECTING };

#define SOCK_MAX		   (SOCK_PACKET + 1)
#define NPROTO			   AF_MAX
#define __SO_ACCEPTCON		   (1 << 16) /* /proc/net/unix: listening */

#define MSG_CMSG_COMPAT		   0x80000000u
#define MSG_INTERNAL_SENDMSG_FLAGS 0u

struct socket {
	enum socket_state state; /* the protocol's lock */
	short type; /* SOCK_STREAM ...; constant */
	const struct proto_ops *ops; /* constant once created */
	struct sock *sk; /* NULL once released */
	struct file *file; /* not referenced; NULL until there is one */
};

/*
 * A message. Sending: msg_control is in kernel memory. Receiving: msg_control_user is where
 * put_cmsg() goes on writing, msg_controllen what is left there; msg_name, if not NULL, has room
 * for a sockaddr_storage and msg_namelen is set by the protocol (0 on entry).
 */
struct msghdr {
	void *msg_name;
	int msg_namelen;
	unsigned int msg_flags; /* MSG_* */
	union {
		void *msg_control;
		void __user *msg_control_user;
	};
	size_t msg_controllen;
	struct iov_iter msg_iter;
};

static inline size_t msg_data_left(const struct msghdr *msg)
{
	return iov_iter_count(&msg->msg_iter);
}

/* All return 0 (or bytes, or a length) or -errno and may sleep. */
struct proto_ops {
	int family;
	int (*release)(struct socket *sock);
	int (*bind)(struct socket *sock, struct sockaddr *addr, int len);
	/* @flags: O_NONBLOCK */
	int (*connect)(struct socket *sock, struct sockaddr *addr, int len, int flags);
	int (*socketpair)(struct socket *a, struct socket *b);
	/* Gives @newsock a connection's sock. @flags: O_NONBLOCK */
	int (*accept)(struct socket *sock, struct socket *newsock, int flags);
	/* Length of the name of this (@peer 0) or the other end. */
	int (*getname)(struct socket *sock, struct sockaddr *addr, int peer);
	__poll_t (*poll)(struct file *file, struct socket *sock, struct poll_table_struct *table);
	int (*ioctl)(struct socket *sock, unsigned int cmd, unsigned long arg);
	int (*listen)(struct socket *sock, int backlog);
	/* @how: SHUT_RD .. SHUT_RDWR, checked */
	int (*shutdown)(struct socket *sock, int how);
	/* Levels other than SOL_SOCKET; optional: EOPNOTSUPP. */
	int (*setsockopt)(struct socket *sock, int level, int opt, const void __user *val,
			  unsigned int len);
	int (*getsockopt)(struct socket *sock, int level, int opt, void __user *val,
			  int __user *len);
	int (*sendmsg)(struct socket *sock, struct msghdr *msg, size_t len);
	int (*recvmsg)(struct socket *sock, struct msghdr *msg, size_t len, int flags);
	/* SO_PEEK_OFF; optional: EOPNOTSUPP. */
	int (*set_peek_off)(struct sock *sk, int value);
	void (*show_fdinfo)(struct seq_file *m, struct socket *sock);
};

struct net_proto_family {
	int family;
	/* Sets sock->ops and sock->sk. */
	int (*create)(struct socket *sock, int protocol, bool kern);
};

/* From an initcall, once a family; 0 or -EEXIST. */
int sock_register(const struct net_proto_family *family);

/* A socket with no file yet; sock_release() undoes it. 0 or -errno. May sleep. */
int sock_create(int family, int type, int protocol, struct socket **res);
/* A bare one, for accept. */
struct socket *sock_alloc(void);
void sock_release(struct socket *sock);
/* A file over @sock, which it owns from then on (also on failure). @flags: O_NONBLOCK. */
struct file *sock_alloc_file(struct socket *sock, unsigned int flags);
/* The socket behind a file, or NULL. */
struct socket *sock_from_file(const struct file *file);

int sock_sendmsg(struct socket *sock, struct msghdr *msg);
int sock_recvmsg(struct socket *sock, struct msghdr *msg, int flags);

/* A user's msghdr, taken apart. */
struct user_msg {
	struct user_msghdr hdr;
	struct msghdr msg;
	struct iovec fast[UIO_FASTIOV], *iov;
	struct __kernel_sockaddr_storage addr;
};

/* The parts of the system calls that io_uring uses, too. User pointers; 0, bytes or -errno. */
int move_addr_to_kernel(const void __user *uaddr, int len, struct __kernel_sockaddr_storage *addr);
/* Fills m->hdr and the iterator; on success m->iov is to be freed. */
int import_msghdr(struct user_msg *m, const struct user_msghdr __user *umsg, enum iter_dir dir);
int sock_send_user_msg(struct socket *sock, struct user_msg *m, unsigned int flags);
int sock_recv_user_msg(struct socket *sock, struct user_msg *m, struct user_msghdr __user *umsg,
		       unsigned int flags);
/* A file of the next connection. @file_flags: O_NONBLOCK; @flags: SOCK_NONBLOCK. ERR_PTR. */
struct file *do_accept(struct socket *sock, unsigned int file_flags, void __user *uaddr,
		       int __user *ulen, int flags);

/* What a member is when a protocol has nothing: they answer -EOPNOTSUPP. */
int sock_no_bind(struct socket *sock, struct sockaddr *addr, int len);
int sock_no_connect(struct socket *sock, struct sockaddr *addr, int len, int flags);
int sock_no_socketpair(struct socket *a, struct socket *b);
int sock_no_accept(struct socket *sock, struct socket *newsock, int flags);
int sock_no_listen(struct socket *sock, int backlog);
int sock_no_shutdown(struct socket *sock, int how);

/* Limits that sysctl net.core sets. */
extern int sysctl_somaxconn;
extern unsigned int sysctl_wmem_default, sysctl_wmem_max, sysctl_rmem_default, sysctl_rmem_max;
extern int sysctl_optmem_max;

#endif
