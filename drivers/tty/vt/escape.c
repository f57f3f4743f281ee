/* SPDX-License-Identifier: MIT */
/*
 * Control characters and escape sequences: ECMA-48 and the VT102 as console_codes(4) describes
 * them, which is what programs send with TERM=linux. Unknown sequences are swallowed.
 */
#include <lib/printf.h>
#include <lib/string.h>
#include "vt.h"

enum state {
	GROUND,
	ESCAPE,
	CSI,
	CSI_FUNCTION,
	CHARSET_G0,
	CHARSET_G1,
	HASH,
	PERCENT,
	OSC,
	OSC_END,
	OSC_PALETTE
};

static unsigned int param(const struct vt *vt, unsigned int n, unsigned int missing)
{
	return n < vt->nr_params && vt->params[n] ? vt->params[n] : missing;
}

/* ---- modes and attributes -------------------------------------------------------------------- */

static void default_attr(struct vt *vt)
{
	vt->attr = (struct vt_attr){.fg = 7};
}

static void default_tabs(struct vt *vt)
{
	memset(vt->tabs, 0, sizeof(vt->tabs));
	for (unsigned int x = 8; x < VT_MAX_COLS; x += 8)
		vt->tabs[x / BITS_PER_LONG] |= 1ul << x % BITS_PER_LONG;
}

static void save_cursor(struct vt *vt)
{
	vt->saved = (struct vt_saved){.x = vt->x,
				      .y = vt->y,
				      .attr = vt->attr,
				      .shift = vt->shift,
				      .graphics = {vt->graphics[0], vt->graphics[1]}};
}

static void restore_cursor(struct vt *vt)
{
	vt_goto(vt, vt->saved.x, vt->saved.y);
	vt->attr = vt->saved.attr;
	vt->shift = vt->saved.shift;
	vt->graphics[0] = vt->saved.graphics[0];
	vt->graphics[1] = vt->saved.graphics[1];
}

static void erase_rows(struct vt *vt, unsigned int from, unsigned int to)
{
	for (unsigned int y = from; y < to; y++)
		vt_erase(vt, y, 0, vt->cols);
}

void vt_reset(struct vt *vt)
{
	vt->no_wrap = vt->origin = vt->insert = vt->newline = vt->hide_cursor = false;
	vt->cursor_keys = vt->reverse_screen = vt->stopped = false;
	vt->graphics[0] = vt->graphics[1] = false;
	vt->shift = 0;
	vt->margin_top = 0;
	vt->margin_bottom = vt->rows - 1;
	default_attr(vt);
	default_tabs(vt);
	vt_goto(vt, 0, 0);
	save_cursor(vt);
	erase_rows(vt, 0, vt->rows);
	vt->state = GROUND;
	vt->left = 0;
}

/* One of 16 for a red, green and blue of 0..255. */
static u8 nearest(unsigned int r, unsigned int g, unsigned int b)
{
	unsigned int most = max3(r, g, b);
	u8 c = (r > most / 2 ? 1 : 0) | (g > most / 2 ? 2 : 0) | (b > most / 2 ? 4 : 0);

	if (most < 48)
		return 0;
	if (c == 7)
		return most > 212 ? 15 : most > 112 ? 7 : 8;
	return most > 212 ? c | 8 : c;
}

static u8 nearest_of_256(unsigned int n)
{
	if (n < 16)
		return n;
	if (n < 232)
		return nearest((n - 16) / 36 * 51, (n - 16) / 6 % 6 * 51, (n - 16) % 6 * 51);
	return nearest((n - 232) * 10 + 8, (n - 232) * 10 + 8, (n - 232) * 10 + 8);
}

/* 38 and 48: ;5;N or ;2;R;G;B. The index of the last parameter used. */
static unsigned int extended_colour(struct vt *vt, unsigned int i, u8 *out)
{
	if (param(vt, i + 1, 0) == 5) {
		*out = nearest_of_256(min(param(vt, i + 2, 0), 255u));
		return i + 2;
	}
	if (param(vt, i + 1, 0) != 2)
		return i + 1;
	*out = nearest(min(param(vt, i + 2, 0), 255u), min(param(vt, i + 3, 0), 255u),
		       min(param(vt, i + 4, 0), 255u));
	return i + 4;
}

