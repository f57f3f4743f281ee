/* SPDX-License-Identifier: MIT */
/* Bounds and tables that kernel.lds.S lays out. */
#ifndef ASM_SECTIONS_H
#define ASM_SECTIONS_H

#include <arch/pte.h>

extern char _start[], _stext[], _etext[], _sinittext[], _einittext[];
extern char __initbss_begin[], __initbss_end[];
extern char __init_begin[], __initdata_begin[], __init_end[], __start_rodata[], __end_rodata[];
extern char _sdata[], _edata[], __start_ro_after_init[], __end_ro_after_init[];
extern char __bss_start[], __bss_end[], _end[];
extern char init_stack_pages[];

/* Boot-time page tables. */
extern pte_t swapper_pg_dir[], reserved_pg_dir[], idmap_pg_dir[], boot_tables[], boot_tables_end[];
/* How many of boot_tables early_map() took; mm/mmu.c goes on behind them. */
extern unsigned int boot_tables_used;
/* Made for the windows at FIXMAP_PAGES. */
extern pte_t fixmap_pages[];

/* Exceptions and the entry points of CPUs: boot/head.S, entry/entry.S. */
extern char vectors[], secondary_entry[];

#endif
