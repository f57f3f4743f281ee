/* SPDX-License-Identifier: MIT */
/*
 * Signals. A signal is generated into a task's or a thread group's pending set under
 * sighand->siglock, and taken out by the task itself on its way to user mode
 * (exit_to_user_mode_loop) or by sigtimedwait/signalfd.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <lib/types.h>
#include <lib/list.h>
#include <lib/compiler.h>
#include <uapi/signal.h>
#include <uapi/siginfo.h>
#include <kernel/pid.h>
#include <kernel/signal_types.h>

#define sigmask(sig)	     (1ULL << ((sig)-1))
#define SIG_KERNEL_ONLY_MASK (sigmask(SIGKILL) | sigmask(SIGSTOP))
#define SIG_KERNEL_STOP_MASK \
	(sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU))
#define SIG_KERNEL_IGNORE_MASK \
	(sigmask(SIGCONT) | sigmask(SIGCHLD) | sigmask(SIGWINCH) | sigmask(SIGURG))
#define SIG_KERNEL_COREDUMP_MASK                                                    \
	(sigmask(SIGQUIT) | sigmask(SIGILL) | sigmask(SIGTRAP) | sigmask(SIGABRT) | \
	 sigmask(SIGFPE) | sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGSYS) |   \
	 sigmask(SIGXCPU) | sigmask(SIGXFSZ))
/* Sent by the CPU itself: delivered before others. */
#define SIG_SYNCHRONOUS_MASK                                                       \
	(sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) | sigmask(SIGTRAP) | \
	 sigmask(SIGFPE) | sigmask(SIGSYS))

typedef struct siginfo kernel_siginfo_t;
/* In place of an info pointer: SI_USER from current; SI_KERNEL, forced even on an ignoring task. */
#define SEND_SIG_NOINFO ((struct siginfo *)0)
#define SEND_SIG_PRIV	((struct siginfo *)1)

struct k_sigaction {
	struct sigaction sa; /* <uapi/signal.h>: the layout rt_sigaction(2) takes */
};

struct ksignal {
	struct k_sigaction ka;
	struct siginfo info;
	int sig; /* 0: none */
};

/* One queued instance of a signal; counted against its sender's RLIMIT_SIGPENDING. */
struct user_struct;
struct sigqueue {
	struct list_head list; /* siglock of the target */
	int flags; /* SIGQUEUE_* */
	struct siginfo info;
	struct user_struct *user; /* whom it is counted to */
};
#define SIGQUEUE_PREALLOC 1 /* belongs to a POSIX timer, which frees it */

/* task->jobctl (S): what a thread has to do for a group stop or a tracer. */
#define JOBCTL_STOP_SIGMASK  0xffffUL /* signal of the last group stop */
#define JOBCTL_STOP_DEQUEUED (1UL << 16) /* a stop signal was dequeued */
#define JOBCTL_STOP_PENDING  (1UL << 17) /* this task must stop for the group */
#define JOBCTL_STOP_CONSUME  (1UL << 18) /* and is counted in group_stop_count */
#define JOBCTL_TRAP_STOP     (1UL << 19) /* trap for PTRACE_INTERRUPT or a group stop */
#define JOBCTL_TRAP_NOTIFY   (1UL << 20) /* trap for the tracer's notification */
#define JOBCTL_TRAPPING	     (1UL << 21) /* switching from stopped to traced */
#define JOBCTL_LISTENING     (1UL << 22) /* PTRACE_LISTEN */
#define JOBCTL_PTRACE_FROZEN (1UL << 23) /* its tracer works on it: SIGKILL does not wake it yet */
#define JOBCTL_TRAP_MASK     (JOBCTL_TRAP_STOP | JOBCTL_TRAP_NOTIFY)
#define JOBCTL_PENDING_MASK  (JOBCTL_STOP_PENDING | JOBCTL_TRAP_MASK)

/* What the kernel ever fills in of a siginfo; the rest of the 128 bytes user space sees is zero. */
#define KERNEL_SIGINFO_SIZE 48
static_assert(offsetof(struct siginfo, _sifields) + sizeof(union __sifields) <=
	      KERNEL_SIGINFO_SIZE);

static inline void clear_siginfo(struct siginfo *info)
{
	__builtin_memset(info, 0, KERNEL_SIGINFO_SIZE);
}
static inline void copy_siginfo(struct siginfo *to, const struct siginfo *from)
{
	__builtin_memcpy(to, from, KERNEL_SIGINFO_SIZE);
}
static inline void init_sigpending(struct sigpending *p)
{
	p->signal = 0;
	INIT_LIST_HEAD(&p->list);
}

struct task_struct;
struct pid;
struct pt_regs;

/* Generation. Context: any unless said; IRQs may be off. Return 0 or -errno. */
int send_sig_info(int sig, struct siginfo *info, struct task_struct *task); /* to this thread */
int send_sig(int sig, struct task_struct *task, int priv);
int group_send_sig_info(int sig, struct siginfo *info, struct task_struct *task,
			enum pid_type type);
