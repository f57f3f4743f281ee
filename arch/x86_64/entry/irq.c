/* SPDX-License-Identifier: MIT */
/*
 * From an interrupt vector to its handler, and interrupts to other CPUs. Device vectors are handed
 * out here and mean the same on every CPU; which controller line uses one is the controller
 * driver's business.
 */
#include <arch/irqflags.h>
#include <kernel/bug.h>
#include <kernel/irq.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <lib/string.h>
#include <asm/apic.h>
#include <asm/entry.h>
#include <asm/platform.h>
#include <asm/setup.h>
#include <asm/tlb.h>

extern const x86_probe_t __start_x86_probe_irqchip[], __stop_x86_probe_irqchip[];
extern const x86_probe_t __start_x86_probe_timer[], __stop_x86_probe_timer[];

const struct apic_ops *apic __ro_after_init;
static void (*i8259_handler)(unsigned int line) __ro_after_init;

#ifdef CONFIG_X86_LOCAL_APIC
/*
 * Vector -> irq, 0: free. Written under the lock, read without: a line is masked when its vector
 * changes.
 */
static DEFINE_SPINLOCK(vector_lock);
static u16 vector_irq[LAST_DEVICE_VECTOR + 1];

void apic_register(const struct apic_ops *ops)
{
	apic = ops;
}

unsigned int irq_vector_alloc(unsigned int irq)
{
	unsigned long flags;
	unsigned int v;

	spin_lock_irqsave(&vector_lock, flags);
	for (v = FIRST_DEVICE_VECTOR; v <= LAST_DEVICE_VECTOR; v++)
		if (!vector_irq[v])
			break;
	if (v <= LAST_DEVICE_VECTOR)
		WRITE_ONCE(vector_irq[v], irq);
	else
		v = 0;
	spin_unlock_irqrestore(&vector_lock, flags);
	return v;
}

void irq_vector_free(unsigned int vector)
{
	WRITE_ONCE(vector_irq[vector], 0);
}

static void device_interrupt(unsigned long vector)
{
	unsigned int irq = READ_ONCE(vector_irq[vector]);

	if (likely(irq))
		return generic_handle_irq(irq);
	apic->eoi();
	pr_warn_ratelimited("interrupt on vector %#lx, which nobody uses\n", vector);
}

static void local_interrupt(unsigned long vector)
{
	switch (vector) {
	case LAPIC_TIMER_VECTOR:
		return apic->timer_interrupt();
	case SPURIOUS_VECTOR:
		return; /* no EOI: SDM vol. 3, 11.9 */
	case LAPIC_ERROR_VECTOR:
		return apic->error_interrupt();
#ifdef CONFIG_SMP
	case RESCHEDULE_VECTOR:
		apic->eoi();
		return handle_ipi(IPI_RESCHEDULE);
	case CALL_FUNC_VECTOR:
		apic->eoi();
		return handle_ipi(IPI_CALL_FUNC);
	case STOP_VECTOR:
		apic->eoi();
		return handle_ipi(IPI_STOP);
	case TLB_VECTOR:
		apic->eoi();
		return tlb_flush_interrupt();
#endif
	default:
		apic->eoi();
	}
}
#else
static void device_interrupt(unsigned long vector)
{
}

static void local_interrupt(unsigned long vector)
{
}
#endif

void irq_set_i8259_handler(void (*fn)(unsigned int line))
{
	i8259_handler = fn;
}

/* From entry.S, IRQs off. */
void do_irq(struct pt_regs *regs, unsigned long vector)
{
	struct pt_regs *old = set_irq_regs(regs);

	irq_enter();
	if (vector > LAST_DEVICE_VECTOR)
		local_interrupt(vector);
	else if (vector >= FIRST_DEVICE_VECTOR)
		device_interrupt(vector);
	else if (i8259_handler)
		i8259_handler(vector - I8259_VECTOR);
	irq_exit();
	set_irq_regs(old);
}

#ifdef CONFIG_SMP
void arch_send_ipi(unsigned int cpu, enum ipi ipi)
{
	static const u8 vectors[NR_IPI] = {
		[IPI_RESCHEDULE] = RESCHEDULE_VECTOR,
		[IPI_CALL_FUNC] = CALL_FUNC_VECTOR,
		[IPI_STOP] = STOP_VECTOR,
	};

	if (apic)
		apic->send_ipi(x86_platform.apic_id[cpu], vectors[ipi]);
}
#endif

void arch_init_irq(void)
{
	x86_run_probes(__start_x86_probe_irqchip, __stop_x86_probe_irqchip);
	x86_run_probes(__start_x86_probe_timer, __stop_x86_probe_timer);
}
