/* SPDX-License-Identifier: MIT */
/* /sys/kernel/mm/transparent_hugepage: when anonymous memory gets large pages (mm/huge.c). */
#include <lib/errno.h>
#include <lib/string.h>
#include <kernel/init.h>
#include <fs/sysfs.h>
#include <mm/mm.h>
#include <mm/page.h>

static const char *const modes[] = {"never", "madvise", "always"};

static ssize_t enabled_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	int mode = READ_ONCE(thp_mode);

	return sysfs_emit(buf, "%s %s %s\n", mode == THP_ALWAYS ? "[always]" : "always",
			  mode == THP_MADVISE ? "[madvise]" : "madvise",
			  mode == THP_NEVER ? "[never]" : "never");
}

static ssize_t enabled_store(const struct sysfs_attr *attr, void *priv, const char *buf, size_t n)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		if (sysfs_streq(buf, modes[i])) {
			WRITE_ONCE(thp_mode, (int)i);
			return (ssize_t)n;
		}
	}
	return -EINVAL;
}

static ssize_t size_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	return sysfs_emit(buf, "%lu\n", HPAGE_SIZE);
}

static const struct sysfs_attr attrs[] = {
	SYSFS_ATTR_RW("enabled", enabled_show, enabled_store),
	SYSFS_ATTR_RO("hpage_pmd_size", size_show),
};

static int __init sysfs_thp_init(void)
{
	struct sysfs_node *dir = sysfs_mkdir(NULL, "kernel/mm/transparent_hugepage");

	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++)
		if (!dir || sysfs_create_file(dir, &attrs[i], NULL))
			return -ENOMEM;
	return 0;
}
fs_initcall(sysfs_thp_init);
