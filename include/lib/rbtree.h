/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees, intrusive: the node lives in the object and the user writes the descent.
 *
 *	struct rb_node **link = &root->rb_node, *parent = NULL;
 *	while (*link) {
 *		parent = *link;
 *		link = key < rb_entry(parent, struct foo, node)->key ? &parent->rb_left
 *								     : &parent->rb_right;
 *	}
 *	rb_link_node(&foo->node, parent, link);
 *	rb_insert_color(&foo->node, root);
 *
 * or uses rb_add()/rb_find() with a comparison. A cached root also keeps the leftmost node. An
 * augmented tree keeps a value per subtree (the largest end of an interval, a sum); struct
 * rb_augment_callbacks says how. The caller serialises all access; every operation is O(log n) and
 * never allocates.
 */
#ifndef _LIB_RBTREE_H
#define _LIB_RBTREE_H

#include <lib/atomic.h>
#include <lib/types.h>

struct rb_node {
	unsigned long __rb_parent_color; /* parent's address; bit 0: black */
	struct rb_node *rb_right;
	struct rb_node *rb_left;
} __aligned(sizeof(long));

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};

#define RB_ROOT			    ((struct rb_root){NULL})
#define RB_ROOT_CACHED		    ((struct rb_root_cached){{NULL}, NULL})

#define rb_parent(r)		    ((struct rb_node *)((r)->__rb_parent_color & ~1UL))
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member)                    \
	({                                                  \
		struct rb_node *_rbp = (ptr);               \
		_rbp ? rb_entry(_rbp, type, member) : NULL; \
	})
#define RB_EMPTY_ROOT(root) (READ_ONCE((root)->rb_node) == NULL)
/* A node that is in no tree points to itself. */
#define RB_EMPTY_NODE(node) ((node)->__rb_parent_color == (unsigned long)(node))
#define RB_CLEAR_NODE(node) ((node)->__rb_parent_color = (unsigned long)(node))

/*
 * propagate: recompute the value of @node and its ancestors, up to but not including @stop.
 * copy: @new takes the place (and the value) of @old.
 * rotate: @new became the parent of @old: it takes @old's value, then @old's is recomputed.
 */
struct rb_augment_callbacks {
	void (*propagate)(struct rb_node *node, struct rb_node *stop);
	void (*copy)(struct rb_node *old, struct rb_node *new);
	void (*rotate)(struct rb_node *old, struct rb_node *new);
};

void rb_insert_color(struct rb_node *node, struct rb_root *root);
void rb_erase(struct rb_node *node, struct rb_root *root);
void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment);
void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment);
/* Put @new in the place of @victim (same key): O(1). */
void rb_replace_node(struct rb_node *victim, struct rb_node *new, struct rb_root *root);

/* In-order walk; NULL at the end. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);
/* Children before parents: for tearing a whole tree down. */
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	node->__rb_parent_color = (unsigned long)parent;
	node->rb_left = node->rb_right = NULL;
	*link = node;
}

/* The same where others go down the tree without a lock, and may miss what is being moved. */
static inline void rb_link_node_rcu(struct rb_node *node, struct rb_node *parent,
				    struct rb_node **link)
{
	node->__rb_parent_color = (unsigned long)parent;
	node->rb_left = node->rb_right = NULL;
	smp_store_release(link, node);
}

#define rb_first_cached(root) ((root)->rb_leftmost)

static inline void rb_insert_color_cached(struct rb_node *node, struct rb_root_cached *root,
					  bool leftmost)
{
	if (leftmost)
		root->rb_leftmost = node;
	rb_insert_color(node, &root->rb_root);
}

static inline void rb_insert_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
					      bool leftmost,
					      const struct rb_augment_callbacks *augment)
{
	if (leftmost)
		root->rb_leftmost = node;
	rb_insert_augmented(node, &root->rb_root, augment);
}

