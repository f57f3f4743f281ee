/* SPDX-License-Identifier: MIT */
/*
 * The ChaCha20 block function (RFC 8439, 2.3): the kernel's random number generator is made of it.
 */
#ifndef _LIB_CHACHA20_H
#define _LIB_CHACHA20_H

#include <lib/types.h>

#define CHACHA20_KEY_SIZE   32
#define CHACHA20_BLOCK_SIZE 64

/* Words 0-3 constants, 4-11 key, 12 counter, 13-15 nonce. */
struct chacha20_state {
	u32 x[16];
};

void chacha20_init(struct chacha20_state *st, const u8 key[CHACHA20_KEY_SIZE], u32 counter,
		   const u8 nonce[12]);
/* The next 64 bytes of key stream; counts word 12, carrying into 13. */
void chacha20_block(struct chacha20_state *st, u8 out[CHACHA20_BLOCK_SIZE]);

#endif
