/* SPDX-License-Identifier: MIT */
/*
 * Stack walks. With frame pointers the chain of %rbp is followed as long as it stays inside one
 * stack and goes up; without, every word that is an address of kernel text is reported as
 * unreliable.
 */
#include <arch/debug.h>
#include <arch/param.h>
#include <arch/regs.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/compiler.h>
#include <asm/entry.h>
#include <asm/msr.h>

#define MAX_FRAMES 64

typedef bool (*walk_fn)(void *arg, unsigned long pc, bool reliable);

/* struct switch_frame of cpu/thread.c: words up to the saved %rbp, then the return address. */
#define SWITCH_FRAME_BP 5
#define SWITCH_FRAME_IP 6

static bool is_text(unsigned long pc)
{
	return pc >= (unsigned long)_text && pc < (unsigned long)__text_end;
}

/* The stack that holds @sp: the task's, or this CPU's exception stack. */
static bool stack_of(struct task_struct *task, unsigned long sp, unsigned long *start,
		     unsigned long *end)
{
	*start = (unsigned long)task->stack;
	*end = *start + THREAD_SIZE;
	if (*start && sp >= *start && sp < *end)
		return true;
	return task == current && exception_stack_of(sp, start, end);
}

static void walk_frames(walk_fn fn, void *arg, unsigned long bp, unsigned long start,
			unsigned long end)
{
	for (unsigned int i = 0; i < MAX_FRAMES; i++) {
		const unsigned long *frame = (const unsigned long *)bp;

		if (bp < start || bp > end - 16 || (bp & 7) || !is_text(frame[1]))
			return;
		if (!fn(arg, frame[1], true) || frame[0] <= bp)
			return;
		bp = frame[0];
	}
}

static void scan_words(walk_fn fn, void *arg, unsigned long sp, unsigned long end)
{
	unsigned int found = 0;

	for (sp = ALIGN(sp, 8); sp <= end - 8 && found < MAX_FRAMES; sp += 8) {
		unsigned long word = *(const unsigned long *)sp;

		if (!is_text(word))
			continue;
		if (!fn(arg, word, false))
			return;
		found++;
	}
}

void arch_stack_walk(walk_fn fn, void *arg, struct task_struct *task, struct pt_regs *regs)
{
	unsigned long sp, bp, start, end;

	if (regs) {
		if (user_mode(regs))
			return;
		sp = regs->sp;
		bp = regs->bp;
		if (!fn(arg, regs->ip, true))
			return;
	} else if (task == current) {
		bp = (unsigned long)__builtin_frame_address(0);
		sp = bp;
	} else {
		const unsigned long *frame = (const unsigned long *)task->thread.sp;

		sp = task->thread.sp;
		if (!stack_of(task, sp, &start, &end))
			return;
		bp = frame[SWITCH_FRAME_BP];
		if (!fn(arg, frame[SWITCH_FRAME_IP], true))
			return;
	}
	if (!stack_of(task, sp, &start, &end))
		return;
	if (IS_ENABLED(CONFIG_FRAME_POINTER))
		walk_frames(fn, arg, bp, start, end);
	else
		scan_words(fn, arg, sp, end);
}

void arch_show_regs(struct pt_regs *regs)
{
	printk(KERN_EMERG "RIP: %04lx:%pS RSP: %04lx:%016lx EFLAGS: %08lx\n", regs->cs,
	       (void *)regs->ip, regs->ss, regs->sp, regs->flags);
	printk(KERN_EMERG "RIP: %016lx\n", regs->ip);
	printk(KERN_EMERG "RAX: %016lx RBX: %016lx RCX: %016lx\n", regs->ax, regs->bx, regs->cx);
	printk(KERN_EMERG "RDX: %016lx RSI: %016lx RDI: %016lx\n", regs->dx, regs->si, regs->di);
	printk(KERN_EMERG "RBP: %016lx R08: %016lx R09: %016lx\n", regs->bp, regs->r8, regs->r9);
	printk(KERN_EMERG "R10: %016lx R11: %016lx R12: %016lx\n", regs->r10, regs->r11, regs->r12);
	printk(KERN_EMERG "R13: %016lx R14: %016lx R15: %016lx\n", regs->r13, regs->r14, regs->r15);
	if (!user_mode(regs))
		printk(KERN_EMERG "CR2: %016lx CR3: %016lx CR4: %08lx\n", read_cr2(), read_cr3(),
		       read_cr4());
}
