/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that name a process, pidfd_open(2): they hold its struct pid, so never come to mean
 * another one. fs/pidfd.c makes them.
 */
#ifndef KERNEL_PIDFD_H
#define KERNEL_PIDFD_H

#include <lib/err.h>
#include <lib/kconfig.h>
#include <lib/types.h>
#include <uapi/errno.h>

struct file;
struct pid;

#if IS_ENABLED(CONFIG_PIDFD)
/*
 * A reserved close-on-exec descriptor and in *file a file for @pid (it takes its own reference),
 * for fd_install() or put_unused_fd() and fput(). @flags: O_NONBLOCK or 0. -EMFILE, -ENFILE,
 * -ENOMEM. May sleep.
 */
int pidfd_prepare(struct pid *pid, unsigned int flags, struct file **file);
/* With a reference; ERR_PTR(-EBADF): not one of these. *f_flags: of the open file. */
struct pid *pidfd_get_pid(unsigned int fd, unsigned int *f_flags);
#else
static inline int pidfd_prepare(struct pid *pid, unsigned int flags, struct file **file)
{
	return -EINVAL;
}
static inline struct pid *pidfd_get_pid(unsigned int fd, unsigned int *f_flags)
{
	return ERR_PTR(-EINVAL);
}
#endif

#endif
