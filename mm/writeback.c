/* SPDX-License-Identifier: MIT */
/*
 * Dirty pages and their way to the backing store, and writing to files through the page cache. A
 * page becomes dirty under its lock or by a fault that makes its entry writable; before it is
 * written its mappings are made read-only again, so that later stores are noticed.
 */
#include <arch/mmu.h>
#include <fs/fs.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/uio.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/pagemap.h>
#include <mm/vmstat.h>

#include "fault.h"
#include "filemap.h"
#include "i_mmap.h"

/* ---- the dirty bit ---- */

bool filemap_dirty_page(struct address_space *mapping, struct page *page)
{
	unsigned long flags;

	if (page_test_set(page, PG_dirty))
		return false;
	spin_lock_irqsave(&mapping->xa_lock, flags);
	if (page->mapping == mapping) {
		inc_vmstat(NR_FILE_DIRTY);
		xa_set_mark(&mapping->i_pages, page->index, PAGECACHE_TAG_DIRTY);
	}
	spin_unlock_irqrestore(&mapping->xa_lock, flags);
	if (mapping->host)
		__mark_inode_dirty(mapping->host, I_DIRTY_PAGES);
	return true;
}

bool noop_dirty_page(struct address_space *mapping, struct page *page)
{
	return !PageDirty(page) && !page_test_set(page, PG_dirty);
}

bool set_page_dirty(struct page *page)
{
	struct address_space *mapping = page_mapping(page);

	if (!mapping)
		return false;
	if (IS_ENABLED(CONFIG_AARCH64))
		page_clear(page, PG_icache);
	return mapping->a_ops->dirty_page ? mapping->a_ops->dirty_page(mapping, page) :
					    filemap_dirty_page(mapping, page);
}

static int clean_leaf(pte_t *table, unsigned int first, unsigned int n, unsigned long addr,
		      void *arg)
{
	struct page *page = arg;
	pte_t pte = pte_read(&table[first]);
	int dirty = 0;

	while (pte_present(pte) && !pte_special(pte) && pte_pfn(pte) == page_to_pfn(page) &&
	       (pte_write(pte) || pte_dirty(pte))) {
		if (pte_cmpxchg(&table[first], pte, pte_wrprotect(pte_mkclean(pte)))) {
			dirty = 1 + pte_dirty(pte);
			break;
		}
		pte = pte_read(&table[first]);
	}
	return dirty;
}

bool page_mkclean(struct page *page)
{
	struct address_space *mapping = page->mapping;
	struct vm_area_struct *vma;
	bool dirty = false;

	if (!mapping_mapped(mapping))
		return false;
	down_read(&mapping->i_mmap_rwsem);
	for_each_i_mmap(vma, mapping, page->index, page->index)
	{
		unsigned long addr = vma->vm_start + ((page->index - vma->vm_pgoff) << PAGE_SHIFT);
		int ret;

		if (!(vma->vm_flags & VM_SHARED))
			continue;
		ret = pgtable_for_each(vma->vm_mm, addr, addr + PAGE_SIZE, clean_leaf, page);
		if (ret)
			tlb_flush_page(vma->vm_mm, addr);
		dirty |= ret == 2;
	}
	up_read(&mapping->i_mmap_rwsem);
	return dirty;
}

bool clear_page_dirty_for_io(struct page *page)
{
	if (page_mkclean(page))
		set_page_dirty(page);
	if (!page_test_clear(page, PG_dirty))
		return false;
	dec_vmstat(NR_FILE_DIRTY);
	return true;
}

/* ---- write-back ---- */

void mapping_set_error(struct address_space *mapping, int error)
{
	if (!error)
		return;
	errseq_set(&mapping->wb_err, error);
	errseq_set(&mapping->host->i_sb->s_wb_err, error);
	set_bit(error == -ENOSPC ? AS_ENOSPC : AS_EIO, &mapping->flags);
}

static int take_error(struct address_space *mapping)
{
	int err = 0;

	if (test_and_clear_bit(AS_ENOSPC, &mapping->flags))
		err = -ENOSPC;
	if (test_and_clear_bit(AS_EIO, &mapping->flags))
		err = -EIO;
	return err;
}

int file_check_and_advance_wb_err(struct file *file)
{
	struct address_space *mapping = file->f_mapping;
	int err = 0;

	if (atomic_load_explicit(&mapping->wb_err, memory_order_relaxed) ==
	    READ_ONCE(file->f_wb_err))
		return 0;
	spin_lock(&file->f_lock);
	err = errseq_check_and_advance(&mapping->wb_err, &file->f_wb_err);
	spin_unlock(&file->f_lock);
	return err;
}

/* The page was written by somebody else, or needs no writing: its mark goes unless it is dirty. */
static void clear_dirty_mark(struct address_space *mapping, struct page *page)
{
	unsigned long flags;

	spin_lock_irqsave(&mapping->xa_lock, flags);
	if (page->mapping == mapping && !PageDirty(page))
		xa_clear_mark(&mapping->i_pages, page->index, PAGECACHE_TAG_DIRTY);
	spin_unlock_irqrestore(&mapping->xa_lock, flags);
}

