/* SPDX-License-Identifier: MIT */
/* madvise(2) for those above mm. */
#ifndef MM_MADVISE_H
#define MM_MADVISE_H

#include <lib/types.h>

struct mm_struct;

/* Takes mmap_lock; @mm is current's or one whose users the caller holds. 0 or -errno. Sleeps. */
int do_madvise(struct mm_struct *mm, unsigned long start, size_t len_in, int advice);

#endif
