/* SPDX-License-Identifier: MIT */
/* What buffer.c, buffer_page.c and mpage.c share. */
#ifndef FS_BLOCK_BUFFER_H
#define FS_BLOCK_BUFFER_H

#include <fs/buffer_head.h>

/* Guards the ring of @page's buffers; IRQs off. */
spinlock_t *buffer_ring_lock(const struct page *page);
/* A log line unless the buffer is quiet. @what: "read", "write". */
void buffer_io_error(const struct buffer_head *bh, const char *what);
/* Zeroes from i_size on in a page that is about to be written. False: it lies behind i_size. */
bool page_zero_tail(struct page *page, const struct inode *inode);

#endif
