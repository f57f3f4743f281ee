/* SPDX-License-Identifier: MIT */
/*
 * Random numbers for the kernel and for user space (random(4), random(7), getrandom(2)).
 *
 *   sources --absorb--> pool (a 256-bit key) --reseed (a minute apart)--> generator key --> output
 *
 * absorb() replaces the pool key by a ChaCha20 block of (key xor input): one-way, so what is in the
 * pool can neither be computed back nor chosen by who gives input without knowing it. The generator
 * does fast key erasure: each request's first 32 bytes of key stream become the next key, so that a
 * later look into memory does not give away earlier output.
 *
 * Entropy is counted (in bits, pessimistically) only to know when the pool was first unpredictable:
 * 256 bits once are enough for ever.
 *
 * Lock: rng_lock, IRQs off, a leaf.
 */
#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/random.h>
#include <lib/chacha20.h>
#include <lib/string.h>
#include <kernel/hrtimer.h>
#include <kernel/init.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/random.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include <uapi/random.h>
#include "random.h"

#define KEY_SIZE	CHACHA20_KEY_SIZE
#define SEEDED_BITS	256
#define RESEED_INTERVAL (60 * NSEC_PER_SEC)

static DEFINE_SPINLOCK(rng_lock);
static DECLARE_WAIT_QUEUE_HEAD(seeded_wait);

/* All (rng_lock); seeded is read without. */
static u8 pool_key[KEY_SIZE];
static u8 gen_key[KEY_SIZE];
static unsigned int pool_bits;
static bool pool_is_newer; /* than the generator's key */
static ktime_t last_reseed;
static bool seeded;
static bool started; /* by xchg */

static const u8 absorb_nonce[12] = "keel absorb";
static const u8 reseed_nonce[12] = "keel reseed";
static const u8 output_nonce[12] = "keel output";

/* ---- the pool -------------------------------------------------------------------------------- */

/* rng_lock held, as for all of this section. */
static void absorb_block(const u8 *in, size_t len)
{
	u8 key[KEY_SIZE], out[CHACHA20_BLOCK_SIZE];
	struct chacha20_state st;

	memcpy(key, pool_key, KEY_SIZE);
	for (size_t i = 0; i < len; i++)
		key[i] ^= in[i];
	chacha20_init(&st, key, len, absorb_nonce);
	chacha20_block(&st, out);
	memcpy(pool_key, out, KEY_SIZE);
	memzero_explicit(key, sizeof(key));
	memzero_explicit(out, sizeof(out));
	pool_is_newer = true;
}

static void absorb(const void *buf, size_t len)
{
	const u8 *in = buf;

	while (len) {
		size_t n = min_t(size_t, len, KEY_SIZE);

		absorb_block(in, n);
		in += n;
		len -= n;
	}
}

static void reseed(void)
{
	struct chacha20_state st;
	u8 out[CHACHA20_BLOCK_SIZE];

	absorb(gen_key, KEY_SIZE);
	chacha20_init(&st, pool_key, 0, reseed_nonce);
	chacha20_block(&st, out);
	memcpy(gen_key, out, KEY_SIZE);
	memcpy(pool_key, out + KEY_SIZE, KEY_SIZE);
	memzero_explicit(out, sizeof(out));
	pool_is_newer = false;
	last_reseed = ktime_get_coarse();
}

/* True when the pool has just become unpredictable. */
static bool credit(unsigned int bits)
{
	if (seeded)
		return false;
	pool_bits = min(pool_bits + bits, (unsigned int)SEEDED_BITS);
	if (pool_bits < SEEDED_BITS)
		return false;
	reseed();
	smp_store_release(&seeded, true);
	return true;
}

static void mix(const void *buf, size_t len, unsigned int bits)
{
	unsigned long irq;
	bool ready;

	spin_lock_irqsave(&rng_lock, irq);
	absorb(buf, len);
	ready = credit(bits);
	spin_unlock_irqrestore(&rng_lock, irq);
	if (ready)
		wake_up_all(&seeded_wait);
}

/*
 * What differs from machine to machine and boot to boot, but that an enemy may know: credits
 * nothing.
 */
void add_device_randomness(const void *buf, size_t len)
{
	u64 now = get_cycles();

	mix(&now, sizeof(now), 0);
	mix(buf, len, 0);
}

void add_hwgenerator_randomness(const void *buf, size_t len, size_t bits)
{
	mix(buf, len, bits);
}

bool rng_is_initialized(void)
{
	if (unlikely(!READ_ONCE(started)))
		random_init_early();
	return smp_load_acquire(&seeded);
}

