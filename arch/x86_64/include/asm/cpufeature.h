/* SPDX-License-Identifier: MIT */
/*
 * What the boot CPU can do, as far as the kernel cares: one bit each, read from CPUID by
 * cpu_detect() and constant afterwards. Every CPU of a machine is taken to be the same.
 */
#ifndef ASM_CPUFEATURE_H
#define ASM_CPUFEATURE_H

#include <lib/types.h>

enum cpu_feature {
	X86_PGE,
	X86_PCID,
	X86_INVPCID,
	X86_SMEP,
	X86_SMAP,
	X86_UMIP,
	X86_FSGSBASE,
	X86_XSAVE,
	X86_XSAVEOPT,
	X86_GBPAGES,
	X86_X2APIC,
	X86_TSC_DEADLINE,
	X86_RDTSCP,
	X86_RDPID,
	X86_TSC_INVARIANT,
	X86_HYPERVISOR,
	X86_RDRAND,
	X86_RDSEED,
	X86_ARAT,
	X86_PAT,
};

extern u32 cpu_features;

static __always_inline bool cpu_has(enum cpu_feature f)
{
	return cpu_features & (1u << f);
}

struct cpu_ident {
	char vendor[13];
	char model_name[49];
	u32 family, model, stepping;
	u32 max_leaf, max_ext_leaf;
	u32 feat_1_ecx, feat_1_edx, feat_7_ebx, feat_7_ecx, feat_7_edx, feat_ext_ecx, feat_ext_edx;
	u32 apic_id;
	u8 phys_bits, virt_bits;
	u16 clflush_size;
};
extern struct cpu_ident boot_cpu;

/* Fills cpu_features and boot_cpu. Boot CPU, early, IRQs off. */
void cpu_detect(void);
/*
 * Control registers, EFER, PAT, SYSCALL registers, XCR0 of the calling CPU, from cpu_features. IRQs
 * off.
 */
void cpu_setup(void);

#endif
