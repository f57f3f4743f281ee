/* SPDX-License-Identifier: MIT */
/* Notes of a core file, core(5). */
#ifndef _UAPI_ELFCORE_H
#define _UAPI_ELFCORE_H

#include <uapi/elf.h>
#include <uapi/ptrace.h>
#include <uapi/time.h>
#include <asm/uapi/elfcore.h>

struct elf_siginfo {
	int si_signo;
	int si_code;
	int si_errno;
};

/* NT_PRSTATUS */
struct elf_prstatus {
	struct elf_siginfo pr_info;
	short pr_cursig;
	unsigned long pr_sigpend;
	unsigned long pr_sighold;
	__kernel_pid_t pr_pid;
	__kernel_pid_t pr_ppid;
	__kernel_pid_t pr_pgrp;
	__kernel_pid_t pr_sid;
	struct __kernel_old_timeval pr_utime;
	struct __kernel_old_timeval pr_stime;
	struct __kernel_old_timeval pr_cutime;
	struct __kernel_old_timeval pr_cstime;
	elf_gregset_t pr_reg;
	int pr_fpvalid;
};

#define ELF_PRARGSZ 80

/* NT_PRPSINFO */
struct elf_prpsinfo {
	char pr_state;
	char pr_sname;
	char pr_zomb;
	char pr_nice;
	unsigned long pr_flag;
	__kernel_uid_t pr_uid;
	__kernel_gid_t pr_gid;
	__kernel_pid_t pr_pid;
	__kernel_pid_t pr_ppid;
	__kernel_pid_t pr_pgrp;
	__kernel_pid_t pr_sid;
	char pr_fname[16];
	char pr_psargs[ELF_PRARGSZ];
};

#endif
