/* SPDX-License-Identifier: MIT */
/*
 * Names of devices: the node in /dev and the directory in /sys/class, both from one call of the
 * driver. Block devices also appear in /sys/block, and every device in
 * /sys/dev/{char,block}/MAJOR:MINOR, where udev and lsblk look.
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <fs/devtmpfs.h>
#include <fs/fs.h>
#include <fs/sysfs.h>
#include <drivers/device.h>

struct device_name {
	dev_t dev;
	char name[];
};

static ssize_t dev_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct device_name *d = priv;

	return sysfs_emit(buf, "%u:%u\n", MAJOR(d->dev), MINOR(d->dev));
}

static ssize_t uevent_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	const struct device_name *d = priv;

	return sysfs_emit(buf, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\n", MAJOR(d->dev), MINOR(d->dev),
			  d->name);
}

static const struct sysfs_attr dev_attr = SYSFS_ATTR_RO("dev", dev_show);
static const struct sysfs_attr uevent_attr = SYSFS_ATTR_RO("uevent", uevent_show);

static const char *last_part(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

/* "class/tty", "ttyS0" -> the path of the directory below /sys/class. */
static char *class_path(const char *class, const char *name)
{
	return kasprintf(GFP_KERNEL, "class/%s/%s", class, last_part(name));
}

static void add_number_link(struct sysfs_node *node, umode_t mode, dev_t dev)
{
	struct sysfs_node *dir = sysfs_mkdir(NULL, S_ISBLK(mode) ? "dev/block" : "dev/char");
	char number[24];

	snprintf(number, sizeof(number), "%u:%u", MAJOR(dev), MINOR(dev));
	if (dir)
		sysfs_create_link(dir, number, node);
}

static int add_sysfs(const char *class, const char *name, umode_t mode, dev_t dev)
{
	char *path = class_path(class, name);
	struct device_name *d = kmalloc(sizeof(*d) + strlen(name) + 1, GFP_KERNEL);
	struct sysfs_node *node;
	int err = -ENOMEM;

	if (!path || !d)
		goto out_free;
	d->dev = dev;
	strcpy(d->name, name);
	node = sysfs_mkdir(NULL, path);
	if (!node)
		goto out_free;
	err = sysfs_create_file(node, &dev_attr, d);
	if (err)
		goto out_free;
	sysfs_create_file(node, &uevent_attr, d);
	add_number_link(node, mode, dev);
	kfree(path);
	return 0;

out_free:
	kfree(path);
	kfree(d);
	return err;
}

int device_add_node(const char *class, const char *name, umode_t mode, dev_t dev)
{
	int err = devtmpfs_create_node(name, mode, dev);

	if (!err && IS_ENABLED(CONFIG_SYSFS))
		err = add_sysfs(class, name, mode, dev);
	return err;
}

void device_remove_node(const char *class, const char *name, dev_t dev)
{
	char *path = class_path(class, name);

	if (path)
		sysfs_remove(sysfs_find(NULL, path));
	kfree(path);
	devtmpfs_delete_node(name, dev);
}
