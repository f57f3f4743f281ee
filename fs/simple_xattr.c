/* SPDX-License-Identifier: MIT */
/* Extended attributes of files in memory: <fs/xattr.h>. */
#include <fs/posix_acl.h>
#include <fs/xattr.h>
#include "internal.h"

struct simple_xattr {
	struct rb_node node;
	size_t size;
	const char *name; /* behind the value */
	char value[];
};

static struct simple_xattr *xattr_entry(struct rb_node *node)
{
	return rb_entry(node, struct simple_xattr, node);
}

static struct simple_xattr *find_xattr(const struct simple_xattrs *xattrs, const char *name)
{
	struct rb_node *n = xattrs->root.rb_node;

	while (n) {
		int d = strcmp(name, xattr_entry(n)->name);

		if (!d)
			return xattr_entry(n);
		n = d < 0 ? n->rb_left : n->rb_right;
	}
	return NULL;
}

static void insert_xattr(struct simple_xattrs *xattrs, struct simple_xattr *new)
{
	struct rb_node **link = &xattrs->root.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = strcmp(new->name, xattr_entry(parent)->name) < 0 ? &parent->rb_left :
									  &parent->rb_right;
	}
	rb_link_node(&new->node, parent, link);
	rb_insert_color(&new->node, &xattrs->root);
}

static struct simple_xattr *alloc_xattr(const char *name, const void *value, size_t size)
{
	size_t len = strlen(name) + 1;
	struct simple_xattr *x = kvmalloc(sizeof(*x) + size + len, GFP_KERNEL);

	if (!x)
		return NULL;
	x->size = size;
	x->name = memcpy(x->value + size, name, len);
	memcpy(x->value, value, size);
	return x;
}

static u32 user_cost(const struct simple_xattr *x)
{
	return x && !strncmp(x->name, XATTR_USER_PREFIX, XATTR_USER_PREFIX_LEN) ?
		       x->size + strlen(x->name) + 1 :
		       0;
}

int simple_xattr_get(struct simple_xattrs *xattrs, const char *name, void *buf, size_t size)
{
	struct simple_xattr *x;
	int n = -ENODATA;

	if (!READ_ONCE(xattrs->root.rb_node))
		return n;
	spin_lock(&xattrs->lock);
	x = find_xattr(xattrs, name);
	if (x) {
		n = x->size;
		if (size && x->size > size)
			n = -ERANGE;
		else if (size)
			memcpy(buf, x->value, x->size);
	}
	spin_unlock(&xattrs->lock);
	return n;
}

/* Puts @new (NULL: nothing) in the place of *@old. lock held. */
static int replace_xattr(struct simple_xattrs *xattrs, const char *name, struct simple_xattr *new,
			 int flags, struct simple_xattr **old)
{
	struct simple_xattr *x = find_xattr(xattrs, name);
	u32 bytes = xattrs->bytes - user_cost(x) + user_cost(new);

	if (x && (flags & XATTR_CREATE))
		return -EEXIST;
	if (!x && (!new || (flags & XATTR_REPLACE)))
		return -ENODATA;
	if (bytes > SIMPLE_XATTR_USER_MAX && bytes > xattrs->bytes)
		return -ENOSPC;
	if (x)
		rb_erase(&x->node, &xattrs->root);
	if (new)
		insert_xattr(xattrs, new);
	xattrs->bytes = bytes;
	*old = x;
	return 0;
}

int simple_xattr_set(struct simple_xattrs *xattrs, const char *name, const void *value, size_t size,
		     int flags)
{
	struct simple_xattr *new = NULL, *old = NULL;
	int err;

	if (value) {
		new = alloc_xattr(name, value, size);
		if (!new)
			return -ENOMEM;
	}
	spin_lock(&xattrs->lock);
	err = replace_xattr(xattrs, name, new, flags, &old);
	spin_unlock(&xattrs->lock);
	kvfree(err ? new : old);
	return err;
}

static int list_acls(const struct inode *inode, char *buf, size_t size, size_t *used)
{
	int err = 0;

	if (inode_has_cached_acl(inode, ACL_TYPE_ACCESS))
		err = xattr_list_one(buf, size, used, XATTR_NAME_POSIX_ACL_ACCESS);
	if (!err && inode_has_cached_acl(inode, ACL_TYPE_DEFAULT))
		err = xattr_list_one(buf, size, used, XATTR_NAME_POSIX_ACL_DEFAULT);
	return err;
}

ssize_t simple_xattr_list(struct inode *inode, struct simple_xattrs *xattrs, char *buf, size_t size)
{
	bool all = capable(CAP_SYS_ADMIN);
	size_t used = 0;
	int err = list_acls(inode, buf, size, &used);

	spin_lock(&xattrs->lock);
	for (struct rb_node *n = rb_first(&xattrs->root); n && !err; n = rb_next(n)) {
		const char *name = xattr_entry(n)->name;

		if (!all && !strncmp(name, XATTR_TRUSTED_PREFIX, XATTR_TRUSTED_PREFIX_LEN))
			continue;
		err = xattr_list_one(buf, size, &used, name);
	}
	spin_unlock(&xattrs->lock);
	return err ? err : (ssize_t)used;
}

void simple_xattrs_free(struct simple_xattrs *xattrs)
{
	struct rb_node *n = rb_first_postorder(&xattrs->root), *next;

	for (; n; n = next) {
		next = rb_next_postorder(n);
		kvfree(xattr_entry(n));
	}
	xattrs->root = RB_ROOT;
}
