/* SPDX-License-Identifier: MIT */
/*
 * Things that happen after some CPU time was used: ITIMER_PROF and ITIMER_VIRTUAL, RLIMIT_CPU,
 * POSIX timers on CPU clocks and sleeping on them. All are looked at by the tick, so they are as
 * exact as that. A task that has none of them pays a few loads.
 */
#include <lib/errno.h>
#include <kernel/pid.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/time.h>
#include "cpu-clock.h"
#include "posix-timers.h"

/* ---- deadlines on CPU clocks ---- */

int cpu_clock_target(clockid_t clock, struct pid **pid)
{
	struct task_struct *t;

	rcu_read_lock();
	t = cpu_clock_task(clock);
	if (t)
		*pid = get_pid(CPUCLOCK_PERTHREAD(clock) ? t->thread_pid : task_tgid(t));
	rcu_read_unlock();
	return t ? 0 : -EINVAL;
}

static enum pid_type target_type(const struct cpu_timer *timer)
{
	return CPUCLOCK_PERTHREAD(timer->clock) ? PIDTYPE_PID : PIDTYPE_TGID;
}

/* siglock of the group held. */
static int arm_locked(struct cpu_timer *timer, struct task_struct *t, u64 expires)
{
	struct posix_timers *pt = t->signal->posix_timers;

	timer->expires = expires;
	if (!pt)
		return -ESRCH; /* exiting: cpu_timers_group_exit() has been here */
	if (cpu_clock_sample(t, timer->clock) >= expires)
		return 1;
	timer->armed = true;
	list_add_tail(&timer->node, &pt->cpu);
	return 0;
}

static int arm_on(struct cpu_timer *timer, struct task_struct *t, u64 expires)
{
	unsigned long flags;
	int ret;

	if (!lock_task_sighand(t, &flags))
		return -ESRCH;
	ret = arm_locked(timer, t, expires);
	unlock_task_sighand(t, &flags);
	return ret;
}

int cpu_timer_arm(struct cpu_timer *timer, u64 expires)
{
	struct task_struct *t;
	int ret = -ESRCH;

	rcu_read_lock();
	t = pid_task(timer->pid, target_type(timer));
	if (t)
		ret = arm_on(timer, t, expires);
	rcu_read_unlock();
	return ret;
}

bool cpu_timer_try_cancel(struct cpu_timer *timer)
{
	struct task_struct *t;
	unsigned long flags;

	if (READ_ONCE(timer->firing))
		return false;
	rcu_read_lock();
	/*
	 * A thread is always one of the caller's group and may be gone while the group's list lives
	 * on.
	 */
	t = CPUCLOCK_PERTHREAD(timer->clock) ? current : pid_task(timer->pid, PIDTYPE_TGID);
	if (t && lock_task_sighand(t, &flags)) {
		if (timer->armed)
			list_del(&timer->node);
		timer->armed = false;
		unlock_task_sighand(t, &flags);
	} else {
		/* The group is gone: cpu_timers_group_exit() has emptied its list. */
		timer->armed = false;
	}
	rcu_read_unlock();
	return !smp_load_acquire(&timer->firing); /* pairs with the release in fire_all() */
}

/* siglock held: moves what is due to @due. A thread's timers are looked at by its own tick. */
static void collect_due(struct posix_timers *pt, struct task_struct *task, struct list_head *due)
{
	struct cpu_timer *timer, *next;

	list_for_each_entry_safe(timer, next, &pt->cpu, node) {
		if (CPUCLOCK_PERTHREAD(timer->clock) && timer->pid != task->thread_pid)
			continue;
		if (cpu_clock_sample(task, timer->clock) < timer->expires)
			continue;
		timer->armed = false;
		timer->firing = true;
		list_move_tail(&timer->node, due);
	}
}

/* @task: whose group was measured; NULL: it exits, nothing is armed again. */
static void fire_all(struct task_struct *task, struct list_head *due)
{
	struct cpu_timer *timer, *next;
	unsigned long flags;
	u64 when;

	list_for_each_entry_safe(timer, next, due, node) {
		list_del(&timer->node);
		when = timer->fire(timer);
		if (when && task && lock_task_sighand(task, &flags)) {
			if (task->signal->posix_timers) {
				timer->expires = when;
				timer->armed = true;
				list_add_tail(&timer->node, &task->signal->posix_timers->cpu);
			}
			timer->firing = false;
			unlock_task_sighand(task, &flags);
		} else {
			/* The last touch: the owner may free it now. */
			smp_store_release(&timer->firing, false);
		}
	}
}

void cpu_timers_group_exit(struct task_struct *task)
{
	struct posix_timers *pt;
	struct cpu_timer *timer;
	LIST_HEAD(due);

	spin_lock_irq(&task->sighand->siglock);
	pt = task->signal->posix_timers;
	if (pt) {
		list_for_each_entry(timer, &pt->cpu, node) {
			timer->armed = false;
			timer->firing = true;
		}
		list_splice_init(&pt->cpu, &due);
	}
	spin_unlock_irq(&task->sighand->siglock);
	fire_all(NULL, &due);
}

/* ---- the tick ---- */

/* @it: ITIMER_PROF or ITIMER_VIRTUAL of the group, which has used @now ns. */
static void check_itimer(struct task_struct *t, int which, u64 now, int sig)
{
	struct signal_struct *s = t->signal;

	if (!s->it[which].expires || now < s->it[which].expires)
		return;
	if (s->it[which].incr)
		s->it[which].expires += s->it[which].incr;
	else
		s->it[which].expires = 0;
	send_signal_locked(sig, SEND_SIG_PRIV, t, PIDTYPE_TGID);
}

