/* SPDX-License-Identifier: MIT */
/*
 * The page cache: struct address_space maps page offsets of one object (a file, a block device, a
 * piece of shared memory) to pages, and knows who has it mapped. A file system embeds one in its
 * inode and points i_mapping at it.
 *
 * Page states in a cache: present and locked, being filled -> uptodate -> maybe dirty -> (locked)
 * writeback -> clean. A page that failed to read stays not uptodate with PG_error and is read again
 * by the next user. Truncation removes a page for good: its ->mapping becomes NULL.
 *
 * Locks: (x) xa_lock, IRQs off; readers use RCU and check after try_get_page() that the page is
 * still there. (r) i_mmap_rwsem. (p) page lock. Order: inode i_rwsem > invalidate_lock(none yet) >
 * mmap_lock > i_mmap_rwsem > page lock > xa_lock.
 *
 * Truncation against faults: truncate makes truncate_seq odd, shrinks i_size, unmaps, removes
 * pages, makes it even. A fault reads it before it looks the page up and again after the entry is
 * set (both full barriers); if it was odd or changed, the fault takes the entry out again and
 * retries.
 */
#ifndef MM_PAGEMAP_H
#define MM_PAGEMAP_H

#include <lib/errseq.h>
#include <lib/types.h>
#include <lib/rbtree.h>
#include <lib/xarray.h>
#include <kernel/rwsem.h>
#include <kernel/spinlock.h>
#include <mm/gfp.h>
#include <mm/page.h>

struct address_space;
struct file;
struct inode;
struct iov_iter;
struct kiocb;
struct vm_area_struct;
struct vm_fault;

struct writeback_control {
	long nr_to_write; /* pages that may still be written; counted down */
	loff_t range_start, range_end; /* bytes, end included */
	bool sync; /* for data integrity: every dirty page of the range, whatever it takes */
	bool for_reclaim; /* memory is short: do not allocate much, do not wait for locks */
};

/*
 * A run of fresh, locked pages in the cache to be read: what a_ops->read_ahead gets. It takes them
 * one by one with readahead_page(); what it leaves is dropped.
 */
struct readahead_control {
	struct file *file; /* may be NULL */
	struct address_space *mapping;
	pgoff_t index; /* of the next page */
	unsigned int nr_pages; /* left */
	struct page *pages[64]; /* (i) with a reference each; the next is pages[taken] */
	unsigned int taken;
};
/* The next page, locked; the caller puts it when it has gone into a bio. NULL: no more. */
static inline struct page *readahead_page(struct readahead_control *rac)
{
	if (!rac->nr_pages)
		return NULL;
	rac->nr_pages--;
	rac->index++;
	return rac->pages[rac->taken++];
}

struct address_space_operations {
	/*
	 * Fills the locked @page; unlocks it when done (at once or on I/O completion) after
	 * SetPageUptodate or SetPageError. 0 or -errno (then unlocked). May sleep.
	 */
	int (*read_page)(struct file *file, struct page *page);
	/*
	 * Writes the locked dirty page (dirty bit already cleared); unlocks it. 0 or -errno. May
	 * sleep.
	 */
	int (*write_page)(struct page *page, struct writeback_control *wbc);
	/*
	 * Writes the dirty pages of the wbc's range, best in large pieces. NULL: write_page one by
	 * one. 0 or -errno. May sleep.
	 */
	int (*write_pages)(struct address_space *mapping, struct writeback_control *wbc);
	/* Starts reading a run of pages. NULL: read_page one by one. May sleep; never fails. */
	void (*read_ahead)(struct readahead_control *rac);
	/* NULL: filemap_dirty_page(). True if the page was clean. */
	bool (*dirty_page)(struct address_space *mapping, struct page *page);
	/*
	 * generic_file_write_iter(): prepares the page at @pos for @len bytes: locked, referenced,
	 * what is not overwritten filled in.
	 */
	int (*write_begin)(struct file *file, struct address_space *mapping, loff_t pos,
			   unsigned int len, struct page **page, void **fsdata);
	/*
	 * @copied bytes were stored: marks, extends i_size, unlocks and puts the page. Bytes
	 * accepted or -errno.
	 */
	int (*write_end)(struct file *file, struct address_space *mapping, loff_t pos,
			 unsigned int len, unsigned int copied, struct page *page, void *fsdata);
	/* @page (locked) leaves the cache, or loses bytes from @offset on. */
	void (*invalidate_page)(struct page *page, unsigned int offset, unsigned int length);
	/* May reclaim drop this clean locked page? */
	bool (*release_page)(struct page *page, gfp_t gfp);
	ssize_t (*direct_io)(struct kiocb *iocb, struct iov_iter *iter);
	/*
	 * Where on the device block @block of the file is, in blocks; 0: a hole, or not written.
	 * NULL: the file's blocks have no fixed place, so it cannot be swap. May sleep.
	 */
	sector_t (*bmap)(struct address_space *mapping, sector_t block);
};

#define AS_UNEVICTABLE		0 /* pages are the only copy: tmpfs, shared memory */
#define AS_EIO			1
#define AS_ENOSPC		2
#define AS_LOCKED		3 /* SHM_LOCK: pages do not go to swap */

