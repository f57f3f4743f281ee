/* SPDX-License-Identifier: MIT */
/*
 * Flattened devicetrees: the check of the blob, walking, finding, and reading properties.
 * Addresses and interrupts are in fdt_address.c and fdt_irq.c.
 *
 * check_structs() proves once, for the whole structure block, what the walkers rely on: tokens are
 * in bounds and nest, the block ends with FDT_END, node names are terminated inside it, property
 * values are inside it, and property names are terminated strings inside the strings block.
 */
#include <lib/errno.h>
#include <lib/fdt.h>
#include <lib/string.h>

enum { FDT_BEGIN_NODE = 1, FDT_END_NODE = 2, FDT_PROP = 3, FDT_NOP = 4, FDT_END = 9 };

/* The header, in cells. */
enum {
	MAGIC,
	TOTALSIZE,
	OFF_STRUCT,
	OFF_STRINGS,
	OFF_RSVMAP,
	VERSION,
	LAST_COMP,
	BOOT_CPU,
	SIZE_STRINGS,
	SIZE_STRUCT,
	HEADER_CELLS
};

static u32 cell(const struct fdt *fdt, u32 off)
{
	return get_unaligned_be32(fdt->structs + off);
}

/* Length of the string at @off with its NUL; 0 if it does not end before @size. */
static u32 string_size(const char *base, u32 off, u32 size)
{
	size_t n;

	if (off >= size)
		return 0;
	n = strnlen(base + off, size - off);
	return n < size - off ? (u32)n + 1 : 0;
}

/* Size of a property's value at @off, padded; 0 is valid. -EINVAL if it leaves the block. */
static int check_prop(const struct fdt *fdt, u32 off)
{
	u32 len;

	if (fdt->struct_size - off < 12)
		return -EINVAL;
	len = cell(fdt, off + 4);
	if (len > fdt->struct_size - off - 12)
		return -EINVAL;
	if (!string_size(fdt->strings, cell(fdt, off + 8), fdt->strings_size))
		return -EINVAL;
	return (int)ALIGN(len, 4);
}

static const char *check_structs(const struct fdt *fdt)
{
	u32 off = 0, depth = 0, n;
	bool props = false; /* properties come before subnodes */
	int len;

	while (fdt->struct_size - off >= 4) {
		switch (cell(fdt, off)) {
		case FDT_BEGIN_NODE:
			n = string_size((const char *)fdt->structs, off + 4, fdt->struct_size);
			if (!n)
				return "devicetree node name is not terminated";
			if (!depth && off)
				return "devicetree has two roots";
			if (++depth > FDT_MAX_DEPTH)
				return "devicetree is nested too deeply";
			props = true;
			off += 4 + ALIGN(n, 4);
			break;
		case FDT_PROP:
			len = check_prop(fdt, off);
			if (!props || len < 0)
				return "devicetree property is misplaced or out of bounds";
			off += 12 + (u32)len;
			break;
		case FDT_END_NODE:
			if (!depth--)
				return "devicetree ends a node that was not begun";
			props = false;
			off += 4;
			break;
		case FDT_NOP:
			if (!off)
				return "devicetree does not start with a node";
			off += 4;
			break;
		case FDT_END:
			return depth || !off ? "devicetree ends inside a node" : NULL;
		default:
			return "devicetree has an unknown token";
		}
		if (off > fdt->struct_size)
			break;
	}
	return "devicetree structure block is truncated";
}

static bool block_fits(u32 off, u32 size, u32 total)
{
	return off <= total && size <= total - off;
}

u32 fdt_probe_size(const void *blob)
{
	const u8 *p = blob;

	return get_unaligned_be32(p) == FDT_MAGIC ? get_unaligned_be32(p + 4) : 0;
}

const char *fdt_init(struct fdt *fdt, const void *blob, size_t max_size)
{
	const u8 *p = blob;
	u32 h[HEADER_CELLS], i;

	if (max_size < sizeof(h))
		return "devicetree is truncated";
	for (i = 0; i < HEADER_CELLS; i++)
		h[i] = get_unaligned_be32(p + 4 * i);
	if (h[MAGIC] != FDT_MAGIC)
		return "not a devicetree";
	if (h[TOTALSIZE] > max_size || h[TOTALSIZE] < sizeof(h) || h[TOTALSIZE] > INT_MAX)
		return "devicetree is truncated";
	if (h[VERSION] < 17 || h[LAST_COMP] > 17)
		return "devicetree has an unknown version";
	if (!block_fits(h[OFF_STRUCT], h[SIZE_STRUCT], h[TOTALSIZE]) ||
	    !block_fits(h[OFF_STRINGS], h[SIZE_STRINGS], h[TOTALSIZE]) ||
	    !block_fits(h[OFF_RSVMAP], 16, h[TOTALSIZE]))
		return "devicetree block is out of bounds";
	*fdt = (struct fdt){
		.blob = p,
		.structs = p + h[OFF_STRUCT],
		.strings = (const char *)p + h[OFF_STRINGS],
		.rsvmap = p + h[OFF_RSVMAP],
		.size = h[TOTALSIZE],
		.struct_size = h[SIZE_STRUCT],
		.strings_size = h[SIZE_STRINGS],
		.boot_cpu = h[BOOT_CPU],
	};
	/* The reservation block ends with an entry of size 0. */
	while (get_unaligned_be64(fdt->rsvmap + 16 * fdt->rsv_count + 8)) {
		fdt->rsv_count++;
		if (!block_fits(h[OFF_RSVMAP], 16 * (fdt->rsv_count + 1), h[TOTALSIZE]))
			return "devicetree reservation block is not terminated";
	}
	return check_structs(fdt);
}

