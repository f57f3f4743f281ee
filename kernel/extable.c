/* SPDX-License-Identifier: MIT */
/* The exception table: where the kernel may fault on a user address, and where it goes then. */
#include <kernel/extable.h>

extern struct exception_table_entry __start___ex_table[], __stop___ex_table[];

static unsigned long ex_insn(const struct exception_table_entry *e)
{
	return (unsigned long)&e->insn + e->insn;
}

const struct exception_table_entry *search_exception_table(unsigned long pc)
{
	const struct exception_table_entry *lo = __start___ex_table, *hi = __stop___ex_table;

	/*
	 * The linker keeps entries in the order of their sections, which is not the order of
	 * addresses; the table is small and faults on user addresses are rare.
	 */
	for (; lo < hi; lo++)
		if (ex_insn(lo) == pc)
			return lo;
	return NULL;
}
