/* SPDX-License-Identifier: MIT */
/*
 * Spreading tasks over CPUs: where a woken task runs, what an idle CPU pulls, and a periodic pull
 * that evens out long-running tasks. Only queued tasks move, never a running one, and only to
 * CPUs in their mask.
 */
#include <uapi/errno.h>
#include "sched.h"

#define BALANCE_INTERVAL (8 * NSEC_PER_MSEC)
#define BALANCE_LOOKS	 32 /* at most so many tasks of a queue, under its lock */

static bool cpu_is_idle(unsigned int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	return READ_ONCE(rq->curr) == rq->idle && !READ_ONCE(rq->nr_running);
}

static bool cpu_allowed(const struct task_struct *t, unsigned int cpu)
{
	return cpumask_test_cpu(cpu, &t->cpus_mask) && cpu_online(cpu);
}

/* For a deadline or real-time task: where it was if it runs there, else where the least urgent. */
static unsigned int select_urgent(struct task_struct *t, unsigned int prev)
{
	unsigned int cpu, best = prev;
	int least = INT_MIN;

	if (cpu_allowed(t, prev) &&
	    (cpu_is_idle(prev) || READ_ONCE(cpu_rq(prev)->curr)->prio > t->prio))
		return prev;
	for_each_online_cpu(cpu) {
		int prio = cpu_is_idle(cpu) ? INT_MAX : READ_ONCE(cpu_rq(cpu)->curr)->prio;

		if (cpumask_test_cpu(cpu, &t->cpus_mask) && prio > least) {
			least = prio;
			best = cpu;
		}
	}
	return best;
}

/*
 * pi_lock held. The previous CPU if idle (its caches are warm), else an idle CPU, else, for a
 * fair task, the less loaded of this and the previous one.
 */
unsigned int select_task_rq(struct task_struct *t, int wake_flags)
{
	unsigned int prev = task_cpu(t), this = smp_processor_id(), cpu, best;

	if (num_online_cpus() == 1)
		return this;
	if (IS_ENABLED(CONFIG_SCHED_RT) && unlikely(t->sched_class->rank))
		return select_urgent(t, prev);
	if (current->flags & PF_WAKE_HERE && cpu_allowed(t, this) &&
	    READ_ONCE(cpu_rq(this)->nr_running) <= 1)
		return this;
	if (cpu_allowed(t, prev) && cpu_is_idle(prev))
		return prev;
	if (wake_flags & WF_SYNC && cpu_allowed(t, this) &&
	    READ_ONCE(cpu_rq(this)->nr_running) <= 1)
		return this;
	best = nr_cpu_ids;
	for_each_online_cpu(cpu) {
		if (!cpumask_test_cpu(cpu, &t->cpus_mask))
			continue;
		if (cpu_is_idle(cpu))
			return cpu;
		if (best == nr_cpu_ids ||
		    READ_ONCE(cpu_rq(cpu)->nr_running) < READ_ONCE(cpu_rq(best)->nr_running))
			best = cpu;
	}
	if (best == nr_cpu_ids)
		return prev;
	if (cpu_allowed(t, prev) &&
	    READ_ONCE(cpu_rq(prev)->nr_running) <= READ_ONCE(cpu_rq(best)->nr_running) + 1)
		return prev;
	return best;
}

/* @src's lock held. The most urgent deadline or real-time task that waits and may run on @to. */
static struct task_struct *find_urgent(struct rq *src, unsigned int to)
{
	struct task_struct *t = dl_movable(src, to);

	if (t)
		return t;
	for (int prio = find_first_bit(src->rt.bitmap, MAX_RT_PRIO); prio < MAX_RT_PRIO;
	     prio = find_next_bit(src->rt.bitmap, MAX_RT_PRIO, prio + 1))
		list_for_each_entry(t, &src->rt.queue[prio], rt.run_list)
			if (!t->on_cpu && cpumask_test_cpu(to, &t->cpus_mask))
				return t;
	return NULL;
}

/* The same of the fair: of the last few in the order, the one that would run last. */
static struct task_struct *find_fair(struct rq *src, unsigned int to)
{
	struct rb_node *n = rb_last(&src->cfs.tree.rb_root);

