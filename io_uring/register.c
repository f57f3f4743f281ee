/* SPDX-License-Identifier: MIT */
/* io_uring_register(2). All but descriptors of rings is done under uring_lock. */
#include <kernel/io_uring.h>
#include <kernel/syscall.h>
#include <fs/eventfd.h>
#include "io_uring.h"

/* ---- what may be done: restrictions ---------------------------------------------------------- */

bool io_check_restriction(struct io_ring_ctx *ctx, const struct io_kiocb *req, u8 sqe_flags)
{
	if (!(ctx->restrict_sqe_op >> req->opcode & 1))
		return false;
	if ((sqe_flags & ctx->sqe_flags_required) != ctx->sqe_flags_required)
		return false;
	return !(sqe_flags & ~(ctx->sqe_flags_allowed | ctx->sqe_flags_required));
}

static int add_restriction(struct io_ring_ctx *ctx, const struct io_uring_restriction *r)
{
	switch (r->opcode) {
	case IORING_RESTRICTION_REGISTER_OP:
		if (r->register_op >= IORING_REGISTER_LAST)
			return -EINVAL;
		ctx->restrict_register |= 1ul << r->register_op;
		return 0;
	case IORING_RESTRICTION_SQE_OP:
		if (r->sqe_op >= IORING_OP_LAST)
			return -EINVAL;
		ctx->restrict_sqe_op |= 1ul << r->sqe_op;
		return 0;
	case IORING_RESTRICTION_SQE_FLAGS_ALLOWED:
		ctx->sqe_flags_allowed = r->sqe_flags;
		return 0;
	case IORING_RESTRICTION_SQE_FLAGS_REQUIRED:
		ctx->sqe_flags_required = r->sqe_flags;
		return 0;
	default:
		return -EINVAL;
	}
}

static int register_restrictions(struct io_ring_ctx *ctx, void __user *arg, unsigned int nr)
{
	const struct io_uring_restriction __user *ur = arg;
	struct io_uring_restriction r;
	int err = 0;

	if (!(ctx->flags & IORING_SETUP_R_DISABLED))
		return -EBADFD;
	if (ctx->restrictions_set)
		return -EBUSY;
	if (!arg || nr > IORING_REGISTER_LAST + IORING_OP_LAST + 2)
		return -EINVAL;
	for (unsigned int i = 0; i < nr && !err; i++)
		err = copy_from_user(&r, &ur[i], sizeof(r)) ? -EFAULT : add_restriction(ctx, &r);
	if (err) {
		ctx->restrict_register = ctx->restrict_sqe_op = 0;
		ctx->sqe_flags_allowed = ctx->sqe_flags_required = 0;
		return err;
	}
	ctx->restrictions_set = true;
	return 0;
}

static int enable_rings(struct io_ring_ctx *ctx)
{
	if (!(ctx->flags & IORING_SETUP_R_DISABLED))
		return -EBADFD;
	if ((ctx->flags & IORING_SETUP_SINGLE_ISSUER) && !ctx->submitter)
		ctx->submitter = get_task_struct(current);
	ctx->restricted = ctx->restrictions_set;
	WRITE_ONCE(ctx->flags, ctx->flags & ~IORING_SETUP_R_DISABLED);
	if (ctx->sqd)
		io_sq_wakeup(ctx);
	return 0;
}

/* ---- small ones ------------------------------------------------------------------------------ */

static int register_eventfd(struct io_ring_ctx *ctx, void __user *arg, bool async)
{
	struct file *file;
	s32 fd;

	if (ctx->eventfd)
		return -EBUSY;
	if (copy_from_user(&fd, arg, sizeof(fd)))
		return -EFAULT;
	file = fget(fd);
	if (!file)
		return -EBADF;
	if (!file_is_eventfd(file)) {
		fput(file);
		return -EINVAL;
	}
	spin_lock(&ctx->completion_lock);
	ctx->eventfd = file;
	ctx->eventfd_async = async;
	spin_unlock(&ctx->completion_lock);
	return 0;
}

static int unregister_eventfd(struct io_ring_ctx *ctx)
{
	struct file *file = ctx->eventfd;

	if (!file)
		return -ENXIO;
	spin_lock(&ctx->completion_lock);
	ctx->eventfd = NULL;
	spin_unlock(&ctx->completion_lock);
	fput(file);
	return 0;
}

