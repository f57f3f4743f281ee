/* SPDX-License-Identifier: MIT */
/*
 * The lock-order checker.
 *
 * Every place that initialises a lock is a class (and each subclass of it another). Each task has
 * a stack of the locks it holds. Taking class B with A held records the edge A -> B; a new edge
 * that closes a cycle is a deadlock waiting for its moment, reported with both chains. A class
 * that was once taken in hard IRQ and once held with IRQs on is reported too. After one report
 * the checker is off: what follows is often an echo.
 *
 * What has been seen before costs no lock: classes, edges and usage bits only ever appear, so
 * they are read as they are. What is new is added under graph_lock, with IRQs off;
 * current->lockdep_busy keeps the checker from looking at itself meanwhile. (One lock around
 * all of it made guests with more CPUs than their host stand still: each tick takes some forty
 * locks, and each turn at that one could wait for a CPU that was not running.)
 */
#include <kernel/bug.h>
#include <kernel/init.h>
#include <kernel/irqflags.h>
#include <kernel/lockdep.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <lib/bitmap.h>
#include <lib/string.h>

#define MAX_CLASSES  2048
#define SUBCLASSES   8 /* sets of epoll lie in each other five deep */
#define USED_IN_IRQ  1
#define USED_IRQS_ON 2

struct lock_class {
	const char *name;
	u8 subclass;
	_Atomic u8 usage;
	unsigned long irq_ip, on_ip; /* who made it so */
};

static struct lock_class classes[MAX_CLASSES]; /* 0 is unused */
static unsigned int nr_classes = 1; /* graph_lock */
static unsigned long edges[MAX_CLASSES][MAX_CLASSES / 64];
/* graph_lock: */
static unsigned long visited[MAX_CLASSES / 64];
static u16 queue[MAX_CLASSES], came_from[MAX_CLASSES];
static spinlock_t graph_lock;
static _Atomic bool lockdep_off;

extern char _stext[], _end[];

/*
 * A class needs a key that stays: one on a stack (a lock initialised as a local variable) is not
 * checked.
 */
static bool static_key(const struct lock_class_key *key)
{
	return (unsigned long)key >= (unsigned long)_stext &&
	       (unsigned long)key < (unsigned long)_end;
}

static void graph_enter(void)
{
	current->lockdep_busy = true;
	arch_spin_lock(&graph_lock);
}

static void graph_leave(void)
{
	arch_spin_unlock(&graph_lock);
	current->lockdep_busy = false;
}

/* graph_lock held. The key gets its SUBCLASSES consecutive classes; 0: there are no more. */
static u16 new_class(struct lock_class_key *key)
{
	u16 first = nr_classes;

	if (nr_classes + SUBCLASSES > MAX_CLASSES) {
		atomic_store(&lockdep_off, true);
		pr_warn("lockdep: more than %d lock classes; checking stops\n",
			MAX_CLASSES / SUBCLASSES);
		return 0;
	}
	for (unsigned int i = 0; i < SUBCLASSES; i++) {
		classes[nr_classes].name = key->name;
		classes[nr_classes++].subclass = i;
	}
	smp_store_release(&key->id, first); /* its classes are filled in; pairs with class_id() */
	return first;
}

static u16 class_id(struct lock_class_key *key, unsigned int subclass)
{
	u16 id = smp_load_acquire(&key->id);

	if (unlikely(!id)) {
		graph_enter();
		id = key->id ? key->id : new_class(key);
		graph_leave();
	}
	return id ? id + min(subclass, SUBCLASSES - 1u) : 0;
}

/* A path @from -> ... -> @to in the graph, in came_from; false: none. */
static bool find_path(u16 from, u16 to)
{
	unsigned int head = 0, tail = 0;

	bitmap_zero(visited, MAX_CLASSES);
	queue[tail++] = from;
	__set_bit(from, visited);
	came_from[from] = 0;
	while (head < tail) {
		u16 at = queue[head++];
		unsigned long next;

		if (at == to)
			return true;
		for_each_set_bit(next, edges[at], nr_classes) {
			if (__test_and_set_bit(next, visited))
				continue;
			came_from[next] = at;
			queue[tail++] = next;
		}
	}
	return false;
}

static void print_held(void)
{
	for (unsigned int i = 0; i < current->lockdep_depth; i++) {
		struct held_lock *h = &current->held_locks[i];

		pr_err("  #%u: %s/%u at %pS\n", i, classes[h->class].name,
		       classes[h->class].subclass, (void *)h->ip);
	}
}

/* Tests: what this task does wrong from now on is counted and not printed. */
static struct task_struct *_Atomic expects;
static unsigned int expected;

void lockdep_expect_begin(void)
{
	expected = 0;
	atomic_store(&expects, current);
}

unsigned int lockdep_expect_end(void)
{
	atomic_store(&expects, NULL);
	return expected;
}

