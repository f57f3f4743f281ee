/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables. <fs/file.h> has the rules; slots are read under RCU and changed under
 * files->file_lock. A table grows by doubling: the old one stays valid for readers until a grace
 * period has passed.
 *
 * The lowest free descriptor is found in two steps: full_fds_bits has a bit for each word of
 * open_fds that is full, so a million descriptors cost 256 words at worst, and next_fd skips what
 * is known to be taken.
 */
#include <lib/bitmap.h>
#include <lib/err.h>
#include <kernel/bug.h>
#include <kernel/sched_signal.h>
#include <fs/file.h>
#include <uapi/close_range.h>
#include "internal.h"

static struct kmem_cache *files_cache __ro_after_init;

struct files_struct init_files = {
	.count = 1,
	.file_lock = __SPIN_LOCK_INIT("init_files"),
	.fdt = &init_files.fdtab,
	.fdtab =
		{
			.max_fds = NR_OPEN_DEFAULT,
			.fd = init_files.fd_array,
			.close_on_exec = init_files.close_on_exec_init,
			.open_fds = init_files.open_fds_init,
			.full_fds_bits = init_files.full_fds_bits_init,
		},
};

/* ---- tables ---------------------------------------------------------------------------------- */

static inline unsigned int fd_words(unsigned int max_fds)
{
	return max_fds / BITS_PER_LONG;
}

static inline unsigned int full_words(unsigned int max_fds)
{
	return DIV_ROUND_UP(fd_words(max_fds), BITS_PER_LONG);
}

static void free_fdtable(struct fdtable *fdt)
{
	kvfree(fdt->fd);
	kvfree(fdt->open_fds);
	kfree(fdt);
}

static void free_fdtable_rcu(struct rcu_head *head)
{
	free_fdtable(container_of(head, struct fdtable, rcu));
}

int sysctl_nr_open = NR_OPEN_MAX;

/* Room for @nr descriptors at least. The three bitmaps are one allocation. */
static struct fdtable *alloc_fdtable(unsigned int nr)
{
	struct fdtable *fdt = kmalloc(sizeof(*fdt), GFP_KERNEL);
	unsigned int words;

	if (!fdt)
		return NULL;
	nr = max_t(unsigned int, roundup_pow_of_two(nr), 2 * NR_OPEN_DEFAULT);
	words = 2 * fd_words(nr) + full_words(nr);
	fdt->max_fds = nr;
	fdt->fd = kvcalloc(nr, sizeof(struct file *), GFP_KERNEL);
	fdt->open_fds = kvcalloc(words, sizeof(long), GFP_KERNEL);
	if (!fdt->fd || !fdt->open_fds) {
		free_fdtable(fdt);
		return NULL;
	}
	fdt->close_on_exec = fdt->open_fds + fd_words(nr);
	fdt->full_fds_bits = fdt->close_on_exec + fd_words(nr);
	return fdt;
}

/* @to is zeroed and at least as large. */
static void copy_fdtable(struct fdtable *to, const struct fdtable *from)
{
	unsigned int words = fd_words(from->max_fds);

	memcpy(to->fd, from->fd, from->max_fds * sizeof(struct file *));
	memcpy(to->open_fds, from->open_fds, words * sizeof(long));
	memcpy(to->close_on_exec, from->close_on_exec, words * sizeof(long));
	memcpy(to->full_fds_bits, from->full_fds_bits, full_words(from->max_fds) * sizeof(long));
}

/*
 * Makes descriptor @nr fit; file_lock is dropped and taken again. 1 grown, 0 fits, -EMFILE,
 * -ENOMEM.
 */
static int expand_files(struct files_struct *files, unsigned int nr) __must_hold(&files->file_lock)
{
	struct fdtable *cur = files->fdt, *new;

	if (nr < cur->max_fds)
		return 0;
	if (nr >= (unsigned int)READ_ONCE(sysctl_nr_open))
		return -EMFILE;
	spin_unlock(&files->file_lock);
	new = alloc_fdtable(nr + 1);
	spin_lock(&files->file_lock);
	if (!new)
		return -ENOMEM;
	cur = files->fdt;
	if (nr < cur->max_fds) {
		free_fdtable(new);
		return 1;
	}
	copy_fdtable(new, cur);
	rcu_assign_pointer(files->fdt, new);
	if (cur != &files->fdtab)
		call_rcu(&cur->rcu, free_fdtable_rcu);
	return 1;
}

