/* SPDX-License-Identifier: MIT */
/*
 * Core dumps, core(5): whether there is to be one, where it goes, and who waits meanwhile.
 *
 * The dying thread claims the group's end (core_state), kills the other threads, and waits until
 * each has come to coredump_task_exit(), where it stays with its registers on its stack until the
 * core is written. SIGKILL ends a dump early.
 *
 * kernel.core_pattern names a file (relative: in the process's directory) or, after a `|`, a
 * program that gets the core on its standard input. The helper is no child of the process: it is
 * run by a kernel thread, as root.
 */
#include <kernel/binfmts.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/sched_signal.h>
#include <kernel/signal.h>
#include <kernel/sysctl.h>
#include <kernel/time.h>
#include <kernel/utsname.h>
#include <kernel/workqueue.h>
#include <lib/ctype.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/limits.h>
#include <uapi/stat.h>
#include <fs/dcache.h>
#include <fs/file.h>
#include <fs/pipe.h>
#include "coredump.h"
#include "internal.h"

#define CORE_NAME_MAX 512

static char core_pattern[128] = "core";
static int core_uses_pid;

static const struct ctl_table coredump_table[] = {
	{.procname = "core_pattern",
	 .data = core_pattern,
	 .maxlen = sizeof(core_pattern),
	 .mode = 0644,
	 .proc_handler = proc_dostring},
	{.procname = "core_uses_pid",
	 .data = &core_uses_pid,
	 .maxlen = sizeof(int),
	 .mode = 0644,
	 .proc_handler = proc_dointvec},
};

static int __init coredump_init(void)
{
	return register_sysctl("kernel", coredump_table, ARRAY_SIZE(coredump_table));
}
fs_initcall(coredump_init);

/* ---- the other threads ---- */

