/* SPDX-License-Identifier: MIT */
/*
 * MMIO by plain loads and stores with base addressing only, so that a hypervisor can decode a
 * trapped access. The ordered forms keep a read before later memory accesses, and earlier memory
 * accesses before a write (outer shareable: devices take part).
 */
#ifndef ASM_IO_H
#define ASM_IO_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <asm/barrier.h>

#define __io_read(type, insn, mod)                                        \
	({                                                                \
		type __v;                                                 \
		asm volatile(insn " %" mod "0, [%1]"                      \
			     : "=r"(__v)                                  \
			     : "r"((__force const volatile void *)addr)); \
		__v;                                                      \
	})

#define __io_write(insn, mod) \
	asm volatile(insn " %" mod "0, [%1]" : : "rZ"(val), "r"((__force volatile void *)addr))

#define __IO_ACCESSORS(type, sfx, load, store, mod)                                    \
	static inline type read##sfx##_relaxed(const volatile void __iomem *addr)      \
	{                                                                              \
		return __io_read(type, load, mod);                                     \
	}                                                                              \
	static inline void write##sfx##_relaxed(type val, volatile void __iomem *addr) \
	{                                                                              \
		__io_write(store, mod);                                                \
	}                                                                              \
	static inline type read##sfx(const volatile void __iomem *addr)                \
	{                                                                              \
		type val = read##sfx##_relaxed(addr);                                  \
		dma_rmb();                                                             \
		return val;                                                            \
	}                                                                              \
	static inline void write##sfx(type val, volatile void __iomem *addr)           \
	{                                                                              \
		dma_wmb();                                                             \
		write##sfx##_relaxed(val, addr);                                       \
	}

__IO_ACCESSORS(u8, b, "ldrb", "strb", "w")
__IO_ACCESSORS(u16, w, "ldrh", "strh", "w")
__IO_ACCESSORS(u32, l, "ldr", "str", "w")
__IO_ACCESSORS(u64, q, "ldr", "str", "x")

#undef __IO_ACCESSORS

#endif
