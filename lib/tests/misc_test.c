/* SPDX-License-Identifier: MIT */
/* The small parts: bitmaps, sorting, lists, checksums, ciphers, time, text. */
#include <lib/atomic.h>
#include <lib/bitmap.h>
#include <lib/bsearch.h>
#include <lib/chacha20.h>
#include <lib/cmdline.h>
#include <lib/crc32.h>
#include <lib/errno.h>
#include <lib/hash.h>
#include <lib/list.h>
#include <lib/llist.h>
#include <lib/math64.h>
#include <lib/parser.h>
#include <lib/refcount.h>
#include <lib/sort.h>
#include <lib/time64.h>
#include <lib/utf8.h>
#include "host.h"

#define BITS 200

static void test_bitmap(void)
{
	DECLARE_BITMAP(a, BITS);
	DECLARE_BITMAP(b, BITS);
	bool m[BITS] = {0};
	char text[1000];

	bitmap_zero(a, BITS);
	for (int i = 0; i < 20000 && !host_failed; i++) {
		unsigned int start = below(BITS), len = below(BITS - start + 1), k;
		unsigned int size = below(BITS + 1), want, weight = 0;
		bool value = below(2);

		if (below(8)) {
			len = min(len, 3);
		}
		if (value)
			bitmap_set(a, start, len);
		else
			bitmap_clear(a, start, len);
		for (k = start; k < start + len; k++)
			m[k] = value;
		for (want = start; want < size && !m[want]; want++)
			;
		EXPECT_EQ(find_next_bit(a, size, start),
			  max(want, size) == size ? min(want, size) : size);
		for (want = start; want < size && m[want]; want++)
			;
		EXPECT_EQ(find_next_zero_bit(a, size, start), start < size ? want : size);
		for (k = size, want = size; k-- > 0 && want == size;)
			want = m[k] ? k : size;
		EXPECT_EQ(find_last_bit(a, size), want);
		for (k = 0; k < size; k++)
			weight += m[k];
		EXPECT_EQ(bitmap_weight(a, size), weight);
		bitmap_print_list(text, sizeof(text), a, BITS);
		EXPECT_EQ(bitmap_parselist(text, b, BITS), 0);
		EXPECT(bitmap_equal(a, b, BITS));
	}
	EXPECT_EQ(bitmap_parselist("0-3,8\n", a, BITS), 0);
	EXPECT_EQ(a[0], 0x10f);
	EXPECT_EQ(bitmap_parselist("3-1", a, BITS), -EINVAL);
	EXPECT_EQ(bitmap_parselist("200", a, BITS), -ERANGE);
	EXPECT_EQ(bitmap_parselist("1,,2", a, BITS), -EINVAL);
	bitmap_fill(a, BITS);
	bitmap_clear(a, 65, 10);
	EXPECT_EQ(bitmap_find_next_zero_area(a, BITS, 0, 4, 3), 68);
	EXPECT(bitmap_find_next_zero_area(a, BITS, 0, 11, 0) > BITS);
}

static void test_bitops(void)
{
	unsigned long w[2] = {0};

	EXPECT(!test_and_set_bit(70, w) && test_and_set_bit(70, w) && test_bit(70, w));
	EXPECT(test_and_clear_bit(70, w) && !test_bit(70, w));
	EXPECT_EQ(ffs(0), 0);
	EXPECT_EQ(fls(0x80000000), 32);
	EXPECT_EQ(fls64(0), 0);
	EXPECT_EQ(hweight64(~0ULL), 64);
	EXPECT_EQ(ilog2(4097), 12);
	EXPECT_EQ(order_base_2(4097), 13);
	EXPECT_EQ(order_base_2(1), 0);
	EXPECT_EQ(roundup_pow_of_two(4096), 4096);
	EXPECT_EQ(sign_extend64(0x1ff, 8), -1);
	EXPECT_EQ(round_up(0xfffUL, 0x1000), 0x1000);
	EXPECT_EQ(GENMASK(7, 4), 0xf0);
	EXPECT_EQ(FIELD_GET(0xff00UL, 0x1234UL), 0x12);
	for (int i = 0; i < 1000; i++) {
		u64 v = rnd() >> below(64);
		unsigned int n = 0;

		for (u64 x = v; x; x &= x - 1)
			n++;
		EXPECT_EQ(hweight64(v), n);
	}
}

