/* SPDX-License-Identifier: MIT */
/*
 * procfs: what stat, status, statm, limits, wchan, stack and oom_score of a process say. The
 * formats are those of proc(5), field by field; values that this kernel does not keep are 0 where
 * proc(5) calls them obsolete, and lines it has nothing to say in are left out.
 */
#include <lib/bitmap.h>
#include <lib/string.h>
#include <arch/debug.h>
#include <mm/mm.h>
#include <mm/vmstat.h>
#include <kernel/cred.h>
#include <kernel/kallsyms.h>
#include <kernel/sched_signal.h>
#include <kernel/seccomp.h>
#include <drivers/tty/tty.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include "internal.h"

#define NS_PER_TICK (NSEC_PER_SEC / USER_HZ)

/* ---- stat ------------------------------------------------------------------------------------ */

/* What stat and status need of the thread group, taken in one go under its lock. */
struct group_view {
	ksigset_t pending, shared, blocked, ignored, caught;
	u64 utime, stime, cutime, cstime, min_flt, maj_flt, cmin_flt, cmaj_flt;
	u64 rss_limit;
	int threads;
	int exit_code;
};

static void view_actions(struct task_struct *task, struct group_view *v)
{
	for (int sig = 1; sig <= _NSIG; sig++) {
		const struct k_sigaction *ka = &task->sighand->action[sig - 1];

		if (ka->sa.sa_handler == SIG_IGN)
			v->ignored |= sigmask(sig);
		else if (ka->sa.sa_handler != SIG_DFL)
			v->caught |= sigmask(sig);
	}
}

static void view_locked(struct task_struct *task, struct group_view *v)
{
	struct signal_struct *sig = task->signal;

	v->pending = task->pending.signal;
	v->shared = sig->shared_pending.signal;
	v->blocked = task->blocked;
	view_actions(task, v);
	v->cutime = sig->cutime;
	v->cstime = sig->cstime;
	v->min_flt = sig->min_flt;
	v->maj_flt = sig->maj_flt;
	v->cmin_flt = sig->cmin_flt;
	v->cmaj_flt = sig->cmaj_flt;
	v->rss_limit = sig->rlim[RLIMIT_RSS].rlim_cur;
	v->threads = sig->nr_threads;
	v->exit_code = sig->group_exit_code ? sig->group_exit_code : task->exit_code;
}

static void add_live_threads(struct task_struct *task, struct group_view *v)
{
	struct task_struct *t;

	rcu_read_lock();
	for_each_thread(task, t) {
		v->min_flt += READ_ONCE(t->min_flt);
		v->maj_flt += READ_ONCE(t->maj_flt);
	}
	rcu_read_unlock();
}

/* @whole: of the process, else of the one thread. */
static void view_group(struct task_struct *task, bool whole, struct group_view *v)
{
	unsigned long flags;

	memset(v, 0, sizeof(*v));
	if (lock_task_sighand(task, &flags)) {
		view_locked(task, v);
		unlock_task_sighand(task, &flags);
	}
	if (whole) {
		add_live_threads(task, v);
		thread_group_cputime_adjusted(task, &v->utime, &v->stime);
	} else {
		v->min_flt = task->min_flt;
		v->maj_flt = task->maj_flt;
		task_cputime_adjusted(task, &v->utime, &v->stime);
	}
}

static void stat_name(struct seq_file *m, struct task_struct *task)
{
	char comm[TASK_COMM_LEN];

	get_task_comm(comm, task);
	seq_puts(m, " (");
	seq_escape(m, comm, "\n\\");
	seq_puts(m, ") ");
	seq_putc(m, task_state_char(task));
}

static void stat_family(struct seq_file *m, struct task_struct *task)
{
	u32 tty_nr = 0;
	int tpgid = -1;

	rcu_read_lock();
	seq_put_decimal_ll(m, " ", task_ppid_nr(task));
	seq_put_decimal_ll(m, " ", task_pgrp_nr(task));
	seq_put_decimal_ll(m, " ", task_session_nr(task));
	rcu_read_unlock();
	tty_proc_numbers(task, &tty_nr, &tpgid);
	seq_put_decimal_ll(m, " ", (int)tty_nr);
	seq_put_decimal_ll(m, " ", tpgid);
	seq_put_decimal_ull(m, " ", task->flags);
}

