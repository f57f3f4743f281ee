/* SPDX-License-Identifier: MIT */
/*
 * Loop devices: requests, carried out in order by one thread a device through the file's own
 * read_iter and write_iter; and /dev/loop-control, which makes and removes devices.
 */
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/kthread.h>
#include <kernel/uio.h>
#include <lib/kstrtox.h>
#include <lib/printf.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <drivers/misc.h>
#include <fs/file.h>
#include <uapi/major.h>

#include "loop.h"

#define LOOP_VECS 256u

static DEFINE_MUTEX(loop_ctl_mutex);
static DEFINE_XARRAY(loops); /* loop_ctl_mutex: by number */
static unsigned long max_loop __initdata = CONFIG_BLK_DEV_LOOP_MIN_COUNT;

static int __init max_loop_setup(char *value)
{
	return value ? kstrtoul(value, 10, &max_loop) : -EINVAL;
}
__setup("max_loop", max_loop_setup);

/* ---- requests -------------------------------------------------------------------------------- */

/*
 * A read is waited for at once, and so is what the thread has done for those who wait: one CPU that
 * goes back and forth between the two is faster than two that wake each other each time.
 */
static void wake_thread(struct loop_device *lo, bool sync)
{
	unsigned int had = current->flags & PF_WAKE_HERE;

	if (sync)
		current->flags |= PF_WAKE_HERE;
	wake_up(&lo->wait);
	if (!had)
		current->flags &= ~PF_WAKE_HERE;
}

/* Any context: the thread does the work. */
static int loop_queue_rq(struct blk_mq_hw_ctx *hctx, struct request *rq, bool last)
{
	struct loop_device *lo = hctx->queue->queuedata;
	unsigned long flags;

	if (READ_ONCE(lo->state) != LOOP_BOUND)
		return -EIO;
	rq->rq_next = NULL;
	spin_lock_irqsave(&lo->lock, flags);
	if (lo->queue_tail)
		lo->queue_tail->rq_next = rq;
	else
		lo->queue = rq;
	lo->queue_tail = rq;
	spin_unlock_irqrestore(&lo->lock, flags);
	if (last)
		wake_thread(lo, req_op(rq) == REQ_OP_READ || rq->cmd_flags & REQ_SYNC);
	return 0;
}

static void loop_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct loop_device *lo = hctx->queue->queuedata;

	wake_up(&lo->wait);
}

const struct blk_mq_ops loop_mq_ops = {.queue_rq = loop_queue_rq, .commit_rqs = loop_commit_rqs};

static struct request *take_request(struct loop_device *lo)
{
	struct request *rq;

	spin_lock_irq(&lo->lock);
	rq = lo->queue;
	if (rq) {
		lo->queue = rq->rq_next;
		if (!lo->queue)
			lo->queue_tail = NULL;
	}
	spin_unlock_irq(&lo->lock);
	return rq;
}

static ssize_t transfer(struct loop_device *lo, struct iov_iter *iter, loff_t pos, bool write)
{
	struct file *file = lo->file;
	struct kiocb iocb;

	init_sync_kiocb(&iocb, file);
	iocb.ki_pos = pos;
	if (lo->flags & LO_FLAGS_DIRECT_IO)
		iocb.ki_flags |= IOCB_DIRECT;
	if (write)
		iocb.ki_flags |= IOCB_WRITE;
	return write ? file->f_op->write_iter(&iocb, iter) : file->f_op->read_iter(&iocb, iter);
}

/* All @bytes that @vecs hold; reads past the end of the file give zeroes. */
static int transfer_all(struct loop_device *lo, const struct bio_vec *vecs, unsigned int nr,
			size_t bytes, loff_t pos, bool write)
{
	struct iov_iter iter;

	iov_iter_bvec(&iter, write ? ITER_SOURCE : ITER_DEST, vecs, nr, bytes);
	while (iov_iter_count(&iter)) {
		ssize_t n = transfer(lo, &iter, pos, write);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return n == -ENOSPC ? n : -EIO;
		if (!n && write)
			return -EIO;
		if (!n)
			iov_iter_zero(iov_iter_count(&iter), &iter);
		pos += n;
	}
	return 0;
}

