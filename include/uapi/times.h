/* SPDX-License-Identifier: MIT */
/* times(2). */
#ifndef _UAPI_TIMES_H
#define _UAPI_TIMES_H

#include <uapi/types.h>

struct tms {
	__kernel_clock_t tms_utime;
	__kernel_clock_t tms_stime;
	__kernel_clock_t tms_cutime;
	__kernel_clock_t tms_cstime;
};

#endif
