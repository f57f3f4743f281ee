/* SPDX-License-Identifier: MIT */
/*
 * Inodes of disk file systems: found by number, kept after their last user, written back.
 *
 * An inode is in the hash from iget_locked() or insert_inode_locked() until it has been evicted.
 * Its states:
 *
 *   I_NEW         being read in or made; lookups wait for unlock_new_inode()
 *   in use        i_count > 0
 *   unused        i_count 0; clean: on the LRU, which the shrinker takes from its cold end;
 *                 dirty: only on its super block's list, until write-back has cleaned it
 *   I_FREEING     being evicted; lookups wait until it has left the hash, then look again
 *
 * Locks, outermost first: inode_hash_lock or s_inode_list_lock, i_lock, then as
 * leaves inode_lru_lock and s_wb_lock.
 * i_count goes from 0 to 1 and from 1 to 0 only under i_lock.
 */
#include <lib/err.h>
#include <kernel/wait.h>
#include <mm/pagemap.h>
#include <fs/writeback.h>
#include "internal.h"

#define INODE_HASH_BITS 12

static DEFINE_SPINLOCK(inode_hash_lock);
static struct hlist_head *inode_hashtable __ro_after_init; /* inode_hash_lock */

static DEFINE_SPINLOCK(inode_lru_lock);
static LIST_HEAD(inode_lru); /* inode_lru_lock; newest first */
static unsigned long nr_unused_inodes; /* inode_lru_lock */

/* Who waits for I_NEW, I_FREEING or I_SYNC to go away. */
#define INODE_WAIT_BITS 6
static struct wait_queue_head inode_waits[1 << INODE_WAIT_BITS];

struct wait_queue_head *inode_waitqueue(const struct inode *inode)
{
	return &inode_waits[hash_long((unsigned long)inode, INODE_WAIT_BITS)];
}

static struct hlist_head *inode_bucket(const struct super_block *sb, ino_t ino)
{
	return &inode_hashtable[hash_64((unsigned long)sb ^ ino, INODE_HASH_BITS)];
}

/* ---- the LRU --------------------------------------------------------------------------------- */

static void lru_remove(struct inode *inode)
{
	spin_lock(&inode_lru_lock);
	if (!list_empty(&inode->i_lru)) {
		list_del_init(&inode->i_lru);
		nr_unused_inodes--;
	}
	spin_unlock(&inode_lru_lock);
}

/* i_lock held: an unused clean inode waits for its next user or the shrinker. */
void inode_lru_add(struct inode *inode)
{
	if (inode->i_state & (I_DIRTY | I_SYNC | I_FREEING | I_NEW) ||
	    hlist_unhashed(&inode->i_hash))
		return;
	if (atomic_load_explicit(&inode->i_count, memory_order_relaxed))
		return;
	inode->i_state |= I_REFERENCED;
	spin_lock(&inode_lru_lock);
	if (list_empty(&inode->i_lru)) {
		list_add(&inode->i_lru, &inode_lru);
		nr_unused_inodes++;
	}
	spin_unlock(&inode_lru_lock);
}

/* ---- finding --------------------------------------------------------------------------------- */

/* A reference to an inode whose count may be 0; i_lock held, not I_FREEING. */
static void __iget(struct inode *inode)
{
	atomic_fetch_add_explicit(&inode->i_count, 1, memory_order_relaxed);
}

struct inode *igrab(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	if (inode->i_state & I_FREEING) {
		spin_unlock(&inode->i_lock);
		return NULL;
	}
	__iget(inode);
	spin_unlock(&inode->i_lock);
	return inode;
}

/* Drops i_lock and inode_hash_lock and sleeps until the inode being freed has left the hash. */
static void wait_on_freeing(struct inode *inode) __must_hold(&inode_hash_lock)
	__releases(&inode->i_lock)
{
	struct wait_queue_head *wq = inode_waitqueue(inode);
	DEFINE_WAIT(wait);

	prepare_to_wait(wq, &wait, TASK_UNINTERRUPTIBLE);
	spin_unlock(&inode->i_lock);
	spin_unlock(&inode_hash_lock);
	schedule();
	finish_wait(wq, &wait);
	spin_lock(&inode_hash_lock);
}

/* The inode, referenced, maybe still I_NEW; NULL. inode_hash_lock held, dropped while waiting. */
static struct inode *find_inode(struct super_block *sb, ino_t ino) __must_hold(&inode_hash_lock)
{
	struct inode *inode;

again:
	hlist_for_each_entry(inode, inode_bucket(sb, ino), i_hash) {
		if (inode->i_ino != ino || inode->i_sb != sb)
			continue;
		spin_lock(&inode->i_lock);
		if (inode->i_state & I_FREEING) {
			wait_on_freeing(inode);
			goto again;
		}
		__iget(inode);
		spin_unlock(&inode->i_lock);
		return inode;
	}
	return NULL;
}

