/* SPDX-License-Identifier: MIT */
/*
 * exec's argument strings. They are copied straight into the top of the new program's stack,
 * highest first, while that address space belongs to nobody: a page of it is pinned at a time and
 * written by its kernel address, so nothing faults and a failure just drops the mm.
 *
 *   top-8       0
 *               the file's name (AT_EXECFN)
 *               environment strings, last first
 *   bprm->p ->  argument strings, last first; a script puts more in front
 */
#include <lib/err.h>
#include <lib/string.h>
#include <kernel/binfmts.h>
#include <kernel/sched_signal.h>
#include <kernel/uaccess.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <uapi/limits.h>
#include "exec.h"

static int pin_stack_page(struct mm_struct *mm, unsigned long addr, struct page **page)
{
	struct vm_area_struct *vma;
	int err = 0;

	mmap_write_lock(mm);
	vma = find_vma(mm, addr);
	if (!vma)
		err = -EFAULT;
	else if (vma->vm_start > addr)
		err = expand_stack(vma, addr);
	mmap_write_unlock(mm);
	if (err)
		return err;
	mmap_read_lock(mm);
	err = get_user_page(mm, addr, FOLL_WRITE | FOLL_FORCE, page);
	mmap_read_unlock(mm);
	return err;
}

void *mm_cursor_at(struct mm_cursor *cur, unsigned long addr)
{
	unsigned long base = addr & PAGE_MASK;
	struct page *page;
	int err;

	if (unlikely(!cur->page || cur->addr != base)) {
		err = pin_stack_page(cur->mm, base, &page);
		if (err)
			return ERR_PTR(err);
		mm_cursor_release(cur);
		cur->page = page;
		cur->addr = base;
	}
	return (char *)page_address(cur->page) + (addr - base);
}

void mm_cursor_release(struct mm_cursor *cur)
{
	if (cur->page)
		put_page(cur->page);
	cur->page = NULL;
}

int mm_cursor_write(struct mm_cursor *cur, unsigned long to, const void *from, size_t len)
{
	while (len) {
		size_t n = min_t(size_t, len, PAGE_SIZE - (to & ~PAGE_MASK));
		void *dst = mm_cursor_at(cur, to);

		if (IS_ERR(dst))
			return PTR_ERR(dst);
		memcpy(dst, from, n);
		to += n;
		from = (const char *)from + n;
		len -= n;
	}
	return 0;
}

/* Makes room for @len bytes below the strings that are there. */
static int claim_bytes(struct linux_binprm *bprm, size_t len)
{
	if (len > bprm->p || bprm->p - len < bprm->argmin)
		return -E2BIG;
	bprm->p -= len;
	return 0;
}

/*
 * What arguments and their pointers may take, execve(2): a quarter of the stack limit, at most 6
 * MB, but 128 KiB in any case. Pointers count, so that millions of empty strings do not get past
 * it.
 */
int bprm_set_limits(struct linux_binprm *bprm)
{
	unsigned long limit = min_t(u64, rlimit(RLIMIT_STACK) / 4, _STK_LIM / 4 * 3);
	unsigned long pointers = (max(bprm->argc, 1) + (unsigned long)bprm->envc) * sizeof(void *);

	limit = max_t(unsigned long, limit, ARG_MAX);
	if (limit <= pointers)
		return -E2BIG;
	bprm->argmin = bprm->p - (limit - pointers);
	return 0;
}

static const char __user *nth_string(const struct exec_strings *v, int n)
{
	const char __user *s;

	if (get_user(s, v->user + n))
		return (__force const char __user *)ERR_PTR(-EFAULT);
	return s;
}

int count_strings(const struct exec_strings *v)
{
	int n = 0;

	if (v->kernel) {
		while (v->kernel[n])
			n++;
		return n;
	}
	if (!v->user)
		return 0;
	for (;; n++) {
		const char __user *s = nth_string(v, n);

		if (!s)
			return n;
		if (IS_ERR((__force void *)s))
			return -EFAULT;
		if (n == MAX_ARG_STRINGS)
			return -E2BIG;
		if ((n & 1023) == 1023) {
			if (fatal_signal_pending(current))
				return -ERESTARTNOHAND;
			cond_resched();
		}
	}
}

static int copy_one_user_string(struct linux_binprm *bprm, const char __user *s)
{
	long len = strnlen_user(s, MAX_ARG_STRLEN);
	int err;

	if (!len)
		return -EFAULT;
	if (len > MAX_ARG_STRLEN)
		return -E2BIG;
	err = claim_bytes(bprm, len);
	if (err)
		return err;
	/* From the end, so that the cursor only ever moves down. */
	while (len) {
		unsigned long end = bprm->p + len;
		size_t n = min_t(size_t, len, ((end - 1) & ~PAGE_MASK) + 1);
		void *dst = mm_cursor_at(&bprm->stack, end - n);

		if (IS_ERR(dst))
			return PTR_ERR(dst);
		if (copy_from_user(dst, s + len - n, n))
			return -EFAULT;
		len -= n;
	}
	return 0;
}

int copy_string_kernel(const char *s, struct linux_binprm *bprm)
{
	size_t len = strnlen(s, MAX_ARG_STRLEN) + 1;
	int err;

	if (len > MAX_ARG_STRLEN)
		return -E2BIG;
	err = claim_bytes(bprm, len);
	return err ? err : mm_cursor_write(&bprm->stack, bprm->p, s, len);
}

int copy_strings(struct linux_binprm *bprm, const struct exec_strings *v, int n)
{
	int err = 0;

	while (n-- && !err) {
		if (v->kernel) {
			err = copy_string_kernel(v->kernel[n], bprm);
		} else {
			const char __user *s = nth_string(v, n);

			if (IS_ERR((__force void *)s))
				return -EFAULT;
			err = copy_one_user_string(bprm, s);
		}
		if ((n & 1023) == 0 && n) {
			if (fatal_signal_pending(current))
				return -ERESTARTNOHAND;
			cond_resched();
		}
	}
	return err;
}

/* A script's own argv[0] gives way to its interpreter's. */
int remove_arg_zero(struct linux_binprm *bprm)
{
	const char *c;

	if (!bprm->argc)
		return 0;
	do {
		c = mm_cursor_at(&bprm->stack, bprm->p);
		if (IS_ERR(c))
			return PTR_ERR(c);
		bprm->p++;
	} while (*c);
	bprm->argc--;
	return 0;
}
