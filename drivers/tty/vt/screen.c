/* SPDX-License-Identifier: MIT */
/*
 * Cells and pixels. Lines are a ring, so that scrolling the whole screen moves nothing; what is on
 * the screen is compared with what should be, and only cells that differ are drawn. Pixels are
 * written, never read.
 */
#include <arch/io.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include "vt.h"

static u32 *line_at(const struct vt *vt, unsigned int y)
{
	return vt->lines + (size_t)((vt->top + y) % vt->nr_lines) * vt->cols;
}

/* The line that row @y shows, some lines back perhaps. */
static const u32 *view_at(const struct vt *vt, unsigned int y)
{
	return vt->lines +
	       (size_t)((vt->top + vt->nr_lines - vt->view + y) % vt->nr_lines) * vt->cols;
}

static u32 cell_of(const struct vt *vt, u32 code)
{
	const struct vt_attr *a = &vt->attr;
	u8 fg = a->dim && !a->bold ? 8 : a->fg, bg = a->bg | (a->blink ? 8 : 0);

	if (a->bold && fg < 8)
		fg |= 8;
	if (a->reverse != vt->reverse_screen)
		return code | CELL_FG(bg) | CELL_BG(fg) | (a->underline ? CELL_UNDERLINE : 0);
	return code | CELL_FG(fg) | CELL_BG(bg) | (a->underline ? CELL_UNDERLINE : 0);
}

/* What erasing leaves: the background, no marks. */
static u32 blank_of(const struct vt *vt)
{
	return ' ' | CELL_FG(vt->attr.fg & 7) | CELL_BG(vt->attr.bg);
}

static void fill(u32 *cells, u32 cell, unsigned int n)
{
	while (n--)
		*cells++ = cell;
}

static u32 colour(const struct boot_framebuffer *fb, u32 rgb)
{
	unsigned int r = rgb >> 16, g = rgb >> 8 & 0xff, b = rgb & 0xff;

	if (fb->bpp > 16)
		return r << fb->red_pos | g << fb->green_pos | b << fb->blue_pos;
	return r >> 3 << fb->red_pos | (fb->bpp == 16 ? g >> 2 : g >> 3) << fb->green_pos |
	       b >> 3 << fb->blue_pos;
}

int vt_screen_init(struct vt *vt)
{
	static const u32 colours[16] = {0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa,
					0x00aaaa, 0xaaaaaa, 0x555555, 0xff5555, 0x55ff55, 0xffff55,
					0x5555ff, 0xff55ff, 0x55ffff, 0xffffff};

	vt->cols = min(vt->fb.width / GLYPH_WIDTH, VT_MAX_COLS);
	vt->rows = min(vt->fb.height / GLYPH_HEIGHT, VT_MAX_ROWS);
	vt->nr_lines = vt->rows + CONFIG_VT_HISTORY;
	for (unsigned int i = 0; i < 16; i++)
		vt->palette[i] = colour(&vt->fb, colours[i]);
	vt->lines = vmalloc((size_t)vt->nr_lines * vt->cols * sizeof(u32));
	vt->shown = vmalloc((size_t)vt->rows * vt->cols * sizeof(u32));
	vt->dirty = kzalloc(vt->rows, GFP_KERNEL);
	if (!vt->lines || !vt->shown || !vt->dirty) {
		vfree(vt->lines);
		vfree(vt->shown);
		kfree(vt->dirty);
		return -ENOMEM;
	}
	fill(vt->lines, ' ' | CELL_FG(7), vt->nr_lines * vt->cols);
	fill(vt->shown, CELL_UNKNOWN, vt->rows * vt->cols);
	vt_dirty_all(vt);
	return 0;
}

/* ---- cells ----------------------------------------------------------------------------------- */

void vt_dirty_all(struct vt *vt)
{
	memset(vt->dirty, 1, vt->rows);
}

static void touch(struct vt *vt, unsigned int y)
{
	vt->dirty[y] = 1;
}

void vt_goto(struct vt *vt, int x, int y)
{
	int top = vt->origin ? vt->margin_top : 0;
	int bottom = vt->origin ? vt->margin_bottom : vt->rows - 1;

	touch(vt, vt->y);
	vt->x = clamp(x, 0, (int)vt->cols - 1);
	vt->y = clamp(y, top, bottom);
	vt->wrap_next = false;
	touch(vt, vt->y);
}

void vt_erase(struct vt *vt, unsigned int y, unsigned int from, unsigned int to)
{
	to = min(to, vt->cols);
	if (from < to)
		fill(line_at(vt, y) + from, blank_of(vt), to - from);
	touch(vt, y);
}

void vt_shift_cells(struct vt *vt, int n)
{
	u32 *at = line_at(vt, vt->y) + vt->x;
	unsigned int left = vt->cols - vt->x, by = min_t(unsigned int, n < 0 ? -n : n, left);

	if (n > 0) {
		memmove(at + by, at, (left - by) * sizeof(*at));
		fill(at, blank_of(vt), by);
	} else {
		memmove(at, at + by, (left - by) * sizeof(*at));
		fill(at + left - by, blank_of(vt), by);
	}
	vt->wrap_next = false;
	touch(vt, vt->y);
}

static void copy_line(struct vt *vt, unsigned int to, unsigned int from)
{
	memcpy(line_at(vt, to), line_at(vt, from), vt->cols * sizeof(u32));
}

