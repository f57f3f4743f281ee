/* SPDX-License-Identifier: MIT */
/*
 * Tasks. A task is a composition of shareable objects (mm, files, fs, sighand, signal, cred);
 * fork and clone take a reference to each or copy it.
 *
 * Lock letters on fields: T tasklist_lock, S sighand->siglock, R the task's runqueue lock, P
 * pi_lock, c only current itself, r RCU readers, A alloc_lock (task_lock), - constant after
 * creation.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <lib/types.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <lib/refcount.h>
#include <kernel/cpumask.h>
#include <kernel/rcupdate.h>
#include <kernel/signal_types.h>
#include <kernel/spinlock.h>
#include <kernel/thread_info.h>
#include <kernel/time.h>
#include <arch/cpu.h>
#include <arch/thread.h>
#include <uapi/sched.h>

/* ->state. Zero is runnable; the rest name what may wake it. */
#define TASK_RUNNING	     0x0000
#define TASK_INTERRUPTIBLE   0x0001
#define TASK_UNINTERRUPTIBLE 0x0002
#define __TASK_STOPPED	     0x0004
#define __TASK_TRACED	     0x0008
#define TASK_PARKED	     0x0040
#define TASK_DEAD	     0x0080
#define TASK_WAKEKILL	     0x0100
#define TASK_NEW	     0x0800
#define TASK_NOLOAD	     0x0400
#define TASK_KILLABLE	     (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_STOPPED	     (TASK_WAKEKILL | __TASK_STOPPED)
#define TASK_TRACED	     __TASK_TRACED
#define TASK_IDLE	     (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_NORMAL	     (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
/* ->exit_state (T) */
#define EXIT_DEAD   0x0010
#define EXIT_ZOMBIE 0x0020

/* ->flags (c) */
#define PF_IDLE		  0x00000002
#define PF_EXITING	  0x00000004
#define PF_WQ_WORKER	  0x00000020
#define PF_FORKNOEXEC	  0x00000040
#define PF_SUPERPRIV	  0x00000100
#define PF_DUMPCORE	  0x00000200
#define PF_POSTCOREDUMP	  0x00000008 /* past the point where a core waits for it */
#define PF_SIGNALED	  0x00000400
#define PF_MEMALLOC	  0x00000800
#define PF_WAKE_HERE	  0x00010000 /* sleeps next: what it wakes takes over its CPU */
#define PF_MEMALLOC_NOFS  0x00040000 /* its allocations do not re-enter file systems */
#define PF_LOCAL_THROTTLE 0x00100000 /* cleans pages for others: not made to wait */
#define PF_KTHREAD	  0x00200000
#define PF_RANDOMIZE	  0x00400000

#define MAX_RT_PRIO	  100
#define DL_PRIO		  (-1)
#define PI_PRIO_NONE	  0x7fffffff
#define NICE_TO_PRIO(n)	  (MAX_RT_PRIO + 20 + (n))
#define PRIO_TO_NICE(p)	  ((p)-MAX_RT_PRIO - 20)
#define TASK_COMM_LEN	  16

struct mm_struct;
struct files_struct;
struct fs_struct;
struct signal_struct;
struct sighand_struct;
struct nsproxy;
struct cred;
struct pid;
struct sched_class;
struct rq;
struct callback_head;
struct robust_list_head;
struct futex_q;
struct linux_binprm;
struct completion;
struct pt_regs;
struct kthread;
struct sem_undo_list;
struct seccomp_filter;
struct io_uring_task;

struct sched_dl_entity;

struct load_weight {
	unsigned long weight;
	u32 inv_weight;
};

/* The fair class's view of a task. All R. */
struct sched_entity {
	struct load_weight load;
	struct rb_node run_node;
	u64 vruntime; /* ns, weighted */
	u64 exec_start, sum_exec_runtime, prev_sum_exec_runtime;
	bool on_rq;
};

struct sched_rt_entity {
	struct list_head run_list;
	u64 time_slice; /* ns left, RR */
};

