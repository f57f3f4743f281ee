/* SPDX-License-Identifier: MIT */
/* landlock_create_ruleset(2), landlock_add_rule(2), landlock_restrict_self(2). */
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <lib/err.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include <fs/file.h>
#include "../internal.h"
#include "landlock.h"

#define LANDLOCK_ABI_VERSION 2

/* ---- rulesets -------------------------------------------------------------------------------- */

static int ruleset_release(struct inode *inode, struct file *file)
{
	struct landlock_ruleset *ruleset = file->private_data;

	landlock_free_rules(&ruleset->rules);
	kfree(ruleset);
	return 0;
}

static const struct file_operations ruleset_fops = {
	.release = ruleset_release,
	.llseek = noop_llseek,
};

SYSCALL_DEFINE3(landlock_create_ruleset, const struct landlock_ruleset_attr __user *, uattr, size_t,
		size, u32, flags)
{
	struct landlock_ruleset_attr attr;
	struct landlock_ruleset *ruleset;
	int err;

	if (flags)
		return flags == LANDLOCK_CREATE_RULESET_VERSION && !uattr && !size ?
			       LANDLOCK_ABI_VERSION :
			       -EINVAL;
	if (size < sizeof(attr.handled_access_fs))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(&attr, sizeof(attr), uattr, size);
	if (err)
		return err;
	if (attr.handled_access_fs & ~(u64)ACCESS_ALL)
		return -EINVAL;
	if (!attr.handled_access_fs)
		return -ENOMSG;
	ruleset = kzalloc(sizeof(*ruleset), GFP_KERNEL);
	if (!ruleset)
		return -ENOMEM;
	mutex_init(&ruleset->lock);
	ruleset->handled = (u32)attr.handled_access_fs;
	err = anon_inode_getfd("[landlock-ruleset]", &ruleset_fops, ruleset, O_RDWR | O_CLOEXEC);
	if (err < 0)
		kfree(ruleset);
	return err;
}

/* The ruleset of a descriptor, which fdput() keeps; -EBADF, -EBADFD. */
static struct landlock_ruleset *ruleset_of(struct fd f)
{
	if (fd_empty(f))
		return ERR_PTR(-EBADF);
	if (fd_file(f)->f_op != &ruleset_fops)
		return ERR_PTR(-EBADFD);
	return fd_file(f)->private_data;
}

/* ---- rules ----------------------------------------------------------------------------------- */

/* What a rule may be on: a file that has a place in the tree. */
static int path_of(int fd, struct path *path)
{
	struct fd f = fdget_raw((unsigned int)fd);
	int err = -EBADFD;

	if (fd_empty(f))
		return -EBADF;
	if (!(fd_file(f)->f_path.mnt->mnt_sb->s_flags & SB_NOUSER)) {
		*path = fd_file(f)->f_path;
		path_get(path);
		err = 0;
	}
	fdput(f);
	return err;
}

static int add_path_beneath(struct landlock_ruleset *ruleset,
			    const struct landlock_path_beneath_attr *attr)
{
	struct inode *inode;
	struct path path;
	int err;

	if (!attr->allowed_access)
		return -ENOMSG;
	if (attr->allowed_access & ~(u64)ruleset->handled)
		return -EINVAL;
	err = path_of(attr->parent_fd, &path);
	if (err)
		return err;
	inode = path.dentry->d_inode;
	if (!S_ISDIR(inode->i_mode) && (attr->allowed_access & ~(u64)ACCESS_FILE)) {
		err = -EINVAL;
	} else {
		mutex_lock(&ruleset->lock);
		err = landlock_add_to_rules(&ruleset->rules, inode, (u32)attr->allowed_access);
		mutex_unlock(&ruleset->lock);
	}
	path_put(&path);
	return err;
}

SYSCALL_DEFINE4(landlock_add_rule, int, fd, int, type, const void __user *, uattr, u32, flags)
{
	struct landlock_path_beneath_attr attr;
	struct landlock_ruleset *ruleset;
	struct fd f;
	int err;

	if (flags)
		return -EINVAL;
	f = fdget((unsigned int)fd);
	ruleset = ruleset_of(f);
	if (IS_ERR(ruleset))
		err = PTR_ERR(ruleset);
	else if (type != LANDLOCK_RULE_PATH_BENEATH)
		err = -EINVAL;
	else if (copy_from_user(&attr, uattr, sizeof(attr)))
		err = -EFAULT;
	else
		err = add_path_beneath(ruleset, &attr);
	fdput(f);
	return err;
}

/* ---- restriction ----------------------------------------------------------------------------- */

static int restrict_self(struct landlock_ruleset *ruleset)
{
	struct cred *new = prepare_creds();
	struct landlock_layer *layer;

	if (!new)
		return -ENOMEM;
	if (new->landlock &&new->landlock->depth >= MAX_LAYERS) {
		abort_creds(new);
		return -E2BIG;
	}
	layer = landlock_new_layer(ruleset, new->landlock);
	if (!layer) {
		abort_creds(new);
		return -ENOMEM;
	}
	new->landlock = layer;
	commit_creds(new);
	return 0;
}

SYSCALL_DEFINE2(landlock_restrict_self, int, fd, u32, flags)
{
	struct landlock_ruleset *ruleset;
	struct fd f;
	int err;

	/* Else a set-user-id program could be run that does not expect to be restricted. */
	if (!current->no_new_privs && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (flags)
		return -EINVAL;
	f = fdget((unsigned int)fd);
	ruleset = ruleset_of(f);
	err = IS_ERR(ruleset) ? PTR_ERR(ruleset) : restrict_self(ruleset);
	fdput(f);
	return err;
}
