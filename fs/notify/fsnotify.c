/* SPDX-License-Identifier: MIT */
/*
 * The core of file notification: marks on inodes, mounts and super blocks, and events on their way
 * to the groups that put them there. <fs/fsnotify.h> is the interface.
 *
 * One spinlock, fsnotify_lock, covers all lists and masks of marks. An event first looks at the
 * masks of the objects it concerns, without a lock; if one wants it, it takes references on the
 * marks under the lock and calls the groups without it, since they may sleep. A mark that was
 * detached meanwhile may therefore see one more event; its group decides what that means.
 */
#include <kernel/user.h>
#include <fs/fsnotify.h>
#include "../internal.h"
#include "fdinfo.h"

static DEFINE_SPINLOCK(fsnotify_lock);
atomic_int fsnotify_marks, fsnotify_perm_marks;

/* ---- objects --------------------------------------------------------------------------------- */

static struct hlist_head *object_marks(enum fsnotify_type type, const void *object, u32 **mask)
{
	struct super_block *sb;
	struct inode *inode;
	struct mount *m;

	switch (type) {
	case FSNOTIFY_INODE:
		inode = (struct inode *)object;
		*mask = &inode->i_fsnotify_mask;
		return &inode->i_fsnotify_marks;
	case FSNOTIFY_MOUNT:
		m = real_mount((struct vfsmount *)object);
		*mask = &m->mnt_fsnotify_mask;
		return &m->mnt_fsnotify_marks;
	default:
		sb = (struct super_block *)object;
		*mask = &sb->s_fsnotify_mask;
		return &sb->s_fsnotify_marks;
	}
}

/* fsnotify_lock held. */
static void update_mask(enum fsnotify_type type, const void *object)
{
	u32 *mask, all = 0;
	struct hlist_head *head = object_marks(type, object, &mask);
	struct fsnotify_mark *mark;

	hlist_for_each_entry(mark, head, obj_node) {
		all |= mark->mask;
		/* What is ignored of children takes their directory to be asked. */
		if (mark->flags & FSNOTIFY_NEW_IGNORE)
			all |= mark->ignored;
		/* Writing ends what is ignored only until then. */
		if (mark->ignored && !(mark->flags & FSNOTIFY_IGNORED_SURV_MODIFY))
			all |= FS_MODIFY;
	}
	WRITE_ONCE(*mask, all);
}

static void count_perm(u32 old, u32 new)
{
	atomic_fetch_add_explicit(&fsnotify_perm_marks,
				  !!(new &FS_PERM_EVENTS) - !!(old & FS_PERM_EVENTS),
				  memory_order_relaxed);
}

/* ---- marks and groups ------------------------------------------------------------------------ */

void fsnotify_group_init(struct fsnotify_group *group, const struct fsnotify_ops *ops)
{
	group->ops = ops;
	refcount_set(&group->refs, 1);
	mutex_init(&group->mark_mutex);
	INIT_LIST_HEAD(&group->marks);
	spin_lock_init(&group->lock);
	init_waitqueue_head(&group->wait);
	INIT_LIST_HEAD(&group->queue);
	group->user = get_uid(current_user());
}

void fsnotify_put_group(struct fsnotify_group *group)
{
	if (!refcount_dec_and_test(&group->refs))
		return;
	free_uid(group->user);
	group->ops->free_group(group);
}

void fsnotify_mark_init(struct fsnotify_mark *mark, struct fsnotify_group *group)
{
	refcount_set(&mark->refs, 1);
	refcount_inc(&group->refs);
	mark->group = group;
	INIT_HLIST_NODE(&mark->obj_node);
	INIT_LIST_HEAD(&mark->group_node);
	INIT_LIST_HEAD(&mark->sb_node);
}

void fsnotify_put_mark(struct fsnotify_mark *mark)
{
	struct fsnotify_group *group = mark->group;

	if (!refcount_dec_and_test(&mark->refs))
		return;
	group->ops->free_mark(mark);
	fsnotify_put_group(group);
}

static const void *mark_object(const struct fsnotify_mark *mark)
{
	if (mark->type == FSNOTIFY_INODE)
		return mark->inode;
	return mark->type == FSNOTIFY_MOUNT ? (const void *)mark->mnt : mark->sb;
}

struct fsnotify_mark *fsnotify_find_mark(struct fsnotify_group *group, enum fsnotify_type type,
					 const void *object)
{
	struct fsnotify_mark *mark, *found = NULL;
	struct hlist_head *head;
	u32 *mask;

	spin_lock(&fsnotify_lock);
	head = object_marks(type, object, &mask);
	hlist_for_each_entry(mark, head, obj_node) {
		if (mark->group != group)
			continue;
		refcount_inc(&mark->refs);
		found = mark;
		break;
	}
	spin_unlock(&fsnotify_lock);
	return found;
}

