/* SPDX-License-Identifier: MIT */
/*
 * Path resolution (path_resolution(7)). <fs/namei.h> is the interface, Documentation/vfs.md the
 * theory: a walk runs under RCU without references and is confirmed as a whole at its end by
 * dcache_seq; on -ECHILD it is done again with references.
 */
#include <lib/err.h>
#include <fs/file.h>
#include "nameidata.h"

/* ---- start and end --------------------------------------------------------------------------- */

static void fs_path_rcu(const struct fs_struct *fs, const struct path *from, struct path *to)
{
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&fs->seq);
		to->mnt = READ_ONCE(from->mnt);
		to->dentry = READ_ONCE(from->dentry);
	} while (read_seqcount_retry(&fs->seq, seq));
}

static void set_root(struct nameidata *nd)
{
	if (nd->root.mnt)
		return;
	if (nd_rcu(nd)) {
		fs_path_rcu(current->fs, &current->fs->root, &nd->root);
		return;
	}
	get_fs_root(current->fs, &nd->root);
	nd->root_ref = true;
}

static void nd_put_path(struct nameidata *nd)
{
	if (!nd_rcu(nd))
		path_put(&nd->path);
}

/* To the root that absolute names start from. */
static int jump_root(struct nameidata *nd)
{
	if (unlikely(nd->flags & LOOKUP_BENEATH))
		return -EXDEV;
	set_root(nd);
	if (unlikely(nd->flags & LOOKUP_NO_XDEV) && nd->path.mnt && nd->path.mnt != nd->root.mnt)
		return -EXDEV;
	if (nd->path.mnt)
		nd_put_path(nd);
	nd->path = nd->root;
	if (!nd_rcu(nd))
		path_get(&nd->path);
	nd->inode = nd->path.dentry->d_inode;
	return 0;
}

static int start_at_fd(struct nameidata *nd, const char *name)
{
	struct fd f = fdget_raw(nd->dfd);
	struct file *file = fd_file(f);
	int err = 0;

	if (fd_empty(f))
		return -EBADF;
	if (*name && !S_ISDIR(file->f_inode->i_mode)) {
		err = -ENOTDIR;
	} else {
		nd->path = file->f_path;
		nd->inode = file->f_inode;
		if (!nd_rcu(nd))
			path_get(&nd->path);
	}
	fdput(f);
	return err;
}

static void start_at_cwd(struct nameidata *nd)
{
	if (nd_rcu(nd))
		fs_path_rcu(current->fs, &current->fs->pwd, &nd->path);
	else
		get_fs_pwd(current->fs, &nd->path);
	nd->inode = nd->path.dentry->d_inode;
}

/* LOOKUP_BENEATH and LOOKUP_IN_ROOT: where the walk starts is also its root. */
static void scope_root(struct nameidata *nd)
{
	nd->root = nd->path;
	if (nd_rcu(nd))
		return;
	path_get(&nd->root);
	nd->root_ref = true;
}

static int start_at(struct nameidata *nd, const char *name)
{
	int err = 0;

	if (*name == '/' && (nd->flags & LOOKUP_BENEATH))
		return -EXDEV;
	if (*name == '/' && !(nd->flags & LOOKUP_IN_ROOT))
		return jump_root(nd);
	if (nd->root_given) {
		nd->path = nd->root;
		nd->inode = nd->path.dentry->d_inode;
		if (!nd_rcu(nd))
			path_get(&nd->path);
		return 0;
	}
	if (nd->dfd == AT_FDCWD)
		start_at_cwd(nd);
	else
		err = start_at_fd(nd, name);
	if (!err && unlikely(nd->flags & (LOOKUP_IN_ROOT | LOOKUP_BENEATH)))
		scope_root(nd);
	return err;
}

const char *nd_start(struct nameidata *nd, const char *name, unsigned int flags)
{
	int err;

	nd->flags = flags;
	nd->links = 0;
	nd->nr_held = 0;
	nd->root_ref = false;
	nd->path.mnt = NULL;
	nd->path.dentry = NULL;
	if (!nd->root_given)
		nd->root.mnt = NULL;
	if (flags & LOOKUP_RCU) {
		rcu_read_lock();
		nd->seq = raw_read_seqcount(&dcache_seq);
		if (unlikely(nd->seq & 1))
			return ERR_PTR(-ECHILD);
	}
	err = start_at(nd, name);
	return unlikely(err) ? ERR_PTR(err) : name;
}

