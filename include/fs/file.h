/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables. files_struct is one of the six objects a task is made of: fork copies it,
 * CLONE_FILES shares it. Slots are read under RCU; they change under file_lock, which a table with
 * one user still takes (it is uncontended) so that /proc/pid/fd can look from outside.
 *
 * A table used by one thread only needs no reference on the file during a call: fdget() then
 * borrows it.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <lib/atomic.h>
#include <kernel/spinlock.h>
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <fs/fs.h>

#define NR_OPEN_DEFAULT 64
#define NR_OPEN_MAX	(1024 * 1024)
extern int sysctl_nr_open; /* one more than the highest descriptor; NR_OPEN_MAX unless set */

struct fdtable {
	unsigned int max_fds;
	struct file **fd; /* RCU */
	unsigned long *close_on_exec; /* (f) bitmaps of max_fds bits */
	unsigned long *open_fds; /* (f) */
	unsigned long *full_fds_bits; /* (f) one bit per full word of open_fds */
	struct rcu_head rcu;
};

/* (a) atomic; (f) file_lock; (r) RCU pointer, replaced under file_lock. */
struct files_struct {
	atomic_int count; /* (a) tasks sharing it */
	spinlock_t file_lock;
	unsigned int next_fd; /* (f) no free descriptor below */
	struct fdtable *fdt; /* (r) */
	struct fdtable fdtab; /* first, built in */
	unsigned long close_on_exec_init[1];
	unsigned long open_fds_init[1];
	unsigned long full_fds_bits_init[1];
	struct file *fd_array[NR_OPEN_DEFAULT];
};

/* A borrowed or counted file: the two low bits say what fdput() has to undo. */
struct fd {
	unsigned long word;
};
#define FDPUT_FPUT	 1ul
#define FDPUT_POS_UNLOCK 2ul

static inline struct file *fd_file(struct fd f)
{
	return (struct file *)(f.word & ~3ul);
}

#define fd_empty(f) unlikely(!(f).word)

unsigned long __fdget_slow(struct files_struct *files, unsigned int fd, fmode_t mask);
void __f_unlock_pos(struct file *file);
unsigned long __fdget_pos_lock(unsigned long word);

/*
 * The file of @fd for the length of a call; fd_file() is NULL for a bad descriptor or an O_PATH
 * one.
 */
static inline unsigned long __fdget(unsigned int fd, fmode_t mask)
{
	struct files_struct *files = current->files;
	struct fdtable *fdt;
	struct file *file;

	/* Alone in the table: nobody else can close the slot while we use it. */
	if (unlikely(atomic_load_explicit(&files->count, memory_order_acquire) != 1))
		return __fdget_slow(files, fd, mask);
	fdt = files->fdt;
	if (unlikely(fd >= fdt->max_fds))
		return 0;
	file = fdt->fd[fd];
	if (unlikely(!file || (file->f_mode & mask)))
		return 0;
	return (unsigned long)file;
}

static inline struct fd fdget(unsigned int fd)
{
	return (struct fd){__fdget(fd, FMODE_PATH)};
}

/* O_PATH descriptors too. */
static inline struct fd fdget_raw(unsigned int fd)
{
	return (struct fd){__fdget(fd, 0)};
}

/* And f_pos locked, where files share positions: read, write, lseek, getdents. */
static inline struct fd fdget_pos(unsigned int fd)
{
	unsigned long w = __fdget(fd, FMODE_PATH);
	struct file *file = (struct file *)(w & ~3ul);

	if (file && (file->f_mode & FMODE_ATOMIC_POS) &&
	    ((w & FDPUT_FPUT) || atomic_load_explicit(&file->f_count, memory_order_relaxed) > 1))
		w = __fdget_pos_lock(w);
	return (struct fd){w};
}

static inline void fdput(struct fd f)
{
	if (unlikely(f.word & FDPUT_FPUT))
		fput(fd_file(f));
}

static inline void fdput_pos(struct fd f)
{
	if (unlikely(f.word & FDPUT_POS_UNLOCK))
		__f_unlock_pos(fd_file(f));
	fdput(f);
}

/* A counted reference to the caller's @fd, NULL if bad (or O_PATH; fget_raw takes these too). */
struct file *fget(unsigned int fd);
struct file *fget_raw(unsigned int fd);
/* Of another task; NULL when it has none. Takes task_lock itself. */
struct file *fget_task(struct task_struct *task, unsigned int fd);
/* The first open descriptor >= *fd of @task, for /proc/pid/fd; *fd is set to it. */
struct file *fget_task_next(struct task_struct *task, unsigned int *fd);

/* Reserves the lowest free descriptor (O_CLOEXEC honoured): fd, -EMFILE or -ENOMEM. */
int get_unused_fd_flags(unsigned int flags);
void put_unused_fd(unsigned int fd);
/* Puts @file (its reference) in a reserved slot. Cannot fail. */
void fd_install(unsigned int fd, struct file *file);
/* Takes the file out of the slot and closes it: 0, -EBADF or flush's error. */
int close_fd(unsigned int fd);
/* close_range(2) */
int do_close_range(unsigned int first, unsigned int last, unsigned int flags);
int do_dup2(struct files_struct *files, struct file *file, unsigned int fd, unsigned int flags);
/* The lowest descriptor >= @from for @file (its reference only on success). */
int f_dupfd(unsigned int from, struct file *file, unsigned int flags);
bool get_close_on_exec(unsigned int fd);
void set_close_on_exec(unsigned int fd, bool on);

/* Task plumbing: fork copies or shares, exec closes FD_CLOEXEC, exit drops. */
extern struct files_struct init_files;
struct files_struct *dup_fd(struct files_struct *old, int *error);
struct files_struct *get_files(struct files_struct *files);
void put_files(struct files_struct *files);
/* A private copy if shared (exec, unshare); 0 or -ENOMEM. */
int unshare_files(void);
void exit_files(struct task_struct *task);
void do_close_on_exec(struct files_struct *files);

void files_init(void);

#endif
