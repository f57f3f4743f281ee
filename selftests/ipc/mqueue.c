/* SPDX-License-Identifier: MIT */
/* POSIX message queues: mq_overview(7). Needs root. */
#include "../harness.h"
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

static char name[64];

static mqd_t open_with(int flags, long maxmsg, long msgsize)
{
	struct mq_attr attr = {.mq_maxmsg = maxmsg, .mq_msgsize = msgsize};

	return mq_open(name, flags | O_CREAT | O_EXCL, 0600, &attr);
}

/* A new queue of 4 messages of at most 64 bytes. */
static mqd_t new_queue(int flags)
{
	mqd_t q;

	REQUIRE_CONFIG("POSIX_MQUEUE");
	snprintf(name, sizeof(name), "/selftest-%d", getpid());
	mq_unlink(name);
	q = open_with(O_RDWR | flags, 4, 64);
	ASSERT_GE(q, 0);
	mq_unlink(name);
	return q;
}

static void need_root(void)
{
	REQUIRE_CONFIG("POSIX_MQUEUE");
	if (geteuid())
		SKIP("not root");
}

static struct timespec in_ms(long ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += ms * 1000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

TEST(messages_come_by_priority_then_age)
{
	mqd_t q = new_queue(0);
	char buf[64];
	unsigned int prio;

	EXPECT_EQ(0, mq_send(q, "low", 4, 1));
	EXPECT_EQ(0, mq_send(q, "high1", 6, 32767));
	EXPECT_EQ(0, mq_send(q, "mid", 4, 5));
	EXPECT_EQ(0, mq_send(q, "high2", 6, 32767));
	EXPECT_EQ(6, mq_receive(q, buf, 64, &prio));
	EXPECT_STREQ("high1", buf);
	EXPECT_EQ(32767u, prio);
	EXPECT_EQ(6, mq_receive(q, buf, 64, NULL));
	EXPECT_STREQ("high2", buf);
	EXPECT_EQ(0, mq_send(q, "high3", 6, 32767));
	EXPECT_EQ(6, mq_receive(q, buf, 64, &prio));
	EXPECT_STREQ("high3", buf);
	EXPECT_EQ(4, mq_receive(q, buf, 64, &prio));
	EXPECT_STREQ("mid", buf);
	EXPECT_EQ(4, mq_receive(q, buf, 64, &prio));
	EXPECT_STREQ("low", buf);
	EXPECT_EQ(0, mq_send(q, "", 0, 0));
	EXPECT_EQ(0, mq_receive(q, buf, 64, &prio));
}

TEST(many_priorities_in_and_out)
{
	char buf[16];
	unsigned int prio, last = 40000, seen = 0;
	mqd_t q;

	need_root();
	snprintf(name, sizeof(name), "/selftest-%d", getpid());
	setrlimit(RLIMIT_MSGQUEUE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	q = open_with(O_RDWR | O_NONBLOCK, 3000, 16);
	if (q < 0 && errno == EINVAL && test_config("POSIX_MQUEUE") < 0)
		SKIP("no CAP_SYS_RESOURCE here");
	ASSERT_GE(q, 0);
	mq_unlink(name);
	for (unsigned int i = 0; i < 3000; i++)
		ASSERT_EQ(0, mq_send(q, (char *)&i, sizeof(i), i * 7919 % 1000));
	EXPECT_ERRNO(EAGAIN, mq_send(q, "x", 1, 0));
	while (mq_receive(q, buf, 16, &prio) == sizeof(seen)) {
		ASSERT_LE(prio, last);
		last = prio;
		seen++;
	}
	EXPECT_EQ(3000u, seen);
	EXPECT_EQ(0u, last);
}

TEST(errors_of_open_and_unlink)
{
	char longname[300] = "/";
	mqd_t q = new_queue(0);

	EXPECT_ERRNO(ENOENT, mq_open(name, O_RDWR));
	EXPECT_ERRNO(ENOENT, mq_unlink(name));
	EXPECT_ERRNO(EACCES, mq_open("/a/b", O_RDWR | O_CREAT, 0600, NULL));
	EXPECT_ERRNO(ENOENT, mq_open("/", O_RDWR | O_CREAT, 0600, NULL));
	EXPECT_ERRNO(EACCES, mq_open("/.", O_RDWR | O_CREAT, 0600, NULL));
	EXPECT_ERRNO(EACCES, mq_open("/..", O_RDWR | O_CREAT, 0600, NULL));
	memset(longname + 1, 'a', 256);
	EXPECT_ERRNO(ENAMETOOLONG, mq_open(longname, O_RDWR | O_CREAT, 0600, NULL));
	EXPECT_ERRNO(ENAMETOOLONG, mq_unlink(longname));
	longname[256] = '\0';
	EXPECT_LE(0, mq_open(longname, O_RDWR | O_CREAT, 0600, NULL));
	EXPECT_EQ(0, mq_unlink(longname));
	EXPECT_ERRNO(EINVAL, open_with(O_RDWR, 0, 64));
	EXPECT_ERRNO(EINVAL, open_with(O_RDWR, 4, 0));
	EXPECT_ERRNO(EINVAL, open_with(O_RDWR, -1, 64));
	EXPECT_ERRNO(EINVAL, open_with(O_RDWR, 65537, 64));
	EXPECT_ERRNO(EINVAL, open_with(O_RDWR, 4, (16 << 20) + 1));
	EXPECT_ERRNO(EFAULT, syscall(SYS_mq_open, "x", O_RDWR | O_CREAT, 0600, test_bad_pointer));
	EXPECT_ERRNO(EFAULT, syscall(SYS_mq_open, test_bad_pointer, O_RDWR | O_CREAT, 0600, NULL));
	ASSERT_LE(0, q = open_with(O_RDWR, 4, 64));
	EXPECT_ERRNO(EEXIST, open_with(O_RDWR, 4, 64));
	EXPECT_EQ(FD_CLOEXEC, fcntl(q, F_GETFD));
	EXPECT_EQ(0, mq_unlink(name));
}

TEST(errors_of_messages)
{
	mqd_t q = new_queue(O_NONBLOCK), r, w;
	struct timespec bad = {0, 1000000000};
	char buf[65];

	EXPECT_ERRNO(EMSGSIZE, mq_send(q, buf, 65, 0));
	EXPECT_ERRNO(EINVAL, mq_send(q, buf, 1, 32768));
	EXPECT_ERRNO(EAGAIN, mq_receive(q, buf, 64, NULL));
	EXPECT_ERRNO(EMSGSIZE, mq_receive(q, buf, 63, NULL));
	EXPECT_ERRNO(EFAULT, mq_send(q, test_bad_pointer, 1, 0));
	EXPECT_EQ(0, mq_send(q, buf, 1, 0));
	EXPECT_ERRNO(EFAULT, mq_receive(q, test_bad_pointer, 64, NULL));
	EXPECT_ERRNO(EBADF, mq_send(-1, buf, 1, 0));
	EXPECT_ERRNO(EBADF, mq_send(1, buf, 1, 0));
	EXPECT_ERRNO(EBADF, mq_receive(1, buf, 64, NULL));
	EXPECT_ERRNO(EINVAL, mq_timedreceive(q, buf, 64, NULL, &bad));
	bad.tv_nsec = -1;
	EXPECT_ERRNO(EINVAL, mq_timedreceive(q, buf, 64, NULL, &bad));
	q = open_with(O_RDWR, 4, 64);
	r = mq_open(name, O_RDONLY);
	w = mq_open(name, O_WRONLY);
	EXPECT_ERRNO(EBADF, mq_send(r, buf, 1, 0));
	EXPECT_ERRNO(EBADF, mq_receive(w, buf, 64, NULL));
	EXPECT_EQ(0, mq_send(w, buf, 1, 0));
	EXPECT_EQ(1, mq_receive(r, buf, 64, NULL));
	EXPECT_EQ(0, mq_unlink(name));
}

TEST(attributes)
{
	mqd_t q = new_queue(0);
	struct mq_attr attr, old, set = {.mq_flags = O_NONBLOCK, .mq_maxmsg = 99};

	ASSERT_EQ(0, mq_getattr(q, &attr));
	EXPECT_EQ(0, attr.mq_flags);
	EXPECT_EQ(4, attr.mq_maxmsg);
	EXPECT_EQ(64, attr.mq_msgsize);
	EXPECT_EQ(0, attr.mq_curmsgs);
	EXPECT_EQ(0, mq_send(q, "abc", 3, 0));
	EXPECT_EQ(0, mq_setattr(q, &set, &old));
	EXPECT_EQ(0, old.mq_flags);
	EXPECT_EQ(1, old.mq_curmsgs);
	ASSERT_EQ(0, mq_getattr(q, &attr));
	EXPECT_EQ(O_NONBLOCK, attr.mq_flags);
	EXPECT_EQ(4, attr.mq_maxmsg);
	set.mq_flags = O_APPEND;
	EXPECT_ERRNO(EINVAL, mq_setattr(q, &set, NULL));
	EXPECT_ERRNO(EBADF, mq_getattr(1, &attr));
	EXPECT_ERRNO(EBADF, mq_getattr(-1, &attr));
	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL);
	ASSERT_EQ(0, mq_getattr(q, &attr));
	EXPECT_EQ(10, attr.mq_maxmsg);
	EXPECT_EQ(8192, attr.mq_msgsize);
	mq_unlink(name);
}

TEST(time_limits_are_absolute)
{
	mqd_t q = new_queue(0);
	struct timespec ts = in_ms(60), past = {1, 0};
	double start = test_now();
	char buf[64];

	EXPECT_ERRNO(ETIMEDOUT, mq_timedreceive(q, buf, 64, NULL, &ts));
	EXPECT_LE(0.05, test_now() - start);
	EXPECT_ERRNO(ETIMEDOUT, mq_timedreceive(q, buf, 64, NULL, &past));
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(0, mq_timedsend(q, "x", 1, 0, &past));
	EXPECT_ERRNO(ETIMEDOUT, mq_timedsend(q, "x", 1, 0, &past));
	EXPECT_EQ(1, mq_timedreceive(q, buf, 64, NULL, &past));
}

static void on_signal(int sig)
{
}

TEST(a_signal_ends_the_wait)
{
	struct sigaction sa = {.sa_handler = on_signal};
	mqd_t q = new_queue(0);
	char buf[64];

	sigaction(SIGALRM, &sa, NULL);
	ualarm(30000, 30000);
	EXPECT_ERRNO(EINTR, mq_receive(q, buf, 64, NULL));
	for (int i = 0; i < 4; i++)
		while (mq_send(q, "x", 1, 0) && errno == EINTR)
			;
	EXPECT_ERRNO(EINTR, mq_send(q, "x", 1, 0));
}

TEST(waiting_sender_and_receiver)
{
	mqd_t q = new_queue(0);
	struct mq_attr attr;
	char buf[64];
	pid_t pid = fork();

	if (!pid) {
		for (int i = 0; i < 200; i++)
			if (mq_send(q, (char *)&i, sizeof(i), 3))
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 200; i++) {
		if (i == 100)
			test_sleep_ms(30); /* the queue fills */
		ASSERT_EQ(4, mq_receive(q, buf, 64, NULL));
		ASSERT_EQ(i, *(int *)buf);
		if (i % 50 == 0)
			test_sleep_ms(5);
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(0, mq_getattr(q, &attr));
	EXPECT_EQ(0, attr.mq_curmsgs);
}

TEST_TIMEOUT(many_processes_one_queue, 120)
{
	enum { PAIRS = 6, EACH = 100 };
	mqd_t q = new_queue(0);
	struct mq_attr attr;
	pid_t pids[2 * PAIRS];
	char buf[64];

	for (int i = 0; i < 2 * PAIRS; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (int n = 0; n < EACH; n++)
			if (i % 2)
				ASSERT_EQ(0, mq_send(q, "abcd", 4, n % 7));
			else
				ASSERT_EQ(4, mq_receive(q, buf, 64, NULL));
		_exit(0);
	}
	for (int i = 0; i < 2 * PAIRS; i++)
		EXPECT_EQ(0, test_wait(pids[i]));
	EXPECT_EQ(0, mq_getattr(q, &attr));
	EXPECT_EQ(0, attr.mq_curmsgs);
}

TEST(poll_and_epoll)
{
	mqd_t q = new_queue(O_NONBLOCK);
	struct pollfd pfd = {q, POLLIN | POLLOUT, 0};
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET};
	int ep = epoll_create1(0);
	char buf[64];

	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLOUT, pfd.revents);
	EXPECT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, q, &ev));
	EXPECT_EQ(0, epoll_wait(ep, &ev, 1, 0));
	if (!fork()) {
		test_sleep_ms(20);
		_exit(mq_send(q, "x", 1, 0));
	}
	EXPECT_EQ(1, epoll_wait(ep, &ev, 1, 5000));
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLIN | POLLOUT, pfd.revents);
	for (int i = 0; i < 3; i++)
		mq_send(q, "x", 1, 0);
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLIN, pfd.revents);
	if (!fork()) {
		test_sleep_ms(20);
		_exit(mq_receive(q, buf, 64, NULL) != 1);
	}
	pfd.events = POLLOUT;
	EXPECT_EQ(1, poll(&pfd, 1, 5000));
}

