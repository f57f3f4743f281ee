/* SPDX-License-Identifier: MIT */
/* clone(2), clone3(2), unshare(2), close_range(2), kcmp(2): what is shared, and what is refused. */
#include "../harness.h"
#include <linux/close_range.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define STACK 65536

static long clone3(struct clone_args *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

/* clone(2) with a stack of its own; the exit status of @fn, or -errno. */
static int run_clone(int (*fn)(void *), int flags, void *arg)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int pid = clone(fn, stack + STACK, flags | SIGCHLD, arg), err = errno, status;

	if (pid < 0)
		return -err;
	status = test_wait(pid);
	munmap(stack, STACK);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static int nothing(void *arg)
{
	return 0;
}

TEST(senseless_combinations_are_refused)
{
	EXPECT_EQ(-EINVAL, run_clone(nothing, CLONE_SIGHAND, NULL));
	EXPECT_EQ(-EINVAL, run_clone(nothing, CLONE_THREAD, NULL));
	EXPECT_EQ(-EINVAL, run_clone(nothing, CLONE_THREAD | CLONE_VM, NULL));
	EXPECT_EQ(-EINVAL, run_clone(nothing, CLONE_NEWUSER | CLONE_FS, NULL));
	EXPECT_EQ(-EINVAL, run_clone(nothing, CLONE_NEWNS | CLONE_FS, NULL));
}

static int dup_100(void *arg)
{
	return dup2(*(int *)arg, 100) == 100 && fcntl(100, F_SETFD, FD_CLOEXEC) == 0 ? 0 : 1;
}

TEST(files_are_shared_or_not)
{
	int fd = open("/", O_RDONLY);

	EXPECT_EQ(0, run_clone(dup_100, 0, &fd));
	EXPECT_ERRNO(EBADF, fcntl(100, F_GETFD));
	REQUIRE_CONFIG("CLONE_FILES");
	EXPECT_EQ(0, run_clone(dup_100, CLONE_FILES, &fd));
	EXPECT_EQ(FD_CLOEXEC, fcntl(100, F_GETFD)); /* and it outlived the one that made it */
	EXPECT_EQ(0, close(100));
}

TEST(files_cannot_be_shared_without_the_option)
{
	if (test_config("CLONE_FILES") != 0)
		SKIP("CONFIG_CLONE_FILES is set");
	EXPECT_EQ(-EINVAL, run_clone(nothing, CLONE_FILES, NULL));
}

static int unshare_and_close(void *arg)
{
	if (unshare(CLONE_FILES))
		return 1;
	return close(*(int *)arg) ? 2 : 0;
}

static int range_unshare(void *arg)
{
	int fd = *(int *)arg;

	if (syscall(SYS_close_range, fd, fd, CLOSE_RANGE_UNSHARE))
		return 1;
	return fcntl(fd, F_GETFD) != -1;
}

TEST(a_shared_table_can_be_left)
{
	int fd = open("/", O_RDONLY);

	REQUIRE_CONFIG("CLONE_FILES");
	EXPECT_EQ(0, run_clone(unshare_and_close, CLONE_FILES, &fd));
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, run_clone(range_unshare, CLONE_FILES, &fd));
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, run_clone(unshare_and_close, CLONE_FILES | CLONE_VM, &fd));
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
}

static int change_fs(void *arg)
{
	if (arg && unshare(CLONE_FS))
		return 1;
	umask(0123);
	return chdir("/dev") ? 2 : 0;
}

static bool fs_changed(void)
{
	char cwd[64];
	mode_t mask = umask(022);

	if (!getcwd(cwd, sizeof(cwd)))
		return false;
	return mask == 0123 && !strcmp(cwd, "/dev");
}

TEST(fs_is_shared_or_not)
{
	ASSERT_EQ(0, chdir("/"));
	EXPECT_EQ(0, run_clone(change_fs, 0, NULL));
	EXPECT_TRUE(!fs_changed());
	if (test_config("CLONE_FS") == 0) {
		EXPECT_EQ(-EINVAL, run_clone(nothing, CLONE_FS, NULL));
		return;
	}
	EXPECT_EQ(0, run_clone(change_fs, CLONE_FS, "unshare"));
	EXPECT_TRUE(!fs_changed());
	EXPECT_EQ(0, run_clone(change_fs, CLONE_FS, NULL));
	EXPECT_TRUE(fs_changed());
}

static void handler(int sig)
{
}

static int set_action(void *arg)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGUSR2, handler);
	return 0;
}

