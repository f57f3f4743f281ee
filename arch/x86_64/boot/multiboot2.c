/* SPDX-License-Identifier: MIT */
/*
 * Boot information of a Multiboot2 loader (Multiboot2 Specification 2.0, section 3.6). The block is
 * somewhere in RAM, says its own size and is a list of tags, each with a size; all of that is
 * checked before it is used.
 */
#include <arch/boot.h>
#include <lib/string.h>
#include <asm/bootproto.h>
#include <asm/fixmap.h>

enum mb2_tag_type {
	MB2_END = 0,
	MB2_CMDLINE = 1,
	MB2_LOADER = 2,
	MB2_MODULE = 3,
	MB2_MMAP = 6,
	MB2_FRAMEBUFFER = 8,
	MB2_ACPI_OLD = 14,
	MB2_ACPI_NEW = 15,
	MB2_EFI_MMAP = 17,
};

struct mb2_tag {
	u32 type, size;
	u8 data[];
};

struct mb2_module {
	u32 start, end;
	char name[];
};

struct mb2_mmap {
	u32 entry_size, version;
	u8 entries[];
};

struct mb2_mmap_entry {
	u64 base, size;
	u32 type, reserved;
};

struct mb2_efi_mmap {
	u32 entry_size, version;
	u8 entries[];
};

/* UEFI specification, GetMemoryMap(). */
struct efi_memory_desc {
	u32 type, pad;
	u64 phys, virt, pages, attribute;
};

struct mb2_framebuffer {
	u64 base;
	u32 pitch, width, height;
	u8 bpp, type;
	u16 reserved;
	u8 red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
} __packed;

#define MAX_INFO	 (256u << 10)
#define EFI_MEM_MAX_TYPE 14

static char loader_name[32];
static bool have_efi_map;

static const char *add_mmap(const struct mb2_mmap *m, size_t len)
{
	if (len < sizeof(*m) || m->entry_size < sizeof(struct mb2_mmap_entry))
		return "multiboot2: bad memory map";
	for (size_t off = sizeof(*m); off + m->entry_size <= len; off += m->entry_size) {
		struct mb2_mmap_entry e;

		memcpy(&e, (const u8 *)m + off, sizeof(e));
		if (!boot_add_region(e.base, e.size, e.type))
			return "the memory map has too many regions";
	}
	return NULL;
}

/*
 * Boot services are over: their memory is ours. What ACPI needs stays; everything unknown stays
 * too.
 */
static u32 efi_type(u32 type)
{
	switch (type) {
	case 1: /* loader code, loader data, boot services code and data, conventional */
	case 2:
	case 3:
	case 4:
	case 7:
		return 1;
	case 9:
		return 3;
	default:
		return 2;
	}
}

static const char *add_efi_mmap(const struct mb2_efi_mmap *m, size_t len)
{
	u64 base = 0, end = 0;
	u32 type = 0;

	if (len < sizeof(*m) || m->entry_size < sizeof(struct efi_memory_desc))
		return "multiboot2: bad EFI memory map";
	/* It is fine-grained; neighbours of one kind become one region. */
	for (size_t off = sizeof(*m); off + m->entry_size <= len; off += m->entry_size) {
		struct efi_memory_desc d;

		memcpy(&d, (const u8 *)m + off, sizeof(d));
		if (d.pages > 1ull << 40 || d.type > EFI_MEM_MAX_TYPE)
			continue;
		if (end == d.phys && type == efi_type(d.type)) {
			end += d.pages << 12;
			continue;
		}
		if (end && !boot_add_region(base, end - base, type))
			return "the EFI memory map has too many regions";
		base = d.phys;
		end = d.phys + (d.pages << 12);
		type = efi_type(d.type);
	}
	if (end && !boot_add_region(base, end - base, type))
		return "the EFI memory map has too many regions";
	return NULL;
}

