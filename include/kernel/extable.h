/* SPDX-License-Identifier: MIT */
/*
 * The exception table: pairs of 32-bit self-relative offsets, instruction that may fault and
 * where to go instead.
 */
#ifndef KERNEL_EXTABLE_H
#define KERNEL_EXTABLE_H

#include <lib/types.h>

struct exception_table_entry {
	s32 insn, fixup;
};
/* Both relative to the address of the field itself. */
const struct exception_table_entry *search_exception_table(unsigned long pc);

#endif