/* ---- walking: the block is sound from here on ---- */

const char *fdt_node_name(const struct fdt *fdt, int node)
{
	return (const char *)fdt->structs + node + 4;
}

/* Offset of the token behind the begin token of @node. */
static u32 node_body(const struct fdt *fdt, int node)
{
	return (u32)node + 4 + ALIGN((u32)strlen(fdt_node_name(fdt, node)) + 1, 4);
}

/* Offset behind the property token at @off. */
static u32 prop_end(const struct fdt *fdt, u32 off)
{
	return off + 12 + ALIGN(cell(fdt, off + 4), 4);
}

int fdt_next_node(const struct fdt *fdt, int node, int *depth)
{
	u32 off = node_body(fdt, node);
	int d = depth ? *depth + 1 : 0;

	for (;;) {
		switch (cell(fdt, off)) {
		case FDT_BEGIN_NODE:
			if (depth)
				*depth = d;
			return (int)off;
		case FDT_PROP:
			off = prop_end(fdt, off);
			break;
		case FDT_END_NODE:
			d--;
			off += 4;
			break;
		case FDT_END:
			return -ENOENT;
		default:
			off += 4;
		}
	}
}

int fdt_first_child(const struct fdt *fdt, int node)
{
	int depth = 0, child = fdt_next_node(fdt, node, &depth);

	return depth == 1 ? child : -ENOENT;
}

int fdt_next_sibling(const struct fdt *fdt, int node)
{
	int depth = 0;

	do {
		node = fdt_next_node(fdt, node, &depth);
	} while (node >= 0 && depth > 0);
	return depth == 0 ? node : -ENOENT;
}

int fdt_parent(const struct fdt *fdt, int node)
{
	int path[FDT_MAX_DEPTH + 1], depth = 0, n = FDT_ROOT;

	while (n >= 0 && n < node) {
		path[depth] = n;
		n = fdt_next_node(fdt, n, &depth);
	}
	return n == node && depth > 0 ? path[depth - 1] : -ENOENT;
}

/*
 * True if the node's name is the @len bytes at @s, or they are its name without the unit address.
 */
static bool name_matches(const char *name, const char *s, size_t len)
{
	return !strncmp(name, s, len) && (!name[len] || (name[len] == '@' && !memchr(s, '@', len)));
}

bool fdt_node_name_is(const struct fdt *fdt, int node, const char *name)
{
	return name_matches(fdt_node_name(fdt, node), name, strlen(name));
}

static int find_child(const struct fdt *fdt, int parent, const char *s, size_t len)
{
	int node;

	fdt_for_each_child(fdt, node, parent)
	{
		if (name_matches(fdt_node_name(fdt, node), s, len))
			return node;
	}
	return -ENOENT;
}

int fdt_find_child(const struct fdt *fdt, int node, const char *name)
{
	return find_child(fdt, node, name, strlen(name));
}

/* The node that an alias, the first component of @path, stands for; @path moves behind it. */
static int find_alias(const struct fdt *fdt, const char **path)
{
	int aliases = find_child(fdt, FDT_ROOT, "aliases", 7);
	size_t len = strcspn(*path, "/:");
	struct fdt_prop prop;
	bool more;

	if (aliases < 0)
		return -ENOENT;
	for (more = fdt_first_prop(fdt, aliases, &prop); more; more = fdt_next_prop(fdt, &prop)) {
		if (strncmp(prop.name, *path, len) || prop.name[len])
			continue;
		if (!prop.len || prop.data[0] != '/' || prop.data[prop.len - 1])
			return -EINVAL;
		*path += len;
		return fdt_find_path(fdt, (const char *)prop.data);
	}
	return -ENOENT;
}

int fdt_find_path(const struct fdt *fdt, const char *path)
{
	int node = FDT_ROOT;

	if (*path != '/')
		node = find_alias(fdt, &path);
	while (node >= 0) {
		size_t len;

		while (*path == '/')
			path++;
		len = strcspn(path, "/:");
		if (!len)
			break;
		node = find_child(fdt, node, path, len);
		path += len;
	}
	return node;
}

