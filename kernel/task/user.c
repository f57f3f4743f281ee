/* SPDX-License-Identifier: MIT */
/*
 * One user_struct for each real user id that a task or a queued signal refers to: <kernel/user.h>.
 */
#include <lib/list.h>
#include <kernel/spinlock.h>
#include <kernel/user.h>
#include <mm/slab.h>

#define UIDHASH_SIZE 16

static struct hlist_head uidhash[UIDHASH_SIZE]; /* uidhash_lock */
static DEFINE_SPINLOCK(uidhash_lock); /* IRQs off: signals are freed anywhere */

/* Never freed, never in the hash. */
struct user_struct root_user = {.refs = REFCOUNT_INIT(2)};

static struct user_struct *find_uid(uid_t uid)
{
	struct user_struct *user;

	hlist_for_each_entry(user, &uidhash[uid % UIDHASH_SIZE], hash)
		if (user->uid == uid)
			return get_uid(user);
	return NULL;
}

struct user_struct *alloc_uid(uid_t uid)
{
	struct user_struct *user, *new;
	unsigned long flags;

	if (!uid)
		return get_uid(&root_user);
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	new->uid = uid;
	refcount_set(&new->refs, 1);
	spin_lock_irqsave(&uidhash_lock, flags);
	user = find_uid(uid);
	if (!user) {
		hlist_add_head(&new->hash, &uidhash[uid % UIDHASH_SIZE]);
		swap(user, new);
	}
	spin_unlock_irqrestore(&uidhash_lock, flags);
	kfree(new);
	return user;
}

void free_uid(struct user_struct *user)
{
	unsigned long flags;
	bool last;

	if (refcount_dec_not_one(&user->refs))
		return;
	/* The count only reaches zero under the lock, so what find_uid() sees is alive. */
	spin_lock_irqsave(&uidhash_lock, flags);
	last = refcount_dec_and_test(&user->refs);
	if (last)
		hlist_del(&user->hash);
	spin_unlock_irqrestore(&uidhash_lock, flags);
	if (last)
		kfree(user);
}
