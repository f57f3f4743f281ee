/* SPDX-License-Identifier: MIT */
/* Sizes of signal stacks on aarch64. */
#ifndef _ASM_UAPI_SIGNAL_H
#define _ASM_UAPI_SIGNAL_H

#define MINSIGSTKSZ 5120
#define SIGSTKSZ    16384

#endif
