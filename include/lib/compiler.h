/* SPDX-License-Identifier: MIT */
/*
 * What the compiler and sparse are told through macros, and the small type-safe expressions that
 * everything else is written with. Needs nothing but the compiler.
 *
 * Sections: __init code and __initdata data are freed once boot is over; only other __init code may
 * refer to them. __initbss is __initdata that starts as zero: the image does not carry it.
 * __ro_after_init data is written during boot and read-only afterwards.
 */
#ifndef _LIB_COMPILER_H
#define _LIB_COMPILER_H

#include <stddef.h>

/* ---- sparse: address spaces, endian types, lock contexts ---- */
#ifdef __CHECKER__
#define __user		   __attribute__((noderef, address_space(__user)))
#define __iomem		   __attribute__((noderef, address_space(__iomem)))
#define __percpu	   __attribute__((noderef, address_space(__percpu)))
#define __rcu		   __attribute__((noderef, address_space(__rcu)))
#define __kernel	   __attribute__((address_space(0)))
#define __force		   __attribute__((force))
#define __nocast	   __attribute__((nocast))
#define __private	   __attribute__((noderef))
#define __must_hold(x)	   __attribute__((context(x, 1, 1)))
#define __acquires(x)	   __attribute__((context(x, 0, 1)))
#define __releases(x)	   __attribute__((context(x, 1, 0)))
#define __cond_acquires(x) __attribute__((context(x, 0, -1)))
#define __acquire(x)	   __context__(x, 1)
#define __release(x)	   __context__(x, -1)
#define __cond_lock(x, c)     \
	((c) ? ({             \
		__acquire(x); \
		1;            \
	}) :                  \
	       0)
#ifndef __bitwise
#define __bitwise __attribute__((bitwise))
#endif
#else
#define __user
#define __iomem
#define __percpu
#define __rcu
#define __kernel
#define __force
#define __nocast
#define __private
#define __must_hold(x)
#define __acquires(x)
#define __releases(x)
#define __cond_acquires(x)
#define __acquire(x)	  ((void)0)
#define __release(x)	  ((void)0)
#define __cond_lock(x, c) (c)
#ifndef __bitwise
#define __bitwise
#endif
#endif

/* ---- attributes ---- */
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define noinline	__attribute__((noinline))
#define __noreturn	__attribute__((noreturn))
#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
#define __section(s)	__attribute__((section(s)))
#define __used		__attribute__((used))
#define __maybe_unused	__attribute__((unused))
#define __weak		__attribute__((weak))
#define __alias(s)	__attribute__((alias(#s)))
#define __visible	__attribute__((visibility("default")))
#define __hidden	__attribute__((visibility("hidden")))
#define __must_check	__attribute__((warn_unused_result))
#define __printf(f, a)	__attribute__((format(printf, f, a)))
#define __malloc	__attribute__((malloc))
#define __cold		__attribute__((cold))
#define __hot		__attribute__((hot))
#define __pure		__attribute__((pure))
#define __const_fn	__attribute__((const))
#define __naked		__attribute__((naked))
#define __cleanup(fn)	__attribute__((cleanup(fn)))
#define __may_alias	__attribute__((may_alias))
#define fallthrough	__attribute__((fallthrough))

#if defined(__clang__)
#define __no_sanitize_address __attribute__((no_sanitize("address")))
#define __no_stack_protector  __attribute__((no_stack_protector))
#else
#define __no_sanitize_address __attribute__((no_sanitize_address))
#define __no_stack_protector  __attribute__((optimize("no-stack-protector")))
#endif

/* Inline; reads past the end of an object on purpose, which KASAN is not to see. */
#ifdef CONFIG_KASAN
#define __inline_unchecked __no_sanitize_address noinline __maybe_unused
#else
#define __inline_unchecked __always_inline
#endif

