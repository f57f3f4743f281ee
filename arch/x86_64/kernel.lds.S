/* SPDX-License-Identifier: MIT */
/*
 * The image. Addresses are KERNEL_MAP_OFFSET + physical address; sections of different permission
 * never share a page, and boot/head.S maps each page with exactly these permissions:
 *   [_text, __text_end) read, execute (the part from __init_begin is given back after boot)
 *   [__initdata_begin, __init_end)     read, write     (given back too)
 *   [__start_rodata, __end_rodata)     read
 *   [_sdata, init_stack_guard)         read, write
 *   init_stack_guard                   not mapped
 *   [init_stack, _end)                 read, write    ([__initbss_begin, __initbss_end) given back)
 */
#include <arch/param.h>
#include <kernel/sections.lds.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(pvh_start)

PHDRS
{
	text PT_LOAD FLAGS(5);
	init PT_LOAD FLAGS(6);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
	note PT_NOTE FLAGS(4);
}

#define LMA(s) AT(ADDR(s) - KERNEL_MAP_OFFSET)

SECTIONS
{
	. = KERNEL_BASE;
	_text = .;
	.text : LMA(.text) {
		KEEP(*(.head.text))
		_stext = .;
		*(.entry.text)
		*(.text.hot .text.hot.*)
		*(.text .text.*)
		_etext = .;
	} :text
	. = ALIGN(PAGE_SIZE);
	__init_begin = .;
	.init.text : LMA(.init.text) {
		_sinittext = .;
		*(.init.text)
		_einittext = .;
	} :text
	. = ALIGN(PAGE_SIZE);
	__text_end = .;

	__initdata_begin = .;
	.init.data : LMA(.init.data) {
		*(.init.data)
		*(.init.rodata)
	} :init
	. = ALIGN(PAGE_SIZE);
	__init_end = .;

	__start_rodata = .;
	.rodata : LMA(.rodata) {
		*(.rodata .rodata.*)
		*(.data.rel.ro .data.rel.ro.*)
		RODATA_TABLES
		TABLE(alt_stac)
		TABLE(alt_clac)
		TABLE(x86_probe_early)
		TABLE(x86_probe_irqchip)
		TABLE(x86_probe_timer)
	} :rodata
	.note : LMA(.note) {
		KEEP(*(.note.Xen))
	} :rodata :note
	. = ALIGN(PAGE_SIZE);
	__end_rodata = .;

	_sdata = .;
	.data : LMA(.data) {
		*(.data..read_mostly)
		. = ALIGN(CACHE_LINE);
		*(.data .data.[_a-zA-Z0-9]* .data..L*)
	} :data
#ifdef CONFIG_SMP
	. = ALIGN(CACHE_LINE);
	.data..percpu : LMA(.data..percpu) {
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
	.data..ro_after_init : LMA(.data..ro_after_init) {
		*(.data..ro_after_init)
		. = ALIGN(8);
	} :data
#ifndef CONFIG_CC_OPTIMIZE_FOR_SIZE
	. = ALIGN(PAGE_SIZE);
#endif
	__end_ro_after_init = .;
	_edata = .;

	. = ALIGN(PAGE_SIZE);
	init_stack_guard = .;
	. = . + PAGE_SIZE;
	init_stack = .;
	. = . + THREAD_SIZE;
	init_stack_end = .;
	__bss_start = .;
	.bss : LMA(.bss) {
		*(.bss..page_aligned)
		*(.bss .bss.[_a-zA-Z0-9]*)
		*(COMMON)
		. = ALIGN(PAGE_SIZE);
		__initbss_begin = .;
		*(.bss..init)
		. = ALIGN(PAGE_SIZE);
		__initbss_end = .;
		boot_pt = .;
		. = . + boot_pt_pages * PAGE_SIZE;
		direct_pt = .;
		. = . + boot_pt_pages * PAGE_SIZE;
	} :data
	__bss_end = .;
	_end = .;
	boot_pt_pages = ((boot_pt - KERNEL_MAP_OFFSET + 0x20000) >> 21) + 1;
	ASSERT(_end - KERNEL_BASE <= 0x1e00000, "the image is too large for its page tables")

	UNLOADED_SECTIONS
}
