/* SPDX-License-Identifier: MIT */
/*
 * The pages of code that the kernel maps into each process, vdso(7): [vvar], one page of data
 * that the kernel writes and programs read, and right behind it [vdso], the arch's image, whose
 * functions find the data one page before their own start.
 */
#ifndef KERNEL_VDSO_H
#define KERNEL_VDSO_H

#include <lib/kconfig.h>
#include <lib/types.h>

struct mm_struct;

/*
 * Time, as struct timekeeper has it:
 *
 *     monotonic ns = base_ns + ((counter - base_cycles) * mult_32 >> 32)      (the product has up
 *     to 128 bits)
 *     real ns = monotonic + real_offset
 *
 * Readers take seq, read, and start again if seq has changed (acquire; pairs with the release in
 * kernel/time/vdso.c). An odd seq sends them to the system call: the kernel is writing, or the
 * clock is not one that user space can read.
 */
struct vdso_data {
	u32 seq;
	u32 slewed; /* CLOCK_MONOTONIC_RAW is another clock: make the system call */
	u64 base_cycles;
	u64 base_ns;
	s64 real_offset;
	u64 mult_32; /* the timekeeper's mult, scaled to a shift of 32 */
	u32 tz_minuteswest; /* gettimeofday(2) */
	u32 tz_dsttime;
};

#if IS_ENABLED(CONFIG_VDSO)
/* The data page, written by the kernel only (kernel/time/vdso.c). */
extern u8 vdso_data_page[];
/*
 * Maps both somewhere in @mm and sets mm->vdso, the start of the image. mmap_lock held for
 * writing. 0 or -errno.
 */
int vdso_map(struct mm_struct *mm);
#else
static inline int vdso_map(struct mm_struct *mm)
{
	return 0;
}
#endif

#endif
