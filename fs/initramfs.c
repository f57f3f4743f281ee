/* SPDX-License-Identifier: MIT */
/*
 * The initramfs: cpio archives in memory become the contents of rootfs.
 *
 * An uncompressed archive is indexed, not copied: a file's inode keeps a pointer to its bytes in
 * the archive, and a page of it is made when somebody maps or writes it, so boot does not pay for
 * the size of files. Its memory therefore stays. A gzip archive is inflated first, into memory that
 * then is such an archive. Several archives may follow one another.
 *
 * A damaged archive gives one line that says what is wrong where; what came before it stays.
 */
#include <lib/cpio.h>
#include <lib/err.h>
#include <lib/hash.h>
#include <lib/inflate.h>
#include <arch/boot.h>
#include <kernel/init.h>
#include <mm/page.h>
#include <mm/memblock.h>
#include <fs/initramfs.h>
#include "internal.h"

/* ---- hard links: (device, inode) -> the first name ------------------------------------------- */

struct link_entry {
	struct link_entry *next;
	u32 major, minor, ino;
	const char *name; /* in the archive */
};

#define LINK_BUCKETS 32
static struct link_entry *links[LINK_BUCKETS] __initbss;

static struct link_entry **__init link_bucket(const struct cpio_entry *e)
{
	return &links[hash_32(e->ino + e->minor + (e->major << 3), 5)];
}

/* The name under which this inode was made before, or NULL; then @e's is remembered. */
static const char *__init find_link(const struct cpio_entry *e)
{
	struct link_entry **bucket = link_bucket(e), *l;

	for (l = *bucket; l; l = l->next)
		if (l->ino == e->ino && l->minor == e->minor && l->major == e->major)
			return l->name;
	l = kmalloc(sizeof(*l), GFP_KERNEL);
	if (l) {
		*l = (struct link_entry){*bucket, e->major, e->minor, e->ino, e->name};
		*bucket = l;
	}
	return NULL;
}

static void __init forget_links(void)
{
	for (int i = 0; i < LINK_BUCKETS; i++) {
		struct link_entry *l, *next;

		for (l = links[i]; l; l = next) {
			next = l->next;
			kfree(l);
		}
		links[i] = NULL;
	}
}

/* ---- one entry ------------------------------------------------------------------------------- */

/* Directories' times are set last, since making files in them changes them. */
struct dir_time {
	struct dir_time *next;
	u32 mtime;
	const char *name;
};
static struct dir_time *dir_times __initdata;

static int __init set_owner_and_time(const char *name, const struct cpio_entry *e)
{
	struct path path;
	struct inode *inode;
	int err = kern_path(name, 0, &path);

	if (err)
		return err;
	/*
	 * Nobody else runs yet; the attributes are as the archive says, without chmod's and chown's
	 * rules.
	 */
	inode = path.dentry->d_inode;
	inode->i_uid = e->uid;
	inode->i_gid = e->gid;
	if (!S_ISLNK(inode->i_mode))
		inode->i_mode = (inode->i_mode & S_IFMT) | (e->mode & S_IALLUGO);
	inode->i_mtime = inode->i_ctime = inode->i_atime = (struct timespec64){.tv_sec = e->mtime};
	path_put(&path);
	return 0;
}

static int __init do_file(const struct cpio_entry *e)
{
	const char *old = e->nlink > 1 ? find_link(e) : NULL;
	struct file *file;
	int err = 0;

	if (old) {
		err = init_link(old, e->name);
		if (err == -EEXIST)
			err = init_unlink(e->name) ? -EEXIST : init_link(old, e->name);
		/* The contents come with one of the names, usually the last. */
		if (err || !e->size)
			return err;
	}
	file = filp_open(e->name, O_WRONLY | O_CREAT | O_TRUNC, e->mode & S_IALLUGO);
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (e->size)
		err = tmpfs_set_backing(file, e->data, e->size);
	fput_sync(file);
	return err;
}

static int __init do_dir(const struct cpio_entry *e)
{
	struct dir_time *dt;
	int err = init_mkdir(e->name, e->mode & S_IALLUGO);

	if (err && err != -EEXIST)
		return err;
	dt = kmalloc(sizeof(*dt), GFP_KERNEL);
	if (dt) {
		*dt = (struct dir_time){dir_times, e->mtime, e->name};
		dir_times = dt;
	}
	return 0;
}

static int __init do_symlink(const struct cpio_entry *e)
{
	char *target = kmemdup_nul((const char *)e->data, e->size, GFP_KERNEL);
	int err;

	if (!target)
		return -ENOMEM;
	err = init_symlink(target, e->name);
	if (err == -EEXIST && !init_unlink(e->name))
		err = init_symlink(target, e->name);
	kfree(target);
	return err;
}

static int __init do_node(const struct cpio_entry *e)
{
	int err = init_mknod(e->name, e->mode, MKDEV(e->rmajor, e->rminor));

	if (err == -EEXIST && !init_unlink(e->name))
		err = init_mknod(e->name, e->mode, MKDEV(e->rmajor, e->rminor));
	return err;
}

