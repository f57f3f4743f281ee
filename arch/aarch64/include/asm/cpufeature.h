/* SPDX-License-Identifier: MIT */
/*
 * What the CPUs can do: read from the boot CPU's ID registers, compared with each CPU that starts.
 */
#ifndef ASM_CPUFEATURE_H
#define ASM_CPUFEATURE_H

#include <lib/types.h>

/* Boot CPU: reads the features, fills AT_HWCAP. */
void cpufeature_init(void);
/*
 * Every CPU, itself: records what /proc/cpuinfo shows; warns of a CPU that lacks what the boot CPU
 * has. IRQs off.
 */
void cpufeature_record_cpu(void);

/*
 * What user space may know of ID register S3_0_C0_C<crm>_<op2>: the features programs can use,
 * hidden fields at their safe value.
 */
u64 cpufeature_user_id(unsigned int crm, unsigned int op2);

#endif
