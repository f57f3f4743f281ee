/* SPDX-License-Identifier: MIT */
/*
 * Creation of tasks: fork, vfork, clone, clone3 and kernel threads are one function,
 * copy_process(). A task is made of shareable objects; for each, the child takes a reference if
 * its CLONE flag is set, or a copy. Everything that can fail happens before the child is visible;
 * on failure all is undone.
 */
#include <mm/vmstat.h>
#include <arch/cpu.h>
#include <arch/regs.h>
#include <arch/thread.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <kernel/nsproxy.h>
#include <kernel/bug.h>
#include <kernel/completion.h>
#include <kernel/cred.h>
#include <kernel/io_uring.h>
#include <kernel/kthread.h>
#include <kernel/pid.h>
#include <kernel/pidfd.h>
#include <kernel/posix-timers.h>
#include <kernel/printk.h>
#include <kernel/ptrace.h>
#include <kernel/rseq.h>
#include <kernel/sched.h>
#include <kernel/sched_signal.h>
#include <kernel/seccomp.h>
#include <kernel/sem.h>
#include <kernel/syscall.h>
#include <kernel/tty.h>
#include <kernel/uaccess.h>
#include <kernel/user.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/fault_inject.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <uapi/eventpoll.h>
#include <uapi/poll.h>
#include <uapi/wait.h>

DEFINE_SPINLOCK(tasklist_lock);
unsigned long nr_threads;
unsigned long total_forks; /* tasklist_lock */
int max_threads;

struct kmem_cache *sighand_cachep;
static struct kmem_cache *task_cachep, *signal_cachep;

extern char init_stack[];

struct sighand_struct init_sighand; /* made by task_init(): the image need not carry 64 actions */

struct signal_struct init_signals = {
	.sigcnt = REFCOUNT_INIT(1),
	.live = 1,
	.nr_threads = 1,
	.thread_head = LIST_HEAD_INIT(init_task.thread_node),
	.wait_chldexit = __WAIT_QUEUE_HEAD_INITIALIZER(init_signals.wait_chldexit),
	.shared_pending = {.list = LIST_HEAD_INIT(init_signals.shared_pending.list)},
	.pids = {[PIDTYPE_TGID] = &init_struct_pid,
		 [PIDTYPE_PGID] = &init_struct_pid,
		 [PIDTYPE_SID] = &init_struct_pid},
	.cred_guard_mutex = __MUTEX_INITIALIZER(init_signals.cred_guard_mutex),
};

/* Runs boot, then is CPU 0's idle task. Kernel threads are made in its image. */
struct task_struct init_task = {
	.nsproxy = INIT_NSPROXY,
	.__state = TASK_RUNNING,
	.flags = PF_KTHREAD,
	.stack = init_stack,
	.usage = REFCOUNT_INIT(2),
	.on_cpu = 1,
	.prio = NICE_TO_PRIO(0),
	.static_prio = NICE_TO_PRIO(0),
	.normal_prio = NICE_TO_PRIO(0),
	.pi_prio = PI_PRIO_NONE,
	.pi_owned = LIST_HEAD_INIT(init_task.pi_owned),
	.policy = SCHED_NORMAL,
	.timer_slack_ns = 50 * NSEC_PER_USEC,
	.pi_lock = __SPIN_LOCK_INIT("pi_lock"),
	.active_mm = &init_mm,
	.files = &init_files,
	.fs = &init_fs,
	.sighand = &init_sighand,
	.signal = &init_signals,
	.cred = &init_cred,
	.real_cred = &init_cred,
	.alloc_lock = __SPIN_LOCK_INIT("alloc_lock"),
	.thread_pid = &init_struct_pid,
	.real_parent = &init_task,
	.parent = &init_task,
	.children = LIST_HEAD_INIT(init_task.children),
	.sibling = LIST_HEAD_INIT(init_task.sibling),
	.group_leader = &init_task,
	.thread_node = LIST_HEAD_INIT(init_signals.thread_head),
	.tasks = LIST_HEAD_INIT(init_task.tasks),
	.comm = "swapper",
	.pending = {.list = LIST_HEAD_INIT(init_task.pending.list)},
	.ptraced = LIST_HEAD_INIT(init_task.ptraced),
	.ptrace_entry = LIST_HEAD_INIT(init_task.ptrace_entry),
};