#define PAGECACHE_TAG_DIRTY	XA_MARK_0
#define PAGECACHE_TAG_WRITEBACK XA_MARK_1

struct address_space {
	struct inode *host; /* NULL: not a file (shared anonymous memory) */
	struct xarray i_pages; /* (x) */
	spinlock_t xa_lock;
	_Atomic(u32) truncate_seq; /* odd while a truncation runs */
	unsigned long nrpages; /* (x) those of shared memory that are in swap too */
	const struct address_space_operations *a_ops; /* never NULL */
	struct rb_root i_mmap; /* (r) VMAs by the page offsets they map */
	struct rw_semaphore i_mmap_rwsem;
	atomic_t i_mmap_writable; /* shared mappings that may write */
	errseq_t wb_err; /* errors of write-back */
	gfp_t gfp_mask;
	unsigned long flags; /* AS_* */
	void *private_data;
	/* kernel/futex: names this object for ever, unlike its address; 0: not yet */
	u64 futex_id;
};

void address_space_init_once(struct address_space *mapping);
/* A fresh mapping for @host (may be NULL). */
void address_space_init(struct address_space *mapping, struct inode *host,
			const struct address_space_operations *a_ops);

static inline struct address_space *page_mapping(const struct page *page)
{
	return PageAnon(page) ? NULL : READ_ONCE(((struct page *)page)->mapping);
}
static inline loff_t page_offset(const struct page *page)
{
	return (loff_t)page->index << PAGE_SHIFT;
}
static inline bool mapping_mapped(struct address_space *mapping)
{
	return !RB_EMPTY_ROOT(&mapping->i_mmap);
}
/* For F_SEAL_WRITE and deny-write: 0 or -EBUSY / -EPERM. */
int mapping_map_writable(struct address_space *mapping);
void mapping_unmap_writable(struct address_space *mapping);
int mapping_deny_writable(struct address_space *mapping);
void mapping_allow_writable(struct address_space *mapping);

/* ---- page lock ---- */

void __lock_page(struct page *page);
int __lock_page_killable(struct page *page);
void __unlock_page_wake(struct page *page);

static inline bool trylock_page(struct page *page)
{
	return !page_test_set(page, PG_locked);
}
/* Sleeps. */
static inline void lock_page(struct page *page)
{
	might_sleep();
	if (!trylock_page(page))
		__lock_page(page);
}
static inline int lock_page_killable(struct page *page)
{
	return trylock_page(page) ? 0 : __lock_page_killable(page);
}
/* Any context. */
static inline void unlock_page(struct page *page)
{
	if (unlikely(atomic_fetch_and_explicit(&page->flags, ~(1u << PG_locked),
					       memory_order_acq_rel) &
		     (1u << PG_waiters)))
		__unlock_page_wake(page);
}
void wait_on_page_locked(struct page *page);
void wait_on_page_writeback(struct page *page);
void set_page_writeback(struct page *page); /* page locked */
void end_page_writeback(struct page *page); /* any context */

/* ---- lookup ---- */

/* The page at @index with a reference, or NULL. Lock-free; any context that may use RCU. */
struct page *find_get_page(struct address_space *mapping, pgoff_t index);
/* The same locked. Sleeps. */
struct page *find_lock_page(struct address_space *mapping, pgoff_t index);
/* The same, made if absent: locked, referenced, uptodate or not; NULL: no memory. Sleeps. */
struct page *find_or_create_page(struct address_space *mapping, pgoff_t index, gfp_t gfp);
/*
 * Puts the locked or new @page in the cache (which takes a reference and locks it). 0, -EEXIST or
 * -ENOMEM.
 */
int add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index, gfp_t gfp);
/* Up to @n referenced pages from *@index to @end; *@index moves behind the last. */
unsigned int find_get_pages_range(struct address_space *mapping, pgoff_t *index, pgoff_t end,
				  unsigned int n, struct page **pages);
unsigned int find_get_pages_tag(struct address_space *mapping, pgoff_t *index, pgoff_t end,
				xa_mark_t tag, unsigned int n, struct page **pages);
/* The page read in and uptodate, referenced and unlocked; or ERR_PTR. Sleeps. */
struct page *read_cache_page(struct address_space *mapping, pgoff_t index, struct file *file);
/* Takes the locked @page out; its cache reference is dropped. */
void delete_from_page_cache(struct page *page);

/* ---- files ---- */

/* file_operations.read_iter / write_iter for files in the page cache. */
ssize_t generic_file_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from);
/* The same for who holds the inode's i_rwsem and did generic_write_checks(). */
ssize_t generic_perform_write(struct kiocb *iocb, struct iov_iter *from);
/* The page-cache part of a read, from iocb->ki_pos; @done: bytes before it. */
ssize_t filemap_read(struct kiocb *iocb, struct iov_iter *to, ssize_t done);
/* file_operations.mmap: fault and write through the cache. 0 or -errno. */
int generic_file_mmap(struct file *file, struct vm_area_struct *vma);
int generic_file_readonly_mmap(struct file *file, struct vm_area_struct *vma);
unsigned int filemap_fault(struct vm_fault *vmf);
unsigned int filemap_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end);
unsigned int filemap_page_mkwrite(struct vm_fault *vmf);
/* lseek(2) SEEK_DATA / SEEK_HOLE over pages that are present. Offset or -ENXIO. */
loff_t mapping_seek_hole_data(struct address_space *mapping, loff_t start, loff_t end, int whence);

