/* SPDX-License-Identifier: MIT */
/*
 * Byte order. Both architectures are little-endian: the le forms are casts that sparse checks.
 * get_unaligned_*()/put_unaligned_*() read and write at any address.
 */
#ifndef _LIB_BYTEORDER_H
#define _LIB_BYTEORDER_H

#include <lib/types.h>

#define swab16(x)	 __builtin_bswap16(x)
#define swab32(x)	 __builtin_bswap32(x)
#define swab64(x)	 __builtin_bswap64(x)

#define cpu_to_le16(x)	 ((__force __le16)(u16)(x))
#define cpu_to_le32(x)	 ((__force __le32)(u32)(x))
#define cpu_to_le64(x)	 ((__force __le64)(u64)(x))
#define le16_to_cpu(x)	 ((__force u16)(__le16)(x))
#define le32_to_cpu(x)	 ((__force u32)(__le32)(x))
#define le64_to_cpu(x)	 ((__force u64)(__le64)(x))
#define cpu_to_be16(x)	 ((__force __be16)swab16((u16)(x)))
#define cpu_to_be32(x)	 ((__force __be32)swab32((u32)(x)))
#define cpu_to_be64(x)	 ((__force __be64)swab64((u64)(x)))
#define be16_to_cpu(x)	 swab16((__force u16)(__be16)(x))
#define be32_to_cpu(x)	 swab32((__force u32)(__be32)(x))
#define be64_to_cpu(x)	 swab64((__force u64)(__be64)(x))

#define le16_to_cpup(p)	 le16_to_cpu(*(p))
#define le32_to_cpup(p)	 le32_to_cpu(*(p))
#define le64_to_cpup(p)	 le64_to_cpu(*(p))
#define be16_to_cpup(p)	 be16_to_cpu(*(p))
#define be32_to_cpup(p)	 be32_to_cpu(*(p))
#define be64_to_cpup(p)	 be64_to_cpu(*(p))

#define htons(x)	 cpu_to_be16(x)
#define htonl(x)	 cpu_to_be32(x)
#define ntohs(x)	 be16_to_cpu(x)
#define ntohl(x)	 be32_to_cpu(x)

#define get_unaligned(p) (((const struct { __typeof__(*(p)) v; } __packed __may_alias *)(p))->v)
#define put_unaligned(val, p) \
	(((struct { __typeof__(*(p)) v; } __packed __may_alias *)(p))->v = (val))

#define __DEFINE_UNALIGNED(name, type, to_cpu, to_disk)                   \
	static __always_inline type get_unaligned_##name(const void *p)   \
	{                                                                 \
		type v;                                                   \
		__builtin_memcpy(&v, p, sizeof(v));                       \
		return to_cpu(v);                                         \
	}                                                                 \
	static __always_inline void put_unaligned_##name(type v, void *p) \
	{                                                                 \
		v = to_disk(v);                                           \
		__builtin_memcpy(p, &v, sizeof(v));                       \
	}

__DEFINE_UNALIGNED(le16, u16, , )
__DEFINE_UNALIGNED(le32, u32, , )
__DEFINE_UNALIGNED(le64, u64, , )
__DEFINE_UNALIGNED(be16, u16, swab16, swab16)
__DEFINE_UNALIGNED(be32, u32, swab32, swab32)
__DEFINE_UNALIGNED(be64, u64, swab64, swab64)
#undef __DEFINE_UNALIGNED

#endif