/* ---- giving back ---- */

void __cleanup_sighand(struct sighand_struct *sighand)
{
	if (!refcount_dec_and_test(&sighand->count))
		return;
	/* A signalfd in an epoll set does not hold us: it lets go now. */
	if (unlikely(waitqueue_active(&sighand->signalfd_wqh)))
		__wake_up(&sighand->signalfd_wqh, TASK_NORMAL, 0, __poll_key(EPOLLHUP | POLLFREE));
	/* type-safe under RCU: lock_task_sighand() looks again */
	kmem_cache_free(sighand_cachep, sighand);
}

static void put_signal_struct(struct signal_struct *sig)
{
	if (refcount_dec_and_test(&sig->sigcnt))
		kmem_cache_free(signal_cachep, sig);
}

static void free_stack(struct task_struct *t)
{
	if (!t->stack)
		return;
	arch_thread_release(t);
	free_thread_stack(t->stack);
	t->stack = NULL;
}

void __put_task_struct(struct task_struct *t)
{
	free_stack(t);
	put_cred(t->real_cred);
	put_signal_struct(t->signal);
	kfree(t->kthread);
	sched_free_task(t);
	kmem_cache_free(task_cachep, t);
}

/* The last switch away from a dead task is over: nobody needs its stack. */
void sched_dead(struct task_struct *t)
{
	free_stack(t);
	sched_task_dead(t);
	put_task_struct(t);
}

struct sighand_struct *lock_task_sighand(struct task_struct *t, unsigned long *flags)
{
	struct sighand_struct *sighand;

	rcu_read_lock();
	while ((sighand = rcu_dereference(t->sighand))) {
		spin_lock_irqsave(&sighand->siglock, *flags);
		if (likely(sighand == rcu_access_pointer(t->sighand))) {
			__release(&sighand->siglock); /* unlock_task_sighand() takes it over */
			break;
		}
		spin_unlock_irqrestore(&sighand->siglock, *flags);
	}
	rcu_read_unlock();
	return sighand;
}

void get_task_comm(char buf[TASK_COMM_LEN], struct task_struct *t)
{
	task_lock(t);
	memcpy(buf, t->comm, TASK_COMM_LEN);
	task_unlock(t);
}

void set_task_comm(struct task_struct *t, const char *name)
{
	task_lock(t);
	memset(t->comm, 0, TASK_COMM_LEN);
	strscpy(t->comm, name, TASK_COMM_LEN);
	task_unlock(t);
}

/* RLIMIT_NPROC counts the tasks of a real user id; root and the privileged are free of it. */
static bool user_may_have(const struct task_struct *like, int tasks)
{
	return like->real_cred->user == &root_user ||
	       (u64)tasks <= task_rlimit(like, RLIMIT_NPROC) || capable(CAP_SYS_RESOURCE) ||
	       capable(CAP_SYS_ADMIN);
}

/* One task more. Counted first: of many who fork at once none slips through. */
static bool charge_user(const struct task_struct *like)
{
	struct user_struct *user = like->real_cred->user;

	if (likely(user_may_have(like, atomic_inc_return(&user->processes))))
		return true;
	atomic_dec(&user->processes);
	return false;
}

/* ---- the objects, one by one ---- */

static int copy_mm(u64 flags, struct task_struct *t, const struct kernel_clone_args *args)
{
	struct mm_struct *mm = current->mm;

	t->mm = t->active_mm = NULL;
	if (args->kthread || !mm)
		return 0;
	if (flags & CLONE_VM) {
		mmget(mm);
	} else {
		mm = dup_mm(mm);
		if (IS_ERR_OR_NULL(mm))
			return -ENOMEM;
	}
	t->mm = t->active_mm = mm;
	return 0;
}

static int copy_files(u64 flags, struct task_struct *t, struct files_struct *from)
{
	int err = 0;

	if (!from)
		return 0;
	if (flags & CLONE_FILES) {
		t->files = get_files(from);
		return 0;
	}
	t->files = dup_fd(from, &err);
	return t->files ? 0 : err;
}

