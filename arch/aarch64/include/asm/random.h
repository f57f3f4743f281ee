/* SPDX-License-Identifier: MIT */
/* FEAT_RNG: Arm ARM, RNDR. A read that finds no number ready sets Z. */
#ifndef ASM_RANDOM_H
#define ASM_RANDOM_H

#include <lib/types.h>

static inline bool arch_get_random_long(unsigned long *v)
{
	u64 isar0, val;
	bool ok;

	__asm__ __volatile__("mrs %0, id_aa64isar0_el1" : "=r"(isar0));
	if (!(isar0 >> 60))
		return false;
	__asm__ __volatile__("mrs %0, s3_3_c2_c4_0\n\tcset %w1, ne" : "=r"(val), "=r"(ok) : : "cc");
	*v = val;
	return ok;
}

#endif
