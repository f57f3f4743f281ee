/* SPDX-License-Identifier: MIT */
/*
 * Atomic operations on user words for futex(2), and the string copy; a faulting access is reported,
 * never followed.
 */
#include <arch/uaccess.h>
#include <uapi/errno.h>
#include <uapi/futex.h>
#include <asm/extable.h>

#define FIXUP_EFAULT(err)                               \
	"2: " CLAC ".pushsection .text.fixup, \"ax\"\n" \
	"3: movl $-14, %" #err "\n"                     \
	"jmp 2b\n"                                      \
	".popsection\n" EXTABLE("1b", "3b")

int arch_futex_cmpxchg(u32 __user *p, u32 old, u32 new, u32 *seen)
{
	u32 __force *addr = (u32 __force *)p;
	int err = 0;

	__asm__ __volatile__(STAC "1: lock; cmpxchgl %3, %2\n" FIXUP_EFAULT(0)
			     : "+r"(err), "+a"(old), "+m"(*addr)
			     : "r"(new)
			     : "memory", "cc");
	*seen = old;
	return err;
}

static int user_xchg(u32 *addr, u32 val, u32 *old)
{
	int err = 0;

	__asm__ __volatile__(STAC "1: xchgl %1, %2\n" FIXUP_EFAULT(0)
			     : "+r"(err), "+r"(val), "+m"(*addr)
			     :
			     : "memory");
	*old = val;
	return err;
}

static int user_xadd(u32 *addr, u32 val, u32 *old)
{
	int err = 0;

	__asm__ __volatile__(STAC "1: lock; xaddl %1, %2\n" FIXUP_EFAULT(0)
			     : "+r"(err), "+r"(val), "+m"(*addr)
			     :
			     : "memory", "cc");
	*old = val;
	return err;
}

static u32 futex_apply(int op, u32 val, u32 arg)
{
	switch (op) {
	case FUTEX_OP_OR:
		return val | arg;
	case FUTEX_OP_ANDN:
		return val & ~arg;
	default:
		return val ^ arg;
	}
}

int arch_futex_op(int op, u32 oparg, int *oldval, u32 __user *p)
{
	u32 old, seen;
	int err;

	switch (op) {
	case FUTEX_OP_SET:
		return user_xchg((u32 __force *)p, oparg, (u32 *)oldval);
	case FUTEX_OP_ADD:
		return user_xadd((u32 __force *)p, oparg, (u32 *)oldval);
	case FUTEX_OP_OR:
	case FUTEX_OP_ANDN:
	case FUTEX_OP_XOR:
		break;
	default:
		return -ENOSYS;
	}
	err = raw_get_user(seen, p);
	do {
		if (err)
			return err;
		old = seen;
		err = arch_futex_cmpxchg(p, old, futex_apply(op, old, oparg), &seen);
	} while (err || seen != old);
	*oldval = (int)old;
	return 0;
}

#define ONES  0x0101010101010101ull
#define HIGHS 0x8080808080808080ull

/* Eight bytes, or byte by byte up to the next page, which need not be there. */
long raw_strncpy_from_user(char *dst, const char __user *src, long n)
{
	long done = 0;

	while (done < n) {
		unsigned long addr = (unsigned long)src + done;
		u64 word, zero;
		char c;

		if (n - done >= 8 && (addr & ~PAGE_MASK) <= PAGE_SIZE - 8) {
			if (raw_get_user(word, (const u64 __user *)addr))
				return -EFAULT;
			__builtin_memcpy(dst + done, &word, 8);
			zero = (word - ONES) & ~word & HIGHS;
			if (zero)
				return done + (__builtin_ctzll(zero) >> 3);
			done += 8;
			continue;
		}
		if (raw_get_user(c, (const char __user *)addr))
			return -EFAULT;
		dst[done] = c;
		if (!c)
			return done;
		done++;
	}
	return n;
}
