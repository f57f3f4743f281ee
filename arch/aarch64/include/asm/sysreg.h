/* SPDX-License-Identifier: MIT */
/*
 * System registers: access from C, and the fields the kernel uses (Arm Architecture Reference
 * Manual, DDI 0487, chapter D17). Usable from assembly.
 */
#ifndef ASM_SYSREG_H
#define ASM_SYSREG_H

#ifdef __ASSEMBLER__
#define SYS_BIT(n) (1 << (n))
#else
#define SYS_BIT(n) (1UL << (n))
#endif

/* PSTATE / SPSR_EL1 */
#define SPSR_MODE_EL0T	0x0
#define SPSR_MODE_EL1T	0x4
#define SPSR_MODE_EL1H	0x5
#define SPSR_MODE_EL2H	0x9
#define SPSR_MODE_MASK	0xf
#define SPSR_MODE32	SYS_BIT(4)
#define SPSR_F		SYS_BIT(6)
#define SPSR_I		SYS_BIT(7)
#define SPSR_A		SYS_BIT(8)
#define SPSR_D		SYS_BIT(9)
#define SPSR_BTYPE_MASK 0xc00
#define SPSR_SSBS	SYS_BIT(12)
#define SPSR_IL		SYS_BIT(20)
#define SPSR_SS		SYS_BIT(21)
#define SPSR_PAN	SYS_BIT(22)
#define SPSR_UAO	SYS_BIT(23)
#define SPSR_DIT	SYS_BIT(24)
#define SPSR_TCO	SYS_BIT(25)
#define SPSR_NZCV	0xf0000000

/* SCTLR_EL1. The RES1 bits are those of a CPU without AArch32 at EL0; harmless with it. */
#define SCTLR_M	     SYS_BIT(0)
#define SCTLR_C	     SYS_BIT(2)
#define SCTLR_SA     SYS_BIT(3)
#define SCTLR_SA0    SYS_BIT(4)
#define SCTLR_ITD    SYS_BIT(7)
#define SCTLR_SED    SYS_BIT(8)
#define SCTLR_EOS    SYS_BIT(11)
#define SCTLR_I	     SYS_BIT(12)
#define SCTLR_DZE    SYS_BIT(14)
#define SCTLR_UCT    SYS_BIT(15)
#define SCTLR_NTWI   SYS_BIT(16)
#define SCTLR_NTWE   SYS_BIT(18)
#define SCTLR_TSCXT  SYS_BIT(20)
#define SCTLR_EIS    SYS_BIT(22)
#define SCTLR_SPAN   SYS_BIT(23)
#define SCTLR_UCI    SYS_BIT(26)
#define SCTLR_NTLSMD SYS_BIT(28)
#define SCTLR_LSMAOE SYS_BIT(29)

/* The bits that are RES1 when the feature that would use them is not there. */
#define SCTLR_RES1 (SCTLR_EOS | SCTLR_TSCXT | SCTLR_EIS | SCTLR_SPAN | SCTLR_NTLSMD | SCTLR_LSMAOE)
/* MMU and caches off, little endian. */
#define SCTLR_MMU_OFF (SCTLR_RES1 | SCTLR_ITD | SCTLR_SED)
/* MMU and caches on; EL0 may use DC ZVA, cache maintenance by address, CTR_EL0, WFE and WFI. */
#define SCTLR_MMU_ON                                                                      \
	(SCTLR_MMU_OFF | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_SA0 | SCTLR_I | SCTLR_DZE | \
	 SCTLR_UCT | SCTLR_NTWI | SCTLR_NTWE | SCTLR_UCI)

/* HCR_EL2, CNTHCTL_EL2, ICC_SRE_EL2, CPTR_EL2: what the drop to EL1 needs. */
#define HCR_RW		  SYS_BIT(31)
#define CNTHCTL_EL1_TIMER 3
#define CPTR_EL2_RES1	  0x33ff
#define ICC_SRE_SRE	  SYS_BIT(0)
#define ICC_SRE_ENABLE	  SYS_BIT(3)

