/* SPDX-License-Identifier: MIT */
/*
 * Names: lookup, creation, removal, rename. The directories are locked by the VFS. Lookup does not
 * mind the case of ASCII letters, so a name that was not found is not remembered, and one that was
 * found under other letters than it is stored in is looked up each time.
 */
#include <lib/hash.h>
#include <uapi/fs.h>
#include "fat.h"

/* ---- the dentry cache ------------------------------------------------------------------------ */

#define IS_ALIAS ((void *)1) /* d_fsdata: written otherwise than on disk */

static int fat_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = READ_ONCE(dentry->d_inode);

	return inode && !READ_ONCE(dentry->d_fsdata) && READ_ONCE(inode->i_nlink);
}

const struct dentry_operations fat_dentry_ops = {.d_revalidate = fat_revalidate};

static struct dentry *fat_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	const struct qstr *name = &dentry->d_name;
	struct inode *inode = NULL;
	struct dentry *known;
	struct fat_place p;
	int err;

	if (name->len > FAT_NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	err = fat_find(dir, name->name, name->len, &p);
	if (err && err != -ENOENT)
		return ERR_PTR(err);
	if (!err) {
		inode = fat_iget(dir->i_sb, p.de, p.pos);
		brelse(p.bh);
		if (IS_ERR(inode))
			return ERR_CAST(inode);
		/* A directory has one dentry: its own. */
		known = d_find_any_alias(inode);
		if (known && known->d_parent == dentry->d_parent && !d_unhashed(known) &&
		    !READ_ONCE(known->d_fsdata)) {
			if (S_ISDIR(inode->i_mode)) {
				iput(inode);
				return known;
			}
			WRITE_ONCE(dentry->d_fsdata, IS_ALIAS);
		}
		dput(known);
	}
	return d_splice_alias(inode, dentry);
}

/* ---- creation -------------------------------------------------------------------------------- */

/* A short name that is not taken, for a long one. */
static int choose_alias(struct inode *dir, const char *name, u32 len, u8 *alias)
{
	u8 base[11];
	u32 hash = 0;
	int err;

	fat_short_of(name, len, base);
	for (u32 n = 1; n < 5; n++) {
		fat_number_alias(base, n, alias);
		if (!fat_alias_taken(dir, alias, &err) || err)
			return err;
	}
	/* Many names alike: some digits of the name's hash instead of its letters. */
	for (u32 i = 0; i < len; i++)
		hash = hash * 31 + (u8)name[i];
	for (u32 n = 0; n < 65536; n++) {
		static const char hex[] = "0123456789ABCDEF";

		for (u32 i = 0; i < 4; i++)
			base[2 + i] = (u8)hex[(hash + n * 2654435761u) >> (4 * i + 8) & 15];
		if (base[1] == ' ')
			base[1] = '_';
		base[6] = base[7] = ' ';
		fat_number_alias(base, 1 + n % 9, alias);
		if (!fat_alias_taken(dir, alias, &err) || err)
			return err;
	}
	return -ENOSPC;
}

static int add_name(struct inode *dir, const struct qstr *name, struct fat_dirent *de,
		    struct fat_place *p)
{
	bool long_names = FAT_SB(dir->i_sb)->opt.long_names;
	u16 *units;
	int nr, exact, err = 0;

	if (name->len > FAT_NAME_MAX)
		return -ENAMETOOLONG;
	units = kmalloc_array(FAT_LFN_UNITS, sizeof(*units), GFP_NOFS);
	if (!units)
		return -ENOMEM;
	nr = fat_name_to_units(name->name, name->len, units);
	if (nr > 0) {
		exact = fat_short_of(name->name, name->len, de->name);
		if (!exact && long_names) {
			/* The letters in upper case will do, if they are all that differs. */
			char text[16];
			u32 n = fat_short_to_text(de, text);

			if (!fat_names_equal(text, n, name->name, name->len) ||
			    fat_alias_taken(dir, de->name, &err))
				err = err ? err :
					    choose_alias(dir, name->name, name->len, de->name);
		}
		if (exact || !long_names)
			nr = 0;
		if (!err)
			err = fat_add_name(dir, units, (u32)nr, de, p);
	} else {
		err = nr;
	}
	kfree(units);
	return err;
}

static void touch_dir(struct inode *dir)
{
	dir->i_mtime = dir->i_ctime = current_time(dir);
	mark_inode_dirty(dir);
}

static struct inode *new_fat_inode(struct super_block *sb, u8 attr)
{
	struct fat_sb *sbi = FAT_SB(sb);
	struct inode *inode = new_inode(sb);
	int err;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_ino = (ino_t)atomic_fetch_add_explicit(&sbi->last_ino, 1, memory_order_relaxed);
	inode->i_mode = fat_mode(sbi, attr);
	inode->i_uid = sbi->opt.uid;
	inode->i_gid = sbi->opt.gid;
	FAT_I(inode)->attr = attr;
	FAT_I(inode)->crtime = inode->i_mtime;
	err = insert_inode_locked(inode);
	if (err) {
		iput(inode);
		return ERR_PTR(err);
	}
	return inode;
}

