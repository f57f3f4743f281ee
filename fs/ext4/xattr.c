/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes: in the inode behind its fields, and in one block (which other inodes may
 * share, h_refcount). A change takes the attributes of a place apart and writes the place anew.
 * xattr_sem is held; a handle is started before it.
 */
#include <fs/posix_acl.h>
#include <fs/xattr.h>
#include "ext4.h"
#include "xattr.h"

#define MAX_ATTRS 256u

struct attr {
	u8 index, name_len;
	const char *name;
	const void *value;
	u32 size;
};

/* The attributes of one place, and a copy of it that they point into. */
struct attrs {
	u32 n;
	char *copy;
	struct attr a[MAX_ATTRS];
};

/* ---- reading --------------------------------------------------------------------------------- */

static int parse(struct inode *inode, struct attrs *s, const char *first, const char *base,
		 const char *end)
{
	const char *bad = ext4_check_xattrs(first, base, end);

	if (bad)
		return ext4_bad_inode(inode, bad);
	for (const char *p = first; get_unaligned_le32(p);) {
		const struct ext4_xattr_entry *e = (const void *)p;
		struct attr *a = &s->a[s->n];

		if (s->n == MAX_ATTRS)
			return ext4_bad_inode(inode, "too many attributes");
		a->index = e->e_name_index;
		a->name_len = e->e_name_len;
		a->name = e->e_name;
		a->size = le32_to_cpu(e->e_value_size);
		a->value = base + le16_to_cpu(e->e_value_offs);
		s->n++;
		p += EXT4_XATTR_LEN(e->e_name_len);
	}
	return 0;
}

/* Bytes for attributes in the inode, from where; 0: none. */
static u32 inode_room(struct inode *inode, u32 *off)
{
	const struct ext4_geometry *g = &EXT4_SB(inode->i_sb)->g;
	u32 extra = EXT4_I(inode)->i_extra_isize;

	*off = EXT4_GOOD_OLD_INODE_SIZE + extra + 4;
	if (!extra || *off + 8 > g->inode_size)
		return 0;
	return g->inode_size - *off;
}

static int read_inode_attrs(struct inode *inode, struct attrs *s)
{
	struct buffer_head *bh;
	struct ext4_inode *raw;
	u32 off, room = inode_room(inode, &off);
	int err;

	s->n = 0;
	if (!room || !EXT4_I(inode)->i_in_inode_xattrs)
		return 0;
	err = ext4_get_inode_loc(inode->i_sb, (u32)inode->i_ino, &bh, &raw);
	if (err)
		return err;
	memcpy(s->copy, (char *)raw + off, room);
	brelse(bh);
	return parse(inode, s, s->copy, s->copy, s->copy + room);
}

static struct buffer_head *read_block(struct inode *inode)
{
	const struct ext4_geometry *g = &EXT4_SB(inode->i_sb)->g;
	u64 block = EXT4_I(inode)->i_file_acl;
	const struct ext4_xattr_header *h;
	struct buffer_head *bh;

	if (!ext4_block_valid(g, block, 1))
		return ERR_PTR(ext4_bad_inode(inode, "an attribute block outside"));
	bh = sb_bread(inode->i_sb, block);
	if (!bh)
		return ERR_PTR(-EIO);
	h = (void *)bh->b_data;
	if (le32_to_cpu(h->h_magic) != EXT4_XATTR_MAGIC || le32_to_cpu(h->h_blocks) != 1 ||
	    (g->meta_csum &&
	     le32_to_cpu(h->h_checksum) != ext4_xattr_block_csum(g, block, bh->b_data))) {
		brelse(bh);
		return ERR_PTR(ext4_bad_inode(inode, "a damaged attribute block"));
	}
	return bh;
}

static int read_block_attrs(struct inode *inode, struct attrs *s)
{
	u32 bs = inode->i_sb->s_blocksize;
	struct buffer_head *bh;

	s->n = 0;
	if (!EXT4_I(inode)->i_file_acl)
		return 0;
	bh = read_block(inode);
	if (IS_ERR(bh))
		return PTR_ERR(bh);
	memcpy(s->copy, bh->b_data, bs);
	brelse(bh);
	return parse(inode, s, s->copy + sizeof(struct ext4_xattr_header), s->copy, s->copy + bs);
}

