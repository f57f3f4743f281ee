/* SPDX-License-Identifier: MIT */
/*
 * fsopen(2), fsconfig(2), fsmount(2), fspick(2): a file system is made step by step through a
 * descriptor of a context.
 *
 * States of a context: collecting options -> created (it has a root) -> mounted, after which only
 * reconfiguration is left; one from fspick() is born with a root and reconfigures only. A failed
 * creation is final. Its mutex serialises the calls.
 */
#include <lib/err.h>
#include <lib/printf.h>
#include <kernel/mutex.h>
#include <kernel/syscall.h>
#include <fs/file.h>
#include <uapi/capability.h>
#include "mount_tree.h"

enum fs_phase { FS_COLLECTING, FS_CREATED, FS_MOUNTED, FS_RECONFIGURING, FS_FAILED };

struct fs_context {
	struct mutex lock;
	enum fs_phase phase; /* lock, all below */
	struct file_system_type *type; /* constant */
	struct dentry *root; /* referenced; FS_CREATED: with an active super block */
	struct path picked; /* fspick(): what is reconfigured */
	char *source;
	unsigned int sb_flags;
	char *data; /* "a,b=c", a page; NULL: nothing yet */
	size_t used;
};

static const struct file_operations fscontext_fops;

/* ---- a context ------------------------------------------------------------------------------- */

static int fscontext_release(struct inode *inode, struct file *file)
{
	struct fs_context *fc = file->private_data;
	struct super_block *sb = fc->root ? fc->root->d_sb : NULL;

	if (fc->root) {
		dput(fc->root);
		deactivate_super(sb);
	}
	if (fc->picked.mnt)
		path_put(&fc->picked);
	kfree(fc->source);
	kfree(fc->data);
	kfree(fc);
	return 0;
}

/* Messages of the file system would be read here; there are none. */
static ssize_t fscontext_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	return -ENODATA;
}

static const struct file_operations fscontext_fops = {
	.read = fscontext_read,
	.release = fscontext_release,
	.llseek = no_llseek,
};

static struct fs_context *alloc_context(struct file_system_type *type, enum fs_phase phase)
{
	struct fs_context *fc = kzalloc(sizeof(*fc), GFP_KERNEL);

	if (!fc)
		return NULL;
	mutex_init(&fc->lock);
	fc->type = type;
	fc->phase = phase;
	return fc;
}

static int context_fd(struct fs_context *fc, int fd_flags)
{
	return anon_inode_getfd("[fscontext]", &fscontext_fops, fc, O_RDWR | fd_flags);
}

SYSCALL_DEFINE2(fsopen, const char __user *, uname, unsigned int, flags)
{
	struct file_system_type *type;
	struct fs_context *fc;
	char *name;
	int fd;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (flags & ~FSOPEN_CLOEXEC)
		return -EINVAL;
	name = strndup_user(uname, PAGE_SIZE);
	if (IS_ERR(name))
		return PTR_ERR(name);
	type = get_fs_type(name);
	kfree(name);
	if (!type)
		return -ENODEV;
	fc = alloc_context(type, FS_COLLECTING);
	if (!fc)
		return -ENOMEM;
	fd = context_fd(fc, flags & FSOPEN_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		kfree(fc);
	return fd;
}

SYSCALL_DEFINE3(fspick, int, dfd, const char __user *, name, unsigned int, flags)
{
	unsigned int how = flags & FSPICK_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct fs_context *fc;
	struct path path;
	int fd;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (flags &
	    ~(FSPICK_CLOEXEC | FSPICK_SYMLINK_NOFOLLOW | FSPICK_NO_AUTOMOUNT | FSPICK_EMPTY_PATH))
		return -EINVAL;
	if (flags & FSPICK_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	fd = user_path_at(dfd, name, how, &path);
	if (fd)
		return fd;
	fd = -EINVAL;
	if (path.mnt->mnt_root != path.dentry)
		goto out;
	fd = -ENOMEM;
	fc = alloc_context((struct file_system_type *)path.mnt->mnt_sb->s_type, FS_RECONFIGURING);
	if (!fc)
		goto out;
	fc->sb_flags = path.mnt->mnt_sb->s_flags;
	fd = context_fd(fc, flags & FSPICK_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0) {
		kfree(fc);
		goto out;
	}
	fc->picked = path;
	return fd;
out:
	path_put(&path);
	return fd;
}

/* ---- fsconfig(2) ----------------------------------------------------------------------------- */

static const struct {
	const char *name;
	unsigned int set, clear;
} sb_flag_names[] = {
	{"ro", SB_RDONLY, 0},		{"rw", 0, SB_RDONLY},	    {"sync", SB_SYNCHRONOUS, 0},
	{"async", 0, SB_SYNCHRONOUS},	{"dirsync", SB_DIRSYNC, 0}, {"lazytime", SB_LAZYTIME, 0},
	{"nolazytime", 0, SB_LAZYTIME}, {"mand", SB_MANDLOCK, 0},   {"nomand", 0, SB_MANDLOCK},
};

static bool set_sb_flag(struct fs_context *fc, const char *key)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sb_flag_names); i++) {
		if (strcmp(key, sb_flag_names[i].name))
			continue;
		fc->sb_flags = (fc->sb_flags | sb_flag_names[i].set) & ~sb_flag_names[i].clear;
		return true;
	}
	return false;
}

