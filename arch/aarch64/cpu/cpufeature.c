/* SPDX-License-Identifier: MIT */
/*
 * CPU features: AT_HWCAP, /proc/cpuinfo, and the ID registers as programs see them (HWCAP_CPUID). A
 * feature that needs the kernel to keep state it does not keep (SVE, SME, MTE, pointer
 * authentication keys) is not shown.
 */
#include <kernel/cpumask.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/smp.h>
#include <fs/seq_file.h>
#include <arch/cpu.h>
#include <arch/elf.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>
#include <asm/uapi/hwcap.h>

enum id_reg { PFR0, PFR1, ISAR0, ISAR1, ISAR2, MMFR0, MMFR1, MMFR2, NR_ID_REGS };

static u64 id_regs[NR_ID_REGS] __ro_after_init;
static unsigned long hwcap __ro_after_init, hwcap2 __ro_after_init;
static u64 midrs[CONFIG_NR_CPUS];

/* A field that programs may see, and what it means when it is at least @min. */
struct cap {
	u8 reg, shift, min;
	bool is_signed;
	bool second; /* AT_HWCAP2 */
	unsigned long bit;
	const char *name; /* in /proc/cpuinfo */
};

#define CAP(r, s, m, b, n)                                          \
	{                                                           \
		.reg = r, .shift = s, .min = m, .bit = b, .name = n \
	}
#define CAPS(r, s, m, b, n)                                                            \
	{                                                                              \
		.reg = r, .shift = s, .min = m, .bit = b, .name = n, .is_signed = true \
	}
#define CAP2(r, s, m, b, n)                                                         \
	{                                                                           \
		.reg = r, .shift = s, .min = m, .bit = b, .name = n, .second = true \
	}

static const struct cap caps[] = {
	CAPS(PFR0, 16, 0, HWCAP_FP, "fp"),
	CAPS(PFR0, 20, 0, HWCAP_ASIMD, "asimd"),
	CAP(ISAR0, 4, 1, HWCAP_AES, "aes"),
	CAP(ISAR0, 4, 2, HWCAP_PMULL, "pmull"),
	CAP(ISAR0, 8, 1, HWCAP_SHA1, "sha1"),
	CAP(ISAR0, 12, 1, HWCAP_SHA2, "sha2"),
	CAP(ISAR0, 16, 1, HWCAP_CRC32, "crc32"),
	CAP(ISAR0, 20, 2, HWCAP_ATOMICS, "atomics"),
	CAPS(PFR0, 16, 1, HWCAP_FPHP, "fphp"),
	CAPS(PFR0, 20, 1, HWCAP_ASIMDHP, "asimdhp"),
	CAP(ISAR0, 28, 1, HWCAP_ASIMDRDM, "asimdrdm"),
	CAP(ISAR1, 12, 1, HWCAP_JSCVT, "jscvt"),
	CAP(ISAR1, 16, 1, HWCAP_FCMA, "fcma"),
	CAP(ISAR1, 20, 1, HWCAP_LRCPC, "lrcpc"),
	CAP(ISAR1, 0, 1, HWCAP_DCPOP, "dcpop"),
	CAP(ISAR0, 32, 1, HWCAP_SHA3, "sha3"),
	CAP(ISAR0, 36, 1, HWCAP_SM3, "sm3"),
	CAP(ISAR0, 40, 1, HWCAP_SM4, "sm4"),
	CAP(ISAR0, 44, 1, HWCAP_ASIMDDP, "asimddp"),
	CAP(ISAR0, 12, 2, HWCAP_SHA512, "sha512"),
	CAP(ISAR0, 48, 1, HWCAP_ASIMDFHM, "asimdfhm"),
	CAPS(PFR0, 48, 1, HWCAP_DIT, "dit"),
	CAP(MMFR2, 32, 1, HWCAP_USCAT, "uscat"),
	CAP(ISAR1, 20, 2, HWCAP_ILRCPC, "ilrcpc"),
	CAP(ISAR0, 52, 1, HWCAP_FLAGM, "flagm"),
	CAP(ISAR1, 36, 1, HWCAP_SB, "sb"),
	CAP2(ISAR1, 0, 2, HWCAP2_DCPODP, "dcpodp"),
	CAP2(ISAR0, 52, 2, HWCAP2_FLAGM2, "flagm2"),
	CAP2(ISAR1, 32, 1, HWCAP2_FRINT, "frint"),
	CAP2(ISAR1, 52, 1, HWCAP2_I8MM, "i8mm"),
	CAP2(ISAR1, 44, 1, HWCAP2_BF16, "bf16"),
	CAP2(ISAR1, 48, 1, HWCAP2_DGH, "dgh"),
	CAP2(ISAR0, 60, 1, HWCAP2_RNG, "rng"),
	CAP2(MMFR1, 44, 1, HWCAP2_AFP, "afp"),
	CAP2(ISAR2, 4, 1, HWCAP2_RPRES, "rpres"),
};

