/* SPDX-License-Identifier: MIT */
/* Keys, the hash table, wake-ups and the system call. What holds everywhere is in futex.h. */
#include <lib/hash.h>
#include <kernel/cred.h>
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <mm/mm.h>
#include <mm/pagemap.h>
#include "futex.h"

#define HASH_BITS (IS_ENABLED(CONFIG_SMP) ? 8 : 5)

static struct futex_hash_bucket buckets[1 << HASH_BITS];

static int __init futex_init(void)
{
	for (int i = 0; i < ARRAY_SIZE(buckets); i++) {
		spin_lock_init(&buckets[i].lock);
		INIT_LIST_HEAD(&buckets[i].chain);
	}
	return 0;
}
core_initcall(futex_init);

struct futex_hash_bucket *futex_hash(const struct futex_key *key)
{
	return &buckets[hash_64(key->object + (key->offset >> 2), HASH_BITS)];
}

/* A number that is given to one object only, ever. */
static u64 object_id(struct address_space *mapping)
{
	static atomic64_t last_id;
	u64 id = READ_ONCE(mapping->futex_id), none = 0;

	if (id)
		return id;
	id = atomic64_inc_return(&last_id);
	return try_cmpxchg(&mapping->futex_id, &none, id) ? id : none;
}

static int shared_key(unsigned long addr, struct futex_key *key)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int err = 0;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (!vma) {
		err = -EFAULT;
	} else if ((vma->vm_flags & VM_SHARED) && vma->vm_mapping) {
		key->object = object_id(vma->vm_mapping);
		key->offset = (linear_page_index(vma, addr) << PAGE_SHIFT) + (addr & ~PAGE_MASK);
	} else {
		/* Private memory: whoever calls it shared can still only mean this mm. */
		key->object = (unsigned long)mm;
		key->offset = addr;
	}
	mmap_read_unlock(mm);
	return err;
}

int get_futex_key(u32 __user *uaddr, unsigned int flags, struct futex_key *key)
{
	unsigned long addr = (unsigned long)uaddr;

	if (unlikely(addr % sizeof(u32)))
		return -EINVAL;
	if (unlikely(!access_ok(uaddr, sizeof(u32))))
		return -EFAULT;
	if (flags & FLAGS_SHARED)
		return shared_key(addr, key);
	key->object = (unsigned long)current->mm;
	key->offset = addr;
	return 0;
}

void hb_lock_two(struct futex_hash_bucket *a, struct futex_hash_bucket *b) __acquires(&a->lock)
	__acquires(&b->lock)
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->lock);
	if (a != b)
		spin_lock_nested(&b->lock, 1);
	else
		__acquire(&b->lock);
}

void hb_unlock_two(struct futex_hash_bucket *a, struct futex_hash_bucket *b) __releases(&a->lock)
	__releases(&b->lock)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
	else
		__release(&b->lock);
}

int futex_read_nofault(u32 *value, u32 __user *uaddr)
{
	int err;

	pagefault_disable();
	err = raw_get_user(*value, uaddr);
	pagefault_enable();
	return err;
}

/*
 * By writing what is there: only the access itself, faults and all, leaves the entry as an access
 * without faults needs it (present, writable, accessed, dirty).
 */
int futex_fault_in_writeable(u32 __user *uaddr)
{
	u32 value, seen;

	if (get_user(value, uaddr))
		return -EFAULT;
	return arch_futex_cmpxchg(uaddr, value, value, &seen);
}

void futex_mark_wake(struct futex_wakeups *w, struct futex_q *q)
{
	struct task_struct *task = q->task;

	list_del(&q->list);
	hb_waiters_dec(q->hb);
	/* The last touch of *q: pairs with the acquire in futex_unqueue(). */
	smp_store_release(&q->hb, NULL);
	if (likely(w->n < WAKE_BATCH))
		w->task[w->n++] = task;
	else
		wake_up_process(task);
}

void futex_wake_marked(struct futex_wakeups *w)
{
	for (unsigned int i = 0; i < w->n; i++)
		wake_up_process(w->task[i]);
}

