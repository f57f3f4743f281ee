/* SPDX-License-Identifier: MIT */
/* /proc/sys/kernel/printk: the log levels. Built when there is a log. */
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/sysctl.h>

static int default_console_loglevel =
	7; /* what "loglevel" was at boot, for programs that put it back */

static int *const loglevels[] = {
	&console_loglevel,
	&default_message_loglevel,
	&minimum_console_loglevel,
	&default_console_loglevel,
};

/* The four levels, in the order proc(5) gives. */
static int printk_levels(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	int vals[ARRAY_SIZE(loglevels)];
	struct ctl_table t = {.data = vals, .maxlen = sizeof(vals)};
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(loglevels); i++)
		vals[i] = READ_ONCE(*loglevels[i]);
	err = proc_dointvec(&t, write, buf, lenp);
	for (size_t i = 0; write && !err && i < ARRAY_SIZE(loglevels); i++)
		WRITE_ONCE(*loglevels[i], vals[i]);
	return err;
}

static const struct ctl_table printk_table[] = {
	{.procname = "printk", .mode = 0644, .proc_handler = printk_levels},
};

static int sysctl_printk_init(void)
{
	return register_sysctl("kernel", printk_table, ARRAY_SIZE(printk_table));
}
core_initcall(sysctl_printk_init);
