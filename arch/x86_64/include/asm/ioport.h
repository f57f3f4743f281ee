/* SPDX-License-Identifier: MIT */
/* I/O ports in user mode: ioperm(2), iopl(2). cpu/ioport.c. */
#ifndef ASM_IOPORT_H
#define ASM_IOPORT_H

#include <asm/thread.h>

#ifdef CONFIG_X86_IOPL_IOPERM
/* This CPU's TSS gets what @next may use. IRQs off. */
void ioport_switch(const struct arch_thread *next);
/* @child, whose switch_flags are current's already, may use what current may. */
void ioport_fork(struct arch_thread *child);
/* A dead thread's bitmap goes. */
void ioport_release(struct arch_thread *thread);
#else
static inline void ioport_switch(const struct arch_thread *next)
{
}
static inline void ioport_fork(struct arch_thread *child)
{
}
static inline void ioport_release(struct arch_thread *thread)
{
}
#endif

#endif
