/* SPDX-License-Identifier: MIT */
/*
 * Objects smaller than pages. A cache hands out objects of one size; kmalloc() picks one of a row
 * of caches.
 *
 * Interface / rules
 *   - allocate with a gfp (see gfp.h), free from any context but NMI; freeing NULL is fine
 *   - an object comes from this CPU's magazine (a small array of free objects): no lock, no touch
 *     of the slab's page
 *   - contents are undefined without __GFP_ZERO, but a cache with a constructor gives objects as
 *     the constructor, or their last user, left them
 *   - SLAB_TYPESAFE_BY_RCU: freed objects may be reused at once, but only as the same type until a
 *     grace period has passed
 *   - user copies into or out of an object must stay inside it (CONFIG_HARDENED_USERCOPY);
 *     kmem_cache_create_usercopy() narrows that to a window
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <stdarg.h>
#include <lib/types.h>
#include <lib/compiler.h>
#include <lib/string.h>
#include <mm/gfp.h>

struct kmem_cache;
struct seq_file;

#define SLAB_HWCACHE_ALIGN   ((__force slab_flags_t)0x01u)
#define SLAB_TYPESAFE_BY_RCU ((__force slab_flags_t)0x02u)
#define SLAB_PANIC	     ((__force slab_flags_t)0x04u) /* boot cannot go on without it */
#define SLAB_ACCOUNT	     ((__force slab_flags_t)0x00u)
#define SLAB_RECLAIM_ACCOUNT \
	((__force slab_flags_t)0x08u) /* counted as reclaimable (dentries, inodes) */
#define SLAB_NO_MAGAZINE \
	((__force slab_flags_t)0x10u) /* rarely used: keep no free objects per CPU */

#define ARCH_KMALLOC_MINALIGN 8

/* Largest kmalloc() that a cache serves; above it whole pages are used. */
#define KMALLOC_MAX_CACHE_SIZE 8192u
#define KMALLOC_MAX_SIZE       (1ul << 22)

/*
 * A new cache; @name must stay valid. @align 0: natural. @ctor runs once for each object when its
 * slab is made. NULL: no memory. May sleep.
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *));
struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size,
					      unsigned int align, slab_flags_t flags,
					      unsigned int useroffset, unsigned int usersize,
					      void (*ctor)(void *));
#define KMEM_CACHE(type, flags) \
	kmem_cache_create(#type, sizeof(struct type), __alignof__(struct type), (flags), NULL)
/* All objects are free. May sleep. */
void kmem_cache_destroy(struct kmem_cache *s);
/* Gives empty slabs and, on this CPU, magazines back. Returns pages freed. May sleep. */
unsigned long kmem_cache_shrink(struct kmem_cache *s);
unsigned int kmem_cache_size(const struct kmem_cache *s);

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp) __malloc;
void kmem_cache_free(struct kmem_cache *s, void *object);

static __always_inline void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	return kmem_cache_alloc(s, gfp | __GFP_ZERO);
}

/* ---- kmalloc ---- */

#define KMALLOC_NR_CACHES 13
extern struct kmem_cache *kmalloc_caches[KMALLOC_NR_CACHES];

/* 8 16 32 64 96 128 192 256 512 1024 2048 4096 8192 */
static __always_inline unsigned int kmalloc_index(size_t size)
{
	if (size <= 8)
		return 0;
	if (size <= 64)
		return size <= 16 ? 1 : size <= 32 ? 2 : 3;
	if (size <= 256)
		return size <= 96 ? 4 : size <= 128 ? 5 : size <= 192 ? 6 : 7;
	return 64 - __builtin_clzl(size - 1) - 1;
}

void *__kmalloc(size_t size, gfp_t gfp) __malloc;
void *kmalloc_large(size_t size, gfp_t gfp) __malloc;

/*
 * @size bytes, aligned to 8 (a power of two to itself, up to a page). @size 0 gives a unique
 * pointer that may only be freed.
 */
static __always_inline void *kmalloc(size_t size, gfp_t gfp)
{
	if (!IS_ENABLED(CONFIG_KASAN) && __builtin_constant_p(size) && size &&
	    size <= KMALLOC_MAX_CACHE_SIZE)
		return kmem_cache_alloc(kmalloc_caches[kmalloc_index(size)], gfp);
	return __kmalloc(size, gfp);
}

static __always_inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

static __always_inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return kmalloc(bytes, gfp);
}

static __always_inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

void kfree(const void *object);
/* Overwrites before freeing: for keys. */
void kfree_sensitive(const void *object);
/* Grows or shrinks; the old block stays valid when NULL is returned. @size 0 frees. */
void *krealloc(const void *object, size_t size, gfp_t gfp) __must_check;
/* Bytes that may be used at @object. */
size_t ksize(const void *object);

char *kstrdup(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t max, gfp_t gfp);
void *kmemdup(const void *src, size_t len, gfp_t gfp);
/* @len bytes and a NUL. */
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp);
char *kasprintf(gfp_t gfp, const char *fmt, ...) __printf(2, 3);
char *kvasprintf(gfp_t gfp, const char *fmt, va_list args);

/* @len bytes from user space and a NUL; ERR_PTR(-EFAULT, -ENOMEM). May sleep. */
void *memdup_user_nul(const void __user *src, size_t len);

/* kmalloc(), or vmalloc() if that needs more contiguous pages than there are. May sleep. */
void *kvmalloc(size_t size, gfp_t gfp) __malloc;
void kvfree(const void *object);
static __always_inline void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}
static __always_inline void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return kvmalloc(bytes, gfp);
}
static __always_inline void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kvmalloc_array(n, size, gfp | __GFP_ZERO);
}

/*
 * kfree_rcu(ptr, rcu): frees @ptr, a kmalloc() or kmem_cache object with a struct rcu_head member
 * @rcu, after a grace period. Any context.
 */
void kfree_call_rcu(struct rcu_head *head, void *object);
#define kfree_rcu(ptr, member)                                            \
	do {                                                              \
		__typeof__(ptr) _kr = (ptr);                              \
		BUILD_BUG_ON(offsetof(__typeof__(*_kr), member) >= 4096); \
		if (_kr)                                                  \
			kfree_call_rcu(&_kr->member, (void *)_kr);        \
	} while (0)

/* ---- for the curious ---- */

bool slab_is_available(void);
/* /proc/slabinfo: one line a cache; NULL m: nothing. */
void slab_show(struct seq_file *m);

/* memdup_user(), strndup_user() and the hardened-copy check are in <kernel/uaccess.h>. */

#endif
