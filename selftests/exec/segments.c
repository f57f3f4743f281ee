/* SPDX-License-Identifier: MIT */
/* x86: no program gets anything out of segment registers but a signal. */
#include "../harness.h"

#ifdef __x86_64__
#include <sys/mman.h>

static void load_ds(unsigned short selector)
{
	__asm__ __volatile__("movw %0, %%ds" : : "r"(selector));
}

/* There is no local descriptor table, not even one that a program put where there could be one. */
TEST_SIGNAL(local_table_first_entry, SIGSEGV)
{
	load_ds(0x7);
}

TEST_SIGNAL(local_table_far_entry, SIGSEGV)
{
	load_ds(0xffff);
}

TEST_SIGNAL(local_table_of_our_own, SIGSEGV)
{
	unsigned long long *ldt = mmap((void *)0x10000, 4096, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (ldt == MAP_FAILED)
		_exit(1);
	for (int i = 0; i < 512; i++)
		ldt[i] = 0x00cff3000000ffff;
	load_ds(0xffff);
}

TEST_SIGNAL(kernel_data_segment, SIGSEGV)
{
	for (unsigned short s = 8; s < 0x80; s += 8)
		load_ds(s);
}

TEST_SIGNAL(far_return_to_nowhere, SIGSEGV)
{
	__asm__ __volatile__("pushq $0\n\tpushq $0\n\t.byte 0xcb" : : : "memory");
}

TEST(loading_none_is_fine)
{
	load_ds(0);
	load_ds(3);
}
#else
TEST(segments)
{
	SKIP("only x86 has segments");
}
#endif

TEST_MAIN
