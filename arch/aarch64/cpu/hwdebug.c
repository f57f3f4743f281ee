/* SPDX-License-Identifier: MIT */
/*
 * What ptrace(2) needs of the CPU (Arm ARM, D2 "AArch64 Self-hosted Debug"): software step and the
 * breakpoint and watchpoint registers. They match at EL0 only, and MDSCR_EL1.KDE is off, so nothing
 * of it is ever taken in the kernel.
 *
 * A stepping task has SPSR.SS set when it returns to user mode and MDSCR_EL1.SS while it runs. Its
 * breakpoints are in thread.hw_debug, NULL for nearly every task, and are loaded by the switch.
 */
#include <arch/param.h>
#include <arch/ptrace.h>
#include <arch/regs.h>
#include <kernel/irqflags.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <asm/hwdebug.h>
#include <asm/sysreg.h>
#include <asm/uapi/ptrace.h>

#define MAX_SLOTS 16

struct hw_debug {
	struct {
		u64 addr;
		u32 ctrl;
	} brk[MAX_SLOTS], wch[MAX_SLOTS];
	bool armed; /* some control register is on */
};

static unsigned int nr_brk, nr_wch, debug_arch;

/* Debug is locked by reset until the OS unlocks it; how many of each there are. */
static bool probed;

static void probe(void)
{
	u64 dfr0 = read_sysreg(id_aa64dfr0_el1);

	debug_arch = id_field(dfr0, 0);
	nr_brk = id_field(dfr0, 12) + 1;
	nr_wch = id_field(dfr0, 20) + 1;
	WRITE_ONCE(probed, true);
}

/* Each register has a name of its own. */
#define REG_CASES(op, name, n, v) \
	switch (n) {              \
		op(0, name, v);   \
		op(1, name, v);   \
		op(2, name, v);   \
		op(3, name, v);   \
		op(4, name, v);   \
		op(5, name, v);   \
		op(6, name, v);   \
		op(7, name, v);   \
		op(8, name, v);   \
		op(9, name, v);   \
		op(10, name, v);  \
		op(11, name, v);  \
		op(12, name, v);  \
		op(13, name, v);  \
		op(14, name, v);  \
		op(15, name, v);  \
	}
