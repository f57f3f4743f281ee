/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader to C. The loader follows the Linux arm64 boot protocol: MMU and data cache
 * off, interrupts masked, at EL1 or EL2, x0 the physical address of the devicetree, the image
 * anywhere in memory at a multiple of 2 MiB.
 *
 * Until the MMU is on, code runs at its physical address and reaches symbols relative to the
 * program counter only; memory it writes bypasses the caches, so lines that may hold older contents
 * are invalidated before and after.
 */
#include <arch/param.h>
#include <asm/assembler.h>
#include <asm/sysreg.h>

	.section .head.text, "ax"
	.globl	_start
_start:
	b	primary_entry
	.long	0
	.quad	0			/* text_offset */
	.quad	_image_size		/* with .bss */
	.quad	0xa			/* little endian, 4 KiB pages, placed anywhere */
	.quad	0
	.quad	0
	.quad	0
	.ascii	"ARM\x64"
	.long	0

	.section .idmap.text, "ax"

primary_entry:
	msr	daifset, #15
	mov	x21, x0
	bl	drop_to_el1
	mov	x22, x0			/* the exception level we came from */

	/* .bss and the page tables: drop stale lines, zero. */
	adr_l	x0, __bss_start
	adr_l	x1, _end
	bl	invalidate_lines
	adr_l	x0, __bss_start
	adr_l	x1, _end
1:	stp	xzr, xzr, [x0], #16
	stp	xzr, xzr, [x0], #16
	stp	xzr, xzr, [x0], #16
	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b

	adr_l	x0, init_stack_pages + THREAD_SIZE
	mov	sp, x0
	mov	x29, #0
	mov	x0, x21
	bl	early_map
	adr_l	x0, __bss_start
	adr_l	x1, _end
	bl	invalidate_lines
	ic	iallu
	dsb	nsh

	ldr	x23, =primary_switched
	b	enable_mmu

/* A CPU that PSCI starts here has x0 = virtual address of its idle task. */
	.globl	secondary_entry
secondary_entry:
	msr	daifset, #15
	mov	x21, x0
	bl	drop_to_el1
	ldr	x23, =secondary_switched

/*
 * Turns the MMU on with the identity map in TTBR0 and the kernel's tables in TTBR1, and jumps to
 * x23. cpu_setup has no memory operand, so it is the same before and after.
 */
enable_mmu:
	bl	cpu_setup		/* x0: SCTLR_EL1 */
	adr_l	x1, idmap_pg_dir
	adr_l	x2, swapper_pg_dir
	msr	ttbr0_el1, x1
	msr	ttbr1_el1, x2
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	msr	sctlr_el1, x0
	isb
	br	x23

/*
 * Leaves EL2 for EL1, if that is where we are, with the MMU off; returns the old level in x0. The
 * timer and the GICv3 system registers are handed to EL1; nothing traps.
 */
drop_to_el1:
	mov_q	x1, SCTLR_MMU_OFF
	mrs	x0, CurrentEL
	lsr	x0, x0, #2
	cmp	x0, #2
	b.eq	1f
	msr	sctlr_el1, x1
	isb
	ret
1:	mov_q	x2, HCR_RW
	msr	hcr_el2, x2
	isb
	msr	sctlr_el1, x1
	mov	x2, #CNTHCTL_EL1_TIMER
	msr	cnthctl_el2, x2
	msr	cntvoff_el2, xzr
	mov	x2, #CPTR_EL2_RES1
	msr	cptr_el2, x2
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	mrs	x2, midr_el1
	msr	vpidr_el2, x2
	mrs	x2, mpidr_el1
	msr	vmpidr_el2, x2
	/* All performance counters belong to EL1; no debug traps. */
	mrs	x2, id_aa64dfr0_el1
	ubfx	x2, x2, #8, #4
	cmp	x2, #1
	b.lt	2f
	cmp	x2, #15
	b.eq	2f
	mrs	x3, pmcr_el0
	ubfx	x3, x3, #11, #5
	msr	mdcr_el2, x3
