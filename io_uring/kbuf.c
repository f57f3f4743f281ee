/* SPDX-License-Identifier: MIT */
/*
 * Buffers that the program provides in groups, from which a request takes one when it has data:
 * PROVIDE_BUFFERS, REMOVE_BUFFERS and rings of buffers in the program's memory
 * (IORING_REGISTER_PBUF_RING). Everything is under uring_lock.
 *
 * A buffer from a ring is taken for good when its request completes; while uring_lock is held from
 * the choice to there, nobody else can choose it.
 */
#include <mm/mm.h>
#include "io_uring.h"

#define MAX_BIDS	 65536u
#define MAX_RING_ENTRIES 32768u
#define BUFS_A_PAGE	 (PAGE_SIZE / sizeof(struct io_uring_buf))

struct io_buffer {
	struct list_head list;
	u64 addr;
	u32 len;
	u16 bid, bgid;
};

struct io_buffer_list {
	struct list_head bufs; /* struct io_buffer */
	unsigned int nr;
	struct page **pages; /* not NULL: a ring, pinned */
	unsigned int nr_pages;
	u32 mask;
	u16 head;
};

static struct io_buffer_list *new_list(struct io_ring_ctx *ctx, u16 bgid)
{
	struct io_buffer_list *bl = kzalloc(sizeof(*bl), GFP_KERNEL);

	if (!bl)
		return NULL;
	INIT_LIST_HEAD(&bl->bufs);
	if (xa_is_err(xa_store(&ctx->buf_groups, bgid, bl, GFP_KERNEL))) {
		kfree(bl);
		return NULL;
	}
	return bl;
}

/* ---- choosing -------------------------------------------------------------------------------- */

static struct io_uring_buf *ring_entry(const struct io_buffer_list *bl, u32 i)
{
	return (struct io_uring_buf *)page_address(bl->pages[i / BUFS_A_PAGE]) + i % BUFS_A_PAGE;
}

static void __user *select_from_ring(struct io_kiocb *req, struct io_buffer_list *bl, size_t *len,
				     unsigned int issue_flags)
{
	const struct io_uring_buf *buf = ring_entry(bl, bl->head & bl->mask);
	struct io_uring_buf *first = ring_entry(bl, 0);
	u16 tail = smp_load_acquire(&first->resv); /* the ring's tail lies over it */
	size_t has;
	u64 addr;

	if (tail == bl->head)
		return NULL;
	has = READ_ONCE(buf->len);
	addr = READ_ONCE(buf->addr);
	req->bid = READ_ONCE(buf->bid);
	if (!*len || *len > has)
		*len = has;
	req->flags |= REQ_F_BUF_RING;
	if (issue_flags & IO_URING_F_UNLOCKED)
		bl->head++;
	else
		req->buf_list = bl;
	return u64_to_user_ptr(addr);
}

/* A buffer of the request's group; *len is limited by it. NULL: -ENOBUFS. */
void __user *io_buffer_select(struct io_kiocb *req, size_t *len, unsigned int issue_flags)
{
	struct io_ring_ctx *ctx = req->ctx;
	struct io_buffer_list *bl;
	void __user *addr = NULL;

	if (req->kbuf) { /* of an earlier attempt */
		*len = *len ? min_t(size_t, *len, req->kbuf->len) : req->kbuf->len;
		return u64_to_user_ptr(req->kbuf->addr);
	}
	io_ring_submit_lock(ctx, issue_flags);
	bl = xa_load(&ctx->buf_groups, req->buf_index);
	if (bl && bl->pages) {
		addr = select_from_ring(req, bl, len, issue_flags);
	} else if (bl && bl->nr) {
		req->kbuf = list_first_entry(&bl->bufs, struct io_buffer, list);
		list_del(&req->kbuf->list);
		bl->nr--;
		if (!*len || *len > req->kbuf->len)
			*len = req->kbuf->len;
		addr = u64_to_user_ptr(req->kbuf->addr);
	}
	io_ring_submit_unlock(ctx, issue_flags);
	return addr;
}

