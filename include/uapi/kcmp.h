/* SPDX-License-Identifier: MIT */
/* kcmp(2). */
#ifndef _UAPI_KCMP_H
#define _UAPI_KCMP_H

#include <uapi/types.h>

enum kcmp_type {
	KCMP_FILE,
	KCMP_VM,
	KCMP_FILES,
	KCMP_FS,
	KCMP_SIGHAND,
	KCMP_IO,
	KCMP_SYSVSEM,
	KCMP_EPOLL_TFD,
	KCMP_TYPES,
};

struct kcmp_epoll_slot {
	__u32 efd; /* epoll descriptor */
	__u32 tfd; /* descriptor it watches */
	__u32 toff; /* which one of those with the same number */
};

#endif
