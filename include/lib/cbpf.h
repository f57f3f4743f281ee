/* SPDX-License-Identifier: MIT */
/*
 * Classic BPF (McCanne and Jacobson, USENIX 1993): an accumulator A, an index X, 16 scratch words
 * and jumps that only go forward, so a program that cbpf_check() accepts always ends, touches
 * nothing but its data and returns a number. What the data is, the caller's loader says: a packet
 * to sockets, struct seccomp_data to seccomp(2).
 */
#ifndef LIB_CBPF_H
#define LIB_CBPF_H

#include <lib/types.h>
#include <uapi/filter.h>

struct cbpf_data {
	u32 len; /* what BPF_LEN gives */
	/*
	 * Reads @size (1, 2, 4) bytes at @off, already in the CPU's order; false when they are not
	 * there, which ends the program with 0.
	 */
	bool (*load)(const struct cbpf_data *data, u32 off, unsigned int size, u32 *val);
};

/*
 * 0, or -EINVAL: an unknown instruction, a jump out of the program, a division by a constant 0, a
 * shift by more than 31, a scratch word that some path reads before it wrote it, no return at the
 * end. @scratch: room for @len words of the check's own, any content.
 */
int cbpf_check(const struct sock_filter *prog, unsigned int len, u16 *scratch);

/* The program's result. It was checked. Any context. */
u32 cbpf_run(const struct sock_filter *prog, const struct cbpf_data *data);

#endif
