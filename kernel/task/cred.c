/* SPDX-License-Identifier: MIT */
/*
 * Credentials, credentials(7): reference-counted and immutable once a task has them. Changing one's
 * own is prepare_creds(), edit, commit_creds(); readers of another task's use RCU, so the memory
 * goes after a grace period. See <kernel/cred.h>.
 */
#include <lib/string.h>
#include <kernel/binfmts.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/keys.h>
#include <kernel/landlock.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/user.h>
#include <mm/mm.h>
#include <mm/slab.h>

static struct kmem_cache *cred_cachep;

struct group_info init_groups = {.usage = REFCOUNT_INIT(2)};

struct cred init_cred = {
	.usage = REFCOUNT_INIT(2),
	.cap_permitted = CAP_FULL_SET,
	.cap_effective = CAP_FULL_SET,
	.cap_bset = CAP_FULL_SET,
	.group_info = &init_groups,
	.user = &root_user,
};

static int __init cred_init(void)
{
	cred_cachep = KMEM_CACHE(cred, SLAB_PANIC);
	return 0;
}
core_initcall(cred_init);

/* ---- supplementary groups ---- */

struct group_info *groups_alloc(int n)
{
	struct group_info *gi = kvmalloc(struct_size(gi, gid, n), GFP_KERNEL);

	if (gi) {
		refcount_set(&gi->usage, 1);
		gi->ngroups = n;
	}
	return gi;
}

void put_group_info(struct group_info *gi)
{
	if (refcount_dec_and_test(&gi->usage))
		kvfree(gi);
}

static bool groups_search(const struct group_info *gi, gid_t gid)
{
	int low = 0, high = gi->ngroups;

	while (low < high) {
		int mid = (low + high) / 2;

		if (gi->gid[mid] == gid)
			return true;
		if (gi->gid[mid] < gid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool in_group_p(gid_t gid)
{
	return gid == current_fsgid() || groups_search(current_cred()->group_info, gid);
}

bool in_egroup_p(gid_t gid)
{
	return gid == current_egid() || groups_search(current_cred()->group_info, gid);
}

/* ---- life of a cred ---- */

static void cred_free(struct rcu_head *head)
{
	struct cred *cred = container_of(head, struct cred, rcu);

	put_group_info(cred->group_info);
	keys_put_cred(cred);
	landlock_cred_put(cred);
	free_uid(cred->user);
	kmem_cache_free(cred_cachep, cred);
}

void put_cred(const struct cred *cred)
{
	struct cred *c = (struct cred *)cred;

	if (refcount_dec_and_test(&c->usage))
		call_rcu(&c->rcu, cred_free);
}

static struct cred *dup_cred(const struct cred *old)
{
	struct cred *new = kmem_cache_alloc(cred_cachep, GFP_KERNEL);

	if (!new)
		return NULL;
	*new = *old;
	refcount_set(&new->usage, 1);
	get_group_info(new->group_info);
	get_uid(new->user);
	keys_copy_cred(new);
	landlock_cred_get(new);
	return new;
}

struct cred *prepare_creds(void)
{
	return dup_cred(current->cred);
}

const struct cred *copy_creds(const struct task_struct *like, bool thread)
{
	struct cred *new;

	if (likely(!keys_must_shed(like->real_cred, thread)))
		return get_cred(like->real_cred);
	new = dup_cred(like->real_cred);
	if (new)
		keys_shed(new, thread);
	return new;
}

void abort_creds(struct cred *new)
{
	put_cred(new);
}

/* A task that got other rights must not be traced or dumped by those who could before. */
static bool identity_changed(const struct cred *old, const struct cred *new)
{
	return old->euid != new->euid || old->egid != new->egid || old->fsuid != new->fsuid ||
	       old->fsgid != new->fsgid || (new->cap_permitted & ~old->cap_permitted);
}

void commit_creds(struct cred *new)
{
	const struct cred *old = current->real_cred;

	if (identity_changed(old, new)) {
		if (current->mm)
			set_dumpable(current->mm, suid_dumpable);
		current->pdeath_signal = 0;
		atomic_thread_fence(
			memory_order_release); /* dumpable first: pairs with ptrace_may_access() */
	}
	if (new->user != old->user)
		atomic_inc(&new->user->processes);
	rcu_assign_pointer(current->real_cred, new);
	rcu_assign_pointer(current->cred, new);
	if (new->user != old->user)
		atomic_dec(&old->user->processes);
	put_cred(old);
}

const struct cred *override_creds(const struct cred *new)
{
	const struct cred *old = current->cred;

	rcu_assign_pointer(current->cred, get_cred(new));
	return old;
}

void revert_creds(const struct cred *old)
{
	const struct cred *overridden = current->cred;

	rcu_assign_pointer(current->cred, old);
	put_cred(overridden);
}

const struct cred *get_task_cred(struct task_struct *task)
{
	const struct cred *cred;

	rcu_read_lock();
	do {
		cred = rcu_dereference(task->real_cred);
	} while (!refcount_inc_not_zero(&((struct cred *)cred)->usage));
	rcu_read_unlock();
	return cred;
}

/* ---- rights ---- */

static bool cred_capable(const struct cred *cred, int cap)
{
	if (!IS_ENABLED(CONFIG_MULTIUSER))
		return true;
	if (!IS_ENABLED(CONFIG_CAPABILITIES))
		return cred->euid == 0;
	return cred->cap_effective & CAP_BIT(cap);
}

bool capable(int cap)
{
	if (!cred_capable(current_cred(), cap))
		return false;
	if (IS_ENABLED(CONFIG_BSD_PROCESS_ACCT))
		current->flags |= PF_SUPERPRIV;
	return true;
}

bool has_capability(struct task_struct *task, int cap)
{
	bool ok;

	rcu_read_lock();
	ok = cred_capable(rcu_dereference(task->real_cred), cap);
	rcu_read_unlock();
	return ok;
}

/*
 * ptrace(2): the ids of the caller equal all of the target's, or CAP_SYS_PTRACE; and the target's
 * memory is not protected.
 */
bool ptrace_may_access(struct task_struct *task, unsigned int mode)
{
	const struct cred *cred = current_cred(), *tcred;
	struct mm_struct *mm;
	bool ok, dumpable, sandbox;
	uid_t uid;
	gid_t gid;

	if (same_thread_group(task, current))
		return true;
	uid = mode & PTRACE_MODE_FSCREDS ? cred->fsuid : cred->uid;
	gid = mode & PTRACE_MODE_FSCREDS ? cred->fsgid : cred->gid;
	rcu_read_lock();
	tcred = rcu_dereference(task->real_cred);
	ok = uid == tcred->euid && uid == tcred->suid && uid == tcred->uid && gid == tcred->egid &&
	     gid == tcred->sgid && gid == tcred->gid &&
	     !(IS_ENABLED(CONFIG_CAPABILITIES) && (tcred->cap_permitted & ~cred->cap_permitted));
	sandbox = !landlock_may_trace(cred, tcred);
	rcu_read_unlock();
	if (sandbox)
		return false;
	atomic_thread_fence(memory_order_acquire); /* pairs with commit_creds() */
	task_lock(task);
	mm = task->mm;
	dumpable = !mm || get_dumpable(mm) == SUID_DUMP_USER;
	task_unlock(task);
	return (ok && dumpable) || capable(CAP_SYS_PTRACE);
}
