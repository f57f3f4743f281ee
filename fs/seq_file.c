/* SPDX-License-Identifier: MIT */
/*
 * seq_file: text files made on reading. <fs/seq_file.h> has the rules.
 *
 * The buffer holds whole records: buf[from, count) is what the reader at read_pos gets next, index
 * is the element after it. A record that does not fit behind others waits for the next fill; one
 * that does not fit alone makes the buffer grow. A reader elsewhere than at read_pos starts from
 * the beginning and skips.
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <arch/param.h>
#include <mm/slab.h>
#include <kernel/uaccess.h>
#include <fs/dcache.h>
#include <fs/fs.h>
#include <fs/seq_file.h>
#include <uapi/fs.h>

#define SEQ_MAX_BUF SZ_4M /* a single record larger than this is a bug */

static struct seq_file *seq_of(const struct file *file)
{
	return file->private_data;
}

/* ---- filling the buffer ---------------------------------------------------------------------- */

static int grow(struct seq_file *m, size_t size)
{
	char *buf;

	if (size > SEQ_MAX_BUF)
		return -E2BIG;
	buf = kvmalloc(size, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	kvfree(m->buf);
	m->buf = buf;
	m->size = size;
	return 0;
}

/* One walk. 0, -errno, or -EOVERFLOW when the first record did not fit. */
static int fill_once(struct seq_file *m, size_t want)
{
	int err = 0;
	void *v;

	m->from = m->count = 0;
	v = m->op->start(m, &m->index);
	while (v && !IS_ERR(v) && m->count < want) {
		size_t before = m->count;

		err = m->op->show(m, v);
		if (err < 0)
			break;
		if (seq_has_overflowed(m)) {
			m->count = before;
			err = before ? 0 : -EOVERFLOW;
			break;
		}
		if (err == SEQ_SKIP)
			m->count = before;
		err = 0;
		v = m->op->next(m, v, &m->index);
	}
	if (IS_ERR(v))
		err = PTR_ERR(v);
	m->op->stop(m, v);
	return m->count ? 0 : err;
}

/* At least one record from ->index on, unless at the end; about @want bytes. */
static int fill(struct seq_file *m, size_t want)
{
	int err = m->buf ? 0 : grow(m, PAGE_SIZE);

	while (!err) {
		loff_t index = m->index;

		err = fill_once(m, min(want, m->size - 1));
		if (err != -EOVERFLOW)
			return err;
		m->index = index;
		err = grow(m, m->size * 2);
	}
	return err;
}

/* Makes the buffer start at file offset @pos. */
static int seek(struct seq_file *m, loff_t pos)
{
	m->index = 0;
	m->read_pos = 0;
	m->from = m->count = 0;
	while (m->read_pos < pos) {
		int err = fill(m, PAGE_SIZE);
		size_t skip;

		if (err)
			return err;
		if (!m->count)
			break;
		skip = min_t(loff_t, m->count, pos - m->read_pos);
		m->from = skip;
		m->read_pos += skip;
	}
	m->read_pos = pos;
	return 0;
}

static ssize_t read_locked(struct seq_file *m, char __user *buf, size_t size, loff_t *ppos)
{
	size_t done = 0;
	int err = 0;

	if (*ppos != m->read_pos)
		err = seek(m, *ppos);
	while (!err && done < size) {
		size_t n;

		if (m->from == m->count)
			err = fill(m, size - done);
		n = min(m->count - m->from, size - done);
		if (err || !n)
			break;
		if (copy_to_user(buf + done, m->buf + m->from, n))
			err = -EFAULT;
		else
			done += n;
		m->from += n;
	}
	*ppos += done;
	m->read_pos = *ppos;
	return done ? (ssize_t)done : err;
}

ssize_t seq_read(struct file *file, char __user *buf, size_t size, loff_t *ppos)
{
	struct seq_file *m = seq_of(file);
	ssize_t ret;

	mutex_lock(&m->lock);
	ret = read_locked(m, buf, size, ppos);
	mutex_unlock(&m->lock);
	return ret;
}

loff_t seq_lseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += file->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->f_pos = offset;
	return offset;
}

/* ---- opening --------------------------------------------------------------------------------- */

int seq_open(struct file *file, const struct seq_operations *op)
{
	struct seq_file *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	mutex_init(&m->lock);
	m->op = op;
	m->file = file;
	file->private_data = m;
	return 0;
}

void *__seq_open_private(struct file *file, const struct seq_operations *op, size_t psize)
{
	void *private = kzalloc(psize, GFP_KERNEL);

	if (!private)
		return NULL;
	if (seq_open(file, op)) {
		kfree(private);
		return NULL;
	}
	seq_of(file)->private = private;
	return private;
}

int seq_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = seq_of(file);

	kvfree(m->buf);
	kfree(m);
	return 0;
}

int seq_release_private(struct inode *inode, struct file *file)
{
	kfree(seq_of(file)->private);
	return seq_release(inode, file);
}

