/* SPDX-License-Identifier: MIT */
/*
 * Names: lookup, creation, removal, rename. The directories are locked by the VFS; each operation
 * is one handle, so that a crash leaves it done or not done.
 */
#include <uapi/fs.h>
#include "ext4.h"
#include "xattr.h"

/* ---- finding --------------------------------------------------------------------------------- */

/* A name's place: the entry in the referenced buffer. */
struct place {
	struct buffer_head *bh;
	struct ext4_dir_entry *de;
	u32 lblk;
};

/* 1 found, 0 not, -errno. */
static int search_one(struct inode *dir, u32 lblk, const char *name, u32 len, struct place *p)
{
	bool bad;

	p->bh = ext4_read_dirblock(dir, lblk, false);
	if (IS_ERR(p->bh))
		return PTR_ERR(p->bh);
	p->lblk = lblk;
	p->de = ext4_search_block(dir, p->bh, name, len, &bad);
	if (p->de)
		return 1;
	brelse(p->bh);
	return bad ? -EUCLEAN : 0;
}

static int find_indexed(struct inode *dir, const char *name, u32 len, struct place *p)
{
	struct ext4_dx_path path;
	int ret = ext4_dx_probe(dir, name, len, 0, &path);

	if (ret)
		return ret;
	do {
		ret = search_one(dir, ext4_dx_block(path.f[path.levels - 1].at), name, len, p);
		if (ret)
			break;
		ret = ext4_dx_next(dir, &path, path.hash);
	} while (ret > 0);
	ext4_dx_release(&path);
	return ret;
}

/* 0, -ENOENT, or what went wrong. */
static int find_entry(struct inode *dir, const char *name, u32 len, struct place *p)
{
	bool dots = name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
	int ret = 0;

	if (len > EXT4_NAME_LEN)
		return -ENAMETOOLONG;
	if (ext4_is_indexed(dir) && !dots) {
		ret = find_indexed(dir, name, len, p);
	} else {
		u32 n = dots ? min(ext4_dir_blocks(dir), 1u) : ext4_dir_blocks(dir);

		for (u32 b = 0; b < n && !ret; b++)
			ret = search_one(dir, b, name, len, p);
	}
	return ret < 0 ? ret : ret ? 0 : -ENOENT;
}

static struct dentry *ext4_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct ext4_sb_info *sbi = EXT4_SB(dir->i_sb);
	struct inode *inode = NULL;
	struct place p;
	u32 ino;
	int err = find_entry(dir, dentry->d_name.name, dentry->d_name.len, &p);

	if (err && err != -ENOENT)
		return ERR_PTR(err);
	if (!err) {
		ino = le32_to_cpu(p.de->inode);
		brelse(p.bh);
		if (ino == dir->i_ino || (ino < sbi->g.first_ino && ino != EXT4_ROOT_INO) ||
		    ino > sbi->g.inodes_count)
			return ERR_PTR(ext4_bad_inode(dir, "a name of an inode it cannot have"));
		inode = ext4_iget(dir->i_sb, ino);
		if (inode == ERR_PTR(-ESTALE)) {
			ext4_bad_inode(dir, "a name of a deleted inode");
			return ERR_PTR(-EUCLEAN);
		}
	}
	return d_splice_alias(inode, dentry);
}

struct inode *ext4_get_parent(struct inode *dir)
{
	struct place p;
	u32 ino;
	int err = find_entry(dir, "..", 2, &p);

	if (err)
		return ERR_PTR(err == -ENOENT ? ext4_bad_inode(dir, "no \"..\"") : err);
	ino = le32_to_cpu(p.de->inode);
	brelse(p.bh);
	if (ino != EXT4_ROOT_INO && ino < EXT4_SB(dir->i_sb)->g.first_ino)
		return ERR_PTR(ext4_bad_inode(dir, "a parent that cannot be one"));
	return ext4_iget(dir->i_sb, ino);
}

/* ---- changing a directory -------------------------------------------------------------------- */

static void touch_dir(struct inode *dir)
{
	dir->i_mtime = dir->i_ctime = current_time(dir);
}

/* A directory's count says 1 when there are more than fit (dir_nlink). */
static void inc_dir_nlink(struct inode *dir)
{
	if (dir->i_nlink == 1 && S_ISDIR(dir->i_mode))
		return;
	inc_nlink(dir);
	if (dir->i_nlink >= EXT4_LINK_MAX)
		inode_set_nlink(dir, 1);
}

