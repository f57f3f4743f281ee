/* SPDX-License-Identifier: MIT */
#include <lib/cpio.h>
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct cpio_reader r;
	struct cpio_entry e;
	u32 sum = 0;

	cpio_init(&r, data, size);
	while (cpio_next(&r, &e) > 0) {
		sum += (u32)strlen(e.name);
		for (u32 i = 0; i < e.size; i++)
			sum += e.data[i];
	}
	fuzz_use(sum);
	return 0;
}
