/* SPDX-License-Identifier: MIT */
/*
 * FPU state. Every task that runs user code owns a save area of fpu_size bytes in XSAVE's standard
 * format (or FXSAVE's 512 bytes where there is no XSAVE), which is also what signal frames and
 * ptrace show. Registers are saved when the task is switched out, and loaded when it is switched in
 * unless they hold its state still: per-CPU fpu_owner is the task and thread.fpu_cpu is this CPU.
 */
#ifndef ASM_FPU_H
#define ASM_FPU_H

#include <lib/types.h>

/* SDM vol. 1, 10.5.1 and 13.4: the FXSAVE image, the XSAVE header, then the extended components. */
struct fpu_state {
	u16 fcw, fsw, ftw, fop;
	u64 fip, fdp;
	u32 mxcsr, mxcsr_mask;
	u8 st[128];
	u8 xmm[256];
	u8 reserved[48];
	u8 sw_reserved[48]; /* never touched by the CPU: signal frames describe themselves here */
	u64 xstate_bv, xcomp_bv, header_reserved[6];
	u8 ext[];
} __aligned(64);
static_assert(offsetof(struct fpu_state, xstate_bv) == 512);

#define XFEATURE_FP	0x001ull
#define XFEATURE_SSE	0x002ull
#define XFEATURE_YMM	0x004ull
#define XFEATURE_AVX512 0x0e0ull
/* What user programs get when the CPU has it. */
#define XFEATURES_WANTED (XFEATURE_FP | XFEATURE_SSE | XFEATURE_YMM | XFEATURE_AVX512)

#define FPU_NO_CPU	 0xffffffffu

struct task_struct;
struct pt_regs;

extern u32 fpu_size; /* bytes of a save area */
extern u64 fpu_features; /* XCR0; 0: FXSAVE only */
extern u32 fpu_mxcsr_mask; /* bits of MXCSR that may be set */

/*
 * Boot CPU: what there is, before cpu_setup(). Each CPU: turn it on. fpu_init(): when the slab
 * works.
 */
void fpu_detect(void);
void fpu_cpu_setup(void);
void fpu_init(void);

/* Part of the switch, IRQs off. */
void fpu_switch(struct task_struct *prev, struct task_struct *next);
/* Copy current's state to a new task's; 0 or -ENOMEM. */
int fpu_fork(struct task_struct *child);
void fpu_release(struct task_struct *task);
/* exec: initial state; allocates for a kernel thread that becomes a program. 0 or -ENOMEM. */
int fpu_exec(void);
/*
 * Makes task->thread.fpu hold the registers' contents and returns it. @task is current or stopped.
 */
struct fpu_state *fpu_sync(struct task_struct *task);
/*
 * @task's state becomes @state, which fpu_valid() accepted: the first @len bytes of an area. @task
 * is current or stopped.
 */
void fpu_set(struct task_struct *task, const struct fpu_state *state, size_t len);
/* False if loading @state, of which @len bytes are there, would fault. */
bool fpu_valid(const struct fpu_state *state, size_t len);

/*
 * current's registers to and from a signal frame at @user (64-byte aligned, range checked by the
 * caller). 0 or -EFAULT; a failed load leaves registers undefined. @features: components to load.
 * May sleep.
 */
int fpu_save_user(struct fpu_state __user *user);
int fpu_load_user(const struct fpu_state __user *user, u64 features);
/* current's registers get the state of a new program. */
void fpu_load_initial(void);

#endif
