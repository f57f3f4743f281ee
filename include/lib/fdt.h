/* SPDX-License-Identifier: MIT */
/*
 * Reader of flattened devicetrees (Devicetree Specification v0.4, chapter 5).
 *
 * fdt_init() checks the whole blob once: header, every token, every name and every property's
 * place. The accessors then walk without copying; they still check the sizes of the properties
 * they decode, which the format does not promise. The blob must stay mapped and unchanged.
 *
 * A node is its offset in the structure block (>= 0; the root is 0). Functions that look something
 * up return a negative errno when it is not there: -ENOENT; -EINVAL when it is malformed. Nothing
 * allocates, any context will do.
 */
#ifndef _LIB_FDT_H
#define _LIB_FDT_H

#include <lib/byteorder.h>
#include <lib/types.h>

#define FDT_MAGIC     0xd00dfeed
#define FDT_MAX_DEPTH 32
#define FDT_IRQ_CELLS 8

struct fdt {
	const u8 *blob;
	const u8 *structs;
	const char *strings;
	const u8 *rsvmap;
	u32 size; /* totalsize of the header */
	u32 struct_size;
	u32 strings_size;
	u32 rsv_count;
	u32 boot_cpu;
};

/*
 * NULL if the blob is sound, else what is wrong with it. @max_size is how much memory may be read.
 */
const char *fdt_init(struct fdt *fdt, const void *blob, size_t max_size);
/* totalsize of what looks like a devicetree at @blob (40 readable bytes), else 0. */
u32 fdt_probe_size(const void *blob);

/* ---- nodes ---- */
#define FDT_ROOT 0

/* Depth-first order over the whole tree. Updates *@depth if not NULL. -ENOENT at the end. */
int fdt_next_node(const struct fdt *fdt, int node, int *depth);
int fdt_first_child(const struct fdt *fdt, int node);
int fdt_next_sibling(const struct fdt *fdt, int node);
/* By search from the root. -ENOENT for the root. */
int fdt_parent(const struct fdt *fdt, int node);
/* "serial@9000000"; "" for the root. */
const char *fdt_node_name(const struct fdt *fdt, int node);
/* True if the name is @name, with or without a unit address. */
bool fdt_node_name_is(const struct fdt *fdt, int node, const char *name);
/* "/soc/serial@9000000", the unit addresses optional, or a name in /aliases; stops at ':'. */
int fdt_find_path(const struct fdt *fdt, const char *path);
int fdt_find_child(const struct fdt *fdt, int node, const char *name);
int fdt_find_phandle(const struct fdt *fdt, u32 phandle);
/* The next node after @after (-1: from the root on) that is compatible with @compat. */
int fdt_find_compatible(const struct fdt *fdt, int after, const char *compat);
/* The full path into @buf; its length or -ENAMETOOLONG. */
int fdt_path(const struct fdt *fdt, int node, char *buf, size_t size);

#define fdt_for_each_node(fdt, node) \
	for (node = FDT_ROOT; node >= 0; node = fdt_next_node(fdt, node, NULL))
#define fdt_for_each_child(fdt, node, parent) \
	for (node = fdt_first_child(fdt, parent); node >= 0; node = fdt_next_sibling(fdt, node))
#define fdt_for_each_compatible(fdt, node, compat)                   \
	for (node = fdt_find_compatible(fdt, -1, compat); node >= 0; \
	     node = fdt_find_compatible(fdt, node, compat))

/* ---- properties ---- */
struct fdt_prop {
	const char *name;
	const u8 *data;
	u32 len;
	u32 next; /* where fdt_next_prop() goes on */
};

/* False when there is no (further) property. */
bool fdt_first_prop(const struct fdt *fdt, int node, struct fdt_prop *prop);
bool fdt_next_prop(const struct fdt *fdt, struct fdt_prop *prop);

