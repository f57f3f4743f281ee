/* SPDX-License-Identifier: MIT */
/*
 * Inside the scheduler.
 *
 * Each CPU has a runqueue. rq->lock (IRQs off) protects everything in it and the scheduling
 * fields of tasks on it. A task leaves a runqueue only with that one's lock held, and is
 * TASK_ON_RQ_MIGRATING until it is on another. Order: pi_lock > rq->lock; no two runqueue locks.
 *
 * Classes, highest first: deadline, real time (FIFO, RR), fair (NORMAL, BATCH, IDLE). Each is an
 * ops table; pick asks them in order.
 */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include <kernel/bug.h>
#include <kernel/hrtimer.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <lib/bitmap.h>
#include <mm/mm.h>

#define SCHED_SLICE (3 * NSEC_PER_MSEC) /* a fair task's turn with a few others waiting */

/* ns; without SCHED_RT nobody has one. */
static inline u64 rr_timeslice(void)
{
	if (!IS_ENABLED(CONFIG_SCHED_RT))
		return 0;
	return (u64)READ_ONCE(sysctl_sched_rr_timeslice) * NSEC_PER_MSEC;
}

struct cfs_rq {
	struct rb_root_cached tree; /* runnable, by vruntime; the running one is not in it */
	u64 min_vruntime;
	unsigned long load; /* sum of weights, the running one included */
	unsigned int nr;
};

struct rt_rq {
	DECLARE_BITMAP(bitmap, MAX_RT_PRIO);
	struct list_head queue[MAX_RT_PRIO];
	unsigned int nr;
	/*
	 * Throttling: real-time tasks get at most a runtime of each period while fair tasks wait.
	 */
	u64 period_start, used; /* ns */
	bool throttled;
};

#if IS_ENABLED(CONFIG_SCHED_DEADLINE)
struct dl_rq {
	struct rb_root_cached tree; /* runnable, by deadline; the running one too */
	unsigned int nr;
};
#endif

struct rq {
	spinlock_t lock;
	unsigned int nr_running;
	struct task_struct *curr, *idle;
	u64 clock; /* ns, read at most once a lock section */
	struct mm_struct *prev_mm; /* borrowed address space to drop after the switch */
	struct cfs_rq cfs;
	struct rt_rq rt;
#if IS_ENABLED(CONFIG_SCHED_DEADLINE)
	struct dl_rq dl;
#endif
	u64 nr_switches;
	unsigned int nr_uninterruptible_delta;
	_Atomic int nr_iowait;
	struct hrtimer tick;
	bool tick_on;
	bool defer_kick, kick; /* lock; who holds it sends the interrupt after letting it go */
	u64 next_balance; /* ns */
	struct cpu_times times; /* written by this CPU's tick and idle loop */
	u64 idle_since; /* 0: not idle */
	unsigned int cpu;
};

DECLARE_PER_CPU(struct rq, runqueues);
#define cpu_rq(c) (&per_cpu(runqueues, c))
#define this_rq() this_cpu_ptr(&runqueues)
static inline struct rq *task_rq(const struct task_struct *t)
{
	return cpu_rq(task_cpu(t));
}

/* ->on_rq */
#define TASK_ON_RQ_QUEUED    1
#define TASK_ON_RQ_MIGRATING 2 /* between two queues: in none, but not asleep */

#define ENQUEUE_WAKEUP	     1 /* was asleep */
#define ENQUEUE_NEW	     2 /* first time */
#define ENQUEUE_MOVED	     4 /* came from another CPU's queue */
#define DEQUEUE_SLEEP	     1
#define DEQUEUE_MOVED	     4

/* All: rq->lock held, IRQs off. */
struct sched_class {
	unsigned int rank; /* a task of a higher one takes the CPU from one of a lower */
	void (*enqueue)(struct rq *rq, struct task_struct *t, int flags);
	void (*dequeue)(struct rq *rq, struct task_struct *t, int flags);
	/* taken out of the queue's order, still counted; NULL: none */
	struct task_struct *(*pick_next)(struct rq *rq);
	/* was running; goes back into the order if on_rq */
	void (*put_prev)(struct rq *rq, struct task_struct *t);
	void (*check_preempt)(struct rq *rq, struct task_struct *woken, int wake_flags);
	void (*tick)(struct rq *rq, struct task_struct *t);
	void (*yield)(struct rq *rq);
	void (*update_curr)(struct rq *rq);
};
extern const struct sched_class fair_sched_class, rt_sched_class, dl_sched_class;

static inline bool rt_policy(unsigned int policy)
{
	return IS_ENABLED(CONFIG_SCHED_RT) && (policy == SCHED_FIFO || policy == SCHED_RR);
}

static inline bool dl_policy(unsigned int policy)
{
	return IS_ENABLED(CONFIG_SCHED_DEADLINE) && policy == SCHED_DEADLINE;
}

static inline u64 update_rq_clock(struct rq *rq)
{
	return rq->clock = sched_clock();
}

