/* SPDX-License-Identifier: MIT */
/*
 * The credentials of a new program: set-user-id and set-group-id bits, execve(2), and
 * "Transformation of capabilities during execve()" of capabilities(7).
 */
#include <kernel/binfmts.h>
#include <kernel/cred.h>
#include <kernel/keys.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <fs/fs.h>
#include <fs/fs_struct.h>
#include <fs/mount.h>
#include <fs/xattr.h>
#include <lib/byteorder.h>
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

/* The file's own sets, security.capability. */
struct file_caps {
	kernel_cap_t permitted, inheritable;
	bool present, effective;
};

static kernel_cap_t caps_of(__le32 low, __le32 high)
{
	return (le32_to_cpu(low) | (u64)le32_to_cpu(high) << 32) & CAP_FULL_SET;
}

/* 0 also when there are none; an attribute that is none of the three revisions is -EINVAL. */
static int read_file_caps(const struct linux_binprm *bprm, struct file_caps *caps)
{
	struct inode *inode = file_inode(bprm->file);
	struct vfs_ns_cap_data d = {};
	ssize_t n;
	u32 magic;

	*caps = (struct file_caps){};
	if (!IS_ENABLED(CONFIG_CAPABILITIES) || likely(!inode_may_have_caps(inode)) ||
	    !mnt_may_suid(bprm->file->f_path.mnt))
		return 0;
	n = __vfs_getxattr(inode, XATTR_NAME_CAPS, &d, sizeof(d));
	if (n == -ENODATA || n == -EOPNOTSUPP)
		return 0;
	if (n < 0)
		return n;
	magic = le32_to_cpu(d.magic_etc);
	caps->effective = magic & VFS_CAP_FLAGS_EFFECTIVE;
	magic &= VFS_CAP_REVISION_MASK;
	if (magic == VFS_CAP_REVISION_1 && n == XATTR_CAPS_SZ_1)
		d.data[1].permitted = d.data[1].inheritable = 0;
	else if (!(magic == VFS_CAP_REVISION_2 && n == XATTR_CAPS_SZ_2) &&
		 !(magic == VFS_CAP_REVISION_3 && n == XATTR_CAPS_SZ_3))
		return -EINVAL;
	if (n == XATTR_CAPS_SZ_3 && d.rootid)
		return 0; /* for another user name space's root */
	caps->permitted = caps_of(d.data[0].permitted, d.data[1].permitted);
	caps->inheritable = caps_of(d.data[0].inheritable, d.data[1].inheritable);
	caps->present = true;
	return 0;
}

/*
 * The permitted set that the file gives. -EPERM: a program that does not know of capabilities would
 * run with fewer than it needs.
 */
static int apply_file_caps(const struct file_caps *caps, const struct cred *old, struct cred *new)
{
	new->cap_permitted =
		(old->cap_bset & caps->permitted) | (old->cap_inheritable & caps->inheritable);
	return caps->effective && (caps->permitted & ~new->cap_permitted) ? -EPERM : 0;
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
 * Root, effective or real, gets everything that the bounding set leaves; but set-user-ID root
 * programs with capabilities of their own get those.
 */
static void apply_root(const struct file_caps *caps, const struct cred *old, struct cred *new,
		       bool *effective)
{
	if (old->securebits & SECBIT_NOROOT)
		return;
	if (caps->present && new->uid != 0 && new->euid == 0)
		return;
	if (new->euid == 0 || new->uid == 0)
		new->cap_permitted = old->cap_bset | old->cap_inheritable;
	if (new->euid == 0)
		*effective = true;
}

static int compute_creds(struct linux_binprm *bprm, const struct cred *old, struct cred *new)
{
	bool effective, is_setid;
	struct file_caps caps;
	int err = read_file_caps(bprm, &caps);

	if (!err)
		err = apply_file_caps(&caps, old, new);
	if (err)
		return err;
	effective = caps.effective;
	apply_set_id_bits(bprm, new);
	apply_root(&caps, old, new, &effective);
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
	if (is_setid || caps.present)
		new->cap_ambient = 0;
	new->cap_permitted |= new->cap_ambient;
	new->cap_effective = effective ? new->cap_permitted : new->cap_ambient;
	new->securebits &= ~SECBIT_KEEP_CAPS;
	bprm->secureexec = is_setid || (new->uid != 0 &&
					(effective || (new->cap_permitted & ~new->cap_ambient)));
	return 0;
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
	int err;

	if (!IS_ENABLED(CONFIG_MULTIUSER))
		return 0; /* all are root */
	err = compute_creds(bprm, old, &new);
	if (unlikely(err))
		return err;
	if (likely(same_ids(old, &new) && !keys_must_shed(old, false)))
		return 0;
	bprm->cred = prepare_creds();
	if (!bprm->cred)
		return -ENOMEM;
	keys_shed(bprm->cred, false);
	bprm->cred->euid = bprm->cred->suid = bprm->cred->fsuid = new.euid;
	bprm->cred->egid = bprm->cred->sgid = bprm->cred->fsgid = new.egid;
	bprm->cred->securebits = new.securebits;
	bprm->cred->cap_permitted = new.cap_permitted;
	bprm->cred->cap_effective = new.cap_effective;
	bprm->cred->cap_ambient = new.cap_ambient;
	return 0;
}
