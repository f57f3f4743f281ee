/* SPDX-License-Identifier: MIT */
/* 9p: mounting "TAG" with "trans=virtio,version=9p2000.L,msize=N,aname=PATH,uname=NAME". */
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/err.h>
#include <fs/fs_parser.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <fs/seq_file.h>
#include "9p.h"

#define V9FS_MAGIC    0x01021997
#define DEFAULT_MSIZE 65536u

static struct kmem_cache *inode_cache __ro_after_init;

/* ---- inodes ---------------------------------------------------------------------------------- */

static struct inode *p9_alloc_inode(struct super_block *sb)
{
	struct p9_inode *pi = kmem_cache_alloc(inode_cache, GFP_KERNEL);

	if (!pi)
		return NULL;
	pi->fid = P9_NOFID;
	pi->link = NULL;
	pi->cached = 0;
	return &pi->vfs;
}

static void p9_free_inode(struct inode *inode)
{
	kfree(p9_i(inode)->link);
	kmem_cache_free(inode_cache, p9_i(inode));
}

static void p9_evict_inode(struct inode *inode)
{
	if (inode->i_mapping)
		truncate_inode_pages_final(inode->i_mapping);
	if (p9_i(inode)->fid != P9_NOFID)
		p9_clunk(p9_c(inode->i_sb), p9_i(inode)->fid);
}

/* ---- the super block ------------------------------------------------------------------------- */

static int p9_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct p9_client *c = p9_c(dentry->d_sb);
	struct p9_req *r = p9_begin(c, P9_TSTATFS);
	int err;

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, p9_i(dentry->d_sb->s_root->d_inode)->fid);
	err = p9_call(c, r);
	if (err)
		return err;
	p9_get32(r);
	buf->f_type = V9FS_MAGIC;
	buf->f_bsize = buf->f_frsize = p9_get32(r);
	buf->f_blocks = p9_get64(r);
	buf->f_bfree = p9_get64(r);
	buf->f_bavail = p9_get64(r);
	buf->f_files = p9_get64(r);
	buf->f_ffree = p9_get64(r);
	buf->f_fsid = p9_get64(r);
	buf->f_namelen = p9_get32(r);
	return p9_end(c, r);
}

static int p9_show_options(struct seq_file *m, struct dentry *root)
{
	seq_printf(m, ",trans=virtio,version=9p2000.L,msize=%u", p9_c(root->d_sb)->msize);
	return 0;
}

static void p9_put_super(struct super_block *sb)
{
	if (sb->s_fs_info)
		p9_disconnect(sb->s_fs_info);
}

static const struct super_operations p9_sops = {
	.alloc_inode = p9_alloc_inode,
	.free_inode = p9_free_inode,
	.evict_inode = p9_evict_inode,
	.put_super = p9_put_super,
	.statfs = p9_statfs,
	.show_options = p9_show_options,
};

/* ---- mounting -------------------------------------------------------------------------------- */

enum { OPT_TRANS, OPT_VERSION, OPT_MSIZE, OPT_ANAME, OPT_UNAME, OPT_CACHE, OPT_ACCESS };

static const struct match_option options[] = {
	{"trans", OPT_STRING, OPT_TRANS},  {"version", OPT_STRING, OPT_VERSION},
	{"msize", OPT_U32, OPT_MSIZE},	   {"aname", OPT_STRING, OPT_ANAME},
	{"uname", OPT_STRING, OPT_UNAME},  {"cache", OPT_STRING, OPT_CACHE},
	{"access", OPT_STRING, OPT_ACCESS}};

struct p9_mount {
	const char *tag;
	char *data, *aname, *uname;
	u32 msize;
};

static int set_option(void *ctx, int token, const struct match_result *r)
{
	struct p9_mount *m = ctx;

	switch (token) {
	case OPT_TRANS:
		return strcmp(r->text, "virtio") ? -EINVAL : 0;
	case OPT_VERSION:
		return strcmp(r->text, "9p2000.L") ? -EINVAL : 0;
	case OPT_MSIZE:
		m->msize = r->number;
		return r->number < 4096 ? -EINVAL : 0;
	case OPT_ANAME:
		m->aname = r->text;
		return 0;
	case OPT_UNAME:
		m->uname = r->text;
		return 0;
	case OPT_CACHE: /* writes always go through, an open looks for changes */
		return strcmp(r->text, "none") && strcmp(r->text, "mmap") ? -EINVAL : 0;
	default:
		return strcmp(r->text, "any") && strcmp(r->text, "client") ? -EINVAL : 0;
	}
}

static int attach(struct p9_client *c, const struct p9_mount *m, u32 *fid)
{
	int err = p9_new_fid(c, fid);
	struct p9_req *r = err ? ERR_PTR(err) : p9_begin(c, P9_TATTACH);

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, *fid);
	p9_put32(r, P9_NOFID);
	p9_put_str(r, m->uname, strlen(m->uname));
	p9_put_str(r, m->aname, strlen(m->aname));
	p9_put32(r, current_fsuid());
	err = p9_call(c, r);
	return err ? err : p9_end(c, r);
}

static int p9_fill_super(struct super_block *sb, void *data, int silent)
{
	struct p9_mount *m = data;
	struct p9_client *c;
	struct inode *inode;
	u32 fid;
	int err = parse_mount_options("9p", m->data, options, ARRAY_SIZE(options), set_option, m);

	if (err)
		return err;
	sb->s_op = &p9_sops;
	sb->s_d_op = &p9_dentry_ops;
	sb->s_magic = V9FS_MAGIC;
	c = p9_connect(m->tag, m->msize);
	if (IS_ERR(c))
		return PTR_ERR(c);
	sb->s_fs_info = c;
	err = attach(c, m, &fid);
	if (err)
		return err;
	inode = p9_get_inode(sb, fid);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *p9_mount(const struct file_system_type *type, unsigned int flags,
			       const char *dev_name, char *data)
{
	struct p9_mount m = {.tag = dev_name, .data = data, .msize = DEFAULT_MSIZE};
	char nothing[] = "", root[] = "root";

	if (!dev_name || !*dev_name)
		return ERR_PTR(-EINVAL);
	m.aname = nothing;
	m.uname = root;
	return mount_nodev(type, flags, &m, p9_fill_super);
}

static struct file_system_type p9_type = {
	.name = "9p", .mount = p9_mount, .kill_sb = kill_anon_super};

static int __init p9_init(void)
{
	inode_cache = KMEM_CACHE(p9_inode, SLAB_RECLAIM_ACCOUNT);
	return inode_cache ? register_filesystem(&p9_type) : -ENOMEM;
}
fs_initcall(p9_init);
