/* SPDX-License-Identifier: MIT */
/*
 * Character devices: number -> driver. Opening a node finds the cdev that covers its number and
 * hands the file over to its operations.
 */
#include <lib/err.h>
#include <kernel/mutex.h>
#include <fs/seq_file.h>
#include "internal.h"

struct char_region {
	struct char_region *next; /* chrdevs_lock; by number */
	dev_t from;
	unsigned int count;
	const char *name;
};

static DEFINE_MUTEX(chrdevs_lock);
static struct char_region *regions; /* chrdevs_lock */
static struct hlist_head cdevs[16]; /* by major; written under chrdevs_lock, read under RCU */

/* ---- numbers --------------------------------------------------------------------------------- */

static int add_region(struct char_region *new)
{
	struct char_region **p = &regions;

	while (*p && (*p)->from < new->from + new->count) {
		if ((*p)->from + (*p)->count > new->from)
			return -EBUSY;
		p = &(*p)->next;
	}
	new->next = *p;
	*p = new;
	return 0;
}

int register_chrdev_region(dev_t from, unsigned int count, const char *name)
{
	struct char_region *r = kmalloc(sizeof(*r), GFP_KERNEL);
	int err;

	if (!r)
		return -ENOMEM;
	*r = (struct char_region){.from = from, .count = count, .name = name};
	mutex_lock(&chrdevs_lock);
	err = add_region(r);
	mutex_unlock(&chrdevs_lock);
	if (err)
		kfree(r);
	return err;
}

static bool major_in_use(unsigned int major)
{
	for (struct char_region *r = regions; r; r = r->next)
		if (MAJOR(r->from) <= major && MAJOR(r->from + r->count - 1) >= major)
			return true;
	return false;
}

/* Majors 234 to 254 downwards are for dynamic use. */
int alloc_chrdev_region(dev_t *dev, unsigned int baseminor, unsigned int count, const char *name)
{
	for (unsigned int major = 254; major >= 234; major--) {
		bool used;
		int err;

		mutex_lock(&chrdevs_lock);
		used = major_in_use(major);
		mutex_unlock(&chrdevs_lock);
		if (used)
			continue;
		*dev = MKDEV(major, baseminor);
		err = register_chrdev_region(*dev, count, name);
		if (err != -EBUSY)
			return err;
	}
	return -EBUSY;
}

void unregister_chrdev_region(dev_t from, unsigned int count)
{
	struct char_region **p, *r = NULL;

	mutex_lock(&chrdevs_lock);
	for (p = &regions; *p; p = &(*p)->next) {
		if ((*p)->from == from && (*p)->count == count) {
			r = *p;
			*p = r->next;
			break;
		}
	}
	mutex_unlock(&chrdevs_lock);
	kfree(r);
}

void chrdev_show(struct seq_file *m)
{
	if (!IS_ENABLED(CONFIG_PROC_FS))
		return;
	seq_puts(m, "Character devices:\n");
	mutex_lock(&chrdevs_lock);
	for (struct char_region *r = regions; r; r = r->next)
		seq_printf(m, "%3u %s\n", MAJOR(r->from), r->name);
	mutex_unlock(&chrdevs_lock);
}

static struct hlist_head *cdev_bucket(dev_t dev)
{
	return &cdevs[MAJOR(dev) % ARRAY_SIZE(cdevs)];
}

/* ---- drivers --------------------------------------------------------------------------------- */

void cdev_init(struct cdev *cdev, const struct file_operations *fops)
{
	memset(cdev, 0, sizeof(*cdev));
	cdev->ops = fops;
}

static struct cdev *cdev_find(dev_t dev)
{
	struct cdev *c;

	hlist_for_each_entry_rcu(c, cdev_bucket(dev), node)
		if (dev - c->dev < c->count)
			return c;
	return NULL;
}

int cdev_add(struct cdev *cdev, dev_t dev, unsigned int count)
{
	struct cdev *c;
	int err = 0;

	mutex_lock(&chrdevs_lock);
	hlist_for_each_entry(c, cdev_bucket(dev), node)
		if (c->dev < dev + count && dev < c->dev + c->count)
			err = -EBUSY;
	if (!err) {
		cdev->dev = dev;
		cdev->count = count;
		hlist_add_head_rcu(&cdev->node, cdev_bucket(dev));
	}
	mutex_unlock(&chrdevs_lock);
	return err;
}

void cdev_del(struct cdev *cdev)
{
	mutex_lock(&chrdevs_lock);
	hlist_del_init_rcu(&cdev->node);
	mutex_unlock(&chrdevs_lock);
	synchronize_rcu();
}

int register_chrdev(unsigned int major, const char *name, const struct file_operations *fops)
{
	struct cdev *cdev = kmalloc(sizeof(*cdev), GFP_KERNEL);
	dev_t dev = MKDEV(major, 0);
	int err;

	if (!cdev)
		return -ENOMEM;
	cdev_init(cdev, fops);
	if (major)
		err = register_chrdev_region(dev, 256, name);
	else
		err = alloc_chrdev_region(&dev, 0, 256, name);
	if (err)
		goto out_free;
	err = cdev_add(cdev, dev, 256);
	if (err)
		goto out_region;
	return major ? 0 : (int)MAJOR(dev);
out_region:
	unregister_chrdev_region(dev, 256);
out_free:
	kfree(cdev);
	return err;
}

/* ---- opening --------------------------------------------------------------------------------- */

static int chrdev_open(struct inode *inode, struct file *file)
{
	struct cdev *cdev;

	rcu_read_lock();
	cdev = cdev_find(inode->i_rdev);
	if (cdev)
		file->f_op = cdev->ops;
	rcu_read_unlock();
	if (!cdev)
		return -ENXIO;
	return file->f_op->open ? file->f_op->open(inode, file) : 0;
}

const struct file_operations def_chr_fops = {.open = chrdev_open, .llseek = noop_llseek};