static void set_one_attr(struct vt_attr *a, unsigned int n)
{
	switch (n) {
	case 1:
		a->bold = true;
		break;
	case 2:
		a->dim = true;
		break;
	case 4:
		a->underline = true;
		break;
	case 5:
		a->blink = true;
		break;
	case 7:
		a->reverse = true;
		break;
	case 21:
	case 22:
		a->bold = a->dim = false;
		break;
	case 24:
		a->underline = false;
		break;
	case 25:
		a->blink = false;
		break;
	case 27:
		a->reverse = false;
		break;
	case 39:
		a->fg = 7;
		break;
	case 49:
		a->bg = 0;
		break;
	default:
		if (n >= 30 && n <= 37)
			a->fg = n - 30;
		else if (n >= 40 && n <= 47)
			a->bg = n - 40;
		else if (n >= 90 && n <= 97)
			a->fg = n - 90 + 8;
		else if (n >= 100 && n <= 107)
			a->bg = n - 100 + 8;
	}
}

/* SGR */
static void set_attributes(struct vt *vt)
{
	for (unsigned int i = 0; i < max(vt->nr_params, 1u); i++) {
		unsigned int n = param(vt, i, 0);

		if (!n)
			default_attr(vt);
		else if (n == 38)
			i = extended_colour(vt, i, &vt->attr.fg);
		else if (n == 48)
			i = extended_colour(vt, i, &vt->attr.bg);
		else if (n >= 10 && n <= 12)
			vt->graphics[vt->shift] = n == 11;
		else
			set_one_attr(&vt->attr, n);
	}
}

static void set_private_mode(struct vt *vt, unsigned int mode, bool on)
{
	switch (mode) {
	case 1:
		vt->cursor_keys = on;
		break;
	case 5:
		vt->reverse_screen = on;
		break;
	case 6:
		vt->origin = on;
		vt_goto(vt, 0, on ? vt->margin_top : 0);
		break;
	case 7:
		vt->no_wrap = !on;
		break;
	case 25:
		vt->hide_cursor = !on;
		vt_goto(vt, vt->x, vt->y);
		break;
	}
}

static void set_modes(struct vt *vt, bool on)
{
	for (unsigned int i = 0; i < vt->nr_params; i++) {
		if (vt->private == '?')
			set_private_mode(vt, vt->params[i], on);
		else if (vt->params[i] == 4)
			vt->insert = on;
		else if (vt->params[i] == 20)
			vt->newline = on;
	}
}

/* ---- control sequences ----------------------------------------------------------------------- */

static void reply(struct vt *vt, const char *s)
{
	size_t n = strlen(s);

	if (n > VT_REPLIES - vt->nr_replies)
		return;
	memcpy(vt->replies + vt->nr_replies, s, n);
	vt->nr_replies += n;
}

static void report(struct vt *vt)
{
	unsigned int y = vt->y - (vt->origin ? vt->margin_top : 0);
	char text[24];

	if (param(vt, 0, 0) == 5)
		reply(vt, "\033[0n");
	if (param(vt, 0, 0) != 6)
		return;
	snprintf(text, sizeof(text), "\033[%u;%uR", y + 1, vt->x + 1);
	reply(vt, text);
}

static void erase_display(struct vt *vt)
{
	switch (param(vt, 0, 0)) {
	case 0:
		vt_erase(vt, vt->y, vt->x, vt->cols);
		erase_rows(vt, vt->y + 1, vt->rows);
		break;
	case 1:
		erase_rows(vt, 0, vt->y);
		vt_erase(vt, vt->y, 0, vt->x + 1);
		break;
	case 3:
		vt->history = 0;
		/* fallthrough */
	case 2:
		erase_rows(vt, 0, vt->rows);
		break;
	}
	vt->wrap_next = false;
}