/* A file of one record: the seq_file and the function that prints it. */
struct seq_single {
	struct seq_file m;
	int (*show)(struct seq_file *m, void *v);
};

static void *single_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? NULL : SEQ_START_TOKEN;
}

static void *single_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void single_stop(struct seq_file *m, void *v)
{
}

static int single_show(struct seq_file *m, void *v)
{
	return container_of(m, struct seq_single, m)->show(m, v);
}

static const struct seq_operations single_ops = {
	.start = single_start,
	.next = single_next,
	.stop = single_stop,
	.show = single_show,
};

int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data)
{
	struct seq_single *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	s->show = show;
	mutex_init(&s->m.lock);
	s->m.op = &single_ops;
	s->m.file = file;
	s->m.private = data;
	file->private_data = &s->m;
	return 0;
}

int single_open_size(struct file *file, int (*show)(struct seq_file *m, void *v), void *data,
		     size_t size)
{
	int err = single_open(file, show, data);

	if (!err && grow(seq_of(file), max(size, (size_t)PAGE_SIZE))) {
		single_release(NULL, file);
		err = -ENOMEM;
	}
	return err;
}

/* The seq_file is the first member of seq_single: freed as what it is. */
int single_release(struct inode *inode, struct file *file)
{
	struct seq_single *s = container_of(seq_of(file), struct seq_single, m);

	kvfree(s->m.buf);
	kfree(s);
	return 0;
}

/* ---- printing -------------------------------------------------------------------------------- */

void seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (m->count + len < m->size) {
		memcpy(m->buf + m->count, data, len);
		m->count += len;
	} else {
		m->count = m->size;
	}
}

void seq_putc(struct seq_file *m, char c)
{
	if (m->count < m->size)
		m->buf[m->count++] = c;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;
	int len;

	if (seq_has_overflowed(m))
		return;
	va_start(args, fmt);
	len = vsnprintf(m->buf + m->count, m->size - m->count, fmt, args);
	va_end(args);
	m->count = min(m->count + len, m->size);
}

/* Digits of @num in base 10 or 16 at the end of @buf; returns where they start. */
static char *digits(char *end, unsigned long long num, unsigned int base)
{
	do {
		*--end = "0123456789abcdef"[num % base];
		num /= base;
	} while (num);
	return end;
}

void seq_put_decimal_ull_width(struct seq_file *m, const char *delimiter, unsigned long long num,
			       unsigned int width)
{
	char buf[24], *p = digits(buf + sizeof(buf), num, 10);

	while (p > buf && buf + sizeof(buf) - p < (long)width)
		*--p = ' ';
	seq_puts(m, delimiter);
	seq_write(m, p, buf + sizeof(buf) - p);
}

void seq_put_decimal_ull(struct seq_file *m, const char *delimiter, unsigned long long num)
{
	seq_put_decimal_ull_width(m, delimiter, num, 0);
}

void seq_put_decimal_ll(struct seq_file *m, const char *delimiter, long long num)
{
	seq_puts(m, delimiter);
	if (num < 0)
		seq_putc(m, '-');
	seq_put_decimal_ull(m, "", num < 0 ? -(unsigned long long)num : (unsigned long long)num);
}

void seq_put_hex_ll(struct seq_file *m, const char *delimiter, unsigned long long v,
		    unsigned int width)
{
	char buf[24], *p = digits(buf + sizeof(buf), v, 16);

	while (p > buf && buf + sizeof(buf) - p < (long)width)
		*--p = '0';
	seq_puts(m, delimiter);
	seq_write(m, p, buf + sizeof(buf) - p);
}

void seq_puts_padded(struct seq_file *m, const char *s, unsigned int width)
{
	seq_printf(m, "%-*s", (int)width, s);
}

/* The record's own beginning: the byte after the last newline. */
void seq_pad_to(struct seq_file *m, size_t col)
{
	size_t line = m->count;

	if (seq_has_overflowed(m))
		return;
	while (line && m->buf[line - 1] != '\n')
		line--;
	while (m->count - line < col && !seq_has_overflowed(m))
		seq_putc(m, ' ');
}

void seq_escape(struct seq_file *m, const char *s, const char *esc)
{
	for (; *s; s++) {
		u8 c = *s;

		if (!strchr(esc, c)) {
			seq_putc(m, c);
			continue;
		}
		seq_putc(m, '\\');
		seq_putc(m, '0' + (c >> 6));
		seq_putc(m, '0' + ((c >> 3) & 7));
		seq_putc(m, '0' + (c & 7));
	}
}

int seq_path(struct seq_file *m, const struct path *path, const char *esc)
{
	char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	int err = 0;
	char *p;

	if (!buf)
		return -ENOMEM;
	p = d_path(path, buf, PAGE_SIZE);
	if (IS_ERR(p))
		err = PTR_ERR(p);
	else
		seq_escape(m, p, esc);
	kfree(buf);
	return err;
}
