/* SPDX-License-Identifier: MIT */
/*
 * QEMU's ramfb: a screen in memory of ours, which QEMU is told of through fw_cfg (docs/specs/fw_cfg
 * of QEMU). fw_cfg is found by the devicetree (qemu,fw-cfg-mmio).
 */
#include <arch/io.h>
#include <kernel/hrtimer.h>
#include <kernel/of.h>
#include <lib/byteorder.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include "vt.h"

#define REG_DATA      0
#define REG_SELECTOR  8
#define REG_DMA	      16
#define KEY_SIGNATURE 0x0000
#define KEY_DIRECTORY 0x0019
#define MAX_FILES     1024u
#define DMA_ERROR     1u
#define DMA_SELECT    8u
#define DMA_WRITE     16u
#define FORMAT_XR24   0x34325258u
#define WIDTH	      1024u
#define HEIGHT	      768u
#define PITCH	      (WIDTH * 4)
#define DMA_POLLS     10000u

struct fw_file {
	__be32 size;
	__be16 key, reserved;
	char name[56];
};

struct fw_dma {
	__be32 control, length;
	__be64 address;
};

struct ramfb_config {
	__be64 address;
	__be32 format, flags, width, height, stride;
} __packed;

static void read_bytes(void __iomem *fw, void *buf, size_t n)
{
	for (u8 *p = buf; n--; p++)
		*p = readb(fw + REG_DATA);
}

static void select(void __iomem *fw, u16 key)
{
	writew((__force u16)cpu_to_be16(key), fw + REG_SELECTOR);
}

/* The key of file @name: 0, or -ENODEV. */
static int find_file(void __iomem *fw, const char *name, u16 *key)
{
	struct fw_file file;
	__be32 count;
	char signature[4];

	select(fw, KEY_SIGNATURE);
	read_bytes(fw, signature, sizeof(signature));
	if (memcmp(signature, "QEMU", 4))
		return -ENODEV;
	select(fw, KEY_DIRECTORY);
	read_bytes(fw, &count, sizeof(count));
	for (u32 i = 0; i < min(be32_to_cpu(count), MAX_FILES); i++) {
		read_bytes(fw, &file, sizeof(file));
		if (!strncmp(file.name, name, sizeof(file.name))) {
			*key = be16_to_cpu(file.key);
			return 0;
		}
	}
	return -ENODEV;
}

static int write_file(void __iomem *fw, u16 key, const void *data, u32 len)
{
	struct fw_dma *dma = kmalloc(sizeof(*dma), GFP_KERNEL);
	u64 addr = dma ? __pa(dma) : 0;
	int err = -EIO;

	if (!dma)
		return -ENOMEM;
	*dma = (struct fw_dma){.control = cpu_to_be32((u32)key << 16 | DMA_SELECT | DMA_WRITE),
			       .length = cpu_to_be32(len),
			       .address = cpu_to_be64(__pa(data))};
	writel((__force u32)cpu_to_be32((u32)(addr >> 32)), fw + REG_DMA);
	writel((__force u32)cpu_to_be32((u32)addr), fw + REG_DMA + 4);
	for (unsigned int i = 0; i < DMA_POLLS; i++) {
		u32 control = be32_to_cpu(READ_ONCE(dma->control));

		if (!(control & ~DMA_ERROR)) {
			err = control ? -EIO : 0;
			kfree(dma);
			return err;
		}
		udelay(10);
	}
	return err; /* it may yet be written: the memory stays */
}

static int show(void __iomem *fw, u16 key)
{
	struct boot_framebuffer fb = {.width = WIDTH,
				      .height = HEIGHT,
				      .pitch = PITCH,
				      .bpp = 32,
				      .red_pos = 16,
				      .green_pos = 8};
	struct ramfb_config *config = kzalloc(sizeof(*config), GFP_KERNEL);
	void *pixels = alloc_pages_exact(PITCH * HEIGHT, GFP_KERNEL | __GFP_ZERO);
	int err = -ENOMEM;

	if (config && pixels) {
		*config = (struct ramfb_config){.address = cpu_to_be64(__pa(pixels)),
						.format = cpu_to_be32(FORMAT_XR24),
						.width = cpu_to_be32(WIDTH),
						.height = cpu_to_be32(HEIGHT),
						.stride = cpu_to_be32(PITCH)};
		err = write_file(fw, key, config, sizeof(*config));
	}
	kfree(config);
	if (!err) {
		fb.base = __pa(pixels);
		return vt_create(&fb, (u8 __iomem *)(__force void __iomem *)pixels);
	}
	if (pixels)
		free_pages_exact(pixels, PITCH * HEIGHT);
	return err;
}

static int ramfb_probe(int node, const void *data)
{
	void __iomem *fw;
	u16 key;
	int err = 0;

	if (vt_console)
		return 0;
	fw = of_iomap(node, 0);
	if (!fw)
		return -ENXIO;
	if (!find_file(fw, "etc/ramfb", &key))
		err = show(fw, key);
	iounmap(fw);
	return err;
}

static const struct of_device_id ramfb_match[] = {{"qemu,fw-cfg-mmio", NULL}, {NULL, NULL}};
OF_DEVICE(ramfb, ramfb_match, ramfb_probe);