#define WRITE_CASE(i, name, v)                                                \
	case i:                                                               \
		asm volatile("msr " #name #i "_el1, %x0" : : "rZ"((u64)(v))); \
		break

static void write_brk(unsigned int n, u64 addr, u32 ctrl)
{
	REG_CASES(WRITE_CASE, dbgbvr, n, addr)
	REG_CASES(WRITE_CASE, dbgbcr, n, ctrl)
}

static void write_wch(unsigned int n, u64 addr, u32 ctrl)
{
	REG_CASES(WRITE_CASE, dbgwvr, n, addr)
	REG_CASES(WRITE_CASE, dbgwcr, n, ctrl)
}

/* ---- the switch ---- */

static void load_slots(const struct hw_debug *d)
{
	for (unsigned int i = 0; i < nr_brk; i++)
		write_brk(i, d ? d->brk[i].addr : 0, d ? d->brk[i].ctrl : 0);
	for (unsigned int i = 0; i < nr_wch; i++)
		write_wch(i, d ? d->wch[i].addr : 0, d ? d->wch[i].ctrl : 0);
}

void __hwdebug_switch(const struct arch_thread *next)
{
	u64 mdscr = read_sysreg(mdscr_el1) & ~(MDSCR_SS | MDSCR_MDE | MDSCR_KDE);

	/* Reset leaves the registers locked: an unlock costs nothing. */
	write_sysreg(0, osdlr_el1);
	write_sysreg(0, oslar_el1);
	if (READ_ONCE(probed))
		load_slots(next->hw_debug);
	if (next->single_step)
		mdscr |= MDSCR_SS;
	if (next->hw_debug && next->hw_debug->armed)
		mdscr |= MDSCR_MDE;
	write_sysreg(mdscr, mdscr_el1);
	asm volatile("isb" : : : "memory");
}

/* current's settings changed. */
static void reload_current(void)
{
	unsigned long flags;

	local_irq_save(flags);
	__hwdebug_switch(&current->thread);
	local_irq_restore(flags);
}

void hwdebug_release(struct task_struct *task)
{
	kfree(task->thread.hw_debug);
	task->thread.hw_debug = NULL;
}

/* exec. A step goes on: it ends with the system call. */
void hwdebug_flush(void)
{
	struct hw_debug *old = current->thread.hw_debug;

	if (!old)
		return;
	current->thread.hw_debug = NULL;
	reload_current();
	kfree(old);
}

/* ---- single step ---- */

static void set_step(struct task_struct *task, bool on)
{
	struct pt_regs *regs = task_pt_regs(task);

	regs->pstate = on ? regs->pstate | SPSR_SS : regs->pstate & ~SPSR_SS;
	if (task->thread.single_step == on)
		return;
	task->thread.single_step = on;
	if (task == current)
		reload_current();
}

void arch_single_step_enable(struct task_struct *task)
{
	set_tsk_thread_flag(task, TIF_SINGLESTEP);
	set_step(task, true);
}

void arch_single_step_disable(struct task_struct *task)
{
	clear_tsk_thread_flag(task, TIF_SINGLESTEP);
	set_step(task, false);
}

void arch_report_syscall_step(struct pt_regs *regs)
{
	force_sig_fault(SIGTRAP, TRAP_TRACE, (void __user *)regs->pc);
}

/* ---- NT_ARM_HW_BREAK, NT_ARM_HW_WATCH ---- */

#define CTRL_ENABLE	1u
#define CTRL_PRIV_SHIFT 1 /* 2: EL0 only */
#define CTRL_TYPE_SHIFT 3 /* 0 execute, 1 load, 2 store, 3 both */
#define CTRL_LEN_SHIFT	5 /* a bit for each byte of the word at addr */

/* What is written for a slot, from a tracer's values. -EINVAL: the CPU cannot do it. */
static int make_slot(bool watch, u64 *addr, u32 *ctrl)
{
	unsigned int type = *ctrl >> CTRL_TYPE_SHIFT & 3, len = *ctrl >> CTRL_LEN_SHIFT & 0xff;
	unsigned int offset = watch ? *addr & 7 : *addr & 3;

	if (!(*ctrl & CTRL_ENABLE)) {
		*ctrl = 0;
		return 0;
	}
	if (*addr >= TASK_SIZE || !type != !watch)
		return -EINVAL;
	if (watch) {
		if (!len || len << offset > 0xff)
			return -EINVAL;
		len <<= offset;
	} else {
		if (offset)
			return -EINVAL;
		len = 0xf;
	}
	*addr -= offset;
	*ctrl = len << CTRL_LEN_SHIFT | type << CTRL_TYPE_SHIFT | 2u << CTRL_PRIV_SHIFT |
		CTRL_ENABLE;
	return 0;
}

int hwdebug_get(struct task_struct *task, bool watch, void *buf, size_t *len)
{
	struct user_hwdebug_state state = {};
	struct hw_debug *d = task->thread.hw_debug;
	unsigned int n;

	probe();
	n = watch ? nr_wch : nr_brk;
	state.dbg_info = debug_arch << 8 | n;
	for (unsigned int i = 0; d && i < n; i++) {
		state.dbg_regs[i].addr = watch ? d->wch[i].addr : d->brk[i].addr;
		state.dbg_regs[i].ctrl = watch ? d->wch[i].ctrl : d->brk[i].ctrl;
	}
	*len = min(*len, sizeof(state));
	memcpy(buf, &state, *len);
	return 0;
}

static void note_armed(struct hw_debug *d)
{
	u32 any = 0;

	for (int i = 0; i < MAX_SLOTS; i++)
		any |= d->brk[i].ctrl | d->wch[i].ctrl;
	d->armed = any;
}

/* Slots that @len does not reach stay as they are. */
int hwdebug_set(struct task_struct *task, bool watch, const void *buf, size_t len)
{
	const size_t head = offsetof(struct user_hwdebug_state, dbg_regs), slot = 16;
	struct hw_debug *d = task->thread.hw_debug;
	unsigned int n, given;
	int err = 0;

	probe();
	n = watch ? nr_wch : nr_brk;
	given = len < head ? 0 : (len - head) / slot;
	if (!d) {
		d = kzalloc(sizeof(*d), GFP_KERNEL);
		if (!d)
			return -ENOMEM;
		task->thread.hw_debug = d;
	}
	for (unsigned int i = 0; i < min(n, given) && !err; i++) {
		u64 addr;
		u32 ctrl;

		memcpy(&addr, (const char *)buf + head + i * slot, sizeof(addr));
		memcpy(&ctrl, (const char *)buf + head + i * slot + 8, sizeof(ctrl));
		err = make_slot(watch, &addr, &ctrl);
		if (err)
			break;
		*(watch ? &d->wch[i].addr : &d->brk[i].addr) = addr;
		*(watch ? &d->wch[i].ctrl : &d->brk[i].ctrl) = ctrl;
	}
	note_armed(d);
	return err;
}

/* ---- requests ---- */

long arch_ptrace(struct task_struct *task, long request, unsigned long addr, unsigned long data)
{
	return -EIO; /* this architecture has register sets for everything */
}
