/* SPDX-License-Identifier: MIT */
/*
 * Interrupt vectors. The same on every CPU:
 *   0x00-0x1f exceptions 0x20-0x2f i8259 (remapped; only spurious ones when the I/O APIC is used)
 *   0x30-0xef devices (I/O APIC lines, MSI), handed out by irq_vector_alloc() 0xf0-0xff the local
 *    APIC's own
 */
#ifndef ASM_VECTORS_H
#define ASM_VECTORS_H

#define FIRST_IRQ_VECTOR    0x20
#define I8259_VECTOR	    0x20
#define FIRST_DEVICE_VECTOR 0x30
#define LAST_DEVICE_VECTOR  0xef
#define TLB_VECTOR	    0xf9
#define STOP_VECTOR	    0xfa
#define CALL_FUNC_VECTOR    0xfb
#define RESCHEDULE_VECTOR   0xfc
#define LAPIC_TIMER_VECTOR  0xfd
#define LAPIC_ERROR_VECTOR  0xfe
#define SPURIOUS_VECTOR	    0xff

/* Without a local APIC there is only the i8259. */
#ifdef CONFIG_X86_LOCAL_APIC
#define NR_VECTORS 0x100
#else
#define NR_VECTORS 0x30
#endif

#define X86_TRAP_DE  0
#define X86_TRAP_DB  1
#define X86_TRAP_NMI 2
#define X86_TRAP_BP  3
#define X86_TRAP_OF  4
#define X86_TRAP_BR  5
#define X86_TRAP_UD  6
#define X86_TRAP_NM  7
#define X86_TRAP_DF  8
#define X86_TRAP_TS  10
#define X86_TRAP_NP  11
#define X86_TRAP_SS  12
#define X86_TRAP_GP  13
#define X86_TRAP_PF  14
#define X86_TRAP_MF  16
#define X86_TRAP_AC  17
#define X86_TRAP_MC  18
#define X86_TRAP_XF  19

#endif
