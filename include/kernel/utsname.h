/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_UTSNAME_H
#define KERNEL_UTSNAME_H

#include <kernel/nsproxy.h>
#include <kernel/rwsem.h>
#include <kernel/sched.h>
#include <uapi/utsname.h>

extern struct rw_semaphore uts_sem;

/* The names that the tasks in it see, uts_namespaces(7). */
struct uts_namespace {
	struct ns_common ns;
	struct new_utsname name; /* uts_sem */
};
extern struct uts_namespace init_uts_ns;

static inline struct new_utsname *utsname(void)
{
	if (IS_ENABLED(CONFIG_NAMESPACES) && current->nsproxy)
		return &current->nsproxy->uts_ns->name;
	return &init_uts_ns.name;
}
extern const char linux_banner[]; /* the first line of the log, without newline */

#endif
