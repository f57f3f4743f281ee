/* SPDX-License-Identifier: MIT */
/* What a mount and its super block allow: MS_REMOUNT of mount(2), mount_setattr(2). */
#include <lib/err.h>
#include <kernel/syscall.h>
#include <fs/file.h>
#include <uapi/capability.h>
#include "mount_tree.h"

/* ---- remount --------------------------------------------------------------------------------- */

/* The read-only flag of one mount; -EBUSY while somebody writes. See mnt_want_write(). */
int set_mnt_flags(struct mount *m, int flags)
{
	int old = m->mnt.mnt_flags;

	WRITE_ONCE(m->mnt.mnt_flags, (old & ~MNT_USER_MASK) | flags);
	if (!(flags & MNT_READONLY) || (old & MNT_READONLY))
		return 0;
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&m->mnt_writers, memory_order_relaxed))
		return 0;
	WRITE_ONCE(m->mnt.mnt_flags, old);
	return -EBUSY;
}

static bool sb_has_writers(const struct super_block *sb)
{
	struct mount *m;

	list_for_each_entry(m, &mount_list, mnt_list)
		if (m->mnt.mnt_sb == sb &&
		    atomic_load_explicit(&m->mnt_writers, memory_order_relaxed))
			return true;
	return false;
}

/* namespace_sem held for writing. */
int remount_sb(struct super_block *sb, unsigned int flags, char *data)
{
	unsigned int old = sb->s_flags;
	int err = 0;

	down_write(&sb->s_umount);
	if ((flags & SB_RDONLY) && !(old & SB_RDONLY)) {
		WRITE_ONCE(sb->s_flags, old | SB_RDONLY);
		atomic_thread_fence(memory_order_seq_cst); /* pairs with mnt_want_write() */
		if (sb_has_writers(sb))
			err = -EBUSY;
		else
			err = sync_filesystem(sb);
	}
	if (!err && sb->s_op->remount_fs)
		err = sb->s_op->remount_fs(sb, &flags, data);
	if (err)
		WRITE_ONCE(sb->s_flags, old);
	else
		WRITE_ONCE(
			sb->s_flags,
			(old & ~(SB_RDONLY | SB_SYNCHRONOUS | SB_DIRSYNC | SB_LAZYTIME)) |
				(flags & (SB_RDONLY | SB_SYNCHRONOUS | SB_DIRSYNC | SB_LAZYTIME)));
	up_write(&sb->s_umount);
	return err;
}

/* Without a word on access times they stay as they are (mount(2)). */
static int remount_flags(const struct mount *m, unsigned long flags)
{
	const int atime = MNT_NOATIME | MNT_NODIRATIME | MNT_RELATIME;
	int new = mnt_flags_of(flags);

	if (flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME))
		return new;
	return (new & ~atime) | (m->mnt.mnt_flags & atime);
}

int do_remount(const struct path *path, unsigned long flags, char *data)
{
	struct mount *m = real_mount(path->mnt);
	int err = 0;

	if (path->dentry != path->mnt->mnt_root)
		return -EINVAL;
	down_write(&namespace_sem);
	if (!check_mnt(m))
		err = -EINVAL;
	else if (!(flags & MS_BIND))
		err = remount_sb(path->mnt->mnt_sb, sb_flags_of(flags), data);
	if (!err)
		err = set_mnt_flags(m, remount_flags(m, flags));
	up_write(&namespace_sem);
	return err;
}

/* ---- mount_setattr(2) ------------------------------------------------------------------------ */

static const struct {
	u32 attr;
	int flag;
} attr_flags[] = {
	{MOUNT_ATTR_RDONLY, MNT_READONLY},	 {MOUNT_ATTR_NOSUID, MNT_NOSUID},
	{MOUNT_ATTR_NODEV, MNT_NODEV},		 {MOUNT_ATTR_NOEXEC, MNT_NOEXEC},
	{MOUNT_ATTR_NODIRATIME, MNT_NODIRATIME}, {MOUNT_ATTR_NOSYMFOLLOW, MNT_NOSYMFOLLOW},
};

#define MOUNT_ATTR_KNOWN                                                                \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | \
	 MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW)

static int plain_attr_flags(u64 attr)
{
	int flags = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(attr_flags); i++)
		if (attr & attr_flags[i].attr)
			flags |= attr_flags[i].flag;
	return flags;
}

