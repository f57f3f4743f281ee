/* SPDX-License-Identifier: MIT */
/* Red-black trees and interval trees against arrays; the colour rules after every change. */
#include <lib/interval_tree.h>
#include <lib/rbtree.h>
#include "host.h"

#define N 200

struct item {
	struct rb_node rb;
	int key;
	bool in;
};

static struct item items[N];

static bool black(const struct rb_node *n)
{
	return !n || (n->__rb_parent_color & 1);
}

/* Black height, or -1 if a rule is broken. */
static int check_subtree(const struct rb_node *n)
{
	int l, r;

	if (!n)
		return 1;
	if (!black(n) && (!black(n->rb_left) || !black(n->rb_right)))
		return -1;
	if ((n->rb_left && rb_parent(n->rb_left) != n) ||
	    (n->rb_right && rb_parent(n->rb_right) != n))
		return -1;
	l = check_subtree(n->rb_left);
	r = check_subtree(n->rb_right);
	return l < 0 || l != r ? -1 : l + black(n);
}

static bool less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct item, rb)->key < rb_entry(b, struct item, rb)->key;
}

static int compare(const void *key, const struct rb_node *node)
{
	return *(const int *)key - rb_entry(node, struct item, rb)->key;
}

static void check_order(struct rb_root_cached *root, int count)
{
	struct rb_node *n, *prev = NULL;
	int seen = 0;

	EXPECT(black(root->rb_root.rb_node));
	EXPECT(check_subtree(root->rb_root.rb_node) > 0);
	EXPECT(rb_first(&root->rb_root) == rb_first_cached(root));
	rbtree_for_each(n, &root->rb_root) {
		EXPECT(rb_prev(n) == prev);
		EXPECT(!prev || !less(n, prev));
		prev = n;
		seen++;
	}
	EXPECT(rb_last(&root->rb_root) == prev);
	EXPECT_EQ(seen, count);
}

static void test_random(void)
{
	struct rb_root_cached root = RB_ROOT_CACHED;
	int count = 0;

	memset(items, 0, sizeof(items));
	for (int i = 0; i < 20000 && !host_failed; i++) {
		struct item *it = &items[below(N)], *other = &items[below(N)];

		if (it->in && !other->in && !below(8)) {
			other->key = it->key;
			if (root.rb_leftmost == &it->rb)
				root.rb_leftmost = &other->rb;
			rb_replace_node(&it->rb, &other->rb, &root.rb_root);
			it->in = false;
			other->in = true;
		} else if (it->in) {
			rb_erase_cached(&it->rb, &root);
			it->in = false;
			count--;
		} else {
			it->key = below(1000);
			rb_add_cached(&it->rb, &root, less);
			EXPECT(rb_find(&it->key, &root.rb_root, compare));
			it->in = true;
			count++;
		}
		if (i % 16 == 0)
			check_order(&root, count);
	}
}

static void test_postorder(void)
{
	struct rb_root root = RB_ROOT;
	struct item *it, *n;
	int seen = 0;

	for (int i = 0; i < N; i++) {
		it = malloc(sizeof(*it));
		it->key = below(100);
		rb_add(&it->rb, &root, less);
	}
	rbtree_postorder_for_each_entry_safe(it, n, &root, rb)
	{
		free(it);
		seen++;
	}
	EXPECT_EQ(seen, N);
}

static struct interval_tree_node intervals[N];
static bool in_tree[N];

static unsigned long check_last(struct rb_node *rb)
{
	struct interval_tree_node *n;
	unsigned long last;

	if (!rb)
		return 0;
	n = rb_entry(rb, struct interval_tree_node, rb);
	last = max3(n->last, check_last(rb->rb_left), check_last(rb->rb_right));
	EXPECT_EQ(n->subtree_last, last);
	return last;
}

static void check_overlaps(struct rb_root_cached *root)
{
	unsigned long start = below(1100), last = start + below(50), prev = 0;
	struct interval_tree_node *n;
	int want = 0, got = 0;

	for (int i = 0; i < N; i++)
		want += in_tree[i] && intervals[i].start <= last && intervals[i].last >= start;
	for (n = interval_tree_iter_first(root, start, last); n;
	     n = interval_tree_iter_next(n, start, last)) {
		EXPECT(n->start <= last && n->last >= start && n->start >= prev);
		prev = n->start;
		got++;
	}
	EXPECT_EQ(got, want);
}

static void test_intervals(void)
{
	struct rb_root_cached root = RB_ROOT_CACHED;

	memset(in_tree, 0, sizeof(in_tree));
	for (int i = 0; i < 20000 && !host_failed; i++) {
		int k = below(N);

		if (in_tree[k]) {
			interval_tree_remove(&intervals[k], &root);
		} else {
			intervals[k].start = below(1000);
			intervals[k].last =
				intervals[k].start + (below(4) ? below(20) : below(300));
			interval_tree_insert(&intervals[k], &root);
		}
		in_tree[k] = !in_tree[k];
		if (i % 16 == 0) {
			EXPECT(check_subtree(root.rb_root.rb_node) > 0);
			check_last(root.rb_root.rb_node);
		}
		check_overlaps(&root);
	}
}

HOST_SUITE("rbtree", CASE(test_random), CASE(test_postorder), CASE(test_intervals))
