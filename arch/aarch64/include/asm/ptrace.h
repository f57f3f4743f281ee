/* SPDX-License-Identifier: MIT */
#ifndef ASM_PTRACE_H
#define ASM_PTRACE_H

#include <lib/types.h>

/*
 * cpu/signal.c: makes a pstate that came from outside harmless; false if it cannot be run with at
 * all.
 */
bool user_pstate_ok(u64 *pstate);

#endif
