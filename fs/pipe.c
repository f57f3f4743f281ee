/* SPDX-License-Identifier: MIT */
/*
 * Pipes and FIFOs: pipe(7), fifo(7). <fs/pipe.h> describes the ring.
 *
 * Sleeping: a reader that finds nothing drops the mutex and waits until head moves or the last
 * writer goes; a writer until a slot is free or the last reader goes. Whoever changes that looks
 * for sleepers after a full barrier (wq_has_sleeper), so an idle queue costs no lock.
 */
#include <lib/err.h>
#include <lib/bitops.h>
#include <kernel/init.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uio.h>
#include <mm/page.h>
#include <fs/file.h>
#include <fs/pipe.h>
#include <fs/poll.h>
#include <uapi/capability.h>
#include <uapi/limits.h>
#include <uapi/magic.h>
#include <uapi/termios.h>
#include "internal.h"

static struct vfsmount *pipe_mnt __ro_after_init;
static const struct file_operations pipe_fops;

#define PIPE_IN	 (EPOLLIN | EPOLLRDNORM)
#define PIPE_OUT (EPOLLOUT | EPOLLWRNORM)

static inline struct pipe_buffer *pipe_slot(const struct pipe_inode_info *pipe, unsigned int n)
{
	return &pipe->bufs[n & (pipe->ring_size - 1)];
}

static inline void pipe_wake(wait_queue_head_t *wq, __poll_t events)
{
	if (wq_has_sleeper(wq))
		wake_up_interruptible_poll(wq, (__force unsigned int)events);
}

/*
 * Conditions of sleepers, looked at without the mutex; it is taken again before anything is done.
 */
static bool pipe_readable(const struct pipe_inode_info *pipe)
{
	return READ_ONCE(pipe->head) != READ_ONCE(pipe->tail) || !READ_ONCE(pipe->writers);
}

static bool pipe_writable(const struct pipe_inode_info *pipe)
{
	return !pipe_full(READ_ONCE(pipe->head), READ_ONCE(pipe->tail),
			  READ_ONCE(pipe->ring_size)) ||
	       !READ_ONCE(pipe->readers);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* One page is kept for the next write: a pipe that goes to and fro allocates nothing. */
static void pipe_free_page(struct pipe_inode_info *pipe, struct page *page)
{
	if (!pipe->tmp_page)
		pipe->tmp_page = page;
	else
		put_page(page);
}

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
		pipe_free_page(pipe, buf->page);
		buf->page = NULL;
		WRITE_ONCE(pipe->tail, pipe->tail + 1);
		*freed = true;
	}
	if (!iov_iter_count(to) || n < chars)
		*done = true;
	return n;
}

static ssize_t pipe_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct pipe_inode_info *pipe = file->private_data;
	bool freed = false, done = false;
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
		if (file->f_flags & O_NONBLOCK) {
			ret = -EAGAIN;
			break;
		}
		mutex_unlock(&pipe->mutex);
		if (wait_event_interruptible(pipe->rd_wait, pipe_readable(pipe)))
			return -ERESTARTSYS;
		mutex_lock(&pipe->mutex);
	}
	mutex_unlock(&pipe->mutex);
	if (freed) {
		pipe_wake(&pipe->wr_wait, PIPE_OUT);
		kill_fasync(&pipe->fasync_writers, SIGIO, POLL_OUT);
	}
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

static void pipe_wrote(struct pipe_inode_info *pipe)
{
	pipe_wake(&pipe->rd_wait, PIPE_IN);
	kill_fasync(&pipe->fasync_readers, SIGIO, POLL_IN);
}

static ssize_t pipe_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct pipe_inode_info *pipe = file->private_data;
	bool packet = file->f_flags & O_DIRECT;
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
		if (file->f_flags & O_NONBLOCK) {
			err = -EAGAIN;
			break;
		}
		err = wait_event_interruptible(pipe->wr_wait, pipe_writable(pipe));
		if (err)
			break;
	}
	if (unlikely(err == -EPIPE))
		send_sig(SIGPIPE, current, 0);
	return ret ? ret : err;
}

