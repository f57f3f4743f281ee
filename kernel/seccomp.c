/* SPDX-License-Identifier: MIT */
/*
 * seccomp(2): a task gives up system calls, for itself and its children, for good.
 *
 *   strict   read, write, exit and rt_sigreturn are left; any other call ends the thread
 *   filter   classic BPF programs look at each call's number, arguments and address; of all that
 *            the task (and those it comes from) installed, the most severe answer counts
 *
 * A filter holds a reference to the one installed before it; tasks hold the newest. A task's
 * ->seccomp is written under its group's siglock (SECCOMP_FILTER_FLAG_TSYNC writes that of other
 * threads) and read by the task itself without: filters are never changed and go only with the
 * task. TIF_SECCOMP sends system calls of the task through secure_computing(), so others pay
 * nothing.
 */
#include <generated/unistd.h>
#include <arch/ptrace.h>
#include <arch/regs.h>
#include <lib/cbpf.h>
#include <lib/err.h>
#include <lib/string.h>
#include <kernel/cred.h>
#include <kernel/printk.h>
#include <kernel/ptrace.h>
#include <kernel/sched_signal.h>
#include <kernel/seccomp.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include <uapi/prctl.h>
#include <uapi/seccomp.h>

#define MAX_INSNS_PER_PATH 32768 /* of a task's filters together; each counts 4 more */

struct seccomp_filter {
	refcount_t usage; /* tasks, and newer filters */
	bool log;
	u16 len;
	struct seccomp_filter *prev;
	struct sock_filter insns[];
};

static void put_filter(struct seccomp_filter *f)
{
	while (f && refcount_dec_and_test(&f->usage)) {
		struct seccomp_filter *prev = f->prev;

		kvfree(f);
		f = prev;
	}
}

void seccomp_fork(struct task_struct *t)
{
	t->seccomp = current->seccomp;
	if (!t->seccomp.mode)
		return;
	if (t->seccomp.filter)
		refcount_inc(&t->seccomp.filter->usage);
	/* TSYNC of another thread may have come since the child was copied. */
	t->no_new_privs = current->no_new_privs;
	set_tsk_thread_flag(t, TIF_SECCOMP);
}

void seccomp_exit(struct task_struct *t)
{
	struct seccomp_filter *filter;

	spin_lock_irq(&t->sighand->siglock);
	filter = t->seccomp.filter;
	t->seccomp.filter = NULL;
	spin_unlock_irq(&t->sighand->siglock);
	put_filter(filter);
}

/* ---- what a system call meets ---- */

struct call_data {
	struct cbpf_data data;
	struct seccomp_data call;
};

static bool load_word(const struct cbpf_data *data, u32 off, unsigned int size, u32 *val)
{
	/* check_seccomp_insn() let only whole words inside through. */
	memcpy(val, (const char *)&container_of(data, const struct call_data, data)->call + off, 4);
	return true;
}

static void get_call(struct call_data *d, const struct pt_regs *regs)
{
	d->data.len = sizeof(d->call);
	d->data.load = load_word;
	d->call.nr = syscall_nr(regs);
	d->call.arch = arch_audit_arch();
	d->call.instruction_pointer = regs_pc(regs);
	for (int i = 0; i < 6; i++)
		d->call.args[i] = syscall_arg(regs, i);
}

/* The most severe answer of all filters; of equals the newest's. @log: it wants to be logged. */
static u32 run_filters(const struct call_data *d, bool *log)
{
	u32 ret = SECCOMP_RET_ALLOW;

	for (const struct seccomp_filter *f = current->seccomp.filter; f; f = f->prev) {
		u32 r = cbpf_run(f->insns, &d->data);

		if ((s32)(r & SECCOMP_RET_ACTION_FULL) < (s32)(ret & SECCOMP_RET_ACTION_FULL)) {
			ret = r;
			*log = f->log;
		}
	}
	return ret;
}

static void log_call(const struct call_data *d, const char *action)
{
	pr_warn_ratelimited("seccomp: %s[%d]: system call %d (arch %#x) at %#llx: %s\n",
			    current->comm, current->pid, d->call.nr, d->call.arch,
			    d->call.instruction_pointer, action);
}

static void make_sigsys(struct siginfo *info, const struct call_data *d, u32 reason)
{
	clear_siginfo(info);
	info->si_signo = SIGSYS;
	info->si_code = SYS_SECCOMP;
	info->si_errno = reason;
	info->si_call_addr = (void __user *)(unsigned long)d->call.instruction_pointer;
	info->si_syscall = d->call.nr;
	info->si_arch = d->call.arch;
}

/* SIGSYS with the registers as they were at the call; the call is not restarted. */
static void answer_trap(struct pt_regs *regs, const struct call_data *d, u32 ret)
{
	struct siginfo info;

	syscall_undo(regs);
	make_sigsys(&info, d, ret & SECCOMP_RET_DATA);
	force_sig_info(&info);
}