/* The value, or NULL; *@len is its length. */
const void *fdt_prop(const struct fdt *fdt, int node, const char *name, u32 *len);
bool fdt_has_prop(const struct fdt *fdt, int node, const char *name);
/* The @index'th cell. 0, -ENOENT, or -EINVAL when the property is too short. */
int fdt_prop_u32(const struct fdt *fdt, int node, const char *name, unsigned int index, u32 *val);
/* A number of one or two cells. */
int fdt_prop_number(const struct fdt *fdt, int node, const char *name, u64 *val);
/* The @index'th string of a list, checked to be terminated; NULL if there is none. */
const char *fdt_prop_string(const struct fdt *fdt, int node, const char *name, unsigned int index);
/* Position of @s in a string list. */
int fdt_prop_string_index(const struct fdt *fdt, int node, const char *name, const char *s);

/* A big-endian number of @cells cells (0 to 2; of more, the low two). */
static inline u64 fdt_read_cells(const void *p, u32 cells)
{
	const u8 *b = p;
	u64 v = 0;

	while (cells--) {
		v = (v << 32) | get_unaligned_be32(b);
		b += 4;
	}
	return v;
}

bool fdt_is_compatible(const struct fdt *fdt, int node, const char *compat);
/* status absent, "okay" or "ok". */
bool fdt_is_available(const struct fdt *fdt, int node);

/* ---- addresses ---- */
/* Of the children of @node: #address-cells (default 2) and #size-cells (default 1). */
u32 fdt_address_cells(const struct fdt *fdt, int node);
u32 fdt_size_cells(const struct fdt *fdt, int node);

/*
 * The @index'th reg entry as a CPU physical address, translated through the ranges of all parents.
 */
int fdt_reg(const struct fdt *fdt, int node, unsigned int index, u64 *addr, u64 *size);
/* The one called @name in reg-names. */
int fdt_reg_by_name(const struct fdt *fdt, int node, const char *name, u64 *addr, u64 *size);
/* The same without translation: for children of buses that are not memory mapped, and for cpus. */
int fdt_reg_raw(const struct fdt *fdt, int node, unsigned int index, u64 *addr, u64 *size);
/* Translate a bus address of a child of @bus to a CPU address. -EINVAL if no range covers it. */
int fdt_translate(const struct fdt *fdt, int bus, u64 addr, u64 *out);

struct fdt_range {
	u32 flags; /* phys.hi of a PCI bus, else 0 */
	u64 child; /* address on the bus */
	u64 cpu; /* translated */
	u64 size;
};

/* The @index'th entry of @node's ranges (or "dma-ranges") as a window of the bus. */
int fdt_range(const struct fdt *fdt, int node, const char *prop, unsigned int index,
	      struct fdt_range *r);

/* ---- interrupts ---- */
struct fdt_irq {
	int controller; /* node */
	u32 count;
	u32 cells[FDT_IRQ_CELLS];
};

/*
 * The @index'th interrupt of @node, from interrupts-extended or interrupts, through any
 * interrupt-map, down to its controller.
 */
int fdt_irq(const struct fdt *fdt, int node, unsigned int index, struct fdt_irq *irq);
int fdt_irq_by_name(const struct fdt *fdt, int node, const char *name, struct fdt_irq *irq);
/*
 * Resolve a unit address (@addr, as many cells as @nexus has) and specifier at @nexus (a PCI
 * host).
 */
int fdt_irq_map(const struct fdt *fdt, int nexus, const u32 *addr, const u32 *spec,
		struct fdt_irq *irq);

/* ---- memory and /chosen ---- */
/* The @index'th range of RAM over all memory nodes. -ENOENT after the last. */
int fdt_memory(const struct fdt *fdt, unsigned int index, u64 *base, u64 *size);
/* Memory not to be used: the reservation block, then /reserved-memory nodes that have a reg. */
int fdt_reserved(const struct fdt *fdt, unsigned int index, u64 *base, u64 *size, bool *nomap);
/* The kernel command line; NULL if there is none. */
const char *fdt_bootargs(const struct fdt *fdt);
/* Bytes [start, end) of the initial ramdisk. */
int fdt_initrd(const struct fdt *fdt, u64 *start, u64 *end);
/* Node of the console. *@options: text after ':' or NULL. */
int fdt_stdout(const struct fdt *fdt, const char **options);

#endif
