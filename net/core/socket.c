/* SPDX-License-Identifier: MIT */
/*
 * Sockets as files: sockfs, whose inodes are the sockets, the file operations, and the table of
 * families. The system calls are in socket_sys.c, the options in sockopt.c.
 */
#include <lib/err.h>
#include <kernel/init.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include <fs/dcache.h>
#include <fs/file.h>
#include <fs/mount.h>
#include <fs/poll.h>
#include <net/net.h>
#include <net/sock.h>
#include <uapi/magic.h>
#include <uapi/sockios.h>

static const struct net_proto_family *net_families[NPROTO]; /* set at boot */
static struct vfsmount *sock_mnt __ro_after_init;
static struct kmem_cache *sock_inode_cache __ro_after_init;

struct socket_alloc {
	struct socket socket;
	struct inode inode;
};

static struct socket_alloc *sock_alloc_of(const struct socket *sock)
{
	return container_of(sock, struct socket_alloc, socket);
}

/* ---- file operations ------------------------------------------------------------------------- */

int sock_sendmsg(struct socket *sock, struct msghdr *msg)
{
	return sock->ops->sendmsg(sock, msg, msg_data_left(msg));
}

int sock_recvmsg(struct socket *sock, struct msghdr *msg, int flags)
{
	return sock->ops->recvmsg(sock, msg, msg_data_left(msg), flags);
}

static bool noblock(const struct kiocb *iocb)
{
	return (iocb->ki_filp->f_flags & O_NONBLOCK) || (iocb->ki_flags & IOCB_NOWAIT);
}

static ssize_t sock_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct socket *sock = iocb->ki_filp->private_data;
	struct msghdr msg = {.msg_iter = *to};
	ssize_t n;

	if (unlikely(iocb->ki_pos))
		return -ESPIPE;
	if (unlikely(!iov_iter_count(to)))
		return 0;
	n = sock_recvmsg(sock, &msg, noblock(iocb) ? MSG_DONTWAIT : 0);
	*to = msg.msg_iter;
	return n;
}

static ssize_t sock_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct socket *sock = iocb->ki_filp->private_data;
	struct msghdr msg = {.msg_iter = *from};
	ssize_t n;

	if (unlikely(iocb->ki_pos))
		return -ESPIPE;
	if (noblock(iocb))
		msg.msg_flags = MSG_DONTWAIT;
	if (sock->type == SOCK_SEQPACKET)
		msg.msg_flags |= MSG_EOR;
	n = sock_sendmsg(sock, &msg);
	*from = msg.msg_iter;
	return n;
}

static __poll_t sock_poll(struct file *file, poll_table *table)
{
	struct socket *sock = file->private_data;

	return sock->ops->poll(file, sock, table);
}

static long sock_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct socket *sock = file->private_data;
	int __user *argp = (int __user *)arg;
	int who;

	switch (cmd) {
	case FIOSETOWN:
	case SIOCSPGRP:
		if (get_user(who, argp))
			return -EFAULT;
		return f_setown(file, who);
	case FIOGETOWN:
	case SIOCGPGRP:
		return put_user(f_getown(file), argp);
	default:
		return sock->ops->ioctl ? sock->ops->ioctl(sock, cmd, arg) : -ENOIOCTLCMD;
	}
}

static int sock_fasync(int fd, struct file *file, int on)
{
	struct socket *sock = file->private_data;

	return sock->sk ? fasync_helper(fd, file, on, &sock->sk->sk_fasync) : -EINVAL;
}

static int sock_close(struct inode *inode, struct file *file)
{
	struct socket *sock = file->private_data;

	if (sock->ops)
		sock->ops->release(sock);
	sock->sk = NULL;
	sock->file = NULL;
	return 0;
}

static void sock_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct socket *sock = file->private_data;

	if (sock->ops->show_fdinfo)
		sock->ops->show_fdinfo(m, sock);
}

static const struct file_operations socket_file_ops = {
	.llseek = no_llseek,
	.read_iter = sock_read_iter,
	.write_iter = sock_write_iter,
	.poll = sock_poll,
	.unlocked_ioctl = sock_ioctl,
	.release = sock_close,
	.fasync = sock_fasync,
	.show_fdinfo = sock_show_fdinfo,
};

struct socket *sock_from_file(const struct file *file)
{
	return likely(file->f_op == &socket_file_ops) ? file->private_data : NULL;
}

/* ---- making ---------------------------------------------------------------------------------- */

struct socket *sock_alloc(void)
{
	struct inode *inode = new_inode_pseudo(sock_mnt->mnt_sb);