struct restart_block {
	long (*fn)(struct restart_block *);
	union {
		struct {
			u32 __user *uaddr;
			u32 val, flags, bitset;
			u64 time;
			u32 __user *uaddr2;
		} futex;
		struct {
			clockid_t clockid;
			struct __kernel_timespec __user *rmtp;
			s64 expires;
		} nanosleep;
		struct {
			void __user *ufds;
			unsigned int nfds;
			bool has_timeout;
			s64 expires;
		} poll;
	};
};

/* Work that a task has put off, done at the latest when it goes to sleep. */
struct sleep_hook {
	/* Called by the task with its state set already: must not sleep. */
	void (*before_sleep)(struct sleep_hook *hook);
};

struct task_struct {
	struct thread_info thread_info; /* first: entry code */
	unsigned int __state; /* R/P */
	unsigned int flags; /* c PF_* */
	void *stack; /* - THREAD_SIZE bytes, guard pages around */
	refcount_t usage;

	/* scheduling */
	int on_cpu; /* R 1 while a CPU runs it; cleared last, with release */
	int on_rq; /* R */
	unsigned int cpu; /* R */
	int prio, static_prio, normal_prio; /* R */
	int pi_prio; /* R inherited from those who wait for it; PI_PRIO_NONE */
	unsigned int rt_priority, policy; /* R */
	bool sched_reset_on_fork, migrate_pending; /* R */
	const struct sched_class *sched_class; /* R */
	struct sched_entity se;
	struct sched_rt_entity rt;
#if IS_ENABLED(CONFIG_SCHED_DEADLINE)
	struct sched_dl_entity *dl; /* R, the task's own; NULL: it never had that policy */
#endif
	cpumask_t cpus_mask; /* R */
	spinlock_t pi_lock;
	u64 nvcsw, nivcsw; /* c */
	u64 utime, stime; /* c ns, sampled by tick, scaled when read */
	u64 start_time; /* - monotonic ns */
	u64 min_flt, maj_flt; /* c */

	/* the shareable objects */
	struct mm_struct *mm, *active_mm; /* A */
	struct files_struct *files; /* A */
	struct fs_struct *fs; /* A */
	void *journal_info; /* c: the journal handle that the task is in */
	struct sighand_struct *sighand; /* S r */
	struct signal_struct *signal; /* - */
	struct nsproxy *nsproxy; /* A */
	const struct cred *cred; /* c r: in force */
	const struct cred *real_cred; /* c r: as others see it */
	spinlock_t alloc_lock;

	/* identity and family */
	pid_t pid, tgid; /* - but exec of a thread */
	struct pid *thread_pid; /* T r */
	struct hlist_node pid_links[4]; /* T */
	struct task_struct *real_parent, *parent; /* T r */
	struct list_head children, sibling; /* T */
	struct task_struct *group_leader; /* T */
	struct list_head thread_node; /* T r signal->thread_head */
	struct list_head tasks; /* T r leaders, init_task.tasks */
	char comm[TASK_COMM_LEN]; /* A for writers */

	/* life and death */
	int exit_state; /* T */
	int exit_code, exit_signal; /* T */
	int pdeath_signal; /* T */
	u64 parent_exec_id, self_exec_id;
	struct completion *vfork_done;
	int __user *set_child_tid, *clear_child_tid; /* c */
	bool in_execve, no_new_privs;
	u16 ioprio; /* ioprio_set(2), 0: none of its own */
	unsigned int personality;
#if IS_ENABLED(CONFIG_NUMA)
	u8 mempolicy; /* c: mm/mempolicy.c */
#endif
	u64 timer_slack_ns, default_timer_slack_ns; /* prctl(2) PR_SET_TIMERSLACK */

