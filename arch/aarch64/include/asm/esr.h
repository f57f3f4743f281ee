/* SPDX-License-Identifier: MIT */
/* ESR_EL1: why an exception was taken (Arm ARM, D17.2.37). Usable from assembly. */
#ifndef ASM_ESR_H
#define ASM_ESR_H

#define ESR_EC_SHIFT	   26
#define ESR_IL		   (1 << 25) /* the instruction has 32 bits */
#define ESR_EC(esr)	   (((esr) >> ESR_EC_SHIFT) & 0x3f)

#define EC_UNKNOWN	   0x00
#define EC_WFX		   0x01
#define EC_FP_ACCESS	   0x07
#define EC_BTI		   0x0d
#define EC_ILLEGAL_STATE   0x0e
#define EC_SVC64	   0x15
#define EC_SYS64	   0x18
#define EC_SVE		   0x19
#define EC_PAC		   0x1c
#define EC_IABT_LOWER	   0x20
#define EC_IABT_CURRENT	   0x21
#define EC_PC_ALIGN	   0x22
#define EC_DABT_LOWER	   0x24
#define EC_DABT_CURRENT	   0x25
#define EC_SP_ALIGN	   0x26
#define EC_FP_EXC32	   0x28
#define EC_FP_EXC64	   0x2c
#define EC_SERROR	   0x2f
#define EC_BREAKPT_LOWER   0x30
#define EC_SOFTSTP_LOWER   0x32
#define EC_SOFTSTP_CURRENT 0x33
#define EC_WATCHPT_LOWER   0x34
#define EC_BRK64	   0x3c

/* Aborts: bits of the instruction-specific syndrome. */
#define ESR_WNR		  (1 << 6) /* a write */
#define ESR_CM		  (1 << 8) /* cache maintenance: counts as a read whatever WnR says */
#define ESR_FNV		  (1 << 10) /* FAR is not valid */
#define ESR_FSC(esr)	  ((esr)&0x3f)
#define ESR_FSC_TYPE(esr) ((esr)&0x3c)

#define FSC_ADDRSIZE	  0x00
#define FSC_TRANSLATION	  0x04
#define FSC_ACCESS	  0x08
#define FSC_PERMISSION	  0x0c
#define FSC_EXTERNAL	  0x10
#define FSC_ALIGNMENT	  0x21

/* EC_FP_EXC64: TFV says that the cumulative flags below are valid. */
#define ESR_FP_TFV (1 << 23)
#define ESR_FP_IOF (1 << 0)
#define ESR_FP_DZF (1 << 1)
#define ESR_FP_OFF (1 << 2)
#define ESR_FP_UFF (1 << 3)
#define ESR_FP_IXF (1 << 4)

/* brk #imm16: the immediates the kernel gives a meaning inside itself. */
#define ESR_BRK_IMM(esr) ((esr)&0xffff)
#define BRK_IMM_BUG	 0x800

#endif