static int copy_fs(u64 flags, struct task_struct *t, struct fs_struct *from)
{
	bool in_exec;

	if (!(flags & CLONE_FS)) {
		t->fs = copy_fs_struct(from);
		return t->fs ? 0 : -ENOMEM;
	}
	/* A thread of ours runs a set-user-id program: nobody new may share its root and cwd. */
	spin_lock(&from->lock);
	in_exec = from->in_exec;
	if (!in_exec)
		t->fs = get_fs_struct(from);
	spin_unlock(&from->lock);
	return in_exec ? -EAGAIN : 0;
}

/* The descriptors, and the semaphore operations to undo at exit. */
static int copy_tables(u64 flags, struct task_struct *t, const struct task_struct *like)
{
	int err = copy_semundo(flags, t);

	if (!err) {
		err = copy_files(flags, t, like->files);
		if (err)
			exit_sem(t);
	}
	return err;
}

/* fs and name spaces: a new mount name space takes root and cwd along. */
static int copy_places(u64 flags, struct task_struct *t, const struct task_struct *like)
{
	int err = copy_fs(flags, t, like->fs);

	if (!err) {
		err = copy_namespaces(flags, t, like->nsproxy);
		if (err)
			put_fs_struct(t->fs);
	}
	return err;
}

static int copy_sighand(u64 flags, struct task_struct *t, struct sighand_struct *from)
{
	struct sighand_struct *sig;

	if (flags & CLONE_SIGHAND) {
		refcount_inc(&from->count);
		t->sighand = from;
		return 0;
	}
	sig = kmem_cache_alloc(sighand_cachep, GFP_KERNEL);
	if (!sig)
		return -ENOMEM;
	refcount_set(&sig->count, 1);
	spin_lock_irq(&from->siglock);
	memcpy(sig->action, from->action, sizeof(sig->action));
	spin_unlock_irq(&from->siglock);
	if (flags & CLONE_CLEAR_SIGHAND)
		for (int i = 0; i < _NSIG; i++)
			if (sig->action[i].sa.sa_handler != SIG_IGN)
				memset(&sig->action[i], 0, sizeof(sig->action[i]));
	t->sighand = sig;
	return 0;
}

static int copy_signal(u64 flags, struct task_struct *t)
{
	struct signal_struct *from = current->signal, *sig;

	if (flags & CLONE_THREAD)
		return 0; /* linked in add_to_group(), when nothing can fail any more */
	sig = kmem_cache_zalloc(signal_cachep, GFP_KERNEL);
	if (!sig)
		return -ENOMEM;
	refcount_set(&sig->sigcnt, 1);
	sig->live = 1;
	sig->nr_threads = 1;
	/* The child is its group's only thread. */
	INIT_LIST_HEAD(&sig->thread_head);
	init_waitqueue_head(&sig->wait_chldexit);
	INIT_LIST_HEAD(&sig->shared_pending.list);
	sig->curr_target = t;
	mutex_init(&sig->cred_guard_mutex);
	task_lock(current->group_leader);
	memcpy(sig->rlim, from->rlim, sizeof(sig->rlim));
	task_unlock(current->group_leader);
	sig->oom_score_adj = from->oom_score_adj;
	sig->oom_score_adj_min = from->oom_score_adj_min;
	sig->has_child_subreaper = from->has_child_subreaper || from->is_child_subreaper;
	posix_timers_init_signal(sig);
	t->signal = sig;
	return 0;
}

/* ---- copy_process ---- */

/*
 * Combinations that make no sense, and what this kernel was built without: EINVAL, as Linux
 * without it answers.
 */