static struct attrs *new_attrs(struct inode *inode)
{
	struct attrs *s = kvmalloc(sizeof(*s), GFP_NOFS);

	if (!s)
		return NULL;
	s->n = 0;
	s->copy = kmalloc(inode->i_sb->s_blocksize, GFP_NOFS);
	if (!s->copy) {
		kvfree(s);
		return NULL;
	}
	return s;
}

static void free_attrs(struct attrs *s)
{
	if (s)
		kfree(s->copy);
	kvfree(s);
}

static struct attr *find(struct attrs *s, int index, const char *name)
{
	size_t len = strlen(name);

	for (u32 i = 0; i < s->n; i++)
		if (s->a[i].index == index && s->a[i].name_len == len &&
		    !memcmp(s->a[i].name, name, len))
			return &s->a[i];
	return NULL;
}

int ext4_xattr_get(struct inode *inode, int index, const char *name, void *buf, size_t size)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct attr *a = NULL;
	struct attrs *s;
	int err;

	/* The usual case costs nothing. */
	if (!READ_ONCE(ei->i_in_inode_xattrs) && !READ_ONCE(ei->i_file_acl))
		return -ENODATA;
	if (strlen(name) > 255)
		return -ERANGE;
	s = new_attrs(inode);
	if (!s)
		return -ENOMEM;
	down_read(&ei->xattr_sem);
	err = read_inode_attrs(inode, s);
	if (!err)
		a = find(s, index, name);
	if (!err && !a) {
		err = read_block_attrs(inode, s);
		if (!err)
			a = find(s, index, name);
	}
	up_read(&ei->xattr_sem);
	if (!err)
		err = !a ? -ENODATA : (int)a->size;
	if (err > 0 && size) {
		if (a->size > size)
			err = -ERANGE;
		else
			memcpy(buf, a->value, a->size);
	}
	free_attrs(s);
	return err;
}

/* ---- writing --------------------------------------------------------------------------------- */

static u32 space_for(const struct attrs *s)
{
	u32 bytes = 4;

	for (u32 i = 0; i < s->n; i++)
		bytes += EXT4_XATTR_LEN(s->a[i].name_len) + EXT4_XATTR_SIZE(s->a[i].size);
	return bytes;
}

static int compare(const struct attr *x, const struct attr *y)
{
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	if (x->name_len != y->name_len)
		return x->name_len < y->name_len ? -1 : 1;
	return memcmp(x->name, y->name, x->name_len);
}

/* Adds or replaces; in the order that blocks are searched in. */
static bool put(struct attrs *s, const struct attr *new)
{
	u32 i = 0;

	while (i < s->n && compare(&s->a[i], new) < 0)
		i++;
	if (i < s->n && !compare(&s->a[i], new)) {
		s->a[i] = *new;
		return true;
	}
	if (s->n == MAX_ATTRS)
		return false;
	memmove(&s->a[i + 1], &s->a[i], (s->n - i) * sizeof(*new));
	s->a[i] = *new;
	s->n++;
	return true;
}

static void take_out(struct attrs *s, struct attr *a)
{
	memmove(a, a + 1, (size_t)((char *)(s->a + s->n) - (char *)(a + 1)));
	s->n--;
}

/* Writes the attributes into [@first, @end), which holds them; values are counted from @base. */
static u32 build(const struct attrs *s, char *first, char *base, char *end)
{
	char *value = end;
	u32 hash = 0;

	memset(first, 0, (size_t)(end - first));
	for (u32 i = 0; i < s->n; i++) {
		const struct attr *a = &s->a[i];
		struct ext4_xattr_entry *e = (void *)first;

		e->e_name_len = a->name_len;
		e->e_name_index = a->index;
		e->e_value_size = cpu_to_le32(a->size);
		memcpy(e->e_name, a->name, a->name_len);
		if (a->size) {
			value -= EXT4_XATTR_SIZE(a->size);
			memcpy(value, a->value, a->size);
			e->e_value_offs = cpu_to_le16((u16)(value - base));
		}
		e->e_hash = cpu_to_le32(ext4_xattr_hash_entry(e, value));
		hash = (hash << 16) ^ (hash >> 16) ^ le32_to_cpu(e->e_hash);
		first += EXT4_XATTR_LEN(a->name_len);
	}
	return hash;
}