void nd_end(struct nameidata *nd, bool keep)
{
	while (unlikely(nd->nr_held))
		dput(nd->held[--nd->nr_held]);
	if (nd_rcu(nd)) {
		rcu_read_unlock();
		nd->flags &= ~LOOKUP_RCU;
		return;
	}
	if (!keep && nd->path.mnt)
		path_put(&nd->path);
	if (nd->root_ref)
		path_put(&nd->root);
	nd->root_ref = false;
}

int nd_confirm(struct nameidata *nd, int err)
{
	if (nd_rcu(nd) && err != -ECHILD && read_seqcount_retry(&dcache_seq, nd->seq))
		return -ECHILD;
	return err;
}

/*
 * From borrowed to owned. The fence orders the count stores before the look at dcache_seq; it pairs
 * with the one in umount between moving dcache_seq and reading the counts: either we see the move,
 * or umount sees our count.
 */
static int legitimize(struct nameidata *nd)
{
	bool mnt_ok = mntget_rcu(nd->path.mnt);
	bool dentry_ok = mnt_ok && dget_rcu(nd->path.dentry);

	atomic_thread_fence(memory_order_seq_cst);
	nd->flags &= ~LOOKUP_RCU;
	if (likely(dentry_ok) && likely(nd->path.dentry->d_inode == nd->inode) &&
	    likely(!read_seqcount_retry(&dcache_seq, nd->seq))) {
		rcu_read_unlock();
		return 0;
	}
	rcu_read_unlock();
	if (dentry_ok)
		dput(nd->path.dentry);
	if (mnt_ok)
		mntput(nd->path.mnt);
	nd->path.mnt = NULL;
	return -ECHILD;
}

int complete_walk(struct nameidata *nd)
{
	if (nd_rcu(nd))
		return legitimize(nd);
	/* A concurrent rename can carry a ref-walk out of its scope. */
	if (unlikely(nd->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT)) &&
	    !path_is_under(&nd->path, &nd->root))
		return -EXDEV;
	return 0;
}

/* ---- mounts and ".." ------------------------------------------------------------------------- */

/*
 * Across mounts on *path downwards. RCU: borrowed. Else path's dentry is a reference of ours and
 * mnt borrowed from nd.
 */
static bool cross_mounts_rcu(struct nameidata *nd, struct path *path)
{
	while (unlikely(READ_ONCE(path->dentry->d_flags) & DCACHE_MOUNTED)) {
		struct mount *m = __lookup_mnt(path->mnt, path->dentry);

		if (!m)
			break;
		if (unlikely(nd->flags & LOOKUP_NO_XDEV))
			return false;
		path->mnt = &m->mnt;
		path->dentry = m->mnt.mnt_root;
	}
	return true;
}

/* @path is owned; it stays so, on another mount perhaps. */
static int cross_mounts(struct nameidata *nd, struct path *path)
{
	while (unlikely(READ_ONCE(path->dentry->d_flags) & DCACHE_MOUNTED)) {
		struct vfsmount *m = lookup_mnt(path);

		if (!m)
			break;
		if (unlikely(nd->flags & LOOKUP_NO_XDEV)) {
			mntput(m);
			return -EXDEV;
		}
		path_put(path);
		path->mnt = m;
		path->dentry = dget(m->mnt_root);
	}
	return 0;
}

/* ".." in an RCU walk: nothing is owned, everything is confirmed at the end. */
static int dotdot_rcu(struct nameidata *nd)
{
	struct path p = nd->path;

	for (;;) {
		struct mount *m = real_mount(p.mnt);

		if (path_equal(&p, &nd->root))
			return nd->flags & LOOKUP_BENEATH ? -EXDEV : 0;
		if (p.dentry != p.mnt->mnt_root) {
			p.dentry = READ_ONCE(p.dentry->d_parent);
			break;
		}
		if (!mnt_has_parent(m))
			return 0;
		if (nd->flags & LOOKUP_NO_XDEV)
			return -EXDEV;
		p.dentry = READ_ONCE(m->mnt_mountpoint);
		p.mnt = &READ_ONCE(m->mnt_parent)->mnt;
	}
	if (!cross_mounts_rcu(nd, &p))
		return -EXDEV;
	nd->path = p;
	nd->inode = READ_ONCE(p.dentry->d_inode);
	return nd->inode ? 0 : -ECHILD;
}

