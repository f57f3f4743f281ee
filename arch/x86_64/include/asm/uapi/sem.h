/* SPDX-License-Identifier: MIT */
/* struct semid64_ds of x86_64: times padded as on i386. */
#ifndef _ASM_UAPI_SEM_H
#define _ASM_UAPI_SEM_H

#include <uapi/ipc.h>

struct semid64_ds {
	struct ipc64_perm sem_perm;
	__kernel_long_t sem_otime;
	__kernel_ulong_t __unused1;
	__kernel_long_t sem_ctime;
	__kernel_ulong_t __unused2;
	__kernel_ulong_t sem_nsems;
	__kernel_ulong_t __unused3;
	__kernel_ulong_t __unused4;
};

#endif
