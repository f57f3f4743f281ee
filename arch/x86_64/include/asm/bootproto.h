/* SPDX-License-Identifier: MIT */
/* How the kernel was started. */
#ifndef ASM_BOOTPROTO_H
#define ASM_BOOTPROTO_H

#define BOOT_PROTO_MULTIBOOT2 1
#define BOOT_PROTO_PVH	      2

#define MB2_HEADER_MAGIC      0xe85250d6
#define MB2_LOADER_MAGIC      0x36d76289
#define PVH_MAGIC	      0x336ec578 /* of struct hvm_start_info */

#ifndef __ASSEMBLER__
#include <lib/types.h>

/*
 * Each fills boot_info from what the loader left at physical @info; everything is checked. Called
 * once, before the direct map exists. They return NULL, or what is wrong.
 */
const char *multiboot2_parse(phys_addr_t info);
const char *pvh_parse(phys_addr_t info);

/*
 * Helpers: a region of the memory map (firmware's type 1 RAM, 3 ACPI, others reserved); false when
 * the table is full.
 */
bool boot_add_region(u64 base, u64 size, u32 e820_type);
/* Copies at most BOOT_CMDLINE_MAX - 1 bytes of a string. */
void boot_set_cmdline(const char *s, size_t len);
/* True if [base, base + size) does not wrap and lies below the address limit of the CPU. */
bool boot_range_ok(u64 base, u64 size);
#endif

#endif
