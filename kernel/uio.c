/* SPDX-License-Identifier: MIT */
/*
 * Iterators over memory of several kinds, <kernel/uio.h>. Position: `iov_offset` bytes into the
 * first of the `nr_segs` segments that are left; `count` bytes remain in all and may be fewer than
 * the segments hold (iov_iter_truncate). One user buffer (ITER_UBUF) is what read(2) and write(2)
 * use: it has a path of its own.
 */
#include <lib/err.h>
#include <lib/string.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/slab.h>

/* The contiguous piece at the position: in user memory (user set) or in the kernel's. */
/* A program may name address 0: memory is the kernel's if there is an address of it. */
struct segment {
	char __user *user;
	char *kernel;
	size_t len;
};

void iov_iter_kvec(struct iov_iter *i, enum iter_dir dir, const struct kvec *kvec, unsigned long nr,
		   size_t count)
{
	*i = (struct iov_iter){
		.type = ITER_KVEC, .dir = dir, .count = count, .kvec = kvec, .nr_segs = nr};
}

void iov_iter_bvec(struct iov_iter *i, enum iter_dir dir, const struct bio_vec *bvec,
		   unsigned long nr, size_t count)
{
	*i = (struct iov_iter){
		.type = ITER_BVEC, .dir = dir, .count = count, .bvec = bvec, .nr_segs = nr};
}

/* ---- position ---- */

static size_t segment_size(const struct iov_iter *i, long index)
{
	switch (i->type) {
	case ITER_IOVEC:
		return i->iov[index].iov_len;
	case ITER_KVEC:
		return i->kvec[index].iov_len;
	default:
		return i->bvec[index].bv_len;
	}
}

static void move_segments(struct iov_iter *i, long n)
{
	i->nr_segs -= n;
	if (i->type == ITER_IOVEC)
		i->iov += n;
	else if (i->type == ITER_KVEC)
		i->kvec += n;
	else
		i->bvec += n;
}

void iov_iter_advance(struct iov_iter *i, size_t bytes)
{
	bytes = min(bytes, i->count);
	i->count -= bytes;
	i->iov_offset += bytes;
	if (likely(i->type == ITER_UBUF))
		return;
	while (i->nr_segs && i->iov_offset >= segment_size(i, 0)) {
		i->iov_offset -= segment_size(i, 0);
		move_segments(i, 1);
	}
}

/* The bytes were consumed from this iterator, so the segments before the position are there. */
void iov_iter_revert(struct iov_iter *i, size_t bytes)
{
	i->count += bytes;
	if (i->type != ITER_UBUF) {
		while (bytes > i->iov_offset) {
			bytes -= i->iov_offset;
			move_segments(i, -1);
			i->iov_offset = segment_size(i, 0);
		}
	}
	i->iov_offset -= bytes;
}

size_t iov_iter_single_seg_count(const struct iov_iter *i)
{
	if (i->type == ITER_UBUF || i->nr_segs <= 1)
		return i->count;
	return min(i->count, segment_size(i, 0) - i->iov_offset);
}

/* False at the end. Empty segments are skipped by moving @i. */
static bool current_segment(struct iov_iter *i, struct segment *s)
{
	size_t off;

	*s = (struct segment){};
	if (!i->count)
		return false;
	if (i->type == ITER_UBUF) {
		s->user = (char __user *)i->ubuf + i->iov_offset;
		s->len = i->count;
		return true;
	}
	iov_iter_advance(i, 0);
	if (!i->nr_segs)
		return false;
	s->len = min(i->count, segment_size(i, 0) - i->iov_offset);
	if (i->type == ITER_IOVEC) {
		s->user = (char __user *)i->iov->iov_base + i->iov_offset;
	} else if (i->type == ITER_KVEC) {
		s->kernel = (char *)i->kvec->iov_base + i->iov_offset;
	} else {
		/* Pages of one bio_vec follow each other in the direct map. */
		off = i->bvec->bv_offset + i->iov_offset;
		s->kernel = (char *)page_address(i->bvec->bv_page) + off;
	}
	return true;
}