TEST(sighand_is_shared_and_masks_are_not)
{
	struct sigaction old;
	sigset_t set;

	sigaction(SIGUSR2, NULL, &old);
	ASSERT_TRUE(old.sa_handler == SIG_DFL);
	EXPECT_EQ(0, run_clone(set_action, CLONE_VM, NULL));
	sigaction(SIGUSR2, NULL, &old);
	EXPECT_TRUE(old.sa_handler == SIG_DFL);
	if (test_config("CLONE_SIGHAND") == 0) {
		EXPECT_EQ(-EINVAL, run_clone(nothing, CLONE_VM | CLONE_SIGHAND, NULL));
		return;
	}
	EXPECT_EQ(0, run_clone(set_action, CLONE_VM | CLONE_SIGHAND, NULL));
	sigaction(SIGUSR2, NULL, &old);
	EXPECT_TRUE(old.sa_handler == handler);
	sigprocmask(SIG_BLOCK, NULL, &set);
	EXPECT_EQ(0, sigismember(&set, SIGUSR2));
}

static int exec_true(void *arg)
{
	execl("/bin/true", "true", NULL);
	return 1;
}

/* exec gives the one that shares actions its own; ours stay. */
TEST(exec_leaves_the_sharers_handlers)
{
	struct sigaction old;

	REQUIRE_CONFIG("CLONE_SIGHAND");
	REQUIRE_CONFIG("EXEC");
	signal(SIGUSR2, handler);
	EXPECT_EQ(0, run_clone(exec_true, CLONE_VM | CLONE_SIGHAND, NULL));
	sigaction(SIGUSR2, NULL, &old);
	EXPECT_TRUE(old.sa_handler == handler);
}

TEST(clone3_checks_its_arguments)
{
	struct clone_args a = {.exit_signal = SIGCHLD};
	char big[sizeof(a) + 8] = "";
	pid_t tid = 1;

	EXPECT_ERRNO(EINVAL, clone3(&a, 56));
	EXPECT_ERRNO(E2BIG, clone3(&a, 5000));
	EXPECT_ERRNO(EFAULT, clone3((void *)test_bad_pointer, sizeof(a)));
	big[sizeof(big) - 1] = 1;
	EXPECT_ERRNO(E2BIG, clone3((void *)big, sizeof(big)));
	a.flags = 1ull << 40;
	EXPECT_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a.flags = CLONE_DETACHED;
	EXPECT_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a.flags = CLONE_INTO_CGROUP; /* EBADF where there are cgroups */
	EXPECT_EQ(-1, clone3(&a, sizeof(a)));
	a.flags = CLONE_SIGHAND | CLONE_VM | CLONE_CLEAR_SIGHAND;
	EXPECT_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a = (struct clone_args){.exit_signal = 65};
	EXPECT_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a = (struct clone_args){.exit_signal = SIGCHLD, .stack_size = 4096};
	EXPECT_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a = (struct clone_args){.exit_signal = SIGCHLD, .stack = 4096};
	EXPECT_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a = (struct clone_args){.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&tid};
	EXPECT_ERRNO(EINVAL, clone3(&a, sizeof(a)));
	a.set_tid_size = 1;
	EXPECT_ERRNO(EEXIST, clone3(&a, sizeof(a)));
	tid = 0;
	EXPECT_ERRNO(EINVAL, clone3(&a, sizeof(a)));
}

TEST(clone3_takes_a_number)
{
	pid_t tid = 31234;
	struct clone_args a = {
		.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&tid, .set_tid_size = 1};
	pid_t pid = clone3(&a, sizeof(a));

	if (!pid)
		_exit(getpid() == 31234 ? 0 : 1);
	ASSERT_EQ(31234, pid);
	EXPECT_EQ(0, test_wait(pid));
	if (setresuid(65534, 65534, 65534))
		SKIP("cannot change the user");
	EXPECT_ERRNO(EPERM, clone3(&a, sizeof(a)));
}

