/* SPDX-License-Identifier: MIT */
/*
 * Asynchronous I/O contexts: io_setup(2), io_destroy(2), io_getevents(2). A context is a ring of
 * events in memory that the process has mapped, found by its address in the list of its mm.
 *
 * A slot is taken when a request is submitted, so an event always has a place: active requests and
 * unread events together are fewer than the slots.
 */
#include <lib/err.h>
#include <kernel/aio.h>
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/sched_signal.h>
#include <kernel/syscall.h>
#include <kernel/sysctl.h>
#include <mm/mm.h>
#include <mm/shmem.h>
#include <fs/eventfd.h>
#include <fs/file.h>
#include <uapi/mman.h>
#include "aio.h"
#include "internal.h"

/* The contexts of one mm; made by its first io_setup(), gone with it. */
struct aio_table {
	spinlock_t lock;
	struct list_head contexts; /* lock */
};

static unsigned long aio_nr; /* aio_nr_lock: sum of max_reqs */
static unsigned long aio_max_nr = 65536;
static DEFINE_SPINLOCK(aio_nr_lock);

/* ---- the ring -------------------------------------------------------------------------------- */

static struct aio_ring *ring_of(const struct kioctx *ctx)
{
	return page_address(ctx->pages[0]);
}

static struct io_event *event_at(const struct kioctx *ctx, unsigned int n)
{
	size_t pos = (n + 1) * sizeof(struct io_event);

	return (struct io_event *)((char *)page_address(ctx->pages[pos >> PAGE_SHIFT]) +
				   (pos & (PAGE_SIZE - 1)));
}

static unsigned int ring_head(const struct kioctx *ctx)
{
	return READ_ONCE(ring_of(ctx)->head) % ctx->nr_events;
}

static unsigned int unread(const struct kioctx *ctx, unsigned int tail)
{
	return (tail + ctx->nr_events - ring_head(ctx)) % ctx->nr_events;
}

int aio_get_slot(struct kioctx *ctx)
{
	int err = 0;

	spin_lock_irq(&ctx->lock);
	if (ctx->dead)
		err = -EINVAL;
	else if (ctx->active + unread(ctx, ctx->tail) + 1 >= ctx->nr_events)
		err = -EAGAIN;
	else
		ctx->active++;
	spin_unlock_irq(&ctx->lock);
	return err;
}

static void put_req(struct aio_req *req)
{
	fput(req->file);
	if (req->eventfd)
		fput(req->eventfd);
	aio_put_ctx(req->ctx);
}

void aio_drop_req(struct aio_req *req)
{
	struct kioctx *ctx = req->ctx;

	spin_lock_irq(&ctx->lock);
	ctx->active--;
	spin_unlock_irq(&ctx->lock);
	wake_up_all(&ctx->wait);
	put_req(req);
}

void aio_complete(struct aio_req *req, long res)
{
	struct kioctx *ctx = req->ctx;

	spin_lock_irq(&ctx->lock);
	*event_at(ctx, ctx->tail) =
		(struct io_event){.data = req->user_data, .obj = req->user_iocb, .res = res};
	ctx->tail = (ctx->tail + 1) % ctx->nr_events;
	ctx->active--;
	/* Pairs with the reader's acquire, here and in user space. */
	smp_store_release(&ring_of(ctx)->tail, ctx->tail);
	spin_unlock_irq(&ctx->lock);
	if (req->eventfd)
		eventfd_signal_file(req->eventfd, 1);
	if (wq_has_sleeper(&ctx->wait))
		wake_up_all(&ctx->wait);
	put_req(req);
}

static int ring_mmap(struct file *file, struct vm_area_struct *vma)
{
	int err = shmem_mmap(file, vma);

	vma->vm_flags |= VM_DONTEXPAND | VM_DONTCOPY;
	return err;
}

static const struct file_operations aio_ring_fops = {.mmap = ring_mmap};

