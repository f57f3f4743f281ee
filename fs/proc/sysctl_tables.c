/* SPDX-License-Identifier: MIT */
/*
 * The settings of the core kernel below /proc/sys: those whose owners are below the file systems
 * and so cannot register them. Drivers and file systems register their own. proc(5) says what each
 * means.
 */
#include <lib/kstrtox.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/vmstat.h>
#include <kernel/bug.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/pid.h>
#include <kernel/sched.h>
#include <kernel/sysctl.h>
#include <kernel/utsname.h>
#include <fs/file.h>
#include "internal.h"

static const int zero = 0, one = 1, two = 2, four = 4;
static const int pid_max_least = 301, pid_max_most = PID_MAX_LIMIT;
static const int threads_least = 1, threads_most = INT_MAX;
static const int cap_last_cap = CAP_LAST_CAP;
static const int ngroups_max = 65536;
static const int nr_open_least = BITS_PER_LONG, nr_open_most = INT_MAX & -BITS_PER_LONG;

/* ---- kernel ---------------------------------------------------------------------------------- */

/* The table names the field in the first name space; the caller's is meant. */
static int uts_string(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	struct ctl_table own = *table;
	int err;

	own.data = (char *)utsname() + ((char *)table->data - (char *)&init_uts_ns.name);

	if (write)
		down_write(&uts_sem);
	else
		down_read(&uts_sem);
	err = proc_dostring(&own, write, buf, lenp);
	if (write)
		up_write(&uts_sem);
	else
		up_read(&uts_sem);
	return err;
}

#define UTS(nm, field, md)                                                                         \
	{                                                                                          \
		.procname = (nm), .data = init_uts_ns.name.field,                                  \
		.maxlen = sizeof(init_uts_ns.name.field), .mode = (md), .proc_handler = uts_string \
	}
#define INT_RW(nm, var)                                                                \
	{                                                                              \
		.procname = (nm), .data = &(var), .maxlen = sizeof(int), .mode = 0644, \
		.proc_handler = proc_dointvec                                          \
	}
#define INT_RANGE(nm, var, lo, hi)                                                     \
	{                                                                              \
		.procname = (nm), .data = &(var), .maxlen = sizeof(int), .mode = 0644, \
		.proc_handler = proc_dointvec_minmax, .extra1 = &(lo), .extra2 = &(hi) \
	}
#define INT_RO(nm, var)                                                                        \
	{                                                                                      \
		.procname = (nm), .data = (void *)&(var), .maxlen = sizeof(int), .mode = 0444, \
		.proc_handler = proc_dointvec                                                  \
	}
#define ULONG_RW(nm, var)                                                               \
	{                                                                               \
		.procname = (nm), .data = &(var), .maxlen = sizeof(long), .mode = 0644, \
		.proc_handler = proc_doulongvec_minmax                                  \
	}

static const struct ctl_table kernel_table[] = {
	UTS("ostype", sysname, 0444),
	UTS("osrelease", release, 0444),
	UTS("version", version, 0444),
	UTS("hostname", nodename, 0644),
	UTS("domainname", domainname, 0644),
	INT_RANGE("pid_max", pid_max, pid_max_least, pid_max_most),
	INT_RANGE("threads-max", max_threads, threads_least, threads_most),
	INT_RW("panic", panic_timeout),
	INT_RO("tainted", tainted),
	INT_RANGE("randomize_va_space", randomize_va_space, zero, two),
	INT_RO("cap_last_cap", cap_last_cap),
	INT_RO("ngroups_max", ngroups_max),
};

/* ---- vm, fs ---------------------------------------------------------------------------------- */

static int vm_drop_caches;

static int do_drop_caches(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	int err = proc_dointvec_minmax(table, write, buf, lenp);

	if (!err && write)
		drop_caches(vm_drop_caches);
	return err;
}

static const struct ctl_table vm_table[] = {
	{.procname = "drop_caches",
	 .data = &vm_drop_caches,
	 .maxlen = sizeof(int),
	 .mode = 0200,
	 .proc_handler = do_drop_caches,
	 .extra1 = &one,
	 .extra2 = &four},
	INT_RANGE("vfs_cache_pressure", sysctl_vfs_cache_pressure, zero, threads_most),
	INT_RANGE("overcommit_memory", sysctl_overcommit_memory, zero, two),
	INT_RW("overcommit_ratio", sysctl_overcommit_ratio),
	ULONG_RW("overcommit_kbytes", sysctl_overcommit_kbytes),
	INT_RANGE("max_map_count", sysctl_max_map_count, one, threads_most),
	ULONG_RW("mmap_min_addr", mmap_min_addr),
};

static int show_file_max(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	*lenp = scnprintf(buf, *lenp, "%ld\n", get_max_files());
	return 0;
}

/* Allocated, free (always 0: none are kept), maximum. */
static int show_file_nr(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	*lenp = scnprintf(buf, *lenp, "%ld\t0\t%ld\n", get_nr_files(), get_max_files());
	return 0;
}

static const struct ctl_table fs_table[] = {
	{.procname = "file-max", .mode = 0444, .proc_handler = show_file_max},
	{.procname = "file-nr", .mode = 0444, .proc_handler = show_file_nr},
	INT_RANGE("nr_open", sysctl_nr_open, nr_open_least, nr_open_most),
};

static int sysctl_tables_init(void)
{
	int err = register_sysctl("kernel", kernel_table, ARRAY_SIZE(kernel_table));

	if (!err)
		err = register_sysctl("vm", vm_table, ARRAY_SIZE(vm_table));
	return err ? err : register_sysctl("fs", fs_table, ARRAY_SIZE(fs_table));
}
core_initcall(sysctl_tables_init);
