/* SPDX-License-Identifier: MIT */
/* fanotify_init(2), fanotify_mark(2), and reading and answering events, fanotify(7). */
#include <lib/err.h>
#include <kernel/init.h>
#include <kernel/pid.h>
#include <kernel/pidfd.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/sysctl.h>
#include <kernel/user.h>
#include <fs/exportfs.h>
#include <fs/file.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <uapi/capability.h>
#include <uapi/termios.h>
#include "fanotify.h"
#include "fdinfo.h"

static int max_user_groups = 128, max_user_marks = 8192, max_queued_events = 16384;

static const struct file_operations fanotify_fops;

/* ---- reading --------------------------------------------------------------------------------- */

/* A file of what happened, for the listener, whose use of it makes no events. */
static struct file *open_event_file(const struct fanotify *fan, const struct path *path)
{
	struct file *file = alloc_empty_file(fan->f_flags);
	int err;

	if (IS_ERR(file))
		return file;
	file->f_mode |= FMODE_NONOTIFY;
	path_get(path);
	file->f_path = *path;
	err = do_dentry_open(file, path->dentry->d_inode);
	if (!err)
		return file;
	fput_sync(file);
	return ERR_PTR(err);
}

static size_t event_size(const struct fanotify *fan, const struct fan_event *e)
{
	size_t size = FAN_EVENT_METADATA_LEN + (e->mask & FAN_Q_OVERFLOW ? 0 : e->len);

	if (fan->flags & FAN_REPORT_PIDFD)
		size += sizeof(struct fanotify_event_info_pidfd);
	return size;
}

/* The first event if it fits; permission events that are taken wait in answers. */
static struct fan_event *dequeue(struct fanotify *fan, size_t room)
{
	struct fsnotify_group *group = &fan->group;
	struct fan_event *e;

	spin_lock(&group->lock);
	e = list_first_entry_or_null(&group->queue, struct fan_event, list);
	if (e && event_size(fan, e) > room) {
		e = ERR_PTR(-EINVAL);
	} else if (e) {
		list_del_init(&e->list);
		group->nr_events--;
		if (e->state == PERM_WAITING) {
			e->state = PERM_READ;
			list_add_tail(&e->list, &fan->answers);
		}
	}
	spin_unlock(&group->lock);
	return e;
}

/* The answer to a permission event, if its task still waits for one. */
static void answer_event(struct fanotify *fan, int fd, struct fan_event *which, u32 answer)
{
	struct fan_event *e;

	spin_lock(&fan->group.lock);
	list_for_each_entry(e, &fan->answers, list) {
		if (which ? e != which : e->fd != fd)
			continue;
		list_del_init(&e->list);
		e->answer = answer;
		WRITE_ONCE(e->state, PERM_ANSWERED);
		break;
	}
	spin_unlock(&fan->group.lock);
	wake_up_all(&fan->answered);
}

/* What of an event is needed after its task may have been killed and taken it away. */
struct event_copy {
	struct fanotify_event_metadata meta;
	struct path path;
	struct pid *pid;
	struct fan_event *perm; /* only to be compared */
};

/* A descriptor that the listener does not know yet; file NULL: fd is what it is told instead. */
struct new_fd {
	int fd;
	struct file *file;
};

static void install_new_fd(const struct new_fd *n)
{
	if (n->file)
		fd_install(n->fd, n->file);
}

static void drop_new_fd(const struct new_fd *n)
{
	if (!n->file)
		return;
	put_unused_fd(n->fd);
	fput(n->file);
}

/*
 * The descriptor of the event, FAN_NOFD without a file: 0 or -errno. The number is put into a
 * permission event before the listener can know it.
 */
static int event_fd(struct fanotify *fan, struct event_copy *c, struct new_fd *n)
{
	struct fan_event *e;

	*n = (struct new_fd){.fd = FAN_NOFD};
	if (!c->path.mnt)
		return 0;
	n->fd = get_unused_fd_flags(fan->f_flags);
	if (n->fd < 0)
		return n->fd;
	n->file = open_event_file(fan, &c->path);
	if (IS_ERR(n->file)) {
		put_unused_fd(n->fd);
		return PTR_ERR(n->file);
	}
	spin_lock(&fan->group.lock);
	list_for_each_entry(e, &fan->answers, list)
		if (e == c->perm)
			e->fd = n->fd;
	spin_unlock(&fan->group.lock);
	return 0;
}