static volatile int got_pid, got_value, got_code;

static void on_info(int sig, siginfo_t *si, void *uc)
{
	got_pid = si->si_pid;
	got_value = si->si_value.sival_int;
	got_code = si->si_code;
}

/* What the C library makes of SIGEV_THREAD: a cookie on a netlink socket. */
TEST(notification_by_cookie)
{
	char cookie[32] = "the cookie", got[64] = "";
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD};
	mqd_t q = new_queue(O_NONBLOCK);
	int nl;

	REQUIRE_CONFIG("NETLINK");
	nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	ASSERT_TRUE(nl >= 0);
	ev.sigev_signo = nl;
	ev.sigev_value.sival_ptr = cookie;
	EXPECT_EQ(0, syscall(SYS_mq_notify, q, &ev));
	EXPECT_ERRNO(EBUSY, syscall(SYS_mq_notify, q, &ev));
	EXPECT_ERRNO(EAGAIN, recv(nl, got, sizeof(got), MSG_DONTWAIT));
	ASSERT_EQ(0, mq_send(q, "x", 1, 0));
	EXPECT_EQ(32, recv(nl, got, sizeof(got), MSG_DONTWAIT));
	EXPECT_EQ(0, memcmp(got, cookie, 31));
	EXPECT_EQ(1, got[31]); /* NOTIFY_WOKENUP */
	ASSERT_EQ(0, syscall(SYS_mq_notify, q, &ev)); /* for the next, when it is empty */
	ASSERT_EQ(0, mq_send(q, "y", 1, 0));
	EXPECT_ERRNO(EAGAIN, recv(nl, got, sizeof(got), MSG_DONTWAIT));
	EXPECT_EQ(0, syscall(SYS_mq_notify, q, NULL));
	EXPECT_EQ(32, recv(nl, got, sizeof(got), MSG_DONTWAIT));
	EXPECT_EQ(2, got[31]); /* NOTIFY_REMOVED */
	/* The socket goes first. */
	ASSERT_EQ(0, syscall(SYS_mq_notify, q, &ev));
	close(nl);
	EXPECT_EQ(0, syscall(SYS_mq_notify, q, NULL));
	EXPECT_ERRNO(EBADF, syscall(SYS_mq_notify, q, &ev));
	ev.sigev_signo = q;
	EXPECT_ERRNO(ENOTSOCK, syscall(SYS_mq_notify, q, &ev));
	ev.sigev_signo = socket(AF_UNIX, SOCK_STREAM, 0);
	EXPECT_ERRNO(EINVAL, syscall(SYS_mq_notify, q, &ev));
	ev.sigev_value.sival_ptr = (void *)test_bad_pointer;
	EXPECT_ERRNO(EFAULT, syscall(SYS_mq_notify, q, &ev));
}