/* Groups of higher priority come first. */
static void link_mark(struct hlist_head *head, struct fsnotify_mark *mark)
{
	struct fsnotify_mark *m, *last = NULL;

	hlist_for_each_entry(m, head, obj_node) {
		if (m->group->priority < mark->group->priority)
			break;
		last = m;
	}
	if (last)
		hlist_add_behind(&mark->obj_node, &last->obj_node);
	else
		hlist_add_head(&mark->obj_node, head);
}

int fsnotify_add_mark(struct fsnotify_mark *mark)
{
	struct hlist_head *head;
	u32 *mask;

	spin_lock(&fsnotify_lock);
	head = object_marks(mark->type, mark_object(mark), &mask);
	link_mark(head, mark);
	list_add_tail(&mark->group_node, &mark->group->marks);
	if (mark->type == FSNOTIFY_INODE) {
		if (!(mark->flags & FSNOTIFY_EVICTABLE))
			ihold(mark->inode);
		list_add_tail(&mark->sb_node, &mark->inode->i_sb->s_fsnotify_inode_marks);
	}
	mark->attached = true;
	refcount_inc(&mark->refs);
	update_mask(mark->type, mark_object(mark));
	count_perm(0, mark->mask);
	spin_unlock(&fsnotify_lock);
	atomic_fetch_add_explicit(&fsnotify_marks, 1, memory_order_relaxed);
	return 0;
}

bool fsnotify_change_mark(struct fsnotify_mark *mark, u32 mask, u32 ignored, u32 flags)
{
	bool attached;

	spin_lock(&fsnotify_lock);
	attached = mark->attached;
	if (attached) {
		count_perm(mark->mask, mask);
		if ((mark->flags & ~flags) & FSNOTIFY_EVICTABLE)
			ihold(mark->inode); /* the caller holds it too */
		mark->mask = mask;
		mark->ignored = ignored;
		mark->flags = flags;
		update_mask(mark->type, mark_object(mark));
	}
	spin_unlock(&fsnotify_lock);
	return attached;
}

void fsnotify_destroy_mark(struct fsnotify_mark *mark)
{
	bool was, hold;

	spin_lock(&fsnotify_lock);
	was = mark->attached;
	hold = mark->type == FSNOTIFY_INODE && !(mark->flags & FSNOTIFY_EVICTABLE);
	if (was) {
		mark->attached = false;
		hlist_del_init(&mark->obj_node);
		list_del_init(&mark->group_node);
		list_del_init(&mark->sb_node);
		update_mask(mark->type, mark_object(mark));
		count_perm(mark->mask, 0);
	}
	spin_unlock(&fsnotify_lock);
	if (!was)
		return;
	atomic_fetch_sub_explicit(&fsnotify_marks, 1, memory_order_relaxed);
	mark->group->ops->freeing_mark(mark, mark->group);
	if (hold)
		iput(mark->inode);
	fsnotify_put_mark(mark);
}

void fsnotify_shutdown_group(struct fsnotify_group *group)
{
	struct fsnotify_mark *mark;

	spin_lock(&group->lock);
	group->shutdown = true;
	spin_unlock(&group->lock);
	for (;;) {
		spin_lock(&fsnotify_lock);
		mark = list_first_entry_or_null(&group->marks, struct fsnotify_mark, group_node);
		if (mark)
			refcount_inc(&mark->refs);
		spin_unlock(&fsnotify_lock);
		if (!mark)
			return;
		fsnotify_destroy_mark(mark);
		fsnotify_put_mark(mark);
	}
}

void fsnotify_clear_marks(struct fsnotify_group *group, enum fsnotify_type type)
{
	struct fsnotify_mark *mark, *m;

	do {
		mark = NULL;
		spin_lock(&fsnotify_lock);
		list_for_each_entry(m, &group->marks, group_node) {
			if (m->type != type)
				continue;
			mark = m;
			refcount_inc(&mark->refs);
			break;
		}
		spin_unlock(&fsnotify_lock);
		if (mark) {
			fsnotify_destroy_mark(mark);
			fsnotify_put_mark(mark);
		}
	} while (mark);
}

void fsnotify_show_marks(struct seq_file *m, struct fsnotify_group *group,
			 void (*show)(struct seq_file *m, const struct fsnotify_mark *mark))
{
	struct fsnotify_mark *mark;

	spin_lock(&fsnotify_lock);
	list_for_each_entry(mark, &group->marks, group_node)
		show(m, mark);
	spin_unlock(&fsnotify_lock);
}

