/* SPDX-License-Identifier: MIT */
/*
 * A sparse array of pointers indexed by unsigned long: a radix tree of 64 slots a node.
 *
 * An entry is a pointer (aligned to 4), or a small integer made with xa_mk_value(). NULL means
 * empty. Each entry may carry three marks; "some entry below has mark m" is kept per node, so
 * searching by mark skips what has none. Storing NULL clears the marks.
 *
 * Locking: the array has no lock of its own. The caller serialises writers (store, erase, marks,
 * alloc). xa_load(), xa_get_mark(), xa_find*() and the iterators may run at the same time as one
 * writer, inside an RCU read section; they see each entry either before or after each change.
 *
 * Node memory comes from two functions that the environment provides (mm/ in the kernel, malloc on
 * the host). xa_node_free() must wait for a grace period (node->rcu is there for it);
 * xa_node_alloc() returns zeroed memory or NULL.
 */
#ifndef _LIB_XARRAY_H
#define _LIB_XARRAY_H

#include <lib/err.h>
#include <lib/types.h>

#define XA_CHUNK_SHIFT 6
#define XA_CHUNK_SIZE  (1UL << XA_CHUNK_SHIFT)
#define XA_CHUNK_MASK  (XA_CHUNK_SIZE - 1)

typedef unsigned int xa_mark_t;
#define XA_MARK_0    0U
#define XA_MARK_1    1U
#define XA_MARK_2    2U
#define XA_MAX_MARKS 3
#define XA_PRESENT   8U /* as a filter: any entry */

struct xa_node {
	u8 shift; /* bits of the index below this node's */
	u8 offset; /* slot in the parent */
	struct xa_node *parent;
	u64 present; /* one bit a slot: not NULL */
	u64 full; /* no empty index below that slot */
	u64 marks[XA_MAX_MARKS]; /* some entry below that slot has the mark */
	struct rcu_head rcu; /* for xa_node_free() */
	void *slots[XA_CHUNK_SIZE];
};

struct xarray {
	void *xa_head; /* NULL, the entry of index 0 alone, or a node tagged with 2 */
	u8 xa_head_marks; /* marks of a lone entry */
};

#define XARRAY_INIT     \
	{               \
		NULL, 0 \
	}
#define DEFINE_XARRAY(name) struct xarray name = XARRAY_INIT

struct xa_node *xa_node_alloc(gfp_t gfp);
void xa_node_free(struct xa_node *node);

static inline void xa_init(struct xarray *xa)
{
	xa->xa_head = NULL;
	xa->xa_head_marks = 0;
}

static inline bool xa_empty(const struct xarray *xa)
{
	return !READ_ONCE(xa->xa_head);
}

/* Integers from 0 to LONG_MAX as entries. */
static inline void *xa_mk_value(unsigned long v)
{
	return (void *)((v << 1) | 1);
}

static inline unsigned long xa_to_value(const void *entry)
{
	return (unsigned long)entry >> 1;
}

static inline bool xa_is_value(const void *entry)
{
	return (unsigned long)entry & 1;
}

/* Errors are returned as ERR_PTR values: never entries. */
static inline bool xa_is_err(const void *entry)
{
	return IS_ERR(entry);
}

static inline int xa_err(const void *entry)
{
	return PTR_ERR_OR_ZERO(entry);
}

/* The entry, or NULL. */
void *xa_load(const struct xarray *xa, unsigned long index);
/*
 * Replace; returns the old entry, or xa_err -ENOMEM (then nothing changed). Storing NULL cannot
 * fail.
 */
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *xa_erase(struct xarray *xa, unsigned long index);
/* Replace if the entry is @old (NULL: if empty). Returns what was there, or xa_err. */
void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t gfp);
/* Store into an empty place: 0, -EBUSY or -ENOMEM. */
int __must_check xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);

bool xa_get_mark(const struct xarray *xa, unsigned long index, xa_mark_t mark);
/* Does nothing where there is no entry. */
void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
/* True if any entry has @mark. */
bool xa_marked(const struct xarray *xa, xa_mark_t mark);

/*
 * The first entry at or after *@index (xa_find) or after it (xa_find_after), up to @max, with the
 * mark @filter (or XA_PRESENT). Sets *@index; NULL when there is none.
 */
void *xa_find(const struct xarray *xa, unsigned long *index, unsigned long max, xa_mark_t filter);
void *xa_find_after(const struct xarray *xa, unsigned long *index, unsigned long max,
		    xa_mark_t filter);
/* Up to @n entries from @start to @max into @dst; returns how many. */
unsigned int xa_extract(const struct xarray *xa, void **dst, unsigned long start, unsigned long max,
			unsigned int n, xa_mark_t filter);

struct xa_limit {
	u32 max, min;
};

#define XA_LIMIT(lo, hi) ((struct xa_limit){.min = (lo), .max = (hi)})
#define xa_limit_32b	 XA_LIMIT(0, U32_MAX)
#define xa_limit_31b	 XA_LIMIT(0, INT_MAX)

/* Store @entry (not NULL) at the lowest free index of the range. 0, -EBUSY (full) or -ENOMEM. */
int __must_check xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit,
			  gfp_t gfp);
/* The same, going on after the last one given: *@next is the cursor. Returns 1 after a wrap. */
int __must_check xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit,
				 u32 *next, gfp_t gfp);
/* The first empty index in [min, max]; false when all are taken. */
bool xa_find_free(const struct xarray *xa, unsigned long min, unsigned long max,
		  unsigned long *index);
/* Free all nodes. Entries are the caller's business. */
void xa_destroy(struct xarray *xa);

/* The body may store to and erase from the array. @index is an unsigned long. */
#define xa_for_each_range(xa, index, entry, start, last)                            \
	for (index = (start), entry = xa_find(xa, &index, last, XA_PRESENT); entry; \
	     entry = xa_find_after(xa, &index, last, XA_PRESENT))
#define xa_for_each(xa, index, entry) xa_for_each_range(xa, index, entry, 0, ULONG_MAX)
#define xa_for_each_start(xa, index, entry, start) \
	xa_for_each_range(xa, index, entry, start, ULONG_MAX)
#define xa_for_each_marked(xa, index, entry, filter)                           \
	for (index = 0, entry = xa_find(xa, &index, ULONG_MAX, filter); entry; \
	     entry = xa_find_after(xa, &index, ULONG_MAX, filter))

#endif
