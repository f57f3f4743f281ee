/* SPDX-License-Identifier: MIT */
/*
 * The line discipline through a pseudo-terminal: termios(3), pty(7), tty_ioctl(2). What is written
 * to the master is what was typed.
 */
#include "../harness.h"
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

FIXTURE(tty)
{
	int master, slave;
	struct termios t;
};

static void need_ptys(void)
{
	REQUIRE_CONFIG("TTY");
	REQUIRE_CONFIG("UNIX98_PTYS");
}

FIXTURE_SETUP(tty)
{
	char name[64];

	need_ptys();
	self->master = posix_openpt(O_RDWR | O_NOCTTY);
	ASSERT_GE(self->master, 0);
	ASSERT_EQ(0, grantpt(self->master));
	ASSERT_EQ(0, unlockpt(self->master));
	ASSERT_EQ(0, ptsname_r(self->master, name, sizeof(name)));
	self->slave = open(name, O_RDWR | O_NOCTTY);
	ASSERT_GE(self->slave, 0);
	ASSERT_EQ(0, tcgetattr(self->slave, &self->t));
}

FIXTURE_TEARDOWN(tty)
{
	close(self->slave);
	close(self->master);
}

static void type(struct fixture_tty *self, const char *s)
{
	ASSERT_EQ((ssize_t)strlen(s), write(self->master, s, strlen(s)));
}

static void set(struct fixture_tty *self)
{
	ASSERT_EQ(0, tcsetattr(self->slave, TCSANOW, &self->t));
}