static void dec_dir_nlink(struct inode *dir)
{
	if (dir->i_nlink > 2)
		drop_nlink(dir);
}

static bool dir_is_full(const struct inode *dir)
{
	return dir->i_nlink >= EXT4_LINK_MAX &&
	       !(EXT4_SB(dir->i_sb)->g.ro_compat & EXT4_RO_COMPAT_DIR_NLINK);
}

static int insert_at(handle_t *handle, struct inode *dir, struct buffer_head *bh,
		     const struct qstr *name, struct inode *inode)
{
	int err = ext4_get_write_access(handle, bh);

	if (!err)
		err = ext4_insert_in_block(dir, bh, name->name, name->len, (u32)inode->i_ino,
					   ext4_file_type(dir->i_sb, inode->i_mode));
	if (!err)
		err = ext4_dirty_dirblock(handle, dir, bh);
	return err;
}

static int add_linear(handle_t *handle, struct inode *dir, const struct qstr *name,
		      struct inode *inode)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	struct buffer_head *bh;
	struct ext4_dir_entry *de;
	u32 n = ext4_dir_blocks(dir), lblk;
	int err;

	for (u32 b = 0; b < n; b++) {
		bh = ext4_read_dirblock(dir, b, false);
		if (IS_ERR(bh))
			return PTR_ERR(bh);
		err = insert_at(handle, dir, bh, name, inode);
		if (err == -ENOSPC && n == 1 && g->compat & EXT4_COMPAT_DIR_INDEX) {
			err = ext4_make_indexed(handle, dir, bh);
			brelse(bh);
			return err ? err :
				     ext4_dx_add(handle, dir, name->name, name->len,
						 (u32)inode->i_ino,
						 ext4_file_type(dir->i_sb, inode->i_mode));
		}
		brelse(bh);
		if (err != -ENOSPC)
			return err;
	}
	bh = ext4_append(handle, dir, &lblk);
	if (IS_ERR(bh))
		return PTR_ERR(bh);
	de = (void *)bh->b_data;
	de->rec_len = cpu_to_le16(
		(u16)(g->blocksize - (g->meta_csum ? sizeof(struct ext4_dir_tail) : 0)));
	ext4_dir_tail_init(g, bh->b_data);
	err = insert_at(handle, dir, bh, name, inode);
	brelse(bh);
	return err;
}

/* Gives @inode the name @name in @dir, whose times and count are the caller's to write. */
static int add_entry(handle_t *handle, struct inode *dir, const struct qstr *name,
		     struct inode *inode)
{
	if (name->len > EXT4_NAME_LEN)
		return -ENAMETOOLONG;
	if (ext4_is_indexed(dir))
		return ext4_dx_add(handle, dir, name->name, name->len, (u32)inode->i_ino,
				   ext4_file_type(dir->i_sb, inode->i_mode));
	return add_linear(handle, dir, name, inode);
}

/* Takes the entry out of its block; releases the place. */
static int delete_entry(handle_t *handle, struct inode *dir, struct place *p)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	u32 at = (u32)((char *)p->de - p->bh->b_data), off = 0, rec;
	struct ext4_dir_entry *prev = NULL;
	int err = ext4_get_write_access(handle, p->bh);

	while (!err && off < at) {
		prev = (void *)(p->bh->b_data + off);
		if (!ext4_dirent_ok(g, p->bh->b_data, off))
			err = ext4_bad_inode(dir, "a damaged directory entry");
		else
			off += ext4_rec_len(prev, g->blocksize);
	}
	if (!err && off != at)
		err = ext4_bad_inode(dir, "a damaged directory entry");
	if (!err) {
		rec = ext4_rec_len(p->de, g->blocksize);
		p->de->inode = 0;
		if (prev)
			prev->rec_len = cpu_to_le16((u16)(ext4_rec_len(prev, g->blocksize) + rec));
		err = ext4_dirty_dirblock(handle, dir, p->bh);
	}
	brelse(p->bh);
	return err;
}

/* ---- creation -------------------------------------------------------------------------------- */