static int dotdot(struct nameidata *nd)
{
	struct dentry *parent;
	int err;

	for (;;) {
		if (path_equal(&nd->path, &nd->root))
			return nd->flags & LOOKUP_BENEATH ? -EXDEV : 0;
		if (nd->path.dentry != nd->path.mnt->mnt_root)
			break;
		if (!follow_up(&nd->path))
			return 0;
		if (nd->flags & LOOKUP_NO_XDEV)
			return -EXDEV;
	}
	parent = dget_parent(nd->path.dentry);
	dput(nd->path.dentry);
	nd->path.dentry = parent;
	err = cross_mounts(nd, &nd->path);
	nd->inode = nd->path.dentry->d_inode;
	return err;
}

static int walk_dots(struct nameidata *nd)
{
	if (nd->last_type != LAST_DOTDOT)
		return 0;
	set_root(nd);
	return nd_rcu(nd) ? dotdot_rcu(nd) : dotdot(nd);
}

/* ---- symlinks -------------------------------------------------------------------------------- */

static const char *jump_magic(struct nameidata *nd, struct dentry *link, struct inode *inode)
{
	struct path to;
	int err;

	if (nd->flags & LOOKUP_NO_MAGICLINKS)
		return ERR_PTR(-ELOOP);
	if (nd->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT | LOOKUP_NO_XDEV))
		return ERR_PTR(-EXDEV);
	err = inode->i_op->get_path(link, &to);
	if (err)
		return ERR_PTR(err);
	path_put(&nd->path);
	nd->path = to;
	nd->inode = to.dentry->d_inode;
	return NULL;
}

static const char *link_text(struct nameidata *nd, struct dentry *link, struct inode *inode)
{
	if (inode->i_link)
		return inode->i_link;
	if (!inode->i_op->get_link)
		return ERR_PTR(-EINVAL);
	return inode->i_op->get_link(nd_rcu(nd) ? NULL : link, inode);
}

/*
 * Follows @link, which is a name in nd->path. Ref-walk: the reference on @link is consumed. Returns
 * the text to walk, NULL when the link led there by itself (/proc/self/fd/3), or ERR_PTR.
 */
static const char *follow_link(struct nameidata *nd, struct dentry *link, struct inode *inode)
{
	struct path p = {.mnt = nd->path.mnt, .dentry = link};
	const char *text;
	int err;

	if (!nd_rcu(nd))
		nd->held[nd->nr_held++] = link; /* room: nr_held <= links < MAXSYMLINKS */
	if (unlikely(nd->flags & LOOKUP_NO_SYMLINKS) ||
	    unlikely(nd->path.mnt->mnt_flags & MNT_NOSYMFOLLOW))
		return ERR_PTR(-ELOOP);
	if (nd_rcu(nd) && inode->i_op->get_path)
		return ERR_PTR(-ECHILD);
	if (atime_needs_update(&p, inode)) {
		if (nd_rcu(nd))
			return ERR_PTR(-ECHILD);
		touch_atime(&p);
	}
	if (inode->i_op->get_path)
		return jump_magic(nd, link, inode);
	text = link_text(nd, link, inode);
	if (IS_ERR(text))
		return text;
	if (!text || !*text)
		return ERR_PTR(-ENOENT);
	if (*text == '/') {
		err = jump_root(nd);
		if (err)
			return ERR_PTR(err);
	}
	return text;
}

/* ---- one component --------------------------------------------------------------------------- */

static int may_lookup(struct nameidata *nd)
{
	struct inode *inode = nd->inode;

	/* A directory that everybody may search, without rules of its own: nearly always. */
	if (likely((inode->i_mode & (S_IFMT | S_IXUGO)) == (S_IFDIR | S_IXUGO)) &&
	    likely(inode->i_flags & S_MODEPERM))
		return 0;
	if (!S_ISDIR(inode->i_mode))
		return -ENOTDIR;
	return inode_permission(inode, MAY_EXEC | (nd_rcu(nd) ? MAY_NOT_BLOCK : 0));
}

