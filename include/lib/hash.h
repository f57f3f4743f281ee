/* SPDX-License-Identifier: MIT */
/*
 * Hash functions. hash_32/hash_64/hash_ptr spread integers over @bits bits (multiplicative
 * hashing, Knuth 6.4). hash_name is for dentry names. siphash is keyed (Aumasson and Bernstein
 * 2012, SipHash-2-4), for tables whose keys an attacker chooses.
 */
#ifndef _LIB_HASH_H
#define _LIB_HASH_H

#include <lib/types.h>

#define GOLDEN_RATIO_32 0x61c88647U
#define GOLDEN_RATIO_64 0x61c8864680b583ebULL

static __always_inline u32 hash_32(u32 val, unsigned int bits)
{
	return (val * GOLDEN_RATIO_32) >> (32 - bits);
}

static __always_inline u32 hash_64(u64 val, unsigned int bits)
{
	return (u32)((val * GOLDEN_RATIO_64) >> (64 - bits));
}

static __always_inline u32 hash_long(unsigned long val, unsigned int bits)
{
	return hash_64(val, bits);
}

static __always_inline u32 hash_ptr(const void *ptr, unsigned int bits)
{
	return hash_64((unsigned long)ptr, bits);
}

/*
 * The running state of a name hash: start with hash_name_init(), mix in words of 8 bytes, the last
 * one zero-filled, and finish with the length. full_name_hash() does it for a string in memory;
 * the path walk does the same while it looks for the end of the component.
 */
static __always_inline u64 hash_name_init(const void *salt)
{
	return (unsigned long)salt;
}

static __always_inline u64 hash_name_mix(u64 hash, u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 32);
}

static __always_inline u32 hash_name_end(u64 hash, size_t len)
{
	hash = (hash ^ len) * 0xff51afd7ed558ccdULL;
	return (u32)(hash >> 32);
}

/* Hash of @len bytes; reads no byte outside them. @salt is usually the parent dentry. */
u32 full_name_hash(const void *salt, const char *name, size_t len);

/*
 * Words of a path: has_zero_or() flags in the top bit of each byte whether that byte is NUL or
 * equals the byte repeated in @pattern; the lowest flag set is exact. Little-endian.
 */
#define REPEAT_BYTE(x) (0x0101010101010101ULL * (u8)(x))

static __always_inline u64 has_zero(u64 w)
{
	return (w - REPEAT_BYTE(0x01)) & ~w & REPEAT_BYTE(0x80);
}

static __always_inline u64 has_zero_or(u64 w, u64 pattern)
{
	return has_zero(w) | has_zero(w ^ pattern);
}

/* Bytes before the first flag. @flags is not 0. */
static __always_inline unsigned int zero_byte_index(u64 flags)
{
	return (unsigned int)__builtin_ctzll(flags) / 8;
}

/* Keeps the bytes before the first flag. @flags is not 0. */
static __always_inline u64 zero_byte_mask(u64 flags)
{
	return ((flags - 1) & ~flags) >> 7;
}

typedef struct {
	u64 key[2];
} siphash_key_t;

u64 siphash(const void *data, size_t len, const siphash_key_t *key);
u64 siphash_1u64(u64 a, const siphash_key_t *key);
u64 siphash_2u64(u64 a, u64 b, const siphash_key_t *key);

#endif
