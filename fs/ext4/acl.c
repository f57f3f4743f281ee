/* SPDX-License-Identifier: MIT */
/*
 * Access control lists on disk: an attribute with a version and entries that have an id only where
 * they need one.
 */
#include <fs/posix_acl.h>
#include "ext4.h"
#include "xattr.h"

#define EXT4_ACL_VERSION 1u
#define INDEX_ACCESS	 2
#define INDEX_DEFAULT	 3

static bool has_id(u16 tag)
{
	return tag == ACL_USER || tag == ACL_GROUP;
}

/* NULL: no list; ERR_PTR(-EIO) for a damaged one. */
static struct posix_acl *decode(const u8 *p, size_t size)
{
	const u8 *end = p + size;
	struct posix_acl *acl;
	unsigned int n = 0;

	if (size < 4 || get_unaligned_le32(p) != EXT4_ACL_VERSION)
		return ERR_PTR(-EIO);
	for (const u8 *q = p + 4; q < end; n++) {
		size_t len = end - q >= 4 && has_id(get_unaligned_le16(q)) ? 8 : 4;

		if ((size_t)(end - q) < len)
			return ERR_PTR(-EIO);
		q += len;
	}
	if (!n)
		return NULL;
	acl = posix_acl_alloc(n);
	if (!acl)
		return ERR_PTR(-ENOMEM);
	p += 4;
	for (unsigned int i = 0; i < n; i++) {
		struct posix_acl_entry *e = &acl->a_entries[i];

		e->e_tag = get_unaligned_le16(p);
		e->e_perm = get_unaligned_le16(p + 2);
		e->e_id = has_id(e->e_tag) ? get_unaligned_le32(p + 4) : ACL_UNDEFINED_ID;
		p += has_id(e->e_tag) ? 8 : 4;
	}
	if (acl_check(acl->a_entries, n)) {
		posix_acl_release(acl);
		return ERR_PTR(-EIO);
	}
	return acl;
}

static void *encode(const struct posix_acl *acl, size_t *size)
{
	u8 *p, *text = kmalloc(4 + acl->a_count * 8, GFP_NOFS);

	if (!text)
		return NULL;
	put_unaligned_le32(EXT4_ACL_VERSION, text);
	p = text + 4;
	for (unsigned int i = 0; i < acl->a_count; i++) {
		const struct posix_acl_entry *e = &acl->a_entries[i];

		put_unaligned_le16(e->e_tag, p);
		put_unaligned_le16(e->e_perm, p + 2);
		p += 4;
		if (has_id(e->e_tag)) {
			put_unaligned_le32(e->e_id, p);
			p += 4;
		}
	}
	*size = (size_t)(p - text);
	return text;
}

struct posix_acl *ext4_get_acl(struct inode *inode, int type)
{
	int index = type == ACL_TYPE_ACCESS ? INDEX_ACCESS : INDEX_DEFAULT;
	int n = ext4_xattr_get(inode, index, "", NULL, 0);
	struct posix_acl *acl;
	u8 *text;

	if (n == -ENODATA)
		return NULL;
	if (n < 0)
		return ERR_PTR(n);
	text = kmalloc((size_t)max(n, 1), GFP_NOFS);
	if (!text)
		return ERR_PTR(-ENOMEM);
	n = ext4_xattr_get(inode, index, "", text, (size_t)n);
	acl = n == -ENODATA ? NULL : n < 0 ? ERR_PTR(n) : decode(text, (size_t)n);
	kfree(text);
	return acl;
}

static int store(struct inode *inode, int type, struct posix_acl *acl)
{
	int index = type == ACL_TYPE_ACCESS ? INDEX_ACCESS : INDEX_DEFAULT, err;
	void *text = NULL;
	size_t size = 0;

	if (acl) {
		text = encode(acl, &size);
		if (!text)
			return -ENOMEM;
	}
	err = ext4_xattr_set(inode, index, "", text, size, 0);
	if (err == -ENODATA && !acl)
		err = 0;
	kfree(text);
	if (!err)
		set_cached_acl(inode, type, acl);
	return err;
}

int ext4_set_acl(struct inode *inode, struct posix_acl *acl, int type)
{
	umode_t mode = inode->i_mode;
	handle_t *handle;
	int err = 0, err2;

	if (type == ACL_TYPE_DEFAULT && !S_ISDIR(inode->i_mode))
		return acl ? -EACCES : 0;
	if (type == ACL_TYPE_ACCESS && acl) {
		err = posix_acl_update_mode(inode, &mode, &acl);
		if (err)
			return err;
	}
	handle = ext4_journal_start(inode->i_sb, EXT4_CREDITS_MAP + 2 * EXT4_CREDITS_INODE);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	err = store(inode, type, acl);
	if (!err && mode != inode->i_mode) {
		inode->i_mode = mode;
		inode->i_ctime = current_time(inode);
		err = ext4_mark_inode_dirty(handle, inode);
	}
	err2 = ext4_journal_stop(handle);
	return err ? err : err2;
}

int ext4_init_acl(struct inode *dir, struct inode *inode)
{
	struct posix_acl *def, *acl;
	int err;

	if (!(inode->i_sb->s_flags & SB_POSIXACL))
		return 0;
	err = posix_acl_create(dir, &inode->i_mode, &def, &acl);
	if (err)
		return err;
	if (!def && !acl) {
		cache_no_acl(inode);
		return 0;
	}
	/* Its slot on disk must be its own before attributes go there. */
	err = ext4_mark_inode_dirty(jbd2_current_handle() ? jbd2_current_handle() : EXT4_NOJOURNAL,
				    inode);
	if (!err && def)
		err = store(inode, ACL_TYPE_DEFAULT, def);
	else
		inode->i_default_acl = NULL;
	if (!err && acl)
		err = store(inode, ACL_TYPE_ACCESS, acl);
	else if (!acl)
		inode->i_acl = NULL;
	posix_acl_release(def);
	posix_acl_release(acl);
	return err;
}
