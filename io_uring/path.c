/* SPDX-License-Identifier: MIT */
/*
 * Operations on names: OPENAT, STATX, RENAMEAT, ... Names are copied when the request is made; a
 * worker does the rest: any of them may wait for a disk, an open for the other end of a FIFO.
 * CLOSE and the extended attributes are here, too.
 */
#include <kernel/io_uring.h>
#include <fs/xattr.h>
#include "io_uring.h"

/* cmd of all that have names. */
struct io_names {
	struct filename a, b;
	bool has_b;
};

struct io_path_cmd {
	struct io_names *names;
	int dfd, dfd2;
	u32 flags, mask;
	umode_t mode;
	u32 slot;
	void __user *out;
	struct open_flags open;
};

void io_path_cleanup(struct io_kiocb *req)
{
	struct io_names *n = io_cmd(req, struct io_path_cmd)->names;

	putname(&n->a);
	if (n->has_b)
		putname(&n->b);
	kfree(n);
}

/* Copies one name, or two (@b not 0). */
static int get_names(struct io_kiocb *req, u64 a, unsigned int how_a, u64 b)
{
	struct io_names *n = kmalloc(sizeof(*n), GFP_KERNEL);
	int err;

	if (!n)
		return -ENOMEM;
	n->has_b = false;
	err = getname_flags(&n->a, u64_to_user_ptr(a), how_a);
	if (err) {
		kfree(n);
		return err;
	}
	io_cmd(req, struct io_path_cmd)->names = n;
	req->flags |= REQ_F_CLEANUP;
	if (!b)
		return 0;
	err = getname(&n->b, u64_to_user_ptr(b));
	n->has_b = !err;
	return err;
}

/* ---- OPENAT, OPENAT2 ------------------------------------------------------------------------- */

static int open_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe,
		     const struct open_how *how, bool strict)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);
	int err;

	p->dfd = sqe->fd;
	p->slot = sqe->file_index;
	p->flags = how->flags;
	if (p->slot && (how->flags & O_CLOEXEC))
		return -EINVAL;
	err = strict ? build_open_how(how, &p->open) :
		       build_open_flags((int)how->flags | O_LARGEFILE, how->mode, 0, &p->open);
	return err ? err : get_names(req, sqe->addr, 0, 0);
}

int io_openat_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct open_how how = {.flags = sqe->open_flags, .mode = sqe->len};

	return open_prep(req, sqe, &how, false);
}

int io_openat2_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct open_how how;
	int err;

	if (sqe->len < OPEN_HOW_SIZE_VER0)
		return -EINVAL;
	err = copy_struct_from_user(&how, sizeof(how), u64_to_user_ptr(sqe->addr2), sqe->len);
	return err ? err : open_prep(req, sqe, &how, true);
}

int io_openat(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);
	int fd = p->slot ? 0 : get_unused_fd_flags(p->flags);
	struct file *file;

	if (fd < 0)
		return io_done(req, fd);
	file = do_filp_open(p->dfd, &p->names->a, &p->open);
	if (IS_ERR(file)) {
		if (!p->slot)
			put_unused_fd(fd);
		return io_done(req, PTR_ERR(file));
	}
	if (!p->slot) {
		fd_install(fd, file);
		return io_done(req, fd);
	}
	io_ring_submit_lock(req->ctx, issue_flags);
	fd = io_fixed_install(req->ctx, file, p->slot);
	io_ring_submit_unlock(req->ctx, issue_flags);
	return io_done(req, fd);
}

int io_openat2(struct io_kiocb *req, unsigned int issue_flags)
{
	return io_openat(req, issue_flags);
}

/* ---- CLOSE ----------------------------------------------------------------------------------- */

int io_close_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	p->dfd = sqe->fd;
	p->slot = sqe->file_index;
	return p->slot && p->dfd ? -EINVAL : 0;
}

int io_close(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);
	struct file *file;
	bool ring, slow;
	int err;

	if (p->slot) {
		io_ring_submit_lock(req->ctx, issue_flags);
		err = io_fixed_remove(req->ctx, p->slot - 1);
		io_ring_submit_unlock(req->ctx, issue_flags);
		return io_done(req, err);
	}
	file = fget_raw(p->dfd);
	if (!file)
		return io_done(req, -EBADF);
	ring = io_is_uring(file);
	slow = file->f_op->flush;
	fput(file);
	if (ring)
		return io_done(req, -EBADF);
	if (slow && (issue_flags & IO_URING_F_NONBLOCK))
		return -EAGAIN;
	return io_done(req, close_fd(p->dfd));
}

