/* SPDX-License-Identifier: MIT */
/* pidfd_open(2). */
#ifndef _UAPI_PIDFD_H
#define _UAPI_PIDFD_H

#include <uapi/fcntl.h>

#define PIDFD_NONBLOCK O_NONBLOCK

#endif
