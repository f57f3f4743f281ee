/* SPDX-License-Identifier: MIT */
/* overlayfs: one name in all layers. */
#include "overlayfs.h"

struct dentry *ovl_lookup_real(struct dentry *base, const struct qstr *name)
{
	struct dentry *d;

	inode_lock(base->d_inode);
	d = lookup_one_len(name->name, base, name->len);
	inode_unlock(base->d_inode);
	return d;
}

/* What is below is hidden by this directory. */
static bool is_opaque(const struct dentry *dir)
{
	char c;

	return __vfs_getxattr(dir->d_inode, OVL_XATTR_OPAQUE, &c, 1) == 1 && c == 'y';
}

/* What a lookup has found so far. */
struct found {
	struct dentry *upper;
	struct ovl_lower *lower;
	unsigned int nr;
	bool done; /* nothing below is to be seen */
};

/*
 * Looks at one layer's @base. *out: the dentry if it counts, referenced, else NULL. A file ends the
 * search, as does a whiteout; a directory only if it is opaque.
 */
static int look_in(struct dentry *base, const struct qstr *name, bool want_dir, struct found *f,
		   struct dentry **out)
{
	struct dentry *d = ovl_lookup_real(base, name);

	*out = NULL;
	if (IS_ERR(d))
		return PTR_ERR(d);
	if (d_is_negative(d)) {
		dput(d);
		return 0;
	}
	if (ovl_is_whiteout(d) || (want_dir && !d_is_dir(d))) {
		f->done = true;
		dput(d);
		return 0;
	}
	f->done = !d_is_dir(d) || is_opaque(d);
	*out = d;
	return 0;
}

static int look_everywhere(struct inode *dir, const struct qstr *name, struct found *f)
{
	struct ovl_inode *oi = ovl_i(dir);
	struct dentry *upper = ovl_upper(dir), *d;
	int err = 0;

	if (upper)
		err = look_in(upper, name, false, f, &f->upper);
	for (unsigned int i = 0; i < oi->nr_lower && !f->done && !err; i++) {
		err = look_in(oi->lower[i].dentry, name, f->upper || f->nr, f, &d);
		if (!d)
			continue;
		if (!f->lower)
			f->lower = kmalloc_array(oi->nr_lower, sizeof(*f->lower), GFP_KERNEL);
		if (!f->lower) {
			dput(d);
			return -ENOMEM;
		}
		f->lower[f->nr].dentry = d;
		f->lower[f->nr++].mnt = oi->lower[i].mnt;
	}
	return err;
}

static void drop_found(struct found *f)
{
	dput(f->upper);
	while (f->nr)
		dput(f->lower[--f->nr].dentry);
	kfree(f->lower);
}

struct dentry *ovl_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	const struct cred *old = ovl_override(dir->i_sb);
	struct found f = {};
	struct inode *inode = NULL;
	int err = look_everywhere(dir, &dentry->d_name, &f);

	revert_creds(old);
	if (err) {
		drop_found(&f);
		return ERR_PTR(err);
	}
	if (f.upper || f.nr) {
		inode = ovl_new_inode(dir->i_sb, f.upper, f.lower, f.nr);
		if (!inode)
			return ERR_PTR(-ENOMEM);
	}
	d_add(dentry, inode);
	return NULL;
}

int ovl_lower_positive(struct dentry *dentry)
{
	struct ovl_inode *oi = ovl_i(dentry->d_parent->d_inode);
	const struct cred *old = ovl_override(dentry->d_sb);
	int found = 0;

	for (unsigned int i = 0; i < oi->nr_lower; i++) {
		struct dentry *d = ovl_lookup_real(oi->lower[i].dentry, &dentry->d_name);

		if (IS_ERR(d)) {
			found = PTR_ERR(d);
			break;
		}
		found = d_is_positive(d) ? (ovl_is_whiteout(d) ? 2 : 1) : 0;
		dput(d);
		if (found)
			break;
	}
	revert_creds(old);
	return found == 2 ? 0 : found;
}
