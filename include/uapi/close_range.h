/* SPDX-License-Identifier: MIT */
/* close_range(2). */
#ifndef _UAPI_CLOSE_RANGE_H
#define _UAPI_CLOSE_RANGE_H

#define CLOSE_RANGE_UNSHARE (1U << 1)
#define CLOSE_RANGE_CLOEXEC (1U << 2)

#endif