/* What @fd has within 200 ms, as a string. */
static const char *get(int fd)
{
	static char buf[8192];
	ssize_t n = 0, got;
	struct pollfd p = {fd, POLLIN, 0};

	while (n < (ssize_t)sizeof(buf) - 1 && poll(&p, 1, n ? 20 : 200) == 1 &&
	       (p.revents & POLLIN) && (got = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0)
		n += got;
	buf[n] = '\0';
	return buf;
}

/* One read(2) of the slave; "" if nothing comes. */
static const char *get_line(int fd)
{
	static char buf[8192];
	struct pollfd p = {fd, POLLIN, 0};
	ssize_t n = 0;

	if (poll(&p, 1, 200) == 1)
		n = read(fd, buf, sizeof(buf) - 1);
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

TEST_F(tty, fresh_settings_are_sane)
{
	EXPECT_EQ(ICRNL, self->t.c_iflag & (ICRNL | INLCR | IGNCR));
	EXPECT_EQ(OPOST | ONLCR, self->t.c_oflag & (OPOST | ONLCR));
	EXPECT_EQ(ICANON | ISIG | ECHO, self->t.c_lflag & (ICANON | ISIG | ECHO));
	EXPECT_EQ(3, self->t.c_cc[VINTR]);
	EXPECT_EQ(4, self->t.c_cc[VEOF]);
	EXPECT_EQ(0177, self->t.c_cc[VERASE]);
	EXPECT_EQ(B38400, cfgetospeed(&self->t));
	EXPECT_EQ(1, isatty(self->slave));
}

TEST_F(tty, a_line_is_read_when_it_ends)
{
	struct pollfd p = {self->slave, POLLIN, 0};

	type(self, "abc");
	EXPECT_EQ(0, poll(&p, 1, 50));
	type(self, "d\n");
	EXPECT_STREQ("abcd\n", get_line(self->slave));
	EXPECT_STREQ("abcd\r\n", get(self->master));
}

TEST_F(tty, one_read_gives_one_line)
{
	type(self, "one\ntwo\nthree\n");
	EXPECT_STREQ("one\n", get_line(self->slave));
	EXPECT_STREQ("two\n", get_line(self->slave));
	EXPECT_STREQ("three\n", get_line(self->slave));
}

TEST_F(tty, a_short_read_leaves_the_rest)
{
	char buf[4];

	type(self, "abcdef\n");
	ASSERT_EQ(4, read(self->slave, buf, 4));
	EXPECT_EQ(0, memcmp(buf, "abcd", 4));
	EXPECT_STREQ("ef\n", get_line(self->slave));
}

TEST_F(tty, cr_becomes_nl)
{
	type(self, "x\r");
	EXPECT_STREQ("x\n", get_line(self->slave));
	self->t.c_iflag = IGNCR;
	set(self);
	type(self, "a\rb\n");
	EXPECT_STREQ("ab\n", get_line(self->slave));
	self->t.c_iflag = INLCR;
	self->t.c_cc[VEOL] = '.';
	set(self);
	type(self, "a\nb.");
	EXPECT_STREQ("a\rb.", get_line(self->slave));
}

TEST_F(tty, erase_takes_a_character)
{
	type(self, "abx\177c\n");
	EXPECT_STREQ("abc\n", get_line(self->slave));
	EXPECT_STREQ("abx\b \bc\r\n", get(self->master));
	type(self, "\177\177z\n");
	EXPECT_STREQ("z\n", get_line(self->slave));
}

TEST_F(tty, erase_takes_both_columns_of_a_control_character)
{
	type(self, "a\001\177\n");
	EXPECT_STREQ("\n", get_line(self->slave) + 1);
	EXPECT_STREQ("a^A\b \b\b \b\r\n", get(self->master));
}

TEST_F(tty, erase_takes_a_whole_utf8_character)
{
	self->t.c_iflag |= IUTF8;
	set(self);
	type(self, "a\303\244\177b\n");
	EXPECT_STREQ("ab\n", get_line(self->slave));
	EXPECT_STREQ("a\303\244\b \bb\r\n", get(self->master));
}

TEST_F(tty, erase_goes_back_over_a_tab)
{
	type(self, "ab\t\177c\n");
	EXPECT_STREQ("abc\n", get_line(self->slave));
	EXPECT_STREQ("ab\t\b\b\b\b\b\bc\r\n", get(self->master));
}

TEST_F(tty, werase_takes_a_word)
{
	type(self, "foo bar  \027x\n");
	EXPECT_STREQ("foo x\n", get_line(self->slave));
}

TEST_F(tty, kill_takes_the_line)
{
	type(self, "abc\025de\n");
	EXPECT_STREQ("de\n", get_line(self->slave));
	EXPECT_STREQ("abc\b \b\b \b\b \bde\r\n", get(self->master));
	self->t.c_lflag &= ~ECHOKE;
	set(self);
	type(self, "abc\025de\n");
	EXPECT_STREQ("de\n", get_line(self->slave));
	EXPECT_STREQ("abc^U\r\nde\r\n", get(self->master));
}

TEST_F(tty, lnext_takes_the_next_literally)
{
	type(self, "a\026\003b\n");
	EXPECT_STREQ("a\003b\n", get_line(self->slave));
	EXPECT_STREQ("a^\b^Cb\r\n", get(self->master));
}

TEST_F(tty, reprint_shows_the_line_again)
{
	type(self, "abc\022d\n");
	EXPECT_STREQ("abcd\n", get_line(self->slave));
	EXPECT_STREQ("abc^R\r\nabcd\r\n", get(self->master));
}

TEST_F(tty, eof_ends_a_read)
{
	char buf[16];

	type(self, "abc\004");
	ASSERT_EQ(3, read(self->slave, buf, sizeof(buf)));
	type(self, "\004");
	EXPECT_EQ(0, read(self->slave, buf, sizeof(buf)));
	type(self, "x\n");
	EXPECT_EQ(2, read(self->slave, buf, sizeof(buf)));
}

TEST_F(tty, eol_characters_end_a_line)
{
	self->t.c_cc[VEOL] = ';';
	self->t.c_cc[VEOL2] = '!';
	set(self);
	type(self, "ab;cd!");
	EXPECT_STREQ("ab;", get_line(self->slave));
	EXPECT_STREQ("cd!", get_line(self->slave));
}

TEST_F(tty, no_echo_but_newline)
{
	self->t.c_lflag &= ~ECHO;
	set(self);
	type(self, "secret\n");
	EXPECT_STREQ("secret\n", get_line(self->slave));
	EXPECT_STREQ("", get(self->master));
	self->t.c_lflag |= ECHONL;
	set(self);
	type(self, "secret\n");
	EXPECT_STREQ("\r\n", get(self->master));
}

TEST_F(tty, disabled_characters_do_nothing)
{
	self->t.c_cc[VERASE] = _POSIX_VDISABLE;
	self->t.c_cc[VEOF] = _POSIX_VDISABLE;
	set(self);
	type(self, "a\177\004\n");
	EXPECT_STREQ("a\177\004\n", get_line(self->slave));
}

/* ---- output ---------------------------------------------------------------------------------- */

static void say(struct fixture_tty *self, const char *s)
{
	ASSERT_EQ((ssize_t)strlen(s), write(self->slave, s, strlen(s)));
}

TEST_F(tty, output_mapping)
{
	say(self, "a\nb\tc\r\n");
	EXPECT_STREQ("a\r\nb\tc\r\r\n", get(self->master));
	self->t.c_oflag = OPOST | XTABS;
	set(self);
	say(self, "\rab\tc\n");
	EXPECT_STREQ("\rab      c\n", get(self->master));
	self->t.c_oflag = OPOST | OCRNL;
	set(self);
	say(self, "a\rb");
	EXPECT_STREQ("a\nb", get(self->master));
	self->t.c_oflag = OPOST | OLCUC;
	set(self);
	say(self, "abC1");
	EXPECT_STREQ("ABC1", get(self->master));
	self->t.c_oflag = 0;
	set(self);
	say(self, "a\n\t\r");
	EXPECT_STREQ("a\n\t\r", get(self->master));
}

TEST_F(tty, stop_and_start)
{
	struct pollfd p = {self->slave, POLLOUT, 0};

	type(self, "\023");
	EXPECT_EQ(0, poll(&p, 1, 50));
	type(self, "\021");
	EXPECT_EQ(1, poll(&p, 1, 500));
	ASSERT_EQ(0, tcflow(self->slave, TCOOFF));
	EXPECT_EQ(0, poll(&p, 1, 50));
	ASSERT_EQ(0, tcflow(self->slave, TCOON));
	EXPECT_EQ(1, poll(&p, 1, 500));
}

TEST_F(tty, ixany_starts_with_any_character)
{
	struct pollfd p = {self->slave, POLLOUT, 0};

	self->t.c_iflag |= IXANY;
	set(self);
	type(self, "\023");
	EXPECT_EQ(0, poll(&p, 1, 50));
	type(self, "x");
	EXPECT_EQ(1, poll(&p, 1, 500));
}

TEST_F(tty, a_large_write_arrives_whole)
{
	static char out[100000];
	size_t got = 0;
	pid_t pid;

	self->t.c_oflag &= ~OPOST;
	set(self);
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = 'a' + i % 26;
	pid = fork();
	if (pid == 0) {
		close(self->master);
		_exit(write(self->slave, out, sizeof(out)) == (ssize_t)sizeof(out) ? 0 : 1);
	}
	while (got < sizeof(out)) {
		char buf[3000];
		ssize_t n = read(self->master, buf, sizeof(buf));

		ASSERT_GT(n, 0);
		ASSERT_EQ(0, memcmp(buf, out + got, n));
		got += n;
	}
	EXPECT_EQ(0, test_wait(pid));
}

TEST_F(tty, a_full_master_blocks_the_typist)
{
	static char in[20000];
	size_t got = 0;
	pid_t pid;

	cfmakeraw(&self->t);
	set(self);
	pid = fork();
	if (pid == 0) {
		memset(in, 'k', sizeof(in));
		_exit(write(self->master, in, sizeof(in)) == (ssize_t)sizeof(in) ? 0 : 1);
	}
	test_sleep_ms(100);
	while (got < sizeof(in)) {
		ssize_t n = read(self->slave, in + got, sizeof(in) - got);

		ASSERT_GT(n, 0);
		got += n;
	}
	EXPECT_EQ(0, test_wait(pid));
	EXPECT_TRUE(memchr(in, 0, sizeof(in)) == NULL);
}

/* ---- not canonical --------------------------------------------------------------------------- */

static void raw(struct fixture_tty *self, int min, int time)
{
	cfmakeraw(&self->t);
	self->t.c_cc[VMIN] = min;
	self->t.c_cc[VTIME] = time;
	set(self);
}

TEST_F(tty, raw_passes_everything)
{
	raw(self, 1, 0);
	type(self, "\001\003\004\021\023\032\r\n\177");
	EXPECT_STREQ("\001\003\004\021\023\032\r\n\177", get_line(self->slave));
	EXPECT_STREQ("", get(self->master));
}

TEST_F(tty, min_0_time_0_polls)
{
	char buf[8];

	raw(self, 0, 0);
	EXPECT_EQ(0, read(self->slave, buf, sizeof(buf)));
	type(self, "ab");
	EXPECT_EQ(2, read(self->slave, buf, sizeof(buf)));
}

TEST_F(tty, min_waits_for_so_many)
{
	struct pollfd p = {self->slave, POLLIN, 0};
	char buf[8];

	raw(self, 3, 0);
	type(self, "ab");
	EXPECT_EQ(0, poll(&p, 1, 50));
	if (fork() == 0) {
		test_sleep_ms(50);
		type(self, "c");
		_exit(0);
	}
	EXPECT_EQ(3, read(self->slave, buf, sizeof(buf)));
}

TEST_F(tty, time_alone_limits_the_wait)
{
	double start = test_now();
	char buf[8];

	raw(self, 0, 2);
	EXPECT_EQ(0, read(self->slave, buf, sizeof(buf)));
	EXPECT_TRUE(test_now() - start >= 0.19);
	type(self, "x");
	EXPECT_EQ(1, read(self->slave, buf, sizeof(buf)));
}

TEST_F(tty, min_and_time_wait_between_bytes)
{
	double start;
	char buf[8];

	raw(self, 5, 2);
	type(self, "ab");
	start = test_now();
	EXPECT_EQ(2, read(self->slave, buf, sizeof(buf)));
	EXPECT_TRUE(test_now() - start >= 0.19);
	EXPECT_TRUE(test_now() - start < 5);
}

TEST_F(tty, nonblocking_read_gives_eagain)
{
	char c;

	ASSERT_EQ(0, fcntl(self->slave, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(EAGAIN, read(self->slave, &c, 1));
	type(self, "no end");
	EXPECT_ERRNO(EAGAIN, read(self->slave, &c, 1));
}

TEST_F(tty, leaving_canonical_mode_makes_bytes_readable)
{
	type(self, "part");
	self->t.c_lflag &= ~ICANON;
	set(self);
	EXPECT_STREQ("part", get_line(self->slave));
}

TEST_F(tty, istrip_and_iuclc)
{
	self->t.c_iflag |= ISTRIP | IUCLC;
	self->t.c_lflag |= IEXTEN;
	set(self);
	type(self, "\301\102\n");
	EXPECT_STREQ("ab\n", get_line(self->slave));
}

/* ---- ioctls ---------------------------------------------------------------------------------- */

TEST_F(tty, window_size_is_kept)
{
	struct winsize ws = {.ws_row = 33, .ws_col = 111}, got;

	ASSERT_EQ(0, ioctl(self->master, TIOCSWINSZ, &ws));
	ASSERT_EQ(0, ioctl(self->slave, TIOCGWINSZ, &got));
	EXPECT_EQ(33, got.ws_row);
	EXPECT_EQ(111, got.ws_col);
}

TEST_F(tty, queues_can_be_counted_and_flushed)
{
	struct pollfd p = {self->slave, POLLIN, 0};
	int n = -1;

	type(self, "abc\n");
	ASSERT_EQ(1, poll(&p, 1, 500));
	ASSERT_EQ(0, ioctl(self->slave, FIONREAD, &n));
	EXPECT_EQ(4, n);
	ASSERT_EQ(0, tcflush(self->slave, TCIFLUSH));
	ASSERT_EQ(0, ioctl(self->slave, FIONREAD, &n));
	EXPECT_EQ(0, n);
	EXPECT_ERRNO(EINVAL, tcflush(self->slave, 77));
	EXPECT_EQ(0, tcdrain(self->slave));
}

TEST_F(tty, settings_survive_a_round_trip)
{
	struct termios got;

	cfmakeraw(&self->t);
	self->t.c_cc[VMIN] = 7;
	self->t.c_cc[VTIME] = 9;
	ASSERT_EQ(0, cfsetspeed(&self->t, B9600));
	ASSERT_EQ(0, tcsetattr(self->slave, TCSAFLUSH, &self->t));
	ASSERT_EQ(0, tcgetattr(self->slave, &got));
	EXPECT_EQ(self->t.c_iflag, got.c_iflag);
	EXPECT_EQ(self->t.c_lflag, got.c_lflag);
	EXPECT_EQ(0, memcmp(self->t.c_cc, got.c_cc, 17));
	EXPECT_EQ(B9600, cfgetospeed(&got));
}

TEST_F(tty, bad_requests_are_refused)
{
	struct termios t;

	EXPECT_ERRNO(ENOTTY, ioctl(self->slave, 0x5480, 0));
	EXPECT_ERRNO(EFAULT, ioctl(self->slave, TCGETS, test_bad_pointer));
	EXPECT_ERRNO(EFAULT, ioctl(self->slave, TCSETS, test_bad_pointer));
	EXPECT_ERRNO(EFAULT, read(self->slave, (type(self, "x\n"), test_bad_pointer), 2));
	EXPECT_ERRNO(EFAULT, write(self->slave, test_bad_pointer, 2));
	EXPECT_ERRNO(EBADF, tcgetattr(-1, &t));
	EXPECT_ERRNO(ESPIPE, lseek(self->slave, 0, SEEK_SET));
}

TEST_F(tty, exclusive_mode_is_reported)
{
	int on = 0;

	ASSERT_EQ(0, ioctl(self->slave, TIOCEXCL));
	ASSERT_EQ(0, ioctl(self->slave, TIOCGEXCL, &on));
	EXPECT_EQ(1, on);
	ASSERT_EQ(0, ioctl(self->slave, TIOCNXCL));
}

/* ---- life of a pair -------------------------------------------------------------------------- */

TEST_F(tty, closing_the_slave_tells_the_master)
{
	struct pollfd p = {self->master, POLLIN, 0};
	char c;

	say(self, "x");
	close(self->slave);
	self->slave = -1;
	EXPECT_EQ(1, read(self->master, &c, 1));
	EXPECT_ERRNO(EIO, read(self->master, &c, 1));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_TRUE(p.revents & POLLHUP);
}

TEST_F(tty, closing_the_master_hangs_up_the_slave)
{
	struct pollfd p = {self->slave, POLLIN | POLLOUT, 0};
	char c;

	close(self->master);
	self->master = -1;
	EXPECT_EQ(0, read(self->slave, &c, 1));
	EXPECT_ERRNO(EIO, write(self->slave, "x", 1));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_TRUE(p.revents & POLLHUP);
}

TEST(a_locked_slave_cannot_be_opened)
{
	char name[64];
	int master;

	need_ptys();
	master = posix_openpt(O_RDWR | O_NOCTTY);
	ASSERT_GE(master, 0);
	ASSERT_EQ(0, ptsname_r(master, name, sizeof(name)));
	EXPECT_ERRNO(EIO, open(name, O_RDWR | O_NOCTTY));
	ASSERT_EQ(0, unlockpt(master));
	EXPECT_GE(open(name, O_RDWR | O_NOCTTY), 0);
	close(master);
	EXPECT_EQ(-1, access(name, F_OK));
}

TEST(many_pairs)
{
	int masters[32];

	need_ptys();
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 32; i++) {
			masters[i] = posix_openpt(O_RDWR | O_NOCTTY);
			ASSERT_GE(masters[i], 0);
		}
		for (int i = 0; i < 32; i++)
			ASSERT_EQ(0, close(masters[i]));
	}
}

TEST_F(tty, packet_mode_marks_data_and_events)
{
	char buf[16];
	int on = 1;

	ASSERT_EQ(0, ioctl(self->master, TIOCPKT, &on));
	say(self, "hi");
	ASSERT_EQ(3, read(self->master, buf, sizeof(buf)));
	EXPECT_EQ(TIOCPKT_DATA, buf[0]);
	EXPECT_EQ(0, memcmp(buf + 1, "hi", 2));
	ASSERT_EQ(0, tcflush(self->slave, TCIFLUSH));
	ASSERT_EQ(1, read(self->master, buf, sizeof(buf)));
	EXPECT_EQ(TIOCPKT_FLUSHREAD, buf[0]);
}

TEST_F(tty, interrupt_character_flushes_the_line)
{
	type(self, "abc\003de\n");
	EXPECT_STREQ("de\n", get_line(self->slave));
	EXPECT_TRUE(strstr(get(self->master), "^Cde\r\n") != NULL);
}

TEST_MAIN
