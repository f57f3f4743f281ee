/* SPDX-License-Identifier: MIT */
/*
 * /proc/sys: settings of the kernel as files. Directories are made by register_sysctl() and never
 * go away; each holds the tables registered for it.
 */
#include <lib/kstrtox.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <arch/param.h>
#include <mm/slab.h>
#include <kernel/cred.h>
#include <kernel/mutex.h>
#include <kernel/sysctl.h>
#include <kernel/uaccess.h>
#include <uapi/dirent.h>
#include "internal.h"

struct sysctl_set {
	const struct ctl_table *table;
	size_t n;
	struct list_head link; /* in sysctl_dir.sets */
};

/* All of it under sysctl_lock. */
struct sysctl_dir {
	struct list_head link; /* in parent's dirs */
	struct list_head dirs, sets;
	char name[24];
};

static DEFINE_MUTEX(sysctl_lock);
static struct sysctl_dir sysctl_root_dir = {
	.link = LIST_HEAD_INIT(sysctl_root_dir.link),
	.dirs = LIST_HEAD_INIT(sysctl_root_dir.dirs),
	.sets = LIST_HEAD_INIT(sysctl_root_dir.sets),
};

/* ---- registration ---------------------------------------------------------------------------- */

static struct sysctl_dir *find_dir(struct sysctl_dir *parent, const char *name, size_t len)
{
	struct sysctl_dir *dir;

	list_for_each_entry(dir, &parent->dirs, link)
		if (!strncmp(dir->name, name, len) && !dir->name[len])
			return dir;
	return NULL;
}

static struct sysctl_dir *get_dir(struct sysctl_dir *parent, const char *name, size_t len)
{
	struct sysctl_dir *dir = find_dir(parent, name, len);

	if (dir || len >= sizeof(dir->name))
		return dir;
	dir = kzalloc(sizeof(*dir), GFP_KERNEL);
	if (!dir)
		return NULL;
	memcpy(dir->name, name, len);
	INIT_LIST_HEAD(&dir->dirs);
	INIT_LIST_HEAD(&dir->sets);
	list_add_tail(&dir->link, &parent->dirs);
	return dir;
}

static struct sysctl_dir *make_path(const char *path)
{
	struct sysctl_dir *dir = &sysctl_root_dir;

	while (dir && *path) {
		size_t len = strcspn(path, "/");

		dir = get_dir(dir, path, len);
		path += len;
		path += *path == '/';
	}
	return dir;
}

int register_sysctl(const char *path, const struct ctl_table *table, size_t n)
{
	struct sysctl_set *set = kmalloc(sizeof(*set), GFP_KERNEL);
	struct sysctl_dir *dir;

	if (!set)
		return -ENOMEM;
	set->table = table;
	set->n = n;
	mutex_lock(&sysctl_lock);
	dir = make_path(path);
	if (dir)
		list_add_tail(&set->link, &dir->sets);
	mutex_unlock(&sysctl_lock);
	if (dir)
		return 0;
	kfree(set);
	return -ENOMEM;
}

/* ---- handlers -------------------------------------------------------------------------------- */

/* The next word of a line, NUL-terminated in place, or NULL. */
static char *next_word(char **line)
{
	char *word = skip_spaces(*line);
	size_t len = strcspn(word, " \t\n");

	if (!len)
		return NULL;
	*line = word + len + (word[len] != '\0');
	word[len] = '\0';
	return word;
}

static bool append(char *buf, size_t size, size_t *len, const char *fmt, long long value)
{
	size_t n = scnprintf(buf + *len, size - *len, fmt, value);

	*len += n;
	return n != 0;
}

static void print_numbers(const struct ctl_table *t, size_t width, bool is_signed, char *buf,
			  size_t *lenp)
{
	size_t len = 0, n = t->maxlen / width;

	for (size_t i = 0; i < n; i++) {
		long long v;

		if (width == sizeof(long))
			v = READ_ONCE(((unsigned long *)t->data)[i]);
		else if (is_signed)
			v = READ_ONCE(((int *)t->data)[i]);
		else
			v = READ_ONCE(((unsigned int *)t->data)[i]);
		append(buf, *lenp, &len, i + 1 < n ? "%lld\t" : "%lld\n", v);
	}
	*lenp = len;
}

