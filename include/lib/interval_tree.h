/* SPDX-License-Identifier: MIT */
/*
 * Closed intervals [start, last] of unsigned long in an augmented tree: which ones overlap a range?
 * O(log n + matches). The caller serialises.
 */
#ifndef _LIB_INTERVAL_TREE_H
#define _LIB_INTERVAL_TREE_H

#include <lib/rbtree.h>

struct interval_tree_node {
	struct rb_node rb;
	unsigned long start, last;
	unsigned long subtree_last; /* the largest last of the subtree */
};

void interval_tree_insert(struct interval_tree_node *node, struct rb_root_cached *root);
void interval_tree_remove(struct interval_tree_node *node, struct rb_root_cached *root);
/* In order of start; NULL after the last that overlaps [start, last]. */
struct interval_tree_node *interval_tree_iter_first(struct rb_root_cached *root,
						    unsigned long start, unsigned long last);
struct interval_tree_node *interval_tree_iter_next(struct interval_tree_node *node,
						   unsigned long start, unsigned long last);

#endif
