/* SPDX-License-Identifier: MIT */
/*
 * eventfd(2): a 64-bit counter that write adds to and read takes from; readable when not 0. The
 * wait queue's own lock guards the counter, so that a wake-up costs one lock.
 */
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <fs/eventfd.h>
#include <fs/file.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <uapi/eventfd.h>
#include "internal.h"

struct eventfd_ctx {
	wait_queue_head_t wqh;
	u64 count; /* wqh.lock */
	unsigned int flags;
};

/* wqh.lock held, IRQs off. */
static void eventfd_wake(struct eventfd_ctx *ctx, __poll_t events)
{
	if (waitqueue_active(&ctx->wqh))
		__wake_up_locked_key(&ctx->wqh, TASK_NORMAL, poll_to_key(events));
}

static ssize_t eventfd_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct eventfd_ctx *ctx = file->private_data;
	u64 n;

	if (len < sizeof(n))
		return -EINVAL;
	for (;;) {
		spin_lock_irq(&ctx->wqh.lock);
		n = ctx->count;
		if (likely(n))
			break;
		spin_unlock_irq(&ctx->wqh.lock);
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(ctx->wqh, READ_ONCE(ctx->count)))
			return -ERESTARTSYS;
	}
	if (ctx->flags & EFD_SEMAPHORE)
		n = 1;
	ctx->count -= n;
	eventfd_wake(ctx, EPOLLOUT);
	spin_unlock_irq(&ctx->wqh.lock);
	return put_user(n, (u64 __user *)buf) ? -EFAULT : (ssize_t)sizeof(n);
}

static ssize_t eventfd_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct eventfd_ctx *ctx = file->private_data;
	u64 n;

	if (len < sizeof(n))
		return -EINVAL;
	if (get_user(n, (const u64 __user *)buf))
		return -EFAULT;
	if (n == U64_MAX)
		return -EINVAL;
	for (;;) {
		spin_lock_irq(&ctx->wqh.lock);
		if (likely(U64_MAX - ctx->count > n))
			break;
		spin_unlock_irq(&ctx->wqh.lock);
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(ctx->wqh, U64_MAX - READ_ONCE(ctx->count) > n))
			return -ERESTARTSYS;
	}
	ctx->count += n;
	eventfd_wake(ctx, EPOLLIN);
	spin_unlock_irq(&ctx->wqh.lock);
	return sizeof(n);
}

static __poll_t eventfd_poll(struct file *file, poll_table *table)
{
	struct eventfd_ctx *ctx = file->private_data;
	__poll_t mask = 0;
	u64 count;

	poll_wait(file, &ctx->wqh, table);
	count = READ_ONCE(ctx->count);
	if (count)
		mask |= EPOLLIN;
	if (count == U64_MAX)
		mask |= EPOLLERR;
	if (count < U64_MAX - 1)
		mask |= EPOLLOUT;
	return mask;
}

static int eventfd_release(struct inode *inode, struct file *file)
{
	struct eventfd_ctx *ctx = file->private_data;

	/* Pollers hold the file, so only they could still be on the queue, and they have left. */
	wake_up_poll(&ctx->wqh, (__force unsigned int)EPOLLHUP);
	kfree(ctx);
	return 0;
}

static void eventfd_show(struct seq_file *m, struct file *file)
{
	struct eventfd_ctx *ctx = file->private_data;

	seq_printf(m, "eventfd-count: %16llx\n", READ_ONCE(ctx->count));
}

static const struct file_operations eventfd_fops = {
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.release = eventfd_release,
	.llseek = noop_llseek,
	.show_fdinfo = eventfd_show,
};

bool file_is_eventfd(const struct file *file)
{
	return file->f_op == &eventfd_fops;
}

bool eventfd_signal_file(struct file *file, u64 n)
{
	struct eventfd_ctx *ctx = file->private_data;
	unsigned long flags;

	if (file->f_op != &eventfd_fops)
		return false;
	spin_lock_irqsave(&ctx->wqh.lock, flags);
	ctx->count += min(n, U64_MAX - ctx->count);
	eventfd_wake(ctx, EPOLLIN);
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
	return true;
}

static long do_eventfd(unsigned int count, int flags)
{
	struct eventfd_ctx *ctx;
	int fd;

	if (flags & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE))
		return -EINVAL;
	ctx = kmalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	init_waitqueue_head(&ctx->wqh);
	ctx->count = count;
	ctx->flags = flags;
	fd = anon_inode_getfd("[eventfd]", &eventfd_fops, ctx,
			      O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

SYSCALL_DEFINE2(eventfd2, unsigned int, count, int, flags)
{
	return do_eventfd(count, flags);
}

SYSCALL_DEFINE1(eventfd, unsigned int, count)
{
	return do_eventfd(count, 0);
}
