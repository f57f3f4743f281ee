/* SPDX-License-Identifier: MIT */
/*
 * Tests of address spaces: random mmap, munmap, mprotect and writes in an mm of its own, checked
 * after every step against a model that is an array of pages.
 */
#include <kernel/kunit.h>
#include <lib/err.h>
#include <mm/mm.h>
#include <mm/vmstat.h>
#include <uapi/mman.h>

#include "internal.h"

#define BASE  0x20000000ul
#define PAGES 96

struct model_page {
	bool mapped, accounted;
	u8 prot;
	u64 value; /* first word */
};

struct model {
	struct mm_struct *mm;
	struct model_page page[PAGES];
};

static unsigned long page_addr(unsigned int i)
{
	return BASE + i * PAGE_SIZE;
}

static bool same_area(const struct model_page *a, const struct model_page *b)
{
	return a->mapped == b->mapped &&
	       (!a->mapped || (a->prot == b->prot && a->accounted == b->accounted));
}

/* VMAs are exactly the maximal runs of equal pages, in order, and the tree finds them. */
static void check_vmas(struct kunit *test, struct model *m)
{
	struct vm_area_struct *vma = m->mm->mmap;
	unsigned int i = 0, runs = 0;

	while (i < PAGES) {
		unsigned int end = i + 1;

		while (end < PAGES && same_area(&m->page[i], &m->page[end]))
			end++;
		if (m->page[i].mapped) {
			KUNIT_ASSERT_NOT_NULL(test, vma);
			KUNIT_ASSERT_EQ(test, vma->vm_start, page_addr(i));
			KUNIT_ASSERT_EQ(test, vma->vm_end, page_addr(end));
			KUNIT_ASSERT_EQ(test, vma->vm_flags & VM_ACCESS_FLAGS,
					mmap_vm_flags(m->page[i].prot, 0));
			KUNIT_ASSERT_PTR_EQ(test, vma_lookup(m->mm, page_addr(i)), vma);
			KUNIT_ASSERT_PTR_EQ(test, vma_lookup(m->mm, page_addr(end) - 1), vma);
			vma = vma->vm_next;
			runs++;
		} else {
			KUNIT_ASSERT_NULL(test, vma_lookup(m->mm, page_addr(i)));
		}
		i = end;
	}
	KUNIT_ASSERT_NULL(test, vma);
	KUNIT_ASSERT_EQ(test, m->mm->map_count, (int)runs);
}

static void check_contents(struct kunit *test, struct model *m, struct mm_struct *mm)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		bool readable = m->page[i].mapped && (m->page[i].prot & PROT_READ);
		u64 v = ~0ull;
		size_t n = copy_from_mm(mm, &v, page_addr(i), sizeof(v), false);

		KUNIT_ASSERT_EQ(test, n, readable ? sizeof(v) : 0);
		if (readable)
			KUNIT_ASSERT_EQ(test, v, m->page[i].value);
	}
}

static u8 random_prot(struct kunit *test)
{
	static const u8 prots[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
				   PROT_READ | PROT_EXEC};

	return prots[kunit_random(test) % ARRAY_SIZE(prots)];
}

static void map_step(struct kunit *test, struct model *m, unsigned int from, unsigned int n)
{
	u8 prot = random_prot(test);
	unsigned long populate, at;

	mmap_write_lock(m->mm);
	at = do_mmap(m->mm, NULL, page_addr(from), n * PAGE_SIZE, prot,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0, &populate);
	mmap_write_unlock(m->mm);
	KUNIT_ASSERT_EQ(test, at, page_addr(from));
	for (unsigned int i = from; i < from + n; i++)
		m->page[i] = (struct model_page){
			.mapped = true, .accounted = prot & PROT_WRITE, .prot = prot};
}

static void unmap_step(struct kunit *test, struct model *m, unsigned int from, unsigned int n)
{
	mmap_write_lock(m->mm);
	KUNIT_EXPECT_EQ(test, do_munmap(m->mm, page_addr(from), n * PAGE_SIZE), 0);
	mmap_write_unlock(m->mm);
	for (unsigned int i = from; i < from + n; i++)
		m->page[i] = (struct model_page){0};
}

/* mprotect() stops at the first hole, having changed what comes before it. */
static void protect_step(struct kunit *test, struct model *m, unsigned int from, unsigned int n)
{
	u8 prot = random_prot(test);
	int err = do_mprotect(m->mm, page_addr(from), n * PAGE_SIZE, prot);
	unsigned int i;

	for (i = from; i < from + n && m->page[i].mapped; i++) {
		m->page[i].prot = prot;
		m->page[i].accounted |= !!(prot & PROT_WRITE);
	}
	KUNIT_ASSERT_EQ(test, err, i == from + n ? 0 : -ENOMEM);
}

static void write_step(struct kunit *test, struct model *m, unsigned int from, unsigned int n)
{
	for (unsigned int i = from; i < from + n; i++) {
		u64 v = (u64)kunit_random(test) << 32 | i;
		bool writable = m->page[i].mapped && (m->page[i].prot & PROT_WRITE);

		KUNIT_ASSERT_EQ(test, copy_to_mm(m->mm, page_addr(i), &v, sizeof(v), false),
				writable ? sizeof(v) : 0);
		if (writable)
			m->page[i].value = v;
	}
}