static int parse_int(const struct ctl_table *t, char *word, size_t i, bool limits)
{
	int v, err = kstrtoint(word, 0, &v);

	if (err)
		return err;
	if (limits && ((t->extra1 && v < *(const int *)t->extra1) ||
		       (t->extra2 && v > *(const int *)t->extra2)))
		return -EINVAL;
	WRITE_ONCE(((int *)t->data)[i], v);
	return 0;
}

static int do_ints(const struct ctl_table *t, bool write, char *buf, size_t *lenp, bool limits)
{
	char *word;
	int err = 0;

	if (!write) {
		print_numbers(t, sizeof(int), true, buf, lenp);
		return 0;
	}
	for (size_t i = 0; !err && i < t->maxlen / sizeof(int); i++) {
		word = next_word(&buf);
		if (!word)
			return i ? 0 : -EINVAL;
		err = parse_int(t, word, i, limits);
	}
	return err;
}

int proc_dointvec(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	return do_ints(table, write, buf, lenp, false);
}

int proc_dointvec_minmax(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	return do_ints(table, write, buf, lenp, true);
}

int proc_douintvec(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	char *word;
	unsigned int v;
	int err = 0;

	if (!write) {
		print_numbers(table, sizeof(int), false, buf, lenp);
		return 0;
	}
	for (size_t i = 0; !err && i < table->maxlen / sizeof(int); i++) {
		word = next_word(&buf);
		if (!word)
			return i ? 0 : -EINVAL;
		err = kstrtouint(word, 0, &v);
		if (!err)
			WRITE_ONCE(((unsigned int *)table->data)[i], v);
	}
	return err;
}

static int parse_ulong(const struct ctl_table *t, char *word, size_t i)
{
	unsigned long v;
	int err = kstrtoul(word, 0, &v);

	if (err)
		return err;
	if ((t->extra1 && v < *(const unsigned long *)t->extra1) ||
	    (t->extra2 && v > *(const unsigned long *)t->extra2))
		return -EINVAL;
	WRITE_ONCE(((unsigned long *)t->data)[i], v);
	return 0;
}

int proc_doulongvec_minmax(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	char *word;
	int err = 0;

	if (!write) {
		print_numbers(table, sizeof(long), false, buf, lenp);
		return 0;
	}
	for (size_t i = 0; !err && i < table->maxlen / sizeof(long); i++) {
		word = next_word(&buf);
		if (!word)
			return i ? 0 : -EINVAL;
		err = parse_ulong(table, word, i);
	}
	return err;
}

int proc_dostring(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	char *data = table->data;
	size_t len;

	if (write) {
		len = min_t(size_t, strcspn(buf, "\n"), table->maxlen - 1);
		memcpy(data, buf, len);
		data[len] = '\0';
		return 0;
	}
	len = strnlen(data, table->maxlen);
	*lenp = scnprintf(buf, *lenp, "%.*s\n", (int)len, data);
	return 0;
}

/* ---- files ----------------------------------------------------------------------------------- */

static ssize_t sysctl_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	const struct ctl_table *t = PROC_I(file_inode(file))->sysctl;
	char *text = kmalloc(PAGE_SIZE, GFP_KERNEL);
	size_t len = PAGE_SIZE;
	ssize_t ret;

	if (!text)
		return -ENOMEM;
	mutex_lock(&sysctl_lock);
	ret = t->proc_handler(t, false, text, &len);
	mutex_unlock(&sysctl_lock);
	if (!ret)
		ret = simple_read_from_buffer(buf, n, pos, text, len);
	kfree(text);
	return ret;
}

static ssize_t sysctl_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	const struct ctl_table *t = PROC_I(file_inode(file))->sysctl;
	size_t len = n;
	ssize_t ret;
	char *text;

	if (n >= PAGE_SIZE)
		return -E2BIG;
	if (*pos)
		return -EINVAL;
	text = memdup_user_nul(buf, n);
	if (IS_ERR(text))
		return PTR_ERR(text);
	mutex_lock(&sysctl_lock);
	ret = t->proc_handler(t, true, text, &len);
	mutex_unlock(&sysctl_lock);
	kfree(text);
	if (ret)
		return ret;
	*pos += n;
	return n;
}

