/* SPDX-License-Identifier: MIT */
/*
 * The fair class. Each task's vruntime advances by its run time divided by its weight; the task
 * with the least vruntime runs. A nice level is a factor of 1.25 in weight. A task that wakes is
 * placed at most half a slice behind the least vruntime of the queue, so sleeping earns a quick
 * start but no hoard. The running task is kept out of the tree; put_prev puts it back.
 *
 * All functions: rq->lock held.
 */
#include <lib/math64.h>
#include "sched.h"

#define SCHED_MIN_SLICE (750 * NSEC_PER_USEC) /* and with many */
#define WAKEUP_GRANULARITY \
	(1 * NSEC_PER_MSEC) /* how far behind a woken task must be to take the CPU */
#define NICE_0_WEIGHT 1024
#define IDLE_WEIGHT   3

/* 1024 * 1.25^-nice, rounded, for nice -20 .. 19. */
static const u32 nice_weight[40] = {
	88818, 71054, 56843, 45475, 36380, 29104, 23283, 18626, 14901, 11921,
	9537,  7629,  6104,  4883,  3906,  3125,  2500,	 2000,	1600,  1280,
	1024,  819,   655,   524,   419,   336,	  268,	 215,	172,   137,
	110,   88,    70,    56,    45,	   36,	  29,	 23,	18,    15,
};

void set_load_weight(struct task_struct *t)
{
	u32 w = t->policy == SCHED_IDLE ? IDLE_WEIGHT : nice_weight[t->static_prio - MAX_RT_PRIO];

	t->se.load.weight = w;
	t->se.load.inv_weight = 0xffffffffu / w;
}

void init_cfs_rq(struct cfs_rq *cfs)
{
	cfs->tree = RB_ROOT_CACHED;
	cfs->min_vruntime = 0;
}

#define se_of(node) rb_entry(node, struct sched_entity, run_node)
#define task_of(se) container_of(se, struct task_struct, se)

/* ns of run time -> virtual time of @se. */
static inline u64 calc_delta_fair(u64 delta, const struct sched_entity *se)
{
	if (likely(se->load.weight == NICE_0_WEIGHT))
		return delta;
	return mul_u64_u32_shr(delta * NICE_0_WEIGHT, se->load.inv_weight, 32);
}

static bool entity_less(struct rb_node *a, const struct rb_node *b)
{
	return (s64)(se_of(a)->vruntime -
		     rb_entry(b, const struct sched_entity, run_node)->vruntime) < 0;
}

static void update_curr_fair(struct rq *rq)
{
	struct sched_entity *se = &rq->curr->se;
	struct cfs_rq *cfs = &rq->cfs;
	u64 delta = rq->clock - se->exec_start, v;
	struct rb_node *left;

	if ((s64)delta <= 0)
		return;
	se->exec_start = rq->clock;
	se->sum_exec_runtime += delta;
	se->vruntime += calc_delta_fair(delta, se);
	v = se->vruntime;
	left = rb_first_cached(&cfs->tree);
	if (left && (s64)(se_of(left)->vruntime - v) < 0)
		v = se_of(left)->vruntime;
	if ((s64)(v - cfs->min_vruntime) > 0)
		cfs->min_vruntime = v;
}

static void enqueue_fair(struct rq *rq, struct task_struct *t, int flags)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &t->se;

	if (rq->curr->sched_class == &fair_sched_class && rq->curr->on_rq)
		update_curr_fair(rq);
	if (flags & ENQUEUE_NEW) {
		/* One slice behind: a fork bomb does not get ahead of who is here. */
		se->vruntime = cfs->min_vruntime + calc_delta_fair(SCHED_MIN_SLICE, se);
	} else if (flags & (ENQUEUE_MOVED | ENQUEUE_WAKEUP)) {
		u64 floor = cfs->min_vruntime - SCHED_SLICE / 2;

		if (flags & ENQUEUE_MOVED)
			/* was made relative by the dequeue or by sleep on another CPU */
			se->vruntime += cfs->min_vruntime;
		if ((s64)(se->vruntime - floor) < 0)
			se->vruntime = floor;
	}
	cfs->nr++;
	cfs->load += se->load.weight;
	se->on_rq = true;
	if (t != rq->curr)
		rb_add_cached(&se->run_node, &cfs->tree, entity_less);
}

