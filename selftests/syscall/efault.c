/* SPDX-License-Identifier: MIT */
/*
 * Bad user pointers where everything else is right: EFAULT, for every shape of bad (unmapped,
 * kernel, no access, read-only, running off the end of a mapping), and the call has no other
 * effect. A call that is not built says ENOSYS; that is fine here.
 */
#include "../harness.h"
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>

static char *page; /* followed by one without access */

static void make_page(void)
{
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(page != MAP_FAILED);
	ASSERT_EQ(0, mprotect(page + 4096, 4096, PROT_NONE));
}

enum shape { UNMAPPED, LOW, KERNEL, DIRECT_MAP, HOLE, ALMOST_ALL, OFF_THE_END, NR_SHAPES };

static void *bad(enum shape shape)
{
	switch (shape) {
	case UNMAPPED:
		return (void *)0x10000;
	case LOW:
		return (void *)1;
	case KERNEL:
		return (void *)0xffffffff80000000;
	case DIRECT_MAP:
		return (void *)0xffff888000000000;
	case HOLE:
		return (void *)0x0000900000000000;
	case ALMOST_ALL:
		return (void *)-8l;
	default:
		return page + 4096 - 1;
	}
}

static int fault_of(long ret)
{
	return ret == -1 && (errno == EFAULT || errno == ENOSYS);
}

/* @call uses `p`, a bad pointer. */
#define EACH_BAD(call)                                                                       \
	do {                                                                                 \
		for (enum shape shape = 0; shape < NR_SHAPES; shape++) {                     \
			void *p = bad(shape);                                                \
			long ret_;                                                           \
                                                                                             \
			errno = 0;                                                           \
			ret_ = (long)(call);                                                 \
			if (!fault_of(ret_)) {                                               \
				NOTE("%s at %p gives %ld, errno %d", #call, p, ret_, errno); \
				test_failures++;                                             \
			}                                                                    \
		}                                                                            \
	} while (0)

TEST(reading_and_writing)
{
	int zero = open("/dev/zero", O_RDONLY), fd[2];
	char name[] = "/tmp/efaultXXXXXX";
	int file = mkstemp(name);

	make_page();
	unlink(name);
	ASSERT_EQ(0, pipe(fd));
	ASSERT_EQ(8, write(file, "contents", 8));
	EACH_BAD(syscall(SYS_pread64, file, p, 8, 0) == 1 ? (errno = EFAULT, -1) :
							    syscall(SYS_pread64, file, p, 8, 0));
	EACH_BAD(syscall(SYS_pwrite64, file, (char *)p + 1, 8, 0));
	if (zero >= 0)
		EACH_BAD(syscall(SYS_read, zero, (char *)p + 1, 8));
	EACH_BAD(syscall(SYS_write, fd[1], (char *)p + 1, 8));
	EACH_BAD(syscall(SYS_writev, fd[1], p, 1));
	EACH_BAD(syscall(SYS_readv, fd[0], p, 1));
}

TEST(names)
{
	make_page();
	memset(page, 'n', 4096);
	EACH_BAD(syscall(SYS_openat, AT_FDCWD, p, O_RDONLY));
	EACH_BAD(syscall(SYS_unlinkat, AT_FDCWD, p, 0));
	EACH_BAD(syscall(SYS_mkdirat, AT_FDCWD, p, 0755));
	EACH_BAD(syscall(SYS_renameat2, AT_FDCWD, p, AT_FDCWD, "x", 0));
	EACH_BAD(syscall(SYS_renameat2, AT_FDCWD, "/tmp", AT_FDCWD, p, 0));
	EACH_BAD(syscall(SYS_linkat, AT_FDCWD, p, AT_FDCWD, "x", 0));
	EACH_BAD(syscall(SYS_symlinkat, p, AT_FDCWD, "/tmp/x"));
	EACH_BAD(syscall(SYS_readlinkat, AT_FDCWD, p, page, 10));
	EACH_BAD(syscall(SYS_fchmodat, AT_FDCWD, p, 0644));
	EACH_BAD(syscall(SYS_fchownat, AT_FDCWD, p, 0, 0, 0));
	EACH_BAD(syscall(SYS_faccessat, AT_FDCWD, p, 0));
	EACH_BAD(syscall(SYS_chdir, p));
	EACH_BAD(syscall(SYS_truncate, p, 0));
	EACH_BAD(syscall(SYS_statfs, p, page));
	EACH_BAD(syscall(SYS_execve, p, page, page));
}

TEST(results)
{
	struct timespec ts = {0, 1};
	int fd[2];

	make_page();
	ASSERT_EQ(0, pipe(fd));
	EACH_BAD(syscall(SYS_uname, p));
	EACH_BAD(syscall(SYS_sysinfo, p));
	EACH_BAD(syscall(SYS_times, p));
	EACH_BAD(syscall(SYS_getrusage, RUSAGE_SELF, p));
	EACH_BAD(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, p));
	EACH_BAD(syscall(SYS_prlimit64, 0, RLIMIT_CORE, p, NULL));
	EACH_BAD(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, p));
	EACH_BAD(syscall(SYS_clock_getres, CLOCK_MONOTONIC, p));
	EACH_BAD(syscall(SYS_gettimeofday, p, NULL));
	EACH_BAD(syscall(SYS_nanosleep, p, NULL));
	EACH_BAD(syscall(SYS_newfstatat, AT_FDCWD, "/", p, 0));
	EACH_BAD(syscall(SYS_fstat, 1, p));
	EACH_BAD(syscall(SYS_fstatfs, fd[0], p));
	EACH_BAD(syscall(SYS_pipe2, p, 0));
	EACH_BAD(syscall(SYS_getresuid, p, page, page));
	EACH_BAD(syscall(SYS_getresgid, page, p, page));
	EACH_BAD(syscall(SYS_getitimer, 0, p));
	EACH_BAD(syscall(SYS_sched_getaffinity, 0, 128, p));
	EACH_BAD(syscall(SYS_getcpu, p, NULL, NULL));
	EACH_BAD(syscall(SYS_ioctl, fd[0], FIONREAD, p));
	(void)ts;
}

