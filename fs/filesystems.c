/* SPDX-License-Identifier: MIT */
/* The file system types: what mount(2) finds by name, /proc/filesystems, sysfs(2); ustat(2). */
#include <fs/fs.h>
#include <fs/seq_file.h>
#include <kernel/mutex.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <lib/string.h>
#include <uapi/limits.h>
#include <uapi/ustat.h>

#include "internal.h"

static DEFINE_MUTEX(file_systems_lock);
static struct file_system_type *file_systems; /* file_systems_lock */

static struct file_system_type **find_type(const char *name)
{
	struct file_system_type **p;

	for (p = &file_systems; *p; p = &(*p)->next)
		if (!strcmp((*p)->name, name))
			break;
	return p;
}

int register_filesystem(struct file_system_type *type)
{
	struct file_system_type **p;
	int err = 0;

	mutex_lock(&file_systems_lock);
	p = find_type(type->name);
	if (*p)
		err = -EBUSY;
	else
		*p = type;
	mutex_unlock(&file_systems_lock);
	return err;
}

int unregister_filesystem(struct file_system_type *type)
{
	struct file_system_type **p;
	int err = -EINVAL;

	mutex_lock(&file_systems_lock);
	p = find_type(type->name);
	if (*p == type) {
		*p = type->next;
		err = 0;
	}
	mutex_unlock(&file_systems_lock);
	return err;
}

struct file_system_type *get_fs_type(const char *name)
{
	struct file_system_type *type;

	mutex_lock(&file_systems_lock);
	type = *find_type(name);
	mutex_unlock(&file_systems_lock);
	return type;
}

/* The name of the @n-th type that lives on devices; false: there are not that many. */
bool device_fs_type(unsigned int n, char *name, size_t size)
{
	struct file_system_type *t;

	mutex_lock(&file_systems_lock);
	for (t = file_systems; t; t = t->next)
		if ((t->fs_flags & FS_REQUIRES_DEV) && !n--)
			break;
	if (t)
		strscpy(name, t->name, size);
	mutex_unlock(&file_systems_lock);
	return t;
}

void show_filesystems(struct seq_file *m)
{
	if (!IS_ENABLED(CONFIG_PROC_FS))
		return;
	mutex_lock(&file_systems_lock);
	for (struct file_system_type *t = file_systems; t; t = t->next)
		seq_printf(m, "%s\t%s\n", t->fs_flags & FS_REQUIRES_DEV ? "" : "nodev", t->name);
	mutex_unlock(&file_systems_lock);
}

/* ---- sysfs(2), ustat(2) ---------------------------------------------------------------------- */

static int index_of(const char __user *uname)
{
	char *name = strndup_user(uname, PATH_MAX);
	int index = 0, found = -EINVAL;

	if (IS_ERR(name))
		return PTR_ERR(name);
	mutex_lock(&file_systems_lock);
	for (struct file_system_type *t = file_systems; t && found < 0; t = t->next, index++)
		if (!strcmp(t->name, name))
			found = index;
	mutex_unlock(&file_systems_lock);
	kfree(name);
	return found;
}

static int name_at(unsigned int index, char __user *buf)
{
	struct file_system_type *t;
	int err = -EINVAL;

	mutex_lock(&file_systems_lock);
	for (t = file_systems; t && index; index--)
		t = t->next;
	if (t)
		err = copy_to_user(buf, t->name, strlen(t->name) + 1) ? -EFAULT : 0;
	mutex_unlock(&file_systems_lock);
	return err;
}

static int count_types(void)
{
	int n = 0;

	mutex_lock(&file_systems_lock);
	for (struct file_system_type *t = file_systems; t; t = t->next)
		n++;
	mutex_unlock(&file_systems_lock);
	return n;
}

SYSCALL_DEFINE3(sysfs, int, option, unsigned long, a1, unsigned long, a2)
{
	switch (option) {
	case 1:
		return index_of((const char __user *)a1);
	case 2:
		return name_at(a1, (char __user *)a2);
	case 3:
		return count_types();
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE2(ustat, unsigned int, dev, struct ustat __user *, ubuf)
{
	struct ustat u = {};
	struct kstatfs k;
	int err = user_statfs_dev(huge_decode_dev(dev), &k);

	if (err)
		return err;
	u.f_tfree = k.f_bfree;
	u.f_tinode = k.f_ffree;
	return copy_to_user(ubuf, &u, sizeof(u)) ? -EFAULT : 0;
}
