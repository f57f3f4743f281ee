/* SPDX-License-Identifier: MIT */
/*
 * The dentry cache. <fs/dcache.h> has the states and the rules; Documentation/vfs.md why it is
 * right.
 *
 * One lock, dcache_lock, covers every link: hash chains, names and parents, children, aliases, the
 * LRU. Its critical sections are a few dozen instructions. Lookups take no lock: they walk chains
 * under RCU.
 *
 * Counts move without the lock. The only way to die is the step 1 -> DEAD (dput) or 0 -> DEAD
 * (shrinker), made with dcache_lock held by one compare-and-exchange, so nobody can hold or get a
 * reference afterwards.
 */
#include <lib/err.h>
#include <lib/hash.h>
#include <kernel/bug.h>
#include <kernel/init.h>
#include <mm/page.h>
#include <fs/fsnotify.h>
#include <fs/posix_acl.h>
#include "internal.h"

#define DENTRY_DEAD (-128)

DEFINE_SPINLOCK(dcache_lock);
seqcount_t dcache_seq = SEQCNT_ZERO;

static struct kmem_cache *dentry_cache __ro_after_init;
static struct hlist_head *dentry_hashtable __ro_after_init;
static unsigned int d_hash_shift __ro_after_init;
static LIST_HEAD(dentry_lru); /* dcache_lock; newest first */
static unsigned long nr_unused; /* dcache_lock; entries of dentry_lru */

/* Names that do not fit into d_iname. Padded to whole words, as d_iname is. */
struct external_name {
	u64 align;
	char name[];
};

static inline struct hlist_head *d_bucket(u32 hash)
{
	return &dentry_hashtable[hash >> d_hash_shift];
}

static bool dname_external(const struct dentry *d)
{
	return d->d_name.name != d->d_iname;
}

static struct external_name *external_of(const char *name)
{
	return container_of((char(*)[])name, struct external_name, name);
}

/* ---- making ---------------------------------------------------------------------------------- */

static int dname_set(struct dentry *d, const struct qstr *name)
{
	u64 *w = (u64 *)d->d_iname;
	char *to = d->d_iname;

	if (likely(name->len < DNAME_INLINE_LEN)) {
		for (unsigned int i = 0; i < DNAME_INLINE_LEN / 8; i++)
			w[i] = 0;
	} else {
		struct external_name *ext =
			kzalloc(sizeof(*ext) + ALIGN(name->len + 1, 8u), GFP_KERNEL);

		if (!ext)
			return -ENOMEM;
		to = ext->name;
	}
	memcpy(to, name->name, name->len);
	d->d_name.name = to;
	d->d_name.hash_len = name->hash_len;
	return 0;
}

static void d_set_op(struct dentry *d, const struct dentry_operations *op)
{
	d->d_op = op;
	if (!op)
		return;
	if (op->d_revalidate)
		d->d_flags |= DCACHE_OP_REVALIDATE;
	if (op->d_delete)
		d->d_flags |= DCACHE_OP_DELETE;
}

static struct dentry *__d_alloc(struct super_block *sb, const struct qstr *name)
{
	struct dentry *d = kmem_cache_alloc(dentry_cache, GFP_KERNEL);

	if (unlikely(!d))
		return NULL;
	if (unlikely(dname_set(d, name))) {
		kmem_cache_free(dentry_cache, d);
		return NULL;
	}
	INIT_HLIST_NODE(&d->d_hash);
	d->d_parent = d;
	d->d_inode = NULL;
	d->d_flags = DCACHE_UNHASHED;
	atomic_store_explicit(&d->d_count, 1, memory_order_relaxed);
	d->d_sb = sb;
	d->d_fsdata = NULL;
	d->d_cookie = 0;
	INIT_LIST_HEAD(&d->d_child);
	INIT_LIST_HEAD(&d->d_subdirs);
	INIT_LIST_HEAD(&d->d_lru);
	INIT_HLIST_NODE(&d->d_alias);
	d_set_op(d, sb->s_d_op);
	return d;
}

struct dentry *d_alloc(struct dentry *parent, const struct qstr *name)
{
	struct dentry *d = __d_alloc(parent->d_sb, name);

