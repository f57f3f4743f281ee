/* SPDX-License-Identifier: MIT */
/* /sys/devices/system/node: memory is one node, number 0, with all CPUs. libnuma looks here. */
#include <lib/bitmap.h>
#include <lib/errno.h>
#include <lib/printf.h>
#include <kernel/cpumask.h>
#include <kernel/init.h>
#include <fs/sysfs.h>
#include <mm/mm.h>
#include <mm/vmstat.h>
#include "internal.h"

static ssize_t nodes_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit(buf, "0\n");
}

static ssize_t cpulist_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit_cpulist(buf, cpu_online_mask);
}

static ssize_t cpumap_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit(buf, "%lx\n", cpu_online_mask->bits[0]);
}

/* To itself, by definition. */
static ssize_t distance_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit(buf, "10\n");
}

static ssize_t meminfo_show_node(const struct sysfs_attr *attr, void *priv, char *buf)
{
	unsigned long total = totalram_pages << (PAGE_SHIFT - 10);
	unsigned long free = vmstat_read(NR_FREE_PAGES) << (PAGE_SHIFT - 10);

	return sysfs_emit(buf,
			  "Node 0 MemTotal:       %8lu kB\n"
			  "Node 0 MemFree:        %8lu kB\n"
			  "Node 0 MemUsed:        %8lu kB\n"
			  "Node 0 FilePages:      %8lu kB\n",
			  total, free, total - free,
			  vmstat_read(NR_FILE_PAGES) << (PAGE_SHIFT - 10));
}

static const struct sysfs_attr system_attrs[] = {
	SYSFS_ATTR_RO("online", nodes_show),
	SYSFS_ATTR_RO("possible", nodes_show),
	SYSFS_ATTR_RO("has_cpu", nodes_show),
	SYSFS_ATTR_RO("has_memory", nodes_show),
	SYSFS_ATTR_RO("has_normal_memory", nodes_show),
};

static const struct sysfs_attr node_attrs[] = {
	SYSFS_ATTR_RO("cpulist", cpulist_show),
	SYSFS_ATTR_RO("cpumap", cpumap_show),
	SYSFS_ATTR_RO("distance", distance_show),
	SYSFS_ATTR_RO("meminfo", meminfo_show_node),
};

static int __init sysfs_node_init(void)
{
	struct sysfs_node *dir = sysfs_mkdir(NULL, "devices/system/node");
	struct sysfs_node *node = sysfs_mkdir(NULL, "devices/system/node/node0");
	int err = dir && node ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < ARRAY_SIZE(system_attrs); i++)
		err = sysfs_create_file(dir, &system_attrs[i], NULL);
	for (size_t i = 0; !err && i < ARRAY_SIZE(node_attrs); i++)
		err = sysfs_create_file(node, &node_attrs[i], NULL);
	return err;
}
fs_initcall(sysfs_node_init);
