/* SPDX-License-Identifier: MIT */
/*
 * Settings that appear as files below /proc/sys. A subsystem keeps a table of them and registers
 * it once from an initcall:
 *
 *	static const struct ctl_table table[] = {
 *		{.procname = "panic", .data = &panic_timeout, .maxlen = sizeof(int), .mode = 0644,
 * .proc_handler = proc_dointvec},
 *	};
 *	register_sysctl("kernel", table, ARRAY_SIZE(table));
 *
 * A handler is called with the file's text in a kernel buffer, one call at a time for a write
 * (sysctl lock); it may sleep. With CONFIG_PROC_SYSCTL=n registration does nothing and the
 * handlers are not built, so tables go away with them.
 */
#ifndef KERNEL_SYSCTL_H
#define KERNEL_SYSCTL_H

#include <lib/kconfig.h>
#include <lib/types.h>

struct ctl_table;

/*
 * @write: parse @buf (*lenp bytes, NUL-terminated) into the setting; set *lenp to what was used.
 * Else: print at most *lenp bytes of it into @buf and set *lenp. 0 or -errno.
 */
typedef int (*proc_handler_t)(const struct ctl_table *table, bool write, char *buf, size_t *lenp);

struct ctl_table {
	const char *procname;
	void *data;
	int maxlen; /* bytes at data */
	umode_t mode;
	proc_handler_t proc_handler;
	const void *extra1, *extra2; /* limits, in the type of the setting; NULL: none */
};

#if IS_ENABLED(CONFIG_PROC_SYSCTL)
/*
 * @path: directories below /proc/sys ("kernel/random"), made as needed. The table stays valid. 0
 * or -ENOMEM. May sleep.
 */
int register_sysctl(const char *path, const struct ctl_table *table, size_t n);
#else
static inline int register_sysctl(const char *path, const struct ctl_table *table, size_t n)
{
	return 0;
}
#endif

/*
 * Arrays of int (unsigned int, unsigned long) separated by white space, with or without limits;
 * -EINVAL outside of them.
 */
int proc_dointvec(const struct ctl_table *table, bool write, char *buf, size_t *lenp);
int proc_dointvec_minmax(const struct ctl_table *table, bool write, char *buf, size_t *lenp);
int proc_douintvec(const struct ctl_table *table, bool write, char *buf, size_t *lenp);
int proc_doulongvec_minmax(const struct ctl_table *table, bool write, char *buf, size_t *lenp);
/* A string of at most maxlen - 1 bytes; a newline ends it. */
int proc_dostring(const struct ctl_table *table, bool write, char *buf, size_t *lenp);

#endif
