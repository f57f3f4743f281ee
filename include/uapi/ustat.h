/* SPDX-License-Identifier: MIT */
/* ustat(2). */
#ifndef _UAPI_USTAT_H
#define _UAPI_USTAT_H

#include <uapi/types.h>

struct ustat {
	__kernel_daddr_t f_tfree;
	unsigned long f_tinode;
	char f_fname[6];
	char f_fpack[6];
};

#endif