/* The entry gets the inode: one that is made from it, as lookup would. */
static int make(struct inode *dir, struct dentry *dentry, u8 attr)
{
	struct fat_dirent de = {.attr = attr};
	struct timespec64 now = current_time(dir);
	struct inode *temp = NULL, *inode;
	struct fat_place p;
	int err = 0;

	fat_put_time(&now, &de.date, &de.time, NULL);
	fat_put_time(&now, &de.cdate, &de.ctime, &de.ctime_cs);
	de.adate = de.date;
	if (attr & FAT_ATTR_DIR) {
		/* Its first cluster is complete before its name is there. */
		temp = new_fat_inode(dir->i_sb, attr);
		if (IS_ERR(temp))
			return PTR_ERR(temp);
		err = fat_init_dir(temp, dir);
		fat_set_start(&de, FAT_I(temp)->start);
	}
	if (!err)
		err = add_name(dir, &dentry->d_name, &de, &p);
	if (temp) {
		if (err)
			clear_nlink(temp);
		remove_inode_hash(temp);
		unlock_new_inode(temp);
		iput(temp);
	}
	if (err)
		return err;
	inode = fat_iget(dir->i_sb, p.de, p.pos);
	brelse(p.bh);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	inode->i_mtime = inode->i_ctime = inode->i_atime = FAT_I(inode)->crtime = now;
	if (attr & FAT_ATTR_DIR)
		inc_nlink(dir);
	touch_dir(dir);
	d_instantiate(dentry, inode);
	return 0;
}

static int fat_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return make(dir, dentry, FAT_ATTR_ARCH);
}

static int fat_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	return make(dir, dentry, FAT_ATTR_DIR);
}

/* ---- removal --------------------------------------------------------------------------------- */

/* The place of the dentry's own entry. */
static int find_dentry(struct inode *dir, struct dentry *dentry, struct fat_place *p)
{
	int err = fat_find(dir, dentry->d_name.name, dentry->d_name.len, p);

	if (!err && p->pos != FAT_I(dentry->d_inode)->pos) {
		brelse(p->bh);
		fat_error(dir->i_sb, "a directory has two entries of one name");
		err = -EIO;
	}
	return err;
}

static int remove(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	struct fat_place p;
	int err = find_dentry(dir, dentry, &p);

	if (err)
		return err;
	brelse(p.bh);
	fat_attach(inode, 0);
	err = fat_remove_name(dir, &p);
	if (err)
		return err;
	clear_nlink(inode);
	inode->i_ctime = current_time(inode);
	touch_dir(dir);
	return 0;
}

static int fat_unlink(struct inode *dir, struct dentry *dentry)
{
	return remove(dir, dentry);
}

static int fat_rmdir(struct inode *dir, struct dentry *dentry)
{
	int err = fat_dir_empty(dentry->d_inode);

	if (!err)
		err = remove(dir, dentry);
	if (!err && dir->i_nlink > 2)
		drop_nlink(dir);
	return err;
}

/* ---- rename ---------------------------------------------------------------------------------- */

static int set_dotdot(struct inode *inode, struct inode *parent)
{
	struct fat_place p;
	int err = fat_find_dotdot(inode, &p);

	if (err)
		return err;
	lock_buffer(p.bh);
	fat_set_start(p.de, parent->i_ino == FAT_ROOT_INO ? 0 : FAT_I(parent)->start);
	unlock_buffer(p.bh);
	mark_buffer_dirty(p.bh);
	brelse(p.bh);
	return 0;
}

/* Names in other letters make other dentries of one directory, so the inodes are compared. */
static bool goes_below_itself(const struct inode *inode, const struct dentry *to)
{
	for (; !IS_ROOT(to); to = to->d_parent)
		if (to->d_inode == inode)
			return true;
	return false;
}

static int move(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		struct dentry *new)
{
	struct inode *inode = old->d_inode, *target = new->d_inode;
	struct fat_dirent de = {};
	struct fat_place from, to;
	int err;

	if (target) {
		err = find_dentry(new_dir, new, &to);
		if (err)
			return err;
	} else {
		fat_put_entry(inode, &de);
		err = add_name(new_dir, &new->d_name, &de, &to);
		if (err)
			return err;
	}
	err = find_dentry(old_dir, old, &from);
	if (!err)
		brelse(from.bh);
	if (!err && target)
		fat_attach(target, 0);
	if (!err)
		err = fat_attach(inode, to.pos);
	if (!err && target) {
		lock_buffer(to.bh);
		fat_put_entry(inode, to.de);
		unlock_buffer(to.bh);
		mark_buffer_dirty(to.bh);
	}
	brelse(to.bh);
	if (err && !target)
		fat_remove_name(new_dir, &to);
	if (!err)
		err = fat_remove_name(old_dir, &from);
	if (!err && S_ISDIR(inode->i_mode) && old_dir != new_dir)
		err = set_dotdot(inode, new_dir);
	return err;
}

static int fat_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new, unsigned int flags)
{
	struct inode *inode = old->d_inode, *target = new->d_inode;
	bool isdir = S_ISDIR(inode->i_mode);
	int err;

	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	if (isdir && goes_below_itself(inode, new->d_parent))
		return -EINVAL;
	if (target && S_ISDIR(target->i_mode)) {
		err = fat_dir_empty(target);
		if (err)
			return err;
	}
	err = move(old_dir, old, new_dir, new);
	if (err)
		return err;
	if (target)
		clear_nlink(target);
	if (isdir) {
		if (old_dir->i_nlink > 2)
			drop_nlink(old_dir);
		if (!target)
			inc_nlink(new_dir);
	}
	WRITE_ONCE(old->d_fsdata, NULL);
	inode->i_ctime = current_time(inode);
	mark_inode_dirty(inode);
	touch_dir(old_dir);
	touch_dir(new_dir);
	return 0;
}

const struct inode_operations fat_dir_iops = {
	.lookup = fat_lookup,
	.create = fat_create,
	.unlink = fat_unlink,
	.mkdir = fat_mkdir,
	.rmdir = fat_rmdir,
	.rename = fat_rename,
	.setattr = fat_setattr,
	.getattr = fat_getattr,
};
