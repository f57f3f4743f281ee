/* SPDX-License-Identifier: MIT */
/*
 * Signal frames of x86_64, laid out as Linux does. From high to low addresses:
 *
 *	interrupted stack pointer, minus the 128-byte red zone (or the top of the alternate stack)
 *	FPU state, 64-byte aligned: XSAVE area and FP_XSTATE_MAGIC2
 * 	 struct rt_sigframe, at 16n + 8: pretcode is where the handler's stack pointer points, as if
 * 	 the handler had been called
 *
 * sigreturn believes nothing: selectors become the user's, flags are masked, FPU state that the CPU
 * refuses is a SIGSEGV.
 */
#include <arch/regs.h>
#include <arch/elf.h>
#include <arch/signal.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/ucontext.h>
#include <uapi/errno.h>
#include <lib/string.h>
#include <asm/fpu.h>
#include <asm/segment.h>

struct rt_sigframe {
	void __user *pretcode;
	struct ucontext uc;
	struct siginfo info;
	/* fp state follows elsewhere: uc.uc_mcontext.fpstate */
};
static_assert(sizeof(struct sigcontext) == 256);
static_assert(sizeof(struct rt_sigframe) == 8 + 304 + 128);
static_assert(offsetof(struct fpu_state, sw_reserved) == offsetof(struct _fpstate, sw_reserved));

#define RED_ZONE 128

/* Flags that a program may set for itself. */
#define USER_FLAGS                                                                       \
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF | \
	 X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | X86_EFLAGS_RF | X86_EFLAGS_AC)

/* Bytes of the FPU part of a frame. */
static unsigned int fp_frame_size(void)
{
	return fpu_size + (fpu_features ? FP_XSTATE_MAGIC2_SIZE : 0);
}

unsigned long arch_minsigstksz(void)
{
	return sizeof(struct rt_sigframe) + RED_ZONE + 63 + 15 + fp_frame_size();
}

static int save_fpu(struct fpu_state __user *fp)
{
	struct _fpx_sw_bytes sw = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = fpu_size + FP_XSTATE_MAGIC2_SIZE,
		.xfeatures = fpu_features,
		.xstate_size = fpu_size,
	};

	if (!access_ok(fp, fp_frame_size()) || fpu_save_user(fp))
		return -EFAULT;
	if (!fpu_features)
		return clear_user(fp->sw_reserved, sizeof(fp->sw_reserved)) ? -EFAULT : 0;
	if (copy_to_user(fp->sw_reserved, &sw, sizeof(sw)))
		return -EFAULT;
	return put_user(FP_XSTATE_MAGIC2, (u32 __user *)((char __user *)fp + fpu_size));
}

static void fill_sigcontext(struct sigcontext *sc, const struct pt_regs *regs)
{
	*sc = (struct sigcontext){
		.r8 = regs->r8,
		.r9 = regs->r9,
		.r10 = regs->r10,
		.r11 = regs->r11,
		.r12 = regs->r12,
		.r13 = regs->r13,
		.r14 = regs->r14,
		.r15 = regs->r15,
		.rdi = regs->di,
		.rsi = regs->si,
		.rbp = regs->bp,
		.rbx = regs->bx,
		.rdx = regs->dx,
		.rax = regs->ax,
		.rcx = regs->cx,
		.rsp = regs->sp,
		.rip = regs->ip,
		.eflags = regs->flags,
		.cs = (u16)regs->cs,
		.ss = (u16)regs->ss,
		.err = current->thread.error_code,
		.trapno = current->thread.trap_nr,
		.cr2 = current->thread.cr2,
	};
}

static int write_frame(struct rt_sigframe __user *frame, struct fpu_state __user *fp,
		       struct ksignal *ksig, const u64 *oldset, const struct pt_regs *regs)
{
	struct {
		void __user *pretcode;
		unsigned long uc_flags;
		struct ucontext __user *uc_link;
	} head = {
		.pretcode = ksig->ka.sa.sa_restorer,
		.uc_flags =
			(fpu_features ? UC_FP_XSTATE : 0) | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS,
	};
	struct {
		struct sigcontext sc;
		u64 mask;
	} body;

	static_assert(offsetof(struct rt_sigframe, uc.uc_stack) == sizeof(head));
	static_assert(offsetof(struct ucontext, uc_sigmask) ==
		      offsetof(struct ucontext, uc_mcontext) + sizeof(struct sigcontext));
	fill_sigcontext(&body.sc, regs);
	body.sc.oldmask = *oldset;
	body.sc.fpstate = (struct _fpstate __user *)fp;
	body.mask = *oldset;
	if (copy_to_user(frame, &head, sizeof(head)) ||
	    save_altstack(&frame->uc.uc_stack, regs->sp) ||
	    copy_to_user(&frame->uc.uc_mcontext, &body, sizeof(body)))
		return -EFAULT;
	if (ksig->ka.sa.sa_flags & SA_SIGINFO)
		return copy_siginfo_to_user(&frame->info, &ksig->info);
	return 0;
}

