/* SPDX-License-Identifier: MIT */
/* Architectures as seccomp filters and PTRACE_GET_SYSCALL_INFO name them. */
#ifndef _UAPI_AUDIT_H
#define _UAPI_AUDIT_H

#include <uapi/elf.h>

#define __AUDIT_ARCH_64BIT 0x80000000
#define __AUDIT_ARCH_LE	   0x40000000

#define AUDIT_ARCH_AARCH64 (EM_AARCH64 | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE)
#define AUDIT_ARCH_X86_64  (EM_X86_64 | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE)

#endif
