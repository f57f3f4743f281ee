/* SPDX-License-Identifier: MIT */
/*
 * Shared memory objects: <mm/shmem.h>. A page is complete before it enters the page cache (filled
 * with zeroes, backing bytes or the first write), so pages of these objects are always uptodate and
 * readers never wait.
 */
#include <fs/fs.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/uio.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/shmem.h>
#include <mm/slab.h>
#include <mm/vmstat.h>
#include <uapi/fs.h>

#include "fault.h"
#include "filemap.h"

static loff_t shmem_size(const struct shmem_object *obj)
{
	return obj->mapping.host ? i_size_read(obj->mapping.host) : obj->size;
}

static void uncharge(struct shmem_object *obj)
{
	if (obj->limit)
		atomic_long_dec(&obj->limit->used);
	dec_vmstat(NR_SHMEM);
}

static int charge(struct shmem_object *obj)
{
	struct shmem_limit *l = obj->limit;

	if (l && atomic_long_inc_return(&l->used) > l->max && l->max) {
		atomic_long_dec(&l->used);
		return -ENOSPC;
	}
	inc_vmstat(NR_SHMEM);
	return 0;
}

/* The whole page leaves the cache. */
static void shmem_invalidate_page(struct page *page, unsigned int offset, unsigned int length)
{
	if (length == PAGE_SIZE)
		uncharge(shmem_of(page->mapping));
}

const struct address_space_operations shmem_aops = {
	.invalidate_page = shmem_invalidate_page,
	.dirty_page = noop_dirty_page,
};

void shmem_object_init(struct shmem_object *obj, struct inode *host, struct shmem_limit *limit)
{
	address_space_init(&obj->mapping, host, &shmem_aops);
	obj->mapping.flags = 1ul << AS_UNEVICTABLE;
	obj->size = 0;
	obj->limit = limit;
	obj->backing = NULL;
	obj->backing_len = 0;
	obj->seals = F_SEAL_SEAL;
	atomic_set(&obj->refs, 1);
	obj->vm_flags = 0;
	obj->accounted = 0;
	shmem_swap_init(obj);
}

void shmem_object_destroy(struct shmem_object *obj)
{
	truncate_inode_pages(&obj->mapping, 0);
	shmem_drop_swapped(obj, 0, ULONG_MAX);
	truncate_inode_pages_final(&obj->mapping);
	shmem_swap_end(obj);
	if (obj->accounted)
		vm_unacct_memory(obj->accounted);
	obj->accounted = 0;
}

unsigned long shmem_pages(const struct shmem_object *obj)
{
	return READ_ONCE(obj->mapping.nrpages);
}

void shmem_lock_pages(struct shmem_object *obj, bool lock)
{
	if (lock)
		set_bit(AS_LOCKED, &obj->mapping.flags);
	else
		clear_bit(AS_LOCKED, &obj->mapping.flags);
}

/* ---- pages ---- */

/* The page at @index, back from swap if it was there; NULL: none. ERR_PTR(-ENOMEM, -EIO). */
static struct page *find_page(struct shmem_object *obj, pgoff_t index)
{
	struct page *page;

	do {
		page = find_get_page(&obj->mapping, index);
		if (likely(page) || likely(!shmem_has_swapped(obj)))
			return page;
		page = shmem_swap_in(obj, index);
	} while (page == ERR_PTR(-EAGAIN));
	return page;
}

/* Bytes of the backing memory that the page at @index starts with. */
static size_t backing_bytes(const struct shmem_object *obj, pgoff_t index)
{
	size_t pos = index << PAGE_SHIFT;

	return pos < obj->backing_len ? min(PAGE_SIZE, obj->backing_len - pos) : 0;
}

/* What bytes [from, to) of a page that does not exist read as. */
static void fill(const struct shmem_object *obj, pgoff_t index, char *page, size_t from, size_t to)
{
	size_t have = backing_bytes(obj, index), n = clamp(have, from, to) - from;

	if (n)
		memcpy(page + from, (const char *)obj->backing + (index << PAGE_SHIFT) + from, n);
	memset(page + from + n, 0, to - from - n);
}