static int cmp_int(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

struct node {
	struct list_head list;
	int key, order;
};

static int cmp_node(const struct list_head *a, const struct list_head *b)
{
	return list_entry(a, struct node, list)->key - list_entry(b, struct node, list)->key;
}

static void test_sort(void)
{
	for (int round = 0; round < 200 && !host_failed; round++) {
		int n = (int)below(300), v[300], key;
		struct node nodes[300], *p, *prev = NULL;
		LIST_HEAD(head);

		for (int i = 0; i < n; i++) {
			nodes[i].key = v[i] = (int)below(100);
			nodes[i].order = i;
			list_add_tail(&nodes[i].list, &head);
		}
		sort(v, n, sizeof(int), cmp_int);
		for (int i = 1; i < n; i++)
			EXPECT(v[i - 1] <= v[i]);
		key = (int)below(100);
		EXPECT_EQ(bsearch(&key, v, n, sizeof(int), cmp_int) != NULL,
			  n && ({
				  bool in = false;
				  for (int i = 0; i < n; i++)
					  in |= v[i] == key;
				  in;
			  }));
		list_sort(&head, cmp_node);
		list_for_each_entry(p, &head, list) {
			EXPECT(!prev || prev->key < p->key ||
			       (prev->key == p->key && prev->order < p->order));
			EXPECT(p->list.prev == (prev ? &prev->list : &head));
			prev = p;
			n--;
		}
		EXPECT_EQ(n, 0);
	}
}

struct hnode {
	struct hlist_node h;
	struct llist_node l;
	int v;
};

static void test_lists(void)
{
	struct node n[5], *p, *tmp;
	struct hnode h[5], *hp;
	struct hlist_node *ht;
	struct llist_head ll = LLIST_HEAD_INIT(ll);
	LIST_HEAD(a);
	LIST_HEAD(b);
	HLIST_HEAD(hh);
	int i, sum = 0;

	for (i = 0; i < 5; i++) {
		n[i].key = h[i].v = i;
		list_add_tail_rcu(&n[i].list, &a);
		hlist_add_head_rcu(&h[i].h, &hh);
		EXPECT_EQ(llist_add(&h[i].l, &ll), i == 0);
	}
	list_move(&n[4].list, &a);
	EXPECT_EQ(list_first_entry(&a, struct node, list)->key, 4);
	list_splice_tail_init(&a, &b);
	EXPECT(list_empty(&a) && list_is_first(&n[4].list, &b) && list_is_last(&n[3].list, &b));
	list_for_each_entry_safe(p, tmp, &b, list) {
		sum = sum * 10 + p->key;
		list_del_init(&p->list);
	}
	EXPECT_EQ(sum, 40123);
	EXPECT(list_empty(&b));
	sum = 0;
	hlist_for_each_entry_safe(hp, ht, &hh, h) {
		sum = sum * 10 + hp->v;
		if (hp->v & 1)
			hlist_del_init(&hp->h);
	}
	EXPECT_EQ(sum, 43210);
	sum = 0;
	hlist_for_each_entry_rcu(hp, &hh, h)
		sum = sum * 10 + hp->v;
	EXPECT_EQ(sum, 420);
	EXPECT(hlist_unhashed(&h[1].h) && !hlist_unhashed(&h[2].h));
	sum = 0;
	llist_for_each_entry(hp, llist_reverse_order(llist_del_all(&ll)), l) sum = sum * 10 + hp->v;
	EXPECT_EQ(sum, 1234);
	EXPECT(llist_empty(&ll));
}

static void test_counters(void)
{
	refcount_t r = REFCOUNT_INIT(1);
	atomic_t a = ATOMIC_INIT(5);

	refcount_inc(&r);
	EXPECT(!refcount_dec_and_test(&r) && refcount_dec_and_test(&r));
	EXPECT(!refcount_inc_not_zero(&r));
	refcount_inc(&r); /* from zero: saturates */
	EXPECT(!refcount_dec_and_test(&r) && (int)refcount_read(&r) < 0);
	refcount_set(&r, INT_MAX);
	refcount_inc(&r);
	EXPECT_EQ((int)refcount_read(&r), REFCOUNT_SATURATED);
	EXPECT_EQ(atomic_add_return(3, &a), 8);
	EXPECT_EQ(atomic_cmpxchg(&a, 8, 1), 8);
	EXPECT(atomic_dec_and_test(&a));
	EXPECT(!atomic_inc_not_zero(&a) && !atomic_add_unless(&a, 1, 0));
}

static u32 slow_crc(u32 poly, u32 crc, const u8 *p, size_t n)
{
	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = (crc >> 1) ^ (crc & 1 ? poly : 0);
	}
	return crc;
}

