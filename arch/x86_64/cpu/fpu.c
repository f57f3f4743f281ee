/* SPDX-License-Identifier: MIT */
/*
 * FPU, SSE and AVX registers (SDM vol. 1, chapter 13). While a task with a save area runs, the
 * registers hold its state: they are loaded by the switch and by nothing later, unless nobody else
 * used them meanwhile (fpu_owner and thread.fpu_cpu agree).
 *
 * fpu_owner is changed with preemption off. A task's area is written by the switch and by others
 * only while it is stopped.
 */
#include <arch/thread.h>
#include <kernel/percpu.h>
#include <kernel/preempt.h>
#include <kernel/sched.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include <uapi/errno.h>
#include <lib/string.h>
#include <asm/cpufeature.h>
#include <asm/extable.h>
#include <asm/fpu.h>
#include <asm/msr.h>
#include <asm/page.h>

#define MXCSR_DEFAULT 0x1f80
#define FCW_DEFAULT   0x037f

u32 fpu_size __read_mostly = 512;
u64 fpu_features __read_mostly;
u32 fpu_mxcsr_mask __read_mostly = 0xffbf; /* SDM vol. 1, 11.6.6: when FXSAVE stores 0 */

static DEFINE_PER_CPU(struct task_struct *, fpu_owner);
static struct kmem_cache *fpu_cache;
static struct fpu_state fpu_initial; /* zeroes but for what fpu_init() sets: not in the image */

void fpu_detect(void)
{
	struct cpuid_regs r;

	if (!cpu_has(X86_XSAVE) || boot_cpu.max_leaf < 0xd)
		return;
	r = cpuid_count(0xd, 0);
	fpu_features = (((u64)r.edx << 32) | r.eax) & XFEATURES_WANTED;
	if (!(fpu_features & XFEATURE_YMM) || (fpu_features & XFEATURE_AVX512) != XFEATURE_AVX512)
		fpu_features &= ~XFEATURE_AVX512;
}

static void fxsave(struct fpu_state *to)
{
	__asm__ __volatile__("fxsave64 %0" : "=m"(*to));
}

void fpu_cpu_setup(void)
{
	if (fpu_features) {
		xsetbv(0, fpu_features);
		fpu_size = cpuid_count(0xd, 0).ebx; /* for the features just turned on */
	}
	__asm__ __volatile__("fninit");
}

void fpu_init(void)
{
	static struct fpu_state probe __initbss;

	fpu_initial.fcw = FCW_DEFAULT;
	fpu_initial.mxcsr = MXCSR_DEFAULT;
	fxsave(&probe);
	if (probe.mxcsr_mask)
		fpu_mxcsr_mask = probe.mxcsr_mask;
	/* Bit 2: XGETBV with ECX 1 tells which components are in use. */
	page_ops_avx = (fpu_features & XFEATURE_YMM) && (cpuid_count(0xd, 1).eax & 4);
	fpu_cache = kmem_cache_create("fpu_state", fpu_size, 64, SLAB_PANIC, NULL);
}

/* ---- registers <-> memory ---- */

/*
 * @opt: may leave out components that memory already holds (XSAVEOPT): only for the area last
 * loaded from or saved to here.
 */
static void save_regs(struct fpu_state *to, bool opt)
{
	u32 lo = (u32)fpu_features, hi = (u32)(fpu_features >> 32);

	if (!fpu_features)
		fxsave(to);
	else if (opt && cpu_has(X86_XSAVEOPT))
		__asm__ __volatile__("xsaveopt64 %0" : "+m"(*to) : "a"(lo), "d"(hi) : "memory");
	else
		__asm__ __volatile__("xsave64 %0" : "+m"(*to) : "a"(lo), "d"(hi) : "memory");
}

static void load_regs(const struct fpu_state *from)
{
	u32 lo = (u32)fpu_features, hi = (u32)(fpu_features >> 32);

	if (!fpu_features)
		__asm__ __volatile__("fxrstor64 %0" : : "m"(*from));
	else
		__asm__ __volatile__("xrstor64 %0" : : "m"(*from), "a"(lo), "d"(hi) : "memory");
}

/* Preemption off. */
static bool regs_live(const struct task_struct *task)
{
	return this_cpu_read(fpu_owner) == task && task->thread.fpu_cpu == smp_processor_id_raw();
}

/* The registers are @task's from now on. Preemption off. */
static void own_regs(struct task_struct *task)
{
	this_cpu_write(fpu_owner, task);
	task->thread.fpu_cpu = smp_processor_id_raw();
}

void fpu_switch(struct task_struct *prev, struct task_struct *next)
{
	if (prev->thread.fpu && regs_live(prev))
		save_regs(prev->thread.fpu, true);
	if (next->thread.fpu && !regs_live(next)) {
		load_regs(next->thread.fpu);
		own_regs(next);
	}
}

