/* SPDX-License-Identifier: MIT */
/*
 * Linker-script pieces that every arch's kernel.lds.S includes: tables that drivers and
 * subsystems fill one line at a time. TABLE(x) keeps section x and bounds it by __start_x and
 * __stop_x.
 */
#ifndef KERNEL_SECTIONS_LDS_H
#define KERNEL_SECTIONS_LDS_H

/* clang-format off */
#define TABLE(x)        \
	. = ALIGN(8);   \
	__start_##x = .; \
	KEEP(*(x))      \
	__stop_##x = .;
/* clang-format on */

#ifdef CONFIG_KASAN
/* clang-format off */
#define KASAN_CTORS                                       \
	. = ALIGN(8);                                     \
	__start_kasan_ctors = .;                          \
	KEEP(*(SORT(.init_array.*) .init_array .ctors.*)) \
	__stop_kasan_ctors = .;
/* clang-format on */
#else
#define KASAN_CTORS
#endif

/* Inside .rodata. */
#define RODATA_TABLES           \
	TABLE(initcall0)        \
	TABLE(initcall1)        \
	TABLE(initcall2)        \
	TABLE(initcall3)        \
	TABLE(initcall4)        \
	TABLE(kernel_params)    \
	TABLE(kunit_suites)     \
	TABLE(of_device_table)  \
	TABLE(irqchip_table)    \
	TABLE(timer_table)      \
	TABLE(acpi_table)       \
	TABLE(pci_driver_table) \
	TABLE(sysctl_tables)    \
	KASAN_CTORS             \
	TABLE(__ex_table)

/* Behind everything that is loaded: what debuggers read, and what nobody does. */
/* clang-format off */
#define UNLOADED_SECTIONS \
	.comment 0 : { *(.comment) } \
	.debug_aranges 0 : { *(.debug_aranges) } \
	.debug_info 0 : { *(.debug_info) } \
	.debug_abbrev 0 : { *(.debug_abbrev) } \
	.debug_line 0 : { *(.debug_line) } \
	.debug_line_str 0 : { *(.debug_line_str) } \
	.debug_str 0 : { *(.debug_str) } \
	.debug_str_offsets 0 : { *(.debug_str_offsets) } \
	.debug_addr 0 : { *(.debug_addr) } \
	.debug_frame 0 : { *(.debug_frame) } \
	.debug_loc 0 : { *(.debug_loc) } \
	.debug_loclists 0 : { *(.debug_loclists) } \
	.debug_ranges 0 : { *(.debug_ranges) } \
	.debug_rnglists 0 : { *(.debug_rnglists) } \
	.symtab 0 : { *(.symtab) } \
	.strtab 0 : { *(.strtab) } \
	.shstrtab 0 : { *(.shstrtab) } \
	/DISCARD/ : { *(.eh_frame .eh_frame.*) *(.note .note.*) *(.gnu.*) *(.exit.*) }
/* clang-format on */

/*
 * Sections that code may name: .init.text/.init.data (freed after boot: __init, __initdata),
 * .data..ro_after_init, .data..read_mostly, .data..percpu (template; bounded by
 * __per_cpu_start/__per_cpu_end, aligned to a cache line), .entry.text. The script also provides
 * _stext/_etext, __start_rodata/__end_rodata, _sdata/_edata, __bss_start/__bss_end,
 * __init_begin/__init_end (page aligned), _end.
 */
#endif