static bool wants_follow(const struct nameidata *nd, const struct inode *inode, bool trailing)
{
	return S_ISLNK(inode->i_mode) && (!trailing || (nd->flags & LOOKUP_FOLLOW));
}

/* After the link count: -ELOOP past the limit. */
static bool too_many_links(struct nameidata *nd)
{
	return unlikely(nd->links++ >= MAXSYMLINKS);
}

/*
 * A miss in a directory whose names are all cached is an answer. A negative dentry is one only if
 * it is not dying: dentry_kill() leaves d_inode, so NULL here was d_delete()'s or the file system's
 * word.
 */
static const char *step_rcu(struct nameidata *nd, bool trailing)
{
	struct dentry *dentry = __d_lookup_rcu(nd->path.dentry, &nd->last);
	struct path p = {.mnt = nd->path.mnt, .dentry = dentry};
	struct inode *inode;

	if (unlikely(!dentry))
		return ERR_PTR(nd->inode->i_flags & S_ALLCACHED ? -ENOENT : -ECHILD);
	if (unlikely(READ_ONCE(dentry->d_flags) & (DCACHE_MOUNTED | DCACHE_OP_REVALIDATE))) {
		if ((dentry->d_flags & DCACHE_OP_REVALIDATE) &&
		    dentry->d_op->d_revalidate(dentry, nd->flags) <= 0)
			return ERR_PTR(-ECHILD);
		if (!cross_mounts_rcu(nd, &p))
			return ERR_PTR(-EXDEV);
	}
	inode = smp_load_acquire(&p.dentry->d_inode); /* pairs with __d_set_inode() */
	if (unlikely(!inode))
		return ERR_PTR(-ENOENT);
	if (unlikely(wants_follow(nd, inode, trailing))) {
		if (too_many_links(nd))
			return ERR_PTR(-ELOOP);
		return follow_link(nd, p.dentry, inode);
	}
	nd->path = p;
	nd->inode = inode;
	return NULL;
}

static struct dentry *lookup_cached(const struct qstr *name, struct dentry *base,
				    unsigned int flags)
{
	struct dentry *dentry = d_lookup(base, name);
	int ok;

	if (!dentry || !(dentry->d_flags & DCACHE_OP_REVALIDATE))
		return dentry;
	ok = dentry->d_op->d_revalidate(dentry, flags);
	if (ok > 0)
		return dentry;
	if (ok == 0)
		d_invalidate(dentry);
	dput(dentry);
	return ok < 0 ? ERR_PTR(ok) : NULL;
}

/* @base's i_rwsem is held exclusively. */
struct dentry *lookup_one_qstr(const struct qstr *name, struct dentry *base, unsigned int flags)
{
	struct inode *dir = base->d_inode;
	struct dentry *dentry = lookup_cached(name, base, flags), *other;

	if (dentry)
		return dentry;
	if (IS_DEADDIR(dir))
		return ERR_PTR(-ENOENT);
	if (!dir->i_op->lookup)
		return ERR_PTR(-ENOTDIR);
	dentry = d_alloc(base, name);
	if (!dentry)
		return ERR_PTR(-ENOMEM);
	other = dir->i_op->lookup(dir, dentry, flags);
	if (unlikely(other)) {
		dput(dentry);
		dentry = other;
	}
	return dentry;
}

static struct dentry *lookup_slow(const struct qstr *name, struct dentry *base, unsigned int flags)
{
	struct inode *dir = base->d_inode;
	struct dentry *dentry;

	if (!dir->i_op->lookup)
		return ERR_PTR(-ENOTDIR);
	if (dir->i_flags & S_ALLCACHED)
		return ERR_PTR(-ENOENT);
	inode_lock(dir);
	dentry = lookup_one_qstr(name, base, flags);
	inode_unlock(dir);
	return dentry;
}

