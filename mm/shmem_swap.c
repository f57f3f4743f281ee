/* SPDX-License-Identifier: MIT */
/*
 * CONFIG_SWAP: pages of tmpfs and shared memory leave for swap and come back when they are looked
 * for. Where a page left, the tree of the object's pages has the swap entry as a value; page and
 * value change places under xa_lock, so whoever truncates, inserts or looks up finds one of the
 * two. The object is one user of the slot.
 *
 *	in memory   tree: page                  shmem_swap_out(): page lock, nobody else has the
 *	out         tree: value, slot: users 1  page (its count is frozen), then written
 *	coming in   the same, page locked       shmem_swap_in(): value replaced, slot let go
 *
 * A page that could not be written stays in the swap cache, as anonymous ones do, and is found
 * there. Charges against the size of a tmpfs stay while a page is out; nrpages counts both kinds.
 */
#include <fs/fs.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <lib/err.h>
#include <mm/shmem.h>
#include <mm/swap.h>
#include <uapi/errno.h>

#include "fault.h"
#include "internal.h"

/* Objects with pages that are out. Outside: nothing; inside: nothing. */
static LIST_HEAD(swapped_objects);
static DEFINE_SPINLOCK(swapped_lock);

static void list_object(struct shmem_object *obj)
{
	if (!list_empty_careful(&obj->swapped_list))
		return;
	spin_lock(&swapped_lock);
	if (list_empty(&obj->swapped_list))
		list_add_tail(&obj->swapped_list, &swapped_objects);
	spin_unlock(&swapped_lock);
}

void shmem_swap_end(struct shmem_object *obj)
{
	if (list_empty_careful(&obj->swapped_list))
		return;
	spin_lock(&swapped_lock);
	list_del_init(&obj->swapped_list);
	spin_unlock(&swapped_lock);
}

/* ---- out ---- */

/*
 * The locked @page gives its place in the tree to the value @entry, if only the caller, the tree
 * and the swap cache have it. It keeps the references of the caller and the swap cache.
 */
static bool take_out_of_tree(struct shmem_object *obj, struct page *page, u64 entry)
{
	struct address_space *mapping = &obj->mapping;
	unsigned long flags;
	bool taken;

	spin_lock_irqsave(&mapping->xa_lock, flags);
	taken = atomic_cmpxchg(&page->_refcount, 3, 0) == 3;
	if (taken) {
		/* Before the value can be seen: shmem_has_swapped(). */
		atomic_fetch_add_explicit(&obj->nr_swapped, 1, memory_order_relaxed);
		xa_store(&mapping->i_pages, page->index, xa_mk_value(entry), GFP_NOWAIT);
		page->mapping = NULL;
	}
	spin_unlock_irqrestore(&mapping->xa_lock, flags);
	if (!taken)
		return false;
	page_clear(page, PG_cache);
	atomic_set(&page->_refcount, 2);
	dec_vmstat(NR_FILE_PAGES);
	dec_vmstat(NR_SHMEM);
	return true;
}

static bool may_leave(const struct shmem_object *obj, struct page *page, bool harder)
{
	if (test_bit(AS_LOCKED, &obj->mapping.flags) || !swap_pages_free())
		return false;
	if (page_count(page) > 2) {
		if (page_is_mlocked(page))
			return false;
		unmap_page_everywhere(page);
	}
	/* What was used since the hand last came by, as its mappings just said. */
	if (!harder && page_test_clear(page, PG_referenced))
		return false;
	return page_count(page) == 2;
}

bool shmem_swap_out(struct page *page, bool harder)
{
	struct shmem_object *obj = shmem_of(page->mapping);
	u64 entry = may_leave(obj, page, harder) ? swap_cache_new(page) : 0;

	if (!entry)
		goto stays;
	swap_dup(entry); /* the first user is the object, this one the write */
	list_object(obj);
	if (take_out_of_tree(obj, page, entry))
		return swap_write_page(page);
	swap_cache_drop(page, true);
	swap_put(entry);
	swap_put(entry);
stays:
	unlock_page(page);
	put_page(page);
	return false;
}

/* ---- in ---- */

/* The locked page of @entry, out of the swap cache, becomes one that a tree may have. */
static void adopt_page(struct page *page)
{
	swap_cache_drop(page, true);
	if (PageAnon(page)) {
		page_clear(page, PG_anon);
		dec_vmstat(NR_ANON_PAGES);
	}
	page->private = 0;
	page_set(page, PG_swapbacked);
}

