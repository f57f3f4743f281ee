/* SPDX-License-Identifier: MIT */
/* /dev/random, /dev/urandom (random(4)) and /proc/sys/kernel/random. */
#include <lib/printf.h>
#include <lib/string.h>
#include <arch/cpu.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/sysctl.h>
#include <kernel/uaccess.h>
#include <drivers/device.h>
#include <fs/fs.h>
#include <fs/poll.h>
#include <uapi/major.h>
#include <uapi/random.h>
#include "random.h"

#define RANDOM_MINOR  8
#define URANDOM_MINOR 9

static bool is_random(const struct file *file)
{
	return MINOR(file_inode(file)->i_rdev) == RANDOM_MINOR;
}

static ssize_t random_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	if (is_random(file) && !rng_is_initialized()) {
		int err = file->f_flags & O_NONBLOCK ? -EAGAIN : wait_for_random_bytes();

		if (err)
			return err;
	}
	return random_to_user(buf, n);
}

/* Anybody may stir; it counts for nothing. */
static ssize_t stir(const char __user *buf, size_t n, unsigned int bits)
{
	u8 chunk[64];
	size_t done = 0;

	while (done < n) {
		size_t len = min(n - done, sizeof(chunk));

		if (copy_from_user(chunk, buf + done, len))
			return done ? (ssize_t)done : -EFAULT;
		add_hwgenerator_randomness(chunk, len, min_t(size_t, bits, len * 8));
		bits -= min_t(size_t, bits, len * 8);
		done += len;
		cond_resched();
	}
	return done;
}

static ssize_t random_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	return stir(buf, n, 0);
}

static __poll_t random_poll(struct file *file, struct poll_table_struct *wait)
{
	__poll_t out = EPOLLOUT | EPOLLWRNORM;

	return !is_random(file) || rng_is_initialized() ? out | EPOLLIN | EPOLLRDNORM : out;
}

static long add_entropy(const struct rand_pool_info __user *info)
{
	int bits, size;
	ssize_t ret;

	if (get_user(bits, &info->entropy_count) || get_user(size, &info->buf_size))
		return -EFAULT;
	if (bits < 0 || size < 0)
		return -EINVAL;
	ret = stir((const char __user *)info->buf, size, bits);
	return ret < 0 ? ret : ret < size ? -EFAULT : 0;
}

static long random_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	int bits;

	switch (cmd) {
	case RNDGETENTCNT:
		return put_user((int)rng_entropy_bits(), (int __user *)arg);
	case RNDADDTOENTCNT:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		if (get_user(bits, (int __user *)arg))
			return -EFAULT;
		if (bits < 0)
			return -EINVAL;
		add_hwgenerator_randomness(NULL, 0, bits);
		return 0;
	case RNDADDENTROPY:
		return capable(CAP_SYS_ADMIN) ? add_entropy((void __user *)arg) : -EPERM;
	}
	return -ENOTTY;
}

static const struct file_operations random_fops = {
	.read = random_read,
	.write = random_write,
	.poll = random_poll,
	.unlocked_ioctl = random_ioctl,
	.llseek = noop_llseek,
};

/* ---- /proc/sys/kernel/random ----------------------------------------------------------------- */

static u8 boot_id[16];

/* A version 4 UUID of RFC 4122 from 16 random bytes. */
static void print_uuid(const u8 *id, char *buf, size_t *lenp)
{
	size_t len = 0;

	for (int i = 0; i < 16; i++) {
		u8 c = id[i];

		if (i == 6)
			c = (c & 0x0f) | 0x40;
		if (i == 8)
			c = (c & 0x3f) | 0x80;
		len += scnprintf(buf + len, *lenp - len, "%02x%s", c,
				 i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
	}
	len += scnprintf(buf + len, *lenp - len, "\n");
	*lenp = len;
}

static int show_uuid(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	u8 id[16];

	get_random_bytes(id, sizeof(id));
	print_uuid(id, buf, lenp);
	return 0;
}

static int show_boot_id(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	print_uuid(boot_id, buf, lenp);
	return 0;
}

static int show_entropy(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	*lenp = scnprintf(buf, *lenp, "%u\n", rng_entropy_bits());
	return 0;
}

static int show_poolsize(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	*lenp = scnprintf(buf, *lenp, "256\n");
	return 0;
}

static const struct ctl_table random_table[] = {
	{.procname = "poolsize", .mode = 0444, .proc_handler = show_poolsize},
	{.procname = "entropy_avail", .mode = 0444, .proc_handler = show_entropy},
	{.procname = "boot_id", .mode = 0444, .proc_handler = show_boot_id},
	{.procname = "uuid", .mode = 0444, .proc_handler = show_uuid},
};

static int random_dev_init(void)
{
	static struct cdev cdev;
	dev_t dev = MKDEV(MEM_MAJOR, RANDOM_MINOR);
	int err;

	get_random_bytes(boot_id, sizeof(boot_id));
	cdev_init(&cdev, &random_fops);
	err = cdev_add(&cdev, dev, 2);
	if (!err)
		err = device_add_node("mem", "random", S_IFCHR | 0666, dev);
	if (!err)
		err = device_add_node("mem", "urandom", S_IFCHR | 0666, dev + 1);
	return err ? err : register_sysctl("kernel/random", random_table, ARRAY_SIZE(random_table));
}
device_initcall(random_dev_init);
