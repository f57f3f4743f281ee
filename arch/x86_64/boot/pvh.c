/* SPDX-License-Identifier: MIT */
/*
 * Boot information of the PVH protocol: struct hvm_start_info (Xen,
 * public/arch-x86/hvm/start_info.h).
 */
#include <arch/boot.h>
#include <lib/string.h>
#include <asm/bootproto.h>
#include <asm/fixmap.h>

struct pvh_start_info {
	u32 magic, version, flags, nr_modules;
	u64 modules, cmdline, rsdp;
	/* version 1 */
	u64 memmap;
	u32 memmap_entries, reserved;
};

struct pvh_module {
	u64 start, size, cmdline, reserved;
};

struct pvh_memmap_entry {
	u64 base, size;
	u32 type, reserved;
};

static const char *add_memmap(const struct pvh_start_info *info)
{
	size_t size = info->memmap_entries * sizeof(struct pvh_memmap_entry);
	const struct pvh_memmap_entry *map;
	const char *wrong = NULL;

	if (info->version < 1 || !info->memmap_entries || info->memmap_entries > 1024)
		return "pvh: no memory map";
	map = early_memremap(info->memmap, size);
	if (!map)
		return "pvh: the memory map cannot be mapped";
	for (u32 i = 0; i < info->memmap_entries && !wrong; i++)
		if (!boot_add_region(map[i].base, map[i].size, map[i].type))
			wrong = "the memory map has too many regions";
	early_memunmap((void *)map, size);
	return wrong;
}

static const char *set_cmdline(phys_addr_t phys)
{
	char *s = early_memremap(phys, BOOT_CMDLINE_MAX);

	if (!s)
		return "pvh: the command line cannot be mapped";
	boot_set_cmdline(s, BOOT_CMDLINE_MAX);
	early_memunmap(s, BOOT_CMDLINE_MAX);
	return NULL;
}

static const char *set_initrd(phys_addr_t phys)
{
	struct pvh_module *mod = early_memremap(phys, sizeof(*mod));

	if (!mod)
		return "pvh: the module list cannot be mapped";
	if (mod->size && boot_range_ok(mod->start, mod->size)) {
		boot_info.initrd_start = mod->start;
		boot_info.initrd_size = mod->size;
	}
	early_memunmap(mod, sizeof(*mod));
	return NULL;
}

const char *pvh_parse(phys_addr_t phys)
{
	struct pvh_start_info *mapped = early_memremap(phys, sizeof(*mapped));
	struct pvh_start_info info;
	const char *wrong;

	if (!mapped)
		return "pvh: the start information cannot be mapped";
	info = *mapped;
	early_memunmap(mapped, sizeof(*mapped));
	if (info.magic != PVH_MAGIC)
		return "pvh: the start information has a wrong magic number";
	boot_info.acpi_rsdp = info.rsdp;
	wrong = add_memmap(&info);
	if (!wrong && info.cmdline)
		wrong = set_cmdline(info.cmdline);
	if (!wrong && info.nr_modules && info.modules)
		wrong = set_initrd(info.modules);
	return wrong;
}