static int register_probe(void __user *arg, unsigned int nr)
{
	size_t size = sizeof(struct io_uring_probe) + nr * sizeof(struct io_uring_probe_op);
	struct io_uring_probe *p;
	int err = 0;

	if (nr > 256)
		return -EINVAL;
	p = kzalloc(size, GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	if (copy_from_user(p, arg, size))
		err = -EFAULT;
	else if (memchr_inv(p, 0, size))
		err = -EINVAL;
	if (err)
		goto out;
	p->last_op = IORING_OP_LAST - 1;
	p->ops_len = min(nr, (unsigned int)IORING_OP_LAST);
	for (unsigned int i = 0; i < p->ops_len; i++) {
		p->ops[i].op = i;
		if (io_op_defs[i].issue)
			p->ops[i].flags = IO_URING_OP_SUPPORTED;
	}
	if (copy_to_user(arg, p, size))
		err = -EFAULT;
out:
	kfree(p);
	return err;
}

static int register_personality(struct io_ring_ctx *ctx)
{
	const struct cred *cred = get_cred(current_cred());
	u32 id;
	int err = xa_alloc_cyclic(&ctx->personalities, &id, (void *)cred, XA_LIMIT(1, 65535),
				  &ctx->pers_next, GFP_KERNEL);

	if (err >= 0)
		return id;
	put_cred(cred);
	return err;
}

static int unregister_personality(struct io_ring_ctx *ctx, unsigned int id)
{
	const struct cred *cred = xa_erase(&ctx->personalities, id);

	if (!cred)
		return -EINVAL;
	put_cred(cred);
	return 0;
}

static int register_max_workers(struct io_ring_ctx *ctx, void __user *arg)
{
	unsigned int counts[2];

	if (copy_from_user(counts, arg, sizeof(counts)))
		return -EFAULT;
	if (counts[0] > INT_MAX || counts[1] > INT_MAX)
		return -EINVAL;
	io_wq_max_workers(ctx->wq, counts);
	return copy_to_user(arg, counts, sizeof(counts)) ? -EFAULT : 0;
}

static int register_iowq_aff(struct io_ring_ctx *ctx, void __user *arg, unsigned int len)
{
	cpumask_t mask;

	cpumask_clear(&mask);
	if (copy_from_user(&mask, arg, min_t(size_t, len, sizeof(mask))))
		return -EFAULT;
	return io_wq_set_affinity(ctx->wq, &mask);
}

/* ---- files and buffers ----------------------------------------------------------------------- */

static int register_rsrc2(struct io_ring_ctx *ctx, struct io_rsrc_table *t, void __user *arg,
			  unsigned int size)
{
	struct io_uring_rsrc_register r;

	if (size != sizeof(r))
		return -EINVAL;
	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;
	if (!r.nr || r.resv2 || r.flags & ~IORING_RSRC_REGISTER_SPARSE)
		return -EINVAL;
	if ((r.flags & IORING_RSRC_REGISTER_SPARSE) && r.data)
		return -EINVAL;
	return io_rsrc_register(ctx, t, u64_to_user_ptr(r.data), r.nr, u64_to_user_ptr(r.tags),
				r.flags);
}

static int register_update(struct io_ring_ctx *ctx, void __user *arg, unsigned int nr)
{
	struct io_uring_rsrc_update up;

	if (!nr)
		return -EINVAL;
	if (copy_from_user(&up, arg, sizeof(up)))
		return -EFAULT;
	if (up.resv)
		return -EINVAL;
	return io_rsrc_update(ctx, &ctx->files, up.offset, u64_to_user_ptr(up.data), NULL, nr);
}

static int register_update2(struct io_ring_ctx *ctx, struct io_rsrc_table *t, void __user *arg,
			    unsigned int size)
{
	struct io_uring_rsrc_update2 up;

	if (size != sizeof(up))
		return -EINVAL;
	if (copy_from_user(&up, arg, sizeof(up)))
		return -EFAULT;
	if (!up.nr || up.resv || up.resv2)
		return -EINVAL;
	return io_rsrc_update(ctx, t, up.offset, u64_to_user_ptr(up.data), u64_to_user_ptr(up.tags),
			      up.nr);
}

static int do_register_rsrc(struct io_ring_ctx *ctx, unsigned int op, void __user *arg,
			    unsigned int nr)
{
	switch (op) {
	case IORING_REGISTER_BUFFERS:
		return arg ? io_rsrc_register(ctx, &ctx->bufs, arg, nr, NULL, 0) : -EFAULT;
	case IORING_UNREGISTER_BUFFERS:
		return arg || nr ? -EINVAL : io_rsrc_unregister(ctx, &ctx->bufs);
	case IORING_REGISTER_FILES:
		return arg ? io_rsrc_register(ctx, &ctx->files, arg, nr, NULL, 0) : -EFAULT;
	case IORING_UNREGISTER_FILES:
		return arg || nr ? -EINVAL : io_rsrc_unregister(ctx, &ctx->files);
	case IORING_REGISTER_FILES_UPDATE:
		return register_update(ctx, arg, nr);
	case IORING_REGISTER_FILES2:
		return register_rsrc2(ctx, &ctx->files, arg, nr);
	case IORING_REGISTER_FILES_UPDATE2:
		return register_update2(ctx, &ctx->files, arg, nr);
	case IORING_REGISTER_BUFFERS2:
		return register_rsrc2(ctx, &ctx->bufs, arg, nr);
	case IORING_REGISTER_BUFFERS_UPDATE:
		return register_update2(ctx, &ctx->bufs, arg, nr);
	default:
		return -EINVAL;
	}
}

/* ---- the call -------------------------------------------------------------------------------- */

static int do_register(struct io_ring_ctx *ctx, unsigned int op, void __user *arg, unsigned int nr)
{
	if (ctx->submitter && ctx->submitter != current)
		return -EEXIST;
	if (ctx->restricted && !(ctx->restrict_register >> op & 1))
		return -EACCES;
	switch (op) {
	case IORING_REGISTER_EVENTFD:
	case IORING_REGISTER_EVENTFD_ASYNC:
		return nr != 1 ? -EINVAL :
				 register_eventfd(ctx, arg, op == IORING_REGISTER_EVENTFD_ASYNC);
	case IORING_UNREGISTER_EVENTFD:
		return arg || nr ? -EINVAL : unregister_eventfd(ctx);
	case IORING_REGISTER_PROBE:
		return arg ? register_probe(arg, nr) : -EINVAL;
	case IORING_REGISTER_PERSONALITY:
		return arg || nr ? -EINVAL : register_personality(ctx);
	case IORING_UNREGISTER_PERSONALITY:
		return arg ? -EINVAL : unregister_personality(ctx, nr);
	case IORING_REGISTER_ENABLE_RINGS:
		return arg || nr ? -EINVAL : enable_rings(ctx);
	case IORING_REGISTER_RESTRICTIONS:
		return register_restrictions(ctx, arg, nr);
	case IORING_REGISTER_IOWQ_AFF:
		return arg && nr ? register_iowq_aff(ctx, arg, nr) : -EINVAL;
	case IORING_UNREGISTER_IOWQ_AFF:
		return arg || nr ? -EINVAL : io_wq_set_affinity(ctx->wq, NULL);
	case IORING_REGISTER_IOWQ_MAX_WORKERS:
		return arg && nr == 2 ? register_max_workers(ctx, arg) : -EINVAL;
	case IORING_REGISTER_RING_FDS:
		return io_ringfd_register(arg, nr);
	case IORING_UNREGISTER_RING_FDS:
		return io_ringfd_unregister(arg, nr);
	case IORING_REGISTER_PBUF_RING:
		return arg && nr == 1 ? io_register_pbuf_ring(ctx, arg) : -EINVAL;
	case IORING_UNREGISTER_PBUF_RING:
		return arg && nr == 1 ? io_unregister_pbuf_ring(ctx, arg) : -EINVAL;
	case IORING_REGISTER_SYNC_CANCEL:
		return arg && nr == 1 ? io_sync_cancel(ctx, arg) : -EINVAL;
	case IORING_REGISTER_FILE_ALLOC_RANGE:
		return arg && !nr ? io_register_file_alloc_range(ctx, arg) : -EINVAL;
	default:
		return do_register_rsrc(ctx, op, arg, nr);
	}
}

SYSCALL_DEFINE4(io_uring_register, unsigned int, fd, unsigned int, op, void __user *, arg,
		unsigned int, nr)
{
	struct io_ring_ctx *ctx;
	struct file *file;
	int err;

	if (op >= IORING_REGISTER_LAST)
		return -EINVAL;
	file = fget(fd);
	if (!file)
		return -EBADF;
	ctx = io_ring_of(file);
	if (!ctx) {
		fput(file);
		return -EOPNOTSUPP;
	}
	io_run_task_work();
	mutex_lock(&ctx->uring_lock);
	err = do_register(ctx, op, arg, nr);
	mutex_unlock(&ctx->uring_lock);
	fput(file);
	return err;
}