static void test_crc(void)
{
	u8 data[300];

	EXPECT_EQ(~crc32_le(~0U, "123456789", 9), 0xcbf43926);
	EXPECT_EQ(~crc32c(~0U, "123456789", 9), 0xe3069283);
	EXPECT_EQ(crc16(0, "123456789", 9), 0xbb3d);
	for (int i = 0; i < 1000; i++) {
		size_t at = below(20), n = below(260);
		u32 start = (u32)rnd();

		rnd_bytes(data, sizeof(data));
		EXPECT_EQ(crc32_le(start, data + at, n), slow_crc(0xedb88320, start, data + at, n));
		EXPECT_EQ(crc32c(start, data + at, n), slow_crc(0x82f63b78, start, data + at, n));
		EXPECT_EQ(crc16((u16)start, data, n), slow_crc(0xa001, start & 0xffff, data, n));
	}
}

/* The vectors of the papers. */
static void test_crypto(void)
{
	siphash_key_t key;
	struct chacha20_state st;
	u8 k[32], in[16], out[64];
	static const u8 nonce[12] = {0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0};
	static const u8 first[8] = {0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15};

	for (int i = 0; i < 32; i++)
		k[i] = (u8)i;
	memcpy(&key, k, 16);
	memcpy(in, k, 16);
	EXPECT_EQ(siphash(in, 15, &key), 0xa129ca6149be45e5);
	EXPECT_EQ(siphash(in, 0, &key), 0x726fdb47dd0e0e31);
	EXPECT_EQ(siphash_1u64(0x0706050403020100, &key), siphash(in, 8, &key));
	EXPECT_EQ(siphash_2u64(0x0706050403020100, 0x0f0e0d0c0b0a0908, &key),
		  siphash(in, 16, &key));
	chacha20_init(&st, k, 1, nonce);
	chacha20_block(&st, out);
	EXPECT(!memcmp(out, first, 8));
	EXPECT_EQ(out[63], 0x4e);
	EXPECT_EQ(st.x[12], 2);
}

