/* SPDX-License-Identifier: MIT */
/*
 * POSIX per-process timers, timer_create(2). Each belongs to a thread group and is named by a
 * number in it. When one expires its preallocated signal is sent; a periodic one starts its next
 * period when that signal is dequeued (posixtimer_rearm), and the periods that passed meanwhile are
 * the overrun.
 *
 * States of a k_itimer: disarmed; armed (its hrtimer queued or its cpu_timer armed); expired
 * (`signal_seq` is what the pending signal carries, and only the signal with that number starts the
 * timer again, so one from before timer_settime() does not).
 */
#include <lib/err.h>
#include <kernel/hrtimer.h>
#include <kernel/pid.h>
#include <kernel/posix-timers.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include "cpu-clock.h"
#include "posix-timers.h"

struct k_itimer {
	spinlock_t lock; /* everything below; IRQs off */
	timer_t id; /* - */
	clockid_t clock; /* - */
	bool is_cpu; /* - which of hr and cpu is used */
	bool dead; /* deleted: a finder must let go */
	int notify; /* - SIGEV_* */
	enum pid_type target_type; /* - */
	struct pid *target; /* - whom the signal goes to; referenced */
	struct sigqueue *q; /* NULL for SIGEV_NONE */
	bool armed;
	int signal_seq; /* of the signal that may rearm; never 0 while one may */
	u64 interval; /* ns; 0: one shot */
	s64 overrun; /* counted since the last signal was sent */
	s64 overrun_last; /* what timer_getoverrun() says */
	struct hrtimer hr;
	struct cpu_timer cpu;
	struct rcu_head rcu;
};

/* ---- the group's table ---- */

int make_posix_timers(struct task_struct *task)
{
	struct posix_timers *pt;
	unsigned long flags;
	int err = 0;

	if (READ_ONCE(task->signal->posix_timers))
		return 0;
	pt = kzalloc(sizeof(*pt), GFP_KERNEL);
	if (!pt)
		return -ENOMEM;
	spin_lock_init(&pt->lock);
	xa_init(&pt->ids);
	INIT_LIST_HEAD(&pt->cpu);
	if (!lock_task_sighand(task, &flags)) {
		kfree(pt);
		return -ESRCH;
	}
	if (!atomic_load_explicit(&task->signal->live, memory_order_relaxed))
		err = -ESRCH; /* past exit_itimers(): nobody would free it */
	else if (!task->signal->posix_timers)
		swap(task->signal->posix_timers, pt);
	unlock_task_sighand(task, &flags);
	kfree(pt);
	return err;
}

static struct k_itimer *__lock_timer(timer_t id, unsigned long *flags)
{
	struct posix_timers *pt = current->signal->posix_timers;
	struct k_itimer *timer;

	if (!pt || id < 0)
		return NULL;
	rcu_read_lock();
	timer = xa_load(&pt->ids, id);
	if (timer) {
		spin_lock_irqsave(&timer->lock, *flags);
		if (timer->dead) {
			spin_unlock_irqrestore(&timer->lock, *flags);
			timer = NULL;
		} else {
			__release(&timer->lock); /* sparse: lock_timer() says it */
		}
	}
	rcu_read_unlock();
	return timer;
}

/* Locked, IRQs off, or NULL. */
static inline struct k_itimer *lock_timer(timer_t id, unsigned long *flags)
{
	struct k_itimer *timer = __lock_timer(id, flags);

	(void)__cond_lock(&timer->lock, timer);
	return timer;
}

static void unlock_timer(struct k_itimer *timer, unsigned long flags) __releases(&timer->lock)
{
	spin_unlock_irqrestore(&timer->lock, flags);
}

/* ---- clocks ---- */

