/* SPDX-License-Identifier: MIT */
/*
 * The page cache: lookup, insertion, reading. Lookups take no lock: inside RCU a page found in the
 * tree gets a reference unless its count is 0, and is then checked to be the page it was looked up
 * as. Its rules and locks are in <mm/pagemap.h>.
 */
#include <fs/fs.h>
#include <kernel/bug.h>
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/uio.h>
#include <lib/err.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <mm/vmstat.h>
#include <uapi/fs.h>

#include "fault.h"
#include "filemap.h"

void address_space_init(struct address_space *mapping, struct inode *host,
			const struct address_space_operations *a_ops)
{
	mapping->host = host;
	xa_init(&mapping->i_pages);
	spin_lock_init(&mapping->xa_lock);
	atomic_init(&mapping->truncate_seq, 0);
	mapping->nrpages = 0;
	mapping->a_ops = a_ops;
	mapping->i_mmap = RB_ROOT;
	init_rwsem(&mapping->i_mmap_rwsem);
	atomic_set(&mapping->i_mmap_writable, 0);
	atomic_init(&mapping->wb_err, 0);
	mapping->gfp_mask = GFP_USER;
	mapping->flags = 0;
	mapping->private_data = NULL;
	mapping->futex_id = 0;
}

/* ---- who may write through mappings ---- */

int mapping_map_writable(struct address_space *mapping)
{
	int n = atomic_read(&mapping->i_mmap_writable);

	do {
		if (n < 0)
			return -EPERM;
	} while (!atomic_try_cmpxchg(&mapping->i_mmap_writable, &n, n + 1));
	return 0;
}

void mapping_unmap_writable(struct address_space *mapping)
{
	atomic_dec(&mapping->i_mmap_writable);
}

int mapping_deny_writable(struct address_space *mapping)
{
	int n = atomic_read(&mapping->i_mmap_writable);

	do {
		if (n > 0)
			return -EBUSY;
	} while (!atomic_try_cmpxchg(&mapping->i_mmap_writable, &n, n - 1));
	return 0;
}

void mapping_allow_writable(struct address_space *mapping)
{
	atomic_inc(&mapping->i_mmap_writable);
}

/* ---- the tree ---- */

/*
 * A node could not be had under the lock: have one ready in this CPU's cache. False: there is no
 * memory.
 */
static bool refill_nodes(gfp_t gfp)
{
	struct xa_node *node = gfp_may_sleep(gfp) ? kmalloc(sizeof(*node), gfp) : NULL;

	kfree(node);
	return node;
}

int filemap_insert(struct page *page, struct address_space *mapping, pgoff_t index, gfp_t gfp)
{
	unsigned long flags;
	int err;

	get_page(page);
	page->mapping = mapping;
	page->index = index;
	page_set(page, PG_cache);
	do {
		spin_lock_irqsave(&mapping->xa_lock, flags);
		err = xa_insert(&mapping->i_pages, index, page, GFP_NOWAIT | __GFP_NOWARN);
		if (!err)
			mapping->nrpages++;
		spin_unlock_irqrestore(&mapping->xa_lock, flags);
	} while (err == -ENOMEM && refill_nodes(gfp));
	if (!err) {
		inc_vmstat(NR_FILE_PAGES);
		return 0;
	}
	page_clear(page, PG_cache);
	page->mapping = NULL;
	put_page(page);
	return err == -EBUSY ? -EEXIST : err;
}

int add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index, gfp_t gfp)
{
	int err;

	SetPageLocked(page);
	err = filemap_insert(page, mapping, index, gfp);
	if (err)
		ClearPageLocked(page);
	return err;
}

void delete_from_page_cache(struct page *page)
{
	struct address_space *mapping = page->mapping;
	unsigned long flags;

	spin_lock_irqsave(&mapping->xa_lock, flags);
	xa_erase(&mapping->i_pages, page->index);
	mapping->nrpages--;
	page->mapping = NULL;
	spin_unlock_irqrestore(&mapping->xa_lock, flags);
	page_clear(page, PG_cache);
	if (page_test_clear(page, PG_dirty) && !PageSwapBacked(page))
		dec_vmstat(NR_FILE_DIRTY);
	dec_vmstat(NR_FILE_PAGES);
	put_page(page);
}

struct page *find_get_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page;

	rcu_read_lock();
	for (;;) {
		page = xa_load(&mapping->i_pages, index);
		if (!page)
			break;
		if (unlikely(xa_is_value(page))) { /* in swap: mm/shmem_swap.c */
			page = NULL;
			break;
		}
		if (unlikely(!try_get_page(page)))
			continue;
		/* It may have been freed and reused between the load and the reference. */
		if (likely(page->mapping == mapping && page->index == index &&
			   page_test(page, PG_cache)))
			break;
		put_page(page);
	}
	rcu_read_unlock();
	return page;
}

struct page *find_lock_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page;

	for (;;) {
		page = find_get_page(mapping, index);
		if (!page)
			return NULL;
		lock_page(page);
		if (likely(page->mapping == mapping))
			return page;
		unlock_page(page);
		put_page(page);
	}
}