/* ---- events ---------------------------------------------------------------------------------- */

#define GATHER_INLINE 12

/* The marks that an event concerns, each referenced. */
struct gather {
	struct gathered {
		struct fsnotify_mark *mark;
		u32 mask, ignored; /* as they were */
		bool child;
	} * m, fast[GATHER_INLINE];
	unsigned int nr, room;
	bool full;
};

/*
 * What a directory's mark says of children. FAN_MARK_IGNORE has a flag of its own for that, the
 * older ignored mask follows what is watched.
 */
static void keep_of_children(const struct fsnotify_mark *mark, u32 *mask, u32 *ignored)
{
	u32 flags = mark->flags & FSNOTIFY_NEW_IGNORE ? *ignored : *mask;

	if (!(flags & FS_EVENT_ON_CHILD))
		*ignored = 0;
	if (!(*mask & FS_EVENT_ON_CHILD))
		*mask = 0;
}

/* The part of an event's mask that a mark on such an object can have. fsnotify_lock held. */
static void gather_list(struct gather *g, struct hlist_head *head, const struct fsnotify_info *info,
			bool child)
{
	struct fsnotify_mark *mark;
	u32 mask, ignored;

	hlist_for_each_entry(mark, head, obj_node) {
		if ((info->mask & FS_MODIFY) && !child && mark->ignored &&
		    !(mark->flags & FSNOTIFY_IGNORED_SURV_MODIFY))
			mark->ignored = 0;
		mask = mark->mask;
		ignored = mark->ignored;
		if (child)
			keep_of_children(mark, &mask, &ignored);
		if (!((mask | ignored) & info->mask & ~FS_ISDIR))
			continue;
		if (g->nr == g->room) {
			g->full = true;
			return;
		}
		refcount_inc(&mark->refs);
		g->m[g->nr++] = (struct gathered){
			.mark = mark, .mask = mask, .ignored = ignored, .child = child};
	}
}

static void gather_drop(struct gather *g)
{
	while (g->nr)
		fsnotify_put_mark(g->m[--g->nr].mark);
}

static bool is_dirent(const struct fsnotify_info *info)
{
	return info->mask & FS_DIRENT_EVENTS;
}

static void gather_all(struct gather *g, const struct fsnotify_info *info)
{
	struct super_block *sb = info->inode ? info->inode->i_sb : info->dir->i_sb;

	spin_lock(&fsnotify_lock);
	/* Who watches both hears it first from the directory, with the name. */
	if (info->dir)
		gather_list(g, &info->dir->i_fsnotify_marks, info, !is_dirent(info));
	if (info->old_dir && info->old_dir != info->dir)
		gather_list(g, &info->old_dir->i_fsnotify_marks, info, false);
	if (info->inode && !is_dirent(info))
		gather_list(g, &info->inode->i_fsnotify_marks, info, false);
	if (info->path)
		gather_list(g, &real_mount(info->path->mnt)->mnt_fsnotify_marks, info, false);
	gather_list(g, &sb->s_fsnotify_marks, info, false);
	spin_unlock(&fsnotify_lock);
}

/* A mark hears of directories only if it says so; ignoring marks count likewise. */
static u32 passes(u32 mark_mask, const struct fsnotify_info *info)
{
	if ((info->mask & FS_ISDIR) && !(mark_mask & FS_ISDIR))
		return 0;
	return mark_mask & info->mask & ~FS_ISDIR;
}

/* What the marks of one group, of which @first is the first, let through together. */
static u32 group_mask(const struct gather *g, unsigned int first, const struct fsnotify_info *info)
{
	struct fsnotify_group *group = g->m[first].mark->group;
	u32 mask = 0, ignored = 0;

	for (unsigned int i = first; i < g->nr; i++) {
		if (g->m[i].mark->group != group)
			continue;
		mask |= passes(g->m[i].mask, info);
		ignored |= g->m[i].mark->flags & FSNOTIFY_NEW_IGNORE ?
				   passes(g->m[i].ignored, info) :
				   g->m[i].ignored & info->mask;
	}
	return mask & ~ignored;
}

static bool group_was_called(const struct gather *g, unsigned int i)
{
	for (unsigned int k = 0; k < i; k++)
		if (g->m[k].mark->group == g->m[i].mark->group)
			return true;
	return false;
}