static void wait_on_new_inode(struct inode *inode)
{
	wait_event(*inode_waitqueue(inode), !(READ_ONCE(inode->i_state) & I_NEW));
}

struct inode *ilookup(struct super_block *sb, ino_t ino)
{
	struct inode *inode;

	for (;;) {
		spin_lock(&inode_hash_lock);
		inode = find_inode(sb, ino);
		spin_unlock(&inode_hash_lock);
		if (!inode)
			return NULL;
		wait_on_new_inode(inode);
		if (!hlist_unhashed(&inode->i_hash))
			return inode;
		iput(inode); /* it could not be read */
	}
}

/* inode_hash_lock held. */
static void hash_inode(struct inode *inode)
{
	struct super_block *sb = inode->i_sb;

	inode->i_state |= I_NEW | I_HASHED;
	hlist_add_head(&inode->i_hash, inode_bucket(sb, inode->i_ino));
	spin_lock(&sb->s_inode_list_lock);
	list_add(&inode->i_sb_list, &sb->s_inodes);
	spin_unlock(&sb->s_inode_list_lock);
}

struct inode *iget_locked(struct super_block *sb, ino_t ino)
{
	struct inode *inode = ilookup(sb, ino), *new;

	if (inode)
		return inode;
	new = new_inode(sb);
	if (!new)
		return NULL;
	new->i_ino = ino;
	for (;;) {
		spin_lock(&inode_hash_lock);
		inode = find_inode(sb, ino);
		if (!inode)
			hash_inode(new);
		spin_unlock(&inode_hash_lock);
		if (!inode)
			return new;
		wait_on_new_inode(inode);
		if (!hlist_unhashed(&inode->i_hash))
			break;
		iput(inode);
	}
	/* Never hashed and without a name: nothing of it is on disk. */
	discard_new_inode(new);
	return inode;
}

int insert_inode_locked(struct inode *inode)
{
	struct inode *old;

	spin_lock(&inode_hash_lock);
	old = find_inode(inode->i_sb, inode->i_ino);
	if (!old)
		hash_inode(inode);
	spin_unlock(&inode_hash_lock);
	if (!old)
		return 0;
	iput(old);
	return -EBUSY;
}

void unlock_new_inode(struct inode *inode)
{
	spin_lock(&inode->i_lock);
	WARN_ON_ONCE(!(inode->i_state & I_NEW));
	inode->i_state &= ~I_NEW;
	spin_unlock(&inode->i_lock);
	wake_up_all(inode_waitqueue(inode));
}

void remove_inode_hash(struct inode *inode)
{
	spin_lock(&inode_hash_lock);
	hlist_del_init(&inode->i_hash);
	spin_unlock(&inode_hash_lock);
	spin_lock(&inode->i_sb->s_inode_list_lock);
	if (!list_empty(&inode->i_sb_list))
		list_del_init(&inode->i_sb_list);
	spin_unlock(&inode->i_sb->s_inode_list_lock);
}

void iget_failed(struct inode *inode)
{
	inode->i_state |= I_BAD;
	remove_inode_hash(inode);
	unlock_new_inode(inode);
	iput(inode);
}

/* ---- the end --------------------------------------------------------------------------------- */

/* I_FREEING is set and the inode is on no LRU. */
static void dispose_inode(struct inode *inode)
{
	inode_io_list_del(inode);
	evict(inode);
}

/* The last reference of a hashed inode; i_lock held, dropped. */
static void iput_final(struct inode *inode) __releases(&inode->i_lock)
{
	struct super_block *sb = inode->i_sb;

	if (inode->i_nlink && (sb->s_flags & SB_ACTIVE) && !inode_unhashed(inode)) {
		inode_lru_add(inode);
		spin_unlock(&inode->i_lock);
		return;
	}
	if (inode->i_nlink && (inode->i_state & I_DIRTY) && !(inode->i_state & I_BAD)) {
		__iget(inode);
		spin_unlock(&inode->i_lock);
		write_inode_now(inode, true);
		spin_lock(&inode->i_lock);
		/* Nobody looks inodes up while the file system is being shut down. */
		atomic_fetch_sub_explicit(&inode->i_count, 1, memory_order_relaxed);
	}
	inode->i_state |= I_FREEING;
	spin_unlock(&inode->i_lock);
	lru_remove(inode);
	dispose_inode(inode);
}