void vt_scroll(struct vt *vt, unsigned int top, unsigned int bottom, int n)
{
	unsigned int height = bottom - top + 1, by = min_t(unsigned int, n < 0 ? -n : n, height);

	if (n > 0 && !top && bottom == vt->rows - 1) {
		vt->top = (vt->top + by) % vt->nr_lines;
		vt->history = min(vt->history + by, vt->nr_lines - vt->rows);
	} else if (n > 0) {
		for (unsigned int y = top; y + by <= bottom; y++)
			copy_line(vt, y, y + by);
	} else {
		for (unsigned int y = bottom; y >= top + by; y--)
			copy_line(vt, y, y - by);
	}
	for (unsigned int i = 0; i < by; i++)
		vt_erase(vt, n > 0 ? bottom - i : top + i, 0, vt->cols);
	memset(vt->dirty + top, 1, height);
}

void vt_line_feed(struct vt *vt)
{
	touch(vt, vt->y);
	vt->wrap_next = false;
	if (vt->y == vt->margin_bottom)
		vt_scroll(vt, vt->margin_top, vt->margin_bottom, 1);
	else if (vt->y + 1 < vt->rows)
		vt->y++;
	touch(vt, vt->y);
}

/* Columns that wcwidth(3) gives to @code, in broad ranges of Unicode. */
static unsigned int width_of(u32 code)
{
	if (code < 0x300)
		return 1;
	if (code < 0x370 || code == 0x200b || code == 0x200d || (code >= 0x20d0 && code < 0x2100) ||
	    (code >= 0xfe00 && code < 0xfe10) || (code >= 0xfe20 && code < 0xfe30) ||
	    code == 0xfeff)
		return 0;
	if ((code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
	    (code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
	    (code >= 0xfe30 && code < 0xfe70) || (code >= 0xff00 && code < 0xff61) ||
	    (code >= 0x1f300 && code < 0x1f650) || (code >= 0x20000 && code < 0x3fffe))
		return 2;
	return 1;
}

void vt_put(struct vt *vt, u32 code)
{
	unsigned int width = width_of(code);

	if (!width)
		return;
	if (vt->wrap_next || vt->x + width > vt->cols) {
		if (vt->no_wrap) {
			vt->x = vt->cols - width;
		} else {
			vt->x = 0;
			vt_line_feed(vt);
		}
	}
	if (vt->insert)
		vt_shift_cells(vt, width);
	line_at(vt, vt->y)[vt->x] = cell_of(vt, code);
	if (width == 2)
		line_at(vt, vt->y)[vt->x + 1] = cell_of(vt, ' ');
	vt->last = code;
	vt->wrap_next = vt->x + width == vt->cols && !vt->no_wrap;
	if (vt->x + width < vt->cols)
		vt->x += width;
	touch(vt, vt->y);
}

void vt_look(struct vt *vt, int lines)
{
	unsigned int was = vt->view;

	vt->view = lines ? clamp((int)vt->view + lines, 0, (int)vt->history) : 0;
	if (vt->view != was)
		vt_dirty_all(vt);
}

/* ---- pixels ---------------------------------------------------------------------------------- */

static void put_pixels(const struct vt *vt, u8 __iomem *p, u8 bits, u32 fg, u32 bg)
{
	unsigned int bytes = (vt->fb.bpp + 7) / 8;

	for (unsigned int i = 0; i < GLYPH_WIDTH; i++, p += bytes) {
		u32 pixel = bits & 0x80 >> i ? fg : bg;

		if (bytes == 4) {
			writel_relaxed(pixel, p);
		} else if (bytes == 2) {
			writew_relaxed(pixel, p);
		} else {
			writeb_relaxed(pixel, p);
			writeb_relaxed(pixel >> 8, p + 1);
			writeb_relaxed(pixel >> 16, p + 2);
		}
	}
}

static void draw_cell(const struct vt *vt, unsigned int x, unsigned int y, u32 cell)
{
	u32 fg = vt->palette[cell >> 21 & 15], bg = vt->palette[cell >> 25 & 15];
	size_t column = (size_t)x * GLYPH_WIDTH * ((vt->fb.bpp + 7) / 8);
	u8 __iomem *p = vt->pixels + (size_t)y * GLYPH_HEIGHT * vt->fb.pitch + column;
	u8 glyph[GLYPH_HEIGHT];

	vt_glyph(cell & CELL_CODE, glyph);
	if (cell & CELL_UNDERLINE)
		glyph[14] = 0xff;
	if (cell & CELL_CURSOR)
		glyph[14] = glyph[15] = 0xff;
	for (unsigned int row = 0; row < GLYPH_HEIGHT; row++, p += vt->fb.pitch)
		put_pixels(vt, p, glyph[row], fg, bg);
}

static void draw_row(struct vt *vt, unsigned int y)
{
	bool cursor = y == vt->y && !vt->view && !vt->hide_cursor;
	const u32 *line = view_at(vt, y);
	u32 *shown = vt->shown + (size_t)y * vt->cols;

	for (unsigned int x = 0; x < vt->cols; x++) {
		u32 cell = line[x] | (cursor && x == vt->x ? CELL_CURSOR : 0);

		if (cell != shown[x]) {
			shown[x] = cell;
			draw_cell(vt, x, y, cell);
		}
	}
	vt->dirty[y] = 0;
}

void vt_draw(struct vt *vt)
{
	unsigned long flags;

	for (unsigned int y = 0; y < vt->rows; y++) {
		if (!READ_ONCE(vt->dirty[y]))
			continue;
		spin_lock_irqsave(&vt->lock, flags);
		draw_row(vt, y);
		spin_unlock_irqrestore(&vt->lock, flags);
	}
}

void vt_draw_locked(struct vt *vt)
{
	for (unsigned int y = 0; y < vt->rows; y++)
		if (vt->dirty[y])
			draw_row(vt, y);
}
