/* SPDX-License-Identifier: MIT */
/* ioctl_ns(2). */
#ifndef _UAPI_NSFS_H
#define _UAPI_NSFS_H

#include <uapi/ioctl.h>

#define NSIO		 0xb7

#define NS_GET_USERNS	 _IO(NSIO, 0x1)
#define NS_GET_PARENT	 _IO(NSIO, 0x2)
#define NS_GET_NSTYPE	 _IO(NSIO, 0x3)
#define NS_GET_OWNER_UID _IO(NSIO, 0x4)

#endif
