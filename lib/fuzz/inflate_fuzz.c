/* SPDX-License-Identifier: MIT */
#include <lib/inflate.h>
#include "fuzz.h"

static u64 sum;

static int take(struct inflate_sink *sink, const u8 *data, size_t len)
{
	while (len--)
		sum += *data++;
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct inflate_state st;
	struct inflate_sink sink = {.write = take};

	inflate(&st, INFLATE_RAW, data, size, &sink);
	inflate(&st, INFLATE_GZIP, data, size, &sink);
	inflate(&st, INFLATE_ZLIB, data, size, &sink);
	fuzz_use(sum);
	return 0;
}
