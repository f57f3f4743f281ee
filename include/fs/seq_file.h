/* SPDX-License-Identifier: MIT */
/*
 * seq_file: files whose text is made when they are read. The maker prints records with seq_printf()
 * and friends into a buffer that grows as needed; reading at any offset, in any chunk, works.
 *
 *   single_open(file, show, data)   one record: show() prints everything
 *   seq_open(file, ops)             start/next/stop walk a collection, show() prints one element
 *
 * Rules: start() may take a lock that stop() gives back; show() may run again for the same element
 * when the buffer was too small, so it has no side effects; show() returns 0, SEQ_SKIP (discard
 * what it printed) or -errno. All may sleep (unless their own lock forbids).
 */
#ifndef FS_SEQ_FILE_H
#define FS_SEQ_FILE_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <kernel/mutex.h>

struct file;
struct inode;
struct dentry;
struct path;
struct seq_operations;

#define SEQ_SKIP 1

struct seq_file {
	char *buf;
	size_t size; /* of buf */
	size_t from; /* first byte of buf not yet read */
	size_t count; /* bytes in buf; == size: it overflowed */
	loff_t index; /* element to print next */
	loff_t read_pos; /* file offset that buf + from stands for */
	struct mutex lock;
	const struct seq_operations *op;
	struct file *file;
	void *private;
};

struct seq_operations {
	/* The element number *pos, NULL at the end, or ERR_PTR. */
	void *(*start)(struct seq_file *m, loff_t *pos);
	void (*stop)(struct seq_file *m, void *v);
	/* Increments *pos and gives the element after @v. */
	void *(*next)(struct seq_file *m, void *v, loff_t *pos);
	int (*show)(struct seq_file *m, void *v);
};

#define SEQ_START_TOKEN ((void *)1)

/*
 * For a file_operations: .read = seq_read, .llseek = seq_lseek, .release = seq_release or
 * single_release.
 */
int seq_open(struct file *file, const struct seq_operations *op);
/* The same with @psize zeroed bytes as ->private, freed by seq_release_private; NULL: -ENOMEM. */
void *__seq_open_private(struct file *file, const struct seq_operations *op, size_t psize);
int seq_release_private(struct inode *inode, struct file *file);
int seq_release(struct inode *inode, struct file *file);
int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data);
int single_open_size(struct file *file, int (*show)(struct seq_file *m, void *v), void *data,
		     size_t size);
int single_release(struct inode *inode, struct file *file);
ssize_t seq_read(struct file *file, char __user *buf, size_t size, loff_t *ppos);
loff_t seq_lseek(struct file *file, loff_t offset, int whence);

/* Printing. None fails: an overflow is noted and show() runs again with a larger buffer. */
void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_putc(struct seq_file *m, char c);
void seq_puts(struct seq_file *m, const char *s);
void seq_write(struct seq_file *m, const void *data, size_t len);
/* @delimiter (may be "") and the number in decimal: much cheaper than seq_printf. */
void seq_put_decimal_ull(struct seq_file *m, const char *delimiter, unsigned long long num);
/* The same with blanks before the number, up to @width characters (at most 20). */
void seq_put_decimal_ull_width(struct seq_file *m, const char *delimiter, unsigned long long num,
			       unsigned int width);
void seq_put_decimal_ll(struct seq_file *m, const char *delimiter, long long num);
/* Hexadecimal, at least @width digits. */
void seq_put_hex_ll(struct seq_file *m, const char *delimiter, unsigned long long v,
		    unsigned int width);
/* Blanks up to column @col of this record, then returns. */
void seq_pad_to(struct seq_file *m, size_t col);
/* @s with each character of @esc (and backslash when in it) written as \ooo. */
void seq_escape(struct seq_file *m, const char *s, const char *esc);
/* @s, padded with blanks to @width. */
void seq_puts_padded(struct seq_file *m, const char *s, unsigned int width);

static inline bool seq_has_overflowed(const struct seq_file *m)
{
	return m->count == m->size;
}

/* As the reader sees @path from its root, characters of @esc as \ooo. 0 or -errno. May sleep. */
int seq_path(struct seq_file *m, const struct path *path, const char *esc);

#endif