/* ---- bits: under file_lock ------------------------------------------------------------------- */

static inline void set_open_fd(struct fdtable *fdt, unsigned int fd, bool cloexec)
{
	__set_bit(fd, fdt->open_fds);
	if (cloexec)
		__set_bit(fd, fdt->close_on_exec);
	else if (unlikely(test_bit(fd, fdt->close_on_exec)))
		__clear_bit(fd, fdt->close_on_exec);
	if (unlikely(!~fdt->open_fds[fd / BITS_PER_LONG]))
		__set_bit(fd / BITS_PER_LONG, fdt->full_fds_bits);
}

static inline void clear_open_fd(struct files_struct *files, struct fdtable *fdt, unsigned int fd)
{
	__clear_bit(fd, fdt->open_fds);
	if (unlikely(test_bit(fd / BITS_PER_LONG, fdt->full_fds_bits)))
		__clear_bit(fd / BITS_PER_LONG, fdt->full_fds_bits);
	if (fd < files->next_fd)
		files->next_fd = fd;
}

static unsigned int find_next_fd(const struct fdtable *fdt, unsigned int start)
{
	unsigned int max = fdt->max_fds;
	unsigned int word = start / BITS_PER_LONG;
	unsigned long free;

	if (start >= max)
		return start;
	/* In the word of @start itself: nearly always. */
	free = ~fdt->open_fds[word] & (~0ul << (start % BITS_PER_LONG));
	if (likely(free))
		return word * BITS_PER_LONG + __ffs(free);
	word = find_next_zero_bit(fdt->full_fds_bits, fd_words(max), word + 1);
	if (word >= fd_words(max))
		return max;
	return find_next_zero_bit(fdt->open_fds, max, word * BITS_PER_LONG);
}

/* Reserves the lowest descriptor >= @start and < @end. */
static int alloc_fd(struct files_struct *files, unsigned int start, unsigned long end,
		    unsigned int flags)
{
	struct fdtable *fdt;
	unsigned int fd;
	int err;

	spin_lock(&files->file_lock);
	for (;;) {
		fdt = files->fdt;
		fd = find_next_fd(fdt, max(start, files->next_fd));
		err = -EMFILE;
		if (unlikely(fd >= end))
			goto out;
		if (likely(fd < fdt->max_fds))
			break;
		err = expand_files(files, fd);
		if (err < 0)
			goto out;
	}
	if (start <= files->next_fd)
		files->next_fd = fd + 1;
	set_open_fd(fdt, fd, flags & O_CLOEXEC);
	err = fd;
out:
	spin_unlock(&files->file_lock);
	return err;
}

/* ---- reserving and installing ---------------------------------------------------------------- */

int get_unused_fd_flags(unsigned int flags)
{
	return alloc_fd(current->files, 0, rlimit(RLIMIT_NOFILE), flags);
}

void put_unused_fd(unsigned int fd)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	clear_open_fd(files, files->fdt, fd);
	spin_unlock(&files->file_lock);
}

void fd_install(unsigned int fd, struct file *file)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	BUG_ON(files->fdt->fd[fd]);
	rcu_assign_pointer(files->fdt->fd[fd], file);
	spin_unlock(&files->file_lock);
}

int f_dupfd(unsigned int from, struct file *file, unsigned int flags)
{
	u64 nofile = rlimit(RLIMIT_NOFILE);
	int fd;

	if (from >= nofile)
		return -EINVAL;
	fd = alloc_fd(current->files, from, nofile, flags);
	if (fd >= 0)
		fd_install(fd, file);
	return fd;
}

/* Takes the file out of its slot; file_lock held. NULL: nothing there. */
static struct file *take_fd(struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt = files->fdt;
	struct file *file;

	if (unlikely(fd >= fdt->max_fds))
		return NULL;
	file = fdt->fd[fd];
	if (likely(file)) {
		rcu_assign_pointer(fdt->fd[fd], NULL);
		clear_open_fd(files, fdt, fd);
	}
	return file;
}

