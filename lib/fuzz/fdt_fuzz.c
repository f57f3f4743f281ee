/* SPDX-License-Identifier: MIT */
#include <lib/fdt.h>
#include "fuzz.h"

static u64 use_node(const struct fdt *fdt, int node)
{
	u32 addr[4] = {0}, spec[FDT_IRQ_CELLS] = {1};
	struct fdt_prop p;
	struct fdt_range r;
	struct fdt_irq irq;
	char path[256];
	u64 a, s, sum = 0;
	bool more;

	for (more = fdt_first_prop(fdt, node, &p); more; more = fdt_next_prop(fdt, &p)) {
		sum += strlen(p.name);
		for (u32 i = 0; i < p.len; i++)
			sum += p.data[i];
	}
	sum += (u64)fdt_reg(fdt, node, 0, &a, &s) + (u64)fdt_range(fdt, node, "ranges", 0, &r);
	sum += (u64)fdt_irq(fdt, node, 0, &irq) + (u64)fdt_irq_map(fdt, node, addr, spec, &irq);
	return sum + (u64)fdt_path(fdt, node, path, sizeof(path));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fdt fdt;
	const char *options;
	u64 a, s, sum = 0;
	int node;
	bool nomap;

	if (fdt_init(&fdt, data, size))
		return 0;
	fdt_for_each_node(&fdt, node)
		sum += use_node(&fdt, node);
	for (u32 i = 0; i < 8; i++)
		sum += (u64)fdt_memory(&fdt, i, &a, &s) +
		       (u64)fdt_reserved(&fdt, i, &a, &s, &nomap);
	sum += (u64)fdt_initrd(&fdt, &a, &s) + (u64)fdt_stdout(&fdt, &options);
	fuzz_use(sum);
	return 0;
}