static void dequeue_fair(struct rq *rq, struct task_struct *t, int flags)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &t->se;

	if (rq->curr->sched_class == &fair_sched_class && rq->curr != rq->idle)
		update_curr_fair(rq);
	if (!RB_EMPTY_NODE(&se->run_node)) {
		rb_erase_cached(&se->run_node, &cfs->tree);
		RB_CLEAR_NODE(&se->run_node);
	}
	cfs->nr--;
	cfs->load -= se->load.weight;
	se->on_rq = false;
	if (flags & DEQUEUE_MOVED)
		se->vruntime -= cfs->min_vruntime;
}

static void set_next_fair(struct rq *rq, struct sched_entity *se)
{
	se->exec_start = rq->clock;
	se->prev_sum_exec_runtime = se->sum_exec_runtime;
}

static struct task_struct *pick_next_fair(struct rq *rq)
{
	struct rb_node *left = rb_first_cached(&rq->cfs.tree);
	struct sched_entity *se;

	if (!left)
		return NULL;
	se = se_of(left);
	rb_erase_cached(left, &rq->cfs.tree);
	RB_CLEAR_NODE(left);
	set_next_fair(rq, se);
	return task_of(se);
}

static void put_prev_fair(struct rq *rq, struct task_struct *t)
{
	update_curr_fair(rq);
	if (t->se.on_rq)
		rb_add_cached(&t->se.run_node, &rq->cfs.tree, entity_less);
}

static void check_preempt_fair(struct rq *rq, struct task_struct *woken, int wake_flags)
{
	struct task_struct *curr = rq->curr;
	s64 behind;

	if (woken->policy != SCHED_NORMAL && curr->policy == SCHED_NORMAL)
		return;
	if (curr->policy == SCHED_IDLE && woken->policy != SCHED_IDLE) {
		resched_curr(rq);
		return;
	}
	update_curr_fair(rq);
	behind = (s64)(curr->se.vruntime - woken->se.vruntime);
	if (behind > (s64)calc_delta_fair(WAKEUP_GRANULARITY, &woken->se))
		resched_curr(rq);
}

static void tick_fair(struct rq *rq, struct task_struct *t)
{
	u64 slice, ran;
	struct rb_node *left;

	update_curr_fair(rq);
	if (rq->cfs.nr < 2)
		return;
	slice = SCHED_SLICE * 4 / rq->cfs.nr;
	if (slice < SCHED_MIN_SLICE)
		slice = SCHED_MIN_SLICE;
	if (slice > SCHED_SLICE)
		slice = SCHED_SLICE;
	ran = t->se.sum_exec_runtime - t->se.prev_sum_exec_runtime;
	left = rb_first_cached(&rq->cfs.tree);
	if (ran >= slice && left && (s64)(t->se.vruntime - se_of(left)->vruntime) > 0)
		resched_curr(rq);
}

static void yield_fair(struct rq *rq)
{
	struct rb_node *left = rb_first_cached(&rq->cfs.tree);
	struct sched_entity *se = &rq->curr->se;

	update_curr_fair(rq);
	/* Behind the first waiter: it runs next, and what was given away is not lost for long. */
	if (left && (s64)(se_of(left)->vruntime - se->vruntime) >= 0)
		se->vruntime = se_of(left)->vruntime + 1;
}

const struct sched_class fair_sched_class = {
	.enqueue = enqueue_fair,
	.dequeue = dequeue_fair,
	.pick_next = pick_next_fair,
	.put_prev = put_prev_fair,
	.check_preempt = check_preempt_fair,
	.tick = tick_fair,
	.yield = yield_fair,
	.update_curr = update_curr_fair,
};
