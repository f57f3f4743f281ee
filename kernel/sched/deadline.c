/* SPDX-License-Identifier: MIT */
/*
 * SCHED_DEADLINE, sched(7): earliest deadline first, each task inside a constant bandwidth server.
 *
 * A task asks for `runtime` ns in each `period`, done `deadline` ns after the period's beginning.
 * Its server has what is left of the runtime and an absolute deadline; of all that have some left,
 * the one with the earliest deadline runs. Who has used it up is throttled, out of the tree and not
 * counted as runnable, until its timer begins the next period. So a task that runs longer than it
 * said disturbs itself only.
 *
 *   queued ---- runtime used up, yield ----> throttled ---- timer ----> queued (new period)
 *     ^  \--- sleeps ---> asleep                 \--- sleeps ---> asleep, timer goes on
 *     |                     |
 *     \---- wakes up: with what was left if that cannot exceed its share before the old deadline,
 *           else with a new deadline
 *
 * Admission: the shares (runtime / period) of all tasks together are at most what real-time tasks
 * may use of the CPUs (sched_rt_runtime_us), so each gets its share; a task that would break this
 * is refused (EBUSY), and so is an affinity that leaves CPUs out. A share is given back when the
 * task dies or changes its policy.
 *
 * Locks: rq->lock for the entity and the tree; dl_mutex for changes to and from the policy;
 * dl_bw_lock for the sum. The time that a task runs is seen at switches and ticks: it may overrun
 * by a tick, which its next period pays.
 */
#include <lib/math64.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/sched_signal.h>
#include <kernel/sysctl.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include "sched.h"

#define DL_MIN_RUNTIME 1024 /* ns */

/* /proc/sys/kernel/sched_deadline_period_*_us */
static unsigned int period_max_us = 1u << 22, period_min_us = 100;

struct sched_dl_entity {
	struct rb_node node; /* rq->dl.tree, by deadline; empty: not in it */
	u64 max_runtime, rel_deadline, period; /* ns; what was asked for */
	u64 flags; /* SCHED_FLAG_DL_OVERRUN */
	s64 runtime; /* ns left; below 0 by what was run too long */
	u64 deadline; /* absolute, of rq->clock's time */
	bool throttled, yielded;
	bool overrun; /* SIGXCPU is owed */
	bool dead; /* dl_bw_lock */
	u64 bw; /* dl_bw_lock: the admitted share */
	struct hrtimer timer; /* the next period */
	struct task_struct *task;
};

static DEFINE_MUTEX(dl_mutex);
static DEFINE_SPINLOCK(dl_bw_lock);
static u64 dl_total_bw; /* dl_bw_lock */

#define dl_of(n) rb_entry(n, struct sched_dl_entity, node)

/* ---- the queue ------------------------------------------------------------------------------- */

static bool dl_before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

static bool dl_less(struct rb_node *a, const struct rb_node *b)
{
	return dl_before(dl_of(a)->deadline,
			 rb_entry(b, const struct sched_dl_entity, node)->deadline);
}

static void dl_insert(struct rq *rq, struct sched_dl_entity *dl)
{
	rb_add_cached(&dl->node, &rq->dl.tree, dl_less);
	rq->dl.nr++;
}

static void dl_remove(struct rq *rq, struct sched_dl_entity *dl)
{
	rb_erase_cached(&dl->node, &rq->dl.tree);
	RB_CLEAR_NODE(&dl->node);
	rq->dl.nr--;
}

static void dl_new_instance(struct sched_dl_entity *dl, u64 now)
{
	dl->deadline = now + dl->rel_deadline;
	dl->runtime = dl->max_runtime;
}

/* The next period, or the first after now that pays for an overrun. */
static void dl_replenish(struct sched_dl_entity *dl, u64 now)
{
	if (dl->yielded && dl->runtime > 0)
		dl->runtime = 0;
	dl->yielded = false;
	if (dl->runtime <= 0) {
		u64 periods = div64_u64((u64)-dl->runtime, dl->max_runtime) + 1;

		dl->deadline += periods * dl->period;
		dl->runtime += (s64)(periods * dl->max_runtime);
	}
	if (dl_before(dl->deadline, now))
		dl_new_instance(dl, now);
}

