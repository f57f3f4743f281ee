/* SPDX-License-Identifier: MIT */
/*
 * exec: decode, then commit. A linux_binprm collects everything that can fail (file, interpreter,
 * new mm with arguments copied); load_binary's begin_new_exec() is the point of no return.
 */
#ifndef KERNEL_BINFMTS_H
#define KERNEL_BINFMTS_H

#include <lib/types.h>
#include <lib/list.h>
#include <arch/param.h>

struct file;
struct mm_struct;
struct cred;
struct page;
struct sighand_struct;

/*
 * The start of the file: ELF's program headers and the interpreter's name are usually in it. A #!
 * line may use SCRIPT_LINE_MAX of it.
 */
#define BINPRM_BUF_SIZE	 1024
#define SCRIPT_LINE_MAX	 256
#define MAX_ARG_STRLEN	 (32 * PAGE_SIZE)
#define MAX_INTERP_DEPTH 5

/*
 * A page of an mm that does not run yet, kept in reach: what is written to the new stack goes
 * through one.
 */
struct mm_cursor {
	struct mm_struct *mm;
	struct page *page; /* referenced; NULL: none yet */
	unsigned long addr; /* of the page in mm */
};

struct linux_binprm {
	struct mm_struct *mm; /* NULL once it is current's */
	unsigned long p; /* lowest string so far; grows down in @mm's stack */
	unsigned long argmin; /* p may not go below: RLIMIT_STACK / 4 */
	struct mm_cursor stack;
	struct file *file; /* being loaded; writers are denied */
	struct file *interpreter; /* a script asks that this be loaded instead */
	struct cred *cred; /* to be committed; NULL: unchanged */
	struct sighand_struct *sighand; /* spare, for when current's is shared */
	int argc, envc;
	const char *filename; /* as given, or /dev/fd/N */
	const char *interp; /* what is really run */
	unsigned int per_clear; /* personality bits that go */
	bool secureexec; /* AT_SECURE */
	bool point_of_no_return;
	bool path_inaccessible; /* named by a close-on-exec descriptor: no use to an interpreter */
	bool claimed_fs; /* fs->in_exec is ours */
	bool nondump; /* the file is not readable by the caller */
	unsigned long exec; /* address of filename in the new stack */
	char buf[BINPRM_BUF_SIZE]; /* zero-filled behind the end of the file */
};

struct linux_binfmt {
	struct list_head lh;
	/* 0; -ENOEXEC: not mine. Calls begin_new_exec() when nothing can fail any more. */
	int (*load_binary)(struct linux_binprm *bprm);
	const char *name;
};
/* Boot only. */
void register_binfmt(struct linux_binfmt *fmt);

/*
 * For load_binary(). begin_new_exec() makes current a new program with bprm->mm: other threads are
 * gone, handlers reset, close-on-exec descriptors closed, credentials in force. When it fails the
 * caller is killed.
 */
int begin_new_exec(struct linux_binprm *bprm);
int copy_string_kernel(const char *s, struct linux_binprm *bprm);
int remove_arg_zero(struct linux_binprm *bprm);
int bprm_change_interp(const char *interp, struct linux_binprm *bprm);

/*
 * The first process, from a kernel thread: 0, and the thread then returns to user mode; or -errno.
 * May sleep.
 */
int kernel_execve(const char *filename, const char *const *argv, const char *const *envp);

/*
 * Bytes of a new mm by kernel address: valid up to the end of the page and until the cursor moves.
 * The stack VMA grows as needed. ERR_PTR on failure. mmap_lock not held; may sleep.
 */
void *mm_cursor_at(struct mm_cursor *cur, unsigned long addr);
void mm_cursor_release(struct mm_cursor *cur);
/* 0 or -errno. */
int mm_cursor_write(struct mm_cursor *cur, unsigned long to, const void *from, size_t len);

/* May others look at the process: 0 no, 1 yes (SUID_DUMP_*), prctl(PR_SET_DUMPABLE). */
#define SUID_DUMP_DISABLE 0
#define SUID_DUMP_USER	  1
#define SUID_DUMP_ROOT	  2
int get_dumpable(struct mm_struct *mm);
void set_dumpable(struct mm_struct *mm, int value);
extern int suid_dumpable; /* fs.suid_dumpable */

#endif