TEST(lists)
{
	int fd[2];
	int dir = open("/", O_RDONLY | O_DIRECTORY);

	make_page();
	ASSERT_EQ(0, pipe(fd));
	EACH_BAD(syscall(SYS_ppoll, p, 1, NULL, NULL, 8));
	EACH_BAD(syscall(SYS_pselect6, 1, p, NULL, NULL, NULL, NULL));
	EACH_BAD(syscall(SYS_getgroups, 0, p) == 0 ? (errno = EFAULT, -1) :
						     syscall(SYS_getgroups, 65536, p));
	if (geteuid() == 0)
		EACH_BAD(syscall(SYS_setgroups, 3, p));
	for (int round = 0; round < 8; round++) /* a fault skips no entry, so the end never comes */
		for (enum shape shape = 0; shape < OFF_THE_END; shape++)
			EXPECT_ERRNO(EFAULT, syscall(SYS_getdents64, dir, bad(shape), 4096));
	EACH_BAD(syscall(SYS_getcwd, p, 4096));
}

TEST(signals)
{
	siginfo_t si;
	sigset_t set;

	make_page();
	sigemptyset(&set);
	EACH_BAD(syscall(SYS_rt_sigaction, SIGUSR1, p, NULL, 8));
	EACH_BAD(syscall(SYS_rt_sigaction, SIGUSR1, NULL, p, 8));
	EACH_BAD(syscall(SYS_rt_sigprocmask, SIG_BLOCK, p, NULL, 8));
	EACH_BAD(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, p, 8));
	EACH_BAD(syscall(SYS_rt_sigpending, p, 8));
	EACH_BAD(syscall(SYS_rt_sigsuspend, p, 8));
	EACH_BAD(syscall(SYS_sigaltstack, p, NULL));
	EACH_BAD(syscall(SYS_sigaltstack, NULL, p));
	EACH_BAD(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, p));
	EACH_BAD(syscall(SYS_rt_sigtimedwait, p, &si, NULL, 8));
	EACH_BAD(syscall(SYS_setitimer, ITIMER_REAL, p, NULL));
}

/* The child is waited for, though its status cannot be told. */
TEST(wait_status)
{
	make_page();
	for (enum shape shape = 0; shape < NR_SHAPES; shape++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		EXPECT_ERRNO(EFAULT, syscall(SYS_wait4, pid, bad(shape), 0, NULL));
	}
}

TEST(futexes)
{
	make_page();
	for (enum shape shape = 0; shape < OFF_THE_END; shape++) {
		void *p = (void *)((uintptr_t)bad(shape) & ~3ul);
		long ret = syscall(SYS_futex, p, 0, 0, NULL, NULL, 0);

		EXPECT_EQ(1, fault_of(ret));
		ret = syscall(SYS_futex, p, 1 | 128, 1, NULL, NULL, 0);
		EXPECT_TRUE(ret == 0 || fault_of(ret));
	}
	EXPECT_ERRNO(EINVAL, syscall(SYS_futex, page + 1, 0, 0, NULL, NULL, 0));
}

/* A page that appears and vanishes while the kernel copies. */
TEST_TIMEOUT(a_mapping_that_flickers, 60)
{
	static char stack[65536] __attribute__((aligned(16)));
	double end = test_now() + 2;
	int fd[2];
	pid_t pid;

	(void)stack;
	make_page();
	ASSERT_EQ(0, pipe(fd));
	pid = fork();
	if (pid == 0) {
		char buf[4096];

		while (read(fd[0], buf, sizeof(buf)) > 0)
			;
		_exit(0);
	}
	while (test_now() < end) {
		ssize_t n;

		mprotect(page, 4096, PROT_NONE);
		n = write(fd[1], page, 4096);
		EXPECT_TRUE(n == -1 && errno == EFAULT);
		mprotect(page, 4096, PROT_READ);
		EXPECT_EQ(4096, write(fd[1], page, 4096));
		madvise(page, 4096, MADV_DONTNEED);
	}
	close(fd[1]);
}

TEST_MAIN
