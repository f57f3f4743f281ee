/* SPDX-License-Identifier: MIT */
/*
 * Interrupts in a devicetree (Devicetree Specification, 2.4). A specifier belongs to an interrupt
 * parent: a controller, which ends the search, or a nexus, whose interrupt-map replaces unit
 * address and specifier by an entry for another parent.
 */
#include <lib/errno.h>
#include <lib/fdt.h>
#include <lib/string.h>

#define MAX_ADDR_CELLS 4
#define MAX_HOPS       8 /* of a chain of maps: a loop ends too */

static u32 number_or(const struct fdt *fdt, int node, const char *name, u32 otherwise)
{
	u32 v;

	return fdt_prop_u32(fdt, node, name, 0, &v) ? otherwise : v;
}

/*
 * The interrupt parent that holds for @node: its own, or the nearest above that says; else the
 * parent.
 */
static int interrupt_parent(const struct fdt *fdt, int node)
{
	u32 phandle;

	while (node >= 0) {
		if (!fdt_prop_u32(fdt, node, "interrupt-parent", 0, &phandle))
			return fdt_find_phandle(fdt, phandle);
		node = fdt_parent(fdt, node);
		if (node >= 0 && fdt_has_prop(fdt, node, "#interrupt-cells"))
			return node;
	}
	return -ENOENT;
}

static int read_specifier(const u8 *p, u32 cells, struct fdt_irq *irq)
{
	if (cells > FDT_IRQ_CELLS)
		return -EINVAL;
	irq->count = cells;
	for (u32 i = 0; i < cells; i++)
		irq->cells[i] = get_unaligned_be32(p + 4 * i);
	return 0;
}

/* An entry of an interrupt-map, at @p with @left cells behind it. Returns its cells, or -EINVAL. */
struct map_entry {
	const u8 *child; /* unit address and specifier */
	int parent;
	const u8 *addr; /* unit address for the parent */
	u32 addr_cells;
	const u8 *spec;
	u32 spec_cells;
};

static int read_map_entry(const struct fdt *fdt, const u8 *p, u32 left, u32 child_cells,
			  struct map_entry *e)
{
	u32 n = child_cells + 1;

	if (left < n)
		return -EINVAL;
	e->child = p;
	e->parent = fdt_find_phandle(fdt, get_unaligned_be32(p + 4 * child_cells));
	if (e->parent < 0)
		return -EINVAL;
	e->addr_cells = number_or(fdt, e->parent, "#address-cells", 0);
	e->spec_cells = number_or(fdt, e->parent, "#interrupt-cells", 0);
	if (e->addr_cells > MAX_ADDR_CELLS || e->spec_cells > FDT_IRQ_CELLS || !e->spec_cells)
		return -EINVAL;
	e->addr = p + 4 * n;
	e->spec = e->addr + 4 * e->addr_cells;
	n += e->addr_cells + e->spec_cells;
	return n <= left ? (int)n : -EINVAL;
}

/* True if the masked cells agree. */
static bool child_matches(const u8 *entry, const u32 *want, const u8 *mask, u32 cells)
{
	for (u32 i = 0; i < cells; i++) {
		u32 m = mask ? get_unaligned_be32(mask + 4 * i) : ~0U;

		if ((get_unaligned_be32(entry + 4 * i) ^ want[i]) & m)
			return false;
	}
	return true;
}

/* Find the entry of @nexus's map for @want (unit address, then specifier). */
static int map_lookup(const struct fdt *fdt, int nexus, const u32 *want, u32 cells,
		      struct map_entry *e)
{
	u32 len, mask_len;
	const u8 *map = fdt_prop(fdt, nexus, "interrupt-map", &len);
	const u8 *mask = fdt_prop(fdt, nexus, "interrupt-map-mask", &mask_len);
	u32 left = len / 4;

	if (mask && mask_len < 4 * cells)
		return -EINVAL;
	while (left) {
		int n = read_map_entry(fdt, map, left, cells, e);

		if (n < 0)
			return n;
		if (child_matches(e->child, want, mask, cells))
			return 0;
		map += 4 * n;
		left -= (u32)n;
	}
	return -ENOENT;
}

