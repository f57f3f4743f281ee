/* SPDX-License-Identifier: MIT */
/*
 * The PC's keyboard controller and its PS/2 keyboard. The controller translates to scan code set 1,
 * whose numbers are the key numbers; 0xe0 goes before those that came later.
 */
#include <arch/io.h>
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include "vt.h"

#define DATA		 0x60
#define STATUS		 0x64
#define STATUS_FULL	 1u /* a byte for us */
#define STATUS_BUSY	 2u /* the last one for it is still there */
#define STATUS_AUX	 0x20u /* of the mouse */
#define CMD_READ_CONFIG	 0x20
#define CMD_WRITE_CONFIG 0x60
#define CMD_DISABLE_AUX	 0xa7
#define CMD_DISABLE	 0xad
#define CMD_ENABLE	 0xae
#define CFG_IRQ		 1u
#define CFG_AUX_IRQ	 2u
#define CFG_OFF		 0x10u
#define CFG_AUX_OFF	 0x20u
#define CFG_TRANSLATE	 0x40u
#define KEYBOARD_IRQ	 1u
#define WAIT_STEPS	 500u /* of 100 us */

static u8 prefix; /* of the byte to come; the interrupt's */
static u32 held[4]; /* keys that are down, by number: a second press is a repetition */

static bool wait_status(u8 mask, u8 want)
{
	for (unsigned int i = 0; i < WAIT_STEPS; i++) {
		if ((inb(STATUS) & mask) == want)
			return true;
		udelay(100);
	}
	return false;
}

static bool command(u8 cmd)
{
	if (!wait_status(STATUS_BUSY, 0))
		return false;
	outb(cmd, STATUS);
	return true;
}

static int read_config(void)
{
	return command(CMD_READ_CONFIG) && wait_status(STATUS_FULL, STATUS_FULL) ? inb(DATA) : -EIO;
}

static void drain(void)
{
	for (unsigned int i = 0; i < 32 && (inb(STATUS) & STATUS_FULL); i++)
		(void)inb(DATA);
}

/* Keys behind 0xe0; others have no number here. */
static unsigned int extended_key(u8 code)
{
	static const u8 codes[][2] = {
		{0x1c, 96},  {0x1d, 97},  {0x35, 98},  {0x38, 100}, {0x47, 102}, {0x48, 103},
		{0x49, 104}, {0x4b, 105}, {0x4d, 106}, {0x4f, 107}, {0x50, 108}, {0x51, 109},
		{0x52, 110}, {0x53, 111}, {0x5b, 125}, {0x5c, 126}, {0x5d, 127}};

	for (unsigned int i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i][0] == code)
			return codes[i][1];
	return 0;
}

static void scan_code(u8 byte)
{
	unsigned int key = byte & 0x7f, value = !(byte & 0x80);

	if (byte == 0xe0 || byte == 0xe1) {
		prefix = byte;
		return;
	}
	if (prefix == 0xe0)
		key = extended_key(key);
	else if (prefix || key > 88)
		key = 0; /* Pause, and answers */
	prefix = 0;
	if (!key)
		return;
	if (value && (held[key / 32] >> key % 32 & 1))
		value = 2;
	if (value)
		held[key / 32] |= 1u << key % 32;
	else
		held[key / 32] &= ~(1u << key % 32);
	vt_key(key, value);
}

static irqreturn_t i8042_interrupt(int irq, void *dev)
{
	irqreturn_t ret = IRQ_NONE;

	for (unsigned int i = 0; i < 32; i++) {
		u8 status = inb(STATUS), byte;

		if (!(status & STATUS_FULL))
			break;
		byte = inb(DATA);
		if (!(status & STATUS_AUX))
			scan_code(byte);
		ret = IRQ_HANDLED;
	}
	return ret;
}

/* Without a controller the ports read as ones. */
static int __init i8042_init(void)
{
	unsigned int irq = irq_gsi_domain ? irq_create_mapping(irq_gsi_domain, KEYBOARD_IRQ) : 0;
	int config;

	if (inb(STATUS) == 0xff || !irq)
		return 0;
	if (!command(CMD_DISABLE) || !command(CMD_DISABLE_AUX))
		goto out_dead;
	drain();
	config = read_config();
	if (config < 0)
		goto out_dead;
	config = (config | CFG_IRQ | CFG_TRANSLATE | CFG_AUX_OFF) & ~(CFG_OFF | CFG_AUX_IRQ);
	if (!command(CMD_WRITE_CONFIG) || !wait_status(STATUS_BUSY, 0))
		goto out_dead;
	outb(config, DATA);
	if (request_irq(irq, i8042_interrupt, 0, "i8042", &prefix))
		return -EBUSY;
	command(CMD_ENABLE);
	return 0;

out_dead:
	pr_warn("i8042: the keyboard controller does not answer\n");
	return 0;
}
device_initcall(i8042_init);
