/* SPDX-License-Identifier: MIT */
/* /proc/cpuinfo: one block a CPU, with the names that programs look for. */
#include <arch/cpu.h>
#include <arch/param.h>
#include <fs/seq_file.h>
#include <kernel/smp.h>
#include <asm/cpufeature.h>
#include <asm/platform.h>

/* Names of CPUID bits as Linux spells them; NULL: not shown. Index: bit. */
static const char *const names_1_edx[32] = {
	"fpu",	"vme",	"de",	"pse", "tsc",  "msr", "pae",   "mce", "cx8",	 "apic", NULL,
	"sep",	"mtrr", "pge",	"mca", "cmov", "pat", "pse36", "pn",  "clflush", NULL,	 "dts",
	"acpi", "mmx",	"fxsr", "sse", "sse2", "ss",  "ht",    "tm",  "ia64",	 "pbe"};
static const char *const names_ext_edx[32] = {
	[11] = "syscall", [19] = "mp",	   [20] = "nx", [22] = "mmxext",   [25] = "fxsr_opt",
	[26] = "pdpe1gb", [27] = "rdtscp", [29] = "lm", [30] = "3dnowext", [31] = "3dnow"};
static const char *const names_1_ecx[32] = {
	"pni",	  "pclmulqdq", "dtes64", "monitor", "ds_cpl",
	"vmx",	  "smx",       "est",	 "tm2",	    "ssse3",
	"cid",	  "sdbg",      "fma",	 "cx16",    "xtpr",
	"pdcm",	  NULL,	       "pcid",	 "dca",	    "sse4_1",
	"sse4_2", "x2apic",    "movbe",	 "popcnt",  "tsc_deadline_timer",
	"aes",	  "xsave",     NULL,	 "avx",	    "f16c",
	"rdrand", "hypervisor"};
static const char *const names_ext_ecx[32] = {
	"lahf_lm",     "cmp_legacy",	"svm",	"extapic", "cr8_legacy", "abm",	   "sse4a",
	"misalignsse", "3dnowprefetch", "osvw", "ibs",	   "xop",	 "skinit", "wdt",
	NULL,	       "lwp",		"fma4"};
static const char *const names_7_ebx[32] = {
	"fsgsbase",   "tsc_adjust", "sgx",	  "bmi1",     "hle",	  "avx2",     NULL,
	"smep",	      "bmi2",	    "erms",	  "invpcid",  "rtm",	  "cqm",      NULL,
	"mpx",	      "rdt_a",	    "avx512f",	  "avx512dq", "rdseed",	  "adx",      "smap",
	"avx512ifma", NULL,	    "clflushopt", "clwb",     "intel_pt", "avx512pf", "avx512er",
	"avx512cd",   "sha_ni",	    "avx512bw",	  "avx512vl"};
static const char *const names_7_ecx[32] = {
	[1] = "avx512vbmi", [2] = "umip",	 [8] = "gfni",
	[9] = "vaes",	    [10] = "vpclmulqdq", [22] = "rdpid"};

static void show_flags(struct seq_file *m, const char *const names[32], u32 bits)
{
	for (unsigned int i = 0; i < 32; i++)
		if ((bits >> i & 1) && names[i]) {
			seq_putc(m, ' ');
			seq_puts(m, names[i]);
		}
}

void arch_show_cpuinfo(struct seq_file *m, unsigned int cpu)
{
	seq_printf(m, "processor\t: %u\n", cpu);
	seq_printf(m, "vendor_id\t: %s\n", boot_cpu.vendor);
	seq_printf(m, "cpu family\t: %u\n", boot_cpu.family);
	seq_printf(m, "model\t\t: %u\n", boot_cpu.model);
	seq_printf(m, "model name\t: %s\n",
		   boot_cpu.model_name[0] ? boot_cpu.model_name : "unknown");
	seq_printf(m, "stepping\t: %u\n", boot_cpu.stepping);
	if (tsc_hz)
		seq_printf(m, "cpu MHz\t\t: %llu.%03llu\n", tsc_hz / 1000000, tsc_hz / 1000 % 1000);
	seq_printf(m, "physical id\t: 0\nsiblings\t: %u\n", num_online_cpus());
	seq_printf(m, "core id\t\t: %u\ncpu cores\t: %u\n", cpu, num_online_cpus());
	seq_printf(m, "apicid\t\t: %u\n", x86_platform.apic_id[cpu]);
	seq_printf(m, "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\n",
		   boot_cpu.max_leaf);
	seq_puts(m, "flags\t\t:");
	show_flags(m, names_1_edx, boot_cpu.feat_1_edx);
	show_flags(m, names_ext_edx, boot_cpu.feat_ext_edx);
	show_flags(m, names_1_ecx, boot_cpu.feat_1_ecx);
	show_flags(m, names_ext_ecx, boot_cpu.feat_ext_ecx);
	show_flags(m, names_7_ebx, boot_cpu.feat_7_ebx);
	show_flags(m, names_7_ecx, boot_cpu.feat_7_ecx);
	seq_puts(m, "\nbugs\t\t:\n");
	if (tsc_hz)
		seq_printf(m, "bogomips\t: %llu.%02llu\n", tsc_hz / 500000, tsc_hz / 5000 % 100);
	seq_printf(m, "clflush size\t: %u\ncache_alignment\t: %u\n", boot_cpu.clflush_size,
		   CACHE_LINE);
	seq_printf(m, "address sizes\t: %u bits physical, %u bits virtual\n\n", boot_cpu.phys_bits,
		   boot_cpu.virt_bits);
}