/* The new inode without a name goes away again. */
static void drop_new(handle_t *handle, struct inode *inode)
{
	clear_nlink(inode);
	ext4_orphan_add(handle, inode);
	ext4_mark_inode_dirty(handle, inode);
	unlock_new_inode(inode);
}

/* Names the I_NEW @inode @dentry; consumes the inode either way. */
static int add_nondir(handle_t *handle, struct inode *dir, struct dentry *dentry,
		      struct inode *inode)
{
	int err = ext4_mark_inode_dirty(handle, inode);

	if (!err)
		err = add_entry(handle, dir, &dentry->d_name, inode);
	if (err) {
		drop_new(handle, inode);
		return err;
	}
	touch_dir(dir);
	err = ext4_mark_inode_dirty(handle, dir);
	unlock_new_inode(inode);
	return err;
}

/* Stops the handle, then makes the name known or drops the inode: its deletion has a handle too. */
static int finish_new(handle_t *handle, struct inode *dir, struct dentry *dentry,
		      struct inode *inode, int err)
{
	int err2;

	if (dir->i_flags & S_SYNC && ext4_handle_valid(handle))
		handle->h_sync = true;
	err2 = ext4_journal_stop(handle);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	if (err) {
		iput(inode);
		return err;
	}
	d_instantiate(dentry, inode);
	return err2;
}

static int ext4_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	handle_t *handle = ext4_journal_start(dir->i_sb, EXT4_CREDITS_NAME + EXT4_CREDITS_MAP +
								 3 * EXT4_CREDITS_INODE);
	struct inode *inode;
	int err = 0;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	inode = ext4_new_inode(handle, dir, mode, dev);
	if (!IS_ERR(inode)) {
		err = ext4_init_acl(dir, inode);
		if (!err)
			err = add_nondir(handle, dir, dentry, inode);
		else
			drop_new(handle, inode);
	}
	return finish_new(handle, dir, dentry, inode, err);
}

static int ext4_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return ext4_mknod(dir, dentry, mode | S_IFREG, 0);
}

static int ext4_tmpfile(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	handle_t *handle = ext4_journal_start(dir->i_sb, 4 * EXT4_CREDITS_INODE);
	struct inode *inode;
	int err = 0, err2;

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	inode = ext4_new_inode(handle, dir, mode | S_IFREG, 0);
	if (!IS_ERR(inode)) {
		err = ext4_init_acl(dir, inode);
		drop_new(handle, inode);
	}
	err2 = ext4_journal_stop(handle);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	if (err || err2) {
		iput(inode);
		return err ? err : err2;
	}
	inode->i_flags |= S_LINKABLE;
	d_set_inode_pseudo(dentry, inode);
	return 0;
}

/* "." and ".." in the first block of a new directory. */
static int init_dir(handle_t *handle, struct inode *dir, struct inode *inode)
{
	const struct ext4_geometry *g = &EXT4_SB(dir->i_sb)->g;
	u8 type = ext4_file_type(dir->i_sb, S_IFDIR);
	struct ext4_dir_entry *de;
	struct buffer_head *bh;
	u32 lblk, end = g->blocksize - (g->meta_csum ? sizeof(struct ext4_dir_tail) : 0);
	int err;

	inode->i_size = 0;
	bh = ext4_append(handle, inode, &lblk);
	if (IS_ERR(bh))
		return PTR_ERR(bh);
	de = (void *)bh->b_data;
	de->inode = cpu_to_le32((u32)inode->i_ino);
	de->rec_len = cpu_to_le16(12);
	de->name_len = 1;
	de->file_type = type;
	de->name[0] = '.';
	de = (void *)(bh->b_data + 12);
	de->inode = cpu_to_le32((u32)dir->i_ino);
	de->rec_len = cpu_to_le16((u16)(end - 12));
	de->name_len = 2;
	de->file_type = type;
	memcpy(de->name, "..", 2);
	ext4_dir_tail_init(g, bh->b_data);
	err = ext4_dirty_dirblock(handle, inode, bh);
	brelse(bh);
	return err;
}