static int field(const struct cap *cap)
{
	unsigned int val = id_field(id_regs[cap->reg], cap->shift);

	return cap->is_signed && val >= 8 ? (int)val - 16 : (int)val;
}

static bool has(const struct cap *cap)
{
	return field(cap) >= (int)cap->min;
}

void __init cpufeature_init(void)
{
	id_regs[PFR0] = read_sysreg(id_aa64pfr0_el1);
	id_regs[PFR1] = read_sysreg(id_aa64pfr1_el1);
	id_regs[ISAR0] = read_sysreg(id_aa64isar0_el1);
	id_regs[ISAR1] = read_sysreg(id_aa64isar1_el1);
	id_regs[ISAR2] = read_sysreg(ID_AA64ISAR2_EL1);
	id_regs[MMFR0] = read_sysreg(id_aa64mmfr0_el1);
	id_regs[MMFR1] = read_sysreg(id_aa64mmfr1_el1);
	id_regs[MMFR2] = read_sysreg(ID_AA64MMFR2_EL1);
	hwcap = HWCAP_CPUID;
	for (unsigned int i = 0; i < ARRAY_SIZE(caps); i++) {
		if (!has(&caps[i]))
			continue;
		if (caps[i].second)
			hwcap2 |= caps[i].bit;
		else
			hwcap |= caps[i].bit;
	}
	cpufeature_record_cpu();
}

void cpufeature_record_cpu(void)
{
	unsigned int cpu = smp_processor_id_raw();

	midrs[cpu] = read_sysreg(midr_el1);
	if (cpu == 0)
		return;
	if (id_regs[ISAR0] != read_sysreg(id_aa64isar0_el1) ||
	    id_regs[PFR0] != read_sysreg(id_aa64pfr0_el1) ||
	    id_regs[MMFR1] != read_sysreg(id_aa64mmfr1_el1))
		pr_warn("CPU %u: features differ from the boot CPU's\n", cpu);
}

static int reg_of(unsigned int crm, unsigned int op2)
{
	static const struct {
		u8 crm, op2, reg;
	} where[] = {{4, 0, PFR0},  {4, 1, PFR1},  {6, 0, ISAR0}, {6, 1, ISAR1},
		     {6, 2, ISAR2}, {7, 0, MMFR0}, {7, 1, MMFR1}, {7, 2, MMFR2}};

	for (unsigned int i = 0; i < ARRAY_SIZE(where); i++)
		if (where[i].crm == crm && where[i].op2 == op2)
			return where[i].reg;
	return -1;
}

u64 cpufeature_user_id(unsigned int crm, unsigned int op2)
{
	int reg = reg_of(crm, op2);
	u64 val = 0;

	if (reg < 0)
		return 0;
	if (reg == PFR0)
		val = 0x11; /* EL0 and EL1 are AArch64 only */
	for (unsigned int i = 0; i < ARRAY_SIZE(caps); i++)
		if (caps[i].reg == reg)
			val |= id_regs[reg] & (0xfULL << caps[i].shift);
	return val;
}

unsigned long arch_elf_hwcap(void)
{
	return hwcap;
}

unsigned long arch_elf_hwcap2(void)
{
	return hwcap2;
}

const char *arch_elf_platform(void)
{
	return "aarch64";
}

void arch_show_cpuinfo(struct seq_file *m, unsigned int cpu)
{
	u64 midr = midrs[cpu], hz = read_sysreg(cntfrq_el0);

	seq_printf(m, "processor\t: %u\n", cpu);
	seq_printf(m, "BogoMIPS\t: %llu.%02llu\n", hz / 500000, hz / 5000 % 100);
	seq_printf(m, "Features\t:");
	for (unsigned int i = 0; i < ARRAY_SIZE(caps); i++)
		if (has(&caps[i]))
			seq_printf(m, " %s", caps[i].name);
	seq_printf(m, " cpuid\n");
	seq_printf(m, "CPU implementer\t: 0x%02llx\n", midr >> 24 & 0xff);
	seq_printf(m, "CPU architecture: 8\n");
	seq_printf(m, "CPU variant\t: 0x%llx\n", midr >> 20 & 0xf);
	seq_printf(m, "CPU part\t: 0x%03llx\n", midr >> 4 & 0xfff);
	seq_printf(m, "CPU revision\t: %llu\n\n", midr & 0xf);
}
