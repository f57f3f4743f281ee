/* SPDX-License-Identifier: MIT */
/* Short busy waits. */
#include <arch/cpu.h>
#include <arch/io.h>
#include <asm/platform.h>

u64 tsc_hz __ro_after_init;

void udelay_ns(u64 ns)
{
	u64 start = rdtsc();

	if (!tsc_hz) {
		/* A port access takes about a microsecond. */
		for (ns = (ns + 999) / 1000; ns; ns--)
			io_delay();
		return;
	}
	while ((rdtsc() - start) * 1000 < ns * (tsc_hz / 1000000))
		cpu_relax();
}
