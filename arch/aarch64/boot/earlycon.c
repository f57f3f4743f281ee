/* SPDX-License-Identifier: MIT */
/*
 * The console that works before drivers and in panic: the UART that /chosen stdout-path names, as
 * firmware has set it up, polled. One page of registers is mapped at FIXMAP_CONSOLE.
 */
#include <kernel/init.h>
#include <kernel/of.h>
#include <arch/debug.h>
#include <arch/io.h>
#include <arch/mmu.h>
#include <asm/earlycon.h>
#include <asm/sections.h>

/* How to send a byte: store it at @data once (load of @status & @mask) == @ready. */
struct early_uart {
	const char *compatible;
	u16 data, status;
	u32 mask, ready;
	bool is_8250; /* registers are 1 << reg-shift bytes apart; bytes, unless apart by words */
};

static const struct early_uart uarts[] __initconst = {
	{"arm,pl011", 0x00, 0x18, 1 << 5, 0, false},
	{"arm,sbsa-uart", 0x00, 0x18, 1 << 5, 0, false},
	{"ns16550a", 0, 5, 1 << 5, 1 << 5, true},
	{"snps,dw-apb-uart", 0, 5, 1 << 5, 1 << 5, true},
	{"brcm,bcm2835-aux-uart", 0x40, 0x54, 1 << 5, 1 << 5, 0},
};

static struct early_uart uart __ro_after_init;
static void __iomem *base __ro_after_init;
static bool byte_wide __ro_after_init;

static u32 status(void)
{
	return byte_wide ? readb_relaxed(base + uart.status) : readl_relaxed(base + uart.status);
}

/* Bounded: a UART that is never ready loses output instead of stopping the machine. */
static void put(u8 c)
{
	for (unsigned int i = 0; i < 1000000; i++)
		if ((status() & uart.mask) == uart.ready)
			break;
	if (byte_wide)
		writeb_relaxed(c, base + uart.data);
	else
		writel_relaxed(c, base + uart.data);
}

bool early_console_present(void)
{
	return base;
}

void early_console_write(const char *s, size_t len)
{
	if (!base)
		return;
	for (; len; len--, s++) {
		if (*s == '\n')
			put('\r');
		put((u8)*s);
	}
}

static const struct early_uart *__init find_uart(int node)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(uarts); i++)
		if (fdt_is_compatible(&of_fdt, node, uarts[i].compatible))
			return &uarts[i];
	return NULL;
}

static void __init map_uart(phys_addr_t addr)
{
	pte_t *pte = &fixmap_pages[(FIXMAP_CONSOLE >> PAGE_SHIFT) & (PT_ENTRIES - 1)];

	pte_set(pte, (pte_t){0}); /* the fallback's */
	tlb_flush_kernel_range(FIXMAP_CONSOLE, FIXMAP_CONSOLE + PAGE_SIZE);
	pte_set(pte, pte_make(addr & PAGE_MASK, PT_KERNEL_IO, 0));
	base = (void __iomem *)(FIXMAP_CONSOLE + (addr & ~PAGE_MASK));
}

void __init earlycon_init(void)
{
	const struct early_uart *found;
	u32 shift = 0;
	u64 addr, size;
	const char *options;
	int node = fdt_stdout(&of_fdt, &options);

	base = NULL; /* the fallback's */
	if (node < 0 || fdt_reg(&of_fdt, node, 0, &addr, &size) || addr >> PHYS_BITS)
		return;
	found = find_uart(node);
	if (!found)
		return;
	uart = *found;
	if (uart.is_8250) {
		fdt_prop_u32(&of_fdt, node, "reg-shift", 0, &shift);
		uart.status = (u16)(uart.status << (shift & 3));
		byte_wide = shift < 2;
	}
	map_uart(addr);
}

void __init earlycon_fallback(void)
{
	if (!CONFIG_EARLYCON_PL011)
		return;
	uart = uarts[0];
	map_uart(CONFIG_EARLYCON_PL011);
}
