/* SPDX-License-Identifier: MIT */
/*
 * System-call entries. SYSCALL_DEFINE3(read, unsigned int, fd, char __user *, buf, size_t, count)
 * { ... } defines long sys_read(), which takes six register values as the dispatcher passes them
 * and narrows each to its declared type, so that junk in upper register halves never reaches
 * code. The table (kernel/syscall/table.c) is generated from syscalls.tbl.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <uapi/errno.h>

typedef long (*syscall_fn_t)(unsigned long, unsigned long, unsigned long, unsigned long,
			     unsigned long, unsigned long);

#ifdef CONFIG_SYSCALL_SLOTS
extern const u16 sys_call_slots[]; /* by number: the index in sys_call_table */
#endif
extern const syscall_fn_t sys_call_table[];
extern const unsigned int nr_syscalls;
long sys_ni_syscall(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long,
		    unsigned long);

/* Results that only signal code sees: how an interrupted call goes on. */
#define ERESTARTSYS    512 /* restart if SA_RESTART or no handler, else EINTR */
#define ERESTARTNOINTR 513 /* always restart */
#define ERESTARTNOHAND 514 /* restart if no handler runs, else EINTR */
#define ERESTART_RESTARTBLOCK \
	516 /* restart through restart_syscall() if no handler runs, else EINTR */

#define __SC_ARGS                                                                                 \
	unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3, unsigned long a4, \
		unsigned long a5
#define __SC_ENTRY(name) long sys_##name(__SC_ARGS)

#define SYSCALL_DEFINE0(name)                     \
	static inline long __do_sys_##name(void); \
	__SC_ENTRY(name);                         \
	__SC_ENTRY(name)                          \
	{                                         \
		return __do_sys_##name();         \
	}                                         \
	static inline long __do_sys_##name(void)
#define SYSCALL_DEFINE1(name, t0, n0)                   \
	static inline long __do_sys_##name(t0 n0);      \
	__SC_ENTRY(name);                               \
	__SC_ENTRY(name)                                \
	{                                               \
		return __do_sys_##name((__force t0)a0); \
	}                                               \
	static inline long __do_sys_##name(t0 n0)
#define SYSCALL_DEFINE2(name, t0, n0, t1, n1)                           \
	static inline long __do_sys_##name(t0 n0, t1 n1);               \
	__SC_ENTRY(name);                                               \
	__SC_ENTRY(name)                                                \
	{                                                               \
		return __do_sys_##name((__force t0)a0, (__force t1)a1); \
	}                                                               \
	static inline long __do_sys_##name(t0 n0, t1 n1)
#define SYSCALL_DEFINE3(name, t0, n0, t1, n1, t2, n2)                                   \
	static inline long __do_sys_##name(t0 n0, t1 n1, t2 n2);                        \
	__SC_ENTRY(name);                                                               \
	__SC_ENTRY(name)                                                                \
	{                                                                               \
		return __do_sys_##name((__force t0)a0, (__force t1)a1, (__force t2)a2); \
	}                                                                               \
	static inline long __do_sys_##name(t0 n0, t1 n1, t2 n2)
#define SYSCALL_DEFINE4(name, t0, n0, t1, n1, t2, n2, t3, n3)                          \
	static inline long __do_sys_##name(t0 n0, t1 n1, t2 n2, t3 n3);                \
	__SC_ENTRY(name);                                                              \
	__SC_ENTRY(name)                                                               \
	{                                                                              \
		return __do_sys_##name((__force t0)a0, (__force t1)a1, (__force t2)a2, \
				       (__force t3)a3);                                \
	}                                                                              \
	static inline long __do_sys_##name(t0 n0, t1 n1, t2 n2, t3 n3)
#define SYSCALL_DEFINE5(name, t0, n0, t1, n1, t2, n2, t3, n3, t4, n4)                  \
	static inline long __do_sys_##name(t0 n0, t1 n1, t2 n2, t3 n3, t4 n4);         \
	__SC_ENTRY(name);                                                              \
	__SC_ENTRY(name)                                                               \
	{                                                                              \
		return __do_sys_##name((__force t0)a0, (__force t1)a1, (__force t2)a2, \
				       (__force t3)a3, (__force t4)a4);                \
	}                                                                              \
	static inline long __do_sys_##name(t0 n0, t1 n1, t2 n2, t3 n3, t4 n4)
#define SYSCALL_DEFINE6(name, t0, n0, t1, n1, t2, n2, t3, n3, t4, n4, t5, n5)           \
	static inline long __do_sys_##name(t0 n0, t1 n1, t2 n2, t3 n3, t4 n4, t5 n5);   \
	__SC_ENTRY(name);                                                               \
	__SC_ENTRY(name)                                                                \
	{                                                                               \
		return __do_sys_##name((__force t0)a0, (__force t1)a1, (__force t2)a2,  \
				       (__force t3)a3, (__force t4)a4, (__force t5)a5); \
	}                                                                               \
	static inline long __do_sys_##name(t0 n0, t1 n1, t2 n2, t3 n3, t4 n4, t5 n5)

#endif