/* FS_RENAME: which of the two directories @group asked for; who watches more asked for both. */
static void set_rename_sides(const struct gather *g, const struct fsnotify_group *group,
			     struct fsnotify_info *info)
{
	info->tell_old = info->tell_new = false;
	for (unsigned int i = 0; i < g->nr; i++) {
		const struct fsnotify_mark *mark = g->m[i].mark;

		if (mark->group != group || !(g->m[i].mask & FS_RENAME))
			continue;
		if (mark->type != FSNOTIFY_INODE || mark->inode == info->old_dir)
			info->tell_old = true;
		if (mark->type != FSNOTIFY_INODE || mark->inode == info->dir)
			info->tell_new = true;
	}
}

static int call_groups(struct gather *g, struct fsnotify_info *info)
{
	int err = 0;

	for (unsigned int i = 0; i < g->nr && !err; i++) {
		struct fsnotify_group *group = g->m[i].mark->group;
		u32 mask;

		if (group->merge && group_was_called(g, i))
			continue;
		mask = group->merge ? group_mask(g, i, info) : passes(g->m[i].mask, info);
		if (mask && info->old_dir)
			set_rename_sides(g, group, info);
		if (mask)
			err = group->ops->handle_event(group, g->m[i].mark,
						       mask | (info->mask & FS_ISDIR), info,
						       g->m[i].child);
	}
	return err;
}

static int send_event(struct fsnotify_info *info)
{
	struct gather g = {.m = g.fast, .room = GATHER_INLINE};
	int err = -ENOMEM;

	gather_all(&g, info);
	while (g.full) {
		gather_drop(&g);
		if (g.m != g.fast)
			kfree(g.m);
		g.room *= 4;
		g.full = false;
		g.m = kmalloc_array(g.room, sizeof(*g.m), GFP_KERNEL);
		if (!g.m)
			return info->mask & FS_PERM_EVENTS ? -ENOMEM : 0;
		gather_all(&g, info);
	}
	err = call_groups(&g, info);
	gather_drop(&g);
	if (g.m != g.fast)
		kfree(g.m);
	return info->mask & FS_PERM_EVENTS ? err : 0;
}

/* ---- from the hooks -------------------------------------------------------------------------- */

/*
 * The directory of @dentry, with a reference on its dentry, if somebody there wants to know, or
 * somebody elsewhere (@wants) may report it.
 */
static struct dentry *watching_parent(struct dentry *dentry, u32 mask, u32 wants)
{
	struct inode *dir;
	bool wanted;

	if (IS_ROOT(dentry) || !(mask & FS_CHILD_EVENTS))
		return NULL;
	if (wants & mask)
		return dget_parent(dentry);
	rcu_read_lock();
	dir = READ_ONCE(READ_ONCE(dentry->d_parent)->d_inode);
	wanted = dir && (READ_ONCE(dir->i_fsnotify_mask) & FS_EVENT_ON_CHILD) &&
		 (READ_ONCE(dir->i_fsnotify_mask) & mask);
	rcu_read_unlock();
	return wanted ? dget_parent(dentry) : NULL;
}

static int notify_dentry(struct dentry *dentry, const struct path *path, u32 mask)
{
	struct inode *inode = dentry->d_inode;
	u32 own = READ_ONCE(inode->i_fsnotify_mask),
	    wants = READ_ONCE(inode->i_sb->s_fsnotify_mask);
	struct dentry *parent;
	struct fsnotify_info info = {.mask = mask, .path = path, .inode = inode};
	char name[NAME_MAX_LEN + 1];
	int err = 0;

	if (path)
		wants |= READ_ONCE(real_mount(path->mnt)->mnt_fsnotify_mask);
	if (!S_ISDIR(inode->i_mode) && (own & FS_EVENT_ON_CHILD))
		wants |= own;
	/* Who watches more than a directory's children hears of a directory as such. */
	parent = watching_parent(dentry, mask, S_ISDIR(inode->i_mode) ? 0 : wants);
	wants |= own;
	if (!parent && !(wants & mask))
		return 0;
	if (S_ISDIR(inode->i_mode))
		info.mask |= FS_ISDIR;
	if (parent) {
		/* The name may change any time; a copy under the lock stays what it was. */
		spin_lock(&dcache_lock);
		memcpy(name, dentry->d_name.name, dentry->d_name.len + 1);
		spin_unlock(&dcache_lock);
		info.dir = parent->d_inode;
		info.name = name;
	}
	err = send_event(&info);
	dput(parent);
	return err;
}

int __fsnotify_path(const struct path *path, u32 mask)
{
	return notify_dentry(path->dentry, path, mask);
}

void __fsnotify_dentry(struct dentry *dentry, u32 mask)
{
	if (dentry->d_inode)
		notify_dentry(dentry, NULL, mask);
}

