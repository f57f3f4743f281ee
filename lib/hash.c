/* SPDX-License-Identifier: MIT */
/* Hashes of strings and of data. */
#include <lib/bitops.h>
#include <lib/byteorder.h>
#include <lib/hash.h>

/* The last @n (1 to 7) bytes as a zero-filled word, by loads that overlap. */
static u64 load_tail(const u8 *p, size_t n)
{
	if (n >= 4)
		return get_unaligned_le32(p) | (u64)get_unaligned_le32(p + n - 4) << (8 * (n - 4));
	if (n >= 2)
		return get_unaligned_le16(p) | (u64)get_unaligned_le16(p + n - 2) << (8 * (n - 2));
	return *p;
}

u32 full_name_hash(const void *salt, const char *name, size_t len)
{
	u64 hash = hash_name_init(salt);
	const u8 *p = (const u8 *)name;
	size_t n = len;

	for (; n >= 8; n -= 8, p += 8)
		hash = hash_name_mix(hash, get_unaligned_le64(p));
	if (n)
		hash = hash_name_mix(hash, load_tail(p, n));
	return hash_name_end(hash, len);
}

struct sip {
	u64 v0, v1, v2, v3;
};

static void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rol64(s->v1, 13) ^ s->v0;
	s->v3 = rol64(s->v3, 16) ^ s->v2;
	s->v0 = rol64(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rol64(s->v1, 17) ^ s->v2;
	s->v3 = rol64(s->v3, 21) ^ s->v0;
	s->v2 = rol64(s->v2, 32);
}

static struct sip sip_start(const siphash_key_t *key)
{
	return (struct sip){
		.v0 = 0x736f6d6570736575ULL ^ key->key[0],
		.v1 = 0x646f72616e646f6dULL ^ key->key[1],
		.v2 = 0x6c7967656e657261ULL ^ key->key[0],
		.v3 = 0x7465646279746573ULL ^ key->key[1],
	};
}

static void sip_word(struct sip *s, u64 m)
{
	s->v3 ^= m;
	sip_round(s);
	sip_round(s);
	s->v0 ^= m;
}

static u64 sip_end(struct sip *s, u64 last)
{
	sip_word(s, last);
	s->v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

u64 siphash(const void *data, size_t len, const siphash_key_t *key)
{
	struct sip s = sip_start(key);
	const u8 *p = data;
	size_t n = len;
	u64 last = (u64)len << 56;

	for (; n >= 8; n -= 8, p += 8)
		sip_word(&s, get_unaligned_le64(p));
	if (n)
		last |= load_tail(p, n);
	return sip_end(&s, last);
}

u64 siphash_1u64(u64 a, const siphash_key_t *key)
{
	struct sip s = sip_start(key);

	sip_word(&s, a);
	return sip_end(&s, 8ULL << 56);
}

u64 siphash_2u64(u64 a, u64 b, const siphash_key_t *key)
{
	struct sip s = sip_start(key);

	sip_word(&s, a);
	sip_word(&s, b);
	return sip_end(&s, 16ULL << 56);
}
