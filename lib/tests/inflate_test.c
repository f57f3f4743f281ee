/* SPDX-License-Identifier: MIT */
/* The DEFLATE decoder on what zlib made, and on the same damaged in every way. */
#include <lib/byteorder.h>
#include <lib/crc32.h>
#include <lib/errno.h>
#include <lib/inflate.h>
#include "host.h"
#include "inflate_vectors.h"

struct counter {
	struct inflate_sink sink;
	u64 total;
	u32 crc;
	int fail_after; /* writes; -1: never */
};

static int count(struct inflate_sink *sink, const u8 *data, size_t len)
{
	struct counter *c = container_of(sink, struct counter, sink);

	if (c->fail_after >= 0 && c->fail_after-- == 0)
		return -EIO;
	EXPECT(len && len <= INFLATE_WINDOW);
	c->total += len;
	c->crc = crc32_le(c->crc, data, len);
	return 0;
}

static int run(struct inflate_state *st, struct counter *c, enum inflate_format format,
	       const void *data, size_t size)
{
	*c = (struct counter){.sink.write = count, .crc = ~0U, .fail_after = -1};
	return inflate(st, format, data, size, &c->sink);
}

static void test_vectors(void)
{
	struct inflate_state *st = malloc(sizeof(*st));
	struct counter c;

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct vector *v = &vectors[i];
		u8 *data = exact_copy(v->data, v->size);

		rnd_bytes(st, sizeof(*st));
		EXPECT_EQ(run(st, &c, v->format, data, v->size), 0);
		EXPECT_EQ(c.total, v->out_size);
		EXPECT_EQ(~c.crc, v->crc);
		EXPECT(st->in == data + v->size);
		if (host_failed)
			printf("    # vector %s: %s\n", v->name, st->error ? st->error : "");
		free(data);
	}
	free(st);
}

/* Cut at every byte (large ones: at some): always an error with a reason. */
static void test_truncated(void)
{
	struct inflate_state *st = malloc(sizeof(*st));
	struct counter c;

	for (size_t i = 0; i < ARRAY_SIZE(vectors) && !host_failed; i++) {
		const struct vector *v = &vectors[i];
		size_t step = 1 + v->size / 200;

		for (size_t n = 0; n < v->size; n += 1 + below((u32)step)) {
			u8 *data = exact_copy(v->data, n);

			EXPECT_EQ(run(st, &c, v->format, data, n), -EINVAL);
			EXPECT(st->error);
			free(data);
		}
	}
	free(st);
}

/* Flipped bits: with a checksum no wrong output is accepted; without one nothing breaks. */
static void test_corrupt(void)
{
	struct inflate_state *st = malloc(sizeof(*st));
	struct counter c;

	for (int i = 0; i < 4000 && !host_failed; i++) {
		const struct vector *v = &vectors[below(ARRAY_SIZE(vectors))];
		u8 *data = exact_copy(v->data, v->size);
		int ret;

		for (u32 k = below(3) + 1; k; k--)
			data[below((u32)v->size)] ^= 1U << below(8);
		ret = run(st, &c, v->format, data, v->size);
		EXPECT(ret == 0 || (ret == -EINVAL && st->error));
		EXPECT(c.total <= v->size * 1100 + 1100);
		if (!ret && v->format != INFLATE_RAW)
			EXPECT(c.total == v->out_size && ~c.crc == v->crc);
		free(data);
	}
	free(st);
}

static void test_noise(void)
{
	struct inflate_state *st = malloc(sizeof(*st));
	struct counter c;

	for (int i = 0; i < 20000; i++) {
		size_t n = below(300);
		u8 *data = malloc(n + 1);

		rnd_bytes(data, n);
		if (n > 1)
			data[0] = (data[0] & ~6) | 4; /* mostly dynamic blocks */
		run(st, &c, INFLATE_RAW, data, n);
		free(data);
	}
	free(st);
}

static void test_sink_error(void)
{
	struct inflate_state *st = malloc(sizeof(*st));
	struct counter c = {.sink.write = count, .fail_after = 0};

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		c.fail_after = 0;
		if (vectors[i].out_size)
			EXPECT_EQ(inflate(st, vectors[i].format, vectors[i].data, vectors[i].size,
					  &c.sink),
				  -EIO);
	}
	free(st);
}

/* Two gzip members make one stream. */
static void test_members(void)
{
	struct inflate_state *st = malloc(sizeof(*st));
	const struct vector *v = NULL;
	struct counter c;
	u8 *both;

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		if (vectors[i].format == INFLATE_GZIP && vectors[i].out_size > 1000)
			v = &vectors[i];
	}
	both = malloc(2 * v->size);
	memcpy(both, v->data, v->size);
	memcpy(both + v->size, v->data, v->size);
	EXPECT_EQ(run(st, &c, INFLATE_GZIP, both, 2 * v->size), 0);
	EXPECT_EQ(c.total, 2 * v->out_size);
	free(both);
	free(st);
}

HOST_SUITE("inflate", CASE(test_vectors), CASE(test_truncated), CASE(test_corrupt),
	   CASE(test_noise), CASE(test_sink_error), CASE(test_members))
