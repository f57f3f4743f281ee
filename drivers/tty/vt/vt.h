/* SPDX-License-Identifier: MIT */
/*
 * The text console: one terminal (tty1, also called tty0) on a framebuffer, with a keyboard.
 *
 *   bytes --escape.c--> cells (screen.c) --glyphs (font.c)--> pixels
 *   keycodes (i8042.c, virtio_input.c) --keyboard.c--> bytes --> line discipline
 *
 * Locks: vt->lock (IRQs off) guards all of struct vt. It is taken for a piece of output and for
 * each row that is drawn, so it is never held for long. Calls to the tty core come after it.
 */
#ifndef DRIVERS_TTY_VT_VT_H
#define DRIVERS_TTY_VT_VT_H

#include <arch/boot.h>
#include <kernel/spinlock.h>
#include <kernel/workqueue.h>
#include <drivers/tty/tty.h>

#define GLYPH_WIDTH  8u
#define GLYPH_HEIGHT 16u
#define VT_MAX_COLS  512u
#define VT_MAX_ROWS  256u
#define VT_PARAMS    16u
#define VT_REPLIES   32u

/* A cell: character in bits 0-20, then colours and marks. */
#define CELL_CODE      0x1fffffu
#define CELL_FG(c)     ((u32)(c) << 21)
#define CELL_BG(c)     ((u32)(c) << 25)
#define CELL_UNDERLINE (1u << 29)
#define CELL_CURSOR    (1u << 30) /* as shown */
#define CELL_UNKNOWN   (1u << 31) /* nothing was drawn there yet */

/* Attributes as set by SGR; a cell gets what they come to. */
struct vt_attr {
	u8 fg, bg; /* 0..15 */
	bool bold, dim, underline, blink, reverse;
};

/* What ESC 7 keeps. */
struct vt_saved {
	unsigned int x, y;
	struct vt_attr attr;
	bool graphics[2];
	u8 shift;
};

struct vt {
	spinlock_t lock; /* IRQs off: all below */
	struct boot_framebuffer fb; /* (i) */
	u8 __iomem *pixels; /* (i) */
	u32 palette[16]; /* (i) as pixels */
	unsigned int cols, rows; /* (i) */

	/* A ring of lines: those that scrolled away, then the screen from @top on. */
	u32 *lines;
	unsigned int nr_lines, top, history;
	unsigned int view; /* lines that the user looks back */
	u32 *shown; /* what each place on the screen shows */
	u8 *dirty; /* by row */

	unsigned int x, y;
	bool wrap_next; /* the cursor stands behind the last column */
	unsigned int margin_top, margin_bottom; /* rows, inclusive */
	struct vt_attr attr;
	struct vt_saved saved;
	bool graphics[2]; /* G0, G1: DEC's line drawing */
	u8 shift; /* which of them is in use */
	bool no_wrap, origin, insert, newline, hide_cursor;
	bool cursor_keys, reverse_screen; /* keyboard.c sends ESC O A */
	unsigned long tabs[VT_MAX_COLS / BITS_PER_LONG];

	/* The interpreter: escape.c. */
	u8 state, private;
	unsigned int params[VT_PARAMS], nr_params;
	u32 code; /* UTF-8 */
	u8 left; /* bytes of it to come */
	u32 least; /* what needs as many bytes */
	u32 last; /* for REP */
	u8 replies[VT_REPLIES];
	unsigned int nr_replies;

	struct tty_port port;
	bool stopped; /* ^S */
	struct work_struct redraw; /* after scrolling back */
};

/* font.c: the 16 rows of a character; bit 7 is the leftmost pixel. */
void vt_glyph(u32 code, u8 out[16]);

/* screen.c. All with vt->lock, but vt_draw(), which takes it. Rows and columns from 0. */
int vt_screen_init(struct vt *vt);
void vt_put(struct vt *vt, u32 code);
void vt_erase(struct vt *vt, unsigned int y, unsigned int from, unsigned int to);
void vt_shift_cells(struct vt *vt, int n); /* at the cursor: right, or left */
void vt_scroll(struct vt *vt, unsigned int top, unsigned int bottom, int n); /* up, or down */
void vt_line_feed(struct vt *vt);
void vt_dirty_all(struct vt *vt);
void vt_goto(struct vt *vt, int x, int y);
void vt_look(struct vt *vt, int lines); /* back, or forth; 0: to the end */
void vt_draw(struct vt *vt);
void vt_draw_locked(struct vt *vt);

/* escape.c, with vt->lock. */
void vt_reset(struct vt *vt);
void vt_output(struct vt *vt, const u8 *s, size_t n);

/* vt.c: the one terminal, or NULL. */
extern struct vt *vt_console;
/* Makes a terminal of the framebuffer mapped at @pixels. 0, -EBUSY (there is one), -errno. */
int vt_create(const struct boot_framebuffer *fb, u8 __iomem *pixels);
void vt_input(const void *bytes, size_t n);
/* @pages of half a screen up; any context. */
void vt_scrollback(int pages);

/* keyboard.c: a key of Linux's numbers went down (1), up (0), or repeats (2). Any context. */
void vt_key(unsigned int code, unsigned int value);

#endif
