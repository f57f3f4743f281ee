/* SPDX-License-Identifier: MIT */
/*
 * The file system of POSIX message queues: one directory of queues, the same wherever it is
 * mounted. Reading a queue's file gives a line about it; open(2) with O_CREAT and unlink(2) make
 * and remove queues as the calls do. A queue's room is charged to its maker's RLIMIT_MSGQUEUE until
 * the inode goes.
 */
#include <fs/dcache.h>
#include <fs/mount.h>
#include <fs/poll.h>
#include <kernel/cred.h>
#include <kernel/bug.h>
#include <kernel/init.h>
#include <kernel/sched_signal.h>
#include <kernel/sysctl.h>
#include <kernel/user.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <mm/slab.h>
#include <uapi/capability.h>
#include "mqueue.h"

struct vfsmount *mqueue_mnt;
static struct kmem_cache *mqueue_inode_cache __ro_after_init;
static const struct inode_operations mqueue_dir_iops, mqueue_file_iops;
static atomic_t queues_count;

#define MQUEUE_MAGIC 0x19800202 /* what statfs(2) calls it */

/* ---- limits: mq_overview(7), "/proc interfaces" ---------------------------------------------- */

#define HARD_QUEUESMAX	1024
#define HARD_MSGMAX	65536
#define HARD_MSGSIZEMAX (16 << 20)

static int queues_max = 256, msg_max = 10, msg_default = 10;
static int msgsize_max = 8192, msgsize_default = 8192;

static bool attr_ok(const struct mq_attr *attr)
{
	bool any = capable(CAP_SYS_RESOURCE);

	return attr->mq_maxmsg > 0 && attr->mq_msgsize > 0 &&
	       attr->mq_maxmsg <= (any ? HARD_MSGMAX : READ_ONCE(msg_max)) &&
	       attr->mq_msgsize <= (any ? HARD_MSGSIZEMAX : READ_ONCE(msgsize_max));
}

/*
 * What a queue costs by getrlimit(2), RLIMIT_MSGQUEUE: its messages full, and two 48-byte structs
 * for each. Cannot overflow inside the hard limits.
 */
static long queue_bytes(const struct mq_attr *attr)
{
	return attr->mq_maxmsg * (attr->mq_msgsize + 48) + min(attr->mq_maxmsg, MQ_PRIO_MAX) * 48;
}

/* 0 or -EMFILE. */
static int charge(struct mqueue_inode_info *info, long bytes)
{
	struct user_struct *user = current_user();
	long now = atomic_long_add_return(bytes, &user->mq_bytes);

	if (now < bytes || (u64)now > rlimit(RLIMIT_MSGQUEUE)) {
		atomic_long_sub(bytes, &user->mq_bytes);
		return -EMFILE;
	}
	info->user = get_uid(user);
	info->charged = bytes;
	return 0;
}

static bool reserve_queue(void)
{
	if (atomic_inc_return(&queues_count) <= READ_ONCE(queues_max) || capable(CAP_SYS_RESOURCE))
		return true;
	atomic_dec(&queues_count);
	return false;
}

/* ---- inodes ---------------------------------------------------------------------------------- */

static struct inode *mqueue_alloc_inode(struct super_block *sb)
{
	struct mqueue_inode_info *info = kmem_cache_zalloc(mqueue_inode_cache, GFP_KERNEL);

	return info ? &info->vfs : NULL;
}

static void mqueue_free_inode(struct inode *inode)
{
	kmem_cache_free(mqueue_inode_cache, mqueue_i(inode));
}

static void mqueue_evict_inode(struct inode *inode)
{
	struct mqueue_inode_info *info = mqueue_i(inode);

	if (!info->user)
		return;
	mqueue_free_msgs(info);
	atomic_long_sub(info->charged, &info->user->mq_bytes);
	free_uid(info->user);
	atomic_dec(&queues_count);
}

#define STATUS_SIZE 80 /* about what the line takes */

static struct inode *new_queue(struct super_block *sb, struct inode *dir, umode_t mode,
			       const struct mq_attr *attr)
{
	struct inode *inode = new_inode_pseudo(sb);
	struct mqueue_inode_info *info;
	int err;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	info = mqueue_i(inode);
	err = charge(info, queue_bytes(attr));
	if (err) {
		iput(inode);
		return ERR_PTR(err);
	}
	inode_init_owner(inode, dir, mode | S_IFREG);
	inode->i_op = &mqueue_file_iops;
	inode->i_fop = &mqueue_fops;
	inode->i_size = STATUS_SIZE;
	info->maxmsg = attr->mq_maxmsg;
	info->msgsize = attr->mq_msgsize;
	spin_lock_init(&info->lock);
	init_waitqueue_head(&info->wait_q);
	mqueue_msg_init(info);
	return inode;
}

int mqueue_create_attr(struct inode *dir, struct dentry *dentry, umode_t mode,
		       const struct mq_attr *attr)
{
	struct mq_attr def = {
		.mq_maxmsg = min(READ_ONCE(msg_max), READ_ONCE(msg_default)),
		.mq_msgsize = min(READ_ONCE(msgsize_max), READ_ONCE(msgsize_default)),
	};
	struct inode *inode;

	if (!reserve_queue())
		return -ENOSPC;
	if (attr && !attr_ok(attr))
		inode = ERR_PTR(-EINVAL);
	else
		inode = new_queue(dir->i_sb, dir, mode, attr ? attr : &def);
	if (IS_ERR(inode)) {
		atomic_dec(&queues_count);
		return PTR_ERR(inode);
	}
	dir->i_mtime = dir->i_ctime = inode->i_ctime;
	dget(dentry); /* names live in the dentry cache */
	d_instantiate(dentry, inode);
	return 0;
}

