/* SPDX-License-Identifier: MIT */
/* CPUs of the devicetree and how they start. */
#ifndef ASM_SMP_H
#define ASM_SMP_H

#include <lib/types.h>
#include <asm/irqchip.h>

/* Reads /cpus: numbers the CPUs, the booting one first. Boot CPU, before anything is allocated. */
void smp_find_cpus(void);
/* Puts what smp_find_cpus() found into cpu_possible_mask and says what was left out. */
void smp_publish_cpus(void);

/* cpu/psci.c: firmware calls (Arm DEN0022). */
void psci_init(void);
/* Starts the CPU with hardware id @hwid at physical address @entry with @arg in x0. 0 or -errno. */
int psci_cpu_on(u64 hwid, phys_addr_t entry, u64 arg);

#endif
