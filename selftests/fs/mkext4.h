/* SPDX-License-Identifier: MIT */
/*
 * A small ext4 file system made from nothing, for tests that cannot bring mke2fs: one group,
 * extents, a journal, no checksums; and a loop device for it.
 */
#ifndef SELFTESTS_FS_MKEXT4_H
#define SELFTESTS_FS_MKEXT4_H

#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define MKEXT4_INODES  256
#define MKEXT4_JOURNAL 1024 /* blocks */

static inline void put16(unsigned char *p, unsigned int v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
}

static inline void put32(unsigned char *p, unsigned int v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

static inline void put_be32(unsigned char *p, unsigned int v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (24 - 8 * i));
}

/* One inode with one extent of @n blocks at @block. */
static inline void mkext4_inode(unsigned char *table, unsigned int ino, unsigned int mode,
				unsigned int links, unsigned int block, unsigned int n,
				unsigned int bs)
{
	unsigned char *p = table + (ino - 1) * 256;

	put16(p, mode);
	put32(p + 4, n * bs);
	put16(p + 26, links);
	put32(p + 28, n * (bs / 512));
	put32(p + 32, 0x80000); /* extents */
	put16(p + 40, 0xf30a);
	put16(p + 42, 1);
	put16(p + 44, 4);
	put16(p + 56, n);
	put32(p + 60, block);
	put16(p + 128, 32);
}

static inline void mkext4_entry(unsigned char *p, unsigned int ino, unsigned int len,
				const char *name)
{
	put32(p, ino);
	put16(p + 4, len);
	p[6] = (unsigned char)strlen(name);
	p[7] = 2; /* a directory */
	memcpy(p + 8, name, strlen(name));
}

static inline void mkext4_super(unsigned char *p, unsigned int bs, unsigned int blocks,
				unsigned int free_blocks)
{
	put32(p, MKEXT4_INODES);
	put32(p + 4, blocks);
	put32(p + 12, free_blocks);
	put32(p + 16, MKEXT4_INODES - 10);
	put32(p + 20, bs == 1024);
	put32(p + 24, bs == 1024 ? 0 : 2);
	put32(p + 28, bs == 1024 ? 0 : 2);
	put32(p + 32, bs * 8);
	put32(p + 36, bs * 8);
	put32(p + 40, MKEXT4_INODES);
	put16(p + 54, 0xffff);
	put16(p + 56, 0xef53);
	put16(p + 58, 1);
	put16(p + 60, 1);
	put32(p + 76, 1);
	put32(p + 84, 11);
	put16(p + 88, 256);
	put32(p + 92, 4); /* has_journal */
	put32(p + 96, 0x42); /* filetype, extents */
	put32(p + 100, 2); /* large_file */
	memcpy(p + 104, "keel selftests..", 16);
	put32(p + 224, 8);
}

/* @blocks of @bs (1024 or 4096) bytes into the file. All fits into one group. */
static inline void make_ext4(int fd, unsigned int bs, unsigned int blocks)
{
	unsigned int first = bs == 1024, super = 1024, table_blocks;
	unsigned int gdt = first + 1, table = gdt + 3, root, journal, used;
	unsigned char *p;

	table_blocks = MKEXT4_INODES * 256 / bs;
	root = table + table_blocks;
	journal = root + 1;
	used = journal + MKEXT4_JOURNAL;
	ASSERT_TRUE(blocks > used && blocks - first <= bs * 8);
	p = calloc(used, bs);
	ASSERT_TRUE(p != NULL);
	mkext4_super(p + super, bs, blocks, blocks - used);
	put32(p + gdt * bs, gdt + 1);
	put32(p + gdt * bs + 4, gdt + 2);
	put32(p + gdt * bs + 8, table);
	put16(p + gdt * bs + 12, blocks - used);
	put16(p + gdt * bs + 14, MKEXT4_INODES - 10);
	put16(p + gdt * bs + 16, 1);
	for (unsigned int i = 0; i < bs * 8; i++)
		if (i + first < used || i + first >= blocks)
			p[(gdt + 1) * bs + i / 8] |= (unsigned char)(1 << i % 8);
	for (unsigned int i = 0; i < bs * 8; i++)
		if (i < 10 || i >= MKEXT4_INODES)
			p[(gdt + 2) * bs + i / 8] |= (unsigned char)(1 << i % 8);
	mkext4_inode(p + table * bs, 2, 0040755, 2, root, 1, bs);
	mkext4_inode(p + table * bs, 8, 0100600, 1, journal, MKEXT4_JOURNAL, bs);
	mkext4_entry(p + root * bs, 2, 12, ".");
	mkext4_entry(p + root * bs + 12, 2, bs - 12, "..");
	put_be32(p + journal * bs, 0xc03b3998);
	put_be32(p + journal * bs + 4, 4);
	put_be32(p + journal * bs + 12, bs);
	put_be32(p + journal * bs + 16, MKEXT4_JOURNAL);
	put_be32(p + journal * bs + 20, 1);
	put_be32(p + journal * bs + 24, 1);
	put_be32(p + journal * bs + 48 + 16, 1);
	ASSERT_EQ(0, ftruncate(fd, (off_t)blocks * bs));
	ASSERT_EQ((ssize_t)used * bs, pwrite(fd, p, (size_t)used * bs, 0));
	free(p);
}

/* Binds a free loop device to @fd; its name goes to @dev. Open it as long as it is needed. */
static inline int loop_over(int fd, char *dev, size_t size)
{
	struct loop_config c = {.fd = (unsigned int)fd, .info.lo_flags = LO_FLAGS_AUTOCLEAR};
	int ctl = open("/dev/loop-control", O_RDWR | O_CLOEXEC), loop;

	ASSERT_GE(ctl, 0);
	snprintf(dev, size, "/dev/loop%d", ioctl(ctl, LOOP_CTL_GET_FREE));
	close(ctl);
	loop = open(dev, O_RDWR | O_CLOEXEC);
	ASSERT_GE(loop, 0);
	ASSERT_EQ(0, ioctl(loop, LOOP_CONFIGURE, &c));
	return loop;
}

#endif
