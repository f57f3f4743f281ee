/* SPDX-License-Identifier: MIT */
/* The ChaCha20 block function, RFC 8439. */
#include <lib/bitops.h>
#include <lib/byteorder.h>
#include <lib/chacha20.h>

void chacha20_init(struct chacha20_state *st, const u8 key[CHACHA20_KEY_SIZE], u32 counter,
		   const u8 nonce[12])
{
	int i;

	st->x[0] = 0x61707865; /* "expa" "nd 3" "2-by" "te k" */
	st->x[1] = 0x3320646e;
	st->x[2] = 0x79622d32;
	st->x[3] = 0x6b206574;
	for (i = 0; i < 8; i++)
		st->x[4 + i] = get_unaligned_le32(key + 4 * i);
	st->x[12] = counter;
	for (i = 0; i < 3; i++)
		st->x[13 + i] = get_unaligned_le32(nonce + 4 * i);
}

static __always_inline void quarter(u32 *x, int a, int b, int c, int d)
{
	x[a] += x[b];
	x[d] = rol32(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rol32(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rol32(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rol32(x[b] ^ x[c], 7);
}

void chacha20_block(struct chacha20_state *st, u8 out[CHACHA20_BLOCK_SIZE])
{
	struct chacha20_state s = *st;
	int i;

	for (i = 0; i < 10; i++) {
		quarter(s.x, 0, 4, 8, 12);
		quarter(s.x, 1, 5, 9, 13);
		quarter(s.x, 2, 6, 10, 14);
		quarter(s.x, 3, 7, 11, 15);
		quarter(s.x, 0, 5, 10, 15);
		quarter(s.x, 1, 6, 11, 12);
		quarter(s.x, 2, 7, 8, 13);
		quarter(s.x, 3, 4, 9, 14);
	}
	for (i = 0; i < 16; i++)
		put_unaligned_le32(s.x[i] + st->x[i], out + 4 * i);
	if (!++st->x[12])
		st->x[13]++;
}
