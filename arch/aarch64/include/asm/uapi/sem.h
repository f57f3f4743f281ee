/* SPDX-License-Identifier: MIT */
/* struct semid64_ds of aarch64. */
#ifndef _ASM_UAPI_SEM_H
#define _ASM_UAPI_SEM_H

#include <uapi/ipc.h>

struct semid64_ds {
	struct ipc64_perm sem_perm;
	long sem_otime;
	long sem_ctime;
	unsigned long sem_nsems;
	unsigned long __unused3;
	unsigned long __unused4;
};

#endif
