/* SPDX-License-Identifier: MIT */
/*
 * Threads: the first frame on a new kernel stack, the switch, TLS, what exec resets.
 *
 * A kernel stack from its top down: struct pt_regs (the user's, or room for it), then while
 * switched out struct switch_frame at thread.sp.
 */
#include <arch/mmu.h>
#include <arch/preempt.h>
#include <arch/regs.h>
#include <arch/thread.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <uapi/errno.h>
#include <uapi/prctl.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/entry.h>
#include <asm/fpu.h>
#include <asm/ioport.h>
#include <asm/msr.h>
#include <asm/segment.h>

/* What __switch_stacks() pushes, lowest address first. */
struct switch_frame {
	unsigned long r15, r14, r13, r12, bx, bp, ip;
};

struct pt_regs *task_pt_regs(struct task_struct *task)
{
	return (struct pt_regs *)((char *)task->stack + THREAD_SIZE) - 1;
}

/* ---- bases and selectors of %fs and %gs ---- */

/*
 * The user's %gs base is in the register that SWAPGS exchanges while the kernel uses %gs itself
 * (SMP), and in place otherwise. IRQs off.
 */
static unsigned long read_user_gs(void)
{
#ifdef CONFIG_SMP
	return rdmsr(MSR_KERNEL_GS_BASE);
#else
	return rdmsr(MSR_GS_BASE);
#endif
}

static void write_user_gs(unsigned long base)
{
#ifdef CONFIG_SMP
	wrmsr(MSR_KERNEL_GS_BASE, base);
#else
	wrmsr(MSR_GS_BASE, base);
#endif
}

static unsigned long read_fs(void)
{
	unsigned long base;

	if (!cpu_has(X86_FSGSBASE))
		return rdmsr(MSR_FS_BASE);
	__asm__ __volatile__("rdfsbase %0" : "=r"(base));
	return base;
}

static void write_fs(unsigned long base)
{
	if (cpu_has(X86_FSGSBASE))
		__asm__ __volatile__("wrfsbase %0" : : "r"(base));
	else
		wrmsr(MSR_FS_BASE, base);
}

static u16 read_fs_sel(void)
{
	u16 sel;

	__asm__ __volatile__("movw %%fs, %0" : "=rm"(sel));
	return sel;
}

static u16 read_gs_sel(void)
{
	u16 sel;

	__asm__ __volatile__("movw %%gs, %0" : "=rm"(sel));
	return sel;
}

/* User data selectors only get here; loading one clears the base, which is written afterwards. */
static void write_selectors(u16 fs, u16 gs)
{
	__asm__ __volatile__("movw %0, %%fs" : : "rm"(fs));
#ifdef CONFIG_SMP
	unsigned long base = rdmsr(MSR_GS_BASE);

	__asm__ __volatile__("movw %0, %%gs" : : "rm"(gs));
	wrmsr(MSR_GS_BASE, base);
#else
	__asm__ __volatile__("movw %0, %%gs" : : "rm"(gs));
#endif
}

static void save_segments(struct arch_thread *t)
{
	t->fs_sel = read_fs_sel();
	t->gs_sel = read_gs_sel();
	/* Without FSGSBASE user code can change a base only by loading a selector. */
	if (cpu_has(X86_FSGSBASE) || t->fs_sel)
		t->fs_base = read_fs();
	if (cpu_has(X86_FSGSBASE) || t->gs_sel)
		t->gs_base = read_user_gs();
}

void arch_sync_segments(void)
{
	unsigned long flags = local_irq_save_flags();

	save_segments(&current->thread);
	local_irq_restore(flags);
}

static void load_segments(const struct arch_thread *prev, const struct arch_thread *next)
{
	if (unlikely(prev->fs_sel | prev->gs_sel | next->fs_sel | next->gs_sel))
		write_selectors(next->fs_sel, next->gs_sel);
	write_fs(next->fs_base);
	if (prev->gs_base | next->gs_base)
		write_user_gs(next->gs_base);
}

/* ---- the switch ---- */

/* ---- the time-stamp counter: rdtsc is #GP in user mode while CR4.TSD is set ---- */

static void load_tsd(bool no_tsc)
{
	write_cr4(no_tsc ? read_cr4() | CR4_TSD : read_cr4() & ~(unsigned long)CR4_TSD);
}

int arch_get_tsc_mode(void)
{
	return current->thread.switch_flags & THREAD_NO_TSC ? PR_TSC_SIGSEGV : PR_TSC_ENABLE;
}

int arch_set_tsc_mode(unsigned int mode)
{
	unsigned long flags;

	if (mode != PR_TSC_ENABLE && mode != PR_TSC_SIGSEGV)
		return -EINVAL;
	local_irq_save(flags);
	if (mode == PR_TSC_SIGSEGV)
		current->thread.switch_flags |= THREAD_NO_TSC;
	else
		current->thread.switch_flags &= ~THREAD_NO_TSC;
	load_tsd(mode == PR_TSC_SIGSEGV);
	local_irq_restore(flags);
	return 0;
}

static void switch_rare(const struct arch_thread *prev, const struct arch_thread *next)
{
	if ((prev->switch_flags ^ next->switch_flags) & THREAD_NO_TSC)
		load_tsd(next->switch_flags & THREAD_NO_TSC);
	ioport_switch(next);
}

struct task_struct *arch_switch_to(struct task_struct *prev, struct task_struct *next)
{
	unsigned long top = (unsigned long)next->stack + THREAD_SIZE;