static void random_step(struct kunit *test, struct model *m)
{
	unsigned int from = kunit_random(test) % PAGES;
	unsigned int n = 1 + kunit_random(test) % min(PAGES - from, 24u);

	switch (kunit_random(test) % 5) {
	case 0:
	case 1:
		map_step(test, m, from, n);
		break;
	case 2:
		unmap_step(test, m, from, n);
		break;
	case 3:
		protect_step(test, m, from, n);
		break;
	default:
		write_step(test, m, from, n);
	}
}

static struct model *new_model(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m));

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->mm = mm_alloc();
	KUNIT_ASSERT_NOT_NULL(test, m->mm);
	return m;
}

static void against_the_model(struct kunit *test)
{
	unsigned long anon = vmstat_read(NR_ANON_PAGES), tables = vmstat_read(NR_PAGETABLE);
	struct model *m = new_model(test);

	for (unsigned int i = 0; i < 600; i++) {
		random_step(test, m);
		check_vmas(test, m);
		if (i % 16 == 0)
			check_contents(test, m, m->mm);
	}
	check_contents(test, m, m->mm);
	mmput(m->mm);
	KUNIT_EXPECT_EQ(test, vmstat_read(NR_ANON_PAGES), anon);
	KUNIT_EXPECT_EQ(test, vmstat_read(NR_PAGETABLE), tables);
}

/* After fork both see what was there, and neither sees what the other writes. */
static void copies_are_apart(struct kunit *test)
{
	struct model *m = new_model(test), *c = kunit_kzalloc(test, sizeof(*c));

	KUNIT_ASSERT_NOT_NULL(test, c);
	for (unsigned int i = 0; i < 200; i++)
		random_step(test, m);
	*c = *m;
	c->mm = dup_mm(m->mm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, c->mm);
	check_vmas(test, c);
	check_contents(test, c, c->mm);
	for (unsigned int i = 0; i < 100; i++) {
		random_step(test, m);
		random_step(test, c);
	}
	check_contents(test, m, m->mm);
	check_contents(test, c, c->mm);
	mmput(m->mm);
	check_contents(test, c, c->mm);
	mmput(c->mm);
}

/* The free range that the tree finds is the one a walk over the list finds. */
static void free_ranges(struct kunit *test)
{
	struct model *m = new_model(test);

	m->mm->mmap_base = page_addr(PAGES);
	for (unsigned int i = 0; i < 300; i++) {
		unsigned int n = 1 + kunit_random(test) % 12, run = 0, want = 0;
		unsigned long at;

		if (kunit_random(test) % 2)
			map_step(test, m, kunit_random(test) % (PAGES - 4),
				 1 + kunit_random(test) % 4);
		else
			unmap_step(test, m, kunit_random(test) % (PAGES - 4),
				   1 + kunit_random(test) % 4);
		for (unsigned int p = PAGES; p-- > 0 && run < n;) {
			run = m->page[p].mapped ? 0 : run + 1;
			want = p;
		}
		at = vma_gap_topdown(m->mm, n * PAGE_SIZE, BASE, page_addr(PAGES));
		KUNIT_ASSERT_EQ(test, at, run == n ? page_addr(want) : (unsigned long)-ENOMEM);
	}
	mmput(m->mm);
}

static void refusals(struct kunit *test)
{
	struct model *m = new_model(test);
	unsigned long populate;

	mmap_write_lock(m->mm);
	KUNIT_EXPECT_EQ(test,
			(long)do_mmap(m->mm, NULL, 0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 0,
				      &populate),
			-EINVAL);
	KUNIT_EXPECT_EQ(
		test,
		(long)do_mmap(m->mm, NULL, 0, PAGE_SIZE, PROT_READ, MAP_ANONYMOUS, 0, &populate),
		-EINVAL);
	KUNIT_EXPECT_EQ(test,
			(long)do_mmap(m->mm, NULL, 1, PAGE_SIZE, 0,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0, &populate),
			-EINVAL);
	KUNIT_EXPECT_EQ(
		test,
		(long)do_mmap(m->mm, NULL, 0, ~0ul, 0, MAP_PRIVATE | MAP_ANONYMOUS, 0, &populate),
		-ENOMEM);
	KUNIT_EXPECT_EQ(test, do_munmap(m->mm, 1, PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_munmap(m->mm, BASE, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_munmap(m->mm, BASE, PAGE_SIZE), 0);
	mmap_write_unlock(m->mm);
	KUNIT_EXPECT_EQ(test, do_mprotect(m->mm, BASE, PAGE_SIZE, PROT_READ), -ENOMEM);
	KUNIT_EXPECT_EQ(test, do_mprotect(m->mm, BASE + 1, PAGE_SIZE, PROT_READ), -EINVAL);
	mmput(m->mm);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(against_the_model),
	KUNIT_CASE(copies_are_apart),
	KUNIT_CASE(free_ranges),
	KUNIT_CASE(refusals),
	{},
};
KUNIT_SUITE(vma, cases);
