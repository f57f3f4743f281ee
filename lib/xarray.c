/* SPDX-License-Identifier: MIT */
/*
 * The sparse array: a radix tree over 6 bits of the index a level, as high as the largest index
 * needs.
 *
 *	xa_head: NULL            empty
 *	         entry           index 0 only: no node at all
 *	         node | 2        shift 0, 6, 12 ...; slots at shift 0 hold entries, else nodes | 2
 *
 * A node has at least one slot in use; a root with shift > 0 has one beyond slot 0. Three kinds of
 * bitmaps summarise what is below: present (not NULL), full (no empty index below) and the marks.
 *
 * Readers: a slot is published with a release store after what it points to is complete, which
 * pairs with the address dependency of READ_ONCE() on the way down. Nodes that are taken out keep
 * their contents until xa_node_free() frees them after a grace period. The bitmaps may be a moment
 * ahead or behind; readers treat them as hints and believe the slot.
 */
#include <lib/atomic.h>
#include <lib/bitops.h>
#include <lib/xarray.h>

static __always_inline bool is_node(const void *entry)
{
	return ((unsigned long)entry & 3) == 2;
}

static __always_inline struct xa_node *to_node(const void *entry)
{
	return (struct xa_node *)((unsigned long)entry - 2);
}

static __always_inline void *from_node(const struct xa_node *node)
{
	return (void *)((unsigned long)node + 2);
}

static __always_inline unsigned int slot_of(unsigned long index, const struct xa_node *node)
{
	return (index >> node->shift) & XA_CHUNK_MASK;
}

/* The largest index that a root @node can hold. */
static __always_inline unsigned long node_max(const struct xa_node *node)
{
	unsigned int bits = node->shift + XA_CHUNK_SHIFT;

	return bits >= BITS_PER_LONG ? ULONG_MAX : (1UL << bits) - 1;
}

/* The leaf that would hold @index; NULL if there is none. Not for a lone entry. */
static __always_inline struct xa_node *find_leaf(const struct xarray *xa, unsigned long index)
{
	void *entry = READ_ONCE(xa->xa_head);
	struct xa_node *node;

	if (!is_node(entry) || index > node_max(to_node(entry)))
		return NULL;
	for (;;) {
		node = to_node(entry);
		if (!node->shift)
			return node;
		entry = READ_ONCE(node->slots[slot_of(index, node)]);
		if (!entry)
			return NULL;
	}
}

void *xa_load(const struct xarray *xa, unsigned long index)
{
	void *entry = READ_ONCE(xa->xa_head);

	if (!is_node(entry))
		return index ? NULL : entry;
	if (index > node_max(to_node(entry)))
		return NULL;
	do {
		struct xa_node *node = to_node(entry);

		entry = READ_ONCE(node->slots[slot_of(index, node)]);
	} while (is_node(entry));
	return entry;
}

/* ---- marks ---- */

/* A bit of a bitmap that readers look at. */
static void update_bit(u64 *map, unsigned int bit, bool value)
{
	u64 mask = 1ULL << bit;

	WRITE_ONCE(*map, value ? *map | mask : *map & ~mask);
}

static void set_mark_up(struct xa_node *node, unsigned int slot, xa_mark_t mark)
{
	for (; node && !(node->marks[mark] >> slot & 1); node = node->parent) {
		update_bit(&node->marks[mark], slot, true);
		slot = node->offset;
	}
}

static void clear_mark_up(struct xa_node *node, unsigned int slot, xa_mark_t mark)
{
	for (; node; node = node->parent) {
		update_bit(&node->marks[mark], slot, false);
		if (node->marks[mark])
			return;
		slot = node->offset;
	}
}

bool xa_get_mark(const struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct xa_node *node = find_leaf(xa, index);

	if (node)
		return READ_ONCE(node->marks[mark]) >> slot_of(index, node) & 1;
	return !index && !is_node(READ_ONCE(xa->xa_head)) && (xa->xa_head_marks >> mark & 1);
}