/*
 * TCR_EL1: 48-bit halves of 4 KiB pages, walks cacheable and inner shareable, top byte of user
 * pointers ignored.
 */
#define TCR_T0SZ(n)   (n)
#define TCR_T1SZ(n)   ((n) << 16)
#define TCR_WALK(s)   ((1 << ((s) + 8)) | (1 << ((s) + 10)) | (3 << ((s) + 12)))
#define TCR_TG1_4K    (2 << 30)
#define TCR_IPS_SHIFT 32
#define TCR_AS16      (1 << 36)
#define TCR_TBI0      (1 << 37)
#define TCR_EL1_VALUE                                                                   \
	(TCR_T0SZ(64 - VA_BITS) | TCR_T1SZ(64 - VA_BITS) | TCR_WALK(0) | TCR_WALK(16) | \
	 TCR_TG1_4K | TCR_TBI0)

/*
 * MAIR_EL1: the memory kinds a page-table entry may name. Kind 0 is ordinary memory, so its bits
 * are zero.
 */
#define MT_NORMAL      0
#define MT_DEVICE      1
#define MT_NORMAL_NC   2
#define MAIR_EL1_VALUE 0x4404ff /* NC | device nGnRE | write-back */

/* No trap of FP/SIMD from EL0 or EL1; SVE (bits 16-17) trapped */
#define CPACR_FPEN	 (3 << 20)
#define MDSCR_SS	 SYS_BIT(0)
#define MDSCR_TDCC	 SYS_BIT(12)
#define MDSCR_KDE	 SYS_BIT(13)
#define MDSCR_MDE	 SYS_BIT(15)
#define CNTKCTL_EL0PCTEN SYS_BIT(0)
#define CNTKCTL_EL0VCTEN SYS_BIT(1)

/* ICC_*: GICv3 CPU interface, by the names every assembler knows. */
#define ICC_PMR_EL1	 S3_0_C4_C6_0
#define ICC_DIR_EL1	 S3_0_C12_C11_1
#define ICC_SGI1R_EL1	 S3_0_C12_C11_5
#define ICC_IAR1_EL1	 S3_0_C12_C12_0
#define ICC_EOIR1_EL1	 S3_0_C12_C12_1
#define ICC_BPR1_EL1	 S3_0_C12_C12_3
#define ICC_CTLR_EL1	 S3_0_C12_C12_4
#define ICC_SRE_EL1	 S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1	 S3_0_C12_C12_7
#define ICC_SRE_EL2	 S3_4_C12_C9_5
#define ICH_HCR_EL2	 S3_4_C12_C11_0
#define ID_AA64ISAR2_EL1 S3_0_C0_C6_2
#define ID_AA64ZFR0_EL1	 S3_0_C0_C4_4
#define ID_AA64MMFR2_EL1 S3_0_C0_C7_2

/* msr pan, #n: encoded here, since the assembler may be told of an older architecture. */
#define INSN_NOP	0xd503201f
#define INSN_SET_PAN(n) (0xd500409f | ((n) << 8))

#ifndef __ASSEMBLER__

#include <lib/types.h>

#define ___sysreg_str(x) #x
#define __sysreg_str(x)	 ___sysreg_str(x)

/*
 * Ordered against other volatile asm only; an isb() is the caller's where the manual asks for one.
 */
#define read_sysreg(reg)                                                \
	({                                                              \
		u64 __v;                                                \
		asm volatile("mrs %0, " __sysreg_str(reg) : "=r"(__v)); \
		__v;                                                    \
	})

#define write_sysreg(val, reg)                                                \
	do {                                                                  \
		u64 __v = (u64)(val);                                         \
		asm volatile("msr " __sysreg_str(reg) ", %x0" : : "rZ"(__v)); \
	} while (0)

/* The unsigned 4-bit field of an ID register at bit @shift. */
static inline unsigned int id_field(u64 reg, unsigned int shift)
{
	return (reg >> shift) & 0xf;
}

#endif /* !__ASSEMBLER__ */

#endif
