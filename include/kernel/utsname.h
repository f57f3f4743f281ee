/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_UTSNAME_H
#define KERNEL_UTSNAME_H

#include <kernel/rwsem.h>
#include <uapi/utsname.h>

extern struct rw_semaphore uts_sem;
extern struct new_utsname init_uts; /* uts_sem */
#define utsname() (&init_uts)
extern const char linux_banner[]; /* the first line of the log, without newline */

#endif
