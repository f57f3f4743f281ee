/* SPDX-License-Identifier: MIT */
/*
 * What ptrace(2) needs of the CPU: single steps by EFLAGS.TF, breakpoints and watchpoints in the
 * debug registers (SDM vol. 3, 17.2), and the requests of x86 alone.
 *
 * A TF that we set is not the program's: thread.forced_tf hides it from the tracer and from signal
 * frames. DR0-DR3 and DR7 are loaded by the switch; only enabled breakpoints cost anything.
 */
#include <arch/param.h>
#include <arch/ptrace.h>
#include <arch/regs.h>
#include <kernel/irqflags.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>
#include <uapi/elf.h>
#include <uapi/errno.h>
#include <uapi/ptrace.h>
#include <asm/debugreg.h>
#include <asm/eflags.h>

/* ---- single step ---- */

void arch_single_step_enable(struct task_struct *task)
{
	struct pt_regs *regs = task_pt_regs(task);

	set_tsk_thread_flag(task, TIF_SINGLESTEP);
	if (regs->flags & X86_EFLAGS_TF)
		return;
	regs->flags |= X86_EFLAGS_TF;
	task->thread.forced_tf = true;
}

void arch_single_step_disable(struct task_struct *task)
{
	clear_tsk_thread_flag(task, TIF_SINGLESTEP);
	if (task->thread.forced_tf)
		task_pt_regs(task)->flags &= ~X86_EFLAGS_TF;
	task->thread.forced_tf = false;
}

void arch_report_syscall_step(struct pt_regs *regs)
{
	force_sig_fault(SIGTRAP, TRAP_BRKPT, (void __user *)regs->ip);
}

/* ---- debug registers ---- */

/* DR7: enable bits, LE, GE and a fixed one, then type and length of each. No GD. */
#define DR7_ENABLES    0xfful
#define DR7_TYPES      0xffff0000ul
#define DR7_FIXED      0x700ul
#define DR7_ENABLED(n) (3ul << (2 * (n)))
#define DR7_TYPE(v, n) ((v) >> (16 + 4 * (n)) & 3)
#define DR7_LEN(v, n)  ((v) >> (18 + 4 * (n)) & 3)
#define TYPE_EXEC      0
#define TYPE_IO	       2

static void load_debugregs(const struct arch_thread *t)
{
	__asm__ __volatile__("movq %0, %%db0" : : "r"(t->dr[0]));
	__asm__ __volatile__("movq %0, %%db1" : : "r"(t->dr[1]));
	__asm__ __volatile__("movq %0, %%db2" : : "r"(t->dr[2]));
	__asm__ __volatile__("movq %0, %%db3" : : "r"(t->dr[3]));
}

void __debugreg_switch(const struct arch_thread *next)
{
	if (next->dr7)
		load_debugregs(next);
	__asm__ __volatile__("movq %0, %%db7" : : "r"(next->dr7 | DR7_FIXED));
}

void debugreg_flush(void)
{
	struct arch_thread *t = &current->thread;
	unsigned long flags;

	local_irq_save(flags);
	t->forced_tf = false;
	t->dr[0] = t->dr[1] = t->dr[2] = t->dr[3] = t->virtual_dr6 = 0;
	if (t->dr7) {
		t->dr7 = 0;
		__debugreg_switch(t);
	}
	local_irq_restore(flags);
}

/* May breakpoint @n with this address and DR7 be armed? Its address is of its size. */
static bool breakpoint_ok(unsigned long addr, unsigned long dr7, int n)
{
	static const u8 mask[] = {0, 1, 7, 3};

	if (!(dr7 & DR7_ENABLED(n)))
		return true;
	if (DR7_TYPE(dr7, n) == TYPE_IO || (DR7_TYPE(dr7, n) == TYPE_EXEC && DR7_LEN(dr7, n)))
		return false;
	return !(addr & mask[DR7_LEN(dr7, n)]);
}

