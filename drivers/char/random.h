/* SPDX-License-Identifier: MIT */
/* The generator, for its device files. */
#ifndef DRIVERS_CHAR_RANDOM_H
#define DRIVERS_CHAR_RANDOM_H

#include <kernel/random.h>

ssize_t random_to_user(char __user *buf, size_t len);
/* 0 to 256: what the pool was credited with before it was seeded. */
unsigned int rng_entropy_bits(void);

#endif