static void stat_times(struct seq_file *m, struct task_struct *task, const struct group_view *v)
{
	seq_put_decimal_ull(m, " ", v->min_flt);
	seq_put_decimal_ull(m, " ", v->cmin_flt);
	seq_put_decimal_ull(m, " ", v->maj_flt);
	seq_put_decimal_ull(m, " ", v->cmaj_flt);
	seq_put_decimal_ull(m, " ", v->utime / NS_PER_TICK);
	seq_put_decimal_ull(m, " ", v->stime / NS_PER_TICK);
	seq_put_decimal_ull(m, " ", v->cutime / NS_PER_TICK);
	seq_put_decimal_ull(m, " ", v->cstime / NS_PER_TICK);
	seq_put_decimal_ll(m, " ", task->prio - MAX_RT_PRIO);
	seq_put_decimal_ll(m, " ", task_nice(task));
	seq_put_decimal_ll(m, " ", v->threads);
	seq_puts(m, " 0"); /* itrealvalue, obsolete */
	seq_put_decimal_ull(m, " ", task->start_time / NS_PER_TICK);
}

/* Fields 23 to 30; addresses only for who may look. */
static void stat_memory(struct seq_file *m, struct mm_struct *mm, const struct group_view *v,
			bool permitted)
{
	seq_put_decimal_ull(m, " ", mm ? READ_ONCE(mm->total_vm) << PAGE_SHIFT : 0);
	seq_put_decimal_ull(m, " ", mm ? get_mm_rss(mm) : 0);
	seq_put_decimal_ull(m, " ", v->rss_limit);
	seq_put_decimal_ull(m, " ", mm ? (permitted ? mm->start_code : 1) : 0);
	seq_put_decimal_ull(m, " ", mm ? (permitted ? mm->end_code : 1) : 0);
	seq_put_decimal_ull(m, " ", mm && permitted ? mm->start_stack : 0);
	seq_puts(m, " 0 0"); /* kstkesp, kstkeip */
}

static void stat_signals(struct seq_file *m, const struct group_view *v)
{
	const u64 low = 0x7fffffff;

	seq_put_decimal_ull(m, " ", v->pending & low);
	seq_put_decimal_ull(m, " ", v->blocked & low);
	seq_put_decimal_ull(m, " ", v->ignored & low);
	seq_put_decimal_ull(m, " ", v->caught & low);
}

static void stat_rest(struct seq_file *m, struct task_struct *task, struct mm_struct *mm,
		      const struct group_view *v, bool permitted)
{
	bool addresses = mm && permitted;

	seq_put_decimal_ull(m, " ", task_state_char(task) == 'R' ? 0 : 1); /* wchan: 0 or 1 */
	seq_puts(m, " 0 0"); /* nswap, cnswap */
	seq_put_decimal_ll(m, " ", task->exit_signal);
	seq_put_decimal_ull(m, " ", task_cpu(task));
	seq_put_decimal_ull(m, " ", task->rt_priority);
	seq_put_decimal_ull(m, " ", task->policy);
	seq_puts(m, " 0 0 0"); /* delays of block I/O, guest times: not counted */
	seq_put_decimal_ull(m, " ", addresses ? mm->start_data : 0);
	seq_put_decimal_ull(m, " ", addresses ? mm->end_data : 0);
	seq_put_decimal_ull(m, " ", addresses ? mm->start_brk : 0);
	seq_put_decimal_ull(m, " ", addresses ? mm->arg_start : 0);
	seq_put_decimal_ull(m, " ", addresses ? mm->arg_end : 0);
	seq_put_decimal_ull(m, " ", addresses ? mm->env_start : 0);
	seq_put_decimal_ull(m, " ", addresses ? mm->env_end : 0);
	seq_put_decimal_ll(m, " ", permitted ? v->exit_code : 0);
	seq_putc(m, '\n');
}

static int show_stat(struct seq_file *m, struct task_struct *task, bool whole)
{
	bool permitted = proc_may_access(task);
	struct mm_struct *mm = get_task_mm(task);
	struct group_view v;

	view_group(task, whole, &v);
	seq_put_decimal_ll(m, "", task_pid_nr(task));
	stat_name(m, task);
	stat_family(m, task);
	stat_times(m, task, &v);
	stat_memory(m, mm, &v, permitted);
	stat_signals(m, &v);
	stat_rest(m, task, mm, &v, permitted);
	if (mm)
		mmput(mm);
	return 0;
}

int proc_pid_stat(struct seq_file *m, struct task_struct *task)
{
	return show_stat(m, task, true);
}

int proc_tid_stat(struct seq_file *m, struct task_struct *task)
{
	return show_stat(m, task, false);
}

/* ---- status ---------------------------------------------------------------------------------- */

static const char *state_text(char c)
{
	switch (c) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 't':
		return "t (tracing stop)";
	case 'Z':
		return "Z (zombie)";
	case 'X':
		return "X (dead)";
	case 'P':
		return "P (parked)";
	}
	return "I (idle)";
}

static int tracer_of(struct task_struct *task)
{
	int nr = 0;

	rcu_read_lock();
	if (task->ptrace)
		nr = task_pid_nr(rcu_dereference(task->parent));
	rcu_read_unlock();
	return nr;
}