	save_segments(&prev->thread);
	fpu_switch(prev, next);
	load_segments(&prev->thread, &next->thread);
	debugreg_switch(&prev->thread, &next->thread);
	if (unlikely(prev->thread.switch_flags | next->thread.switch_flags))
		switch_rare(&prev->thread, &next->thread);
	this_cpu_read(cpu_tables)->tss.sp[0] = top;
	this_cpu_write(cpu_kernel_sp, top);
	this_cpu_write(current_task, next);
	return __switch_stacks(prev, &prev->thread.sp, next->thread.sp);
}

/* ---- a new task ---- */

static void init_user_frame(struct pt_regs *regs, const struct arch_fork_args *args)
{
	*regs = *args->regs;
	regs->ax = 0;
	if (IS_ENABLED(CONFIG_PTRACE) && current->thread.forced_tf)
		regs->flags &= ~X86_EFLAGS_TF;
	if (args->sp)
		regs->sp = args->sp;
}

/* A kernel thread's user frame is filled by exec, if it ever calls it. */
static void init_kernel_frame(struct pt_regs *regs)
{
	memset(regs, 0, sizeof(*regs));
	regs->orig_ax = -1ul;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags = X86_EFLAGS_FIXED | X86_EFLAGS_IF;
}

static void inherit_segments(struct arch_thread *child, const struct arch_fork_args *args)
{
	arch_sync_segments();
	child->fs_base = args->set_tls ? args->tls : current->thread.fs_base;
	child->fs_sel = args->set_tls ? 0 : current->thread.fs_sel;
	child->gs_base = current->thread.gs_base;
	child->gs_sel = current->thread.gs_sel;
}

int arch_thread_fork(struct task_struct *child, const struct arch_fork_args *args)
{
	struct pt_regs *regs = task_pt_regs(child);
	struct switch_frame *frame = (struct switch_frame *)regs - 1;
	int err;

	child->thread.fpu_cpu = FPU_NO_CPU;
	memset(frame, 0, sizeof(*frame));
	frame->ip = (unsigned long)ret_from_fork;
	child->thread.sp = (unsigned long)frame;
	if (args->fn) {
		frame->bx = (unsigned long)args->fn;
		frame->r12 = (unsigned long)args->arg;
		init_kernel_frame(regs);
		return 0;
	}
	err = fpu_fork(child);
	if (err)
		return err;
	init_user_frame(regs, args);
	child->thread.switch_flags = current->thread.switch_flags;
	ioport_fork(&child->thread);
	inherit_segments(&child->thread, args);
	return 0;
}

/* First code of a kernel thread; returns only when it has become a user program (exec). */
void kernel_thread_main(int (*fn)(void *), void *arg)
{
	int ret = fn(arg);

	if (current->flags & PF_KTHREAD || !current->mm)
		do_exit(ret);
}

void arch_thread_release(struct task_struct *task)
{
	fpu_release(task);
	ioport_release(&task->thread);
}

void arch_thread_exec(struct pt_regs *regs, unsigned long pc, unsigned long sp)
{
	struct arch_thread *t = &current->thread;
	unsigned long flags, nr = regs->orig_ax;

	memset(regs, 0, sizeof(*regs));
	regs->orig_ax = nr; /* a tracer sees the end of the same call */
	regs->ip = pc;
	regs->sp = sp;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags = X86_EFLAGS_FIXED | X86_EFLAGS_IF;

	local_irq_save(flags);
	write_selectors(0, 0);
	t->fs_sel = t->gs_sel = 0;
	t->fs_base = t->gs_base = 0;
	write_fs(0);
	write_user_gs(0);
	local_irq_restore(flags);
	t->trap_nr = t->error_code = 0;
	t->cr2 = 0;
	debugreg_flush();
	if (fpu_exec())
		force_fatal_sig(SIGKILL); /* no memory for its registers: it never runs */
}

/* ---- TLS ---- */

static void set_base(struct task_struct *task, bool gs, unsigned long base)
{
	struct arch_thread *t = &task->thread;
	unsigned long flags;

	local_irq_save(flags);
	if (task == current) {
		save_segments(t);
		if (gs ? t->gs_sel : t->fs_sel)
			write_selectors(gs ? t->fs_sel : 0, gs ? 0 : t->gs_sel);
	}
	*(gs ? &t->gs_base : &t->fs_base) = base;
	*(gs ? &t->gs_sel : &t->fs_sel) = 0;
	if (task == current) {
		write_fs(t->fs_base);
		write_user_gs(t->gs_base);
	}
	local_irq_restore(flags);
}

void arch_set_tls(struct task_struct *task, unsigned long tls)
{
	set_base(task, false, tls);
}

static unsigned long get_base(struct task_struct *task, bool gs)
{
	if (task == current)
		arch_sync_segments();
	return gs ? task->thread.gs_base : task->thread.fs_base;
}

/* <asm/prctl.h> of arch_prctl(2). */
#define ARCH_SET_GS    0x1001
#define ARCH_SET_FS    0x1002
#define ARCH_GET_FS    0x1003
#define ARCH_GET_GS    0x1004
#define ARCH_GET_CPUID 0x1011
#define ARCH_SET_CPUID 0x1012

long do_arch_prctl(struct task_struct *task, int code, unsigned long addr)
{
	bool gs = code == ARCH_SET_GS || code == ARCH_GET_GS;

	switch (code) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (addr >= TASK_SIZE)
			return -EPERM;
		set_base(task, gs, addr);
		return 0;
	case ARCH_GET_FS:
	case ARCH_GET_GS:
		return put_user(get_base(task, gs), (unsigned long __user *)addr);
	case ARCH_GET_CPUID:
		return 1; /* CPUID is never forbidden */
	case ARCH_SET_CPUID:
		return -ENODEV;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE2(arch_prctl, int, code, unsigned long, addr)
{
	return do_arch_prctl(current, code, addr);
}
