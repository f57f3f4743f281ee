/* SPDX-License-Identifier: MIT */
/* Ids, keys and permissions of System V objects: util.h. */
#include <kernel/cred.h>
#include <mm/gfp.h>
#include <lib/string.h>
#include <uapi/capability.h>
#include <uapi/errno.h>
#include "util.h"

/* ---- permissions: sysvipc(7) ----------------------------------------------------------------- */

static bool owns(const struct kern_ipc_perm *perm)
{
	uid_t euid = current_euid();

	return euid == perm->uid || euid == perm->cuid;
}

int ipcperms(const struct kern_ipc_perm *perm, int flag)
{
	int wanted = (flag >> 6) | (flag >> 3) | flag, granted = perm->mode;

	if (owns(perm))
		granted >>= 6;
	else if (in_egroup_p(perm->cgid) || in_egroup_p(perm->gid))
		granted >>= 3;
	return wanted & ~granted & S_IRWXO && !capable(CAP_IPC_OWNER) ? -EACCES : 0;
}

void ipc_fill_perm64(struct ipc64_perm *out, const struct kern_ipc_perm *perm)
{
	memset(out, 0, sizeof(*out));
	out->key = perm->key;
	out->uid = perm->uid;
	out->gid = perm->gid;
	out->cuid = perm->cuid;
	out->cgid = perm->cgid;
	out->mode = perm->mode;
	out->seq = perm->id >> IPCMNI_SHIFT;
}

int ipc_update_perm(struct kern_ipc_perm *perm, const struct ipc64_perm *in)
{
	if (in->uid == (uid_t)-1 || in->gid == (gid_t)-1)
		return -EINVAL;
	perm->uid = in->uid;
	perm->gid = in->gid;
	perm->mode = (perm->mode & ~S_IRWXUGO) | (in->mode & S_IRWXUGO);
	return 0;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static struct kern_ipc_perm *perm_of(struct rb_node *node)
{
	return rb_entry(node, struct kern_ipc_perm, key_node);
}

static struct kern_ipc_perm *find_key(struct ipc_ids *ids, key_t key)
{
	struct rb_node *node = ids->keys.rb_node;

	while (node && perm_of(node)->key != key)
		node = key < perm_of(node)->key ? node->rb_left : node->rb_right;
	return node ? perm_of(node) : NULL;
}

static void insert_key(struct ipc_ids *ids, struct kern_ipc_perm *perm)
{
	struct rb_node **link = &ids->keys.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = perm->key < perm_of(parent)->key ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&perm->key_node, parent, link);
	rb_insert_color(&perm->key_node, &ids->keys);
}

void ipc_set_key_private(struct ipc_ids *ids, struct kern_ipc_perm *perm)
{
	if (perm->key == IPC_PRIVATE)
		return;
	rb_erase(&perm->key_node, &ids->keys);
	perm->key = IPC_PRIVATE;
}

/* ---- ids ------------------------------------------------------------------------------------- */

void ipc_init_perm(struct kern_ipc_perm *perm, const struct ipc_params *params)
{
	memset(perm, 0, sizeof(*perm));
	spin_lock_init(&perm->lock);
	refcount_set(&perm->refcount, 1);
	perm->key = params->key;
	perm->mode = params->flg & S_IRWXUGO;
	perm->uid = perm->cuid = current_euid();
	perm->gid = perm->cgid = current_egid();
}

/*
 * An index that is free, after the last one given, so that ids differ although few indexes are in
 * use; the sequence number moves when the search starts over. -ENOSPC: none.
 */
static int choose_index(struct ipc_ids *ids, unsigned int *seq)
{
	int end = clamp(ids->in_use * 3 / 2, 64, IPCMNI);
	unsigned long idx;

	if (ids->next_id >= 0) {
		*seq = ids->next_id >> IPCMNI_SHIFT;
		if (!xa_find_free(&ids->objs, ids->next_id & (IPCMNI - 1), IPCMNI - 1, &idx))
			return -ENOSPC;
		ids->next_id = -1;
		return idx;
	}
	if (ids->last_idx + 1 >= end ||
	    !xa_find_free(&ids->objs, ids->last_idx + 1, end - 1, &idx)) {
		if (!xa_find_free(&ids->objs, 0, end - 1, &idx))
			return -ENOSPC;
	}
	if ((int)idx <= ids->last_idx)
		ids->seq = ids->seq >= IPCMNI_SEQ ? 0 : ids->seq + 1;
	ids->last_idx = idx;
	*seq = ids->seq;
	return idx;
}

