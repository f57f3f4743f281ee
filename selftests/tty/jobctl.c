/* SPDX-License-Identifier: MIT */
/*
 * Job control (credentials(7), POSIX.1-2017 11.1): controlling terminals, foreground and background
 * groups, signals from the keyboard, hangup. Each test makes a session of its own on a
 * pseudo-terminal; the test is the typist at the master.
 */
#include "../harness.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, to_test[2];
static char slave_name[64];

static void open_pair(void)
{
	REQUIRE_CONFIG("UNIX98_PTYS");
	master = posix_openpt(O_RDWR | O_NOCTTY);
	ASSERT_GE(master, 0);
	ASSERT_EQ(0, grantpt(master));
	ASSERT_EQ(0, unlockpt(master));
	ASSERT_EQ(0, ptsname_r(master, slave_name, sizeof(slave_name)));
	ASSERT_EQ(0, pipe(to_test));
}

static void type(const char *s)
{
	ASSERT_EQ((ssize_t)strlen(s), write(master, s, strlen(s)));
}

/* The child tells how far it got; the test waits for it. */
static void tell(char c)
{
	if (write(to_test[1], &c, 1) != 1)
		_exit(99);
}

static char hear(void)
{
	struct pollfd p = {to_test[0], POLLIN, 0};
	char c = 0;

	if (poll(&p, 1, 10000) == 1 && read(to_test[0], &c, 1) != 1)
		c = 0;
	return c;
}

/* In a child: a new session whose terminal the slave becomes. Its descriptor. */
static int become_leader(void)
{
	int fd;

	close(master);
	if (setsid() < 0)
		_exit(90);
	fd = open(slave_name, O_RDWR);
	if (fd < 0)
		_exit(91);
	return fd;
}

static volatile sig_atomic_t got;

static void note(int sig)
{
	got = sig;
}

static void install(int sig)
{
	struct sigaction sa = {.sa_handler = note};

	sigaction(sig, &sa, NULL);
}

#define CHILD_CHECK(n, cond)      \
	do {                      \
		if (!(cond))      \
			_exit(n); \
	} while (0)

TEST(open_gives_a_session_leader_its_terminal)
{
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0) {
		int fd = become_leader(), sid = 0, tty;

		CHILD_CHECK(1, tcgetpgrp(fd) == getpid());
		CHILD_CHECK(2, ioctl(fd, TIOCGSID, &sid) == 0 && sid == getpid());
		tty = open("/dev/tty", O_RDWR);
		CHILD_CHECK(3, tty >= 0);
		CHILD_CHECK(4, tcgetpgrp(tty) == getpid());
		_exit(0);
	}
	EXPECT_EQ(0, WEXITSTATUS(test_wait(pid)));
}

TEST(o_noctty_does_not)
{
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0) {
		int fd;

		setsid();
		fd = open(slave_name, O_RDWR | O_NOCTTY);
		CHILD_CHECK(1, fd >= 0);
		CHILD_CHECK(2, open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
		CHILD_CHECK(3, tcgetpgrp(fd) == -1 && errno == ENOTTY);
		CHILD_CHECK(4, ioctl(fd, TIOCSCTTY, 0) == 0);
		CHILD_CHECK(5, tcgetpgrp(fd) == getpid());
		_exit(0);
	}
	EXPECT_EQ(0, WEXITSTATUS(test_wait(pid)));
}

static void expect_key(const char *key, int sig)
{
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0) {
		become_leader();
		install(sig);
		tell('r');
		for (int i = 0; i < 1000 && !got; i++)
			test_sleep_ms(10);
		_exit(got == sig ? 0 : 1);
	}
	ASSERT_EQ('r', hear());
	type(key);
	EXPECT_EQ(0, WEXITSTATUS(test_wait(pid)));
}

TEST(intr_key_raises_sigint)
{
	expect_key("\003", SIGINT);
}

