/* SPDX-License-Identifier: MIT */
/*
 * Names to objects: path lookup (path_resolution(7)) and names copied from user memory.
 *
 * A walk starts inside rcu_read_lock() and takes no reference until its end; it notes dcache_seq
 * first and, if that moved or something must sleep, is done again with references (ref-walk).
 */
#ifndef FS_NAMEI_H
#define FS_NAMEI_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <fs/fs.h>
#include <fs/path.h>

struct kstat;

#define LOOKUP_FOLLOW	     0x0001 /* follow a symlink in the last place */
#define LOOKUP_DIRECTORY     0x0002 /* the result must be a directory */
#define LOOKUP_EMPTY	     0x0004 /* "" names the start */
#define LOOKUP_PARENT	     0x0010 /* stop before the last component */
#define LOOKUP_REVAL	     0x0020
#define LOOKUP_RCU	     0x0040 /* internal: inside rcu_read_lock() */
#define LOOKUP_OPEN	     0x0100
#define LOOKUP_CREATE	     0x0200
#define LOOKUP_EXCL	     0x0400
#define LOOKUP_RENAME_TARGET 0x0800
#define LOOKUP_NO_SYMLINKS   0x1000 /* openat2 RESOLVE_* */
#define LOOKUP_NO_MAGICLINKS 0x2000
#define LOOKUP_NO_XDEV	     0x4000
#define LOOKUP_BENEATH	     0x8000
#define LOOKUP_IN_ROOT	     0x10000
#define LOOKUP_CACHED	     0x20000
#define LOOKUP_AUTOMOUNT     0x40000

#define MAXSYMLINKS	     40
#define NAME_MAX_LEN	     255

/*
 * A path name in kernel memory. Short ones live in the struct, which callers keep on their stack;
 * long ones in a page-sized buffer. Padded so that a word may be read past the NUL.
 */
#define FILENAME_INLINE 120
struct filename {
	const char *name; /* NUL-terminated, < PATH_MAX */
	char *buf; /* allocated, or NULL */
	char iname[FILENAME_INLINE + 8];
};

/*
 * Copies the name at @uname: 0, -EFAULT, -ENAMETOOLONG, -ENOMEM, or -ENOENT for "" unless
 * LOOKUP_EMPTY.
 */
int getname_flags(struct filename *fn, const char __user *uname, unsigned int lookup_flags);
static inline int getname(struct filename *fn, const char __user *uname)
{
	return getname_flags(fn, uname, 0);
}
/* The same from a kernel string. */
int getname_kernel(struct filename *fn, const char *name);
void putname(struct filename *fn);

/* Resolves @name from @dfd (AT_FDCWD: the cwd): *path referenced. May sleep. */
int filename_lookup(int dfd, struct filename *name, unsigned int flags, struct path *path);
int user_path_at(int dfd, const char __user *name, unsigned int flags, struct path *path);
int kern_path(const char *name, unsigned int flags, struct path *path);
/* From an explicit start, whose own root is @root's. */
int vfs_path_lookup(const struct path *start, const char *name, unsigned int flags,
		    struct path *path);

/*
 * A negative dentry for a name about to be made (LOOKUP_DIRECTORY: "a/" is fine). The parent is
 * locked and the mount write-claimed until done_path_create(). -EEXIST when there is one.
 */
struct dentry *filename_create(int dfd, struct filename *name, struct path *path,
			       unsigned int flags);
struct dentry *kern_path_create(int dfd, const char *name, struct path *path, unsigned int flags);
void done_path_create(struct path *path, struct dentry *dentry);

/* One level up across mounts, as ".." does, without leaving the caller's root. path is replaced. */
int follow_up(struct path *path);
/* Onto what is mounted there, on top of all. path is replaced. */
void follow_down(struct path *path);

/* do_x() of the calls; kernel strings, the caller's rights. */
long do_mkdirat(int dfd, struct filename *name, umode_t mode);
long do_mknodat(int dfd, struct filename *name, umode_t mode, dev_t dev);
long do_unlinkat(int dfd, struct filename *name);
long do_rmdir(int dfd, struct filename *name);
long do_symlinkat(struct filename *from, int newdfd, struct filename *to);
long do_linkat(int olddfd, struct filename *old, int newdfd, struct filename *new, int flags);
long do_renameat2(int olddfd, struct filename *from, int newdfd, struct filename *to,
		  unsigned int flags);

/* For early user space (initramfs): kernel strings, no caller. */
int init_mkdir(const char *name, umode_t mode);
int init_mknod(const char *name, umode_t mode, dev_t dev);
int init_symlink(const char *target, const char *name);
int init_link(const char *old, const char *new);
int init_unlink(const char *name);
int init_rmdir(const char *name);
int init_chdir(const char *name);
int init_chroot(const char *name);
int init_stat(const char *name, struct kstat *stat, unsigned int flags);
int init_access(const char *name);

/* open(2)'s flags, checked and taken apart. */
struct open_flags {
	int open_flag;
	umode_t mode;
	int acc_mode;
	int intent;
	int lookup_flags;
};

struct open_how;
/* 0 or -EINVAL. */
int build_open_flags(int flags, umode_t mode, u64 resolve, struct open_flags *op);
/* The same of openat2(2), which refuses more: -EINVAL, -EAGAIN. */
int build_open_how(const struct open_how *how, struct open_flags *op);
struct statx;
/* statx(2) of a name that was copied in. Sleeps. */
int do_statx(int dfd, struct filename *name, unsigned int flags, unsigned int mask,
	     struct statx __user *ux);
/* open(2) with a kernel name; *nothing installed. */
struct file *do_filp_open(int dfd, struct filename *name, const struct open_flags *op);

#endif
