/* SPDX-License-Identifier: MIT */
/*
 * CONFIG_KASAN: every byte of kernel memory has an eighth of a byte of shadow that says whether it
 * may be touched; the compiler puts a check before each access. Allocators say here what becomes
 * accessible and what does not. Documentation/sanitizers.md has the picture.
 *
 * Shadow values: 0 all 8 bytes may be touched, 1..7 the first so many, others none (KASAN_*).
 */
#ifndef MM_KASAN_H
#define MM_KASAN_H

#include <lib/types.h>

struct kmem_cache;
struct page;

#define KASAN_GRANULE	      8ul
#define KASAN_STACK_LEFT      0xf1 /* these four and 0xf8 are the compiler's */
#define KASAN_STACK_MID	      0xf2
#define KASAN_STACK_RIGHT     0xf3
#define KASAN_STACK_PARTIAL   0xf4
#define KASAN_USE_AFTER_SCOPE 0xf8
#define KASAN_GLOBAL_REDZONE  0xf9
#define KASAN_ALLOCA_LEFT     0xca
#define KASAN_ALLOCA_RIGHT    0xcb
#define KASAN_SLAB_REDZONE    0xfc
#define KASAN_SLAB_FREE	      0xfb
#define KASAN_PAGE_REDZONE    0xfe
#define KASAN_PAGE_FREE	      0xff
#define KASAN_VMALLOC_REDZONE 0xf6

#if IS_ENABLED(CONFIG_KASAN)

/*
 * Boot, before anything that is instrumented runs: all of the shadow reads as 0 and may be
 * written (one page, everywhere). kernel_phys_base is set; the image is mapped.
 */
void kasan_early_init(void);
/* Boot, after arch_map_boot_memory(): true shadow for RAM and the image; checks begin. */
void kasan_init(void);

/* [addr, addr + size) of an area of kernel addresses gets shadow. 0 or -ENOMEM. May sleep. */
int kasan_populate(unsigned long addr, size_t size);
/* @addr is aligned to 8; the rest of the last granule is not accessible. Any context. */
void kasan_unpoison(const void *addr, size_t size);
void kasan_poison(const void *addr, size_t size, u8 value);
void kasan_alloc_pages(struct page *page, unsigned int order);
void kasan_free_pages(struct page *page, unsigned int order);

/* What instrumentation does not see (assembly); the access is reported if it is wrong. */
void kasan_check_read(const volatile void *addr, size_t size);
void kasan_check_write(volatile void *addr, size_t size);

/* For tests: reports between the two are counted instead of printed. */
void kasan_expect_begin(void);
unsigned int kasan_expect_end(void);

#else

static inline void kasan_early_init(void)
{
}
static inline void kasan_init(void)
{
}
static inline int kasan_populate(unsigned long addr, size_t size)
{
	return 0;
}
static inline void kasan_unpoison(const void *addr, size_t size)
{
}
static inline void kasan_poison(const void *addr, size_t size, u8 value)
{
}
static inline void kasan_alloc_pages(struct page *page, unsigned int order)
{
}
static inline void kasan_free_pages(struct page *page, unsigned int order)
{
}
static inline void kasan_check_read(const volatile void *addr, size_t size)
{
}
static inline void kasan_check_write(volatile void *addr, size_t size)
{
}

#endif

#endif