	if (likely(d))
		d->d_parent = dget(parent);
	return d;
}

struct dentry *d_alloc_name(struct dentry *parent, const char *name)
{
	struct qstr q = {.name = name, .len = strlen(name)};

	q.hash = full_name_hash(parent, name, q.len);
	return d_alloc(parent, &q);
}

struct dentry *d_alloc_pseudo(struct super_block *sb, const char *name)
{
	struct qstr q = {.name = name, .len = strlen(name)};
	struct dentry *d = __d_alloc(sb, &q);

	if (d)
		d->d_flags |= DCACHE_PSEUDO;
	return d;
}

struct dentry *d_make_root(struct inode *inode)
{
	static const struct qstr slash = {.name = "/", .len = 1};
	struct dentry *d;

	if (!inode)
		return NULL;
	d = __d_alloc(inode->i_sb, &slash);
	if (d)
		d_set_inode_pseudo(d, inode);
	else
		iput(inode);
	return d;
}

/* ---- linking: all under dcache_lock ---------------------------------------------------------- */

/* The inode is published last, with release: an RCU walker that sees it sees what it points to. */
static void __d_set_inode(struct dentry *d, struct inode *inode)
{
	hlist_add_head(&d->d_alias, &inode->i_dentry);
	if (!inode->i_op->permission && !(inode->i_flags & S_MODEPERM) &&
	    !inode_may_have_acl(inode))
		inode->i_flags |= S_MODEPERM;
	smp_store_release(&d->d_inode, inode);
}

static u64 next_cookie(const struct dentry *parent)
{
	const struct dentry *last;

	if (list_empty(&parent->d_subdirs))
		return 3;
	last = list_last_entry(&parent->d_subdirs, struct dentry, d_child);
	return last->d_cookie + 1;
}

static void __d_link_parent(struct dentry *d)
{
	if (d->d_parent == d || !list_empty(&d->d_child))
		return;
	d->d_cookie = next_cookie(d->d_parent);
	list_add_tail(&d->d_child, &d->d_parent->d_subdirs);
}

static void __d_hash(struct dentry *d)
{
	d->d_flags &= ~DCACHE_UNHASHED;
	hlist_add_head_rcu(&d->d_hash, d_bucket(d->d_name.hash));
}

static void __d_unhash(struct dentry *d)
{
	if (d->d_flags & DCACHE_UNHASHED)
		return;
	d->d_flags |= DCACHE_UNHASHED;
	hlist_del_init_rcu(&d->d_hash);
}

static void lru_add(struct dentry *d)
{
	d->d_flags |= DCACHE_ONLRU;
	list_add(&d->d_lru, &dentry_lru);
	nr_unused++;
}

static void lru_del(struct dentry *d)
{
	if (!(d->d_flags & DCACHE_ONLRU))
		return;
	d->d_flags &= ~(DCACHE_ONLRU | DCACHE_REFERENCED);
	list_del_init(&d->d_lru);
	nr_unused--;
}

void d_set_inode_pseudo(struct dentry *d, struct inode *inode)
{
	spin_lock(&dcache_lock);
	__d_set_inode(d, inode);
	spin_unlock(&dcache_lock);
}

void d_instantiate(struct dentry *dentry, struct inode *inode)
{
	d_add(dentry, inode);
}

void d_add(struct dentry *dentry, struct inode *inode)
{
	bool again;

	spin_lock(&dcache_lock);
	/*
	 * One that was hashed before may still be under a reader, whom a new chain would lead
	 * astray.
	 */
	again = (dentry->d_flags & DCACHE_UNHASHED) && !list_empty(&dentry->d_child);
	if (again)
		write_seqcount_begin(&dcache_seq);
	if (inode)
		__d_set_inode(dentry, inode);
	__d_link_parent(dentry);
	if (dentry->d_flags & DCACHE_UNHASHED)
		__d_hash(dentry);
	if (again)
		write_seqcount_end(&dcache_seq);
	spin_unlock(&dcache_lock);
}

/*
 * A directory has one name. A second one can only come from a damaged disk, and would make loops in
 * the tree: it is refused.
 */