static bool leap(long y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

static void test_time(void)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	time64_t t = -62167219200; /* year 0 */
	int wday = 6;
	struct timespec64 ts;

	for (long y = 0; y < 2500 && !host_failed; y++) {
		int yday = 0;

		for (int m = 0; m < 12; m++) {
			for (int d = 1; d <= days[m] + (m == 1 && leap(y)); d++, t += 86400) {
				struct tm tm;
				u32 s = below(86400);

				time64_to_tm(t + s, 0, &tm);
				EXPECT(tm.tm_year == y - 1900 && tm.tm_mon == m && tm.tm_mday == d);
				EXPECT(tm.tm_yday == yday && tm.tm_wday == wday);
				EXPECT_EQ(tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec, s);
				EXPECT_EQ(mktime64(y, m + 1, d, 0, 0, s), t + s);
				yday++;
				wday = (wday + 1) % 7;
			}
		}
	}
	set_normalized_timespec64(&ts, 5, -1);
	EXPECT(ts.tv_sec == 4 && ts.tv_nsec == 999999999);
	ts = ns_to_timespec64(-1);
	EXPECT(ts.tv_sec == -1 && ts.tv_nsec == 999999999);
	ts = timespec64_add_safe((struct timespec64){TIME64_MAX, 5}, (struct timespec64){1, 0});
	EXPECT_EQ(ts.tv_sec, TIME64_MAX);
	EXPECT_EQ(timespec64_to_ns(&ts), KTIME_MAX);
	ts = timespec64_sub((struct timespec64){3, 1}, (struct timespec64){1, 2});
	EXPECT(ts.tv_sec == 1 && ts.tv_nsec == 999999999);
}

static void test_math(void)
{
	for (int i = 0; i < 20000; i++) {
		u64 a = rnd() >> below(64), b = rnd() >> below(64), c = (rnd() >> below(64)) | 1;
		unsigned __int128 q = (unsigned __int128)a * b / c;
		u64 root = int_sqrt64(a);

		EXPECT_EQ(mul_u64_u64_div_u64(a, b, c), q > U64_MAX ? U64_MAX : (u64)q);
		EXPECT(root * root <= a && (unsigned __int128)(root + 1) * (root + 1) > a);
	}
	EXPECT_EQ(gcd(12, 18), 6);
	EXPECT_EQ(mul_u64_u64_shr(1ULL << 63, 6, 32), 3ULL << 32);
}

static void test_cmdline(void)
{
	char line[] =
		"  quiet console=ttyS0,115200 init=\"/bin/a b\" \"x=c d\" dev-name=1 -- single";
	static const char keep[] = "a=1 quiet b=\"2 3\" \"c=4 5\" a=6 my-opt -- a=7 d";
	char *p = line, *name, *value, buf[8];

	EXPECT(cmdline_next(&p, &name, &value) && !value);
	EXPECT_STREQ(name, "quiet");
	EXPECT(cmdline_next(&p, &name, &value));
	EXPECT_STREQ(name, "console");
	EXPECT_STREQ(value, "ttyS0,115200");
	EXPECT(cmdline_next(&p, &name, &value));
	EXPECT_STREQ(value, "/bin/a b");
	EXPECT(cmdline_next(&p, &name, &value));
	EXPECT_STREQ(name, "x");
	EXPECT_STREQ(value, "c d");
	EXPECT(cmdline_next(&p, &name, &value) && parameq(name, "dev_name"));
	EXPECT(cmdline_next(&p, &name, &value));
	EXPECT_STREQ(name, "--");
	EXPECT(cmdline_next(&p, &name, &value));
	EXPECT_STREQ(name, "single");
	EXPECT(!cmdline_next(&p, &name, &value));

	EXPECT_EQ(cmdline_find(keep, "a", buf, sizeof(buf)), 1);
	EXPECT_STREQ(buf, "6");
	EXPECT_EQ(cmdline_find(keep, "b", buf, sizeof(buf)), 3);
	EXPECT_STREQ(buf, "2 3");
	EXPECT_EQ(cmdline_find(keep, "c", buf, sizeof(buf)), 3);
	EXPECT_STREQ(buf, "4 5");
	EXPECT_EQ(cmdline_find(keep, "quiet", buf, sizeof(buf)), 0);
	EXPECT_EQ(cmdline_find(keep, "d", buf, sizeof(buf)), -ENOENT);
	EXPECT_EQ(cmdline_find(keep, "b", buf, 3), -E2BIG);
	EXPECT_STREQ(buf, "2 ");
	EXPECT(cmdline_has(keep, "my_opt") && !cmdline_has(keep, "my"));
	for (int i = 0; i < 20000; i++) {
		size_t n = below(30);
		char *s = malloc(n + 1);

		for (size_t k = 0; k < n; k++)
			s[k] = "a=\" -b"[below(6)];
		s[n] = 0;
		cmdline_find(s, "a", buf, sizeof(buf));
		p = s;
		while (cmdline_next(&p, &name, &value))
			EXPECT(strlen(name) + (value ? strlen(value) : 0) <= n);
		free(s);
	}
}

