/* SPDX-License-Identifier: MIT */
/* Private to mm/kasan/. Nothing here is instrumented: sanitize := n in the Makefile. */
#ifndef MM_KASAN_PRIVATE_H
#define MM_KASAN_PRIVATE_H

#include <arch/param.h>
#include <lib/types.h>
#include <mm/kasan.h>

#define KASAN_SHIFT	   3
#define KASAN_MEMORY_START PAGE_OFFSET
#define KASAN_SHADOW_START ((PAGE_OFFSET >> KASAN_SHIFT) + CONFIG_KASAN_SHADOW_OFFSET)
#define KASAN_SHADOW_END   ((1ul << (64 - KASAN_SHIFT)) + CONFIG_KASAN_SHADOW_OFFSET)

/* False until the shadow is true. Written once, by kasan_init(). */
extern bool kasan_enabled;

static inline u8 *kasan_shadow(const volatile void *addr)
{
	return (u8 *)(((unsigned long)addr >> KASAN_SHIFT) + CONFIG_KASAN_SHADOW_OFFSET);
}

/* The first byte of [addr, addr + size) that may not be touched; 0: all of it may. */
unsigned long kasan_first_bad(unsigned long addr, size_t size);
void kasan_report(unsigned long addr, size_t size, bool write, unsigned long pc);
/* A pointer that was given to kfree() and friends is not, or no longer, an object. */
void kasan_report_free(const struct kmem_cache *s, const void *object, unsigned long pc);

/* The functions behind the wrapped names (ld --wrap). */
void *__real_memset(void *s, int c, size_t n);
void *__real_memcpy(void *to, const void *from, size_t n);
void *__real_memmove(void *to, const void *from, size_t n);

#endif
