/* SPDX-License-Identifier: MIT */
/*
 * The CPU's own random numbers. <asm/random.h> gives
 *
 *   bool arch_get_random_long(unsigned long *v)   false: this CPU has none, or has none ready.
 *                                                 Any context; slow (it looks for the feature
 *                                                 each
 *                                                 time), so only for seeding
 */
#ifndef ARCH_RANDOM_H
#define ARCH_RANDOM_H

#include <lib/types.h>
#include <asm/random.h>

#endif
