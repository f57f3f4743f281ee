/* SPDX-License-Identifier: MIT */
/*
 * The image, linked at KERNEL_BASE and loaded at any multiple of 2 MiB. Sections of different
 * permission never share a page; boot/early_map.c maps them so:
 *   [_start, _einittext)              read, execute   (from __init_begin on given back after boot)
 *   [__initdata_begin, __init_end)    read, write     (given back too)
 *   [__start_rodata, __end_rodata)    read
 *   [_sdata, _end)                    read, write     (ro_after_init: read only, in the end;
 *                                                      .bss..init: given back)
 * The boot stack's pages are mapped a second time at init_stack, with nothing mapped around.
 */
#define __ASSEMBLER__
#include <arch/param.h>
#include <kernel/sections.lds.h>

OUTPUT_FORMAT("elf64-littleaarch64")
OUTPUT_ARCH(aarch64)
ENTRY(_start)

PHDRS
{
	text PT_LOAD FLAGS(5);
	init PT_LOAD FLAGS(6);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
}

/*
 * Tables of boot: two for the image, two for the identity map, two for the window of the direct
 * map, and for each of image and window one for every 2 MiB that has sections of several kinds.
 */
#define BOOT_TABLES(size) (6 + 2 * MIN(7, (((size) + 0x20000) >> 21) + 1))

SECTIONS
{
	. = KERNEL_BASE;
	.text : {
		KEEP(*(.head.text))
		_stext = .;
		KEEP(*(.idmap.text))
		__idmap_end = .;
		. = ALIGN(2048);
		KEEP(*(.entry.text))
		*(.text.hot .text.hot.*)
		*(.text .text.*)
		_etext = .;
	} :text
	. = ALIGN(PAGE_SIZE);
	__init_begin = .;
	.init.text : {
		_sinittext = .;
		*(.init.text .init.text.*)
	} :text
	. = ALIGN(PAGE_SIZE);
	_einittext = .;

	__initdata_begin = .;
	.init.data : {
		*(.init.data .init.data.*)
		*(.init.rodata .init.rodata.*)
	} :init
	. = ALIGN(PAGE_SIZE);
	__init_end = .;

	__start_rodata = .;
	.rodata : {
		*(.rodata .rodata.*)
		*(.data.rel.ro .data.rel.ro.*)
		RODATA_TABLES
		. = ALIGN(4);
		__start_pan_sites = .;
		KEEP(*(.pan_sites))
		__stop_pan_sites = .;
	} :rodata
	. = ALIGN(PAGE_SIZE);
	__end_rodata = .;

	_sdata = .;
	.data : {
		*(.data..read_mostly)
		. = ALIGN(CACHE_LINE);
		*(.data .data.[_a-zA-Z0-9]* .data..L*)
	} :data
#ifdef CONFIG_SMP
	. = ALIGN(CACHE_LINE);
	.data..percpu : {
		__per_cpu_start = .;
		*(.data..percpu..first)
		*(.data..percpu)
		. = ALIGN(CACHE_LINE);
		__per_cpu_end = .;
	} :data
#endif
#ifndef CONFIG_CC_OPTIMIZE_FOR_SIZE
	. = ALIGN(PAGE_SIZE);
#endif
	__start_ro_after_init = .;
	.data..ro_after_init : {
		*(.data..ro_after_init)
		. = ALIGN(16);
	} :data
#ifndef CONFIG_CC_OPTIMIZE_FOR_SIZE
	. = ALIGN(PAGE_SIZE);
#endif
	__end_ro_after_init = .;
	_edata = .;

	. = ALIGN(64);
	__bss_start = .;
	.bss : {
		*(.bss .bss.[_a-zA-Z0-9]*)
		*(COMMON)
		. = ALIGN(PAGE_SIZE);
		*(.bss..page_aligned)
		. = ALIGN(PAGE_SIZE);
		__initbss_begin = .;
		*(.bss..init)
		. = ALIGN(PAGE_SIZE);
		__initbss_end = .;
	} :data
	__bss_end = .;
	init_stack_pages = .;
	. += THREAD_SIZE;
	reserved_pg_dir = .;
	. += PAGE_SIZE;
	swapper_pg_dir = .;
	. += PAGE_SIZE;
	fixmap_pages = .;
	. += PAGE_SIZE;
	idmap_pg_dir = .;
	. += PAGE_SIZE;
	boot_tables = .;
	. += BOOT_TABLES(. - KERNEL_BASE) * PAGE_SIZE;
	boot_tables_end = .;
	_end = .;

	_image_size = _end - KERNEL_BASE;
	init_stack = FIXMAP_INIT_STACK;
	init_stack_end = FIXMAP_INIT_STACK + THREAD_SIZE;

	ASSERT(__idmap_end - KERNEL_BASE < 0x10000,
	       "code of the identity map is not in the first pages")
	ASSERT(_end - KERNEL_BASE < FIXMAP_FDT - KERNEL_BASE,
	       "the image runs into the boot-time windows")

	UNLOADED_SECTIONS
}
