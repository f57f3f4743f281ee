/* SPDX-License-Identifier: MIT */
/*
 * Process accounting, acct(2): a record (acct(5), version 3) for each process that ends, appended
 * to a file. Nothing is written while the file's file system is nearly full: /proc/sys/kernel/acct
 * says below which percentage of free space it stops, above which it goes on, and how often (s) to
 * look.
 */
#include <fs/fs.h>
#include <fs/namei.h>
#include <kernel/acct.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/printk.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/sysctl.h>
#include <kernel/tty.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <uapi/acct.h>
#include <uapi/capability.h>
#include <uapi/stat.h>

/* All of it under acct_lock; acct_file is also read without, to see that accounting is off. */
static DEFINE_MUTEX(acct_lock);
static struct file *acct_file; /* NULL: off */
static bool acct_paused; /* for want of space */
static ktime_t acct_next_look;

static int acct_parm[3] = {4, 2, 30};
#define RESUME	   acct_parm[0]
#define SUSPEND	   acct_parm[1]
#define LOOK_EVERY acct_parm[2]

/* ---- acct(2) --------------------------------------------------------------------------------- */

static struct file *open_acct_file(const char *name)
{
	struct file *file = filp_open(name, O_WRONLY | O_APPEND | O_LARGEFILE, 0);
	int err = 0;

	if (IS_ERR(file))
		return file;
	if (!S_ISREG(file_inode(file)->i_mode))
		err = -EACCES;
	else if (!(file->f_mode & FMODE_CAN_WRITE))
		err = -EIO;
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}

/* @file NULL: accounting ends. */
static void switch_file(struct file *file)
{
	mutex_lock(&acct_lock);
	swap(acct_file, file);
	acct_paused = false;
	acct_next_look = ktime_get();
	mutex_unlock(&acct_lock);
	if (file)
		fput(file);
}

SYSCALL_DEFINE1(acct, const char __user *, uname)
{
	struct filename name;
	struct file *file;
	int err;

	if (!capable(CAP_SYS_PACCT))
		return -EPERM;
	if (!uname) {
		switch_file(NULL);
		return 0;
	}
	err = getname(&name, uname);
	if (err)
		return err;
	file = open_acct_file(name.name);
	putname(&name);
	if (IS_ERR(file))
		return PTR_ERR(file);
	switch_file(file);
	return 0;
}

/* ---- numbers: acct(5) ------------------------------------------------------------------------ */

/* Rounded; what is too large is the largest there is. */
static comp_t encode_comp(u64 value)
{
	unsigned int exp = 0, round = 0;

	while (value > 0x1fff) {
		round = value >> 2 & 1;
		value >>= 3;
		exp++;
	}
	value += round;
	if (value > 0x1fff) {
		value >>= 3;
		exp++;
	}
	return exp > 7 ? 0xffff : exp << 13 | value;
}

/* IEEE 754 single precision, cut off. */
static u32 encode_float(u64 value)
{
	unsigned int top;

	if (!value)
		return 0;
	top = 63 - __builtin_clzll(value);
	value = top > 23 ? value >> (top - 23) : value << (23 - top);
	return (127 + top) << 23 | (value & 0x7fffff);
}

static u64 ns_to_ahz(u64 ns)
{
	return ns / (NSEC_PER_SEC / AHZ);
}

/* ---- records --------------------------------------------------------------------------------- */

static void fill_times(struct acct_v3 *ac)
{
	u64 elapsed = ktime_get() - current->group_leader->start_time, ut, st;

	thread_group_cputime_adjusted(current, &ut, &st);
	ac->ac_utime = encode_comp(ns_to_ahz(ut));
	ac->ac_stime = encode_comp(ns_to_ahz(st));
	ac->ac_etime = encode_float(ns_to_ahz(elapsed));
	ac->ac_btime = (ktime_get_real() - (s64)elapsed) / NSEC_PER_SEC;
}

static void fill_ids(struct acct_v3 *ac)
{
	u32 tty;
	int tpgid;

	ac->ac_uid = current_uid();
	ac->ac_gid = current_gid();
	ac->ac_pid = task_tgid_nr(current);
	ac->ac_ppid = task_ppid_nr(current);
	tty_proc_numbers(current, &tty, &tpgid);
	ac->ac_tty = tty;
}

static void fill_record(struct acct_v3 *ac, int code)
{
	struct signal_struct *sig = current->signal;

	memset(ac, 0, sizeof(*ac));
	ac->ac_version = 3 | ACCT_BYTEORDER;
	ac->ac_flag = (current->flags & PF_FORKNOEXEC ? AFORK : 0) |
		      (current->flags & PF_SUPERPRIV ? ASU : 0) |
		      (current->flags & PF_DUMPCORE ? ACORE : 0) |
		      (current->flags & PF_SIGNALED ? AXSIG : 0);
	ac->ac_exitcode = sig->group_exit_code ? sig->group_exit_code : code;
	fill_ids(ac);
	fill_times(ac);
	ac->ac_mem = encode_comp(current->mm->total_vm << (PAGE_SHIFT - 10));
	ac->ac_minflt = encode_comp(sig->min_flt + current->min_flt);
	ac->ac_majflt = encode_comp(sig->maj_flt + current->maj_flt);
	memcpy(ac->ac_comm, current->comm, sizeof(ac->ac_comm));
}

/* Whether there is room enough to go on. A file system without limits has. acct_lock held. */
static bool may_write(void)
{
	struct kstatfs st;
	u64 percent;

	if (ktime_get() < acct_next_look)
		return !acct_paused;
	acct_next_look = ktime_get() + READ_ONCE(LOOK_EVERY) * NSEC_PER_SEC;
	if (vfs_statfs(&acct_file->f_path, &st) || !st.f_blocks)
		return !acct_paused;
	percent = st.f_bavail * 100;
	if (!acct_paused && percent <= st.f_blocks * (unsigned int)READ_ONCE(SUSPEND)) {
		acct_paused = true;
		pr_info("Process accounting paused\n");
	} else if (acct_paused && percent >= st.f_blocks * (unsigned int)READ_ONCE(RESUME)) {
		acct_paused = false;
		pr_info("Process accounting resumed\n");
	}
	return !acct_paused;
}

/* As who turned accounting on, and beyond the limit of who ends. acct_lock held. */
static void write_record(const struct acct_v3 *ac)
{
	struct rlimit64 *limit = &current->signal->rlim[RLIMIT_FSIZE];
	const struct cred *cred = override_creds(acct_file->f_cred);
	u64 old = limit->rlim_cur;
	loff_t pos = 0;

	WRITE_ONCE(limit->rlim_cur, RLIM64_INFINITY);
	kernel_write(acct_file, ac, sizeof(*ac), &pos);
	WRITE_ONCE(limit->rlim_cur, old);
	revert_creds(cred);
}

void acct_process(long code)
{
	struct acct_v3 ac;

	if (likely(!READ_ONCE(acct_file)) || !current->mm)
		return;
	fill_record(&ac, code);
	mutex_lock(&acct_lock);
	if (acct_file && may_write())
		write_record(&ac);
	mutex_unlock(&acct_lock);
}

static const struct ctl_table acct_table[] = {
	{.procname = "acct",
	 .data = acct_parm,
	 .maxlen = sizeof(acct_parm),
	 .mode = 0644,
	 .proc_handler = proc_dointvec},
};

static int __init acct_init(void)
{
	return register_sysctl("kernel", acct_table, ARRAY_SIZE(acct_table));
}
core_initcall(acct_init);
