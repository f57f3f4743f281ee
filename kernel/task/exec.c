/* SPDX-License-Identifier: MIT */
/*
 * execve(2): a task gets a new program. First everything that can fail is done beside the running
 * one: the file is opened, its format and interpreter decoded, a new address space built with the
 * image mapped and the arguments in its stack. Only then begin_new_exec() commits: from there no
 * error can be reported, so what goes wrong after it (we are being killed, no memory for a private
 * descriptor table) kills the task.
 *
 *   do_execve()  open, count, bprm_mm_init, copy strings
 *     load_program()      asks each format in turn; a script replaces bprm->file and asks again
 *       load_binary()       maps, builds the stack
 *         begin_new_exec()    commit
 *
 * Locks: signal->cred_guard_mutex from before the credentials are computed to the end, so that a
 * tracer cannot attach in between.
 */
#include <lib/err.h>
#include <lib/string.h>
#include <kernel/binfmts.h>
#include <kernel/cred.h>
#include <kernel/futex.h>
#include <kernel/io_uring.h>
#include <kernel/posix-timers.h>
#include <kernel/ptrace.h>
#include <kernel/rseq.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <fs/file.h>
#include <fs/fs.h>
#include <fs/fs_struct.h>
#include <fs/namei.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/fcntl.h>
#include <uapi/personality.h>
#include <arch/mmu.h>
#include "exec.h"

static LIST_HEAD(formats);
int suid_dumpable;

void register_binfmt(struct linux_binfmt *fmt)
{
	list_add_tail(&fmt->lh, &formats);
}

/* ---- dumpable ---- */

#define DUMPABLE_MASK (3ul << MMF_DUMPABLE)

int get_dumpable(struct mm_struct *mm)
{
	return (READ_ONCE(mm->flags) & DUMPABLE_MASK) >> MMF_DUMPABLE;
}

void set_dumpable(struct mm_struct *mm, int value)
{
	unsigned long old = READ_ONCE(mm->flags), new;

	do {
		new = (old & ~DUMPABLE_MASK) | ((unsigned long)value << MMF_DUMPABLE);
	} while (!try_cmpxchg(&mm->flags, &old, new));
}

/* ---- commit ---- */

/*
 * The task runs in @mm from now on. The old one's last moments (robust futexes, clear_child_tid, a
 * waiting vfork parent) come first.
 */
static void exec_mmap(struct mm_struct *mm)
{
	struct task_struct *tsk = current;
	struct mm_struct *old = tsk->mm, *active;

	if (old)
		mm_release(tsk, old);
	task_lock(tsk);
	local_irq_disable();
	active = tsk->active_mm; /* a kernel thread's changes whenever it is switched in */
	tsk->mm = mm;
	tsk->active_mm = mm;
	arch_switch_mm(active, mm);
	local_irq_enable();
	task_unlock(tsk);
	if (!old) {
		mmdrop(active);
		return;
	}
	update_hiwater_rss(old);
	tsk->signal->maxrss =
		max_t(u64, tsk->signal->maxrss, old->hiwater_rss << (PAGE_SHIFT - 10));
	mmput(old);
}

/*
 * Gives the task signal actions of its own when CLONE_SIGHAND shares them. The spare was allocated
 * before the point of no return.
 */
static void unshare_sighand(struct linux_binprm *bprm)
{
	struct sighand_struct *old = current->sighand, *new = bprm->sighand;

	if (refcount_read(&old->count) == 1)
		return;
	bprm->sighand = NULL;
	spin_lock_irq(&tasklist_lock);
	spin_lock(&old->siglock);
	memcpy(new->action, old->action, sizeof(new->action));
	rcu_assign_pointer(current->sighand, new);
	spin_unlock(&old->siglock);
	spin_unlock_irq(&tasklist_lock);
	__cleanup_sighand(old);
}

