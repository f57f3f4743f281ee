/* SPDX-License-Identifier: MIT */
/*
 * MRS of ID registers by programs: undefined in hardware at EL0, emulated under HWCAP_CPUID.
 * Registers of the ID space that have no meaning for programs read as zero.
 */
#include <arch/regs.h>
#include <asm/cpufeature.h>
#include <asm/entry.h>
#include <asm/sysreg.h>

/* mrs xt, s<op0>_<op1>_c<crn>_c<crm>_<op2> */
#define MRS_MASK    0xfff00000
#define MRS_INSN    0xd5300000
#define INSN_OP0(i) (2 + (((i) >> 19) & 1))
#define INSN_OP1(i) (((i) >> 16) & 7)
#define INSN_CRN(i) (((i) >> 12) & 0xf)
#define INSN_CRM(i) (((i) >> 8) & 0xf)
#define INSN_OP2(i) (((i) >> 5) & 7)
#define INSN_RT(i)  ((i)&0x1f)

static bool read_crm0(unsigned int op2, u64 *val)
{
	switch (op2) {
	case 0:
		*val = read_sysreg(midr_el1);
		return true;
	case 5:
		*val = 1UL << 31; /* MPIDR_EL1: where a program runs is not its business */
		return true;
	case 6:
		*val = 0; /* REVIDR_EL1 */
		return true;
	default:
		return false;
	}
}

bool emulate_id_mrs(struct pt_regs *regs, u32 insn)
{
	unsigned int rt = INSN_RT(insn), crm = INSN_CRM(insn);
	u64 val;

	if ((insn & MRS_MASK) != MRS_INSN || INSN_OP0(insn) != 3 || INSN_OP1(insn) ||
	    INSN_CRN(insn))
		return false;
	if (crm == 0) {
		if (!read_crm0(INSN_OP2(insn), &val))
			return false;
	} else if (crm <= 7) {
		val = cpufeature_user_id(crm, INSN_OP2(insn));
	} else {
		return false;
	}
	if (rt != 31)
		regs->regs[rt] = val;
	regs->pc += 4;
	return true;
}
