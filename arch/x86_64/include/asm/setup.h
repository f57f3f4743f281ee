/* SPDX-License-Identifier: MIT */
/* Private to arch/x86_64: boot steps that live in different files. */
#ifndef ASM_SETUP_H
#define ASM_SETUP_H

#include <lib/types.h>
#include <asm/platform.h>

/* boot/setup.c */
void x86_run_probes(const x86_probe_t *from, const x86_probe_t *to);

/* mm/pgtable.c: page tables of boot/head.S and the linker script. */
void drop_identity_map(void);
/*
 * Executable identity mapping of one page below 1 MiB in tables of its own, below 4 GiB at @pgd and
 * @pdpt (zeroed pages).
 */
void map_trampoline(phys_addr_t code, phys_addr_t pgd, phys_addr_t pdpt);
void unmap_trampoline(phys_addr_t code);

/* boot/early_console.c */
void early_console_init(void);

/* cpu/alternative.c: boot CPU, before anything touches user memory. */
void apply_alternatives(void);

/* boot/smp.c */
#ifdef CONFIG_SMP
extern u32 secondary_apic_id[]; /* trampoline.S looks a CPU up in it */
void secondary_main(unsigned int cpu) __noreturn;
void smp_reserve_trampoline(void);
void smp_free_trampoline(void);
#else
static inline void smp_reserve_trampoline(void)
{
}
static inline void smp_free_trampoline(void)
{
}
#endif

#endif
