/* SPDX-License-Identifier: MIT */
/* RDRAND: Intel SDM volume 1, 7.3.17. A failure is retried ten times, as it recommends. */
#ifndef ASM_RANDOM_H
#define ASM_RANDOM_H

#include <lib/types.h>

#define CPUID_1_ECX_RDRAND (1u << 30)

static inline bool arch_get_random_long(unsigned long *v)
{
	u32 a = 1, b, c = 0, d;
	bool ok;

	__asm__ __volatile__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (!(c & CPUID_1_ECX_RDRAND))
		return false;
	for (int tries = 0; tries < 10; tries++) {
		__asm__ __volatile__("rdrand %0" : "=r"(*v), "=@ccc"(ok));
		if (ok)
			return true;
	}
	return false;
}

#endif