int do_send_sig_info(int sig, struct siginfo *info, struct task_struct *task, enum pid_type type);
/*
 * siglock of @task held. 0, also when it was ignored; -EAGAIN when a realtime signal could not be
 * queued.
 */
int send_signal_locked(int sig, struct siginfo *info, struct task_struct *task, enum pid_type type);
/* takes tasklist_lock */
int kill_pgrp(struct pid *pgrp, int sig, int priv);
/* tasklist_lock held */
int __kill_pgrp_info(int sig, struct siginfo *info, struct pid *pgrp);
int kill_pid_info(int sig, struct siginfo *info, struct pid *pid);
int kill_pid(struct pid *pid, int sig, int priv);
/*
 * For faults of current: delivered even if blocked or ignored (then with the default action).
 * Context: process, IRQs on.
 */
void force_sig(int sig);
void force_sig_info(struct siginfo *info);
void force_sig_fault(int sig, int code, void __user *addr);
void force_fatal_sig(int sig);
void force_fatal_sig_info(struct siginfo *info);
void force_sigsegv(int sig);

/* Pending and masks. */
void recalc_sigpending(void); /* siglock held */
static inline bool sig_fatal_pending_set(ksigset_t set)
{
	return set & sigmask(SIGKILL);
}
bool fatal_signal_pending(struct task_struct *task);
void set_current_blocked(ksigset_t set);
/* ppoll & co: installs a temporary mask; 0, -EINVAL, -EFAULT */
int set_user_sigmask(const sigset_t __user *umask, size_t size);
void restore_saved_sigmask_unless(bool interrupted);
void signal_wake_up_state(struct task_struct *task, unsigned int state);
void flush_signals(struct task_struct *task);
void flush_signal_handlers(struct task_struct *task, bool force_default);

/*
 * Delivery, used by arch code through exit_to_user_mode_loop(). True: ksig is to be delivered to
 * a handler.
 */
bool get_signal(struct ksignal *ksig);
void signal_setup_done(int failed, struct ksignal *ksig);
/* Where a handler's frame starts: the alternate stack when asked for and not on it, else @sp. */
unsigned long sigsp(unsigned long sp, const struct ksignal *ksig);
bool on_sig_stack(unsigned long sp);
/*
 * For frames: the stack_t that uc_stack shows; and sigreturn's restore (errors other than EFAULT
 * ignored).
 */
int save_altstack(stack_t __user *ust, unsigned long sp);
int restore_altstack(const stack_t __user *ust);
/*
 * The mask that a frame must save: saved_sigmask when sigsuspend & co are waiting for it, else
 * blocked.
 */
const u64 *sigmask_to_save(void);
int copy_siginfo_to_user(siginfo_t __user *to, const struct siginfo *from);
int copy_siginfo_from_user(struct siginfo *to, const siginfo_t __user *from);
/* siglock held */
int dequeue_signal(struct task_struct *task, ksigset_t *mask, struct siginfo *info,
		   enum pid_type *type);

/* Stop state shared with wait(2). */
/* tasklist_lock held */
void do_notify_parent_cldstop(struct task_struct *task, bool for_ptracer, int why);
/* tasklist_lock held; true: autoreap */
bool do_notify_parent(struct task_struct *task, int sig);
bool is_current_pgrp_orphaned(void);
/*
 * The parent (and a tracer) may have something to wait for: wakes wait(2) with @task as the key.
 * tasklist_lock held.
 */
void __wake_up_parent(struct task_struct *task, struct task_struct *parent);
void signals_init(void);

/* Used by exit and exec. */
/*
 * current will take no more signals; a group stop under way no longer counts it. By do_exit(),
 * once.
 */
void exit_signals(struct task_struct *task);
/* Drops everything queued. siglock held, or nobody else sees @pending. */
void flush_sigqueue(struct sigpending *pending);
/* Kills every other thread of @task's group; returns how many have to go. siglock held. */
int zap_other_threads(struct task_struct *task);
/* @task gets no further part of its group's pending signals: others take them. siglock held. */
void retarget_shared_pending(struct task_struct *task, ksigset_t which);

/* fork of a thread while a group stop is under way: @task takes part in it. siglock held. */
void task_join_group_stop(struct task_struct *task);

static inline bool valid_signal(unsigned long sig)
{
	return sig <= _NSIG;
}
/* current->saved_sigmask comes back when the signals at hand are dealt with. */
void set_restore_sigmask(void);

/* For POSIX timers: an entry that exists before it is needed, sent again only when it was taken. */
struct sigqueue *sigqueue_alloc(void);
void sigqueue_free(struct sigqueue *q);
/*
 * 0 sent, 1 ignored or still queued (then its overrun was counted), -1 no such task. Any context.
 */
int send_sigqueue(struct sigqueue *q, struct pid *pid, enum pid_type type);

#endif
