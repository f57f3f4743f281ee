/* SPDX-License-Identifier: MIT */
/*
 * Mounts: where super blocks appear in the name space. A vfsmount is what a path points to; the
 * tree around it (struct mount) is private to fs/namespace.c and fs/namei.c (fs/mount_internal.h).
 */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include <lib/types.h>
#include <fs/fs.h>
#include <fs/path.h>

#define MNT_NOSUID	0x01
#define MNT_NODEV	0x02
#define MNT_NOEXEC	0x04
#define MNT_NOATIME	0x08
#define MNT_NODIRATIME	0x10
#define MNT_RELATIME	0x20
#define MNT_READONLY	0x40
#define MNT_NOSYMFOLLOW 0x80
#define MNT_UNBINDABLE	0x2000 /* not to be bound elsewhere; namespace_sem */
#define MNT_INTERNAL	0x4000 /* kern_mount(): never in a name space */
#define MNT_USER_MASK	0xff

struct vfsmount {
	struct dentry *mnt_root; /* constant; referenced */
	struct super_block *mnt_sb; /* constant; active reference */
	int mnt_flags; /* MNT_*; mount_lock */
};

/* References. mntput() of the last one unmounts the super block and may sleep. NULL is fine. */
struct vfsmount *mntget(struct vfsmount *mnt);
void mntput(struct vfsmount *mnt);
/*
 * Before and after changing anything through the mount: -EROFS when it or its file system is
 * read-only.
 */
int mnt_want_write(struct vfsmount *mnt);
void mnt_drop_write(struct vfsmount *mnt);
bool __mnt_is_readonly(const struct vfsmount *mnt);
/* nosuid and noexec of the mount or of its super block. */
bool path_noexec(const struct path *path);
bool mnt_may_suid(const struct vfsmount *mnt);

/*
 * mount(2), umount2(2), pivot_root(2) with kernel strings; MS_ and MNT_ flags of the ABI. -EPERM
 * without CAP_SYS_ADMIN is checked here. @data is a writable option string or NULL.
 */
int do_mount(const char *source, const char *target, const char *fstype, unsigned long flags,
	     char *data);
int do_umount(const char *target, int flags);
int do_move_mount(const struct path *from, const struct path *to);
/* Mounts @type at @mountpoint with the kernel's rights: prepare_namespace(), devtmpfs, tests. */
int init_mount(const char *source, const char *target, const char *fstype, unsigned long flags,
	       char *data);
int init_umount(const char *target, int flags);
/* Switches the root of all: chdir(new), mount --move . /, chroot. For root= at boot. */
int init_switch_root(const char *newroot);

struct seq_file;
/* /proc/pid/mounts, mountinfo: the mounts visible from @root, one line each. */
int show_mounts(struct seq_file *m, const struct path *root);
int show_mountinfo(struct seq_file *m, const struct path *root);

void mnt_init(void);

#endif
