/* SPDX-License-Identifier: MIT */
/*
 * MMIO and ports. <asm/io.h> gives readb/w/l/q(const volatile void __iomem *) and
 * writeb/w/l/q(val, addr) (ordered against each other and against DMA memory), the _relaxed
 * forms, and where HAS_IOPORT (x86): inb/inw/inl(port), outb/outw/outl(val, port), io_delay().
 */
#ifndef ARCH_IO_H
#define ARCH_IO_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <asm/io.h>

/*
 * Maps @size bytes of device registers at @phys uncached into kernel space; NULL when out of
 * space. May sleep. mm/vmalloc.c
 */
void __iomem *ioremap(phys_addr_t phys, size_t size);
void iounmap(void __iomem *addr);

#endif
