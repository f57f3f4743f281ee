/* SPDX-License-Identifier: MIT */
/*
 * Propagation of mounts, mount_namespaces(7) SHARED SUBTREES. namespace_sem is held for writing
 * throughout.
 *
 * States of a mount: private (no group, no master); shared (a group number, the ring mnt_share of
 * its peers); slave (a master, in the master's mnt_slaves); shared and slave (both). All peers of a
 * group have masters in the same group, or none. Only shared mounts have slaves.
 *
 * An event on a shared mount reaches its peers, the slaves of each, their peers, and so on. Peer
 * groups thus form a tree, which collect_targets() lays out with masters before slaves.
 */
#include <lib/ida.h>
#include "mount_tree.h"

static DEFINE_IDA(group_ids);

/* ---- types ----------------------------------------------------------------------------------- */

int mnt_make_shared(struct mount *m)
{
	int id;

	if (m->mnt_group)
		return 0;
	id = ida_alloc_min(&group_ids, 1, GFP_KERNEL);
	if (id < 0)
		return id;
	m->mnt_group = id;
	return 0;
}

static void set_master(struct mount *m, struct mount *master)
{
	list_del_init(&m->mnt_slave);
	m->mnt_master = master;
	if (master)
		list_add(&m->mnt_slave, &master->mnt_slaves);
}

/* The slaves of @m get another master, or none. */
static void hand_over_slaves(struct mount *m, struct mount *master)
{
	struct mount *s, *next;

	list_for_each_entry_safe(s, next, &m->mnt_slaves, mnt_slave)
		set_master(s, master);
}

/* @m leaves its peer group and becomes a slave of what is left of it. */
static void leave_group(struct mount *m)
{
	struct mount *peer;

	if (!m->mnt_group)
		return;
	if (list_empty(&m->mnt_share)) {
		ida_free(&group_ids, m->mnt_group);
		hand_over_slaves(m, m->mnt_master);
	} else {
		peer = list_next_entry(m, mnt_share);
		list_del_init(&m->mnt_share);
		hand_over_slaves(m, peer);
		set_master(m, peer);
	}
	m->mnt_group = 0;
}

int change_propagation(struct mount *m, unsigned long type)
{
	if (type == MS_SHARED) {
		m->mnt.mnt_flags &= ~MNT_UNBINDABLE;
		return mnt_make_shared(m);
	}
	leave_group(m);
	if (type != MS_SLAVE)
		set_master(m, NULL);
	if (type == MS_UNBINDABLE)
		m->mnt.mnt_flags |= MNT_UNBINDABLE;
	else
		m->mnt.mnt_flags &= ~MNT_UNBINDABLE;
	return 0;
}

int change_tree_propagation(struct mount *m, unsigned long type, bool recurse)
{
	struct mount *p = m;
	int err = 0;

	for (; p && !err; p = recurse ? next_mnt(p, m) : NULL)
		err = change_propagation(p, type);
	return err;
}

void clone_propagation(struct mount *m, struct mount *old, enum clone_kind kind)
{
	if (kind == CLONE_SLAVE) {
		set_master(m, old);
	} else if (kind == CLONE_LIKE) {
		if (old->mnt_group) {
			m->mnt_group = old->mnt_group;
			list_add(&m->mnt_share, &old->mnt_share);
		}
		set_master(m, old->mnt_master);
	}
}

bool tree_has_unbindable(struct mount *m)
{
	for (struct mount *p = m; p; p = next_mnt(p, m))
		if (p->mnt.mnt_flags & MNT_UNBINDABLE)
			return true;
	return false;
}

int mnt_dominating_group(struct mount *m, const struct path *root)
{
	for (m = m->mnt_master; m; m = m->mnt_master) {
		struct mount *p = m;

		do {
			struct path at = {.mnt = &p->mnt, .dentry = p->mnt.mnt_root};

			if (check_mnt(p) && path_is_under(&at, root))
				return p->mnt_group;
			p = list_empty(&p->mnt_share) ? m : list_next_entry(p, mnt_share);
		} while (p != m);
	}
	return 0;
}

/* ---- where an event goes --------------------------------------------------------------------- */

/* A peer group that is reached: one of its mounts, and the group that its masters are in. */
struct prop_group {
	struct mount *member;
	unsigned int master;
	struct mount *copy; /* the first copy made for it */
};

struct prop_groups {
	struct prop_group *g;
	unsigned int nr, room;
};

static struct mount *next_peer(struct mount *m)
{
	return list_empty(&m->mnt_share) ? m : list_next_entry(m, mnt_share);
}

static int add_group(struct prop_groups *set, struct mount *member, unsigned int master, u64 stamp)
{
	struct mount *p = member;

	if (set->nr == set->room) {
		unsigned int room = set->room ? set->room * 2 : 8;
		struct prop_group *g = kvmalloc_array(room, sizeof(*g), GFP_KERNEL);

		if (!g)
			return -ENOMEM;
		if (set->nr)
			memcpy(g, set->g, set->nr * sizeof(*g));
		kvfree(set->g);
		set->g = g;
		set->room = room;
	}
	set->g[set->nr++] = (struct prop_group){.member = member, .master = master};
	do {
		p->mnt_stamp = stamp;
		p = next_peer(p);
	} while (p != member);
	return 0;
}