static int ext4_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	handle_t *handle;
	struct inode *inode;
	int err = 0;

	if (dir_is_full(dir))
		return -EMLINK;
	handle = ext4_journal_start(dir->i_sb,
				    EXT4_CREDITS_NAME + EXT4_CREDITS_MAP + 3 * EXT4_CREDITS_INODE);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	inode = ext4_new_inode(handle, dir, S_IFDIR | mode, 0);
	if (!IS_ERR(inode)) {
		inode_set_nlink(inode, 2);
		err = ext4_init_acl(dir, inode);
		if (!err)
			err = init_dir(handle, dir, inode);
		if (!err) {
			inc_dir_nlink(dir);
			err = add_nondir(handle, dir, dentry, inode);
			if (err)
				dec_dir_nlink(dir);
		} else {
			drop_new(handle, inode);
		}
	}
	return finish_new(handle, dir, dentry, inode, err);
}

/* The text fits into the inode, or goes into a block of its own. */
static int write_symlink(handle_t *handle, struct inode *inode, const char *target, u32 len)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct buffer_head *bh;
	int err;

	inode->i_size = ei->i_disksize = len;
	if (len < sizeof(ei->i_data)) {
		ei->i_flags &= ~EXT4_EXTENTS_FL;
		memset(ei->i_data, 0, sizeof(ei->i_data));
		memcpy(ei->i_data, target, len);
		inode->i_op = &ext4_fast_symlink_iops;
		return 0;
	}
	inode->i_op = &ext4_symlink_iops;
	bh = ext4_bread(handle, inode, 0, true, &err);
	if (!bh)
		return err ? err : -EIO;
	memcpy(bh->b_data, target, len + 1);
	err = ext4_dirty_metadata(handle, inode, bh);
	brelse(bh);
	return err;
}

static int ext4_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	u32 len = (u32)strlen(target);
	handle_t *handle;
	struct inode *inode;
	int err = 0;

	if (len + 1 > dir->i_sb->s_blocksize)
		return -ENAMETOOLONG;
	handle = ext4_journal_start(dir->i_sb,
				    EXT4_CREDITS_NAME + EXT4_CREDITS_MAP + 3 * EXT4_CREDITS_INODE);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	inode = ext4_new_inode(handle, dir, S_IFLNK | S_IRWXUGO, 0);
	if (!IS_ERR(inode)) {
		err = write_symlink(handle, inode, target, len);
		if (!err)
			err = add_nondir(handle, dir, dentry, inode);
		else
			drop_new(handle, inode);
	}
	return finish_new(handle, dir, dentry, inode, err);
}

static int ext4_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = old->d_inode;
	handle_t *handle;
	int err, err2;

	if (inode->i_nlink >= EXT4_LINK_MAX)
		return -EMLINK;
	handle = ext4_journal_start(dir->i_sb, EXT4_CREDITS_NAME + 3 * EXT4_CREDITS_INODE);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	err = add_entry(handle, dir, &dentry->d_name, inode);
	if (!err) {
		inode->i_ctime = current_time(inode);
		inc_nlink(inode);
		if (inode->i_nlink == 1)
			err = ext4_orphan_del(handle, inode); /* O_TMPFILE gets a name */
		touch_dir(dir);
		if (!err)
			err = ext4_mark_inode_dirty(handle, inode);
		if (!err)
			err = ext4_mark_inode_dirty(handle, dir);
		ihold(inode);
		d_instantiate(dentry, inode);
	}
	err2 = ext4_journal_stop(handle);
	return err ? err : err2;
}

/* ---- removal --------------------------------------------------------------------------------- */

/* One name of @inode is gone. */
static int lost_name(handle_t *handle, struct inode *inode, bool isdir)
{
	int err = 0;

	inode->i_ctime = current_time(inode);
	if (isdir)
		clear_nlink(inode);
	else if (inode->i_nlink)
		drop_nlink(inode);
	if (!inode->i_nlink)
		err = ext4_orphan_add(handle, inode);
	return err ? err : ext4_mark_inode_dirty(handle, inode);
}

/* The entry of @dentry, which must still be that of its inode. */
static int find_dentry(struct inode *dir, struct dentry *dentry, struct place *p)
{
	int err = find_entry(dir, dentry->d_name.name, dentry->d_name.len, p);

	if (!err && le32_to_cpu(p->de->inode) != dentry->d_inode->i_ino) {
		brelse(p->bh);
		err = ext4_bad_inode(dir, "a name that changed by itself");
	}
	return err;
}

