/* SPDX-License-Identifier: MIT */
/*
 * Registered files and buffers. A table's slot and each request that uses it hold the node; when
 * the last is gone, the file is put or the pages are unpinned, and the node's tag, if it has one,
 * is posted. Tables change under uring_lock.
 */
#include <kernel/io_uring.h>
#include <kernel/sched_signal.h>
#include <kernel/user.h>
#include <mm/mm.h>
#include "io_uring.h"

/* ---- nodes ----------------------------------------------------------------------------------- */

static void unpin(struct io_mapped_buf *buf, struct user_struct *user)
{
	for (unsigned int i = 0; i < buf->nr_pages; i++)
		put_page(buf->bvec[i].bv_page);
	if (user) {
		atomic_long_sub(buf->nr_pages, &user->locked_vm);
		free_uid(user);
	}
	kvfree(buf);
}

void io_rsrc_put(struct io_rsrc_node *node)
{
	struct io_cqe cqe = {.user_data = node->tag};

	if (!refcount_dec_and_test(&node->refs))
		return;
	if (node->file)
		fput(node->file);
	if (node->buf)
		unpin(node->buf, node->user);
	if (node->tag) {
		io_post_cqe(node->ctx, &cqe);
		io_ctx_put(node->ctx);
	}
	kfree(node);
}

static struct io_rsrc_node *new_node(struct io_ring_ctx *ctx, u64 tag)
{
	struct io_rsrc_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

	if (!node)
		return NULL;
	refcount_set(&node->refs, 1);
	node->ctx = ctx;
	node->tag = tag;
	if (tag)
		refcount_inc(&ctx->refs);
	return node;
}

/* It never was in a table: no tag is posted. */
static void drop_new_node(struct io_rsrc_node *node)
{
	if (node->tag)
		io_ctx_put(node->ctx);
	node->tag = 0;
	io_rsrc_put(node);
}

/* ---- what the user names --------------------------------------------------------------------- */

static int take_file(struct io_rsrc_node *node, s32 fd)
{
	struct file *file = fget(fd);

	if (!file)
		return -EBADF;
	/* A ring that holds itself, or another that holds it, would never end. */
	if (io_is_uring(file)) {
		fput(file);
		return -EBADF;
	}
	node->file = file;
	return 0;
}

static int charge(struct io_rsrc_node *node, unsigned int pages)
{
	struct user_struct *user = node->ctx->user;
	u64 limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;

	if (capable(CAP_IPC_LOCK))
		return 0;
	if ((u64)atomic_long_add_return(pages, &user->locked_vm) > limit) {
		atomic_long_sub(pages, &user->locked_vm);
		return -ENOMEM;
	}
	node->user = get_uid(user);
	return 0;
}

static int pin_pages(struct io_mapped_buf *buf, unsigned int n)
{
	struct page **pages = kvmalloc(n * sizeof(pages[0]), GFP_KERNEL);
	unsigned int off = buf->addr & (PAGE_SIZE - 1);
	u64 left = buf->len;
	long got;

	if (!pages)
		return -ENOMEM;
	got = get_user_pages_fast(buf->addr & PAGE_MASK, n, FOLL_WRITE, pages);
	for (long i = 0; i < got; i++) {
		unsigned int len = min_t(u64, left, PAGE_SIZE - off);

		buf->bvec[i] =
			(struct bio_vec){.bv_page = pages[i], .bv_len = len, .bv_offset = off};
		left -= len;
		off = 0;
	}
	buf->nr_pages = max(got, 0l);
	kvfree(pages);
	return got == n ? 0 : got < 0 ? got : -EFAULT;
}

