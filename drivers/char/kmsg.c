/* SPDX-License-Identifier: MIT */
/*
 * /dev/kmsg: the kernel log, one record a read ("level,number,microseconds,-;text"), and a way to
 * write into it ("<level>text"). Each open file has its own position. dmesg(1) and syslog daemons
 * use it.
 */
#include <lib/ctype.h>
#include <lib/kstrtox.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include <drivers/device.h>
#include <fs/fs.h>
#include <fs/poll.h>
#include <uapi/fs.h>
#include <uapi/major.h>

#define KMSG_MINOR 11
#define TEXT_MAX   1024
#define RECORD_MAX (64 + 4 * TEXT_MAX) /* each byte may become \xNN */
#define LOG_USER   1 /* facility of messages from user space: syslog(3) */

struct kmsg_reader {
	struct mutex lock;
	u64 pos; /* (lock) of the log */
	u64 next_seq; /* (lock) number expected next; 0: any */
	char text[TEXT_MAX];
	char record[RECORD_MAX];
};

static int kmsg_open(struct inode *inode, struct file *file)
{
	struct kmsg_reader *r;

	if (!(file->f_mode & FMODE_READ))
		return 0;
	r = kvzalloc(sizeof(*r), GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock);
	r->pos = printk_first_pos();
	file->private_data = r;
	return 0;
}

static int kmsg_release(struct inode *inode, struct file *file)
{
	kvfree(file->private_data);
	return 0;
}

static size_t print_record(char *out, size_t size, const struct printk_meta *meta, const char *text,
			   size_t len)
{
	size_t n = scnprintf(out, size, "%u,%llu,%llu,-;", meta->facility << 3 | meta->level,
			     (unsigned long long)meta->seq,
			     (unsigned long long)(meta->ts_ns / NSEC_PER_USEC));

	for (size_t i = 0; i < len; i++) {
		u8 c = text[i];

		if (c < ' ' || c == '\\' || c >= 127)
			n += scnprintf(out + n, size - n, "\\x%02x", c);
		else if (n < size)
			out[n++] = c;
	}
	if (n < size)
		out[n++] = '\n';
	return n;
}

/*
 * The record at the reader's position: its length, 0: none yet, -EPIPE: records were lost, -EINVAL:
 * @n is too small.
 */
static ssize_t read_record(struct kmsg_reader *r, char __user *buf, size_t n)
{
	u64 pos = r->pos;
	struct printk_meta meta;
	size_t len = printk_read(&pos, &meta, r->text, sizeof(r->text));

	if (!len)
		return 0;
	if (r->next_seq && meta.seq != r->next_seq) {
		r->next_seq = meta.seq;
		return -EPIPE;
	}
	len = print_record(r->record, sizeof(r->record), &meta, r->text, len);
	if (len > n)
		return -EINVAL;
	if (copy_to_user(buf, r->record, len))
		return -EFAULT;
	r->pos = pos;
	r->next_seq = meta.seq + 1;
	return len;
}

static bool has_record(struct kmsg_reader *r)
{
	return READ_ONCE(r->pos) < printk_next_pos();
}

static ssize_t kmsg_read(struct file *file, char __user *buf, size_t n, loff_t *ppos)
{
	struct kmsg_reader *r = file->private_data;
	ssize_t ret;

	for (;;) {
		mutex_lock(&r->lock);
		ret = read_record(r, buf, n);
		mutex_unlock(&r->lock);
		if (ret)
			return ret;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(log_wait, has_record(r));
		if (ret)
			return ret;
	}
}

/* Takes "<N>" off the front; N is facility * 8 + level. Facility 0 is the kernel's own. */
static char *parse_prefix(char *line, u8 *facility, u8 *level)
{
	char *end;
	unsigned long n;

	if (*line != '<' || !isdigit(line[1]))
		return line;
	n = simple_strtoul(line + 1, &end, 10);
	if (*end != '>')
		return line;
	*level = n & 7;
	if (n >> 3)
		*facility = n >> 3;
	return end + 1;
}

static ssize_t kmsg_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	u8 facility = LOG_USER, level = default_message_loglevel;
	char *line, *text;

	if (n > TEXT_MAX)
		return -EINVAL;
	line = memdup_user_nul(buf, n);
	if (IS_ERR(line))
		return PTR_ERR(line);
	text = parse_prefix(line, &facility, &level);
	printk_store(facility, level, text, strcspn(text, "\n"));
	kfree(line);
	return n;
}

static __poll_t kmsg_poll(struct file *file, struct poll_table_struct *wait)
{
	struct kmsg_reader *r = file->private_data;
	__poll_t out = EPOLLOUT | EPOLLWRNORM;

	if (!r)
		return out;
	poll_wait(file, &log_wait, wait);
	return has_record(r) ? out | EPOLLIN | EPOLLRDNORM : out;
}

/*
 * SEEK_SET: the oldest record, SEEK_END: after the newest, SEEK_DATA: as SEEK_SET. The offset is 0.
 */
static loff_t kmsg_llseek(struct file *file, loff_t offset, int whence)
{
	struct kmsg_reader *r = file->private_data;

	if (!r)
		return -EBADF;
	if (offset)
		return -ESPIPE;
	if (whence != SEEK_SET && whence != SEEK_END && whence != SEEK_DATA)
		return -EINVAL;
	mutex_lock(&r->lock);
	r->pos = whence == SEEK_END ? printk_next_pos() : printk_first_pos();
	r->next_seq = 0;
	mutex_unlock(&r->lock);
	return 0;
}

static const struct file_operations kmsg_fops = {
	.open = kmsg_open,
	.release = kmsg_release,
	.read = kmsg_read,
	.write = kmsg_write,
	.poll = kmsg_poll,
	.llseek = kmsg_llseek,
};

static int kmsg_init(void)
{
	static struct cdev cdev;
	dev_t dev = MKDEV(MEM_MAJOR, KMSG_MINOR);
	int err;

	cdev_init(&cdev, &kmsg_fops);
	err = cdev_add(&cdev, dev, 1);
	return err ? err : device_add_node("mem", "kmsg", S_IFCHR | 0644, dev);
}
device_initcall(kmsg_init);