/* getrlimit(2): SIGXCPU at the soft limit and each second after it, SIGKILL at the hard one. */
static void check_cpu_limit(struct task_struct *t, u64 used)
{
	struct rlimit64 *lim = &t->signal->rlim[RLIMIT_CPU];
	u64 soft = READ_ONCE(lim->rlim_cur), secs = used / NSEC_PER_SEC;

	if (secs >= READ_ONCE(lim->rlim_max)) {
		send_signal_locked(SIGKILL, SEND_SIG_PRIV, t, PIDTYPE_TGID);
	} else if (secs >= soft) {
		WRITE_ONCE(lim->rlim_cur, soft + 1);
		send_signal_locked(SIGXCPU, SEND_SIG_PRIV, t, PIDTYPE_TGID);
	}
}

static bool nothing_to_do(const struct signal_struct *s)
{
	return !s->it[CPU_ITIMER_PROF].expires && !s->it[CPU_ITIMER_VIRT].expires &&
	       s->rlim[RLIMIT_CPU].rlim_cur == RLIM64_INFINITY &&
	       (!s->posix_timers || list_empty(&s->posix_timers->cpu));
}

void run_posix_cpu_timers(struct task_struct *t)
{
	struct signal_struct *s = t->signal;
	LIST_HEAD(due);
	unsigned long flags;
	u64 prof;

	if (likely(nothing_to_do(s)) || t->exit_state || !lock_task_sighand(t, &flags))
		return;
	prof = cpu_clock_sample(t, CPUCLOCK_MAKE(0, false, CPUCLOCK_PROF));
	check_itimer(t, CPU_ITIMER_PROF, prof, SIGPROF);
	check_itimer(t, CPU_ITIMER_VIRT,
		     cpu_clock_sample(t, CPUCLOCK_MAKE(0, false, CPUCLOCK_VIRT)), SIGVTALRM);
	check_cpu_limit(t, prof);
	if (s->posix_timers)
		collect_due(s->posix_timers, t, &due);
	unlock_task_sighand(t, &flags);
	fire_all(t, &due);
}

/* ---- sleeping on a CPU clock ---- */

struct cpu_sleeper {
	struct cpu_timer timer;
	struct task_struct *task; /* NULL: time is up */
};

static u64 wake_sleeper(struct cpu_timer *timer)
{
	struct cpu_sleeper *s = container_of(timer, struct cpu_sleeper, timer);
	struct task_struct *task = s->task;

	WRITE_ONCE(s->task, NULL);
	wake_up_process(task);
	return 0;
}

/* 0 at @expires (or when the target is gone, which uses no more time), or -EINTR. */
static long sleep_on(struct cpu_sleeper *s, u64 expires)
{
	long ret = 0;

	if (cpu_timer_arm(&s->timer, expires))
		return 0;
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!READ_ONCE(s->task))
			break;
		if (signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	while (!cpu_timer_try_cancel(&s->timer))
		cpu_relax();
	return s->task ? ret : 0;
}

static long do_cpu_nsleep(clockid_t clock, u64 expires)
{
	struct cpu_sleeper s = {.task = current, .timer = {.clock = clock, .fire = wake_sleeper}};
	struct task_struct *t;
	long ret = cpu_clock_target(clock, &s.timer.pid);

	if (ret)
		return ret;
	rcu_read_lock();
	t = pid_task(s.timer.pid, target_type(&s.timer));
	if (t)
		get_task_struct(t);
	rcu_read_unlock();
	if (t) {
		ret = make_posix_timers(t);
		if (!ret)
			ret = sleep_on(&s, expires);
		else if (ret == -ESRCH)
			ret = 0;
		put_task_struct(t);
	}
	put_pid(s.timer.pid);
	return ret;
}

static long cpu_nsleep_restart(struct restart_block *rb)
{
	struct timespec64 ts;
	u64 now, left = 0;
	long ret = do_cpu_nsleep(rb->nanosleep.clockid, rb->nanosleep.expires);

	if (ret != -EINTR)
		return ret;
	if (!rb->nanosleep.rmtp)
		return -ERESTART_RESTARTBLOCK;
	if (!posix_cpu_clock_get(rb->nanosleep.clockid, &now) && now < (u64)rb->nanosleep.expires)
		left = rb->nanosleep.expires - now;
	ts = ns_to_timespec64(left);
	return put_timespec64(&ts, rb->nanosleep.rmtp) ? -EFAULT : -ERESTART_RESTARTBLOCK;
}

long posix_cpu_nsleep(clockid_t clock, bool absolute, u64 ns, struct __kernel_timespec __user *rmtp)
{
	struct restart_block *rb = &current->restart_block;
	long ret;
	u64 now;

	clock = cpu_clock_normal(clock);
	/* A thread that waits for its own CPU time waits for ever. */
	if (CPUCLOCK_PERTHREAD(clock) &&
	    (!CPUCLOCK_PID(clock) || CPUCLOCK_PID(clock) == task_pid_nr(current)))
		return -EINVAL;
	ret = posix_cpu_clock_get(clock, &now);
	if (ret)
		return ret;
	if (absolute) {
		ret = do_cpu_nsleep(clock, ns);
		return ret == -EINTR ? -ERESTARTNOHAND : ret;
	}
	rb->fn = cpu_nsleep_restart;
	rb->nanosleep.clockid = clock;
	rb->nanosleep.rmtp = rmtp;
	rb->nanosleep.expires = ns > KTIME_MAX - now ? KTIME_MAX : now + ns;
	return cpu_nsleep_restart(rb);
}
