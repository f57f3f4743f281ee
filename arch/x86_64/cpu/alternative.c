/* SPDX-License-Identifier: MIT */
/*
 * Code that depends on the CPU is patched once, at boot: the three-byte no-ops around user accesses
 * become STAC and CLAC when there is SMAP. Text is read-only, so a page of it is written through a
 * second, writable and not executable mapping.
 */
#include <lib/string.h>
#include <asm/cpufeature.h>
#include <asm/fixmap.h>
#include <asm/setup.h>

extern const s32 __start_alt_stac[], __stop_alt_stac[];
extern const s32 __start_alt_clac[], __stop_alt_clac[];

/* The window holds two pages, for an instruction that crosses. */
static void poke_text(void *text, const u8 *bytes, size_t len)
{
	static phys_addr_t mapped;
	phys_addr_t phys = image_to_phys(text);

	if (mapped != (phys & PAGE_MASK)) {
		mapped = phys & PAGE_MASK;
		set_fixmap(FIX_TEXT_POKE, mapped, PT_KERNEL);
		set_fixmap(FIX_TEXT_POKE2, mapped + PAGE_SIZE, PT_KERNEL);
	}
	memcpy(fix_to_virt(FIX_TEXT_POKE) + (phys & ~PAGE_MASK), bytes, len);
}

static void patch(const s32 *from, const s32 *to, const u8 *bytes)
{
	for (; from < to; from++)
		poke_text((char *)from + *from, bytes, 3);
}

void apply_alternatives(void)
{
	static const u8 stac[3] = {0x0f, 0x01, 0xcb}, clac[3] = {0x0f, 0x01, 0xca};

	if (!cpu_has(X86_SMAP))
		return;
	patch(__start_alt_stac, __stop_alt_stac, stac);
	patch(__start_alt_clac, __stop_alt_clac, clac);
	set_fixmap(FIX_TEXT_POKE, 0, 0);
	set_fixmap(FIX_TEXT_POKE2, 0, 0);
}
