/* SPDX-License-Identifier: MIT */
/*
 * How an allocation may behave. Everything that takes a gfp_t may fail (NULL) unless __GFP_NOFAIL
 * is set; callers carry -ENOMEM up.
 *
 *   GFP_KERNEL      may sleep, reclaim, and wait for the OOM killer. Never under a spinlock or with
 *                   IRQs off
 *   GFP_ATOMIC      never sleeps; may use the emergency reserve. Any context but NMI
 *   GFP_NOWAIT      never sleeps and leaves the reserve alone: for opportunistic allocations
 *   GFP_NOFS/NOIO   sleeps, but reclaim must not enter file systems / start I/O (the caller holds
 *                   their locks)
 *   GFP_USER        memory that user space asked for: fails rather than eats the last pages
 */
#ifndef MM_GFP_H
#define MM_GFP_H

#include <lib/types.h>
#include <lib/compiler.h>

#define __GFP_DMA32	     ((__force gfp_t)0x0001u) /* below 4 GiB */
#define __GFP_ZERO	     ((__force gfp_t)0x0002u)
#define __GFP_WAIT	     ((__force gfp_t)0x0004u) /* may sleep and reclaim */
#define __GFP_IO	     ((__force gfp_t)0x0008u)
#define __GFP_FS	     ((__force gfp_t)0x0010u)
#define __GFP_HIGH	     ((__force gfp_t)0x0020u) /* may go below the min watermark */
#define __GFP_NORETRY	     ((__force gfp_t)0x0040u) /* one round of reclaim, no OOM kill */
#define __GFP_NOFAIL	     ((__force gfp_t)0x0080u) /* loops; only order 0..1 with __GFP_WAIT */
#define __GFP_NOWARN	     ((__force gfp_t)0x0100u)
#define __GFP_USER	     ((__force gfp_t)0x0200u)

#define GFP_NOWAIT	     ((__force gfp_t)0u)
#define GFP_ATOMIC	     (__GFP_HIGH)
#define GFP_NOIO	     (__GFP_WAIT)
#define GFP_NOFS	     (__GFP_WAIT | __GFP_IO)
#define GFP_KERNEL	     (__GFP_WAIT | __GFP_IO | __GFP_FS)
#define GFP_USER	     (GFP_KERNEL | __GFP_USER)
#define GFP_HIGHUSER	     GFP_USER
#define GFP_HIGHUSER_MOVABLE GFP_USER
#define GFP_KERNEL_ACCOUNT   GFP_KERNEL
#define GFP_DMA32	     (__GFP_DMA32)

#define gfp_may_sleep(gfp)   (((gfp)&__GFP_WAIT) != 0)

#endif