/* Adds "key" or "key=value" to the options. Commas separate options, so none may be in either. */
static int add_option(struct fs_context *fc, const char *key, const char *value)
{
	size_t len = strlen(key) + (value ? strlen(value) + 1 : 0) + 1;

	if (strchr(key, ',') || strchr(key, '=') || (value && strchr(value, ',')))
		return -EINVAL;
	if (fc->used + len + 1 > PAGE_SIZE)
		return -EINVAL;
	if (!fc->data)
		fc->data = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!fc->data)
		return -ENOMEM;
	fc->used += scnprintf(fc->data + fc->used, PAGE_SIZE - fc->used, "%s%s%s%s",
			      fc->used ? "," : "", key, value ? "=" : "", value ? value : "");
	return 0;
}

static int set_source(struct fs_context *fc, const char *value)
{
	if (fc->source)
		return -EINVAL;
	fc->source = kstrdup(value, GFP_KERNEL);
	return fc->source ? 0 : -ENOMEM;
}

static int set_parameter(struct fs_context *fc, unsigned int cmd, const char *key,
			 const char *value)
{
	if (fc->phase != FS_COLLECTING && fc->phase != FS_RECONFIGURING)
		return -EBUSY;
	/* These are what they are called, whatever is given with them. */
	if (set_sb_flag(fc, key))
		return 0;
	if (cmd == FSCONFIG_SET_FLAG)
		return add_option(fc, key, NULL);
	if (cmd != FSCONFIG_SET_STRING)
		return -EINVAL; /* no file system here has an option of that kind */
	if (!strcmp(key, "source"))
		return set_source(fc, value);
	return add_option(fc, key, value);
}

static int create_root(struct fs_context *fc)
{
	struct dentry *root;

	if (fc->phase != FS_COLLECTING)
		return -EBUSY;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	root = fc->type->mount(fc->type, fc->sb_flags, fc->source, fc->data);
	if (IS_ERR(root)) {
		fc->phase = FS_FAILED;
		return PTR_ERR(root);
	}
	fc->root = root;
	if (root->d_sb->s_flags & SB_NOUSER) {
		fc->phase = FS_FAILED;
		return -EINVAL;
	}
	fc->phase = FS_CREATED;
	return 0;
}

static int reconfigure(struct fs_context *fc)
{
	int err;

	if (fc->phase != FS_RECONFIGURING)
		return -EBUSY;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	down_write(&namespace_sem);
	err = remount_sb(fc->picked.mnt->mnt_sb, fc->sb_flags, fc->data);
	up_write(&namespace_sem);
	kfree(fc->data);
	fc->data = NULL;
	fc->used = 0;
	return err;
}

/* Which of key, value and aux each command has. */
static int check_fsconfig(unsigned int cmd, const void __user *key, const void __user *value,
			  int aux)
{
	switch (cmd) {
	case FSCONFIG_SET_FLAG:
		return key && !value && !aux ? 0 : -EINVAL;
	case FSCONFIG_SET_STRING:
		return key && value && !aux ? 0 : -EINVAL;
	case FSCONFIG_SET_BINARY:
		return key && value && aux > 0 && aux <= 1024 * 1024 ? 0 : -EINVAL;
	case FSCONFIG_SET_PATH:
	case FSCONFIG_SET_PATH_EMPTY:
		return key && value && (aux == AT_FDCWD || aux >= 0) ? 0 : -EINVAL;
	case FSCONFIG_SET_FD:
		return key && !value && aux >= 0 ? 0 : -EINVAL;
	case FSCONFIG_CMD_CREATE:
	case FSCONFIG_CMD_RECONFIGURE:
		return !key && !value && !aux ? 0 : -EINVAL;
	default:
		return -EOPNOTSUPP;
	}
}

