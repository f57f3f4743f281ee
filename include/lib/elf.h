/* SPDX-License-Identifier: MIT */
/*
 * Checks of 64-bit ELF executables before anything is done with them (System V gABI, chapters 4
 * and 5).
 *
 * elf_check_header() looks at the first 64 bytes and says where the program headers are.
 * elf_check_program() looks at those and fills a struct elf_image; its promises are all the loader
 * needs: what a PT_LOAD takes from the file lies inside it, its address and file offset agree
 * modulo the page size, memory size is not less than file size, no sum overflows, segments ascend
 * without overlap, and the entry point is inside one of them.
 */
#ifndef _LIB_ELF_H
#define _LIB_ELF_H

#include <lib/types.h>
#include <uapi/elf.h>

#define ELF_MAX_PHDRS 128

struct elf_params {
	u16 machine; /* EM_X86_64, EM_AARCH64 */
	u64 page_size; /* a power of two */
	u64 address_limit; /* first address that user space cannot have */
	u64 file_size;
};

struct elf_image {
	u16 type; /* ET_EXEC or ET_DYN */
	u16 phnum;
	u64 phoff;
	u64 entry; /* as in the file: without the load bias */
	u64 low, high; /* page-aligned span of all PT_LOADs */
	u64 align; /* largest p_align of the PT_LOADs, at least a page */
	u64 phdr_vaddr; /* where the program headers will be in memory; 0 if they are not loaded */
	u64 interp_off, interp_len; /* PT_INTERP, its length with the NUL; 0 if none */
	u64 brk; /* end of the highest segment's memory */
	u32 first_load, load_count;
	bool has_stack, exec_stack; /* PT_GNU_STACK */
	u64 gnu_property_off, gnu_property_len;
};

/* NULL if good, else what is wrong. Fills type, phnum, phoff and entry. */
const char *elf_check_header(const void *buf, size_t len, const struct elf_params *params,
			     struct elf_image *img);
/* @phdrs: img->phnum entries, as read from the file. */
const char *elf_check_program(const struct elf64_phdr *phdrs, const struct elf_params *params,
			      struct elf_image *img);
/* True if @buf starts with ELF's magic. */
bool elf_is_elf(const void *buf, size_t len);
/* True if the file is for another machine than @machine: to say so in an error message. */
bool elf_wrong_machine(const void *buf, size_t len, u16 machine);

#endif
