/* SPDX-License-Identifier: MIT */
/*
 * POSIX message queues, mq_overview(7): opening, removing, attributes and notification. The queue
 * itself is mqueue_msg.c, its file system mqueue_fs.c. A queue's descriptor is an open file, always
 * close-on-exec.
 */
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/dcache.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <kernel/cred.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <lib/err.h>
#include <lib/string.h>
#include <net/netlink.h>
#include "mqueue.h"

/* ---- names ----------------------------------------------------------------------------------- */

/* The dentry of queue @name, negative if there is none. The directory is locked. */
static struct dentry *lookup_queue(const char *name)
{
	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return ERR_PTR(-EACCES);
	return lookup_one_len(name, mqueue_mnt->mnt_root, strlen(name));
}

static int may_open_queue(struct inode *inode, int oflag)
{
	static const int mask[] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE};

	if ((oflag & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if ((oflag & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	return inode_permission(inode, mask[oflag & O_ACCMODE]);
}

static int create_queue(struct inode *dir, struct dentry *dentry, umode_t mode,
			const struct mq_attr *attr)
{
	int err = mnt_want_write(mqueue_mnt);

	if (err)
		return err;
	err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (!err)
		err = mqueue_create_attr(dir, dentry, mode & S_IALLUGO & ~current_umask(), attr);
	mnt_drop_write(mqueue_mnt);
	return err;
}

/* The directory is locked. */
static struct file *open_queue(const char *name, int oflag, umode_t mode,
			       const struct mq_attr *attr)
{
	struct path path = {.mnt = mqueue_mnt, .dentry = lookup_queue(name)};
	struct file *file;
	int err;

	if (IS_ERR(path.dentry))
		return ERR_CAST(path.dentry);
	if (d_is_positive(path.dentry))
		err = may_open_queue(d_inode(path.dentry), oflag);
	else if (oflag & O_CREAT)
		err = create_queue(d_inode(mqueue_mnt->mnt_root), path.dentry, mode, attr);
	else
		err = -ENOENT;
	file = err ? ERR_PTR(err) :
		     dentry_open(&path, oflag & (O_ACCMODE | O_NONBLOCK), current_cred());
	dput(path.dentry);
	return file;
}

static long do_mq_open(const char *name, int oflag, umode_t mode, const struct mq_attr *attr)
{
	struct inode *dir = d_inode(mqueue_mnt->mnt_root);
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct file *file;

	if (fd < 0)
		return fd;
	inode_lock(dir);
	file = open_queue(name, oflag, mode, attr);
	inode_unlock(dir);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

SYSCALL_DEFINE4(mq_open, const char __user *, uname, int, oflag, umode_t, mode,
		struct mq_attr __user *, uattr)
{
	struct mq_attr attr;
	struct filename name;
	long ret;

	if (uattr && copy_from_user(&attr, uattr, sizeof(attr)))
		return -EFAULT;
	ret = getname(&name, uname);
	if (ret)
		return ret;
	ret = do_mq_open(name.name, oflag, mode, uattr ? &attr : NULL);
	putname(&name);
	return ret;
}

static long do_mq_unlink(const char *name)
{
	struct inode *dir = d_inode(mqueue_mnt->mnt_root), *inode;
	struct dentry *dentry;
	int err = mnt_want_write(mqueue_mnt);

	if (err)
		return err;
	inode_lock(dir);
	dentry = lookup_queue(name);
	if (IS_ERR(dentry)) {
		inode_unlock(dir);
		mnt_drop_write(mqueue_mnt);
		return PTR_ERR(dentry);
	}
	inode = d_inode(dentry);
	if (inode)
		ihold(inode); /* its end, which may take time, waits until the directory is free */
	err = vfs_unlink(dir, dentry);
	dput(dentry);
	inode_unlock(dir);
	iput(inode);
	mnt_drop_write(mqueue_mnt);
	return err;
}

SYSCALL_DEFINE1(mq_unlink, const char __user *, uname)
{
	struct filename name;
	long ret = getname(&name, uname);

	if (ret)
		return ret;
	ret = do_mq_unlink(name.name);
	putname(&name);
	return ret;
}

/* ---- messages -------------------------------------------------------------------------------- */

/* An absolute time limit in *when, KTIME_MAX without one: 0, -EFAULT, -EINVAL. */
static int get_limit(const struct __kernel_timespec __user *uts, ktime_t *when)
{
	struct timespec64 ts;

	*when = KTIME_MAX;
	if (!uts)
		return 0;
	if (get_timespec64(&ts, uts))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	*when = timespec64_to_ns(&ts);
	return 0;
}

/* Whether @f is a queue that was opened for @mode. */
static bool is_queue(struct fd f, fmode_t mode)
{
	return !fd_empty(f) && fd_file(f)->f_op == &mqueue_fops &&
	       (!mode || (fd_file(f)->f_mode & mode));
}

SYSCALL_DEFINE5(mq_timedsend, int, mqdes, const char __user *, text, size_t, len, unsigned int,
		prio, const struct __kernel_timespec __user *, uts)
{
	ktime_t when;
	struct fd f;
	long ret = get_limit(uts, &when);

	if (ret)
		return ret;
	if (prio >= MQ_PRIO_MAX)
		return -EINVAL;
	f = fdget(mqdes);
	ret = -EBADF;
	if (is_queue(f, FMODE_WRITE))
		ret = mqueue_send(fd_file(f), text, len, prio, when);
	fdput(f);
	return ret;
}

SYSCALL_DEFINE5(mq_timedreceive, int, mqdes, char __user *, text, size_t, len,
		unsigned int __user *, uprio, const struct __kernel_timespec __user *, uts)
{
	ktime_t when;
	struct fd f;
	long ret = get_limit(uts, &when);

	if (ret)
		return ret;
	f = fdget(mqdes);
	ret = -EBADF;
	if (is_queue(f, FMODE_READ))
		ret = mqueue_receive(fd_file(f), text, len, uprio, when);
	fdput(f);
	return ret;
}

/* ---- notification ---------------------------------------------------------------------------- */

/*
 * SIGEV_THREAD: the C library has a thread that waits on a netlink socket of its own, whose
 * descriptor is in sigev_signo, for a message with the cookie at sival_ptr. It is made ready when
 * the caller registers, so that nothing can go wrong when it is due.
 */
struct cookie {
	struct sk_buff *skb;
	struct sock *sk;
};

static void drop_cookie(const struct cookie *c)
{
	if (!IS_ENABLED(CONFIG_NETLINK) || !c->sk)
		return;
	kfree_skb(c->skb);
	sock_put(c->sk);
}

static int make_cookie(const struct sigevent *ev, struct cookie *c)
{
	void __user *from = (void __user *)ev->sigev_value.sival_ptr;
	struct sk_buff *skb;
	struct sock *sk;
	int err = 0;

	if (!IS_ENABLED(CONFIG_NETLINK))
		return -EBADF;
	skb = netlink_alloc(NOTIFY_COOKIE_LEN, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	if (copy_from_user(skb_put(skb, NOTIFY_COOKIE_LEN), from, NOTIFY_COOKIE_LEN)) {
		kfree_skb(skb);
		return -EFAULT;
	}
	sk = netlink_getsockbyfd(ev->sigev_signo);
	if (IS_ERR(sk)) {
		kfree_skb(skb);
		return PTR_ERR(sk);
	}
	*c = (struct cookie){skb, sk};
	err = netlink_charge(sk, skb);
	if (err)
		drop_cookie(c);
	return err;
}

void mqueue_send_cookie(struct mqueue_inode_info *info, int what)
{
	if (!IS_ENABLED(CONFIG_NETLINK) || !info->notify_sock)
		return;
	info->notify_cookie->data[NOTIFY_COOKIE_LEN - 1] = what;
	netlink_sendskb(info->notify_sock, info->notify_cookie);
	sock_put(info->notify_sock);
	info->notify_sock = NULL;
	info->notify_cookie = NULL;
}

void mqueue_remove_notification(struct mqueue_inode_info *info)
{
	mqueue_send_cookie(info, NOTIFY_REMOVED);
	put_pid(info->notify_owner);
	info->notify_owner = NULL;
}

static int check_sigevent(const struct sigevent *ev, struct cookie *cookie)
{
	switch (ev->sigev_notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_SIGNAL:
		return valid_signal((unsigned int)ev->sigev_signo) ? 0 : -EINVAL;
	case SIGEV_THREAD:
		return make_cookie(ev, cookie);
	default:
		return -EINVAL;
	}
}

/*
 * @ev NULL: takes the caller's registration back. @cookie is taken over on success. info->lock
 * held.
 */
static int set_notification(struct mqueue_inode_info *info, const struct sigevent *ev,
			    const struct cookie *cookie)
{
	struct inode *inode = &info->vfs;
	struct pid *self = task_tgid(current);

	if (!ev && info->notify_owner != self)
		return 0;
	if (ev && info->notify_owner)
		return -EBUSY;
	if (ev) {
		info->notify_owner = get_pid(self);
		info->notify_how = ev->sigev_notify;
		info->notify_signo = ev->sigev_signo;
		info->notify_value = ev->sigev_value;
		info->notify_sock = cookie->sk;
		info->notify_cookie = cookie->skb;
	} else {
		mqueue_remove_notification(info);
	}
	inode->i_atime = inode->i_ctime = current_time(inode);
	return 0;
}

static long do_mq_notify(int mqdes, const struct sigevent *ev)
{
	struct mqueue_inode_info *info;
	struct cookie cookie = {};
	int err = ev ? check_sigevent(ev, &cookie) : 0;
	struct fd f;

	if (err)
		return err;
	f = fdget(mqdes);
	if (is_queue(f, 0)) {
		info = mqueue_i(file_inode(fd_file(f)));
		spin_lock(&info->lock);
		err = set_notification(info, ev, &cookie);
		spin_unlock(&info->lock);
	} else {
		err = -EBADF;
	}
	fdput(f);
	if (err)
		drop_cookie(&cookie);
	return err;
}

SYSCALL_DEFINE2(mq_notify, int, mqdes, const struct sigevent __user *, uev)
{
	struct sigevent ev;

	if (uev && copy_from_user(&ev, uev, sizeof(ev)))
		return -EFAULT;
	return do_mq_notify(mqdes, uev ? &ev : NULL);
}

/* ---- attributes ------------------------------------------------------------------------------ */

static void set_nonblock(struct file *file, bool on)
{
	spin_lock(&file->f_lock);
	if (on)
		file->f_flags |= O_NONBLOCK;
	else
		file->f_flags &= ~O_NONBLOCK;
	spin_unlock(&file->f_lock);
}

static void get_set_attr(struct file *file, const struct mq_attr *new, struct mq_attr *old)
{
	struct inode *inode = file_inode(file);
	struct mqueue_inode_info *info = mqueue_i(inode);

	memset(old, 0, sizeof(*old));
	spin_lock(&info->lock);
	old->mq_maxmsg = info->maxmsg;
	old->mq_msgsize = info->msgsize;
	old->mq_curmsgs = info->curmsgs;
	old->mq_flags = file->f_flags & O_NONBLOCK;
	if (new) {
		set_nonblock(file, new->mq_flags &O_NONBLOCK);
		inode->i_atime = inode->i_ctime = current_time(inode);
	}
	spin_unlock(&info->lock);
}

SYSCALL_DEFINE3(mq_getsetattr, int, mqdes, const struct mq_attr __user *, unew,
		struct mq_attr __user *, uold)
{
	struct mq_attr new, old;
	long ret = -EBADF;
	struct fd f;

	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if (unew && (new.mq_flags & ~O_NONBLOCK))
		return -EINVAL;
	f = fdget(mqdes);
	if (is_queue(f, 0)) {
		get_set_attr(fd_file(f), unew ? &new : NULL, &old);
		ret = 0;
	}
	fdput(f);
	if (!ret && uold && copy_to_user(uold, &old, sizeof(old)))
		ret = -EFAULT;
	return ret;
}
