/* SPDX-License-Identifier: MIT */
/*
 * Misc devices: major 10, one minor each, for drivers that need one node and no class of their own.
 */
#ifndef DRIVERS_MISC_H
#define DRIVERS_MISC_H

#include <lib/types.h>
#include <fs/fs.h>

#define MISC_DYNAMIC_MINOR 255

struct miscdevice {
	int minor; /* a fixed number, or MISC_DYNAMIC_MINOR: set by misc_register() */
	const char *name;
	const struct file_operations *fops;
	umode_t mode; /* permission bits; 0: 0600 */
	struct cdev cdev; /* the core's */
};

/* 0, -EBUSY (the minor is taken), -ENOSPC, -ENOMEM. May sleep. */
int misc_register(struct miscdevice *misc);
void misc_deregister(struct miscdevice *misc);

#endif