static struct page *new_page(struct shmem_object *obj)
{
	struct page *page;
	int err = charge(obj);

	if (err)
		return ERR_PTR(err);
	page = alloc_page(obj->mapping.gfp_mask);
	if (page)
		return page;
	uncharge(obj);
	return ERR_PTR(-ENOMEM);
}

/* Puts the complete @page in the cache. 0; -EEXIST or -ENOMEM, then it is freed. */
static int publish_page(struct shmem_object *obj, struct page *page, pgoff_t index)
{
	int err;

	atomic_store_explicit(&page->flags, 1u << PG_swapbacked | 1u << PG_uptodate,
			      memory_order_release);
	err = filemap_insert(page, &obj->mapping, index, obj->mapping.gfp_mask);
	if (err) {
		uncharge(obj);
		put_page(page);
	}
	return err;
}

struct page *shmem_get_page(struct shmem_object *obj, pgoff_t index, bool create)
{
	struct page *page;
	int err;

	for (;;) {
		page = find_page(obj, index);
		if (page || (!create && !backing_bytes(obj, index)))
			return page;
		page = new_page(obj);
		if (IS_ERR(page))
			return page;
		fill(obj, index, page_address(page), 0, PAGE_SIZE);
		err = publish_page(obj, page, index);
		if (!err)
			return page;
		if (err != -EEXIST)
			return ERR_PTR(err);
	}
}

/* ---- read, write ---- */

/* Copies @n bytes at @pos, of one page, out. Pages that do not exist are not made. Or -errno. */
static ssize_t read_piece(struct shmem_object *obj, loff_t pos, size_t n, struct iov_iter *to)
{
	struct page *page = find_page(obj, pos >> PAGE_SHIFT);
	size_t copied;

	if (IS_ERR(page))
		return PTR_ERR(page);
	if (likely(page)) {
		copied = copy_page_to_iter(page, pos & ~PAGE_MASK, n, to);
		put_page(page);
		return copied;
	}
	if ((size_t)pos < obj->backing_len)
		return copy_to_iter((const char *)obj->backing + pos,
				    min(n, obj->backing_len - (size_t)pos), to);
	return iov_iter_zero(n, to);
}

ssize_t shmem_file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct shmem_object *obj = shmem_of(iocb->ki_filp->f_mapping);
	ssize_t done = 0;

	while (iov_iter_count(to)) {
		loff_t pos = iocb->ki_pos, size = shmem_size(obj);
		size_t n = min(PAGE_SIZE - (pos & ~PAGE_MASK), iov_iter_count(to));
		ssize_t copied;

		if (pos >= size)
			break;
		copied = read_piece(obj, pos, min_t(size_t, n, size - pos), to);
		if (unlikely(copied < 0)) {
			done = done ? done : copied;
			break;
		}
		iocb->ki_pos += copied;
		done += copied;
		if (unlikely(!copied)) {
			done = done ? done : -EFAULT;
			break;
		}
		cond_resched();
	}
	file_accessed(iocb->ki_filp);
	return done;
}

/*
 * The page at @index is not there: makes it of what is written and what was there. Bytes or -errno
 * (-EEXIST: it is there now).
 */
static ssize_t write_new_page(struct shmem_object *obj, loff_t pos, size_t n, struct iov_iter *from)
{
	pgoff_t index = pos >> PAGE_SHIFT;
	size_t off = pos & ~PAGE_MASK, copied;
	struct page *page = new_page(obj);
	char *mem;
	int err;

	if (IS_ERR(page))
		return PTR_ERR(page);
	mem = page_address(page);
	copied = copy_page_from_iter(page, off, n, from);
	if (off)
		fill(obj, index, mem, 0, off);
	if (off + copied < PAGE_SIZE)
		fill(obj, index, mem, off + copied, PAGE_SIZE);
	err = copied ? publish_page(obj, page, index) : -EFAULT;
	if (!copied) {
		uncharge(obj);
		put_page(page);
	}
	if (err) {
		iov_iter_revert(from, copied);
		return err;
	}
	put_page(page);
	return copied;
}

