/* SPDX-License-Identifier: MIT */
/*
 * Eight bytes at a time with tables that are made at first use: they cost memory, but no bytes in
 * the image. [k][b] is the effect of byte b followed by k zero bytes.
 */
#ifndef LIB_CRC_TABLE_H
#define LIB_CRC_TABLE_H

#include <lib/atomic.h>
#include <lib/byteorder.h>

struct crc_table {
	u32 t[8][256];
	bool ready;
};

/* Every CPU that gets here at the same time writes the same values. */
static noinline void crc_table_make(struct crc_table *table, u32 poly)
{
	u32 crc = 1;
	int i, j, k;

	for (i = 128; i; i >>= 1) {
		crc = (crc >> 1) ^ (crc & 1 ? poly : 0);
		for (j = 0; j < 256; j += 2 * i)
			table->t[0][i + j] = crc ^ table->t[0][j];
	}
	for (k = 1; k < 8; k++) {
		for (i = 0; i < 256; i++) {
			crc = table->t[k - 1][i];
			table->t[k][i] = (crc >> 8) ^ table->t[0][crc & 0xff];
		}
	}
	smp_store_release(&table->ready, true); /* pairs with crc_update() */
}

static __always_inline u32 crc_update(struct crc_table *table, u32 poly, u32 crc, const u8 *p,
				      size_t len)
{
	u32(*t)[256] = table->t;

	if (unlikely(!smp_load_acquire(&table->ready))) /* pairs with crc_table_make() */
		crc_table_make(table, poly);
	for (; len >= 8; len -= 8, p += 8) {
		u32 a = crc ^ get_unaligned_le32(p), b = get_unaligned_le32(p + 4);

		crc = t[7][a & 0xff] ^ t[6][a >> 8 & 0xff] ^ t[5][a >> 16 & 0xff] ^ t[4][a >> 24] ^
		      t[3][b & 0xff] ^ t[2][b >> 8 & 0xff] ^ t[1][b >> 16 & 0xff] ^ t[0][b >> 24];
	}
	while (len--)
		crc = (crc >> 8) ^ t[0][(crc ^ *p++) & 0xff];
	return crc;
}

#endif
