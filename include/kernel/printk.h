/* SPDX-License-Identifier: MIT */
/*
 * The kernel log. printk() formats into a ring of records (level, time, text) and, when the level
 * is below console_loglevel, to the consoles. Context: any, including NMI-free hard IRQ and with
 * locks held; never sleeps, never allocates.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include <stdarg.h>

#include <lib/types.h>
#include <lib/compiler.h>

#define KERN_SOH     "\001"
#define KERN_EMERG   KERN_SOH "0"
#define KERN_ALERT   KERN_SOH "1"
#define KERN_CRIT    KERN_SOH "2"
#define KERN_ERR     KERN_SOH "3"
#define KERN_WARNING KERN_SOH "4"
#define KERN_NOTICE  KERN_SOH "5"
#define KERN_INFO    KERN_SOH "6"
#define KERN_DEBUG   KERN_SOH "7"
#define KERN_CONT    KERN_SOH "c"

#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif

#ifdef CONFIG_PRINTK
int printk(const char *fmt, ...) __printf(1, 2) __cold;
int vprintk(const char *fmt, va_list args) __cold;
bool __printk_ratelimit(u64 *last, const char *what);
#else
static inline __printf(1, 2) int printk(const char *fmt, ...)
{
	return 0;
}
static inline int vprintk(const char *fmt, va_list args)
{
	return 0;
}
static inline bool __printk_ratelimit(u64 *last, const char *what)
{
	return false;
}
#endif

/* Messages less important than CONFIG_PRINTK_LEVEL are checked by the compiler, and not built. */
#define printk_at(level, kern, fmt, ...)                         \
	do {                                                     \
		if (CONFIG_PRINTK_LEVEL >= (level))              \
			printk(kern pr_fmt(fmt), ##__VA_ARGS__); \
	} while (0)
#define pr_emerg(fmt, ...)  printk_at(0, KERN_EMERG, fmt, ##__VA_ARGS__)
#define pr_crit(fmt, ...)   printk_at(2, KERN_CRIT, fmt, ##__VA_ARGS__)
#define pr_err(fmt, ...)    printk_at(3, KERN_ERR, fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...)   printk_at(4, KERN_WARNING, fmt, ##__VA_ARGS__)
#define pr_notice(fmt, ...) printk_at(5, KERN_NOTICE, fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...)   printk_at(6, KERN_INFO, fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...)  printk_at(7, KERN_DEBUG, fmt, ##__VA_ARGS__)
#define pr_cont(fmt, ...)   printk(KERN_CONT fmt, ##__VA_ARGS__)

/* At most one line a second from one place: for messages that hostile input can cause. */
#define pr_warn_ratelimited(fmt, ...)                      \
	do {                                               \
		static u64 __last;                         \
		if (__printk_ratelimit(&__last, __func__)) \
			pr_warn(fmt, ##__VA_ARGS__);       \
	} while (0)
#define pr_warn_once(fmt, ...)                       \
	do {                                         \
		static bool __once;                  \
		if (!__once) {                       \
			__once = true;               \
			pr_warn(fmt, ##__VA_ARGS__); \
		}                                    \
	} while (0)

extern int console_loglevel, default_message_loglevel, minimum_console_loglevel;

/*
 * Readers of the ring (syslog(2), /dev/kmsg). *pos is an opaque, growing position: of the next
 * record wanted; a reader that was overtaken gets the oldest record left. Moves *pos on; returns
 * the text's length (copied at most @size) and fills *meta, or 0 when there is none. Any context
 * but NMI.
 */
struct printk_meta {
	u64 seq; /* number of the record since boot */
	u64 ts_ns; /* since boot */
	u8 level;
	u8 facility;
};
size_t printk_read(u64 *pos, struct printk_meta *meta, char *buf, size_t size);
u64 printk_first_pos(void), printk_next_pos(void);
/* Stores a record from user space (/dev/kmsg write). */
void printk_store(u8 facility, u8 level, const char *text, size_t len);
struct wait_queue_head;
extern struct wait_queue_head log_wait; /* woken when a record is added */
#ifdef CONFIG_PRINTK
void printk_tick(void); /* tick and idle loop: wakes readers of the log */
/* Every message reaches the consoles from now on. Any context. */
static inline void console_verbose(void)
{
	console_loglevel = 15;
}
#else
static inline void printk_tick(void)
{
}
static inline void console_verbose(void)
{
}
#endif
void dump_stack(void);

#endif