void __fsnotify_inode(struct inode *inode, u32 mask)
{
	struct fsnotify_info info = {.mask = mask, .inode = inode};

	if (!((READ_ONCE(inode->i_fsnotify_mask) | READ_ONCE(inode->i_sb->s_fsnotify_mask)) & mask))
		return;
	if (S_ISDIR(inode->i_mode))
		info.mask |= FS_ISDIR;
	send_event(&info);
}

void __fsnotify_name(struct inode *dir, u32 mask, struct inode *inode, const char *name, u32 cookie)
{
	struct fsnotify_info info = {
		.mask = mask, .inode = inode, .dir = dir, .name = name, .cookie = cookie};

	if (!((READ_ONCE(dir->i_fsnotify_mask) | READ_ONCE(dir->i_sb->s_fsnotify_mask)) & mask))
		return;
	if (inode && S_ISDIR(inode->i_mode))
		info.mask |= FS_ISDIR;
	send_event(&info);
}

void __fsnotify_rename(struct inode *old_dir, const char *old_name, struct inode *new_dir,
		       struct dentry *moved)
{
	struct inode *inode = moved->d_inode;
	const char *name = moved->d_name.name;
	u32 cookie = fsnotify_get_cookie();
	u32 wants = READ_ONCE(old_dir->i_fsnotify_mask) | READ_ONCE(new_dir->i_fsnotify_mask) |
		    READ_ONCE(old_dir->i_sb->s_fsnotify_mask);

	if (wants & FS_RENAME) {
		struct fsnotify_info info = {.mask = FS_RENAME,
					     .inode = inode,
					     .dir = new_dir,
					     .name = name,
					     .old_dir = old_dir,
					     .old_name = old_name};

		if (S_ISDIR(inode->i_mode))
			info.mask |= FS_ISDIR;
		send_event(&info);
	}
	__fsnotify_name(old_dir, FS_MOVED_FROM, inode, old_name, cookie);
	__fsnotify_name(new_dir, FS_MOVED_TO, inode, name, cookie);
}

u32 fsnotify_get_cookie(void)
{
	static _Atomic(u32) last;

	return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

/* ---- objects that go ------------------------------------------------------------------------- */

/* The first mark in @head, referenced. */
static struct fsnotify_mark *first_mark(struct hlist_head *head)
{
	struct fsnotify_mark *mark = NULL;

	spin_lock(&fsnotify_lock);
	if (!hlist_empty(head)) {
		mark = hlist_entry(head->first, struct fsnotify_mark, obj_node);
		refcount_inc(&mark->refs);
	}
	spin_unlock(&fsnotify_lock);
	return mark;
}

static void destroy_marks(struct hlist_head *head)
{
	struct fsnotify_mark *mark;

	while ((mark = first_mark(head))) {
		fsnotify_destroy_mark(mark);
		fsnotify_put_mark(mark);
	}
}

void fsnotify_inoderemove(struct inode *inode)
{
	struct fsnotify_info info = {.mask = FS_DELETE_SELF, .inode = inode};

	if (hlist_empty(&inode->i_fsnotify_marks) &&
	    !(READ_ONCE(inode->i_sb->s_fsnotify_mask) & FS_DELETE_SELF))
		return;
	if (S_ISDIR(inode->i_mode))
		info.mask |= FS_ISDIR;
	ihold(inode);
	send_event(&info);
	destroy_marks(&inode->i_fsnotify_marks);
	iput(inode);
}

void __fsnotify_inode_delete(struct inode *inode)
{
	destroy_marks(&inode->i_fsnotify_marks);
}

void fsnotify_mount_delete(struct vfsmount *mnt)
{
	destroy_marks(&real_mount(mnt)->mnt_fsnotify_marks);
}

void fsnotify_sb_delete(struct super_block *sb)
{
	struct fsnotify_mark *mark;

	for (;;) {
		struct fsnotify_info info = {.mask = FS_UNMOUNT};

		spin_lock(&fsnotify_lock);
		mark = list_first_entry_or_null(&sb->s_fsnotify_inode_marks, struct fsnotify_mark,
						sb_node);
		if (mark)
			refcount_inc(&mark->refs);
		spin_unlock(&fsnotify_lock);
		if (!mark)
			break;
		info.inode = mark->inode;
		if (!mark->group->merge)
			mark->group->ops->handle_event(mark->group, mark, FS_UNMOUNT, &info, false);
		fsnotify_destroy_mark(mark);
		fsnotify_put_mark(mark);
	}
	destroy_marks(&sb->s_fsnotify_marks);
}
