/* SPDX-License-Identifier: MIT */
/* memfd_create(2). */
#include <fs/file.h>
#include <fs/fs.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/shmem.h>
#include <mm/slab.h>
#include <uapi/memfd.h>

#define PREFIX	     "memfd:"
#define NAME_MAX_LEN (255 - (sizeof(PREFIX) - 1))

static char *memfd_name(const char __user *uname)
{
	long len = strnlen_user(uname, NAME_MAX_LEN + 1);
	char *name;

	if (!len)
		return ERR_PTR(-EFAULT);
	if (len > NAME_MAX_LEN + 1)
		return ERR_PTR(-EINVAL);
	name = kmalloc(sizeof(PREFIX) - 1 + len, GFP_KERNEL);
	if (!name)
		return ERR_PTR(-ENOMEM);
	memcpy(name, PREFIX, sizeof(PREFIX) - 1);
	if (copy_from_user(name + sizeof(PREFIX) - 1, uname, len)) {
		kfree(name);
		return ERR_PTR(-EFAULT);
	}
	name[sizeof(PREFIX) - 1 + len - 1] = '\0';
	return name;
}

SYSCALL_DEFINE2(memfd_create, const char __user *, uname, unsigned int, flags)
{
	struct file *file;
	char *name;
	int fd;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	name = memfd_name(uname);
	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd_flags((flags & MFD_CLOEXEC) ? O_CLOEXEC : 0);
	if (fd < 0)
		goto out;
	file = shmem_file_setup(name, 0, VM_NORESERVE);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
		goto out;
	}
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	file->f_flags |= O_LARGEFILE;
	if (flags & MFD_ALLOW_SEALING)
		shmem_of(file->f_mapping)->seals &= ~F_SEAL_SEAL;
	fd_install(fd, file);
out:
	kfree(name);
	return fd;
}