/* The umask and the size of the descriptor table; false for a task that has left them. */
static bool task_files(struct task_struct *task, int *umask, unsigned int *fds)
{
	bool has = false;

	task_lock(task);
	if (task->fs && task->files) {
		*umask = task->fs->umask;
		rcu_read_lock();
		*fds = rcu_dereference(task->files->fdt)->max_fds;
		rcu_read_unlock();
		has = true;
	}
	task_unlock(task);
	return has;
}

static void status_identity(struct seq_file *m, struct task_struct *task)
{
	char comm[TASK_COMM_LEN];
	unsigned int fds = 0;
	int umask = 0;
	bool files = task_files(task, &umask, &fds);

	get_task_comm(comm, task);
	seq_puts(m, "Name:\t");
	seq_escape(m, comm, "\n\\");
	if (files)
		seq_printf(m, "\nUmask:\t%04o", umask);
	seq_printf(m, "\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
		   state_text(task_state_char(task)), task_tgid_nr(task), task_pid_nr(task),
		   task_ppid_nr(task), tracer_of(task));
	seq_printf(m, "FDSize:\t%u\n", fds);
}

static void status_cred(struct seq_file *m, const struct cred *c)
{
	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid);
	seq_printf(m, "Gid:\t%u\t%u\t%u\t%u\n", c->gid, c->egid, c->sgid, c->fsgid);
	seq_puts(m, "Groups:\t");
	for (int i = 0; i < c->group_info->ngroups; i++)
		seq_put_decimal_ull(m, i ? " " : "", c->group_info->gid[i]);
	seq_puts(m, " \n");
}

static void status_ids(struct seq_file *m, struct task_struct *task)
{
	rcu_read_lock();
	seq_printf(m, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\nKthread:\t%d\n",
		   task_tgid_nr(task), task_pid_nr(task), task_pgrp_nr(task), task_session_nr(task),
		   task->flags & PF_KTHREAD ? 1 : 0);
	rcu_read_unlock();
}

static void status_signals(struct seq_file *m, const struct group_view *v)
{
	seq_printf(m, "Threads:\t%d\n", v->threads);
	seq_put_hex_ll(m, "SigPnd:\t", v->pending, 16);
	seq_put_hex_ll(m, "\nShdPnd:\t", v->shared, 16);
	seq_put_hex_ll(m, "\nSigBlk:\t", v->blocked, 16);
	seq_put_hex_ll(m, "\nSigIgn:\t", v->ignored, 16);
	seq_put_hex_ll(m, "\nSigCgt:\t", v->caught, 16);
	seq_putc(m, '\n');
}

static void status_caps(struct seq_file *m, const struct cred *c, struct task_struct *task)
{
	seq_put_hex_ll(m, "CapInh:\t", c->cap_inheritable, 16);
	seq_put_hex_ll(m, "\nCapPrm:\t", c->cap_permitted, 16);
	seq_put_hex_ll(m, "\nCapEff:\t", c->cap_effective, 16);
	seq_put_hex_ll(m, "\nCapBnd:\t", c->cap_bset, 16);
	seq_put_hex_ll(m, "\nCapAmb:\t", c->cap_ambient, 16);
	seq_printf(m, "\nNoNewPrivs:\t%d\n", task->no_new_privs);
	if (IS_ENABLED(CONFIG_SECCOMP))
		seq_printf(m, "Seccomp:\t%u\n", task_seccomp_mode(task));
}

static void status_cpus(struct seq_file *m, struct task_struct *task)
{
	const unsigned long *bits = task->cpus_mask.bits;
	unsigned int from = 0, n = nr_cpu_ids;
	bool first = true;

	seq_printf(m, "Cpus_allowed:\t%lx\nCpus_allowed_list:\t", bits[0]);
	while (from < n) {
		unsigned int to = from;

		if (!test_bit(from, bits)) {
			from++;
			continue;
		}
		while (to + 1 < n && test_bit(to + 1, bits))
			to++;
		seq_put_decimal_ull(m, first ? "" : ",", from);
		if (to > from)
			seq_put_decimal_ull(m, "-", to);
		first = false;
		from = to + 1;
	}
	seq_printf(m, "\nvoluntary_ctxt_switches:\t%llu\nnonvoluntary_ctxt_switches:\t%llu\n",
		   (unsigned long long)task->nvcsw, (unsigned long long)task->nivcsw);
	if (IS_ENABLED(CONFIG_NUMA))
		seq_puts(m, "Mems_allowed:\t1\nMems_allowed_list:\t0\n");
}

