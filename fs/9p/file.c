/* SPDX-License-Identifier: MIT */
/*
 * Contents. Reads and mappings go through the page cache, which is emptied when an open finds that
 * the file has changed on the host; a write goes to the server before it returns, and takes the
 * pages that it covers out of the cache. So there is nothing to write back, and a shared mapping
 * cannot be written.
 *
 * file->private_data is the fid of the open file.
 */
#include <arch/cache.h>
#include <kernel/uio.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <uapi/fcntl.h>
#include "9p.h"

static u32 fid_of_file(const struct file *file)
{
	return (u32)(unsigned long)file->private_data;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* What is cached of a file that changed on the host goes. */
static void check_cache(struct inode *inode, loff_t old_size)
{
	struct p9_inode *pi = p9_i(inode);

	if (pi->cached == pi->qid.version && i_size_read(inode) == old_size)
		return;
	pi->cached = pi->qid.version;
	unmap_mapping_range(&pi->mapping, 0, 0, false);
	invalidate_inode_pages2_range(&pi->mapping, 0, ~0ul);
}

int p9_file_open(struct inode *inode, struct file *file)
{
	struct p9_client *c = p9_c(inode->i_sb);
	loff_t size = i_size_read(inode);
	u32 fid;
	int err = p9_walk(c, p9_i(inode)->fid, NULL, 0, &fid);

	if (err)
		return err;
	err = p9_open_fid(c, fid, file->f_flags & O_ACCMODE);
	if (!err && S_ISREG(inode->i_mode)) {
		err = p9_refresh(inode);
		check_cache(inode, size);
	}
	if (err) {
		p9_clunk(c, fid);
		return err;
	}
	file->private_data = (void *)(unsigned long)fid;
	return 0;
}

int p9_file_release(struct inode *inode, struct file *file)
{
	p9_clunk(p9_c(inode->i_sb), fid_of_file(file));
	return 0;
}

int p9_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct p9_client *c = p9_c(file_inode(file)->i_sb);
	struct p9_req *r = p9_begin(c, P9_TFSYNC);
	int err;

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid_of_file(file));
	p9_put32(r, datasync);
	err = p9_call(c, r);
	return err ? err : p9_end(c, r);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Reads at @pos into the request's answer: bytes (at *@data), or -errno and the request is gone. */
static int read_at(struct p9_client *c, u32 fid, loff_t pos, u32 len, struct p9_req **req,
		   const u8 **data)
{
	struct p9_req *r = p9_begin(c, P9_TREAD);
	u32 count;
	int err;

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid);
	p9_put64(r, pos);
	p9_put32(r, len);
	err = p9_call(c, r);
	if (err)
		return err;
	count = p9_get32(r);
	*data = count <= len ? p9_get_bytes(r, count) : NULL;
	if (!*data) {
		r->bad = true;
		return p9_end(c, r);
	}
	*req = r;
	return count;
}

static void fill_page(struct page *page, const u8 *data, int len)
{
	u8 *to = page_address(page);

	len = clamp(len, 0, (int)PAGE_SIZE);
	memcpy(to, data, len);
	memset(to + len, 0, PAGE_SIZE - len);
	SetPageUptodate(page);
	unlock_page(page);
}

/* The fid to read @mapping's pages through: an open file's, or a new one (*@own). */
static int reading_fid(struct file *file, struct inode *inode, u32 *fid, bool *own)
{
	struct p9_client *c = p9_c(inode->i_sb);
	int err;

	*own = !file || !(file->f_mode & FMODE_READ);
	if (!*own) {
		*fid = fid_of_file(file);
		return 0;
	}
	err = p9_walk(c, p9_i(inode)->fid, NULL, 0, fid);
	if (err) {
		*own = false;
		return err;
	}
	return p9_open_fid(c, *fid, O_RDONLY);
}

static int p9_read_page(struct file *file, struct page *page)
{
	struct inode *inode = page->mapping->host;
	struct p9_client *c = p9_c(inode->i_sb);
	struct p9_req *r;
	const u8 *data;
	u32 done = 0, fid, room = min_t(u32, PAGE_SIZE, c->msize - P9_IOHEADER);
	u8 *to = page_address(page);
	bool own;
	int n = reading_fid(file, inode, &fid, &own);

	while (n >= 0 && done < PAGE_SIZE) {
		n = read_at(c, fid, page_offset(page) + done, min_t(u32, room, PAGE_SIZE - done),
			    &r, &data);
		if (n <= 0)
			break;
		memcpy(to + done, data, n);
		done += n;
		p9_end(c, r);
	}
	if (!n)
		p9_end(c, r);
	if (own)
		p9_clunk(c, fid);
	if (n < 0) {
		SetPageError(page);
		unlock_page(page);
		return n;
	}
	memset(to + done, 0, PAGE_SIZE - done);
	SetPageUptodate(page);
	unlock_page(page);
	return 0;
}

