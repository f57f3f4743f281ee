/* SPDX-License-Identifier: MIT */
/*
 * The kernel log: a ring of records of variable size, and the consoles that print it.
 *
 * The ring is addressed by positions that only grow (byte offset modulo its size); a record may
 * wrap around the end. log_lock (IRQs off) protects it. Printing is separate: whoever finds the
 * console free becomes the printer and prints until it has caught up; others leave their records
 * to it. So printk() never waits for a UART that another CPU is feeding.
 */
#include <arch/debug.h>
#include <kernel/bug.h>
#include <kernel/console.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/wait.h>
#include <kernel/percpu.h>
#include <lib/ctype.h>
#include <lib/kstrtox.h>
#include <lib/list.h>
#include <lib/printf.h>
#include <lib/string.h>

#define LOG_BUF_SIZE (1u << CONFIG_LOG_BUF_SHIFT)
#define LINE_MAX     480

struct record {
	u64 ts_ns;
	u32 seq;
	u16 len; /* of the text that follows */
	u8 level, facility;
};

int console_loglevel = 7;
int default_message_loglevel = 4;
int minimum_console_loglevel = 1;
DECLARE_WAIT_QUEUE_HEAD(log_wait);

static char log_buf[LOG_BUF_SIZE];
static DEFINE_SPINLOCK(log_lock);
static u64 first_pos, next_pos; /* log_lock: oldest record kept; where the next one goes */
static u32 next_seq; /* log_lock */
static char line[LINE_MAX]; /* log_lock */
static u64 console_pos; /* the printer only */

static LIST_HEAD(console_list); /* register_console() at boot; read by the printer */
static _Atomic bool console_busy;
static bool early_console = true;
static bool oops_in_progress;

/* console= options in the order given. */
#define MAX_CMDLINE_CONSOLES 8
static struct {
	char name[16];
	int index;
	char options[24];
} wanted[MAX_CMDLINE_CONSOLES];
static unsigned int nr_wanted;

static void ring_write(u64 pos, const void *src, size_t len)
{
	u32 off = pos % LOG_BUF_SIZE;
	size_t part = min_t(size_t, len, LOG_BUF_SIZE - off);

	memcpy(log_buf + off, src, part);
	memcpy(log_buf, (const char *)src + part, len - part);
}

static void ring_read(u64 pos, void *dst, size_t len)
{
	u32 off = pos % LOG_BUF_SIZE;
	size_t part = min_t(size_t, len, LOG_BUF_SIZE - off);

	memcpy(dst, log_buf + off, part);
	memcpy((char *)dst + part, log_buf, len - part);
}

/* log_lock held. Overwrites the oldest records as far as needed. */
static void log_store(u8 facility, u8 level, const char *text, size_t len)
{
	struct record r = {.ts_ns = sched_clock(),
			   .seq = next_seq++,
			   .len = len,
			   .level = level,
			   .facility = facility};
	struct record old;

	while (next_pos + sizeof(r) + len - first_pos > LOG_BUF_SIZE) {
		ring_read(first_pos, &old, sizeof(old));
		first_pos += sizeof(old) + old.len;
	}
	ring_write(next_pos, &r, sizeof(r));
	ring_write(next_pos + sizeof(r), text, len);
	next_pos += sizeof(r) + len;
}

size_t printk_read(u64 *pos, struct printk_meta *meta, char *buf, size_t size)
{
	struct record r;
	unsigned long flags;
	size_t len = 0;

	spin_lock_irqsave(&log_lock, flags);
	if (*pos < first_pos)
		*pos = first_pos;
	if (*pos >= next_pos) {
		spin_unlock_irqrestore(&log_lock, flags);
		return 0;
	}
	ring_read(*pos, &r, sizeof(r));
	len = min_t(size_t, r.len, size);
	ring_read(*pos + sizeof(r), buf, len);
	*pos += sizeof(r) + r.len;
	spin_unlock_irqrestore(&log_lock, flags);
	*meta = (struct printk_meta){
		.seq = r.seq, .ts_ns = r.ts_ns, .level = r.level, .facility = r.facility};
	return len;
}

u64 printk_first_pos(void)
{
	return READ_ONCE(first_pos);
}

u64 printk_next_pos(void)
{
	return READ_ONCE(next_pos);
}

/* ---- printing ---- */

static void console_emit(const char *s, size_t len)
{
	struct console *con;
	bool any = false;

	list_for_each_entry(con, &console_list, list) {
		if (con->enabled) {
			con->write(con, s, len);
			any = true;
		}
	}
	if (!any && early_console)
		early_console_write(s, len);
}

/* "[    1.234567] text\n" */
static size_t format_line(char *out, size_t size, const struct printk_meta *m, const char *text,
			  size_t len)
{
	unsigned long long us = m->ts_ns / 1000;

	return scnprintf(out, size, "[%5llu.%06llu] %.*s\n", us / 1000000, us % 1000000, (int)len,
			 text);
}

/*
 * One printer at a time. A record added after the last look is printed by whoever added it: it
 * finds console_busy clear, or we look again.
 */
static void console_drain(void)
{
	static char text[LINE_MAX], out[LINE_MAX + 32];
	struct printk_meta m;
	unsigned long flags;
	size_t len;

	while (READ_ONCE(next_pos) > READ_ONCE(console_pos)) {
		local_irq_save(flags);
		if (atomic_exchange_explicit(&console_busy, true, memory_order_acquire) &&
		    !oops_in_progress) {
			local_irq_restore(flags);
			return;
		}
		len = printk_read(&console_pos, &m, text, sizeof(text));
		if (m.level < console_loglevel || oops_in_progress)
			console_emit(out, format_line(out, sizeof(out), &m, text, len));
		atomic_store_explicit(&console_busy, false, memory_order_seq_cst);
		local_irq_restore(flags);
	}
}

