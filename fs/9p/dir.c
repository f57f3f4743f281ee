/* SPDX-License-Identifier: MIT */
/* Names: each is looked up again whenever it is used, because the host may change them. */
#include <kernel/cred.h>
#include <kernel/printk.h>
#include <lib/err.h>
#include <lib/string.h>
#include <fs/namei.h>
#include <uapi/fcntl.h>
#include <uapi/fs.h>
#include "9p.h"

#define P9_REMOVEDIR 0x200u
#define P9_CREATE    0100u
#define P9_EXCL	     0200u

static u32 fid_of(const struct inode *inode)
{
	return p9_i(inode)->fid;
}

static int p9_d_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = dentry->d_inode;
	int err;

	if (flags & LOOKUP_RCU)
		return -ECHILD;
	if (!inode)
		return 0;
	err = p9_refresh(inode);
	return err == -ENOENT || err == -ESTALE ? 0 : err ? err : 1;
}

const struct dentry_operations p9_dentry_ops = {.d_revalidate = p9_d_revalidate};

/* The inode of @name in @dir, or ERR_PTR. */
static struct inode *find(struct inode *dir, const struct qstr *name)
{
	struct p9_client *c = p9_c(dir->i_sb);
	u32 fid;
	int err = p9_walk(c, fid_of(dir), name->name, name->len, &fid);

	return err ? ERR_PTR(err) : p9_get_inode(dir->i_sb, fid);
}

static struct dentry *p9_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = find(dir, &dentry->d_name);

	if (IS_ERR(inode) && PTR_ERR(inode) != -ENOENT)
		return ERR_CAST(inode);
	d_add(dentry, IS_ERR(inode) ? NULL : inode);
	return NULL;
}

/* Sends a message that makes a name; then the name is looked up. */
static int make(struct inode *dir, struct dentry *dentry, struct p9_req *r)
{
	struct p9_client *c = p9_c(dir->i_sb);
	struct inode *inode;
	int err = p9_call(c, r);

	if (!err)
		err = p9_end(c, r);
	if (err)
		return err;
	inode = find(dir, &dentry->d_name);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	d_instantiate(dentry, inode);
	p9_refresh(dir);
	return 0;
}

static int p9_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	struct p9_client *c = p9_c(dir->i_sb);
	struct p9_req *r;
	u32 fid;
	int err = p9_walk(c, fid_of(dir), NULL, 0, &fid);

	if (err)
		return err;
	/* The copy of the directory's fid becomes that of the open new file. */
	r = p9_begin(c, P9_TLCREATE);
	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid);
	p9_put_str(r, dentry->d_name.name, dentry->d_name.len);
	p9_put32(r, P9_CREATE | (excl ? P9_EXCL : 0) | O_WRONLY);
	p9_put32(r, mode & 07777);
	p9_put32(r, current_fsgid());
	err = make(dir, dentry, r);
	p9_clunk(c, fid);
	return err;
}

static int p9_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct p9_req *r = p9_begin(p9_c(dir->i_sb), P9_TMKDIR);

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid_of(dir));
	p9_put_str(r, dentry->d_name.name, dentry->d_name.len);
	p9_put32(r, mode & 07777);
	p9_put32(r, current_fsgid());
	return make(dir, dentry, r);
}

static int p9_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	struct p9_req *r = p9_begin(p9_c(dir->i_sb), P9_TMKNOD);

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid_of(dir));
	p9_put_str(r, dentry->d_name.name, dentry->d_name.len);
	p9_put32(r, mode);
	p9_put32(r, MAJOR(dev));
	p9_put32(r, MINOR(dev));
	p9_put32(r, current_fsgid());
	return make(dir, dentry, r);
}

static int p9_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	struct p9_req *r = p9_begin(p9_c(dir->i_sb), P9_TSYMLINK);

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid_of(dir));
	p9_put_str(r, dentry->d_name.name, dentry->d_name.len);
	p9_put_str(r, target, strlen(target));
	p9_put32(r, current_fsgid());
	return make(dir, dentry, r);
}

static int p9_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct p9_req *r = p9_begin(p9_c(dir->i_sb), P9_TLINK);
	int err;

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid_of(dir));
	p9_put32(r, fid_of(old->d_inode));
	p9_put_str(r, dentry->d_name.name, dentry->d_name.len);
	err = make(dir, dentry, r);
	if (!err)
		p9_refresh(old->d_inode);
	return err;
}

