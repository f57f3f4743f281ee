/* SPDX-License-Identifier: MIT */
/*
 * Tests of N_TTY without hardware: a terminal whose driver keeps what is written. What a program
 * sees of it is tested from outside, through a pty (selftests/tty); here are the inner sides:
 * rings, a driver that is full, input that nobody reads.
 */
#include <lib/string.h>
#include <kernel/kunit.h>
#include <kernel/sched.h>
#include "n_tty.h"

struct fake_tty {
	struct tty_driver driver;
	struct tty_struct tty;
	struct tty_port port;
	char out[4096];
	size_t out_len, room;
	bool throttled;
};

static struct fake_tty *fake_of(struct tty_struct *tty)
{
	return container_of(tty, struct fake_tty, tty);
}

static ssize_t fake_write(struct tty_struct *tty, const u8 *buf, size_t n)
{
	struct fake_tty *f = fake_of(tty);

	n = min(n, f->room);
	memcpy(f->out + f->out_len, buf, n);
	f->out_len += n;
	f->room -= n;
	return n;
}

static unsigned int fake_write_room(struct tty_struct *tty)
{
	return fake_of(tty)->room;
}

static void fake_throttle(struct tty_struct *tty)
{
	fake_of(tty)->throttled = true;
}

static void fake_unthrottle(struct tty_struct *tty)
{
	fake_of(tty)->throttled = false;
}

static const struct tty_operations fake_ops = {
	.write = fake_write,
	.write_room = fake_write_room,
	.throttle = fake_throttle,
	.unthrottle = fake_unthrottle,
};

static void close_fake(void *arg)
{
	struct fake_tty *f = arg;

	n_tty_ops.close(&f->tty);
	tty_port_destroy(&f->port);
}

static struct fake_tty *open_fake(struct kunit *test)
{
	struct fake_tty *f = kunit_kzalloc(test, sizeof(*f));

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->driver.type = TTY_TYPE_SERIAL;
	f->room = sizeof(f->out);
	f->tty.driver = &f->driver;
	f->tty.ops = &fake_ops;
	f->tty.port = &f->port;
	f->tty.ldisc = &n_tty_ops;
	f->tty.termios = tty_std_termios;
	init_rwsem(&f->tty.termios_rwsem);
	spin_lock_init(&f->tty.ctrl_lock);
	spin_lock_init(&f->tty.flow_lock);
	init_waitqueue_head(&f->tty.read_wait);
	init_waitqueue_head(&f->tty.write_wait);
	KUNIT_ASSERT_EQ(test, tty_port_init(&f->port, NULL), 0);
	KUNIT_ASSERT_EQ(test, n_tty_ops.open(&f->tty), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, close_fake, f), 0);
	return f;
}

static size_t type(struct fake_tty *f, const char *s)
{
	return n_tty_receive(&f->tty, (const u8 *)s, NULL, strlen(s));
}

/* What is in the read ring, lines that are complete first. */
static const char *ring_text(struct fake_tty *f)
{
	static char text[N_TTY_SIZE + 1];
	struct n_tty_data *nd = f->tty.disc_data;
	size_t n = 0;

	for (unsigned int pos = nd->tail; pos != nd->head; pos++)
		text[n++] = ring_at(nd, pos);
	text[n] = '\0';
	return text;
}

static const char *output(struct fake_tty *f)
{
	f->out[f->out_len] = '\0';
	f->out_len = 0;
	return f->out;
}

static void set_flags(struct fake_tty *f, u32 lflag, u32 iflag, u32 oflag)
{
	struct ktermios old = f->tty.termios;

	down_write(&f->tty.termios_rwsem);
	f->tty.termios.c_lflag = lflag;
	f->tty.termios.c_iflag = iflag;
	f->tty.termios.c_oflag = oflag;
	n_tty_ops.set_termios(&f->tty, &old);
	up_write(&f->tty.termios_rwsem);
}

static void a_line_becomes_readable_at_its_end(struct kunit *test)
{
	struct fake_tty *f = open_fake(test);

	KUNIT_EXPECT_EQ(test, type(f, "ab"), 2);
	KUNIT_EXPECT_FALSE(test, n_tty_readable(&f->tty));
	KUNIT_EXPECT_EQ(test, type(f, "\r"), 1);
	KUNIT_EXPECT_TRUE(test, n_tty_readable(&f->tty));
	KUNIT_EXPECT_STREQ(test, ring_text(f), "ab\n");
	KUNIT_EXPECT_STREQ(test, output(f), "ab\r\n");
}

static void erasing_stops_at_the_line(struct kunit *test)
{
	struct fake_tty *f = open_fake(test);

	type(f, "one\nab\177\177\177\177c");
	KUNIT_EXPECT_STREQ(test, ring_text(f), "one\nc");
}

static void echo_waits_for_a_full_driver(struct kunit *test)
{
	struct fake_tty *f = open_fake(test);

	f->room = 2;
	type(f, "abcdef");
	KUNIT_EXPECT_STREQ(test, output(f), "ab");
	f->room = 100;
	n_tty_receive(&f->tty, NULL, NULL, 0);
	KUNIT_EXPECT_STREQ(test, output(f), "cdef");
}

