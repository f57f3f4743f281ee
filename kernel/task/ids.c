/* SPDX-License-Identifier: MIT */
/*
 * User and group ids: setuid(2), setreuid(2), setresuid(2), setfsuid(2), the same for groups,
 * getgroups(2). The rules of credentials(7): with CAP_SETUID (CAP_SETGID) anything goes, else a new
 * id must be one that the task has in another role.
 */
#include <lib/sort.h>
#include <kernel/cred.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/user.h>
#include <uapi/limits.h>

#define NO_ID ((uid_t)-1) /* "leave it as it is" */

SYSCALL_DEFINE0(getuid)
{
	return current_uid();
}

SYSCALL_DEFINE0(geteuid)
{
	return current_euid();
}

SYSCALL_DEFINE0(getgid)
{
	return current_gid();
}

SYSCALL_DEFINE0(getegid)
{
	return current_egid();
}

/* ---- users ---- */

static bool any_root(const struct cred *c)
{
	return c->uid == 0 || c->euid == 0 || c->suid == 0;
}

/* capabilities(7), "Effect of user ID changes on capabilities". */
static void fix_caps_after_setuid(struct cred *new, const struct cred *old)
{
	if (old->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (any_root(old) && !any_root(new)) {
		if (!(old->securebits & SECBIT_KEEP_CAPS))
			new->cap_permitted = new->cap_effective = 0;
		new->cap_ambient = 0;
	}
	if (old->euid == 0 && new->euid != 0)
		new->cap_effective = 0;
	if (old->euid != 0 && new->euid == 0)
		new->cap_effective = new->cap_permitted;
}

/* The counters of RLIMIT_NPROC and RLIMIT_SIGPENDING are the real user's. */
static int switch_user(struct cred *new)
{
	struct user_struct *user = alloc_uid(new->uid);

	if (!user)
		return -EAGAIN;
	free_uid(new->user);
	new->user = user;
	return 0;
}

static long commit_uids(struct cred *new)
{
	const struct cred *old = current_cred();

	if (new->uid != old->uid && switch_user(new)) {
		abort_creds(new);
		return -EAGAIN;
	}
	fix_caps_after_setuid(new, old);
	commit_creds(new);
	return 0;
}

SYSCALL_DEFINE1(setuid, uid_t, uid)
{
	const struct cred *old = current_cred();
	bool privileged = capable(CAP_SETUID);
	struct cred *new;

	if (uid == NO_ID)
		return -EINVAL;
	if (!privileged && uid != old->uid && uid != old->suid)
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (privileged)
		new->uid = new->suid = uid;
	new->euid = new->fsuid = uid;
	return commit_uids(new);
}

SYSCALL_DEFINE2(setreuid, uid_t, ruid, uid_t, euid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (!capable(CAP_SETUID)) {
		if (ruid != NO_ID && ruid != old->uid && ruid != old->euid)
			return -EPERM;
		if (euid != NO_ID && euid != old->uid && euid != old->euid && euid != old->suid)
			return -EPERM;
	}
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (ruid != NO_ID)
		new->uid = ruid;
	if (euid != NO_ID)
		new->euid = euid;
	if (ruid != NO_ID || (euid != NO_ID && euid != old->uid))
		new->suid = new->euid;
	new->fsuid = new->euid;
	return commit_uids(new);
}

static bool is_own_uid(uid_t uid)
{
	const struct cred *c = current_cred();

	return uid == NO_ID || uid == c->uid || uid == c->euid || uid == c->suid;
}

SYSCALL_DEFINE3(setresuid, uid_t, ruid, uid_t, euid, uid_t, suid)
{
	struct cred *new;

	if (!capable(CAP_SETUID) && !(is_own_uid(ruid) && is_own_uid(euid) && is_own_uid(suid)))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (ruid != NO_ID)
		new->uid = ruid;
	if (euid != NO_ID)
		new->euid = euid;
	if (suid != NO_ID)
		new->suid = suid;
	new->fsuid = new->euid;
	return commit_uids(new);
}

SYSCALL_DEFINE3(getresuid, uid_t __user *, ruid, uid_t __user *, euid, uid_t __user *, suid)
{
	const struct cred *c = current_cred();

	if (put_user(c->uid, ruid) || put_user(c->euid, euid) || put_user(c->suid, suid))
		return -EFAULT;
	return 0;
}

/* Capabilities about files follow fsuid: capabilities(7). */
#define CAP_FS_SET                                                                  \
	(CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_MKNOD) | CAP_BIT(CAP_DAC_OVERRIDE) |      \
	 CAP_BIT(CAP_DAC_READ_SEARCH) | CAP_BIT(CAP_FOWNER) | CAP_BIT(CAP_FSETID) | \
	 CAP_BIT(CAP_LINUX_IMMUTABLE) | CAP_BIT(CAP_MAC_OVERRIDE))