2:	mrs	x2, id_aa64pfr0_el1
	ubfx	x2, x2, #24, #4
	cbz	x2, 3f
	mrs	x2, ICC_SRE_EL2
	orr	x2, x2, #ICC_SRE_SRE
	orr	x2, x2, #ICC_SRE_ENABLE
	msr	ICC_SRE_EL2, x2
	isb
	mrs	x2, ICC_SRE_EL2
	tbz	x2, #0, 3f
	msr	ICH_HCR_EL2, xzr
3:	mov	x2, #(SPSR_D | SPSR_A | SPSR_I | SPSR_F | SPSR_MODE_EL1H)
	msr	spsr_el2, x2
	msr	elr_el2, x30
	eret

/* Invalidates the data cache lines of [x0, x1) to the point of coherency. */
invalidate_lines:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x3, x3, x2
	sub	x2, x3, #1
	bic	x0, x0, x2
1:	dc	ivac, x0
	add	x0, x0, x3
	cmp	x0, x1
	b.lo	1b
	dsb	sy
	ret

/*
 * System registers that every CPU sets before its MMU is on. Returns the value for SCTLR_EL1.
 * FP/SIMD is open to EL0 and EL1, the debug channel and the cycle counter are closed to EL0, the
 * virtual counter is open.
 */
cpu_setup:
	mov	x0, #CPACR_FPEN
	msr	cpacr_el1, x0
	mov	x0, #MDSCR_TDCC
	msr	mdscr_el1, x0
	mov	x0, #CNTKCTL_EL0VCTEN
	msr	cntkctl_el1, x0
	mrs	x0, id_aa64dfr0_el1
	ubfx	x0, x0, #8, #4
	cmp	x0, #1
	b.lt	1f
	cmp	x0, #15
	b.eq	1f
	msr	pmuserenr_el0, xzr
1:	mov_q	x0, MAIR_EL1_VALUE
	msr	mair_el1, x0

	mov_q	x0, TCR_EL1_VALUE
	mrs	x1, id_aa64mmfr0_el1
	and	x2, x1, #0xf		/* PARange, at most 48 bits */
	mov	x3, #5
	cmp	x2, x3
	csel	x2, x2, x3, lo
	bfi	x0, x2, #TCR_IPS_SHIFT, #3
	ubfx	x1, x1, #4, #4		/* ASIDBits: 2 is 16 */
	cmp	x1, #2
	b.ne	2f
	orr	x0, x0, #TCR_AS16
2:	msr	tcr_el1, x0

	/* SCTLR: PAN, where there is one, is set by every exception. */
	mov_q	x0, SCTLR_MMU_ON
	mrs	x1, id_aa64mmfr1_el1
	ubfx	x1, x1, #20, #4
	cbz	x1, 3f
	bic	x0, x0, #SCTLR_SPAN
3:	ret

	.ltorg

	.section .init.text, "ax"

/* At KERNEL_BASE. x21: devicetree, x22: exception level we came from. */
primary_switched:
	ldr	x0, =init_stack + THREAD_SIZE - STACK_END_SIZE - S_SIZE
	mov	sp, x0
	adr_l	x0, init_task
	msr	sp_el0, x0
	msr	tpidr_el1, xzr
	adr_l	x0, vectors
	msr	vbar_el1, x0
	isb
	bl	drop_identity_map
	mov	x29, #0
	mov	x30, #0
	mov	x0, x21
	mov	x1, x22
	b	arch_setup

	.ltorg

	.section .text.secondary_switched, "ax"

/* x21: idle task, its kernel_sp the top of its stack. */
secondary_switched:
	msr	sp_el0, x21
	ldr	x0, [x21, #TI_KERNEL_SP]
	mov	sp, x0
	adr_l	x0, vectors
	msr	vbar_el1, x0
	isb
	bl	drop_identity_map
	mov	x29, #0
	mov	x30, #0
	b	secondary_setup

/*
 * TTBR0 to a table without entries, the page before swapper_pg_dir; nothing of the identity map
 * stays in the TLB.
 */
drop_identity_map:
	mrs	x0, ttbr1_el1
	sub	x0, x0, #PAGE_SIZE
	msr	ttbr0_el1, x0
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	set_pan	1
	ret
