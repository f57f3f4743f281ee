/* SPDX-License-Identifier: MIT */
/*
 * Keys (by Linux's numbers, as in input-event-codes.h) to the bytes that a terminal of TERM=linux
 * sends. The map is that of a US keyboard.
 */
#include <kernel/spinlock.h>
#include <lib/ctype.h>
#include <lib/printf.h>
#include <lib/string.h>
#include "vt.h"

enum {
	KEY_ENTER = 28,
	KEY_LEFTCTRL = 29,
	KEY_LEFTSHIFT = 42,
	KEY_RIGHTSHIFT = 54,
	KEY_LEFTALT = 56,
	KEY_CAPSLOCK = 58,
	KEY_F1 = 59,
	KEY_F10 = 68,
	KEY_NUMLOCK = 69,
	KEY_KP7 = 71,
	KEY_KPDOT = 83,
	KEY_F11 = 87,
	KEY_F12 = 88,
	KEY_KPENTER = 96,
	KEY_RIGHTCTRL = 97,
	KEY_KPSLASH = 98,
	KEY_RIGHTALT = 100,
	KEY_HOME = 102,
	KEY_UP,
	KEY_PAGEUP,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_END,
	KEY_DOWN,
	KEY_PAGEDOWN,
	KEY_INSERT,
	KEY_DELETE,
};

/* From key 1 on. */
static const char plain[] =
	"\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] =
	"\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";
/* Keypad 7.. with NumLock, and the keys that it has without. */
static const char keypad[] = "789-456+1230.";
static const u8 keypad_keys[] = {KEY_HOME,  KEY_UP, KEY_PAGEUP, 0,	  KEY_LEFT,	0,
				 KEY_RIGHT, 0,	    KEY_END,	KEY_DOWN, KEY_PAGEDOWN, KEY_INSERT,
				 KEY_DELETE};

#define SHIFT 1u
#define CTRL  2u
#define ALT   4u

static DEFINE_SPINLOCK(keys_lock); /* IRQs off: all below */
static unsigned int down; /* modifiers: left in bits 0-2, right in 4-6 */
static bool caps_lock, num_lock;

static unsigned int modifier_of(unsigned int code)
{
	switch (code) {
	case KEY_LEFTSHIFT:
		return SHIFT;
	case KEY_RIGHTSHIFT:
		return SHIFT << 4;
	case KEY_LEFTCTRL:
		return CTRL;
	case KEY_RIGHTCTRL:
		return CTRL << 4;
	case KEY_LEFTALT:
		return ALT;
	case KEY_RIGHTALT:
		return ALT << 4;
	default:
		return 0;
	}
}

/* ESC [ and what follows; ESC O for cursor keys in their other mode. */
static void send(const char *text)
{
	vt_input(text, strlen(text));
}

static void send_function(unsigned int n, bool shift)
{
	static const u8 codes[] = {11, 12, 13, 14, 15, 17, 18, 19, 20, 21,
				   23, 24, 25, 26, 28, 29, 31, 32, 33, 34};
	char text[8];

	if (!shift && n < 5)
		snprintf(text, sizeof(text), "\033[[%c", 'A' + n);
	else if (n + (shift ? 12 : 0) < ARRAY_SIZE(codes))
		snprintf(text, sizeof(text), "\033[%u~", codes[n + (shift ? 12 : 0)]);
	else
		return;
	send(text);
}

static void send_arrow(char letter)
{
	char text[4] = {'\033', vt_console && READ_ONCE(vt_console->cursor_keys) ? 'O' : '[',
			letter};

	send(text);
}

/* True if @code is a key without a character. */
static bool special_key(unsigned int code, unsigned int mods)
{
	static const char *const texts[] = {
		[KEY_HOME - KEY_HOME] = "\033[1~",   [KEY_PAGEUP - KEY_HOME] = "\033[5~",
		[KEY_END - KEY_HOME] = "\033[4~",    [KEY_PAGEDOWN - KEY_HOME] = "\033[6~",
		[KEY_INSERT - KEY_HOME] = "\033[2~", [KEY_DELETE - KEY_HOME] = "\033[3~"};

	if (code >= KEY_F1 && code <= KEY_F10)
		send_function(code - KEY_F1, mods & SHIFT);
	else if (code == KEY_F11 || code == KEY_F12)
		send_function(code - KEY_F11 + 10, mods & SHIFT);
	else if ((code == KEY_PAGEUP || code == KEY_PAGEDOWN) && (mods & SHIFT))
		vt_scrollback(code == KEY_PAGEUP ? 1 : -1);
	else if (code == KEY_UP || code == KEY_DOWN)
		send_arrow(code == KEY_UP ? 'A' : 'B');
	else if (code == KEY_LEFT || code == KEY_RIGHT)
		send_arrow(code == KEY_RIGHT ? 'C' : 'D');
	else if (code >= KEY_HOME && code <= KEY_DELETE)
		send(texts[code - KEY_HOME]);
	else
		return false;
	return true;
}

/* The character of @code, or 0. */
static char char_of(unsigned int code, unsigned int mods, bool caps)
{
	bool shift = mods & SHIFT;
	char c;

	if (code == KEY_KPENTER)
		return '\r';
	if (code == KEY_KPSLASH)
		return '/';
	if (code >= KEY_KP7 && code <= KEY_KPDOT)
		return keypad[code - KEY_KP7];
	if (!code || code >= sizeof(plain))
		return 0;
	c = plain[code - 1];
	if (c >= 'a' && c <= 'z' && caps)
		shift = !shift;
	return shift ? shifted[code - 1] : c;
}

static char with_ctrl(char c)
{
	if (c == ' ' || c == '2')
		return 0;
	if (c == '/')
		return 0x1f;
	if (c == '?')
		return 0x7f;
	if (c >= '3' && c <= '7')
		return c - '3' + 0x1b;
	return isalpha(c) || (c >= '@' && c <= '_') ? c & 0x1f : c;
}

static void press(unsigned int code, unsigned int mods, bool caps, bool num)
{
	char text[2] = {'\033'}, c;

	if (code >= KEY_KP7 && code <= KEY_KPDOT && !num && keypad_keys[code - KEY_KP7])
		code = keypad_keys[code - KEY_KP7];
	if (special_key(code, mods))
		return;
	c = char_of(code, mods, caps);
	if (!c)
		return;
	if (c == '\t' && (mods & SHIFT)) {
		send("\033\t");
		return;
	}
	if (c == '\r' && vt_console && READ_ONCE(vt_console->newline)) {
		send("\r\n");
		return;
	}
	text[1] = mods & CTRL ? with_ctrl(c) : c;
	if (mods & ALT)
		vt_input(text, 2);
	else
		vt_input(text + 1, 1);
}

void vt_key(unsigned int code, unsigned int value)
{
	unsigned int bit = modifier_of(code), mods;
	unsigned long flags;
	bool caps, num;

	spin_lock_irqsave(&keys_lock, flags);
	if (bit)
		down = value ? down | bit : down & ~bit;
	if (value == 1 && code == KEY_CAPSLOCK)
		caps_lock = !caps_lock;
	if (value == 1 && code == KEY_NUMLOCK)
		num_lock = !num_lock;
	mods = (down | down >> 4) & (SHIFT | CTRL | ALT);
	caps = caps_lock;
	num = num_lock;
	spin_unlock_irqrestore(&keys_lock, flags);
	if (value && !bit)
		press(code, mods, caps, num);
}
