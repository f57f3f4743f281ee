/* SPDX-License-Identifier: MIT */
/*
 * Random numbers: a ChaCha20 generator keyed from what the firmware, the CPU and the timing of
 * interrupts give (drivers/char/random.c).
 *
 * Before it is seeded get_random_bytes() still answers - with what there is - because kernel users
 * (hash keys, ASLR, stack canaries) cannot wait; getrandom(2) without GRND_INSECURE waits.
 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include <lib/types.h>

/* Fills @buf. Any context, from early boot on; IRQs may be off. */
void get_random_bytes(void *buf, size_t len);
u32 get_random_u32(void);
u64 get_random_u64(void);
/* Uniform in [0, @ceil); @ceil > 0. */
u32 get_random_u32_below(u32 ceil);

/* Stirs @buf in; @bits: how much of it an enemy cannot know (0: none). Any context. */
void add_device_randomness(const void *buf, size_t len);
void add_hwgenerator_randomness(const void *buf, size_t len, size_t bits);
/*
 * Called by the IRQ core for every interrupt: notes when it came. Hard IRQ context, a few
 * instructions.
 */
void add_interrupt_randomness(int irq);

/* Is the generator seeded? Waiting: 0 or -ERESTARTSYS; may sleep. */
bool rng_is_initialized(void);
int wait_for_random_bytes(void);

/*
 * Takes what boot_info.rng_seed and the CPU give. Called by the first who asks for a number; again:
 * nothing. Any context once boot_info is filled.
 */
void random_init_early(void);

#endif
