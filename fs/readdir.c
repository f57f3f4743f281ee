/* SPDX-License-Identifier: MIT */
/* getdents64(2) and getdents(2). A record's d_off is the position of the next. */
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <fs/file.h>
#include <fs/fsnotify.h>
#include <uapi/dirent.h>
#include "internal.h"

int iterate_dir(struct file *file, struct dir_context *ctx)
{
	struct inode *inode = file_inode(file);
	int err;

	if (!file->f_op->iterate_shared)
		return -ENOTDIR;
	err = fsnotify_perm(file, FS_ACCESS_PERM);
	if (unlikely(err))
		return err;
	inode_lock_shared(inode);
	err = -ENOENT;
	if (!IS_DEADDIR(inode)) {
		ctx->pos = file->f_pos;
		err = file->f_op->iterate_shared(file, ctx);
		file->f_pos = ctx->pos;
		file_accessed(file);
	}
	inode_unlock_shared(inode);
	if (!err)
		fsnotify_file(file, FS_ACCESS);
	return err;
}

#define DIRENT_CHUNK 1024 /* holds at least one record of the longest name */

/*
 * Records are gathered in @chunk and copied out a chunk at a time. The d_off of the newest waits
 * until the next name's position (or the end's) is known.
 */
struct getdents_buf {
	struct dir_context ctx;
	char __user *next; /* where the chunk will go */
	size_t left; /* bytes of the user's buffer not yet promised to a record */
	size_t used; /* bytes of chunk */
	s64 *last_off; /* d_off of the newest record; NULL: none yet */
	int error;
	bool old; /* struct linux_dirent */
	u64 chunk[DIRENT_CHUNK / 8];
};

static bool flush_chunk(struct getdents_buf *buf)
{
	if (buf->used && raw_copy_to_user(buf->next, buf->chunk, buf->used)) {
		buf->error = -EFAULT;
		return false;
	}
	buf->next += buf->used;
	buf->used = 0;
	return true;
}

static size_t record_size(const struct getdents_buf *buf, int len)
{
	if (buf->old)
		return ALIGN(offsetof(struct linux_dirent, d_name) + len + 2, 8ul);
	return ALIGN(offsetof(struct linux_dirent64, d_name) + len + 1, 8ul);
}

static void put_record(struct getdents_buf *buf, const char *name, int len, u64 ino,
		       unsigned int type, size_t size)
{
	char *at = (char *)buf->chunk + buf->used;

	*(u64 *)(at + size - 8) = 0; /* terminator and padding; the rest is overwritten */
	if (buf->old) {
		struct linux_dirent *d = (struct linux_dirent *)at;

		d->d_ino = ino;
		d->d_reclen = size;
		memcpy(d->d_name, name, len);
		at[size - 1] = type;
	} else {
		struct linux_dirent64 *d = (struct linux_dirent64 *)at;

		d->d_ino = ino;
		d->d_reclen = size;
		d->d_type = type;
		memcpy(d->d_name, name, len);
	}
	/* d_off is the second word of both. */
	buf->last_off = (s64 *)(at + 8);
}

static bool filldir(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		    unsigned int type)
{
	struct getdents_buf *buf = container_of(ctx, struct getdents_buf, ctx);
	size_t size = record_size(buf, len);

	if (unlikely(len <= 0 || len > NAME_MAX_LEN)) {
		buf->error = -EIO; /* a damaged directory */
		return false;
	}
	if (buf->last_off)
		*buf->last_off = pos;
	if (unlikely(size > buf->left)) {
		buf->error = -EINVAL; /* counts only if not one record fitted */
		return false;
	}
	if (buf->used + size > DIRENT_CHUNK) {
		if (!flush_chunk(buf))
			return false;
		if (unlikely(signal_pending(current))) {
			buf->last_off = NULL;
			buf->error = -EINTR;
			return false;
		}
	}
	put_record(buf, name, len, ino, type, size);
	buf->used += size;
	buf->left -= size;
	return true;
}

static long do_getdents(unsigned int fd, char __user *dirent, unsigned int count, bool old)
{
	struct getdents_buf buf;
	struct fd f;
	loff_t start;
	long err;

	if (!access_ok(dirent, count))
		return -EFAULT;
	f = fdget_pos(fd);
	if (fd_empty(f))
		return -EBADF;
	start = fd_file(f)->f_pos;
	buf.ctx.actor = filldir;
	buf.next = dirent;
	buf.left = count;
	buf.used = 0;
	buf.last_off = NULL;
	buf.error = 0;
	buf.old = old;
	err = iterate_dir(fd_file(f), &buf.ctx);
	if (buf.last_off)
		*buf.last_off = buf.ctx.pos;
	if (err >= 0)
		err = buf.error;
	if (buf.error == -EFAULT || (buf.used && !flush_chunk(&buf))) {
		fd_file(f)->f_pos = start; /* nothing was delivered: nothing is skipped */
		err = -EFAULT;
	} else if (buf.left != count) {
		err = count - buf.left;
	}
	fdput_pos(f);
	return err;
}

SYSCALL_DEFINE3(getdents64, unsigned int, fd, struct linux_dirent64 __user *, dirent, unsigned int,
		count)
{
	return do_getdents(fd, (char __user *)dirent, count, false);
}

SYSCALL_DEFINE3(getdents, unsigned int, fd, struct linux_dirent __user *, dirent, unsigned int,
		count)
{
	return do_getdents(fd, (char __user *)dirent, count, true);
}