bool xa_marked(const struct xarray *xa, xa_mark_t mark)
{
	void *head = READ_ONCE(xa->xa_head);

	return is_node(head) ? READ_ONCE(to_node(head)->marks[mark]) :
			       xa->xa_head_marks >> mark & 1;
}

void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct xa_node *node = find_leaf(xa, index);

	if (!node) {
		if (!index && xa->xa_head && !is_node(xa->xa_head))
			xa->xa_head_marks |= (u8)(1U << mark);
	} else if (node->slots[slot_of(index, node)]) {
		set_mark_up(node, slot_of(index, node), mark);
	}
}

void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	struct xa_node *node = find_leaf(xa, index);

	if (node)
		clear_mark_up(node, slot_of(index, node), mark);
	else if (!index && !is_node(xa->xa_head))
		xa->xa_head_marks &= (u8) ~(1U << mark);
}

/* ---- growing ---- */

/*
 * Put a node above the head (a node or a lone entry); into an empty array, one that can hold
 * @index.
 */
static int grow(struct xarray *xa, unsigned long index, gfp_t gfp)
{
	void *head = xa->xa_head;
	struct xa_node *node = xa_node_alloc(gfp);
	xa_mark_t m;

	if (!node)
		return -ENOMEM;
	node->shift = is_node(head) ? to_node(head)->shift + XA_CHUNK_SHIFT : 0;
	if (head) {
		node->slots[0] = head;
		node->present = 1;
		node->full = is_node(head) ? to_node(head)->full == ~0ULL : 1;
		for (m = 0; m < XA_MAX_MARKS; m++)
			node->marks[m] = xa_marked(xa, m);
	} else {
		while (index > node_max(node))
			node->shift += XA_CHUNK_SHIFT;
	}
	smp_store_release(&xa->xa_head, from_node(node));
	if (is_node(head))
		to_node(head)->parent = node;
	xa->xa_head_marks = 0;
	return 0;
}

/*
 * Take out @node and its ancestors while they are empty; then lower the tree while only slot 0 is
 * used.
 */
static void shrink(struct xarray *xa, struct xa_node *node)
{
	while (!node->present) {
		struct xa_node *parent = node->parent;

		if (!parent) {
			WRITE_ONCE(xa->xa_head, NULL);
			xa_node_free(node);
			return;
		}
		WRITE_ONCE(parent->slots[node->offset], NULL);
		update_bit(&parent->present, node->offset, false);
		xa_node_free(node);
		node = parent;
	}
	while (!node->parent && node->present == 1) {
		void *child = node->slots[0];

		if (is_node(child))
			to_node(child)->parent = NULL;
		else
			for (xa_mark_t m = 0; m < XA_MAX_MARKS; m++)
				xa->xa_head_marks |= (u8)((node->marks[m] & 1) << m);
		smp_store_release(&xa->xa_head, child);
		xa_node_free(node);
		if (!is_node(child))
			return;
		node = to_node(child);
	}
}

/*
 * The leaf for @index, made if it is not there. On failure the nodes made so far are taken out
 * again, so no empty node stays.
 */
static struct xa_node *make_leaf(struct xarray *xa, unsigned long index, gfp_t gfp)
{
	struct xa_node *node, *child;
	unsigned int slot;

	while (!is_node(xa->xa_head) || index > node_max(to_node(xa->xa_head))) {
		if (grow(xa, index, gfp))
			goto out_shrink;
	}
	for (node = to_node(xa->xa_head); node->shift; node = child) {
		slot = slot_of(index, node);
		if (node->slots[slot]) {
			child = to_node(node->slots[slot]);
			continue;
		}
		child = xa_node_alloc(gfp);
		if (!child) {
			shrink(xa, node);
			return NULL;
		}
		child->shift = node->shift - XA_CHUNK_SHIFT;
		child->offset = (u8)slot;
		child->parent = node;
		smp_store_release(&node->slots[slot], from_node(child));
		update_bit(&node->present, slot, true);
	}
	return node;

out_shrink:
	if (is_node(xa->xa_head))
		shrink(xa, to_node(xa->xa_head));
	return NULL;
}