static inline void rb_erase_cached(struct rb_node *node, struct rb_root_cached *root)
{
	if (root->rb_leftmost == node)
		root->rb_leftmost = rb_next(node);
	rb_erase(node, &root->rb_root);
}

static inline void rb_erase_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
					     const struct rb_augment_callbacks *augment)
{
	if (root->rb_leftmost == node)
		root->rb_leftmost = rb_next(node);
	rb_erase_augmented(node, &root->rb_root, augment);
}

/* Insert by comparison; equal keys go after those that are there. */
static __always_inline void rb_add(struct rb_node *node, struct rb_root *root,
				   bool (*less)(struct rb_node *a, const struct rb_node *b))
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = less(node, parent) ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, root);
}

static __always_inline void rb_add_cached(struct rb_node *node, struct rb_root_cached *root,
					  bool (*less)(struct rb_node *a, const struct rb_node *b))
{
	struct rb_node **link = &root->rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (less(node, parent)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(node, parent, link);
	rb_insert_color_cached(node, root, leftmost);
}

/* @cmp(key, node) < 0: look left. NULL if there is no match. */
static __always_inline struct rb_node *rb_find(const void *key, const struct rb_root *root,
					       int (*cmp)(const void *key,
							  const struct rb_node *node))
{
	struct rb_node *node = root->rb_node;

	while (node) {
		int c = cmp(key, node);

		if (!c)
			return node;
		node = c < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

#define rbtree_for_each(node, root) for (node = rb_first(root); node; node = rb_next(node))
/* The body may free @pos; the tree is gone afterwards. */
#define rbtree_postorder_for_each_entry_safe(pos, n, root, member)                                 \
	for (pos = rb_entry_safe(rb_first_postorder(root), __typeof__(*pos), member);              \
	     pos && ({                                                                             \
		     n = rb_entry_safe(rb_next_postorder(&pos->member), __typeof__(*pos), member); \
		     1;                                                                            \
	     });                                                                                   \
	     pos = n)

/*
 * Define static const struct rb_augment_callbacks @name for objects of @type whose @rbmember is the
 * node and whose @value (of @vtype) is the largest @compute(object) of the subtree.
 */
#define RB_DECLARE_CALLBACKS_MAX(name, type, rbmember, vtype, value, compute)                \
	static inline bool name##_update(type *obj)                                          \
	{                                                                                    \
		vtype v = compute(obj);                                                      \
		bool same;                                                                   \
		if (obj->rbmember.rb_left) {                                                 \
			type *c = rb_entry(obj->rbmember.rb_left, type, rbmember);           \
			if (c->value > v)                                                    \
				v = c->value;                                                \
		}                                                                            \
		if (obj->rbmember.rb_right) {                                                \
			type *c = rb_entry(obj->rbmember.rb_right, type, rbmember);          \
			if (c->value > v)                                                    \
				v = c->value;                                                \
		}                                                                            \
		same = obj->value == v;                                                      \
		obj->value = v;                                                              \
		return same;                                                                 \
	}                                                                                    \
	static void name##_propagate(struct rb_node *node, struct rb_node *stop)             \
	{                                                                                    \
		while (node != stop) {                                                       \
			if (name##_update(rb_entry(node, type, rbmember)))                   \
				break;                                                       \
			node = rb_parent(node);                                              \
		}                                                                            \
	}                                                                                    \
	static void name##_copy(struct rb_node *old, struct rb_node *new)                    \
	{                                                                                    \
		rb_entry(new, type, rbmember)->value = rb_entry(old, type, rbmember)->value; \
	}                                                                                    \
	static void name##_rotate(struct rb_node *old, struct rb_node *new)                  \
	{                                                                                    \
		name##_copy(old, new);                                                       \
		name##_update(rb_entry(old, type, rbmember));                                \
	}                                                                                    \
	static const struct rb_augment_callbacks name = {                                    \
		.propagate = name##_propagate,                                               \
		.copy = name##_copy,                                                         \
		.rotate = name##_rotate,                                                     \
	}

#endif
