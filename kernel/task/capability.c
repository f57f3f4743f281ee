/* SPDX-License-Identifier: MIT */
/*
 * capget(2), capset(2), and the prctl(2) calls about capability sets and securebits;
 * capabilities(7).
 */
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/prctl.h>
#include "prctl.h"

/*
 * Words of 32 bits a set has in the caller's version; an unknown one is answered with ours in the
 * header.
 */
static int check_version(cap_user_header_t header, unsigned int *words)
{
	u32 version;

	if (get_user(version, &header->version))
		return -EFAULT;
	switch (version) {
	case _LINUX_CAPABILITY_VERSION_1:
		*words = _LINUX_CAPABILITY_U32S_1;
		return 0;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		*words = _LINUX_CAPABILITY_U32S_3;
		return 0;
	}
	if (put_user((u32)_LINUX_CAPABILITY_VERSION_3, &header->version))
		return -EFAULT;
	return -EINVAL;
}

struct cap_sets {
	kernel_cap_t effective, permitted, inheritable;
};

static int get_sets(pid_t pid, struct cap_sets *sets)
{
	struct task_struct *t;
	const struct cred *c;
	int err = -ESRCH;

	rcu_read_lock();
	t = pid && pid != task_pid_nr(current) ? find_task_by_pid(pid) : current;
	if (t) {
		c = rcu_dereference(t->real_cred);
		*sets = (struct cap_sets){c->cap_effective, c->cap_permitted, c->cap_inheritable};
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

SYSCALL_DEFINE2(capget, cap_user_header_t, header, cap_user_data_t, data)
{
	struct __user_cap_data_struct out[_LINUX_CAPABILITY_U32S_3];
	struct cap_sets sets;
	unsigned int words;
	pid_t pid;
	int err = check_version(header, &words);

	/* Probing for the version with no room for data is not an error. */
	if (err)
		return err == -EINVAL && !data ? 0 : err;
	if (!data)
		return 0;
	if (get_user(pid, &header->pid))
		return -EFAULT;
	if (pid < 0)
		return -EINVAL;
	err = get_sets(pid, &sets);
	if (err)
		return err;
	for (unsigned int i = 0; i < words; i++) {
		out[i].effective = sets.effective >> (32 * i);
		out[i].permitted = sets.permitted >> (32 * i);
		out[i].inheritable = sets.inheritable >> (32 * i);
	}
	return copy_to_user(data, out, words * sizeof(out[0])) ? -EFAULT : 0;
}

/* capabilities(7), "Programmatically adjusting capability sets". */
static int check_new_sets(const struct cred *old, const struct cap_sets *new)
{
	if (!capable(CAP_SETPCAP) &&
	    (new->inheritable & ~(old->cap_inheritable | old->cap_permitted)))
		return -EPERM;
	if (new->inheritable & ~(old->cap_inheritable | old->cap_bset))
		return -EPERM;
	if (new->permitted & ~old->cap_permitted)
		return -EPERM;
	return new->effective & ~new->permitted ? -EPERM : 0;
}

SYSCALL_DEFINE2(capset, cap_user_header_t, header, const cap_user_data_t, data)
{
	struct __user_cap_data_struct in[_LINUX_CAPABILITY_U32S_3] = {};
	struct cap_sets sets = {};
	unsigned int words;
	struct cred *new;
	pid_t pid;
	int err = check_version(header, &words);

	if (err)
		return err;
	if (get_user(pid, &header->pid))
		return -EFAULT;
	if (pid && pid != task_pid_nr(current))
		return -EPERM;
	if (copy_from_user(in, data, words * sizeof(in[0])))
		return -EFAULT;
	for (unsigned int i = 0; i < words; i++) {
		sets.effective |= (u64)in[i].effective << (32 * i);
		sets.permitted |= (u64)in[i].permitted << (32 * i);
		sets.inheritable |= (u64)in[i].inheritable << (32 * i);
	}
	sets.effective &= CAP_FULL_SET;
	sets.permitted &= CAP_FULL_SET;
	sets.inheritable &= CAP_FULL_SET;
	err = check_new_sets(current_cred(), &sets);
	if (err)
		return err;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->cap_effective = sets.effective;
	new->cap_permitted = sets.permitted;
	new->cap_inheritable = sets.inheritable;
	new->cap_ambient &= sets.permitted &sets.inheritable;
	commit_creds(new);
	return 0;
}

/* ---- prctl ---- */

static long drop_bounding(unsigned long cap)
{
	struct cred *new;

	if (!capable(CAP_SETPCAP))
		return -EPERM;
	if (cap > CAP_LAST_CAP)
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->cap_bset &= ~CAP_BIT(cap);
	commit_creds(new);
	return 0;
}

static long set_securebits(unsigned long bits)
{
	const unsigned int all = 0xff, locks = 0xaa;
	const struct cred *old = current_cred();
	struct cred *new;

	/* A lock bit cannot be cleared, nor a bit that is locked be changed. */
	if ((((old->securebits & locks) >> 1) & (old->securebits ^ bits)) ||
	    (old->securebits & locks & ~bits) || (bits & ~(unsigned long)all) ||
	    !capable(CAP_SETPCAP))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->securebits = bits;
	commit_creds(new);
	return 0;
}

static long set_keepcaps(unsigned long on)
{
	struct cred *new;

	if (on > 1)
		return -EINVAL;
	if (current_cred()->securebits & SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->securebits &= ~SECBIT_KEEP_CAPS;
	if (on)
		new->securebits |= SECBIT_KEEP_CAPS;
	commit_creds(new);
	return 0;
}

static long change_ambient(unsigned long op, unsigned long cap)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (op == PR_CAP_AMBIENT_CLEAR_ALL ? cap != 0 : cap > CAP_LAST_CAP)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_IS_SET)
		return !!(old->cap_ambient & CAP_BIT(cap));
	if (op != PR_CAP_AMBIENT_RAISE && op != PR_CAP_AMBIENT_LOWER &&
	    op != PR_CAP_AMBIENT_CLEAR_ALL)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_RAISE &&
	    (!(old->cap_permitted & old->cap_inheritable & CAP_BIT(cap)) ||
	     (old->securebits & SECBIT_NO_CAP_AMBIENT_RAISE)))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (op == PR_CAP_AMBIENT_RAISE)
		new->cap_ambient |= CAP_BIT(cap);
	else if (op == PR_CAP_AMBIENT_LOWER)
		new->cap_ambient &= ~CAP_BIT(cap);
	else
		new->cap_ambient = 0;
	commit_creds(new);
	return 0;
}

long cap_prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5)
{
	switch (option) {
	case PR_CAPBSET_READ:
		return a2 > CAP_LAST_CAP ? -EINVAL : !!(current_cred()->cap_bset & CAP_BIT(a2));
	case PR_CAPBSET_DROP:
		return drop_bounding(a2);
	case PR_GET_SECUREBITS:
		return current_cred()->securebits;
	case PR_SET_SECUREBITS:
		return set_securebits(a2);
	case PR_GET_KEEPCAPS:
		return !!(current_cred()->securebits & SECBIT_KEEP_CAPS);
	case PR_SET_KEEPCAPS:
		return set_keepcaps(a2);
	case PR_CAP_AMBIENT:
		return a4 | a5 ? -EINVAL : change_ambient(a2, a3);
	}
	return -EINVAL;
}
