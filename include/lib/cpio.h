/* SPDX-License-Identifier: MIT */
/*
 * Reader of cpio archives in the "newc" form (070701, and 070702 with checksums): cpio(5). It
 * iterates over a range of memory and never looks outside it; names and data are pointers into the
 * range.
 *
 *	struct cpio_reader r;
 *	struct cpio_entry e;
 *	cpio_init(&r, data, size);
 *	while ((ret = cpio_next(&r, &e)) > 0)
 *		...
 *	if (ret < 0)
 *		pr_err("initramfs: %s at byte %zu\n", r.error, r.offset);
 *
 * Several archives may follow one another, with zero bytes between them, as Linux's initramfs
 * allows.
 */
#ifndef _LIB_CPIO_H
#define _LIB_CPIO_H

#include <lib/types.h>

#define CPIO_NAME_MAX 4096

struct cpio_reader {
	const u8 *data;
	size_t size;
	size_t base; /* where the archive that is being read starts */
	size_t offset; /* of the entry being read, or to be read next */
	const char *error; /* what is wrong there, after a negative return */
};

struct cpio_entry {
	const char *name; /* NUL-terminated inside the archive */
	size_t namelen; /* without the NUL */
	const u8 *data;
	u32 size;
	u32 ino, mode, uid, gid, nlink, mtime;
	u32 major, minor; /* of the file system it came from: with ino, joins hard links */
	u32 rmajor, rminor; /* of a device node */
	size_t offset; /* of its header */
};

void cpio_init(struct cpio_reader *r, const void *data, size_t size);

/*
 * The next entry: 1; 0 at the end of the data or at something that is not cpio after a trailer
 * (the caller may look at @r->offset for a compressed archive that follows); -EINVAL with
 * @r->error set.
 */
int cpio_next(struct cpio_reader *r, struct cpio_entry *e);

/* True if @data starts with a newc header's magic. */
bool cpio_is_newc(const void *data, size_t size);

#endif