static ssize_t write_piece(struct shmem_object *obj, loff_t pos, size_t n, struct iov_iter *from)
{
	struct page *page;
	ssize_t copied;

	do {
		page = find_page(obj, pos >> PAGE_SHIFT);
		if (IS_ERR(page))
			return PTR_ERR(page);
		if (page) {
			copied = copy_page_from_iter(page, pos & ~PAGE_MASK, n, from);
			if (IS_ENABLED(CONFIG_AARCH64))
				page_clear(page, PG_icache);
			put_page(page);
			return copied ? copied : -EFAULT;
		}
		copied = write_new_page(obj, pos, n, from);
	} while (copied == -EEXIST);
	return copied;
}

/* i_rwsem held (or the object is private). */
static ssize_t shmem_write(struct shmem_object *obj, loff_t *pos, struct iov_iter *from)
{
	struct inode *inode = obj->mapping.host;
	ssize_t done = 0, n;

	while (iov_iter_count(from)) {
		n = min(PAGE_SIZE - (*pos & ~PAGE_MASK), iov_iter_count(from));
		n = write_piece(obj, *pos, n, from);
		if (n < 0)
			return done ? done : n;
		*pos += n;
		done += n;
		if (*pos > shmem_size(obj)) {
			if (inode)
				i_size_write(inode, *pos);
			else
				obj->size = *pos;
		}
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

/* F_SEAL_WRITE and F_SEAL_GROW. i_rwsem held. */
static int check_write_seals(const struct shmem_object *obj, loff_t end)
{
	if (likely(!(obj->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_GROW))))
		return 0;
	if (obj->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	return end > shmem_size(obj) ? -EPERM : 0;
}

ssize_t shmem_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct shmem_object *obj = shmem_of(file->f_mapping);
	struct inode *inode = obj->mapping.host;
	ssize_t n;

	inode_lock(inode);
	n = generic_write_checks(iocb, from);
	if (n > 0)
		n = check_write_seals(obj, iocb->ki_pos + n);
	if (!n && iov_iter_count(from)) {
		n = file_remove_privs(file);
		if (!n) {
			file_update_time(file);
			n = shmem_write(obj, &iocb->ki_pos, from);
		}
	}
	inode_unlock(inode);
	return n;
}

ssize_t shmem_kernel_write(struct shmem_object *obj, const void *buf, size_t len, loff_t pos)
{
	struct kvec vec = {.iov_base = (void *)buf, .iov_len = len};
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, len);
	return shmem_write(obj, &pos, &iter);
}

loff_t shmem_file_llseek(struct file *file, loff_t offset, int whence)
{
	struct shmem_object *obj = shmem_of(file->f_mapping);
	loff_t size;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_file_llseek(file, offset, whence);
	size = shmem_size(obj);
	if (offset < 0)
		return -ENXIO;
	if ((size_t)offset < obj->backing_len)
		offset = whence == SEEK_DATA ? offset : (loff_t)obj->backing_len;
	else
		offset = mapping_seek_hole_data(&obj->mapping, offset, size, whence);
	return offset < 0 ? offset : vfs_setpos(file, offset, MAX_LFS_FILESIZE);
}

/* ---- size ---- */

/*
 * Bytes [start, end] went from memory; what of them is in swap goes too. @seen: shmem_swapped_in()
 * before, because what came back meanwhile did so behind us.
 */
static void truncate_swapped(struct shmem_object *obj, loff_t start, loff_t end, u32 seen)
{
	pgoff_t first = (start + PAGE_SIZE - 1) >> PAGE_SHIFT;
	pgoff_t stop = end == -1 ? ULONG_MAX : (pgoff_t)((end + 1) >> PAGE_SHIFT); /* excluded */

	if (first >= stop)
		return;
	for (;;) {
		u32 now;

		shmem_drop_swapped(obj, first, stop - 1);
		now = shmem_swapped_in(obj);
		if (likely(now == seen))
			return;
		seen = now;
		truncate_pagecache_range(&obj->mapping, start, end);
	}
}

