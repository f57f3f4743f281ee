/* SPDX-License-Identifier: MIT */
/* BLKPG: partitions by hand, as partx(8) and fdisk(8) do it. */
#ifndef _UAPI_BLKPG_H
#define _UAPI_BLKPG_H

#include <uapi/ioctl.h>

#define BLKPG		       _IO(0x12, 105)

#define BLKPG_ADD_PARTITION    1
#define BLKPG_DEL_PARTITION    2
#define BLKPG_RESIZE_PARTITION 3

#define BLKPG_DEVNAMELTH       64
#define BLKPG_VOLNAMELTH       64

struct blkpg_ioctl_arg {
	int op;
	int flags;
	int datalen;
	void *data;
};

struct blkpg_partition {
	long long start; /* bytes */
	long long length;
	int pno;
	char devname[BLKPG_DEVNAMELTH];
	char volname[BLKPG_VOLNAMELTH];
};

#endif