static unsigned long get_debugreg(struct task_struct *task, unsigned int n)
{
	switch (n) {
	case 0 ... 3:
		return task->thread.dr[n];
	case 6:
		return task->thread.virtual_dr6;
	case 7:
		return task->thread.dr7;
	default:
		return 0;
	}
}

static long set_debugreg(struct task_struct *task, unsigned int n, unsigned long value)
{
	struct arch_thread *t = &task->thread;

	switch (n) {
	case 0 ... 3:
		if (value >= TASK_SIZE || !breakpoint_ok(value, t->dr7, n))
			return -EINVAL;
		t->dr[n] = value;
		return 0;
	case 6:
		t->virtual_dr6 = value;
		return 0;
	case 7:
		for (int i = 0; i < 4; i++)
			if (!breakpoint_ok(t->dr[i], value, i))
				return -EINVAL;
		t->dr7 = value & DR7_ENABLES ? value & (DR7_ENABLES | DR7_TYPES) : 0;
		return 0;
	default:
		return -EIO;
	}
}

/* ---- requests ---- */

#define USER_DEBUGREG offsetof(struct user, u_debugreg)

static long peek_user(struct task_struct *task, unsigned long addr, unsigned long __user *to)
{
	struct user_regs_struct regs;
	unsigned long value = 0;
	size_t len = sizeof(regs);

	if (addr % 8 || addr >= sizeof(struct user))
		return -EIO;
	if (addr < sizeof(regs)) {
		arch_regset_get(task, NT_PRSTATUS, &regs, &len);
		value = ((unsigned long *)&regs)[addr / 8];
	} else if (addr >= USER_DEBUGREG) {
		value = get_debugreg(task, (addr - USER_DEBUGREG) / 8);
	}
	return put_user(value, to);
}

static long poke_user(struct task_struct *task, unsigned long addr, unsigned long value)
{
	struct user_regs_struct regs;
	size_t len = sizeof(regs);

	if (addr % 8 || addr >= sizeof(struct user))
		return -EIO;
	if (addr >= USER_DEBUGREG)
		return set_debugreg(task, (addr - USER_DEBUGREG) / 8, value);
	if (addr >= sizeof(regs))
		return -EIO;
	arch_regset_get(task, NT_PRSTATUS, &regs, &len);
	((unsigned long *)&regs)[addr / 8] = value;
	return arch_regset_set(task, NT_PRSTATUS, &regs, sizeof(regs));
}

/* NT_PRSTATUS and NT_PRFPREG in their old clothes. */
static long get_regs(struct task_struct *task, unsigned int note, void __user *to)
{
	struct user_i387_struct buf;
	size_t len = note == NT_PRSTATUS ? sizeof(struct user_regs_struct) : sizeof(buf);
	int err = arch_regset_get(task, note, &buf, &len);

	return err ? err : copy_to_user(to, &buf, len) ? -EFAULT : 0;
}

static long set_regs(struct task_struct *task, unsigned int note, const void __user *from)
{
	struct user_i387_struct buf;
	size_t len = note == NT_PRSTATUS ? sizeof(struct user_regs_struct) : sizeof(buf);

	if (copy_from_user(&buf, from, len))
		return -EFAULT;
	return arch_regset_set(task, note, &buf, len);
}

long arch_ptrace(struct task_struct *task, long request, unsigned long addr, unsigned long data)
{
	switch (request) {
	case PTRACE_PEEKUSR:
		return peek_user(task, addr, (unsigned long __user *)data);
	case PTRACE_POKEUSR:
		return poke_user(task, addr, data);
	case PTRACE_GETREGS:
		return get_regs(task, NT_PRSTATUS, (void __user *)data);
	case PTRACE_SETREGS:
		return set_regs(task, NT_PRSTATUS, (void __user *)data);
	case PTRACE_GETFPREGS:
		return get_regs(task, NT_PRFPREG, (void __user *)data);
	case PTRACE_SETFPREGS:
		return set_regs(task, NT_PRFPREG, (void __user *)data);
	case PTRACE_ARCH_PRCTL:
		return do_arch_prctl(task, (int)data, addr);
	default:
		return -EIO;
	}
}
