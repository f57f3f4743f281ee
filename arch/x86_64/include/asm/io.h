/* SPDX-License-Identifier: MIT */
/*
 * Uncached accesses are in program order on x86, so the ordered and the relaxed forms differ for
 * the compiler only.
 */
#ifndef ASM_IO_H
#define ASM_IO_H

#include <lib/types.h>
#include <lib/compiler.h>

#define __MMIO_READ(name, type, suffix, clobber)                                 \
	static __always_inline type name(const volatile void __iomem *addr)      \
	{                                                                        \
		type v;                                                          \
		__asm__ __volatile__("mov" suffix " %1, %0"                      \
				     : "=r"(v)                                   \
				     : "m"(*(const volatile type __force *)addr) \
				     : clobber);                                 \
		return v;                                                        \
	}
#define __MMIO_WRITE(name, type, suffix, clobber)                                  \
	static __always_inline void name(type v, volatile void __iomem *addr)      \
	{                                                                          \
		__asm__ __volatile__("mov" suffix " %0, %1"                        \
				     :                                             \
				     : "r"(v), "m"(*(volatile type __force *)addr) \
				     : clobber);                                   \
	}
#define __NO_CLOBBER
__MMIO_READ(readb, u8, "b", "memory")
__MMIO_READ(readw, u16, "w", "memory")
__MMIO_READ(readl, u32, "l", "memory")
__MMIO_READ(readq, u64, "q", "memory")
__MMIO_WRITE(writeb, u8, "b", "memory")
__MMIO_WRITE(writew, u16, "w", "memory")
__MMIO_WRITE(writel, u32, "l", "memory")
__MMIO_WRITE(writeq, u64, "q", "memory")
__MMIO_READ(readb_relaxed, u8, "b", __NO_CLOBBER)
__MMIO_READ(readw_relaxed, u16, "w", __NO_CLOBBER)
__MMIO_READ(readl_relaxed, u32, "l", __NO_CLOBBER)
__MMIO_READ(readq_relaxed, u64, "q", __NO_CLOBBER)
__MMIO_WRITE(writeb_relaxed, u8, "b", __NO_CLOBBER)
__MMIO_WRITE(writew_relaxed, u16, "w", __NO_CLOBBER)
__MMIO_WRITE(writel_relaxed, u32, "l", __NO_CLOBBER)
__MMIO_WRITE(writeq_relaxed, u64, "q", __NO_CLOBBER)

#define __PORT_IO(suffix, type)                                                                   \
	static __always_inline type in##suffix(u16 port)                                          \
	{                                                                                         \
		type v;                                                                           \
		__asm__ __volatile__("in" #suffix " %w1, %0" : "=a"(v) : "Nd"(port) : "memory");  \
		return v;                                                                         \
	}                                                                                         \
	static __always_inline void out##suffix(type v, u16 port)                                 \
	{                                                                                         \
		__asm__ __volatile__("out" #suffix " %0, %w1" : : "a"(v), "Nd"(port) : "memory"); \
	}
__PORT_IO(b, u8)
__PORT_IO(w, u16)
__PORT_IO(l, u32)

/* About a microsecond: a write to the POST code port, for old chips between two accesses. */
static __always_inline void io_delay(void)
{
	outb(0, 0x80);
}

#endif
