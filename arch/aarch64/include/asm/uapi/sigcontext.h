/* SPDX-License-Identifier: MIT */
/*
 * Register state in an aarch64 signal frame: general registers, then tagged records in __reserved.
 */
#ifndef _ASM_UAPI_SIGCONTEXT_H
#define _ASM_UAPI_SIGCONTEXT_H

#include <uapi/types.h>

struct sigcontext {
	__u64 fault_address;
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
	__u8 __reserved[4096] __attribute__((__aligned__(16)));
};

/* Every record starts so; a zero magic and size end the list. Sizes are multiples of 16. */
struct _aarch64_ctx {
	__u32 magic;
	__u32 size;
};

#define FPSIMD_MAGIC 0x46508001

struct fpsimd_context {
	struct _aarch64_ctx head;
	__u32 fpsr;
	__u32 fpcr;
	__uint128_t vregs[32];
};

#define ESR_MAGIC 0x45535201

struct esr_context {
	struct _aarch64_ctx head;
	__u64 esr;
};

#define EXTRA_MAGIC 0x45585401

/* Further records are at @datap, when __reserved is too small. */
struct extra_context {
	struct _aarch64_ctx head;
	__u64 datap;
	__u32 size;
	__u32 __reserved[3];
};

#define SVE_MAGIC 0x53564501

struct sve_context {
	struct _aarch64_ctx head;
	__u16 vl;
	__u16 flags;
	__u16 __reserved[2];
};

#define SVE_SIG_FLAG_SM 0x1

#define ZA_MAGIC	0x54366345

struct za_context {
	struct _aarch64_ctx head;
	__u16 vl;
	__u16 __reserved[3];
};

#endif