static int write_inode_attrs(handle_t *handle, struct inode *inode, const struct attrs *s)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct buffer_head *bh;
	struct ext4_inode *raw;
	u32 off, room = inode_room(inode, &off);
	char *tmp;
	int err;

	tmp = kmalloc(room, GFP_NOFS);
	if (!tmp)
		return -ENOMEM;
	build(s, tmp, tmp, tmp + room);
	err = ext4_get_inode_loc(inode->i_sb, (u32)inode->i_ino, &bh, &raw);
	if (!err) {
		err = ext4_get_write_access(handle, bh);
		if (!err) {
			spin_lock(&ei->i_raw_lock);
			put_unaligned_le32(s->n ? EXT4_XATTR_MAGIC : 0, (char *)raw + off - 4);
			memcpy((char *)raw + off, tmp, room);
			ei->i_in_inode_xattrs = s->n;
			spin_unlock(&ei->i_raw_lock);
		}
		brelse(bh);
	}
	kfree(tmp);
	return err; /* the checksum comes with ext4_mark_inode_dirty() */
}

/* The inode lets go of its attribute block. */
static int release_block(handle_t *handle, struct inode *inode)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct buffer_head *bh = read_block(inode);
	struct ext4_xattr_header *h;
	u64 block = ei->i_file_acl;
	int err;

	if (IS_ERR(bh))
		return PTR_ERR(bh);
	h = (void *)bh->b_data;
	ei->i_file_acl = 0;
	if (le32_to_cpu(h->h_refcount) <= 1) {
		ext4_forget(handle, inode->i_sb, block, bh);
		ext4_free_blocks_run(handle, inode, block, 1);
		return 0;
	}
	err = ext4_get_write_access(handle, bh);
	if (!err) {
		lock_buffer(bh);
		h->h_refcount = cpu_to_le32(le32_to_cpu(h->h_refcount) - 1);
		if (EXT4_SB(inode->i_sb)->g.meta_csum)
			h->h_checksum = cpu_to_le32(
				ext4_xattr_block_csum(&EXT4_SB(inode->i_sb)->g, block, h));
		unlock_buffer(bh);
		err = ext4_dirty_metadata(handle, inode, bh);
	}
	brelse(bh);
	ext4_add_blocks(inode, -1);
	return err;
}

static struct buffer_head *own_block(handle_t *handle, struct inode *inode, int *err)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct buffer_head *bh;
	u32 n = 1;
	u64 block;

	if (ei->i_file_acl) {
		bh = read_block(inode);
		*err = PTR_ERR_OR_ZERO(bh);
		if (*err)
			return NULL;
		if (le32_to_cpu(((struct ext4_xattr_header *)bh->b_data)->h_refcount) <= 1) {
			*err = ext4_get_write_access(handle, bh);
			return bh;
		}
		brelse(bh);
		*err = release_block(handle, inode);
		if (*err)
			return NULL;
	}
	block = ext4_new_blocks(handle, inode, ext4_goal(inode, 0), &n, EXT4_ALLOC_META, err);
	if (!block)
		return NULL;
	bh = sb_getblk(inode->i_sb, block);
	*err = bh ? ext4_get_create_access(handle, bh) : -ENOMEM;
	if (*err) {
		brelse(bh);
		ext4_free_blocks_run(handle, inode, block, 1);
		return NULL;
	}
	ei->i_file_acl = block;
	return bh;
}

