/* SPDX-License-Identifier: MIT */
/* ioctl(2) on files and directories: attributes of chattr(1), generation, FIEMAP, FIBMAP. */
#include <kernel/uaccess.h>
#include <uapi/capability.h>
#include <uapi/fiemap.h>
#include <uapi/fs.h>
#include "ext4.h"

/* ---- chattr(1) ------------------------------------------------------------------------------- */

int ext4_fileattr_get(struct inode *inode, u32 *flags)
{
	*flags = EXT4_I(inode)->i_flags & EXT4_FL_USER_VISIBLE;
	return 0;
}

/* The VFS has checked the caller; i_rwsem held exclusively. */
int ext4_fileattr_set(struct inode *inode, u32 flags)
{
	struct ext4_inode_info *ei = EXT4_I(inode);
	handle_t *handle;
	int err, err2;

	if ((flags ^ ei->i_flags) & ~EXT4_FL_USER_MODIFIABLE & EXT4_FL_USER_VISIBLE)
		return -EOPNOTSUPP;
	if (flags & ~EXT4_FL_USER_VISIBLE)
		return -EOPNOTSUPP;
	handle = ext4_journal_start(inode->i_sb, EXT4_CREDITS_INODE);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	ei->i_flags = (ei->i_flags & ~EXT4_FL_USER_MODIFIABLE) | (flags & EXT4_FL_USER_MODIFIABLE);
	ext4_set_inode_flags(inode);
	inode->i_ctime = current_time(inode);
	err = ext4_mark_inode_dirty(handle, inode);
	err2 = ext4_journal_stop(handle);
	return err ? err : err2;
}

/* ---- FIEMAP ---------------------------------------------------------------------------------- */

struct fiemap_out {
	struct fiemap_extent __user *dest;
	u32 room, n;
	struct fiemap_extent held; /* the newest: LAST is known one later */
	bool have;
};

static int put_held(struct fiemap_out *out)
{
	if (!out->have)
		return 0;
	if (out->room && copy_to_user(&out->dest[out->n], &out->held, sizeof(out->held)))
		return -EFAULT;
	out->n++;
	out->have = false;
	return 0;
}

static int add_extent(struct inode *inode, struct fiemap_out *out, const struct ext4_map *map)
{
	u32 bits = ext4_bits(inode);
	int err = put_held(out);

	if (err)
		return err;
	if (out->room && out->n >= out->room)
		return 1;
	out->held = (struct fiemap_extent){
		.fe_logical = (u64)map->lblk << bits,
		.fe_physical = map->pblk << bits,
		.fe_length = (u64)map->len << bits,
		.fe_flags = map->flags & EXT4_MAP_UNWRITTEN ? FIEMAP_EXTENT_UNWRITTEN : 0,
	};
	if (!ext4_has_extents(inode))
		out->held.fe_flags |= FIEMAP_EXTENT_MERGED;
	out->have = true;
	return 0;
}

/* Extents of [@first, @end). 1: the buffer is full. */
static int fill_extents(struct inode *inode, struct fiemap_out *out, u64 first, u64 end)
{
	int err = 0;

	while (first < end && !err) {
		struct ext4_map map = {.lblk = (u32)first,
				       .len = (u32)min_t(u64, end - first, EXT_MAX_BLOCKS)};

		err = ext4_map_blocks(NULL, inode, &map, 0);
		if (!err && map.flags)
			err = add_extent(inode, out, &map);
		first += max(map.len, 1u);
		cond_resched();
	}
	return err;
}

int ext4_fiemap(struct inode *inode, unsigned long arg)
{
	struct fiemap __user *ufm = (struct fiemap __user *)arg;
	u32 bits = ext4_bits(inode);
	struct fiemap_out out = {};
	struct fiemap fm;
	u64 end;
	int err;

	if (copy_from_user(&fm, ufm, sizeof(fm)))
		return -EFAULT;
	if (fm.fm_extent_count > U32_MAX / sizeof(struct fiemap_extent) || !fm.fm_length)
		return -EINVAL;
	if (fm.fm_start > (u64)inode->i_sb->s_maxbytes)
		return -EFBIG;
	if (fm.fm_flags & ~FIEMAP_FLAG_SYNC) {
		fm.fm_flags &= ~FIEMAP_FLAG_SYNC;
		return copy_to_user(ufm, &fm, sizeof(fm)) ? -EFAULT : -EBADR;
	}
	out.dest = ufm->fm_extents;
	out.room = fm.fm_extent_count;
	end = fm.fm_length > (u64)inode->i_sb->s_maxbytes - fm.fm_start ?
		      (u64)inode->i_sb->s_maxbytes :
		      fm.fm_start + fm.fm_length;
	inode_lock_shared(inode);
	err = inode->i_mapping ?
		      filemap_write_and_wait_range(inode->i_mapping, 0, MAX_LFS_FILESIZE) :
		      0;
	if (!err)
		err = fill_extents(inode, &out, fm.fm_start >> bits,
				   min_t(u64, (end + (1u << bits) - 1) >> bits, EXT_MAX_BLOCKS));
	inode_unlock_shared(inode);
	if (!err && out.have)
		out.held.fe_flags |= FIEMAP_EXTENT_LAST;
	if (err >= 0)
		err = put_held(&out);
	fm.fm_mapped_extents = out.n;
	fm.fm_flags &= FIEMAP_FLAGS_COMPAT;
	if (!err && copy_to_user(ufm, &fm, sizeof(fm)))
		err = -EFAULT;
	return err;
}

static int ext4_bmap(struct inode *inode, int __user *arg)
{
	struct ext4_map map = {.len = 1};
	int block, err;

	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (get_user(block, arg))
		return -EFAULT;
	if (block < 0)
		return -EINVAL;
	if (inode->i_mapping)
		filemap_write_and_wait_range(inode->i_mapping, 0, MAX_LFS_FILESIZE);
	map.lblk = (u32)block;
	err = ext4_map_blocks(NULL, inode, &map, 0);
	if (err)
		return err;
	return put_user(map.flags & EXT4_MAP_MAPPED ? (int)map.pblk : 0, arg);
}

long ext4_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct inode *inode = file_inode(file);

	switch (cmd) {
	case FS_IOC_GETVERSION:
		return put_user((int)EXT4_I(inode)->i_generation, (int __user *)arg);
	case FS_IOC_FIEMAP:
		return S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode) ? ext4_fiemap(inode, arg) :
									  -EOPNOTSUPP;
	case FIBMAP:
		return S_ISREG(inode->i_mode) ? ext4_bmap(inode, (int __user *)arg) : -ENOTTY;
	default:
		return -ENOIOCTLCMD;
	}
}
