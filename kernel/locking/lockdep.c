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
 * Everything here runs under graph_lock with IRQs off; current->lockdep_busy keeps it from
 * looking at itself.
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

#define MAX_CLASSES  1024
#define SUBCLASSES   4
#define USED_IN_IRQ  1
#define USED_IRQS_ON 2

struct lock_class {
	const char *name;
	u8 subclass, usage;
	unsigned long irq_ip, on_ip; /* who made it so */
};

static struct lock_class classes[MAX_CLASSES]; /* graph_lock; 0 is unused */
static unsigned int nr_classes = 1;
static unsigned long edges[MAX_CLASSES][MAX_CLASSES / 64];
static unsigned long visited[MAX_CLASSES / 64];
static u16 queue[MAX_CLASSES], came_from[MAX_CLASSES];
static spinlock_t graph_lock;
static bool lockdep_off;

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

static u16 class_id(struct lock_class_key *key, unsigned int subclass)
{
	if (!key->id) {
		if (nr_classes + SUBCLASSES > MAX_CLASSES) {
			pr_warn("lockdep: more than %d lock classes; checking stops\n",
				MAX_CLASSES / SUBCLASSES);
			lockdep_off = true;
			return 0;
		}
		key->id = nr_classes;
		for (unsigned int i = 0; i < SUBCLASSES; i++)
			classes[nr_classes++] =
				(struct lock_class){.name = key->name, .subclass = i};
	}
	return key->id + min(subclass, SUBCLASSES - 1u);
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

static void report(const char *what, u16 class, unsigned long ip)
{
	lockdep_off = true;
	pr_err("======================================================\n");
	pr_err("lockdep: %s\n", what);
	pr_err("%s[%d] takes %s/%u at %pS and holds:\n", current->comm, current->pid,
	       classes[class].name, classes[class].subclass, (void *)ip);
	print_held();
}

static void add_edge(u16 from, u16 to, unsigned long ip)
{
	if (__test_and_set_bit(to, edges[from]))
		return;
	if (!find_path(to, from))
		return;
	report("possible circular locking dependency", to, ip);
	pr_err("which was taken before %s in this chain, seen earlier:\n", classes[from].name);
	for (u16 c = from; c; c = came_from[c])
		pr_err("  %s/%u\n", classes[c].name, classes[c].subclass);
	dump_stack();
}

static void check_irq_use(u16 class, unsigned long ip, bool irqs_were_on)
{
	struct lock_class *c = &classes[class];

	if (in_hardirq()) {
		if (!(c->usage & USED_IN_IRQ))
			c->irq_ip = ip;
		c->usage |= USED_IN_IRQ;
	} else if (irqs_were_on) {
		if (!(c->usage & USED_IRQS_ON))
			c->on_ip = ip;
		c->usage |= USED_IRQS_ON;
	}
	if (c->usage == (USED_IN_IRQ | USED_IRQS_ON)) {
		report("a lock that interrupts take was held with interrupts on", class, ip);
		pr_err("in an interrupt: %pS\nwith interrupts on: %pS\n", (void *)c->irq_ip,
		       (void *)c->on_ip);
		dump_stack();
	}
}

static bool enter(unsigned long *flags)
{
	if (lockdep_off || system_state > SYSTEM_RUNNING)
		return false;
	*flags = local_irq_save_flags();
	if (current->lockdep_busy) {
		local_irq_restore(*flags);
		return false;
	}
	current->lockdep_busy = true;
	arch_spin_lock(&graph_lock);
	return true;
}

static void leave(unsigned long flags)
{
	arch_spin_unlock(&graph_lock);
	current->lockdep_busy = false;
	local_irq_restore(flags);
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
	for (unsigned int i = 0; i < depth && !trylock && !lockdep_off; i++) {
		if (current->held_locks[i].class == class)
			report("possible recursive locking", class, ip);
		else
			add_edge(current->held_locks[i].class, class, ip);
	}
	if (kind == LOCKDEP_SPIN && !lockdep_off)
		check_irq_use(class, ip, !irqs_disabled_flags(flags));
	current->held_locks[depth] = (struct held_lock){.map = map, .ip = ip, .class = class};
	current->lockdep_depth++;
out:
	leave(flags);
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
	leave(flags);
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
	if (lockdep_off || !current->lockdep_depth)
		return;
	lockdep_off = true;
	pr_err("lockdep: %s[%d] returns to user mode and still holds:\n", current->comm,
	       current->pid);
	print_held();
	dump_stack();
}
