/* SPDX-License-Identifier: MIT */
/*
 * DEFLATE decoder.
 *
 * Huffman codes are canonical (RFC 1951, 3.2.2): the number of codes of each length and the
 * symbols in order of code describe one. Decoding takes the next bits to a table of all prefixes
 * of FAST bits; codes that are longer go bit by bit through the counts. A code that is incomplete
 * has entries that lead nowhere: using one is an error; a code with too many entries is refused
 * when it is built.
 *
 * Output goes to a 32 KB ring, the window that matches refer to; whenever it is full it goes to
 * the sink.
 */
#include <lib/byteorder.h>
#include <lib/crc32.h>
#include <lib/errno.h>
#include <lib/inflate.h>
#include <lib/string.h>

#define LEN_FAST     9
#define DIST_FAST    6
#define MAX_BITS     15
#define WINDOW_MASK  (INFLATE_WINDOW - 1)
#define END_OF_BLOCK 256
#define ADLER_BASE   65521

/* A code: what build() makes and decode() uses. */
struct code {
	u16 *count; /* [length]: how many codes have it */
	u16 *symbol; /* in order of code */
	u16 *fast; /* by the next bits: symbol << 4 | length; 0: longer, or none */
	unsigned int fast_bits;
};

static struct code len_code(struct inflate_state *st)
{
	return (struct code){st->len_count, st->len_symbol, st->len_fast, LEN_FAST};
}

static struct code dist_code(struct inflate_state *st)
{
	return (struct code){st->dist_count, st->dist_symbol, st->dist_fast, DIST_FAST};
}

static int fail(struct inflate_state *st, const char *what)
{
	st->error = what;
	return -EINVAL;
}

/* ---- bits ---- */

/* At least 56 bits, or all that is left. */
static __always_inline void refill(struct inflate_state *st)
{
	if (likely(st->in_end - st->in >= 8)) {
		st->bits |= get_unaligned_le64(st->in) << st->nbits;
		st->in += (63 - st->nbits) >> 3;
		st->nbits |= 56;
		return;
	}
	while (st->nbits < 56 && st->in < st->in_end) {
		st->bits |= (u64)*st->in++ << st->nbits;
		st->nbits += 8;
	}
}

static __always_inline void drop(struct inflate_state *st, unsigned int n)
{
	st->bits >>= n;
	st->nbits -= n;
}

/* The next @n <= 16 bits, or -EINVAL at the end of the input. */
static int get_bits(struct inflate_state *st, unsigned int n)
{
	int v;

	if (st->nbits < n)
		refill(st);
	if (st->nbits < n)
		return fail(st, "truncated data");
	v = (int)(st->bits & ((1U << n) - 1));
	drop(st, n);
	return v;
}

/* Back to a byte boundary, unused whole bytes back to the input. */
static void align_to_byte(struct inflate_state *st)
{
	drop(st, st->nbits & 7);
	st->in -= st->nbits / 8;
	st->bits = 0;
	st->nbits = 0;
}

/* ---- output ---- */

static u32 adler32(u32 adler, const u8 *p, size_t n)
{
	u32 a = adler & 0xffff, b = adler >> 16;

	while (n) {
		size_t k = min(n, 5552); /* as many as keep b in 32 bits */

		n -= k;
		while (k--) {
			a += *p++;
			b += a;
		}
		a %= ADLER_BASE;
		b %= ADLER_BASE;
	}
	return b << 16 | a;
}

/* Hand [flushed, pos) of the window to the sink. */
static int flush(struct inflate_state *st)
{
	const u8 *data = st->window + st->flushed;
	size_t len = st->pos - st->flushed;
	int ret;

	if (!len)
		return 0;
	if (st->format == INFLATE_GZIP)
		st->check = ~crc32_le(~st->check, data, len);
	else if (st->format == INFLATE_ZLIB)
		st->check = adler32(st->check, data, len);
	st->total += len;
	st->pos &= WINDOW_MASK;
	st->flushed = st->pos;
	ret = st->sink->write(st->sink, data, len);
	return ret < 0 ? ret : 0;
}

/* Bytes a match may reach back. */
static u64 history(const struct inflate_state *st)
{
	return st->total + (st->pos - st->flushed);
}