struct dentry *d_splice_alias(struct inode *inode, struct dentry *dentry)
{
	struct dentry *alias;
	bool twice;

	if (IS_ERR(inode))
		return ERR_CAST(inode);
	if (inode && S_ISDIR(inode->i_mode)) {
		alias = d_find_any_alias(inode);
		twice = alias && (IS_ROOT(alias) || !d_unhashed(alias));
		dput(alias);
		if (twice) {
			pr_err("%s: directory %lu has two names\n", dentry->d_sb->s_id,
			       (unsigned long)inode->i_ino);
			iput(inode);
			return ERR_PTR(-EIO);
		}
	}
	d_add(dentry, inode);
	return NULL;
}

void d_drop(struct dentry *dentry)
{
	spin_lock(&dcache_lock);
	__d_unhash(dentry);
	spin_unlock(&dcache_lock);
}

/*
 * Turning negative needs that nobody but the caller has the dentry: the count is made negative for
 * that moment, so that an RCU walker's dget_rcu() fails and the walk is done again. The release
 * store of the count pairs with dget_rcu()'s acquire: who gets a reference later sees the missing
 * inode.
 */
void d_delete(struct dentry *dentry)
{
	struct inode *inode = NULL;
	int one = 1;

	spin_lock(&dcache_lock);
	if (!(dentry->d_parent->d_inode->i_flags & S_ALLCACHED) &&
	    atomic_compare_exchange_strong_explicit(&dentry->d_count, &one, DENTRY_DEAD,
						    memory_order_acquire, memory_order_relaxed)) {
		inode = dentry->d_inode;
		hlist_del_init(&dentry->d_alias);
		WRITE_ONCE(dentry->d_inode, NULL);
		atomic_store_explicit(&dentry->d_count, 1, memory_order_release);
	} else {
		__d_unhash(dentry);
	}
	spin_unlock(&dcache_lock);
	if (fsnotify_on() && inode && !inode->i_nlink)
		fsnotify_inoderemove(inode);
	iput(inode);
}

/* ---- dying ----------------------------------------------------------------------------------- */

static void dentry_free_rcu(struct rcu_head *head)
{
	struct dentry *d = container_of(head, struct dentry, d_rcu);

	if (dname_external(d))
		kfree(external_of(d->d_name.name));
	kmem_cache_free(dentry_cache, d);
}

/*
 * The count is DENTRY_DEAD. Unlinks and frees; returns the parent, whose reference the caller now
 * owns (NULL for a root). Drops dcache_lock.
 */
static struct dentry *dentry_kill(struct dentry *d) __releases(&dcache_lock)
{
	struct dentry *parent = d->d_parent == d ? NULL : d->d_parent;
	struct inode *inode = d->d_inode;

	__d_unhash(d);
	lru_del(d);
	if (!list_empty(&d->d_child))
		list_del_init(&d->d_child);
	/*
	 * d_inode stays: an RCU walker may still look at it, and would take NULL for a negative
	 * dentry.
	 */
	if (inode)
		hlist_del_init(&d->d_alias);
	spin_unlock(&dcache_lock);
	if (d->d_op && d->d_op->d_release)
		d->d_op->d_release(d);
	if (fsnotify_on() && inode && !inode->i_nlink)
		fsnotify_inoderemove(inode);
	iput(inode);
	call_rcu(&d->d_rcu, dentry_free_rcu);
	return parent;
}

static bool retain_dentry(struct dentry *d)
{
	if (d_unhashed(d))
		return false;
	if (unlikely(d->d_flags & DCACHE_OP_DELETE) && d->d_op->d_delete(d))
		return false;
	return true;
}

static void lru_note_use(struct dentry *d)
{
	if (d->d_flags & DCACHE_ONLRU) {
		/* A lost bit costs the dentry its second chance, no more. */
		if (!(d->d_flags & DCACHE_REFERENCED)) {
			spin_lock(&dcache_lock);
			if (d->d_flags & DCACHE_ONLRU)
				d->d_flags |= DCACHE_REFERENCED;
			spin_unlock(&dcache_lock);
		}
		return;
	}
	spin_lock(&dcache_lock);
	if (!(d->d_flags & DCACHE_ONLRU))
		lru_add(d);
	spin_unlock(&dcache_lock);
}

