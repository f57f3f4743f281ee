/* SPDX-License-Identifier: MIT */
/* swapon(2), and the first page of a swap area: mkswap(8). */
#ifndef FS_BLOCK_SWAPFILE_H
#define FS_BLOCK_SWAPFILE_H

#include <lib/byteorder.h>
#include <lib/types.h>

#define SWAP_FLAG_PREFER	0x8000 /* the low bits are a priority */
#define SWAP_FLAG_PRIO_MASK	0x7fff
#define SWAP_FLAG_DISCARD	0x10000
#define SWAP_FLAG_DISCARD_ONCE	0x20000
#define SWAP_FLAG_DISCARD_PAGES 0x40000
#define SWAP_FLAGS_VALID                                                                       \
	(SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK | SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_ONCE | \
	 SWAP_FLAG_DISCARD_PAGES)

/* Little-endian here, as both architectures are. */
union swap_header {
	struct {
		char reserved[4096 - 10];
		char magic[10]; /* SWAPSPACE2 */
	} magic;
	struct {
		char bootbits[1024];
		__le32 version; /* 1 */
		__le32 last_page;
		__le32 nr_badpages;
		__u8 uuid[16];
		__u8 volume[16];
		__le32 padding[117];
		__le32 badpages[1];
	} info;
};
#define SWAP_MAX_BADPAGES ((4096 - 10 - 1536) / 4)

#endif
