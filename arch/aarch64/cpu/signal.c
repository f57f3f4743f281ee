/* SPDX-License-Identifier: MIT */
/*
 * Signal frames, byte for byte as Linux's: at the new stack pointer struct rt_sigframe, above it a
 * frame record {x29, x30} that unwinders follow. After struct sigcontext come records in
 * __reserved: fpsimd_context always, esr_context after a fault, then the empty one. sigreturn takes
 * the frame from a user who may have written anything there.
 */
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <arch/elf.h>
#include <arch/regs.h>
#include <arch/signal.h>
#include <asm/fpsimd.h>
#include <asm/ptrace.h>
#include <asm/uapi/ucontext.h>

struct rt_sigframe {
	struct siginfo info;
	struct ucontext uc;
};

struct frame_record {
	u64 fp;
	u64 lr;
};

static_assert(offsetof(struct rt_sigframe, uc) == 128);
static_assert(offsetof(struct rt_sigframe, uc.uc_mcontext) == 128 + 176);
static_assert(offsetof(struct sigcontext, __reserved) == 288);
static_assert(sizeof(struct rt_sigframe) == 4688 && sizeof(struct rt_sigframe) % 16 == 0);
static_assert(sizeof(struct fpsimd_context) == 528 && sizeof(struct esr_context) == 16);
static_assert(offsetof(struct pt_regs, pstate) == 33 * 8 &&
	      offsetof(struct sigcontext, pstate) - offsetof(struct sigcontext, regs) == 33 * 8);

/* x0-x30, sp, pc, pstate: alike in pt_regs and sigcontext */
#define GENERAL_REGS_SIZE (34 * sizeof(u64))

unsigned long arch_minsigstksz(void)
{
	return sizeof(struct rt_sigframe) + sizeof(struct frame_record) + 16;
}

/* ---- push ---- */

static int put_fpsimd(struct fpsimd_context __user *ctx)
{
	struct fpsimd_state *state = &current->thread.fpsimd;
	struct _aarch64_ctx head = {FPSIMD_MAGIC, sizeof(*ctx)};

	fpsimd_sync_current();
	if (copy_to_user(&ctx->head, &head, sizeof(head)) ||
	    copy_to_user(ctx->vregs, state->vregs, sizeof(state->vregs)) ||
	    put_user(state->fpsr, &ctx->fpsr) || put_user(state->fpcr, &ctx->fpcr))
		return -EFAULT;
	return 0;
}

static int put_records(struct sigcontext __user *sc)
{
	struct {
		struct esr_context esr;
		struct _aarch64_ctx end;
	} tail = {{{ESR_MAGIC, sizeof(struct esr_context)}, current->thread.fault_esr}, {0, 0}};
	u8 __user *at = sc->__reserved;

	if (put_fpsimd((struct fpsimd_context __user *)at))
		return -EFAULT;
	at += sizeof(struct fpsimd_context);
	if (current->thread.fault_esr)
		return copy_to_user(at, &tail, sizeof(tail)) ? -EFAULT : 0;
	return copy_to_user(at, &tail.end, sizeof(tail.end)) ? -EFAULT : 0;
}

static int put_context(struct ucontext __user *uc, const u64 *oldset, const struct pt_regs *regs)
{
	struct sigcontext __user *sc = &uc->uc_mcontext;

	if (put_user(0UL, &uc->uc_flags) || put_user(NULL, &uc->uc_link) ||
	    save_altstack(&uc->uc_stack, regs->sp) ||
	    copy_to_user(&uc->uc_sigmask, oldset, sizeof(*oldset)) ||
	    put_user(current->thread.fault_address, &sc->fault_address) ||
	    copy_to_user(sc->regs, regs->regs, GENERAL_REGS_SIZE))
		return -EFAULT;
	return put_records(sc);
}

static unsigned long trampoline(const struct ksignal *ksig)
{
	if (ksig->ka.sa.sa_flags & SA_RESTORER)
		return (unsigned long)ksig->ka.sa.sa_restorer;
	return (unsigned long)current->mm->vdso + arch_vdso_sigreturn_offset();
}

