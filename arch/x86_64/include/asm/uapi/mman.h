/* SPDX-License-Identifier: MIT */
/* Memory protection and mapping flags of x86_64 alone. */
#ifndef _ASM_UAPI_MMAN_H
#define _ASM_UAPI_MMAN_H

#define MAP_32BIT 0x40

#endif