/*
 * A line that never ends loses characters, but its end is taken; complete lines that nobody reads
 * push back.
 */
static void a_full_ring_keeps_lines_whole(struct kunit *test)
{
	struct fake_tty *f = open_fake(test);
	struct n_tty_data *nd = f->tty.disc_data;

	set_flags(f, ICANON, 0, 0);
	for (unsigned int i = 0; i < 2 * N_TTY_SIZE; i++)
		KUNIT_ASSERT_EQ(test, type(f, "x"), 1);
	KUNIT_EXPECT_FALSE(test, n_tty_readable(&f->tty));
	KUNIT_EXPECT_EQ(test, type(f, "\n"), 1);
	KUNIT_EXPECT_TRUE(test, n_tty_readable(&f->tty));
	KUNIT_EXPECT_EQ(test, ring_at(nd, nd->head - 1), '\n');
	KUNIT_EXPECT_EQ(test, type(f, "more"), 0);
	KUNIT_EXPECT_TRUE(test, f->throttled);
	n_tty_flush_input(&f->tty);
	KUNIT_EXPECT_EQ(test, type(f, "more"), 4);
}

static void raw_input_wraps_around(struct kunit *test)
{
	struct fake_tty *f = open_fake(test);
	struct n_tty_data *nd = f->tty.disc_data;
	char block[100];
	u32 sum_in = 0, sum_out = 0;

	set_flags(f, 0, 0, 0);
	for (int round = 0; round < 200; round++) {
		for (size_t i = 0; i < sizeof(block); i++)
			sum_in += (u8)(block[i] = kunit_random(test));
		KUNIT_ASSERT_EQ(test, n_tty_receive(&f->tty, (u8 *)block, NULL, sizeof(block)),
				sizeof(block));
		for (; nd->tail != nd->head; nd->tail++)
			sum_out += ring_at(nd, nd->tail);
	}
	KUNIT_EXPECT_EQ(test, sum_in, sum_out);
}

static void line_errors_are_marked(struct kunit *test)
{
	struct fake_tty *f = open_fake(test);
	const u8 c[] = {'a', 'b', 0377}, flags[] = {TTY_NORMAL, TTY_PARITY, TTY_NORMAL};
	struct n_tty_data *nd = f->tty.disc_data;

	set_flags(f, 0, INPCK | PARMRK, 0);
	KUNIT_ASSERT_EQ(test, n_tty_receive(&f->tty, c, flags, 3), 3);
	/* a, then \377 \0 b for the bad byte, then \377 doubled */
	KUNIT_ASSERT_EQ(test, nd->head - nd->tail, 6);
	KUNIT_EXPECT_EQ(test, ring_at(nd, nd->tail + 1), 0377);
	KUNIT_EXPECT_EQ(test, ring_at(nd, nd->tail + 2), 0);
	KUNIT_EXPECT_EQ(test, ring_at(nd, nd->tail + 3), 'b');
	KUNIT_EXPECT_EQ(test, ring_at(nd, nd->tail + 5), 0377);
}

static void speeds_have_codes(struct kunit *test)
{
	static const u32 speeds[] = {50, 9600, 38400, 57600, 115200, 921600, 4000000};
	struct ktermios t = tty_std_termios;

	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++) {
		tty_termios_encode_baud_rate(&t, speeds[i], speeds[i]);
		KUNIT_EXPECT_EQ(test, tty_termios_baud_rate(&t), speeds[i]);
		KUNIT_EXPECT_NE(test, t.c_cflag & CBAUD, BOTHER);
	}
	tty_termios_encode_baud_rate(&t, 12345, 12345);
	KUNIT_EXPECT_EQ(test, t.c_cflag & CBAUD, BOTHER);
	KUNIT_EXPECT_EQ(test, tty_termios_baud_rate(&t), 12345);
}

static void flip_buffer_keeps_order_when_it_overflows(struct kunit *test)
{
	struct fake_tty *f = open_fake(test);
	u8 block[64];
	size_t put = 0, n;

	memset(block, 'f', sizeof(block));
	do {
		n = tty_insert_flip_string(&f->port, block, sizeof(block));
		put += n;
	} while (n == sizeof(block));
	KUNIT_EXPECT_EQ(test, put, TTY_FLIP_SIZE);
	KUNIT_EXPECT_EQ(test, tty_buffer_space(&f->port), 0);
	KUNIT_EXPECT_FALSE(test, tty_insert_flip_char(&f->port, 'x', TTY_NORMAL));
	tty_buffer_flush(&f->port);
	KUNIT_EXPECT_EQ(test, tty_buffer_space(&f->port), TTY_FLIP_SIZE);
}

static const struct kunit_case cases[] = {
	KUNIT_CASE(a_line_becomes_readable_at_its_end),
	KUNIT_CASE(erasing_stops_at_the_line),
	KUNIT_CASE(echo_waits_for_a_full_driver),
	KUNIT_CASE(a_full_ring_keeps_lines_whole),
	KUNIT_CASE(raw_input_wraps_around),
	KUNIT_CASE(line_errors_are_marked),
	KUNIT_CASE(speeds_have_codes),
	KUNIT_CASE(flip_buffer_keeps_order_when_it_overflows),
	{},
};
KUNIT_SUITE(n_tty, cases);
