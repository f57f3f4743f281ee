/* SPDX-License-Identifier: MIT */
/* The end of an address space and its asynchronous I/O contexts: fs/aio.c. */
#ifndef KERNEL_AIO_H
#define KERNEL_AIO_H

#include <lib/kconfig.h>

struct mm_struct;

#if IS_ENABLED(CONFIG_AIO)
/* Cancels what can be, waits for the rest, frees the contexts of @mm, which has no user left. */
void exit_aio(struct mm_struct *mm);
#else
static inline void exit_aio(struct mm_struct *mm)
{
}
#endif

#endif
