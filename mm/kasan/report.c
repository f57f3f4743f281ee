/* SPDX-License-Identifier: MIT */
/*
 * Telling what was found. A report names the kind of memory from the shadow of the first bad byte,
 * prints the stack and the shadow around, and the kernel goes on; after MAX_REPORTS it is silent.
 */
#include <kernel/bug.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/atomic.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/vmalloc.h>

#include "../slab.h"
#include "kasan.h"

#define MAX_REPORTS 16
#define ROW	    16 /* bytes of shadow in a line */

static atomic_t reports;
static atomic_t reporting;
static bool expected; /* by a test: counted, not told */
static atomic_t nr_expected;

void kasan_expect_begin(void)
{
	atomic_set(&nr_expected, 0);
	WRITE_ONCE(expected, true);
}

unsigned int kasan_expect_end(void)
{
	WRITE_ONCE(expected, false);
	return atomic_read(&nr_expected);
}

static const char *kind_of(unsigned long bad)
{
	u8 shadow;

	if (bad < PAGE_SIZE)
		return "null-ptr-deref";
	if (bad < KASAN_MEMORY_START)
		return "user-memory-access";
	shadow = *kasan_shadow((void *)bad);
	if (shadow && shadow < KASAN_GRANULE)
		shadow = *kasan_shadow((void *)(bad + KASAN_GRANULE));
	switch (shadow) {
	case KASAN_STACK_LEFT:
	case KASAN_STACK_MID:
	case KASAN_STACK_RIGHT:
	case KASAN_STACK_PARTIAL:
	case KASAN_ALLOCA_LEFT:
	case KASAN_ALLOCA_RIGHT:
		return "stack-out-of-bounds";
	case KASAN_USE_AFTER_SCOPE:
		return "use-after-scope";
	case KASAN_GLOBAL_REDZONE:
		return "global-out-of-bounds";
	case KASAN_SLAB_FREE:
		return "slab-use-after-free";
	case KASAN_PAGE_FREE:
		return "use-after-free";
	case KASAN_VMALLOC_REDZONE:
		return "vmalloc-out-of-bounds";
	default:
		return "slab-out-of-bounds";
	}
}

static void show_object(unsigned long addr)
{
	struct kmem_cache *s;
	struct page *page;
	char *object;

	if (!virt_addr_valid((void *)addr))
		return;
	page = virt_to_head_page((void *)addr);
	if (!PageSlab(page)) {
		pr_err("page frame %#lx, flags %#x, count %d\n", page_to_pfn(page), page->flags,
		       page_count(page));
		return;
	}
	s = page->slab_cache;
	object = slab_object(s, page, slab_index(s, page, (void *)addr));
	pr_err("%ld bytes into an object of %u bytes at %p of cache %s\n",
	       (long)(addr - (unsigned long)object), s->object_size, object, s->name);
}

static void show_shadow(unsigned long addr)
{
	unsigned long row = (unsigned long)kasan_shadow((void *)addr) & ~(ROW - 1ul);

	for (unsigned long at = row - 2 * ROW; at <= row + 2 * ROW; at += ROW) {
		const u8 *b = (const u8 *)at;

		if (at < KASAN_SHADOW_START || at >= KASAN_SHADOW_END)
			continue;
		pr_err("%c%016lx: %02x %02x %02x %02x %02x %02x %02x %02x "
		       "%02x %02x %02x %02x %02x %02x %02x %02x\n",
		       at == row ? '>' : ' ', (at - CONFIG_KASAN_SHADOW_OFFSET) << KASAN_SHIFT,
		       b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
		       b[12], b[13], b[14], b[15]);
	}
}

/* One report at a time, none of what reporting does itself. False: do not report. */
static bool report_begin(void)
{
	int none = 0;

	if (READ_ONCE(expected)) {
		atomic_inc(&nr_expected);
		return false;
	}
	if (!atomic_compare_exchange_strong(&reporting, &none, 1))
		return false;
	if (atomic_add_return(1, &reports) <= MAX_REPORTS)
		return true;
	atomic_set(&reporting, 0);
	return false;
}

static void report_end(void)
{
	dump_stack();
	atomic_set(&reporting, 0);
}

void kasan_report(unsigned long addr, size_t size, bool write, unsigned long pc)
{
	unsigned long bad = addr;

	if (!report_begin())
		return;
	if (addr >= KASAN_MEMORY_START && addr + size >= addr)
		bad = kasan_first_bad(addr, size);
	if (bad) {
		pr_err("BUG: KASAN: %s in %pS\n", kind_of(bad), (void *)pc);
		pr_err("%s of size %zu at %016lx (first bad byte %016lx) by %s/%d\n",
		       write ? "Write" : "Read", size, addr, bad, current->comm, current->pid);
		if (bad >= KASAN_MEMORY_START) {
			show_object(bad);
			show_shadow(bad);
		}
	}
	report_end();
}

void kasan_report_free(const struct kmem_cache *s, const void *object, unsigned long pc)
{
	if (!report_begin())
		return;
	pr_err("BUG: KASAN: double or invalid free in %pS\n", (void *)pc);
	pr_err("free of %016lx of cache %s by %s/%d\n", (unsigned long)object, s->name,
	       current->comm, current->pid);
	show_object((unsigned long)object);
	show_shadow((unsigned long)object);
	report_end();
}