/* ---- STATX ----------------------------------------------------------------------------------- */

int io_statx_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	p->dfd = sqe->fd;
	p->mask = sqe->len;
	p->flags = sqe->statx_flags;
	p->out = u64_to_user_ptr(sqe->addr2);
	return get_names(req, sqe->addr, p->flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0, 0);
}

int io_statx(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	return io_done(req, do_statx(p->dfd, &p->names->a, p->flags, p->mask,
				     (struct statx __user *)p->out));
}

/* ---- making, moving and removing names ------------------------------------------------------- */

int io_renameat_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	p->dfd = sqe->fd;
	p->dfd2 = sqe->len;
	p->flags = sqe->rename_flags;
	return get_names(req, sqe->addr, 0, sqe->addr2);
}

int io_renameat(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	if (!p->names->has_b)
		return io_done(req, -EFAULT);
	return io_done(req, do_renameat2(p->dfd, &p->names->a, p->dfd2, &p->names->b, p->flags));
}

int io_unlinkat_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	p->dfd = sqe->fd;
	p->flags = sqe->unlink_flags;
	return p->flags & ~AT_REMOVEDIR ? -EINVAL : get_names(req, sqe->addr, 0, 0);
}

int io_unlinkat(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	return io_done(req, p->flags & AT_REMOVEDIR ? do_rmdir(p->dfd, &p->names->a) :
						      do_unlinkat(p->dfd, &p->names->a));
}

int io_mkdirat_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	p->dfd = sqe->fd;
	p->mode = sqe->len;
	return get_names(req, sqe->addr, 0, 0);
}

int io_mkdirat(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	return io_done(req, do_mkdirat(p->dfd, &p->names->a, p->mode));
}

int io_symlinkat_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	p->dfd = sqe->fd;
	return sqe->addr2 ? get_names(req, sqe->addr, 0, sqe->addr2) : -EFAULT;
}

int io_symlinkat(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	return io_done(req, do_symlinkat(&p->names->a, p->dfd, &p->names->b));
}

int io_linkat_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	p->dfd = sqe->fd;
	p->dfd2 = sqe->len;
	p->flags = sqe->hardlink_flags;
	if (!sqe->addr2)
		return -EFAULT;
	return get_names(req, sqe->addr, p->flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0, sqe->addr2);
}

int io_linkat(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_path_cmd *p = io_cmd(req, struct io_path_cmd);

	return io_done(req, do_linkat(p->dfd, &p->names->a, p->dfd2, &p->names->b, p->flags));
}

/* ---- extended attributes: at once, from the program's memory --------------------------------- */

struct io_xattr_cmd {
	const char __user *name, *path;
	void __user *value;
	u32 size, flags;
};

int io_setxattr_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_xattr_cmd *x = io_cmd(req, struct io_xattr_cmd);

	x->name = u64_to_user_ptr(sqe->addr);
	x->value = u64_to_user_ptr(sqe->addr2);
	x->path = u64_to_user_ptr(sqe->addr3);
	x->size = sqe->len;
	x->flags = sqe->xattr_flags;
	return 0;
}

int io_setxattr(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_xattr_cmd *x = io_cmd(req, struct io_xattr_cmd);

	return io_done(req,
		       setxattr_at(x->path, x->name, x->value, x->size, x->flags, LOOKUP_FOLLOW));
}

int io_fsetxattr_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	return io_setxattr_prep(req, sqe);
}

int io_fsetxattr(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_xattr_cmd *x = io_cmd(req, struct io_xattr_cmd);

	return io_done(req, file_setxattr(req->file, x->name, x->value, x->size, x->flags));
}

int io_getxattr_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	return sqe->xattr_flags ? -EINVAL : io_setxattr_prep(req, sqe);
}

int io_getxattr(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_xattr_cmd *x = io_cmd(req, struct io_xattr_cmd);

	return io_done(req, getxattr_at(x->path, x->name, x->value, x->size, LOOKUP_FOLLOW));
}

int io_fgetxattr_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	return io_getxattr_prep(req, sqe);
}

int io_fgetxattr(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_xattr_cmd *x = io_cmd(req, struct io_xattr_cmd);

	return io_done(req, file_getxattr(req->file, x->name, x->value, x->size));
}