	if (!inode)
		return NULL;
	inode->i_mode = S_IFSOCK | S_IRWXUGO;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_flags |= S_STREAM | S_FASTATTR;
	return &container_of(inode, struct socket_alloc, inode)->socket;
}

void sock_release(struct socket *sock)
{
	if (sock->ops)
		sock->ops->release(sock);
	sock->ops = NULL;
	sock->sk = NULL;
	iput(&sock_alloc_of(sock)->inode);
}

struct file *sock_alloc_file(struct socket *sock, unsigned int flags)
{
	struct file *file = alloc_file_pseudo(&sock_alloc_of(sock)->inode, sock_mnt, "",
					      O_RDWR | (flags & O_NONBLOCK), &socket_file_ops);

	if (IS_ERR(file)) {
		sock_release(sock);
		return file;
	}
	file->f_mode |= FMODE_STREAM | FMODE_NOWAIT;
	file->private_data = sock;
	sock->file = file;
	return file;
}

int sock_create(int family, int type, int protocol, struct socket **res)
{
	const struct net_proto_family *pf;
	struct socket *sock;
	int err;

	if (family < 0 || family >= NPROTO)
		return -EAFNOSUPPORT;
	if (type < 0 || type >= SOCK_MAX)
		return -EINVAL;
	if (family == PF_INET && type == SOCK_PACKET)
		family = PF_PACKET;
	pf = net_families[family];
	if (!pf)
		return -EAFNOSUPPORT;
	sock = sock_alloc();
	if (!sock)
		return -ENFILE;
	sock->type = type;
	err = pf->create(sock, protocol, false);
	if (err) {
		sock->ops = NULL;
		sock_release(sock);
		return err;
	}
	*res = sock;
	return 0;
}

int __init sock_register(const struct net_proto_family *family)
{
	if (family->family >= NPROTO || net_families[family->family])
		return -EEXIST;
	net_families[family->family] = family;
	return 0;
}

int sock_no_bind(struct socket *sock, struct sockaddr *addr, int len)
{
	return -EOPNOTSUPP;
}

int sock_no_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	return -EOPNOTSUPP;
}

int sock_no_socketpair(struct socket *a, struct socket *b)
{
	return -EOPNOTSUPP;
}

int sock_no_accept(struct socket *sock, struct socket *newsock, int flags)
{
	return -EOPNOTSUPP;
}

int sock_no_listen(struct socket *sock, int backlog)
{
	return -EOPNOTSUPP;
}

int sock_no_shutdown(struct socket *sock, int how)
{
	return -EOPNOTSUPP;
}

/* ---- sockfs ---------------------------------------------------------------------------------- */

static struct inode *sockfs_alloc_inode(struct super_block *sb)
{
	struct socket_alloc *sa = kmem_cache_alloc(sock_inode_cache, GFP_KERNEL);

	if (!sa)
		return NULL;
	sa->socket = (struct socket){.state = SS_UNCONNECTED};
	return &sa->inode;
}

static void sockfs_free_inode(struct inode *inode)
{
	kmem_cache_free(sock_inode_cache, container_of(inode, struct socket_alloc, inode));
}

static const struct super_operations sockfs_ops = {
	.alloc_inode = sockfs_alloc_inode,
	.free_inode = sockfs_free_inode,
	.statfs = simple_statfs,
};

static char *sockfs_dname(struct dentry *dentry, char *buf, int len)
{
	return dynamic_dname(buf, len, "socket:[%lu]", dentry->d_inode->i_ino);
}

static const struct dentry_operations sockfs_dentry_operations = {.d_dname = sockfs_dname};

static struct dentry *sockfs_mount(const struct file_system_type *type, unsigned int flags,
				   const char *dev_name, char *data)
{
	struct dentry *root = mount_pseudo(type, SOCKFS_MAGIC);

	if (!IS_ERR(root)) {
		root->d_sb->s_op = &sockfs_ops;
		root->d_sb->s_d_op = &sockfs_dentry_operations;
	}
	return root;
}

static struct file_system_type sockfs_type = {
	.name = "sockfs", .mount = sockfs_mount, .kill_sb = kill_anon_super};

static int __init sockfs_init(void)
{
	struct vfsmount *mnt;
	int err = register_filesystem(&sockfs_type);

	if (err)
		return err;
	sock_inode_cache = KMEM_CACHE(socket_alloc, SLAB_PANIC);
	mnt = kern_mount(&sockfs_type);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	sock_mnt = mnt;
	return 0;
}
core_initcall(sockfs_init);