/* ---- storing ---- */

static void set_full_up(struct xa_node *node, unsigned int slot)
{
	for (; node; node = node->parent) {
		update_bit(&node->full, slot, true);
		if (node->full != ~0ULL)
			return;
		slot = node->offset;
	}
}

static void clear_full_up(struct xa_node *node, unsigned int slot)
{
	for (; node && (node->full >> slot & 1); node = node->parent) {
		update_bit(&node->full, slot, false);
		slot = node->offset;
	}
}

static void *store_leaf(struct xa_node *node, unsigned int slot, void *entry)
{
	void *old = node->slots[slot];

	smp_store_release(&node->slots[slot], entry);
	if (!old) {
		update_bit(&node->present, slot, true);
		set_full_up(node, slot);
	}
	return old;
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	struct xa_node *node = find_leaf(xa, index);
	unsigned int slot;
	void *old;

	if (!node) {
		if (index || !xa->xa_head || is_node(xa->xa_head))
			return NULL;
		old = xa->xa_head;
		WRITE_ONCE(xa->xa_head, NULL);
		xa->xa_head_marks = 0;
		return old;
	}
	slot = slot_of(index, node);
	old = node->slots[slot];
	if (!old)
		return NULL;
	for (xa_mark_t m = 0; m < XA_MAX_MARKS; m++) {
		if (node->marks[m] >> slot & 1)
			clear_mark_up(node, slot, m);
	}
	clear_full_up(node, slot);
	WRITE_ONCE(node->slots[slot], NULL);
	update_bit(&node->present, slot, false);
	/* The root of a tree that can be lowered is the last one that had two slots in use. */
	shrink(xa, node);
	return old;
}

void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	struct xa_node *node;

	if (!entry)
		return xa_erase(xa, index);
	node = find_leaf(xa, index);
	if (!node && !index && !is_node(xa->xa_head)) {
		void *old = xa->xa_head;

		smp_store_release(&xa->xa_head, entry);
		return old;
	}
	if (!node)
		node = make_leaf(xa, index, gfp);
	if (!node)
		return ERR_PTR(-ENOMEM);
	return store_leaf(node, slot_of(index, node), entry);
}

void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp)
{
	void *curr = xa_load(xa, index);

	return curr == old ? xa_store(xa, index, entry, gfp) : curr;
}

int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	if (xa_load(xa, index))
		return -EBUSY;
	return xa_err(xa_store(xa, index, entry, gfp));
}

/* ---- searching ---- */

static __always_inline u64 candidates(const struct xa_node *node, xa_mark_t filter)
{
	return filter == XA_PRESENT ? READ_ONCE(node->present) : READ_ONCE(node->marks[filter]);
}

/* First index behind the slot of @node that holds @index; 0 after the very last. */
static __always_inline unsigned long next_slot_index(const struct xa_node *node,
						     unsigned long index)
{
	return ((index >> node->shift) + 1) << node->shift;
}

/*
 * One way down from the root. Returns the entry found and its index in *@index; or NULL and where
 * to go on in *@index, which is 0 when there is nothing further.
 */
static void *find_down(struct xa_node *node, unsigned long *index, xa_mark_t filter)
{
	for (;;) {
		unsigned int slot = slot_of(*index, node), found;
		u64 map = candidates(node, filter) >> slot << slot;
		void *entry;

		if (!map) {
			*index |= XA_CHUNK_MASK << node->shift;
			*index = next_slot_index(node, *index);
			return NULL;
		}
		found = __ffs(map);
		if (found != slot) {
			*index &= ~(XA_CHUNK_MASK << node->shift);
			*index &= ~0UL << node->shift;
			*index |= (unsigned long)found << node->shift;
		}
		entry = READ_ONCE(node->slots[found]);
		if (!entry) { /* erased a moment ago */
			*index = next_slot_index(node, *index);
			return NULL;
		}
		if (!node->shift)
			return entry;
		node = to_node(entry);
	}
}

