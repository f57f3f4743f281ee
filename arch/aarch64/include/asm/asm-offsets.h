/* SPDX-License-Identifier: MIT */
/* Offsets that assembly uses, each checked against the struct by cpu/asm-offsets.c. */
#ifndef ASM_ASM_OFFSETS_H
#define ASM_ASM_OFFSETS_H

/* struct thread_info */
#define TI_FLAGS     0
#define TI_PREEMPT   8
#define TI_KERNEL_SP 16
#define TI_CPU	     24
#define TI_SIMD	     28

/* struct pt_regs */
#define S_X0	    0
#define S_X2	    16
#define S_X4	    32
#define S_X6	    48
#define S_X8	    64
#define S_X10	    80
#define S_X12	    96
#define S_X14	    112
#define S_X16	    128
#define S_X18	    144
#define S_X20	    160
#define S_X22	    176
#define S_X24	    192
#define S_X26	    208
#define S_X28	    224
#define S_X30	    240
#define S_SP	    248
#define S_PC	    256
#define S_PSTATE    264
#define S_ORIG_X0   272
#define S_SYSCALLNO 280
#define S_FRAME	    288
#define S_SIZE	    304

/* struct stack_end, above the pt_regs of a user task */
#define STACK_END_SIZE	    16
#define S_TASK		    (S_SIZE + 0)

#define SWITCH_FRAME_SIZE   96
#define OVERFLOW_STACK_SIZE 4096

#endif
