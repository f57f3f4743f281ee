/* SPDX-License-Identifier: MIT */
/*
 * What the kernel asks about its vDSO image: x86_64 programs bring their own signal trampoline
 * (SA_RESTORER).
 */
#include <arch/elf.h>

unsigned long arch_vdso_sigreturn_offset(void)
{
	return 0;
}
