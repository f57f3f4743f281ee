/* SPDX-License-Identifier: MIT */
/*
 * unshare(2): a task leaves what clone(2) made it share. Namespaces are not built: asking for a new
 * one, or for entering another's with setns(2), is EINVAL.
 */
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <kernel/sched_signal.h>
#include <kernel/sem.h>
#include <kernel/syscall.h>
#include <mm/mm.h>

#define UNSHARE_FLAGS \
	(CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | CLONE_SYSVSEM)

/*
 * These cannot be undone for one thread of several; the request holds only where there is nothing
 * to undo. VM implies SIGHAND implies THREAD.
 */
static bool is_alone(unsigned long flags)
{
	if (flags & CLONE_VM && atomic_read(&current->mm->users) > 1)
		return false;
	if (flags & (CLONE_VM | CLONE_SIGHAND) && refcount_read(&current->sighand->count) > 1)
		return false;
	return !(flags & (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)) || thread_group_empty(current);
}

SYSCALL_DEFINE1(unshare, unsigned long, flags)
{
	int err = 0;

	if (flags & ~(unsigned long)UNSHARE_FLAGS || !is_alone(flags))
		return -EINVAL;
	if (flags & CLONE_FILES)
		err = unshare_files();
	if (!err && flags & CLONE_FS)
		err = unshare_fs_struct();
	if (!err && flags & CLONE_SYSVSEM)
		exit_sem(current);
	return err;
}

/* No file is a namespace, and a pidfd's process is in the same ones as the caller. */
SYSCALL_DEFINE2(setns, int, fd, int, flags)
{
	struct fd f = fdget(fd);

	if (fd_empty(f))
		return -EBADF;
	fdput(f);
	return -EINVAL;
}
