/* SPDX-License-Identifier: MIT */
/* Attributes and symlinks. The server's attributes are asked for whenever somebody wants them. */
#include <kernel/printk.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <fs/stat.h>
#include <uapi/limits.h>
#include "9p.h"

#define GETATTR_BASIC 0x7ffu

#define P9_MODE	      0x1u
#define P9_UID	      0x2u
#define P9_GID	      0x4u
#define P9_SIZE	      0x8u
#define P9_ATIME      0x10u
#define P9_MTIME      0x20u
#define P9_CTIME      0x40u
#define P9_ATIME_SET  0x80u
#define P9_MTIME_SET  0x100u

struct p9_attr {
	struct p9_qid qid;
	u32 mode, uid, gid;
	u64 nlink, rdev, size, blksize, blocks;
	struct timespec64 atime, mtime, ctime;
};

static void get_time(struct p9_req *r, struct timespec64 *t)
{
	u64 nsec;

	t->tv_sec = p9_get64(r);
	nsec = p9_get64(r);
	t->tv_nsec = nsec < NSEC_PER_SEC ? nsec : 0;
}

static int ask(struct p9_client *c, u32 fid, struct p9_attr *a)
{
	struct p9_req *r = p9_begin(c, P9_TGETATTR);
	int err;

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid);
	p9_put64(r, GETATTR_BASIC);
	err = p9_call(c, r);
	if (err)
		return err;
	p9_get64(r);
	p9_get_qid(r, &a->qid);
	a->mode = p9_get32(r);
	a->uid = p9_get32(r);
	a->gid = p9_get32(r);
	a->nlink = p9_get64(r);
	a->rdev = p9_get64(r);
	a->size = p9_get64(r);
	a->blksize = p9_get64(r);
	a->blocks = p9_get64(r);
	get_time(r, &a->atime);
	get_time(r, &a->mtime);
	get_time(r, &a->ctime);
	err = p9_end(c, r);
	if (!err && a->size > (u64)MAX_LFS_FILESIZE)
		err = -EIO;
	return err;
}

/* The type stays: who calls has compared it. */
static void fill(struct inode *inode, const struct p9_attr *a)
{
	inode->i_mode = (inode->i_mode & S_IFMT) | (a->mode & 07777);
	inode->i_uid = a->uid;
	inode->i_gid = a->gid;
	inode->i_nlink = min_t(u64, a->nlink, UINT_MAX);
	inode->i_blocks = a->blocks;
	inode->i_atime = a->atime;
	inode->i_mtime = a->mtime;
	inode->i_ctime = a->ctime;
	p9_i(inode)->qid = a->qid;
	if (i_size_read(inode) != (loff_t)a->size)
		i_size_write(inode, a->size);
}

static void set_ops(struct inode *inode, const struct p9_attr *a)
{
	inode->i_mode = a->mode;
	switch (a->mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &p9_file_iops;
		inode->i_fop = &p9_file_fops;
		break;
	case S_IFDIR:
		inode->i_op = &p9_dir_iops;
		inode->i_fop = &p9_dir_fops;
		break;
	case S_IFLNK:
		inode->i_op = &p9_symlink_iops;
		break;
	default:
		inode->i_op = &p9_file_iops;
		init_special_inode(inode, a->mode, huge_decode_dev(a->rdev));
	}
}

static bool known_type(u32 mode)
{
	return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISCHR(mode) || S_ISBLK(mode) ||
	       S_ISFIFO(mode) || S_ISSOCK(mode);
}

struct inode *p9_get_inode(struct super_block *sb, u32 fid)
{
	struct p9_attr a;
	struct inode *inode = NULL;
	int err = ask(p9_c(sb), fid, &a);

	if (!err && !known_type(a.mode))
		err = -EIO;
	if (!err)
		inode = new_inode(sb);
	if (!inode) {
		p9_clunk(p9_c(sb), fid);
		return ERR_PTR(err ? err : -ENOMEM);
	}
	p9_i(inode)->fid = fid;
	inode->i_ino = a.qid.path;
	address_space_init(&p9_i(inode)->mapping, inode, &p9_aops);
	inode->i_mapping = &p9_i(inode)->mapping;
	set_ops(inode, &a);
	fill(inode, &a);
	p9_i(inode)->cached = a.qid.version;
	return inode;
}