static volatile int thread_value;

static void on_thread(union sigval v)
{
	thread_value = v.sival_int;
}

TEST(notification_by_thread)
{
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_thread};
	mqd_t q = new_queue(O_NONBLOCK);

	REQUIRE_CONFIG("NETLINK");
	REQUIRE_THREADS();
	ev.sigev_value.sival_int = 77;
	ASSERT_EQ(0, mq_notify(q, &ev));
	ASSERT_EQ(0, mq_send(q, "x", 1, 0));
	for (int i = 0; i < 500 && !thread_value; i++)
		test_sleep_ms(10);
	EXPECT_EQ(77, thread_value);
}

TEST(notification_by_signal)
{
	struct sigaction sa = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO};
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	mqd_t q = new_queue(O_NONBLOCK);
	char line[128], buf[64], want[128];
	pid_t pid;

	ev.sigev_value.sival_int = 77;
	sigaction(SIGUSR1, &sa, NULL);
	EXPECT_EQ(0, mq_notify(q, &ev));
	EXPECT_ERRNO(EBUSY, mq_notify(q, &ev));
	EXPECT_EQ(0, mq_notify(q, NULL));
	EXPECT_EQ(0, mq_notify(q, NULL));
	EXPECT_EQ(0, mq_notify(q, &ev));
	memset(line, 0, sizeof(line));
	EXPECT_LT(0, read(q, line, sizeof(line) - 1));
	snprintf(want, sizeof(want), "QSIZE:%-10u NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n", 0, 0,
		 SIGUSR1, getpid());
	EXPECT_STREQ(want, line);
	pid = fork();
	if (!pid)
		_exit(mq_send(q, "x", 1, 0));
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(pid, got_pid);
	EXPECT_EQ(77, got_value);
	EXPECT_EQ(SI_MESGQ, got_code);
	/* Once: the registration is gone; and not while there are messages. */
	got_pid = 0;
	EXPECT_EQ(0, mq_notify(q, &ev));
	EXPECT_EQ(0, mq_send(q, "x", 1, 0));
	EXPECT_EQ(0, got_pid);
	while (mq_receive(q, buf, 64, NULL) == 1)
		;
	EXPECT_EQ(0, mq_send(q, "x", 1, 0));
	EXPECT_EQ(getpid(), got_pid);
	EXPECT_EQ(0, mq_notify(q, &ev));
	EXPECT_EQ(0, mq_notify(q, NULL));
	ev.sigev_signo = 65;
	EXPECT_ERRNO(EINVAL, mq_notify(q, &ev));
	ev.sigev_signo = SIGUSR1;
	ev.sigev_notify = 99;
	EXPECT_ERRNO(EINVAL, mq_notify(q, &ev));
	ev.sigev_notify = SIGEV_NONE;
	EXPECT_EQ(0, mq_notify(q, &ev));
	EXPECT_ERRNO(EBADF, mq_notify(1, &ev));
	EXPECT_ERRNO(EBADF, mq_notify(-1, NULL));
}

