/* SPDX-License-Identifier: MIT */
/* System V shared memory: shmget(2), shmctl(2), shmat(2). */
#ifndef _UAPI_SHM_H
#define _UAPI_SHM_H

#include <uapi/ipc.h>
#include <uapi/mman.h>

#define SHMMIN	       1
#define SHMMNI	       4096
#define SHMMAX	       (ULONG_MAX - (1UL << 24))
#define SHMALL	       (ULONG_MAX - (1UL << 24))
#define SHMSEG	       SHMMNI

#define SHM_R	       0400
#define SHM_W	       0200
#define SHM_HUGETLB    04000
#define SHM_NORESERVE  010000
#define SHM_RDONLY     010000
#define SHM_RND	       020000
#define SHM_REMAP      040000
#define SHM_EXEC       0100000

#define SHM_HUGE_SHIFT MAP_HUGE_SHIFT
#define SHM_HUGE_MASK  MAP_HUGE_MASK
#define SHM_HUGE_64KB  MAP_HUGE_64KB
#define SHM_HUGE_512KB MAP_HUGE_512KB
#define SHM_HUGE_1MB   MAP_HUGE_1MB
#define SHM_HUGE_2MB   MAP_HUGE_2MB
#define SHM_HUGE_8MB   MAP_HUGE_8MB
#define SHM_HUGE_16MB  MAP_HUGE_16MB
#define SHM_HUGE_32MB  MAP_HUGE_32MB
#define SHM_HUGE_256MB MAP_HUGE_256MB
#define SHM_HUGE_512MB MAP_HUGE_512MB
#define SHM_HUGE_1GB   MAP_HUGE_1GB
#define SHM_HUGE_2GB   MAP_HUGE_2GB
#define SHM_HUGE_16GB  MAP_HUGE_16GB

#define SHM_LOCK       11
#define SHM_UNLOCK     12
#define SHM_STAT       13
#define SHM_INFO       14
#define SHM_STAT_ANY   15

struct shmid_ds {
	struct ipc_perm shm_perm;
	int shm_segsz;
	__kernel_old_time_t shm_atime;
	__kernel_old_time_t shm_dtime;
	__kernel_old_time_t shm_ctime;
	__kernel_ipc_pid_t shm_cpid;
	__kernel_ipc_pid_t shm_lpid;
	unsigned short shm_nattch;
	unsigned short shm_unused;
	void __user *shm_unused2;
	void __user *shm_unused3;
};

struct shmid64_ds {
	struct ipc64_perm shm_perm;
	__kernel_size_t shm_segsz;
	long shm_atime;
	long shm_dtime;
	long shm_ctime;
	__kernel_pid_t shm_cpid;
	__kernel_pid_t shm_lpid;
	unsigned long shm_nattch;
	unsigned long __unused4;
	unsigned long __unused5;
};

struct shminfo64 {
	unsigned long shmmax;
	unsigned long shmmin;
	unsigned long shmmni;
	unsigned long shmseg;
	unsigned long shmall;
	unsigned long __unused1;
	unsigned long __unused2;
	unsigned long __unused3;
	unsigned long __unused4;
};

struct shminfo {
	int shmmax;
	int shmmin;
	int shmmni;
	int shmseg;
	int shmall;
};

struct shm_info {
	int used_ids;
	__kernel_ulong_t shm_tot;
	__kernel_ulong_t shm_rss;
	__kernel_ulong_t shm_swp;
	__kernel_ulong_t swap_attempts;
	__kernel_ulong_t swap_successes;
};

#endif
