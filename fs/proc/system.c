/* SPDX-License-Identifier: MIT */
/*
 * procfs: the files about the whole system that belong to no other subsystem, as proc(5) describes
 * them. What a subsystem can count itself it also prints itself; this file only gives it a name
 * here.
 */
#include <arch/boot.h>
#include <arch/cpu.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/swap.h>
#include <mm/vmstat.h>
#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/keys.h>
#include <kernel/sched.h>
#include <kernel/time.h>
#include <kernel/utsname.h>
#include <fs/blkdev.h>
#include "internal.h"

#define NS_PER_TICK (NSEC_PER_SEC / USER_HZ)

static int cpuinfo_show(struct seq_file *m, void *v)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		arch_show_cpuinfo(m, cpu);
		seq_putc(m, '\n');
	}
	return 0;
}

static int meminfo_file_show(struct seq_file *m, void *v)
{
	meminfo_show(m);
	return 0;
}

static int vmstat_file_show(struct seq_file *m, void *v)
{
	vmstat_show(m);
	return 0;
}

static int slabinfo_show(struct seq_file *m, void *v)
{
	slab_show(m);
	return 0;
}

static int interrupts_show(struct seq_file *m, void *v)
{
	return show_interrupts(m);
}

static int filesystems_show(struct seq_file *m, void *v)
{
	show_filesystems(m);
	return 0;
}

static int devices_show(struct seq_file *m, void *v)
{
	seq_puts(m, "Character devices:\n");
	chrdev_show(m);
	seq_puts(m, "\nBlock devices:\n");
	if (IS_ENABLED(CONFIG_BLOCK))
		blkdev_show(m);
	return 0;
}

/* ---- stat ------------------------------------------------------------------------------------ */

static void show_cpu_times(struct seq_file *m, const struct cpu_times *t)
{
	seq_put_decimal_ull(m, " ", t->user / NS_PER_TICK);
	seq_put_decimal_ull(m, " ", t->nice / NS_PER_TICK);
	seq_put_decimal_ull(m, " ", t->system / NS_PER_TICK);
	seq_put_decimal_ull(m, " ", t->idle / NS_PER_TICK);
	seq_put_decimal_ull(m, " ", t->iowait / NS_PER_TICK);
	seq_put_decimal_ull(m, " ", t->irq / NS_PER_TICK);
	seq_puts(m, " 0 0 0 0\n"); /* softirq (counted as irq), steal, guest, guest_nice */
}

static void add_cpu_times(struct cpu_times *sum, const struct cpu_times *t)
{
	sum->user += t->user;
	sum->nice += t->nice;
	sum->system += t->system;
	sum->idle += t->idle;
	sum->iowait += t->iowait;
	sum->irq += t->irq;
}

static void sum_cpu_times(struct cpu_times *sum)
{
	struct cpu_times t;
	unsigned int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		cpu_times(cpu, &t);
		add_cpu_times(sum, &t);
	}
}

static int stat_show(struct seq_file *m, void *v)
{
	struct cpu_times t;
	unsigned int cpu;

	sum_cpu_times(&t);
	seq_puts(m, "cpu ");
	show_cpu_times(m, &t);
	for_each_online_cpu(cpu) {
		cpu_times(cpu, &t);
		seq_put_decimal_ull(m, "cpu", cpu);
		show_cpu_times(m, &t);
	}
	seq_put_decimal_ull(m, "intr ", irq_total_count());
	seq_put_decimal_ull(m, "\nctxt ", nr_context_switches());
	seq_put_decimal_ull(m, "\nbtime ",
			    (ktime_get_real() - ktime_get_boottime()) / NSEC_PER_SEC);
	seq_put_decimal_ull(m, "\nprocesses ", total_forks);
	seq_put_decimal_ull(m, "\nprocs_running ", nr_running());
	seq_put_decimal_ull(m, "\nprocs_blocked ", nr_iowait());
	seq_putc(m, '\n');
	return 0;
}

static int uptime_show(struct seq_file *m, void *v)
{
	struct cpu_times t;
	u64 up = ktime_get_boottime(), idle;

	sum_cpu_times(&t);
	idle = t.idle + t.iowait;
	seq_printf(m, "%llu.%02llu %llu.%02llu\n", (unsigned long long)(up / NSEC_PER_SEC),
		   (unsigned long long)(up % NSEC_PER_SEC / 10000000),
		   (unsigned long long)(idle / NSEC_PER_SEC),
		   (unsigned long long)(idle % NSEC_PER_SEC / 10000000));
	return 0;
}

/* Averages have 16 bits of fraction; rounded to hundredths. */
static void show_average(struct seq_file *m, unsigned long load)
{
	load += (1ul << 16) / 200;
	seq_printf(m, "%lu.%02lu ", load >> 16, ((load & 0xffff) * 100) >> 16);
}

static int loadavg_show(struct seq_file *m, void *v)
{
	unsigned long loads[3];

	get_avenrun(loads);
	for (int i = 0; i < 3; i++)
		show_average(m, loads[i]);
	seq_printf(m, "%lu/%lu %d\n", nr_running(), READ_ONCE(nr_threads), last_pid());
	return 0;
}

static int version_show(struct seq_file *m, void *v)
{
	seq_puts(m, linux_banner);
	seq_putc(m, '\n');
	return 0;
}

static int cmdline_show(struct seq_file *m, void *v)
{
	seq_puts(m, boot_info.cmdline);
	seq_putc(m, '\n');
	return 0;
}

/* Without swap: the head of an empty table. */
static int swaps_show(struct seq_file *m, void *v)
{
	if (IS_ENABLED(CONFIG_SWAP))
		return proc_swaps_show(m, v);
	seq_puts(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

static const struct {
	const char *name;
	int (*show)(struct seq_file *m, void *v);
	umode_t mode;
} files[] = {
	{"cpuinfo", cpuinfo_show, 0444},       {"meminfo", meminfo_file_show, 0444},
	{"vmstat", vmstat_file_show, 0444},    {"slabinfo", slabinfo_show, 0400},
	{"interrupts", interrupts_show, 0444}, {"filesystems", filesystems_show, 0444},
	{"devices", devices_show, 0444},       {"stat", stat_show, 0444},
	{"uptime", uptime_show, 0444},	       {"loadavg", loadavg_show, 0444},
	{"version", version_show, 0444},       {"cmdline", cmdline_show, 0444},
	{"swaps", swaps_show, 0444},
};

static int make_keys_files(void)
{
	return IS_ENABLED(CONFIG_KEYS) &&
			       (!proc_create_single("keys", 0444, NULL, proc_keys_show) ||
				!proc_create_single("key-users", 0444, NULL, proc_key_users_show)) ?
		       -ENOMEM :
		       0;
}

static int proc_system_init(void)
{
	proc_symlink("mounts", NULL, "self/mounts");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (!proc_create_single(files[i].name, files[i].mode, NULL, files[i].show))
			return -ENOMEM;
	return make_keys_files();
}
fs_initcall(proc_system_init);
