/* SPDX-License-Identifier: MIT */
/*
 * Where bytes come from or go to, as a typed thing: an iterator over user memory, user vectors,
 * kernel memory or pages. A file's read_iter fills it, write_iter drains it; both advance it by
 * what they return.
 */
#ifndef KERNEL_UIO_H
#define KERNEL_UIO_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <uapi/uio.h>

struct page;
struct kvec {
	void *iov_base;
	size_t iov_len;
};
struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len, bv_offset;
};

enum iter_type { ITER_UBUF, ITER_IOVEC, ITER_KVEC, ITER_BVEC };
/* Direction as the file sees it: ITER_DEST is filled (read), ITER_SOURCE is drained (write). */
enum iter_dir { ITER_DEST, ITER_SOURCE };

struct iov_iter {
	u8 type, dir;
	bool nofault;
	size_t iov_offset; /* into the first segment */
	size_t count; /* bytes left */
	union {
		void __user *ubuf;
		const struct iovec *iov;
		const struct kvec *kvec;
		const struct bio_vec *bvec;
	};
	unsigned long nr_segs;
};

#define UIO_MAXIOV   1024
#define UIO_FASTIOV  8
#define MAX_RW_COUNT (0x7fffffffUL & PAGE_MASK)

static inline size_t iov_iter_count(const struct iov_iter *i)
{
	return i->count;
}
static inline void iov_iter_truncate(struct iov_iter *i, size_t count)
{
	if (i->count > count)
		i->count = count;
}
static inline void iov_iter_ubuf(struct iov_iter *i, enum iter_dir dir, void __user *buf,
				 size_t count)
{
	*i = (struct iov_iter){
		.type = ITER_UBUF, .dir = dir, .count = count, .ubuf = buf, .nr_segs = 1};
}
void iov_iter_kvec(struct iov_iter *i, enum iter_dir dir, const struct kvec *kvec, unsigned long nr,
		   size_t count);
void iov_iter_bvec(struct iov_iter *i, enum iter_dir dir, const struct bio_vec *bvec,
		   unsigned long nr, size_t count);

/*
 * Copies in a user's vector (at most UIO_MAXIOV; total limited to MAX_RW_COUNT). *iovp points at
 * a fast array on entry and is NULL or a kmalloc'd array to kfree on return. Bytes in all, or
 * -EINVAL, -EFAULT, -ENOMEM.
 */
ssize_t import_iovec(enum iter_dir dir, const struct iovec __user *uvec, unsigned int nr,
		     unsigned int fast, struct iovec **iovp, struct iov_iter *i);
/* One user buffer, limited to MAX_RW_COUNT; 0 or -EFAULT. */
int import_ubuf(enum iter_dir dir, void __user *buf, size_t len, struct iov_iter *i);

/* Bytes copied (short on a fault); the iterator advances by that. */
size_t copy_to_iter(const void *addr, size_t bytes, struct iov_iter *i);
size_t copy_from_iter(void *addr, size_t bytes, struct iov_iter *i);
/* all, or nothing advanced */
bool copy_from_iter_full(void *addr, size_t bytes, struct iov_iter *i);
size_t copy_page_to_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i);
size_t copy_page_from_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i);
/*
 * With page faults off: for copying while a page lock is held; short when the user page is not
 * present.
 */
size_t copy_page_from_iter_atomic(struct page *page, size_t offset, size_t bytes,
				  struct iov_iter *i);
size_t iov_iter_zero(size_t bytes, struct iov_iter *i);
void iov_iter_advance(struct iov_iter *i, size_t bytes);
void iov_iter_revert(struct iov_iter *i, size_t bytes);
/* Touches the first @bytes so that they are present; bytes that are NOT. */
size_t fault_in_iov_iter_readable(const struct iov_iter *i, size_t bytes);
size_t fault_in_iov_iter_writeable(const struct iov_iter *i, size_t bytes);
size_t iov_iter_single_seg_count(const struct iov_iter *i);

#endif