static int take_buf(struct io_rsrc_node *node, const struct iovec *iov)
{
	u64 addr = (unsigned long)iov->iov_base;
	struct io_mapped_buf *buf;
	unsigned int n;
	int err;

	if (!iov->iov_len || iov->iov_len > 1ul << 30)
		return -EFAULT;
	if (addr + iov->iov_len < addr || !access_ok(iov->iov_base, iov->iov_len))
		return addr + iov->iov_len < addr ? -EOVERFLOW : -EFAULT;
	n = ((addr + iov->iov_len + PAGE_SIZE - 1) >> PAGE_SHIFT) - (addr >> PAGE_SHIFT);
	buf = kvzalloc(sizeof(*buf) + n * sizeof(buf->bvec[0]), GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	buf->addr = addr;
	buf->len = iov->iov_len;
	err = charge(node, n);
	if (!err)
		err = pin_pages(buf, n);
	if (err) {
		if (node->user) /* all of it was charged */
			atomic_long_sub(n - buf->nr_pages, &node->user->locked_vm);
		unpin(buf, node->user);
		node->user = NULL;
		return err;
	}
	node->buf = buf;
	return 0;
}

/* What is at data[@i] and its tag, as a node; NULL: an empty slot. */
static struct io_rsrc_node *import_file(struct io_ring_ctx *ctx, const void __user *data,
					unsigned int i, u64 tag)
{
	struct io_rsrc_node *node;
	s32 fd;
	int err;

	if (data && copy_from_user(&fd, (const s32 __user *)data + i, sizeof(fd)))
		return ERR_PTR(-EFAULT);
	if (!data || fd == -1)
		return tag ? ERR_PTR(-EINVAL) : NULL;
	node = new_node(ctx, tag);
	if (!node)
		return ERR_PTR(-ENOMEM);
	err = take_file(node, fd);
	if (!err)
		return node;
	drop_new_node(node);
	return ERR_PTR(err);
}

static struct io_rsrc_node *import_buf(struct io_ring_ctx *ctx, const void __user *data,
				       unsigned int i, u64 tag)
{
	struct io_rsrc_node *node;
	struct iovec iov;
	int err;

	if (data && copy_from_user(&iov, (const struct iovec __user *)data + i, sizeof(iov)))
		return ERR_PTR(-EFAULT);
	if (data && !iov.iov_base && iov.iov_len)
		return ERR_PTR(-EFAULT);
	if (!data || !iov.iov_base)
		return tag ? ERR_PTR(-EINVAL) : NULL;
	node = new_node(ctx, tag);
	if (!node)
		return ERR_PTR(-ENOMEM);
	err = take_buf(node, &iov);
	if (!err)
		return node;
	drop_new_node(node);
	return ERR_PTR(err);
}

static struct io_rsrc_node *import(struct io_ring_ctx *ctx, const struct io_rsrc_table *t,
				   const void __user *data, unsigned int i, u64 tag)
{
	return t == &ctx->files ? import_file(ctx, data, i, tag) : import_buf(ctx, data, i, tag);
}

/* ---- tables ---------------------------------------------------------------------------------- */

int io_rsrc_unregister(struct io_ring_ctx *ctx, struct io_rsrc_table *t)
{
	struct io_rsrc_node **nodes = t->nodes;
	unsigned int nr = t->nr;

	if (!nodes)
		return -ENXIO;
	t->nodes = NULL;
	t->nr = 0;
	for (unsigned int i = 0; i < nr; i++)
		if (nodes[i])
			io_rsrc_put(nodes[i]);
	kvfree(nodes);
	return 0;
}

/* @data NULL: all slots are empty. */
int io_rsrc_register(struct io_ring_ctx *ctx, struct io_rsrc_table *t, void __user *data,
		     unsigned int nr, const u64 __user *tags, u32 flags)
{
	bool files = t == &ctx->files;
	int err = 0;

	if (t->nodes)
		return -EBUSY;
	if (!nr || (!files && nr > IORING_MAX_BUFFERS))
		return -EINVAL;
	if (files && nr > IORING_MAX_FIXED)
		return -EMFILE;
	if (files && nr > rlimit(RLIMIT_NOFILE))
		return -EMFILE;
	if (!(flags & IORING_RSRC_REGISTER_SPARSE) && !data)
		return -EFAULT;
	t->nodes = kvcalloc(nr, sizeof(t->nodes[0]), GFP_KERNEL);
	if (!t->nodes)
		return -ENOMEM;
	t->nr = nr;
	for (unsigned int i = 0; i < nr && data && !err; i++) {
		struct io_rsrc_node *node;
		u64 tag = 0;

		if (tags && copy_from_user(&tag, &tags[i], sizeof(tag)))
			node = ERR_PTR(-EFAULT);
		else
			node = import(ctx, t, data, i, tag);
		err = PTR_ERR_OR_ZERO(node);
		if (!err)
			t->nodes[i] = node;
	}
	if (err) {
		for (unsigned int i = 0; i < nr; i++)
			if (t->nodes[i] && t->nodes[i]->tag) { /* never was */
				io_ctx_put(ctx);
				t->nodes[i]->tag = 0;
			}
		io_rsrc_unregister(ctx, t);
	} else if (files) {
		ctx->file_hint = ctx->file_alloc_start = 0;
		ctx->file_alloc_end = nr;
	}
	return err;
}

/* One slot: 0 or -errno. */
static int update_one(struct io_ring_ctx *ctx, struct io_rsrc_table *t, unsigned int slot,
		      const void __user *data, unsigned int i, u64 tag)
{
	struct io_rsrc_node *node, *old;
	s32 fd;

	if (t == &ctx->files) {
		if (copy_from_user(&fd, (const s32 __user *)data + i, sizeof(fd)))
			return -EFAULT;
		if (fd == IORING_REGISTER_FILES_SKIP)
			return tag ? -EINVAL : 0;
	}
	node = import(ctx, t, data, i, tag);
	if (IS_ERR(node))
		return PTR_ERR(node);
	old = t->nodes[slot];
	t->nodes[slot] = node;
	if (old)
		io_rsrc_put(old);
	return 0;
}

/* How many slots from @off were updated, or -errno. */
int io_rsrc_update(struct io_ring_ctx *ctx, struct io_rsrc_table *t, unsigned int off,
		   void __user *data, const u64 __user *tags, unsigned int nr)
{
	unsigned int done, end;
	int err = 0;

	if (!t->nodes)
		return -ENXIO;
	if (__builtin_add_overflow(off, nr, &end))
		return -EOVERFLOW;
	if (end > t->nr)
		return -EINVAL;
	for (done = 0; done < nr; done++) {
		u64 tag = 0;

		if (tags && copy_from_user(&tag, &tags[done], sizeof(tag)))
			err = -EFAULT;
		else
			err = update_one(ctx, t, off + done, data, done, tag);
		if (err)
			break;
	}
	return done ? (int)done : err;
}

int io_import_fixed(enum iter_dir dir, struct iov_iter *iter, const struct io_mapped_buf *buf,
		    u64 addr, size_t len)
{
	u64 end, off;
	unsigned int i = 0;

	if (__builtin_add_overflow(addr, (u64)len, &end))
		return -EFAULT;
	if (addr < buf->addr || end > buf->addr + buf->len)
		return -EFAULT;
	off = addr - buf->addr;
	if (off >= buf->bvec[0].bv_len) { /* all but the first and last are whole pages */
		off -= buf->bvec[0].bv_len;
		i = 1 + (off >> PAGE_SHIFT);
		off &= PAGE_SIZE - 1;
	}
	iov_iter_bvec(iter, dir, &buf->bvec[min(i, buf->nr_pages - 1)], buf->nr_pages - i, len);
	iter->iov_offset = off;
	return 0;
}

/* ---- slots one by one ------------------------------------------------------------------------ */

/* A free slot of the range for allocation, or -ENFILE. */
static int find_slot(struct io_ring_ctx *ctx)
{
	unsigned int n = ctx->file_alloc_end - ctx->file_alloc_start;

	for (unsigned int k = 0; k < n; k++) {
		unsigned int i = ctx->file_alloc_start + (ctx->file_hint + k) % n;

		if (!ctx->files.nodes[i]) {
			ctx->file_hint = (i - ctx->file_alloc_start + 1) % n;
			return i;
		}
	}
	return -ENFILE;
}

/* @slot is 1 more than the index; uring_lock held; the index for an allocated one, else 0. */
int io_fixed_install(struct io_ring_ctx *ctx, struct file *file, u32 slot)
{
	bool any = slot == IORING_FILE_INDEX_ALLOC;
	struct io_rsrc_node *node = NULL, *old;
	int i = -ENXIO;

	if (io_is_uring(file))
		i = -EBADF;
	else if (ctx->files.nodes)
		i = any ? find_slot(ctx) : slot - 1 < ctx->files.nr ? (int)(slot - 1) : -EINVAL;
	if (i >= 0) {
		node = new_node(ctx, 0);
		if (!node)
			i = -ENOMEM;
	}
	if (i < 0) {
		fput(file);
		return i;
	}
	node->file = file;
	old = ctx->files.nodes[i];
	ctx->files.nodes[i] = node;
	if (old)
		io_rsrc_put(old);
	return any ? i : 0;
}

int io_fixed_remove(struct io_ring_ctx *ctx, u32 index)
{
	struct io_rsrc_node *node;

	if (!ctx->files.nodes)
		return -ENXIO;
	if (index >= ctx->files.nr)
		return -EINVAL;
	node = ctx->files.nodes[index];
	if (!node)
		return -EBADF;
	ctx->files.nodes[index] = NULL;
	io_rsrc_put(node);
	return 0;
}

int io_register_file_alloc_range(struct io_ring_ctx *ctx, void __user *arg)
{
	struct io_uring_file_index_range r;
	u32 end;

	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;
	if (__builtin_add_overflow(r.off, r.len, &end))
		return -EOVERFLOW;
	if (r.resv || end > ctx->files.nr)
		return -EINVAL;
	ctx->file_alloc_start = r.off;
	ctx->file_alloc_end = end;
	ctx->file_hint = 0;
	return 0;
}

/* ---- FILES_UPDATE ---------------------------------------------------------------------------- */

struct io_update_cmd {
	u64 arg;
	u32 nr, off;
};

int io_files_update_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_update_cmd *up = io_cmd(req, struct io_update_cmd);

	if (req->flags & REQ_F_FIXED_FILE)
		return -EINVAL;
	up->off = sqe->off;
	up->nr = sqe->len;
	up->arg = sqe->addr;
	return up->nr ? 0 : -EINVAL;
}