	/* signals */
	ksigset_t blocked, real_blocked; /* S written, c read */
	ksigset_t saved_sigmask; /* c */
	struct sigpending pending; /* S */
	unsigned long sas_ss_sp;
	size_t sas_ss_size;
	unsigned int sas_ss_flags;
	unsigned long jobctl; /* S */
	struct restart_block restart_block; /* c */
	struct callback_head *task_works; /* atomic list */
	struct callback_head *fput_work; /* c */
#if IS_ENABLED(CONFIG_IO_URING)
	struct io_uring_task *io_uring; /* c NULL: uses no ring */
#endif

#if IS_ENABLED(CONFIG_SYSVIPC)
	struct sem_undo_list *sysvsem; /* c NULL: no semaphore to undo */
#endif
	/* threads */
	struct robust_list_head __user *robust_list; /* c */
	/* kernel/futex/pi.c, under its lock */
	struct list_head pi_owned; /* locks with waiters that it owns */
	struct futex_q *pi_blocked_on; /* in which it waits for one, or NULL */
	bool pi_gone; /* it owns none any more and will not */
	void *rseq_area;
	u32 rseq_len, rseq_sig;

#if IS_ENABLED(CONFIG_SECCOMP)
	struct {
		unsigned int mode; /* S written */
		struct seccomp_filter *filter; /* S written; the newest */
	} seccomp;
#endif
	/* tracing */
	unsigned int ptrace; /* T */
	struct list_head ptraced, ptrace_entry; /* T */
	struct siginfo *last_siginfo;
	unsigned long ptrace_message;

#ifdef CONFIG_BLOCK
	struct sleep_hook *plug; /* c bios that gather: fs/block/blk-mq.c */
#endif
	struct kthread *kthread; /* - kernel threads: kernel/task/kthread.c */
	int pagefault_disabled; /* c */
	u64 acct_time; /* c */
	struct rcu_head rcu;
#ifdef CONFIG_LOCKDEP
	struct held_lock held_locks[LOCKDEP_MAX_HELD]; /* c, kernel/locking/lockdep.c */
	unsigned int lockdep_depth;
	bool lockdep_busy;
#endif
#ifdef CONFIG_FAULT_INJECTION
	unsigned int fail_nth; /* which allocation from now on is to fail; 0: none */
#endif
#ifdef CONFIG_KUNIT
	void *kunit_test;
#endif
	struct arch_thread thread; /* last: size differs by CPU */
};

/* The semaphores that @t's end undoes, to tell whether two tasks share them. */
static inline const struct sem_undo_list *task_sysvsem(const struct task_struct *t)
{
#if IS_ENABLED(CONFIG_SYSVIPC)
	return t->sysvsem;
#else
	return NULL;
#endif
}

extern struct task_struct init_task; /* CPU 0's idle task; the list head of all */
extern spinlock_t tasklist_lock; /* taken with IRQs off by everyone */
extern unsigned long nr_threads; /* tasklist_lock */
extern unsigned long total_forks; /* tasklist_lock: tasks ever made, for /proc/stat */
extern int max_threads;
/* /proc/sys/kernel/sched_*, with SCHED_RT: microseconds (runtime -1: no limit), milliseconds. */
extern int sysctl_sched_rt_period, sysctl_sched_rt_runtime, sysctl_sched_rr_timeslice;
#define RR_TIMESLICE_MS 100 /* unless set otherwise */
/* Do the shares of all deadline tasks fit into what these settings leave them? */
#if IS_ENABLED(CONFIG_SCHED_DEADLINE)
bool sched_dl_fits(void);
#else
static inline bool sched_dl_fits(void)
{
	return true;
}
#endif

#define for_each_process(p)   list_for_each_entry_rcu(p, &init_task.tasks, tasks)
#define for_each_thread(p, t) list_for_each_entry_rcu(t, &(p)->signal->thread_head, thread_node)
#define for_each_process_thread(p, t) \
	for_each_process(p)           \
		for_each_thread(p, t)

/*
 * ->state. A task sets its own before it tests what it waits for: full barrier, pairs with the
 * waker's (kernel/wait.h).
 */
#define set_current_state(st)                                                \
	do {                                                                 \
		__atomic_store_n(&current->__state, (st), __ATOMIC_RELAXED); \
		atomic_thread_fence(memory_order_seq_cst);                   \
	} while (0)
#define __set_current_state(st) WRITE_ONCE(current->__state, (st))

static __always_inline bool test_tsk_thread_flag(const struct task_struct *t, int flag)
{
	return (READ_ONCE(t->thread_info.flags) >> flag) & 1;
}
static __always_inline void set_tsk_thread_flag(struct task_struct *t, int flag)
{
	set_bit(flag, &t->thread_info.flags);
}
static __always_inline void clear_tsk_thread_flag(struct task_struct *t, int flag)
{
	clear_bit(flag, &t->thread_info.flags);
}
#define test_thread_flag(f)  test_tsk_thread_flag(current, f)
#define set_thread_flag(f)   set_tsk_thread_flag(current, f)
#define clear_thread_flag(f) clear_tsk_thread_flag(current, f)

