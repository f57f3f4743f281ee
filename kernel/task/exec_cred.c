/* SPDX-License-Identifier: MIT */
/*
 * The credentials of a new program: set-user-id and set-group-id bits, execve(2), and
 * "Transformation of capabilities during execve()" of capabilities(7). There are no file
 * capabilities (no file system here stores them), so only root's special case is left of the
 * latter.
 */
#include <kernel/binfmts.h>
#include <kernel/cred.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <fs/fs.h>
#include <fs/fs_struct.h>
#include <fs/mount.h>
#include <uapi/personality.h>
#include <uapi/stat.h>

static void apply_set_id_bits(struct linux_binprm *bprm, struct cred *new)
{
	struct inode *inode = file_inode(bprm->file);
	umode_t mode = READ_ONCE(inode->i_mode);

	if (likely(!(mode & (S_ISUID | S_ISGID))))
		return;
	if (!mnt_may_suid(bprm->file->f_path.mnt) || current->no_new_privs)
		return;
	if (mode & S_ISUID) {
		bprm->per_clear |= PER_CLEAR_ON_SETID;
		new->euid = inode->i_uid;
	}
	/* Without group execute permission the bit once meant mandatory locking. */
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
		bprm->per_clear |= PER_CLEAR_ON_SETID;
		new->egid = inode->i_gid;
	}
}

/* Does a task outside the thread group share root and cwd? If not, none will until exec is over. */
static bool fs_shared(struct linux_binprm *bprm)
{
	struct fs_struct *fs = current->fs;
	struct task_struct *t;
	int threads = 1;
	bool shared;

	spin_lock(&fs->lock);
	rcu_read_lock();
	for_each_thread(current, t)
		if (t != current && READ_ONCE(t->fs) == fs)
			threads++;
	rcu_read_unlock();
	shared = atomic_load_explicit(&fs->users, memory_order_relaxed) > threads;
	if (!shared && !fs->in_exec)
		fs->in_exec = bprm->claimed_fs = true;
	spin_unlock(&fs->lock);
	return shared;
}

static bool tracer_may_see(void)
{
	bool ok = true;

	rcu_read_lock();
	if (unlikely(current->ptrace))
		ok = has_capability(rcu_dereference(current->parent), CAP_SYS_PTRACE);
	rcu_read_unlock();
	return ok;
}

/*
 * Root, effective or real, gets everything that the bounding set leaves. True: effective as well.
 */
static bool root_gets_all(const struct cred *old, struct cred *new)
{
	new->cap_permitted = 0;
	if (old->securebits & SECBIT_NOROOT)
		return false;
	if (new->euid == 0 || new->uid == 0)
		new->cap_permitted = old->cap_bset | old->cap_inheritable;
	return new->euid == 0;
}

static void compute_creds(struct linux_binprm *bprm, const struct cred *old, struct cred *new)
{
	bool effective, is_setid;

	apply_set_id_bits(bprm, new);
	effective = root_gets_all(old, new);
	is_setid = new->euid != old->uid || new->egid != old->gid;
	if ((is_setid || (new->cap_permitted & ~old->cap_permitted)) &&
	    (current->no_new_privs || fs_shared(bprm) || !tracer_may_see())) {
		/*
		 * Somebody could steer the privileged program: it gets no more than the caller had.
		 */
		if (!capable(CAP_SETUID) || current->no_new_privs) {
			new->euid = new->uid;
			new->egid = new->gid;
		}
		new->cap_permitted &= old->cap_permitted;
	}
	new->suid = new->fsuid = new->euid;
	new->sgid = new->fsgid = new->egid;
	if (is_setid)
		new->cap_ambient = 0;
	new->cap_permitted |= new->cap_ambient;
	new->cap_effective = effective ? new->cap_permitted : new->cap_ambient;
	new->securebits &= ~SECBIT_KEEP_CAPS;
	bprm->secureexec = is_setid || (new->uid != 0 &&
					(effective || (new->cap_permitted & ~new->cap_ambient)));
}

static bool same_ids(const struct cred *a, const struct cred *b)
{
	return a->euid == b->euid && a->suid == b->suid && a->fsuid == b->fsuid &&
	       a->egid == b->egid && a->sgid == b->sgid && a->fsgid == b->fsgid &&
	       a->securebits == b->securebits && a->cap_permitted == b->cap_permitted &&
	       a->cap_effective == b->cap_effective && a->cap_ambient == b->cap_ambient;
}

int bprm_creds_from_file(struct linux_binprm *bprm)
{
	const struct cred *old = current_cred();
	struct cred new = *old; /* to compute in; most programs change nothing */

	compute_creds(bprm, old, &new);
	if (likely(same_ids(old, &new)))
		return 0;
	bprm->cred = prepare_creds();
	if (!bprm->cred)
		return -ENOMEM;
	bprm->cred->euid = bprm->cred->suid = bprm->cred->fsuid = new.euid;
	bprm->cred->egid = bprm->cred->sgid = bprm->cred->fsgid = new.egid;
	bprm->cred->securebits = new.securebits;
	bprm->cred->cap_permitted = new.cap_permitted;
	bprm->cred->cap_effective = new.cap_effective;
	bprm->cred->cap_ambient = new.cap_ambient;
	return 0;
}