/* ---- poll, ioctl, fcntl ---------------------------------------------------------------------- */

static __poll_t pipe_poll(struct file *file, poll_table *table)
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

static long pipe_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
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

static int pipe_fasync(int fd, struct file *file, int on)
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
	if (slots > PIPE_MAX_SIZE / PAGE_SIZE && slots > pipe->ring_size &&
	    !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	err = pipe_resize(pipe, slots);
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

/* ---- life ------------------------------------------------------------------------------------ */

static struct pipe_inode_info *alloc_pipe_info(void)
{
	struct pipe_inode_info *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);

	if (!pipe)
		return NULL;
	pipe->bufs = kcalloc(PIPE_DEF_BUFFERS, sizeof(struct pipe_buffer), GFP_KERNEL);
	if (!pipe->bufs) {
		kfree(pipe);
		return NULL;
	}
	mutex_init(&pipe->mutex);
	init_waitqueue_head(&pipe->rd_wait);
	init_waitqueue_head(&pipe->wr_wait);
	pipe->ring_size = PIPE_DEF_BUFFERS;
	pipe->r_counter = pipe->w_counter = 1;
	return pipe;
}

static void free_pipe_info(struct pipe_inode_info *pipe)
{
	for (unsigned int i = pipe->tail; i != pipe->head; i++)
		put_page(pipe_slot(pipe, i)->page);
	if (pipe->tmp_page)
		put_page(pipe->tmp_page);
	kvfree(pipe->bufs);
	kfree(pipe);
}

/* Drops one file's hold; the last frees the ring, a FIFO's contents with it. */
static void put_pipe_info(struct inode *inode, struct pipe_inode_info *pipe)
{
	bool last;

	spin_lock(&inode->i_lock);
	last = !--pipe->files;
	if (last)
		inode->i_pipe = NULL;
	spin_unlock(&inode->i_lock);
	if (last)
		free_pipe_info(pipe);
}

static int pipe_release(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	mutex_lock(&pipe->mutex);
	if (file->f_mode & FMODE_READ)
		WRITE_ONCE(pipe->readers, pipe->readers - 1);
	if (file->f_mode & FMODE_WRITE)
		WRITE_ONCE(pipe->writers, pipe->writers - 1);
	mutex_unlock(&pipe->mutex);
	/* The other side learns that this one is gone. */
	pipe_wake(&pipe->rd_wait, PIPE_IN | EPOLLERR | EPOLLHUP);
	pipe_wake(&pipe->wr_wait, PIPE_OUT | EPOLLERR | EPOLLHUP);
	put_pipe_info(inode, pipe);
	return 0;
}

static const struct file_operations pipe_fops = {
	.read_iter = pipe_read,
	.write_iter = pipe_write,
	.poll = pipe_poll,
	.unlocked_ioctl = pipe_ioctl,
	.release = pipe_release,
	.fasync = pipe_fasync,
};

/* ---- pipe(2) --------------------------------------------------------------------------------- */

static struct inode *get_pipe_inode(void)
{
	struct inode *inode = new_inode_pseudo(pipe_mnt->mnt_sb);
	struct pipe_inode_info *pipe;

	if (!inode)
		return NULL;
	pipe = alloc_pipe_info();
	if (!pipe) {
		iput(inode);
		return NULL;
	}
	pipe->files = 2;
	pipe->readers = pipe->writers = 1;
	inode->i_pipe = pipe;
	inode->i_fop = &pipe_fops;
	inode->i_mode = S_IFIFO | S_IRUSR | S_IWUSR;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_flags |= S_STREAM | S_FASTATTR;
	return inode;
}

static void make_stream(struct file *file, struct pipe_inode_info *pipe)
{
	file->private_data = pipe;
	file->f_mode |= FMODE_STREAM;
}

