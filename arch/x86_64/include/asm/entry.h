/* SPDX-License-Identifier: MIT */
/* Between entry/entry.S, the descriptor tables and the C code that they call. */
#ifndef ASM_ENTRY_H
#define ASM_ENTRY_H

#include <lib/types.h>
#include <asm/segment.h>
#include <asm/vectors.h>

struct pt_regs;
struct task_struct;

/* entry.S */
void syscall_entry(void);
void ret_from_fork(void);
void iret_to_user(void);
struct task_struct *__switch_stacks(struct task_struct *prev, unsigned long *prev_sp,
				    unsigned long next_sp);
extern const u64 exc_table[32];
extern const u8 irq_entries[][8];

/* kernel.lds.S */
extern char init_stack[], init_stack_end[];
extern const char _text[], __text_end[], __start_rodata[], __end_rodata[], _end[];
extern char __start_ro_after_init[], __end_ro_after_init[];

/* Per-CPU words that entry.S uses; cpu/percpu.c. */
extern unsigned long cpu_kernel_sp, cpu_user_sp;

/* SDM vol. 3, 8.7. */
struct x86_tss {
	u32 reserved0;
	u64 sp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} __packed __aligned(8);

#ifdef CONFIG_X86_SMALL_STACK
#define IST_STACK_SIZE 2048
#else
#define IST_STACK_SIZE 4096
#endif

#define IOPORT_MAX 65536 /* ports */

/*
 * The task's part of the TSS: a bit for each port, 0: user mode may use it; the CPU reads one byte
 * more. iomap_base is IOMAP_NONE while no port is allowed.
 */
#ifdef CONFIG_X86_IOPL_IOPERM
#define TSS_IOMAP_SIZE (IOPORT_MAX / 8 + 8)
#else
#define TSS_IOMAP_SIZE 0
#endif
#define IOMAP_BASE (sizeof(struct x86_tss))
#define IOMAP_NONE (IOMAP_BASE + TSS_IOMAP_SIZE) /* beyond the segment's limit */

/* One CPU's descriptor tables and exception stacks. */
struct cpu_tables {
	u8 stack[NR_IST][IST_STACK_SIZE] __aligned(16);
	u64 gdt[GDT_ENTRIES] __aligned(64);
	struct x86_tss tss;
	unsigned long iomap[TSS_IOMAP_SIZE / sizeof(unsigned long)]; /* follows tss */
	u64 iomap_sequence; /* of the io_bitmap that iomap holds; 0: none */
};
static_assert(offsetof(struct cpu_tables, iomap) ==
	      offsetof(struct cpu_tables, tss) + sizeof(struct x86_tss));
extern struct cpu_tables *cpu_tables; /* per-CPU */

/* Fills @t for CPU @cpu whose per-CPU base is @gs; loads it on the calling CPU. IRQs off. */
void cpu_tables_init(struct cpu_tables *t, unsigned int cpu, unsigned long gs);
void cpu_tables_load(struct cpu_tables *t);
/* The boot CPU's tables, first of all; IDT too. */
void cpu_tables_boot(void);
/* This CPU's per-CPU base changed. */
void cpu_tables_set_gs(unsigned long gs);

/*
 * The lowest and (exclusive) highest address of the exception stack of this CPU that @addr is in;
 * false: none.
 */
bool exception_stack_of(unsigned long addr, unsigned long *start, unsigned long *end);

/* Called by entry.S. */
void handle_exception(struct pt_regs *regs, unsigned long vector, unsigned long error);
void handle_paranoid(struct pt_regs *regs, unsigned long vector, unsigned long error);
void do_page_fault(struct pt_regs *regs, unsigned long addr, unsigned long error);
void do_irq(struct pt_regs *regs, unsigned long vector);
struct pt_regs *fixup_bad_iret(struct pt_regs *regs);
void kernel_thread_main(int (*fn)(void *), void *arg);
void x86_start(u32 protocol, u32 info) __attribute__((noreturn));

/*
 * Device vectors. irq_vector_alloc(): a vector whose interrupts call generic_handle_irq(@irq); 0
 * when none is left. Boot or process context; may be called under a lock with IRQs off.
 */
unsigned int irq_vector_alloc(unsigned int irq);
void irq_vector_free(unsigned int vector);
/* The i8259's 16 lines: vector I8259_VECTOR + n calls fn(n). */
void irq_set_i8259_handler(void (*fn)(unsigned int line));

#endif
