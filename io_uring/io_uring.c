/* SPDX-License-Identifier: MIT */
/*
 * io_uring_setup(2), the ring's file and its end. Documentation/io_uring.md is the map of the rest.
 *
 * A ring's references: one of its file, one of each request, one of a tagged resource. The file's
 * last close takes everything away that a program could still reach (registered things, the
 * submission thread) and cancels what is in flight; the last request then frees the memory.
 */
#include <kernel/io_uring.h>
#include <kernel/syscall.h>
#include <kernel/user.h>
#include <kernel/workqueue.h>
#include <mm/mm.h>
#include <mm/vmalloc.h>
#include <fs/seq_file.h>
#include "io_uring.h"

#define SETUP_FLAGS                                                                             \
	(IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | \
	 IORING_SETUP_ATTACH_WQ | IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL |           \
	 IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SQE128 |          \
	 IORING_SETUP_CQE32 | IORING_SETUP_SINGLE_ISSUER)

#define FEATURES                                                                        \
	(IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE |     \
	 IORING_FEAT_RW_CUR_POS | IORING_FEAT_CUR_PERSONALITY | IORING_FEAT_FAST_POLL | \
	 IORING_FEAT_POLL_32BITS | IORING_FEAT_SQPOLL_NONFIXED | IORING_FEAT_EXT_ARG |  \
	 IORING_FEAT_NATIVE_WORKERS | IORING_FEAT_RSRC_TAGS | IORING_FEAT_CQE_SKIP |    \
	 IORING_FEAT_LINKED_FILE)

/* ---- mapping --------------------------------------------------------------------------------- */

/* The memory at offset @pgoff of the file and its size; NULL: nothing there. */
static char *ring_memory(const struct io_ring_ctx *ctx, pgoff_t pgoff, pgoff_t *start, size_t *size)
{
	u64 off = (u64)pgoff << PAGE_SHIFT;
	u64 base = off >= IORING_OFF_SQES    ? IORING_OFF_SQES :
		   off >= IORING_OFF_CQ_RING ? IORING_OFF_CQ_RING :
					       IORING_OFF_SQ_RING;

	*start = base >> PAGE_SHIFT;
	*size = base == IORING_OFF_SQES ? ctx->sqes_size : ctx->rings_size;
	return base == IORING_OFF_SQES ? (char *)ctx->sqes : (char *)ctx->rings;
}

static vm_fault_t ring_fault(struct vm_fault *vmf)
{
	struct io_ring_ctx *ctx = vmf->vma->vm_file->private_data;
	pgoff_t start;
	size_t size;
	char *mem = ring_memory(ctx, vmf->pgoff, &start, &size);
	size_t off = (size_t)(vmf->pgoff - start) << PAGE_SHIFT;

	if (off >= PAGE_ALIGN(size))
		return VM_FAULT_SIGBUS;
	vmf->page = vmalloc_to_page(mem + off);
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct ring_vm_ops = {.fault = ring_fault};

static int io_uring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct io_ring_ctx *ctx = file->private_data;
	pgoff_t start;
	size_t size;

	ring_memory(ctx, vma->vm_pgoff, &start, &size);
	if (vma->vm_pgoff != start || vma->vm_end - vma->vm_start > PAGE_ALIGN(size))
		return -EINVAL;
	vma->vm_flags |= VM_DONTEXPAND;
	vma->vm_ops = &ring_vm_ops;
	return 0;
}

/* ---- end ------------------------------------------------------------------------------------- */

static void free_ctx(struct io_ring_ctx *ctx)
{
	while (ctx->free_reqs) {
		struct io_kiocb *req = ctx->free_reqs;

		ctx->free_reqs = req->next_done;
		kfree(req);
	}
	io_cq_flush_overflow(ctx);
	if (ctx->eventfd)
		fput(ctx->eventfd);
	if (ctx->submitter)
		put_task_struct(ctx->submitter);
	if (ctx->sq_creds)
		put_cred(ctx->sq_creds);
	if (ctx->wq)
		io_wq_put(ctx->wq);
	if (ctx->user)
		free_uid(ctx->user);
	vfree(ctx->rings);
	vfree(ctx->sqes);
	kvfree(ctx->cancel_hash);
	kfree(ctx);
}

static void free_ctx_work(struct work_struct *work)
{
	free_ctx(container_of(work, struct io_ring_ctx, free_work));
}

void io_ctx_put(struct io_ring_ctx *ctx)
{
	if (refcount_dec_and_test(&ctx->refs)) /* in any context but an interrupt */
		schedule_work(&ctx->free_work);
}

static void drop_personalities(struct io_ring_ctx *ctx)
{
	unsigned long id;
	struct cred *cred;

	xa_for_each(&ctx->personalities, id, cred)
		put_cred(cred);
	xa_destroy(&ctx->personalities);
}