static u64 dl_next_period(const struct sched_dl_entity *dl)
{
	return dl->deadline - dl->rel_deadline + dl->period;
}

/* Throttled until the next period: false if that has come already. Not in the tree. */
static bool dl_start_timer(struct rq *rq, struct sched_dl_entity *dl)
{
	s64 wait = (s64)(dl_next_period(dl) - rq->clock);

	if (wait <= 0)
		return false;
	dl->throttled = true;
	hrtimer_start(&dl->timer, wait, HRTIMER_MODE_REL);
	return true;
}

/* The current task has no runtime left. */
static void dl_throttle_curr(struct rq *rq, struct sched_dl_entity *dl)
{
	if (dl->runtime <= 0 && dl->flags & SCHED_FLAG_DL_OVERRUN && !dl->yielded)
		dl->overrun = true;
	dl_remove(rq, dl);
	if (dl_start_timer(rq, dl)) {
		rq->nr_running--;
	} else {
		dl_replenish(dl, rq->clock);
		dl_insert(rq, dl);
	}
	resched_curr(rq);
}

static void update_curr_dl(struct rq *rq)
{
	struct task_struct *t = rq->curr;
	struct sched_dl_entity *dl = t->dl;
	s64 delta = (s64)(rq->clock - t->se.exec_start);

	if (delta > 0) {
		t->se.exec_start = rq->clock;
		t->se.sum_exec_runtime += delta;
		dl->runtime -= delta;
	}
	if ((dl->runtime <= 0 || dl->yielded) && !RB_EMPTY_NODE(&dl->node))
		dl_throttle_curr(rq, dl);
}

/* Would what is left be more than its share of the time up to the deadline? */
static bool dl_overflows(const struct sched_dl_entity *dl, u64 now)
{
	/* 1024 ns units keep the products in 64 bits. */
	u64 left = (u64)dl->runtime >> 10, time = (dl->deadline - now) >> 10;

	return left * (dl->rel_deadline >> 10) > time * (dl->max_runtime >> 10);
}

/*
 * Woken up. False: it waits, throttled, for the period to end that it has been early in. That and
 * the smaller rest concern tasks whose deadline comes before the period's end: a new instance for
 * each of their wake-ups would be more than they asked for.
 */
static bool dl_wakeup(struct rq *rq, struct sched_dl_entity *dl)
{
	bool constrained = dl->rel_deadline < dl->period, late = dl_before(dl->deadline, rq->clock);

	if (late && constrained && dl_before(rq->clock, dl_next_period(dl))) {
		dl->runtime = min_t(s64, dl->runtime, 0);
		return !dl_start_timer(rq, dl);
	}
	if (!late && (dl->runtime <= 0 || !dl_overflows(dl, rq->clock)))
		return true;
	if (!late && constrained)
		dl->runtime = mul_u64_u64_div_u64(dl->max_runtime, dl->deadline - rq->clock,
						  dl->rel_deadline);
	else
		dl_new_instance(dl, rq->clock);
	return true;
}

/* activate_task() counts the task as runnable, which a throttled one is not. */
static void enqueue_dl(struct rq *rq, struct task_struct *t, int flags)
{
	struct sched_dl_entity *dl = t->dl;

	if (dl->throttled || (flags & ENQUEUE_WAKEUP && !dl_wakeup(rq, dl))) {
		rq->nr_running--;
		return;
	}
	if (dl->runtime <= 0)
		dl_replenish(dl, rq->clock);
	dl_insert(rq, dl);
	tick_start(rq);
}

/* deactivate_task() has taken the task off the count, in which a throttled one is not. */
static void dequeue_dl(struct rq *rq, struct task_struct *t, int flags)
{
	struct sched_dl_entity *dl = t->dl;

	if (rq->curr == t)
		update_curr_dl(rq);
	if (!RB_EMPTY_NODE(&dl->node))
		dl_remove(rq, dl);
	else
		rq->nr_running++;
}

static struct task_struct *pick_next_dl(struct rq *rq)
{
	struct rb_node *first = rb_first_cached(&rq->dl.tree);
	struct task_struct *t;

