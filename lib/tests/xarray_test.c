/* SPDX-License-Identifier: MIT */
/* The xarray and the ida against plain arrays. */
#include <lib/ida.h>
#include <lib/xarray.h>
#include "host.h"

static int nodes;

struct xa_node *xa_node_alloc(gfp_t gfp)
{
	if (host_should_fail())
		return NULL;
	nodes++;
	return calloc(1, sizeof(struct xa_node));
}

void xa_node_free(struct xa_node *node)
{
	nodes--;
	free(node);
}

#define N 300

/* The model: entries at N indices that are near, far and very far from each other. */
static unsigned long index_of[N];
static void *entry_at[N];
static u8 marks_at[N];
static DEFINE_XARRAY(xa);

static void make_indices(void)
{
	unsigned long i, at = below(3);

	for (i = 0; i < N; i++) {
		index_of[i] = at;
		at += 1 + (below(4) ? below(3) : below(20) ? below(5000) : rnd() >> 10);
	}
	if (below(2))
		index_of[N - 1] = ULONG_MAX;
	memset(entry_at, 0, sizeof(entry_at));
	memset(marks_at, 0, sizeof(marks_at));
}

/* First model entry at or after @index with the filter; N if none. */
static int model_find(unsigned long index, unsigned long max, xa_mark_t filter)
{
	int i;

	for (i = 0; i < N; i++) {
		if (index_of[i] >= index && entry_at[i] &&
		    (filter == XA_PRESENT || (marks_at[i] >> filter & 1)))
			return index_of[i] <= max ? i : N;
	}
	return N;
}

static void check_find(void)
{
	unsigned long start = index_of[below(N)] + below(3) - 1;
	unsigned long max = below(2) ? ULONG_MAX : index_of[below(N)];
	xa_mark_t filter = below(4);
	unsigned long index = start;
	void *got;
	int want;

	if (filter == 3)
		filter = XA_PRESENT;
	want = model_find(start, max, filter);
	got = xa_find(&xa, &index, max, filter);
	if (want == N) {
		EXPECT(!got);
	} else {
		EXPECT(got == entry_at[want]);
		EXPECT_EQ(index, index_of[want]);
	}
}

static void check_all(void)
{
	unsigned long index, expected = 0;
	void *entry;
	int i, n = 0;

	for (i = 0; i < N; i++) {
		EXPECT(xa_load(&xa, index_of[i]) == entry_at[i]);
		if (i + 1 < N && index_of[i + 1] != index_of[i] + 1)
			EXPECT(!xa_load(&xa, index_of[i] + 1));
		for (xa_mark_t m = 0; m < XA_MAX_MARKS; m++)
			EXPECT_EQ(xa_get_mark(&xa, index_of[i], m), marks_at[i] >> m & 1);
		n += !!entry_at[i];
	}
	EXPECT_EQ(xa_empty(&xa), n == 0);
	for (xa_mark_t m = 0; m < XA_MAX_MARKS; m++)
		EXPECT_EQ(xa_marked(&xa, m), model_find(0, ULONG_MAX, m) != N);
	xa_for_each(&xa, index, entry) {
		int at = model_find(expected, ULONG_MAX, XA_PRESENT);

		ASSERT(at < N);
		EXPECT_EQ(index, index_of[at]);
		EXPECT(entry == entry_at[at]);
		expected = index + 1;
		n--;
	}
	EXPECT_EQ(n, 0);
}

static void random_step(void)
{
	int i = below(N);
	unsigned long index = index_of[i];
	void *entry = below(3) ? (void *)(rnd() & 0x7ffffffffff8) : xa_mk_value(rnd() >> 2);
	void *old;
	xa_mark_t m = below(XA_MAX_MARKS);

	switch (below(8)) {
	case 0:
	case 1:
		old = xa_store(&xa, index, entry, (__force gfp_t)0);
		if (xa_is_err(old)) {
			EXPECT(host_fail_after == 0);
			return;
		}
		EXPECT(old == entry_at[i]);
		entry_at[i] = entry;
		if (!entry)
			marks_at[i] = 0;
		break;
	case 2:
	case 3:
		EXPECT(xa_erase(&xa, index) == entry_at[i]);
		entry_at[i] = NULL;
		marks_at[i] = 0;
		break;
	case 4:
		xa_set_mark(&xa, index, m);
		if (entry_at[i])
			marks_at[i] |= 1U << m;
		break;
	case 5:
		xa_clear_mark(&xa, index, m);
		marks_at[i] &= ~(1U << m);
		break;
	case 6:
		if (xa_insert(&xa, index, xa_mk_value(i), (__force gfp_t)0) == 0) {
			EXPECT(!entry_at[i]);
			entry_at[i] = xa_mk_value(i);
		}
		break;
	case 7:
		check_find();
	}
}

