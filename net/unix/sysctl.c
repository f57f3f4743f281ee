/* SPDX-License-Identifier: MIT */
/* /proc/sys/net/unix. */
#include <kernel/init.h>
#include <kernel/sysctl.h>
#include "unix.h"

static const struct ctl_table unix_table_sysctl[] = {
	{.procname = "max_dgram_qlen",
	 .data = &sysctl_unix_max_dgram_qlen,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = proc_dointvec},
};

static int __init unix_sysctl_init(void)
{
	return register_sysctl("net/unix", unix_table_sysctl, ARRAY_SIZE(unix_table_sysctl));
}
fs_initcall(unix_sysctl_init);
