/* SPDX-License-Identifier: MIT */
/*
 * Register sets for ptrace(2) and core dumps: user_regs_struct and user_fpregs_struct of
 * <sys/user.h>, and the XSAVE area. What a tracer writes cannot give the task more than user mode
 * has.
 */
#include <arch/param.h>
#include <arch/ptrace.h>
#include <arch/regs.h>
#include <arch/thread.h>
#include <kernel/sched.h>
#include <lib/string.h>
#include <uapi/audit.h>
#include <uapi/elf.h>
#include <uapi/errno.h>
#include <asm/fpu.h>
#include <asm/segment.h>

struct user_regs {
	struct pt_regs regs; /* the same order */
	unsigned long fs_base, gs_base, ds, es, fs, gs;
};
static_assert(sizeof(struct user_regs) == 27 * 8);

#define XFP_SW_OFFSET 464 /* the XCR0 that gdb reads in NT_X86_XSTATE */

#define TRACER_FLAGS                                                                     \
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF | \
	 X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | X86_EFLAGS_RF | X86_EFLAGS_AC | \
	 X86_EFLAGS_NT)

static void get_gpr(struct task_struct *task, struct user_regs *u)
{
	memset(u, 0, sizeof(*u));
	u->regs = *task_pt_regs(task);
	if (task->thread.forced_tf)
		u->regs.flags &= ~X86_EFLAGS_TF;
	if (task == current)
		arch_sync_segments();
	u->fs_base = task->thread.fs_base;
	u->gs_base = task->thread.gs_base;
	u->fs = task->thread.fs_sel;
	u->gs = task->thread.gs_sel;
}

static int set_gpr(struct task_struct *task, const struct user_regs *u)
{
	struct pt_regs *regs = task_pt_regs(task);
	unsigned long flags = regs->flags;

	if (u->fs_base >= TASK_SIZE || u->gs_base >= TASK_SIZE)
		return -EIO;
	if (u->regs.flags & X86_EFLAGS_TF)
		task->thread.forced_tf = false; /* the tracer's own from now on */
	*regs = u->regs;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags = (flags & ~TRACER_FLAGS) | (u->regs.flags & TRACER_FLAGS);
	if (task->thread.forced_tf)
		regs->flags |= X86_EFLAGS_TF;
	if (task != current) {
		task->thread.fs_base = u->fs_base;
		task->thread.gs_base = u->gs_base;
	}
	return 0;
}

static int copy_out(void *buf, size_t *len, const void *from, size_t size)
{
	*len = min(*len, size);
	memcpy(buf, from, *len);
	return 0;
}

static int get_fpu(struct task_struct *task, void *buf, size_t *len, bool xstate)
{
	struct fpu_state *fpu = fpu_sync(task);

	if (!fpu || (xstate && !fpu_features))
		return -ENODEV;
	copy_out(buf, len, fpu, xstate ? fpu_size : 512);
	if (xstate && *len >= XFP_SW_OFFSET + 8)
		memcpy((char *)buf + XFP_SW_OFFSET, &fpu_features, 8);
	return 0;
}

static int set_fpu(struct task_struct *task, const void *buf, size_t len, bool xstate)
{
	struct fpu_state *fpu = fpu_sync(task);

	if (!fpu || (xstate && !fpu_features))
		return -ENODEV;
	if (xstate ? len != fpu_size : len != 512)
		return -EINVAL;
	if (!fpu_valid(buf, len))
		return -EINVAL;
	fpu_set(task, buf, len);
	return 0;
}

int arch_regset_get(struct task_struct *task, unsigned int note, void *buf, size_t *len)
{
	struct user_regs u;

	switch (note) {
	case NT_PRSTATUS:
		get_gpr(task, &u);
		return copy_out(buf, len, &u, sizeof(u));
	case NT_PRFPREG:
		return get_fpu(task, buf, len, false);
	case NT_X86_XSTATE:
		return get_fpu(task, buf, len, true);
	default:
		return -EINVAL;
	}
}

/* A short NT_PRSTATUS changes the first registers only, as PTRACE_SETREGSET does. */
int arch_regset_set(struct task_struct *task, unsigned int note, const void *buf, size_t len)
{
	struct user_regs u;

	switch (note) {
	case NT_PRSTATUS:
		if (len > sizeof(u) || len % 8)
			return -EINVAL;
		get_gpr(task, &u);
		memcpy(&u, buf, len);
		return set_gpr(task, &u);
	case NT_PRFPREG:
		return set_fpu(task, buf, len, false);
	case NT_X86_XSTATE:
		return set_fpu(task, buf, len, true);
	default:
		return -EINVAL;
	}
}

u32 arch_audit_arch(void)
{
	return AUDIT_ARCH_X86_64;
}