int filp_close(struct file *file, void *owner)
{
	int err = 0;

	if (unlikely(file->f_op->flush))
		err = file->f_op->flush(file);
	if (unlikely(file->f_inode->i_flctx) && !(file->f_mode & FMODE_PATH))
		locks_remove_posix(file, owner);
	dnotify_close(file, owner);
	fput_sync(file);
	return err;
}

int close_fd(unsigned int fd)
{
	struct files_struct *files = current->files;
	struct file *file;

	spin_lock(&files->file_lock);
	file = take_fd(files, fd);
	spin_unlock(&files->file_lock);
	if (unlikely(!file))
		return -EBADF;
	return filp_close(file, files);
}

/* dup2(2): @fd becomes another name of @file (not its own reference). */
int do_dup2(struct files_struct *files, struct file *file, unsigned int fd, unsigned int flags)
{
	struct file *old;
	struct fdtable *fdt;
	int err;

	spin_lock(&files->file_lock);
	err = expand_files(files, fd);
	if (unlikely(err < 0)) {
		spin_unlock(&files->file_lock);
		return err == -EMFILE ? -EBADF : err;
	}
	fdt = files->fdt;
	old = fdt->fd[fd];
	/* Reserved by an open in progress: dup2(2) says EBUSY. */
	if (unlikely(!old && test_bit(fd, fdt->open_fds))) {
		spin_unlock(&files->file_lock);
		return -EBUSY;
	}
	get_file(file);
	rcu_assign_pointer(fdt->fd[fd], file);
	set_open_fd(fdt, fd, flags & O_CLOEXEC);
	spin_unlock(&files->file_lock);
	if (old)
		filp_close(old, files);
	return fd;
}

/* ---- looking up ------------------------------------------------------------------------------ */

/* A counted reference to slot @fd. The memory is type-stable, so the slot is looked at again. */
static struct file *__fget(struct files_struct *files, unsigned int fd, fmode_t mask)
{
	struct file *file;

	rcu_read_lock();
	for (;;) {
		struct fdtable *fdt = rcu_dereference(files->fdt);

		file = fd < fdt->max_fds ? rcu_dereference(fdt->fd[fd]) : NULL;
		if (!file)
			break;
		if (unlikely(!atomic_long_inc_not_zero(&file->f_count)))
			continue;
		if (likely(rcu_dereference(fdt->fd[fd]) == file && files->fdt == fdt))
			break;
		rcu_read_unlock();
		fput(file);
		rcu_read_lock();
	}
	rcu_read_unlock();
	if (file && unlikely(file->f_mode & mask)) {
		fput(file);
		return NULL;
	}
	return file;
}

struct file *fget(unsigned int fd)
{
	return __fget(current->files, fd, FMODE_PATH);
}

struct file *fget_raw(unsigned int fd)
{
	return __fget(current->files, fd, (__force fmode_t)0);
}

unsigned long __fdget_slow(struct files_struct *files, unsigned int fd, fmode_t mask)
{
	struct file *file = __fget(files, fd, mask);

	return file ? (unsigned long)file | FDPUT_FPUT : 0;
}

unsigned long __fdget_pos_lock(unsigned long word)
{
	struct file *file = (struct file *)(word & ~3ul);

	mutex_lock(&file->f_pos_lock);
	__release(&file->f_pos_lock); /* given back by fdput_pos() */
	return word | FDPUT_POS_UNLOCK;
}

void __f_unlock_pos(struct file *file)
{
	__acquire(&file->f_pos_lock);
	mutex_unlock(&file->f_pos_lock);
}

struct file *fget_task(struct task_struct *task, unsigned int fd)
{
	struct file *file = NULL;

	task_lock(task);
	if (task->files)
		file = __fget(task->files, fd, (__force fmode_t)0);
	task_unlock(task);
	return file;
}

struct file *fget_task_next(struct task_struct *task, unsigned int *fd)
{
	struct file *file = NULL;

