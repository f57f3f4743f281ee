/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers, control registers, CPUID. Bits and numbers: Intel SDM vol. 4, AMD APM
 * vol. 2.
 */
#ifndef ASM_MSR_H
#define ASM_MSR_H

#define MSR_TSC		   0x10
#define MSR_APIC_BASE	   0x1b
#define MSR_TSC_DEADLINE   0x6e0
#define MSR_PAT		   0x277
#define MSR_X2APIC	   0x800
#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_CSTAR	   0xc0000083
#define MSR_SYSCALL_MASK   0xc0000084
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX	   0xc0000103

#define APIC_BASE_X2APIC   0x400
#define APIC_BASE_ENABLE   0x800

#define EFER_SCE	   0x001
#define EFER_LME	   0x100
#define EFER_NX		   0x800

#define CR0_PE		   0x00000001
#define CR0_MP		   0x00000002
#define CR0_EM		   0x00000004
#define CR0_TS		   0x00000008
#define CR0_ET		   0x00000010
#define CR0_NE		   0x00000020
#define CR0_WP		   0x00010000
#define CR0_AM		   0x00040000
#define CR0_NW		   0x20000000
#define CR0_CD		   0x40000000
#define CR0_PG		   0x80000000
/* What the kernel runs with. */
#define CR0_KERNEL     (CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG)

#define CR4_TSD	       0x000004
#define CR4_DE	       0x000008
#define CR4_PAE	       0x000020
#define CR4_MCE	       0x000040
#define CR4_PGE	       0x000080
#define CR4_OSFXSR     0x000200
#define CR4_OSXMMEXCPT 0x000400
#define CR4_UMIP       0x000800
#define CR4_FSGSBASE   0x010000
#define CR4_PCIDE      0x020000
#define CR4_OSXSAVE    0x040000
#define CR4_SMEP       0x100000
#define CR4_SMAP       0x200000

#ifndef __ASSEMBLER__
#include <lib/types.h>

static __always_inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ __volatile__("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return ((u64)hi << 32) | lo;
}

static __always_inline void wrmsr(u32 msr, u64 val)
{
	__asm__ __volatile__("wrmsr"
			     :
			     : "c"(msr), "a"((u32)(val & 0xffffffff)), "d"((u32)(val >> 32))
			     : "memory");
}

/* The same for a register that may not exist: false when the CPU refused. */
bool rdmsr_safe(u32 msr, u64 *val);

#define __DEFINE_CR(n)                                                              \
	static __always_inline unsigned long read_cr##n(void)                       \
	{                                                                           \
		unsigned long v;                                                    \
		__asm__ __volatile__("movq %%cr" #n ", %0" : "=r"(v) : : "memory"); \
		return v;                                                           \
	}                                                                           \
	static __always_inline void write_cr##n(unsigned long v)                    \
	{                                                                           \
		__asm__ __volatile__("movq %0, %%cr" #n : : "r"(v) : "memory");     \
	}
__DEFINE_CR(0)
__DEFINE_CR(2)
__DEFINE_CR(3)
__DEFINE_CR(4)

struct cpuid_regs {
	u32 eax, ebx, ecx, edx;
};

static __always_inline struct cpuid_regs cpuid_count(u32 leaf, u32 sub)
{
	struct cpuid_regs r;

	__asm__ __volatile__("cpuid"
			     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			     : "a"(leaf), "c"(sub)
			     : "memory");
	return r;
}

static __always_inline struct cpuid_regs cpuid(u32 leaf)
{
	return cpuid_count(leaf, 0);
}

static __always_inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ __volatile__("rdtsc" : "=a"(lo), "=d"(hi));
	return ((u64)hi << 32) | lo;
}

/* Not before earlier loads are done (SDM: lfence; rdtsc). */
static __always_inline u64 rdtsc_ordered(void)
{
	u32 lo, hi;

	__asm__ __volatile__("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return ((u64)hi << 32) | lo;
}

static __always_inline u64 xgetbv(u32 n)
{
	u32 lo, hi;

	__asm__ __volatile__("xgetbv" : "=a"(lo), "=d"(hi) : "c"(n));
	return ((u64)hi << 32) | lo;
}

static __always_inline void xsetbv(u32 n, u64 val)
{
	__asm__ __volatile__("xsetbv"
			     :
			     : "c"(n), "a"((u32)(val & 0xffffffff)), "d"((u32)(val >> 32)));
}
#endif
#endif
