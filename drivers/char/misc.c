/* SPDX-License-Identifier: MIT */
/* Misc devices: <drivers/misc.h>. */
#include <lib/bitops.h>
#include <lib/bitmap.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <drivers/device.h>
#include <drivers/misc.h>
#include <fs/fs.h>
#include <uapi/major.h>

#define NR_DYNAMIC 128 /* minors 256 and up */

static DEFINE_MUTEX(misc_lock);
static DECLARE_BITMAP(dynamic_taken, NR_DYNAMIC); /* misc_lock */
static bool region_is_ours; /* misc_lock */

static int choose_minor(struct miscdevice *misc)
{
	unsigned int n;

	if (misc->minor != MISC_DYNAMIC_MINOR)
		return 0;
	n = find_first_zero_bit(dynamic_taken, NR_DYNAMIC);
	if (n >= NR_DYNAMIC)
		return -ENOSPC;
	__set_bit(n, dynamic_taken);
	misc->minor = 256 + n;
	return 0;
}

static void free_minor(struct miscdevice *misc)
{
	if (misc->minor < 256)
		return;
	__clear_bit(misc->minor - 256, dynamic_taken);
	misc->minor = MISC_DYNAMIC_MINOR;
}

static int claim_region(void)
{
	int err = 0;

	if (!region_is_ours)
		err = register_chrdev_region(MKDEV(MISC_MAJOR, 0), 256 + NR_DYNAMIC, "misc");
	region_is_ours = !err;
	return err;
}

static int register_locked(struct miscdevice *misc)
{
	int err = claim_region();

	if (!err)
		err = choose_minor(misc);
	if (err)
		return err;
	cdev_init(&misc->cdev, misc->fops);
	err = cdev_add(&misc->cdev, MKDEV(MISC_MAJOR, misc->minor), 1);
	if (err)
		free_minor(misc);
	return err;
}

int misc_register(struct miscdevice *misc)
{
	int err;

	mutex_lock(&misc_lock);
	err = register_locked(misc);
	mutex_unlock(&misc_lock);
	if (err)
		return err;
	return device_add_node("misc", misc->name, S_IFCHR | (misc->mode ? misc->mode : 0600),
			       MKDEV(MISC_MAJOR, misc->minor));
}

void misc_deregister(struct miscdevice *misc)
{
	device_remove_node("misc", misc->name, MKDEV(MISC_MAJOR, misc->minor));
	mutex_lock(&misc_lock);
	cdev_del(&misc->cdev);
	free_minor(misc);
	mutex_unlock(&misc_lock);
}