static void erase_line(struct vt *vt)
{
	unsigned int how = param(vt, 0, 0);

	if (how <= 2)
		vt_erase(vt, vt->y, how ? 0 : vt->x, how == 1 ? vt->x + 1 : vt->cols);
	vt->wrap_next = false;
}

static void set_margins(struct vt *vt)
{
	unsigned int top = param(vt, 0, 1), bottom = min(param(vt, 1, vt->rows), vt->rows);

	if (top >= bottom)
		return;
	vt->margin_top = top - 1;
	vt->margin_bottom = bottom - 1;
	vt_goto(vt, 0, vt->origin ? vt->margin_top : 0);
}

/* IL, DL: only between the margins. */
static void move_lines(struct vt *vt, int n)
{
	if (vt->y >= vt->margin_top && vt->y <= vt->margin_bottom)
		vt_scroll(vt, vt->y, vt->margin_bottom, n);
	vt->wrap_next = false;
}

/* Up and down stop at the margins if they began between them. */
static void move_rows(struct vt *vt, int n)
{
	int y = (int)vt->y + n;

	if (n < 0 && vt->y >= vt->margin_top)
		y = max(y, (int)vt->margin_top);
	if (n > 0 && vt->y <= vt->margin_bottom)
		y = min(y, (int)vt->margin_bottom);
	vt_goto(vt, vt->x, y);
}

static void clear_tabs(struct vt *vt)
{
	if (!param(vt, 0, 0))
		vt->tabs[vt->x / BITS_PER_LONG] &= ~(1ul << vt->x % BITS_PER_LONG);
	else if (param(vt, 0, 0) == 3)
		memset(vt->tabs, 0, sizeof(vt->tabs));
}

static void move_cursor(struct vt *vt, u8 c)
{
	int n = min(param(vt, 0, 1), 1000u), origin = vt->origin ? vt->margin_top : 0;

	switch (c) {
	case 'A':
	case 'F':
		move_rows(vt, -n);
		break;
	case 'B':
	case 'e':
	case 'E':
		move_rows(vt, n);
		break;
	case 'C':
	case 'a':
		vt_goto(vt, vt->x + n, vt->y);
		break;
	case 'D':
		vt_goto(vt, (int)vt->x - n, vt->y);
		break;
	case 'G':
	case '`':
		vt_goto(vt, n - 1, vt->y);
		break;
	case 'd':
		vt_goto(vt, vt->x, n - 1 + origin);
		break;
	default: /* H f */
		vt_goto(vt, (int)min(param(vt, 1, 1), 1000u) - 1, n - 1 + origin);
	}
	if (c == 'E' || c == 'F')
		vt_goto(vt, 0, vt->y);
}

static void change_text(struct vt *vt, u8 c)
{
	int n = min(param(vt, 0, 1), 1000u);

	switch (c) {
	case '@':
		vt_shift_cells(vt, n);
		break;
	case 'P':
		vt_shift_cells(vt, -n);
		break;
	case 'X':
		vt_erase(vt, vt->y, vt->x, vt->x + n);
		break;
	case 'L':
		move_lines(vt, -n);
		break;
	case 'M':
		move_lines(vt, n);
		break;
	case 'S':
		vt_scroll(vt, vt->margin_top, vt->margin_bottom, n);
		break;
	case 'T':
		vt_scroll(vt, vt->margin_top, vt->margin_bottom, -n);
		break;
	default: /* b */
		while (n-- && vt->last)
			vt_put(vt, vt->last);
	}
}