static bool process_exists(struct pid *pid)
{
	bool yes;

	rcu_read_lock();
	yes = pid && pid_task(pid, PIDTYPE_TGID);
	rcu_read_unlock();
	return yes;
}

/* FAN_REPORT_PIDFD: who did it, unless that process is gone. */
static void event_pidfd(const struct fanotify *fan, const struct event_copy *c, struct new_fd *n)
{
	*n = (struct new_fd){.fd = FAN_NOPIDFD};
	if (!(fan->flags & FAN_REPORT_PIDFD) || !process_exists(c->pid))
		return;
	n->fd = pidfd_prepare(c->pid, 0, &n->file);
	if (n->fd < 0)
		*n = (struct new_fd){.fd = FAN_EPIDFD};
}

static int copy_event(const struct fanotify *fan, const struct event_copy *c,
		      const struct fan_event *plain, int pidfd, char __user *buf)
{
	struct fanotify_event_info_pidfd info = {
		.hdr = {.info_type = FAN_EVENT_INFO_TYPE_PIDFD, .len = sizeof(info)},
		.pidfd = pidfd,
	};
	char __user *end = buf + c->meta.event_len;
	size_t records = c->meta.event_len - sizeof(c->meta);

	if (copy_to_user(buf, &c->meta, sizeof(c->meta)))
		return -EFAULT;
	if (fan->flags & FAN_REPORT_PIDFD) {
		records -= sizeof(info);
		if (copy_to_user(end - sizeof(info), &info, sizeof(info)))
			return -EFAULT;
	}
	if (plain && records && copy_to_user(buf + sizeof(c->meta), plain->records, records))
		return -EFAULT;
	return 0;
}

static ssize_t put_event(struct fanotify *fan, struct event_copy *c, const struct fan_event *plain,
			 char __user *buf)
{
	struct new_fd file, pidfd;
	int err = event_fd(fan, c, &file);

	if (err)
		return err;
	c->meta.fd = file.fd;
	event_pidfd(fan, c, &pidfd);
	if (copy_event(fan, c, plain, pidfd.fd, buf)) {
		drop_new_fd(&file);
		drop_new_fd(&pidfd);
		return -EFAULT;
	}
	install_new_fd(&file);
	install_new_fd(&pidfd);
	return c->meta.event_len;
}

/* A listener without rights learns of no process but itself. */
static bool may_know_pid(const struct fanotify *fan, const struct pid *pid)
{
	return pid && (fan->privileged || pid == task_tgid(current));
}

static ssize_t deliver(struct fanotify *fan, struct fan_event *e, char __user *buf)
{
	struct event_copy c = {.meta = {.vers = FANOTIFY_METADATA_VERSION,
					.metadata_len = FAN_EVENT_METADATA_LEN}};
	bool perm = e->mask & FS_PERM_EVENTS;
	ssize_t n;

	/* A permission event stays its task's, which may take it away at any time but now. */
	spin_lock(&fan->group.lock);
	c.meta.event_len = event_size(fan, e);
	c.meta.mask = e->mask;
	c.meta.pid = may_know_pid(fan, e->pid) ? pid_nr(e->pid) : 0;
	c.path = e->path;
	if (c.path.mnt)
		path_get(&c.path);
	c.pid = get_pid(e->pid);
	c.perm = perm ? e : NULL;
	spin_unlock(&fan->group.lock);
	n = put_event(fan, &c, perm ? NULL : e, buf);
	if (perm && n < 0)
		answer_event(fan, 0, e, FAN_DENY);
	if (!perm)
		fan_event_free(e);
	if (c.path.mnt)
		path_put(&c.path);
	put_pid(c.pid);
	return n;
}

static bool has_events(struct fsnotify_group *group)
{
	return !list_empty_careful(&group->queue);
}