static int check_clone_flags(u64 flags, const struct kernel_clone_args *args)
{
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_PARENT) && (current->signal->flags & SIGNAL_UNKILLABLE))
		return -EINVAL;
	if (flags & (CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
		     CLONE_NEWTIME | CLONE_INTO_CGROUP))
		return -EINVAL;
	if ((flags & CLONE_NS_BUILT) && !IS_ENABLED(CONFIG_NAMESPACES))
		return -EINVAL;
	if ((flags & CLONE_NEWNS) && (flags & CLONE_FS))
		return -EINVAL;
	if ((flags & CLONE_PIDFD) &&
	    (!IS_ENABLED(CONFIG_PIDFD) || (flags & (CLONE_THREAD | CLONE_DETACHED))))
		return -EINVAL;
	if (args->fn) /* the kernel's own: the options are about what programs may ask for */
		return 0;
	if (!IS_ENABLED(CONFIG_FORK) && !(flags & CLONE_VM))
		return -EINVAL;
	if (!IS_ENABLED(CONFIG_THREADS) && (flags & CLONE_THREAD))
		return -EINVAL;
	if (!IS_ENABLED(CONFIG_CLONE_FILES) && (flags & CLONE_FILES))
		return -EINVAL;
	if (!IS_ENABLED(CONFIG_CLONE_FS) && (flags & CLONE_FS))
		return -EINVAL;
	if (!IS_ENABLED(CONFIG_CLONE_SIGHAND) && (flags & CLONE_SIGHAND))
		return -EINVAL;
	return 0;
}

/* A bitwise copy of @orig with a stack of its own and nothing shared yet. NULL: no memory. */
static struct task_struct *dup_task_struct(const struct task_struct *orig)
{
	struct task_struct *t = kmem_cache_alloc(task_cachep, GFP_KERNEL);

	if (!t)
		return NULL;
	*t = *orig;
	sched_dup_task(t);
	memset(&t->thread, 0, sizeof(t->thread)); /* what it points to is not ours to free */
	t->stack = alloc_thread_stack();
	if (!t->stack) {
		kmem_cache_free(task_cachep, t);
		return NULL;
	}
	refcount_set(&t->usage, 2); /* who releases it; the scheduler until its last switch */
	t->thread_info.flags = 0;
	return t;
}

/* 0, -ENOMEM or -EAGAIN. */
static int init_task_fields(struct task_struct *t, u64 flags, const struct kernel_clone_args *args,
			    const struct task_struct *like)
{
	int err = sched_fork(t, flags);

	if (err)
		return err;
	spin_lock_init(&t->pi_lock);
	spin_lock_init(&t->alloc_lock);
	t->default_timer_slack_ns = t->timer_slack_ns;
	INIT_LIST_HEAD(&t->children);
	INIT_LIST_HEAD(&t->sibling);
	INIT_LIST_HEAD(&t->thread_node);
	INIT_LIST_HEAD(&t->tasks);
	INIT_LIST_HEAD(&t->ptraced);
	INIT_LIST_HEAD(&t->ptrace_entry);
	INIT_LIST_HEAD(&t->pending.list);
	t->pending.signal = 0;
	t->flags &= ~(PF_SUPERPRIV | PF_DUMPCORE | PF_POSTCOREDUMP | PF_SIGNALED | PF_IDLE |
		      PF_WQ_WORKER | PF_MEMALLOC | PF_MEMALLOC_NOFS | PF_KTHREAD);
	t->journal_info = NULL;
	t->flags |= PF_FORKNOEXEC | (args->kthread ? PF_KTHREAD : 0);
	t->exit_state = 0;
	t->exit_code = 0;
	t->pdeath_signal = 0;
	t->vfork_done = NULL;
	t->set_child_tid = flags & CLONE_CHILD_SETTID ? args->child_tid : NULL;
	t->clear_child_tid = flags & CLONE_CHILD_CLEARTID ? args->child_tid : NULL;
	t->task_works = NULL;
	t->fput_work = NULL;
	t->in_execve = false;
	t->jobctl = 0;
	t->ptrace = 0;
	t->last_siginfo = NULL;
	t->robust_list = NULL;
	INIT_LIST_HEAD(&t->pi_owned);
	t->pi_blocked_on = NULL;
	t->pi_gone = false;
	t->min_flt = t->maj_flt = 0;
	t->kthread = NULL;
	io_uring_fork(t);
	t->pagefault_disabled = 0;
	t->restart_block.fn = NULL;
	t->migrate_pending = false;
	t->nsproxy = NULL;
	t->start_time = ktime_get();
	rseq_fork(t, flags);
	/* A new stack without CLONE_VM|VFORK keeps the alternate one; a thread starts without. */
	if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM) {
		t->sas_ss_sp = t->sas_ss_size = 0;
		t->sas_ss_flags = 2; /* SS_DISABLE */
	}
	lockdep_init_task(t);
	fault_inject_init_task(t);
	t->cred = t->real_cred = copy_creds(like, flags & CLONE_THREAD);
	return t->cred ? 0 : -ENOMEM;
}

