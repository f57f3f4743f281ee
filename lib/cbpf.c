/* SPDX-License-Identifier: MIT */
/* Classic BPF: the check before a program is taken, and the interpreter. See lib/cbpf.h. */
#include <lib/cbpf.h>
#include <lib/compiler.h>
#include <lib/errno.h>
#include <lib/string.h>

static bool alu_is_valid(const struct sock_filter *f)
{
	bool k = BPF_SRC(f->code) == BPF_K;

	switch (BPF_OP(f->code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return true;
	case BPF_NEG:
		return k;
	case BPF_DIV:
	case BPF_MOD:
		return !k || f->k;
	case BPF_LSH:
	case BPF_RSH:
		return !k || f->k < 32;
	default:
		return false;
	}
}

static bool jump_is_valid(const struct sock_filter *f, unsigned int left)
{
	switch (BPF_OP(f->code)) {
	case BPF_JA:
		return BPF_SRC(f->code) == BPF_K && f->k < left;
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET:
		return f->jt < left && f->jf < left;
	default:
		return false;
	}
}

static bool load_is_valid(const struct sock_filter *f)
{
	bool word = BPF_SIZE(f->code) == BPF_W;

	switch (BPF_MODE(f->code)) {
	case BPF_ABS:
	case BPF_IND:
		return BPF_CLASS(f->code) == BPF_LD && BPF_SIZE(f->code) != 0x18;
	case BPF_IMM:
	case BPF_LEN:
		return word;
	case BPF_MEM:
		return word && f->k < BPF_MEMWORDS;
	case BPF_MSH:
		return f->code == (BPF_LDX | BPF_B | BPF_MSH);
	default:
		return false;
	}
}

/* @left: how many instructions follow. */
static bool insn_is_valid(const struct sock_filter *f, unsigned int left)
{
	if (f->code > 0xff)
		return false;
	switch (BPF_CLASS(f->code)) {
	case BPF_LD:
	case BPF_LDX:
		return load_is_valid(f);
	case BPF_ST:
	case BPF_STX:
		return f->code == BPF_CLASS(f->code) && f->k < BPF_MEMWORDS;
	case BPF_ALU:
		return alu_is_valid(f);
	case BPF_JMP:
		return jump_is_valid(f, left);
	case BPF_RET:
		return f->code == (BPF_RET | BPF_K) || f->code == (BPF_RET | BPF_A);
	default:
		return f->code == (BPF_MISC | BPF_TAX) || f->code == (BPF_MISC | BPF_TXA);
	}
}

/*
 * No path may read a scratch word that it did not write: it would see what the stack held.
 * may[i] has the words that every jump to instruction i had written. Jumps go forward, so one pass
 * in order sees them all.
 */
static int check_scratch(const struct sock_filter *prog, unsigned int len, u16 *may)
{
	u16 have = 0;

	memset(may, 0xff, len * sizeof(*may));
	for (unsigned int i = 0; i < len; i++) {
		const struct sock_filter *f = &prog[i];

		have &= may[i];
		switch (BPF_CLASS(f->code)) {
		case BPF_ST:
		case BPF_STX:
			have |= 1 << f->k;
			break;
		case BPF_LD:
		case BPF_LDX:
			if (BPF_MODE(f->code) == BPF_MEM && !(have & 1 << f->k))
				return -EINVAL;
			break;
		case BPF_JMP:
			if (BPF_OP(f->code) == BPF_JA) {
				may[i + 1 + f->k] &= have;
			} else {
				may[i + 1 + f->jt] &= have;
				may[i + 1 + f->jf] &= have;
			}
			have = 0xffff;
			break;
		case BPF_RET:
			have = 0xffff; /* only jumps lead to what follows */
			break;
		}
	}
	return 0;
}

int cbpf_check(const struct sock_filter *prog, unsigned int len, u16 *scratch)
{
	if (!len || len > BPF_MAXINSNS || BPF_CLASS(prog[len - 1].code) != BPF_RET)
		return -EINVAL;
	for (unsigned int i = 0; i < len; i++)
		if (!insn_is_valid(&prog[i], len - i - 1))
			return -EINVAL;
	return check_scratch(prog, len, scratch);
}

static u32 alu(u16 op, u32 a, u32 v)
{
	switch (op) {
	case BPF_ADD:
		return a + v;
	case BPF_SUB:
		return a - v;
	case BPF_MUL:
		return a * v;
	case BPF_AND:
		return a & v;
	case BPF_OR:
		return a | v;
	case BPF_XOR:
		return a ^ v;
	case BPF_DIV:
		return a / v;
	case BPF_MOD:
		return a % v;
	case BPF_LSH:
		return a << (v & 31);
	case BPF_RSH:
		return a >> (v & 31);
	default:
		return -a; /* BPF_NEG */
	}
}

static bool jump_taken(u16 op, u32 a, u32 v)
{
	switch (op) {
	case BPF_JEQ:
		return a == v;
	case BPF_JGT:
		return a > v;
	case BPF_JGE:
		return a >= v;
	default:
		return a & v; /* BPF_JSET */
	}
}

/* BPF_LD and BPF_LDX. False: the data ends before. */
static bool do_load(const struct sock_filter *f, const struct cbpf_data *data, const u32 *mem,
		    u32 x, u32 *val)
{
	unsigned int size = BPF_SIZE(f->code) == BPF_W ? 4 : BPF_SIZE(f->code) == BPF_H ? 2 : 1;

	switch (BPF_MODE(f->code)) {
	case BPF_IMM:
		*val = f->k;
		return true;
	case BPF_LEN:
		*val = data->len;
		return true;
	case BPF_MEM:
		*val = mem[f->k];
		return true;
	case BPF_ABS:
		return data->load(data, f->k, size, val);
	case BPF_IND:
		return x + f->k >= x && data->load(data, x + f->k, size, val);
	default: /* BPF_MSH: the length of an IP header */
		if (!data->load(data, f->k, 1, val))
			return false;
		*val = (*val & 0xf) << 2;
		return true;
	}
}

u32 cbpf_run(const struct sock_filter *f, const struct cbpf_data *data)
{
	u32 a = 0, x = 0, v, mem[BPF_MEMWORDS];

	for (;; f++) {
		v = BPF_SRC(f->code) == BPF_X ? x : f->k;
		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
			if (!do_load(f, data, mem, x, &a))
				return 0;
			break;
		case BPF_LDX:
			if (!do_load(f, data, mem, x, &x))
				return 0;
			break;
		case BPF_ST:
			mem[f->k] = a;
			break;
		case BPF_STX:
			mem[f->k] = x;
			break;
		case BPF_ALU:
			if (unlikely(!v &&
				     (BPF_OP(f->code) == BPF_DIV || BPF_OP(f->code) == BPF_MOD)))
				return 0;
			a = alu(BPF_OP(f->code), a, v);
			break;
		case BPF_JMP:
			f += BPF_OP(f->code) == BPF_JA	       ? f->k :
			     jump_taken(BPF_OP(f->code), a, v) ? f->jt :
								 f->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(f->code) == BPF_A ? a : f->k;
		default:
			if (BPF_MISCOP(f->code) == BPF_TAX)
				x = a;
			else
				a = x;
		}
	}
}