/*
 * Count @from -> DEAD, then dentry_kill(). False: somebody has it. Leaves the caller's RCU section
 * if @rcu: the lock keeps the memory, and killing sleeps.
 */
static bool try_kill(struct dentry *d, int from, struct dentry **parent, bool rcu)
{
	spin_lock(&dcache_lock);
	if (rcu)
		rcu_read_unlock();
	if (!atomic_compare_exchange_strong_explicit(&d->d_count, &from, DENTRY_DEAD,
						     memory_order_acq_rel, memory_order_relaxed)) {
		spin_unlock(&dcache_lock);
		return false;
	}
	*parent = dentry_kill(d);
	return true;
}

/*
 * Drops what looks like the last reference; the parent to drop next, or NULL. From the decrement on
 * only RCU keeps the memory. One that was unhashed in between goes at once, since nobody will find
 * it again.
 */
static struct dentry *dput_last(struct dentry *d)
{
	struct dentry *parent = NULL;

	if (!retain_dentry(d))
		return try_kill(d, 1, &parent, false) ? parent : d; /* others came: again */
	lru_note_use(d);
	rcu_read_lock();
	if (atomic_fetch_sub_explicit(&d->d_count, 1, memory_order_acq_rel) == 1 &&
	    unlikely(d_unhashed(d)))
		try_kill(d, 0, &parent, true);
	else
		rcu_read_unlock();
	return parent;
}

void dput(struct dentry *dentry)
{
	while (dentry) {
		int c = atomic_load_explicit(&dentry->d_count, memory_order_relaxed);

		while (likely(c > 1)) {
			if (atomic_compare_exchange_weak_explicit(&dentry->d_count, &c, c - 1,
								  memory_order_release,
								  memory_order_relaxed))
				return;
		}
		BUG_ON(c <= 0);
		dentry = dput_last(dentry);
	}
}

/* ---- moving ---------------------------------------------------------------------------------- */

/*
 * Exchanges the names of two dentries. At every instant both have a terminated name for RCU
 * readers.
 */
static void swap_names(struct dentry *a, struct dentry *b)
{
	u64 *wa = (u64 *)a->d_iname, *wb = (u64 *)b->d_iname;
	const char *na = dname_external(a) ? a->d_name.name : b->d_iname;
	const char *nb = dname_external(b) ? b->d_name.name : a->d_iname;

	for (unsigned int i = 0; i < DNAME_INLINE_LEN / 8; i++)
		swap(wa[i], wb[i]);
	WRITE_ONCE(a->d_name.name, nb);
	WRITE_ONCE(b->d_name.name, na);
	swap(a->d_name.hash_len, b->d_name.hash_len);
}

static void __d_move(struct dentry *d, struct dentry *target, bool exchange)
{
	struct dentry *old_parent = d->d_parent;

	write_seqcount_begin(&dcache_seq);
	__d_unhash(d);
	__d_unhash(target);
	list_del_init(&d->d_child);
	if (!list_empty(&target->d_child))
		list_del_init(&target->d_child);
	swap_names(d, target);
	d->d_parent = target->d_parent;
	target->d_parent = old_parent;
	__d_link_parent(d);
	__d_hash(d);
	if (exchange) {
		__d_link_parent(target);
		__d_hash(target);
	}
	write_seqcount_end(&dcache_seq);
}

void d_move(struct dentry *dentry, struct dentry *target)
{
	spin_lock(&dcache_lock);
	__d_move(dentry, target, false);
	spin_unlock(&dcache_lock);
}

void d_exchange(struct dentry *a, struct dentry *b)
{
	spin_lock(&dcache_lock);
	__d_move(a, b, true);
	spin_unlock(&dcache_lock);
}

/* ---- looking --------------------------------------------------------------------------------- */

static bool d_same_name(const struct dentry *d, const struct qstr *name)
{
	return d->d_name.hash_len == name->hash_len &&
	       memcmp(d->d_name.name, name->name, name->len) == 0;
}

