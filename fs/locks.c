/* SPDX-License-Identifier: MIT */
/*
 * Advisory locks: flock(2), POSIX record locks and open-file-description locks (fcntl_locking(2)).
 *
 * A lock belongs to an owner: the descriptor table for POSIX locks, the struct file for the two
 * others. Locks of an inode hang in its file_lock_context, sorted by start. One that must wait
 * sleeps on the context's queue and tries again whenever a lock there goes away.
 *
 * Deadlock: a sleeping POSIX request is on blocked_list with the owner it waits for. A request that
 * would close a circle of such waits is refused with EDEADLK. OFD locks have no such owner and are
 * not searched.
 */
#include <lib/err.h>
#include <kernel/pid.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/wait.h>
#include <fs/file.h>
#include <uapi/fs.h>
#include "locks.h"

enum lock_kind { LOCK_POSIX, LOCK_OFD, LOCK_FLOCK };

struct file_lock {
	struct list_head list; /* flc_lock */
	void *owner;
	enum lock_kind kind;
	short type; /* F_RDLCK, F_WRLCK; requests also F_UNLCK */
	pid_t pid;
	loff_t start, end; /* both included */
};

struct blocked {
	struct list_head list; /* blocked_lock */
	void *owner, *on;
};

static DEFINE_SPINLOCK(blocked_lock);
static LIST_HEAD(blocked_list); /* blocked_lock */

/* ---- contexts -------------------------------------------------------------------------------- */

struct file_lock_context *locks_get_context(struct inode *inode)
{
	struct file_lock_context *ctx = READ_ONCE(inode->i_flctx), *old = NULL;

	if (ctx)
		return ctx;
	ctx = kmalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return NULL;
	spin_lock_init(&ctx->flc_lock);
	INIT_LIST_HEAD(&ctx->posix);
	INIT_LIST_HEAD(&ctx->flock);
	INIT_LIST_HEAD(&ctx->lease);
	init_waitqueue_head(&ctx->wait);
	if (try_cmpxchg(&inode->i_flctx, &old, ctx))
		return ctx;
	kfree(ctx);
	return old;
}

void locks_free_context(struct inode *inode)
{
	if (likely(!inode->i_flctx))
		return;
	WARN_ON_ONCE(!list_empty(&inode->i_flctx->posix) || !list_empty(&inode->i_flctx->flock));
	kfree(inode->i_flctx);
	inode->i_flctx = NULL;
}

/* ---- conflicts ------------------------------------------------------------------------------- */

static bool overlaps(const struct file_lock *a, const struct file_lock *b)
{
	return a->start <= b->end && b->start <= a->end;
}

/* The first lock in @list that forbids @req; flc_lock held. */
static struct file_lock *find_conflict(struct list_head *list, const struct file_lock *req)
{
	struct file_lock *l;

	list_for_each_entry(l, list, list) {
		if (l->owner == req->owner && l->kind == req->kind)
			continue;
		if ((l->type == F_WRLCK || req->type == F_WRLCK) && overlaps(l, req))
			return l;
	}
	return NULL;
}

/* Whether waiting for @on would make @owner wait for itself; blocked_lock held. */
static bool would_deadlock(void *owner, void *on)
{
	for (int depth = 0; depth < 64; depth++) {
		struct blocked *b;
		void *next = NULL;

		if (on == owner)
			return true;
		list_for_each_entry(b, &blocked_list, list)
			if (b->owner == on)
				next = b->on;
		if (!next)
			return false;
		on = next;
	}
	return false;
}

/* ---- byte ranges: flc_lock held -------------------------------------------------------------- */

static void insert_sorted(struct list_head *list, struct file_lock *new)
{
	struct file_lock *l;

	list_for_each_entry(l, list, list)
		if (l->start > new->start)
			break;
	list_add_tail(&new->list, &l->list);
}

/* Equal neighbours of @req become part of it. */
static bool absorbs(const struct file_lock *req, const struct file_lock *l)
{
	if (l->type != req->type)
		return false;
	return l->start <= (req->end == LLONG_MAX ? LLONG_MAX : req->end + 1) &&
	       req->start <= (l->end == LLONG_MAX ? LLONG_MAX : l->end + 1);
}

/*
 * The owner's range @req->start..end becomes req->type. @spare: two preallocated locks, taken as
 * needed. Freed locks go to @gone. Order on the list is kept: a lock that loses its head is put in
 * again.
 */
