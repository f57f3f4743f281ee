/* SPDX-License-Identifier: MIT */
/* Register sets for ptrace and core dumps, laid out as <asm/uapi/ptrace.h> says. */
#include <kernel/sched.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <arch/ptrace.h>
#include <arch/regs.h>
#include <asm/fpsimd.h>
#include <asm/hwdebug.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>
#include <asm/uapi/ptrace.h>
#include <uapi/audit.h>
#include <uapi/elf.h>

static_assert(sizeof(struct user_pt_regs) == offsetofend(struct pt_regs, pstate));
static_assert(sizeof(struct user_fpsimd_state) == sizeof(struct fpsimd_state));

static void copy_out(void *buf, size_t *len, const void *src, size_t size)
{
	*len = min(*len, size);
	memcpy(buf, src, *len);
}

static u64 task_tls(struct task_struct *task)
{
	return task == current ? read_sysreg(tpidr_el0) : task->thread.tpidr;
}

int arch_regset_get(struct task_struct *task, unsigned int note, void *buf, size_t *len)
{
	struct pt_regs *regs = task_pt_regs(task);
	u64 tls;
	int nr;

	switch (note) {
	case NT_PRSTATUS:
		copy_out(buf, len, regs, sizeof(struct user_pt_regs));
		return 0;
	case NT_PRFPREG:
		if (task == current)
			fpsimd_sync_current();
		copy_out(buf, len, &task->thread.fpsimd, sizeof(struct fpsimd_state));
		return 0;
	case NT_ARM_TLS:
		tls = task_tls(task);
		copy_out(buf, len, &tls, sizeof(tls));
		return 0;
	case NT_ARM_SYSTEM_CALL:
		nr = (int)syscall_nr(regs);
		copy_out(buf, len, &nr, sizeof(nr));
		return 0;
	case NT_ARM_HW_BREAK:
	case NT_ARM_HW_WATCH:
		return hwdebug_get(task, note == NT_ARM_HW_WATCH, buf, len);
	default:
		return -EINVAL;
	}
}

static int set_general(struct pt_regs *regs, const void *buf, size_t len)
{
	struct pt_regs new = *regs;

	memcpy(&new, buf, min(len, sizeof(struct user_pt_regs)));
	if (!user_pstate_ok(&new.pstate))
		return -EINVAL;
	new.pstate |= regs->pstate &SPSR_SS; /* a step that is under way */
	*regs = new;
	return 0;
}

static int set_fpsimd(struct task_struct *task, const void *buf, size_t len)
{
	if (task == current)
		fpsimd_sync_current();
	memcpy(&task->thread.fpsimd, buf, min(len, sizeof(struct fpsimd_state)));
	task->thread.fpsimd_cpu = FPSIMD_NO_CPU;
	if (task == current)
		fpsimd_reload_current();
	return 0;
}

int arch_regset_set(struct task_struct *task, unsigned int note, const void *buf, size_t len)
{
	struct pt_regs *regs = task_pt_regs(task);
	u64 tls = task_tls(task);
	int nr = (int)syscall_nr(regs);

	switch (note) {
	case NT_PRSTATUS:
		return set_general(regs, buf, len);
	case NT_PRFPREG:
		return set_fpsimd(task, buf, len);
	case NT_ARM_TLS:
		memcpy(&tls, buf, min(len, sizeof(tls)));
		arch_set_tls(task, tls);
		return 0;
	case NT_ARM_SYSTEM_CALL:
		memcpy(&nr, buf, min(len, sizeof(nr)));
		syscall_set_nr(regs, nr);
		return 0;
	case NT_ARM_HW_BREAK:
	case NT_ARM_HW_WATCH:
		return hwdebug_set(task, note == NT_ARM_HW_WATCH, buf, len);
	default:
		return -EINVAL;
	}
}

u32 arch_audit_arch(void)
{
	return AUDIT_ARCH_AARCH64;
}
