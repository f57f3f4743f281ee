/* SPDX-License-Identifier: MIT */
/*
 * The idle loop and the tick. A busy CPU takes HZ ticks a second for time slices, CPU-time
 * samples and RCU; the tick is an hrtimer that is stopped when the CPU goes idle and started when
 * it leaves idle, so an idle CPU sleeps until its next real timer.
 */
#include <kernel/irq.h>
#include <kernel/irqflags.h>
#include <kernel/printk.h>
#include <kernel/rcupdate.h>
#include <arch/regs.h>
#include "sched.h"

static enum hrtimer_restart tick_fn(struct hrtimer *timer)
{
	struct pt_regs *regs = get_irq_regs();
	struct rq *rq = this_rq();
	bool user = regs && user_mode(regs);

	account_tick(user);
	if (IS_ENABLED(CONFIG_USAGE_SYSCALLS) || IS_ENABLED(CONFIG_PROC_FS))
		calc_load_tick();
	sched_tick(user);
	rcu_tick(user);
	printk_tick();
	if (rq->curr == rq->idle) {
		rq->tick_on = false;
		return HRTIMER_NORESTART;
	}
	hrtimer_forward(timer, ktime_get(), TICK_NSEC);
	return HRTIMER_RESTART;
}

/*
 * This CPU's tick runs from now on. rq->lock held or IRQs off; @rq may be another CPU's only
 * before that CPU leaves idle by itself (then nothing is done).
 */
void tick_start(struct rq *rq)
{
	if (rq->tick_on || rq->cpu != smp_processor_id())
		return;
	rq->tick_on = true;
	if (!rq->tick.function)
		hrtimer_init(&rq->tick, CLOCK_MONOTONIC, tick_fn);
	hrtimer_start(&rq->tick, TICK_NSEC, HRTIMER_MODE_REL);
}

void tick_stop(struct rq *rq)
{
	if (!rq->tick_on)
		return;
	if (hrtimer_try_to_cancel(&rq->tick) >= 0)
		rq->tick_on = false;
}

void cpu_startup_entry(void)
{
	struct rq *rq = this_rq();

	for (;;) {
		while (!need_resched()) {
			local_irq_disable();
			if (need_resched()) {
				local_irq_enable();
				break;
			}
			tick_stop(rq);
			printk_tick();
			rcu_idle_enter();
			if (!need_resched()) { /* RCU may have woken its thread */
				idle_account_enter(rq);
				cpu_idle_wait();
				local_irq_disable();
				idle_account_exit(rq);
			}
			rcu_idle_exit();
			local_irq_enable();
		}
		schedule_idle();
	}
}
