/* SPDX-License-Identifier: MIT */
/*
 * Decompression of DEFLATE data: raw (RFC 1951), zlib (RFC 1950) and gzip (RFC 1952, all members).
 * Input is a range of memory, output goes in pieces of at most 32 KB to a sink. Checksums and
 * lengths are verified. Any input is safe: it ends with an error, never with an access outside the
 * buffers, and never writes more than about 1,032 bytes for one of input.
 */
#ifndef _LIB_INFLATE_H
#define _LIB_INFLATE_H

#include <lib/types.h>

/* Where the output goes: embed it. A negative return of write() stops the work and is passed on. */
struct inflate_sink {
	int (*write)(struct inflate_sink *sink, const u8 *data, size_t len);
};

enum inflate_format {
	INFLATE_RAW,
	INFLATE_ZLIB,
	INFLATE_GZIP,
};

#define INFLATE_WINDOW 32768

/* Working memory, about 36 KB: the caller allocates it. Contents do not matter before the call. */
struct inflate_state {
	const u8 *in, *in_end, *in_start;
	u64 bits; /* the next bits, lowest first */
	unsigned int nbits; /* how many of them are valid */
	u32 pos; /* next byte of the window to write */
	u32 flushed; /* window bytes before this went to the sink */
	u64 total; /* bytes of output of this stream */
	u32 check; /* running CRC-32 or Adler-32 */
	enum inflate_format format;
	struct inflate_sink *sink;
	const char *error;
	u16 len_count[16], len_symbol[288]; /* literal/length code */
	u16 dist_count[16], dist_symbol[32]; /* distance code */
	u16 len_fast[512], dist_fast[64]; /* (symbol << 4 | bits) by the next bits; 0: slow path */
	u8 lengths[320];
	u8 window[INFLATE_WINDOW];
};

/*
 * Decompress [data, data + size). 0, or negative: -EINVAL with st->error saying what is wrong (its
 * place is st->in - st->in_start), or what the sink returned. On success st->in is just behind the
 * stream.
 */
int inflate(struct inflate_state *st, enum inflate_format format, const void *data, size_t size,
	    struct inflate_sink *sink);

/* True if @data starts like gzip. */
static inline bool inflate_is_gzip(const void *data, size_t size)
{
	const u8 *p = data;

	return size >= 18 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

#endif