static int run_fsconfig(struct fs_context *fc, unsigned int cmd, const char *key, const char *value)
{
	int err;

	mutex_lock(&fc->lock);
	switch (cmd) {
	case FSCONFIG_CMD_CREATE:
		err = create_root(fc);
		break;
	case FSCONFIG_CMD_RECONFIGURE:
		err = reconfigure(fc);
		break;
	default:
		err = set_parameter(fc, cmd, key, value);
	}
	mutex_unlock(&fc->lock);
	return err;
}

/* The value of a command that has one, as text; NULL: none. */
static char *get_value(unsigned int cmd, const void __user *uvalue, int aux)
{
	struct fd f;

	switch (cmd) {
	case FSCONFIG_SET_STRING:
		return strndup_user(uvalue, 256);
	case FSCONFIG_SET_PATH:
	case FSCONFIG_SET_PATH_EMPTY:
		return strndup_user(uvalue, PAGE_SIZE);
	case FSCONFIG_SET_FD:
		f = fdget(aux);
		if (fd_empty(f))
			return ERR_PTR(-EBADF);
		fdput(f);
		return NULL;
	default:
		return NULL;
	}
}

static long fsconfig_strings(struct fs_context *fc, unsigned int cmd, const char __user *ukey,
			     const void __user *uvalue, int aux)
{
	char *key = NULL, *value;
	long err;

	if (ukey) {
		key = strndup_user(ukey, 256);
		if (IS_ERR(key))
			return PTR_ERR(key);
	}
	value = get_value(cmd, uvalue, aux);
	err = IS_ERR(value) ? PTR_ERR(value) : run_fsconfig(fc, cmd, key, value);
	if (!IS_ERR(value))
		kfree(value);
	kfree(key);
	return err;
}

SYSCALL_DEFINE5(fsconfig, int, fd, unsigned int, cmd, const char __user *, key, const void __user *,
		value, int, aux)
{
	struct fd f;
	long err;

	if (fd < 0)
		return -EINVAL;
	err = check_fsconfig(cmd, key, value, aux);
	if (err)
		return err;
	f = fdget(fd);
	if (fd_empty(f))
		return -EBADF;
	if (fd_file(f)->f_op != &fscontext_fops)
		err = -EINVAL;
	else
		err = fsconfig_strings(fd_file(f)->private_data, cmd, key, value, aux);
	fdput(f);
	return err;
}

/* ---- fsmount(2) ------------------------------------------------------------------------------ */

static struct mount *mount_context(struct fs_context *fc, int mnt_flags)
{
	struct super_block *sb;
	struct mount *m;

	if (fc->phase != FS_CREATED)
		return ERR_PTR(fc->phase == FS_COLLECTING ? -EINVAL : -EBUSY);
	m = alloc_mount(dget(fc->root), fc->source, mnt_flags);
	if (IS_ERR(m)) {
		dput(fc->root);
		return m;
	}
	/* The context's hold on the super block becomes the mount's. */
	sb = fc->root->d_sb;
	dput(fc->root);
	fc->root = NULL;
	fc->phase = FS_MOUNTED;
	WARN_ON_ONCE(m->mnt.mnt_sb != sb);
	return m;
}

SYSCALL_DEFINE3(fsmount, int, fd, unsigned int, flags, unsigned int, attr)
{
	int mnt_flags = mount_attr_flags(attr);
	struct fs_context *fc;
	struct mount *m;
	struct fd f;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (flags & ~FSMOUNT_CLOEXEC || mnt_flags < 0)
		return -EINVAL;
	f = fdget(fd);
	if (fd_empty(f))
		return -EBADF;
	if (fd_file(f)->f_op != &fscontext_fops) {
		fdput(f);
		return -EINVAL;
	}
	fc = fd_file(f)->private_data;
	mutex_lock(&fc->lock);
	m = mount_context(fc, mnt_flags);
	mutex_unlock(&fc->lock);
	fdput(f);
	return IS_ERR(m) ? PTR_ERR(m) : mount_new_fd(m, flags & FSMOUNT_CLOEXEC ? O_CLOEXEC : 0);
}