TEST(clone3_clears_handlers)
{
	struct clone_args a = {.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
	struct sigaction act;
	pid_t pid;

	signal(SIGUSR1, handler);
	signal(SIGUSR2, SIG_IGN);
	pid = clone3(&a, sizeof(a));
	if (!pid) {
		sigaction(SIGUSR1, NULL, &act);
		if (act.sa_handler != SIG_DFL)
			_exit(1);
		sigaction(SIGUSR2, NULL, &act);
		_exit(act.sa_handler != SIG_IGN);
	}
	EXPECT_EQ(0, test_wait(pid));
}

TEST(clone3_tells_the_numbers)
{
	pid_t parent_tid = 0, child_tid = 0;
	struct clone_args a = {.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
			       .parent_tid = (uintptr_t)&parent_tid,
			       .child_tid = (uintptr_t)&child_tid,
			       .exit_signal = SIGCHLD};
	pid_t pid = clone3(&a, sizeof(a));

	if (!pid)
		_exit(child_tid != getpid());
	EXPECT_EQ(pid, parent_tid);
	EXPECT_EQ(0, child_tid);
	EXPECT_EQ(0, test_wait(pid));
}

/* A child with another exit signal is waited for with __WALL or __WCLONE only. */
TEST(exit_signal_is_sent)
{
	pid_t pid;
	sigset_t set;

	REQUIRE_CONFIG("SIGNALS_RT");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
	if (!pid)
		_exit(4);
	siginfo_t info;
	int status;

	EXPECT_EQ(SIGUSR1, sigwaitinfo(&set, &info));
	EXPECT_EQ(pid, info.si_pid);
	EXPECT_EQ(CLD_EXITED, info.si_code);
	EXPECT_ERRNO(ECHILD, waitpid(pid, &status, 0));
	EXPECT_EQ(pid, waitpid(pid, &status, __WCLONE));
	EXPECT_EQ(4, WEXITSTATUS(status));
}

static void *unshare_in_thread(void *arg)
{
	EXPECT_ERRNO(EINVAL, unshare(CLONE_THREAD));
	EXPECT_ERRNO(EINVAL, unshare(CLONE_SIGHAND));
	EXPECT_ERRNO(EINVAL, unshare(CLONE_VM));
	EXPECT_EQ(0, unshare(CLONE_FILES));
	return NULL;
}

TEST(unshare_checks_its_flags)
{
	pthread_t t;

	EXPECT_EQ(0, unshare(0));
	EXPECT_EQ(0, unshare(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM));
	EXPECT_ERRNO(EINVAL, unshare(CLONE_VFORK));
	EXPECT_ERRNO(EINVAL, unshare(-1));
	REQUIRE_THREADS();
	ASSERT_EQ(0, pthread_create(&t, NULL, unshare_in_thread, NULL));
	pthread_join(t, NULL);
}

static long kcmp(pid_t a, pid_t b, int type, int i, int j)
{
	return syscall(SYS_kcmp, a, b, type, i, j);
}

TEST(kcmp_compares)
{
	pid_t self = getpid(), child;
	int fd = dup(1), other = open("/", O_RDONLY);

	REQUIRE_CONFIG("KCMP");
	EXPECT_EQ(0, kcmp(self, self, KCMP_FILE, 1, fd));
	EXPECT_NE(0, kcmp(self, self, KCMP_FILE, 1, other));
	EXPECT_EQ(3, kcmp(self, self, KCMP_FILE, 1, other) + kcmp(self, self, KCMP_FILE, other, 1));
	EXPECT_ERRNO(EBADF, kcmp(self, self, KCMP_FILE, 1, 999));
	if (test_config("SYSVIPC") != 0)
		EXPECT_EQ(0, kcmp(self, self, KCMP_SYSVSEM, 0, 0));
	EXPECT_ERRNO(EINVAL, kcmp(self, self, KCMP_TYPES, 0, 0));
	EXPECT_ERRNO(ESRCH, kcmp(self, 0x3ffffff, KCMP_VM, 0, 0));
	child = fork();
	if (!child)
		for (;;)
			pause();
	EXPECT_EQ(0, kcmp(self, child, KCMP_FILE, 1, 1));
	EXPECT_NE(0, kcmp(self, child, KCMP_VM, 0, 0));
	EXPECT_NE(0, kcmp(self, child, KCMP_FILES, 0, 0));
	EXPECT_EQ(0, kcmp(self, self, KCMP_VM, 0, 0));
	kill(child, SIGKILL);
}

/* Class in bits 13 to 15. */
TEST(ioprio_is_kept_and_inherited)
{
	int be3 = 2 << 13 | 3, idle = 3 << 13;
	pid_t child;

	EXPECT_EQ(0, syscall(SYS_ioprio_get, 1, 0));
	EXPECT_EQ(0, syscall(SYS_ioprio_set, 1, 0, be3));
	EXPECT_EQ(be3, syscall(SYS_ioprio_get, 1, 0));
	child = fork();
	if (!child)
		_exit(syscall(SYS_ioprio_get, 1, 0) != be3);
	EXPECT_EQ(0, test_wait(child));
	EXPECT_EQ(0, syscall(SYS_ioprio_set, 1, getpid(), idle));
	EXPECT_EQ(idle, syscall(SYS_ioprio_get, 2, getpgrp()));
	EXPECT_ERRNO(EINVAL, syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 8));
	EXPECT_ERRNO(EINVAL, syscall(SYS_ioprio_set, 1, 0, 4 << 13));
	EXPECT_ERRNO(EINVAL, syscall(SYS_ioprio_set, 4, 0, be3));
	EXPECT_ERRNO(ESRCH, syscall(SYS_ioprio_set, 1, 0x3ffffff, be3));
}

TEST_MAIN
