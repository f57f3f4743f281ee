/* SPDX-License-Identifier: MIT */
/* /proc/sys/net/core, and the directory /proc/net. */
#include <kernel/init.h>
#include <kernel/sysctl.h>
#include <fs/proc_fs.h>
#include <net/net.h>

int sysctl_somaxconn = SOMAXCONN;
unsigned int sysctl_wmem_default = 212992, sysctl_wmem_max = 212992;
unsigned int sysctl_rmem_default = 212992, sysctl_rmem_max = 212992;
int sysctl_optmem_max = 20480;

static const int zero, u16_max = 65535, one = 1, most = INT_MAX / 2;

#define NET_INT(nm, var, lo, hi)                                                       \
	{                                                                              \
		.procname = (nm), .data = &(var), .maxlen = sizeof(int), .mode = 0644, \
		.proc_handler = proc_dointvec_minmax, .extra1 = &(lo), .extra2 = &(hi) \
	}

static const struct ctl_table net_core_table[] = {
	NET_INT("somaxconn", sysctl_somaxconn, zero, u16_max),
	NET_INT("wmem_default", sysctl_wmem_default, one, most),
	NET_INT("wmem_max", sysctl_wmem_max, one, most),
	NET_INT("rmem_default", sysctl_rmem_default, one, most),
	NET_INT("rmem_max", sysctl_rmem_max, one, most),
	NET_INT("optmem_max", sysctl_optmem_max, zero, most),
};

static int __init net_sysctl_init(void)
{
	proc_mkdir("net", NULL);
	return register_sysctl("net/core", net_core_table, ARRAY_SIZE(net_core_table));
}
core_initcall(net_sysctl_init);