TEST(closing_takes_the_registration_back)
{
	struct sigevent ev = {.sigev_notify = SIGEV_NONE};
	mqd_t q = new_queue(0), q2 = dup(q);
	pid_t pid = fork();

	if (!pid)
		_exit(mq_notify(q, &ev));
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_EQ(0, mq_notify(q, &ev));
	close(q);
	EXPECT_EQ(0, mq_notify(q2, &ev));
}

TEST(a_receiver_that_waits_comes_before_notification)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	mqd_t q = new_queue(0);
	char buf[64];
	pid_t pid;

	signal(SIGUSR1, SIG_DFL);
	pid = fork();
	if (!pid)
		_exit(mq_receive(q, buf, 64, NULL) != 1);
	test_sleep_ms(50);
	EXPECT_EQ(0, mq_notify(q, &ev));
	EXPECT_EQ(0, mq_send(q, "x", 1, 0)); /* would kill us */
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_ERRNO(EBUSY, mq_notify(q, &ev));
}

TEST(room_is_limited_per_user)
{
	struct rlimit lim = {60000, 60000};
	mqd_t q, q2;

	need_root();
	snprintf(name, sizeof(name), "/selftest-%d", getpid());
	ASSERT_EQ(0, setuid(12345));
	ASSERT_EQ(0, setrlimit(RLIMIT_MSGQUEUE, &lim));
	EXPECT_ERRNO(EINVAL, open_with(O_RDWR, 11, 64));
	EXPECT_ERRNO(EINVAL, open_with(O_RDWR, 10, 8193));
	EXPECT_ERRNO(EMFILE, open_with(O_RDWR, 10, 8192));
	/* 5 * (8000 + 96) = 40480 */
	ASSERT_LE(0, q = open_with(O_RDWR, 5, 8000));
	mq_unlink(name);
	EXPECT_ERRNO(EMFILE, open_with(O_RDWR, 5, 8000));
	/* 2 * (9664 + 96) = 19520: both just fit */
	ASSERT_LE(0, q2 = open_with(O_RDWR, 4, 4784));
	mq_unlink(name);
	EXPECT_ERRNO(EMFILE, open_with(O_RDWR, 1, 1));
	close(q);
	close(q2);
	for (int i = 0; i < 50; i++) {
		ASSERT_LE(0, q = open_with(O_RDWR, 5, 8000));
		mq_unlink(name);
		close(q);
	}
}

