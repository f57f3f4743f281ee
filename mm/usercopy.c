/* SPDX-License-Identifier: MIT */
/*
 * CONFIG_HARDENED_USERCOPY: before a copy between user and kernel space whose size is only known at
 * run time, the kernel side is checked to lie in one thing that may be copied: one slab object (or
 * its window), the current stack, one vmalloc area, pages; never kernel text. A failure is a kernel
 * bug that would have leaked or corrupted memory, so it ends in an oops.
 */
#include <kernel/bug.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/uaccess.h>
#include <mm/page.h>
#include <mm/vmalloc.h>

#include "slab.h"

extern char _stext[], _etext[];

static __cold __noreturn void usercopy_abort(const char *what, const char *name, bool to_user,
					     const void *ptr, unsigned long n)
{
	pr_emerg("usercopy: kernel memory %s attempt %s %s '%s' (%lu bytes)\n",
		 to_user ? "exposure" : "overwrite", to_user ? "from" : "to", what, name, n);
	panic("usercopy: bad copy of %lu bytes at %p", n, ptr);
}

static void check_slab(const void *ptr, unsigned long n, struct page *page, bool to_user)
{
	struct kmem_cache *s = page->slab_cache;
	const char *object = slab_object(s, page, slab_index(s, page, ptr));
	unsigned long off = (const char *)ptr - object;

	if (off >= s->useroffset && off - s->useroffset <= s->usersize &&
	    n <= s->usersize - (off - s->useroffset))
		return;
	usercopy_abort("slab object", s->name, to_user, ptr, n);
}

static bool on_own_stack(const void *ptr, unsigned long n)
{
	unsigned long off = (unsigned long)ptr - (unsigned long)current->stack;

	return off < THREAD_SIZE && n <= THREAD_SIZE - off;
}

static void check_pages(const void *ptr, unsigned long n, struct page *page, bool to_user)
{
	unsigned long room = (PAGE_SIZE << page_order(page)) -
			     ((const char *)ptr - (const char *)page_address(page));

	/* Order 0 pages may be neighbours on purpose (alloc_pages_exact). */
	if (page_test(page, PG_head) && n > room)
		usercopy_abort("page block", "", to_user, ptr, n);
}

void __check_object_size(unsigned long addr, unsigned long n, bool to_user)
{
	const void *ptr = (const void *)addr;
	struct page *page;

	if (!n || on_own_stack(ptr, n))
		return;
	if (addr + n < addr)
		usercopy_abort("wrapped address", "", to_user, ptr, n);
	if (addr < (unsigned long)_etext && addr + n > (unsigned long)_stext)
		usercopy_abort("kernel text", "", to_user, ptr, n);
	if (is_vmalloc_addr(ptr)) {
		if (n > vmalloc_room(ptr))
			usercopy_abort("vmalloc area", "", to_user, ptr, n);
		return;
	}
	if (!virt_addr_valid(ptr))
		return;
	page = virt_to_head_page(ptr);
	if (PageSlab(page))
		check_slab(ptr, n, page, to_user);
	else
		check_pages(ptr, n, page, to_user);
}
