/* SPDX-License-Identifier: MIT */
/*
 * How much may be dirty. Over the background limit the flusher is woken; over the limit who makes
 * pages dirty writes some of its own back and waits, so that a writer goes no faster than its disk.
 * The limits are shares of the memory that could be dirty: free or page cache.
 */
#include <fs/fs.h>
#include <fs/writeback.h>
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/sysctl.h>
#include <mm/mm.h>
#include <mm/pagemap.h>
#include <mm/vmstat.h>

#define CHECK_EVERY 32u /* pages made dirty on this CPU */
#define WRITE_CHUNK 1024L

static int dirty_ratio = 20, dirty_background_ratio = 10; /* percent */
static unsigned long dirty_bytes, dirty_background_bytes; /* 0: the ratio counts */
int dirty_expire_centisecs = 3000, dirty_writeback_centisecs = 500;

static DEFINE_PER_CPU(unsigned int, dirtied);

static unsigned long limit_pages(unsigned long bytes, int ratio)
{
	unsigned long able = nr_free_pages() + vmstat_read(NR_FILE_PAGES);
	unsigned long shmem = vmstat_read(NR_SHMEM);

	if (bytes)
		return DIV_ROUND_UP(bytes, PAGE_SIZE);
	able -= min(able, shmem);
	return max(able * ratio / 100, 32ul);
}

static unsigned long dirty_pages(void)
{
	return vmstat_read(NR_FILE_DIRTY) + vmstat_read(NR_WRITEBACK);
}

unsigned long dirty_limit_pages(void)
{
	return limit_pages(dirty_bytes, dirty_ratio);
}

unsigned long dirty_background_pages(void)
{
	return min(limit_pages(dirty_background_bytes, dirty_background_ratio),
		   dirty_limit_pages() / 2 + 1);
}

bool over_background_limit(void)
{
	return vmstat_read(NR_FILE_DIRTY) > dirty_background_pages();
}

static void balance_dirty_pages(struct address_space *mapping)
{
	unsigned long limit = dirty_limit_pages();

	if (dirty_pages() <= min(dirty_background_pages(), limit))
		return;
	wakeup_flusher();
	while (dirty_pages() > limit && !fatal_signal_pending(current)) {
		struct writeback_control wbc = {.nr_to_write = WRITE_CHUNK,
						.range_end = MAX_LFS_FILESIZE};

		do_writepages(mapping, &wbc);
		if (dirty_pages() <= limit)
			break;
		set_current_state(TASK_KILLABLE);
		schedule_hrtimeout_left(4 * 1000 * 1000);
		limit = dirty_limit_pages();
	}
}

void balance_dirty_pages_ratelimited(struct address_space *mapping)
{
	bool check;

	preempt_disable();
	check = ++*this_cpu_ptr(&dirtied) >= CHECK_EVERY;
	if (check)
		*this_cpu_ptr(&dirtied) = 0;
	preempt_enable();
	/* A thread that cleans pages for others (loop devices) must not wait for them. */
	if (check && mapping->a_ops->write_page && !(current->flags & PF_LOCAL_THROTTLE))
		balance_dirty_pages(mapping);
}

static const int zero, hundred = 100;

static int set_interval(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	int err = proc_dointvec_minmax(table, write, buf, lenp);

	if (write && !err)
		wakeup_flusher();
	return err;
}

/* Bytes and ratio exclude each other: the last one that is set counts. */
static int set_ratio(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	int err = proc_dointvec_minmax(table, write, buf, lenp);

	if (write && !err)
		*(table->data == &dirty_ratio ? &dirty_bytes : &dirty_background_bytes) = 0;
	return err;
}

static int set_bytes(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	int err = proc_doulongvec_minmax(table, write, buf, lenp);

	if (write && !err)
		*(table->data == &dirty_bytes ? &dirty_ratio : &dirty_background_ratio) = 0;
	return err;
}

static const struct ctl_table table[] = {
	{.procname = "dirty_ratio",
	 .data = &dirty_ratio,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = set_ratio,
	 .extra1 = &zero,
	 .extra2 = &hundred},
	{.procname = "dirty_background_ratio",
	 .data = &dirty_background_ratio,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = set_ratio,
	 .extra1 = &zero,
	 .extra2 = &hundred},
	{.procname = "dirty_bytes",
	 .data = &dirty_bytes,
	 .maxlen = sizeof(long),
	 .mode = 0644,
	 .proc_handler = set_bytes},
	{.procname = "dirty_background_bytes",
	 .data = &dirty_background_bytes,
	 .maxlen = sizeof(long),
	 .mode = 0644,
	 .proc_handler = set_bytes},
	{.procname = "dirty_expire_centisecs",
	 .data = &dirty_expire_centisecs,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = set_interval,
	 .extra1 = &zero},
	{.procname = "dirty_writeback_centisecs",
	 .data = &dirty_writeback_centisecs,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = set_interval,
	 .extra1 = &zero},
};

static int page_writeback_init(void)
{
	return register_sysctl("vm", table, ARRAY_SIZE(table));
}
fs_initcall(page_writeback_init);
