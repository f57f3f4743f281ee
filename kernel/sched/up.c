/* SPDX-License-Identifier: MIT */
/* What balance.c does, for a kernel of one CPU. */
#include <uapi/errno.h>
#include "sched.h"

const cpumask_t cpu_mask_zero = {{1}};

int set_cpus_allowed(struct task_struct *t, const cpumask_t *mask)
{
	if (!cpumask_test_cpu(0, mask))
		return -EINVAL;
	t->cpus_mask = *mask;
	return 0;
}