/* The locked page is to be written now: its dirty bit is cleared. */
static bool take_dirty(struct address_space *mapping, struct page *page,
		       struct writeback_control *wbc)
{
	if (page->mapping != mapping)
		return false;
	if (!PageDirty(page)) {
		clear_dirty_mark(mapping, page);
		return false;
	}
	if (PageWriteback(page)) {
		if (!wbc->sync)
			return false;
		wait_on_page_writeback(page);
	}
	return clear_page_dirty_for_io(page);
}

struct page *writeback_next_page(struct address_space *mapping, struct writeback_control *wbc,
				 pgoff_t *index)
{
	pgoff_t last = wbc->range_end >> PAGE_SHIFT;
	struct page *page;

	while (*index <= last &&
	       find_get_pages_tag(mapping, index, last, PAGECACHE_TAG_DIRTY, 1, &page)) {
		lock_page(page);
		if (take_dirty(mapping, page, wbc))
			return page;
		unlock_page(page);
		put_page(page);
		cond_resched();
	}
	return NULL;
}

void redirty_page_for_writepage(struct writeback_control *wbc, struct page *page)
{
	filemap_dirty_page(page->mapping, page);
}

static int write_single_pages(struct address_space *mapping, struct writeback_control *wbc)
{
	pgoff_t index = wbc->range_start >> PAGE_SHIFT;
	struct page *page;
	int err = 0, ret;

	while ((page = writeback_next_page(mapping, wbc, &index))) {
		ret = mapping->a_ops->write_page(page, wbc);
		mapping_set_error(mapping, ret);
		put_page(page);
		err = err ? err : ret;
		if (--wbc->nr_to_write <= 0 && !wbc->sync)
			break;
	}
	return err;
}

int do_writepages(struct address_space *mapping, struct writeback_control *wbc)
{
	if (!mapping->a_ops->write_page || !mapping_tagged(mapping, PAGECACHE_TAG_DIRTY))
		return 0;
	return mapping->a_ops->write_pages ? mapping->a_ops->write_pages(mapping, wbc) :
					     write_single_pages(mapping, wbc);
}

int filemap_fdatawrite_range(struct address_space *mapping, loff_t start, loff_t end)
{
	struct writeback_control wbc = {
		.nr_to_write = LONG_MAX, .range_start = start, .range_end = end, .sync = true};

	return do_writepages(mapping, &wbc);
}

bool mapping_tagged(struct address_space *mapping, xa_mark_t tag)
{
	return xa_marked(&mapping->i_pages, tag);
}

static void wait_range(struct address_space *mapping, loff_t start, loff_t end)
{
	pgoff_t index = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT;
	struct page *pages[16];
	unsigned int n;

	while (index <= last && (n = find_get_pages_tag(mapping, &index, last,
							PAGECACHE_TAG_WRITEBACK, 16, pages))) {
		for (unsigned int i = 0; i < n; i++)
			wait_on_page_writeback(pages[i]);
		release_pages(pages, n);
		cond_resched();
	}
}

int filemap_fdatawait_range(struct address_space *mapping, loff_t start, loff_t end)
{
	wait_range(mapping, start, end);
	return take_error(mapping);
}

int filemap_fdatawait_keep_errors(struct address_space *mapping)
{
	wait_range(mapping, 0, MAX_LFS_FILESIZE);
	if (test_bit(AS_EIO, &mapping->flags))
		return -EIO;
	return test_bit(AS_ENOSPC, &mapping->flags) ? -ENOSPC : 0;
}

int filemap_write_and_wait_range(struct address_space *mapping, loff_t start, loff_t end)
{
	int err = 0, err2;

	if (!READ_ONCE(mapping->nrpages))
		return take_error(mapping);
	err = filemap_fdatawrite_range(mapping, start, end);
	err2 = filemap_fdatawait_range(mapping, start, end);
	return err ? err : err2;
}

int file_write_and_wait_range(struct file *file, loff_t start, loff_t end)
{
	struct address_space *mapping = file->f_mapping;
	int err = 0, err2;

	if (READ_ONCE(mapping->nrpages)) {
		err = filemap_fdatawrite_range(mapping, start, end);
		wait_range(mapping, start, end);
	}
	err2 = file_check_and_advance_wb_err(file);
	return err ? err : err2;
}

/* ---- write(2) ---- */

