/* SPDX-License-Identifier: MIT */
/*
 * Fault injection: /sys/block/DISK/fail/{read,write} say which bios fail before they reach the
 * driver, and fail/error with which errno.
 *
 *	N	the N-th from now, once
 *	N+	that and all that follow, as if the disk went away
 *	N*	every N-th
 *	0	none
 *
 * fail/delay makes each bio wait so many milliseconds before it goes on its way: a slow disk.
 *
 * Reading gives the setting, how many bios were counted since it was made, and how many failed.
 */
#include <kernel/hrtimer.h>
#include <lib/ctype.h>
#include <lib/kstrtox.h>
#include <lib/string.h>
#include <fs/sysfs.h>
#include "blk.h"

struct fault {
	_Atomic(unsigned long) seen, failed;
	unsigned long nth; /* 0: off */
	char how; /* '\0', '+' or '*' */
};

struct disk_fault {
	struct fault op[2]; /* reads, writes */
	int error; /* negative */
	unsigned int delay; /* ms */
};

static bool matches(const struct fault *f, unsigned long n)
{
	switch (READ_ONCE(f->how)) {
	case '+':
		return n >= f->nth;
	case '*':
		return n % f->nth == 0;
	default:
		return n == f->nth;
	}
}

bool blk_should_fail(struct bio *bio)
{
	struct disk_fault *df = bio->bi_bdev->bd_disk->fault;
	struct fault *f;
	unsigned long n;

	if (likely(!df))
		return false;
	if (READ_ONCE(df->delay))
		msleep(READ_ONCE(df->delay));
	f = &df->op[op_is_write(bio->bi_opf)];
	if (!READ_ONCE(f->nth))
		return false;
	n = atomic_fetch_add_explicit(&f->seen, 1, memory_order_relaxed) + 1;
	if (!matches(f, n))
		return false;
	atomic_fetch_add_explicit(&f->failed, 1, memory_order_relaxed);
	bio->bi_status = df->error;
	return true;
}

static struct fault *fault_of(const struct sysfs_attr *attr, struct gendisk *disk)
{
	return &disk->fault->op[attr->name[0] == 'w'];
}

static ssize_t fault_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	struct fault *f = fault_of(attr, priv);
	char how[2] = {f->how, '\0'};

	return sysfs_emit(buf, "%lu%s %lu %lu\n", f->nth, how,
			  atomic_load_explicit(&f->seen, memory_order_relaxed),
			  atomic_load_explicit(&f->failed, memory_order_relaxed));
}

static ssize_t fault_store(const struct sysfs_attr *attr, void *priv, const char *buf, size_t len)
{
	struct fault *f = fault_of(attr, priv);
	char text[24];
	size_t n;
	unsigned long nth;
	char how = '\0';

	strscpy(text, buf, sizeof(text));
	n = strlen(text);
	while (n && isspace(text[n - 1]))
		text[--n] = '\0';
	if (n && (text[n - 1] == '+' || text[n - 1] == '*')) {
		how = text[--n];
		text[n] = '\0';
	}
	if (kstrtoul(text, 10, &nth))
		return -EINVAL;
	WRITE_ONCE(f->nth, 0);
	f->how = how;
	atomic_store_explicit(&f->seen, 0, memory_order_relaxed);
	atomic_store_explicit(&f->failed, 0, memory_order_relaxed);
	WRITE_ONCE(f->nth, nth);
	return len;
}

static ssize_t error_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	struct gendisk *disk = priv;

	return sysfs_emit(buf, "%d\n", -disk->fault->error);
}

static ssize_t error_store(const struct sysfs_attr *attr, void *priv, const char *buf, size_t len)
{
	struct gendisk *disk = priv;
	unsigned long error;

	if (kstrtoul(buf, 10, &error) || !error || error > 133)
		return -EINVAL;
	disk->fault->error = -(int)error;
	return len;
}

static ssize_t delay_show(const struct sysfs_attr *attr, void *priv, char *buf)
{
	struct gendisk *disk = priv;

	return sysfs_emit(buf, "%u\n", disk->fault->delay);
}

static ssize_t delay_store(const struct sysfs_attr *attr, void *priv, const char *buf, size_t len)
{
	struct gendisk *disk = priv;
	unsigned long ms;

	if (kstrtoul(buf, 10, &ms) || ms > 60000)
		return -EINVAL;
	WRITE_ONCE(disk->fault->delay, (unsigned int)ms);
	return len;
}

static const struct sysfs_attr attrs[] = {
	SYSFS_ATTR_RW("read", fault_show, fault_store),
	SYSFS_ATTR_RW("write", fault_show, fault_store),
	SYSFS_ATTR_RW("error", error_show, error_store),
	SYSFS_ATTR_RW("delay", delay_show, delay_store),
};

void blk_fail_sysfs(struct gendisk *disk)
{
	struct sysfs_node *dir = sysfs_mkdir(disk->sysfs, "fail");

	disk->fault = kzalloc(sizeof(*disk->fault), GFP_KERNEL);
	if (!dir || !disk->fault)
		return;
	disk->fault->error = -EIO;
	for (unsigned int i = 0; i < ARRAY_SIZE(attrs); i++)
		sysfs_create_file(dir, &attrs[i], disk);
}