static u64 timer_now(const struct k_itimer *timer)
{
	u64 now = 0;
	struct task_struct *t;

	if (!timer->is_cpu)
		return hrtimer_clock_now(timer->hr.clock);
	rcu_read_lock();
	t = pid_task(timer->cpu.pid, CPUCLOCK_PERTHREAD(timer->clock) ? PIDTYPE_PID : PIDTYPE_TGID);
	if (t)
		now = cpu_clock_sample(t, timer->clock);
	rcu_read_unlock();
	return now;
}

static u64 timer_expires(const struct k_itimer *timer)
{
	return timer->is_cpu ? timer->cpu.expires : (u64)timer->hr.expires;
}

static void set_expires(struct k_itimer *timer, u64 when)
{
	if (timer->is_cpu)
		timer->cpu.expires = when;
	else
		timer->hr.expires = when;
}

static u64 expire(struct k_itimer *timer);

/* Lock held. */
static void start(struct k_itimer *timer, u64 when)
{
	set_expires(timer, when);
	timer->armed = true;
	/* SIGEV_NONE only counts down for timer_gettime(). */
	if (timer->notify == SIGEV_NONE)
		return;
	if (!timer->is_cpu) {
		hrtimer_start(&timer->hr, when, HRTIMER_MODE_ABS);
	} else if (cpu_timer_arm(&timer->cpu, when) > 0) {
		when = expire(timer);
		if (when)
			cpu_timer_arm(&timer->cpu, when);
	}
}

/* Lock held. False: it is expiring on another CPU, which waits for the lock. */
static bool try_stop(struct k_itimer *timer)
{
	if (timer->is_cpu) {
		if (!cpu_timer_try_cancel(&timer->cpu))
			return false;
	} else if (hrtimer_try_to_cancel(&timer->hr) < 0) {
		return false;
	}
	timer->armed = false;
	return true;
}

/* Moves the expiry past now by whole intervals and returns how many. */
static u64 forward(struct k_itimer *timer, u64 now)
{
	u64 expires = timer_expires(timer), n;

	if (!timer->interval || now < expires)
		return 0;
	n = (now - expires) / timer->interval + 1;
	set_expires(timer, expires + n * timer->interval);
	return n;
}

/* ---- expiry and rearming ---- */

static int next_seq(struct k_itimer *timer)
{
	timer->signal_seq = timer->signal_seq == INT_MAX ? 1 : timer->signal_seq + 1;
	return timer->signal_seq;
}

/*
 * Lock held, hard IRQ or not. Returns when to go on counting at once, 0: not; that is so when the
 * signal is ignored, since no dequeue will then start the next period; the pace is that of the tick
 * at most.
 */
static u64 expire(struct k_itimer *timer)
{
	timer->armed = false;
	timer->q->info.si_sys_private = timer->interval ? next_seq(timer) : 0;
	if (send_sigqueue(timer->q, timer->target, timer->target_type) <= 0 || !timer->interval)
		return 0;
	timer->overrun += forward(timer, timer_now(timer) + TICK_NSEC);
	timer->armed = true;
	return timer_expires(timer);
}

static enum hrtimer_restart hr_expired(struct hrtimer *hr)
{
	struct k_itimer *timer = container_of(hr, struct k_itimer, hr);
	unsigned long flags;
	u64 again = 0;

	spin_lock_irqsave(&timer->lock, flags);
	if (!timer->dead && timer->armed)
		again = expire(timer);
	if (again)
		hrtimer_start(hr, again, HRTIMER_MODE_ABS);
	spin_unlock_irqrestore(&timer->lock, flags);
	return HRTIMER_NORESTART;
}

static u64 cpu_expired(struct cpu_timer *cpu)
{
	struct k_itimer *timer = container_of(cpu, struct k_itimer, cpu);
	unsigned long flags;
	u64 again = 0;

	spin_lock_irqsave(&timer->lock, flags);
	if (!timer->dead && timer->armed)
		again = expire(timer);
	spin_unlock_irqrestore(&timer->lock, flags);
	return again;
}

