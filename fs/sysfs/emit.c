/* SPDX-License-Identifier: MIT */
/* printf for the show functions of sysfs attributes. */
#include <stdarg.h>
#include <lib/printf.h>
#include <arch/param.h>
#include <fs/sysfs.h>

int sysfs_emit(char *buf, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, PAGE_SIZE, fmt, args);
	va_end(args);
	return len;
}
