/* SPDX-License-Identifier: MIT */
/* What exec and the auxiliary vector need from the arch. */
#ifndef ARCH_ELF_H
#define ARCH_ELF_H

#include <lib/types.h>

/*
 * AT_HWCAP, AT_HWCAP2 (CPU features, read from the CPU), AT_PLATFORM (string or NULL),
 * AT_MINSIGSTKSZ.
 */
unsigned long arch_elf_hwcap(void);
unsigned long arch_elf_hwcap2(void);
const char *arch_elf_platform(void);
unsigned long arch_minsigstksz(void);

/*
 * The vDSO image: pages in the kernel image mapped read-execute into each process; size 0 when
 * CONFIG_VDSO is off.
 */
extern const char vdso_image_start[], vdso_image_end[];
/*
 * Offset in the image of the signal return trampoline (aarch64; x86_64 programs bring
 * SA_RESTORER). 0: none.
 */
unsigned long arch_vdso_sigreturn_offset(void);

#endif