static void apply_range(struct file_lock_context *ctx, struct file_lock *req,
			struct file_lock *spare[2], struct list_head *gone)
{
	struct file_lock *l, *next, *right = NULL;
	LIST_HEAD(again);

	list_for_each_entry_safe(l, next, &ctx->posix, list) {
		if (l->owner != req->owner || l->kind != req->kind)
			continue;
		if (absorbs(req, l)) {
			req->start = min(req->start, l->start);
			req->end = max(req->end, l->end);
			list_move(&l->list, gone);
		} else if (!overlaps(l, req)) {
			continue;
		} else if (l->start < req->start) {
			if (l->end > req->end) {
				right = spare[1];
				spare[1] = NULL;
				*right = *l;
				right->start = req->end + 1;
			}
			l->end = req->start - 1;
		} else if (l->end > req->end) {
			l->start = req->end + 1;
			list_move(&l->list, &again);
		} else {
			list_move(&l->list, gone);
		}
	}
	list_for_each_entry_safe(l, next, &again, list) {
		list_del(&l->list);
		insert_sorted(&ctx->posix, l);
	}
	if (right)
		insert_sorted(&ctx->posix, right);
	if (req->type != F_UNLCK) {
		*spare[0] = *req;
		insert_sorted(&ctx->posix, spare[0]);
		spare[0] = NULL;
	}
}

static void free_locks(struct list_head *gone)
{
	struct file_lock *l, *next;

	list_for_each_entry_safe(l, next, gone, list)
		kfree(l);
}

/* One try: 0, -EAGAIN (*holder: who forbids it) or -ENOMEM. */
static int try_posix(struct file_lock_context *ctx, struct file_lock *req, void **holder)
{
	struct file_lock *spare[2], *l = NULL;
	LIST_HEAD(gone);
	int err = 0;

	spare[0] = kmalloc(sizeof(*l), GFP_KERNEL);
	spare[1] = kmalloc(sizeof(*l), GFP_KERNEL);
	if (!spare[0] || !spare[1]) {
		err = -ENOMEM;
		goto out;
	}
	spin_lock(&ctx->flc_lock);
	if (req->type != F_UNLCK)
		l = find_conflict(&ctx->posix, req);
	if (l) {
		*holder = l->kind == LOCK_POSIX ? l->owner : NULL;
		err = -EAGAIN;
	} else {
		apply_range(ctx, req, spare, &gone);
	}
	spin_unlock(&ctx->flc_lock);
	free_locks(&gone);
	if (!err)
		locks_wake_waiters(ctx);
out:
	kfree(spare[0]);
	kfree(spare[1]);
	return err;
}

/* Whether somebody other than @holder forbids @req now, or nobody. */
static bool holder_changed(struct file_lock_context *ctx, const struct file_lock *req, void *holder)
{
	const struct file_lock *l;
	bool changed;

	spin_lock(&ctx->flc_lock);
	l = find_conflict(&ctx->posix, req);
	changed = !l || (l->kind == LOCK_POSIX ? l->owner : NULL) != holder;
	spin_unlock(&ctx->flc_lock);
	return changed;
}

/*
 * Sleeps while @holder is what forbids @req: 0, -EDEADLK, -ERESTARTSYS. Whose turn it is may change
 * while others wait; who waits for whom is then looked at anew, or a ring could close unseen.
 */
static int wait_posix(struct file_lock_context *ctx, const struct file_lock *req, void *holder)
{
	struct blocked me = {.owner = req->owner, .on = holder};
	bool record = req->kind == LOCK_POSIX && holder;
	int err;

	if (record) {
		spin_lock(&blocked_lock);
		if (would_deadlock(me.owner, me.on)) {
			spin_unlock(&blocked_lock);
			return -EDEADLK;
		}
		list_add(&me.list, &blocked_list);
		spin_unlock(&blocked_lock);
	}
	err = wait_event_interruptible(ctx->wait, holder_changed(ctx, req, holder));
	if (record) {
		spin_lock(&blocked_lock);
		list_del(&me.list);
		spin_unlock(&blocked_lock);
	}
	return err;
}

