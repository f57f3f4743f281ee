/* SPDX-License-Identifier: MIT */
#ifndef TASK_PRCTL_H
#define TASK_PRCTL_H

#include <lib/kconfig.h>
#include <uapi/errno.h>

/* The options about capabilities; -EINVAL for others. */
#if IS_ENABLED(CONFIG_CAPABILITIES)
long cap_prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5);
#else
static inline long cap_prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4,
			     unsigned long a5)
{
	return -EINVAL;
}
#endif

#endif
