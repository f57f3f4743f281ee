/* SPDX-License-Identifier: MIT */
/*
 * Messages before the serial driver: polled writes to the first COM port, if there is one. The
 * loader's or firmware's line settings stay when they look sane, else 115200 8N1. (16550 data
 * sheet.)
 */
#include <arch/debug.h>
#include <arch/cpu.h>
#include <arch/io.h>
#include <asm/setup.h>

#define COM1	 0x3f8
#define UART_DLL 0
#define UART_IER 1
#define UART_DLM 1
#define UART_FCR 2
#define UART_LCR 3
#define UART_MCR 4
#define UART_LSR 5
#define UART_SCR 7
#define LSR_THRE 0x20
#define LCR_DLAB 0x80
#define LCR_8N1	 0x03

static bool present;

void early_console_init(void)
{
	if (!IS_ENABLED(CONFIG_EARLY_PRINTK))
		return;
	/* The scratch register remembers; an empty bus does not. */
	outb(0x5a, COM1 + UART_SCR);
	if (inb(COM1 + UART_SCR) != 0x5a)
		return;
	present = true;
	outb(0, COM1 + UART_IER);
	outb(LCR_8N1 | LCR_DLAB, COM1 + UART_LCR);
	outb(1, COM1 + UART_DLL);
	outb(0, COM1 + UART_DLM);
	outb(LCR_8N1, COM1 + UART_LCR);
	outb(1, COM1 + UART_FCR);
	outb(3, COM1 + UART_MCR); /* DTR, RTS */
}

static void put(char c)
{
	for (unsigned int i = 0; i < 100000 && !(inb(COM1 + UART_LSR) & LSR_THRE); i++)
		cpu_relax();
	outb((u8)c, COM1);
}

bool early_console_present(void)
{
	return IS_ENABLED(CONFIG_EARLY_PRINTK) && present;
}

void early_console_write(const char *s, size_t len)
{
	if (!early_console_present())
		return;
	for (; len; len--, s++) {
		if (*s == '\n')
			put('\r');
		put(*s);
	}
}