static int posix_lock(struct inode *inode, struct file_lock *req, bool wait)
{
	struct file_lock_context *ctx = locks_get_context(inode);
	void *holder = NULL;
	int err;

	if (!ctx)
		return -ENOMEM;
	for (;;) {
		err = try_posix(ctx, req, &holder);
		if (err != -EAGAIN || !wait)
			return err;
		err = wait_posix(ctx, req, holder);
		if (err)
			return err;
	}
}

/* ---- fcntl ----------------------------------------------------------------------------------- */

static int lock_range(struct file *file, const struct flock *fl, struct file_lock *req)
{
	loff_t base = 0, start, end;

	if (fl->l_whence == SEEK_CUR)
		base = file->f_pos;
	else if (fl->l_whence == SEEK_END)
		base = i_size_read(file_inode(file));
	else if (fl->l_whence != SEEK_SET)
		return -EINVAL;
	if (__builtin_add_overflow(base, fl->l_start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	end = LLONG_MAX;
	if (fl->l_len > 0) {
		if (__builtin_add_overflow(start, fl->l_len - 1, &end))
			return -EOVERFLOW;
	} else if (fl->l_len < 0) {
		end = start - 1;
		start += fl->l_len;
		if (start < 0)
			return -EINVAL;
	}
	req->start = start;
	req->end = end;
	return 0;
}

static int make_request(struct file *file, unsigned int cmd, const struct flock *fl,
			struct file_lock *req)
{
	bool ofd = cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;

	if (fl->l_type != F_RDLCK && fl->l_type != F_WRLCK && fl->l_type != F_UNLCK)
		return -EINVAL;
	if (ofd && fl->l_pid)
		return -EINVAL;
	req->kind = ofd ? LOCK_OFD : LOCK_POSIX;
	req->owner = ofd ? (void *)file : (void *)current->files;
	req->pid = ofd ? -1 : task_tgid_nr(current);
	req->type = fl->l_type;
	return lock_range(file, fl, req);
}

int fcntl_getlk(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct file_lock_context *ctx = READ_ONCE(file_inode(file)->i_flctx);
	struct file_lock req, *l = NULL;
	struct flock fl;
	int err;

	if (copy_from_user(&fl, (void __user *)arg, sizeof(fl)))
		return -EFAULT;
	err = make_request(file, cmd, &fl, &req);
	if (err)
		return err;
	if (cmd == F_GETLK && fl.l_type == F_UNLCK)
		return -EINVAL;
	if (ctx) {
		spin_lock(&ctx->flc_lock);
		l = find_conflict(&ctx->posix, &req);
		if (l) {
			fl.l_type = l->type;
			fl.l_whence = SEEK_SET;
			fl.l_start = l->start;
			fl.l_len = l->end == LLONG_MAX ? 0 : l->end - l->start + 1;
			fl.l_pid = l->pid;
		}
		spin_unlock(&ctx->flc_lock);
	}
	if (!l)
		fl.l_type = F_UNLCK;
	return copy_to_user((void __user *)arg, &fl, sizeof(fl)) ? -EFAULT : 0;
}

/*
 * Another thread may have closed @fd, and with it released all our POSIX locks, while we were
 * getting this one.
 */
static void undo_if_closed(unsigned int fd, struct file *file, struct file_lock *req)
{
	struct files_struct *files = current->files;
	struct file *now;

	if (req->kind != LOCK_POSIX || req->type == F_UNLCK)
		return;
	spin_lock(&files->file_lock);
	now = fd < files->fdt->max_fds ? files->fdt->fd[fd] : NULL;
	spin_unlock(&files->file_lock);
	if (now != file)
		locks_remove_posix(file, files);
}

int fcntl_setlk(unsigned int fd, struct file *file, unsigned int cmd, unsigned long arg)
{
	struct file_lock req;
	struct flock fl;
	int err;

	if (copy_from_user(&fl, (void __user *)arg, sizeof(fl)))
		return -EFAULT;
	err = make_request(file, cmd, &fl, &req);
	if (err)
		return err;
	if ((req.type == F_RDLCK && !(file->f_mode & FMODE_READ)) ||
	    (req.type == F_WRLCK && !(file->f_mode & FMODE_WRITE)))
		return -EBADF;
	err = posix_lock(file_inode(file), &req, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
	if (!err)
		undo_if_closed(fd, file, &req);
	return err;
}

/* ---- release --------------------------------------------------------------------------------- */

/* Takes every lock of @owner and @kind off @list. */
static void remove_owned(struct file_lock_context *ctx, struct list_head *list, enum lock_kind kind,
			 const void *owner)
{
	struct file_lock *l, *next;
	LIST_HEAD(gone);

	spin_lock(&ctx->flc_lock);
	list_for_each_entry_safe(l, next, list, list)
		if (l->kind == kind && l->owner == owner)
			list_move(&l->list, &gone);
	spin_unlock(&ctx->flc_lock);
	if (list_empty(&gone))
		return;
	free_locks(&gone);
	locks_wake_waiters(ctx);
}

void locks_remove_posix(struct file *file, void *owner)
{
	struct file_lock_context *ctx = file_inode(file)->i_flctx;

	if (ctx)
		remove_owned(ctx, &ctx->posix, LOCK_POSIX, owner);
}

void locks_remove_file(struct file *file)
{
	struct file_lock_context *ctx = file_inode(file)->i_flctx;

	if (!ctx)
		return;
	remove_owned(ctx, &ctx->posix, LOCK_OFD, file);
	remove_owned(ctx, &ctx->flock, LOCK_FLOCK, file);
	locks_remove_lease(file);
}

/* ---- flock ----------------------------------------------------------------------------------- */

/* One try. Changing from shared to exclusive or back gives the old lock up first (flock(2)). */
static int try_flock(struct file_lock_context *ctx, struct file_lock *new)
{
	struct file_lock *l, *next;
	LIST_HEAD(gone);
	int err = 0;

	spin_lock(&ctx->flc_lock);
	list_for_each_entry_safe(l, next, &ctx->flock, list) {
		if (l->owner != new->owner)
			continue;
		if (l->type == new->type) {
			spin_unlock(&ctx->flc_lock);
			return 1; /* has it already */
		}
		list_move(&l->list, &gone);
	}
	if (find_conflict(&ctx->flock, new))
		err = -EAGAIN;
	else
		list_add_tail(&new->list, &ctx->flock);
	spin_unlock(&ctx->flc_lock);
	if (!list_empty(&gone)) {
		free_locks(&gone);
		locks_wake_waiters(ctx);
	}
	return err;
}

static bool flock_free(struct file_lock_context *ctx, const struct file_lock *req)
{
	bool is_free;

	spin_lock(&ctx->flc_lock);
	is_free = !find_conflict(&ctx->flock, req);
	spin_unlock(&ctx->flc_lock);
	return is_free;
}

static int do_flock(struct file *file, short type, bool wait)
{
	struct file_lock_context *ctx = locks_get_context(file_inode(file));
	struct file_lock *new;
	int err;

	if (!ctx)
		return -ENOMEM;
	new = kmalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	*new = (struct file_lock){.owner = file,
				  .kind = LOCK_FLOCK,
				  .type = type,
				  .pid = task_tgid_nr(current),
				  .end = LLONG_MAX};
	for (;;) {
		err = try_flock(ctx, new);
		if (!err)
			return 0;
		if (err != -EAGAIN || !wait)
			break;
		err = wait_event_interruptible(ctx->wait, flock_free(ctx, new));
		if (err)
			break;
	}
	kfree(new);
	return err > 0 ? 0 : err;
}

SYSCALL_DEFINE2(flock, unsigned int, fd, unsigned int, cmd)
{
	struct fd f;
	int err = 0;

	if ((cmd & ~LOCK_NB) != LOCK_SH && (cmd & ~LOCK_NB) != LOCK_EX &&
	    (cmd & ~LOCK_NB) != LOCK_UN)
		return -EINVAL;
	f = fdget(fd);
	if (fd_empty(f))
		return -EBADF;
	if (!(fd_file(f)->f_mode & (FMODE_READ | FMODE_WRITE)) && !(cmd & LOCK_UN)) {
		err = -EBADF;
	} else if (cmd & LOCK_UN) {
		struct file_lock_context *ctx = file_inode(fd_file(f))->i_flctx;

		if (ctx)
			remove_owned(ctx, &ctx->flock, LOCK_FLOCK, fd_file(f));
	} else {
		err = do_flock(fd_file(f), cmd & LOCK_EX ? F_WRLCK : F_RDLCK, !(cmd & LOCK_NB));
	}
	fdput(f);
	return err;
}