/* ---- life of a save area ---- */

static struct fpu_state *fpu_alloc(void)
{
	struct fpu_state *fpu = kmem_cache_alloc(fpu_cache, GFP_KERNEL);

	/* The CPU writes neither what it reserves nor, maybe, components in their initial state. */
	if (fpu)
		memset(fpu, 0, fpu_size);
	return fpu;
}

int fpu_fork(struct task_struct *child)
{
	struct fpu_state *fpu = fpu_alloc();

	if (!fpu)
		return -ENOMEM;
	preempt_disable();
	if (current->thread.fpu)
		save_regs(fpu, false);
	else
		memcpy(fpu, &fpu_initial, MIN(sizeof(fpu_initial), 512));
	preempt_enable();
	child->thread.fpu = fpu;
	child->thread.fpu_cpu = FPU_NO_CPU;
	return 0;
}

void fpu_release(struct task_struct *task)
{
	if (task->thread.fpu)
		kmem_cache_free(fpu_cache, task->thread.fpu);
	task->thread.fpu = NULL;
}

int fpu_exec(void)
{
	if (!current->thread.fpu) {
		struct fpu_state *fpu = fpu_alloc();

		if (!fpu)
			return -ENOMEM;
		preempt_disable();
		current->thread.fpu = fpu;
	} else {
		preempt_disable();
	}
	load_regs(&fpu_initial);
	own_regs(current);
	preempt_enable();
	return 0;
}

void fpu_load_initial(void)
{
	preempt_disable();
	load_regs(&fpu_initial);
	own_regs(current);
	preempt_enable();
}

/* ---- for ptrace, core dumps, signals ---- */

struct fpu_state *fpu_sync(struct task_struct *task)
{
	if (task == current && task->thread.fpu) {
		preempt_disable();
		save_regs(task->thread.fpu, false);
		preempt_enable();
	}
	return task->thread.fpu;
}

bool fpu_valid(const struct fpu_state *state, size_t len)
{
	if (len < 512 || (state->mxcsr & ~fpu_mxcsr_mask))
		return false;
	if (len < sizeof(*state))
		return true;
	if (state->xstate_bv & ~fpu_features || state->xcomp_bv)
		return false;
	return !memchr_inv(state->header_reserved, 0, sizeof(state->header_reserved));
}

void fpu_set(struct task_struct *task, const struct fpu_state *state, size_t len)
{
	struct fpu_state *fpu = task->thread.fpu;

	preempt_disable();
	memcpy(fpu, state, MIN(len, fpu_size));
	if (len <= 512 && fpu_features)
		fpu->xstate_bv |= XFEATURE_FP | XFEATURE_SSE;
	if (task == current) {
		load_regs(fpu);
		own_regs(task);
	} else {
		task->thread.fpu_cpu = FPU_NO_CPU;
	}
	preempt_enable();
}

#define USER_OP(insn, addr, err, ...)                                             \
	__asm__ __volatile__(STAC "1: " insn " (%1)\n"                            \
				  "2: " CLAC ".pushsection .text.fixup, \"ax\"\n" \
				  "3: movl $-14, %0\n"                            \
				  "jmp 2b\n"                                      \
				  ".popsection\n" EXTABLE("1b", "3b")             \
			     : "+r"(err)                                          \
			     : "r"(addr), ##__VA_ARGS__                           \
			     : "memory")

int fpu_save_user(struct fpu_state __user *user)
{
	u32 lo = (u32)fpu_features, hi = (u32)(fpu_features >> 32);
	int err = 0;

	if (!fpu_features) {
		USER_OP("fxsave64", user, err);
		return err;
	}
	/* XSAVE adds to the header what XRSTOR would refuse. */
	if (raw_clear_user(&user->xstate_bv, 64))
		return -EFAULT;
	USER_OP("xsave64", user, err, "a"(lo), "d"(hi));
	return err;
}

int fpu_load_user(const struct fpu_state __user *user, u64 features)
{
	u32 lo = (u32)features, hi = (u32)(features >> 32);
	int err = 0;

	if (!fpu_features || !features) {
		USER_OP("fxrstor64", user, err);
		return err;
	}
	USER_OP("xrstor64", user, err, "a"(lo), "d"(hi));
	return err;
}

/* ---- for the kernel's own use ---- */

void kernel_fpu_begin(void)
{
	struct task_struct *owner;

	preempt_disable();
	owner = this_cpu_read(fpu_owner);
	if (owner == current && owner->thread.fpu && regs_live(owner))
		save_regs(owner->thread.fpu, true);
	this_cpu_write(fpu_owner, NULL);
}

void kernel_fpu_end(void)
{
	if (current->thread.fpu) {
		load_regs(current->thread.fpu);
		own_regs(current);
	}
	preempt_enable();
}