/* Copy @len bytes from @dist bytes back; they may overlap. */
static int put_match(struct inflate_state *st, u32 dist, u32 len)
{
	while (len) {
		u32 from = (st->pos - dist) & WINDOW_MASK;
		u32 n = min3(len, INFLATE_WINDOW - st->pos, INFLATE_WINDOW - from);
		u8 *to = st->window + st->pos, *src = st->window + from;
		u32 i = 0;

		len -= n;
		st->pos += n;
		/* Eight at once never read what they have yet to write: dist is 8 or more. */
		for (; dist >= 8 && i + 8 <= n; i += 8)
			put_unaligned_le64(get_unaligned_le64(src + i), to + i);
		for (; i < n; i++)
			to[i] = src[i];
		if (st->pos == INFLATE_WINDOW) {
			int ret = flush(st);

			if (ret)
				return ret;
		}
	}
	return 0;
}

/* ---- codes ---- */

/* Fill the fast table: every index whose low bits are the (reversed) code of @symbol. */
static void fill_fast(struct code c, unsigned int code, unsigned int len, unsigned int symbol)
{
	unsigned int reversed = 0;

	for (unsigned int i = 0; i < len; i++)
		reversed |= (code >> i & 1) << (len - 1 - i);
	for (; reversed < 1U << c.fast_bits; reversed += 1U << len)
		c.fast[reversed] = (u16)(symbol << 4 | len);
}

/*
 * Make the code whose symbols have these @lengths (0: unused). -EINVAL if there are too many
 * codes.
 */
static int build(struct code c, const u8 *lengths, unsigned int n)
{
	u16 offset[MAX_BITS + 1], next[MAX_BITS + 1];
	unsigned int i, len, code = 0;
	int left = 1;

	memset(c.count, 0, (MAX_BITS + 1) * sizeof(u16));
	memset(c.fast, 0, sizeof(u16) << c.fast_bits);
	for (i = 0; i < n; i++)
		c.count[lengths[i]]++;
	c.count[0] = 0;
	offset[1] = 0;
	for (len = 1; len <= MAX_BITS; len++) {
		left = 2 * left - c.count[len];
		if (left < 0)
			return -EINVAL;
		next[len] = (u16)code;
		code = (code + c.count[len]) << 1;
		if (len < MAX_BITS)
			offset[len + 1] = offset[len] + c.count[len];
	}
	for (i = 0; i < n; i++) {
		len = lengths[i];
		if (!len)
			continue;
		c.symbol[offset[len]++] = (u16)i;
		if (len <= c.fast_bits)
			fill_fast(c, next[len], len, i);
		next[len]++;
	}
	return 0;
}

/* Bit by bit: longer codes, and the end of the input. */
static noinline int decode_slow(struct inflate_state *st, struct code c)
{
	int code = 0, first = 0, index = 0;

	for (unsigned int len = 1; len <= MAX_BITS; len++) {
		int count = c.count[len];

		if (len > st->nbits)
			return fail(st, "truncated data");
		code |= (int)(st->bits >> (len - 1) & 1);
		if (code - count < first) {
			drop(st, len);
			return c.symbol[index + (code - first)];
		}
		index += count;
		first = (first + count) << 1;
		code <<= 1;
	}
	return fail(st, "bits that are no code");
}

/* The next symbol. Needs 15 bits in the buffer, unless the input ends. */
static __always_inline int decode(struct inflate_state *st, struct code c)
{
	unsigned int entry = c.fast[st->bits & ((1U << c.fast_bits) - 1)];
	unsigned int len = entry & 15;

	if (unlikely(!entry || len > st->nbits))
		return decode_slow(st, c);
	drop(st, len);
	return (int)(entry >> 4);
}

/* ---- blocks ---- */

static int stored_block(struct inflate_state *st)
{
	size_t len;

	align_to_byte(st);
	if (st->in_end - st->in < 4)
		return fail(st, "truncated data");
	len = get_unaligned_le16(st->in);
	if (len != (u16)~get_unaligned_le16(st->in + 2))
		return fail(st, "stored block with a bad length");
	st->in += 4;
	if ((size_t)(st->in_end - st->in) < len)
		return fail(st, "truncated data");
	while (len) {
		size_t n = min(len, (size_t)(INFLATE_WINDOW - st->pos));

		memcpy(st->window + st->pos, st->in, n);
		st->in += n;
		st->pos += (u32)n;
		len -= n;
		if (st->pos == INFLATE_WINDOW) {
			int ret = flush(st);

			if (ret)
				return ret;
		}
	}
	return 0;
}

