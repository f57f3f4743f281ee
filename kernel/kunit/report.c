/* SPDX-License-Identifier: MIT */
/*
 * KTAP output, and the options of the command line. https://docs.kernel.org/dev-tools/ktap.html
 * describes the format.
 */
#include <lib/kstrtox.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include "kunit.h"

struct kunit_options kunit_options = {.repeat = 1};

void kunit_print(unsigned int depth, const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	vscnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	printk(KERN_NOTICE "%*s%s\n", (int)depth * 4, "", line);
}

void kunit_print_result(unsigned int depth, bool ok, unsigned int number, const char *name,
			const char *skip_reason)
{
	kunit_print(depth, "%s %u %s%s%s", ok ? "ok" : "not ok", number, name,
		    skip_reason ? " # SKIP " : "", skip_reason ? skip_reason : "");
}

/* '*' stands for any text, '?' for any character. */
bool kunit_glob(const char *pattern, const char *name)
{
	const char *star = NULL, *retry = NULL;

	if (!pattern)
		return true;
	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static int run_setup(char *value)
{
	if (!value) {
		kunit_options.run = true;
		return 0;
	}
	return kstrtobool(value, &kunit_options.run);
}
__setup("kunit.run", run_setup);

static int suite_setup(char *value)
{
	kunit_options.suite = value && *value ? value : NULL;
	return 0;
}
__setup("kunit.suite", suite_setup);

static int case_setup(char *value)
{
	kunit_options.name = value && *value ? value : NULL;
	return 0;
}
__setup("kunit.case", case_setup);

static int seed_setup(char *value)
{
	return value ? kstrtoull(value, 0, &kunit_options.seed) : -EINVAL;
}
__setup("kunit.seed", seed_setup);

static int repeat_setup(char *value)
{
	return value ? kstrtouint(value, 10, &kunit_options.repeat) : -EINVAL;
}
__setup("kunit.repeat", repeat_setup);