/* ---- sections ---- */
#define __init		__section(".init.text") __cold
#define __initdata	__section(".init.data")
#define __initbss	__section(".bss..init")
#define __initconst	__section(".init.rodata")
#define __ro_after_init __section(".data..ro_after_init")
#define __read_mostly	__section(".data..read_mostly")

/*
 * An entry of a table that the linker gathers in section @s (kernel/sections.lds.h). Entries come
 * in the order of the objects, which gcc would forget when it optimises the whole kernel.
 */
#ifdef __clang__
#define __table_entry(s) __used __section(s)
#else
#define __table_entry(s) __used __section(s) __attribute__((no_reorder))
#endif

/* ---- code generation ---- */
/* Inline with its arguments' constants for speed; one copy for all callers for size. */
#ifdef CONFIG_CC_OPTIMIZE_FOR_SIZE
#define __speed_inline noinline
#else
#define __speed_inline __always_inline
#endif
#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define unreachable() __builtin_unreachable()
#define barrier()     __asm__ __volatile__("" : : : "memory")
#define prefetch(p)   __builtin_prefetch(p)
#define prefetchw(p)  __builtin_prefetch(p, 1)

/* Make @var's value unknown to the optimiser at this point. */
#define OPTIMIZER_HIDE_VAR(var) __asm__("" : "+r"(var))

/*
 * One access, not torn, not repeated, not invented: for naturally aligned scalars that another CPU
 * or an interrupt may touch at the same time. They order nothing; see lib/atomic.h for
 * acquire/release.
 */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)                               \
	do {                                           \
		*(volatile __typeof__(x) *)&(x) = (v); \
	} while (0)

/* An intentional plain access to data that may change at any moment (statistics). */
#define data_race(expr) (expr)

/* ---- checks at compile time ---- */
#ifndef static_assert
#define static_assert(expr, ...) _Static_assert(expr, "" __VA_ARGS__ " (" #expr ")")
#endif
#define BUILD_BUG_ON(cond)	    _Static_assert(!(cond), "BUILD_BUG_ON: " #cond)
#define BUILD_BUG_ON_MSG(cond, msg) _Static_assert(!(cond), msg)
#define BUILD_BUG_ON_ZERO(e)	    ((int)sizeof(struct { int : (-!!(e)); }))

#define __same_type(a, b)	    __builtin_types_compatible_p(__typeof__(a), __typeof__(b))
#ifdef __CHECKER__
#define __must_be_array(a) 0
#else
#define __must_be_array(a) BUILD_BUG_ON_ZERO(__same_type((a), &(a)[0]))
#endif

/* ---- objects ---- */
#define ARRAY_SIZE(a)	    (sizeof(a) / sizeof((a)[0]) + __must_be_array(a))
#define sizeof_field(t, m)  (sizeof(((t *)0)->m))
#define offsetofend(t, m)   (offsetof(t, m) + sizeof_field(t, m))
#define typeof_member(t, m) __typeof__(((t *)0)->m)

/* The object of @type whose @member is at @ptr. */
#ifdef __CHECKER__
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#else
#define container_of(ptr, type, member)                                    \
	({                                                                 \
		_Static_assert(__same_type(*(ptr), ((type *)0)->member) || \
				       __same_type(*(ptr), void),          \
			       "pointer type mismatch in container_of()"); \
		(type *)((char *)(ptr)-offsetof(type, member));            \
	})
#endif

/* Size of @p with a flexible array @member of @n elements; SIZE_MAX when it overflows. */
#define struct_size(p, member, n)                                                      \
	({                                                                             \
		size_t _bytes;                                                         \
		(__builtin_mul_overflow((size_t)(n), sizeof(*(p)->member), &_bytes) || \
		 __builtin_add_overflow(_bytes, sizeof(*(p)), &_bytes)) ?              \
			(size_t)-1 :                                                   \
			_bytes;                                                        \
	})

#define check_add_overflow(a, b, res) __builtin_add_overflow(a, b, res)
#define check_sub_overflow(a, b, res) __builtin_sub_overflow(a, b, res)
#define check_mul_overflow(a, b, res) __builtin_mul_overflow(a, b, res)