static int do_data(struct loop_device *lo, struct request *rq, bool write)
{
	loff_t pos = ((loff_t)blk_rq_pos(rq) << SECTOR_SHIFT) + lo->offset;
	struct bio_vec *vecs = kmalloc_array(LOOP_VECS, sizeof(*vecs), GFP_NOIO);
	struct bio_vec one, bv;
	unsigned int max = vecs ? LOOP_VECS : 1, n = 0;
	struct bvec_iter it;
	struct bio *bio;
	size_t bytes = 0;
	int err = 0;

	if (!vecs)
		vecs = &one;
	rq_for_each_segment(bv, rq, bio, it)
	{
		if (n == max && !err) {
			err = transfer_all(lo, vecs, n, bytes, pos, write);
			pos += bytes;
			n = bytes = 0;
		}
		vecs[n++ % max] = bv;
		bytes += bv.bv_len;
	}
	if (!err)
		err = transfer_all(lo, vecs, n, bytes, pos, write);
	if (vecs != &one)
		kfree(vecs);
	return err;
}

static int do_fallocate(struct loop_device *lo, struct request *rq, int mode)
{
	loff_t pos = ((loff_t)blk_rq_pos(rq) << SECTOR_SHIFT) + lo->offset;
	long err;

	if (!lo->file->f_op->fallocate)
		return -EOPNOTSUPP;
	err = lo->file->f_op->fallocate(lo->file, mode | FALLOC_FL_KEEP_SIZE, pos,
					blk_rq_bytes(rq));
	return err && err != -EINVAL && err != -EOPNOTSUPP ? -EIO : err;
}

static int do_request(struct loop_device *lo, struct request *rq)
{
	int err;

	switch (req_op(rq)) {
	case REQ_OP_READ:
		return do_data(lo, rq, false);
	case REQ_OP_WRITE:
		return do_data(lo, rq, true);
	case REQ_OP_FLUSH:
		err = vfs_fsync(lo->file, 0);
		return err && err != -EINVAL ? -EIO : 0;
	case REQ_OP_DISCARD:
		return do_fallocate(lo, rq, FALLOC_FL_PUNCH_HOLE);
	case REQ_OP_WRITE_ZEROES:
		return do_fallocate(lo, rq,
				    rq->cmd_flags & REQ_NOUNMAP ? FALLOC_FL_ZERO_RANGE :
								  FALLOC_FL_PUNCH_HOLE);
	default:
		return -EIO;
	}
}

/*
 * What this thread writes makes dirty pages of others clean: it must neither wait until there are
 * fewer, nor start I/O to get memory (old_gfp in loop_ioctl.c).
 */
int loop_thread(void *arg)
{
	struct loop_device *lo = arg;
	struct request *rq = NULL;
	int err;

	current->flags |= PF_LOCAL_THROTTLE;
	for (;;) {
		wait_event_state(lo->wait, (rq = take_request(lo)) || kthread_should_stop(),
				 TASK_IDLE);
		if (!rq)
			return 0;
		err = do_request(lo, rq);
		if (!READ_ONCE(lo->queue))
			current->flags |= PF_WAKE_HERE;
		blk_mq_end_request(rq, err);
		current->flags &= ~PF_WAKE_HERE;
		cond_resched();
	}
}

/* ---- devices --------------------------------------------------------------------------------- */

static void loop_free_disk(struct gendisk *disk)
{
	kfree(disk->private_data);
}

static const struct block_device_operations loop_fops = {
	.ioctl = loop_ioctl,
	.release = loop_release,
	.free_disk = loop_free_disk,
};

bool is_loop_disk(const struct gendisk *disk)
{
	return disk->fops == &loop_fops;
}

static struct loop_device *alloc_loop(int number)
{
	struct loop_device *lo = kzalloc(sizeof(*lo), GFP_KERNEL);

	if (!lo)
		return NULL;
	lo->number = number;
	mutex_init(&lo->mutex);
	spin_lock_init(&lo->lock);
	init_waitqueue_head(&lo->wait);
	lo->tag_set = (struct blk_mq_tag_set){
		.ops = &loop_mq_ops, .nr_hw_queues = 1, .queue_depth = 64, .driver_data = lo};
	return lo;
}

