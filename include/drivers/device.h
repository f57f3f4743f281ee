/* SPDX-License-Identifier: MIT */
/*
 * Device names: what a driver says once about each thing that user space can open. It makes the
 * node in devtmpfs and the directory /sys/class/<class>/<name> with its `dev` and `uevent` files
 * (each if configured). May sleep; from initcalls on.
 */
#ifndef DRIVERS_DEVICE_H
#define DRIVERS_DEVICE_H

#include <lib/types.h>

/*
 * @mode: S_IFCHR or S_IFBLK and permissions. @name may hold one directory ("input/event0"). 0 or
 * -ENOMEM, -EEXIST; a device whose name could not be made still works by its number.
 */
int device_add_node(const char *class, const char *name, umode_t mode, dev_t dev);
void device_remove_node(const char *class, const char *name, dev_t dev);

#endif