struct page *find_or_create_page(struct address_space *mapping, pgoff_t index, gfp_t gfp)
{
	struct page *page;
	int err;

	for (;;) {
		page = find_lock_page(mapping, index);
		if (page)
			return page;
		page = alloc_page(gfp);
		if (!page)
			return NULL;
		err = add_to_page_cache(page, mapping, index, gfp);
		if (!err)
			return page;
		put_page(page);
		if (err != -EEXIST)
			return NULL;
	}
}

static unsigned int find_pages(struct address_space *mapping, pgoff_t *index, pgoff_t end,
			       xa_mark_t filter, unsigned int n, struct page **pages)
{
	unsigned int got = 0;
	unsigned long at = *index;
	struct page *page;

	rcu_read_lock();
	for (page = xa_find(&mapping->i_pages, &at, end, filter); page && got < n;
	     page = xa_find_after(&mapping->i_pages, &at, end, filter)) {
		if (xa_is_value(page) || !try_get_page(page))
			continue;
		if (page != xa_load(&mapping->i_pages, at)) {
			put_page(page);
			continue;
		}
		pages[got++] = page;
		*index = at + 1;
	}
	rcu_read_unlock();
	return got;
}

unsigned int find_get_pages_range(struct address_space *mapping, pgoff_t *index, pgoff_t end,
				  unsigned int n, struct page **pages)
{
	return find_pages(mapping, index, end, XA_PRESENT, n, pages);
}

unsigned int find_get_pages_tag(struct address_space *mapping, pgoff_t *index, pgoff_t end,
				xa_mark_t tag, unsigned int n, struct page **pages)
{
	return find_pages(mapping, index, end, tag, n, pages);
}

/* ---- reading in ---- */

/* Starts the read of the page at @index unless it is there; does not wait. 0, -EEXIST or -errno. */
static int start_read(struct address_space *mapping, pgoff_t index, struct file *file, gfp_t gfp)
{
	struct page *page = alloc_page(gfp);
	int err;

	if (!page)
		return -ENOMEM;
	err = add_to_page_cache(page, mapping, index, gfp);
	if (!err)
		err = mapping->a_ops->read_page(file, page);
	put_page(page);
	return err;
}

/* The locked @page is not uptodate: reads it and waits. 0 or -errno; unlocked on return. */
static int read_locked_page(struct address_space *mapping, struct page *page, struct file *file)
{
	int err;

	ClearPageError(page);
	err = mapping->a_ops->read_page(file, page);
	if (err)
		return err;
	wait_on_page_locked(page);
	return PageUptodate(page) ? 0 : -EIO;
}

/*
 * Waits for the page that somebody else may be reading; reads it if need be. AGAIN when it left the
 * cache meanwhile.
 */
static int make_uptodate(struct address_space *mapping, struct page *page, struct file *file)
{
	int err = lock_page_killable(page);

	if (err)
		return err;
	if (page->mapping != mapping) {
		unlock_page(page);
		return -EAGAIN;
	}
	if (PageUptodate(page)) {
		unlock_page(page);
		return 0;
	}
	return read_locked_page(mapping, page, file);
}

struct page *read_cache_page(struct address_space *mapping, pgoff_t index, struct file *file)
{
	struct page *page;
	int err;

	for (;;) {
		page = find_get_page(mapping, index);
		if (!page) {
			err = start_read(mapping, index, file, mapping->gfp_mask);
			if (err && err != -EEXIST)
				return ERR_PTR(err);
			continue;
		}
		if (PageUptodate(page))
			return page;
		err = make_uptodate(mapping, page, file);
		if (!err)
			return page;
		put_page(page);
		if (err != -EAGAIN)
			return ERR_PTR(err);
	}
}

/* The uptodate page for a read at @index, read ahead if it is missing. */
static struct page *filemap_get_page(struct kiocb *iocb, pgoff_t index, pgoff_t last)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	struct page *page = find_get_page(mapping, index);

	if (likely(page && PageUptodate(page))) {
		if (unlikely(PageReadahead(page)) && !(iocb->ki_flags & IOCB_NOWAIT))
			filemap_read_on(mapping, iocb->ki_filp, page, last);
		return page;
	}
	if (page && PageReadahead(page) && !(iocb->ki_flags & IOCB_NOWAIT))
		filemap_read_on(mapping, iocb->ki_filp, page, last);
	if (iocb->ki_flags & IOCB_NOWAIT) {
		if (page)
			put_page(page);
		return ERR_PTR(-EAGAIN);
	}
	if (page) { /* on its way already */
		put_page(page);
		return read_cache_page(mapping, index, iocb->ki_filp);
	}
	filemap_read_ahead(mapping, iocb->ki_filp, index, last);
	return read_cache_page(mapping, index, iocb->ki_filp);
}

