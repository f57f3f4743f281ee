/* SPDX-License-Identifier: MIT */
/*
 * I/O ports in user mode: ioperm(2) and iopl(2).
 *
 * A thread that ioperm() allowed something has an io_bitmap. A child shares its parent's, and
 * whoever changes a shared one copies it first, so one with a single owner is changed by its owner
 * only. Each state of a bitmap has a number, unique for ever: a CPU whose TSS holds that number
 * need not copy again. While the thread has level 3 (iopl) the TSS allows all ports; the flags'
 * IOPL field stays 0, so user code can never turn interrupts off.
 */
#include <arch/thread.h>
#include <asm/entry.h>
#include <asm/ioport.h>
#include <kernel/cred.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <lib/atomic.h>
#include <lib/bitmap.h>
#include <lib/refcount.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <uapi/errno.h>

#define SEQUENCE_ALL 1 /* the state "all ports", of no io_bitmap */

struct io_bitmap {
	refcount_t refs;
	u64 sequence;
	unsigned long map[BITS_TO_LONGS(IOPORT_MAX)]; /* 1: not allowed, as in the TSS */
};

static _Atomic u64 last_sequence = SEQUENCE_ALL;

static u64 next_sequence(void)
{
	return atomic_fetch_add_explicit(&last_sequence, 1, memory_order_relaxed) + 1;
}

void ioport_switch(const struct arch_thread *next)
{
	struct cpu_tables *t = this_cpu_read(cpu_tables);
	bool all = next->iopl == 3;
	u64 sequence;

	if (!(next->switch_flags & THREAD_IOPORT)) {
		t->tss.iomap_base = IOMAP_NONE;
		return;
	}
	sequence = all ? SEQUENCE_ALL : next->io_bitmap->sequence;
	if (t->iomap_sequence != sequence) {
		if (all)
			memset(t->iomap, 0, IOPORT_MAX / 8);
		else
			memcpy(t->iomap, next->io_bitmap->map, IOPORT_MAX / 8);
		t->iomap[IOPORT_MAX / BITS_PER_LONG] = ~0ul;
		t->iomap_sequence = sequence;
	}
	t->tss.iomap_base = IOMAP_BASE;
}

static void put_io_bitmap(struct io_bitmap *bitmap)
{
	if (bitmap && refcount_dec_and_test(&bitmap->refs))
		kfree(bitmap);
}

void ioport_fork(struct arch_thread *child)
{
	child->iopl = current->thread.iopl;
	child->io_bitmap = current->thread.io_bitmap;
	if (child->io_bitmap)
		refcount_inc(&child->io_bitmap->refs);
}

void ioport_release(struct arch_thread *thread)
{
	put_io_bitmap(thread->io_bitmap);
	thread->io_bitmap = NULL;
}

/* What current may use has changed: the next port access has to see it. */
static void update_current(u8 iopl, struct io_bitmap *bitmap)
{
	struct arch_thread *t = &current->thread;
	unsigned long flags;

	local_irq_save(flags);
	t->iopl = iopl;
	t->io_bitmap = bitmap;
	if (iopl == 3 || bitmap)
		t->switch_flags |= THREAD_IOPORT;
	else
		t->switch_flags &= ~THREAD_IOPORT;
	ioport_switch(t);
	local_irq_restore(flags);
}

/* current's bitmap if nobody shares it, else a new one; NULL: no memory. */
static struct io_bitmap *own_io_bitmap(struct io_bitmap *old)
{
	struct io_bitmap *bitmap;

	if (old && refcount_read(&old->refs) == 1)
		return old;
	bitmap = kmalloc(sizeof(*bitmap), GFP_KERNEL);
	if (!bitmap)
		return NULL;
	refcount_set(&bitmap->refs, 1);
	if (old)
		memcpy(bitmap->map, old->map, sizeof(bitmap->map));
	else
		memset(bitmap->map, 0xff, sizeof(bitmap->map));
	return bitmap;
}

static long do_ioperm(unsigned long from, unsigned long num, bool on)
{
	struct arch_thread *t = &current->thread;
	struct io_bitmap *bitmap, *old = t->io_bitmap;

	if (from >= IOPORT_MAX || num > IOPORT_MAX - from || !num)
		return -EINVAL;
	if (on && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (!old && !on)
		return 0;
	bitmap = own_io_bitmap(old);
	if (!bitmap)
		return -ENOMEM;
	if (on)
		bitmap_clear(bitmap->map, (unsigned int)from, (unsigned int)num);
	else
		bitmap_set(bitmap->map, (unsigned int)from, (unsigned int)num);
	bitmap->sequence = next_sequence();
	if (find_first_zero_bit(bitmap->map, IOPORT_MAX) >= IOPORT_MAX) {
		update_current(t->iopl, NULL);
		put_io_bitmap(bitmap);
	} else {
		update_current(t->iopl, bitmap);
	}
	if (old != bitmap)
		put_io_bitmap(old);
	return 0;
}

SYSCALL_DEFINE3(ioperm, unsigned long, from, unsigned long, num, int, turn_on)
{
	return do_ioperm(from, num, turn_on);
}

SYSCALL_DEFINE1(iopl, unsigned int, level)
{
	struct arch_thread *t = &current->thread;

	if (level > 3)
		return -EINVAL;
	if (level > t->iopl && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	update_current((u8)level, t->io_bitmap);
	return 0;
}