	task_lock(task);
	if (task->files) {
		unsigned int max = READ_ONCE(task->files->fdt)->max_fds;

		for (; *fd < max && !file; ++*fd) {
			file = __fget(task->files, *fd, (__force fmode_t)0);
			if (file)
				break;
		}
	}
	task_unlock(task);
	return file;
}

bool get_close_on_exec(unsigned int fd)
{
	struct files_struct *files = current->files;
	bool on;

	spin_lock(&files->file_lock);
	on = fd < files->fdt->max_fds && test_bit(fd, files->fdt->close_on_exec);
	spin_unlock(&files->file_lock);
	return on;
}

void set_close_on_exec(unsigned int fd, bool on)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	if (fd < files->fdt->max_fds && test_bit(fd, files->fdt->open_fds))
		__assign_bit(fd, files->fdt->close_on_exec, on);
	spin_unlock(&files->file_lock);
}

/* ---- close_range(2) and exec ----------------------------------------------------------------- */

static void range_cloexec(struct files_struct *files, unsigned int first, unsigned int last)
{
	struct fdtable *fdt;
	unsigned int fd;

	spin_lock(&files->file_lock);
	fdt = files->fdt;
	last = min(last, fdt->max_fds - 1);
	for (fd = first; fd <= last; fd++)
		if (test_bit(fd, fdt->open_fds))
			__set_bit(fd, fdt->close_on_exec);
	spin_unlock(&files->file_lock);
}

static void range_close(struct files_struct *files, unsigned int first, unsigned int last)
{
	unsigned int fd = first;

	spin_lock(&files->file_lock);
	for (;;) {
		struct fdtable *fdt = files->fdt;
		struct file *file;

		fd = find_next_bit(fdt->open_fds, fdt->max_fds, fd);
		if (fd >= fdt->max_fds || fd > last)
			break;
		file = take_fd(files, fd++);
		if (!file)
			continue;
		spin_unlock(&files->file_lock);
		filp_close(file, files);
		cond_resched();
		spin_lock(&files->file_lock);
	}
	spin_unlock(&files->file_lock);
}

int do_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	int err;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	if (first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE) {
		err = unshare_files();
		if (err)
			return err;
	}
	if (flags & CLOSE_RANGE_CLOEXEC)
		range_cloexec(current->files, first, last);
	else
		range_close(current->files, first, last);
	return 0;
}

void do_close_on_exec(struct files_struct *files)
{
	unsigned int word = 0;

	spin_lock(&files->file_lock);
	for (;; word++) {
		struct fdtable *fdt = files->fdt;
		unsigned long set;

		if (word >= fd_words(fdt->max_fds))
			break;
		set = fdt->close_on_exec[word];
		fdt->close_on_exec[word] = 0;
		for (set &= fdt->open_fds[word]; set; set &= set - 1) {
			struct file *file = take_fd(files, word * BITS_PER_LONG + __ffs(set));

			if (!file)
				continue;
			spin_unlock(&files->file_lock);
			filp_close(file, files);
			cond_resched();
			spin_lock(&files->file_lock);
		}
	}
	spin_unlock(&files->file_lock);
}

/* ---- fork, unshare, exit --------------------------------------------------------------------- */

static void init_files_struct(struct files_struct *files)
{
	atomic_store_explicit(&files->count, 1, memory_order_relaxed);
	spin_lock_init(&files->file_lock);
	files->next_fd = 0;
	files->close_on_exec_init[0] = 0;
	files->open_fds_init[0] = 0;
	files->full_fds_bits_init[0] = 0;
	files->fdtab = (struct fdtable){
		.max_fds = NR_OPEN_DEFAULT,
		.fd = files->fd_array,
		.close_on_exec = files->close_on_exec_init,
		.open_fds = files->open_fds_init,
		.full_fds_bits = files->full_fds_bits_init,
	};
	files->fdt = &files->fdtab;
}

/* Descriptors in use, as a table size: whole words. */
static unsigned int count_open_fds(const struct fdtable *fdt)
{
	unsigned int words = fd_words(fdt->max_fds);

	while (words > 1 && !fdt->open_fds[words - 1])
		words--;
	return words * BITS_PER_LONG;
}

