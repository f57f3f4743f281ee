/* SPDX-License-Identifier: MIT */
/*
 * Names of kernel functions by address, from the table that the build puts into the image
 * (scripts/kbuild/kallsyms.py). Only functions are in it. All of this works in any context, at any
 * time: it reads constant data, takes no lock and allocates nothing.
 */
#ifndef _KERNEL_KALLSYMS_H
#define _KERNEL_KALLSYMS_H

#include <lib/kconfig.h>
#include <lib/types.h>

/* Longest name with its terminator; a longer one is cut. */
#define KSYM_NAME_LEN 64

#if IS_ENABLED(CONFIG_KALLSYMS)

/*
 * The function that holds addr: its name, addr's distance from its start and its size in bytes
 * (either pointer may be NULL). NULL if addr is in no function. The name stays valid for the next
 * eight look-ups on all CPUs together, which is enough to print it.
 */
const char *kallsyms_lookup(unsigned long addr, unsigned long *offset, unsigned long *size);

/* The address of the function of that name, 0 if there is none. Slow: looks at every name. */
unsigned long kallsyms_lookup_name(const char *name);

/* A walk over all functions by address; start it with kallsyms_seek(). */
struct kallsyms_cursor {
	unsigned int index; /* of the function that addr and name are of */
	unsigned long addr;
	char name[KSYM_NAME_LEN];
	const u8 *rest; /* of the table, behind that function */
};
/* To function @index, counted from 0, and to the next one. False: there is none. */
bool kallsyms_seek(struct kallsyms_cursor *cursor, unsigned int index);
bool kallsyms_next(struct kallsyms_cursor *cursor);

#else

static inline const char *kallsyms_lookup(unsigned long addr, unsigned long *offset,
					  unsigned long *size)
{
	return NULL;
}

static inline unsigned long kallsyms_lookup_name(const char *name)
{
	return 0;
}

#endif

#endif