static void test_random(void)
{
	for (int round = 0; round < 30 && !host_failed; round++) {
		make_indices();
		for (int i = 0; i < 2000 && !host_failed; i++) {
			host_fail_after = below(50) ? -1 : (int)below(4);
			random_step();
			host_fail_after = -1;
			if (i % 100 == 0)
				check_all();
		}
		check_all();
		for (int i = 0; i < N; i++) {
			if (round & 1)
				xa_erase(&xa, index_of[i]);
		}
		xa_destroy(&xa);
		EXPECT_EQ(nodes, 0);
		EXPECT(xa_empty(&xa));
	}
}

/* Erasing everything must free every node. */
static void test_erase_frees(void)
{
	unsigned long i;

	for (i = 0; i < 10000; i++)
		EXPECT(!xa_err(xa_store(&xa, i * 7, xa_mk_value(i), (__force gfp_t)0)));
	for (i = 0; i < 10000; i++)
		EXPECT_EQ(xa_to_value(xa_erase(&xa, i * 7)), i);
	EXPECT_EQ(nodes, 0);
}

static void test_alloc(void)
{
	static bool used[1000];
	u32 id, next = 0;
	unsigned long free_index;
	int i, j;

	memset(used, 0, sizeof(used));
	for (i = 0; i < 20000 && !host_failed; i++) {
		u32 lo = below(1000), hi = lo + below(1000 - lo);

		if (below(2)) {
			for (j = lo; j <= (int)hi && used[j]; j++)
				;
			int ret = xa_alloc(&xa, &id, xa_mk_value(lo), XA_LIMIT(lo, hi),
					   (__force gfp_t)0);
			if (j > (int)hi) {
				EXPECT_EQ(ret, -EBUSY);
			} else {
				EXPECT_EQ(ret, 0);
				EXPECT_EQ(id, j);
				used[j] = true;
			}
		} else {
			EXPECT_EQ(!!xa_erase(&xa, lo), used[lo]);
			used[lo] = false;
		}
	}
	xa_destroy(&xa);
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(xa_alloc_cyclic(&xa, &id, xa_mk_value(i), XA_LIMIT(1, 5), &next,
					  (__force gfp_t)0),
			  i < 5 ? 0 : -EBUSY);
		EXPECT(i >= 5 || id == (u32)i + 1);
	}
	xa_erase(&xa, 3);
	EXPECT_EQ(
		xa_alloc_cyclic(&xa, &id, xa_mk_value(0), XA_LIMIT(1, 5), &next, (__force gfp_t)0),
		1);
	EXPECT_EQ(id, 3);
	EXPECT(!xa_find_free(&xa, 1, 5, &free_index));
	xa_destroy(&xa);
	EXPECT_EQ(nodes, 0);
}

static void test_ida(void)
{
	static bool used[2000];
	DEFINE_IDA(ida);
	int i, j, id;

	memset(used, 0, sizeof(used));
	for (i = 0; i < 30000 && !host_failed; i++) {
		unsigned int lo = below(2000), hi = lo + below(2000 - lo);

		if (below(3)) {
			for (j = lo; j <= (int)hi && used[j]; j++)
				;
			id = ida_alloc_range(&ida, lo, hi, (__force gfp_t)0);
			if (j > (int)hi) {
				EXPECT_EQ(id, -ENOSPC);
			} else {
				EXPECT_EQ(id, j);
				used[j] = true;
			}
		} else {
			ida_free(&ida, lo);
			used[lo] = false;
		}
	}
	for (i = 0; i < 2000; i++)
		ida_free(&ida, i);
	EXPECT(xa_empty(&ida.xa));
	EXPECT_EQ(nodes, 0);
	EXPECT_EQ(ida_alloc_min(&ida, INT_MAX, (__force gfp_t)0), INT_MAX);
	EXPECT_EQ(ida_alloc_min(&ida, INT_MAX, (__force gfp_t)0), -ENOSPC);
	ida_destroy(&ida);
	EXPECT_EQ(nodes, 0);
}

HOST_SUITE("xarray", CASE(test_random), CASE(test_erase_frees), CASE(test_alloc), CASE(test_ida))