void posixtimer_rearm(struct siginfo *info)
{
	struct k_itimer *timer;
	unsigned long flags;

	timer = lock_timer(info->si_tid, &flags);
	if (!timer)
		return;
	if (timer->interval && timer->signal_seq == info->si_sys_private && !timer->armed) {
		timer->overrun += forward(timer, timer_now(timer));
		/* The period that this signal is for is not an overrun. */
		timer->overrun_last = timer->overrun ? timer->overrun - 1 : 0;
		timer->overrun = 0;
		next_seq(timer);
		start(timer, timer_expires(timer));
	}
	info->si_overrun = min_t(s64, info->si_overrun + timer->overrun_last, INT_MAX);
	unlock_timer(timer, flags);
}

/* ---- timer_create(2), timer_delete(2) ---- */

static bool hr_clock_ok(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
	       clock == CLOCK_TAI;
}

static int init_clock(struct k_itimer *timer, clockid_t clock)
{
	if (hr_clock_ok(clock)) {
		timer->clock = clock;
		hrtimer_init(&timer->hr, clock, hr_expired);
		return 0;
	}
	if (clock >= 0 && clock != CLOCK_PROCESS_CPUTIME_ID && clock != CLOCK_THREAD_CPUTIME_ID)
		return clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE ||
				       clock == CLOCK_MONOTONIC_COARSE ?
			       -EOPNOTSUPP :
			       -EINVAL;
	timer->is_cpu = true;
	timer->clock = timer->cpu.clock = cpu_clock_normal(clock);
	timer->cpu.fire = cpu_expired;
	return cpu_clock_target(timer->clock, &timer->cpu.pid);
}

/* Whom to tell, and with what. */
static int init_notify(struct k_itimer *timer, const struct sigevent *ev)
{
	struct task_struct *t = NULL;

	timer->notify = ev->sigev_notify;
	timer->target_type = PIDTYPE_TGID;
	if (ev->sigev_notify == SIGEV_NONE)
		return 0;
	if ((ev->sigev_notify & ~SIGEV_THREAD_ID) != SIGEV_SIGNAL &&
	    ev->sigev_notify != SIGEV_THREAD)
		return -EINVAL;
	if (ev->sigev_signo <= 0 || ev->sigev_signo > SIGRTMAX)
		return -EINVAL;
	rcu_read_lock();
	if (ev->sigev_notify & SIGEV_THREAD_ID) {
		t = find_task_by_pid(ev->sigev_notify_thread_id);
		timer->target_type = PIDTYPE_PID;
		if (t && same_thread_group(t, current))
			timer->target = get_pid(t->thread_pid);
	} else {
		timer->target = get_pid(task_tgid(current));
	}
	rcu_read_unlock();
	if (!timer->target)
		return -EINVAL;
	timer->q = sigqueue_alloc();
	if (!timer->q)
		return -EAGAIN;
	timer->q->info.si_signo = ev->sigev_signo;
	timer->q->info.si_code = SI_TIMER;
	timer->q->info.si_value = ev->sigev_value;
	return 0;
}

/* Nobody uses it any more, or has it locked: readers of the table may still look. */
static void free_timer(struct k_itimer *timer)
{
	if (timer->q)
		sigqueue_free(timer->q);
	put_pid(timer->target);
	put_pid(timer->cpu.pid);
	kfree_rcu(timer, rcu);
}

static int insert_timer(struct k_itimer *timer)
{
	struct posix_timers *pt = current->signal->posix_timers;
	unsigned long flags;
	u32 id;
	int err;

	spin_lock_irqsave(&pt->lock, flags);
	err = xa_alloc_cyclic(&pt->ids, &id, timer, XA_LIMIT(0, INT_MAX), &pt->next_id, GFP_ATOMIC);
	if (err >= 0) {
		timer->id = id;
		if (timer->q)
			timer->q->info.si_tid = id;
	}
	spin_unlock_irqrestore(&pt->lock, flags);
	return err < 0 ? -EAGAIN : 0;
}

