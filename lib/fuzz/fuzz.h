/* SPDX-License-Identifier: MIT */
/* Drivers for libFuzzer: make -C lib/fuzz run FUZZ=cpio TIME=60. */
#ifndef LIB_FUZZ_FUZZ_H
#define LIB_FUZZ_FUZZ_H

#include <lib/string.h>
#include <lib/types.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Keep the compiler from dropping the reads that made @v. */
static inline void fuzz_use(u64 v)
{
	__asm__ __volatile__("" : : "r"(v));
}

#endif