/* False: the value is not there any more. */
static bool put_into_tree(struct shmem_object *obj, struct page *page, pgoff_t index, void *value)
{
	struct address_space *mapping = &obj->mapping;
	unsigned long flags;
	bool there;

	get_page(page);
	page->mapping = mapping;
	page->index = index;
	page_set(page, PG_cache);
	spin_lock_irqsave(&mapping->xa_lock, flags);
	there = xa_cmpxchg(&mapping->i_pages, index, value, page, GFP_NOWAIT) == value;
	if (there)
		atomic_fetch_sub_explicit(&obj->nr_swapped, 1, memory_order_relaxed);
	else
		page->mapping = NULL;
	spin_unlock_irqrestore(&mapping->xa_lock, flags);
	if (there) {
		atomic_fetch_add_explicit(&obj->swapped_in, 1, memory_order_relaxed);
		inc_vmstat(NR_FILE_PAGES);
		inc_vmstat(NR_SHMEM);
		return true;
	}
	page_clear(page, PG_cache);
	put_page(page);
	return false;
}

struct page *shmem_swap_in(struct shmem_object *obj, pgoff_t index)
{
	void *value = xa_load(&obj->mapping.i_pages, index);
	struct page *page;
	bool there;
	u64 entry;

	if (!value)
		return NULL;
	if (!xa_is_value(value))
		return ERR_PTR(-EAGAIN);
	entry = xa_to_value(value);
	page = swap_get_page(entry);
	if (IS_ERR(page))
		return page;
	/* The slot is held now. Before, it may have become another's, and so would be the page. */
	there = xa_load(&obj->mapping.i_pages, index) == value;
	if (there) {
		adopt_page(page);
		there = put_into_tree(obj, page, index, value);
	}
	if (there)
		swap_put(entry); /* the object's */
	swap_put(entry);
	unlock_page(page);
	if (there)
		return page;
	put_page(page);
	return ERR_PTR(-EAGAIN);
}

/* ---- gone ---- */

/* The value at *index or behind it, up to @last; NULL: there is none. */
static void *next_value(struct shmem_object *obj, pgoff_t *index, pgoff_t last)
{
	void *entry;

	rcu_read_lock();
	entry = xa_find(&obj->mapping.i_pages, index, last, XA_PRESENT);
	while (entry && !xa_is_value(entry))
		entry = xa_find_after(&obj->mapping.i_pages, index, last, XA_PRESENT);
	rcu_read_unlock();
	return entry;
}

void shmem_drop_swapped(struct shmem_object *obj, pgoff_t first, pgoff_t last)
{
	struct address_space *mapping = &obj->mapping;
	unsigned long flags;
	void *value;
	bool gone;

	for (; first <= last && (value = next_value(obj, &first, last)); first++) {
		spin_lock_irqsave(&mapping->xa_lock, flags);
		gone = xa_cmpxchg(&mapping->i_pages, first, value, NULL, GFP_NOWAIT) == value;
		if (gone) {
			mapping->nrpages--;
			atomic_fetch_sub_explicit(&obj->nr_swapped, 1, memory_order_relaxed);
		}
		spin_unlock_irqrestore(&mapping->xa_lock, flags);
		if (gone) {
			swap_put(xa_to_value(value));
			if (obj->limit)
				atomic_long_dec(&obj->limit->used);
		}
		cond_resched();
		if (first == last)
			break;
	}
}

/* ---- swapoff ---- */

/* Keeps the object that is next in turn; NULL: it is on its way out. swapped_lock held. */
static struct shmem_object *pin_next(void)
{
	struct shmem_object *obj =
		list_first_entry(&swapped_objects, struct shmem_object, swapped_list);

	list_move_tail(&obj->swapped_list, &swapped_objects);
	if (obj->mapping.host)
		return igrab(obj->mapping.host) ? obj : NULL;
	return atomic_inc_not_zero(&obj->refs) ? obj : NULL;
}

static int unuse_object(struct shmem_object *obj, unsigned int type)
{
	pgoff_t index = 0;
	void *value;
	int err = 0;

	for (; !err && (value = next_value(obj, &index, ULONG_MAX)); index++) {
		struct page *page;

		if ((xa_to_value(value) & (MAX_SWAPFILES - 1)) != type)
			continue;
		page = shmem_swap_in(obj, index);
		if (!IS_ERR_OR_NULL(page))
			put_page(page);
		else if (page && PTR_ERR(page) != -EAGAIN)
			err = PTR_ERR(page);
		if (signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}

static unsigned int count_objects(void)
{
	struct shmem_object *obj;
	unsigned int n = 0;

	spin_lock(&swapped_lock);
	list_for_each_entry(obj, &swapped_objects, swapped_list)
		n++;
	spin_unlock(&swapped_lock);
	return n;
}

int shmem_unuse(unsigned int type)
{
	int err = 0;

	for (unsigned int n = count_objects(); n && !err; n--) {
		struct shmem_object *obj = NULL;

		spin_lock(&swapped_lock);
		if (!list_empty(&swapped_objects))
			obj = pin_next();
		spin_unlock(&swapped_lock);
		if (!obj)
			continue;
		err = unuse_object(obj, type);
		if (obj->mapping.host)
			iput(obj->mapping.host);
		else
			shmem_anon_put(obj);
	}
	return err;
}