static void remove_timer(struct k_itimer *timer)
{
	struct posix_timers *pt = current->signal->posix_timers;
	unsigned long flags;

	spin_lock_irqsave(&pt->lock, flags);
	xa_erase(&pt->ids, timer->id);
	spin_unlock_irqrestore(&pt->lock, flags);
	free_timer(timer);
}

/* The new timer is not armed. ERR_PTR on failure. */
static struct k_itimer *new_timer(clockid_t clock, const struct sigevent *ev)
{
	struct k_itimer *timer = kzalloc(sizeof(*timer), GFP_KERNEL);
	int err;

	if (!timer)
		return ERR_PTR(-EAGAIN);
	spin_lock_init(&timer->lock);
	err = make_posix_timers(current);
	if (!err)
		err = init_clock(timer, clock);
	if (!err)
		err = init_notify(timer, ev);
	if (!err)
		err = insert_timer(timer);
	if (!err)
		return timer;
	free_timer(timer);
	return ERR_PTR(err == -ENOMEM ? -EAGAIN : err);
}

SYSCALL_DEFINE3(timer_create, clockid_t, clock, struct sigevent __user *, uevent, timer_t __user *,
		uid)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	struct k_itimer *timer;

	if (uevent && copy_from_user(&ev, uevent, sizeof(ev)))
		return -EFAULT;
	timer = new_timer(clock, &ev);
	if (IS_ERR(timer))
		return PTR_ERR(timer);
	/*
	 * sigevent(7): by default the signal brings the timer's id. Nothing reads it before the
	 * timer is armed.
	 */
	if (!uevent && timer->q)
		timer->q->info.si_int = timer->id;
	if (put_user(timer->id, uid)) {
		timer->dead = true;
		remove_timer(timer);
		return -EFAULT;
	}
	return 0;
}

/* Stops it for good; false: again, it is expiring just now. Drops the lock. */
static bool kill_timer(struct k_itimer *timer, unsigned long flags) __releases(&timer->lock)
{
	bool stopped = try_stop(timer);

	if (stopped)
		timer->dead = true;
	unlock_timer(timer, flags);
	return stopped;
}

static int delete_timer(timer_t id)
{
	struct k_itimer *timer;
	unsigned long flags;

	do {
		timer = lock_timer(id, &flags);
		if (!timer)
			return -EINVAL;
	} while (!kill_timer(timer, flags));
	remove_timer(timer);
	return 0;
}

SYSCALL_DEFINE1(timer_delete, timer_t, id)
{
	return delete_timer(id);
}

/* ---- timer_settime(2), timer_gettime(2), timer_getoverrun(2) ---- */

struct timer_setting {
	u64 value, interval; /* ns */
};

/* Lock held. */
static struct timer_setting get_setting(struct k_itimer *timer)
{
	struct timer_setting s = {.interval = timer->interval};
	u64 now, expires;

	/* An interval timer whose signal is still pending counts on, though nothing is queued. */
	if (!timer->armed && !timer->interval)
		return s;
	if (!timer->armed && !timer->signal_seq)
		return s;
	now = timer_now(timer);
	if (timer->interval && (timer->notify == SIGEV_NONE || !timer->armed))
		timer->overrun += forward(timer, now);
	expires = timer_expires(timer);
	if (expires > now)
		s.value = expires - now;
	else if (timer->notify != SIGEV_NONE)
		s.value = 1; /* due, but not disarmed */
	return s;
}

/* Lock held, timer stopped. */
static void apply_setting(struct k_itimer *timer, const struct timer_setting *s, bool absolute)
{
	u64 when = s->value, now;

	timer->interval = s->value ? s->interval : 0;
	timer->overrun = timer->overrun_last = 0;
	timer->signal_seq = 0; /* a pending signal of before does not rearm */
	if (!s->value)
		return;
	if (!absolute) {
		now = timer_now(timer);
		when = when > KTIME_MAX - now ? KTIME_MAX : now + when;
	}
	start(timer, when);
}