static int copy_thread(struct task_struct *t, const struct kernel_clone_args *args)
{
	struct arch_fork_args fork = {
		.sp = args->stack ? args->stack + args->stack_size : 0,
		.tls = args->tls,
		.set_tls = args->flags & CLONE_SETTLS,
		.fn = args->fn,
		.arg = args->fn_arg,
		.regs = args->fn ? NULL : current_pt_regs(),
	};

	return arch_thread_fork(t, &fork);
}

static void choose_parent(struct task_struct *t, u64 flags, const struct kernel_clone_args *args)
{
	if (flags & (CLONE_PARENT | CLONE_THREAD)) {
		t->real_parent = current->real_parent;
		t->exit_signal = flags & CLONE_THREAD ? -1 : current->group_leader->exit_signal;
	} else {
		t->real_parent = args->kthread && kthreadd_task ? kthreadd_task : current;
		t->exit_signal = args->exit_signal;
		t->parent_exec_id = current->self_exec_id;
	}
	t->parent = t->real_parent;
}

/* tasklist_lock and siglock held; cannot fail. */
static void add_process(struct task_struct *t, struct pid *pid, struct task_struct *like)
{
	struct signal_struct *sig = t->signal;

	sig->pids[PIDTYPE_TGID] = pid;
	sig->pids[PIDTYPE_PGID] = like->signal->pids[PIDTYPE_PGID];
	sig->pids[PIDTYPE_SID] = like->signal->pids[PIDTYPE_SID];
	tty_fork_signal(sig, like->signal);
	if (pid->nr == 1)
		sig->flags |= SIGNAL_UNKILLABLE;
	list_add_tail(&t->sibling, &t->real_parent->children);
	list_add_tail_rcu(&t->tasks, &init_task.tasks);
	list_add_tail_rcu(&t->thread_node, &sig->thread_head);
	attach_pid(t, PIDTYPE_TGID, pid);
	attach_pid(t, PIDTYPE_PGID, sig->pids[PIDTYPE_PGID]);
	attach_pid(t, PIDTYPE_SID, sig->pids[PIDTYPE_SID]);
}

static void add_thread(struct task_struct *t)
{
	struct signal_struct *sig = current->signal;

	refcount_inc(&sig->sigcnt);
	atomic_fetch_add(&sig->live, 1);
	sig->nr_threads++;
	list_add_tail_rcu(&t->thread_node, &sig->thread_head);
	task_join_group_stop(t);
}

/*
 * Makes the child visible. 0, or -ERESTARTNOINTR when a signal must be handled first (so that
 * none is lost between the two tasks).
 */
static int publish(struct task_struct *t, struct pid *pid, u64 flags,
		   const struct kernel_clone_args *args)
{
	struct task_struct *like = args->kthread ? &init_task : current;
	int err = 0;

	spin_lock_irq(&tasklist_lock);
	choose_parent(t, flags, args);
	spin_lock(&current->sighand->siglock);
	recalc_sigpending();
	if (!args->kthread && (signal_pending(current) || fatal_signal_pending(current))) {
		err = -ERESTARTNOINTR;
		goto out;
	}
	if (!args->kthread)
		seccomp_fork(t);
	t->thread_pid = pid;
	t->pid = pid->nr;
	if (flags & CLONE_THREAD) {
		t->tgid = current->tgid;
		t->group_leader = current->group_leader;
		add_thread(t);
	} else {
		t->tgid = t->pid;
		t->group_leader = t;
		add_process(t, pid, like);
	}
	attach_pid(t, PIDTYPE_PID, pid);
	ptrace_init_task(t, args->trace || flags & CLONE_PTRACE);
	nr_threads++;
	total_forks++;
out:
	spin_unlock(&current->sighand->siglock);
	spin_unlock_irq(&tasklist_lock);
	return err;
}

