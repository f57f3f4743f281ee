/* SPDX-License-Identifier: MIT */
/* Pipes and FIFOs made, opened and released: pipe(2), fifo(7), and the file system of pipes. */
#include <lib/bitops.h>
#include <lib/err.h>
#include <kernel/init.h>
#include <kernel/syscall.h>
#include <kernel/sysctl.h>
#include <kernel/user.h>
#include <fs/file.h>
#include <uapi/capability.h>
#include <uapi/magic.h>
#include "pipe_ring.h"

static struct vfsmount *pipe_mnt __ro_after_init;

/* ---- life ------------------------------------------------------------------------------------ */

unsigned int pipe_max_size = 1024 * 1024;
static unsigned long pages_soft = 16384, pages_hard;

static bool over(unsigned long used, unsigned long limit)
{
	return limit && used > limit;
}

static bool is_privileged(void)
{
	return capable(CAP_SYS_RESOURCE) || capable(CAP_SYS_ADMIN);
}

bool pipe_account(struct pipe_inode_info *pipe, unsigned int slots)
{
	long change = (long)slots - pipe->accounted;
	unsigned long used = atomic_long_add_return(change, &pipe->user->pipe_bufs);

	if (change > 0 &&
	    (over(used, READ_ONCE(pages_soft)) || over(used, READ_ONCE(pages_hard))) &&
	    !is_privileged()) {
		atomic_long_sub(change, &pipe->user->pipe_bufs);
		return false;
	}
	pipe->accounted = slots;
	return true;
}

/* The slots of a new pipe: fewer for one who has many; 0: none. */
static unsigned int first_slots(struct pipe_inode_info *pipe)
{
	unsigned int want = PIPE_DEF_BUFFERS, most = READ_ONCE(pipe_max_size) / PAGE_SIZE;

	if (unlikely(want > most) && !is_privileged())
		want = most;
	if (likely(pipe_account(pipe, want)))
		return want;
	if (over(atomic_long_read(&pipe->user->pipe_bufs), READ_ONCE(pages_hard)))
		return 0;
	atomic_long_add(PIPE_MIN_BUFFERS, &pipe->user->pipe_bufs);
	return pipe->accounted = PIPE_MIN_BUFFERS;
}

static void free_pipe_info(struct pipe_inode_info *pipe)
{
	for (unsigned int i = pipe->tail; i != pipe->head; i++)
		put_page(pipe_slot(pipe, i)->page);
	if (pipe->tmp_page)
		put_page(pipe->tmp_page);
	atomic_long_sub(pipe->accounted, &pipe->user->pipe_bufs);
	free_uid(pipe->user);
	kvfree(pipe->bufs);
	kfree(pipe);
}

static struct pipe_inode_info *alloc_pipe_info(void)
{
	struct pipe_inode_info *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);

	if (!pipe)
		return NULL;
	pipe->user = get_uid(current_user());
	pipe->ring_size = first_slots(pipe);
	if (pipe->ring_size)
		pipe->bufs = kcalloc(pipe->ring_size, sizeof(struct pipe_buffer), GFP_KERNEL);
	if (!pipe->bufs) {
		free_pipe_info(pipe);
		return NULL;
	}
	mutex_init(&pipe->mutex);
	init_waitqueue_head(&pipe->rd_wait);
	init_waitqueue_head(&pipe->wr_wait);
	pipe->r_counter = pipe->w_counter = 1;
	return pipe;
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
	pipe_wake_all(&pipe->rd_wait, PIPE_IN | EPOLLERR | EPOLLHUP);
	pipe_wake_all(&pipe->wr_wait, PIPE_OUT | EPOLLERR | EPOLLHUP);
	put_pipe_info(inode, pipe);
	return 0;
}

const struct file_operations pipe_fops = {
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
	inode->i_fop = &pipefifo_fops; /* opened again, through /proc/PID/fd */
	inode->i_mode = S_IFIFO | S_IRUSR | S_IWUSR;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_flags |= S_STREAM | S_FASTATTR;
	return inode;
}

static void make_stream(struct file *file, struct pipe_inode_info *pipe)
{
	file->private_data = pipe;
	file->f_mode |= FMODE_STREAM | FMODE_NOWAIT;
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
		pipe_wake_all(&pipe->rd_wait, EPOLLHUP | PIPE_IN);
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

/* A power of two of at least a page; what is written is rounded up. */
static int pipe_max_size_handler(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	unsigned int size = pipe_max_size;
	struct ctl_table own = *table;
	int err;

	own.data = &size;
	err = proc_douintvec(&own, write, buf, lenp);
	if (err || !write)
		return err;
	if (size < PAGE_SIZE || size > 1u << 31)
		return -EINVAL;
	WRITE_ONCE(pipe_max_size, roundup_pow_of_two((unsigned long)size));
	return 0;
}

static const struct ctl_table pipe_table[] = {
	{.procname = "pipe-max-size",
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = pipe_max_size_handler},
	{.procname = "pipe-user-pages-hard",
	 .data = &pages_hard,
	 .maxlen = sizeof(long),
	 .mode = 0644,
	 .proc_handler = proc_doulongvec_minmax},
	{.procname = "pipe-user-pages-soft",
	 .data = &pages_soft,
	 .maxlen = sizeof(long),
	 .mode = 0644,
	 .proc_handler = proc_doulongvec_minmax},
};

static int __init pipe_sysctl_init(void)
{
	return register_sysctl("fs", pipe_table, ARRAY_SIZE(pipe_table));
}
fs_initcall(pipe_sysctl_init);

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
