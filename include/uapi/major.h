/* SPDX-License-Identifier: MIT */
/* Major device numbers, and how a dev_t is packed for user space (makedev(3)). */
#ifndef _UAPI_MAJOR_H
#define _UAPI_MAJOR_H

#define MEM_MAJOR		1
#define RAMDISK_MAJOR		1
#define PTY_MASTER_MAJOR	2
#define PTY_SLAVE_MAJOR		3
#define TTY_MAJOR		4
#define TTYAUX_MAJOR		5
#define LOOP_MAJOR		7
#define SCSI_DISK0_MAJOR	8
#define MISC_MAJOR		10
#define INPUT_MAJOR		13
#define SOUND_MAJOR		14
#define FB_MAJOR		29
#define UNIX98_PTY_MASTER_MAJOR 128
#define UNIX98_PTY_MAJOR_COUNT	8
#define UNIX98_PTY_SLAVE_MAJOR	(UNIX98_PTY_MASTER_MAJOR + UNIX98_PTY_MAJOR_COUNT)
#define MMC_BLOCK_MAJOR		179
#define TTYAMA_MAJOR		204 /* PL011: minors from 64 */
#define VIRTIO_BLK_MAJOR	254 /* of the range for dynamic use */

#endif