/* loop_ctl_mutex held. 0 or -errno. */
static int add_loop(int number)
{
	static const struct queue_limits limits = {.max_sectors = 2560};
	struct loop_device *lo = alloc_loop(number);
	int err;

	if (!lo)
		return -ENOMEM;
	lo->disk = blk_mq_alloc_disk(&lo->tag_set, &limits, lo);
	if (IS_ERR(lo->disk)) {
		err = PTR_ERR(lo->disk);
		kfree(lo);
		return err;
	}
	lo->disk->major = LOOP_MAJOR;
	lo->disk->first_minor = number;
	lo->disk->minors = 1;
	lo->disk->flags = GENHD_FL_NO_PART;
	lo->disk->fops = &loop_fops;
	lo->disk->private_data = lo;
	lo->disk->queue->flags |= QUEUE_NONROT | QUEUE_WRITE_CACHE;
	snprintf(lo->disk->disk_name, DISK_NAME_LEN, "loop%d", number);
	err = xa_insert(&loops, number, lo, GFP_KERNEL);
	if (!err) {
		err = add_disk(lo->disk);
		if (err)
			xa_erase(&loops, number);
	}
	if (err)
		put_disk(lo->disk);
	return err;
}

static int ctl_add(long number)
{
	int err;

	if (number >= LOOP_MAX_MINOR)
		return -EINVAL;
	if (number < 0) {
		number = 0;
		while (xa_load(&loops, number))
			number++;
	}
	err = add_loop(number);
	if (err)
		return err == -EBUSY ? -EEXIST : err;
	return number;
}

static bool loop_idle(struct loop_device *lo)
{
	bool idle;

	mutex_lock(&lo->disk->open_mutex);
	mutex_lock(&lo->mutex);
	idle = lo->state == LOOP_UNBOUND && !lo->disk->part0->bd_openers;
	if (idle)
		lo->state = LOOP_RUNDOWN; /* nobody binds it any more */
	mutex_unlock(&lo->mutex);
	mutex_unlock(&lo->disk->open_mutex);
	return idle;
}

static int ctl_remove(long number)
{
	struct loop_device *lo;

	if (number < 0)
		return -EINVAL;
	lo = xa_load(&loops, number);
	if (!lo)
		return -ENODEV;
	if (!loop_idle(lo))
		return -EBUSY;
	xa_erase(&loops, number);
	del_gendisk(lo->disk);
	put_disk(lo->disk);
	return 0;
}

static int ctl_get_free(void)
{
	struct loop_device *lo;
	unsigned long n = 0;

	for (lo = xa_find(&loops, &n, ULONG_MAX, XA_PRESENT); lo;
	     lo = xa_find_after(&loops, &n, ULONG_MAX, XA_PRESENT))
		if (READ_ONCE(lo->state) == LOOP_UNBOUND)
			return n;
	return ctl_add(-1);
}

static long ctl_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long ret = -ENOSYS;

	mutex_lock(&loop_ctl_mutex);
	switch (cmd) {
	case LOOP_CTL_ADD:
		ret = ctl_add((int)arg);
		break;
	case LOOP_CTL_REMOVE:
		ret = ctl_remove((int)arg);
		break;
	case LOOP_CTL_GET_FREE:
		ret = ctl_get_free();
		break;
	}
	mutex_unlock(&loop_ctl_mutex);
	return ret;
}

static const struct file_operations ctl_fops = {
	.open = nonseekable_open, .unlocked_ioctl = ctl_ioctl, .llseek = noop_llseek};
static struct miscdevice ctl_misc = {
	.minor = LOOP_CTRL_MINOR, .name = "loop-control", .fops = &ctl_fops};

static int __init loop_init(void)
{
	int err = register_blkdev(LOOP_MAJOR, "loop");

	if (!err)
		err = misc_register(&ctl_misc);
	mutex_lock(&loop_ctl_mutex);
	for (unsigned long i = 0; i < max_loop && !err; i++)
		err = add_loop(i);
	mutex_unlock(&loop_ctl_mutex);
	return err;
}
device_initcall(loop_init);