bool futex_unqueue(struct futex_q *q)
{
	struct futex_hash_bucket *hb;

	/* A requeue may move it from one bucket to another while we wait for the lock. */
	while ((hb = smp_load_acquire(&q->hb))) {
		spin_lock(&hb->lock);
		if (likely(q->hb == hb)) {
			list_del(&q->list);
			hb_waiters_dec(hb);
			spin_unlock(&hb->lock);
			return true;
		}
		spin_unlock(&hb->lock);
	}
	return false;
}

long __futex_wake(u32 __user *uaddr, unsigned int flags, int nr, u32 bitset)
{
	struct futex_wakeups w = {.n = 0};
	struct futex_hash_bucket *hb;
	struct futex_q *q, *next;
	struct futex_key key;
	int err, woken = 0;

	if (!bitset)
		return -EINVAL;
	err = get_futex_key(uaddr, flags, &key);
	if (err)
		return err;
	hb = futex_hash(&key);
	if (!hb_waiters_pending(hb))
		return 0;
	rcu_read_lock();
	spin_lock(&hb->lock);
	list_for_each_entry_safe(q, next, &hb->chain, list) {
		if (!same_key(&q->key, &key))
			continue;
		if (unlikely(is_pi_waiter(q))) {
			woken = -EINVAL;
			break;
		}
		if (!(q->bitset & bitset))
			continue;
		futex_mark_wake(&w, q);
		if (++woken >= nr)
			break;
	}
	spin_unlock(&hb->lock);
	futex_wake_marked(&w);
	rcu_read_unlock();
	return woken;
}

int futex_wake(u32 __user *uaddr, bool shared, int nr, u32 bitset)
{
	return __futex_wake(uaddr, shared ? FLAGS_SHARED : 0, nr, bitset);
}

/* ---- the system call ---- */

int futex_read_timeout(const struct __kernel_timespec __user *uts, int cmd, ktime_t *when)
{
	struct timespec64 ts;
	ktime_t now = 0;

	*when = KTIME_MAX;
	if (!uts)
		return 0;
	if (get_timespec64(&ts, uts))
		return -EFAULT;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	*when = timespec64_to_ns(&ts);
	if (cmd == FUTEX_WAIT) {
		now = ktime_get();
		*when = *when > KTIME_MAX - now ? KTIME_MAX : *when + now;
	}
	return 0;
}

/* The operations that have a timeout. */
static long futex_sleeping(u32 __user *uaddr, int cmd, unsigned int flags, u32 val,
			   const struct __kernel_timespec __user *uts, u32 bitset)
{
	ktime_t when;
	int err = futex_read_timeout(uts, cmd, &when);

	return err ? err : futex_wait(uaddr, flags, val, when, bitset);
}

SYSCALL_DEFINE6(futex, u32 __user *, uaddr, int, op, u32, val,
		const struct __kernel_timespec __user *, utime, u32 __user *, uaddr2, u32, val3)
{
	unsigned int flags = op & FUTEX_PRIVATE_FLAG ? 0 : FLAGS_SHARED;
	u32 val2 = (u32)(unsigned long)utime; /* where there is no timeout */
	int cmd = op & FUTEX_CMD_MASK;

	if (op & FUTEX_CLOCK_REALTIME) {
		flags |= FLAGS_CLOCKRT;
		if (cmd != FUTEX_WAIT_BITSET && cmd != FUTEX_WAIT_REQUEUE_PI &&
		    cmd != FUTEX_LOCK_PI2)
			return -ENOSYS;
	}
	switch (cmd) {
	case FUTEX_WAKE:
		return __futex_wake(uaddr, flags, val, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return __futex_wake(uaddr, flags, val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, uaddr2, flags, val, val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, uaddr2, flags, val, val2, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, uaddr2, flags, val, val2, val3);
	case FUTEX_WAIT:
		return futex_sleeping(uaddr, cmd, flags, val, utime, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		return futex_sleeping(uaddr, cmd, flags, val, utime, val3);
	default:
		return futex_pi(uaddr, cmd, flags, val, utime, uaddr2, val3);
	}
}