struct dentry *d_lookup(const struct dentry *parent, const struct qstr *name)
{
	struct dentry *d, *found;
	unsigned int seq;

	rcu_read_lock();
	do {
		found = NULL;
		seq = read_seqcount_begin(&dcache_seq);
		hlist_for_each_entry_rcu(d, d_bucket(name->hash), d_hash) {
			if (READ_ONCE(d->d_parent) != parent || !d_same_name(d, name))
				continue;
			if (!dget_rcu(d))
				continue;
			found = d;
			break;
		}
		if (!read_seqcount_retry(&dcache_seq, seq))
			break;
		if (found) {
			rcu_read_unlock();
			dput(found);
			rcu_read_lock();
		}
	} while (1);
	rcu_read_unlock();
	return found;
}

/*
 * @dname is aligned and padded; both are terminated, so a torn length ends at a mismatch, not
 * outside.
 */
static __always_inline bool same_words(const char *dname, const char *name, int left)
{
	const u64 *a = (const u64 *)dname;

	for (; left >= 8; left -= 8, a++, name += 8)
		if (*a != load_name_word(name))
			return false;
	return !left || !((*a ^ load_name_word(name)) & (~0ull >> (64 - 8 * left)));
}

/*
 * The hashed child of @parent whose name is @name (hash and length set), compared a word at a time:
 * both names may be read up to the end of their last word. RCU; the caller confirms by dcache_seq.
 */
struct dentry *__d_lookup_rcu(const struct dentry *parent, const struct qstr *name)
{
	u64 hash_len = name->hash_len;
	struct hlist_node *n = READ_ONCE(d_bucket((u32)hash_len)->first);

	for (; n; n = READ_ONCE(n->next)) {
		struct dentry *d = hlist_entry(n, struct dentry, d_hash);

		if (READ_ONCE(d->d_parent) != parent || READ_ONCE(d->d_name.hash_len) != hash_len)
			continue;
		if (likely(same_words(READ_ONCE(d->d_name.name), name->name, name->len)))
			return d;
	}
	return NULL;
}

struct dentry *dget_parent(struct dentry *dentry)
{
	struct dentry *parent;

	/* The parent cannot die under the lock: its child holds a reference. */
	spin_lock(&dcache_lock);
	parent = dget(dentry->d_parent);
	spin_unlock(&dcache_lock);
	return parent;
}

struct dentry *d_find_any_alias(struct inode *inode)
{
	struct dentry *d = NULL;

	spin_lock(&dcache_lock);
	if (!hlist_empty(&inode->i_dentry)) {
		d = hlist_entry(inode->i_dentry.first, struct dentry, d_alias);
		if (!dget_rcu(d))
			d = NULL;
	}
	spin_unlock(&dcache_lock);
	return d;
}

bool is_subdir(const struct dentry *a, const struct dentry *b)
{
	const struct dentry *d;
	unsigned int seq;
	bool yes;

	rcu_read_lock();
	do {
		seq = read_seqcount_begin(&dcache_seq);
		for (d = a; d != b && d->d_parent != d; d = READ_ONCE(d->d_parent))
			;
		yes = d == b;
	} while (read_seqcount_retry(&dcache_seq, seq));
	rcu_read_unlock();
	return yes;
}

/* ---- shrinking ------------------------------------------------------------------------------- */

/* A dentry of count 0 without children at or below @top (not @top itself); dcache_lock. */
static struct dentry *find_unused_below(struct dentry *top)
{
	struct dentry *d = top;
	struct list_head *next;

	/* Walk the tree in order without recursion: down, then along, then up. */
	for (next = d->d_subdirs.next;;) {
		while (next == &d->d_subdirs) {
			if (d == top)
				return NULL;
			next = d->d_child.next;
			d = d->d_parent;
		}
		d = list_entry(next, struct dentry, d_child);
		if (!list_empty(&d->d_subdirs)) {
			next = d->d_subdirs.next;
			continue;
		}
		if (atomic_load_explicit(&d->d_count, memory_order_relaxed) == 0)
			return d;
		next = d->d_child.next;
		d = d->d_parent;
	}
}