/* ---- copying ---- */

static size_t copy_to_segments(const char *from, size_t bytes, struct iov_iter *i)
{
	struct segment s;
	size_t done = 0, n, left;

	while (done < bytes && current_segment(i, &s)) {
		n = min(bytes - done, s.len);
		left = 0;
		if (!s.kernel)
			left = copy_to_user(s.user, from + done, n);
		else
			memcpy(s.kernel, from + done, n);
		iov_iter_advance(i, n - left);
		done += n - left;
		if (left)
			break;
	}
	return done;
}

size_t copy_to_iter(const void *addr, size_t bytes, struct iov_iter *i)
{
	bytes = min(bytes, i->count);
	if (likely(i->type == ITER_UBUF)) {
		bytes -= copy_to_user((char __user *)i->ubuf + i->iov_offset, addr, bytes);
		i->iov_offset += bytes;
		i->count -= bytes;
		return bytes;
	}
	return copy_to_segments(addr, bytes, i);
}

/*
 * As copy_from_user(), but what could not be read is left alone: the destination may be a page that
 * others see.
 */
static size_t read_user(char *to, const char __user *from, size_t n)
{
	if (!access_ok(from, n))
		return n;
	check_object_size(to, n, false);
	return raw_copy_from_user(to, from, n);
}

static size_t copy_from_segments(char *to, size_t bytes, struct iov_iter *i)
{
	struct segment s;
	size_t done = 0, n, left;

	while (done < bytes && current_segment(i, &s)) {
		n = min(bytes - done, s.len);
		left = 0;
		if (!s.kernel)
			left = read_user(to + done, s.user, n);
		else
			memcpy(to + done, s.kernel, n);
		iov_iter_advance(i, n - left);
		done += n - left;
		if (left)
			break;
	}
	return done;
}

size_t copy_from_iter(void *addr, size_t bytes, struct iov_iter *i)
{
	bytes = min(bytes, i->count);
	if (likely(i->type == ITER_UBUF)) {
		bytes -= read_user(addr, (const char __user *)i->ubuf + i->iov_offset, bytes);
		i->iov_offset += bytes;
		i->count -= bytes;
		return bytes;
	}
	return copy_from_segments(addr, bytes, i);
}

bool copy_from_iter_full(void *addr, size_t bytes, struct iov_iter *i)
{
	size_t n = copy_from_iter(addr, bytes, i);

	if (likely(n == bytes))
		return true;
	iov_iter_revert(i, n);
	return false;
}

size_t copy_page_to_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i)
{
	return copy_to_iter((char *)page_address(page) + offset, bytes, i);
}

size_t copy_page_from_iter(struct page *page, size_t offset, size_t bytes, struct iov_iter *i)
{
	return copy_from_iter((char *)page_address(page) + offset, bytes, i);
}

size_t copy_page_from_iter_atomic(struct page *page, size_t offset, size_t bytes,
				  struct iov_iter *i)
{
	size_t n;

	pagefault_disable();
	n = copy_from_iter((char *)page_address(page) + offset, bytes, i);
	pagefault_enable();
	return n;
}

size_t iov_iter_zero(size_t bytes, struct iov_iter *i)
{
	struct segment s;
	size_t done = 0, n, left;

	bytes = min(bytes, i->count);
	while (done < bytes && current_segment(i, &s)) {
		n = min(bytes - done, s.len);
		left = 0;
		if (!s.kernel)
			left = clear_user(s.user, n);
		else
			memset(s.kernel, 0, n);
		iov_iter_advance(i, n - left);
		done += n - left;
		if (left)
			break;
	}
	return done;
}

/* ---- faulting in ---- */