static int write_block_attrs(handle_t *handle, struct inode *inode, const struct attrs *s)
{
	const struct ext4_geometry *g = &EXT4_SB(inode->i_sb)->g;
	struct ext4_xattr_header *h;
	struct buffer_head *bh;
	u32 hash;
	int err;

	if (!s->n)
		return EXT4_I(inode)->i_file_acl ? release_block(handle, inode) : 0;
	bh = own_block(handle, inode, &err);
	if (err) {
		brelse(bh);
		return err;
	}
	lock_buffer(bh);
	h = (void *)bh->b_data;
	memset(h, 0, g->blocksize);
	h->h_magic = cpu_to_le32(EXT4_XATTR_MAGIC);
	h->h_refcount = cpu_to_le32(1);
	h->h_blocks = cpu_to_le32(1);
	hash = build(s, (char *)(h + 1), (char *)h, (char *)h + g->blocksize);
	h->h_hash = cpu_to_le32(hash);
	if (g->meta_csum)
		h->h_checksum = cpu_to_le32(ext4_xattr_block_csum(g, bh->b_blocknr, h));
	set_buffer_uptodate(bh);
	unlock_buffer(bh);
	err = ext4_dirty_metadata(handle, inode, bh);
	brelse(bh);
	return err;
}

/* Puts @new where it fits: the inode if it can be. */
static int place(handle_t *handle, struct inode *inode, struct attrs *in, struct attrs *blk,
		 const struct attr *new)
{
	u32 off, room = inode_room(inode, &off);
	u32 need = EXT4_XATTR_LEN(new->name_len) + EXT4_XATTR_SIZE(new->size);
	struct attr *old_in = NULL, *old_blk = NULL;
	bool was_in = false, was_blk = false;
	int err = 0;

	for (u32 i = 0; i < in->n; i++)
		if (!compare(&in->a[i], new))
			old_in = &in->a[i];
	for (u32 i = 0; i < blk->n; i++)
		if (!compare(&blk->a[i], new))
			old_blk = &blk->a[i];
	if (old_in) {
		take_out(in, old_in);
		was_in = true;
	}
	if (old_blk) {
		take_out(blk, old_blk);
		was_blk = true;
	}
	if (new->value && room &&space_for(in) + need <= room &&put(in, new)) {
		was_in = true;
	} else if (new->value) {
		if (space_for(blk) + need + sizeof(struct ext4_xattr_header) >
			    inode->i_sb->s_blocksize ||
		    !put(blk, new))
			return -ENOSPC;
		was_blk = true;
	}
	if (was_blk)
		err = write_block_attrs(handle, inode, blk);
	if (!err && was_in)
		err = write_inode_attrs(handle, inode, in);
	return err;
}

static int set_locked(handle_t *handle, struct inode *inode, const struct attr *new, int flags)
{
	struct attrs *in = new_attrs(inode), *blk = new_attrs(inode);
	bool exists = false;
	int err = in && blk ? 0 : -ENOMEM;

	if (!err)
		err = read_inode_attrs(inode, in);
	if (!err)
		err = read_block_attrs(inode, blk);
	if (!err) {
		for (u32 i = 0; i < in->n; i++)
			exists |= !compare(&in->a[i], new);
		for (u32 i = 0; i < blk->n; i++)
			exists |= !compare(&blk->a[i], new);
		if (exists && flags & XATTR_CREATE)
			err = -EEXIST;
		else if (!exists && (flags & XATTR_REPLACE || !new->value))
			err = -ENODATA;
	}
	if (!err)
		err = place(handle, inode, in, blk, new);
	free_attrs(in);
	free_attrs(blk);
	return err;
}

int ext4_xattr_set(struct inode *inode, int index, const char *name, const void *value, size_t size,
		   int flags)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct attr new = {.index = (u8)index, .name = name, .value = value, .size = (u32)size};
	handle_t *handle;
	int err, err2;

	if (strlen(name) > 255)
		return -ERANGE;
	if (size > inode->i_sb->s_blocksize)
		return -ENOSPC;
	new.name_len = (u8)strlen(name);
	handle = ext4_journal_start(inode->i_sb, EXT4_CREDITS_MAP + EXT4_CREDITS_INODE);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	down_write(&ei->xattr_sem);
	err = set_locked(handle, inode, &new, flags);
	up_write(&ei->xattr_sem);
	if (!err) {
		inode->i_ctime = current_time(inode);
		err = ext4_mark_inode_dirty(handle, inode);
	}
	err2 = ext4_journal_stop(handle);
	return err ? err : err2;
}