int proc_pid_status(struct seq_file *m, struct task_struct *task)
{
	const struct cred *cred = get_task_cred(task);
	struct mm_struct *mm = get_task_mm(task);
	struct group_view v;

	view_group(task, true, &v);
	status_identity(m, task);
	status_cred(m, cred);
	status_ids(m, task);
	if (mm) {
		mm_show_status(m, mm);
		mmput(mm);
	}
	status_signals(m, &v);
	status_caps(m, cred, task);
	status_cpus(m, task);
	put_cred(cred);
	return 0;
}

int proc_pid_statm(struct seq_file *m, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	unsigned long size = 0, shared = 0, text = 0, data = 0, resident = 0;

	if (mm) {
		size = task_statm(mm, &shared, &text, &data, &resident);
		mmput(mm);
	}
	seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", size, resident, shared, text, data);
	return 0;
}

/* ---- limits ---------------------------------------------------------------------------------- */

static const struct {
	const char *name, *unit;
} limit_names[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = {"Max cpu time", "seconds"},
	[RLIMIT_FSIZE] = {"Max file size", "bytes"},
	[RLIMIT_DATA] = {"Max data size", "bytes"},
	[RLIMIT_STACK] = {"Max stack size", "bytes"},
	[RLIMIT_CORE] = {"Max core file size", "bytes"},
	[RLIMIT_RSS] = {"Max resident set", "bytes"},
	[RLIMIT_NPROC] = {"Max processes", "processes"},
	[RLIMIT_NOFILE] = {"Max open files", "files"},
	[RLIMIT_MEMLOCK] = {"Max locked memory", "bytes"},
	[RLIMIT_AS] = {"Max address space", "bytes"},
	[RLIMIT_LOCKS] = {"Max file locks", "locks"},
	[RLIMIT_SIGPENDING] = {"Max pending signals", "signals"},
	[RLIMIT_MSGQUEUE] = {"Max msgqueue size", "bytes"},
	[RLIMIT_NICE] = {"Max nice priority", ""},
	[RLIMIT_RTPRIO] = {"Max realtime priority", ""},
	[RLIMIT_RTTIME] = {"Max realtime timeout", "us"},
};

static void show_limit(struct seq_file *m, u64 value)
{
	if (value == RLIM64_INFINITY)
		seq_printf(m, " %-20s", "unlimited");
	else
		seq_printf(m, " %-20llu", (unsigned long long)value);
}

int proc_pid_limits(struct seq_file *m, struct task_struct *task)
{
	seq_puts(
		m,
		"Limit                     Soft Limit           Hard Limit           Units     \n");
	for (unsigned int i = 0; i < RLIM_NLIMITS; i++) {
		seq_printf(m, "%-25s", limit_names[i].name);
		show_limit(m, task_rlimit(task, i));
		show_limit(m, task_rlimit_max(task, i));
		seq_printf(m, " %-10s\n", limit_names[i].unit);
	}
	return 0;
}

/* ---- wchan, stack ---------------------------------------------------------------------------- */

/*
 * Is this a function of the scheduler or of waiting in general, which says nothing about what is
 * waited for?
 */
static bool is_waiting_function(const char *name)
{
	static const char *const prefixes[] = {
		"schedule", "__schedule", "arch_switch", "preempt_", "io_schedule",
		"wait_",    "do_wait_",	  "mutex_lock",	 "__mutex",  "down_",
		"__down",   "rwsem_",	  "hrtimer_",
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strstarts(name, prefixes[i]))
			return true;
	return false;
}

static bool find_wchan(void *arg, unsigned long pc, bool reliable)
{
	const char **found = arg;
	const char *name = kallsyms_lookup(pc, NULL, NULL);

	if (!name || is_waiting_function(name))
		return true;
	*found = name;
	return false;
}

/* The kernel function the task sleeps in, "0" when it does not or nobody may know. */
int proc_pid_wchan(struct seq_file *m, struct task_struct *task)
{
	const char *name = NULL;

	if (proc_may_access(task) && task != current && task_state_char(task) != 'R')
		arch_stack_walk(find_wchan, &name, task, NULL);
	seq_puts(m, name ? name : "0");
	return 0;
}

static bool print_frame(void *arg, unsigned long pc, bool reliable)
{
	unsigned long offset = 0, size = 0;
	const char *name = kallsyms_lookup(pc, &offset, &size);

	if (name)
		seq_printf(arg, "[<0>] %s+0x%lx/0x%lx\n", name, offset, size);
	return true;
}

int proc_pid_stack(struct seq_file *m, struct task_struct *task)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	if (task == current || task_state_char(task) != 'R')
		arch_stack_walk(print_frame, m, task, NULL);
	return 0;
}

int proc_pid_oom_score(struct seq_file *m, struct task_struct *task)
{
	long badness = oom_badness(task, totalram_pages);

	seq_printf(m, "%ld\n", badness > 0 ? badness / 2 : 0);
	return 0;
}
