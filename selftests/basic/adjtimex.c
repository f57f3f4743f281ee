/* SPDX-License-Identifier: MIT */
/* Keeping the clock on time: adjtimex(2), clock_adjtime(2). The raw clock is the judge. */
#include "../harness.h"
#include <sys/time.h>
#include <sys/timex.h>

#define NS 1000000000ll

static long long now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NS + ts.tv_nsec;
}

/* Of several tries the one that was least disturbed. */
static long long ahead_of_raw(void)
{
	long long best = NS, ahead = 0;

	for (int i = 0; i < 20; i++) {
		long long a = now(CLOCK_MONOTONIC_RAW), real = now(CLOCK_REALTIME);
		long long took = now(CLOCK_MONOTONIC_RAW) - a;

		if (took < best) {
			best = took;
			ahead = real - a - took / 2;
		}
	}
	return ahead;
}

/* How many ns CLOCK_REALTIME gains on the raw clock in @ms milliseconds at least. */
static long long gain(int ms)
{
	long long ahead = ahead_of_raw();

	test_sleep_ms(ms);
	return ahead_of_raw() - ahead;
}

static int set(struct timex *tx, unsigned int modes)
{
	tx->modes = modes;
	return adjtimex(tx);
}

static void nominal(void)
{
	struct timex tx = {.tick = 10000, .status = STA_UNSYNC};

	set(&tx, ADJ_TICK | ADJ_FREQUENCY | ADJ_STATUS | ADJ_MICRO);
	tx.offset = 0;
	set(&tx, ADJ_OFFSET_SINGLESHOT);
}

TEST(it_reports_the_clock)
{
	struct timex tx = {0};
	int state;

	REQUIRE_CONFIG("NTP");
	state = adjtimex(&tx);
	EXPECT_GE(state, TIME_OK);
	EXPECT_LE(state, TIME_ERROR);
	EXPECT_EQ(10000, tx.tick);
	EXPECT_EQ(500 << 16, tx.tolerance);
	EXPECT_LE(llabs(tx.time.tv_sec - now(CLOCK_REALTIME) / NS), 1);
	EXPECT_EQ(state, clock_adjtime(CLOCK_REALTIME, &tx));
	EXPECT_ERRNO(EOPNOTSUPP, clock_adjtime(CLOCK_MONOTONIC, &tx));
	EXPECT_ERRNO(EINVAL, clock_adjtime(99, &tx));
	EXPECT_ERRNO(EFAULT, adjtimex((struct timex *)8));
	EXPECT_ERRNO(EINVAL, set(&tx, 0x8000)); /* half of ADJ_OFFSET_SINGLESHOT */
}

TEST(tick_and_frequency_slew_the_clock)
{
	struct timex tx = {.tick = 10500};

	REQUIRE_CONFIG("NTP");
	nominal();
	EXPECT_LT(llabs(gain(200)), 100000);
	ASSERT_GE(set(&tx, ADJ_TICK), 0); /* 5 % fast: 10 ms in 200 */
	EXPECT_GT(gain(200), 9000000);
	tx.tick = 9500;
	ASSERT_GE(set(&tx, ADJ_TICK), 0);
	EXPECT_LT(gain(200), -9000000);
	tx.tick = 10000;
	tx.freq = 500 << 16; /* 500 ppm: 100 us in 200 ms */
	ASSERT_GE(set(&tx, ADJ_TICK | ADJ_FREQUENCY), 0);
	EXPECT_EQ(500 << 16, tx.freq);
	EXPECT_GT(gain(400), 150000);
	tx.tick = 8999;
	EXPECT_ERRNO(EINVAL, set(&tx, ADJ_TICK));
	tx.tick = 11001;
	EXPECT_ERRNO(EINVAL, set(&tx, ADJ_TICK));
	nominal();
	EXPECT_LT(llabs(gain(200)), 100000);
}

TEST(monotonic_does_not_jump_while_it_is_slewed)
{
	struct timex tx = {.tick = 11000};
	long long last = now(CLOCK_MONOTONIC);

	REQUIRE_CONFIG("NTP");
	for (int i = 0; i < 2000; i++) {
		long long t;

		tx.tick = i & 1 ? 9000 : 11000;
		ASSERT_GE(set(&tx, ADJ_TICK), 0);
		t = now(CLOCK_MONOTONIC);
		ASSERT_GE(t, last);
		last = t;
	}
	nominal();
}