/* CLONE_PIDFD: a descriptor of the child for the parent, told before the child exists. */
struct new_pidfd {
	struct file *file;
	int fd;
};

static int make_pidfd(struct new_pidfd *p, struct pid *pid, u64 flags, int __user *ufd)
{
	struct file *file;

	if (!(flags & CLONE_PIDFD))
		return 0;
	p->fd = pidfd_prepare(pid, 0, &file);
	if (p->fd < 0)
		return p->fd;
	if (put_user(p->fd, ufd)) {
		put_unused_fd(p->fd);
		fput(file);
		return -EFAULT;
	}
	p->file = file;
	return 0;
}

static void install_pidfd(struct new_pidfd *p)
{
	if (p->file)
		fd_install(p->fd, p->file);
}

static void drop_pidfd(struct new_pidfd *p)
{
	if (p->file) {
		put_unused_fd(p->fd);
		fput(p->file);
	}
}

/*
 * @pid: the number to take, or NULL for a new one. The new task, not yet running, or
 * ERR_PTR(-errno) with nothing left behind. May sleep.
 */
struct task_struct *copy_process(const struct kernel_clone_args *args, struct pid *pid)
{
	const struct task_struct *like = args->kthread ? &init_task : current;
	struct new_pidfd pidfd = {.file = NULL};
	u64 flags = args->flags;
	struct task_struct *t;
	struct pid *own_pid;
	int err = check_clone_flags(flags, args);

	if (err)
		return ERR_PTR(err);
	if (nr_threads >= (unsigned long)max_threads || (!args->idle && !charge_user(like)))
		return ERR_PTR(-EAGAIN);
	t = dup_task_struct(like);
	err = -ENOMEM;
	if (!t)
		goto out_user;
	err = init_task_fields(t, flags, args, like);
	if (err)
		goto out_stack;
	err = copy_signal(flags, t);
	if (err)
		goto out_task;
	err = copy_sighand(flags, t, like->sighand);
	if (err)
		goto out_signal;
	err = copy_tables(flags, t, like);
	if (err)
		goto out_sighand;
	err = copy_places(flags, t, like);
	if (err)
		goto out_files;
	err = copy_mm(flags, t, args);
	if (err)
		goto out_fs;
	err = copy_thread(t, args);
	if (err)
		goto out_mm;
	own_pid = pid ? NULL : alloc_pid(args->set_tid);
	pid = pid ?: own_pid;
	err = PTR_ERR_OR_ZERO(pid);
	if (err)
		goto out_mm;
	err = make_pidfd(&pidfd, pid, flags, args->pidfd);
	if (err)
		goto out_pid;
	err = args->idle ? 0 : publish(t, pid, flags, args);
	if (err)
		goto out_pidfd;
	install_pidfd(&pidfd);
	return t;

out_pidfd:
	drop_pidfd(&pidfd);
out_pid:
	if (own_pid)
		free_pid(own_pid);
out_mm:
	if (t->mm)
		mmput(t->mm);
out_fs:
	exit_task_namespaces(t);
	put_fs_struct(t->fs);
out_files:
	if (t->files)
		put_files(t->files);
	exit_sem(t);
out_sighand:
	__cleanup_sighand(t->sighand);
out_signal:
	if (!(flags & CLONE_THREAD))
		put_signal_struct(t->signal);
out_task:
	put_cred(t->real_cred);
out_stack:
	free_stack(t);
	kmem_cache_free(task_cachep, t);
out_user:
	if (!args->idle)
		atomic_dec(&like->real_cred->user->processes);
	return ERR_PTR(err);
}

static int idle_entry(void *unused)
{
	BUG(); /* the arch starts an idle task at secondary_start_kernel() */
}

struct task_struct *fork_idle(unsigned int cpu)
{
	struct kernel_clone_args args = {.flags = CLONE_VM | CLONE_FS | CLONE_FILES,
					 .fn = idle_entry,
					 .kthread = true,
					 .idle = true};
	struct task_struct *t;