u32 io_put_kbuf(struct io_kiocb *req)
{
	u16 bid;

	if (req->flags & REQ_F_BUF_RING) {
		bid = req->bid;
		if (req->buf_list)
			req->buf_list->head++;
		req->buf_list = NULL;
		req->flags &= ~REQ_F_BUF_RING;
	} else if (req->kbuf) {
		bid = req->kbuf->bid;
		kfree(req->kbuf);
		req->kbuf = NULL;
	} else {
		return 0;
	}
	return IORING_CQE_F_BUFFER | (u32)bid << IORING_CQE_BUFFER_SHIFT;
}

void io_kbuf_recycle(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_buffer_list *bl;

	if (issue_flags & IO_URING_F_UNLOCKED)
		return; /* it keeps what it has */
	if (req->flags & REQ_F_BUF_RING) {
		req->buf_list = NULL;
		req->flags &= ~REQ_F_BUF_RING;
	} else if (req->kbuf) {
		bl = xa_load(&req->ctx->buf_groups, req->kbuf->bgid);
		if (!bl || bl->pages)
			return;
		list_add(&req->kbuf->list, &bl->bufs);
		bl->nr++;
		req->kbuf = NULL;
	}
}

/* ---- PROVIDE_BUFFERS, REMOVE_BUFFERS --------------------------------------------------------- */

struct io_provide_cmd {
	u64 addr;
	u32 len, nbufs;
	u16 bgid, bid;
};

int io_provide_buffers_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_provide_cmd *p = io_cmd(req, struct io_provide_cmd);
	u64 size;

	if (sqe->fd <= 0 || (u32)sqe->fd > MAX_BIDS)
		return -E2BIG;
	p->nbufs = sqe->fd;
	p->addr = sqe->addr;
	p->len = sqe->len;
	if (!p->len)
		return -EINVAL;
	size = (u64)p->len * p->nbufs;
	if (p->addr + size < p->addr)
		return -EOVERFLOW;
	if (!access_ok(u64_to_user_ptr(p->addr), size))
		return -EFAULT;
	p->bgid = sqe->buf_group;
	if (sqe->off > 65535)
		return -E2BIG;
	p->bid = sqe->off;
	return p->bid + p->nbufs > MAX_BIDS ? -EINVAL : 0;
}

/* How many were added, or -ENOMEM. */
static int add_buffers(const struct io_provide_cmd *p, struct io_buffer_list *bl)
{
	u32 i;

	for (i = 0; i < p->nbufs; i++) {
		struct io_buffer *b = kmalloc(sizeof(*b), GFP_KERNEL);

		if (!b)
			break;
		*b = (struct io_buffer){.addr = p->addr + (u64)i * p->len,
					.len = min_t(u32, p->len, MAX_RW_COUNT),
					.bid = p->bid + i,
					.bgid = p->bgid};
		list_add_tail(&b->list, &bl->bufs);
		bl->nr++;
	}
	return i ? 0 : -ENOMEM;
}

int io_provide_buffers(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_provide_cmd *p = io_cmd(req, struct io_provide_cmd);
	struct io_ring_ctx *ctx = req->ctx;
	struct io_buffer_list *bl;
	int err = -ENOMEM;

	io_ring_submit_lock(ctx, issue_flags);
	bl = xa_load(&ctx->buf_groups, p->bgid);
	if (!bl)
		bl = new_list(ctx, p->bgid);
	if (bl)
		err = bl->pages ? -EINVAL : add_buffers(p, bl);
	io_ring_submit_unlock(ctx, issue_flags);
	return io_done(req, err);
}

static unsigned int remove_buffers(struct io_buffer_list *bl, unsigned int nr)
{
	unsigned int done;

	for (done = 0; done < nr && bl->nr; done++) {
		struct io_buffer *b = list_first_entry(&bl->bufs, struct io_buffer, list);

		list_del(&b->list);
		bl->nr--;
		kfree(b);
	}
	return done;
}