static int io_uring_release(struct inode *inode, struct file *file)
{
	struct io_ring_ctx *ctx = file->private_data;

	if (ctx->sqd)
		io_sq_detach(ctx);
	spin_lock(&ctx->completion_lock);
	ctx->dying = true;
	spin_unlock(&ctx->completion_lock);
	io_cancel_all(ctx, NULL);
	io_tctx_del_ring(ctx);
	mutex_lock(&ctx->uring_lock);
	io_rsrc_unregister(ctx, &ctx->files);
	io_rsrc_unregister(ctx, &ctx->bufs);
	io_destroy_buffers(ctx);
	drop_personalities(ctx);
	mutex_unlock(&ctx->uring_lock);
	io_ctx_put(ctx);
	return 0;
}

static void io_uring_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct io_ring_ctx *ctx = file->private_data;
	const struct io_rings *r = ctx->rings;

	seq_printf(m, "SqMask:\t0x%x\nSqHead:\t%u\nSqTail:\t%u\nCachedSqHead:\t%u\n",
		   ctx->sq_entries - 1, READ_ONCE(r->sq_head), READ_ONCE(r->sq_tail),
		   READ_ONCE(ctx->cached_sq_head));
	seq_printf(m, "CqMask:\t0x%x\nCqHead:\t%u\nCqTail:\t%u\nCachedCqTail:\t%u\n",
		   ctx->cq_entries - 1, READ_ONCE(r->cq_head), READ_ONCE(r->cq_tail),
		   READ_ONCE(ctx->cached_cq_tail));
	seq_printf(m, "UserFiles:\t%u\nUserBufs:\t%u\n", READ_ONCE(ctx->files.nr),
		   READ_ONCE(ctx->bufs.nr));
}

static const struct file_operations io_uring_fops = {
	.release = io_uring_release,
	.mmap = io_uring_mmap,
	.poll = io_uring_poll,
	.show_fdinfo = io_uring_show_fdinfo,
	.llseek = noop_llseek,
};

bool io_is_uring(const struct file *file)
{
	return file->f_op == &io_uring_fops;
}

struct io_ring_ctx *io_ring_of(const struct file *file)
{
	return io_is_uring(file) ? file->private_data : NULL;
}

/* ---- setup ----------------------------------------------------------------------------------- */

static int check_flags(u32 flags)
{
	u32 coop = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;

	if (flags & ~SETUP_FLAGS)
		return -EINVAL;
	if ((flags & IORING_SETUP_SQPOLL) && (flags & coop))
		return -EINVAL;
	if ((flags & IORING_SETUP_SQ_AFF) && !(flags & IORING_SETUP_SQPOLL))
		return -EINVAL;
	if ((flags & coop) == IORING_SETUP_TASKRUN_FLAG)
		return -EINVAL;
	return 0;
}

/* Sizes of the queues into @p: 0 or -EINVAL. */
static int decide_sizes(u32 entries, struct io_uring_params *p)
{
	bool clamp = p->flags & IORING_SETUP_CLAMP;

	if (!entries || (entries > IORING_MAX_ENTRIES && !clamp))
		return -EINVAL;
	p->sq_entries = roundup_pow_of_two(min(entries, IORING_MAX_ENTRIES));
	if (!(p->flags & IORING_SETUP_CQSIZE)) {
		p->cq_entries = 2 * p->sq_entries;
		return 0;
	}
	if (!p->cq_entries || (p->cq_entries > IORING_MAX_CQ_ENTRIES && !clamp))
		return -EINVAL;
	p->cq_entries = roundup_pow_of_two(min(p->cq_entries, IORING_MAX_CQ_ENTRIES));
	return p->cq_entries < p->sq_entries ? -EINVAL : 0;
}

static int alloc_rings(struct io_ring_ctx *ctx, const struct io_uring_params *p)
{
	size_t cqes = (size_t)p->cq_entries * sizeof(struct io_uring_cqe) << ctx->cqe_shift;
	size_t array = ALIGN(sizeof(struct io_rings) + cqes, 64);
	size_t sqe = sizeof(struct io_uring_sqe) << !!(p->flags & IORING_SETUP_SQE128);

	ctx->sq_entries = p->sq_entries;
	ctx->cq_entries = p->cq_entries;
	ctx->rings_size = array + p->sq_entries * sizeof(u32);
	ctx->sqes_size = p->sq_entries * sqe;
	ctx->rings = vzalloc(PAGE_ALIGN(ctx->rings_size));
	ctx->sqes = vzalloc(PAGE_ALIGN(ctx->sqes_size));
	if (!ctx->rings || !ctx->sqes)
		return -ENOMEM;
	ctx->sq_array = (u32 *)((char *)ctx->rings + array);
	ctx->rings->sq_ring_mask = p->sq_entries - 1;
	ctx->rings->cq_ring_mask = p->cq_entries - 1;
	ctx->rings->sq_ring_entries = p->sq_entries;
	ctx->rings->cq_ring_entries = p->cq_entries;
	return 0;
}

static int alloc_hash(struct io_ring_ctx *ctx)
{
	unsigned int bits = 4;

	while (bits < 14 && (1u << bits) < ctx->cq_entries)
		bits++;
	ctx->hash_bits = bits;
	ctx->cancel_hash = kvcalloc(1u << bits, sizeof(ctx->cancel_hash[0]), GFP_KERNEL);
	return ctx->cancel_hash ? 0 : -ENOMEM;
}

