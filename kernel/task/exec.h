/* SPDX-License-Identifier: MIT */
/* Between the files of exec. */
#ifndef TASK_EXEC_H
#define TASK_EXEC_H

#include <lib/compiler.h>
#include <lib/types.h>
#include <kernel/binfmts.h>

#define MAX_ARG_STRINGS 0x7fffffff

/* argv or envp: a vector in user memory, or (kernel set) in the kernel's. */
struct exec_strings {
	const char __user *const __user *user;
	const char *const *kernel;
};

/* Number of strings before the NULL; -EFAULT, -E2BIG, -ERESTARTNOHAND when being killed. */
int count_strings(const struct exec_strings *v);
/* Copies the first @n of @v below bprm->p. 0 or -errno. */
int copy_strings(struct linux_binprm *bprm, const struct exec_strings *v, int n);
/* The first BINPRM_BUF_SIZE bytes, zero-filled behind the end of a shorter file. 0 or -errno. */
int read_file_head(struct file *file, char *buf);
int bprm_set_limits(struct linux_binprm *bprm);

/*
 * exec by one thread of several: the others die, and current takes over the leader's ids. 0, or
 * -EAGAIN when current is to die itself.
 */
int de_thread(void);

#endif