/* The page that @pos lies inside of, kept in memory while a part of it is cleared; NULL: none. */
static struct page *edge_page(struct shmem_object *obj, loff_t pos)
{
	return pos & ~PAGE_MASK ? find_page(obj, pos >> PAGE_SHIFT) : NULL;
}

static void put_edge(struct page *page)
{
	if (page)
		put_page(page);
}

int shmem_setsize(struct inode *inode, loff_t newsize)
{
	struct shmem_object *obj = shmem_of(inode->i_mapping);
	struct page *edge;
	u32 seen;

	if (newsize < inode->i_size && (obj->seals & F_SEAL_SHRINK))
		return -EPERM;
	if (newsize > inode->i_size && (obj->seals & F_SEAL_GROW))
		return -EPERM;
	if (newsize < 0 || newsize > MAX_LFS_FILESIZE)
		return -EFBIG;
	edge = edge_page(obj, newsize);
	if (IS_ERR(edge))
		return PTR_ERR(edge);
	if ((size_t)newsize < obj->backing_len)
		obj->backing_len = newsize;
	seen = shmem_swapped_in(obj);
	truncate_setsize(inode, newsize);
	truncate_swapped(obj, newsize, -1, seen);
	put_edge(edge);
	return 0;
}

static int drop_range(struct shmem_object *obj, loff_t start, loff_t end)
{
	struct page *head = edge_page(obj, start), *tail = edge_page(obj, end + 1);
	u32 seen = shmem_swapped_in(obj);
	int err = IS_ERR(head) ? PTR_ERR(head) : IS_ERR(tail) ? PTR_ERR(tail) : 0;

	if (!err) {
		truncate_pagecache_range(&obj->mapping, start, end);
		truncate_swapped(obj, start, end, seen);
	}
	if (!IS_ERR(head))
		put_edge(head);
	if (!IS_ERR(tail))
		put_edge(tail);
	return err;
}

/* Where the object has backing bytes a hole is made of pages of zeroes, elsewhere of no pages. */
static int punch_hole(struct shmem_object *obj, loff_t start, loff_t end)
{
	for (loff_t pos = start; pos <= end && (size_t)pos < obj->backing_len;
	     pos = (pos | ~PAGE_MASK) + 1) {
		loff_t stop = min(end + 1, (loff_t)(pos | ~PAGE_MASK) + 1);
		struct page *page = shmem_get_page(obj, pos >> PAGE_SHIFT, true);

		if (IS_ERR(page))
			return PTR_ERR(page);
		memset((char *)page_address(page) + (pos & ~PAGE_MASK), 0, stop - pos);
		put_page(page);
		start = stop;
	}
	return start <= end ? drop_range(obj, start, end) : 0;
}

static int reserve_pages(struct shmem_object *obj, loff_t start, loff_t end)
{
	for (pgoff_t i = start >> PAGE_SHIFT; i <= (pgoff_t)(end >> PAGE_SHIFT); i++) {
		struct page *page = shmem_get_page(obj, i, true);

		if (IS_ERR(page))
			return PTR_ERR(page);
		put_page(page);
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

long shmem_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct shmem_object *obj = shmem_of(file->f_mapping);
	struct inode *inode = obj->mapping.host;
	loff_t end = offset + len - 1;
	int err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	inode_lock(inode);
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		err = (obj->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) ?
			      -EPERM :
			      punch_hole(obj, offset, end);
	} else {
		err = -EPERM;
		if (!((obj->seals & F_SEAL_GROW) && end >= inode->i_size))
			err = inode_newsize_ok(inode, offset + len);
		if (!err)
			err = reserve_pages(obj, offset, end);
		if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && offset + len > inode->i_size)
			i_size_write(inode, offset + len);
	}
	inode_unlock(inode);
	return err;
}

/* ---- mmap ---- */