void coredump_task_exit(void)
{
	struct signal_struct *sig = current->signal;
	struct core_thread self = {.task = current};
	struct core_state *state;

	/* Alone: there is nobody who could be dumping. */
	if (thread_group_empty(current))
		return;
	spin_lock_irq(&current->sighand->siglock);
	current->flags |= PF_POSTCOREDUMP; /* will not come here again: do not wait for it */
	state = sig->core_state;
	if (state) {
		self.next = state->threads;
		state->threads = &self;
		if (!--state->missing)
			complete(&state->startup);
	}
	spin_unlock_irq(&current->sighand->siglock);
	if (!state)
		return;
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (!READ_ONCE(self.task))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

/* Claims the group's end and waits for its threads. False: it is ending already, or killed. */
static bool start_dump(struct core_state *state, int signr)
{
	struct signal_struct *sig = current->signal;
	struct task_struct *t;
	bool mine;

	init_completion(&state->startup);
	spin_lock_irq(&current->sighand->siglock);
	mine = !(sig->flags & SIGNAL_GROUP_EXIT) && !sig->group_exec_task;
	if (mine) {
		sig->core_state = state;
		sig->group_exit_code = signr;
		sig->flags = (sig->flags & SIGNAL_UNKILLABLE) | SIGNAL_GROUP_EXIT;
		zap_other_threads(current);
		for_each_thread(current, t)
			if (t != current && !(t->flags & PF_POSTCOREDUMP))
				state->missing++;
		current->pending.signal &= ~sigmask(SIGKILL);
		clear_thread_flag(TIF_SIGPENDING);
	}
	spin_unlock_irq(&current->sighand->siglock);
	if (mine && READ_ONCE(state->missing))
		wait_for_completion(&state->startup);
	return mine;
}

static void finish_dump(struct core_state *state, bool dumped)
{
	struct signal_struct *sig = current->signal;
	struct core_thread *t, *next;

	spin_lock_irq(&current->sighand->siglock);
	if (dumped)
		sig->group_exit_code |= 0x80;
	sig->core_state = NULL;
	t = state->threads;
	spin_unlock_irq(&current->sighand->siglock);
	for (; t; t = next) {
		struct task_struct *task = t->task;

		next = t->next;
		get_task_struct(task);
		smp_store_release(&t->task, NULL); /* its stack is its own again */
		wake_up_process(task);
		put_task_struct(task);
	}
}

/* ---- the name ---- */

struct core_name {
	char text[CORE_NAME_MAX];
	size_t len;
	bool has_pid;
};

static void add(struct core_name *n, const char *fmt, ...)
{
	size_t room = sizeof(n->text) - n->len;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(n->text + n->len, room, fmt, args);
	va_end(args);
	n->len += min_t(size_t, len, room - 1);
}

/* What programs may choose must not lead into another directory. */
static void add_escaped(struct core_name *n, const char *name)
{
	size_t from = n->len;

	add(n, "%s", name);
	if (!strcmp(n->text + from, ".") || !strcmp(n->text + from, ".."))
		n->text[from] = '!';
	for (size_t i = from; i < n->len; i++)
		if (n->text[i] == '/')
			n->text[i] = '!';
}

/* %f and %E: the program's file. */
static void add_exe(struct core_name *n, bool whole)
{
	struct file *exe = get_mm_exe_file(current->mm);
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *path;

	path = exe && buf ? d_path(&exe->f_path, buf, PATH_MAX) : NULL;
	if (IS_ERR_OR_NULL(path))
		path = current->comm;
	if (!whole && strrchr(path, '/'))
		path = strrchr(path, '/') + 1;
	add_escaped(n, path);
	kfree(buf);
	if (exe)
		fput(exe);
}

static void add_specifier(struct core_name *n, char c, int signr)
{
	const struct cred *cred = current_cred();

	switch (c) {
	case '%':
		return add(n, "%%");
	case 'p':
	case 'P':
		n->has_pid = true;
		return add(n, "%d", task_tgid_nr(current));
	case 'i':
	case 'I':
		return add(n, "%d", task_pid_nr(current));
	case 'u':
		return add(n, "%u", cred->uid);
	case 'g':
		return add(n, "%u", cred->gid);
	case 'd':
		return add(n, "%d", get_dumpable(current->mm));
	case 's':
		return add(n, "%d", signr);
	case 't':
		return add(n, "%lld", (long long)(ktime_get_real() / NSEC_PER_SEC));
	case 'h':
		return add_escaped(n, utsname()->nodename);
	case 'e':
		return add_escaped(n, current->comm);
	case 'f':
		return add_exe(n, false);
	case 'E':
		return add_exe(n, true);
	case 'c':
		return add(n, "%llu", rlimit(RLIMIT_CORE));
	}
}

/* core_pattern with its specifiers replaced, without the `|`. */
static void format_name(struct core_name *n, const char *pattern, int signr)
{
	n->len = 0;
	n->text[0] = '\0';
	n->has_pid = false;
	for (const char *p = pattern; *p; p++) {
		if (*p != '%')
			add(n, "%c", *p);
		else if (!p[1])
			break;
		else
			add_specifier(n, *++p, signr);
	}
	if (!n->has_pid && core_uses_pid && pattern == core_pattern)
		add(n, ".%d", task_tgid_nr(current));
}

/* ---- to a file ---- */

/* Nobody may have prepared it: a plain file, one link, of the one who dumps. */
static bool core_file_ok(struct file *file)
{
	struct inode *inode = file_inode(file);

	return S_ISREG(inode->i_mode) && inode->i_nlink == 1 && inode->i_uid == current_fsuid() &&
	       (inode->i_mode & 0077) == 0;
}

static bool dump_to_file(struct core_params *p, const char *name, bool as_root)
{
	bool done = false;

	p->limit = rlimit(RLIMIT_CORE);
	/* Root's core of somebody else's process goes only where the administrator said. */
	if (p->limit < PAGE_SIZE || (as_root && name[0] != '/'))
		return false;
	p->file = filp_open(
		name, O_CREAT | O_RDWR | O_NOFOLLOW | O_LARGEFILE | (as_root ? O_EXCL : 0), 0600);
	if (IS_ERR(p->file))
		return false;
	if (core_file_ok(p->file) && !do_truncate(p->file->f_path.dentry, 0, 0, p->file))
		done = elf_core_dump(p);
	fput(p->file);
	return done;
}

/* ---- to a program ---- */

#define HELPER_ARGS_MAX 32

struct core_helper {
	struct work_struct work;
	struct completion started; /* the helper has its program, or failed to get one */
	struct file *input;
	char *args[HELPER_ARGS_MAX + 1];
	int error;
};

/* In a task of its own: becomes the program. */
static int run_helper(void *arg)
{
	static const char *const env[] = {"HOME=/", "TERM=linux",
					  "PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL};
	struct core_helper *h = arg;
	struct rlimit64 *core = &current->signal->rlim[RLIMIT_CORE];
	int err;

	/* Its own core must not start another one. */
	*core = (struct rlimit64){1, 1};
	err = do_dup2(current->files, h->input, 0, 0);
	if (err >= 0)
		err = kernel_execve(h->args[0], (const char *const *)h->args, env);
	h->error = err;
	complete(&h->started);
	if (err)
		do_exit(0xff00);
	return 0;
}

static void start_helper(struct work_struct *work)
{
	struct core_helper *h = container_of(work, struct core_helper, work);
	pid_t pid = user_mode_thread(run_helper, h, 0);

	if (pid < 0) {
		h->error = pid;
		complete(&h->started);
	}
}

static int split_args(struct core_helper *h, char *line)
{
	int n = 0;

	for (char *word = line; *word && n < HELPER_ARGS_MAX;) {
		while (isspace(*word))
			*word++ = '\0';
		if (!*word)
			break;
		h->args[n++] = word;
		while (*word && !isspace(*word))
			word++;
	}
	h->args[n] = NULL;
	return n;
}

static bool dump_to_pipe(struct core_params *p, char *line)
{
	struct core_helper h = {.error = 0};
	struct file *ends[2];
	bool done = false;

	/* 1 marks a helper: its own death must not call another. */
	if (rlimit(RLIMIT_CORE) == 1 || !split_args(&h, line) || create_pipe_files(ends, 0))
		return false;
	INIT_WORK(&h.work, start_helper);
	init_completion(&h.started);
	h.input = ends[0];
	schedule_work(&h.work);
	wait_for_completion(&h.started);
	fput(ends[0]);
	p->file = ends[1];
	p->pipe = true;
	p->limit = RLIM64_INFINITY;
	if (!h.error)
		done = elf_core_dump(p);
	fput(ends[1]);
	return done;
}

/* ---- the whole ---- */

static bool dump_somewhere(struct core_params *p, struct core_name *name)
{
	bool as_root = get_dumpable(current->mm) == SUID_DUMP_ROOT, done;
	const struct cred *old = NULL;
	struct cred *root;

	if (core_pattern[0] == '|') {
		format_name(name, core_pattern + 1, p->info->si_signo);
		return dump_to_pipe(p, name->text);
	}
	format_name(name, core_pattern, p->info->si_signo);
	if (!name->len)
		return false;
	root = as_root ? prepare_creds() : NULL;
	if (as_root && !root)
		return false;
	if (root) {
		root->fsuid = 0;
		old = override_creds(root);
	}
	done = dump_to_file(p, name->text, as_root);
	if (root) {
		revert_creds(old);
		put_cred(root);
	}
	return done;
}

bool do_coredump(const struct siginfo *info)
{
	struct core_state state = {.missing = 0};
	struct core_params p = {.info = info, .state = &state};
	struct core_name *name;
	bool dumped = false;

	if (!current->mm || get_dumpable(current->mm) == SUID_DUMP_DISABLE)
		return false;
	if (core_pattern[0] != '|' && rlimit(RLIMIT_CORE) < PAGE_SIZE)
		return false;
	name = kmalloc(sizeof(*name), GFP_KERNEL);
	if (!name)
		return false;
	if (start_dump(&state, info->si_signo)) {
		current->flags |= PF_DUMPCORE;
		dumped = dump_somewhere(&p, name);
		finish_dump(&state, dumped);
	}
	kfree(name);
	return dumped;
}