static void test_options(void)
{
	enum { RO, SIZE, MODE, NAME };
	static const struct match_option table[] = {{"ro", OPT_FLAG, RO},
						    {"size", OPT_SIZE, SIZE},
						    {"mode", OPT_OCTAL, MODE},
						    {"name", OPT_STRING, NAME}};
	char text[] = "ro,,size=2m,mode=755,name=a=b,bad,ro=1,mode=9";
	struct match_result r;
	char *p = text;

	EXPECT_EQ(match_next_option(&p, table, 4, &r), RO);
	EXPECT_EQ(match_next_option(&p, table, 4, &r), SIZE);
	EXPECT_EQ(r.number, 2 << 20);
	EXPECT_EQ(match_next_option(&p, table, 4, &r), MODE);
	EXPECT_EQ(r.number, 0755);
	EXPECT_EQ(match_next_option(&p, table, 4, &r), NAME);
	EXPECT_STREQ(r.text, "a=b");
	EXPECT_EQ(match_next_option(&p, table, 4, &r), -EINVAL);
	EXPECT_STREQ(r.name, "bad");
	EXPECT_EQ(match_next_option(&p, table, 4, &r), -EINVAL);
	EXPECT_EQ(match_next_option(&p, table, 4, &r), -EINVAL);
	EXPECT_EQ(match_next_option(&p, table, 4, &r), -ENOENT);
}

static void test_utf8(void)
{
	static const u16 wide[] = {'a', 0xe9, 0x20ac, 0xd83d, 0xde00, 0xd800, 0};
	char buf[16];
	u32 c;

	for (u32 v = 0; v < 0x110000; v += 1 + below(7)) {
		u8 b[4];
		int n = utf8_encode(v, b);

		if (v - 0xd800 < 0x800) {
			EXPECT_EQ(n, -EINVAL);
			continue;
		}
		EXPECT_EQ(utf8_decode(b, n, &c), n);
		EXPECT_EQ(c, v);
		EXPECT_EQ(utf8_decode(b, n - 1, &c), -EINVAL);
	}
	EXPECT_EQ(utf8_decode((const u8 *)"\xc0\x80", 2, &c), -EINVAL);
	EXPECT_EQ(utf8_decode((const u8 *)"\xe0\x80\x80", 3, &c), -EINVAL);
	EXPECT_EQ(utf8_decode((const u8 *)"\xed\xa0\x80", 3, &c), -EINVAL);
	EXPECT_EQ(utf8_decode((const u8 *)"\xf4\x90\x80\x80", 4, &c), -EINVAL);
	EXPECT_EQ(utf16_to_utf8(wide, 7, buf, sizeof(buf)), 13);
	EXPECT_STREQ(buf, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd");
	EXPECT_EQ(utf16_to_utf8(wide, 7, buf, 5), -E2BIG);
	EXPECT_STREQ(buf, "a\xc3\xa9");
}

static void test_kconfig(void)
{
	EXPECT_EQ(IS_ENABLED(CONFIG_ERRNO_NAMES), 1);
	EXPECT_EQ(IS_ENABLED(CONFIG_NO_SUCH_OPTION), 0);
	EXPECT_EQ(min(3, 5U) + max(1, 2) + clamp(7, 1, 5), 10);
}

HOST_SUITE("misc", CASE(test_bitmap), CASE(test_bitops), CASE(test_sort), CASE(test_lists),
	   CASE(test_counters), CASE(test_crc), CASE(test_crypto), CASE(test_time), CASE(test_math),
	   CASE(test_cmdline), CASE(test_options), CASE(test_utf8), CASE(test_kconfig))