void ext4_xattr_delete_inode(handle_t *handle, struct inode *inode)
{
	if (EXT4_I(inode)->i_file_acl)
		release_block(handle, inode);
}

/* ---- the VFS --------------------------------------------------------------------------------- */

#define INDEX_USER	  1
#define INDEX_ACL_ACCESS  2
#define INDEX_ACL_DEFAULT 3
#define INDEX_TRUSTED	  4
#define INDEX_SECURITY	  6

static int handler_get(const struct xattr_handler *h, struct inode *inode, const char *name,
		       void *buf, size_t size)
{
	return ext4_xattr_get(inode, h->flags, name, buf, size);
}

static int handler_set(const struct xattr_handler *h, struct inode *inode, const char *name,
		       const void *value, size_t size, int flags)
{
	return ext4_xattr_set(inode, h->flags, name, value, size, flags);
}

#define HANDLER(id, pre, index)                            \
	static const struct xattr_handler id##_handler = { \
		.prefix = pre, .flags = index, .get = handler_get, .set = handler_set}
HANDLER(user, "user.", INDEX_USER);
HANDLER(trusted, "trusted.", INDEX_TRUSTED);
HANDLER(security, "security.", INDEX_SECURITY);

static const struct xattr_handler *const all_handlers[] = {
	&user_handler, &trusted_handler, &security_handler, POSIX_ACL_XATTR_HANDLERS NULL};
static const struct xattr_handler *const no_acl_handlers[] = {&user_handler, &trusted_handler,
							      &security_handler, NULL};
static const struct xattr_handler *const no_user_handlers[] = {&trusted_handler, &security_handler,
							       NULL};

void ext4_set_xattr_handlers(struct super_block *sb)
{
	const struct ext4_options *opt = &EXT4_SB(sb)->opt;

	sb->s_xattr = opt->nouser_xattr ? no_user_handlers :
		      opt->noacl	? no_acl_handlers :
					  all_handlers;
	if (IS_ENABLED(CONFIG_POSIX_ACL) && !opt->noacl)
		sb->s_flags |= SB_POSIXACL;
}

static int list_one(const struct attr *a, char *buf, size_t size, size_t *used)
{
	static const char *const prefixes[8] = {
		[INDEX_USER] = "user.",
		[INDEX_ACL_ACCESS] = "system.posix_acl_access",
		[INDEX_ACL_DEFAULT] = "system.posix_acl_default",
		[INDEX_TRUSTED] = "trusted.",
		[INDEX_SECURITY] = "security.",
	};
	char full[XATTR_NAME_MAX + 32];
	size_t n;

	if (a->index >= 8 || !prefixes[a->index])
		return 0;
	if (a->index == INDEX_TRUSTED && !capable(CAP_SYS_ADMIN))
		return 0;
	n = strlen(prefixes[a->index]);
	memcpy(full, prefixes[a->index], n);
	memcpy(full + n, a->name, a->name_len);
	full[n + a->name_len] = '\0';
	return xattr_list_one(buf, size, used, full);
}

ssize_t ext4_listxattr(struct dentry *dentry, char *buf, size_t size)
{
	struct inode *inode = dentry->d_inode;
	struct ext4_inode_info *ei = EXT4_I(inode);
	struct attrs *s;
	size_t used = 0;
	int err;

	if (!READ_ONCE(ei->i_in_inode_xattrs) && !READ_ONCE(ei->i_file_acl))
		return 0;
	s = new_attrs(inode);
	if (!s)
		return -ENOMEM;
	down_read(&ei->xattr_sem);
	err = read_inode_attrs(inode, s);
	for (u32 i = 0; i < s->n && !err; i++)
		err = list_one(&s->a[i], buf, size, &used);
	if (!err)
		err = read_block_attrs(inode, s);
	for (u32 i = 0; i < s->n && !err; i++)
		err = list_one(&s->a[i], buf, size, &used);
	up_read(&ei->xattr_sem);
	free_attrs(s);
	return err ? err : (ssize_t)used;
}