static __always_inline bool need_resched(void)
{
	return test_thread_flag(TIF_NEED_RESCHED);
}
static __always_inline bool signal_pending(const struct task_struct *t)
{
	return unlikely(READ_ONCE(t->thread_info.flags) &
			((1 << TIF_SIGPENDING) | (1 << TIF_NOTIFY_SIGNAL)));
}
/* The running task is to give way soon. IRQs off. */
static __always_inline void set_tsk_need_resched_self(void)
{
	set_thread_flag(TIF_NEED_RESCHED);
	set_preempt_need_resched();
}
bool signal_pending_state(unsigned int state, struct task_struct *t);

/* Reference counts. The memory lives on for an RCU grace period. */
static inline struct task_struct *get_task_struct(struct task_struct *t)
{
	refcount_inc(&t->usage);
	return t;
}
void __put_task_struct(struct task_struct *t);
static inline void put_task_struct(struct task_struct *t)
{
	if (refcount_dec_and_test(&t->usage))
		__put_task_struct(t);
}
#define task_lock(t)   spin_lock(&(t)->alloc_lock)
#define task_unlock(t) spin_unlock(&(t)->alloc_lock)

static inline bool thread_group_leader(const struct task_struct *t)
{
	return t->exit_signal >= 0;
}
static inline bool same_thread_group(const struct task_struct *a, const struct task_struct *b)
{
	return a->signal == b->signal;
}
static inline bool is_global_init(const struct task_struct *t)
{
	return t->tgid == 1;
}

/*
 * The scheduler. schedule(): gives the CPU away; sleeps if ->__state is not TASK_RUNNING. Process
 * context, preemption on.
 */
void schedule(void);
void schedule_idle(void);
void schedule_dead(void) __attribute__((noreturn));
void cond_resched_slow(void);
#ifdef CONFIG_PREEMPT
#define cond_resched() might_sleep()
#else
#define cond_resched()                       \
	do {                                 \
		might_sleep();               \
		if (need_resched())          \
			cond_resched_slow(); \
	} while (0)
#endif
void io_schedule(void);
/* Makes @t runnable if its state is in @state mask; true if it was asleep. Any context. */
bool wake_up_state(struct task_struct *t, unsigned int state);
bool wake_up_process(struct task_struct *t);
bool try_to_wake_up(struct task_struct *t, unsigned int state, int flags);
#define WF_SYNC 1 /* the waker is about to sleep: do not preempt it */
void wake_up_new_task(struct task_struct *t);
/* 0 or -EAGAIN. */
int sched_fork(struct task_struct *t, unsigned long clone_flags);
/* What the deadline class keeps of a task: a copy has none; its last switch; its memory goes. */
#if IS_ENABLED(CONFIG_SCHED_DEADLINE)
static inline void sched_dup_task(struct task_struct *t)
{
	t->dl = NULL;
}
void dl_task_dead(struct task_struct *t);
static inline void sched_task_dead(struct task_struct *t)
{
	if (unlikely(t->dl))
		dl_task_dead(t);
}
void dl_free(struct task_struct *t);
static inline void sched_free_task(struct task_struct *t)
{
	if (unlikely(t->dl))
		dl_free(t);
}
#else
static inline void sched_dup_task(struct task_struct *t)
{
}
static inline void sched_task_dead(struct task_struct *t)
{
}
static inline void sched_free_task(struct task_struct *t)
{
}
#endif
void sched_dead(struct task_struct *t); /* the last switch away from a dead task is over */
void schedule_first(void) __attribute__((noreturn)); /* the boot task becomes CPU 0's idle task */
void sched_init(void);
void sched_init_cpu(unsigned int cpu, struct task_struct *idle); /* boot, before that CPU runs */
void cpu_startup_entry(void) __attribute__((noreturn)); /* the idle loop */
void sched_tick(bool user);
void sched_exec(void);
int set_cpus_allowed(struct task_struct *t, const cpumask_t *mask);
/* Runs @t at @prio while that is better than its own; PI_PRIO_NONE: no more. May hold spinlocks. */
void sched_set_pi_prio(struct task_struct *t, int prio);
void set_user_nice(struct task_struct *t, int nice);
static inline int task_nice(const struct task_struct *t)
{
	return PRIO_TO_NICE(t->static_prio);
}
static inline unsigned int task_cpu(const struct task_struct *t)
{
	return READ_ONCE(t->cpu);
}
bool task_curr(const struct task_struct *t);
unsigned long nr_running(void), nr_iowait(void);
u64 nr_context_switches(void);
void get_avenrun(unsigned long loads[3]); /* fixed point, 16 bits of fraction */
char task_state_char(const struct task_struct *t); /* as /proc shows it: R S D T t Z X I */
u64 task_sched_runtime(struct task_struct *t); /* ns on a CPU up to now */
void task_cputime_adjusted(struct task_struct *t, u64 *ut, u64 *st); /* ns */
/* ns, live and dead threads */
void thread_group_cputime_adjusted(struct task_struct *t, u64 *ut, u64 *st);
struct cpu_times {
	u64 user, nice, system, idle, iowait, irq; /* ns */
};
void cpu_times(unsigned int cpu, struct cpu_times *out); /* /proc/stat */

