/* SPDX-License-Identifier: MIT */
/*
 * Where printk's lines go. write() is called with the console lock (a spinlock, IRQs off): it
 * must not sleep and must not printk.
 */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <lib/types.h>
#include <lib/list.h>

struct tty_driver;
struct console {
	const char *name; /* "ttyS", "ttyAMA", "tty": matched against console= */
	int index; /* -1: take the one that console= names */
	void (*write)(struct console *con, const char *s, size_t len);
	/* "115200n8" or NULL; 0 or -errno; may be NULL */
	int (*setup)(struct console *con, const char *options);
	struct tty_driver *(*device)(struct console *con, int *index); /* for /dev/console */
	bool enabled, preferred;
	void *data;
	struct list_head list;
};

#ifdef CONFIG_PRINTK
/*
 * Adds a console: enabled if console= names it, or if no console= was given and it is the first.
 * The log so far is written to it. May sleep.
 */
void register_console(struct console *con);
void unregister_console(struct console *con);
/* The driver and index behind /dev/console (last console= on the command line), or NULL. */
struct tty_driver *console_device(int *index);
/* Writes out what is pending; used by panic. */
void console_flush_on_panic(void);
#else
static inline void register_console(struct console *con)
{
}
static inline void unregister_console(struct console *con)
{
}
static inline struct tty_driver *console_device(int *index)
{
	return NULL;
}
static inline void console_flush_on_panic(void)
{
}
#endif

#endif