unsigned int rng_entropy_bits(void)
{
	return READ_ONCE(pool_bits);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

#define IRQ_BATCH 64

struct irq_pool {
	u64 x[4];
	unsigned int count;
};
static DEFINE_PER_CPU(struct irq_pool, irq_pool);

/* One bit is credited for 64 interrupts: their times are partly an enemy's choice. */
void add_interrupt_randomness(int irq)
{
	struct irq_pool *p = this_cpu_ptr(&irq_pool);
	u64 *x = &p->x[p->count & 3];

	*x = ((*x << 7) | (*x >> 57)) ^ get_cycles() ^ ((u64)irq << 48);
	if (++p->count < IRQ_BATCH)
		return;
	p->count = 0;
	mix(p->x, sizeof(p->x), 1);
}

/* ---- output ---------------------------------------------------------------------------------- */

/*
 * A key stream of its own for one request; the generator has forgotten it when this returns. The
 * first request starts the generator.
 */
static void new_stream(struct chacha20_state *st)
{
	u8 out[CHACHA20_BLOCK_SIZE];
	unsigned long irq;

	if (unlikely(!READ_ONCE(started)))
		random_init_early();
	spin_lock_irqsave(&rng_lock, irq);
	if (pool_is_newer && (!seeded || ktime_get_coarse() - last_reseed > RESEED_INTERVAL))
		reseed();
	chacha20_init(st, gen_key, 0, output_nonce);
	chacha20_block(st, out);
	memcpy(gen_key, out, KEY_SIZE);
	spin_unlock_irqrestore(&rng_lock, irq);
	chacha20_init(st, out + KEY_SIZE, 0, output_nonce);
	memzero_explicit(out, sizeof(out));
}

void get_random_bytes(void *buf, size_t len)
{
	struct chacha20_state st;
	u8 block[CHACHA20_BLOCK_SIZE], *out = buf;

	new_stream(&st);
	while (len) {
		size_t n = min_t(size_t, len, sizeof(block));

		chacha20_block(&st, block);
		memcpy(out, block, n);
		out += n;
		len -= n;
	}
	memzero_explicit(block, sizeof(block));
	memzero_explicit(&st, sizeof(st));
}

u64 get_random_u64(void)
{
	u64 v;

	get_random_bytes(&v, sizeof(v));
	return v;
}

u32 get_random_u32(void)
{
	return get_random_u64();
}

/* Lemire's method: multiply, and reject the few values that would be too likely. */
u32 get_random_u32_below(u32 ceil)
{
	u64 product = (u64)get_random_u32() * ceil;

	while ((u32)product < -ceil % ceil)
		product = (u64)get_random_u32() * ceil;
	return product >> 32;
}

/*
 * To the user in blocks; bytes done (a signal may end it after the first 4096), or -EFAULT, -EINTR.
 */
ssize_t random_to_user(char __user *buf, size_t len)
{
	struct chacha20_state st;
	u8 block[CHACHA20_BLOCK_SIZE];
	size_t done = 0;

	new_stream(&st);
	while (done < len) {
		size_t n = min_t(size_t, len - done, sizeof(block)), left;

		chacha20_block(&st, block);
		left = copy_to_user(buf + done, block, n);
		done += n - left;
		if (left)
			break;
		if (done % SZ_4K == 0) {
			if (signal_pending(current))
				break;
			cond_resched();
		}
	}
	memzero_explicit(block, sizeof(block));
	memzero_explicit(&st, sizeof(st));
	return done || !len ? (ssize_t)done : -EFAULT;
}

/* ---- seeding --------------------------------------------------------------------------------- */

static unsigned int seed_from_cpu(void)
{
	unsigned long v[KEY_SIZE / sizeof(long)];
	unsigned int n = 0;

	while (n < ARRAY_SIZE(v) && arch_get_random_long(&v[n]))
		n++;
	mix(v, n * sizeof(v[0]), n * BITS_PER_LONG);
	memzero_explicit(v, sizeof(v));
	return n;
}

void random_init_early(void)
{
	if (xchg(&started, true))
		return;
	add_device_randomness(&boot_info.mem, sizeof(boot_info.mem));
	add_device_randomness(boot_info.cmdline, strlen(boot_info.cmdline));
	mix(boot_info.rng_seed, boot_info.rng_seed_len, boot_info.rng_seed_len * 8);
	memzero_explicit(boot_info.rng_seed, sizeof(boot_info.rng_seed));
	boot_info.rng_seed_len = 0;
	seed_from_cpu();
}

/*
 * Without firmware and CPU to give entropy: how long short sleeps take, in cycles. A sample counts
 * one bit when its first, second and third differences are all other than before.
 */
static void seed_from_jitter(void)
{
	u64 last = get_cycles();
	s64 delta = 0, delta2 = 0;

	while (!rng_is_initialized() && !signal_pending(current)) {
		u64 now;
		s64 d, d2, d3;

		usleep_range(50, 100);
		now = get_cycles();
		d = now - last;
		d2 = d - delta;
		d3 = d2 - delta2;
		mix(&now, sizeof(now), d && d2 && d3 ? 1 : 0);
		last = now;
		delta = d;
		delta2 = d2;
	}
}

int wait_for_random_bytes(void)
{
	if (rng_is_initialized())
		return 0;
	seed_from_jitter();
	return wait_event_interruptible(seeded_wait, rng_is_initialized());
}

/* getrandom(2) */
SYSCALL_DEFINE3(getrandom, char __user *, buf, size_t, len, unsigned int, flags)
{
	int err;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & (GRND_INSECURE | GRND_RANDOM)) == (GRND_INSECURE | GRND_RANDOM))
		return -EINVAL;
	if (!rng_is_initialized() && !(flags & GRND_INSECURE)) {
		if (flags & GRND_NONBLOCK)
			return -EAGAIN;
		err = wait_for_random_bytes();
		if (err)
			return err;
	}
	return random_to_user(buf, min_t(size_t, len, INT_MAX));
}

/* Now at the latest, whether anybody has asked or not: boot_info is read-only when boot is over. */
static int random_init(void)
{
	random_init_early();
	return 0;
}
core_initcall(random_init);
