/* SPDX-License-Identifier: MIT */
/* Memory protection flags of aarch64 alone. */
#ifndef _ASM_UAPI_MMAN_H
#define _ASM_UAPI_MMAN_H

#define PROT_BTI 0x10
#define PROT_MTE 0x20

#endif