/* Groups that an event on @parent reaches, its own first, masters before slaves. */
static int collect_targets(struct prop_groups *set, struct mount *parent)
{
	static u64 last_stamp; /* namespace_sem */
	u64 stamp = ++last_stamp;
	int err = add_group(set, parent, 0, stamp);

	for (unsigned int i = 0; i < set->nr && !err; i++) {
		struct mount *member = set->g[i].member, *p = member, *s;

		do {
			list_for_each_entry(s, &p->mnt_slaves, mnt_slave)
				if (s->mnt_stamp != stamp && !err)
					err = add_group(set, s, i, stamp);
			p = next_peer(p);
		} while (p != member && !err);
	}
	return err;
}

/* ---- mounting -------------------------------------------------------------------------------- */

/* A copy of the tree for @to, planned in mnt_was; copies hang in a list by mnt_list. */
static int plan_copy(struct prop_groups *set, unsigned int i, struct mount *to,
		     struct dentry *mountpoint, struct list_head *copies)
{
	struct prop_group *g = &set->g[i];
	unsigned int from = i;
	struct mount *copy;

	while (!set->g[from].copy)
		from = set->g[from].master;
	copy = copy_tree(set->g[from].copy, set->g[from].copy->mnt.mnt_root,
			 from == i ? CLONE_LIKE : CLONE_SLAVE, true);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	copy->mnt_was.mnt = &to->mnt;
	copy->mnt_was.dentry = mountpoint;
	list_add_tail(&copy->mnt_list, copies);
	if (!g->copy)
		g->copy = copy;
	return mnt_is_shared(to) ? change_tree_propagation(copy, MS_SHARED, true) : 0;
}

int propagate_mount(struct mount *parent, struct dentry *mountpoint, struct mount *m,
		    struct list_head *copies)
{
	struct prop_groups set = {};
	int err;

	if (!mnt_is_shared(parent))
		return 0;
	err = change_tree_propagation(m, MS_SHARED, true);
	if (!err)
		err = collect_targets(&set, parent);
	if (!err)
		set.g[0].copy = m;
	for (unsigned int i = 0; i < set.nr && !err; i++) {
		struct mount *member = set.g[i].member, *p = member;

		do {
			/* One that is not attached, as m itself, was no peer when this began. */
			if (p != parent && p->mnt_ns && is_subdir(mountpoint, p->mnt.mnt_root))
				err = plan_copy(&set, i, p, mountpoint, copies);
			p = next_peer(p);
		} while (p != member && !err);
	}
	kvfree(set.g);
	return err;
}

void attach_copies(struct list_head *copies)
{
	while (!list_empty(copies)) {
		struct mount *m = list_first_entry(copies, struct mount, mnt_list);
		struct path at = m->mnt_was;

		list_del_init(&m->mnt_list);
		m->mnt_was.mnt = NULL;
		m->mnt_was.dentry = NULL;
		attach_mnt(m, real_mount(at.mnt), at.dentry);
	}
}

void drop_copies(struct list_head *copies, struct list_head *dead)
{
	while (!list_empty(copies)) {
		struct mount *m = list_first_entry(copies, struct mount, mnt_list);

		list_del_init(&m->mnt_list);
		m->mnt_was.mnt = NULL;
		m->mnt_was.dentry = NULL;
		umount_tree(m, dead, false);
	}
}

/* ---- unmounting ------------------------------------------------------------------------------ */

/* Calls @fn on what hangs at @at's dentry on each mount that @at's mount propagates to. */
static int for_each_reached(const struct path *at, const struct dentry *root,
			    int (*fn)(struct mount *m, void *arg), void *arg)
{
	struct mount *parent = real_mount(at->mnt);
	struct prop_groups set = {};
	int err;

	if (!mnt_is_shared(parent))
		return 0;
	err = collect_targets(&set, parent);
	for (unsigned int i = 0; i < set.nr && !err; i++) {
		struct mount *member = set.g[i].member, *p = member, *child;

		do {
			spin_lock(&dcache_lock);
			child = p == parent ? NULL : __lookup_mnt(&p->mnt, at->dentry);
			spin_unlock(&dcache_lock);
			if (child && child->mnt.mnt_root == root)
				err = fn(child, arg);
			p = next_peer(p);
		} while (p != member && !err);
	}
	kvfree(set.g);
	return err;
}

static int is_busy(struct mount *m, void *arg)
{
	/* One with mounts on it stays, and so is not in the way. */
	if (!list_empty(&m->mnt_mounts))
		return 0;
	return atomic_load_explicit(&m->mnt_count, memory_order_relaxed) > 1 ? -EBUSY : 0;
}

int propagate_busy(struct mount *m)
{
	struct path at = {.mnt = &m->mnt_parent->mnt, .dentry = m->mnt_mountpoint};

	return for_each_reached(&at, m->mnt.mnt_root, is_busy, NULL);
}

static int umount_one(struct mount *m, void *dead)
{
	if (list_empty(&m->mnt_mounts))
		umount_tree(m, dead, false);
	return 0;
}

void propagate_umount(const struct path *at, const struct dentry *root, struct list_head *dead)
{
	/* Without memory for the list of places others stay: an umount may not fail half way. */
	for_each_reached(at, root, umount_one, dead);
}