static int mqueue_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	return mqueue_create_attr(dir, dentry, mode, NULL);
}

/* open(O_TRUNC) and truncate(2) change nothing. */
static int mqueue_setattr(struct dentry *dentry, struct iattr *attr)
{
	int err = setattr_prepare(dentry, attr);

	if (!err)
		setattr_copy(dentry->d_inode, attr);
	return err;
}

static const struct inode_operations mqueue_dir_iops = {
	.lookup = simple_lookup,
	.create = mqueue_create,
	.unlink = simple_unlink,
};

static const struct inode_operations mqueue_file_iops = {
	.setattr = mqueue_setattr,
};

/* ---- files ----------------------------------------------------------------------------------- */

static ssize_t mqueue_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct inode *inode = file_inode(file);
	struct mqueue_inode_info *info = mqueue_i(inode);
	struct pid *owner;
	char line[STATUS_SIZE];
	ssize_t ret;
	int len;

	spin_lock(&info->lock);
	owner = info->notify_owner;
	len = scnprintf(line, sizeof(line), "QSIZE:%-10lu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n",
			info->qsize, owner ? info->notify_how : 0,
			owner && info->notify_how == SIGEV_SIGNAL ? info->notify_signo : 0,
			pid_nr(owner));
	spin_unlock(&info->lock);
	ret = simple_read_from_buffer(buf, n, pos, line, len);
	if (ret > 0)
		inode->i_atime = inode->i_ctime = current_time(inode);
	return ret;
}

/* A process that closes the queue is told of nothing any more. */
static int mqueue_flush(struct file *file)
{
	struct mqueue_inode_info *info = mqueue_i(file_inode(file));

	spin_lock(&info->lock);
	if (info->notify_owner == task_tgid(current))
		mqueue_remove_notification(info);
	spin_unlock(&info->lock);
	return 0;
}

static __poll_t mqueue_poll(struct file *file, poll_table *table)
{
	struct mqueue_inode_info *info = mqueue_i(file_inode(file));
	__poll_t mask = 0;

	poll_wait(file, &info->wait_q, table);
	spin_lock(&info->lock);
	if (info->curmsgs)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (info->curmsgs < info->maxmsg)
		mask |= EPOLLOUT | EPOLLWRNORM;
	spin_unlock(&info->lock);
	return mask;
}

const struct file_operations mqueue_fops = {
	.read = mqueue_read,
	.flush = mqueue_flush,
	.poll = mqueue_poll,
	.llseek = default_llseek,
};

/* ---- the super block ------------------------------------------------------------------------- */

static const struct super_operations mqueue_sops = {
	.alloc_inode = mqueue_alloc_inode,
	.free_inode = mqueue_free_inode,
	.evict_inode = mqueue_evict_inode,
	.statfs = simple_statfs,
};

static int mqueue_fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *root;

	sb->s_magic = MQUEUE_MAGIC;
	sb->s_op = &mqueue_sops;
	sb->s_flags |= SB_NOSUID | SB_NODEV | SB_NOEXEC;
	root = new_inode_pseudo(sb);
	if (root) {
		inode_init_owner(root, NULL, S_IFDIR | S_ISVTX | S_IRWXUGO);
		root->i_op = &mqueue_dir_iops;
		root->i_fop = &simple_dir_operations;
		root->i_flags |= S_ALLCACHED;
		inc_nlink(root);
	}
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *mqueue_mount(const struct file_system_type *type, unsigned int flags,
				   const char *dev_name, char *data)
{
	return mount_single(type, flags, NULL, mqueue_fill_super);
}

static struct file_system_type mqueue_type = {
	.name = "mqueue",
	.mount = mqueue_mount,
	.kill_sb = kill_litter_super,
};

/* ---- /proc/sys/fs/mqueue --------------------------------------------------------------------- */

static const int one = 1, msgsize_least = 128, zero;
static const int queues_most = HARD_QUEUESMAX, msg_most = HARD_MSGMAX,
		 msgsize_most = HARD_MSGSIZEMAX;

#define LIMIT(nm, var, lo, hi)                                                         \
	{                                                                              \
		.procname = (nm), .data = &(var), .maxlen = sizeof(int), .mode = 0644, \
		.proc_handler = proc_dointvec_minmax, .extra1 = &(lo), .extra2 = &(hi) \
	}

static const struct ctl_table mqueue_table[] = {
	LIMIT("queues_max", queues_max, zero, queues_most),
	LIMIT("msg_max", msg_max, one, msg_most),
	LIMIT("msgsize_max", msgsize_max, msgsize_least, msgsize_most),
	LIMIT("msg_default", msg_default, one, msg_most),
	LIMIT("msgsize_default", msgsize_default, msgsize_least, msgsize_most),
};

static int __init mqueue_init(void)
{
	int err;

	mqueue_inode_cache =
		kmem_cache_create("mqueue_inode_cache", sizeof(struct mqueue_inode_info), 0,
				  SLAB_PANIC | SLAB_RECLAIM_ACCOUNT, NULL);
	err = register_filesystem(&mqueue_type);
	if (err)
		return err;
	mqueue_mnt = kern_mount(&mqueue_type);
	if (IS_ERR(mqueue_mnt))
		panic("mqueue: no memory for its mount: error %ld", PTR_ERR(mqueue_mnt));
	return register_sysctl("fs/mqueue", mqueue_table, ARRAY_SIZE(mqueue_table));
}
fs_initcall(mqueue_init);