static int alloc_spare_sighand(struct linux_binprm *bprm)
{
	struct sighand_struct *new;

	if (!IS_ENABLED(CONFIG_CLONE_SIGHAND) || refcount_read(&current->sighand->count) == 1)
		return 0;
	new = kmem_cache_alloc(sighand_cachep, GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	refcount_set(&new->count, 1); /* the lock is always initialised: sighand_ctor() */
	bprm->sighand = new;
	return 0;
}

static void install_exec_creds(struct linux_binprm *bprm)
{
	const struct cred *now;

	if (bprm->cred) {
		commit_creds(bprm->cred);
		bprm->cred = NULL;
	}
	now = current_cred();
	if (bprm->secureexec) {
		current->pdeath_signal = 0;
		current->personality &= ~bprm->per_clear;
	}
	set_dumpable(current->mm, bprm->nondump || bprm->secureexec || now->uid != now->euid ||
						  now->gid != now->egid ?
					  suid_dumpable :
					  SUID_DUMP_USER);
}

static void reset_task(struct linux_binprm *bprm)
{
	struct task_struct *me = current;
	const char *slash = strrchr(bprm->filename, '/');

	me->flags &= ~(PF_RANDOMIZE | PF_FORKNOEXEC | PF_KTHREAD);
	if (randomize_va_space && !(me->personality & ADDR_NO_RANDOMIZE))
		me->flags |= PF_RANDOMIZE;
	me->sas_ss_sp = me->sas_ss_size = 0;
	me->sas_ss_flags = SS_DISABLE;
	me->robust_list = NULL;
	me->clear_child_tid = NULL;
	me->restart_block.fn = NULL;
	rseq_execve(me);
	set_task_comm(me, slash ? slash + 1 : bprm->filename);
	WRITE_ONCE(me->self_exec_id, me->self_exec_id + 1);
}

int begin_new_exec(struct linux_binprm *bprm)
{
	int err;

	bprm->point_of_no_return = true;
	io_uring_exec();
	if (IS_ENABLED(CONFIG_THREADS)) {
		err = de_thread();
		if (err)
			return err;
	} else {
		current->exit_signal = SIGCHLD;
	}
	if (IS_ENABLED(CONFIG_CLONE_FILES)) {
		err = unshare_files();
		if (err)
			return err;
	}
	/* A program that may be run but not read must not be read out of a core dump either. */
	bprm->nondump = file_permission(bprm->file, MAY_READ) != 0;
	mm_cursor_release(&bprm->stack);
	set_mm_exe_file(bprm->mm, bprm->file);
	exec_mmap(bprm->mm);
	bprm->mm = NULL;
	exec_itimers(current);
	unshare_sighand(bprm);
	reset_task(bprm);
	flush_signal_handlers(current, false);
	install_exec_creds(bprm);
	do_close_on_exec(current->files);
	return 0;
}

/* ---- the binprm ---- */

static int bprm_mm_init(struct linux_binprm *bprm)
{
	unsigned long top;
	int err;

	bprm->mm = mm_alloc();
	if (!bprm->mm)
		return -ENOMEM;
	bprm->stack.mm = bprm->mm;
	arch_pick_mmap_layout(bprm->mm, rlimit(RLIMIT_STACK));
	top = randomize_stack_top();
	err = setup_stack_vma(bprm->mm, top, false);
	bprm->p = top - sizeof(void *);
	return err;
}

static void free_bprm(struct linux_binprm *bprm)
{
	mm_cursor_release(&bprm->stack);
	if (bprm->mm)
		mmput(bprm->mm);
	if (bprm->cred)
		abort_creds(bprm->cred);
	if (bprm->sighand)
		kmem_cache_free(sighand_cachep, bprm->sighand);
	if (bprm->file)
		fput_exec(bprm->file);
	if (bprm->interp != bprm->filename)
		kfree(bprm->interp);
	kfree(bprm);
}

int bprm_change_interp(const char *interp, struct linux_binprm *bprm)
{
	char *copy = kstrdup(interp, GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	if (bprm->interp != bprm->filename)
		kfree(bprm->interp);
	bprm->interp = copy;
	return 0;
}

int read_file_head(struct file *file, char *buf)
{
	loff_t pos = 0;
	ssize_t n = kernel_read(file, buf, BINPRM_BUF_SIZE, &pos);

	if (n < 0)
		return n;
	memset(buf + n, 0, BINPRM_BUF_SIZE - n);
	return 0;
}

static int ask_formats(struct linux_binprm *bprm)
{
	struct linux_binfmt *fmt;
	int err;

	err = read_file_head(bprm->file, bprm->buf);
	if (err)
		return err;
	list_for_each_entry(fmt, &formats, lh) {
		err = fmt->load_binary(bprm);
		if (bprm->point_of_no_return || err != -ENOEXEC)
			return err;
	}
	return -ENOEXEC;
}

/* Scripts may be run by scripts, five deep. */
static int load_program(struct linux_binprm *bprm)
{
	int depth, err;

	for (depth = 0;; depth++) {
		if (depth > MAX_INTERP_DEPTH)
			return -ELOOP;
		err = ask_formats(bprm);
		if (err || !bprm->interpreter)
			return err;
		fput_exec(bprm->file);
		bprm->file = bprm->interpreter;
		bprm->interpreter = NULL;
	}
}

static int copy_all_strings(struct linux_binprm *bprm, const struct exec_strings *argv,
			    const struct exec_strings *envp)
{
	int err;

	bprm->argc = count_strings(argv);
	if (bprm->argc < 0)
		return bprm->argc;
	bprm->envc = count_strings(envp);
	if (bprm->envc < 0)
		return bprm->envc;
	err = bprm_set_limits(bprm);
	if (err)
		return err;
	err = copy_string_kernel(bprm->filename, bprm);
	if (err)
		return err;
	bprm->exec = bprm->p;
	err = copy_strings(bprm, envp, bprm->envc);
	if (err)
		return err;
	err = copy_strings(bprm, argv, bprm->argc);
	if (err || bprm->argc)
		return err;
	/*
	 * No program copes with an empty argv: it gets one empty string, as Linux gives it since
	 * 5.18.
	 */
	bprm->argc = 1;
	return copy_string_kernel("", bprm);
}

static int build_and_load(struct linux_binprm *bprm, const struct exec_strings *argv,
			  const struct exec_strings *envp)
{
	int err = bprm_mm_init(bprm);

	if (!err)
		err = alloc_spare_sighand(bprm);
	if (!err)
		err = copy_all_strings(bprm, argv, envp);
	if (!err)
		err = load_program(bprm);
	return err;
}

/*
 * A set-user-id program must not share root and cwd with a task that could change them under it: no
 * CLONE_FS until we are done.
 */
static void release_fs(struct linux_binprm *bprm)
{
	struct fs_struct *fs = current->fs;

	if (!bprm->claimed_fs)
		return;
	spin_lock(&fs->lock);
	fs->in_exec = false;
	spin_unlock(&fs->lock);
}

/* @file, with its writers denied, is ours to put. */
static int exec_file(struct file *file, const char *filename, bool inaccessible,
		     const struct exec_strings *argv, const struct exec_strings *envp)
{
	struct linux_binprm *bprm = kmalloc(sizeof(*bprm), GFP_KERNEL);
	pid_t old_tid = task_pid_nr(current); /* a thread that execs gets its leader's */
	int err;

	if (!bprm) {
		fput_exec(file);
		return -ENOMEM;
	}
	memset(bprm, 0, offsetof(struct linux_binprm, buf));
	bprm->file = file;
	bprm->filename = bprm->interp = filename;
	bprm->path_inaccessible = inaccessible;
	err = -ERESTARTNOINTR;
	if (mutex_lock_interruptible(&current->signal->cred_guard_mutex))
		goto out_free;
	__acquire(&current->signal->cred_guard_mutex);
	current->in_execve = true;
	err = build_and_load(bprm, argv, envp);
	if (err && bprm->point_of_no_return && !fatal_signal_pending(current))
		force_fatal_sig(SIGSEGV);
	release_fs(bprm);
	current->in_execve = false;
	mutex_unlock(&current->signal->cred_guard_mutex);
	if (!err)
		ptrace_event(PTRACE_EVENT_EXEC, old_tid);
out_free:
	free_bprm(bprm);
	return err;
}

/* ---- the calls ---- */

/*
 * A program opened through a descriptor is called /dev/fd/N, which is also how a script's
 * interpreter opens it.
 */
static int exec_by_fd(struct file *file, int fd, const char *name, const struct exec_strings *argv,
		      const struct exec_strings *envp)
{
	char *path = name[0] ? kasprintf(GFP_KERNEL, "/dev/fd/%d/%s", fd, name) :
			       kasprintf(GFP_KERNEL, "/dev/fd/%d", fd);
	int err;

	if (!path) {
		fput_exec(file);
		return -ENOMEM;
	}
	err = exec_file(file, path, get_close_on_exec(fd), argv, envp);
	kfree(path);
	return err;
}

static long do_execveat(int fd, const char __user *uname, const struct exec_strings *argv,
			const struct exec_strings *envp, int flags)
{
	struct filename name;
	struct file *file;
	long err;

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	err = getname_flags(&name, uname, flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	if (err)
		return err;
	file = do_open_execat(fd, &name, flags);
	if (IS_ERR(file))
		err = PTR_ERR(file);
	else if (fd == AT_FDCWD || name.name[0] == '/')
		err = exec_file(file, name.name, false, argv, envp);
	else
		err = exec_by_fd(file, fd, name.name, argv, envp);
	putname(&name);
	return err;
}

SYSCALL_DEFINE3(execve, const char __user *, filename, const char __user *const __user *, argv,
		const char __user *const __user *, envp)
{
	struct exec_strings a = {.user = argv}, e = {.user = envp};

	return do_execveat(AT_FDCWD, filename, &a, &e, 0);
}

SYSCALL_DEFINE5(execveat, int, fd, const char __user *, filename, const char __user *const __user *,
		argv, const char __user *const __user *, envp, int, flags)
{
	struct exec_strings a = {.user = argv}, e = {.user = envp};

	return do_execveat(fd, filename, &a, &e, flags);
}

int kernel_execve(const char *filename, const char *const *argv, const char *const *envp)
{
	struct exec_strings a = {.kernel = argv}, e = {.kernel = envp};
	struct file *file = open_exec(filename);

	if (IS_ERR(file))
		return PTR_ERR(file);
	return exec_file(file, filename, false, &a, &e);
}