int create_pipe_files(struct file **files, int flags)
{
	struct inode *inode = get_pipe_inode();
	struct file *w, *r;

	if (!inode)
		return -ENFILE;
	w = alloc_file_pseudo(inode, pipe_mnt, "", O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)),
			      &pipe_fops);
	if (IS_ERR(w)) {
		free_pipe_info(inode->i_pipe);
		iput(inode);
		return PTR_ERR(w);
	}
	make_stream(w, inode->i_pipe);
	r = alloc_file_clone(w, O_RDONLY | (flags & O_NONBLOCK), &pipe_fops);
	if (IS_ERR(r)) {
		inode->i_pipe->files = 1;
		inode->i_pipe->readers = 0;
		fput_sync(w);
		return PTR_ERR(r);
	}
	make_stream(r, inode->i_pipe);
	files[0] = r;
	files[1] = w;
	return 0;
}

/* Files and reserved descriptors, nothing installed yet. */
static int reserve_pipe(int *fd, struct file **files, int flags)
{
	int err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	err = create_pipe_files(files, flags);
	if (err)
		return err;
	fd[0] = err = get_unused_fd_flags(flags);
	if (err < 0)
		goto out_files;
	fd[1] = err = get_unused_fd_flags(flags);
	if (err >= 0)
		return 0;
	put_unused_fd(fd[0]);
out_files:
	fput_sync(files[0]);
	fput_sync(files[1]);
	return err;
}

int do_pipe_flags(int *fd, int flags)
{
	struct file *files[2];
	int err = reserve_pipe(fd, files, flags);

	if (err)
		return err;
	fd_install(fd[0], files[0]);
	fd_install(fd[1], files[1]);
	return 0;
}

static long do_pipe2(int __user *ufd, int flags)
{
	struct file *files[2];
	int fd[2], err = reserve_pipe(fd, files, flags);

	if (err)
		return err;
	if (unlikely(copy_to_user(ufd, fd, sizeof(fd)))) {
		put_unused_fd(fd[0]);
		put_unused_fd(fd[1]);
		fput_sync(files[0]);
		fput_sync(files[1]);
		return -EFAULT;
	}
	fd_install(fd[0], files[0]);
	fd_install(fd[1], files[1]);
	return 0;
}

SYSCALL_DEFINE2(pipe2, int __user *, ufd, int, flags)
{
	return do_pipe2(ufd, flags);
}

SYSCALL_DEFINE1(pipe, int __user *, ufd)
{
	return do_pipe2(ufd, 0);
}

/* ---- FIFOs ----------------------------------------------------------------------------------- */

/* The FIFO's ring, made by whoever opens it first; held. */
static struct pipe_inode_info *fifo_pipe(struct inode *inode)
{
	struct pipe_inode_info *pipe, *new = NULL;

	for (;;) {
		spin_lock(&inode->i_lock);
		pipe = inode->i_pipe;
		if (!pipe)
			pipe = inode->i_pipe = new, new = NULL;
		if (pipe)
			pipe->files++;
		spin_unlock(&inode->i_lock);
		if (new)
			free_pipe_info(new);
		if (pipe)
			return pipe;
		new = alloc_pipe_info();
		if (!new)
			return NULL;
	}
}

/*
 * Sleeps until the other side has been opened since @counter was @seen. The mutex is dropped
 * meanwhile.
 */
static int wait_for_partner(struct pipe_inode_info *pipe, wait_queue_head_t *wq,
			    const unsigned int *counter, unsigned int seen)
	__must_hold(&pipe->mutex)
{
	int err;

	mutex_unlock(&pipe->mutex);
	err = wait_event_interruptible(*wq, READ_ONCE(*counter) != seen);
	mutex_lock(&pipe->mutex);
	return err;
}

