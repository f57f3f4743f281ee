/* SPDX-License-Identifier: MIT */
/* /dev/null, /dev/zero, /dev/full: null(4), full(4). */
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/shmem.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <drivers/device.h>
#include <fs/fs.h>
#include <uapi/major.h>

static ssize_t null_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	return 0;
}

static ssize_t null_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	size_t n = iov_iter_count(from);

	iov_iter_advance(from, n);
	return n;
}

/* As many zeros as asked for; a signal may end it after a page. */
static ssize_t zero_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	size_t want = iov_iter_count(to), done = 0;

	while (done < want) {
		size_t n = min_t(size_t, want - done, PAGE_SIZE);
		size_t got = iov_iter_zero(n, to);

		done += got;
		if (got < n)
			return done ? (ssize_t)done : -EFAULT;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

static ssize_t full_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	return -ENOSPC;
}

/* A private mapping is anonymous memory as any; a shared one needs an object to share. */
static int zero_mmap(struct file *file, struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_SHARED ? shmem_zero_setup(vma) : 0;
}

/* None of these ever waits. */
static int mem_open(struct inode *inode, struct file *file)
{
	file->f_mode |= FMODE_NOWAIT;
	return 0;
}

static const struct file_operations null_fops = {
	.read_iter = null_read_iter,
	.write_iter = null_write_iter,
	.llseek = noop_llseek,
	.open = mem_open,
};

static const struct file_operations zero_fops = {
	.read_iter = zero_read_iter,
	.write_iter = null_write_iter,
	.mmap = zero_mmap,
	.llseek = noop_llseek,
	.open = mem_open,
};

static const struct file_operations full_fops = {
	.read_iter = zero_read_iter,
	.write_iter = full_write_iter,
	.llseek = noop_llseek,
	.open = mem_open,
};

static const struct {
	const char *name;
	unsigned int minor;
	const struct file_operations *fops;
} devices[] = {{"null", 3, &null_fops}, {"zero", 5, &zero_fops}, {"full", 7, &full_fops}};

static int mem_init(void)
{
	static struct cdev cdevs[ARRAY_SIZE(devices)];
	int err = register_chrdev_region(MKDEV(MEM_MAJOR, 0), 256, "mem");

	for (size_t i = 0; !err && i < ARRAY_SIZE(devices); i++) {
		dev_t dev = MKDEV(MEM_MAJOR, devices[i].minor);

		cdev_init(&cdevs[i], devices[i].fops);
		err = cdev_add(&cdevs[i], dev, 1);
		if (!err)
			err = device_add_node("mem", devices[i].name, S_IFCHR | 0666, dev);
	}
	return err;
}
fs_initcall(mem_init);
