/* SPDX-License-Identifier: MIT */
/*
 * sysfs: the tree of directories, attributes and links. It exists from the first call on, mounted
 * or not. Names are found by walking a list: directories are small. tree_lock is taken shared to
 * look and exclusively to change; nothing of it is held while an attribute's function runs.
 */
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/rwsem.h>
#include <fs/dcache.h>
#include <fs/fs.h>
#include "internal.h"

static DECLARE_RWSEM(tree_lock);
struct sysfs_node *sysfs_root; /* tree_lock; made by the first who needs it */

void sysfs_put(struct sysfs_node *node)
{
	if (!node || !refcount_dec_and_test(&node->ref))
		return;
	kfree(node->target);
	kfree(node);
}

umode_t sysfs_mode(const struct sysfs_node *node)
{
	if (node->target)
		return S_IFLNK | 0777;
	return node->attr ? S_IFREG | node->attr->mode : S_IFDIR | 0755;
}

/* ---- tree_lock held -------------------------------------------------------------------------- */

static struct sysfs_node *find_child(struct sysfs_node *dir, const char *name, size_t len)
{
	struct sysfs_node *node;

	list_for_each_entry(node, &dir->children, sibling)
		if (!strncmp(node->name, name, len) && !node->name[len])
			return node;
	return NULL;
}

static struct sysfs_node *new_node(struct sysfs_node *parent, const char *name, size_t len)
{
	struct sysfs_node *node = kzalloc(sizeof(*node) + len + 1, GFP_KERNEL);

	if (!node)
		return NULL;
	refcount_set(&node->ref, 1);
	INIT_LIST_HEAD(&node->children);
	INIT_LIST_HEAD(&node->sibling);
	init_rwsem(&node->use);
	node->ino = get_next_ino();
	node->parent = parent;
	memcpy(node->name, name, len);
	if (parent)
		list_add_tail(&node->sibling, &parent->children);
	return node;
}

static struct sysfs_node *root_locked(void)
{
	if (!sysfs_root)
		sysfs_root = new_node(NULL, "", 0);
	return sysfs_root;
}

static struct sysfs_node *mkdir_locked(struct sysfs_node *dir, const char *path)
{
	while (dir && *path) {
		size_t len = strcspn(path, "/");
		struct sysfs_node *sub = find_child(dir, path, len);

		if (!sub)
			sub = new_node(dir, path, len);
		else if (!sysfs_is_dir(sub))
			return NULL;
		dir = sub;
		path += len;
		path += *path == '/';
	}
	return dir;
}

/* ---- making ---------------------------------------------------------------------------------- */

struct sysfs_node *sysfs_mkdir(struct sysfs_node *parent, const char *path)
{
	struct sysfs_node *dir;

	down_write(&tree_lock);
	dir = mkdir_locked(parent ? parent : root_locked(), path);
	up_write(&tree_lock);
	return dir;
}

static int add_leaf(struct sysfs_node *dir, const char *name, const struct sysfs_attr *attr,
		    void *priv, char *target)
{
	struct sysfs_node *node = NULL;
	bool taken;

	down_write(&tree_lock);
	taken = find_child(dir, name, strlen(name));
	if (!taken)
		node = new_node(dir, name, strlen(name));
	if (node) {
		node->attr = attr;
		node->priv = priv;
		node->target = target;
	}
	up_write(&tree_lock);
	if (node)
		return 0;
	return taken ? -EEXIST : -ENOMEM;
}

int sysfs_create_file(struct sysfs_node *dir, const struct sysfs_attr *attr, void *priv)
{
	return add_leaf(dir, attr->name, attr, priv, NULL);
}

static unsigned int depth(const struct sysfs_node *node)
{
	unsigned int n = 0;

	while ((node = node->parent) != NULL)
		n++;
	return n;
}

static size_t path_len(const struct sysfs_node *node)
{
	size_t len = 0;

	for (; node->parent; node = node->parent)
		len += strlen(node->name) + 1;
	return len;
}

/* "../../class/tty/ttyS0": up from @dir to the root, then down to @target, written from its end. */
static char *relative_path(const struct sysfs_node *dir, const struct sysfs_node *target)
{
	unsigned int up = depth(dir);
	size_t size =
		3 * up + path_len(target); /* a slash behind each part; the last becomes NUL */
	char *text = kmalloc(size + 1, GFP_KERNEL), *p;

	if (!text)
		return NULL;
	for (unsigned int i = 0; i < up; i++)
		memcpy(text + 3 * i, "../", 3);
	for (p = text + size; target->parent; target = target->parent) {
		size_t len = strlen(target->name);

		*--p = '/';
		p -= len;
		memcpy(p, target->name, len);
	}
	text[size ? size - 1 : 0] = '\0';
	return text;
}

int sysfs_create_link(struct sysfs_node *dir, const char *name, struct sysfs_node *target)
{
	char *text;
	int err;

	down_read(&tree_lock);
	text = relative_path(dir, target);
	up_read(&tree_lock);
	if (!text)
		return -ENOMEM;
	err = add_leaf(dir, name, NULL, NULL, text);
	if (err)
		kfree(text);
	return err;
}

/* ---- finding, removing ----------------------------------------------------------------------- */

struct sysfs_node *sysfs_find(struct sysfs_node *parent, const char *path)
{
	struct sysfs_node *node;

	down_read(&tree_lock);
	node = parent ? parent : sysfs_root;
	while (node && *path) {
		size_t len = strcspn(path, "/");

		node = find_child(node, path, len);
		path += len;
		path += *path == '/';
	}
	up_read(&tree_lock);
	return node;
}

static void retire(struct sysfs_node *node)
{
	down_write(&node->use);
	node->removed = true;
	up_write(&node->use);
	sysfs_put(node);
}

void sysfs_remove(struct sysfs_node *node)
{
	struct sysfs_node *n, *next;
	LIST_HEAD(gone);

	if (!node)
		return;
	down_write(&tree_lock);
	list_move(&node->sibling, &gone);
	list_for_each_entry(n, &gone, sibling)
		list_splice_tail_init(&n->children, &gone);
	up_write(&tree_lock);
	list_for_each_entry_safe(n, next, &gone, sibling)
		retire(n);
}

struct sysfs_node *sysfs_get_child(struct sysfs_node *dir, const struct qstr *name)
{
	struct sysfs_node *node;

	down_read(&tree_lock);
	node = find_child(dir, name->name, name->len);
	if (node)
		refcount_inc(&node->ref);
	up_read(&tree_lock);
	return node;
}

/* Position n + 2 is the n-th child. */
void sysfs_readdir(struct sysfs_node *dir, struct dir_context *ctx)
{
	struct sysfs_node *node;
	loff_t n = 2;

	down_read(&tree_lock);
	list_for_each_entry(node, &dir->children, sibling) {
		if (n++ < ctx->pos)
			continue;
		if (!dir_emit(ctx, node->name, strlen(node->name), node->ino,
			      sysfs_mode(node) >> 12))
			break;
		ctx->pos = n;
	}
	up_read(&tree_lock);
}
