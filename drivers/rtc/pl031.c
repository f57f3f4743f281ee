/* SPDX-License-Identifier: MIT */
/*
 * ARM PrimeCell Real Time Clock PL031 (DDI 0224): one register counts seconds since 1970. Read
 * once, to set the wall clock.
 */
#include <kernel/of.h>
#include <kernel/time.h>
#include <lib/errno.h>
#include <arch/io.h>

#define RTC_DR 0x00

static int pl031_probe(int node, const void *data)
{
	void __iomem *base = of_iomap(node, 0);
	struct timespec64 now = {};

	if (!base)
		return -ENXIO;
	now.tv_sec = readl(base + RTC_DR);
	iounmap(base);
	return do_settimeofday64(&now);
}

static const struct of_device_id pl031_match[] = {{"arm,pl031", NULL}, {NULL, NULL}};
OF_DEVICE(pl031, pl031_match, pl031_probe);