	t = copy_process(&args, &init_struct_pid);
	if (!IS_ERR(t)) {
		t->pid = 0;
		mmgrab(&init_mm); /* given back when a task with an own mm takes the CPU over */
		t->active_mm = &init_mm;
		snprintf(t->comm, sizeof(t->comm), "swapper/%u", cpu);
	}
	return t;
}

/* ---- vfork: the parent waits until the child no longer uses its address space ---- */

/* False: killed meanwhile. */
static bool wait_for_vfork_done(struct task_struct *child, struct completion *done)
{
	bool killed = wait_for_completion_killable(done);

	if (killed) {
		/*
		 * Killed: the completion is on this stack, so the child must not touch it any
		 * more.
		 */
		task_lock(child);
		child->vfork_done = NULL;
		task_unlock(child);
	}
	put_task_struct(child);
	return !killed;
}

/* The event that a tracer of current wants to see for this kind of clone; 0: none. */
static int clone_event(const struct kernel_clone_args *args)
{
	int event = args->flags & CLONE_VFORK	 ? PTRACE_EVENT_VFORK :
		    args->exit_signal != SIGCHLD ? PTRACE_EVENT_CLONE :
						   PTRACE_EVENT_FORK;

	return args->flags & CLONE_UNTRACED || !ptrace_event_enabled(current, event) ? 0 : event;
}

pid_t kernel_clone(struct kernel_clone_args *args)
{
	struct completion vfork;
	struct task_struct *t;
	pid_t nr;

	/* clone(2) has one pointer for both. */
	if ((args->flags & CLONE_PIDFD) && (args->flags & CLONE_PARENT_SETTID) &&
	    args->pidfd == args->parent_tid)
		return -EINVAL;
	args->trace = clone_event(args);
	t = copy_process(args, NULL);
	if (IS_ERR(t))
		return PTR_ERR(t);
	nr = t->pid;
	if (args->flags & CLONE_PARENT_SETTID)
		put_user(nr, args->parent_tid);
	if (args->flags & CLONE_VFORK) {
		init_completion(&vfork);
		t->vfork_done = &vfork;
		get_task_struct(t);
	}
	wake_up_new_task(t);
	if (unlikely(args->trace))
		ptrace_event(args->trace, nr);
	if (args->flags & CLONE_VFORK && wait_for_vfork_done(t, &vfork))
		ptrace_event(PTRACE_EVENT_VFORK_DONE, nr);
	return nr;
}

/* A kernel function that will become a user process by exec: process 1. */
pid_t user_mode_thread(int (*fn)(void *), void *arg, unsigned long flags)
{
	struct kernel_clone_args args = {
		.flags = CLONE_VM | flags, .exit_signal = SIGCHLD, .fn = fn, .fn_arg = arg};

	return kernel_clone(&args);
}

/* ---- system calls ---- */

SYSCALL_DEFINE0(fork)
{
	struct kernel_clone_args args = {.exit_signal = SIGCHLD};

	return IS_ENABLED(CONFIG_FORK) ? kernel_clone(&args) : -ENOSYS;
}

SYSCALL_DEFINE0(vfork)
{
	struct kernel_clone_args args = {.flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD};

	return kernel_clone(&args);
}

static long do_clone(unsigned long flags, unsigned long sp, int __user *ptid, int __user *ctid,
		     unsigned long tls)
{
	struct kernel_clone_args args = {
		.flags = flags & 0xffffffffUL & ~(u64)CSIGNAL,
		.pidfd = ptid,
		.child_tid = ctid,
		.parent_tid = ptid,
		.exit_signal = flags & CSIGNAL,
		.stack = sp,
		.tls = tls,
	};

	return kernel_clone(&args);
}

/* clone(2): aarch64 takes tls before child_tid, x86_64 after. */
SYSCALL_DEFINE5(clone, unsigned long, flags, unsigned long, sp, int __user *, ptid, unsigned long,
		arg3, unsigned long, arg4)
{
	bool tls_first = IS_ENABLED(CONFIG_CLONE_BACKWARDS);

	return do_clone(flags, sp, ptid, (int __user *)(tls_first ? arg4 : arg3),
			tls_first ? arg3 : arg4);
}

