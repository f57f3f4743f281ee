/* SPDX-License-Identifier: MIT */
/*
 * The type "tmpfs" of mount(8): ramfs with limits (tmpfs(5)), and the kernel's own instance behind
 * memfd and shared memory.
 */
#include <lib/err.h>
#include <lib/kstrtox.h>
#include <fs/fs_parser.h>
#include <kernel/init.h>
#include <fs/file.h>
#include <fs/seq_file.h>
#include <uapi/fs.h>
#include "tmpfs.h"

enum { OPT_SIZE_BYTES, OPT_NR_BLOCKS, OPT_NR_INODES, OPT_MODE, OPT_UID, OPT_GID };

static const struct match_option tmpfs_options[] = {
	{"size", OPT_STRING, OPT_SIZE_BYTES},
	{"nr_blocks", OPT_SIZE, OPT_NR_BLOCKS},
	{"nr_inodes", OPT_SIZE, OPT_NR_INODES},
	{"mode", OPT_OCTAL, OPT_MODE},
	{"uid", OPT_U32, OPT_UID},
	{"gid", OPT_U32, OPT_GID},
};

/* "10m", "50%": pages, or -EINVAL. */
static long parse_size(const char *text)
{
	unsigned long long n;
	char *end;

	n = memparse(text, &end);
	if (end == text)
		return -EINVAL;
	if (*end == '%') {
		n = n * totalram_pages / 100;
		end++;
	} else {
		n = DIV_ROUND_UP(n, PAGE_SIZE);
	}
	return *end || n > LONG_MAX ? -EINVAL : (long)n;
}

static int set_option(void *ctx, int token, const struct match_result *r)
{
	struct tmpfs_sb *sbi = ctx;
	switch (token) {
	case OPT_SIZE_BYTES:
		sbi->blocks.max = parse_size(r->text);
		return sbi->blocks.max < 0 ? -EINVAL : 0;
	case OPT_NR_BLOCKS:
		sbi->blocks.max = r->number;
		return 0;
	case OPT_NR_INODES:
		sbi->max_inodes = r->number;
		return 0;
	case OPT_MODE:
		sbi->mode = r->number & 07777;
		return 0;
	case OPT_UID:
		sbi->uid = r->number;
		return 0;
	default:
		sbi->gid = r->number;
		return 0;
	}
}

int tmpfs_parse_options(struct tmpfs_sb *sbi, char *data)
{
	return parse_mount_options("tmpfs", data, tmpfs_options, ARRAY_SIZE(tmpfs_options),
				   set_option, sbi);
}

/* New limits may not be below what is in use. */
int tmpfs_remount(struct super_block *sb, unsigned int *flags, char *data)
{
	struct tmpfs_sb *sbi = tmpfs_sb(sb), new = {.mode = sbi->mode};
	int err;

	new.blocks.max = sbi->blocks.max;
	new.max_inodes = sbi->max_inodes;
	err = tmpfs_parse_options(&new, data);
	if (err)
		return err;
	if (new.blocks.max &&new.blocks.max < atomic_long_read(&sbi->blocks.used))
		return -EINVAL;
	if (new.max_inodes &&new.max_inodes < atomic_long_read(&sbi->inodes))
		return -EINVAL;
	WRITE_ONCE(sbi->blocks.max, new.blocks.max);
	WRITE_ONCE(sbi->max_inodes, new.max_inodes);
	return 0;
}

int tmpfs_show_options(struct seq_file *m, struct dentry *root)
{
	struct tmpfs_sb *sbi = tmpfs_sb(root->d_sb);

	if (sbi->blocks.max)
		seq_printf(m, ",size=%luk", sbi->blocks.max << (PAGE_SHIFT - 10));
	if (sbi->max_inodes)
		seq_printf(m, ",nr_inodes=%ld", sbi->max_inodes);
	if (sbi->mode != 01777)
		seq_printf(m, ",mode=%03o", sbi->mode);
	if (sbi->uid)
		seq_printf(m, ",uid=%u", sbi->uid);
	if (sbi->gid)
		seq_printf(m, ",gid=%u", sbi->gid);
	return 0;
}

static struct dentry *tmpfs_mount(const struct file_system_type *type, unsigned int flags,
				  const char *dev_name, char *data)
{
	struct tmpfs_sb options = {.mode = 01777, .uid = current_fsuid(), .gid = current_fsgid()};
	int err = 0;

	if (!(flags & SB_KERNMOUNT)) {
		options.blocks.max = tmpfs_default_blocks();
		options.max_inodes = tmpfs_default_blocks();
		err = tmpfs_parse_options(&options, data);
	}
	if (err)
		return ERR_PTR(err);
	return mount_nodev(type, flags, &options, tmpfs_fill_super);
}

static struct file_system_type tmpfs_type = {
	.name = "tmpfs",
	.fs_flags = FS_TMPFS_MAGIC,
	.mount = tmpfs_mount,
	.kill_sb = kill_litter_super,
};

static struct vfsmount *shm_mnt;

struct file *shmem_file_setup(const char *name, loff_t size, unsigned long vm_flags)
{
	struct inode *inode;
	struct file *file;

	if (!shm_mnt)
		return ERR_PTR(-ENODEV);
	if (size < 0)
		return ERR_PTR(-EINVAL);
	inode = tmpfs_new_inode(shm_mnt->mnt_sb, NULL, S_IFREG | S_IRWXUGO, 0);
	if (!inode)
		return ERR_PTR(-ENOSPC);
	clear_nlink(inode);
	i_size_write(inode, size);
	tmpfs_i(inode)->obj.vm_flags = vm_flags;
	file = alloc_file_pseudo(inode, shm_mnt, name, O_RDWR, inode->i_fop);
	if (IS_ERR(file))
		iput(inode);
	else
		file->f_mode |= FMODE_ATOMIC_POS;
	return file;
}

static int __init tmpfs_init(void)
{
	int err;

	tmpfs_sops.remount_fs = tmpfs_remount;
	tmpfs_sops.show_options = tmpfs_show_options;
	err = register_filesystem(&tmpfs_type);
	if (err)
		return err;
	shm_mnt = kern_mount(&tmpfs_type);
	if (IS_ERR(shm_mnt)) {
		err = PTR_ERR(shm_mnt);
		shm_mnt = NULL;
	}
	return err;
}
core_initcall(tmpfs_init);
