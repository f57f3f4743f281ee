/* SPDX-License-Identifier: MIT */
/*
 * The start of an asynchronous runtime, call by call as the Rust shell brush makes it: signals and
 * wake-ups through an epoll set, an eventfd and a socket pair, which a worker thread made by a bare
 * clone() then uses beside its parent.
 */
#include "harness.h"
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define WORKER_FLAGS 0x13d0f00 /* VM FS FILES SIGHAND THREAD SYSVSEM SETTLS *_SETTID CLEARTID */
#define STACK_PAGES  521

static struct runtime {
	int ep, ev, sock, sock_dup, from_worker;
	pid_t tid, tid_in_child;
	int errors;
} rt;

static long call_errors(bool ok)
{
	if (!ok)
		__atomic_fetch_add(&rt.errors, 1, __ATOMIC_RELAXED);
	return ok;
}

/* What the worker does with its parent's descriptors: sleeps in the set, reads, answers, adds. */
static int worker(void *arg)
{
	struct epoll_event ev;
	uint64_t n = 0;
	char c = 0;
	int made;

	call_errors(syscall(SYS_gettid) == rt.tid_in_child);
	call_errors(epoll_pwait(rt.ep, &ev, 1, 5000, NULL) == 1 && ev.data.u64 == 1);
	call_errors(read(rt.ev, &n, 8) == 8 && n == 7);
	call_errors(epoll_pwait(rt.ep, &ev, 1, 5000, NULL) == 1 && ev.data.u64 == 2);
	call_errors(read(rt.sock_dup, &c, 1) == 1 && c == 'p');
	call_errors(write(rt.sock_dup, "w", 1) == 1);
	made = eventfd(3, EFD_CLOEXEC);
	ev = (struct epoll_event){.events = EPOLLIN, .data.u64 = 3};
	call_errors(epoll_ctl(rt.ep, EPOLL_CTL_ADD, made, &ev) == 0);
	__atomic_store_n(&rt.from_worker, made, __ATOMIC_RELEASE);
	syscall(SYS_exit, 0); /* this thread only */
	return 0;
}

static char *guarded_stack(void)
{
	size_t page = sysconf(_SC_PAGESIZE), len = STACK_PAGES * page;
	char *p = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (p == MAP_FAILED || mprotect(p + page, len - page, PROT_READ | PROT_WRITE))
		return NULL;
	return p + len;
}

static void prepare(void)
{
	static char altstack[16384];
	struct pollfd std[3] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};
	stack_t ss = {.ss_sp = altstack, .ss_size = sizeof(altstack)};
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u64 = 1};
	char key[16];
	cpu_set_t cpus;
	int sv[2], ep0;

	ASSERT_GE(poll(std, 3, 0), 0);
	ASSERT_EQ(0, sigaltstack(&ss, NULL));
	ASSERT_EQ(16, getrandom(key, 16, GRND_NONBLOCK | GRND_NONBLOCK));
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(cpus), &cpus));
	ep0 = epoll_create1(EPOLL_CLOEXEC);
	rt.ev = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_TRUE(ep0 >= 0 && rt.ev >= 0);
	ASSERT_EQ(0, epoll_ctl(ep0, EPOLL_CTL_ADD, rt.ev, &ev));
	rt.ep = fcntl(ep0, F_DUPFD_CLOEXEC, 3);
	ASSERT_GE(rt.ep, 3);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sv));
	rt.sock = sv[0];
	rt.sock_dup = dup(sv[1]);
	ev.data.u64 = 2;
	ASSERT_EQ(0, epoll_ctl(rt.ep, EPOLL_CTL_ADD, rt.sock_dup, &ev));
}

TEST(worker_uses_its_parents_descriptors)
{
	struct epoll_event ev;
	uint64_t seven = 7;
	char *stack, c = 0;
	int tid;

	REQUIRE_CONFIG("UNIX");
	REQUIRE_CONFIG("EPOLL");
	REQUIRE_CONFIG("EVENTFD");
	REQUIRE_CONFIG("THREADS");
	REQUIRE_CONFIG("CLONE_FILES");
	prepare();
	stack = guarded_stack();
	ASSERT_TRUE(stack);
	tid = clone(worker, stack, WORKER_FLAGS, NULL, &rt.tid, __builtin_thread_pointer(),
		    &rt.tid_in_child);
	ASSERT_GT(tid, 0);
	test_sleep_ms(20);
	EXPECT_EQ(8, write(rt.ev, &seven, 8));
	EXPECT_EQ(1, write(rt.sock, "p", 1));
	/* The worker's end clears its id and wakes us. */
	while ((tid = __atomic_load_n(&rt.tid_in_child, __ATOMIC_ACQUIRE)))
		syscall(SYS_futex, &rt.tid_in_child, FUTEX_WAIT, tid, NULL, NULL, 0);
	EXPECT_EQ(0, rt.errors);
	EXPECT_EQ(1, read(rt.sock, &c, 1));
	EXPECT_EQ('w', c);
	EXPECT_EQ(1, epoll_wait(rt.ep, &ev, 1, 1000)); /* what the worker made and added */
	EXPECT_EQ(3, ev.data.u64);
	EXPECT_EQ(8, read(rt.from_worker, &seven, 8));
	EXPECT_EQ(3, seven);
}

/* And many times over, for what happens only sometimes. */
TEST_TIMEOUT(again_and_again, 120)
{
	int status;

	REQUIRE_CONFIG("UNIX");
	REQUIRE_CONFIG("EPOLL");
	REQUIRE_CONFIG("EVENTFD");
	REQUIRE_CONFIG("THREADS");
	REQUIRE_CONFIG("CLONE_FILES");
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			uint64_t seven = 7;
			int tid;

			prepare();
			tid = clone(worker, guarded_stack(), WORKER_FLAGS, NULL, &rt.tid,
				    __builtin_thread_pointer(), &rt.tid_in_child);
			if (tid < 0 || write(rt.ev, &seven, 8) != 8 || write(rt.sock, "p", 1) != 1)
				_exit(1);
			while ((tid = __atomic_load_n(&rt.tid_in_child, __ATOMIC_ACQUIRE)))
				syscall(SYS_futex, &rt.tid_in_child, FUTEX_WAIT, tid, NULL, NULL,
					0);
			_exit(rt.errors != 0);
		}
		status = test_wait(pid);
		ASSERT_EQ(0, status);
	}
}

TEST_MAIN
