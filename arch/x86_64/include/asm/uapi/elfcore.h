/* SPDX-License-Identifier: MIT */
/* Register sets of core notes on x86_64. */
#ifndef _ASM_UAPI_ELFCORE_H
#define _ASM_UAPI_ELFCORE_H

#include <asm/uapi/ptrace.h>

typedef unsigned long elf_greg_t;

#define ELF_NGREG (sizeof(struct user_regs_struct) / sizeof(elf_greg_t))

typedef elf_greg_t elf_gregset_t[ELF_NGREG];
typedef struct user_i387_struct elf_fpregset_t;

#endif
