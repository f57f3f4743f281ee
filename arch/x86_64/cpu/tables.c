/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables: GDT and TSS for each CPU, with the stacks of the exceptions that cannot trust
 * the one in use; one IDT for all. The word at the top of each exception stack is the CPU's per-CPU
 * base: entry code finds it there when it cannot know what %gs holds.
 */
#include <kernel/percpu.h>
#include <asm/entry.h>
#include <asm/segment.h>
#include <lib/string.h>

struct idt_gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_mid;
	u32 offset_high, reserved;
};
static_assert(sizeof(struct idt_gate) == 16);
static_assert(sizeof(struct x86_tss) == 104);

struct table_ptr {
	u16 limit;
	u64 base;
} __packed;

static struct cpu_tables boot_tables;
DEFINE_PER_CPU(struct cpu_tables *, cpu_tables) = &boot_tables;
static struct idt_gate idt[NR_VECTORS] __section(".bss..page_aligned") __aligned(16);

/* The bytes below the word with the per-CPU base; 16-byte aligned as the CPU wants it. */
static u64 ist_top(struct cpu_tables *t, unsigned int i)
{
	return (u64)t->stack[i] + IST_STACK_SIZE - 16;
}

static void set_gs_words(struct cpu_tables *t, unsigned long gs)
{
	for (unsigned int i = 0; i < NR_IST; i++)
		*(u64 *)ist_top(t, i) = gs;
}

void cpu_tables_set_gs(unsigned long gs)
{
	set_gs_words(this_cpu_read(cpu_tables), gs);
}

/*
 * Flat segments; the accessed bit is set so that the CPU does not write it. SDM vol. 3, 3.4.5,
 * 8.2.3.
 */
void cpu_tables_init(struct cpu_tables *t, unsigned int cpu, unsigned long gs)
{
	u64 tss = (u64)&t->tss;
	u32 limit = sizeof(t->tss) + sizeof(t->iomap) - 1;

	t->gdt[GDT_KERNEL_CS] = 0x00af9b000000ffff;
	t->gdt[GDT_KERNEL_DS] = 0x00cf93000000ffff;
	t->gdt[GDT_USER32_CS] = 0x00cffb000000ffff;
	t->gdt[GDT_USER_DS] = 0x00cff3000000ffff;
	t->gdt[GDT_USER_CS] = 0x00affb000000ffff;
	t->gdt[GDT_TSS] =
		0x0000890000000000 | limit | (tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56;
	t->gdt[GDT_TSS + 1] = tss >> 32;
	t->gdt[GDT_CPU_NODE] = 0x0040f50000000000 | (cpu & 0xfff);

	t->tss.iomap_base = IOMAP_NONE;
	for (unsigned int i = 0; i < NR_IST; i++)
		t->tss.ist[i] = ist_top(t, i);
	set_gs_words(t, gs);
}

/* Reloads %cs by a far return; %fs and %gs keep their bases. */
void cpu_tables_load(struct cpu_tables *t)
{
	struct table_ptr gdt_ptr = {sizeof(t->gdt) - 1, (u64)t->gdt};
	struct table_ptr idt_ptr = {sizeof(idt) - 1, (u64)idt};

	__asm__ __volatile__("lgdt %0\n"
			     "pushq %1\n"
			     "leaq 1f(%%rip), %%rax\n"
			     "pushq %%rax\n"
			     "lretq\n"
			     "1: movl %2, %%eax\n"
			     "movl %%eax, %%ss\n"
			     "movl %3, %%eax\n"
			     "ltr %%ax\n"
			     "lidt %4\n"
			     /* No LDT: at reset there is one at address 0, which is a user's. */
			     "xorl %%eax, %%eax\n"
			     "lldt %%ax\n"
			     :
			     : "m"(gdt_ptr), "i"(KERNEL_CS), "i"(KERNEL_DS), "i"(TSS_SELECTOR),
			       "m"(idt_ptr)
			     : "rax", "memory");
	this_cpu_write(cpu_tables, t);
}

static void set_gate(unsigned int vector, u64 entry, unsigned int ist, unsigned int dpl)
{
	idt[vector] = (struct idt_gate){
		.offset_low = (u16)entry,
		.selector = KERNEL_CS,
		.ist = (u8)ist,
		.type = (u8)(0x8e | dpl << 5), /* present, interrupt gate */
		.offset_mid = (u16)(entry >> 16),
		.offset_high = (u32)(entry >> 32),
	};
}

static void idt_init(void)
{
	for (unsigned int v = 0; v < 32; v++)
		set_gate(v, exc_table[v], 0, 0);
	set_gate(X86_TRAP_DB, exc_table[X86_TRAP_DB], IST_DEBUG, 0);
	set_gate(X86_TRAP_NMI, exc_table[X86_TRAP_NMI], IST_NMI, 0);
	set_gate(X86_TRAP_DF, exc_table[X86_TRAP_DF], IST_FATAL, 0);
	set_gate(X86_TRAP_MC, exc_table[X86_TRAP_MC], IST_FATAL, 0);
	set_gate(X86_TRAP_BP, exc_table[X86_TRAP_BP], 0, 3);
	for (unsigned int v = FIRST_IRQ_VECTOR; v < NR_VECTORS; v++)
		set_gate(v, (u64)irq_entries[v - FIRST_IRQ_VECTOR], 0, 0);
}

void cpu_tables_boot(void)
{
	idt_init();
	cpu_tables_init(&boot_tables, 0, 0);
	boot_tables.tss.sp[0] = (u64)init_stack_end;
	cpu_tables_load(&boot_tables);
}

bool exception_stack_of(unsigned long addr, unsigned long *start, unsigned long *end)
{
	struct cpu_tables *t = this_cpu_read(cpu_tables);

	if (addr < (unsigned long)t->stack || addr >= (unsigned long)t->stack + sizeof(t->stack))
		return false;
	*start =
		(unsigned long)t->stack + rounddown(addr - (unsigned long)t->stack, IST_STACK_SIZE);
	*end = *start + IST_STACK_SIZE - 16;
	return true;
}
