/* SPDX-License-Identifier: MIT */
/*
 * The root file system on a disk: root=, rootfstype=, rootflags=, rootwait, rootdelay=, ro and rw
 * (kernel-parameters of Linux's bootparam(7)). Used when the initramfs has no init of its own.
 */
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/wait.h>
#include <lib/ctype.h>
#include <lib/kstrtox.h>
#include <lib/string.h>
#include <fs/devtmpfs.h>
#include <fs/initramfs.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <uapi/mount.h>
#include "blk.h"

static char *root_name __initdata, *root_types __initdata, *root_flags __initdata;
static unsigned long root_mode __initdata = MS_RDONLY;
static bool root_wait __initdata;
static unsigned long root_delay __initdata; /* seconds */
static DECLARE_WAIT_QUEUE_HEAD(disk_wait);

static int __init root_setup(char *value)
{
	root_name = value;
	return value ? 0 : -EINVAL;
}
__setup("root", root_setup);

static int __init rootfstype_setup(char *value)
{
	root_types = value;
	return value ? 0 : -EINVAL;
}
__setup("rootfstype", rootfstype_setup);

static int __init rootflags_setup(char *value)
{
	root_flags = value;
	return value ? 0 : -EINVAL;
}
__setup("rootflags", rootflags_setup);

static int __init ro_setup(char *value)
{
	root_mode |= MS_RDONLY;
	return value ? -EINVAL : 0;
}
__setup("ro", ro_setup);

static int __init rw_setup(char *value)
{
	root_mode &= ~MS_RDONLY;
	return value ? -EINVAL : 0;
}
__setup("rw", rw_setup);

static int __init rootwait_setup(char *value)
{
	root_wait = true;
	return value ? -EINVAL : 0;
}
__setup("rootwait", rootwait_setup);

static int __init rootdelay_setup(char *value)
{
	return value ? kstrtoul(value, 10, &root_delay) : -EINVAL;
}
__setup("rootdelay", rootdelay_setup);

void disk_announced(void)
{
	wake_up_all(&disk_wait);
}

/* ---- names ----------------------------------------------------------------------------------- */

struct root_search {
	const char *name; /* what follows "PARTUUID=", or a device's name */
	enum { BY_NAME, BY_UUID, BY_LABEL } how;
};

static bool matches(const struct block_device *bdev, const void *arg)
{
	const struct root_search *s = arg;
	char name[BDEVNAME_SIZE];

	if (s->how == BY_UUID)
		return bdev->bd_uuid[0] && !strcasecmp(bdev->bd_uuid, s->name);
	if (s->how == BY_LABEL)
		return bdev->bd_volname[0] && !strcmp(bdev->bd_volname, s->name);
	return !strcmp(bdevname(bdev, name), s->name);
}

/* "254:1", as root= and /sys/power write it. */
static dev_t by_number(const char *text)
{
	const char *colon = strchr(text, ':');
	unsigned int major, minor;
	char left[12];

	if (!colon || colon - text >= (long)sizeof(left))
		return 0;
	memcpy(left, text, colon - text);
	left[colon - text] = '\0';
	if (kstrtouint(left, 10, &major) || kstrtouint(colon + 1, 10, &minor) || major > 4095 ||
	    minor > MINORMASK)
		return 0;
	return MKDEV(major, minor);
}

dev_t name_to_dev_t(const char *text)
{
	struct root_search s = {.name = text};

	if (strstarts(text, "PARTUUID=")) {
		s = (struct root_search){text + strlen("PARTUUID="), BY_UUID};
	} else if (strstarts(text, "PARTLABEL=")) {
		s = (struct root_search){text + strlen("PARTLABEL="), BY_LABEL};
	} else if (strstarts(text, "/dev/")) {
		s.name = text + strlen("/dev/");
	} else if (isdigit(text[0])) {
		return by_number(text);
	}
	return find_bdev(matches, &s);
}

/* ---- mounting -------------------------------------------------------------------------------- */

static dev_t __init find_root(void)
{
	dev_t dev;

	if (root_delay)
		msleep(root_delay * 1000);
	dev = name_to_dev_t(root_name);
	if (!dev && root_wait) {
		pr_info("Waiting for root device %s\n", root_name);
		wait_event(disk_wait, (dev = name_to_dev_t(root_name)) != 0);
	}
	return dev;
}

static int __init try_mount(const char *type)
{
	int err = init_mount("/dev/root", "/root", type, root_mode | MS_SILENT, root_flags);

	if (err == -EACCES && !(root_mode & MS_RDONLY)) {
		root_mode |= MS_RDONLY;
		err = init_mount("/dev/root", "/root", type, root_mode | MS_SILENT, root_flags);
	}
	return err;
}

/* One type after the other of rootfstype=, or of those that live on devices. */
static int __init mount_root(const char **type)
{
	static char name[32] __initdata;
	const char *list = root_types;
	int err = -ENODEV;

	*type = name;
	if (!list) {
		for (unsigned int i = 0; device_fs_type(i, name, sizeof(name)); i++) {
			err = try_mount(name);
			if (!err)
				return 0;
		}
		return err;
	}
	while (*list) {
		size_t n = strcspn(list, ",");

		strscpy(name, list, min(n + 1, sizeof(name)));
		err = try_mount(name);
		if (!err)
			return 0;
		list += n + (list[n] == ',');
	}
	return err;
}

void __init prepare_namespace(void)
{
	const char *type;
	dev_t dev;
	int err;

	if (!root_name)
		return;
	dev = find_root();
	if (!dev)
		panic("VFS: root device %s is not there. Is its driver built, is root= right? "
		      "rootwait waits for it",
		      root_name);
	init_mkdir("/dev", 0755);
	init_mkdir("/root", 0700);
	init_unlink("/dev/root");
	err = init_mknod("/dev/root", S_IFBLK | 0600, dev);
	if (!err)
		err = mount_root(&type);
	if (err)
		panic("VFS: mounting root %s (%u:%u) failed: %pe. rootfstype= names its type, "
		      "which must be built in",
		      root_name, MAJOR(dev), MINOR(dev), ERR_PTR(err));
	pr_info("VFS: root is %s (%s, %s)\n", root_name, type,
		root_mode & MS_RDONLY ? "read-only" : "read-write");
	if (!init_access("/root/dev"))
		devtmpfs_mount("/root/dev");
	err = init_switch_root("/root");
	if (err)
		panic("VFS: root cannot be moved to its place: %pe", ERR_PTR(err));
}
