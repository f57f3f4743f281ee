/* SPDX-License-Identifier: MIT */
/* Signalling an eventfd from the kernel: AIO, io_uring. */
#ifndef FS_EVENTFD_H
#define FS_EVENTFD_H

#include <lib/types.h>

struct file;

bool file_is_eventfd(const struct file *file);

/*
 * Adds @n to the counter of @file (saturating) and wakes its readers; false if it is no eventfd.
 * Any context but NMI.
 */
bool eventfd_signal_file(struct file *file, u64 n);

#endif
