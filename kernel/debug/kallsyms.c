/* SPDX-License-Identifier: MIT */
/*
 * Names of functions by address: the reader of the table that scripts/kbuild/kallsyms.py makes,
 * whose description there is the format. Names are compressed (each code of a name is a character
 * or a pair of codes), so a look-up unpacks one into a small ring of buffers.
 */
#include <kernel/kallsyms.h>
#include <lib/atomic.h>
#include <lib/string.h>

#define GROUP	  64
#define MAX_DEPTH 16 /* more than kallsyms.py's deepest pair */
#define RING	  8

struct kallsyms_group {
	u32 offset; /* of its first symbol, from kallsyms_base */
	u32 entry; /* index of that symbol's entry in kallsyms_stream */
};

struct kallsyms_pair {
	u8 left;
	u8 right; /* 0: left is a character */
};

extern const u64 kallsyms_base;
extern const u32 kallsyms_end;
extern const u32 kallsyms_count;
extern const struct kallsyms_group kallsyms_groups[];
extern const struct kallsyms_pair kallsyms_pairs[256];
extern const u8 kallsyms_stream[];

static char ring[RING][KSYM_NAME_LEN];
static _Atomic unsigned int ring_next;

/* An entry while the stream is read: its symbol's offset and its name's codes. */
struct entry {
	u32 offset;
	unsigned int nr_codes;
	const u8 *codes;
};

static const u8 *read_entry(const u8 *p, struct entry *entry)
{
	unsigned int shift = 0;
	u8 byte;

	do {
		byte = *p++;
		entry->offset += (u32)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	entry->nr_codes = *p++;
	entry->codes = p;
	return p + entry->nr_codes;
}

/* Unpacks one code at buf + len; returns the new length, at most KSYM_NAME_LEN - 1. */
static unsigned int unpack_code(char *buf, unsigned int len, u8 code)
{
	u8 stack[MAX_DEPTH];
	unsigned int depth = 0;

	stack[depth++] = code;
	while (depth) {
		const struct kallsyms_pair *pair = &kallsyms_pairs[stack[--depth]];

		if (pair->right && depth + 2 <= MAX_DEPTH) {
			stack[depth++] = pair->right;
			stack[depth++] = pair->left;
		} else if (len < KSYM_NAME_LEN - 1) {
			buf[len++] = (char)pair->left;
		}
	}
	return len;
}

static void unpack_name(char *buf, const struct entry *entry)
{
	unsigned int len = 0;

	for (unsigned int i = 0; i < entry->nr_codes; i++)
		len = unpack_code(buf, len, entry->codes[i]);
	buf[len] = '\0';
}

/* The last group that starts at or below offset. */
static unsigned int find_group(u32 offset)
{
	unsigned int low = 0, high = (kallsyms_count + GROUP - 1) / GROUP;

	while (high - low > 1) {
		unsigned int mid = low + (high - low) / 2;

		if (kallsyms_groups[mid].offset <= offset)
			low = mid;
		else
			high = mid;
	}
	return low;
}

const char *kallsyms_lookup(unsigned long addr, unsigned long *offset, unsigned long *size)
{
	unsigned long distance = addr - (unsigned long)kallsyms_base;
	struct entry entry, next;
	unsigned int i, group;
	const u8 *p;
	char *name;

	if (addr < kallsyms_base || distance >= kallsyms_end)
		return NULL;
	group = find_group((u32)distance);
	next.offset = kallsyms_groups[group].offset;
	p = read_entry(kallsyms_stream + kallsyms_groups[group].entry, &next);
	i = group * GROUP;
	do {
		entry = next;
		next.offset = kallsyms_end;
		if (++i == kallsyms_count)
			break;
		/* A group's first entry holds no distance: its offset is in the group. */
		next.offset = i % GROUP ? entry.offset : kallsyms_groups[i / GROUP].offset;
		p = read_entry(p, &next);
	} while (next.offset <= distance);

	name = ring[atomic_fetch_add_explicit(&ring_next, 1, memory_order_relaxed) % RING];
	unpack_name(name, &entry);
	if (offset)
		*offset = distance - entry.offset;
	if (size)
		*size = next.offset - entry.offset;
	return name;
}

/* ---- the walk -------------------------------------------------------------------------------- */

/* The entry of function @index is at cursor->rest; the address of the one before it at addr. */
static bool read_here(struct kallsyms_cursor *cursor, unsigned int index)
{
	struct entry entry = {.offset = (u32)(cursor->addr - (unsigned long)kallsyms_base)};

	if (index >= kallsyms_count)
		return false;
	if (index % GROUP == 0)
		entry.offset = kallsyms_groups[index / GROUP].offset;
	cursor->rest = read_entry(cursor->rest, &entry);
	cursor->index = index;
	cursor->addr = (unsigned long)kallsyms_base + entry.offset;
	unpack_name(cursor->name, &entry);
	return true;
}

bool kallsyms_next(struct kallsyms_cursor *cursor)
{
	return read_here(cursor, cursor->index + 1);
}

bool kallsyms_seek(struct kallsyms_cursor *cursor, unsigned int index)
{
	unsigned int first = rounddown(index, GROUP);

	if (index >= kallsyms_count)
		return false;
	cursor->rest = kallsyms_stream + kallsyms_groups[index / GROUP].entry;
	for (unsigned int i = first; i <= index; i++)
		read_here(cursor, i);
	return true;
}

unsigned long kallsyms_lookup_name(const char *name)
{
	struct kallsyms_cursor cursor;
	bool more;

	for (more = kallsyms_seek(&cursor, 0); more; more = kallsyms_next(&cursor))
		if (!strcmp(cursor.name, name))
			return cursor.addr;
	return 0;
}