static ssize_t fanotify_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct fanotify *fan = fanotify_of(file->private_data);
	ssize_t done = 0, n;

	for (;;) {
		struct fan_event *e = dequeue(fan, len - done);

		if (IS_ERR(e))
			return done ? done : PTR_ERR(e);
		if (e) {
			n = deliver(fan, e, buf + done);
			if (n < 0)
				return done && n != -EFAULT ? done : n;
			done += n;
			continue;
		}
		if (done)
			return done;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(fan->group.wait, has_events(&fan->group)))
			return -ERESTARTSYS;
	}
}

/* struct fanotify_response: one answer a write. */
static ssize_t fanotify_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct fanotify *fan = fanotify_of(file->private_data);
	struct fanotify_response r;
	struct fan_event *e;
	bool known = false;

	if (len < sizeof(r))
		return -EINVAL;
	if (copy_from_user(&r, buf, sizeof(r)))
		return -EFAULT;
	if ((r.response != FAN_ALLOW && r.response != FAN_DENY) || r.fd < 0)
		return -EINVAL;
	spin_lock(&fan->group.lock);
	list_for_each_entry(e, &fan->answers, list)
		known |= e->fd == r.fd;
	spin_unlock(&fan->group.lock);
	if (!known)
		return -ENOENT;
	answer_event(fan, r.fd, NULL, r.response);
	return sizeof(r);
}

static __poll_t fanotify_poll(struct file *file, poll_table *table)
{
	struct fsnotify_group *group = file->private_data;

	poll_wait(file, &group->wait, table);
	return has_events(group) ? EPOLLIN | EPOLLRDNORM : 0;
}

static long fanotify_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct fsnotify_group *group = file->private_data;
	struct fan_event *e;
	size_t bytes = 0;

	if (cmd != FIONREAD)
		return -ENOTTY;
	spin_lock(&group->lock);
	list_for_each_entry(e, &group->queue, list)
		bytes += event_size(fanotify_of(group), e);
	spin_unlock(&group->lock);
	return put_user((int)bytes, (int __user *)arg);
}

static int fanotify_release(struct inode *inode, struct file *file)
{
	struct fsnotify_group *group = file->private_data;

	fsnotify_shutdown_group(group);
	fanotify_flush(fanotify_of(group));
	atomic_dec(&group->user->fanotify_groups);
	fsnotify_put_group(group);
	return 0;
}

/* The flags that FAN_MARK_ADD was given for the mark. */
static unsigned int mark_flags(const struct fsnotify_mark *mark)
{
	return (mark->flags & FSNOTIFY_IGNORED_SURV_MODIFY ? FAN_MARK_IGNORED_SURV_MODIFY : 0) |
	       (mark->flags & FSNOTIFY_EVICTABLE ? FAN_MARK_EVICTABLE : 0) |
	       (mark->flags & FSNOTIFY_NEW_IGNORE ? FAN_MARK_IGNORE : 0);
}

static void show_mark(struct seq_file *m, const struct fsnotify_mark *mark)
{
	seq_puts(m, "fanotify ");
	switch (mark->type) {
	case FSNOTIFY_INODE:
		fsnotify_show_inode(m, mark->inode);
		break;
	case FSNOTIFY_MOUNT:
		seq_printf(m, "mnt_id:%x", (unsigned int)real_mount(mark->mnt)->mnt_id);
		break;
	case FSNOTIFY_SB:
		fsnotify_show_sdev(m, mark->sb);
		break;
	}
	seq_printf(m, " mflags:%x mask:%x ignored_mask:%x", mark_flags(mark), mark->mask,
		   mark->ignored);
	if (mark->type == FSNOTIFY_INODE)
		fsnotify_show_handle(m, mark->inode);
	seq_putc(m, '\n');
}

/* proc_pid_fdinfo(5) */
static void fanotify_show(struct seq_file *m, struct file *file)
{
	struct fanotify *fan = fanotify_of(file->private_data);

	seq_printf(m, "fanotify flags:%x event-flags:%x\n", fan->flags, fan->f_flags);
	fsnotify_show_marks(m, &fan->group, show_mark);
}

