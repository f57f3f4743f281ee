/* SPDX-License-Identifier: MIT */
/*
 * unshare(2): a task leaves what clone(2) made it share, and gets name spaces of its own. Those
 * that are not built are EINVAL.
 */
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <kernel/cred.h>
#include <kernel/nsproxy.h>
#include <kernel/sched_signal.h>
#include <kernel/sem.h>
#include <kernel/syscall.h>
#include <mm/mm.h>

#define UNSHARE_FLAGS                                                                       \
	(CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | CLONE_SYSVSEM | \
	 (IS_ENABLED(CONFIG_NAMESPACES) ? CLONE_NS_BUILT : 0))

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
	/* Another mount name space is another root: nobody may share it. */
	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	if (flags & CLONE_NS_BUILT && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (flags & CLONE_FILES)
		err = unshare_files();
	if (!err && flags & CLONE_FS)
		err = unshare_fs_struct();
	if (!err && flags & CLONE_SYSVSEM)
		exit_sem(current);
	if (!err && flags & CLONE_NS_BUILT)
		err = unshare_namespaces(flags);
	return err;
}