static void set_framebuffer(const struct mb2_framebuffer *fb, size_t len)
{
	if (len < sizeof(*fb) || fb->type != 1 || fb->bpp < 15 || fb->bpp > 32 ||
	    !boot_range_ok(fb->base, (u64)fb->pitch * fb->height))
		return;
	boot_info.fb = (struct boot_framebuffer){
		.base = fb->base,
		.width = fb->width,
		.height = fb->height,
		.pitch = fb->pitch,
		.bpp = fb->bpp,
		.red_pos = fb->red_pos,
		.green_pos = fb->green_pos,
		.blue_pos = fb->blue_pos,
	};
}

/*
 * The tag holds a copy of the RSDP; its address is good until memory is allocated, after the ACPI
 * driver has read it.
 */
static void set_rsdp(const struct mb2_tag *tag, phys_addr_t phys)
{
	if (tag->type == MB2_ACPI_NEW || !boot_info.acpi_rsdp)
		boot_info.acpi_rsdp = phys + offsetof(struct mb2_tag, data);
}

static const char *set_initrd(const struct mb2_module *mod, size_t len)
{
	if (len < sizeof(*mod) || mod->end < mod->start)
		return "multiboot2: bad module";
	if (boot_info.initrd_size || mod->end == mod->start)
		return NULL; /* the first one is the initramfs */
	boot_info.initrd_start = mod->start;
	boot_info.initrd_size = mod->end - mod->start;
	return NULL;
}

static const char *parse_tag(const struct mb2_tag *tag, phys_addr_t phys)
{
	size_t len = tag->size - sizeof(*tag);

	switch (tag->type) {
	case MB2_CMDLINE:
		boot_set_cmdline((const char *)tag->data, len);
		return NULL;
	case MB2_LOADER:
		strscpy(loader_name, (const char *)tag->data, min(len, sizeof(loader_name)));
		boot_info.loader = loader_name;
		return NULL;
	case MB2_MODULE:
		return set_initrd((const struct mb2_module *)tag->data, len);
	case MB2_MMAP:
		if (have_efi_map)
			return NULL;
		return add_mmap((const struct mb2_mmap *)tag->data, len);
	case MB2_FRAMEBUFFER:
		set_framebuffer((const struct mb2_framebuffer *)tag->data, len);
		return NULL;
	case MB2_ACPI_OLD:
	case MB2_ACPI_NEW:
		set_rsdp(tag, phys);
		return NULL;
	default:
		return NULL;
	}
}

/* The tag at @off, NULL at the end of the list or if it leaves the block. */
static const struct mb2_tag *tag_at(const u8 *block, u32 total, u32 off)
{
	const struct mb2_tag *tag = (const struct mb2_tag *)(block + off);

	if (off + sizeof(*tag) > total || tag->type == MB2_END || tag->size < sizeof(*tag) ||
	    tag->size > total - off)
		return NULL;
	return tag;
}

static const char *parse_tags(const u8 *block, u32 total, phys_addr_t phys)
{
	const struct mb2_tag *tag;
	const char *wrong = NULL;
	u32 off;

	/* The EFI map first: it knows more than the map that the loader makes from it. */
	for (off = 8; (tag = tag_at(block, total, off)); off += ALIGN(tag->size, 8))
		if (tag->type == MB2_EFI_MMAP) {
			wrong = add_efi_mmap((const struct mb2_efi_mmap *)tag->data,
					     tag->size - sizeof(*tag));
			have_efi_map = !wrong;
		}
	for (off = 8; !wrong && (tag = tag_at(block, total, off)); off += ALIGN(tag->size, 8))
		wrong = parse_tag(tag, phys + off);
	return wrong;
}

const char *multiboot2_parse(phys_addr_t info)
{
	const u32 *head = early_memremap(info, 8);
	const char *wrong;
	u32 total;
	u8 *block;

	if (!head || (info & 7))
		return "multiboot2: boot information at an impossible address";
	total = head[0];
	early_memunmap((void *)head, 8);
	if (total < 16 || total > MAX_INFO)
		return "multiboot2: boot information of impossible size";
	block = early_memremap(info, total);
	if (!block)
		return "multiboot2: boot information cannot be mapped";
	wrong = parse_tags(block, total, info);
	early_memunmap(block, total);
	return wrong;
}