	for (int looked = 0; n && looked < BALANCE_LOOKS; looked++, n = rb_prev(n)) {
		struct task_struct *t = rb_entry(n, struct task_struct, se.run_node);

		if (!t->on_cpu && cpumask_test_cpu(to, &t->cpus_mask))
			return t;
	}
	return NULL;
}

static struct task_struct *find_movable(struct rq *src, unsigned int to)
{
	return find_urgent(src, to) ?: find_fair(src, to);
}

/* @src's lock held. Nothing has @t then: the caller hands it to attach() at once. */
static void detach(struct rq *src, struct task_struct *t, unsigned int to)
{
	update_rq_clock(src);
	deactivate_task(src, t, DEQUEUE_MOVED);
	set_task_cpu(t, to);
}

/* No lock held, IRQs off. */
static void attach(struct rq *dst, struct task_struct *t)
{
	bool allowed;

	spin_lock(&dst->lock);
	/* Its mask may have changed while nobody had it. */
	allowed = cpumask_test_cpu(dst->cpu, &t->cpus_mask);
	if (likely(allowed)) {
		update_rq_clock(dst);
		activate_task(dst, t, ENQUEUE_MOVED);
		if (dst->curr == dst->idle || t->sched_class->rank)
			check_preempt_curr(dst, t, 0);
	}
	spin_unlock(&dst->lock);
	if (unlikely(!allowed))
		finish_migration(t);
}

/*
 * Moves a task from @src, if it still has @least, to @dst. One lock at a time, and no waiting for
 * @src's: a CPU that is busy with its queue is asked another time. True: one came. No lock held,
 * IRQs off.
 */
static bool steal(struct rq *dst, struct rq *src, unsigned int least)
{
	struct task_struct *t = NULL;

	if (!__cond_lock(&src->lock, spin_trylock(&src->lock)))
		return false;
	if (src->nr_running >= least) {
		t = find_movable(src, dst->cpu);
		if (t)
			detach(src, t, dst->cpu);
	}
	spin_unlock(&src->lock);
	if (t)
		attach(dst, t);
	return t;
}

/*
 * Moves a task here that is more urgent than the one that runs here and waits behind another
 * urgent one elsewhere. From the tick: no lock held.
 */
static void pull_urgent(struct rq *dst)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct rq *src = cpu_rq(cpu);
		struct task_struct *t;

		if (src == dst || READ_ONCE(src->nr_running) - READ_ONCE(src->cfs.nr) < 2 ||
		    !__cond_lock(&src->lock, spin_trylock(&src->lock)))
			continue;
		t = find_urgent(src, dst->cpu);
		if (t && t->prio < dst->curr->prio)
			detach(src, t, dst->cpu);
		else
			t = NULL;
		spin_unlock(&src->lock);
		if (t) {
			attach(dst, t);
			return;
		}
	}
}

static struct rq *busiest_rq(struct rq *self, unsigned int least)
{
	struct rq *best = NULL;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);

		if (rq != self && READ_ONCE(rq->nr_running) >= least &&
		    (!best || READ_ONCE(rq->nr_running) > READ_ONCE(best->nr_running)))
			best = rq;
	}
	return best;
}

/* From the longest queue of at least @least or, if none of its tasks may come here, another. */
static bool pull_from_busiest(struct rq *dst, struct rq *busiest, unsigned int least)
{
	unsigned int cpu;

	if (steal(dst, busiest, least))
		return true;
	for_each_online_cpu(cpu) {
		struct rq *src = cpu_rq(cpu);

		if (src != dst && src != busiest && READ_ONCE(src->nr_running) >= least &&
		    steal(dst, src, least))
			return true;
	}
	return false;
}

/* This CPU is about to idle. rq->lock held on entry and exit, dropped in between. */
bool newidle_balance(struct rq *rq)
{
	struct rq *src;

	if (num_online_cpus() == 1)
		return false;
	src = busiest_rq(rq, 2);
	if (!src)
		return false;
	__acquire(&rq->lock); /* the caller's */
	spin_unlock(&rq->lock);
	pull_from_busiest(rq, src, 2);
	spin_lock(&rq->lock);
	__release(&rq->lock);
	return rq->nr_running != 0;
}