static int read_clone_args(struct kernel_clone_args *k, const struct clone_args __user *uargs,
			   size_t size)
{
	struct clone_args a;
	pid_t tid;
	int err;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	err = copy_struct_from_user(&a, sizeof(a), uargs, size);
	if (err)
		return err;
	if (a.flags & ~(0xffffffffULL | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP))
		return -EINVAL;
	if (a.set_tid_size > 1 || (!a.set_tid) != (!a.set_tid_size))
		return -EINVAL;
	if ((a.exit_signal & ~(u64)CSIGNAL) || !valid_signal(a.exit_signal))
		return -EINVAL;
	if (a.flags & (CLONE_DETACHED | CSIGNAL))
		return -EINVAL;
	if ((a.flags & (CLONE_THREAD | CLONE_PARENT)) && a.exit_signal)
		return -EINVAL;
	if (!a.stack != !a.stack_size || (a.stack && !access_ok(a.stack, a.stack_size)))
		return -EINVAL;
	*k = (struct kernel_clone_args){
		.flags = a.flags,
		.pidfd = (int __user *)a.pidfd,
		.child_tid = (int __user *)a.child_tid,
		.parent_tid = (int __user *)a.parent_tid,
		.exit_signal = a.exit_signal,
		.stack = a.stack,
		.stack_size = a.stack_size,
		.tls = a.tls,
	};
	if (!a.set_tid)
		return 0;
	if (get_user(tid, (pid_t __user *)a.set_tid))
		return -EFAULT;
	if (tid < 1 || tid >= pid_max)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN) && !capable(CAP_CHECKPOINT_RESTORE))
		return -EPERM;
	k->set_tid = tid;
	return 0;
}

SYSCALL_DEFINE2(clone3, struct clone_args __user *, uargs, size_t, size)
{
	struct kernel_clone_args args;
	int err = read_clone_args(&args, uargs, size);

	return err ? err : kernel_clone(&args);
}

static void sighand_ctor(void *p)
{
	struct sighand_struct *s = p;

	spin_lock_init(&s->siglock);
	init_waitqueue_head(&s->signalfd_wqh);
}

/*
 * Boot: caches and limits. A task costs about a stack and a page of structs; they may take an
 * eighth of memory.
 */
void task_init(void)
{
	unsigned long pages = totalram_pages;

	task_cachep = KMEM_CACHE(task_struct, SLAB_PANIC);
	signal_cachep = KMEM_CACHE(signal_struct, SLAB_PANIC);
	sighand_cachep = kmem_cache_create("sighand_struct", sizeof(struct sighand_struct), 0,
					   SLAB_PANIC | SLAB_TYPESAFE_BY_RCU, sighand_ctor);
	sighand_ctor(&init_sighand);
	refcount_set(&init_sighand.count, 1);
	max_threads =
		clamp_t(unsigned long, pages *PAGE_SIZE / (8 * THREAD_SIZE), 20, PID_MAX_LIMIT / 4);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		init_signals.rlim[i] = (struct rlimit64){RLIM64_INFINITY, RLIM64_INFINITY};
	init_signals.rlim[RLIMIT_STACK].rlim_cur = 8 << 20;
	init_signals.rlim[RLIMIT_CORE].rlim_cur = 0;
	init_signals.rlim[RLIMIT_NOFILE] = (struct rlimit64){1024, 4096};
	init_signals.rlim[RLIMIT_NPROC] = (struct rlimit64){max_threads / 2, max_threads / 2};
	init_signals.rlim[RLIMIT_SIGPENDING] = init_signals.rlim[RLIMIT_NPROC];
	init_signals.rlim[RLIMIT_MEMLOCK] = (struct rlimit64){8 << 20, 8 << 20};
	init_signals.rlim[RLIMIT_MSGQUEUE] = (struct rlimit64){819200, 819200};
	init_signals.rlim[RLIMIT_NICE] = (struct rlimit64){0, 0};
	init_signals.rlim[RLIMIT_RTPRIO] = (struct rlimit64){0, 0};
}