static void answer_kill(struct pt_regs *regs, const struct call_data *d, u32 action)
{
	struct siginfo info;

	log_call(d, action == SECCOMP_RET_KILL_THREAD ? "kill thread" : "kill process");
	if (action == SECCOMP_RET_KILL_THREAD && get_nr_threads(current) > 1)
		do_exit(SIGSYS);
	/* The core shows the call. */
	syscall_undo(regs);
	make_sigsys(&info, d, 0);
	force_fatal_sig_info(&info);
}

/*
 * The tracer looks at the call, may change or skip it. The rest of the filters' answers holds for
 * what it made of it. True: skip.
 */
static bool answer_trace(struct pt_regs *regs, u32 ret)
{
	if (!ptrace_event_enabled(current, PTRACE_EVENT_SECCOMP)) {
		syscall_set_ret(regs, -ENOSYS);
		return true;
	}
	ptrace_event(PTRACE_EVENT_SECCOMP, ret & SECCOMP_RET_DATA);
	return fatal_signal_pending(current) || syscall_nr(regs) < 0;
}

static bool filter_call(struct pt_regs *regs, bool traced)
{
	struct call_data d;
	bool log = false;
	u32 ret;

	get_call(&d, regs);
	ret = run_filters(&d, &log);
	switch (ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return false;
	case SECCOMP_RET_LOG:
		log_call(&d, "log");
		return false;
	case SECCOMP_RET_TRACE:
		if (traced)
			return false; /* once is enough */
		return answer_trace(regs, ret) || filter_call(regs, true);
	case SECCOMP_RET_USER_NOTIF: /* nobody can be listening */
		syscall_set_ret(regs, -ENOSYS);
		return true;
	case SECCOMP_RET_ERRNO:
		if (log)
			log_call(&d, "errno");
		syscall_set_ret(regs, -(long)min_t(u32, ret & SECCOMP_RET_DATA, MAX_ERRNO));
		return true;
	case SECCOMP_RET_TRAP:
		if (log)
			log_call(&d, "trap");
		answer_trap(regs, &d, ret);
		return true;
	default: /* and actions that nobody knows */
		answer_kill(regs, &d, ret & SECCOMP_RET_ACTION_FULL);
		return true;
	}
}

static bool strict_allows(int nr)
{
	return nr == __NR_read || nr == __NR_write || nr == __NR_exit || nr == __NR_rt_sigreturn;
}

bool secure_computing(struct pt_regs *regs)
{
	struct call_data d;

	if (current->seccomp.mode == SECCOMP_MODE_FILTER)
		return filter_call(regs, false);
	if (strict_allows(syscall_nr(regs)))
		return false;
	get_call(&d, regs);
	log_call(&d, "kill thread (strict)");
	do_exit(SIGKILL);
}

/* ---- taking a filter ---- */

/* Loads of whole words of struct seccomp_data; nothing of packets. */
static bool check_seccomp_insn(const struct sock_filter *f)
{
	switch (BPF_CLASS(f->code)) {
	case BPF_LD:
	case BPF_LDX:
		switch (BPF_MODE(f->code)) {
		case BPF_ABS:
			return BPF_SIZE(f->code) == BPF_W && !(f->k & 3) &&
			       f->k < sizeof(struct seccomp_data);
		case BPF_IND:
		case BPF_MSH:
			return false;
		}
		return true;
	case BPF_ALU:
		return BPF_OP(f->code) != BPF_MOD;
	default:
		return true;
	}
}

static int check_filter(const struct seccomp_filter *f)
{
	u16 *scratch = kvmalloc_array(f->len, sizeof(*scratch), GFP_KERNEL);
	int err;

	if (!scratch)
		return -ENOMEM;
	err = cbpf_check(f->insns, f->len, scratch);
	kvfree(scratch);
	for (unsigned int i = 0; !err && i < f->len; i++)
		if (!check_seccomp_insn(&f->insns[i]))
			err = -EINVAL;
	return err;
}

static struct seccomp_filter *get_user_filter(const char __user *uprog, bool log)
{
	struct seccomp_filter *f;
	struct sock_fprog prog;
	int err = -EFAULT;

	if (copy_from_user(&prog, uprog, sizeof(prog)))
		return ERR_PTR(-EFAULT);
	if (!prog.len || prog.len > BPF_MAXINSNS)
		return ERR_PTR(-EINVAL);
	/* Without it a set-user-ID program could be fooled by what does not work any more. */
	if (!current->no_new_privs && !capable(CAP_SYS_ADMIN))
		return ERR_PTR(-EACCES);
	f = kvmalloc(struct_size(f, insns, prog.len), GFP_KERNEL);
	if (!f)
		return ERR_PTR(-ENOMEM);
	refcount_set(&f->usage, 1);
	f->log = log;
	f->len = prog.len;
	f->prev = NULL;
	if (!copy_from_user(f->insns, prog.filter, prog.len * sizeof(f->insns[0])))
		err = check_filter(f);
	if (err) {
		kvfree(f);
		return ERR_PTR(err);
	}
	return f;
}

static bool is_ancestor(const struct seccomp_filter *old, const struct seccomp_filter *f)
{
	while (f && f != old)
		f = f->prev;
	return f == old;
}

