/* SPDX-License-Identifier: MIT */
/*
 * /sys/devices/system/cpu: which CPUs there are. nproc, taskset and the C library's sysconf(3) look
 * here.
 */
#include <lib/errno.h>
#include <lib/printf.h>
#include <kernel/cpumask.h>
#include <kernel/init.h>
#include <fs/sysfs.h>
#include <arch/param.h>
#include "internal.h"

/* "0-2,5\n" */
ssize_t sysfs_emit_cpulist(char *buf, const cpumask_t *mask)
{
	ssize_t len = 0;

	for (unsigned int from = cpumask_first(mask); from < nr_cpu_ids;) {
		unsigned int to = from;

		while (to + 1 < nr_cpu_ids && cpumask_test_cpu(to + 1, mask))
			to++;
		len += scnprintf(buf + len, PAGE_SIZE - len, to > from ? "%s%u-%u" : "%s%u",
				 len ? "," : "", from, to);
		from = cpumask_next(to, mask);
	}
	return len + scnprintf(buf + len, PAGE_SIZE - len, "\n");
}

static ssize_t online_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit_cpulist(buf, cpu_online_mask);
}

static ssize_t possible_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit_cpulist(buf, cpu_possible_mask);
}

static ssize_t kernel_max_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit(buf, "%d\n", CONFIG_NR_CPUS - 1);
}

/* A CPU is present when firmware reports it, which is also what makes it possible. */
static const struct sysfs_attr attrs[] = {
	SYSFS_ATTR_RO("online", online_show),
	SYSFS_ATTR_RO("possible", possible_show),
	SYSFS_ATTR_RO("present", possible_show),
	SYSFS_ATTR_RO("kernel_max", kernel_max_show),
};

static int sysfs_cpu_init(void)
{
	struct sysfs_node *dir = sysfs_mkdir(NULL, "devices/system/cpu");
	unsigned int cpu;
	char name[16];
	int err = dir ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < ARRAY_SIZE(attrs); i++)
		err = sysfs_create_file(dir, &attrs[i], NULL);
	for_each_possible_cpu(cpu) {
		snprintf(name, sizeof(name), "cpu%u", cpu);
		if (!err && !sysfs_mkdir(dir, name))
			err = -ENOMEM;
	}
	return err;
}
fs_initcall(sysfs_cpu_init);