TEST(an_old_adjtime_is_worked_off_by_500_us_a_second)
{
	struct timeval delta = {0, 1000}, left;
	long long ahead = ahead_of_raw();
	double start = test_now();

	REQUIRE_CONFIG("NTP");
	nominal();
	ASSERT_EQ(0, adjtime(&delta, NULL));
	do {
		test_sleep_ms(50);
		ASSERT_EQ(0, adjtime(NULL, &left));
	} while (left.tv_sec || left.tv_usec);
	EXPECT_TRUE(test_now() - start > 1.9);
	EXPECT_LT(llabs(ahead_of_raw() - ahead - 1000000), 100000);
}

TEST(an_offset_is_slewed_by_the_loop)
{
	struct timex tx = {.status = STA_PLL | STA_NANO, .offset = 32000000, .constant = 0};

	REQUIRE_CONFIG("NTP");
	nominal();
	ASSERT_GE(set(&tx, ADJ_STATUS | ADJ_NANO | ADJ_TIMECONST), 0);
	tx.offset = 32000000; /* a sixteenth of it, 2 ms, in the first whole second */
	ASSERT_GE(set(&tx, ADJ_OFFSET), 0);
	EXPECT_EQ(32000000, tx.offset);
	EXPECT_GT(gain(2000), 1500000);
	ASSERT_GE(set(&tx, 0), 0);
	EXPECT_LT(tx.offset, 32000000);
	nominal();
	ASSERT_GE(set(&tx, 0), 0);
	EXPECT_EQ(0, tx.offset);
}

/* Waits for the clock's state to become @state, for ten seconds at most. */
static bool state_comes(int state)
{
	double end = test_now() + 10;
	struct timex tx = {0};

	while (set(&tx, 0) != state) {
		if (test_now() > end)
			return false;
		test_sleep_ms(20);
	}
	return true;
}

TEST(a_leap_second_is_inserted_at_midnight)
{
	struct timex tx = {.status = STA_INS | STA_PLL, .maxerror = 0};
	struct timespec saved, ts;
	long long raw, ahead;
	int tai;

	REQUIRE_CONFIG("NTP");
	nominal();
	clock_gettime(CLOCK_REALTIME, &saved);
	raw = now(CLOCK_MONOTONIC_RAW);
	ts = (struct timespec){(saved.tv_sec / 86400 + 1) * 86400 - 3, 0};
	ASSERT_EQ(0, clock_settime(CLOCK_REALTIME, &ts));
	ASSERT_GE(set(&tx, ADJ_STATUS | ADJ_MAXERROR), 0);
	tai = tx.tai;
	ahead = ahead_of_raw();
	EXPECT_TRUE(state_comes(TIME_INS));
	EXPECT_TRUE(state_comes(TIME_WAIT));
	EXPECT_LT(llabs(ahead_of_raw() - (ahead - NS)), 10000000);
	set(&tx, 0);
	EXPECT_EQ(tai + 1, tx.tai);
	EXPECT_EQ(tai + 1, (now(CLOCK_TAI) - now(CLOCK_REALTIME) + NS / 2) / NS);
	nominal();
	tx.constant = tai;
	EXPECT_GE(set(&tx, ADJ_TAI), 0);
	saved.tv_sec += (now(CLOCK_MONOTONIC_RAW) - raw) / NS;
	EXPECT_EQ(0, clock_settime(CLOCK_REALTIME, &saved));
}

TEST(only_root_changes_the_clock)
{
	pid_t pid = fork();

	REQUIRE_CONFIG("NTP");
	if (pid == 0) {
		struct timex tx = {.tick = 10000};
		int bad = setuid(1000);

		bad |= set(&tx, 0) < 0;
		bad |= set(&tx, ADJ_OFFSET_SS_READ) < 0;
		bad |= set(&tx, ADJ_TICK) != -1 || errno != EPERM;
		bad |= set(&tx, ADJ_OFFSET_SINGLESHOT) != -1 || errno != EPERM;
		_exit(bad);
	}
	EXPECT_EQ(0, test_wait(pid));
}

TEST(the_time_zone_is_kept)
{
	struct timezone old, tz = {-60, 1}, got = {0, 0};
	struct timeval tv;

	ASSERT_EQ(0, gettimeofday(&tv, &old));
	ASSERT_EQ(0, settimeofday(NULL, &tz));
	ASSERT_EQ(0, gettimeofday(&tv, &got));
	EXPECT_EQ(-60, got.tz_minuteswest);
	EXPECT_EQ(0, settimeofday(NULL, &old));
}

TEST_MAIN
