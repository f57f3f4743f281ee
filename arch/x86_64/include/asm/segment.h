/* SPDX-License-Identifier: MIT */
/*
 * The descriptor table's slots. User selectors have Linux's values: programs and debuggers see
 * them.
 */
#ifndef ASM_SEGMENT_H
#define ASM_SEGMENT_H

#define GDT_KERNEL_CS 2
#define GDT_KERNEL_DS 3
#define GDT_USER32_CS 4 /* SYSRET wants this order: 32-bit code, data, 64-bit code */
#define GDT_USER_DS   5
#define GDT_USER_CS   6
#define GDT_TSS	      8 /* two slots */
#define GDT_CPU_NODE  15 /* its limit is this CPU's number: LSL works in user mode */
#define GDT_ENTRIES   16

#define KERNEL_CS     (GDT_KERNEL_CS * 8)
#define KERNEL_DS     (GDT_KERNEL_DS * 8)
#define USER32_CS     (GDT_USER32_CS * 8 + 3)
#define USER_DS	      (GDT_USER_DS * 8 + 3)
#define USER_CS	      (GDT_USER_CS * 8 + 3)
#define TSS_SELECTOR  (GDT_TSS * 8)

/*
 * Stacks that an exception switches to by itself (TSS.IST, from 1): a bad kernel stack must not
 * matter to it.
 */
#define IST_FATAL 1 /* double fault, machine check */
#define IST_NMI	  2
#define IST_DEBUG 3
#define NR_IST	  3

#endif