TEST(quit_key_raises_sigquit)
{
	expect_key("\034", SIGQUIT);
}

TEST(susp_key_raises_sigtstp)
{
	expect_key("\032", SIGTSTP);
}

TEST(susp_key_stops_the_foreground_group)
{
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0) {
		int fd = become_leader(), status;
		pid_t job = fork();

		if (job == 0) {
			setpgid(0, 0);
			signal(SIGTTOU, SIG_IGN);
			tcsetpgrp(fd, getpid());
			signal(SIGTTOU, SIG_DFL);
			tell('r');
			for (;;)
				pause();
		}
		CHILD_CHECK(1, waitpid(job, &status, WUNTRACED) == job);
		CHILD_CHECK(2, WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
		kill(-job, SIGCONT);
		CHILD_CHECK(3, waitpid(job, &status, WCONTINUED) == job && WIFCONTINUED(status));
		tell('c');
		CHILD_CHECK(4, waitpid(job, &status, 0) == job);
		CHILD_CHECK(5, WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
		_exit(0);
	}
	ASSERT_EQ('r', hear());
	type("\032");
	ASSERT_EQ('c', hear());
	type("\003");
	EXPECT_EQ(0, WEXITSTATUS(test_wait(pid)));
}

/* Starts a job in the background of a session and gives how it ended or stopped. */
static int background_job(void (*job)(int fd), bool stoppable)
{
	pid_t pid;
	int status;

	open_pair();
	pid = fork();
	if (pid == 0) {
		int fd = become_leader();
		pid_t child = fork();

		if (child == 0) {
			setpgid(0, 0);
			job(fd);
			_exit(0);
		}
		setpgid(child, child);
		CHILD_CHECK(80, waitpid(child, &status, stoppable ? WUNTRACED : 0) == child);
		if (WIFSTOPPED(status))
			_exit(WSTOPSIG(status));
		_exit(WIFEXITED(status) ? 100 + WEXITSTATUS(status) : 81);
	}
	status = test_wait(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void read_terminal(int fd)
{
	char c;

	test_sleep_ms(50);
	if (read(fd, &c, 1) < 0)
		_exit(errno);
}

static void write_terminal(int fd)
{
	test_sleep_ms(50);
	if (write(fd, "x", 1) != 1)
		_exit(errno);
}

static void write_terminal_tostop(int fd)
{
	struct termios t;

	signal(SIGTTOU, SIG_IGN);
	if (tcgetattr(fd, &t))
		_exit(70);
	t.c_lflag |= TOSTOP;
	if (tcsetattr(fd, TCSANOW, &t))
		_exit(71);
	signal(SIGTTOU, SIG_DFL);
	write_terminal(fd);
}

static void change_terminal(int fd)
{
	struct termios t;

	test_sleep_ms(50);
	tcgetattr(fd, &t);
	if (tcsetattr(fd, TCSANOW, &t))
		_exit(errno);
}

static void read_terminal_blocked(int fd)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTTIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	read_terminal(fd);
}

static void take_foreground(int fd)
{
	test_sleep_ms(50);
	if (tcsetpgrp(fd, getpid()))
		_exit(errno);
}

TEST(background_read_stops)
{
	EXPECT_EQ(SIGTTIN, background_job(read_terminal, true));
}

TEST(background_read_with_sigttin_blocked_gives_eio)
{
	EXPECT_EQ(100 + EIO, background_job(read_terminal_blocked, true));
}

TEST(background_write_passes)
{
	EXPECT_EQ(100, background_job(write_terminal, true));
}

TEST(background_write_with_tostop_stops)
{
	EXPECT_EQ(SIGTTOU, background_job(write_terminal_tostop, true));
}

TEST(background_tcsetattr_stops)
{
	EXPECT_EQ(SIGTTOU, background_job(change_terminal, true));
}

TEST(background_tcsetpgrp_stops)
{
	EXPECT_EQ(SIGTTOU, background_job(take_foreground, true));
}

/* Nobody could continue a member of an orphaned group: it gets EIO instead. */
TEST(orphaned_group_reads_get_eio)
{
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0) {
		int fd = become_leader();

		if (fork() == 0) {
			pid_t middle = getpid();

			setpgid(0, 0);
			if (fork() == 0) {
				char c;

				while (getppid() == middle)
					test_sleep_ms(10);
				c = read(fd, &c, 1) == -1 && errno == EIO ? 'e' : 'n';
				tell(c);
				_exit(0);
			}
			_exit(0);
		}
		for (;;)
			pause();
	}
	EXPECT_EQ('e', hear());
	kill(pid, SIGKILL);
	test_wait(pid);
}

TEST(leaders_exit_hangs_up_the_foreground)
{
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0) {
		become_leader();
		if (fork() == 0) {
			install(SIGHUP);
			tell('r');
			for (int i = 0; i < 1000 && !got; i++)
				test_sleep_ms(10);
			tell(got == SIGHUP ? 'h' : 'n');
			_exit(0);
		}
		for (;;)
			pause();
	}
	ASSERT_EQ('r', hear());
	kill(pid, SIGKILL);
	test_wait(pid);
	EXPECT_EQ('h', hear());
}

