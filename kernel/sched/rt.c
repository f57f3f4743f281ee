/* SPDX-License-Identifier: MIT */
/*
 * The real-time classes, FIFO and RR: one list a priority and a bitmap of those that are not
 * empty. The running task stays at the head of its list. While fair tasks wait, real-time tasks
 * together may use rt_runtime of each rt_period of a CPU, so a runaway one cannot take the
 * machine away. The settings are those of /proc/sys/kernel/sched_*, sched(7).
 *
 * All functions: rq->lock held.
 */
#include <lib/math64.h>
#include "sched.h"

int sysctl_sched_rt_period = USEC_PER_SEC;
int sysctl_sched_rt_runtime = 950000;
int sysctl_sched_rr_timeslice = RR_TIMESLICE_MS;

static u64 rt_period(void)
{
	return (u64)READ_ONCE(sysctl_sched_rt_period) * NSEC_PER_USEC;
}

/* ns in each period; U64_MAX: no limit. */
static u64 rt_runtime(void)
{
	int us = READ_ONCE(sysctl_sched_rt_runtime);

	return us < 0 ? U64_MAX : (u64)us * NSEC_PER_USEC;
}

u64 rt_bandwidth_ratio(unsigned int shift)
{
	u64 runtime = rt_runtime();

	return runtime == U64_MAX ? runtime : div64_u64(runtime << shift, rt_period());
}

void init_rt_rq(struct rt_rq *rt)
{
	for (int i = 0; i < MAX_RT_PRIO; i++)
		INIT_LIST_HEAD(&rt->queue[i]);
	bitmap_zero(rt->bitmap, MAX_RT_PRIO);
}

static void update_curr_rt(struct rq *rq)
{
	struct task_struct *t = rq->curr;
	u64 delta = rq->clock - t->se.exec_start;

	if ((s64)delta <= 0)
		return;
	t->se.exec_start = rq->clock;
	t->se.sum_exec_runtime += delta;
	rq->rt.used += delta;
	if (t->policy == SCHED_RR)
		t->rt.time_slice = t->rt.time_slice > delta ? t->rt.time_slice - delta : 0;
}

/*
 * Starts a new period when the old one is over. What was run too long is carried over while others
 * wait for it, for a tick that comes late may find all of a period used; at most a period of it.
 */
static void rt_refill(struct rq *rq)
{
	u64 period = rt_period(), runtime = rt_runtime(), over, debt = 0;

	if (rq->clock - rq->rt.period_start < period)
		return;
	over = div64_u64(rq->clock - rq->rt.period_start, period);
	rq->rt.period_start += over * period;
	if (rq->cfs.nr && runtime < period && rq->rt.used > over * runtime)
		debt = min(rq->rt.used - over * runtime, period);
	rq->rt.used = debt;
	rq->rt.throttled = debt > runtime;
}

/* The tick of a CPU whose real-time tasks are throttled: a fair one that runs gives way. */
void rt_throttled_tick(struct rq *rq)
{
	rt_refill(rq);
	if (!rq->rt.throttled && rq->rt.nr && rq->curr->sched_class->rank < rt_sched_class.rank)
		resched_curr(rq);
}

static void enqueue_rt(struct rq *rq, struct task_struct *t, int flags)
{
	struct list_head *q = &rq->rt.queue[t->prio];

	list_add_tail(&t->rt.run_list, q);
	__set_bit(t->prio, rq->rt.bitmap);
	rq->rt.nr++;
	if (!t->rt.time_slice)
		t->rt.time_slice = rr_timeslice();
	tick_start(rq); /* throttling needs it even when this CPU was idle */
}

static void dequeue_rt(struct rq *rq, struct task_struct *t, int flags)
{
	if (rq->curr == t)
		update_curr_rt(rq);
	list_del_init(&t->rt.run_list);
	if (list_empty(&rq->rt.queue[t->prio]))
		__clear_bit(t->prio, rq->rt.bitmap);
	rq->rt.nr--;
}

static struct task_struct *pick_next_rt(struct rq *rq)
{
	struct task_struct *t;

	rt_refill(rq);
	if (rq->rt.throttled && rq->cfs.nr)
		return NULL;
	t = list_first_entry(&rq->rt.queue[find_first_bit(rq->rt.bitmap, MAX_RT_PRIO)],
			     struct task_struct, rt.run_list);
	t->se.exec_start = rq->clock;
	return t;
}

static void put_prev_rt(struct rq *rq, struct task_struct *t)
{
	update_curr_rt(rq);
}

static void check_preempt_rt(struct rq *rq, struct task_struct *woken, int wake_flags)
{
	if (woken->prio < rq->curr->prio)
		resched_curr(rq);
}

static void tick_rt(struct rq *rq, struct task_struct *t)
{
	update_curr_rt(rq);
	rt_refill(rq);
	if (!rq->rt.throttled && rq->rt.used > rt_runtime()) {
		rq->rt.throttled = true;
		if (rq->cfs.nr)
			resched_curr(rq);
	}
	if (t->policy != SCHED_RR || t->rt.time_slice)
		return;
	t->rt.time_slice = rr_timeslice();
	if (!list_is_singular(&rq->rt.queue[t->prio])) {
		list_move_tail(&t->rt.run_list, &rq->rt.queue[t->prio]);
		resched_curr(rq);
	}
}

static void yield_rt(struct rq *rq)
{
	list_move_tail(&rq->curr->rt.run_list, &rq->rt.queue[rq->curr->prio]);
}

const struct sched_class rt_sched_class = {
	.rank = 1,
	.enqueue = enqueue_rt,
	.dequeue = dequeue_rt,
	.pick_next = pick_next_rt,
	.put_prev = put_prev_rt,
	.check_preempt = check_preempt_rt,
	.tick = tick_rt,
	.yield = yield_rt,
	.update_curr = update_curr_rt,
};