/* The first report of all; false: another one was made before or by another CPU just now. */
static bool report(const char *what, u16 class, unsigned long ip)
{
	if (IS_ENABLED(CONFIG_LOCKDEP_KUNIT_TEST) && atomic_load(&expects) == current) {
		expected++;
		return false;
	}
	if (atomic_exchange(&lockdep_off, true))
		return false;
	pr_err("======================================================\n");
	pr_err("lockdep: %s\n", what);
	pr_err("%s[%d] takes %s/%u at %pS and holds:\n", current->comm, current->pid,
	       classes[class].name, classes[class].subclass, (void *)ip);
	print_held();
	return true;
}

static void report_cycle(u16 from, u16 to, unsigned long ip)
{
	if (!report("possible circular locking dependency", to, ip)) {
		__clear_bit(to, edges[from]); /* so that a test can run again */
		return;
	}
	pr_err("which was taken before %s in this chain, seen earlier:\n", classes[from].name);
	for (u16 c = from; c; c = came_from[c])
		pr_err("  %s/%u\n", classes[c].name, classes[c].subclass);
	dump_stack();
}

static void add_edge(u16 from, u16 to, unsigned long ip)
{
	if (READ_ONCE(edges[from][to / BITS_PER_LONG]) & (1ul << to % BITS_PER_LONG))
		return;
	graph_enter();
	if (!__test_and_set_bit(to, edges[from]) && find_path(to, from))
		report_cycle(from, to, ip);
	graph_leave();
}

static void check_irq_use(u16 class, unsigned long ip, bool irqs_were_on)
{
	struct lock_class *c = &classes[class];
	u8 seen = atomic_load_explicit(&c->usage, memory_order_relaxed);
	u8 use = in_hardirq() ? USED_IN_IRQ : irqs_were_on ? USED_IRQS_ON : 0;

	if (likely((seen & use) == use))
		return;
	if (use == USED_IN_IRQ)
		WRITE_ONCE(c->irq_ip, ip);
	else
		WRITE_ONCE(c->on_ip, ip);
	seen = atomic_fetch_or(&c->usage, use) | use;
	if (seen != (USED_IN_IRQ | USED_IRQS_ON))
		return;
	if (!report("a lock that interrupts take was held with interrupts on", class, ip)) {
		atomic_fetch_and(&c->usage, ~use);
		return;
	}
	pr_err("in an interrupt: %pS\nwith interrupts on: %pS\n", (void *)READ_ONCE(c->irq_ip),
	       (void *)READ_ONCE(c->on_ip));
	dump_stack();
}

/* IRQs are off after true: an interrupt would put its own locks on the same stack. */
static bool enter(unsigned long *flags)
{
	if (atomic_load_explicit(&lockdep_off, memory_order_relaxed) ||
	    system_state > SYSTEM_RUNNING)
		return false;
	*flags = local_irq_save_flags();
	if (current->lockdep_busy) {
		local_irq_restore(*flags);
		return false;
	}
	return true;
}

void lock_acquire(struct lockdep_map *map, unsigned int subclass, bool read, bool trylock,
		  enum lockdep_kind kind, unsigned long ip)
{
	unsigned int depth;
	unsigned long flags;
	u16 class;

	if (!map->key || !static_key(map->key) || !enter(&flags))
		return;
	class = class_id(map->key, subclass);
	depth = current->lockdep_depth;
	if (!class || depth >= LOCKDEP_MAX_HELD) {
		if (class)
			report("too many locks held at once", class, ip);
		goto out;
	}
	for (unsigned int i = 0; i < depth && !trylock; i++) {
		if (current->held_locks[i].class == class)
			report("possible recursive locking", class, ip);
		else
			add_edge(current->held_locks[i].class, class, ip);
	}
	if (kind == LOCKDEP_SPIN)
		check_irq_use(class, ip, !irqs_disabled_flags(flags));
	current->held_locks[depth] = (struct held_lock){.map = map, .ip = ip, .class = class};
	current->lockdep_depth++;
out:
	local_irq_restore(flags);
}

/* Mostly the last one taken, but any order is legal. */
void lock_release(struct lockdep_map *map, unsigned long ip)
{
	unsigned long flags;

	if (!map->key || !static_key(map->key) || !enter(&flags))
		return;
	for (unsigned int i = current->lockdep_depth; i-- > 0;) {
		struct held_lock *h = &current->held_locks[i];

		if (h->map != map)
			continue;
		memmove(h, h + 1, (current->lockdep_depth - i - 1) * sizeof(*h));
		current->lockdep_depth--;
		break;
	}
	local_irq_restore(flags);
}

bool lock_is_held(const struct lockdep_map *map)
{
	if (lockdep_off || !map->key || !static_key(map->key) || current->lockdep_busy)
		return true;
	for (unsigned int i = 0; i < current->lockdep_depth; i++)
		if (current->held_locks[i].map == map)
			return true;
	return false;
}

/* On the way to user mode. */
void lockdep_sys_exit(void)
{
	if (likely(!current->lockdep_depth) || atomic_exchange(&lockdep_off, true))
		return;
	pr_err("lockdep: %s[%d] returns to user mode and still holds:\n", current->comm,
	       current->pid);
	print_held();
	dump_stack();
}
