/* SPDX-License-Identifier: MIT */
/* readv(2), preadv2(2), process_vm_readv(2). */
#ifndef _UAPI_UIO_H
#define _UAPI_UIO_H

#include <uapi/fs.h>
#include <uapi/types.h>

struct iovec {
	void __user *iov_base;
	__kernel_size_t iov_len;
};

#define UIO_FASTIOV 8
#define UIO_MAXIOV  1024

#endif
