/* SPDX-License-Identifier: MIT */
/* aarch64 has no arch_prctl(2); its prctl(2) operations are in uapi/prctl.h. */
#ifndef _ASM_UAPI_PRCTL_H
#define _ASM_UAPI_PRCTL_H

#endif