static int remove_name(struct inode *dir, struct dentry *dentry, bool isdir)
{
	struct inode *inode = dentry->d_inode;
	struct place p;
	handle_t *handle;
	int err = find_dentry(dir, dentry, &p), err2;

	if (err)
		return err;
	if (isdir && !ext4_empty_dir(inode)) {
		brelse(p.bh);
		return -ENOTEMPTY;
	}
	handle = ext4_journal_start(dir->i_sb, 4 * EXT4_CREDITS_INODE);
	if (IS_ERR(handle)) {
		brelse(p.bh);
		return PTR_ERR(handle);
	}
	err = delete_entry(handle, dir, &p);
	if (!err) {
		touch_dir(dir);
		if (isdir)
			dec_dir_nlink(dir);
		err = lost_name(handle, inode, isdir);
	}
	if (!err)
		err = ext4_mark_inode_dirty(handle, dir);
	err2 = ext4_journal_stop(handle);
	return err ? err : err2;
}

static int ext4_unlink(struct inode *dir, struct dentry *dentry)
{
	return remove_name(dir, dentry, false);
}

static int ext4_rmdir(struct inode *dir, struct dentry *dentry)
{
	return remove_name(dir, dentry, true);
}

/* ---- rename ---------------------------------------------------------------------------------- */

/* The entry at @p names @inode from now on; releases the place. */
static int set_entry(handle_t *handle, struct inode *dir, struct place *p, struct inode *inode)
{
	int err = ext4_get_write_access(handle, p->bh);

	if (!err) {
		p->de->inode = cpu_to_le32((u32)inode->i_ino);
		p->de->file_type = ext4_file_type(dir->i_sb, inode->i_mode);
		err = ext4_dirty_dirblock(handle, dir, p->bh);
	}
	brelse(p->bh);
	return err;
}

static int dx_root_dirty(handle_t *handle, struct inode *dir, struct buffer_head *bh)
{
	ext4_dx_csum_set(&EXT4_SB(dir->i_sb)->g, EXT4_I(dir)->i_csum_seed, bh->b_data,
			 DX_ROOT_INFO_OFFSET + 8);
	return ext4_dirty_metadata(handle, dir, bh);
}

/* ".." of @inode is @parent from now on. */
static int set_dotdot(handle_t *handle, struct inode *inode, struct inode *parent)
{
	struct ext4_dir_entry *de;
	struct buffer_head *bh = ext4_read_dirblock(inode, 0, false);
	int err;

	if (IS_ERR(bh))
		return PTR_ERR(bh);
	de = (void *)(bh->b_data + 12);
	if (!ext4_dirent_ok(&EXT4_SB(inode->i_sb)->g, bh->b_data, 12) || de->name_len != 2 ||
	    memcmp(de->name, "..", 2)) {
		brelse(bh);
		return ext4_bad_inode(inode, "no parent entry");
	}
	err = ext4_get_write_access(handle, bh);
	if (!err) {
		de->inode = cpu_to_le32((u32)parent->i_ino);
		err = ext4_is_indexed(inode) ? dx_root_dirty(handle, inode, bh) :
					       ext4_dirty_dirblock(handle, inode, bh);
	}
	brelse(bh);
	return err;
}

/* What a directory that moved changes besides the names. */
static int moved_dir(handle_t *handle, struct inode *inode, struct inode *from, struct inode *to)
{
	if (from == to || !S_ISDIR(inode->i_mode))
		return 0;
	return set_dotdot(handle, inode, to);
}

static int exchange(handle_t *handle, struct inode *old_dir, struct dentry *old,
		    struct inode *new_dir, struct dentry *new)
{
	struct inode *a = old->d_inode, *b = new->d_inode;
	struct place pa, pb;
	int err = find_dentry(old_dir, old, &pa);

	if (err)
		return err;
	err = find_dentry(new_dir, new, &pb);
	if (err) {
		brelse(pa.bh);
		return err;
	}
	err = set_entry(handle, old_dir, &pa, b);
	if (err)
		brelse(pb.bh);
	else
		err = set_entry(handle, new_dir, &pb, a);
	if (!err)
		err = moved_dir(handle, a, old_dir, new_dir);
	if (!err)
		err = moved_dir(handle, b, new_dir, old_dir);
	if (!err && S_ISDIR(a->i_mode) != S_ISDIR(b->i_mode) && old_dir != new_dir) {
		dec_dir_nlink(S_ISDIR(a->i_mode) ? old_dir : new_dir);
		inc_dir_nlink(S_ISDIR(a->i_mode) ? new_dir : old_dir);
	}
	return err;
}