static int set_timer(timer_t id, int flags, const struct timer_setting *new,
		     struct timer_setting *old)
{
	struct k_itimer *timer;
	unsigned long irq;
	bool stopped;

	do {
		timer = lock_timer(id, &irq);
		if (!timer)
			return -EINVAL;
		*old = get_setting(timer);
		stopped = try_stop(timer);
		if (stopped)
			apply_setting(timer, new, flags & TIMER_ABSTIME);
		unlock_timer(timer, irq);
	} while (!stopped);
	return 0;
}

static struct __kernel_timespec ns_to_uts(u64 ns)
{
	return (struct __kernel_timespec){ns / NSEC_PER_SEC, ns % NSEC_PER_SEC};
}

static int put_setting(struct __kernel_itimerspec __user *uits, const struct timer_setting *s)
{
	struct __kernel_itimerspec its = {ns_to_uts(s->interval), ns_to_uts(s->value)};

	return copy_to_user(uits, &its, sizeof(its)) ? -EFAULT : 0;
}

static int get_user_setting(struct timer_setting *s, const struct __kernel_itimerspec __user *uits)
{
	struct __kernel_itimerspec its;
	struct timespec64 value, interval;

	if (copy_from_user(&its, uits, sizeof(its)))
		return -EFAULT;
	value = (struct timespec64){its.it_value.tv_sec, its.it_value.tv_nsec};
	interval = (struct timespec64){its.it_interval.tv_sec, its.it_interval.tv_nsec};
	if (!timespec64_valid(&value) || !timespec64_valid(&interval))
		return -EINVAL;
	s->value = timespec64_to_ns(&value);
	s->interval = timespec64_to_ns(&interval);
	return 0;
}

SYSCALL_DEFINE4(timer_settime, timer_t, id, int, flags, const struct __kernel_itimerspec __user *,
		unew, struct __kernel_itimerspec __user *, uold)
{
	struct timer_setting new, old;
	int err;

	if (!unew)
		return -EINVAL;
	err = get_user_setting(&new, unew);
	if (!err)
		err = set_timer(id, flags, &new, &old);
	return err || !uold ? err : put_setting(uold, &old);
}

SYSCALL_DEFINE2(timer_gettime, timer_t, id, struct __kernel_itimerspec __user *, uits)
{
	struct timer_setting s;
	struct k_itimer *timer;
	unsigned long flags;

	timer = lock_timer(id, &flags);
	if (!timer)
		return -EINVAL;
	s = get_setting(timer);
	unlock_timer(timer, flags);
	return put_setting(uits, &s);
}

SYSCALL_DEFINE1(timer_getoverrun, timer_t, id)
{
	struct k_itimer *timer;
	unsigned long flags;
	int n;

	timer = lock_timer(id, &flags);
	if (!timer)
		return -EINVAL;
	n = min_t(s64, timer->overrun_last, INT_MAX);
	unlock_timer(timer, flags);
	return n;
}

/* ---- exit and exec ---- */

static void delete_all(struct signal_struct *sig)
{
	struct posix_timers *pt = sig->posix_timers;
	struct k_itimer *timer;
	unsigned long id;

	if (pt)
		xa_for_each(&pt->ids, id, timer)
			delete_timer(id);
}

void exec_itimers(struct task_struct *task)
{
	delete_all(task->signal);
}

void exit_itimers(struct task_struct *task)
{
	struct signal_struct *sig = task->signal;
	struct posix_timers *pt;

	hrtimer_cancel(&sig->real_timer);
	if (!sig->posix_timers)
		return;
	delete_all(sig);
	cpu_timers_group_exit(task);
	spin_lock_irq(&task->sighand->siglock);
	pt = sig->posix_timers;
	sig->posix_timers = NULL;
	spin_unlock_irq(&task->sighand->siglock);
	xa_destroy(&pt->ids);
	kfree(pt);
}
