/* SPDX-License-Identifier: MIT */
/*
 * The kernel command line. Words that a handler knows (early_param, __setup) are the kernel's. Of
 * the rest, `name=value` goes to init's environment and a bare word to its arguments, as do all
 * words after "--"; words with a dot are options of a part that is not built and are dropped.
 */
#include <arch/boot.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/cmdline.h>
#include <lib/string.h>
#include "init.h"

extern const struct kernel_param __start_kernel_params[], __stop_kernel_params[];

char *saved_command_line = boot_info.cmdline;
const char *init_argv[INIT_ARGS + 2]; /* the program's path comes first, in the end */
const char *init_envp[INIT_ENVS + 3];

/* The copies that handlers and init's vectors point into. */
static char early_line[BOOT_CMDLINE_MAX] __initbss;
static char late_line[BOOT_CMDLINE_MAX];

/* True if a handler of that kind exists; it is called. */
static bool __init run_handler(const char *name, char *value, bool early)
{
	const struct kernel_param *p;
	bool known = false;

	for (p = __start_kernel_params; p < __stop_kernel_params; p++) {
		if (!parameq(p->name, name))
			continue;
		known = true;
		if (p->early == early && p->fn(value))
			pr_warn("command line: %s%s%s is not understood; it is ignored\n", name,
				value ? "=" : "", value ? value : "");
	}
	return known;
}

void __init parse_early_params(void)
{
	char *line = early_line, *name, *value;

	strscpy(early_line, boot_info.cmdline, sizeof(early_line));
	while (cmdline_next(&line, &name, &value) && strcmp(name, "--"))
		run_handler(name, value, true);
}

static bool __init replaces(const char *old, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(old, name, n) && old[n] == '=';
}

/* @word is name=value in one piece again. */
static void __init add_env(const char *name, const char *word)
{
	int i = 0;

	while (init_envp[i] && !replaces(init_envp[i], name))
		i++;
	if (i < INIT_ENVS + 2)
		init_envp[i] = word;
	else
		pr_warn("command line: too many variables for init; %s is dropped\n", name);
}

static void __init add_arg(const char *word)
{
	int i = 1;

	while (init_argv[i])
		i++;
	if (i < INIT_ARGS + 1)
		init_argv[i] = word;
	else
		pr_warn("command line: too many arguments for init; %s is dropped\n", word);
}

/*
 * name and value lie in one word, "name\0value": quotes may have moved the value, never before
 * the NUL.
 */
static const char *__init join(char *name, char *value)
{
	size_t n = strlen(name);

	memmove(name + n + 1, value, strlen(value) + 1);
	name[n] = '=';
	return name;
}

void __init parse_params(void)
{
	char *line = late_line, *name, *value;
	bool rest = false;

	init_envp[0] = "HOME=/";
	init_envp[1] = "TERM=linux";
	strscpy(late_line, boot_info.cmdline, sizeof(late_line));
	while (cmdline_next(&line, &name, &value)) {
		if (!rest && !strcmp(name, "--")) {
			rest = true;
			continue;
		}
		if (!rest && (run_handler(name, value, false) || strchr(name, '.')))
			continue;
		if (rest)
			add_arg(value ? join(name, value) : name);
		else if (value)
			add_env(name, join(name, value));
		else
			add_arg(name);
	}
}
