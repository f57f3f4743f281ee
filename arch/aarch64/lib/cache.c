/* SPDX-License-Identifier: MIT */
/* Cache maintenance by address (Arm ARM, D7.5). CTR_EL0 gives the smallest line of all levels. */
#include <arch/cache.h>
#include <asm/barrier.h>
#include <asm/sysreg.h>

static unsigned long line_size(unsigned int shift)
{
	return 4UL << ((read_sysreg(ctr_el0) >> shift) & 0xf);
}

#define FOR_EACH_LINE(op, start, len, size)                                             \
	do {                                                                            \
		unsigned long __end = (unsigned long)(start) + (len);                   \
		for (unsigned long p = (unsigned long)(start) & ~((size)-1); p < __end; \
		     p += (size))                                                       \
			asm volatile(op ", %0" : : "r"(p) : "memory");                  \
	} while (0)

#define DLINE	16
#define ILINE	0
#define CTR_IDC (1UL << 28) /* no need to clean data for instruction fetch */
#define CTR_DIC (1UL << 29) /* no need to invalidate instruction caches */

void arch_sync_icache(const void *start, size_t len)
{
	u64 ctr = read_sysreg(ctr_el0);

	if (!(ctr & CTR_IDC))
		FOR_EACH_LINE("dc cvau", start, len, line_size(DLINE));
	dsb(ish);
	if (!(ctr & CTR_DIC)) {
		FOR_EACH_LINE("ic ivau", start, len, line_size(ILINE));
		dsb(ish);
	}
	isb();
}

void arch_dcache_clean(const void *start, size_t len)
{
	FOR_EACH_LINE("dc cvac", start, len, line_size(DLINE));
	dsb(sy);
}

/*
 * Lines that lie in the range only in part are written back first: their other bytes are somebody
 * else's.
 */
void arch_dcache_invalidate(const void *start, size_t len)
{
	unsigned long size = line_size(DLINE), end = (unsigned long)start + len;

	if ((unsigned long)start & (size - 1))
		asm volatile("dc civac, %0" : : "r"(start) : "memory");
	if (end & (size - 1))
		asm volatile("dc civac, %0" : : "r"(end) : "memory");
	FOR_EACH_LINE("dc ivac", start, len, size);
	dsb(sy);
}