int io_remove_buffers_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_provide_cmd *p = io_cmd(req, struct io_provide_cmd);

	if (sqe->fd <= 0 || (u32)sqe->fd > MAX_BIDS)
		return -EINVAL;
	p->nbufs = sqe->fd;
	p->bgid = sqe->buf_group;
	return 0;
}

int io_remove_buffers(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_provide_cmd *p = io_cmd(req, struct io_provide_cmd);
	struct io_ring_ctx *ctx = req->ctx;
	struct io_buffer_list *bl;
	int ret = -ENOENT;

	io_ring_submit_lock(ctx, issue_flags);
	bl = xa_load(&ctx->buf_groups, p->bgid);
	if (bl)
		ret = bl->pages ? -EINVAL : (int)remove_buffers(bl, p->nbufs);
	io_ring_submit_unlock(ctx, issue_flags);
	return io_done(req, ret);
}

/* ---- rings ----------------------------------------------------------------------------------- */

static void free_ring(struct io_buffer_list *bl)
{
	for (unsigned int i = 0; i < bl->nr_pages; i++)
		put_page(bl->pages[i]);
	kvfree(bl->pages);
	bl->pages = NULL;
}

static int pin_ring(struct io_buffer_list *bl, const struct io_uring_buf_reg *reg)
{
	size_t size = (size_t)reg->ring_entries * sizeof(struct io_uring_buf);
	unsigned int n = DIV_ROUND_UP(size, PAGE_SIZE);
	struct page **pages = kvcalloc(n, sizeof(pages[0]), GFP_KERNEL);
	long got;

	if (!pages)
		return -ENOMEM;
	got = get_user_pages_fast(reg->ring_addr, n, FOLL_WRITE, pages);
	bl->pages = pages;
	bl->nr_pages = max(got, 0l);
	bl->mask = reg->ring_entries - 1;
	bl->head = 0;
	if (got == n)
		return 0;
	free_ring(bl);
	return got < 0 ? got : -EFAULT;
}

int io_register_pbuf_ring(struct io_ring_ctx *ctx, void __user *arg)
{
	struct io_uring_buf_reg reg;
	struct io_buffer_list *bl;

	if (copy_from_user(&reg, arg, sizeof(reg)))
		return -EFAULT;
	if (reg.pad || memchr_inv(reg.resv, 0, sizeof(reg.resv)))
		return -EINVAL;
	if (!reg.ring_addr)
		return -EFAULT;
	if (reg.ring_addr & ~PAGE_MASK || !is_power_of_2(reg.ring_entries) ||
	    reg.ring_entries > MAX_RING_ENTRIES)
		return -EINVAL;
	bl = xa_load(&ctx->buf_groups, reg.bgid);
	if (bl && (bl->pages || bl->nr))
		return -EEXIST;
	if (!bl)
		bl = new_list(ctx, reg.bgid);
	return bl ? pin_ring(bl, &reg) : -ENOMEM;
}

int io_unregister_pbuf_ring(struct io_ring_ctx *ctx, void __user *arg)
{
	struct io_uring_buf_reg reg;
	struct io_buffer_list *bl;

	if (copy_from_user(&reg, arg, sizeof(reg)))
		return -EFAULT;
	if (reg.pad || memchr_inv(reg.resv, 0, sizeof(reg.resv)))
		return -EINVAL;
	bl = xa_load(&ctx->buf_groups, reg.bgid);
	if (!bl)
		return -ENOENT;
	if (!bl->pages)
		return -EINVAL;
	xa_erase(&ctx->buf_groups, reg.bgid);
	free_ring(bl);
	kfree(bl);
	return 0;
}

void io_destroy_buffers(struct io_ring_ctx *ctx)
{
	struct io_buffer_list *bl;
	unsigned long id;

	xa_for_each(&ctx->buf_groups, id, bl) {
		remove_buffers(bl, UINT_MAX);
		if (bl->pages)
			free_ring(bl);
		kfree(bl);
	}
	xa_destroy(&ctx->buf_groups);
}