const char *step_onto(struct nameidata *nd, struct dentry *dentry, bool trailing)
{
	struct path p = {.mnt = mntget(nd->path.mnt), .dentry = dentry};
	struct inode *inode;
	int err = cross_mounts(nd, &p);

	inode = p.dentry->d_inode;
	if (!err && !inode)
		err = -ENOENT;
	if (!err && unlikely(wants_follow(nd, inode, trailing))) {
		if (!too_many_links(nd)) {
			mntput(p.mnt);
			return follow_link(nd, p.dentry, inode);
		}
		err = -ELOOP;
	}
	if (err) {
		path_put(&p);
		return ERR_PTR(err);
	}
	path_put(&nd->path);
	nd->path = p;
	nd->inode = inode;
	return NULL;
}

static const char *walk_component(struct nameidata *nd, bool trailing)
{
	struct dentry *dentry;

	if (unlikely(nd->last_type != LAST_NORM))
		return ERR_PTR(walk_dots(nd));
	if (likely(nd_rcu(nd)))
		return step_rcu(nd, trailing);
	dentry = lookup_cached(&nd->last, nd->path.dentry, nd->flags);
	if (!dentry)
		dentry = lookup_slow(&nd->last, nd->path.dentry, nd->flags);
	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
	return step_onto(nd, dentry, trailing);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Measures and hashes the component at @name into nd->last; returns its end. */
static const char *next_component(struct nameidata *nd, const char *name)
{
	u64 hash = hash_name_init(nd->path.dentry), w, flags;
	unsigned int len = 0;

	for (;;) {
		w = load_name_word(name + len);
		flags = has_zero_or(w, REPEAT_BYTE('/'));
		if (likely(flags))
			break;
		hash = hash_name_mix(hash, w);
		len += 8;
	}
	w &= zero_byte_mask(flags);
	if (likely(w)) /* as full_name_hash(): a tail of no bytes is not mixed in */
		hash = hash_name_mix(hash, w);
	len += zero_byte_index(flags);
	nd->last.name = name;
	nd->last.hash = hash_name_end(hash, len);
	nd->last.len = len;
	nd->last_type = LAST_NORM;
	if (unlikely(*name == '.')) {
		if (len == 1)
			nd->last_type = LAST_DOT;
		else if (len == 2 && name[1] == '.')
			nd->last_type = LAST_DOTDOT;
	}
	return name + len;
}

static const char *skip_slashes(const char *s)
{
	while (*s == '/')
		s++;
	return s;
}

int link_path_walk(const char *name, struct nameidata *nd)
{
	unsigned int depth = 0;
	const char *link;
	int err;

	name = skip_slashes(name);
	nd->last_type = LAST_ROOT;
	if (!*name)
		return 0;
	for (;;) {
		err = may_lookup(nd);
		if (unlikely(err))
			return err;
		name = next_component(nd, name);
		if (unlikely(nd->last.len > NAME_MAX_LEN))
			return -ENAMETOOLONG;
		name = skip_slashes(name);
		if (!*name) {
			/* The last of all, or of a link's text with a name waiting behind it. */
			if (likely(!depth))
				return 0;
			name = nd->rest[--depth];
		}
		link = walk_component(nd, false);
		if (likely(!link))
			continue;
		if (IS_ERR(link))
			return PTR_ERR(link);
		nd->rest[depth++] = name;
		name = skip_slashes(link);
		if (!*name)
			name = nd->rest[--depth];
	}
}

const char *walk_last(struct nameidata *nd)
{
	if (nd->last_type == LAST_ROOT)
		return NULL;
	if (nd->last.name[nd->last.len])
		nd->flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
	return walk_component(nd, true);
}

/* ---- whole walks ----------------------------------------------------------------------------- */

/* To the end of @name, still in RCU if it was begun so. */
static int walk_whole(struct nameidata *nd, const char *name, unsigned int flags)
{
	const char *s = nd_start(nd, name, flags);
	int err;

	for (;;) {
		if (IS_ERR(s))
			return PTR_ERR(s);
		err = link_path_walk(s, nd);
		if (unlikely(err))
			return err;
		s = walk_last(nd);
		if (likely(!s))
			break;
	}
	if (unlikely(nd->flags & LOOKUP_DIRECTORY) && !S_ISDIR(nd->inode->i_mode))
		return -ENOTDIR;
	return 0;
}

static int walk_and_keep(struct nameidata *nd, const char *name, unsigned int flags,
			 struct path *path)
{
	int err = walk_whole(nd, name, flags);

	err = err ? nd_confirm(nd, err) : complete_walk(nd);
	if (!err)
		*path = nd->path;
	nd_end(nd, !err);
	return err;
}

static int lookup_nd(struct nameidata *nd, const char *name, unsigned int flags, struct path *path)
{
	int err = walk_and_keep(nd, name, flags | LOOKUP_RCU, path);

	if (unlikely(err == -ECHILD))
		err = flags & LOOKUP_CACHED ? -EAGAIN : walk_and_keep(nd, name, flags, path);
	return err;
}

int filename_lookup(int dfd, struct filename *name, unsigned int flags, struct path *path)
{
	struct nameidata nd;

	nd_init(&nd, dfd);
	return lookup_nd(&nd, name->name, flags, path);
}

int user_path_at(int dfd, const char __user *uname, unsigned int flags, struct path *path)
{
	struct filename name;
	int err = getname_flags(&name, uname, flags);

	if (err)
		return err;
	err = filename_lookup(dfd, &name, flags, path);
	putname(&name);
	return err;
}

int kern_path(const char *uname, unsigned int flags, struct path *path)
{
	struct filename name;
	int err = getname_kernel(&name, uname);

	if (err)
		return err;
	err = filename_lookup(AT_FDCWD, &name, flags, path);
	putname(&name);
	return err;
}

int vfs_path_lookup(const struct path *start, const char *name, unsigned int flags,
		    struct path *path)
{
	struct nameidata nd;

	nd_init(&nd, AT_FDCWD);
	nd.root = *start;
	nd.root_given = true;
	return lookup_nd(&nd, name, flags, path);
}

static int walk_parent(struct nameidata *nd, const char *name, unsigned int flags)
{
	const char *s = nd_start(nd, name, flags);
	int err;

	if (IS_ERR(s))
		err = PTR_ERR(s);
	else
		err = link_path_walk(s, nd);
	if (!err && !S_ISDIR(nd->inode->i_mode))
		err = -ENOTDIR;
	err = err ? nd_confirm(nd, err) : complete_walk(nd);
	nd_end(nd, !err);
	return err;
}

int filename_parentat(int dfd, struct filename *name, unsigned int flags, struct path *parent,
		      struct qstr *last, int *type)
{
	struct nameidata nd;
	int err;

	nd_init(&nd, dfd);
	err = walk_parent(&nd, name->name, flags | LOOKUP_RCU);
	if (unlikely(err == -ECHILD))
		err = walk_parent(&nd, name->name, flags);
	if (err)
		return err;
	*parent = nd.path;
	*last = nd.last;
	*type = nd.last_type;
	return 0;
}

/* ---- answers from inside RCU ----------------------------------------------------------------- */

/* Fills *stat if the inode needs no more than its own fields. */
static int stat_here(struct nameidata *nd, struct kstat *stat, u32 mask)
{
	if (!(nd->inode->i_flags & S_FASTATTR))
		return -ECHILD;
	generic_fillattr(nd->inode, stat);
	stat->mnt_id = real_mount(nd->path.mnt)->mnt_id;
	if (mask & STAT_ATTRIBUTES)
		stat_add_attributes(&nd->path, nd->inode, stat);
	return 0;
}

int filename_stat_rcu(int dfd, struct filename *name, unsigned int flags, struct kstat *stat,
		      u32 mask)
{
	struct nameidata nd;
	int err;

	nd_init(&nd, dfd);
	err = walk_whole(&nd, name->name, flags | LOOKUP_RCU);
	if (!err)
		err = stat_here(&nd, stat, mask);
	err = nd_confirm(&nd, err);
	nd_end(&nd, false);
	return err;
}

struct dentry *lookup_one_len(const char *name, struct dentry *base, int len)
{
	struct qstr q = {.name = name, .len = len};

	if (!len || len > NAME_MAX_LEN)
		return ERR_PTR(len ? -ENAMETOOLONG : -EACCES);
	q.hash = full_name_hash(base, name, len);
	return lookup_one_qstr(&q, base, 0);
}
