/* SPDX-License-Identifier: MIT */
/* AT_HWCAP2 of x86_64; AT_HWCAP is CPUID.1:EDX. */
#ifndef _ASM_UAPI_HWCAP_H
#define _ASM_UAPI_HWCAP_H

#define HWCAP2_RING3MWAIT (1 << 0)
#define HWCAP2_FSGSBASE	  (1 << 1)

#endif
