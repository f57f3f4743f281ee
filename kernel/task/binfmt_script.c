/* SPDX-License-Identifier: MIT */
/*
 * Scripts: "#! interpreter [argument]", execve(2). The interpreter gets its own name, the argument
 * as one string whatever is in it, the script's path and the script's arguments. The line ends with
 * a newline or the end of the file, and must not be cut by the end of the buffer inside the name.
 */
#include <lib/err.h>
#include <lib/string.h>
#include <kernel/binfmts.h>
#include <kernel/init.h>
#include <fs/fs.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Cuts bprm->buf up: *name and *arg (or NULL) become strings in it. -ENOEXEC when the line is no
 * good.
 */
static int parse_line(char *buf, char **name, char **arg)
{
	char *last = buf + SCRIPT_LINE_MAX - 1, *end, *p;

	end = memchr(buf, '\n', SCRIPT_LINE_MAX);
	if (!end) {
		/* No newline: fine if the name itself is whole, that is, something ends it. */
		for (p = buf + 2; p < last && is_blank(*p); p++)
			;
		for (; p < last && *p && !is_blank(*p); p++)
			;
		if (p == last)
			return -ENOEXEC;
		end = last;
	}
	*end = '\0';
	end = buf + strlen(buf);
	while (end > buf + 2 && is_blank(end[-1]))
		*--end = '\0';
	for (p = buf + 2; is_blank(*p); p++)
		;
	if (!*p)
		return -ENOEXEC;
	*name = p;
	*arg = NULL;
	while (*p && !is_blank(*p))
		p++;
	if (*p) {
		*p++ = '\0';
		while (is_blank(*p))
			p++;
		*arg = p;
	}
	return 0;
}

static int load_script(struct linux_binprm *bprm)
{
	char *name, *arg;
	struct file *file;
	int err;

	if (bprm->buf[0] != '#' || bprm->buf[1] != '!')
		return -ENOEXEC;
	err = parse_line(bprm->buf, &name, &arg);
	if (err)
		return err;
	if (bprm->path_inaccessible)
		return -ENOENT;
	err = remove_arg_zero(bprm);
	if (!err)
		err = copy_string_kernel(bprm->interp, bprm);
	if (!err && arg)
		err = copy_string_kernel(arg, bprm);
	if (!err)
		err = copy_string_kernel(name, bprm);
	if (!err)
		err = bprm_change_interp(name, bprm);
	if (err)
		return err;
	bprm->argc += arg ? 3 : 2;
	file = open_exec(name);
	if (IS_ERR(file))
		return PTR_ERR(file);
	bprm->interpreter = file;
	return 0;
}

static struct linux_binfmt script_format = {.load_binary = load_script, .name = "script"};

static int __init script_init(void)
{
	register_binfmt(&script_format);
	return 0;
}
core_initcall(script_init);