/* A table in @new that holds @n descriptors. */
static int size_new_table(struct files_struct *new, unsigned int n)
{
	if (n <= NR_OPEN_DEFAULT)
		return 0;
	if (new->fdt != &new->fdtab)
		free_fdtable(new->fdt);
	new->fdt = alloc_fdtable(n);
	if (new->fdt)
		return 0;
	new->fdt = &new->fdtab;
	return -ENOMEM;
}

/* Copies @n slots; one that is only reserved is free in the copy. old->file_lock held. */
static void copy_slots(struct files_struct *new, const struct fdtable *from, unsigned int n)
{
	struct fdtable *to = new->fdt;

	for (unsigned int w = 0; w < n / BITS_PER_LONG; w++) {
		unsigned long open = from->open_fds[w];

		to->close_on_exec[w] = from->close_on_exec[w];
		for (unsigned long left = open; left; left &= left - 1) {
			unsigned int bit = __ffs(left);
			unsigned int fd = w * BITS_PER_LONG + bit;
			struct file *file = from->fd[fd];

			if (likely(file))
				to->fd[fd] = get_file(file);
			else
				open &= ~(1ul << bit);
		}
		to->open_fds[w] = open;
		if (!~open)
			__set_bit(w, to->full_fds_bits);
	}
}

struct files_struct *dup_fd(struct files_struct *old, int *error)
{
	struct files_struct *new = kmem_cache_zalloc(files_cache, GFP_KERNEL);
	unsigned int n;

	*error = -ENOMEM;
	if (!new)
		return NULL;
	init_files_struct(new);
	spin_lock(&old->file_lock);
	while ((n = count_open_fds(old->fdt)) > new->fdt->max_fds) {
		spin_unlock(&old->file_lock);
		/* The limit was lowered since they were opened. */
		if (n > (unsigned int)READ_ONCE(sysctl_nr_open))
			*error = -EMFILE;
		if (*error == -EMFILE || size_new_table(new, n)) {
			if (new->fdt != &new->fdtab)
				free_fdtable(new->fdt);
			kmem_cache_free(files_cache, new);
			return NULL;
		}
		spin_lock(&old->file_lock);
	}
	copy_slots(new, old->fdt, n);
	new->next_fd = old->next_fd;
	spin_unlock(&old->file_lock);
	/* A reserved slot of the old table may lie below next_fd and be free here. */
	new->next_fd = min(new->next_fd, find_next_fd(new->fdt, 0));
	*error = 0;
	return new;
}

struct files_struct *get_files(struct files_struct *files)
{
	atomic_fetch_add_explicit(&files->count, 1, memory_order_relaxed);
	return files;
}

static void close_all(struct files_struct *files)
{
	struct fdtable *fdt = files->fdt;

	for (unsigned int w = 0; w < fd_words(fdt->max_fds); w++) {
		for (unsigned long set = fdt->open_fds[w]; set; set &= set - 1) {
			struct file *file = xchg(&fdt->fd[w * BITS_PER_LONG + __ffs(set)], NULL);

			if (file)
				filp_close(file, files);
		}
	}
}

void put_files(struct files_struct *files)
{
	struct fdtable *fdt;

	if (atomic_fetch_sub_explicit(&files->count, 1, memory_order_acq_rel) != 1)
		return;
	/* Nobody finds it any more: fget_task() looks under task_lock, which took ->files away. */
	close_all(files);
	fdt = files->fdt;
	if (fdt != &files->fdtab)
		free_fdtable(fdt);
	kmem_cache_free(files_cache, files);
}

void exit_files(struct task_struct *task)
{
	struct files_struct *files = task->files;

	if (!files)
		return;
	task_lock(task);
	task->files = NULL;
	task_unlock(task);
	put_files(files);
}

int unshare_files(void)
{
	struct files_struct *old = current->files, *new;
	int err;

	if (atomic_load_explicit(&old->count, memory_order_acquire) == 1)
		return 0;
	new = dup_fd(old, &err);
	if (!new)
		return err;
	task_lock(current);
	current->files = new;
	task_unlock(current);
	put_files(old);
	return 0;
}

void files_init(void)
{
	files_cache =
		kmem_cache_create("files_cache", sizeof(struct files_struct), 0, SLAB_PANIC, NULL);
}