int fdt_find_phandle(const struct fdt *fdt, u32 phandle)
{
	int node;
	u32 v;

	fdt_for_each_node(fdt, node) {
		if (!fdt_prop_u32(fdt, node, "phandle", 0, &v) && v == phandle)
			return node;
	}
	return -ENOENT;
}

int fdt_find_compatible(const struct fdt *fdt, int after, const char *compat)
{
	int node = after < 0 ? FDT_ROOT : fdt_next_node(fdt, after, NULL);

	while (node >= 0 && !fdt_is_compatible(fdt, node, compat))
		node = fdt_next_node(fdt, node, NULL);
	return node;
}

int fdt_path(const struct fdt *fdt, int node, char *buf, size_t size)
{
	int n = FDT_ROOT, depth = 0;
	size_t len[FDT_MAX_DEPTH + 1] = {0}; /* of the path to the node of each depth */

	if (size < 2)
		return -ENAMETOOLONG;
	strscpy(buf, "/", size);
	if (node == FDT_ROOT)
		return 1;
	for (n = fdt_next_node(fdt, n, &depth); n >= 0 && n <= node;
	     n = fdt_next_node(fdt, n, &depth)) {
		const char *name = fdt_node_name(fdt, n);
		size_t at = len[depth - 1], need = strlen(name) + 1;

		if (at + need >= size)
			return -ENAMETOOLONG;
		buf[at] = '/';
		strscpy(buf + at + 1, name, size - at - 1);
		len[depth] = at + need;
		if (n == node)
			return (int)len[depth];
	}
	return -ENOENT;
}

/* ---- properties ---- */

/*
 * The property at or after token @off; false at the first token that is neither property nor NOP.
 */
static bool prop_at(const struct fdt *fdt, u32 off, struct fdt_prop *prop)
{
	while (cell(fdt, off) == FDT_NOP)
		off += 4;
	if (cell(fdt, off) != FDT_PROP)
		return false;
	prop->len = cell(fdt, off + 4);
	prop->name = fdt->strings + cell(fdt, off + 8);
	prop->data = fdt->structs + off + 12;
	prop->next = prop_end(fdt, off);
	return true;
}

bool fdt_first_prop(const struct fdt *fdt, int node, struct fdt_prop *prop)
{
	return prop_at(fdt, node_body(fdt, node), prop);
}

bool fdt_next_prop(const struct fdt *fdt, struct fdt_prop *prop)
{
	return prop_at(fdt, prop->next, prop);
}

const void *fdt_prop(const struct fdt *fdt, int node, const char *name, u32 *len)
{
	struct fdt_prop prop;
	bool more;

	for (more = fdt_first_prop(fdt, node, &prop); more; more = fdt_next_prop(fdt, &prop)) {
		if (!strcmp(prop.name, name)) {
			if (len)
				*len = prop.len;
			return prop.data;
		}
	}
	return NULL;
}

bool fdt_has_prop(const struct fdt *fdt, int node, const char *name)
{
	return fdt_prop(fdt, node, name, NULL);
}

int fdt_prop_u32(const struct fdt *fdt, int node, const char *name, unsigned int index, u32 *val)
{
	u32 len;
	const u8 *p = fdt_prop(fdt, node, name, &len);

	if (!p)
		return -ENOENT;
	if (index >= len / 4)
		return -EINVAL;
	*val = get_unaligned_be32(p + 4 * index);
	return 0;
}

int fdt_prop_number(const struct fdt *fdt, int node, const char *name, u64 *val)
{
	u32 len;
	const u8 *p = fdt_prop(fdt, node, name, &len);

	if (!p)
		return -ENOENT;
	if (len != 4 && len != 8)
		return -EINVAL;
	*val = fdt_read_cells(p, len / 4);
	return 0;
}

const char *fdt_prop_string(const struct fdt *fdt, int node, const char *name, unsigned int index)
{
	u32 len, off = 0, n;
	const char *p = fdt_prop(fdt, node, name, &len);

	while (p && (n = string_size(p, off, len))) {
		if (!index--)
			return p + off;
		off += n;
	}
	return NULL;
}

int fdt_prop_string_index(const struct fdt *fdt, int node, const char *name, const char *s)
{
	u32 len, off = 0, n;
	const char *p = fdt_prop(fdt, node, name, &len);

	for (int i = 0; p && (n = string_size(p, off, len)); i++, off += n) {
		if (!strcmp(p + off, s))
			return i;
	}
	return -ENOENT;
}

bool fdt_is_compatible(const struct fdt *fdt, int node, const char *compat)
{
	return fdt_prop_string_index(fdt, node, "compatible", compat) >= 0;
}

bool fdt_is_available(const struct fdt *fdt, int node)
{
	const char *status = fdt_prop_string(fdt, node, "status", 0);

	return !status || !strcmp(status, "okay") || !strcmp(status, "ok");
}