void *xa_find(const struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter)
{
	unsigned long i = *index;

	for (;;) {
		void *head = READ_ONCE(xa->xa_head), *entry;

		if (i > max)
			return NULL;
		if (!is_node(head)) {
			if (i || !head ||
			    (filter != XA_PRESENT && !(xa->xa_head_marks >> filter & 1)))
				return NULL;
			*index = 0;
			return head;
		}
		if (i > node_max(to_node(head)))
			return NULL;
		entry = find_down(to_node(head), &i, filter);
		if (entry && i <= max) {
			*index = i;
			return entry;
		}
		if (entry || !i)
			return NULL;
	}
}

void *xa_find_after(const struct xarray *xa, unsigned long *index, unsigned long max,
		    xa_mark_t filter)
{
	unsigned long i = *index + 1;
	void *entry;

	if (!i)
		return NULL;
	entry = xa_find(xa, &i, max, filter);
	if (entry)
		*index = i;
	return entry;
}

unsigned int xa_extract(const struct xarray *xa, void **dst, unsigned long start, unsigned long max,
			unsigned int n, xa_mark_t filter)
{
	unsigned int got = 0;
	void *entry = n ? xa_find(xa, &start, max, filter) : NULL;

	while (entry) {
		dst[got++] = entry;
		entry = got < n ? xa_find_after(xa, &start, max, filter) : NULL;
	}
	return got;
}

/* As find_down(), for an index that is free. True when found. */
static bool find_free_down(const struct xa_node *node, unsigned long *index)
{
	for (;;) {
		unsigned int slot = slot_of(*index, node), found;
		u64 map = ~node->full >> slot << slot;

		if (!map) {
			*index |= XA_CHUNK_MASK << node->shift;
			*index = next_slot_index(node, *index);
			return false;
		}
		found = __ffs(map);
		if (found != slot) {
			*index &= ~(XA_CHUNK_MASK << node->shift);
			*index &= ~0UL << node->shift;
			*index |= (unsigned long)found << node->shift;
		}
		if (!node->shift || !node->slots[found])
			return true;
		node = to_node(node->slots[found]);
	}
}

bool xa_find_free(const struct xarray *xa, unsigned long min, unsigned long max,
		  unsigned long *index)
{
	unsigned long i = min;

	if (xa->xa_head && !is_node(xa->xa_head) && !i)
		i = 1;
	while (is_node(xa->xa_head) && i <= max && i <= node_max(to_node(xa->xa_head))) {
		if (find_free_down(to_node(xa->xa_head), &i))
			break;
		if (!i)
			return false;
	}
	*index = i;
	return i <= max;
}

int xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp)
{
	unsigned long index;
	int ret;

	if (!xa_find_free(xa, limit.min, limit.max, &index))
		return -EBUSY;
	ret = xa_err(xa_store(xa, index, entry, gfp));
	if (!ret)
		*id = (u32)index;
	return ret;
}

int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, u32 *next,
		    gfp_t gfp)
{
	struct xa_limit upper = XA_LIMIT(max(*next, limit.min), limit.max);
	int wrapped = 0;
	int ret = -EBUSY;

	if (upper.min <= upper.max)
		ret = xa_alloc(xa, id, entry, upper, gfp);
	if (ret == -EBUSY && upper.min > limit.min) {
		wrapped = 1;
		ret = xa_alloc(xa, id, entry, limit, gfp);
	}
	if (ret)
		return ret;
	*next = *id + 1;
	return wrapped;
}

void xa_destroy(struct xarray *xa)
{
	void *head = xa->xa_head;
	struct xa_node *node = is_node(head) ? to_node(head) : NULL;

	WRITE_ONCE(xa->xa_head, NULL);
	xa->xa_head_marks = 0;
	while (node) {
		struct xa_node *parent = node->parent;

		if (node->shift && node->present) {
			unsigned int slot = __ffs(node->present);

			node->present &= node->present - 1;
			node = to_node(node->slots[slot]);
			continue;
		}
		xa_node_free(node);
		node = parent;
	}
}
