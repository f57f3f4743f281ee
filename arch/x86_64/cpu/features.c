/* SPDX-License-Identifier: MIT */
/* What the CPU can do (CPUID, SDM vol. 2A), and the control registers that follow from it. */
#include <asm/cpufeature.h>
#include <asm/entry.h>
#include <asm/fpu.h>
#include <asm/irqflags.h>
#include <asm/msr.h>
#include <arch/elf.h>
#include <lib/compiler.h>
#include <lib/string.h>

u32 cpu_features __read_mostly;
struct cpu_ident boot_cpu __read_mostly;

/* Where CPUID says it: leaf (index into regs below), register, bit. */
enum { F_1_ECX, F_1_EDX, F_7_EBX, F_7_ECX, F_EXT_EDX, F_EXT7_EDX, F_6_EAX, F_D1_EAX, F_NR };

static const struct {
	u8 feature, word, bit;
} feature_bits[] = {
	{X86_PGE, F_1_EDX, 13},		 {X86_PAT, F_1_EDX, 16},
	{X86_PCID, F_1_ECX, 17},	 {X86_X2APIC, F_1_ECX, 21},
	{X86_TSC_DEADLINE, F_1_ECX, 24}, {X86_XSAVE, F_1_ECX, 26},
	{X86_RDRAND, F_1_ECX, 30},	 {X86_HYPERVISOR, F_1_ECX, 31},
	{X86_FSGSBASE, F_7_EBX, 0},	 {X86_SMEP, F_7_EBX, 7},
	{X86_INVPCID, F_7_EBX, 10},	 {X86_RDSEED, F_7_EBX, 18},
	{X86_SMAP, F_7_EBX, 20},	 {X86_UMIP, F_7_ECX, 2},
	{X86_RDPID, F_7_ECX, 22},	 {X86_GBPAGES, F_EXT_EDX, 26},
	{X86_RDTSCP, F_EXT_EDX, 27},	 {X86_TSC_INVARIANT, F_EXT7_EDX, 8},
	{X86_ARAT, F_6_EAX, 2},		 {X86_XSAVEOPT, F_D1_EAX, 0},
};

static void detect_names(void)
{
	struct cpuid_regs r = cpuid(0);

	boot_cpu.max_leaf = r.eax;
	memcpy(boot_cpu.vendor, &r.ebx, 4);
	memcpy(boot_cpu.vendor + 4, &r.edx, 4);
	memcpy(boot_cpu.vendor + 8, &r.ecx, 4);
	boot_cpu.max_ext_leaf = cpuid(0x80000000).eax;
	if (boot_cpu.max_ext_leaf < 0x80000004)
		return;
	for (u32 i = 0; i < 3; i++) {
		r = cpuid(0x80000002 + i);
		memcpy(boot_cpu.model_name + 16 * i, &r, 16);
	}
}

static void detect_version(u32 eax)
{
	boot_cpu.family = eax >> 8 & 0xf;
	boot_cpu.model = eax >> 4 & 0xf;
	boot_cpu.stepping = eax & 0xf;
	if (boot_cpu.family == 0xf)
		boot_cpu.family += eax >> 20 & 0xff;
	if (boot_cpu.family >= 6)
		boot_cpu.model += eax >> 12 & 0xf0;
}

void cpu_detect(void)
{
	u32 words[F_NR] = {0};
	struct cpuid_regs r;

	detect_names();
	r = cpuid(1);
	detect_version(r.eax);
	boot_cpu.clflush_size = (r.ebx >> 8 & 0xff) * 8;
	boot_cpu.apic_id = r.ebx >> 24;
	words[F_1_ECX] = boot_cpu.feat_1_ecx = r.ecx;
	words[F_1_EDX] = boot_cpu.feat_1_edx = r.edx;
	if (boot_cpu.max_leaf >= 6)
		words[F_6_EAX] = cpuid(6).eax;
	if (boot_cpu.max_leaf >= 7) {
		r = cpuid_count(7, 0);
		words[F_7_EBX] = boot_cpu.feat_7_ebx = r.ebx;
		words[F_7_ECX] = boot_cpu.feat_7_ecx = r.ecx;
		boot_cpu.feat_7_edx = r.edx;
	}
	if (boot_cpu.max_leaf >= 0xd && (boot_cpu.feat_1_ecx & BIT(26)))
		words[F_D1_EAX] = cpuid_count(0xd, 1).eax;
	r = cpuid(0x80000001);
	boot_cpu.feat_ext_ecx = r.ecx;
	words[F_EXT_EDX] = boot_cpu.feat_ext_edx = r.edx;
	if (boot_cpu.max_ext_leaf >= 0x80000007)
		words[F_EXT7_EDX] = cpuid(0x80000007).edx;
	boot_cpu.phys_bits = 36;
	boot_cpu.virt_bits = 48;
	if (boot_cpu.max_ext_leaf >= 0x80000008) {
		r = cpuid(0x80000008);
		boot_cpu.phys_bits = r.eax & 0xff;
		boot_cpu.virt_bits = r.eax >> 8 & 0xff;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(feature_bits); i++)
		if (words[feature_bits[i].word] >> feature_bits[i].bit & 1)
			cpu_features |= 1u << feature_bits[i].feature;
}

static unsigned long wanted_cr4(void)
{
	unsigned long cr4 = CR4_PAE | CR4_DE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	if (cpu_has(X86_PGE))
		cr4 |= CR4_PGE;
	if (cpu_has(X86_UMIP))
		cr4 |= CR4_UMIP;
	if (cpu_has(X86_FSGSBASE))
		cr4 |= CR4_FSGSBASE;
	if (cpu_has(X86_XSAVE))
		cr4 |= CR4_OSXSAVE;
	if (cpu_has(X86_SMEP))
		cr4 |= CR4_SMEP;
	if (cpu_has(X86_SMAP))
		cr4 |= CR4_SMAP;
	if (cpu_has(X86_PCID))
		cr4 |= CR4_PCIDE; /* CR3's PCID field is 0 now, as it must be */
	return cr4;
}

/*
 * PAT: 0 write-back, 1 write-combining, 2 uncached-, 3 uncached; the rest as after reset but 5
 * (write-protected). SDM vol. 3, 12.12.
 */
#define PAT_VALUE 0x0007050600070106ull

void cpu_setup(void)
{
	write_cr0(CR0_KERNEL);
	write_cr4(wanted_cr4());
	if (cpu_has(X86_PAT))
		wrmsr(MSR_PAT, PAT_VALUE);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NX);
	wrmsr(MSR_STAR, (u64)KERNEL_CS << 32 | (u64)USER32_CS << 48);
	wrmsr(MSR_LSTAR, (u64)syscall_entry);
	wrmsr(MSR_SYSCALL_MASK, X86_EFLAGS_TF | X86_EFLAGS_IF | X86_EFLAGS_DF | X86_EFLAGS_IOPL |
					X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_AC);
	fpu_cpu_setup();
}

unsigned long arch_elf_hwcap(void)
{
	return boot_cpu.feat_1_edx; /* what Linux shows: CPUID.1:EDX */
}

/* HWCAP2_RING3MWAIT is bit 0 (never), HWCAP2_FSGSBASE bit 1. */
unsigned long arch_elf_hwcap2(void)
{
	return cpu_has(X86_FSGSBASE) ? 2 : 0;
}

const char *arch_elf_platform(void)
{
	return "x86_64";
}
