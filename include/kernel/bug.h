/* SPDX-License-Identifier: MIT */
/*
 * BUG: the kernel itself is wrong and cannot go on. WARN: it is wrong and can. Never for what
 * user space, a disk or the network did.
 */
#ifndef KERNEL_BUG_H
#define KERNEL_BUG_H

#include <lib/types.h>
#include <lib/compiler.h>

/* panic=: seconds until restart; 0: never; < 0: at once. */
extern int panic_timeout;
void panic(const char *fmt, ...) __printf(1, 2) __cold __attribute__((noreturn));
bool panic_in_progress(void);
extern int panic_on_warn, panic_timeout; /* seconds; see kernel/panic.c */
/* /proc/sys/kernel/tainted: what happened since boot that makes a report less trustworthy. */
#define TAINT_WARN (1 << 9)
extern int tainted;
void __bug(const char *file, int line, const char *what) __cold __attribute__((noreturn));
void __warn(const char *file, int line, const char *what) __cold;

#ifdef CONFIG_BUG_VERBOSE
#define __BUG_FILE    __FILE__
#define __BUG_TEXT(s) s
#else
#define __BUG_FILE    NULL
#define __BUG_TEXT(s) NULL
#endif

#define BUG() __bug(__BUG_FILE, __LINE__, NULL)
#define BUG_ON(cond)                                                    \
	do {                                                            \
		if (unlikely(cond))                                     \
			__bug(__BUG_FILE, __LINE__, __BUG_TEXT(#cond)); \
	} while (0)
#define WARN_ON(cond)                                                    \
	({                                                               \
		bool __w = !!(cond);                                     \
		if (unlikely(__w))                                       \
			__warn(__BUG_FILE, __LINE__, __BUG_TEXT(#cond)); \
		unlikely(__w);                                           \
	})
#define WARN_ON_ONCE(cond)                                               \
	({                                                               \
		static bool __warned;                                    \
		bool __w = !!(cond);                                     \
		if (unlikely(__w && !__warned)) {                        \
			__warned = true;                                 \
			__warn(__BUG_FILE, __LINE__, __BUG_TEXT(#cond)); \
		}                                                        \
		unlikely(__w);                                           \
	})

#endif
