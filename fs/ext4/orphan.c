/* SPDX-License-Identifier: MIT */
/*
 * The orphan list: inodes that a crash would leave half deleted or half truncated. On disk it goes
 * from the super block's s_last_orphan through the i_dtime fields; sbi->orphans is the same list in
 * the same order. orphan_lock guards both.
 */
#include "ext4.h"

/* Changes the link in the super block (@prev NULL) or in the inode before. */
static int set_link(handle_t *handle, struct ext4_sb_info *sbi, struct ext4_inode_info *prev,
		    u32 ino)
{
	int err;

	if (prev) {
		prev->i_dtime = ino;
		return ext4_mark_inode_dirty(handle, &prev->vfs);
	}
	err = ext4_get_write_access(handle, sbi->sbh);
	if (err)
		return err;
	lock_buffer(sbi->sbh);
	sbi->es->s_last_orphan = cpu_to_le32(ino);
	if (sbi->g.meta_csum)
		sbi->es->s_checksum = cpu_to_le32(ext4_super_csum(sbi->es));
	unlock_buffer(sbi->sbh);
	return ext4_dirty_metadata(handle, NULL, sbi->sbh);
}

int ext4_orphan_add(handle_t *handle, struct inode *inode)
{
	struct ext4_sb_info *sbi = EXT4_SB(inode->i_sb);
	struct ext4_inode_info *ei = EXT4_I(inode);
	int err = 0;

	if (!ext4_handle_valid(handle))
		return 0;
	mutex_lock(&sbi->orphan_lock);
	if (list_empty(&ei->i_orphan)) {
		ei->i_dtime = le32_to_cpu(sbi->es->s_last_orphan);
		err = ext4_mark_inode_dirty(handle, inode);
		if (!err)
			err = set_link(handle, sbi, NULL, (u32)inode->i_ino);
		if (!err)
			list_add(&ei->i_orphan, &sbi->orphans);
	}
	mutex_unlock(&sbi->orphan_lock);
	return err;
}

int ext4_orphan_del(handle_t *handle, struct inode *inode)
{
	struct ext4_sb_info *sbi = EXT4_SB(inode->i_sb);
	struct ext4_inode_info *ei = EXT4_I(inode), *prev = NULL;
	int err = 0;

	if (list_empty(&ei->i_orphan))
		return 0;
	mutex_lock(&sbi->orphan_lock);
	if (ei->i_orphan.prev != &sbi->orphans)
		prev = list_entry(ei->i_orphan.prev, struct ext4_inode_info, i_orphan);
	list_del_init(&ei->i_orphan);
	if (ext4_handle_valid(handle)) {
		err = set_link(handle, sbi, prev, ei->i_dtime);
		ei->i_dtime = 0;
		if (!err)
			err = ext4_mark_inode_dirty(handle, inode);
	}
	mutex_unlock(&sbi->orphan_lock);
	return err;
}

/* Takes the list's head, which cannot be read, off: everything behind it is lost to e2fsck. */
static void drop_list(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);

	sbi->es->s_last_orphan = 0;
	sbi->es->s_state |= cpu_to_le16(EXT4_ERROR_FS);
	ext4_commit_super(sb);
}

/*
 * At mount, before anybody else: finishes deletions and truncations. Inodes already on the list are
 * the only ones with no links that ext4_iget() accepts, and only now.
 */
void ext4_orphan_cleanup(struct super_block *sb)
{
	struct ext4_sb_info *sbi = EXT4_SB(sb);
	unsigned int deleted = 0, truncated = 0, left = sbi->g.inodes_count;
	struct inode *inode;
	u32 ino;

	if (!sbi->es->s_last_orphan || sb->s_flags & SB_RDONLY)
		return;
	sbi->flags |= EXT4_SBF_ORPHANS;
	while ((ino = le32_to_cpu(sbi->es->s_last_orphan)) && left--) {
		if (sbi->flags & EXT4_SBF_ABORTED)
			break;
		inode = ino >= sbi->g.first_ino && ext4_inode_in_use(sb, ino) ? ext4_iget(sb, ino) :
										ERR_PTR(-EUCLEAN);
		if (IS_ERR(inode)) {
			ext4_warn(sb, "orphan inode %u is damaged", ino);
			drop_list(sb);
			break;
		}
		mutex_lock(&sbi->orphan_lock);
		list_add(&EXT4_I(inode)->i_orphan, &sbi->orphans);
		mutex_unlock(&sbi->orphan_lock);
		if (inode->i_nlink) {
			ext4_truncate(inode);
			truncated++;
		} else {
			deleted++;
		}
		iput(inode); /* deletes one without links */
		if (le32_to_cpu(sbi->es->s_last_orphan) == ino) {
			drop_list(sb); /* it did not go */
			break;
		}
	}
	sbi->flags &= ~EXT4_SBF_ORPHANS;
	if (deleted || truncated)
		pr_info("EXT4-fs (%s): %u orphan inodes deleted, %u truncated\n", sb->s_id, deleted,
			truncated);
}