/* Pages for the ring, mapped at ctx->id. 0 or -errno. */
static int make_ring(struct kioctx *ctx, unsigned int nr_pages)
{
	size_t size = (size_t)nr_pages << PAGE_SHIFT;
	struct file *base = shmem_file_setup("[aio]", size, 0), *file;
	unsigned long addr;
	int err = 0;

	if (IS_ERR(base))
		return PTR_ERR(base);
	while (ctx->nr_pages < nr_pages) {
		struct page *page = shmem_get_page(shmem_of(base->f_mapping), ctx->nr_pages, true);

		err = PTR_ERR_OR_ZERO(page);
		if (err)
			goto out;
		ctx->pages[ctx->nr_pages++] = page;
	}
	file = alloc_file_clone(base, O_RDWR, &aio_ring_fops);
	err = PTR_ERR_OR_ZERO(file);
	if (err)
		goto out;
	addr = vm_mmap(file, 0, size, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	fput(file);
	if (IS_ERR_VALUE(addr))
		err = (int)(long)addr;
	else
		ctx->id = addr;
out:
	fput(base);
	return err;
}

/* ---- contexts -------------------------------------------------------------------------------- */

static void free_ctx(struct kioctx *ctx)
{
	for (unsigned int i = 0; i < ctx->nr_pages; i++)
		put_page(ctx->pages[i]);
	spin_lock(&aio_nr_lock);
	aio_nr -= ctx->max_reqs;
	spin_unlock(&aio_nr_lock);
	kvfree(ctx);
}

void aio_put_ctx(struct kioctx *ctx)
{
	if (refcount_dec_and_test(&ctx->refs))
		free_ctx(ctx);
}

static int charge(unsigned int nr)
{
	int err = 0;

	spin_lock(&aio_nr_lock);
	if (aio_nr + nr > READ_ONCE(aio_max_nr))
		err = -EAGAIN;
	else
		aio_nr += nr;
	spin_unlock(&aio_nr_lock);
	return err;
}

static struct kioctx *new_ctx(unsigned int nr)
{
	/* One slot stays empty; completions while the reader is slow find more. */
	unsigned int slots = max(nr, 16u) * 2 + 2;
	unsigned int pages = DIV_ROUND_UP((slots + 1) * sizeof(struct io_event), PAGE_SIZE);
	struct kioctx *ctx = kvzalloc(sizeof(*ctx) + pages * sizeof(ctx->pages[0]), GFP_KERNEL);
	struct aio_ring *ring;
	int err;

	if (!ctx)
		return ERR_PTR(-ENOMEM);
	err = charge(nr);
	if (err) {
		kvfree(ctx);
		return ERR_PTR(err);
	}
	refcount_set(&ctx->refs, 1);
	ctx->max_reqs = nr;
	ctx->nr_events = pages * PAGE_SIZE / sizeof(struct io_event) - 1;
	spin_lock_init(&ctx->lock);
	mutex_init(&ctx->ring_lock);
	init_waitqueue_head(&ctx->wait);
	INIT_LIST_HEAD(&ctx->polls);
	err = make_ring(ctx, pages);
	if (err) {
		free_ctx(ctx);
		return ERR_PTR(err);
	}
	ring = ring_of(ctx);
	*ring = (struct aio_ring){.nr = ctx->nr_events,
				  .id = -1u,
				  .magic = AIO_RING_MAGIC,
				  .compat_features = 1,
				  .header_length = sizeof(*ring)};
	return ctx;
}

/* current's table, made if there is none. */
static struct aio_table *get_table(void)
{
	struct mm_struct *mm = current->mm;
	struct aio_table *t = smp_load_acquire(&mm->aio_table), *new;

	if (t)
		return t;
	new = kmalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	spin_lock_init(&new->lock);
	INIT_LIST_HEAD(&new->contexts);
	if (try_cmpxchg(&mm->aio_table, &t, new))
		return new;
	kfree(new);
	return t;
}

static struct kioctx *find_ctx(struct aio_table *t, unsigned long id)
{
	struct kioctx *ctx;

	list_for_each_entry(ctx, &t->contexts, list)
		if (ctx->id == id)
			return ctx;
	return NULL;
}

struct kioctx *aio_lookup(unsigned long id)
{
	struct aio_table *t = smp_load_acquire(&current->mm->aio_table);
	struct kioctx *ctx;

	if (!t)
		return NULL;
	spin_lock(&t->lock);
	ctx = find_ctx(t, id);
	if (ctx)
		refcount_inc(&ctx->refs);
	spin_unlock(&t->lock);
	return ctx;
}

static bool is_idle(struct kioctx *ctx)
{
	return !READ_ONCE(ctx->active);
}

/* Out of the table already: no request comes any more, and all that are go. */
static void kill_ctx(struct kioctx *ctx)
{
	struct aio_poll *p;

	spin_lock_irq(&ctx->lock);
	ctx->dead = true;
	list_for_each_entry(p, &ctx->polls, link)
		aio_cancel_poll(p);
	spin_unlock_irq(&ctx->lock);
	wake_up_all(&ctx->wait);
	wait_event(ctx->wait, is_idle(ctx));
}

void exit_aio(struct mm_struct *mm)
{
	struct aio_table *t = mm->aio_table;

	if (likely(!t))
		return;
	while (!list_empty(&t->contexts)) {
		struct kioctx *ctx = list_first_entry(&t->contexts, struct kioctx, list);

		list_del(&ctx->list);
		kill_ctx(ctx);
		aio_put_ctx(ctx);
	}
	mm->aio_table = NULL;
	kfree(t);
}

static int do_io_destroy(unsigned long id)
{
	struct aio_table *t = smp_load_acquire(&current->mm->aio_table);
	struct kioctx *ctx = NULL;

	if (t) {
		spin_lock(&t->lock);
		ctx = find_ctx(t, id);
		if (ctx)
			list_del(&ctx->list);
		spin_unlock(&t->lock);
	}
	if (!ctx)
		return -EINVAL;
	kill_ctx(ctx);
	vm_munmap(ctx->id, (size_t)ctx->nr_pages << PAGE_SHIFT);
	aio_put_ctx(ctx);
	return 0;
}

SYSCALL_DEFINE1(io_destroy, unsigned long, id)
{
	return do_io_destroy(id);
}

SYSCALL_DEFINE2(io_setup, unsigned int, nr, unsigned long __user *, uid)
{
	struct aio_table *t;
	struct kioctx *ctx;
	unsigned long id;

	if (get_user(id, uid))
		return -EFAULT;
	if (id || !nr || nr > 0x10000000u / sizeof(struct io_event))
		return -EINVAL;
	t = get_table();
	if (!t)
		return -ENOMEM;
	ctx = new_ctx(nr);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	id = ctx->id;
	spin_lock(&t->lock);
	list_add(&ctx->list, &t->contexts);
	spin_unlock(&t->lock);
	if (put_user(id, uid)) {
		do_io_destroy(id);
		return -EFAULT;
	}
	return 0;
}

/* ---- reading events -------------------------------------------------------------------------- */

/* Up to @n events that are there; how many, or -EFAULT. */
static long read_ring(struct kioctx *ctx, struct io_event __user *events, long n)
{
	unsigned int tail, head;
	long done = 0;

	mutex_lock(&ctx->ring_lock);
	tail = smp_load_acquire(&ctx->tail);
	head = ring_head(ctx);
	while (done < n && head != tail) {
		if (copy_to_user(&events[done], event_at(ctx, head), sizeof(*events))) {
			done = done ? done : -EFAULT;
			break;
		}
		head = (head + 1) % ctx->nr_events;
		done++;
	}
	WRITE_ONCE(ring_of(ctx)->head, head);
	mutex_unlock(&ctx->ring_lock);
	return done;
}

static bool has_events(struct kioctx *ctx)
{
	return ring_head(ctx) != READ_ONCE(ctx->tail) || READ_ONCE(ctx->dead);
}

static long read_events(struct kioctx *ctx, long min_nr, long nr, struct io_event __user *events,
			s64 timeout)
{
	long done = 0, n;

	for (;;) {
		n = read_ring(ctx, events + done, nr - done);
		if (n < 0)
			return done ? done : n;
		done += n;
		if (done >= min_nr || !timeout)
			return done;
		if (READ_ONCE(ctx->dead))
			return done ? done : -EINVAL;
		timeout = wait_event_interruptible_hrtimeout(ctx->wait, has_events(ctx), timeout);
		if (timeout < 0)
			return done ? done : -EINTR;
	}
}

static long do_io_getevents(unsigned long id, long min_nr, long nr, struct io_event __user *events,
			    const struct __kernel_timespec __user *uts)
{
	s64 timeout = KTIME_MAX;
	struct timespec64 ts;
	struct kioctx *ctx;
	long n = -EINVAL;

	if (uts) {
		if (get_timespec64(&ts, uts))
			return -EFAULT;
		timeout = max(timespec64_to_ns(&ts), (s64)0);
	}
	ctx = aio_lookup(id);
	if (!ctx)
		return -EINVAL;
	if (min_nr <= nr && min_nr >= 0)
		n = read_events(ctx, min_nr, nr, events, timeout);
	aio_put_ctx(ctx);
	return n;
}

SYSCALL_DEFINE5(io_getevents, unsigned long, id, long, min_nr, long, nr, struct io_event __user *,
		events, const struct __kernel_timespec __user *, uts)
{
	return do_io_getevents(id, min_nr, nr, events, uts);
}

struct user_sigset {
	const sigset_t __user *mask;
	size_t size;
};

SYSCALL_DEFINE6(io_pgetevents, unsigned long, id, long, min_nr, long, nr, struct io_event __user *,
		events, const struct __kernel_timespec __user *, uts,
		const struct user_sigset __user *, usig)
{
	struct user_sigset sig = {};
	long n;

	if (usig && copy_from_user(&sig, usig, sizeof(sig)))
		return -EFAULT;
	n = sig.mask ? set_user_sigmask(sig.mask, sig.size) : 0;
	if (n)
		return n;
	n = do_io_getevents(id, min_nr, nr, events, uts);
	if (sig.mask)
		restore_saved_sigmask_unless(n == -EINTR);
	return n;
}

/* ---- limits ---------------------------------------------------------------------------------- */

static const struct ctl_table aio_sysctls[] = {
	{.procname = "aio-nr",
	 .data = &aio_nr,
	 .maxlen = sizeof(aio_nr),
	 .mode = 0444,
	 .proc_handler = proc_doulongvec_minmax},
	{.procname = "aio-max-nr",
	 .data = &aio_max_nr,
	 .maxlen = sizeof(aio_max_nr),
	 .mode = 0644,
	 .proc_handler = proc_doulongvec_minmax},
};

static int __init aio_init(void)
{
	return register_sysctl("fs", aio_sysctls, ARRAY_SIZE(aio_sysctls));
}
core_initcall(aio_init);
