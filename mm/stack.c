/* SPDX-License-Identifier: MIT */
/*
 * Kernel stacks. A stack is an area of twice THREAD_SIZE whose upper half is mapped; the lower half
 * is the guard. Mapping and unmapping cost page-table walks and a TLB flush, so freed stacks are
 * kept: two per CPU and a few in common; a work item frees the rest.
 */
#include <arch/irqflags.h>
#include <kernel/bug.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/workqueue.h>
#include <mm/kasan.h>
#include <mm/page.h>
#include <mm/vmalloc.h>

#include "internal.h"
#include "vmap.h"

#define STACK_PAGES  (THREAD_SIZE >> PAGE_SHIFT)
#define CPU_STACKS   2
#define SPARE_STACKS 4

/* Lives at the start of a free stack's memory. */
struct free_stack {
	struct free_stack *next;
};

struct stack_cache {
	void *stack[CPU_STACKS];
};

static DEFINE_PER_CPU(struct stack_cache, stack_cache);
static struct free_stack *spare_stacks; /* spare_lock */
static unsigned int nr_spare; /* spare_lock */
static DEFINE_SPINLOCK(spare_lock);

static void reap_stacks(struct work_struct *work);
static DECLARE_WORK(reap_work, reap_stacks);

static void *cached_stack(void)
{
	unsigned long flags = local_irq_save_flags();
	struct stack_cache *cache = this_cpu_ptr(&stack_cache);
	void *stack = NULL;

	for (unsigned int i = 0; i < CPU_STACKS && !stack; i++)
		swap(stack, cache->stack[i]);
	local_irq_restore(flags);
	return stack;
}

/* A spare one if there are more than @keep. */
static void *spare_stack(unsigned int keep)
{
	struct free_stack *stack = NULL;
	unsigned long flags;

	spin_lock_irqsave(&spare_lock, flags);
	if (nr_spare > keep) {
		stack = spare_stacks;
		spare_stacks = stack->next;
		nr_spare--;
	}
	spin_unlock_irqrestore(&spare_lock, flags);
	return stack;
}

static void free_mapped_pages(unsigned long stack)
{
	struct page *pages[STACK_PAGES];
	unsigned int n = 0;

	for (unsigned int i = 0; i < STACK_PAGES; i++) {
		struct page *page = vmalloc_to_page((void *)(stack + i * PAGE_SIZE));

		if (page)
			pages[n++] = page;
	}
	area_free(area_lookup((void *)stack));
	mod_vmstat(NR_KERNEL_STACK, -(long)n);
	for (unsigned int i = 0; i < n; i++)
		page_clear(pages[i], PG_stack);
	release_pages(pages, n);
}

static void *new_stack(void)
{
	struct vmap_area *va =
		area_alloc(2 * THREAD_SIZE, 2 * THREAD_SIZE, THREAD_SIZE, GFP_KERNEL);
	unsigned long stack;

	if (!va)
		return NULL;
	stack = va->start + THREAD_SIZE;
	for (unsigned int i = 0; i < STACK_PAGES; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page ||
		    area_map(stack + i * PAGE_SIZE, page_to_phys(page), PAGE_SIZE, PT_KERNEL)) {
			if (page)
				put_page(page);
			free_mapped_pages(stack);
			return NULL;
		}
		page_set(page, PG_stack);
		inc_vmstat(NR_KERNEL_STACK);
	}
	return (void *)stack;
}

void *alloc_thread_stack(void)
{
	void *stack = cached_stack();

	if (!stack)
		stack = spare_stack(0);
	if (!stack)
		return new_stack();
	kasan_unpoison(stack, THREAD_SIZE); /* the last owner's frames */
	return stack;
}

void free_thread_stack(void *stack)
{
	struct stack_cache *cache;
	struct free_stack *spare;
	unsigned long flags;
	bool reap;

	if (!stack)
		return;
	flags = local_irq_save_flags();
	cache = this_cpu_ptr(&stack_cache);
	for (unsigned int i = 0; i < CPU_STACKS && stack; i++)
		if (!cache->stack[i])
			swap(stack, cache->stack[i]);
	local_irq_restore(flags);
	if (!stack)
		return;
	spare = stack;
	spin_lock_irqsave(&spare_lock, flags);
	spare->next = spare_stacks;
	spare_stacks = spare;
	reap = ++nr_spare > SPARE_STACKS;
	spin_unlock_irqrestore(&spare_lock, flags);
	if (reap)
		schedule_work(&reap_work);
}

static void reap_stacks(struct work_struct *work)
{
	void *stack;

	while ((stack = spare_stack(SPARE_STACKS)))
		free_mapped_pages((unsigned long)stack);
}

void thread_stack_shrink(void)
{
	void *stack;

	while ((stack = spare_stack(0)) || (stack = cached_stack()))
		free_mapped_pages((unsigned long)stack);
}

bool in_stack_guard(unsigned long addr)
{
	unsigned long stack = (unsigned long)current->stack;

	return addr < stack && stack - addr <= THREAD_SIZE;
}
