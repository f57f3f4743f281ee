/* SPDX-License-Identifier: MIT */
/*
 * Kernel threads: children of kthreadd in init_task's image. A new one is asleep without ever
 * having run; wake_up_process() starts it in kthread_entry(). What kthread_stop() needs lives in
 * struct kthread, which goes with the task_struct.
 */
#include <kernel/bug.h>
#include <kernel/completion.h>
#include <kernel/kthread.h>
#include <kernel/pid.h>
#include <kernel/printk.h>
#include <lib/printf.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <arch/mmu.h>

struct kthread {
	int (*fn)(void *);
	void *data;
	_Atomic bool stop;
	int result;
	struct completion exited;
};

struct task_struct *kthreadd_task;

static int kthread_entry(void *arg)
{
	struct kthread *self = arg;

	self->result = -EINTR;
	if (!atomic_load_explicit(&self->stop, memory_order_acquire))
		self->result = self->fn(self->data);
	complete_all(&self->exited);
	return self->result;
}

struct task_struct *kthread_create(int (*fn)(void *), void *data, const char *namefmt, ...)
{
	struct kthread *k = kzalloc(sizeof(*k), GFP_KERNEL);
	struct kernel_clone_args args = {.flags = CLONE_VM | CLONE_FS | CLONE_FILES,
					 .fn = kthread_entry,
					 .fn_arg = k,
					 .kthread = true};
	struct task_struct *t;
	va_list ap;

	if (!k)
		return ERR_PTR(-ENOMEM);
	k->fn = fn;
	k->data = data;
	init_completion(&k->exited);
	t = copy_process(&args, NULL);
	if (IS_ERR(t)) {
		kfree(k);
		return t;
	}
	t->kthread = k;
	va_start(ap, namefmt);
	vsnprintf(t->comm, sizeof(t->comm), namefmt, ap);
	va_end(ap);
	/* Off every queue: for the scheduler it sleeps. */
	WRITE_ONCE(t->__state, TASK_UNINTERRUPTIBLE | TASK_NOLOAD);
	return t;
}

struct task_struct *kthread_create_on_cpu(int (*fn)(void *), void *data, unsigned int cpu,
					  const char *namefmt)
{
	struct task_struct *t = kthread_create(fn, data, namefmt, cpu);

	if (!IS_ERR(t))
		kthread_bind(t, cpu);
	return t;
}

/* Before it is started. */
void kthread_bind(struct task_struct *t, unsigned int cpu)
{
	cpumask_clear(&t->cpus_mask);
	cpumask_set_cpu(cpu, &t->cpus_mask);
}

void kthread_use_mm(struct mm_struct *mm)
{
	struct task_struct *t = current;
	struct mm_struct *active;

	task_lock(t);
	local_irq_disable();
	active = t->active_mm;
	t->mm = mm;
	t->active_mm = mm;
	arch_switch_mm(active, mm);
	local_irq_enable();
	task_unlock(t);
	mmdrop(active);
}

void kthread_unuse_mm(struct mm_struct *mm)
{
	struct task_struct *t = current;

	mmgrab(mm); /* its tables stay loaded until the next switch */
	task_lock(t);
	local_irq_disable();
	t->mm = NULL;
	local_irq_enable();
	task_unlock(t);
}

bool kthread_should_stop(void)
{
	return atomic_load_explicit(&current->kthread->stop, memory_order_acquire);
}

int kthread_stop(struct task_struct *t)
{
	struct kthread *k = t->kthread;
	int result;

	get_task_struct(t);
	atomic_store_explicit(&k->stop, true, memory_order_release);
	wake_up_process(t);
	wait_for_completion(&k->exited);
	result = k->result;
	put_task_struct(t);
	return result;
}

/* Parent of all kernel threads. They reap themselves, so it has nothing to do but be there. */
static int kthreadd(void *unused)
{
	for (;;) {
		set_current_state(TASK_IDLE);
		schedule();
	}
	return 0;
}

void start_kthreadd(void)
{
	struct task_struct *t = kthread_create(kthreadd, NULL, "kthreadd");

	if (IS_ERR(t))
		panic("kthreadd: cannot be started: %pe; give the machine more memory", t);
	kthreadd_task = t;
	wake_up_process(t);
}