static int __init do_entry(const struct cpio_entry *e)
{
	int err;

	switch (e->mode & S_IFMT) {
	case S_IFREG:
		err = do_file(e);
		break;
	case S_IFDIR:
		err = do_dir(e);
		break;
	case S_IFLNK:
		err = do_symlink(e);
		break;
	case S_IFBLK:
	case S_IFCHR:
	case S_IFIFO:
	case S_IFSOCK:
		err = do_node(e);
		break;
	default:
		return -EINVAL;
	}
	return err ? err : set_owner_and_time(e->name, e);
}

static void __init set_dir_times(void)
{
	struct dir_time *dt, *next;

	for (dt = dir_times; dt; dt = next) {
		struct path path;

		next = dt->next;
		if (!kern_path(dt->name, 0, &path)) {
			path.dentry->d_inode->i_mtime.tv_sec = dt->mtime;
			path_put(&path);
		}
		kfree(dt);
	}
	dir_times = NULL;
}

/* ---- archives -------------------------------------------------------------------------------- */

/* Inflated data; grown by doubling. */
struct growing {
	struct inflate_sink sink;
	u8 *data;
	size_t len, size;
};

static int __init grow_write(struct inflate_sink *sink, const u8 *data, size_t len)
{
	struct growing *g = container_of(sink, struct growing, sink);

	if (g->len + len > g->size) {
		size_t size = max(2 * g->size, (size_t)256 * 1024);
		u8 *bigger = kvmalloc(size, GFP_KERNEL);

		if (!bigger)
			return -ENOMEM;
		memcpy(bigger, g->data, g->len);
		kvfree(g->data);
		g->data = bigger;
		g->size = size;
	}
	memcpy(g->data + g->len, data, len);
	g->len += len;
	return 0;
}

static bool archive_in_use __initdata; /* files are views of the boot loader's copy */

static size_t __init unpack(const u8 *data, size_t size, int depth);

/* An inflated archive, at @data for good; returns the compressed bytes used, 0 after an error. */
static size_t __init unpack_gzip(const u8 *data, size_t size, int depth)
{
	struct growing g = {.sink.write = grow_write};
	struct inflate_state *st = kvmalloc(sizeof(*st), GFP_KERNEL);
	size_t used = 0;
	int err;

	if (!st) {
		pr_err("initramfs: no memory to decompress it\n");
		return 0;
	}
	err = inflate(st, INFLATE_GZIP, data, size, &g.sink);
	if (!err)
		used = st->in - st->in_start;
	else if (err == -EINVAL)
		pr_err("initramfs: damaged gzip data at byte %zu: %s; what can be read is used\n",
		       (size_t)(st->in - st->in_start), st->error);
	else
		pr_err("initramfs: too little memory to decompress it (%zu bytes so far)\n", g.len);
	kvfree(st);
	if (g.len)
		unpack(g.data, g.len, depth + 1);
	return used;
}

/* Entries from @data on; returns how far they were read. */
static size_t __init unpack_cpio(const u8 *data, size_t size)
{
	struct cpio_reader r;
	struct cpio_entry e;
	unsigned int failed = 0;
	int ret;

	cpio_init(&r, data, size);
	while ((ret = cpio_next(&r, &e)) > 0) {
		int err = e.namelen ? do_entry(&e) : 0;

		if (err && !failed++)
			pr_err("initramfs: cannot make %s: %pe\n", e.name, ERR_PTR(err));
	}
	if (failed > 1)
		pr_err("initramfs: %u entries could not be made\n", failed);
	if (ret < 0) {
		pr_err("initramfs: %s at byte %zu: damaged or cut short; the rest is used\n",
		       r.error, r.offset);
		return size;
	}
	forget_links();
	return r.offset;
}

static size_t __init unpack(const u8 *data, size_t size, int depth)
{
	size_t at = 0, n;

	while (at < size) {
		if (!data[at]) {
			at++; /* padding between archives */
			continue;
		}
		if (cpio_is_newc(data + at, size - at)) {
			archive_in_use |= depth == 0;
			n = unpack_cpio(data + at, size - at);
		} else if (depth == 0 && IS_ENABLED(CONFIG_INITRAMFS_GZIP) &&
			   inflate_is_gzip(data + at, size - at)) {
			n = unpack_gzip(data + at, size - at, depth);
		} else {
			pr_err("initramfs: no newc cpio%s at byte %zu: use cpio -o -H newc\n",
			       IS_ENABLED(CONFIG_INITRAMFS_GZIP) ? " or gzip data" : "", at);
			return at;
		}
		if (!n)
			return at;
		at += n;
	}
	return at;
}

void __init populate_rootfs(void)
{
	const u8 *data;

	if (!boot_info.initrd_size)
		return;
	data = __va(boot_info.initrd_start);
	unpack(data, boot_info.initrd_size, 0);
	forget_links();
	set_dir_times();
	/* All compressed: nothing points into it any more. */
	if (!archive_in_use)
		free_reserved_area(
			(void *)PAGE_ALIGN((unsigned long)data),
			(void *)((unsigned long)(data + boot_info.initrd_size) & PAGE_MASK),
			"initramfs archive");
}