/* A thread whose filters are not among current's: NULL, it can follow. siglock held. */
static struct task_struct *cannot_sync(void)
{
	struct task_struct *t;

	for_each_thread(current, t) {
		if (t == current || t->flags & PF_EXITING)
			continue;
		if (t->seccomp.mode == SECCOMP_MODE_STRICT ||
		    !is_ancestor(t->seccomp.filter, current->seccomp.filter))
			return t;
	}
	return NULL;
}

static void set_mode(struct task_struct *t, unsigned int mode)
{
	WRITE_ONCE(t->seccomp.mode, mode);
	atomic_thread_fence(memory_order_release); /* the flag makes the task look at the rest */
	set_tsk_thread_flag(t, TIF_SECCOMP);
}

/*
 * The other threads get current's filters. An old one stays alive under the new: it is an ancestor,
 * so a thread that runs it at this moment may go on. siglock held.
 */
static void sync_threads(void)
{
	struct seccomp_filter *filter = current->seccomp.filter;
	struct task_struct *t;

	for_each_thread(current, t) {
		struct seccomp_filter *old = t->seccomp.filter;

		if (t == current || t->flags & PF_EXITING)
			continue;
		refcount_inc(&filter->usage);
		WRITE_ONCE(t->seccomp.filter, filter);
		put_filter(old); /* never the last: @filter leads to it */
		if (current->no_new_privs)
			t->no_new_privs = true;
		set_mode(t, SECCOMP_MODE_FILTER);
	}
}

static bool too_long(const struct seccomp_filter *new)
{
	unsigned int total = new->len;

	for (const struct seccomp_filter *f = current->seccomp.filter; f; f = f->prev)
		total += f->len + 4;
	return total > MAX_INSNS_PER_PATH;
}

/* Whether current may go to @mode: none, or the same again. siglock held. */
static bool may_assign_mode(unsigned int mode)
{
	return !current->seccomp.mode || current->seccomp.mode == mode;
}

static long attach_filter(struct seccomp_filter *f, unsigned long flags)
	__must_hold(&current->sighand->siglock)
{
	struct task_struct *t;

	if (!may_assign_mode(SECCOMP_MODE_FILTER))
		return -EINVAL;
	if (too_long(f))
		return -ENOMEM;
	t = flags & SECCOMP_FILTER_FLAG_TSYNC ? cannot_sync() : NULL;
	if (t)
		return flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH ? -ESRCH : task_pid_nr(t);
	f->prev = current->seccomp.filter; /* with current's reference to it */
	current->seccomp.filter = f;
	if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		sync_threads();
	set_mode(current, SECCOMP_MODE_FILTER);
	return 0;
}

static long set_mode_filter(unsigned long flags, const char __user *uprog)
{
	struct seccomp_filter *f;
	long ret;

	if (flags & ~(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
		      SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_TSYNC_ESRCH))
		return -EINVAL;
	f = get_user_filter(uprog, flags & SECCOMP_FILTER_FLAG_LOG);
	if (IS_ERR(f))
		return PTR_ERR(f);
	spin_lock_irq(&current->sighand->siglock);
	ret = attach_filter(f, flags);
	spin_unlock_irq(&current->sighand->siglock);
	if (ret)
		put_filter(f);
	return ret;
}

static long set_mode_strict(void)
{
	long ret = -EINVAL;

	spin_lock_irq(&current->sighand->siglock);
	if (may_assign_mode(SECCOMP_MODE_STRICT)) {
		set_mode(current, SECCOMP_MODE_STRICT);
		ret = 0;
	}
	spin_unlock_irq(&current->sighand->siglock);
	return ret;
}

static long action_avail(const char __user *uaction)
{
	u32 action;

	if (copy_from_user(&action, uaction, sizeof(action)))
		return -EFAULT;
	switch (action) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_ALLOW:
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static long do_seccomp(unsigned int op, unsigned long flags, const char __user *uargs)
{
	switch (op) {
	case SECCOMP_SET_MODE_STRICT:
		return flags || uargs ? -EINVAL : set_mode_strict();
	case SECCOMP_SET_MODE_FILTER:
		return set_mode_filter(flags, uargs);
	case SECCOMP_GET_ACTION_AVAIL:
		return flags ? -EINVAL : action_avail(uargs);
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE3(seccomp, unsigned int, op, unsigned int, flags, const char __user *, uargs)
{
	return do_seccomp(op, flags, uargs);
}

/* prctl(2) takes a mode where seccomp(2) takes an operation, and ignores the argument of strict. */
long prctl_set_seccomp(unsigned long mode, const char __user *uprog)
{
	switch (mode) {
	case SECCOMP_MODE_STRICT:
		return do_seccomp(SECCOMP_SET_MODE_STRICT, 0, NULL);
	case SECCOMP_MODE_FILTER:
		return do_seccomp(SECCOMP_SET_MODE_FILTER, 0, uprog);
	default:
		return -EINVAL;
	}
}
