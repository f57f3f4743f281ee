/* SPDX-License-Identifier: MIT */
/*
 * Channels to 9P servers: a transport registers each that it finds, mount -t 9p picks one by its
 * tag. A channel carries up to P9_REQUESTS messages at a time, in any order.
 */
#ifndef FS_9P_H
#define FS_9P_H

#include <lib/list.h>
#include <lib/types.h>
#include <kernel/completion.h>

#define P9_REQUESTS 4u

/* A message and its answer, each in memory that is contiguous for DMA. */
struct p9_req {
	u8 *tx, *rx;
	u32 tx_len, rx_size; /* bytes to send; room for the answer */
	u32 rx_len; /* of the answer, as the transport says; at most rx_size */
	struct completion done; /* the transport completes it; any context */
	u32 pos; /* in tx while it is filled, then in rx */
	bool bad; /* went over an end */
};

struct p9_channel {
	const char *tag; /* (i) */
	u32 max_size; /* (i) of a message */
	/* Sends @req: 0 or -errno. Sleeps; at most P9_REQUESTS before their completions. */
	int (*submit)(struct p9_channel *ch, struct p9_req *req);
	bool used; /* channels_lock: mounted */
	struct list_head list; /* channels_lock */
};

/* It stays for ever. */
void p9_register_channel(struct p9_channel *ch);

#endif