static void control_sequence(struct vt *vt, u8 c)
{
	vt->state = GROUND;
	if (vt->private && (vt->private != '?' || (c != 'h' && c != 'l' && c != 'c')))
		return;
	if (strchr("ABCDEFGHadef`", c)) {
		move_cursor(vt, c);
		return;
	}
	if (strchr("@PXLMSTb", c)) {
		change_text(vt, c);
		return;
	}
	switch (c) {
	case 'J':
		erase_display(vt);
		break;
	case 'K':
		erase_line(vt);
		break;
	case 'c':
		if (!vt->private && !param(vt, 0, 0))
			reply(vt, "\033[?6c"); /* a VT102 */
		break;
	case 'g':
		clear_tabs(vt);
		break;
	case 'h':
	case 'l':
		set_modes(vt, c == 'h');
		break;
	case 'm':
		set_attributes(vt);
		break;
	case 'n':
		report(vt);
		break;
	case 'r':
		set_margins(vt);
		break;
	case 's':
		save_cursor(vt);
		break;
	case 'u':
		restore_cursor(vt);
		break;
	}
}

/* A byte of ESC [ ... */
static void sequence_byte(struct vt *vt, u8 c)
{
	if (c >= '0' && c <= '9') {
		unsigned int *p = &vt->params[min(vt->nr_params, VT_PARAMS) - 1];

		*p = min(*p * 10 + c - '0', 100000u);
	} else if (c == ';' || c == ':') {
		if (vt->nr_params < VT_PARAMS)
			vt->params[vt->nr_params++] = 0;
	} else if (c >= '<' && c <= '?') {
		vt->private = c;
	} else if (c == '[') {
		vt->state = CSI_FUNCTION; /* echo of a function key */
	} else if (c >= 0x20 && c < 0x30) {
		vt->private = c;
	} else if (c >= 0x40 && c < 0x7f) {
		control_sequence(vt, c);
	} else {
		vt->state = GROUND;
	}
}

static void reverse_line_feed(struct vt *vt)
{
	if (vt->y == vt->margin_top)
		vt_scroll(vt, vt->margin_top, vt->margin_bottom, -1);
	else
		vt_goto(vt, vt->x, (int)vt->y - 1);
	vt->wrap_next = false;
}

static void escape_byte(struct vt *vt, u8 c)
{
	vt->state = GROUND;
	switch (c) {
	case '[':
		vt->state = CSI;
		memset(vt->params, 0, sizeof(vt->params));
		vt->nr_params = 1;
		vt->private = 0;
		break;
	case ']':
		vt->state = OSC;
		break;
	case '(':
		vt->state = CHARSET_G0;
		break;
	case ')':
		vt->state = CHARSET_G1;
		break;
	case '#':
		vt->state = HASH;
		break;
	case '%':
		vt->state = PERCENT;
		break;
	case 'D':
		vt_line_feed(vt);
		break;
	case 'E':
		vt_goto(vt, 0, vt->y);
		vt_line_feed(vt);
		break;
	case 'M':
		reverse_line_feed(vt);
		break;
	case 'H':
		vt->tabs[vt->x / BITS_PER_LONG] |= 1ul << vt->x % BITS_PER_LONG;
		break;
	case 'Z':
		reply(vt, "\033[?6c");
		break;
	case '7':
		save_cursor(vt);
		break;
	case '8':
		restore_cursor(vt);
		break;
	case 'c':
		vt_reset(vt);
		break;
	}
}

/* DECALN: a screen of E. */
static void fill_screen(struct vt *vt)
{
	for (unsigned int y = 0; y < vt->rows; y++)
		for (vt_goto(vt, 0, y); !vt->wrap_next && vt->y == y;) {
			vt_put(vt, 'E');
			if (vt->no_wrap && vt->x == vt->cols - 1)
				break;
		}
	vt_goto(vt, 0, 0);
}

/* Palettes (ESC ] P and seven digits) and titles are read and forgotten. */
static void string_byte(struct vt *vt, u8 c)
{
	if (vt->state == OSC && c == 'P') {
		vt->state = OSC_PALETTE;
		vt->nr_params = 0;
	} else if (vt->state == OSC && c == 'R') {
		vt->state = GROUND;
	} else if (vt->state == OSC_PALETTE) {
		if (++vt->nr_params == 7)
			vt->state = GROUND;
	} else if (c == 7) {
		vt->state = GROUND;
	} else {
		vt->state = OSC_END;
	}
}