int p9_refresh(struct inode *inode)
{
	struct p9_attr a;
	int err = ask(p9_c(inode->i_sb), p9_i(inode)->fid, &a);

	if (err)
		return err;
	if (a.qid.path != p9_i(inode)->qid.path || ((a.mode ^ inode->i_mode) & S_IFMT))
		return -ESTALE;
	spin_lock(&inode->i_lock);
	fill(inode, &a);
	spin_unlock(&inode->i_lock);
	return 0;
}

int p9_getattr(const struct path *path, struct kstat *stat, u32 mask, unsigned int flags)
{
	struct inode *inode = path->dentry->d_inode;
	int err = p9_refresh(inode);

	/* An open file without a name: what was known of it. */
	if (err && err != -ENOENT && err != -ESTALE)
		return err;
	generic_fillattr(inode, stat);
	if (err)
		stat->nlink = 0;
	return 0;
}

static u32 valid_of(unsigned int ia)
{
	return (ia & ATTR_MODE ? P9_MODE : 0) | (ia & ATTR_UID ? P9_UID : 0) |
	       (ia & ATTR_GID ? P9_GID : 0) | (ia & ATTR_SIZE ? P9_SIZE : 0) |
	       (ia & ATTR_ATIME ? P9_ATIME : 0) | (ia & ATTR_MTIME ? P9_MTIME : 0) |
	       (ia & ATTR_CTIME ? P9_CTIME : 0) | (ia & ATTR_ATIME_SET ? P9_ATIME_SET : 0) |
	       (ia & ATTR_MTIME_SET ? P9_MTIME_SET : 0);
}

int p9_setattr(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	struct p9_client *c = p9_c(inode->i_sb);
	int err = setattr_prepare(dentry, attr);
	struct p9_req *r;

	if (err)
		return err;
	r = p9_begin(c, P9_TSETATTR);
	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, p9_i(inode)->fid);
	p9_put32(r, valid_of(attr->ia_valid));
	p9_put32(r, attr->ia_mode);
	p9_put32(r, attr->ia_uid);
	p9_put32(r, attr->ia_gid);
	p9_put64(r, attr->ia_size);
	p9_put64(r, attr->ia_atime.tv_sec);
	p9_put64(r, attr->ia_atime.tv_nsec);
	p9_put64(r, attr->ia_mtime.tv_sec);
	p9_put64(r, attr->ia_mtime.tv_nsec);
	err = p9_call(c, r);
	if (err)
		return err;
	err = p9_end(c, r);
	if (!err && (attr->ia_valid & ATTR_SIZE))
		truncate_setsize(inode, attr->ia_size);
	return err ? err : p9_refresh(inode);
}

/* The text, read once: a symlink does not change. */
static const char *p9_get_link(struct dentry *dentry, struct inode *inode)
{
	struct p9_client *c = p9_c(inode->i_sb);
	struct p9_inode *pi = p9_i(inode);
	const char *text, *old;
	struct p9_req *r;
	char *link;
	u32 len;
	int err;

	link = READ_ONCE(pi->link);
	if (link)
		return link;
	if (!dentry)
		return ERR_PTR(-ECHILD);
	r = p9_begin(c, P9_TREADLINK);
	if (IS_ERR(r))
		return ERR_CAST(r);
	p9_put32(r, pi->fid);
	err = p9_call(c, r);
	if (err)
		return ERR_PTR(err);
	len = p9_get16(r);
	text = len < PATH_MAX ? p9_get_bytes(r, len) : NULL;
	link = text ? kmalloc(len + 1, GFP_KERNEL) : NULL;
	if (link) {
		memcpy(link, text, len);
		link[len] = '\0';
	}
	r->bad = !text;
	err = p9_end(c, r);
	if (!link)
		return ERR_PTR(err ? err : -ENOMEM);
	spin_lock(&inode->i_lock);
	old = pi->link;
	if (!old)
		WRITE_ONCE(pi->link, link);
	spin_unlock(&inode->i_lock);
	if (old)
		kfree(link);
	return old ? old : link;
}

const struct inode_operations p9_file_iops = {.setattr = p9_setattr, .getattr = p9_getattr};
const struct inode_operations p9_symlink_iops = {
	.get_link = p9_get_link, .setattr = p9_setattr, .getattr = p9_getattr};
