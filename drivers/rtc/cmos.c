/* SPDX-License-Identifier: MIT */
/*
 * The PC's clock in CMOS (Motorola MC146818A data sheet): read once at boot for the time of day. It
 * is taken to keep UTC. Registers change once a second; while bit UIP of register A is set, and 244
 * us before they change, they must not be read.
 */
#define pr_fmt(fmt) "rtc: " fmt

#include <arch/cpu.h>
#include <arch/io.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <uapi/errno.h>
#include <asm/platform.h>

#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71

#define RTC_A	   0x0a
#define RTC_B	   0x0b
#define RTC_D	   0x0d
#define A_UIP	   0x80
#define B_24H	   0x02
#define B_BINARY   0x04
#define D_VALID	   0x80
#define HOUR_PM	   0x80

struct rtc_regs {
	u8 second, minute, hour, day, month, year, century;
};

static u8 __init cmos_read(u8 reg)
{
	outb(reg, CMOS_INDEX);
	return inb(CMOS_DATA);
}

static struct rtc_regs __init read_regs(void)
{
	return (struct rtc_regs){
		.second = cmos_read(0),
		.minute = cmos_read(2),
		.hour = cmos_read(4),
		.day = cmos_read(7),
		.month = cmos_read(8),
		.year = cmos_read(9),
		.century = x86_platform.century_reg ? cmos_read(x86_platform.century_reg) : 0,
	};
}

/* Twice the same, no update going on: 0, or -EIO when that does not happen. */
static int __init read_stable(struct rtc_regs *r)
{
	for (unsigned int i = 0; i < 10000; i++) {
		struct rtc_regs again;

		if (cmos_read(RTC_A) & A_UIP) {
			cpu_relax();
			continue;
		}
		*r = read_regs();
		if (cmos_read(RTC_A) & A_UIP)
			continue;
		again = read_regs();
		if (!memcmp(&again, r, sizeof(again)))
			return 0;
	}
	return -EIO;
}

static unsigned int __init decode(u8 v, u8 status_b)
{
	return status_b & B_BINARY ? v : (v & 0xf) + (v >> 4) * 10u;
}

static unsigned int __init decode_hour(u8 v, u8 status_b)
{
	unsigned int h = decode(v & ~HOUR_PM, status_b);

	if (status_b & B_24H)
		return decode(v, status_b);
	return h % 12 + (v & HOUR_PM ? 12 : 0);
}

/*
 * Days since 1970-01-01 of a date of the Gregorian calendar: years begin in March, so that the leap
 * day is their last.
 */
static s64 __init days_from_civil(unsigned int year, unsigned int month, unsigned int day)
{
	u64 y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return (s64)(365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1) - 719468;
}

static int __init cmos_rtc_init(void)
{
	unsigned int year, month, day, hour, minute, second;
	struct timespec64 ts = {};
	struct rtc_regs r;
	u8 b;

	if (x86_platform.no_cmos_rtc || !(cmos_read(RTC_D) & D_VALID))
		return -ENODEV;
	if (read_stable(&r))
		return -EIO;
	b = cmos_read(RTC_B);
	second = decode(r.second, b);
	minute = decode(r.minute, b);
	hour = decode_hour(r.hour, b);
	day = decode(r.day, b);
	month = decode(r.month, b);
	year = decode(r.year, b);
	if (r.century && decode(r.century, b) >= 19 && decode(r.century, b) <= 29)
		year += decode(r.century, b) * 100;
	else
		year += year < 70 ? 2000 : 1900;
	if (second > 60 || minute > 59 || hour > 23 || !day || day > 31 || !month || month > 12) {
		pr_warn("the CMOS clock has no valid time\n");
		return -EINVAL;
	}
	ts.tv_sec = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return do_settimeofday64(&ts);
}
core_initcall(cmos_rtc_init);
