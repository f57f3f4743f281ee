/* SPDX-License-Identifier: MIT */
/* Tests of the object allocator. */
#include <kernel/kunit.h>
#include <kernel/rcupdate.h>
#include <kernel/smp.h>
#include <mm/page.h>
#include <mm/slab.h>

#include "internal.h"

#define OBJECTS 300

static void sizes(struct kunit *test)
{
	for (size_t size = 1; size <= 3 * KMALLOC_MAX_CACHE_SIZE; size += size < 300 ? 1 : 511) {
		char *p = kmalloc(size, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_GE(test, ksize(p), size);
		KUNIT_EXPECT_EQ(test, (unsigned long)p & 7, 0);
		if ((size & (size - 1)) == 0)
			KUNIT_EXPECT_EQ(test, (unsigned long)p & (min(size, (size_t)PAGE_SIZE) - 1),
					0);
		memset(p, 0x5a, size);
		kfree(p);
	}
	kfree(NULL);
	kfree(kmalloc(0, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, kmalloc_array(1ul << 40, 1ul << 40, GFP_KERNEL));
}

/* Objects of one random size never overlap. */
static void no_overlap(struct kunit *test)
{
	u32 **objs = kunit_kzalloc(test, OBJECTS * sizeof(*objs));
	size_t words = 2 + kunit_random(test) % 60;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (unsigned int round = 0; round < 4000; round++) {
		unsigned int i = kunit_random(test) % OBJECTS;

		if (!objs[i]) {
			objs[i] = kmalloc(words * sizeof(u32), GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, objs[i]);
			for (size_t w = 0; w < words; w++)
				objs[i][w] = i;
			continue;
		}
		for (size_t w = 0; w < words; w++)
			KUNIT_EXPECT_EQ(test, objs[i][w], i);
		kfree(objs[i]);
		objs[i] = NULL;
	}
	for (unsigned int i = 0; i < OBJECTS; i++)
		kfree(objs[i]);
}

struct constructed {
	u64 magic, scratch[5];
};

static void construct(void *object)
{
	((struct constructed *)object)->magic = 0x600dcafe;
}

static void constructor(struct kunit *test)
{
	struct kmem_cache *s =
		kmem_cache_create("test_ctor", sizeof(struct constructed), 0, 0, construct);
	struct constructed *objs[OBJECTS];

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < OBJECTS; i++) {
			objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, objs[i]);
			KUNIT_EXPECT_EQ(test, objs[i]->magic, 0x600dcafe);
			memset(objs[i]->scratch, 0xff, sizeof(objs[i]->scratch));
		}
		for (unsigned int i = 0; i < OBJECTS; i++)
			kmem_cache_free(s, objs[i]);
	}
	kmem_cache_destroy(s);
}

/* After everything is freed and the cache shrunk, its pages are gone: destroying it is clean. */
static void shrinks_to_nothing(struct kunit *test)
{
	struct kmem_cache *s = kmem_cache_create("test_shrink", 200, 0, SLAB_HWCACHE_ALIGN, NULL);
	void *objs[OBJECTS];

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (unsigned int i = 0; i < OBJECTS; i++) {
		objs[i] = kmem_cache_zalloc(s, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		KUNIT_EXPECT_EQ(test, (unsigned long)objs[i] & 63, 0);
		KUNIT_EXPECT_NULL(test, memchr_inv(objs[i], 0, 200));
		memset(objs[i], 0xee, 200);
	}
	for (unsigned int i = 0; i < OBJECTS; i++)
		kmem_cache_free(s, objs[(i * 7) % OBJECTS]);
	kmem_cache_shrink(s);
	KUNIT_EXPECT_EQ(test, kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}

struct exchange {
	struct kmem_cache *cache;
	void *objs[OBJECTS];
};

static void free_all(void *arg)
{
	struct exchange *x = arg;

	for (unsigned int i = 0; i < OBJECTS; i++)
		kmem_cache_free(x->cache, x->objs[i]);
}

/*
 * What one CPU allocates another frees: no object is handed out twice on its way through the
 * depot, and after a shrink none is left there.
 */
static void freed_elsewhere(struct kunit *test)
{
	struct exchange *x = kunit_kzalloc(test, sizeof(*x));
	unsigned int cpu;

	KUNIT_ASSERT_NOT_NULL(test, x);
	x->cache = kmem_cache_create("test_depot", 128, 0, 0, NULL);
	KUNIT_ASSERT_NOT_NULL(test, x->cache);
	for (unsigned int round = 0; round < 40; round++) {
		for (unsigned int i = 0; i < OBJECTS; i++) {
			x->objs[i] = kmem_cache_alloc(x->cache, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, x->objs[i]);
			*(unsigned int *)x->objs[i] = i;
		}
		for (unsigned int i = 0; i < OBJECTS; i++)
			KUNIT_EXPECT_EQ(test, *(unsigned int *)x->objs[i], i);
		cpu = round % num_online_cpus();
		smp_call_function_single(cpu, free_all, x, true);
	}
	slab_shrink_all();
	KUNIT_EXPECT_EQ(test, kmem_cache_shrink(x->cache), 0);
	kmem_cache_destroy(x->cache);
}

static void reallocation(struct kunit *test)
{
	char *p = krealloc(NULL, 10, GFP_KERNEL), *q;

	KUNIT_ASSERT_NOT_NULL(test, p);
	memcpy(p, "012345678", 10);
	for (size_t size = 20; size < 40000; size *= 2) {
		q = krealloc(p, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, q);
		p = q;
		KUNIT_EXPECT_STREQ(test, p, "012345678");
	}
	p = krealloc(p, 10, GFP_KERNEL);
	KUNIT_EXPECT_STREQ(test, p, "012345678");
	KUNIT_EXPECT_NULL(test, krealloc(p, 0, GFP_KERNEL));
}

struct rcu_object {
	char before[100];
	struct rcu_head rcu;
	char after[50];
};

static void rcu_free(struct kunit *test)
{
	for (unsigned int i = 0; i < 100; i++) {
		struct rcu_object *p = kzalloc(sizeof(*p), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		kfree_rcu(p, rcu);
	}
	rcu_barrier();
}

static void strings(struct kunit *test)
{
	char *s = kstrdup("hello", GFP_KERNEL), *t = kstrndup("hello", 3, GFP_KERNEL);
	char *f = kasprintf(GFP_KERNEL, "%d-%s", 42, "x");

	KUNIT_EXPECT_STREQ(test, s, "hello");
	KUNIT_EXPECT_STREQ(test, t, "hel");
	KUNIT_EXPECT_STREQ(test, f, "42-x");
	KUNIT_EXPECT_NULL(test, kstrdup(NULL, GFP_KERNEL));
	kfree(s);
	kfree(t);
	kfree_sensitive(f);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(sizes),
	KUNIT_CASE(no_overlap),
	KUNIT_CASE(constructor),
	KUNIT_CASE(shrinks_to_nothing),
	KUNIT_CASE(reallocation),
	KUNIT_CASE(rcu_free),
	KUNIT_CASE(strings),
	KUNIT_CASE(freed_elsewhere),
	{},
};
KUNIT_SUITE(slab, cases);