void shrink_dcache_parent(struct dentry *parent)
{
	struct dentry *d, *up;
	int zero;

	for (;;) {
		spin_lock(&dcache_lock);
		d = find_unused_below(parent);
		if (!d)
			break;
		zero = 0;
		if (!atomic_compare_exchange_strong_explicit(&d->d_count, &zero, DENTRY_DEAD,
							     memory_order_acq_rel,
							     memory_order_relaxed)) {
			spin_unlock(&dcache_lock);
			continue;
		}
		up = dentry_kill(d);
		dput(up);
		cond_resched();
	}
	spin_unlock(&dcache_lock);
}

void d_invalidate(struct dentry *dentry)
{
	d_drop(dentry);
	detach_mounts(dentry);
	shrink_dcache_parent(dentry);
}

/* Takes one dentry off the cold end: 1 freed, 0 kept, -1 the list is empty. */
static int shrink_one(struct super_block *sb, unsigned long *scan)
{
	struct dentry *d;
	int zero = 0;

	spin_lock(&dcache_lock);
	if (list_empty(&dentry_lru) || !*scan) {
		spin_unlock(&dcache_lock);
		return -1;
	}
	--*scan;
	d = list_last_entry(&dentry_lru, struct dentry, d_lru);
	if (sb ? d->d_sb != sb : d->d_flags & DCACHE_REFERENCED) {
		d->d_flags &= ~DCACHE_REFERENCED;
		list_move(&d->d_lru, &dentry_lru);
	} else if (atomic_compare_exchange_strong_explicit(&d->d_count, &zero, DENTRY_DEAD,
							   memory_order_acq_rel,
							   memory_order_relaxed)) {
		dput(dentry_kill(d));
		return 1;
	} else {
		lru_del(d); /* in use: dput() will bring it back */
	}
	spin_unlock(&dcache_lock);
	return 0;
}

unsigned long shrink_dcache(unsigned long n)
{
	unsigned long scan = READ_ONCE(nr_unused), freed = 0;
	int r;

	while (freed < n && (r = shrink_one(NULL, &scan)) >= 0)
		freed += r;
	return freed;
}

unsigned long dcache_unused(void)
{
	return READ_ONCE(nr_unused);
}

void shrink_dcache_sb(struct super_block *sb)
{
	unsigned long freed, scan;
	int r;

	/* A child's death can put its parent on the list: until a pass frees nothing. */
	do {
		freed = 0;
		scan = READ_ONCE(nr_unused);
		while ((r = shrink_one(sb, &scan)) >= 0)
			freed += r;
	} while (freed);
}

/*
 * Unmounting a file system of pinned dentries: unpins and frees everything below its root. Nobody
 * else can reach the tree.
 */
void d_genocide(struct dentry *root)
{
	struct dentry *d = root;

	shrink_dcache_sb(root->d_sb);
	for (;;) {
		struct dentry *parent;

		while (!list_empty(&d->d_subdirs))
			d = list_first_entry(&d->d_subdirs, struct dentry, d_child);
		if (d == root)
			return;
		parent = d->d_parent;
		d_drop(d);
		if (WARN_ON_ONCE(atomic_load_explicit(&d->d_count, memory_order_relaxed) != 1)) {
			/* Somebody kept a reference over umount: cut it loose rather than loop. */
			spin_lock(&dcache_lock);
			list_del_init(&d->d_child);
			spin_unlock(&dcache_lock);
		}
		dput(d);
		d = parent;
		cond_resched();
	}
}

/* ---- boot ------------------------------------------------------------------------------------ */

void dcache_init(void)
{
	unsigned int bits = CONFIG_DCACHE_HASH_BITS;

	dentry_cache = kmem_cache_create("dentry", sizeof(struct dentry), 0,
					 SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, NULL);
	dentry_hashtable = kvcalloc(1ul << bits, sizeof(struct hlist_head), GFP_KERNEL);
	if (!dentry_hashtable)
		panic("no memory for the dentry hash table");
	d_hash_shift = 32 - bits;
}
