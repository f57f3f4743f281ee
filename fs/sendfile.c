/* SPDX-License-Identifier: MIT */
/*
 * sendfile(2) and copy_file_range(2): from one file to another through a kernel buffer. splice(2)
 * moves pages instead; these two keep their meaning and will then use it.
 */
#include <lib/err.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uio.h>
#include <mm/page.h>
#include <fs/file.h>
#include <uapi/fs.h>
#include "internal.h"

#define COPY_ORDER 3
#define COPY_CHUNK (PAGE_SIZE << COPY_ORDER)

/* Writes all of @buf unless the file takes less; bytes or -errno. */
static ssize_t write_all(struct file *out, const char *buf, size_t len, loff_t *pos)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = kernel_write(out, buf + done, len - done, pos);

		if (n <= 0)
			return done ? (ssize_t)done : n;
		done += n;
	}
	return done;
}

/* Copies @count bytes; positions move by what was written. Bytes, or -errno if none. */
static ssize_t copy_bytes(struct file *in, loff_t *ipos, struct file *out, loff_t *opos,
			  size_t count)
{
	unsigned int order = COPY_ORDER;
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, order);
	ssize_t total = 0, n = 0;

	if (!page)
		page = alloc_pages(GFP_KERNEL, order = 0);
	if (!page)
		return -ENOMEM;
	while (count) {
		loff_t p = *ipos;
		ssize_t got = kernel_read(in, page_address(page),
					  min_t(size_t, count, PAGE_SIZE << order), &p);

		if (got <= 0) {
			n = got;
			break;
		}
		n = write_all(out, page_address(page), got, opos);
		if (n <= 0)
			break;
		*ipos += n;
		total += n;
		count -= n;
		if (n < got || signal_pending(current))
			break;
		cond_resched();
	}
	__free_pages(page, order);
	return total ? total : n;
}

static int check_ends(const struct file *in, const struct file *out)
{
	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!in->f_op->read_iter || !out->f_op->write_iter)
		return -EINVAL;
	return 0;
}

/* @ppos NULL: at in's own position. */
static ssize_t do_sendfile(unsigned int out_fd, unsigned int in_fd, loff_t *ppos, size_t count)
{
	struct fd in = fdget(in_fd), out = fdget_pos(out_fd);
	ssize_t n = -EBADF;
	loff_t *opos;

	if (fd_empty(in) || fd_empty(out))
		goto done;
	n = check_ends(fd_file(in), fd_file(out));
	if (!n && ppos && !(fd_file(in)->f_mode & FMODE_PREAD))
		n = -ESPIPE;
	if (!n && (fd_file(out)->f_flags & O_APPEND))
		n = -EINVAL;
	if (n)
		goto done;
	if (fd_file(in)->f_mode & FMODE_STREAM) {
		n = -EINVAL;
		goto done;
	}
	opos = fd_file(out)->f_mode & FMODE_STREAM ? NULL : &fd_file(out)->f_pos;
	n = copy_bytes(fd_file(in), ppos ? ppos : &fd_file(in)->f_pos, fd_file(out), opos,
		       min_t(size_t, count, 0x7ffff000));
done:
	if (!fd_empty(out))
		fdput_pos(out);
	if (!fd_empty(in))
		fdput(in);
	return n;
}

SYSCALL_DEFINE4(sendfile, int, out_fd, int, in_fd, loff_t __user *, uoff, size_t, count)
{
	loff_t pos;
	ssize_t n;

	if (!uoff)
		return do_sendfile(out_fd, in_fd, NULL, count);
	if (copy_from_user(&pos, uoff, sizeof(pos)))
		return -EFAULT;
	if (pos < 0)
		return -EINVAL;
	n = do_sendfile(out_fd, in_fd, &pos, count);
	if (put_user(pos, uoff))
		return -EFAULT;
	return n;
}

/* ---- copy_file_range ------------------------------------------------------------------------- */

/* copy_file_range(2), ERRORS; *len becomes what there is to copy. */
static int check_copy_files(struct file *in, struct file *out)
{
	struct inode *from = file_inode(in), *to = file_inode(out);

	if (S_ISDIR(from->i_mode) || S_ISDIR(to->i_mode))
		return -EISDIR;
	if (!S_ISREG(from->i_mode) || !S_ISREG(to->i_mode))
		return -EINVAL;
	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE) || (out->f_flags & O_APPEND))
		return -EBADF;
	if (!in->f_op->read_iter || !out->f_op->write_iter)
		return -EINVAL;
	if (from->i_sb != to->i_sb)
		return -EXDEV;
	return IS_IMMUTABLE(to) ? -EPERM : 0;
}

static int check_copy_range(struct file *in, loff_t ipos, struct file *out, loff_t opos,
			    size_t *len)
{
	loff_t size = i_size_read(file_inode(in)), max = file_inode(out)->i_sb->s_maxbytes;
	u64 limit = rlimit(RLIMIT_FSIZE);
	int err = check_copy_files(in, out);

	if (err)
		return err;
	if (ipos < 0 || opos < 0)
		return -EINVAL;
	if ((u64)ipos + *len < (u64)ipos || (u64)opos + *len < (u64)opos ||
	    (loff_t)(ipos + *len) < 0 || (loff_t)(opos + *len) < 0)
		return -EOVERFLOW;
	*len = ipos >= size ? 0 : min_t(size_t, *len, size - ipos);
	if (!*len)
		return 0;
	if ((u64)opos >= limit) {
		send_sig(SIGXFSZ, current, 0);
		return -EFBIG;
	}
	if (opos >= max)
		return -EFBIG;
	*len = min3((u64)*len, (u64)(max - opos), limit - opos);
	if (file_inode(in) == file_inode(out) && ipos < opos + (loff_t)*len &&
	    opos < ipos + (loff_t)*len)
		return -EINVAL; /* overlapping */
	*len = min_t(size_t, *len, MAX_RW_COUNT);
	return 0;
}

SYSCALL_DEFINE6(copy_file_range, int, in_fd, loff_t __user *, uin, int, out_fd, loff_t __user *,
		uout, size_t, len, unsigned int, flags)
{
	struct fd in = fdget(in_fd), out = fdget(out_fd);
	loff_t ipos, opos;
	ssize_t n = -EBADF;

	if (fd_empty(in) || fd_empty(out))
		goto done;
	ipos = fd_file(in)->f_pos;
	opos = fd_file(out)->f_pos;
	n = -EFAULT;
	if ((uin && copy_from_user(&ipos, uin, sizeof(ipos))) ||
	    (uout && copy_from_user(&opos, uout, sizeof(opos))))
		goto done;
	n = flags ? -EINVAL : check_copy_range(fd_file(in), ipos, fd_file(out), opos, &len);
	if (n || !len)
		goto done;
	n = copy_bytes(fd_file(in), &ipos, fd_file(out), &opos, len);
	if (n <= 0)
		goto done;
	if (!uin)
		fd_file(in)->f_pos = ipos;
	else if (copy_to_user(uin, &ipos, sizeof(ipos)))
		n = -EFAULT;
	if (!uout)
		fd_file(out)->f_pos = opos;
	else if (copy_to_user(uout, &opos, sizeof(opos)))
		n = -EFAULT;
done:
	if (!fd_empty(out))
		fdput(out);
	if (!fd_empty(in))
		fdput(in);
	return n;
}