static vm_fault_t shmem_fault(struct vm_fault *vmf)
{
	struct shmem_object *obj = shmem_of(vmf->vma->vm_mapping);
	loff_t pos = (loff_t)vmf->pgoff << PAGE_SHIFT;
	struct page *page;

	if (unlikely(pos >= shmem_size(obj)))
		return VM_FAULT_SIGBUS;
	page = shmem_get_page(obj, vmf->pgoff, true);
	if (IS_ERR(page))
		return PTR_ERR(page) == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	/* A truncation may have passed before the page was there to be removed. */
	if (unlikely(pos >= shmem_size(obj))) {
		lock_page(page);
		if (page->mapping == &obj->mapping) {
			uncharge(obj);
			delete_from_page_cache(page);
		}
		unlock_page(page);
		put_page(page);
		return VM_FAULT_SIGBUS;
	}
	vmf->page = page;
	return 0;
}

const struct vm_operations_struct shmem_vm_ops = {
	.fault = shmem_fault,
	.map_pages = PTR_IF(CONFIG_FAULT_AROUND, filemap_map_pages),
};

int shmem_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct shmem_object *obj = shmem_of(file->f_mapping);

	if (unlikely(obj->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) &&
	    (vma->vm_flags & VM_SHARED)) {
		if (vma->vm_flags & VM_WRITE)
			return -EPERM;
		vma->vm_flags &= ~VM_MAYWRITE;
	}
	file_accessed(file);
	vma->vm_ops = &shmem_vm_ops;
	return 0;
}

/* ---- MAP_SHARED | MAP_ANONYMOUS ---- */

static void shmem_anon_open(struct vm_area_struct *vma)
{
	atomic_inc(&shmem_of(vma->vm_mapping)->refs);
}

void shmem_anon_put(struct shmem_object *obj)
{
	if (!atomic_dec_and_test(&obj->refs))
		return;
	shmem_object_destroy(obj);
	kfree(obj);
}

static void shmem_anon_close(struct vm_area_struct *vma)
{
	shmem_anon_put(shmem_of(vma->vm_mapping));
}

static const char *shmem_anon_name(struct vm_area_struct *vma)
{
	return "/dev/zero (deleted)";
}

static const struct vm_operations_struct shmem_anon_vm_ops = {
	.open = shmem_anon_open,
	.close = shmem_anon_close,
	.fault = shmem_fault,
	.map_pages = PTR_IF(CONFIG_FAULT_AROUND, filemap_map_pages),
	.name = shmem_anon_name,
};

int shmem_zero_setup(struct vm_area_struct *vma)
{
	struct shmem_object *obj = kmalloc(sizeof(*obj), GFP_KERNEL);

	if (!obj)
		return -ENOMEM;
	shmem_object_init(obj, NULL, NULL);
	obj->size = (loff_t)vma_pages(vma) << PAGE_SHIFT;
	if (!(vma->vm_flags & VM_NORESERVE)) {
		if (vm_enough_memory(vma->vm_mm, vma_pages(vma))) {
			kfree(obj);
			return -ENOMEM;
		}
		obj->accounted = vma_pages(vma);
	}
	vma->vm_pgoff = 0;
	vma->vm_mapping = &obj->mapping;
	vma->vm_ops = &shmem_anon_vm_ops;
	return 0;
}

/* ---- seals (fcntl(2)) ---- */

static long add_seals(struct file *file, struct shmem_object *obj, unsigned int seals)
{
	int err = 0;

	if (!(file->f_mode & FMODE_WRITE))
		return -EPERM;
	if (seals &
	    ~(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EINVAL;
	inode_lock(obj->mapping.host);
	if (obj->seals & F_SEAL_SEAL)
		err = -EPERM;
	else if ((seals & F_SEAL_WRITE) && !(obj->seals & F_SEAL_WRITE))
		err = mapping_deny_writable(&obj->mapping);
	if (!err)
		obj->seals |= seals;
	inode_unlock(obj->mapping.host);
	return err;
}

long shmem_fcntl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct shmem_object *obj;

	if (!file->f_mapping || !shmem_mapping(file->f_mapping))
		return -EINVAL;
	obj = shmem_of(file->f_mapping);
	if (cmd == F_GET_SEALS)
		return obj->seals;
	if (cmd != F_ADD_SEALS || arg > UINT_MAX)
		return -EINVAL;
	return add_seals(file, obj, arg);
}