	if (!first)
		return NULL;
	t = dl_of(first)->task;
	t->se.exec_start = rq->clock;
	return t;
}

static void put_prev_dl(struct rq *rq, struct task_struct *t)
{
	update_curr_dl(rq);
}

static void check_preempt_dl(struct rq *rq, struct task_struct *woken, int wake_flags)
{
	if (!woken->dl->throttled && dl_before(woken->dl->deadline, rq->curr->dl->deadline))
		resched_curr(rq);
}

static void tick_dl(struct rq *rq, struct task_struct *t)
{
	update_curr_dl(rq);
}

/* The job is done: sleeps until its next period. */
static void yield_dl(struct rq *rq)
{
	rq->curr->dl->yielded = true;
	update_curr_dl(rq);
}

const struct sched_class dl_sched_class = {
	.rank = 2,
	.enqueue = enqueue_dl,
	.dequeue = dequeue_dl,
	.pick_next = pick_next_dl,
	.put_prev = put_prev_dl,
	.check_preempt = check_preempt_dl,
	.tick = tick_dl,
	.yield = yield_dl,
	.update_curr = update_curr_dl,
};

/* A queued task that does not run and may run on CPU @to; NULL: there is none. */
struct task_struct *dl_movable(struct rq *rq, unsigned int to)
{
	for (struct rb_node *n = rb_first_cached(&rq->dl.tree); n; n = rb_next(n)) {
		struct task_struct *t = dl_of(n)->task;

		if (!t->on_cpu && cpumask_test_cpu(to, &t->cpus_mask))
			return t;
	}
	return NULL;
}

/* The next period begins. Hard IRQ, no lock held. */
static enum hrtimer_restart dl_timer_fn(struct hrtimer *timer)
{
	struct sched_dl_entity *dl = container_of(timer, struct sched_dl_entity, timer);
	struct task_struct *t = dl->task;
	unsigned long flags;
	struct rq *rq;

	rq = task_rq_lock(t, &flags);
	if (t->sched_class == &dl_sched_class && dl->throttled) {
		dl->throttled = false;
		dl_replenish(dl, rq->clock);
		if (t->on_rq == TASK_ON_RQ_QUEUED) {
			dl_insert(rq, dl);
			rq->nr_running++;
			check_preempt_curr(rq, t, 0);
		}
	}
	task_rq_unlock(rq, t, &flags);
	return HRTIMER_NORESTART;
}

/* A task's tick: SIGXCPU for one that asked to hear of overruns. Hard IRQ, no lock held. */
void dl_tick_signal(struct task_struct *t)
{
	struct sched_dl_entity *dl = t->dl;

	if (likely(!dl || !READ_ONCE(dl->overrun)))
		return;
	WRITE_ONCE(dl->overrun, false);
	send_sig(SIGXCPU, t, 1);
}

/* ---- parameters and admission ---------------------------------------------------------------- */

/* 0 or -EINVAL: sched_setattr(2). */
int dl_check_params(const struct sched_policy *p)
{
	u64 period = p->period ? p->period : p->deadline;

	if (!p->deadline || p->runtime < DL_MIN_RUNTIME)
		return -EINVAL;
	if ((p->deadline | p->period) >> 63)
		return -EINVAL;
	if (period < p->deadline || p->deadline < p->runtime)
		return -EINVAL;
	if (period < (u64)READ_ONCE(period_min_us) * NSEC_PER_USEC ||
	    period > (u64)READ_ONCE(period_max_us) * NSEC_PER_USEC)
		return -EINVAL;
	/* Taking over what others leave is not offered. */
	return p->dl_flags & SCHED_FLAG_RECLAIM ? -EINVAL : 0;
}

/* What all tasks together may be promised; ~0: anything. */
static u64 dl_bw_limit(void)
{
	u64 per_cpu = rt_bandwidth_ratio(DL_BW_SHIFT);

	return per_cpu == ~0ull ? per_cpu : per_cpu * num_online_cpus();
}