static void copy_cells(u32 *dst, const u8 *src, u32 n)
{
	for (u32 i = 0; i < n; i++)
		dst[i] = get_unaligned_be32(src + 4 * i);
}

int fdt_irq_map(const struct fdt *fdt, int nexus, const u32 *addr, const u32 *spec,
		struct fdt_irq *irq)
{
	u32 want[MAX_ADDR_CELLS + FDT_IRQ_CELLS];
	u32 na = number_or(fdt, nexus, "#address-cells", 0);
	u32 ni = number_or(fdt, nexus, "#interrupt-cells", 0);

	if (na > MAX_ADDR_CELLS || ni > FDT_IRQ_CELLS || !ni)
		return -EINVAL;
	memcpy(want, addr, na * sizeof(u32));
	memcpy(want + na, spec, ni * sizeof(u32));
	for (int hop = 0; hop < MAX_HOPS; hop++) {
		struct map_entry e;
		int ret;

		if (!fdt_has_prop(fdt, nexus, "interrupt-map")) {
			irq->controller = nexus;
			irq->count = ni;
			memcpy(irq->cells, want + na, ni * sizeof(u32));
			return 0;
		}
		ret = map_lookup(fdt, nexus, want, na + ni, &e);
		if (ret)
			return ret;
		copy_cells(want, e.addr, e.addr_cells);
		copy_cells(want + e.addr_cells, e.spec, e.spec_cells);
		nexus = e.parent;
		na = e.addr_cells;
		ni = e.spec_cells;
	}
	return -EINVAL;
}

/* The @index'th entry of interrupts-extended. */
static int extended_irq(const struct fdt *fdt, const u8 *p, u32 len, unsigned int index,
			struct fdt_irq *irq)
{
	u32 left = len / 4;

	while (left) {
		int parent = fdt_find_phandle(fdt, get_unaligned_be32(p));
		u32 cells = parent < 0 ? 0 : number_or(fdt, parent, "#interrupt-cells", 0);

		if (!cells || cells > left - 1)
			return -EINVAL;
		if (!index--) {
			irq->controller = parent;
			return read_specifier(p + 4, cells, irq);
		}
		p += 4 * (cells + 1);
		left -= cells + 1;
	}
	return -ENOENT;
}

/* The @index'th entry of interrupts, which all have the same parent. */
static int plain_irq(const struct fdt *fdt, int node, unsigned int index, struct fdt_irq *irq)
{
	u32 len, cells;
	const u8 *p = fdt_prop(fdt, node, "interrupts", &len);
	int parent;

	if (!p)
		return -ENOENT;
	parent = interrupt_parent(fdt, node);
	if (parent < 0)
		return -EINVAL;
	cells = number_or(fdt, parent, "#interrupt-cells", 0);
	if (!cells)
		return -EINVAL;
	if (index >= len / 4 / cells)
		return -ENOENT;
	irq->controller = parent;
	return read_specifier(p + 4 * cells * index, cells, irq);
}

int fdt_irq(const struct fdt *fdt, int node, unsigned int index, struct fdt_irq *irq)
{
	u32 len, addr[MAX_ADDR_CELLS] = {0}, na, reg_len;
	const u8 *p = fdt_prop(fdt, node, "interrupts-extended", &len), *reg;
	int ret;

	ret = p ? extended_irq(fdt, p, len, index, irq) : plain_irq(fdt, node, index, irq);
	if (ret || !fdt_has_prop(fdt, irq->controller, "interrupt-map"))
		return ret;
	na = number_or(fdt, irq->controller, "#address-cells", 0);
	reg = fdt_prop(fdt, node, "reg", &reg_len);
	if (na > MAX_ADDR_CELLS)
		return -EINVAL;
	if (reg && reg_len >= 4 * na)
		copy_cells(addr, reg, na);
	return fdt_irq_map(fdt, irq->controller, addr, irq->cells, irq);
}

int fdt_irq_by_name(const struct fdt *fdt, int node, const char *name, struct fdt_irq *irq)
{
	int index = fdt_prop_string_index(fdt, node, "interrupt-names", name);

	return index < 0 ? index : fdt_irq(fdt, node, (unsigned int)index, irq);
}
