/* SPDX-License-Identifier: MIT */
/*
 * What a page of a file knows about its blocks, so that no store is lost that was let through.
 *
 * A block of a page is covered when it may be written to without asking: it is on disk, written or
 * not, or a block is promised to it (ext4_reserve(): ENOSPC comes here). page->private with
 * PG_private has a bit of each kind for every block; PG_private has a reference of the page. They
 * change under the page lock. Covered blocks are those that write-back makes; what is not covered
 * was never written to, and stays a hole.
 *
 * A store to a mapping comes to ext4_page_mkwrite() once after each write-back, which covers the
 * page's blocks up to the end of the file. So when the file grows within its last page, the page is
 * made read-only again first: stores to what is added then ask for their blocks. Those that ask
 * between this and the new i_size see i_will_size.
 */
#include <lib/bitops.h>
#include <mm/mm.h>
#include "ext4.h"

static_assert(EXT4_MAX_PAGE_BLOCKS <= 16);

/* The blocks that bytes [@from, @to) of a page touch. */
static u32 touched(const struct inode *inode, u32 from, u32 to)
{
	u32 bits = ext4_bits(inode);

	return from < to ? (2u << ((to - 1) >> bits)) - (1u << (from >> bits)) : 0;
}

/* The blocks that lie in bytes [@from, @to) of a page with all they have. */
static u32 enclosed(const struct inode *inode, u32 from, u32 to)
{
	u32 bits = ext4_bits(inode), first = (from + (1u << bits) - 1) >> bits, end = to >> bits;

	return first < end ? (1u << end) - (1u << first) : 0;
}

/* The blocks of the page that are on disk, unwritten ones too. 0 or -errno. */
static int find_on_disk(struct inode *inode, const struct page *page, u32 *mask)
{
	u32 bpp = ext4_blocks_per_page(inode), first = ext4_first_block(inode, page);
	struct ext4_map map;

	*mask = 0;
	for (u32 i = 0; i < bpp; i += map.len) {
		int err;

		map = (struct ext4_map){.lblk = first + i, .len = bpp - i};
		err = ext4_map_blocks(NULL, inode, &map, 0);
		if (err)
			return err;
		map.len = clamp(map.len, 1u, bpp - i);
		if (map.flags & (EXT4_MAP_MAPPED | EXT4_MAP_UNWRITTEN))
			*mask |= (1u << (i + map.len)) - (1u << i);
	}
	return 0;
}

static u32 promises(u32 state)
{
	return hweight32(state & ~(EXT4_PROMISED(0) - 1));
}

static void set_state(struct page *page, u32 state)
{
	if (!PagePrivate(page)) {
		get_page(page);
		SetPagePrivate(page);
	}
	page->private = state;
}

static void drop_state(struct inode *inode, struct page *page)
{
	if (!PagePrivate(page))
		return;
	ext4_unreserve(inode, promises((u32)page->private));
	page->private = 0;
	ClearPagePrivate(page);
	put_page(page);
}

int ext4_page_prepare(struct inode *inode, struct page *page, u32 from, u32 to, bool force)
{
	u32 state = PagePrivate(page) ? (u32)page->private : 0, on_disk;
	u32 need = touched(inode, from, to) & ~state;
	int err;

	if (!need)
		return 0;
	err = find_on_disk(inode, page, &on_disk);
	if (err && !force)
		return err;
	state |= on_disk;
	need &= ~state;
	err = need ? ext4_reserve(inode, hweight32(need), force) : 0;
	if (!err)
		set_state(page, state | need | need * EXT4_PROMISED(0));
	return err;
}

void ext4_page_written(struct inode *inode, struct page *page, u32 covered)
{
	if (PagePrivate(page))
		ext4_unreserve(inode, promises((u32)page->private));
	set_state(page, covered);
}

/*
 * Who dirties a page without asking may not fail: bytes that were zeroed have their blocks, but
 * memory that a device wrote to (get_user_pages()) may have been written back and cleaned
 * meanwhile.
 */
bool ext4_dirty_page(struct address_space *mapping, struct page *page)
{
	struct inode *inode = mapping->host;
	loff_t left = i_size_read(inode) - page_offset(page);

	if (!PagePrivate(page) && PageLocked(page) && left > 0)
		ext4_page_prepare(inode, page, 0, (u32)min_t(loff_t, left, PAGE_SIZE), true);
	return filemap_dirty_page(mapping, page);
}

/* Part of it goes, with the blocks that lie in it. */
static void invalidate_part(struct inode *inode, struct page *page, u32 from, u32 to)
{
	u32 gone = enclosed(inode, from, to), state = (u32)page->private;

	if (!PagePrivate(page) && find_on_disk(inode, page, &state))
		return;
	gone |= gone * EXT4_PROMISED(0);
	ext4_unreserve(inode, promises(state & gone));
	set_state(page, state & ~gone);
}

void ext4_invalidate_page(struct page *page, unsigned int offset, unsigned int length)
{
	struct inode *inode = page->mapping->host;

	if (length == PAGE_SIZE)
		drop_state(inode, page);
	else
		invalidate_part(inode, page, offset, offset + length);
}

bool ext4_release_page(struct page *page, gfp_t gfp)
{
	drop_state(page->mapping->host, page);
	return true;
}

int ext4_will_grow(struct inode *inode, loff_t pos, loff_t size)
{
	loff_t old = inode->i_size;
	struct page *page;
	int err = pos > old ? ext4_zero_tail(inode, old) : 0;

	if (err)
		return err;
	WRITE_ONCE(EXT4_I(inode)->i_will_size, size);
	/* Does the last page have blocks behind the end? */
	if (!((old + (1 << ext4_bits(inode)) - 1) & ~PAGE_MASK & ~((1ul << ext4_bits(inode)) - 1)))
		return 0;
	page = find_lock_page(inode->i_mapping, (pgoff_t)(old >> PAGE_SHIFT));
	if (!page)
		return 0;
	if (page_mkclean(page))
		set_page_dirty(page);
	unlock_page(page);
	put_page(page);
	return 0;
}