/* Base values and extra bits of the length symbols from 257 and of the distance symbols. */
static const u16 len_base[29] = {3,  4,	 5,  6,	 7,  8,	 9,  10, 11,  13,  15,	17,  19,  23, 27,
				 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const u8 len_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
				 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const u16 dist_base[30] = {1,	2,    3,    4,	  5,	7,    9,    13,	   17,	  25,
				  33,	49,   65,   97,	  129,	193,  257,  385,   513,	  769,
				  1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};

/* The distance and the copy that follow length symbol @symbol. */
static int match(struct inflate_state *st, int symbol)
{
	int extra, len, dist;

	symbol -= END_OF_BLOCK + 1;
	if (symbol >= 29)
		return fail(st, "bad length symbol");
	extra = get_bits(st, len_extra[symbol]);
	if (extra < 0)
		return extra;
	len = len_base[symbol] + extra;
	refill(st);
	symbol = decode(st, dist_code(st));
	if (symbol < 0)
		return symbol;
	if (symbol >= 30)
		return fail(st, "bad distance symbol");
	extra = get_bits(st, symbol < 2 ? 0 : (unsigned int)symbol / 2 - 1);
	if (extra < 0)
		return extra;
	dist = dist_base[symbol] + extra;
	if ((u64)dist > history(st))
		return fail(st, "distance reaches before the start");
	return put_match(st, (u32)dist, (u32)len);
}

static int compressed_block(struct inflate_state *st)
{
	int ret = 0;

	while (!ret) {
		int symbol;

		if (st->nbits < 32)
			refill(st);
		symbol = decode(st, len_code(st));
		if (symbol < 0 || symbol == END_OF_BLOCK)
			return symbol < 0 ? symbol : 0;
		if (symbol > END_OF_BLOCK) {
			ret = match(st, symbol);
			continue;
		}
		st->window[st->pos++] = (u8)symbol;
		if (st->pos == INFLATE_WINDOW)
			ret = flush(st);
	}
	return ret;
}

static int fixed_block(struct inflate_state *st)
{
	u8 *l = st->lengths;

	memset(l, 8, 144);
	memset(l + 144, 9, 112);
	memset(l + 256, 7, 24);
	memset(l + 280, 8, 8);
	memset(l + 288, 5, 30);
	build(len_code(st), l, 288);
	build(dist_code(st), l + 288, 30);
	return compressed_block(st);
}

/*
 * The lengths of both codes, themselves compressed with a third one (which borrows the distance
 * tables).
 */
static int read_lengths(struct inflate_state *st, unsigned int total)
{
	unsigned int n = 0;

	while (n < total) {
		int symbol, repeat;
		u8 value = 0;

		refill(st);
		symbol = decode(st, dist_code(st));
		if (symbol < 0)
			return symbol;
		if (symbol < 16) {
			st->lengths[n++] = (u8)symbol;
			continue;
		}
		if (symbol == 16 && !n)
			return fail(st, "repeats a length before the first");
		if (symbol == 16)
			value = st->lengths[n - 1];
		repeat = get_bits(st, symbol == 16 ? 2 : symbol == 17 ? 3 : 7);
		if (repeat < 0)
			return repeat;
		repeat += symbol == 18 ? 11 : 3;
		if (n + (unsigned int)repeat > total)
			return fail(st, "too many code lengths");
		memset(st->lengths + n, value, (size_t)repeat);
		n += (unsigned int)repeat;
	}
	return 0;
}

static int dynamic_block(struct inflate_state *st)
{
	static const u8 order[19] = {16, 17, 18, 0, 8,	7, 9,  6, 10, 5,
				     11, 4,  12, 3, 13, 2, 14, 1, 15};
	int nlen, ndist, ncode, i, ret;
	u8 code_lengths[19] = {0};

	nlen = get_bits(st, 5);
	ndist = get_bits(st, 5);
	ncode = get_bits(st, 4);
	if (nlen < 0 || ndist < 0 || ncode < 0)
		return -EINVAL;
	nlen += 257;
	ndist += 1;
	if (nlen > 286 || ndist > 30)
		return fail(st, "too many symbols");
	for (i = 0; i < ncode + 4; i++) {
		int len = get_bits(st, 3);

		if (len < 0)
			return len;
		code_lengths[order[i]] = (u8)len;
	}
	if (build(dist_code(st), code_lengths, 19))
		return fail(st, "bad code length code");
	ret = read_lengths(st, (unsigned int)(nlen + ndist));
	if (ret)
		return ret;
	if (!st->lengths[END_OF_BLOCK])
		return fail(st, "no end-of-block code");
	if (build(len_code(st), st->lengths, (unsigned int)nlen))
		return fail(st, "bad literal code");
	if (build(dist_code(st), st->lengths + nlen, (unsigned int)ndist))
		return fail(st, "bad distance code");
	return compressed_block(st);
}

/* One DEFLATE stream, up to and with its last block. */
static int inflate_blocks(struct inflate_state *st)
{
	int last, type, ret;

	st->bits = 0;
	st->nbits = 0;
	st->pos = 0;
	st->flushed = 0;
	st->total = 0;
	do {
		last = get_bits(st, 1);
		type = get_bits(st, 2);
		if (last < 0 || type < 0)
			return -EINVAL;
		if (type == 0)
			ret = stored_block(st);
		else if (type == 1)
			ret = fixed_block(st);
		else if (type == 2)
			ret = dynamic_block(st);
		else
			ret = fail(st, "bad block type");
		if (ret)
			return ret;
	} while (!last);
	align_to_byte(st);
	return flush(st);
}

/* ---- containers ---- */

static int skip_string(struct inflate_state *st)
{
	const u8 *nul = memchr(st->in, 0, (size_t)(st->in_end - st->in));

	if (!nul)
		return fail(st, "truncated gzip header");
	st->in = nul + 1;
	return 0;
}

static int gzip_header(struct inflate_state *st)
{
	enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xe0 };
	const u8 *p = st->in;
	int flags, ret = 0;

	if (st->in_end - p < 18)
		return fail(st, "truncated gzip header");
	if (p[0] != 0x1f || p[1] != 0x8b || p[2] != 8)
		return fail(st, "not gzip data");
	flags = p[3];
	if (flags & RESERVED)
		return fail(st, "unknown gzip flags");
	st->in += 10;
	if (flags & FEXTRA) {
		size_t len = 2U + get_unaligned_le16(st->in);

		if ((size_t)(st->in_end - st->in) < len)
			return fail(st, "truncated gzip header");
		st->in += len;
	}
	if (flags & FNAME)
		ret = skip_string(st);
	if (!ret && (flags & FCOMMENT))
		ret = skip_string(st);
	if (!ret && (flags & FHCRC)) {
		if (st->in_end - st->in < 2)
			return fail(st, "truncated gzip header");
		st->in += 2;
	}
	return ret;
}

