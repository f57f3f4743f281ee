/* SPDX-License-Identifier: MIT */
/*
 * User strings and user atomics. Strings go eight bytes at a time by loads that do not cross a
 * page; atomics are exclusive loops inside a PAN window, since the exclusives have no unprivileged
 * form.
 */
#include <lib/types.h>
#include <lib/errno.h>
#include <arch/uaccess.h>
#include <uapi/futex.h>
#include <asm/sysreg.h>

#define ONES  0x0101010101010101UL
#define HIGHS 0x8080808080808080UL

/* As set_pan in <asm/assembler.h>. */
#define SET_PAN(n)                           \
	"661:	nop\n"                         \
	".pushsection .pan_sites, \"a\"\n"   \
	".balign 4\n"                        \
	".long 661b - .\n"                   \
	".long 0xd500409f | (" #n " << 8)\n" \
	".popsection\n"

/* The index of the first zero byte of @v (little endian), or 8. */
static inline unsigned int first_zero_byte(u64 v)
{
	u64 zeros = (v - ONES) & ~v & HIGHS;

	return zeros ? __builtin_ctzl(zeros) / 8 : 8;
}

static long strncpy_bytes(char *dst, const char __user *src, long done, long n)
{
	u64 c;

	for (; done < n; done++) {
		if (__raw_get_user_1(&c, src + done))
			return -EFAULT;
		dst[done] = (char)c;
		if (!c)
			return done;
	}
	return n;
}

/*
 * The first load takes the eight bytes at @src, the next ones start at multiples of eight and so
 * stay inside a page. Up to seven bytes of @dst behind the terminator, but inside @n, are written
 * too.
 */
long raw_strncpy_from_user(char *dst, const char __user *src, long n)
{
	unsigned long off = (unsigned long)src & (PAGE_SIZE - 1);
	long done = 0, len;
	u64 v;

	if (off > PAGE_SIZE - 8) {
		done = PAGE_SIZE - off;
		if (done > n)
			done = n;
		len = strncpy_bytes(dst, src, 0, done);
		if (len != done)
			return len;
	}
	while (n - done >= 8) {
		if (__raw_get_user_8(&v, src + done))
			return -EFAULT;
		__builtin_memcpy(dst + done, &v, 8);
		len = first_zero_byte(v);
		if (len < 8)
			return done + len;
		done += 8 - (((unsigned long)src + done) & 7);
	}
	return strncpy_bytes(dst, src, done, n);
}

/* Assembly, one instruction a line. */
/* clang-format off */

/* A fault inside ends the PAN window too, at label 4. */
#define FUTEX_FAULTS                                                                       \
	"4:\n" SET_PAN(1)                                                                  \
	".pushsection .text.fixup, \"ax\"\n"                                              \
	"5:	mov	%w[err], #-14\n"                                                  \
	"	b	4b\n"                                                             \
	".popsection\n" _ASM_EXTABLE(1b, 5b) _ASM_EXTABLE(2b, 5b)

/* Full barrier: store-release, and a dmb once the value is in place or known to differ. */
int arch_futex_cmpxchg(u32 __user *p, u32 old, u32 new, u32 *seen)
{
	u32 val = 0, fail;
	int err = 0;

	asm volatile(SET_PAN(0)
		     "1:	ldxr	%w[val], [%[p]]\n"
		     "	cmp	%w[val], %w[old]\n"
		     "	b.ne	3f\n"
		     "2:	stlxr	%w[fail], %w[new], [%[p]]\n"
		     "	cbnz	%w[fail], 1b\n"
		     "3:	dmb	ish\n" FUTEX_FAULTS
		     : [val] "+&r"(val), [fail] "=&r"(fail), [err] "+r"(err)
		     : [p] "r"((__force void *)p), [old] "r"(old), [new] "r"(new)
		     : "cc", "memory");
	*seen = val;
	return err;
}

/* *p = f(*p, oparg); the old value in @old. */
#define FUTEX_ATOMIC(insn)                                                                 \
	asm volatile(SET_PAN(0)                                                            \
		     "1:	ldxr	%w[old], [%[p]]\n" insn "\n"                       \
		     "2:	stlxr	%w[fail], %w[new], [%[p]]\n"                       \
		     "	cbnz	%w[fail], 1b\n"                                           \
		     "	dmb	ish\n" FUTEX_FAULTS                                       \
		     : [old] "+&r"(old), [new] "=&r"(new), [fail] "=&r"(fail),             \
		       [err] "+r"(err)                                                     \
		     : [p] "r"((__force void *)p), [arg] "r"(oparg)                        \
		     : "memory")
/* clang-format on */

int arch_futex_op(int op, u32 oparg, int *oldval, u32 __user *p)
{
	u32 old = 0, new, fail;
	int err = 0;

	switch (op) {
	case FUTEX_OP_SET:
		FUTEX_ATOMIC("	mov	%w[new], %w[arg]");
		break;
	case FUTEX_OP_ADD:
		FUTEX_ATOMIC("	add	%w[new], %w[old], %w[arg]");
		break;
	case FUTEX_OP_OR:
		FUTEX_ATOMIC("	orr	%w[new], %w[old], %w[arg]");
		break;
	case FUTEX_OP_ANDN:
		FUTEX_ATOMIC("	bic	%w[new], %w[old], %w[arg]");
		break;
	case FUTEX_OP_XOR:
		FUTEX_ATOMIC("	eor	%w[new], %w[old], %w[arg]");
		break;
	default:
		return -ENOSYS;
	}
	*oldval = (int)old;
	return err;
}
