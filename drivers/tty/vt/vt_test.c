/* SPDX-License-Identifier: MIT */
/* The interpreter on a screen of 80x8 in memory: cells, cursor, scrolling, answers; the font. */
#include <kernel/kunit.h>
#include <lib/string.h>
#include <mm/vmalloc.h>
#include <mm/slab.h>
#include "vt.h"

#define COLS 80u
#define ROWS 8u

static struct vt *vt;

static int vt_test_init(struct kunit *test)
{
	vt = kzalloc(sizeof(*vt), GFP_KERNEL);
	if (!vt)
		return -ENOMEM;
	spin_lock_init(&vt->lock);
	vt->fb = (struct boot_framebuffer){.width = COLS * 8,
					   .height = ROWS * 16,
					   .pitch = COLS * 32,
					   .bpp = 32,
					   .red_pos = 16,
					   .green_pos = 8};
	vt->pixels = (u8 __iomem *)(__force void __iomem *)vmalloc(COLS * 32 * ROWS * 16);
	if (!vt->pixels || vt_screen_init(vt))
		return -ENOMEM;
	vt_reset(vt);
	return 0;
}

static void vt_test_exit(struct kunit *test)
{
	vfree((__force void *)vt->pixels);
	vfree(vt->lines);
	vfree(vt->shown);
	kfree(vt->dirty);
	kfree(vt);
}

static void out(const char *s)
{
	vt_output(vt, (const u8 *)s, strlen(s));
}

static u32 cell(unsigned int x, unsigned int y)
{
	return vt->lines[(size_t)((vt->top + y) % vt->nr_lines) * vt->cols + x];
}

static bool row_is(unsigned int y, const char *text)
{
	for (unsigned int x = 0; x < COLS; x++) {
		if ((cell(x, y) & CELL_CODE) != (*text ? (u8)*text : ' '))
			return false;
		text += *text != 0;
	}
	return true;
}

static void test_cursor(struct kunit *test)
{
	out("one\r\ntwo\033[1;3Hx\033[2Byy\033[A\033[4Dz\033[5;80Hab");
	KUNIT_EXPECT_TRUE(test, row_is(0, "onx"));
	KUNIT_EXPECT_TRUE(test, row_is(1, "tzo"));
	KUNIT_EXPECT_EQ(test, cell(79, 4) & CELL_CODE, (u32)'a');
	KUNIT_EXPECT_TRUE(test, row_is(5, "b"));
	out("\033[6n");
	KUNIT_EXPECT_EQ(test, vt->nr_replies, 6u);
	KUNIT_EXPECT_TRUE(test, !memcmp(vt->replies, "\033[6;2R", 6));
}

static void test_scroll(struct kunit *test)
{
	out("a\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng\r\nh\r\ni");
	KUNIT_EXPECT_TRUE(test, row_is(0, "b"));
	KUNIT_EXPECT_TRUE(test, row_is(7, "i"));
	KUNIT_EXPECT_EQ(test, vt->history, 1u);
	out("\033[3;5r\033[5;1H\n");
	KUNIT_EXPECT_TRUE(test, row_is(2, "e"));
	KUNIT_EXPECT_TRUE(test, row_is(4, ""));
	KUNIT_EXPECT_TRUE(test, row_is(5, "g"));
	out("\033[3;1H\033M\033[r\033[1;1H\033[2M");
	KUNIT_EXPECT_TRUE(test, row_is(0, ""));
	KUNIT_EXPECT_TRUE(test, row_is(1, "e"));
	KUNIT_EXPECT_TRUE(test, row_is(7, ""));
	vt_look(vt, 100); /* one line fed, two deleted at the top */
	KUNIT_EXPECT_EQ(test, vt->view, 3u);
}