static const struct file_operations sysctl_fops = {
	.read = sysctl_read,
	.write = sysctl_write,
	.llseek = generic_file_llseek,
};

/* Root and its group own all settings; capabilities do not open what the mode closes to them. */
static int sysctl_permission(struct inode *inode, int mask)
{
	umode_t mode = inode->i_mode;

	if (current_euid() == 0)
		mode >>= 6;
	else if (current_egid() == 0)
		mode >>= 3;
	return mask & (MAY_READ | MAY_WRITE | MAY_EXEC) & ~mode ? -EACCES : 0;
}

static const struct inode_operations sysctl_file_iops = {
	.permission = sysctl_permission,
};

/* ---- directories ----------------------------------------------------------------------------- */

static const struct inode_operations sysctl_dir_iops;
static const struct file_operations sysctl_dir_fops;

static struct inode *dir_inode(struct super_block *sb, struct sysctl_dir *dir)
{
	struct inode *inode = proc_new_inode(sb, S_IFDIR | 0555);

	if (!inode)
		return NULL;
	PROC_I(inode)->sysctl_dir = dir;
	inode->i_op = &sysctl_dir_iops;
	inode->i_fop = &sysctl_dir_fops;
	inode_set_nlink(inode, 2);
	return inode;
}

struct inode *proc_sysctl_root(struct super_block *sb)
{
	return dir_inode(sb, &sysctl_root_dir);
}

static struct inode *file_inode_of(struct super_block *sb, const struct ctl_table *t)
{
	struct inode *inode = proc_new_inode(sb, S_IFREG | t->mode);

	if (!inode)
		return NULL;
	PROC_I(inode)->sysctl = t;
	inode->i_op = &sysctl_file_iops;
	inode->i_fop = &sysctl_fops;
	return inode;
}

static const struct ctl_table *find_setting(struct sysctl_dir *dir, const struct qstr *name)
{
	struct sysctl_set *set;

	list_for_each_entry(set, &dir->sets, link)
		for (size_t i = 0; i < set->n; i++)
			if (strlen(set->table[i].procname) == name->len &&
			    !memcmp(set->table[i].procname, name->name, name->len))
				return &set->table[i];
	return NULL;
}

static struct dentry *sysctl_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	const struct qstr *name = &dentry->d_name;
	const struct ctl_table *setting;
	struct sysctl_dir *sub;

	mutex_lock(&sysctl_lock);
	sub = find_dir(PROC_I(dir)->sysctl_dir, name->name, name->len);
	setting = find_setting(PROC_I(dir)->sysctl_dir, name);
	mutex_unlock(&sysctl_lock);
	if (sub)
		return proc_add(dentry, dir_inode(dentry->d_sb, sub));
	if (setting)
		return proc_add(dentry, file_inode_of(dentry->d_sb, setting));
	return ERR_PTR(-ENOENT);
}

/* False: the buffer is full. @n is the position of the name. */
static bool emit_at(struct dir_context *ctx, loff_t n, const char *name, unsigned int type)
{
	if (n < ctx->pos)
		return true;
	if (!dir_emit(ctx, name, strlen(name), n, type))
		return false;
	ctx->pos = n + 1;
	return true;
}

static void iterate_locked(struct sysctl_dir *dir, struct dir_context *ctx)
{
	struct sysctl_dir *sub;
	struct sysctl_set *set;
	loff_t n = 2;

	list_for_each_entry(sub, &dir->dirs, link)
		if (!emit_at(ctx, n++, sub->name, DT_DIR))
			return;
	list_for_each_entry(set, &dir->sets, link)
		for (size_t i = 0; i < set->n; i++)
			if (!emit_at(ctx, n++, set->table[i].procname, DT_REG))
				return;
}

static int sysctl_iterate(struct file *file, struct dir_context *ctx)
{
	if (!dir_emit_dots(file, ctx))
		return 0;
	mutex_lock(&sysctl_lock);
	iterate_locked(PROC_I(file_inode(file))->sysctl_dir, ctx);
	mutex_unlock(&sysctl_lock);
	return 0;
}

static const struct inode_operations sysctl_dir_iops = {
	.lookup = sysctl_lookup,
};

static const struct file_operations sysctl_dir_fops = {
	.iterate_shared = sysctl_iterate,
	.llseek = generic_file_llseek,
};