static inline void resched_curr(struct rq *rq)
{
	struct task_struct *curr = rq->curr;

	lockdep_assert_held(&rq->lock);
	if (test_tsk_thread_flag(curr, TIF_NEED_RESCHED))
		return;
	set_tsk_thread_flag(curr, TIF_NEED_RESCHED);
	if (rq->cpu == smp_processor_id())
		set_preempt_need_resched();
	else if (rq->defer_kick)
		rq->kick = true;
	else
		smp_send_reschedule(rq->cpu);
}

void activate_task(struct rq *rq, struct task_struct *t, int flags);
void deactivate_task(struct rq *rq, struct task_struct *t, int flags);
struct rq *task_rq_lock(struct task_struct *t, unsigned long *flags);
void task_rq_unlock(struct rq *rq, struct task_struct *t, unsigned long *flags);
void check_preempt_curr(struct rq *rq, struct task_struct *t, int wake_flags);

/* A policy with all that belongs to it, checked. */
struct sched_policy {
	unsigned int policy, rt_priority;
	int nice;
	bool reset_on_fork;
	/* SCHED_DEADLINE: ns; flags SCHED_FLAG_* */
	u64 runtime, deadline, period, dl_flags;
};
/* No checks but admission of deadline tasks: 0, -EBUSY, -EPERM, -ENOMEM. May sleep. */
int __sched_setscheduler(struct task_struct *t, const struct sched_policy *p);
void sched_change_policy(struct task_struct *t, const struct sched_policy *p);
void set_load_weight(struct task_struct *t);
void init_cfs_rq(struct cfs_rq *cfs);
#if IS_ENABLED(CONFIG_SCHED_RT)
void init_rt_rq(struct rt_rq *rt);
void rt_throttled_tick(struct rq *rq);
/* Of a CPU, for real-time and deadline tasks: a fraction with @shift bits; ~0: all. */
u64 rt_bandwidth_ratio(unsigned int shift);
#else
static inline void init_rt_rq(struct rt_rq *rt)
{
}
static inline void rt_throttled_tick(struct rq *rq)
{
}
#endif

#define DL_BW_SHIFT 20
#if IS_ENABLED(CONFIG_SCHED_DEADLINE)
int dl_check_params(const struct sched_policy *p);
int dl_setscheduler(struct task_struct *t, const struct sched_policy *p);
void dl_set_params(struct task_struct *t, const struct sched_policy *p);
void dl_get_params(struct task_struct *t, struct sched_policy *p);
void dl_tick_signal(struct task_struct *t);
struct task_struct *dl_movable(struct rq *rq, unsigned int to);
#define dl_queued(rq)	 ((rq)->dl.nr)
#define has_dl_entity(t) ((t)->dl)
#define init_dl_rq(rq)	 ((rq)->dl.tree = RB_ROOT_CACHED)
#else
#define dl_check_params(p)    (-EINVAL)
#define dl_setscheduler(t, p) (-EINVAL)
#define dl_set_params(t, p)   ((void)0)
#define dl_get_params(t, p)   ((void)0)
#define dl_tick_signal(t)     ((void)0)
#define dl_movable(rq, to)    ((struct task_struct *)NULL)
#define dl_queued(rq)	      0u
#define has_dl_entity(t)      false
#define init_dl_rq(rq)	      ((void)0)
#endif
void place_new_entity(struct rq *rq, struct task_struct *t);
void tick_start(struct rq *rq);
void tick_stop(struct rq *rq);
void account_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next);
void calc_load_tick(void);
void account_tick(bool user);
void idle_account_enter(struct rq *rq);
void idle_account_exit(struct rq *rq);

#ifdef CONFIG_SMP
unsigned int select_task_rq(struct task_struct *t, int wake_flags);
/* rq->lock held, may be dropped and retaken; true: something was pulled */
bool newidle_balance(struct rq *rq);
void tick_balance(struct rq *rq);
void finish_migration(struct task_struct *t);
static inline void set_task_cpu(struct task_struct *t, unsigned int cpu)
{
	WRITE_ONCE(t->cpu, cpu);
}
#else
#define select_task_rq(t, f) ((void)(f), 0u)
#define newidle_balance(rq)  false
#define tick_balance(rq)     ((void)0)
#define set_task_cpu(t, c)   ((void)0)
#define finish_migration(t)  ((void)(t))
#endif

/* From a kernel thread back to the program whose address space it has borrowed: membarrier.c. */
static __always_inline void membarrier_lazy_return(const struct mm_struct *mm)
{
	if (IS_ENABLED(CONFIG_MEMBARRIER) &&
	    unlikely(READ_ONCE(mm->flags) & 1ul << MMF_MEMBARRIER_SYNC_CORE))
		sync_core();
}

/* Others may wait for what this task has gathered: it goes out before the task sleeps. */
static __always_inline void run_sleep_hook(void)
{
#ifdef CONFIG_BLOCK
	struct sleep_hook *hook = current->plug;

	if (unlikely(hook) && READ_ONCE(current->__state) != TASK_RUNNING)
		hook->before_sleep(hook);
#endif
}

#endif