static struct io_ring_ctx *new_ctx(const struct io_uring_params *p)
{
	struct io_ring_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	int err;

	if (!ctx)
		return ERR_PTR(-ENOMEM);
	refcount_set(&ctx->refs, 1);
	ctx->flags = p->flags;
	ctx->cqe_shift = !!(p->flags & IORING_SETUP_CQE32);
	ctx->compl_last = &ctx->compl_first;
	mutex_init(&ctx->uring_lock);
	spin_lock_init(&ctx->completion_lock);
	INIT_LIST_HEAD(&ctx->overflow);
	INIT_LIST_HEAD(&ctx->timeouts);
	INIT_LIST_HEAD(&ctx->defer_list);
	INIT_LIST_HEAD(&ctx->sqd_link);
	INIT_LIST_HEAD(&ctx->tctx_nodes);
	init_waitqueue_head(&ctx->cq_wait);
	xa_init(&ctx->buf_groups);
	xa_init(&ctx->personalities);
	INIT_WORK(&ctx->free_work, free_ctx_work);
	ctx->user = get_uid(current_user());
	err = alloc_rings(ctx, p);
	if (!err)
		err = alloc_hash(ctx);
	if (err) {
		free_ctx(ctx);
		return ERR_PTR(err);
	}
	return ctx;
}

static void fill_offsets(const struct io_ring_ctx *ctx, struct io_uring_params *p)
{
	p->sq_off = (struct io_sqring_offsets){
		.head = offsetof(struct io_rings, sq_head),
		.tail = offsetof(struct io_rings, sq_tail),
		.ring_mask = offsetof(struct io_rings, sq_ring_mask),
		.ring_entries = offsetof(struct io_rings, sq_ring_entries),
		.flags = offsetof(struct io_rings, sq_flags),
		.dropped = offsetof(struct io_rings, sq_dropped),
		.array = (char *)ctx->sq_array - (char *)ctx->rings,
	};
	p->cq_off = (struct io_cqring_offsets){
		.head = offsetof(struct io_rings, cq_head),
		.tail = offsetof(struct io_rings, cq_tail),
		.ring_mask = offsetof(struct io_rings, cq_ring_mask),
		.ring_entries = offsetof(struct io_rings, cq_ring_entries),
		.overflow = offsetof(struct io_rings, cq_overflow),
		.cqes = offsetof(struct io_rings, cqes),
		.flags = offsetof(struct io_rings, cq_flags),
	};
	p->features = FEATURES;
}

/* The workers: new ones, or those of the ring that p->wq_fd names. */
static int attach_wq(struct io_ring_ctx *ctx, const struct io_uring_params *p)
{
	struct io_ring_ctx *other;
	struct file *file;
	int err = -EINVAL;

	if (!(p->flags & IORING_SETUP_ATTACH_WQ)) {
		ctx->wq = io_wq_create(min(p->sq_entries, 4 * (u32)num_online_cpus()));
		return ctx->wq ? 0 : -ENOMEM;
	}
	file = fget(p->wq_fd);
	if (!file)
		return -ENXIO;
	other = io_ring_of(file);
	if (other) {
		ctx->wq = io_wq_get(other->wq);
		err = 0;
	}
	fput(file);
	return err;
}

static int do_setup(u32 entries, struct io_uring_params *p, struct io_uring_params __user *up)
{
	struct io_ring_ctx *ctx;
	struct file *file;
	int fd, err;

	err = check_flags(p->flags);
	if (!err)
		err = decide_sizes(entries, p);
	if (err)
		return err;
	ctx = new_ctx(p);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	err = attach_wq(ctx, p);
	if (err)
		goto out_ctx;
	file = anon_inode_getfile("[io_uring]", &io_uring_fops, ctx, O_RDWR);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto out_ctx;
	}
	err = p->flags & IORING_SETUP_SQPOLL ? io_sq_offload_create(ctx, p) : io_tctx_add_ring(ctx);
	fill_offsets(ctx, p);
	if (!err && copy_to_user(up, p, sizeof(*p)))
		err = -EFAULT;
	if (!err && (p->flags & IORING_SETUP_SINGLE_ISSUER) &&
	    !(p->flags & IORING_SETUP_R_DISABLED))
		ctx->submitter = get_task_struct(current);
	fd = err ? err : get_unused_fd_flags(O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fput(file);
	else
		fd_install(fd, file);
	return fd;
out_ctx:
	io_ctx_put(ctx);
	return err;
}

SYSCALL_DEFINE2(io_uring_setup, u32, entries, struct io_uring_params __user *, up)
{
	struct io_uring_params p;

	if (copy_from_user(&p, up, sizeof(p)))
		return -EFAULT;
	for (unsigned int i = 0; i < ARRAY_SIZE(p.resv); i++)
		if (p.resv[i])
			return -EINVAL;
	return do_setup(entries, &p, up);
}
