/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees (Cormen, Leiserson, Rivest, Stein: Introduction to Algorithms, chapter 13), with
 * NULL for the leaves and the colour in bit 0 of the parent's address.
 *
 * Left and right are one piece of code with a direction that is a constant wherever it is used (but
 * when optimising for size: then it is an argument, and one copy serves every kind of tree);
 * LEFT's mirror image costs no second source.
 */
#include <lib/rbtree.h>

#define RED   0UL
#define BLACK 1UL

enum dir { LEFT, RIGHT };

static __always_inline struct rb_node **kid(struct rb_node *node, enum dir d)
{
	return d == LEFT ? &node->rb_left : &node->rb_right;
}

static __always_inline bool is_red(const struct rb_node *node)
{
	return node && !(node->__rb_parent_color & BLACK);
}

static __always_inline void set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->__rb_parent_color = (node->__rb_parent_color & BLACK) | (unsigned long)parent;
}

static __always_inline void set_color(struct rb_node *node, unsigned long color)
{
	node->__rb_parent_color = (node->__rb_parent_color & ~BLACK) | color;
}

/* Whatever pointed to @old points to @new. */
static __always_inline void change_child(struct rb_node *old, struct rb_node *new,
					 struct rb_node *parent, struct rb_root *root)
{
	if (!parent)
		WRITE_ONCE(root->rb_node, new);
	else if (parent->rb_left == old)
		WRITE_ONCE(parent->rb_left, new);
	else
		WRITE_ONCE(parent->rb_right, new);
}

/* Turn @node down towards @d; its child on the other side takes its place. Colours stay. */
static __speed_inline void rotate(struct rb_node *node, enum dir d, struct rb_root *root,
				  const struct rb_augment_callbacks *augment)
{
	struct rb_node *up = *kid(node, d == LEFT ? RIGHT : LEFT);
	struct rb_node *inner = *kid(up, d);
	struct rb_node *parent = rb_parent(node);

	*kid(node, d == LEFT ? RIGHT : LEFT) = inner;
	if (inner)
		set_parent(inner, node);
	*kid(up, d) = node;
	set_parent(up, parent);
	change_child(node, up, parent, root);
	set_parent(node, up);
	if (augment)
		augment->rotate(node, up);
}

/*
 * @node and its @parent are red, the parent is on side @d of the grandparent. Returns the node to
 * look at next, or NULL when the tree is right.
 */
static __speed_inline struct rb_node *insert_step(struct rb_node *node, struct rb_node *parent,
						  enum dir d, struct rb_root *root,
						  const struct rb_augment_callbacks *augment)
{
	struct rb_node *gparent = rb_parent(parent);
	enum dir other = d == LEFT ? RIGHT : LEFT;
	struct rb_node *uncle = *kid(gparent, other);

	if (is_red(uncle)) {
		set_color(uncle, BLACK);
		set_color(parent, BLACK);
		set_color(gparent, RED);
		return gparent;
	}
	if (node == *kid(parent, other)) {
		rotate(parent, d, root, augment);
		parent = node;
	}
	set_color(parent, BLACK);
	set_color(gparent, RED);
	rotate(gparent, other, root, augment);
	return NULL;
}

static __speed_inline void insert_fixup(struct rb_node *node, struct rb_root *root,
					const struct rb_augment_callbacks *augment)
{
	struct rb_node *parent;

	while (node && (parent = rb_parent(node)) && is_red(parent)) {
		if (parent == rb_parent(parent)->rb_left)
			node = insert_step(node, parent, LEFT, root, augment);
		else
			node = insert_step(node, parent, RIGHT, root, augment);
	}
	set_color(root->rb_node, BLACK);
}

/*
 * The subtree at side @d of @parent has one black node too few. Returns the parent to go on with
 * (its own subtree is short now), or NULL when the tree is right.
 */
static __speed_inline struct rb_node *erase_step(struct rb_node *parent, enum dir d,
						 struct rb_root *root,
						 const struct rb_augment_callbacks *augment)
{
	enum dir other = d == LEFT ? RIGHT : LEFT;
	struct rb_node *sibling = *kid(parent, other);

	if (is_red(sibling)) {
		set_color(sibling, BLACK);
		set_color(parent, RED);
		rotate(parent, d, root, augment);
		sibling = *kid(parent, other);
	}
	if (!is_red(sibling->rb_left) && !is_red(sibling->rb_right)) {
		set_color(sibling, RED);
		if (!is_red(parent))
			return parent;
		set_color(parent, BLACK);
		return NULL;
	}
	if (!is_red(*kid(sibling, other))) {
		set_color(*kid(sibling, d), BLACK);
		set_color(sibling, RED);
		rotate(sibling, other, root, augment);
		sibling = *kid(parent, other);
	}
	set_color(sibling, parent->__rb_parent_color & BLACK);
	set_color(parent, BLACK);
	set_color(*kid(sibling, other), BLACK);
	rotate(parent, d, root, augment);
	return NULL;
}

