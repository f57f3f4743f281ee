/* SPDX-License-Identifier: MIT */
/* Reader of newc cpio archives. */
#include <lib/cpio.h>
#include <lib/ctype.h>
#include <lib/errno.h>
#include <lib/string.h>

#define HEADER_SIZE 110
#define FIELDS	    13
#define TRAILER	    "TRAILER!!!"

enum field {
	INO,
	MODE,
	UID,
	GID,
	NLINK,
	MTIME,
	SIZE,
	MAJOR,
	MINOR,
	RMAJOR,
	RMINOR,
	NAMESIZE,
	CHECK
};

void cpio_init(struct cpio_reader *r, const void *data, size_t size)
{
	*r = (struct cpio_reader){.data = data, .size = size};
}

bool cpio_is_newc(const void *data, size_t size)
{
	const char *p = data;

	return size >= 6 && !memcmp(p, "07070", 5) && (p[5] == '1' || p[5] == '2');
}

/* The header's hexadecimal fields; false if one has another character. */
static bool parse_fields(const u8 *header, u32 field[FIELDS])
{
	const u8 *p = header + 6;

	for (int i = 0; i < FIELDS; i++) {
		field[i] = 0;
		for (int j = 0; j < 8; j++) {
			int digit = hex_to_bin(*p++);

			if (digit < 0)
				return false;
			field[i] = field[i] << 4 | (u32)digit;
		}
	}
	return true;
}

static int fail(struct cpio_reader *r, const char *what)
{
	r->error = what;
	return -EINVAL;
}

/* Offset of the next multiple of 4, counted from the start of the archive. */
static size_t align4(const struct cpio_reader *r, size_t offset)
{
	return r->base + ALIGN(offset - r->base, (size_t)4);
}

/* Zeros between archives. False at the end, or at what is no cpio. */
static bool skip_padding(struct cpio_reader *r)
{
	const u8 *p = memchr_inv(r->data + r->offset, 0, r->size - r->offset);

	r->offset = p ? (size_t)(p - r->data) : r->size;
	r->base = r->offset;
	return p && cpio_is_newc(p, r->size - r->offset);
}

static u32 byte_sum(const u8 *p, u32 n)
{
	u32 sum = 0;

	while (n--)
		sum += *p++;
	return sum;
}

/* Check and decode the entry at r->offset; moves r->offset behind it on success. */
static int read_entry(struct cpio_reader *r, struct cpio_entry *e)
{
	const u8 *header = r->data + r->offset;
	size_t left = r->size - r->offset, data_off;
	u32 f[FIELDS];

	if (left < HEADER_SIZE)
		return fail(r, "truncated header");
	if (!cpio_is_newc(header, left))
		return fail(r, "bad magic, not a newc cpio archive");
	if (!parse_fields(header, f))
		return fail(r, "bad digit in header");
	if (f[NAMESIZE] < 1 || f[NAMESIZE] > CPIO_NAME_MAX)
		return fail(r, "bad name length");
	if (left - HEADER_SIZE < f[NAMESIZE])
		return fail(r, "truncated name");
	data_off = align4(r, r->offset + HEADER_SIZE + f[NAMESIZE]);
	if (f[SIZE] && (data_off > r->size || r->size - data_off < f[SIZE]))
		return fail(r, "truncated file data");
	*e = (struct cpio_entry){
		.name = (const char *)header + HEADER_SIZE,
		.namelen = f[NAMESIZE] - 1,
		.data = r->data + (f[SIZE] ? data_off : r->offset),
		.size = f[SIZE],
		.ino = f[INO],
		.mode = f[MODE],
		.uid = f[UID],
		.gid = f[GID],
		.nlink = f[NLINK],
		.mtime = f[MTIME],
		.major = f[MAJOR],
		.minor = f[MINOR],
		.rmajor = f[RMAJOR],
		.rminor = f[RMINOR],
		.offset = r->offset,
	};
	if (strnlen(e->name, f[NAMESIZE]) != e->namelen)
		return fail(r, "name is not a string of its length");
	if (header[5] == '2' && byte_sum(e->data, e->size) != f[CHECK])
		return fail(r, "checksum does not match");
	r->offset = min(align4(r, data_off + f[SIZE]), r->size);
	return 1;
}

int cpio_next(struct cpio_reader *r, struct cpio_entry *e)
{
	int ret;

	if (r->offset == r->size)
		return r->base == r->size ? 0 : fail(r, "truncated: the trailer is missing");
	for (;;) {
		ret = read_entry(r, e);
		if (ret < 0 || strcmp(e->name, TRAILER))
			return ret;
		if (!skip_padding(r))
			return 0;
	}
}