TEST(permissions)
{
	char path[80];
	mqd_t q;
	int status;

	need_root();
	snprintf(name, sizeof(name), "/selftest-%d", getpid());
	umask(0);
	ASSERT_LE(0, q = open_with(O_RDWR, 4, 64));
	ASSERT_EQ(0, fchmod(q, 0644));
	snprintf(path, sizeof(path), "%s", name + 1);
	if (!fork()) {
		ASSERT_EQ(0, setuid(12345));
		EXPECT_ERRNO(EACCES, mq_open(name, O_RDWR));
		EXPECT_ERRNO(EACCES, mq_open(name, O_WRONLY));
		EXPECT_LE(0, mq_open(name, O_RDONLY));
		EXPECT_ERRNO(EACCES, mq_unlink(name));
		EXPECT_ERRNO(EPERM, syscall(SYS_mq_unlink, path));
		_exit(test_failures);
	}
	wait(&status);
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, mq_unlink(name));
}

TEST(the_file_system_shows_the_queues)
{
	char dir[] = "/tmp/mqXXXXXX", path[128], line[128];
	struct statfs sfs;
	struct stat st;
	mqd_t q;
	int fd;

	need_root();
	mkdir("/tmp", 01777);
	ASSERT_TRUE(mkdtemp(dir));
	if (mount("mqueue", dir, "mqueue", 0, NULL) && errno == EPERM)
		SKIP("mount is not permitted");
	snprintf(name, sizeof(name), "/selftest-%d", getpid());
	snprintf(path, sizeof(path), "%s%s", dir, name);
	ASSERT_LE(0, q = open_with(O_RDWR, 4, 64));
	EXPECT_EQ(0, mq_send(q, "hello", 5, 2));
	EXPECT_EQ(0, statfs(dir, &sfs));
	EXPECT_EQ(0x19800202, sfs.f_type);
	EXPECT_EQ(0, stat(path, &st));
	EXPECT_EQ(S_IFREG | 0600u, st.st_mode);
	EXPECT_EQ(80, st.st_size);
	ASSERT_LT(0, test_read_file(path, line, sizeof(line)));
	EXPECT_STREQ("QSIZE:5          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n", line);
	EXPECT_EQ(0, unlink(path));
	EXPECT_ERRNO(ENOENT, mq_unlink(name));
	ASSERT_LE(0, fd = open(path, O_CREAT | O_RDWR, 0600));
	EXPECT_EQ(0, mq_send(fd, "x", 1, 0));
	EXPECT_ERRNO(EINVAL, write(fd, "x", 1));
	EXPECT_EQ(0, mq_unlink(name));
	EXPECT_ERRNO(ENOENT, stat(path, &st));
	EXPECT_ERRNO(EPERM, mkdir(path, 0700));
	close(fd);
	EXPECT_EQ(0, umount(dir));
	rmdir(dir);
}