static int unlink_at(struct inode *dir, struct dentry *dentry, u32 flags)
{
	struct p9_client *c = p9_c(dir->i_sb);
	struct p9_req *r = p9_begin(c, P9_TUNLINKAT);
	int err;

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid_of(dir));
	p9_put_str(r, dentry->d_name.name, dentry->d_name.len);
	p9_put32(r, flags);
	err = p9_call(c, r);
	if (!err)
		err = p9_end(c, r);
	if (err)
		return err;
	if (flags)
		clear_nlink(dentry->d_inode);
	else if (dentry->d_inode->i_nlink)
		drop_nlink(dentry->d_inode);
	p9_refresh(dir);
	return 0;
}

static int p9_unlink(struct inode *dir, struct dentry *dentry)
{
	return unlink_at(dir, dentry, 0);
}

static int p9_rmdir(struct inode *dir, struct dentry *dentry)
{
	return unlink_at(dir, dentry, P9_REMOVEDIR);
}

static int p9_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		     struct dentry *new, unsigned int flags)
{
	struct p9_client *c = p9_c(old_dir->i_sb);
	struct p9_req *r;
	int err;

	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	r = p9_begin(c, P9_TRENAMEAT);
	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid_of(old_dir));
	p9_put_str(r, old->d_name.name, old->d_name.len);
	p9_put32(r, fid_of(new_dir));
	p9_put_str(r, new->d_name.name, new->d_name.len);
	err = p9_call(c, r);
	if (!err)
		err = p9_end(c, r);
	if (err)
		return err;
	if (new->d_inode &&new->d_inode->i_nlink)
		drop_nlink(new->d_inode);
	p9_refresh(old_dir);
	if (new_dir != old_dir)
		p9_refresh(new_dir);
	return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* One entry of an answer to Treaddir; false: no more, or the caller's buffer is full. */
static bool emit(struct p9_req *r, struct dir_context *ctx, u32 end, bool *full)
{
	struct p9_qid qid;
	const char *name;
	u64 next;
	u32 len;
	u8 type;

	if (r->pos >= end)
		return false;
	p9_get_qid(r, &qid);
	next = p9_get64(r);
	type = p9_get8(r);
	len = p9_get16(r);
	name = p9_get_bytes(r, len);
	if (!name || !len || len > NAME_MAX || memchr(name, '/', len) || memchr(name, 0, len) ||
	    next > (u64)MAX_LFS_FILESIZE) {
		r->bad = true;
		return false;
	}
	if (!dir_emit(ctx, name, len, qid.path, type)) {
		*full = true;
		return false;
	}
	ctx->pos = next;
	return true;
}

/* One message's worth: 1, 0 at the end, or -errno. */
static int read_some(struct file *file, struct dir_context *ctx, bool *full)
{
	struct p9_client *c = p9_c(file_inode(file)->i_sb);
	struct p9_req *r = p9_begin(c, P9_TREADDIR);
	u32 count, end;
	int err;

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, (u32)(unsigned long)file->private_data);
	p9_put64(r, ctx->pos);
	p9_put32(r, c->msize - P9_IOHEADER);
	err = p9_call(c, r);
	if (err)
		return err;
	count = p9_get32(r);
	end = r->pos + count;
	if (count > r->rx_len - r->pos)
		r->bad = true;
	else
		while (emit(r, ctx, end, full))
			;
	err = p9_end(c, r);
	return err ? err : count != 0;
}

static int p9_readdir(struct file *file, struct dir_context *ctx)
{
	bool full = false;
	int ret;

	do
		ret = read_some(file, ctx, &full);
	while (ret > 0 && !full);
	return ret < 0 ? ret : 0;
}

const struct inode_operations p9_dir_iops = {
	.lookup = p9_lookup,
	.create = p9_create,
	.link = p9_link,
	.unlink = p9_unlink,
	.symlink = p9_symlink,
	.mkdir = p9_mkdir,
	.rmdir = p9_rmdir,
	.mknod = p9_mknod,
	.rename = p9_rename,
	.setattr = p9_setattr,
	.getattr = p9_getattr,
};

const struct file_operations p9_dir_fops = {
	.llseek = generic_file_llseek,
	.iterate_shared = p9_readdir,
	.open = p9_file_open,
	.release = p9_file_release,
	.fsync = p9_fsync,
};