static void test_edit(struct kunit *test)
{
	out("abcdef\033[1;3H\033[2@\033[7G\033[P\033[1;1H\033[X");
	KUNIT_EXPECT_TRUE(test, row_is(0, " b  cdf"));
	out("\033[4h\033[1;1HXY\033[4l\033[1;9H\033[1K");
	KUNIT_EXPECT_TRUE(test, row_is(0, ""));
	out("\033[2;1Hkeep\033[1;1H\033[J");
	KUNIT_EXPECT_TRUE(test, row_is(1, ""));
}

static void test_attributes(struct kunit *test)
{
	out("\033[1;33;44mA\033[0mB\033[7mC\033[38;5;196;49;27mD");
	KUNIT_EXPECT_EQ(test, cell(0, 0), 'A' | CELL_FG(11) | CELL_BG(4));
	KUNIT_EXPECT_EQ(test, cell(1, 0), 'B' | CELL_FG(7));
	KUNIT_EXPECT_EQ(test, cell(2, 0), 'C' | CELL_BG(7));
	KUNIT_EXPECT_EQ(test, cell(3, 0), 'D' | CELL_FG(9));
}

static void test_utf8(struct kunit *test)
{
	out("\xc3\xa4\xe2\x94\x80\xff\xe4\xb8\xadx\033)0\016q\017q\xc0\xafy");
	KUNIT_EXPECT_EQ(test, cell(0, 0) & CELL_CODE, 0xe4u);
	KUNIT_EXPECT_EQ(test, cell(1, 0) & CELL_CODE, 0x2500u);
	KUNIT_EXPECT_EQ(test, cell(2, 0) & CELL_CODE, 0xfffdu);
	KUNIT_EXPECT_EQ(test, cell(3, 0) & CELL_CODE, 0x4e2du);
	KUNIT_EXPECT_EQ(test, cell(5, 0) & CELL_CODE, (u32)'x');
	KUNIT_EXPECT_EQ(test, cell(6, 0) & CELL_CODE, 0x2500u);
	KUNIT_EXPECT_EQ(test, cell(7, 0) & CELL_CODE, (u32)'q');
	KUNIT_EXPECT_EQ(test, cell(8, 0) & CELL_CODE, 0xfffdu);
}

/* Any bytes: nothing outside of the screen. */
static void test_noise(struct kunit *test)
{
	static const char bytes[] =
		"\033[;0123456789?@ABCDGHJKLMPSTXbdhlmnrsu()#8%]PR\r\n\b\t\016\xc3";
	u32 seed = 12345;

	for (unsigned int i = 0; i < 200000; i++) {
		u8 c;

		seed = seed * 1664525 + 1013904223;
		c = bytes[(seed >> 16) % (sizeof(bytes) - 1)];
		vt_output(vt, &c, 1);
		vt->nr_replies = 0;
	}
	vt_draw(vt);
	KUNIT_EXPECT_TRUE(test, vt->x < COLS && vt->y < ROWS);
	KUNIT_EXPECT_TRUE(test, vt->margin_top < vt->margin_bottom && vt->margin_bottom < ROWS);
}

static void test_font(struct kunit *test)
{
	u8 a[16], b[16];

	for (u32 i = ' '; i < 0x7f; i++)
		for (u32 j = i + 1; j < 0x7f; j++) {
			vt_glyph(i, a);
			vt_glyph(j, b);
			KUNIT_EXPECT_TRUE(test, memcmp(a, b, 16) != 0);
		}
	vt_glyph(0x2502, a); /* boxes join: the line goes through every row, and to both sides */
	vt_glyph(0x2500, b);
	for (unsigned int row = 0; row < 16; row++)
		KUNIT_EXPECT_EQ(test, a[row], 0x08);
	KUNIT_EXPECT_EQ(test, b[7], 0xff & (0xf8 | 0x1f));
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(test_cursor), KUNIT_CASE(test_scroll),
	KUNIT_CASE(test_edit),	 KUNIT_CASE(test_attributes),
	KUNIT_CASE(test_utf8),	 KUNIT_CASE(test_noise),
	KUNIT_CASE(test_font),	 {},
};
KUNIT_SUITE_OPS(vt, cases, vt_test_init, vt_test_exit);
