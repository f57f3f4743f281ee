/* SPDX-License-Identifier: MIT */
/* What task_struct and signal_struct embed. Functions are in <kernel/signal.h>. */
#ifndef KERNEL_SIGNAL_TYPES_H
#define KERNEL_SIGNAL_TYPES_H

#include <lib/types.h>
#include <lib/list.h>

/* The kernel's signal set: bit n-1 is signal n. */
typedef u64 ksigset_t;

struct sigpending {
	struct list_head list; /* of sigqueue; siglock */
	ksigset_t signal; /* siglock */
};

#endif