void iput_hashed(struct inode *inode)
{
	int c = atomic_load_explicit(&inode->i_count, memory_order_relaxed);

	while (c > 1) {
		if (atomic_compare_exchange_weak_explicit(
			    &inode->i_count, &c, c - 1, memory_order_release, memory_order_relaxed))
			return;
	}
	spin_lock(&inode->i_lock);
	c = atomic_fetch_sub_explicit(&inode->i_count, 1, memory_order_acq_rel);
	BUG_ON(c < 1);
	if (c == 1)
		iput_final(inode);
	else
		spin_unlock(&inode->i_lock);
}

/* After the file system's evict_inode: out of the hash; who waited for the number looks again. */
void inode_unhash_evicted(struct inode *inode)
{
	remove_inode_hash(inode);
	wake_up_all(inode_waitqueue(inode));
}

/*
 * One step of the shrinker at the cold end: 1 an inode went, 0 nothing did, -1 the list is empty.
 * *@pages counts page-cache pages dropped on the way.
 */
static int prune_one(unsigned long *scan, unsigned long *pages)
{
	struct inode *inode;

	spin_lock(&inode_lru_lock);
	if (list_empty(&inode_lru) || !*scan) {
		spin_unlock(&inode_lru_lock);
		return -1;
	}
	--*scan;
	inode = list_last_entry(&inode_lru, struct inode, i_lru);
	/* The order is the other way round here: only try. */
	if (!spin_trylock(&inode->i_lock)) {
		list_move(&inode->i_lru, &inode_lru);
		spin_unlock(&inode_lru_lock);
		return 0;
	}
	__acquire(&inode->i_lock);
	if (atomic_load_explicit(&inode->i_count, memory_order_relaxed) ||
	    inode->i_state & (I_DIRTY | I_SYNC | I_FREEING)) {
		list_del_init(&inode->i_lru);
		nr_unused_inodes--;
		goto keep;
	}
	if (inode->i_state & I_REFERENCED) {
		inode->i_state &= ~I_REFERENCED;
		list_move(&inode->i_lru, &inode_lru);
		goto keep;
	}
	list_del_init(&inode->i_lru);
	nr_unused_inodes--;
	if (inode->i_mapping && READ_ONCE(inode->i_mapping->nrpages)) {
		__iget(inode);
		spin_unlock(&inode->i_lock);
		spin_unlock(&inode_lru_lock);
		*pages += invalidate_mapping_pages(inode->i_mapping, 0, ULONG_MAX);
		iput(inode);
		return 0;
	}
	inode->i_state |= I_FREEING;
	spin_unlock(&inode->i_lock);
	spin_unlock(&inode_lru_lock);
	dispose_inode(inode);
	return 1;
keep:
	spin_unlock(&inode->i_lock);
	spin_unlock(&inode_lru_lock);
	return 0;
}

/* Frees about @nr pages' worth of inodes and their pages. */
static unsigned long shrink_inode_cache(unsigned long nr)
{
	unsigned long scan = 2 * READ_ONCE(nr_unused_inodes), pages = 0, freed = 0;
	int r;

	while (freed / 4 + pages < nr && (r = prune_one(&scan, &pages)) >= 0)
		freed += r;
	return freed / 4 + pages;
}

void evict_inodes(struct super_block *sb)
{
	struct inode *inode;

	spin_lock(&sb->s_inode_list_lock);
again:
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		spin_lock(&inode->i_lock);
		if (atomic_load_explicit(&inode->i_count, memory_order_relaxed) ||
		    inode->i_state & I_FREEING) {
			spin_unlock(&inode->i_lock);
			continue;
		}
		inode->i_state |= I_FREEING;
		spin_unlock(&inode->i_lock);
		spin_unlock(&sb->s_inode_list_lock);
		lru_remove(inode);
		dispose_inode(inode);
		cond_resched();
		spin_lock(&sb->s_inode_list_lock);
		goto again;
	}
	spin_unlock(&sb->s_inode_list_lock);
}

/* ---- boot ------------------------------------------------------------------------------------ */

static unsigned long inode_count(struct shrinker *s)
{
	return READ_ONCE(nr_unused_inodes);
}

static unsigned long inode_scan(struct shrinker *s, unsigned long nr)
{
	return shrink_inode_cache(nr);
}

static struct shrinker inode_shrinker = {.count = inode_count, .scan = inode_scan, .vfs = true};

void inode_cache_init(void)
{
	inode_hashtable = kvcalloc(1ul << INODE_HASH_BITS, sizeof(struct hlist_head), GFP_KERNEL);
	if (!inode_hashtable)
		panic("no memory for the inode hash table");
	for (unsigned int i = 0; i < ARRAY_SIZE(inode_waits); i++)
		init_waitqueue_head(&inode_waits[i]);
	register_shrinker(&inode_shrinker);
}
