/* SPDX-License-Identifier: MIT */
/* Closed intervals in a tree ordered by start, augmented with the largest last of each subtree. */
#include <lib/interval_tree.h>

#define node_last(node) ((node)->last)
#define node_of(ptr)	rb_entry(ptr, struct interval_tree_node, rb)

RB_DECLARE_CALLBACKS_MAX(interval_augment, struct interval_tree_node, rb, unsigned long,
			 subtree_last, node_last);

void interval_tree_insert(struct interval_tree_node *node, struct rb_root_cached *root)
{
	struct rb_node **link = &root->rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (node->start < node_of(parent)->start) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&node->rb, parent, link);
	rb_insert_augmented_cached(&node->rb, root, leftmost, &interval_augment);
}

void interval_tree_remove(struct interval_tree_node *node, struct rb_root_cached *root)
{
	rb_erase_augmented_cached(&node->rb, root, &interval_augment);
}

/* True if something under @rb may reach @start. */
static bool may_reach(struct rb_node *rb, unsigned long start)
{
	return rb && node_of(rb)->subtree_last >= start;
}

/* The leftmost interval under @rb that overlaps; NULL if none. */
static struct interval_tree_node *subtree_search(struct rb_node *rb, unsigned long start,
						 unsigned long last)
{
	while (may_reach(rb, start)) {
		struct interval_tree_node *node = node_of(rb);

		if (may_reach(rb->rb_left, start)) {
			rb = rb->rb_left;
			continue;
		}
		if (node->start > last)
			return NULL;
		if (node->last >= start)
			return node;
		rb = rb->rb_right;
	}
	return NULL;
}

struct interval_tree_node *interval_tree_iter_first(struct rb_root_cached *root,
						    unsigned long start, unsigned long last)
{
	return subtree_search(root->rb_root.rb_node, start, last);
}

struct interval_tree_node *interval_tree_iter_next(struct interval_tree_node *node,
						   unsigned long start, unsigned long last)
{
	struct rb_node *rb = &node->rb;

	if (may_reach(rb->rb_right, start))
		return subtree_search(rb->rb_right, start, last);
	for (;;) {
		struct rb_node *prev = rb;

		rb = rb_parent(rb);
		if (!rb)
			return NULL;
		if (prev == rb->rb_right)
			continue;
		node = node_of(rb);
		if (node->start > last)
			return NULL;
		if (node->last >= start)
			return node;
		if (may_reach(rb->rb_right, start))
			return subtree_search(rb->rb_right, start, last);
	}
}