static int atime_attr_flags(u64 attr)
{
	switch (attr & MOUNT_ATTR__ATIME) {
	case MOUNT_ATTR_RELATIME:
		return MNT_RELATIME;
	case MOUNT_ATTR_NOATIME:
		return MNT_NOATIME;
	case MOUNT_ATTR_STRICTATIME:
		return 0;
	default:
		return -EINVAL;
	}
}

int mount_attr_flags(u64 attr)
{
	int atime = attr & ~(u64)MOUNT_ATTR_KNOWN ? -EINVAL : atime_attr_flags(attr);

	return atime < 0 ? atime : atime | plain_attr_flags(attr);
}

/* A change of mounts: bits to clear, then to set, and a type of propagation or 0. */
struct mount_change {
	int clear, set;
	unsigned long propagation;
	bool recurse;
};

static int build_change(const struct mount_attr *attr, struct mount_change *c)
{
	int atime = 0;

	if (attr->propagation & ~(u64)MS_PROPAGATION ||
	    (attr->propagation & (attr->propagation - 1)))
		return -EINVAL;
	if ((attr->attr_set | attr->attr_clr) & ~(u64)MOUNT_ATTR_KNOWN || attr->userns_fd)
		return -EINVAL;
	c->propagation = attr->propagation;
	c->clear = plain_attr_flags(attr->attr_clr);
	c->set = plain_attr_flags(attr->attr_set);
	/* Access times are one setting: it is cleared as a whole, and only then set. */
	if (attr->attr_clr & MOUNT_ATTR__ATIME) {
		if ((attr->attr_clr & MOUNT_ATTR__ATIME) != MOUNT_ATTR__ATIME)
			return -EINVAL;
		atime = atime_attr_flags(attr->attr_set);
		if (atime < 0)
			return atime;
		c->clear |= MNT_RELATIME | MNT_NOATIME;
		c->set |= atime;
	} else if (attr->attr_set & MOUNT_ATTR__ATIME) {
		return -EINVAL;
	}
	return 0;
}

static int changed_flags(const struct mount *m, const struct mount_change *c)
{
	return (m->mnt.mnt_flags & MNT_USER_MASK & ~c->clear) | c->set;
}

/* All or nothing: a mount that cannot become read-only undoes the others. */
static int change_mounts(struct mount *top, const struct mount_change *c)
{
	struct mount *m, *failed = NULL;
	int err = 0;

	for (m = top; m && !err; m = c->recurse ? next_mnt(m, top) : NULL) {
		m->mnt_old_flags = m->mnt.mnt_flags & MNT_USER_MASK;
		err = set_mnt_flags(m, changed_flags(m, c));
		if (err)
			failed = m;
	}
	if (!err && c->propagation)
		return change_tree_propagation(top, c->propagation, c->recurse);
	for (m = top; m && err && m != failed; m = next_mnt(m, top))
		WRITE_ONCE(m->mnt.mnt_flags,
			   (m->mnt.mnt_flags & ~MNT_USER_MASK) | m->mnt_old_flags);
	return err;
}

static int do_mount_setattr(const struct path *path, const struct mount_change *c)
{
	struct mount *m = real_mount(path->mnt);
	int err = -EINVAL;

	if (path->dentry != path->mnt->mnt_root)
		return err;
	down_write(&namespace_sem);
	if (check_mnt(m) || m->mnt_detached)
		err = change_mounts(m, c);
	up_write(&namespace_sem);
	return err;
}

static int get_mount_attr(struct mount_attr *attr, const void __user *uattr, size_t usize)
{
	if (usize > PAGE_SIZE)
		return -E2BIG;
	if (usize < MOUNT_ATTR_SIZE_VER0)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return copy_struct_from_user(attr, sizeof(*attr), uattr, usize);
}

SYSCALL_DEFINE5(mount_setattr, int, dfd, const char __user *, name, unsigned int, flags,
		struct mount_attr __user *, uattr, size_t, usize)
{
	struct mount_change c = {.recurse = flags & AT_RECURSIVE};
	unsigned int how = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct mount_attr attr;
	struct path path;
	int err;

	if (flags & ~(AT_EMPTY_PATH | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
		return -EINVAL;
	err = get_mount_attr(&attr, uattr, usize);
	if (err)
		return err;
	if (!attr.attr_set && !attr.attr_clr && !attr.propagation)
		return 0;
	err = build_change(&attr, &c);
	if (err)
		return err;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	err = user_path_at(dfd, name, how, &path);
	if (err)
		return err;
	err = do_mount_setattr(&path, &c);
	path_put(&path);
	return err;
}
