/* SPDX-License-Identifier: MIT */
/* What every test of ptrace(2) does: calls, stops and a child that waits to be traced. */
#ifndef SELFTESTS_PTRACE_PTRACE_H
#define SELFTESTS_PTRACE_PTRACE_H

#include "../harness.h"
#include <linux/ptrace.h>
#include <sys/syscall.h>

/* Not the C library's: it turns PEEK around and declares its own enum. */
static long trace(long request, pid_t pid, unsigned long addr, unsigned long data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

static long trace_p(long request, pid_t pid, unsigned long addr, void *data)
{
	return trace(request, pid, addr, (uintptr_t)data);
}

/* The stop's code (signal, event << 8) of the next report about @pid; -1: none or no stop. */
static int wait_stop(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return -1;
	return status >> 8;
}

static int wait_exit(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* A child that asked to be traced and has stopped with SIGSTOP, then runs @body. */
static pid_t start(void (*body)(void))
{
	pid_t pid = fork();

	if (!pid) {
		if (trace(PTRACE_TRACEME, 0, 0, 0))
			_exit(90);
		raise(SIGSTOP);
		body();
		_exit(0);
	}
	if (wait_stop(pid) != SIGSTOP)
		_exit(TEST_EXIT_FAIL);
	return pid;
}

#endif