ssize_t filemap_read(struct kiocb *iocb, struct iov_iter *to, ssize_t done)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	int err = 0;

	while (iov_iter_count(to)) {
		loff_t pos = iocb->ki_pos, size = i_size_read(inode);
		size_t off = pos & ~PAGE_MASK, n = min(PAGE_SIZE - off, iov_iter_count(to)), copied;
		struct page *page;

		if (pos >= size)
			break;
		page = filemap_get_page(iocb, pos >> PAGE_SHIFT, (size - 1) >> PAGE_SHIFT);
		if (IS_ERR(page)) {
			err = PTR_ERR(page);
			break;
		}
		/*
		 * The size is read again after the page was found uptodate, so that no byte past a
		 * truncation is shown.
		 */
		size = i_size_read(inode);
		n = pos < size ? min_t(size_t, n, size - pos) : 0;
		copied = copy_page_to_iter(page, off, n, to);
		put_page(page);
		iocb->ki_pos += copied;
		done += copied;
		if (copied < n) {
			err = -EFAULT;
			break;
		}
		if (!n)
			break;
	}
	return done ? done : err;
}

ssize_t generic_file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct address_space *mapping = file->f_mapping;
	ssize_t done = 0;

	if (!iov_iter_count(to))
		return 0;
	if ((iocb->ki_flags & IOCB_DIRECT) && mapping->a_ops->direct_io) {
		loff_t end = iocb->ki_pos + iov_iter_count(to) - 1;
		int err = filemap_write_and_wait_range(mapping, iocb->ki_pos, end);

		if (err)
			return err;
		file_accessed(file);
		done = mapping->a_ops->direct_io(iocb, to);
		if (done < 0 || !iov_iter_count(to) || iocb->ki_pos >= i_size_read(mapping->host))
			return done;
	}
	done = filemap_read(iocb, to, done);
	file_accessed(file);
	return done;
}

/* ---- mmap ---- */

vm_fault_t filemap_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct address_space *mapping = vma->vm_mapping;
	struct page *page;
	vm_fault_t ret = 0;

	if (unlikely(((loff_t)vmf->pgoff << PAGE_SHIFT) >= i_size_read(mapping->host)))
		return VM_FAULT_SIGBUS;
	page = find_get_page(mapping, vmf->pgoff);
	if (!page || !PageUptodate(page)) {
		if (page)
			put_page(page);
		ret = VM_FAULT_MAJOR;
		if (!page && vma->vm_file && !(vma->vm_flags & VM_RAND_READ))
			filemap_read_ahead(mapping, vma->vm_file, vmf->pgoff,
					   (i_size_read(mapping->host) - 1) >> PAGE_SHIFT);
		page = read_cache_page(mapping, vmf->pgoff, vma->vm_file);
		if (IS_ERR(page))
			return PTR_ERR(page) == -ENOMEM ? VM_FAULT_OOM :
			       PTR_ERR(page) == -EINTR	? VM_FAULT_NOPAGE :
							  VM_FAULT_SIGBUS;
	}
	if (unlikely(PageReadahead(page)) && vma->vm_file)
		filemap_read_on(mapping, vma->vm_file, page,
				(i_size_read(mapping->host) - 1) >> PAGE_SHIFT);
	vmf->page = page;
	return ret;
}

vm_fault_t filemap_page_mkwrite(struct vm_fault *vmf)
{
	struct page *page = vmf->page;

	file_update_time(vmf->vma->vm_file);
	lock_page(page);
	if (page->mapping != vmf->vma->vm_mapping) {
		unlock_page(page);
		return VM_FAULT_NOPAGE;
	}
	wait_on_page_writeback(page);
	return VM_FAULT_LOCKED;
}

const struct vm_operations_struct generic_file_vm_ops = {
	.fault = filemap_fault,
	.map_pages = PTR_IF(CONFIG_FAULT_AROUND, filemap_map_pages),
	.page_mkwrite = filemap_page_mkwrite,
};

int generic_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!file->f_mapping->a_ops->read_page)
		return -ENOEXEC;
	file_accessed(file);
	vma->vm_ops = &generic_file_vm_ops;
	return 0;
}

int generic_file_readonly_mmap(struct file *file, struct vm_area_struct *vma)
{
	if ((vma->vm_flags & VM_SHARED) && (vma->vm_flags & VM_MAYWRITE))
		return -EINVAL;
	return generic_file_mmap(file, vma);
}

loff_t mapping_seek_hole_data(struct address_space *mapping, loff_t start, loff_t end, int whence)
{
	unsigned long index = start >> PAGE_SHIFT, last = (end - 1) >> PAGE_SHIFT;

	if (start >= end)
		return -ENXIO;
	rcu_read_lock();
	if (whence == SEEK_DATA) {
		if (!xa_find(&mapping->i_pages, &index, last, XA_PRESENT))
			index = last + 1;
	} else {
		while (index <= last && xa_load(&mapping->i_pages, index))
			index++;
	}
	rcu_read_unlock();
	if (index > last)
		return whence == SEEK_DATA ? -ENXIO : end;
	return max(start, (loff_t)index << PAGE_SHIFT);
}
