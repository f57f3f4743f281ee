/* SPDX-License-Identifier: MIT */
/*
 * CONFIG_UBSAN: the compiler calls these when an operation has no defined result (shifts too far,
 * an index outside of its array, a misaligned pointer, a bool that is neither 0 nor 1, ...). Each
 * place in the source reports once: its data has the place, whose column is overwritten. The
 * layouts of the data are those of gcc and clang. The kernel goes on.
 */
#include <kernel/bug.h>
#include <kernel/printk.h>
#include <kernel/sched.h>

#define REPORTED (~0u)

struct location {
	const char *file;
	u32 line, column;
};

struct type_descriptor {
	u16 kind; /* 0: integer, 1: floating point */
	u16 info; /* integer: bit 0 signed, then log2 of the width in bits */
	char name[];
};

struct overflow_data {
	struct location loc;
	struct type_descriptor *type;
};

struct mismatch_data {
	struct location loc;
	struct type_descriptor *type;
	u8 log_alignment, kind;
};

struct bounds_data {
	struct location loc;
	struct type_descriptor *array_type, *index_type;
};

struct shift_data {
	struct location loc;
	struct type_descriptor *left_type, *right_type;
};

struct load_data {
	struct location loc;
	struct type_descriptor *type;
};

struct nonnull_data {
	struct location loc, attr_loc;
	int arg_index;
};

struct plain_data {
	struct location loc;
};

/* False: this place was reported already. */
static bool report_begin(struct location *loc, const char *what)
{
	u32 column = __atomic_exchange_n(&loc->column, REPORTED, __ATOMIC_RELAXED);

	if (column == REPORTED)
		return false;
	pr_err("BUG: UBSAN: %s at %s:%u:%u by %s/%d\n", what, loc->file, loc->line, column,
	       current->comm, current->pid);
	return true;
}

static void report_end(void)
{
	dump_stack();
}

static void report(struct location *loc, const char *what)
{
	if (report_begin(loc, what))
		report_end();
}

/* Values narrower than a word come in it, others by address. */
static s64 value_of(const struct type_descriptor *type, unsigned long value)
{
	unsigned int bits = 1u << (type->info >> 1);

	if (type->kind)
		return 0;
	if (bits > 64)
		return *(s64 *)value;
	if ((type->info & 1) && bits < 64)
		return (s64)(value << (64 - bits)) >> (64 - bits);
	return value;
}

/* All names are the compiler's. */
#define HANDLER(name, ...)                       \
	void __ubsan_handle_##name(__VA_ARGS__); \
	void __ubsan_handle_##name(__VA_ARGS__)

#define OVERFLOW(fn, what)                                                                        \
	HANDLER(fn, struct overflow_data *data, unsigned long lhs, unsigned long rhs)             \
	{                                                                                         \
		if (!report_begin(&data->loc, what))                                              \
			return;                                                                   \
		pr_err("UBSAN: %lld and %lld of type %s\n", (long long)value_of(data->type, lhs), \
		       (long long)value_of(data->type, rhs), data->type->name);                   \
		report_end();                                                                     \
	}

OVERFLOW(add_overflow, "addition overflows")
OVERFLOW(sub_overflow, "subtraction overflows")
OVERFLOW(mul_overflow, "multiplication overflows")
OVERFLOW(divrem_overflow, "division overflows or is by zero")

HANDLER(negate_overflow, struct overflow_data *data, unsigned long value)
{
	report(&data->loc, "negation overflows");
}

HANDLER(pointer_overflow, struct plain_data *data, unsigned long base, unsigned long result)
{
	if (!report_begin(&data->loc, "pointer arithmetic overflows"))
		return;
	pr_err("UBSAN: %#lx became %#lx\n", base, result);
	report_end();
}

HANDLER(type_mismatch_v1, struct mismatch_data *data, unsigned long ptr)
{
	const char *what = !ptr ? "null pointer is used" :
			   (ptr & ((1ul << data->log_alignment) - 1)) ?
				  "misaligned pointer is used" :
				  "object is too small for what is read or written";

	if (!report_begin(&data->loc, what))
		return;
	pr_err("UBSAN: %#lx for an object of type %s, alignment %lu\n", ptr, data->type->name,
	       1ul << data->log_alignment);
	report_end();
}

HANDLER(out_of_bounds, struct bounds_data *data, unsigned long index)
{
	if (!report_begin(&data->loc, "index outside of its array"))
		return;
	pr_err("UBSAN: index %lld of %s\n", (long long)value_of(data->index_type, index),
	       data->array_type->name);
	report_end();
}

HANDLER(shift_out_of_bounds, struct shift_data *data, unsigned long lhs, unsigned long rhs)
{
	if (!report_begin(&data->loc, "shift out of bounds"))
		return;
	pr_err("UBSAN: %lld of type %s by %lld\n", (long long)value_of(data->left_type, lhs),
	       data->left_type->name, (long long)value_of(data->right_type, rhs));
	report_end();
}

HANDLER(load_invalid_value, struct load_data *data, unsigned long value)
{
	if (!report_begin(&data->loc, "value outside of its type"))
		return;
	pr_err("UBSAN: %lu as %s\n", value, data->type->name);
	report_end();
}

HANDLER(nonnull_arg, struct nonnull_data *data)
{
	report(&data->loc, "null for an argument that must not be");
}

HANDLER(vla_bound_not_positive, struct plain_data *data, unsigned long bound)
{
	report(&data->loc, "array of no or negative size");
}

HANDLER(invalid_builtin, struct plain_data *data)
{
	report(&data->loc, "builtin with a value it is not defined for");
}

/* Nothing sane can follow. */
HANDLER(builtin_unreachable, struct plain_data *data)
{
	report(&data->loc, "code that cannot be reached was reached");
	panic("UBSAN: unreachable code at %s:%u", data->loc.file, data->loc.line);
}

HANDLER(missing_return, struct plain_data *data)
{
	panic("UBSAN: end of a function without a value at %s:%u", data->loc.file, data->loc.line);
}