/*
 * An idle CPU where a task that waits here may run; nr_cpu_ids: there is none. No lock held, IRQs
 * off.
 */
static unsigned int idle_cpu_for_waiters(struct rq *rq)
{
	unsigned int cpu, found = nr_cpu_ids;

	spin_lock(&rq->lock);
	for_each_online_cpu(cpu) {
		if (cpu_is_idle(cpu) && find_movable(rq, cpu)) {
			found = cpu;
			break;
		}
	}
	spin_unlock(&rq->lock);
	return found;
}

/* A CPU that sleeps while tasks wait here looks around (newidle_balance). */
static void kick_idle(struct rq *self)
{
	unsigned int cpu = idle_cpu_for_waiters(self);
	struct rq *rq;

	if (cpu == nr_cpu_ids)
		return;
	rq = cpu_rq(cpu);
	if (!__cond_lock(&rq->lock, spin_trylock(&rq->lock)))
		return;
	if (rq->curr == rq->idle)
		resched_curr(rq);
	spin_unlock(&rq->lock);
}

/*
 * From the tick, no lock held: pulls when another queue is longer by two and by a quarter; queues
 * of many tasks that sleep and wake differ by a few all the time.
 */
void tick_balance(struct rq *rq)
{
	unsigned int least = rq->nr_running + 2 + rq->nr_running / 4;
	struct rq *src;

	if (num_online_cpus() == 1 || rq->clock < rq->next_balance)
		return;
	rq->next_balance = rq->clock + BALANCE_INTERVAL;
	if (IS_ENABLED(CONFIG_SCHED_RT))
		pull_urgent(rq);
	src = busiest_rq(rq, least);
	if ((!src || !pull_from_busiest(rq, src, least)) && rq->nr_running >= 2)
		kick_idle(rq);
}

/* The least loaded online CPU that @t may run on; its present one when the mask has none left. */
static unsigned int least_loaded_allowed(struct task_struct *t)
{
	unsigned int cpu, best = nr_cpu_ids;

	for_each_online_cpu(cpu)
		if (cpumask_test_cpu(cpu, &t->cpus_mask) &&
		    (best == nr_cpu_ids || cpu_rq(cpu)->nr_running < cpu_rq(best)->nr_running))
			best = cpu;
	return best == nr_cpu_ids ? task_cpu(t) : best;
}

/*
 * @t was taken off its queue because it may not run there (on_rq is TASK_ON_RQ_MIGRATING): queues
 * it where it may. No lock held.
 */
void finish_migration(struct task_struct *t)
{
	unsigned long flags;
	struct rq *rq;

	spin_lock_irqsave(&t->pi_lock, flags);
	set_task_cpu(t, least_loaded_allowed(t));
	rq = task_rq(t);
	spin_lock(&rq->lock);
	update_rq_clock(rq);
	activate_task(rq, t, ENQUEUE_MOVED);
	resched_curr(rq);
	spin_unlock(&rq->lock);
	spin_unlock_irqrestore(&t->pi_lock, flags);
}

/*
 * 0 or -EINVAL when no online CPU is in @mask. A queued task is moved at once; a running one
 * leaves its CPU at its next switch, which is asked for now (__schedule() looks at the mask). For
 * current it has happened on return. May sleep.
 */
int set_cpus_allowed(struct task_struct *t, const cpumask_t *mask)
{
	unsigned long flags;
	struct rq *rq;
	bool move = false;

	if (!cpumask_intersects(mask, cpu_online_mask))
		return -EINVAL;
	rq = task_rq_lock(t, &flags);
	t->cpus_mask = *mask;
	if (!cpumask_test_cpu(rq->cpu, mask) && t->on_rq == TASK_ON_RQ_QUEUED) {
		t->migrate_pending = true;
		if (rq->curr == t) {
			resched_curr(rq);
		} else {
			deactivate_task(rq, t, DEQUEUE_MOVED);
			WRITE_ONCE(t->on_rq, TASK_ON_RQ_MIGRATING);
			move = true;
		}
	}
	task_rq_unlock(rq, t, &flags);
	if (move)
		finish_migration(t);
	if (t == current)
		cond_resched_slow();
	return 0;
}