int arch_setup_rt_frame(struct ksignal *ksig, const u64 *oldset, struct pt_regs *regs)
{
	unsigned long top = sigsp(regs->sp, ksig);
	unsigned long record_at = round_down(top - sizeof(struct frame_record), 16);
	unsigned long at = record_at - sizeof(struct rt_sigframe);
	struct rt_sigframe __user *frame = (struct rt_sigframe __user *)at;
	struct frame_record record = {regs->regs[29], regs->regs[30]};

	if (!access_ok(at, top - at) ||
	    copy_to_user((void __user *)record_at, &record, sizeof(record)) ||
	    put_context(&frame->uc, oldset, regs))
		return -EFAULT;
	if ((ksig->ka.sa.sa_flags & SA_SIGINFO) && copy_siginfo_to_user(&frame->info, &ksig->info))
		return -EFAULT;

	regs->regs[0] = (u64)ksig->sig;
	if (ksig->ka.sa.sa_flags & SA_SIGINFO) {
		regs->regs[1] = at + offsetof(struct rt_sigframe, info);
		regs->regs[2] = at + offsetof(struct rt_sigframe, uc);
	}
	regs->regs[29] = record_at;
	regs->regs[30] = trampoline(ksig);
	regs->sp = at;
	regs->pc = (unsigned long)ksig->ka.sa.sa_handler;
	regs->pstate &= ~(SPSR_TCO | SPSR_BTYPE_MASK);
	return 0;
}

/* ---- pop ---- */

/*
 * What user space put into pstate may run there: AArch64 EL0 with nothing masked. Bits without a
 * meaning at EL0 are dropped, and the step bit, which the kernel arms itself.
 */
bool user_pstate_ok(u64 *pstate)
{
	const u64 kept = SPSR_NZCV | SPSR_DIT | SPSR_TCO | SPSR_SSBS | SPSR_BTYPE_MASK | SPSR_D |
			 SPSR_A | SPSR_I | SPSR_F | SPSR_MODE32 | SPSR_MODE_MASK;

	*pstate &= kept;
	return !(*pstate & (SPSR_D | SPSR_A | SPSR_I | SPSR_F | SPSR_MODE32 | SPSR_MODE_MASK));
}

static int get_fpsimd(const struct fpsimd_context __user *ctx, u32 size)
{
	struct fpsimd_state *state = &current->thread.fpsimd;

	if (size != sizeof(*ctx))
		return -EINVAL;
	if (copy_from_user(state->vregs, ctx->vregs, sizeof(state->vregs)) ||
	    get_user(state->fpsr, &ctx->fpsr) || get_user(state->fpcr, &ctx->fpcr))
		return -EFAULT;
	return 0;
}

/* Finds the one FP/SIMD record; the list must be well formed up to its end. NULL if not. */
static const struct fpsimd_context __user *find_fpsimd(const struct sigcontext __user *sc,
						       u32 *size)
{
	const u8 __user *base = sc->__reserved;
	const struct fpsimd_context __user *found = NULL;
	struct _aarch64_ctx head;

	for (size_t off = 0; off <= sizeof(sc->__reserved) - sizeof(head); off += head.size) {
		if (copy_from_user(&head, base + off, sizeof(head)))
			return NULL;
		if (!head.magic)
			return head.size ? NULL : found;
		if (head.size < sizeof(head) || head.size % 16 ||
		    head.size > sizeof(sc->__reserved) - off)
			return NULL;
		switch (head.magic) {
		case FPSIMD_MAGIC:
			if (found)
				return NULL;
			found = (const struct fpsimd_context __user *)(base + off);
			*size = head.size;
			break;
		case ESR_MAGIC:
			break;
		default:
			return NULL;
		}
	}
	return NULL;
}

static int get_context(const struct ucontext __user *uc, struct pt_regs *regs)
{
	const struct sigcontext __user *sc = &uc->uc_mcontext;
	const struct fpsimd_context __user *fpsimd;
	struct pt_regs new = *regs;
	u64 mask;
	u32 size;
	int err;

	if (copy_from_user(&mask, &uc->uc_sigmask, sizeof(mask)) ||
	    copy_from_user(new.regs, sc->regs, GENERAL_REGS_SIZE) || !user_pstate_ok(&new.pstate))
		return -EFAULT;
	fpsimd = find_fpsimd(sc, &size);
	if (!fpsimd)
		return -EINVAL;
	/*
	 * From here on thread.fpsimd is newer than the registers, also when the copy stops half
	 * way.
	 */
	fpsimd_sync_current();
	err = get_fpsimd(fpsimd, size);
	fpsimd_reload_current();
	if (err)
		return err;
	set_current_blocked(mask);
	*regs = new;
	return restore_altstack(&uc->uc_stack);
}

long arch_rt_sigreturn(struct pt_regs *regs)
{
	struct rt_sigframe __user *frame = (struct rt_sigframe __user *)regs->sp;

	syscall_set_nr(regs, -1);
	if (!(regs->sp & 15) && access_ok(frame, sizeof(*frame)) && !get_context(&frame->uc, regs))
		return syscall_ret(regs);
	force_sig_fault(SIGSEGV, SEGV_MAPERR, (void __user *)regs->sp);
	return 0;
}