static int gzip_member(struct inflate_state *st)
{
	int ret = gzip_header(st);

	st->check = 0;
	if (!ret)
		ret = inflate_blocks(st);
	if (ret)
		return ret;
	if (st->in_end - st->in < 8)
		return fail(st, "truncated gzip trailer");
	if (get_unaligned_le32(st->in) != st->check)
		return fail(st, "checksum does not match");
	if (get_unaligned_le32(st->in + 4) != (u32)st->total)
		return fail(st, "length does not match");
	st->in += 8;
	return 0;
}

static int zlib_stream(struct inflate_state *st)
{
	const u8 *p = st->in;
	int ret;

	if (st->in_end - p < 2)
		return fail(st, "truncated zlib header");
	if ((p[0] & 15) != 8 || p[0] >> 4 > 7 || (p[0] << 8 | p[1]) % 31 || (p[1] & 0x20))
		return fail(st, "not zlib data");
	st->in += 2;
	st->check = 1;
	ret = inflate_blocks(st);
	if (ret)
		return ret;
	if (st->in_end - st->in < 4)
		return fail(st, "truncated zlib trailer");
	if (get_unaligned_be32(st->in) != st->check)
		return fail(st, "checksum does not match");
	st->in += 4;
	return 0;
}

int inflate(struct inflate_state *st, enum inflate_format format, const void *data, size_t size,
	    struct inflate_sink *sink)
{
	int ret;

	st->in = st->in_start = data;
	st->in_end = st->in + size;
	st->format = format;
	st->sink = sink;
	st->error = NULL;
	if (format == INFLATE_RAW)
		return inflate_blocks(st);
	if (format == INFLATE_ZLIB)
		return zlib_stream(st);
	do {
		ret = gzip_member(st);
	} while (!ret && inflate_is_gzip(st->in, (size_t)(st->in_end - st->in)));
	return ret;
}