int ipc_addid(struct ipc_ids *ids, struct kern_ipc_perm *perm, int limit)
{
	unsigned int seq;
	int idx, err;

	if (ids->in_use >= limit)
		return -ENOSPC;
	idx = choose_index(ids, &seq);
	if (idx < 0)
		return idx;
	perm->id = seq << IPCMNI_SHIFT | idx;
	err = xa_insert(&ids->objs, idx, perm, GFP_KERNEL);
	if (err)
		return err;
	if (perm->key != IPC_PRIVATE)
		insert_key(ids, perm);
	ids->in_use++;
	ids->max_idx = max(ids->max_idx, idx);
	return perm->id;
}

void ipc_rmid(struct ipc_ids *ids, struct kern_ipc_perm *perm)
{
	int idx = perm->id & (IPCMNI - 1);

	xa_erase(&ids->objs, idx);
	ipc_set_key_private(ids, perm);
	perm->deleted = true;
	ids->in_use--;
	if (idx != ids->max_idx)
		return;
	while (--idx >= 0 && !xa_load(&ids->objs, idx))
		;
	ids->max_idx = idx;
}

/* @id or, where @any, an index. */
static struct kern_ipc_perm *lock_found(struct ipc_ids *ids, int id, bool any)
{
	struct kern_ipc_perm *perm;

	if (id < 0)
		return ERR_PTR(-EINVAL);
	rcu_read_lock();
	perm = xa_load(&ids->objs, id & (IPCMNI - 1));
	if (!perm || (!any && perm->id != id)) {
		rcu_read_unlock();
		return ERR_PTR(-EINVAL);
	}
	ipc_lock_object(perm);
	rcu_read_unlock();
	if (!perm->deleted)
		return perm;
	ipc_unlock(perm);
	return ERR_PTR(-EIDRM);
}

struct kern_ipc_perm *ipc_lock(struct ipc_ids *ids, int id)
{
	return lock_found(ids, id, false);
}

struct kern_ipc_perm *ipc_lock_index(struct ipc_ids *ids, int index)
{
	return lock_found(ids, index, true);
}

struct kern_ipc_perm *ipc_lock_owned(struct ipc_ids *ids, int id)
{
	struct kern_ipc_perm *perm = ipc_lock(ids, id);

	if (IS_ERR(perm) || owns(perm) || capable(CAP_SYS_ADMIN))
		return perm;
	ipc_unlock(perm);
	return ERR_PTR(-EPERM);
}

/* ---- get ------------------------------------------------------------------------------------- */

static int get_existing(struct kern_ipc_perm *perm, const struct ipc_ops *ops,
			const struct ipc_params *params)
{
	int ret;

	if ((params->flg & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL))
		return -EEXIST;
	ipc_lock_object(perm);
	ret = ops->more_checks ? ops->more_checks(perm, params) : 0;
	if (!ret)
		ret = ipcperms(perm, params->flg);
	if (!ret)
		ret = perm->id;
	ipc_unlock(perm);
	return ret;
}

int ipcget(struct ipc_ids *ids, const struct ipc_ops *ops, const struct ipc_params *params)
{
	struct kern_ipc_perm *perm = NULL;
	int ret;

	down_write(&ids->rwsem);
	if (params->key != IPC_PRIVATE)
		perm = find_key(ids, params->key);
	if (perm)
		ret = get_existing(perm, ops, params);
	else if (params->key == IPC_PRIVATE || (params->flg & IPC_CREAT))
		ret = ops->getnew(params);
	else
		ret = -ENOENT;
	up_write(&ids->rwsem);
	return ret;
}