static int fifo_open_read(struct pipe_inode_info *pipe, struct file *file)
{
	unsigned int seen = pipe->w_counter;
	int err;

	WRITE_ONCE(pipe->r_counter, pipe->r_counter + 1);
	WRITE_ONCE(pipe->readers, pipe->readers + 1);
	pipe_wake(&pipe->wr_wait, PIPE_OUT);
	if (pipe->writers)
		return 0;
	if (file->f_flags & O_NONBLOCK) {
		file->f_version = seen; /* no hang-up until a writer came and went */
		return 0;
	}
	err = wait_for_partner(pipe, &pipe->rd_wait, &pipe->w_counter, seen);
	if (err)
		WRITE_ONCE(pipe->readers, pipe->readers - 1);
	return err;
}

static int fifo_open_write(struct pipe_inode_info *pipe, struct file *file)
{
	unsigned int seen = pipe->r_counter;
	int err;

	if ((file->f_flags & O_NONBLOCK) && !pipe->readers)
		return -ENXIO;
	WRITE_ONCE(pipe->w_counter, pipe->w_counter + 1);
	WRITE_ONCE(pipe->writers, pipe->writers + 1);
	pipe_wake(&pipe->rd_wait, PIPE_IN);
	if (pipe->readers)
		return 0;
	err = wait_for_partner(pipe, &pipe->wr_wait, &pipe->r_counter, seen);
	if (err) {
		WRITE_ONCE(pipe->writers, pipe->writers - 1);
		pipe_wake(&pipe->rd_wait, EPOLLHUP | PIPE_IN);
	}
	return err;
}

static int fifo_open(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = fifo_pipe(inode);
	int err = 0;

	if (!pipe)
		return -ENOMEM;
	make_stream(file, pipe);
	file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	mutex_lock(&pipe->mutex);
	switch (file->f_flags & O_ACCMODE) {
	case O_RDONLY:
		err = fifo_open_read(pipe, file);
		break;
	case O_WRONLY:
		err = fifo_open_write(pipe, file);
		break;
	case O_RDWR: /* both ends at once: never waits */
		WRITE_ONCE(pipe->r_counter, pipe->r_counter + 1);
		WRITE_ONCE(pipe->w_counter, pipe->w_counter + 1);
		WRITE_ONCE(pipe->readers, pipe->readers + 1);
		WRITE_ONCE(pipe->writers, pipe->writers + 1);
		pipe_wake(&pipe->rd_wait, PIPE_IN);
		pipe_wake(&pipe->wr_wait, PIPE_OUT);
		break;
	default:
		err = -EINVAL;
	}
	mutex_unlock(&pipe->mutex);
	if (err)
		put_pipe_info(inode, pipe);
	return err;
}

const struct file_operations pipefifo_fops = {
	.open = fifo_open,
	.read_iter = pipe_read,
	.write_iter = pipe_write,
	.poll = pipe_poll,
	.unlocked_ioctl = pipe_ioctl,
	.release = pipe_release,
	.fasync = pipe_fasync,
};

/* ---- pipefs ---------------------------------------------------------------------------------- */

static char *pipefs_dname(struct dentry *dentry, char *buf, int len)
{
	return dynamic_dname(buf, len, "pipe:[%lu]", dentry->d_inode->i_ino);
}

static const struct dentry_operations pipefs_dentry_operations = {.d_dname = pipefs_dname};

static struct dentry *pipefs_mount(const struct file_system_type *type, unsigned int flags,
				   const char *dev_name, char *data)
{
	struct dentry *root = mount_pseudo(type, PIPEFS_MAGIC);

	if (!IS_ERR(root))
		root->d_sb->s_d_op = &pipefs_dentry_operations;
	return root;
}

static struct file_system_type pipefs_type = {
	.name = "pipefs", .mount = pipefs_mount, .kill_sb = kill_anon_super};

static int __init pipefs_init(void)
{
	struct vfsmount *mnt;
	int err = register_filesystem(&pipefs_type);

	if (err)
		return err;
	mnt = kern_mount(&pipefs_type);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	pipe_mnt = mnt;
	return 0;
}
core_initcall(pipefs_init);