/* As many pages as one message carries; the rest are read one by one if somebody wants them. */
static void p9_read_ahead(struct readahead_control *rac)
{
	struct p9_client *c = p9_c(rac->mapping->host->i_sb);
	u32 most = (c->msize - P9_IOHEADER) / PAGE_SIZE;
	unsigned int want = min(rac->nr_pages, most);
	struct page *page;
	struct p9_req *r;
	const u8 *data;
	int n;

	if (!rac->file || !(rac->file->f_mode & FMODE_READ) || !want)
		return;
	n = read_at(c, fid_of_file(rac->file), (loff_t)rac->index << PAGE_SHIFT,
		    want * (u32)PAGE_SIZE, &r, &data);
	if (n < 0)
		return;
	/* A short answer ends the file, or not: its last page is left for read_page. */
	for (; want && n >= (int)PAGE_SIZE; want--, n -= PAGE_SIZE, data += PAGE_SIZE) {
		page = readahead_page(rac);
		if (!page)
			break;
		fill_page(page, data, PAGE_SIZE);
		put_page(page);
	}
	p9_end(c, r);
}

const struct address_space_operations p9_aops = {
	.read_page = p9_read_page,
	.read_ahead = p9_read_ahead,
};

/* ---- writing --------------------------------------------------------------------------------- */

/* One message: bytes written or -errno. */
static ssize_t write_some(struct file *file, loff_t pos, struct iov_iter *from)
{
	struct p9_client *c = p9_c(file_inode(file)->i_sb);
	u32 len = min_t(size_t, iov_iter_count(from), c->msize - P9_IOHEADER), done;
	struct p9_req *r = p9_begin(c, P9_TWRITE);
	size_t copied;
	void *at;
	int err;

	if (IS_ERR(r))
		return PTR_ERR(r);
	p9_put32(r, fid_of_file(file));
	p9_put64(r, pos);
	p9_put32(r, len);
	at = p9_put_room(r, len);
	copied = at ? copy_from_iter(at, len, from) : 0;
	if (copied < len) {
		r->bad = true; /* nothing is sent */
		iov_iter_revert(from, copied);
		p9_end(c, r);
		return -EFAULT;
	}
	err = p9_call(c, r);
	if (err)
		return err;
	done = p9_get32(r);
	if (done > len)
		r->bad = true;
	err = p9_end(c, r);
	if (err)
		return err;
	iov_iter_revert(from, len - done);
	return done;
}

static ssize_t p9_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct inode *inode = file_inode(file);
	loff_t start;
	ssize_t ret, done = 0;

	inode_lock(inode);
	if (iocb->ki_flags & IOCB_APPEND)
		p9_refresh(inode);
	ret = generic_write_checks(iocb, from);
	start = iocb->ki_pos;
	while (ret > 0 && iov_iter_count(from)) {
		ret = write_some(file, iocb->ki_pos, from);
		if (ret <= 0)
			break;
		iocb->ki_pos += ret;
		done += ret;
	}
	if (done) {
		if (iocb->ki_pos > i_size_read(inode))
			i_size_write(inode, iocb->ki_pos);
		unmap_mapping_range(inode->i_mapping, round_down(start, PAGE_SIZE),
				    PAGE_ALIGN(iocb->ki_pos) - round_down(start, PAGE_SIZE), false);
		invalidate_inode_pages2_range(inode->i_mapping, start >> PAGE_SHIFT,
					      (iocb->ki_pos - 1) >> PAGE_SHIFT);
		if (!p9_refresh(inode))
			p9_i(inode)->cached = p9_i(inode)->qid.version;
	}
	inode_unlock(inode);
	if (done && (iocb->ki_flags & (IOCB_DSYNC | IOCB_SYNC))) {
		int err = p9_fsync(file, 0, 0, !(iocb->ki_flags & IOCB_SYNC));

		if (err)
			return err;
	}
	return done ? done : ret;
}

const struct file_operations p9_file_fops = {
	.llseek = generic_file_llseek,
	.read_iter = generic_file_read_iter,
	.write_iter = p9_write_iter,
	.mmap = generic_file_readonly_mmap,
	.open = p9_file_open,
	.release = p9_file_release,
	.fsync = p9_fsync,
};
