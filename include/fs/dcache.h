/* SPDX-License-Identifier: MIT */
/*
 * The dentry cache: names of files in memory, found without a lock.
 *
 * A dentry is (parent, name) -> inode, or -> nothing (negative). Legal states:
 *
 *   d_count > 0   in use; d_inode of a positive dentry stays while the count is held
 *   d_count == 0  cached: hashed, on the LRU, may be revived by lookup or taken by the shrinker
 *   d_count < 0   dying: unhashed; only RCU readers still see the memory
 *
 * Every dentry holds a reference on its parent; a positive one on its inode. Hash chains, names,
 * parents, children lists and alias lists change only under dcache_lock. Readers hold
 * rcu_read_lock() and check dcache_seq around what must be consistent: it moves at every rename,
 * exchange, mount and unmount.
 */
#ifndef FS_DCACHE_H
#define FS_DCACHE_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/hash.h>
#include <kernel/spinlock.h>
#include <kernel/seqlock.h>
#include <kernel/rcupdate.h>
#include <fs/fs.h>

/* Hash and length are one word: a walk compares both at once. */
struct qstr {
	union {
		struct {
			u32 hash;
			u32 len;
		};
		u64 hash_len;
	};
	const char *name; /* not always NUL-terminated */
};

#define QSTR_INIT(n, l)                 \
	{                               \
		.len = (l), .name = (n) \
	}
#define DNAME_INLINE_LEN 40

/*
 * (d) dcache_lock; (a) atomic; (i) constant; (r) read under RCU, consistent while dcache_seq stands
 * still.
 */
struct dentry {
	struct hlist_node d_hash; /* (d)(r) */
	struct dentry *d_parent; /* (d)(r) itself for a root */
	struct qstr d_name; /* (d)(r) NUL-terminated; inline or external, freed by RCU */
	struct inode *d_inode; /* (d)(r) */
	u32 d_flags; /* (d)(r) DCACHE_* */
	atomic_int d_count; /* (a) */
	struct super_block *d_sb; /* (i) */
	const struct dentry_operations *d_op; /* (i) may be NULL */
	char d_iname[DNAME_INLINE_LEN] __aligned(8); /* (d)(r) zero padded */
	struct list_head d_child; /* (d) in d_parent->d_subdirs */
	struct list_head d_subdirs; /* (d) newest last; cookies ascend */
	u64 d_cookie; /* (d) readdir position of this name; > 2 */
	struct list_head d_lru; /* (d) */
	void *d_fsdata;
	union {
		struct hlist_node d_alias; /* (d) in d_inode->i_dentry */
		struct rcu_head d_rcu; /* dying */
	};
};

struct dentry_operations {
	/* 1 valid, 0 drop and look up again, -errno. RCU when @flags has LOOKUP_RCU. */
	int (*d_revalidate)(struct dentry *dentry, unsigned int flags);
	/* Nonzero: do not keep the dentry after its last reference. */
	int (*d_delete)(const struct dentry *dentry);
	void (*d_release)(struct dentry *dentry);
	/*
	 * The name shown for pseudo files ("pipe:[7]"); writes into @buf, returns a pointer in it.
	 */
	char *(*d_dname)(struct dentry *dentry, char *buf, int len);
};

#define DCACHE_MOUNTED	     0x0001 /* something is mounted here */
#define DCACHE_UNHASHED	     0x0002
#define DCACHE_ONLRU	     0x0004
#define DCACHE_REFERENCED    0x0008 /* second chance for the shrinker */
#define DCACHE_OP_REVALIDATE 0x0010
#define DCACHE_OP_DELETE     0x0020
#define DCACHE_PSEUDO	     0x0040 /* never in the name space */
#define DCACHE_CANT_MOUNT    0x0080

extern spinlock_t dcache_lock;
extern seqcount_t dcache_seq;

/*
 * A new unhashed negative dentry (count 1) of @parent (referenced); name->hash must be set
 * (full_name_hash(parent, ...)). NULL: no memory.
 */