/* Bytes of [addr, addr + len) that could not be made readable. */
static size_t fault_in_readable(const char __user *addr, size_t len)
{
	const char __user *end = addr + len, *p = addr;
	char __maybe_unused c;

	if (!access_ok(addr, len))
		return len;
	while (p < end) {
		if (raw_get_user(c, p))
			return end - p;
		p = (const char __user *)(((unsigned long)p & PAGE_MASK) + PAGE_SIZE);
	}
	return 0;
}

/*
 * Makes the pages ours without changing them: a write of what was read could undo another thread's
 * store.
 */
static size_t fault_in_writeable(const char __user *addr, size_t len)
{
	unsigned long p = (unsigned long)addr, end = p + len;
	struct page *page;
	int err;

	if (!access_ok(addr, len))
		return len;
	while (p < end) {
		mmap_read_lock(current->mm);
		err = get_user_page(current->mm, p & PAGE_MASK, FOLL_WRITE, &page);
		mmap_read_unlock(current->mm);
		if (err)
			return end - p;
		put_page(page);
		p = (p & PAGE_MASK) + PAGE_SIZE;
	}
	return 0;
}

static size_t fault_in_iter(const struct iov_iter *iter, size_t bytes,
			    size_t (*fault_in)(const char __user *addr, size_t len))
{
	struct iov_iter i = *iter;
	struct segment s;
	size_t left;

	bytes = min(bytes, i.count);
	while (bytes && current_segment(&i, &s)) {
		size_t n = min(bytes, s.len);

		left = s.kernel ? 0 : fault_in(s.user, n);
		bytes -= n - left;
		if (left)
			break;
		iov_iter_advance(&i, n);
	}
	return bytes;
}

size_t fault_in_iov_iter_readable(const struct iov_iter *i, size_t bytes)
{
	return fault_in_iter(i, bytes, fault_in_readable);
}

size_t fault_in_iov_iter_writeable(const struct iov_iter *i, size_t bytes)
{
	return fault_in_iter(i, bytes, fault_in_writeable);
}

/* ---- from system calls ---- */

int import_ubuf(enum iter_dir dir, void __user *buf, size_t len, struct iov_iter *i)
{
	len = min_t(size_t, len, MAX_RW_COUNT);
	if (!access_ok(buf, len))
		return -EFAULT;
	iov_iter_ubuf(i, dir, buf, len);
	return 0;
}

/* Checks each piece and cuts the total to MAX_RW_COUNT. */
static ssize_t check_iovec(struct iovec *iov, unsigned int nr)
{
	size_t total = 0;

	for (unsigned int n = 0; n < nr; n++) {
		size_t len = iov[n].iov_len;

		if ((ssize_t)len < 0)
			return -EINVAL;
		if (!access_ok(iov[n].iov_base, len))
			return -EFAULT;
		iov[n].iov_len = len = min_t(size_t, len, MAX_RW_COUNT - total);
		total += len;
	}
	return total;
}

ssize_t import_iovec(enum iter_dir dir, const struct iovec __user *uvec, unsigned int nr,
		     unsigned int fast, struct iovec **iovp, struct iov_iter *i)
{
	struct iovec *iov = *iovp;
	ssize_t total = 0;

	*iovp = NULL;
	if (nr > UIO_MAXIOV)
		return -EINVAL;
	if (nr > fast) {
		iov = kmalloc_array(nr, sizeof(*iov), GFP_KERNEL);
		if (!iov)
			return -ENOMEM;
	}
	if (copy_from_user(iov, uvec, nr * sizeof(*iov)))
		total = -EFAULT;
	else
		total = check_iovec(iov, nr);
	if (total < 0) {
		if (nr > fast)
			kfree(iov);
		return total;
	}
	if (nr == 1) {
		iov_iter_ubuf(i, dir, iov->iov_base, total);
		return total;
	}
	*i = (struct iov_iter){
		.type = ITER_IOVEC, .dir = dir, .count = total, .iov = iov, .nr_segs = nr};
	if (nr > fast)
		*iovp = iov;
	return total;
}
