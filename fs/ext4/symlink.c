/* SPDX-License-Identifier: MIT */
/* Symbolic links: up to 59 bytes in the inode, longer ones in a block. */
#include "ext4.h"

/* Keeps the text with the inode: later walks need nothing. */
static const char *keep(struct inode *inode, char *text)
{
	struct ext4_inode_info *ei = EXT4_I(inode);

	spin_lock(&inode->i_lock);
	if (!ei->i_symlink) {
		ei->i_symlink = text;
		text = NULL;
		smp_store_release(&inode->i_link, (const char *)ei->i_symlink);
	}
	spin_unlock(&inode->i_lock);
	kfree(text);
	return ei->i_symlink;
}

static char *copy_text(const char *from, size_t len)
{
	char *text = kmalloc(len + 1, GFP_KERNEL);

	if (text) {
		memcpy(text, from, len);
		text[len] = '\0';
	}
	return text;
}

static const char *fast_get_link(struct dentry *dentry, struct inode *inode)
{
	char *text;

	if (EXT4_I(inode)->i_symlink)
		return EXT4_I(inode)->i_symlink;
	if (!dentry)
		return ERR_PTR(-ECHILD);
	text = copy_text((const char *)EXT4_I(inode)->i_data,
			 min_t(size_t, (size_t)inode->i_size, sizeof(EXT4_I(inode)->i_data)));
	return text ? keep(inode, text) : ERR_PTR(-ENOMEM);
}

static const char *get_link(struct dentry *dentry, struct inode *inode)
{
	struct buffer_head *bh;
	char *text;
	int err;

	if (EXT4_I(inode)->i_symlink)
		return EXT4_I(inode)->i_symlink;
	if (!dentry)
		return ERR_PTR(-ECHILD);
	bh = ext4_bread(NULL, inode, 0, false, &err);
	if (!bh)
		return ERR_PTR(err ? err : ext4_bad_inode(inode, "a symlink without text"));
	text = copy_text(bh->b_data, min_t(size_t, (size_t)inode->i_size, bh->b_size));
	brelse(bh);
	return text ? keep(inode, text) : ERR_PTR(-ENOMEM);
}

const struct inode_operations ext4_symlink_iops = {
	.get_link = get_link,
	.setattr = ext4_setattr,
	.getattr = ext4_getattr,
	.listxattr = ext4_listxattr,
};

const struct inode_operations ext4_fast_symlink_iops = {
	.get_link = fast_get_link,
	.setattr = ext4_setattr,
	.getattr = ext4_getattr,
	.listxattr = ext4_listxattr,
};
