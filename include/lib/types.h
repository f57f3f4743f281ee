/* SPDX-License-Identifier: MIT */
/* The kernel's own names for integers and for the types of the system interface. */
#ifndef _LIB_TYPES_H
#define _LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <lib/compiler.h>
#include <lib/kconfig.h>
#include <uapi/types.h>

typedef __u8 u8;
typedef __s8 s8;
typedef __u16 u16;
typedef __s16 s16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;

typedef long ssize_t;
typedef long long loff_t;
typedef long off_t;
typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef unsigned short umode_t;
typedef unsigned int mode_t;
typedef unsigned int nlink_t;
typedef unsigned long ino_t;
typedef u32 dev_t; /* 12 bits of major, 20 of minor */
typedef int key_t;
typedef int clockid_t;
typedef int timer_t;
typedef int mqd_t;
typedef long clock_t;
typedef long long time64_t; /* seconds */
typedef s64 ktime_t; /* nanoseconds */
typedef u64 sector_t; /* 512-byte units */
typedef u64 blkcnt_t;
typedef u64 phys_addr_t;
typedef u64 dma_addr_t;
typedef u64 resource_size_t;
typedef unsigned long pgoff_t;
typedef unsigned long pfn_t;
typedef unsigned long uptr_t;

typedef unsigned int __bitwise gfp_t;
typedef unsigned int __bitwise fmode_t;
typedef unsigned int __bitwise slab_flags_t;

/* A node of, or the head of, a circular doubly linked list: lib/list.h. */
struct list_head {
	struct list_head *next, *prev;
};

/* A doubly linked list with a one-pointer head, for hash tables: lib/list.h. */
struct hlist_head {
	struct hlist_node *first;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

/* Lives inside an object that is to be freed after an RCU grace period. */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

#define DECLARE_BITMAP(name, bits) unsigned long name[DIV_ROUND_UP(bits, BITS_PER_LONG)]

#endif
