/* SPDX-License-Identifier: MIT */
/* What the kernel knows of its vDSO image. */
#include <arch/elf.h>
#include <uapi/elf.h>

unsigned long arch_vdso_sigreturn_offset(void)
{
	return ((const Elf64_Ehdr *)vdso_image_start)->e_entry;
}