/* Creation and end: kernel/task/. */
struct kernel_clone_args {
	u64 flags;
	int __user *pidfd, *child_tid, *parent_tid;
	int exit_signal;
	unsigned long stack, stack_size, tls;
	pid_t set_tid; /* 0: any */
	int trace; /* PTRACE_EVENT_* that a tracer of the parent is to see, or 0 */
	int (*fn)(void *);
	void *fn_arg;
	bool kthread, idle;
};
pid_t kernel_clone(struct kernel_clone_args *args);
struct task_struct *copy_process(const struct kernel_clone_args *args, struct pid *pid);
struct task_struct *fork_idle(unsigned int cpu);
pid_t user_mode_thread(int (*fn)(void *), void *arg, unsigned long flags);
void do_exit(long code) __attribute__((noreturn));
void do_group_exit(int code) __attribute__((noreturn));
void release_task(struct task_struct *t);
/* clear_child_tid, robust list, vfork */
void mm_release(struct task_struct *t, struct mm_struct *mm);
void task_init(void);

struct rusage;
/*
 * getrusage(2) @who, or RUSAGE_BOTH: the process with its children. @task may be dead but not
 * released.
 */
void getrusage(struct task_struct *task, int who, struct rusage *ru);

/* Ids as this task's namespace sees them (one namespace today). */
static inline pid_t task_pid_nr(const struct task_struct *t)
{
	return t->pid;
}
static inline pid_t task_tgid_nr(const struct task_struct *t)
{
	return t->tgid;
}
struct pid *task_pgrp(struct task_struct *t); /* tasklist_lock or RCU */
struct pid *task_session(struct task_struct *t);
struct pid *task_tgid(struct task_struct *t);
pid_t task_pgrp_nr(struct task_struct *t), task_session_nr(struct task_struct *t);
pid_t task_ppid_nr(struct task_struct *t);

void get_task_comm(char buf[TASK_COMM_LEN], struct task_struct *t);
void set_task_comm(struct task_struct *t, const char *name);
struct mm_struct *get_task_mm(struct task_struct *t); /* with a reference (mmput), or NULL */

/* A section whose allocations behave as GFP_NOFS; nests: give back what save returned. */
static inline unsigned int memalloc_nofs_save(void)
{
	unsigned int old = current->flags & PF_MEMALLOC_NOFS;

	current->flags |= PF_MEMALLOC_NOFS;
	return old;
}
static inline void memalloc_nofs_restore(unsigned int old)
{
	current->flags = (current->flags & ~PF_MEMALLOC_NOFS) | old;
}

#define current_is_kthread() (current->flags & PF_KTHREAD)

/* Work to run before current returns to user mode (or exits). */
struct callback_head {
	struct callback_head *next;
	void (*func)(struct callback_head *);
};
/* 0, or -ESRCH when @t is past running any. Any context. */
int task_work_add(struct task_struct *t, struct callback_head *work, bool signal);
void task_work_run(void);

#endif