TEST(closing_the_master_hangs_up_the_leader)
{
	pid_t pid;
	int status;

	open_pair();
	pid = fork();
	if (pid == 0) {
		become_leader();
		tell('r');
		for (;;)
			pause();
	}
	ASSERT_EQ('r', hear());
	close(master);
	status = test_wait(pid);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP);
}

TEST(window_change_raises_sigwinch)
{
	struct winsize ws = {.ws_row = 10, .ws_col = 20};
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0) {
		become_leader();
		install(SIGWINCH);
		tell('r');
		for (int i = 0; i < 1000 && !got; i++)
			test_sleep_ms(10);
		_exit(got == SIGWINCH ? 0 : 1);
	}
	ASSERT_EQ('r', hear());
	ASSERT_EQ(0, ioctl(master, TIOCSWINSZ, &ws));
	EXPECT_EQ(0, WEXITSTATUS(test_wait(pid)));
}

TEST(setsid_gives_up_the_terminal)
{
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0) {
		int fd = become_leader();

		if (fork() == 0) {
			CHILD_CHECK(1, open("/dev/tty", O_RDWR) >= 0);
			setsid();
			CHILD_CHECK(2, open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
			CHILD_CHECK(3, ioctl(fd, TIOCSCTTY, 0) == -1 && errno == EPERM);
			tell('k');
			_exit(0);
		}
		for (;;)
			pause();
	}
	EXPECT_EQ('k', hear());
	kill(pid, SIGKILL);
}

TEST(tiocnotty_gives_up_the_terminal)
{
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0) {
		int fd = become_leader();

		signal(SIGHUP, SIG_IGN);
		CHILD_CHECK(1, ioctl(fd, TIOCNOTTY) == 0);
		CHILD_CHECK(2, open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
		CHILD_CHECK(3, ioctl(fd, TIOCNOTTY) == -1 && errno == ENOTTY);
		_exit(0);
	}
	EXPECT_EQ(0, WEXITSTATUS(test_wait(pid)));
}

TEST(tcsetpgrp_checks_the_group)
{
	pid_t pid;

	open_pair();
	pid = fork();
	if (pid == 0) {
		int fd = become_leader();

		CHILD_CHECK(1, tcsetpgrp(fd, getppid()) == -1 && errno == EPERM);
		CHILD_CHECK(2, tcsetpgrp(fd, 0x3fffffff) == -1 && errno == ESRCH);
		CHILD_CHECK(3, tcsetpgrp(fd, -1) == -1 && errno == EINVAL);
		_exit(0);
	}
	EXPECT_EQ(0, WEXITSTATUS(test_wait(pid)));
}

TEST_MAIN