static const struct file_operations fanotify_fops = {
	.read = fanotify_read,
	.write = fanotify_write,
	.poll = fanotify_poll,
	.unlocked_ioctl = fanotify_ioctl,
	.release = fanotify_release,
	.llseek = noop_llseek,
	.show_fdinfo = fanotify_show,
};

/* ---- fanotify_init(2) ------------------------------------------------------------------------ */

#define INIT_FLAGS                                                               \
	(FAN_CLOEXEC | FAN_NONBLOCK | FAN_ALL_CLASS_BITS | FAN_UNLIMITED_QUEUE | \
	 FAN_UNLIMITED_MARKS | FAN_REPORT_TID | FAN_FID_BITS |                   \
	 (IS_ENABLED(CONFIG_PIDFD) ? FAN_REPORT_PIDFD : 0))
#define ADMIN_INIT_FLAGS                                                                 \
	(FAN_CLASS_CONTENT | FAN_CLASS_PRE_CONTENT | FAN_REPORT_TID | FAN_REPORT_PIDFD | \
	 FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS)
#define EVENT_F_FLAGS \
	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC | O_CLOEXEC | O_LARGEFILE | O_NOATIME)

static int check_init(unsigned int flags, unsigned int f_flags)
{
	unsigned int class = flags & FAN_ALL_CLASS_BITS;
	bool fid = flags & FAN_FID_BITS;

	if (!capable(CAP_SYS_ADMIN) && ((flags & ADMIN_INIT_FLAGS) || !fid))
		return -EPERM;
	if (flags & ~INIT_FLAGS || class == FAN_ALL_CLASS_BITS)
		return -EINVAL;
	if (f_flags & ~(unsigned int)EVENT_F_FLAGS || (f_flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	if (fid && class != FAN_CLASS_NOTIF)
		return -EINVAL;
	if ((flags & FAN_REPORT_PIDFD) && (flags & FAN_REPORT_TID))
		return -EINVAL;
	if ((flags & FAN_REPORT_NAME) && !(flags & FAN_REPORT_DIR_FID))
		return -EINVAL;
	if ((flags & FAN_REPORT_TARGET_FID) &&
	    (!(flags & FAN_REPORT_NAME) || !(flags & FAN_REPORT_FID)))
		return -EINVAL;
	return 0;
}

static bool charge(atomic_t *count, int max)
{
	if (atomic_inc_return(count) <= max)
		return true;
	atomic_dec(count);
	return false;
}

static struct fanotify *new_fanotify(unsigned int flags, unsigned int f_flags)
{
	struct fanotify *fan = kzalloc(sizeof(*fan), GFP_KERNEL);

	if (!fan)
		return NULL;
	fsnotify_group_init(&fan->group, &fanotify_ops);
	fan->group.merge = true;
	fan->group.priority = (flags & FAN_ALL_CLASS_BITS) / FAN_CLASS_CONTENT;
	fan->group.max_events =
		flags & FAN_UNLIMITED_QUEUE ? UINT_MAX : READ_ONCE(max_queued_events);
	fan->flags = flags;
	fan->f_flags = f_flags | O_LARGEFILE;
	fan->privileged = capable(CAP_SYS_ADMIN);
	INIT_LIST_HEAD(&fan->answers);
	init_waitqueue_head(&fan->answered);
	return fan;
}

SYSCALL_DEFINE2(fanotify_init, unsigned int, flags, unsigned int, f_flags)
{
	unsigned int fd_flags = O_RDWR;
	struct fanotify *fan;
	int fd = check_init(flags, f_flags);

	if (fd)
		return fd;
	if (!charge(&current_user()->fanotify_groups, READ_ONCE(max_user_groups)))
		return -EMFILE;
	fan = new_fanotify(flags, f_flags);
	if (!fan) {
		atomic_dec(&current_user()->fanotify_groups);
		return -ENOMEM;
	}
	fd_flags |= flags & FAN_CLOEXEC ? O_CLOEXEC : 0;
	fd_flags |= flags & FAN_NONBLOCK ? O_NONBLOCK : 0;
	fd = anon_inode_getfd("[fanotify]", &fanotify_fops, &fan->group, fd_flags);
	if (fd < 0) {
		atomic_dec(&fan->group.user->fanotify_groups);
		fsnotify_put_group(&fan->group);
	}
	return fd;
}

/* ---- fanotify_mark(2) ------------------------------------------------------------------------ */

#define PATH_EVENTS (FAN_ACCESS | FAN_MODIFY | FAN_CLOSE | FAN_OPEN | FAN_OPEN_EXEC)
#define PERM_EVENTS (FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM)
#define INODE_EVENTS                                                                         \
	(FAN_ATTRIB | FAN_MOVE | FAN_CREATE | FAN_DELETE | FAN_DELETE_SELF | FAN_MOVE_SELF | \
	 FAN_RENAME)
#define MARK_MODES    (FAN_MARK_FILESYSTEM | FAN_MARK_EVICTABLE | FAN_MARK_IGNORE)
#define MARK_FLAGS    (FAN_ALL_MARK_FLAGS | MARK_MODES)
#define MARK_TYPES    (FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM)
#define MARK_COMMANDS (FAN_MARK_ADD | FAN_MARK_REMOVE | FAN_MARK_FLUSH)
#define IGNORE_BITS   (FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORE)

/* What can be said without looking at the group. */
static int check_mark(unsigned int flags, u64 mask)
{
	unsigned int cmd = flags & MARK_COMMANDS;

	if (mask >> 32 || flags & ~MARK_FLAGS || (flags & MARK_TYPES) == MARK_TYPES)
		return -EINVAL;
	if (cmd == FAN_MARK_FLUSH)
		return flags & ~(MARK_TYPES | FAN_MARK_FLUSH) ? -EINVAL : 0;
	if ((cmd != FAN_MARK_ADD && cmd != FAN_MARK_REMOVE) || !mask)
		return -EINVAL;
	if (mask &
	    ~(u64)(PATH_EVENTS | PERM_EVENTS | INODE_EVENTS | FAN_ONDIR | FAN_EVENT_ON_CHILD))
		return -EINVAL;
	return (flags & IGNORE_BITS) == IGNORE_BITS ? -EINVAL : 0;
}

static int check_mark_group(const struct fanotify *fan, unsigned int flags, u32 mask)
{
	unsigned int type = flags & MARK_TYPES;

	if (type && !fan->privileged)
		return -EPERM;
	if ((flags & FAN_MARK_EVICTABLE) && type)
		return -EINVAL;
	if ((mask & PERM_EVENTS) && (fan->flags & FAN_ALL_CLASS_BITS) == FAN_CLASS_NOTIF)
		return -EINVAL;
	if ((mask & INODE_EVENTS) && (!(fan->flags & FAN_FID_BITS) || type == FAN_MARK_MOUNT))
		return -EINVAL;
	if ((mask & FAN_RENAME) && !(fan->flags & FAN_REPORT_NAME))
		return -EINVAL;
	if ((flags & FAN_MARK_IGNORE) && type && !(flags & FAN_MARK_IGNORED_SURV_MODIFY))
		return -EINVAL;
	return 0;
}

static int find_path(int dfd, const char __user *name, unsigned int flags, struct path *path)
{
	unsigned int how = flags & FAN_MARK_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW;
	struct fd f;
	int err;

	if (name) {
		if (flags & FAN_MARK_ONLYDIR)
			how |= LOOKUP_DIRECTORY;
		err = user_path_at(dfd, name, how, path);
		if (err)
			return err;
	} else {
		f = fdget(dfd);
		if (fd_empty(f))
			return -EBADF;
		err = (flags & FAN_MARK_ONLYDIR) && !S_ISDIR(file_inode(fd_file(f))->i_mode) ?
			      -ENOTDIR :
			      0;
		if (!err) {
			*path = fd_file(f)->f_path;
			path_get(path);
		}
		fdput(f);
		if (err)
			return err;
	}
	err = inode_permission(path->dentry->d_inode, MAY_READ);
	if (err)
		path_put(path);
	return err;
}

/* What depends on the object: records need handles, some masks a directory. */
static int check_mark_path(const struct fanotify *fan, const struct path *path, unsigned int flags,
			   u32 mask)
{
	struct inode *inode = path->dentry->d_inode;
	bool dir = S_ISDIR(inode->i_mode);

	if (fan->flags & FAN_FID_BITS) {
		if (!inode->i_sb->s_export_op)
			return -EOPNOTSUPP;
		if (!fanotify_fsid(inode->i_sb))
			return -ENODEV;
	}
	if (!(flags & MARK_TYPES) && !dir) {
		if (((fan->flags & FAN_REPORT_TARGET_FID) || (flags & FAN_MARK_IGNORE)) &&
		    (mask & (FS_DIRENT_EVENTS | FAN_ONDIR | FAN_EVENT_ON_CHILD)))
			return -ENOTDIR;
		if (mask & FAN_RENAME)
			return -ENOTDIR;
	}
	if ((flags & FAN_MARK_IGNORE) && dir && !(flags & MARK_TYPES) &&
	    !(flags & FAN_MARK_IGNORED_SURV_MODIFY))
		return -EISDIR;
	return 0;
}

struct mark_request {
	enum fsnotify_type type;
	void *object;
	unsigned int flags;
	u32 mask;
};

static struct fsnotify_mark *new_mark(struct fanotify *fan, const struct mark_request *r)
{
	struct fan_mark *m;

	if (!(fan->flags & FAN_UNLIMITED_MARKS) &&
	    !charge(&fan->group.user->fanotify_marks, READ_ONCE(max_user_marks)))
		return ERR_PTR(-ENOSPC);
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m) {
		if (!(fan->flags & FAN_UNLIMITED_MARKS))
			atomic_dec(&fan->group.user->fanotify_marks);
		return ERR_PTR(-ENOMEM);
	}
	fsnotify_mark_init(&m->mark, &fan->group);
	m->mark.type = r->type;
	m->mark.inode = r->object;
	if (r->flags & FAN_MARK_EVICTABLE)
		m->mark.flags = FSNOTIFY_EVICTABLE;
	return &m->mark;
}

/* Bits of @r added to an attached mark. mark_mutex held. */
static int add_bits(struct fsnotify_mark *mark, const struct mark_request *r)
{
	u32 mask = mark->mask, ignored = mark->ignored, flags = mark->flags;

	if ((r->flags & FAN_MARK_EVICTABLE) && !(flags & FSNOTIFY_EVICTABLE))
		return -EEXIST;
	if (!(r->flags & FAN_MARK_EVICTABLE))
		flags &= ~FSNOTIFY_EVICTABLE;
	if (!(r->flags & IGNORE_BITS)) {
		mask |= r->mask;
	} else {
		if ((flags & FSNOTIFY_NEW_IGNORE) && !(r->flags & FAN_MARK_IGNORE))
			return -EEXIST;
		if ((flags & FSNOTIFY_IGNORED_SURV_MODIFY) && (r->flags & FAN_MARK_IGNORE) &&
		    !(r->flags & FAN_MARK_IGNORED_SURV_MODIFY))
			return -EEXIST;
		ignored |= r->mask;
		if (r->flags & FAN_MARK_IGNORE)
			flags |= FSNOTIFY_NEW_IGNORE;
		if (r->flags & FAN_MARK_IGNORED_SURV_MODIFY)
			flags |= FSNOTIFY_IGNORED_SURV_MODIFY;
	}
	return fsnotify_change_mark(mark, mask, ignored, flags) ? 0 : -ENOENT;
}

static int add_mark(struct fanotify *fan, const struct mark_request *r)
{
	struct fsnotify_mark *mark = fsnotify_find_mark(&fan->group, r->type, r->object);
	int err;

	if (!mark) {
		mark = new_mark(fan, r);
		if (IS_ERR(mark))
			return PTR_ERR(mark);
		fsnotify_add_mark(mark);
	}
	err = add_bits(mark, r);
	fsnotify_put_mark(mark);
	return err;
}

static int remove_mark(struct fanotify *fan, const struct mark_request *r)
{
	struct fsnotify_mark *mark = fsnotify_find_mark(&fan->group, r->type, r->object);
	u32 mask, ignored;

	if (!mark)
		return -ENOENT;
	mask = mark->mask;
	ignored = mark->ignored;
	if (r->flags & IGNORE_BITS)
		ignored &= ~r->mask;
	else
		mask &= ~r->mask;
	fsnotify_change_mark(mark, mask, ignored, mark->flags);
	if (!((mask | ignored) & ~(u32)(FAN_ONDIR | FAN_EVENT_ON_CHILD)))
		fsnotify_destroy_mark(mark);
	fsnotify_put_mark(mark);
	return 0;
}

static enum fsnotify_type mark_type(unsigned int flags)
{
	if (flags & FAN_MARK_MOUNT)
		return FSNOTIFY_MOUNT;
	return flags & FAN_MARK_FILESYSTEM ? FSNOTIFY_SB : FSNOTIFY_INODE;
}

static int mark_path(struct fanotify *fan, const struct path *path, unsigned int flags, u32 mask)
{
	struct inode *inode = path->dentry->d_inode;
	struct mark_request r = {.type = mark_type(flags), .flags = flags, .mask = mask};
	int err = check_mark_path(fan, path, flags, mask);

	if (err)
		return err;
	if (r.type == FSNOTIFY_INODE)
		r.object = inode;
	else
		r.object = r.type == FSNOTIFY_MOUNT ? (void *)path->mnt : path->mnt->mnt_sb;
	if (r.type != FSNOTIFY_INODE || !S_ISDIR(inode->i_mode)) {
		r.mask &= ~FAN_EVENT_ON_CHILD;
		/* On a file it means that its directory is to be reported as well. */
		if (r.type == FSNOTIFY_INODE && (fan->flags & FAN_REPORT_DIR_FID))
			r.mask |= FAN_EVENT_ON_CHILD;
	}
	mutex_lock(&fan->group.mark_mutex);
	err = flags & FAN_MARK_ADD ? add_mark(fan, &r) : remove_mark(fan, &r);
	mutex_unlock(&fan->group.mark_mutex);
	return err;
}

static long do_fanotify_mark(struct fanotify *fan, unsigned int flags, u32 mask, int dfd,
			     const char __user *name)
{
	struct path path;
	int err = check_mark_group(fan, flags, mask);

	if (err)
		return err;
	if (flags & FAN_MARK_FLUSH) {
		fsnotify_clear_marks(&fan->group, mark_type(flags));
		return 0;
	}
	err = find_path(dfd, name, flags, &path);
	if (err)
		return err;
	/* All pipes, or all sockets, are nobody's to watch. */
	if (flags & MARK_TYPES && path.mnt->mnt_sb->s_flags & SB_NOUSER)
		err = -EINVAL;
	else
		err = mark_path(fan, &path, flags, mask);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE5(fanotify_mark, int, fd, unsigned int, flags, u64, mask, int, dfd,
		const char __user *, name)
{
	struct fd f;
	long err = check_mark(flags, mask);

	if (err)
		return err;
	f = fdget(fd);
	if (fd_empty(f))
		return -EBADF;
	if (fd_file(f)->f_op != &fanotify_fops)
		err = -EINVAL;
	else
		err = do_fanotify_mark(fanotify_of(fd_file(f)->private_data), flags, mask, dfd,
				       name);
	fdput(f);
	return err;
}

/* ---- /proc/sys/fs/fanotify ------------------------------------------------------------------- */

static const int zero;

#define LIMIT(name, var)                                                                 \
	{                                                                                \
		.procname = (name), .data = &(var), .maxlen = sizeof(int), .mode = 0644, \
		.proc_handler = proc_dointvec_minmax, .extra1 = &zero                    \
	}

static const struct ctl_table fanotify_table[] = {
	LIMIT("max_user_groups", max_user_groups),
	LIMIT("max_user_marks", max_user_marks),
	LIMIT("max_queued_events", max_queued_events),
};

static int __init fanotify_setup(void)
{
	max_user_marks = clamp(totalram_pages / 100 * (PAGE_SIZE / 1024), 8192ul, 1048576ul);
	return register_sysctl("fs/fanotify", fanotify_table, ARRAY_SIZE(fanotify_table));
}
fs_initcall(fanotify_setup);
