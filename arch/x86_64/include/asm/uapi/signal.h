/* SPDX-License-Identifier: MIT */
/* Sizes of signal stacks on x86_64. */
#ifndef _ASM_UAPI_SIGNAL_H
#define _ASM_UAPI_SIGNAL_H

#define MINSIGSTKSZ 2048
#define SIGSTKSZ    8192

#endif
