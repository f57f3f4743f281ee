/* SPDX-License-Identifier: MIT */
/*
 * Addresses in a devicetree: reg, ranges, memory, reservations and /chosen (Devicetree
 * Specification, 2.3.5 to 2.3.8, 3.4, 3.5 and 3.6).
 */
#include <lib/errno.h>
#include <lib/fdt.h>
#include <lib/string.h>

u32 fdt_address_cells(const struct fdt *fdt, int node)
{
	u32 n;

	return !fdt_prop_u32(fdt, node, "#address-cells", 0, &n) && n <= 4 ? n : 2;
}

u32 fdt_size_cells(const struct fdt *fdt, int node)
{
	u32 n;

	return !fdt_prop_u32(fdt, node, "#size-cells", 0, &n) && n <= 4 ? n : 1;
}

/* reg of @node, a child of @parent. */
static int read_reg(const struct fdt *fdt, int parent, int node, unsigned int index, u64 *addr,
		    u64 *size)
{
	u32 na = fdt_address_cells(fdt, parent), ns = fdt_size_cells(fdt, parent), len;
	const u8 *p = fdt_prop(fdt, node, "reg", &len);
	u64 entry = 4ULL * (na + ns);

	if (!p)
		return -ENOENT;
	if (!entry || index >= len / entry)
		return index && entry && len % entry == 0 ? -ENOENT : -EINVAL;
	p += index * entry;
	*addr = fdt_read_cells(p, na);
	if (size)
		*size = fdt_read_cells(p + 4 * na, ns);
	return 0;
}

int fdt_reg_raw(const struct fdt *fdt, int node, unsigned int index, u64 *addr, u64 *size)
{
	int parent = fdt_parent(fdt, node);

	return parent < 0 ? parent : read_reg(fdt, parent, node, index, addr, size);
}

/* One entry of @prop of @bus, untranslated: r->cpu is an address on the bus above, @above. */
static int read_range(const struct fdt *fdt, int above, int bus, const char *prop,
		      unsigned int index, struct fdt_range *r)
{
	u32 na = fdt_address_cells(fdt, bus), ns = fdt_size_cells(fdt, bus);
	u32 np = fdt_address_cells(fdt, above), len;
	const u8 *p = fdt_prop(fdt, bus, prop, &len);
	u64 entry = 4ULL * (na + np + ns);

	if (!p)
		return -ENOENT;
	if (!entry || index >= len / entry)
		return -ENOENT;
	p += index * entry;
	r->flags = na == 3 ? get_unaligned_be32(p) : 0;
	r->child = fdt_read_cells(p, na);
	r->cpu = fdt_read_cells(p + 4 * na, np);
	r->size = fdt_read_cells(p + 4 * (na + np), ns);
	return 0;
}

/* One level up: from addresses of @bus's children to those of @above's. */
static int translate_once(const struct fdt *fdt, int above, int bus, u64 *addr)
{
	struct fdt_range r;
	unsigned int i;
	u32 len;

	if (!fdt_prop(fdt, bus, "ranges", &len))
		return -EINVAL; /* not memory mapped */
	if (!len)
		return 0;
	for (i = 0; !read_range(fdt, above, bus, "ranges", i, &r); i++) {
		if (*addr >= r.child && *addr - r.child < r.size) {
			*addr = *addr - r.child + r.cpu;
			return 0;
		}
	}
	return -EINVAL;
}

int fdt_translate(const struct fdt *fdt, int bus, u64 addr, u64 *out)
{
	while (bus != FDT_ROOT) {
		int above = fdt_parent(fdt, bus);
		int ret = above < 0 ? above : translate_once(fdt, above, bus, &addr);

		if (ret)
			return ret;
		bus = above;
	}
	*out = addr;
	return 0;
}

int fdt_reg(const struct fdt *fdt, int node, unsigned int index, u64 *addr, u64 *size)
{
	int parent = fdt_parent(fdt, node), ret;

	if (parent < 0)
		return parent;
	ret = read_reg(fdt, parent, node, index, addr, size);
	return ret ? ret : fdt_translate(fdt, parent, *addr, addr);
}

int fdt_reg_by_name(const struct fdt *fdt, int node, const char *name, u64 *addr, u64 *size)
{
	int index = fdt_prop_string_index(fdt, node, "reg-names", name);

	return index < 0 ? index : fdt_reg(fdt, node, (unsigned int)index, addr, size);
}

int fdt_range(const struct fdt *fdt, int node, const char *prop, unsigned int index,
	      struct fdt_range *r)
{
	int above = fdt_parent(fdt, node), ret;

	if (above < 0)
		return above;
	ret = read_range(fdt, above, node, prop, index, r);
	return ret ? ret : fdt_translate(fdt, above, r->cpu, &r->cpu);
}

/* ---- memory ---- */

int fdt_memory(const struct fdt *fdt, unsigned int index, u64 *base, u64 *size)
{
	int node;

	fdt_for_each_child(fdt, node, FDT_ROOT)
	{
		const char *type = fdt_prop_string(fdt, node, "device_type", 0);
		unsigned int i;
		int ret;

		if (!type || strcmp(type, "memory") || !fdt_is_available(fdt, node))
			continue;
		for (i = 0; !(ret = read_reg(fdt, FDT_ROOT, node, i, base, size)); i++) {
			if (!index--)
				return 0;
		}
		if (ret == -EINVAL)
			return ret;
	}
	return -ENOENT;
}

int fdt_reserved(const struct fdt *fdt, unsigned int index, u64 *base, u64 *size, bool *nomap)
{
	int parent, node;

	*nomap = false;
	if (index < fdt->rsv_count) {
		*base = get_unaligned_be64(fdt->rsvmap + 16 * index);
		*size = get_unaligned_be64(fdt->rsvmap + 16 * index + 8);
		return 0;
	}
	index -= fdt->rsv_count;
	parent = fdt_find_child(fdt, FDT_ROOT, "reserved-memory");
	if (parent < 0)
		return parent;
	fdt_for_each_child(fdt, node, parent)
	{
		unsigned int i;

		if (!fdt_is_available(fdt, node))
			continue;
		for (i = 0; !read_reg(fdt, parent, node, i, base, size); i++) {
			if (index--)
				continue;
			*nomap = fdt_has_prop(fdt, node, "no-map");
			return 0;
		}
	}
	return -ENOENT;
}

/* ---- /chosen ---- */

const char *fdt_bootargs(const struct fdt *fdt)
{
	int chosen = fdt_find_child(fdt, FDT_ROOT, "chosen");

	return chosen < 0 ? NULL : fdt_prop_string(fdt, chosen, "bootargs", 0);
}

int fdt_initrd(const struct fdt *fdt, u64 *start, u64 *end)
{
	int chosen = fdt_find_child(fdt, FDT_ROOT, "chosen"), ret;

	if (chosen < 0)
		return chosen;
	ret = fdt_prop_number(fdt, chosen, "linux,initrd-start", start);
	if (!ret)
		ret = fdt_prop_number(fdt, chosen, "linux,initrd-end", end);
	if (!ret && *end < *start)
		ret = -EINVAL;
	return ret;
}

int fdt_stdout(const struct fdt *fdt, const char **options)
{
	int chosen = fdt_find_child(fdt, FDT_ROOT, "chosen");
	const char *path, *colon;

	*options = NULL;
	if (chosen < 0)
		return chosen;
	path = fdt_prop_string(fdt, chosen, "stdout-path", 0);
	if (!path)
		return -ENOENT;
	colon = strchr(path, ':');
	if (colon)
		*options = colon + 1;
	return fdt_find_path(fdt, path);
}