TEST(limits_in_proc)
{
	char text[32];

	REQUIRE_CONFIG("POSIX_MQUEUE");
	REQUIRE_CONFIG("PROC_SYSCTL");
	if (access("/proc/sys/fs/mqueue", F_OK))
		SKIP("/proc/sys/fs/mqueue is not there");
	EXPECT_LT(0, test_read_file("/proc/sys/fs/mqueue/queues_max", text, 32));
	EXPECT_STREQ("256\n", text);
	EXPECT_LT(0, test_read_file("/proc/sys/fs/mqueue/msg_max", text, 32));
	EXPECT_STREQ("10\n", text);
	EXPECT_LT(0, test_read_file("/proc/sys/fs/mqueue/msgsize_max", text, 32));
	EXPECT_STREQ("8192\n", text);
	EXPECT_LT(0, test_read_file("/proc/sys/fs/mqueue/msg_default", text, 32));
	EXPECT_STREQ("10\n", text);
	EXPECT_LT(0, test_read_file("/proc/sys/fs/mqueue/msgsize_default", text, 32));
	EXPECT_STREQ("8192\n", text);
}

/* Removed queues leave nothing behind: the free memory stays where it was. */
TEST_TIMEOUT(no_leak_in_2000_queues, 120)
{
	mqd_t q = new_queue(0);

	for (int i = 0; i < 2000; i++) {
		close(q);
		ASSERT_LE(0, q = open_with(O_RDWR, 4, 64));
		ASSERT_EQ(0, mq_unlink(name));
		ASSERT_EQ(0, mq_send(q, "x", 1, i % 3));
	}
}

TEST_MAIN