/* Always returns the previous fsuid; there is no way to tell that it failed. */
SYSCALL_DEFINE1(setfsuid, uid_t, uid)
{
	const struct cred *old = current_cred();
	uid_t before = old->fsuid;
	struct cred *new;

	if (uid == NO_ID || uid == before || !(is_own_uid(uid) || capable(CAP_SETUID)))
		return before;
	new = prepare_creds();
	if (!new)
		return before;
	new->fsuid = uid;
	if (!(old->securebits & SECBIT_NO_SETUID_FIXUP)) {
		if (before == 0)
			new->cap_effective &= ~CAP_FS_SET;
		else if (uid == 0)
			new->cap_effective |= new->cap_permitted &CAP_FS_SET;
	}
	commit_creds(new);
	return before;
}

/* ---- groups ---- */

static bool is_own_gid(gid_t gid)
{
	const struct cred *c = current_cred();

	return gid == NO_ID || gid == c->gid || gid == c->egid || gid == c->sgid;
}

SYSCALL_DEFINE1(setgid, gid_t, gid)
{
	const struct cred *old = current_cred();
	bool privileged = capable(CAP_SETGID);
	struct cred *new;

	if (gid == NO_ID)
		return -EINVAL;
	if (!privileged && gid != old->gid && gid != old->sgid)
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (privileged)
		new->gid = new->sgid = gid;
	new->egid = new->fsgid = gid;
	commit_creds(new);
	return 0;
}

SYSCALL_DEFINE2(setregid, gid_t, rgid, gid_t, egid)
{
	const struct cred *old = current_cred();
	struct cred *new;

	if (!capable(CAP_SETGID)) {
		if (rgid != NO_ID && rgid != old->gid && rgid != old->egid)
			return -EPERM;
		if (!is_own_gid(egid))
			return -EPERM;
	}
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (rgid != NO_ID)
		new->gid = rgid;
	if (egid != NO_ID)
		new->egid = egid;
	if (rgid != NO_ID || (egid != NO_ID && egid != old->gid))
		new->sgid = new->egid;
	new->fsgid = new->egid;
	commit_creds(new);
	return 0;
}

SYSCALL_DEFINE3(setresgid, gid_t, rgid, gid_t, egid, gid_t, sgid)
{
	struct cred *new;

	if (!capable(CAP_SETGID) && !(is_own_gid(rgid) && is_own_gid(egid) && is_own_gid(sgid)))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (rgid != NO_ID)
		new->gid = rgid;
	if (egid != NO_ID)
		new->egid = egid;
	if (sgid != NO_ID)
		new->sgid = sgid;
	new->fsgid = new->egid;
	commit_creds(new);
	return 0;
}

SYSCALL_DEFINE3(getresgid, gid_t __user *, rgid, gid_t __user *, egid, gid_t __user *, sgid)
{
	const struct cred *c = current_cred();

	if (put_user(c->gid, rgid) || put_user(c->egid, egid) || put_user(c->sgid, sgid))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE1(setfsgid, gid_t, gid)
{
	gid_t before = current_fsgid();
	struct cred *new;

	if (gid == NO_ID || gid == before || !(is_own_gid(gid) || capable(CAP_SETGID)))
		return before;
	new = prepare_creds();
	if (!new)
		return before;
	new->fsgid = gid;
	commit_creds(new);
	return before;
}

SYSCALL_DEFINE2(getgroups, int, size, gid_t __user *, list)
{
	const struct group_info *gi = current_cred()->group_info;

	if (size < 0)
		return -EINVAL;
	if (size && gi->ngroups > size)
		return -EINVAL;
	if (size && copy_to_user(list, gi->gid, gi->ngroups * sizeof(gid_t)))
		return -EFAULT;
	return gi->ngroups;
}

static int compare_gids(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return x < y ? -1 : x > y;
}

SYSCALL_DEFINE2(setgroups, int, size, const gid_t __user *, list)
{
	struct group_info *gi;
	struct cred *new;

	if (!capable(CAP_SETGID))
		return -EPERM;
	if ((unsigned int)size > NGROUPS_MAX)
		return -EINVAL;
	gi = groups_alloc(size);
	if (!gi)
		return -ENOMEM;
	if (copy_from_user(gi->gid, list, size * sizeof(gid_t))) {
		put_group_info(gi);
		return -EFAULT;
	}
	sort(gi->gid, size, sizeof(gid_t), compare_gids);
	new = prepare_creds();
	if (!new) {
		put_group_info(gi);
		return -ENOMEM;
	}
	put_group_info(new->group_info);
	new->group_info = gi;
	commit_creds(new);
	return 0;
}