static void other_byte(struct vt *vt, u8 c)
{
	switch (vt->state) {
	case ESCAPE:
		escape_byte(vt, c);
		break;
	case CSI:
		sequence_byte(vt, c);
		break;
	case CHARSET_G0:
	case CHARSET_G1:
		vt->graphics[vt->state == CHARSET_G1] = c == '0';
		vt->state = GROUND;
		break;
	case HASH:
		if (c == '8')
			fill_screen(vt);
		vt->state = GROUND;
		break;
	case OSC:
	case OSC_END:
	case OSC_PALETTE:
		string_byte(vt, c);
		break;
	default:
		vt->state = GROUND;
	}
}

/* ---- characters ------------------------------------------------------------------------------ */

static void tab(struct vt *vt)
{
	unsigned int x = vt->x + 1;

	while (x < vt->cols - 1 && !(vt->tabs[x / BITS_PER_LONG] >> x % BITS_PER_LONG & 1))
		x++;
	vt_goto(vt, x, vt->y);
}

static void control_char(struct vt *vt, u8 c)
{
	switch (c) {
	case '\b':
		vt_goto(vt, (int)vt->x - (vt->wrap_next ? 0 : 1), vt->y);
		break;
	case '\t':
		tab(vt);
		break;
	case '\n':
	case '\v':
	case '\f':
		if (vt->newline)
			vt_goto(vt, 0, vt->y);
		vt_line_feed(vt);
		break;
	case '\r':
		vt_goto(vt, 0, vt->y);
		break;
	case 14:
	case 15:
		vt->shift = c == 14;
		break;
	case 24:
	case 26:
		vt->state = GROUND;
		break;
	case 27:
		vt->state = ESCAPE;
		break;
	}
}

/* DEC's line drawing, from '_' on. */
static u32 graphic(u32 c)
{
	static const u16 codes[] = {' ',    0x25c6, 0x2592, ' ',    ' ',    ' ',    ' ',    0xb0,
				    0xb1,   ' ',    ' ',    0x2518, 0x2510, 0x250c, 0x2514, 0x253c,
				    0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524, 0x2534,
				    0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0xa3,   0xb7};

	return c >= '_' && c < 0x7f ? codes[c - '_'] : c;
}

/* A byte of 0x80 and more: UTF-8; what is wrong shows as U+FFFD. */
static void utf8_byte(struct vt *vt, u8 c)
{
	if ((c & 0xc0) == 0x80) {
		if (!vt->left) {
			vt_put(vt, 0xfffd);
			return;
		}
		vt->code = vt->code << 6 | (c & 0x3f);
		if (--vt->left)
			return;
		if (vt->code < vt->least || vt->code > 0x10ffff || vt->code >> 11 == 0x1b)
			vt->code = 0xfffd;
		if (vt->code >= 0xa0)
			vt_put(vt, vt->code);
		return;
	}
	if (vt->left)
		vt_put(vt, 0xfffd);
	vt->left = c >= 0xf8 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	vt->least = vt->left == 3 ? 0x10000 : vt->left == 2 ? 0x800 : 0x80;
	vt->code = c & 0x3f >> vt->left;
	if (!vt->left)
		vt_put(vt, 0xfffd);
}

static void one_byte(struct vt *vt, u8 c)
{
	if (vt->left && c < 0x80) {
		vt->left = 0;
		vt_put(vt, 0xfffd);
	}
	if ((c < ' ' && !(vt->state >= OSC && c == 7)) || c == 0x7f)
		control_char(vt, c);
	else if (vt->state != GROUND)
		other_byte(vt, c);
	else if (c >= 0x80)
		utf8_byte(vt, c);
	else
		vt_put(vt, vt->graphics[vt->shift] ? graphic(c) : c);
}

void vt_output(struct vt *vt, const u8 *s, size_t n)
{
	vt_look(vt, 0);
	while (n--)
		one_byte(vt, *s++);
}