/* ---- arithmetic ---- */

/*
 * min() and max() refuse to mix signed and unsigned operands, where C would silently compare
 * wrongly, except when one of them is a constant that is not negative. min_t() and max_t() convert
 * first. MIN() and MAX() are plain: constants only (array sizes).
 */
#ifdef __CHECKER__
#define __cmp_check(x, y) ((void)0)
#else
#define __is_signed(x) (((__typeof__(x))(-1)) < (__typeof__(x))1)
#define __is_ice(x)	(sizeof(int) == sizeof(*(8 ? ((void *)((long)(x)*0l)) : (int *)8)))
#define __nonneg_ice(x) (__builtin_choose_expr(__is_ice(x), (x), -1) >= 0)
#define __cmp_check(x, y)                                                                      \
	_Static_assert(__is_signed(x) == __is_signed(y) || __nonneg_ice(x) || __nonneg_ice(y), \
		       "min()/max() of signed and unsigned: use min_t()/max_t()")
#endif
#define __cmp_once(op, x, y)          \
	({                            \
		__cmp_check(x, y);    \
		__auto_type _x = (x); \
		__auto_type _y = (y); \
		_x op _y ? _x : _y;   \
	})
#define min(x, y)     __cmp_once(<, x, y)
#define max(x, y)     __cmp_once(>, x, y)
#define min3(x, y, z) min(min(x, y), z)
#define max3(x, y, z) max(max(x, y), z)
#define min_t(t, x, y)                 \
	({                             \
		t _tx = (x);           \
		t _ty = (y);           \
		_tx < _ty ? _tx : _ty; \
	})
#define max_t(t, x, y)                 \
	({                             \
		t _tx = (x);           \
		t _ty = (y);           \
		_tx > _ty ? _tx : _ty; \
	})
#define min_not_zero(x, y)                                         \
	({                                                         \
		__auto_type _nx = (x);                             \
		__auto_type _ny = (y);                             \
		_nx == 0 ? _ny : (_ny == 0 ? _nx : min(_nx, _ny)); \
	})
#define clamp(v, lo, hi)      min(max(v, lo), hi)
#define clamp_t(t, v, lo, hi) min_t(t, max_t(t, v, lo), hi)
#define MIN(x, y)	      ((x) < (y) ? (x) : (y))
#define MAX(x, y)	      ((x) > (y) ? (x) : (y))
#define abs(x)                         \
	({                             \
		__auto_type _ax = (x); \
		_ax < 0 ? -_ax : _ax;  \
	})
#define swap(a, b)                        \
	do {                              \
		__typeof__(a) _tmp = (a); \
		(a) = (b);                \
		(b) = _tmp;               \
	} while (0)

/* round_up/round_down/ALIGN: the boundary is a power of two. roundup/rounddown: any. */
#define __round_mask(x, y)	((__typeof__(x))((y)-1))
#define round_up(x, y)		((((x)-1) | __round_mask(x, y)) + 1)
#define round_down(x, y)	((x) & ~__round_mask(x, y))
#define ALIGN(x, a)		(((x) + __round_mask(x, a)) & ~__round_mask(x, a))
#define ALIGN_DOWN(x, a)	round_down(x, a)
#define PTR_ALIGN(p, a)		((__typeof__(p))ALIGN((unsigned long)(p), (unsigned long)(a)))
#define PTR_ALIGN_DOWN(p, a)	((__typeof__(p))ALIGN_DOWN((unsigned long)(p), (unsigned long)(a)))
#define IS_ALIGNED(x, a)	(((x)&__round_mask(x, a)) == 0)
#define DIV_ROUND_UP(n, d)	(((n) + (d)-1) / (d))
#define DIV_ROUND_CLOSEST(n, d) (((n) + (d) / 2) / (d))
#define roundup(x, y)		((((x) + (y)-1) / (y)) * (y))
#define rounddown(x, y)		((x) - ((x) % (y)))
#define is_power_of_2(n)                            \
	({                                          \
		__auto_type _pn = (n);              \
		_pn != 0 && (_pn & (_pn - 1)) == 0; \
	})