ssize_t generic_perform_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	const struct address_space_operations *ops = mapping->a_ops;
	ssize_t done = 0;
	long err = 0;

	while (iov_iter_count(from)) {
		size_t off = iocb->ki_pos & ~PAGE_MASK,
		       n = min(PAGE_SIZE - off, iov_iter_count(from)), copied;
		struct page *page;
		void *fsdata = NULL;

		/*
		 * The copy runs with the page locked and may not fault: the source could be this
		 * very page.
		 */
		if (fault_in_iov_iter_readable(from, n) == n) {
			err = -EFAULT;
			break;
		}
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		err = ops->write_begin(iocb->ki_filp, mapping, iocb->ki_pos, n, &page, &fsdata);
		if (err)
			break;
		copied = copy_page_from_iter_atomic(page, off, n, from);
		err = ops->write_end(iocb->ki_filp, mapping, iocb->ki_pos, n, copied, page, fsdata);
		if (err < 0) {
			iov_iter_revert(from, copied);
			break;
		}
		if ((size_t)err < copied)
			iov_iter_revert(from, copied - err);
		iocb->ki_pos += err;
		done += err;
		err = 0;
		balance_dirty_pages_ratelimited(mapping);
		cond_resched();
	}
	return done ? done : err;
}

/*
 * Past the page cache: what it holds of the range goes first and afterwards. The rest, if there is
 * any, is for the cache.
 */
static ssize_t direct_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	loff_t pos = iocb->ki_pos, end = pos + iov_iter_count(from) - 1;
	ssize_t done = filemap_write_and_wait_range(mapping, pos, end);

	if (!done)
		done = invalidate_inode_pages2_range(mapping, pos >> PAGE_SHIFT, end >> PAGE_SHIFT);
	if (done)
		return done == -EBUSY ? 0 : done;
	done = mapping->a_ops->direct_io(iocb, from);
	if (mapping->nrpages)
		invalidate_inode_pages2_range(mapping, pos >> PAGE_SHIFT, end >> PAGE_SHIFT);
	return done;
}

/* Through the page cache, but like a direct write: it is on its way, and leaves the cache. */
static ssize_t direct_write_rest(struct kiocb *iocb, struct iov_iter *from)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	loff_t pos = iocb->ki_pos;
	ssize_t done = generic_perform_write(iocb, from);
	int err;

	if (done <= 0)
		return done;
	err = filemap_write_and_wait_range(mapping, pos, pos + done - 1);
	if (err) {
		iov_iter_revert(from, done);
		iocb->ki_pos = pos;
		return err;
	}
	invalidate_mapping_pages(mapping, pos >> PAGE_SHIFT, (pos + done - 1) >> PAGE_SHIFT);
	return done;
}

/* Bytes written, fewer than asked for if what follows failed; or -errno. */
static ssize_t write_checked(struct kiocb *iocb, struct iov_iter *from)
{
	ssize_t n, more;

	if (!(iocb->ki_flags & IOCB_DIRECT) || !iocb->ki_filp->f_mapping->a_ops->direct_io)
		return generic_perform_write(iocb, from);
	n = direct_write(iocb, from);
	if (n < 0 || !iov_iter_count(from))
		return n;
	more = direct_write_rest(iocb, from);
	return more >= 0 ? n + more : n ? n : more;
}

ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct inode *inode = file->f_mapping->host;
	ssize_t n;
	loff_t start;

	inode_lock(inode);
	start = iocb->ki_pos;
	n = generic_write_checks(iocb, from);
	if (n > 0) {
		start = iocb->ki_pos;
		n = file_remove_privs(file);
		if (!n) {
			file_update_time(file);
			n = write_checked(iocb, from);
		}
	}
	inode_unlock(inode);
	if (n > 0 && (iocb->ki_flags & IOCB_DSYNC)) {
		int err =
			vfs_fsync_range(file, start, start + n - 1, !(iocb->ki_flags & IOCB_SYNC));

		if (err)
			return err;
	}
	return n;
}

/* ---- memory-resident files ---- */

int simple_read_page(struct file *file, struct page *page)
{
	clear_page(page_address(page));
	SetPageUptodate(page);
	unlock_page(page);
	return 0;
}

int simple_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
		       unsigned int len, struct page **pagep, void **fsdata)
{
	struct page *page = find_or_create_page(mapping, pos >> PAGE_SHIFT, mapping->gfp_mask);

	if (!page)
		return -ENOMEM;
	if (!PageUptodate(page) && len != PAGE_SIZE)
		clear_page(page_address(page));
	*pagep = page;
	return 0;
}

int simple_write_end(struct file *file, struct address_space *mapping, loff_t pos, unsigned int len,
		     unsigned int copied, struct page *page, void *fsdata)
{
	struct inode *inode = mapping->host;

	if (!PageUptodate(page)) {
		if (copied < len && len == PAGE_SIZE) {
			copied = 0; /* half a page, the rest undefined: as if nothing was written */
		} else {
			SetPageUptodate(page);
		}
	}
	if (copied && pos + copied > inode->i_size)
		i_size_write(inode, pos + copied);
	if (copied)
		set_page_dirty(page);
	unlock_page(page);
	put_page(page);
	return copied;
}

const struct address_space_operations ram_aops = {
	.read_page = simple_read_page,
	.write_begin = simple_write_begin,
	.write_end = simple_write_end,
	.dirty_page = noop_dirty_page,
};
