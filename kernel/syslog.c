/* SPDX-License-Identifier: MIT */
/*
 * syslog(2), klogctl(3): reading the kernel log as text with "<level>[seconds]" prefixes, and the
 * console level.
 */
#include <lib/printf.h>
#include <lib/string.h>
#include <kernel/cred.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include <mm/slab.h>

enum {
	SYSLOG_CLOSE,
	SYSLOG_OPEN,
	SYSLOG_READ,
	SYSLOG_READ_ALL,
	SYSLOG_READ_CLEAR,
	SYSLOG_CLEAR,
	SYSLOG_CONSOLE_OFF,
	SYSLOG_CONSOLE_ON,
	SYSLOG_CONSOLE_LEVEL,
	SYSLOG_SIZE_UNREAD,
	SYSLOG_SIZE_BUFFER,
};

#define LINE_MAX   1024
#define PREFIX_MAX 48
#define LINE_BUF   (LINE_MAX + PREFIX_MAX)

static DEFINE_MUTEX(syslog_lock);
static u64 read_pos; /* syslog_lock: SYSLOG_READ consumes */
static size_t read_part; /* syslog_lock: bytes of the record at read_pos that were read already */
static u64 clear_pos; /* syslog_lock: READ_ALL starts here */
static int saved_console_level; /* syslog_lock; 0: console is on */

/* The record at *pos as a line; *pos moves on. Its length, 0 at the end of the log. */
static size_t format_record(u64 *pos, char *line)
{
	struct printk_meta meta;
	char text[LINE_MAX];
	size_t len = printk_read(pos, &meta, text, sizeof(text));

	if (!len)
		return 0;
	return scnprintf(line, LINE_BUF, "<%u>[%5llu.%06llu] %.*s\n",
			 meta.facility * 8 + meta.level, meta.ts_ns / NSEC_PER_SEC,
			 meta.ts_ns % NSEC_PER_SEC / NSEC_PER_USEC, (int)len, text);
}

/* Copies out what has not been read; bytes, or -EFAULT when not even the first could be stored. */
static long read_new(char __user *buf, size_t size, char *line)
{
	size_t done = 0;

	while (done < size) {
		u64 pos = read_pos;
		size_t len = format_record(&pos, line), n;

		if (!len)
			break;
		n = min(len - min(read_part, len), size - done);
		if (copy_to_user(buf + done, line + read_part, n))
			return done ? (long)done : -EFAULT;
		done += n;
		read_part += n;
		if (read_part >= len) {
			read_pos = pos;
			read_part = 0;
		}
	}
	return done;
}

static long do_read(char __user *buf, size_t size, char *line)
{
	long n;

	do {
		n = wait_event_interruptible(log_wait, READ_ONCE(read_pos) != printk_next_pos());
		if (n)
			return n;
		mutex_lock(&syslog_lock);
		n = read_new(buf, size, line);
		mutex_unlock(&syslog_lock);
	} while (!n);
	return n;
}

/* The last @size bytes of the log since it was cleared, whole records. syslog_lock held. */
static long do_read_all(char __user *buf, size_t size, char *line, bool clear)
{
	u64 start = max(clear_pos, printk_first_pos()), pos;
	size_t total = 0, done = 0, len;

	for (pos = start; (len = format_record(&pos, line));)
		total += len;
	for (pos = start; total > size && (len = format_record(&pos, line));)
		total -= len;
	while ((len = format_record(&pos, line)) && done + len <= size) {
		if (copy_to_user(buf + done, line, len))
			return -EFAULT;
		done += len;
		cond_resched();
	}
	if (clear)
		clear_pos = pos;
	return done;
}

static long read_log(int type, char __user *buf, int len)
{
	char *line;
	long n;

	if (!buf || len < 0)
		return -EINVAL;
	if (!len)
		return 0;
	line = kmalloc(LINE_BUF, GFP_KERNEL);
	if (!line)
		return -ENOMEM;
	if (type == SYSLOG_READ) {
		n = do_read(buf, len, line);
	} else {
		mutex_lock(&syslog_lock);
		n = do_read_all(buf, len, line, type == SYSLOG_READ_CLEAR);
		mutex_unlock(&syslog_lock);
	}
	kfree(line);
	return n;
}

static long unread_bytes(void)
{
	char *line = kmalloc(LINE_BUF, GFP_KERNEL);
	long n = 0;
	size_t len;
	u64 pos;

	if (!line)
		return -ENOMEM;
	mutex_lock(&syslog_lock);
	for (pos = read_pos; (len = format_record(&pos, line));)
		n += len;
	n -= min_t(long, n, read_part);
	mutex_unlock(&syslog_lock);
	kfree(line);
	return n;
}

static long console_level(int type, int level)
{
	long err = 0;

	mutex_lock(&syslog_lock);
	if (type == SYSLOG_CONSOLE_OFF) {
		if (!saved_console_level)
			saved_console_level = console_loglevel;
		console_loglevel = minimum_console_loglevel;
	} else if (type == SYSLOG_CONSOLE_ON) {
		if (saved_console_level)
			console_loglevel = saved_console_level;
		saved_console_level = 0;
	} else if (level < 1 || level > 8) {
		err = -EINVAL;
	} else {
		console_loglevel = max(level, minimum_console_loglevel);
		saved_console_level = 0;
	}
	mutex_unlock(&syslog_lock);
	return err;
}

SYSCALL_DEFINE3(syslog, int, type, char __user *, buf, int, len)
{
	/* Looking is free, as with dmesg_restrict=0; taking and switching are not. */
	if (type != SYSLOG_READ_ALL && type != SYSLOG_SIZE_BUFFER && !capable(CAP_SYSLOG) &&
	    !capable(CAP_SYS_ADMIN))
		return -EPERM;
	switch (type) {
	case SYSLOG_CLOSE:
	case SYSLOG_OPEN:
		return 0;
	case SYSLOG_READ:
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
		return read_log(type, buf, len);
	case SYSLOG_CLEAR:
		mutex_lock(&syslog_lock);
		clear_pos = printk_next_pos();
		mutex_unlock(&syslog_lock);
		return 0;
	case SYSLOG_CONSOLE_OFF:
	case SYSLOG_CONSOLE_ON:
	case SYSLOG_CONSOLE_LEVEL:
		return console_level(type, len);
	case SYSLOG_SIZE_UNREAD:
		return unread_bytes();
	case SYSLOG_SIZE_BUFFER:
		return 1 << CONFIG_LOG_BUF_SHIFT;
	default:
		return -EINVAL;
	}
}