/* ---- dirty pages and write-back ---- */

/*
 * Marks the page dirty (with a_ops->dirty_page). True if it was clean. Page locked or otherwise
 * stable.
 */
bool set_page_dirty(struct page *page);
bool filemap_dirty_page(struct address_space *mapping, struct page *page);
/* Just the bit: for pages that are the only copy. */
bool noop_dirty_page(struct address_space *mapping, struct page *page);
bool clear_page_dirty_for_io(struct page *page);
/* Every mapping of the locked @page becomes read-only and clean; true if one was dirty. */
bool page_mkclean(struct page *page);
/* Starts write-back of [start, end] bytes; waits for it; both. 0 or -errno. Sleep. */
int filemap_fdatawrite_range(struct address_space *mapping, loff_t start, loff_t end);
int filemap_fdatawait_range(struct address_space *mapping, loff_t start, loff_t end);
/* Waits for what is being written; errors stay noted for fsync. */
int filemap_fdatawait_keep_errors(struct address_space *mapping);
/* Some page has @tag. */
bool mapping_tagged(struct address_space *mapping, xa_mark_t tag);
int filemap_write_and_wait_range(struct address_space *mapping, loff_t start, loff_t end);
void mapping_set_error(struct address_space *mapping, int error);
/*
 * For write_pages: the next dirty page of the wbc's range from *@index on, locked, referenced, its
 * dirty bit cleared for I/O, no write-back under way (waited for if wbc->sync, else such pages are
 * left out). NULL: no more. The caller sets write-back, unlocks and puts it.
 */
struct page *writeback_next_page(struct address_space *mapping, struct writeback_control *wbc,
				 pgoff_t *index);
/* The locked page could not be written now: dirty again; a_ops->write_page returns 0 after it. */
void redirty_page_for_writepage(struct writeback_control *wbc, struct page *page);
/* a_ops->write_pages, or write_page one by one, of the wbc's range. 0 or -errno. Sleeps. */
int do_writepages(struct address_space *mapping, struct writeback_control *wbc);
/*
 * Errors of write-back as an open file sees them: each is reported once to every file that was open
 * when it happened. f_wb_err is sampled at open.
 */
int file_check_and_advance_wb_err(struct file *file);
/* filemap_write_and_wait_range() with the file's own view of errors: what fsync returns. */
int file_write_and_wait_range(struct file *file, loff_t start, loff_t end);
/* After dirtying pages: sleeps while there are too many (vm.dirty_ratio). */
#if IS_ENABLED(CONFIG_INODE_HASH)
void balance_dirty_pages_ratelimited(struct address_space *mapping);
#else
static inline void balance_dirty_pages_ratelimited(struct address_space *mapping)
{
}
#endif

/* ---- removal ---- */

/*
 * Removes every page from byte @start (to @end, included), zeroes the partial pages at the ends.
 * The caller has set i_size and holds the inode's i_rwsem. truncate_pagecache() also unmaps and
 * fences off faults: what a file system calls. Sleep.
 */
void truncate_inode_pages_range(struct address_space *mapping, loff_t start, loff_t end);
void truncate_inode_pages(struct address_space *mapping, loff_t start);
/* i_size of mapping->host is now @newsize (already stored). */
void truncate_pagecache(struct address_space *mapping, loff_t newsize);
void truncate_pagecache_range(struct address_space *mapping, loff_t start, loff_t end);
/* For evict_inode: everything goes. */
void truncate_inode_pages_final(struct address_space *mapping);
/* i_size_write() and truncate_pagecache() in the right order. */
void truncate_setsize(struct inode *inode, loff_t newsize);
/* Drops clean unmapped pages; returns how many. */
unsigned long invalidate_mapping_pages(struct address_space *mapping, pgoff_t start, pgoff_t end);
/* Drops all (writing dirty ones back first): for direct I/O. 0 or -EBUSY. */
int invalidate_inode_pages2_range(struct address_space *mapping, pgoff_t start, pgoff_t end);
/*
 * Takes [start, start + len) bytes (len 0: to the end) out of every mapping; private copies too if
 * @even_cows. Sleeps.
 */
void unmap_mapping_range(struct address_space *mapping, loff_t start, loff_t len, bool even_cows);

/* ---- simple a_ops for memory-resident files (ramfs) ---- */
int simple_read_page(struct file *file, struct page *page); /* zeroes */
int simple_write_begin(struct file *file, struct address_space *mapping, loff_t pos,
		       unsigned int len, struct page **page, void **fsdata);
int simple_write_end(struct file *file, struct address_space *mapping, loff_t pos, unsigned int len,
		     unsigned int copied, struct page *page, void *fsdata);
extern const struct address_space_operations ram_aops;

#endif