static int replace_or_add(handle_t *handle, struct inode *new_dir, struct dentry *new,
			  struct inode *inode)
{
	struct place p;
	int err;

	if (!new->d_inode)
		return add_entry(handle, new_dir, &new->d_name, inode);
	err = find_dentry(new_dir, new, &p);
	return err ? err : set_entry(handle, new_dir, &p, inode);
}

static int move(handle_t *handle, struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		struct dentry *new)
{
	struct inode *inode = old->d_inode, *target = new->d_inode;
	bool isdir = S_ISDIR(inode->i_mode);
	struct place p;
	int err = replace_or_add(handle, new_dir, new, inode);

	/* The insertion may have moved the old name to another block. */
	if (!err)
		err = find_dentry(old_dir, old, &p);
	if (!err)
		err = delete_entry(handle, old_dir, &p);
	if (!err)
		err = moved_dir(handle, inode, old_dir, new_dir);
	if (err)
		return err;
	if (isdir) {
		/* With a target, its ".." goes and the mover's comes. */
		dec_dir_nlink(old_dir);
		if (!target)
			inc_dir_nlink(new_dir);
	}
	return target ? lost_name(handle, target, isdir) : 0;
}

static int ext4_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		       struct dentry *new, unsigned int flags)
{
	struct inode *inode = old->d_inode, *target = new->d_inode;
	handle_t *handle;
	int err, err2;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if (!(flags & RENAME_EXCHANGE) && target && S_ISDIR(target->i_mode) &&
	    !ext4_empty_dir(target))
		return -ENOTEMPTY;
	if (!(flags & RENAME_EXCHANGE) && S_ISDIR(inode->i_mode) && !target && old_dir != new_dir &&
	    dir_is_full(new_dir))
		return -EMLINK;
	/*
	 * A file that was written and is renamed over another is expected to be there after a
	 * crash: its blocks are allocated, and written with this transaction.
	 */
	if (target && S_ISREG(inode->i_mode) && inode->i_mapping)
		filemap_fdatawrite_range(inode->i_mapping, 0, MAX_LFS_FILESIZE);
	handle = ext4_journal_start(old_dir->i_sb, EXT4_CREDITS_NAME + 6 * EXT4_CREDITS_INODE);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	err = flags & RENAME_EXCHANGE ? exchange(handle, old_dir, old, new_dir, new) :
					move(handle, old_dir, old, new_dir, new);
	if (!err) {
		inode->i_ctime = current_time(inode);
		touch_dir(old_dir);
		touch_dir(new_dir);
		err = ext4_mark_inode_dirty(handle, inode);
	}
	if (!err && target && flags & RENAME_EXCHANGE) {
		target->i_ctime = inode->i_ctime;
		err = ext4_mark_inode_dirty(handle, target);
	}
	if (!err)
		err = ext4_mark_inode_dirty(handle, old_dir);
	if (!err && new_dir != old_dir)
		err = ext4_mark_inode_dirty(handle, new_dir);
	err2 = ext4_journal_stop(handle);
	return err ? err : err2;
}

const struct inode_operations ext4_dir_iops = {
	.fileattr_get = ext4_fileattr_get,
	.fileattr_set = ext4_fileattr_set,
	.lookup = ext4_lookup,
	.create = ext4_create,
	.link = ext4_link,
	.unlink = ext4_unlink,
	.symlink = ext4_symlink,
	.mkdir = ext4_mkdir,
	.rmdir = ext4_rmdir,
	.mknod = ext4_mknod,
	.rename = ext4_rename,
	.tmpfile = ext4_tmpfile,
	.setattr = ext4_setattr,
	.getattr = ext4_getattr,
	.listxattr = ext4_listxattr,
	.get_acl = ext4_get_acl,
	.set_acl = ext4_set_acl,
};

const struct inode_operations ext4_special_iops = {
	.setattr = ext4_setattr,
	.getattr = ext4_getattr,
	.listxattr = ext4_listxattr,
	.get_acl = ext4_get_acl,
	.set_acl = ext4_set_acl,
};