/*
 * printk() may be called with any lock held, also the scheduler's, so it cannot wake a reader
 * itself: it leaves a mark, and the next tick or idle entry of this CPU (printk_tick) does.
 */
static DEFINE_PER_CPU(u32, log_wake_pending);

static void wake_readers(void)
{
	if (waitqueue_active(&log_wait))
		this_cpu_write(log_wake_pending, 1);
}

/* Hard IRQ or idle loop, no lock held. */
void printk_tick(void)
{
	if (unlikely(this_cpu_read(log_wake_pending))) {
		this_cpu_write(log_wake_pending, 0);
		wake_up_interruptible(&log_wait);
	}
}

int vprintk(const char *fmt, va_list args)
{
	int level = default_message_loglevel;
	unsigned long flags;
	size_t len;
	char *p = line;

	spin_lock_irqsave(&log_lock, flags);
	len = vscnprintf(line, sizeof(line), fmt, args);
	while (len >= 2 && p[0] == KERN_SOH[0]) {
		if (p[1] >= '0' && p[1] <= '7')
			level = p[1] - '0';
		p += 2;
		len -= 2;
	}
	while (len && p[len - 1] == '\n')
		len--;
	log_store(0, level, p, len);
	spin_unlock_irqrestore(&log_lock, flags);
	console_drain();
	wake_readers();
	return len;
}

int printk(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vprintk(fmt, args);
	va_end(args);
	return n;
}

void printk_store(u8 facility, u8 level, const char *text, size_t len)
{
	unsigned long flags;

	spin_lock_irqsave(&log_lock, flags);
	log_store(facility, level, text, min_t(size_t, len, LINE_MAX));
	spin_unlock_irqrestore(&log_lock, flags);
	console_drain();
	wake_readers();
}

bool __printk_ratelimit(u64 *last, const char *what)
{
	u64 now = sched_clock();

	if (*last && now - *last < NSEC_PER_SEC)
		return false;
	*last = now ? now : 1;
	return true;
}

/* The kernel is dying: locks may be held by CPUs that are stopped. */
void console_flush_on_panic(void)
{
	oops_in_progress = true;
	spin_lock_init(&log_lock);
	atomic_store_explicit(&console_busy, false, memory_order_relaxed);
	console_drain();
}

/* ---- consoles ---- */

/* console=ttyS0,115200n8 */
static int __init console_setup(char *value)
{
	char *comma, *digit;

	if (!value || nr_wanted == MAX_CMDLINE_CONSOLES)
		return -EINVAL;
	comma = strchr(value, ',');
	if (comma)
		strscpy(wanted[nr_wanted].options, comma + 1, sizeof(wanted[nr_wanted].options));
	digit = value;
	while (*digit && digit != comma && !isdigit(*digit))
		digit++;
	strscpy(wanted[nr_wanted].name, value,
		min_t(size_t, digit - value + 1, sizeof(wanted[nr_wanted].name)));
	wanted[nr_wanted].index = simple_strtoul(digit, NULL, 10);
	nr_wanted++;
	return 0;
}
early_param("console", console_setup);

/* Which console= names @con; the last one is preferred. -1: none. */
static int console_match(struct console *con)
{
	for (int i = nr_wanted - 1; i >= 0; i--)
		if (!strcmp(wanted[i].name, con->name) &&
		    (con->index < 0 || con->index == wanted[i].index))
			return i;
	return -1;
}

void register_console(struct console *con)
{
	int i = console_match(con);

	if (nr_wanted && i < 0)
		return;
	if (!nr_wanted && !list_empty(&console_list))
		return;
	if (con->index < 0)
		con->index = i >= 0 ? wanted[i].index : 0;
	if (con->setup &&
	    con->setup(con, i >= 0 && wanted[i].options[0] ? wanted[i].options : NULL))
		return;
	con->preferred = i == (int)nr_wanted - 1;
	con->enabled = true;
	if (con->preferred)
		list_add(&con->list, &console_list);
	else
		list_add_tail(&con->list, &console_list);
	if (early_console) {
		/* it has printed everything so far on the same wire, if it had one */
		early_console = false;
		if (!early_console_present())
			WRITE_ONCE(console_pos, 0);
	}
	console_drain();
}

void unregister_console(struct console *con)
{
	if (!con->enabled)
		return;
	con->enabled = false;
	list_del(&con->list);
}

struct tty_driver *console_device(int *index)
{
	struct console *con;

	list_for_each_entry(con, &console_list, list)
		if (con->enabled && con->device)
			return con->device(con, index);
	return NULL;
}

static int __init loglevel_setup(char *value)
{
	return value ? kstrtoint(value, 10, &console_loglevel) : -EINVAL;
}
early_param("loglevel", loglevel_setup);

static int __init quiet_setup(char *value)
{
	console_loglevel = 4;
	return 0;
}
early_param("quiet", quiet_setup);

static int __init debug_setup(char *value)
{
	console_loglevel = 10;
	return 0;
}
early_param("debug", debug_setup);

static int __init ignore_loglevel_setup(char *value)
{
	console_loglevel = 100;
	return 0;
}
early_param("ignore_loglevel", ignore_loglevel_setup);
