/* SPDX-License-Identifier: MIT */
/* Screens that firmware set up and the devicetree describes (binding simple-framebuffer). */
#include <arch/io.h>
#include <kernel/of.h>
#include <lib/errno.h>
#include <lib/string.h>
#include "vt.h"

static const struct {
	const char *name;
	u8 bpp, red, green, blue;
} formats[] = {{"a8r8g8b8", 32, 16, 8, 0}, {"x8r8g8b8", 32, 16, 8, 0}, {"a8b8g8r8", 32, 0, 8, 16},
	       {"x8b8g8r8", 32, 0, 8, 16}, {"r8g8b8", 24, 16, 8, 0},   {"r5g6b5", 16, 11, 5, 0}};

static int simplefb_probe(int node, const void *data)
{
	const char *format = fdt_prop_string(&of_fdt, node, "format", 0);
	struct boot_framebuffer fb = {0};
	u8 __iomem *pixels;
	u64 base, size;

	if (!format || fdt_reg(&of_fdt, node, 0, &base, &size) ||
	    fdt_prop_u32(&of_fdt, node, "width", 0, &fb.width) ||
	    fdt_prop_u32(&of_fdt, node, "height", 0, &fb.height) ||
	    fdt_prop_u32(&of_fdt, node, "stride", 0, &fb.pitch) || (u64)fb.pitch * fb.height > size)
		return -EINVAL;
	for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(format, formats[i].name)) {
			fb.bpp = formats[i].bpp;
			fb.red_pos = formats[i].red;
			fb.green_pos = formats[i].green;
			fb.blue_pos = formats[i].blue;
		}
	pixels = fb.bpp ? ioremap(base, size) : NULL;
	if (!pixels)
		return fb.bpp ? -ENOMEM : -EINVAL;
	return vt_create(&fb, pixels);
}

static const struct of_device_id simplefb_match[] = {{"simple-framebuffer", NULL}, {NULL, NULL}};
OF_DEVICE(simplefb, simplefb_match, simplefb_probe);
