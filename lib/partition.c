/* SPDX-License-Identifier: MIT */
#include <lib/byteorder.h>
#include <lib/crc32.h>
#include <lib/errno.h>
#include <lib/partition.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <lib/utf8.h>

static u32 le32_at(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static u64 le64_at(const u8 *p)
{
	return le32_at(p) | (u64)le32_at(p + 4) << 32;
}

/* Where results go, and the part of every entry's life that both tables share. */
struct part_list {
	struct part_source *src;
	struct part_info *out;
	unsigned int n, max;
};

/* A place for partition @number, [start, start + blocks); NULL: nothing of it is on the disk. */
static struct part_info *add_part(struct part_list *l, unsigned int number, u64 start, u64 blocks)
{
	u64 disk = l->src->size / l->src->block_size;
	struct part_info *p;

	if (l->n == l->max || number > PART_MAX || !blocks || start >= disk)
		return NULL;
	p = &l->out[l->n++];
	memset(p, 0, sizeof(*p));
	p->number = number;
	p->start = start * l->src->block_size;
	p->len = min(blocks, disk - start) * l->src->block_size;
	return p;
}

/* ---- MBR ------------------------------------------------------------------------------------- */

#define MBR_ENTRIES   446
#define MBR_SIGNATURE 440
#define MAX_LOGICAL   100

struct dos_entry {
	u8 boot, type;
	u32 start, blocks;
};

static bool dos_magic(const u8 *sector)
{
	return sector[510] == 0x55 && sector[511] == 0xaa;
}

static struct dos_entry dos_entry(const u8 *sector, unsigned int i)
{
	const u8 *p = sector + MBR_ENTRIES + 16 * i;

	return (struct dos_entry){
		.boot = p[0], .type = p[4], .start = le32_at(p + 8), .blocks = le32_at(p + 12)};
}

static bool is_extended(u8 type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/* A boot sector of a file system has the same magic; but its bytes there are code. */
static bool dos_plausible(const u8 *sector)
{
	for (unsigned int i = 0; i < 4; i++)
		if (sector[MBR_ENTRIES + 16 * i] & 0x7f)
			return false;
	return true;
}

static int read_block(struct part_source *src, u64 block)
{
	if (block >= src->size / src->block_size)
		return -ERANGE;
	return src->read(src, block * src->block_size, src->buf, src->block_size);
}

static void dos_uuid(struct part_info *p, u32 signature)
{
	if (signature)
		snprintf(p->uuid, sizeof(p->uuid), "%08x-%02x", signature, p->number);
}

/*
 * Logical partitions: a chain of tables, each with one partition (relative to the table) and a link
 * to the next (relative to the container). A damaged chain ends where it makes no sense.
 */
static int scan_logical(struct part_list *l, u32 first, u32 size, u32 signature)
{
	unsigned int number = 5;
	u64 table = first;

	for (unsigned int links = 0; links < MAX_LOGICAL; links++) {
		u64 next = 0;
		int err = read_block(l->src, table);

		if (err == -ERANGE || (!err && !dos_magic(l->src->buf)))
			return 0;
		if (err)
			return err;
		for (unsigned int i = 0; i < 4; i++) {
			struct dos_entry e = dos_entry(l->src->buf, i);
			struct part_info *p;

			if (!e.blocks)
				continue;
			if (is_extended(e.type)) {
				if (!next && e.start < size)
					next = (u64)first + e.start;
				continue;
			}
			if (i >= 2 && ((u64)e.start + e.blocks > size))
				continue;
			p = add_part(l, number, table + e.start, e.blocks);
			if (p)
				dos_uuid(p, signature);
			number++;
		}
		if (!next || next == table)
			return 0;
		table = next;
	}
	return 0;
}

static int scan_dos(struct part_list *l)
{
	u32 signature = le32_at(l->src->buf + MBR_SIGNATURE);
	struct dos_entry entries[4];
	struct part_info *p;
	int err;

	for (unsigned int i = 0; i < 4; i++)
		entries[i] = dos_entry(l->src->buf, i);
	for (unsigned int i = 0; i < 4; i++) {
		p = add_part(l, i + 1, entries[i].start, entries[i].blocks);
		if (!p)
			continue;
		dos_uuid(p, signature);
		p->extended = is_extended(entries[i].type);
		if (p->extended) /* room for a boot loader, and nobody writes over what is inside */
			p->len = min_t(u64, p->len, max(1024u, l->src->block_size));
	}
	for (unsigned int i = 0; i < 4; i++) {
		if (!is_extended(entries[i].type) || !entries[i].blocks)
			continue;
		err = scan_logical(l, entries[i].start, entries[i].blocks, signature);
		if (err)
			return err;
	}
	return 0;
}

/* ---- GPT ------------------------------------------------------------------------------------- */

#define GPT_MIN_HEADER 92u
#define GPT_MAX_TABLE  (1u << 20)

struct gpt {
	u64 self, first_usable, last_usable, entries;
	u32 nr_entries, entry_size, entries_crc;
};

static u32 crc_of(u32 crc, const void *data, size_t len)
{
	return crc32_le(crc, data, len);
}

/* The header in src->buf, read from block @at, is whole and makes sense. */
static bool gpt_header_ok(struct part_source *src, u64 at, struct gpt *g)
{
	u64 disk = src->size / src->block_size;
	u8 *h = src->buf;
	u32 size = le32_at(h + 12), want = le32_at(h + 16);

	if (memcmp(h, "EFI PART", 8) || size < GPT_MIN_HEADER || size > src->block_size)
		return false;
	memset(h + 16, 0, 4);
	if ((u32)~crc_of(~0u, h, size) != want)
		return false;
	*g = (struct gpt){.self = le64_at(h + 24),
			  .first_usable = le64_at(h + 40),
			  .last_usable = le64_at(h + 48),
			  .entries = le64_at(h + 72),
			  .nr_entries = le32_at(h + 80),
			  .entry_size = le32_at(h + 84),
			  .entries_crc = le32_at(h + 88)};
	return g->self == at && g->first_usable <= g->last_usable && g->last_usable < disk &&
	       g->entry_size >= 128 && g->entry_size <= PART_BUF_SIZE &&
	       !(g->entry_size & (g->entry_size - 1)) && g->nr_entries &&
	       g->nr_entries <= GPT_MAX_TABLE / g->entry_size && g->entries < disk;
}

/* Calls fn for each piece of the table, whole entries, until it fails. */
static int gpt_walk(struct part_source *src, const struct gpt *g,
		    int (*fn)(void *arg, const u8 *data, unsigned int len, unsigned int first),
		    void *arg)
{
	u64 total = (u64)g->nr_entries * g->entry_size, at = g->entries * src->block_size;
	unsigned int first = 0;

	if (g->entries > (src->size - 1) / src->block_size || total > src->size - at)
		return -EINVAL;
	while (total) {
		unsigned int len = min_t(u64, total, PART_BUF_SIZE);
		unsigned int read = round_up(len, src->block_size);
		int err;

		if (read > src->size - at)
			return -EINVAL;
		err = src->read(src, at, src->buf, read);
		if (!err)
			err = fn(arg, src->buf, len, first);
		if (err)
			return err;
		first += len / g->entry_size;
		at += len;
		total -= len;
	}
	return 0;
}

static int gpt_sum(void *arg, const u8 *data, unsigned int len, unsigned int first)
{
	u32 *crc = arg;

	*crc = crc_of(*crc, data, len);
	return 0;
}

/* 1: header and table at block @at are good. 0: not. -errno: reading failed. */
static int gpt_try(struct part_source *src, u64 at, struct gpt *g)
{
	u32 crc = ~0u;
	int err = read_block(src, at);

	if (err == -ERANGE)
		return 0;
	if (err)
		return err;
	if (!gpt_header_ok(src, at, g))
		return 0;
	err = gpt_walk(src, g, gpt_sum, &crc);
	if (err)
		return err == -EINVAL ? 0 : err;
	return ~crc == g->entries_crc;
}

/* A GUID as text: the first three fields are little-endian. */
static void guid_text(const u8 *g, char *out, size_t size)
{
	snprintf(out, size, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12],
		 g[13], g[14], g[15]);
}

struct gpt_scan {
	struct part_list *list;
	const struct gpt *gpt;
};

static int gpt_add(void *arg, const u8 *data, unsigned int len, unsigned int first)
{
	struct gpt_scan *s = arg;
	static const u8 unused[16];

	for (unsigned int i = 0; i * s->gpt->entry_size < len; i++) {
		const u8 *e = data + i * s->gpt->entry_size;
		u64 start = le64_at(e + 32), end = le64_at(e + 40);
		struct part_info *p;
		u16 name[36];

		if (!memcmp(e, unused, 16) || start < s->gpt->first_usable || end < start ||
		    end > s->gpt->last_usable)
			continue;
		p = add_part(s->list, first + i + 1, start, end - start + 1);
		if (!p)
			continue;
		guid_text(e + 16, p->uuid, sizeof(p->uuid));
		for (unsigned int c = 0; c < 36; c++)
			name[c] = e[56 + 2 * c] | e[57 + 2 * c] << 8;
		if (utf16_to_utf8(name, 36, p->name, sizeof(p->name)) < 0)
			p->name[0] = '\0';
	}
	return 0;
}

/* 1: there is a GPT, and its partitions are listed. */
static int scan_gpt(struct part_list *l)
{
	u64 last = l->src->size / l->src->block_size - 1;
	struct gpt g;
	struct gpt_scan s = {.list = l, .gpt = &g};
	int ret = gpt_try(l->src, 1, &g);

	if (!ret) {
		ret = gpt_try(l->src, last, &g);
		l->src->backup_used = ret == 1;
	}
	if (ret == 1) {
		int err = gpt_walk(l->src, &g, gpt_add, &s);

		if (err)
			return err;
	}
	return ret;
}

static bool is_protective(const u8 *sector)
{
	for (unsigned int i = 0; i < 4; i++)
		if (dos_entry(sector, i).type == 0xee)
			return true;
	return false;
}

int partition_scan(struct part_source *src, struct part_info *out, unsigned int max,
		   enum part_table *type)
{
	struct part_list l = {.src = src, .out = out, .max = max};
	int err;

	*type = PART_NONE;
	src->backup_used = false;
	if (src->size / src->block_size < 2)
		return 0;
	err = read_block(src, 0);
	if (err)
		return err;
	if (!dos_magic(src->buf))
		return 0;
	if (is_protective(src->buf)) {
		err = scan_gpt(&l);
		if (err == 1)
			*type = PART_GPT;
		if (err)
			return err < 0 ? err : (int)l.n;
		err = read_block(src, 0);
		if (err)
			return err;
	}
	if (!dos_plausible(src->buf))
		return 0;
	*type = PART_DOS;
	err = scan_dos(&l);
	return err ? err : (int)l.n;
}