bool sched_dl_fits(void)
{
	bool ok;

	spin_lock_irq(&dl_bw_lock);
	ok = dl_total_bw <= dl_bw_limit();
	spin_unlock_irq(&dl_bw_lock);
	return ok;
}

/* Changes @dl's share to @bw: 0, -EBUSY or, for a dead task, -ESRCH. */
static int dl_admit(struct sched_dl_entity *dl, u64 bw)
{
	int err = 0;

	spin_lock_irq(&dl_bw_lock);
	if (dl->dead)
		err = -ESRCH;
	else if (bw > dl->bw && dl_total_bw - dl->bw + bw > dl_bw_limit())
		err = -EBUSY;
	if (!err) {
		dl_total_bw += bw - dl->bw;
		dl->bw = bw;
	}
	spin_unlock_irq(&dl_bw_lock);
	return err;
}

static int dl_alloc(struct task_struct *t)
{
	struct sched_dl_entity *dl;

	if (t->dl)
		return 0;
	dl = kzalloc(sizeof(*dl), GFP_KERNEL);
	if (!dl)
		return -ENOMEM;
	RB_CLEAR_NODE(&dl->node);
	hrtimer_init(&dl->timer, CLOCK_MONOTONIC, dl_timer_fn);
	dl->task = t;
	smp_store_release(&t->dl, dl);
	return 0;
}

static int dl_enter(struct task_struct *t, const struct sched_policy *p)
{
	u64 period = p->period ? p->period : p->deadline;
	int err;

	if (!cpumask_subset(cpu_online_mask, &t->cpus_mask))
		return -EPERM; /* it could not be promised a share of all CPUs */
	err = dl_alloc(t);
	return err ? err : dl_admit(t->dl, div64_u64(p->runtime << DL_BW_SHIFT, period));
}

/* To, from or inside the policy: 0 or -errno. May sleep. */
int dl_setscheduler(struct task_struct *t, const struct sched_policy *p)
{
	int err = 0;

	mutex_lock(&dl_mutex);
	if (p->policy == SCHED_DEADLINE)
		err = dl_enter(t, p);
	if (!err) {
		hrtimer_cancel(&t->dl->timer); /* the instance that it would end ends now */
		sched_change_policy(t, p);
	}
	if (p->policy != SCHED_DEADLINE) {
		hrtimer_cancel(&t->dl->timer);
		dl_admit(t->dl, 0);
	}
	mutex_unlock(&dl_mutex);
	return err;
}

/* @t, in no queue, gets (or loses) the policy: a new instance begins when it is queued. */
void dl_set_params(struct task_struct *t, const struct sched_policy *p)
{
	struct sched_dl_entity *dl = t->dl;

	if (!dl)
		return;
	dl->max_runtime = p->runtime;
	dl->rel_deadline = p->deadline;
	dl->period = p->period ? p->period : p->deadline;
	dl->flags = p->dl_flags;
	dl->throttled = dl->yielded = dl->overrun = false;
	dl_new_instance(dl, task_rq(t)->clock);
}

void dl_get_params(struct task_struct *t, struct sched_policy *p)
{
	struct sched_dl_entity *dl = smp_load_acquire(&t->dl);

	if (!dl)
		return;
	p->runtime = dl->max_runtime;
	p->deadline = dl->rel_deadline;
	p->period = dl->period;
	p->dl_flags = dl->flags;
}

/* The last switch away from @t is over. */
void dl_task_dead(struct task_struct *t)
{
	hrtimer_cancel(&t->dl->timer);
	dl_admit(t->dl, 0);
	spin_lock_irq(&dl_bw_lock);
	t->dl->dead = true;
	spin_unlock_irq(&dl_bw_lock);
}

void dl_free(struct task_struct *t)
{
	kfree(t->dl);
}

static const struct ctl_table dl_table[] = {
	{.procname = "sched_deadline_period_max_us",
	 .data = &period_max_us,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = proc_douintvec},
	{.procname = "sched_deadline_period_min_us",
	 .data = &period_min_us,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = proc_douintvec},
};

static int dl_sysctl_init(void)
{
	return register_sysctl("kernel", dl_table, ARRAY_SIZE(dl_table));
}
core_initcall(dl_sysctl_init);