#define BIT(n)		   (1UL << (n))
#define BIT_ULL(n)	   (1ULL << (n))
#define BITS_PER_BYTE	   8
#define BITS_PER_LONG	   64
#define BITS_PER_LONG_LONG 64
/* Bits @h down to @l, both included. */
#define GENMASK(h, l)	  ((~0UL << (l)) & (~0UL >> (BITS_PER_LONG - 1 - (h))))
#define GENMASK_ULL(h, l) ((~0ULL << (l)) & (~0ULL >> (BITS_PER_LONG_LONG - 1 - (h))))
/* The field under a constant contiguous @mask. */
#define FIELD_GET(mask, reg)  (((reg) & (mask)) >> __builtin_ctzll(mask))
#define FIELD_PREP(mask, val) (((__typeof__(mask))(val) << __builtin_ctzll(mask)) & (mask))
#define upper_32_bits(n)      ((unsigned int)(((unsigned long long)(n)) >> 32))
#define lower_32_bits(n)      ((unsigned int)((n)&0xffffffffU))

#define U8_MAX		      ((unsigned char)~0U)
#define S8_MAX		      127
#define S8_MIN		      (-128)
#define U16_MAX		      ((unsigned short)~0U)
#define S16_MAX		      32767
#define S16_MIN		      (-32768)
#define U32_MAX		      (~0U)
#define S32_MAX		      ((int)(~0U >> 1))
#define S32_MIN		      (-S32_MAX - 1)
#define U64_MAX		      (~0ULL)
#define S64_MAX		      ((long long)(~0ULL >> 1))
#define S64_MIN		      (-S64_MAX - 1)
#define INT_MAX		      ((int)(~0U >> 1))
#define INT_MIN		      (-INT_MAX - 1)
#define UINT_MAX	      (~0U)
#define LONG_MAX	      ((long)(~0UL >> 1))
#define LONG_MIN	      (-LONG_MAX - 1)
#define ULONG_MAX	      (~0UL)
#define LLONG_MAX	      ((long long)(~0ULL >> 1))
#define LLONG_MIN	      (-LLONG_MAX - 1)
#define ULLONG_MAX	      (~0ULL)
#define SHRT_MAX	      32767
#define USHRT_MAX	      65535
#ifndef SIZE_MAX
#define SIZE_MAX (~(size_t)0)
#endif
#define SSIZE_MAX	    ((long)(SIZE_MAX >> 1))

#define SZ_1K		    0x400UL
#define SZ_2K		    0x800UL
#define SZ_4K		    0x1000UL
#define SZ_8K		    0x2000UL
#define SZ_16K		    0x4000UL
#define SZ_32K		    0x8000UL
#define SZ_64K		    0x10000UL
#define SZ_128K		    0x20000UL
#define SZ_256K		    0x40000UL
#define SZ_512K		    0x80000UL
#define SZ_1M		    0x100000UL
#define SZ_2M		    0x200000UL
#define SZ_4M		    0x400000UL
#define SZ_8M		    0x800000UL
#define SZ_16M		    0x1000000UL
#define SZ_32M		    0x2000000UL
#define SZ_64M		    0x4000000UL
#define SZ_128M		    0x8000000UL
#define SZ_256M		    0x10000000UL
#define SZ_512M		    0x20000000UL
#define SZ_1G		    0x40000000UL
#define SZ_2G		    0x80000000UL
#define SZ_4G		    0x100000000UL

#define __stringify_1(x...) #x
#define __stringify(x...)   __stringify_1(x)
#define __concat_1(a, b)    a##b
#define __concat(a, b)	    __concat_1(a, b)
#define __UNIQUE_ID(prefix) __concat(prefix, __COUNTER__)

#endif