struct dentry *d_alloc(struct dentry *parent, const struct qstr *name);
struct dentry *d_alloc_name(struct dentry *parent, const char *name);
/* A disconnected one: parent itself. */
struct dentry *d_alloc_pseudo(struct super_block *sb, const char *name);
/* The root dentry of @inode, whose reference it takes (also on failure). NULL: no memory. */
struct dentry *d_make_root(struct inode *inode);
/* Makes a negative dentry positive and hashes it; takes over the inode reference. */
void d_instantiate(struct dentry *dentry, struct inode *inode);
/* Hashes the dentry, with @inode (its reference) or negative when NULL. */
void d_add(struct dentry *dentry, struct inode *inode);
/* d_add() for lookup operations: passes an ERR_PTR on, else returns NULL. */
struct dentry *d_splice_alias(struct inode *inode, struct dentry *dentry);
/* Makes a dentry positive that is never hashed: pseudo files, roots. */
void d_set_inode_pseudo(struct dentry *dentry, struct inode *inode);
/* Removes it from the hash: lookups no longer find it. */
void d_drop(struct dentry *dentry);
/* After unlink: negative when nobody else uses it, else unhashed. */
void d_delete(struct dentry *dentry);
/*
 * Renames @dentry to the place of @target (which is unhashed), or swaps them. Directory locks held.
 */
void d_move(struct dentry *dentry, struct dentry *target);
void d_exchange(struct dentry *a, struct dentry *b);
/* The hashed child called @name, referenced, or NULL. Right against renames. */
struct dentry *d_lookup(const struct dentry *parent, const struct qstr *name);
/*
 * d_lookup() or i_op->lookup; @dir's i_rwsem held exclusively. Negative dentry when absent;
 * ERR_PTR.
 */
struct dentry *lookup_one_len(const char *name, struct dentry *base, int len);
/* A dentry of @inode, referenced, or NULL. */
struct dentry *d_find_any_alias(struct inode *inode);
/* Whether @b is @a or below it. Consistent under dcache_seq. */
bool is_subdir(const struct dentry *a, const struct dentry *b);
/* Drops every unused dentry below @parent (before unmount, after removal). */
void shrink_dcache_parent(struct dentry *parent);
/* Unhashes the whole subtree and detaches mounts on it (vanished /proc/pid). */
void d_invalidate(struct dentry *dentry);
/* Frees up to @n cached dentries; returns how many. Memory pressure. */
unsigned long shrink_dcache(unsigned long n);
void shrink_dcache_sb(struct super_block *sb);
/* How many it could free. */
unsigned long dcache_unused(void);
/* kill_litter_super(): unpins and frees the whole tree below @root. */
void d_genocide(struct dentry *root);

/* Drops a reference; may sleep when it is the last. NULL and negative dentries are fine. */
void dput(struct dentry *dentry);

/* Another reference; the caller holds one. */
static inline struct dentry *dget(struct dentry *dentry)
{
	if (dentry)
		atomic_fetch_add_explicit(&dentry->d_count, 1, memory_order_relaxed);
	return dentry;
}

/* A reference unless the dentry is dying. RCU. Acquire pairs with the release in dentry_kill(). */
static inline bool dget_rcu(struct dentry *dentry)
{
	int c = atomic_load_explicit(&dentry->d_count, memory_order_relaxed);

	do {
		if (unlikely(c < 0))
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&dentry->d_count, &c, c + 1, memory_order_acquire, memory_order_relaxed));
	return true;
}

/* The parent, referenced. */
struct dentry *dget_parent(struct dentry *dentry);

static inline bool d_unhashed(const struct dentry *dentry)
{
	return READ_ONCE(dentry->d_flags) & DCACHE_UNHASHED;
}

static inline bool d_unlinked(const struct dentry *dentry)
{
	return d_unhashed(dentry) && dentry->d_parent != dentry;
}

static inline bool d_mountpoint(const struct dentry *dentry)
{
	return READ_ONCE(dentry->d_flags) & DCACHE_MOUNTED;
}

static inline struct inode *d_inode(const struct dentry *dentry)
{
	return dentry->d_inode;
}

static inline bool d_is_negative(const struct dentry *dentry)
{
	return !READ_ONCE(dentry->d_inode);
}

static inline bool d_is_positive(const struct dentry *dentry)
{
	return !d_is_negative(dentry);
}

static inline bool d_is_dir(const struct dentry *dentry)
{
	return dentry->d_inode && S_ISDIR(dentry->d_inode->i_mode);
}

static inline bool IS_ROOT(const struct dentry *dentry)
{
	return dentry->d_parent == dentry;
}

/*
 * The path as seen from the caller's root (d_path), from @path's mount namespace root
 * (d_absolute_path), inside its file system (dentry_path): text at the end of @buf, or
 * ERR_PTR(-ENAMETOOLONG). " (deleted)" is appended by d_path.
 */
char *d_path(const struct path *path, char *buf, int len);
char *d_absolute_path(const struct path *path, char *buf, int len);
char *dentry_path_raw(struct dentry *dentry, char *buf, int len);
char *file_path(struct file *file, char *buf, int len);
/* For d_dname: printf at the end of the buffer. */
char *dynamic_dname(char *buf, int len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

void dcache_init(void);

#endif