/* @child (or NULL) under @parent stands where a black node was taken out. */
static __speed_inline void erase_fixup(struct rb_node *child, struct rb_node *parent,
				       struct rb_root *root,
				       const struct rb_augment_callbacks *augment)
{
	if (is_red(child)) {
		set_color(child, BLACK);
		return;
	}
	while (parent) {
		struct rb_node *up;

		if (child == parent->rb_left)
			up = erase_step(parent, LEFT, root, augment);
		else
			up = erase_step(parent, RIGHT, root, augment);
		child = up;
		parent = up ? rb_parent(up) : NULL;
	}
}

/*
 * @node has two children: its successor takes its place. Returns what stands for the removed node.
 */
static __always_inline struct rb_node *erase_two(struct rb_node *node, struct rb_root *root,
						 struct rb_node **parent, bool *black,
						 const struct rb_augment_callbacks *augment)
{
	struct rb_node *next = node->rb_right, *child;

	while (next->rb_left)
		next = next->rb_left;
	child = next->rb_right;
	*black = !is_red(next);
	*parent = rb_parent(next);
	if (*parent == node) {
		*parent = next;
	} else {
		(*parent)->rb_left = child;
		if (child)
			set_parent(child, *parent);
		next->rb_right = node->rb_right;
		set_parent(next->rb_right, next);
	}
	next->rb_left = node->rb_left;
	set_parent(next->rb_left, next);
	next->__rb_parent_color = node->__rb_parent_color;
	change_child(node, next, rb_parent(node), root);
	if (augment) {
		augment->copy(node, next);
		augment->propagate(*parent, next);
		augment->propagate(next, NULL);
	}
	return child;
}

static __speed_inline void erase(struct rb_node *node, struct rb_root *root,
				 const struct rb_augment_callbacks *augment)
{
	struct rb_node *child, *parent;
	bool black;

	if (node->rb_left && node->rb_right) {
		child = erase_two(node, root, &parent, &black, augment);
	} else {
		child = node->rb_left ? node->rb_left : node->rb_right;
		parent = rb_parent(node);
		black = !is_red(node);
		change_child(node, child, parent, root);
		if (child)
			set_parent(child, parent);
		if (augment)
			augment->propagate(parent, NULL);
	}
	if (black)
		erase_fixup(child, parent, root, augment);
}

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	insert_fixup(node, root, NULL);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	erase(node, root, NULL);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment)
{
	augment->propagate(node, rb_parent(node));
	augment->propagate(rb_parent(node), NULL);
	insert_fixup(node, root, augment);
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment)
{
	erase(node, root, augment);
}

void rb_replace_node(struct rb_node *victim, struct rb_node *new, struct rb_root *root)
{
	*new = *victim;
	if (new->rb_left)
		set_parent(new->rb_left, new);
	if (new->rb_right)
		set_parent(new->rb_right, new);
	change_child(victim, new, rb_parent(victim), root);
}

static __always_inline struct rb_node *outermost(struct rb_node *node, enum dir d)
{
	if (!node)
		return NULL;
	while (*kid(node, d))
		node = *kid(node, d);
	return node;
}

/* The neighbour of @node in order, on side @d. */
static __always_inline struct rb_node *step(struct rb_node *node, enum dir d)
{
	struct rb_node *parent;

	if (RB_EMPTY_NODE(node))
		return NULL;
	if (*kid(node, d))
		return outermost(*kid(node, d), d == LEFT ? RIGHT : LEFT);
	while ((parent = rb_parent(node)) && node == *kid(parent, d))
		node = parent;
	return parent;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return outermost(root->rb_node, LEFT);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return outermost(root->rb_node, RIGHT);
}

struct rb_node *rb_next(const struct rb_node *node)
{
	return step((struct rb_node *)node, RIGHT);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	return step((struct rb_node *)node, LEFT);
}

/* Down to a node without children, left first. */
static struct rb_node *deepest_left(struct rb_node *node)
{
	while (node && (node->rb_left || node->rb_right))
		node = node->rb_left ? node->rb_left : node->rb_right;
	return node;
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return deepest_left(root->rb_node);
}

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent = rb_parent(node);

	if (parent && node == parent->rb_left && parent->rb_right)
		return deepest_left(parent->rb_right);
	return parent;
}
