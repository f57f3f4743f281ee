/* SPDX-License-Identifier: MIT */
/*
 * Paths as text, built from the end backwards. Names and parents are read under RCU and confirmed
 * by dcache_seq.
 */
#include <lib/err.h>
#include <lib/printf.h>
#include <kernel/syscall.h>
#include <uapi/limits.h>
#include "internal.h"

struct prepend {
	char *p; /* first byte written */
	int left; /* room before it; negative: it did not fit */
};

static void prepend(struct prepend *b, const char *s, int len)
{
	b->left -= len;
	if (b->left < 0)
		return;
	b->p -= len;
	memcpy(b->p, s, len);
}

/*
 * A name may change while it is copied; then the result is thrown away, but it must stay inside
 * both buffers.
 */
static void prepend_name(struct prepend *b, const struct dentry *d)
{
	const char *name = READ_ONCE(d->d_name.name);
	int len = strnlen(name, READ_ONCE(d->d_name.len));

	prepend(b, name, len);
	prepend(b, "/", 1);
}

/* From @path up to @root (NULL: up to the top). 0, or 1 if @root was never met. */
static int prepend_path(const struct path *path, const struct path *root, struct prepend *b)
{
	struct vfsmount *mnt = path->mnt;
	const struct dentry *d = path->dentry;

	while (!root || d != root->dentry || mnt != root->mnt) {
		struct mount *m = real_mount(mnt);

		if (d == mnt->mnt_root) {
			if (!mnt_has_parent(m))
				return root ? 1 : 0;
			d = READ_ONCE(m->mnt_mountpoint);
			mnt = &READ_ONCE(m->mnt_parent)->mnt;
			continue;
		}
		if (IS_ROOT(d))
			return 1; /* a tree that hangs nowhere */
		prepend_name(b, d);
		d = READ_ONCE(d->d_parent);
	}
	return 0;
}

static int walk_up(const struct path *path, const struct path *root, struct prepend *b)
{
	struct prepend start = *b;
	unsigned int seq;
	int outside;

	rcu_read_lock();
	do {
		*b = start;
		seq = read_seqcount_begin(&dcache_seq);
		outside = prepend_path(path, root, b);
	} while (read_seqcount_retry(&dcache_seq, seq));
	rcu_read_unlock();
	return outside;
}

static struct prepend at_end(char *buf, int len)
{
	struct prepend b = {.p = buf + len, .left = len};

	prepend(&b, "", 1);
	return b;
}

static char *finish(struct prepend *b, const char *start)
{
	if (b->left > 0 && b->p == start)
		prepend(b, "/", 1);
	return b->left < 0 ? ERR_PTR(-ENAMETOOLONG) : b->p;
}

static char *path_from_root(const struct path *path, const struct path *root, char *buf, int len,
			    bool *outside)
{
	struct prepend b = at_end(buf, len);
	const char *start;

	if (d_unlinked(path->dentry))
		prepend(&b, " (deleted)", 10);
	start = b.p;
	*outside = walk_up(path, root, &b) > 0;
	return finish(&b, start);
}

char *d_path(const struct path *path, char *buf, int len)
{
	struct path root;
	bool outside;
	char *s;

	if (path->dentry->d_op && path->dentry->d_op->d_dname &&
	    (path->dentry->d_flags & DCACHE_PSEUDO))
		return path->dentry->d_op->d_dname(path->dentry, buf, len);
	/* memfd, System V segments: a file of the kernel's tmpfs that never had a name there. */
	if (path->dentry->d_flags & DCACHE_PSEUDO) {
		struct prepend b = at_end(buf, len);

		prepend(&b, " (deleted)", 10);
		prepend(&b, path->dentry->d_name.name, path->dentry->d_name.len);
		prepend(&b, "/", 1);
		return b.left < 0 ? ERR_PTR(-ENAMETOOLONG) : b.p;
	}
	get_fs_root(current->fs, &root);
	s = path_from_root(path, &root, buf, len, &outside);
	path_put(&root);
	return s;
}

char *d_absolute_path(const struct path *path, char *buf, int len)
{
	bool outside;

	return path_from_root(path, NULL, buf, len, &outside);
}

char *dentry_path_raw(struct dentry *dentry, char *buf, int len)
{
	struct prepend b = at_end(buf, len), start = b;
	const struct dentry *d;
	unsigned int seq;

	rcu_read_lock();
	do {
		b = start;
		seq = read_seqcount_begin(&dcache_seq);
		for (d = dentry; !IS_ROOT(d); d = READ_ONCE(d->d_parent))
			prepend_name(&b, d);
	} while (read_seqcount_retry(&dcache_seq, seq));
	rcu_read_unlock();
	return finish(&b, start.p);
}

char *file_path(struct file *file, char *buf, int len)
{
	return d_path(&file->f_path, buf, len);
}

char *dynamic_dname(char *buf, int len, const char *fmt, ...)
{
	char text[64];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args) + 1;
	va_end(args);
	if (n > sizeof(text) || n > len)
		return ERR_PTR(-ENAMETOOLONG);
	return memcpy(buf + len - n, text, n);
}

/* getcwd(2): "(unreachable)/..." when the cwd is outside the root. */
static long do_getcwd(char *page, char __user *ubuf, unsigned long size)
{
	struct path root, pwd;
	bool outside = false;
	long len;
	char *s;

	get_fs_root(current->fs, &root);
	get_fs_pwd(current->fs, &pwd);
	if (d_unlinked(pwd.dentry))
		s = ERR_PTR(-ENOENT);
	else
		s = path_from_root(&pwd, &root, page, PATH_MAX, &outside);
	path_put(&pwd);
	path_put(&root);
	if (IS_ERR(s))
		return PTR_ERR(s);
	if (outside) {
		s -= 13;
		if (s < page)
			return -ENAMETOOLONG;
		memcpy(s, "(unreachable)", 13);
	}
	len = page + PATH_MAX - s;
	if (len > size)
		return -ERANGE;
	return copy_to_user(ubuf, s, len) ? -EFAULT : len;
}

SYSCALL_DEFINE2(getcwd, char __user *, buf, unsigned long, size)
{
	char *page = kmalloc(PATH_MAX, GFP_KERNEL);
	long len;

	if (!page)
		return -ENOMEM;
	len = do_getcwd(page, buf, size);
	kfree(page);
	return len;
}
