/* SPDX-License-Identifier: MIT */
/*
 * /proc/sys/kernel/sched_*: what real-time tasks may use, sched(7). Built when there are any.
 */
#include <kernel/init.h>
#include <kernel/sched.h>
#include <kernel/sysctl.h>
#include <uapi/errno.h>

static const int one = 1, minus_one = -1;

static int check_limits(void)
{
	if (sysctl_sched_rt_runtime > sysctl_sched_rt_period)
		return -EINVAL;
	return sched_dl_fits() ? 0 : -EBUSY;
}

/*
 * Runtime is a part of the period, and deadline tasks have been promised theirs of it: what breaks
 * that is put back.
 */
static int rt_limits(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	int *data = table->data, old = *data;
	int err = proc_dointvec_minmax(table, write, buf, lenp);

	if (err || !write)
		return err;
	err = check_limits();
	if (err)
		WRITE_ONCE(*data, old);
	return err;
}

/* Zero and less: as it was at boot. */
static int rr_timeslice(const struct ctl_table *table, bool write, char *buf, size_t *lenp)
{
	int err = proc_dointvec(table, write, buf, lenp);

	if (!err && write && sysctl_sched_rr_timeslice <= 0)
		WRITE_ONCE(sysctl_sched_rr_timeslice, RR_TIMESLICE_MS);
	return err;
}

static const struct ctl_table sched_table[] = {
	{.procname = "sched_rt_period_us",
	 .data = &sysctl_sched_rt_period,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = rt_limits,
	 .extra1 = &one},
	{.procname = "sched_rt_runtime_us",
	 .data = &sysctl_sched_rt_runtime,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = rt_limits,
	 .extra1 = &minus_one},
	{.procname = "sched_rr_timeslice_ms",
	 .data = &sysctl_sched_rr_timeslice,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = rr_timeslice},
};

static int sysctl_sched_init(void)
{
	return register_sysctl("kernel", sched_table, ARRAY_SIZE(sched_table));
}
core_initcall(sysctl_sched_init);