int arch_setup_rt_frame(struct ksignal *ksig, const u64 *oldset, struct pt_regs *regs)
{
	unsigned long sp = sigsp(regs->sp - RED_ZONE, ksig);
	struct rt_sigframe __user *frame;
	struct fpu_state __user *fp;

	/* An alternate stack that is in use already must not be run over at its bottom. */
	bool nested = on_sig_stack(regs->sp) && sp == regs->sp - RED_ZONE;

	sp = round_down(sp - fp_frame_size(), 64);
	fp = (struct fpu_state __user *)sp;
	sp = round_down(sp - sizeof(*frame), 16) - 8;
	frame = (struct rt_sigframe __user *)sp;
	if (nested && !on_sig_stack(sp))
		return -EFAULT;
	if (!(ksig->ka.sa.sa_flags & SA_RESTORER))
		return -EFAULT; /* as Linux: 64-bit programs bring their own */
	if (save_fpu(fp) || write_frame(frame, fp, ksig, oldset, regs))
		return -EFAULT;

	regs->di = (unsigned long)ksig->sig;
	regs->si = (unsigned long)&frame->info;
	regs->dx = (unsigned long)&frame->uc;
	regs->ax = 0;
	regs->ip = (unsigned long)ksig->ka.sa.sa_handler;
	regs->sp = sp;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
	return 0;
}

/* ---- sigreturn ---- */

static int restore_fpu(const struct fpu_state __user *fp)
{
	struct _fpx_sw_bytes sw;
	u64 features = 0;
	u32 magic2;

	if (!fp) {
		fpu_load_initial();
		return 0;
	}
	if (!access_ok(fp, sizeof(*fp)) || copy_from_user(&sw, fp->sw_reserved, sizeof(sw)))
		return -EFAULT;
	/* Without a whole XSAVE area it is the FXSAVE image only. */
	if (sw.magic1 == FP_XSTATE_MAGIC1 && sw.xstate_size >= sizeof(*fp) &&
	    sw.xstate_size <= fpu_size && sw.xstate_size <= sw.extended_size) {
		if (!access_ok(fp, fp_frame_size()))
			return -EFAULT;
		if (get_user(magic2,
			     (const u32 __user *)((const char __user *)fp + sw.xstate_size)))
			return -EFAULT;
		if (magic2 == FP_XSTATE_MAGIC2)
			features = sw.xfeatures & fpu_features;
	}
	if (!features || features != fpu_features)
		fpu_load_initial();
	return fpu_load_user(fp, features);
}

static void restore_sigcontext(struct pt_regs *regs, const struct sigcontext *sc)
{
	regs->r8 = sc->r8;
	regs->r9 = sc->r9;
	regs->r10 = sc->r10;
	regs->r11 = sc->r11;
	regs->r12 = sc->r12;
	regs->r13 = sc->r13;
	regs->r14 = sc->r14;
	regs->r15 = sc->r15;
	regs->di = sc->rdi;
	regs->si = sc->rsi;
	regs->bp = sc->rbp;
	regs->bx = sc->rbx;
	regs->dx = sc->rdx;
	regs->ax = sc->rax;
	regs->cx = sc->rcx;
	regs->sp = sc->rsp;
	regs->ip = sc->rip;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags = (regs->flags & ~USER_FLAGS) | (sc->eflags & USER_FLAGS);
	regs->orig_ax = -1ul; /* not in a system call: nothing to restart */
}

long arch_rt_sigreturn(struct pt_regs *regs)
{
	/* The handler's return took pretcode. */
	struct rt_sigframe __user *frame = (struct rt_sigframe __user *)(regs->sp - 8);
	struct {
		struct sigcontext sc;
		u64 mask;
	} body;

	current->restart_block.fn = NULL;
	if (copy_from_user(&body, &frame->uc.uc_mcontext, sizeof(body)))
		goto bad;
	set_current_blocked(body.mask);
	if (restore_fpu((const struct fpu_state __user *)body.sc.fpstate))
		goto bad;
	restore_sigcontext(regs, &body.sc);
	if (restore_altstack(&frame->uc.uc_stack))
		goto bad;
	return (long)regs->ax;
bad:
	force_sig(SIGSEGV);
	return 0;
}