/* Each descriptor of the array goes where there is room, and its index takes its place. */
static int files_update_alloc(struct io_kiocb *req, const struct io_update_cmd *up)
{
	s32 __user *fds = u64_to_user_ptr(up->arg);
	unsigned int done;
	int err = 0;

	if (!req->ctx->files.nodes)
		return -ENXIO;
	for (done = 0; done < up->nr; done++) {
		struct file *file;
		s32 fd;

		if (get_user(fd, &fds[done])) {
			err = -EFAULT;
			break;
		}
		file = fget(fd);
		err = file ? io_fixed_install(req->ctx, file, IORING_FILE_INDEX_ALLOC) : -EBADF;
		if (err < 0)
			break;
		if (put_user(err, &fds[done])) {
			io_fixed_remove(req->ctx, err);
			err = -EFAULT;
			break;
		}
	}
	return done ? (int)done : err;
}

int io_files_update(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_update_cmd *up = io_cmd(req, struct io_update_cmd);
	struct io_ring_ctx *ctx = req->ctx;
	int ret;

	io_ring_submit_lock(ctx, issue_flags);
	if (up->off == IORING_FILE_INDEX_ALLOC)
		ret = files_update_alloc(req, up);
	else
		ret = io_rsrc_update(ctx, &ctx->files, up->off, u64_to_user_ptr(up->arg), NULL,
				     up->nr);
	io_ring_submit_unlock(ctx, issue_flags);
	return io_done(req, ret);
}
