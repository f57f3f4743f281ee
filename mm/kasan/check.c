/* SPDX-License-Identifier: MIT */
/*
 * What instrumented code calls: a check before each access, the registration of globals, and the
 * marking of stack frames (whose shadow the compiler mostly writes itself). The names are gcc's
 * and clang's.
 */
#include <lib/compiler.h>
#include <kernel/sched.h>
#include <mm/page.h>

#include "kasan.h"

bool kasan_enabled;

/* ---- is it accessible? ---- */

unsigned long kasan_first_bad(unsigned long addr, size_t size)
{
	unsigned long end = addr + size;

	while (addr < end) {
		s8 shadow = (s8)READ_ONCE(*kasan_shadow((void *)addr));
		unsigned long next = (addr | (KASAN_GRANULE - 1)) + 1;

		if (unlikely(shadow)) {
			unsigned long last = (next < end ? next : end) - 1;

			if (shadow < 0 || (long)(addr & (KASAN_GRANULE - 1)) >= shadow)
				return addr;
			if ((long)(last & (KASAN_GRANULE - 1)) >= shadow)
				return (addr & ~(KASAN_GRANULE - 1)) + shadow;
		}
		addr = next;
	}
	return 0;
}

static __always_inline bool bad_access(unsigned long addr, size_t size)
{
	if (unlikely(addr < KASAN_MEMORY_START || addr + size < addr))
		return true;
	return kasan_first_bad(addr, size);
}

static __always_inline void check(unsigned long addr, size_t size, bool write, unsigned long pc)
{
	if (unlikely(!kasan_enabled || !size))
		return;
	if (unlikely(bad_access(addr, size)))
		kasan_report(addr, size, write, pc);
}

/* Most accesses: within one granule, or aligned granules. */
static __always_inline void check_small(unsigned long addr, size_t size, bool write,
					unsigned long pc)
{
	if (unlikely(addr < KASAN_MEMORY_START) ||
	    unlikely(READ_ONCE(*kasan_shadow((void *)addr)) |
		     READ_ONCE(*kasan_shadow((void *)(addr + size - 1)))))
		check(addr, size, write, pc);
}

#define PC() ((unsigned long)__builtin_return_address(0))

#define ACCESSOR(size)                                         \
	void __asan_load##size##_noabort(unsigned long addr);  \
	void __asan_load##size##_noabort(unsigned long addr)   \
	{                                                      \
		check_small(addr, size, false, PC());          \
	}                                                      \
	void __asan_store##size##_noabort(unsigned long addr); \
	void __asan_store##size##_noabort(unsigned long addr)  \
	{                                                      \
		check_small(addr, size, true, PC());           \
	}

ACCESSOR(1)
ACCESSOR(2)
ACCESSOR(4)
ACCESSOR(8)
ACCESSOR(16)

void __asan_loadN_noabort(unsigned long addr, size_t size);
void __asan_loadN_noabort(unsigned long addr, size_t size)
{
	check(addr, size, false, PC());
}

void __asan_storeN_noabort(unsigned long addr, size_t size);
void __asan_storeN_noabort(unsigned long addr, size_t size)
{
	check(addr, size, true, PC());
}

void kasan_check_read(const volatile void *addr, size_t size)
{
	check((unsigned long)addr, size, false, PC());
}

void kasan_check_write(volatile void *addr, size_t size)
{
	check((unsigned long)addr, size, true, PC());
}

/* ---- memory functions: every call of the plain names comes here (ld --wrap) ---- */

void *__wrap_memset(void *s, int c, size_t n);
void *__wrap_memset(void *s, int c, size_t n)
{
	check((unsigned long)s, n, true, PC());
	return __real_memset(s, c, n);
}

void *__wrap_memcpy(void *to, const void *from, size_t n);
void *__wrap_memcpy(void *to, const void *from, size_t n)
{
	check((unsigned long)from, n, false, PC());
	check((unsigned long)to, n, true, PC());
	return __real_memcpy(to, from, n);
}

void *__wrap_memmove(void *to, const void *from, size_t n);
void *__wrap_memmove(void *to, const void *from, size_t n)
{
	check((unsigned long)from, n, false, PC());
	check((unsigned long)to, n, true, PC());
	return __real_memmove(to, from, n);
}

/* ---- globals ---- */

/* What the compiler makes for each global of a file. */
struct kasan_global {
	const void *beg;
	size_t size;
	size_t size_with_redzone;
	const void *name, *module_name;
	unsigned long has_dynamic_init;
	void *location;
	unsigned long odr_indicator;
};

void __asan_register_globals(struct kasan_global *globals, size_t n);
void __asan_register_globals(struct kasan_global *globals, size_t n)
{
	for (struct kasan_global *g = globals; g < globals + n; g++) {
		size_t used = ALIGN(g->size, KASAN_GRANULE);

		kasan_unpoison(g->beg, g->size);
		kasan_poison((const char *)g->beg + used, g->size_with_redzone - used,
			     KASAN_GLOBAL_REDZONE);
	}
}

void __asan_unregister_globals(struct kasan_global *globals, size_t n);
void __asan_unregister_globals(struct kasan_global *globals, size_t n)
{
}

/* ---- stacks ---- */

/* The frames above will never return: what they poisoned is accessible again. */
void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
	unsigned long sp = (unsigned long)__builtin_frame_address(0) & ~(KASAN_GRANULE - 1);
	unsigned long stack;

	if (!kasan_enabled)
		return;
	stack = (unsigned long)current->stack;
	if (sp >= stack && sp < stack + THREAD_SIZE)
		kasan_unpoison((void *)sp, stack + THREAD_SIZE - sp);
}

/* Variables that go out of scope and come back. */
void __asan_poison_stack_memory(const void *addr, size_t size);
void __asan_poison_stack_memory(const void *addr, size_t size)
{
	kasan_poison(addr, ALIGN(size, KASAN_GRANULE), KASAN_USE_AFTER_SCOPE);
}

void __asan_unpoison_stack_memory(const void *addr, size_t size);
void __asan_unpoison_stack_memory(const void *addr, size_t size)
{
	kasan_unpoison(addr, size);
}

#define SET_SHADOW(byte)                                       \
	void __asan_set_shadow_##byte(void *shadow, size_t n); \
	void __asan_set_shadow_##byte(void *shadow, size_t n)  \
	{                                                      \
		__real_memset(shadow, 0x##byte, n);            \
	}

SET_SHADOW(00)
SET_SHADOW(f1)
SET_SHADOW(f2)
SET_SHADOW(f3)
SET_SHADOW(f5)
SET_SHADOW(f8)
