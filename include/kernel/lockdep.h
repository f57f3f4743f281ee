/* SPDX-License-Identifier: MIT */
/*
 * The lock-order checker (CONFIG_LOCKDEP). Each place that initialises a lock is a class; the
 * first time class B is taken with A held, the edge A -> B is recorded, and an edge that closes a
 * cycle is reported with both chains. It also reports a class taken in hard IRQ and elsewhere
 * with IRQs on, sleeping locks taken in atomic context, and locks held on return to user mode.
 * Off: no byte, no instruction.
 */
#ifndef KERNEL_LOCKDEP_H
#define KERNEL_LOCKDEP_H

#include <lib/types.h>
#include <lib/compiler.h>

#ifdef CONFIG_LOCKDEP
#include <kernel/bug.h>

struct lock_class_key {
	const char *name;
	u16 id; /* 0 until first used */
};
struct lockdep_map {
	struct lock_class_key *key;
};
struct held_lock {
	struct lockdep_map *map;
	unsigned long ip;
	u16 class;
};
#define LOCKDEP_MAX_HELD 32
enum lockdep_kind { LOCKDEP_SPIN, LOCKDEP_SLEEP };
void lock_acquire(struct lockdep_map *map, unsigned int subclass, bool read, bool trylock,
		  enum lockdep_kind kind, unsigned long ip);
void lock_release(struct lockdep_map *map, unsigned long ip);
bool lock_is_held(const struct lockdep_map *map);
void lockdep_sys_exit(void);
/* For the checker's own tests: reports against current are counted, not printed, until the end. */
void lockdep_expect_begin(void);
unsigned int lockdep_expect_end(void);
#define LOCKDEP_MAP_INIT(nm)                    \
	{                                       \
		.key = &(struct lock_class_key) \
		{                               \
			.name = (nm)            \
		}                               \
	}
#define lockdep_init_map(map, nm)                                    \
	do {                                                         \
		static struct lock_class_key __key = {.name = (nm)}; \
		(map)->key = &__key;                                 \
	} while (0)
#define lockdep_init_task(t)   ((t)->lockdep_depth = 0, (t)->lockdep_busy = false)
#define lockdep_assert_held(l) WARN_ON_ONCE(!lock_is_held(&(l)->dep_map))
#else
struct lockdep_map {
};
#define lock_acquire(map, subclass, read, trylock, kind, ip) ((void)0)
#define lock_release(map, ip)				     ((void)0)
#define LOCKDEP_MAP_INIT(nm) \
	{                    \
	}
#define lockdep_init_map(map, nm) ((void)0)
#define lockdep_assert_held(l)	  ((void)(l))
#define lockdep_init_task(t)	  ((void)(t))
#define lockdep_sys_exit()	  ((void)0)
#endif

#define _RET_IP_ ((unsigned long)__builtin_return_address(0))

#endif
