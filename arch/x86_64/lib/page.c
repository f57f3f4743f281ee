/* SPDX-License-Identifier: MIT */
/* clear_page() and copy_page(): by vector stores where the CPU has them. */
#include <kernel/preempt.h>
#include <asm/page.h>

bool page_ops_avx __ro_after_init;

void clear_page(void *page)
{
	if (!IS_ENABLED(CONFIG_X86_AVX_PAGES) || unlikely(!page_ops_avx)) {
		clear_page_rep(page);
		return;
	}
	preempt_disable();
	clear_page_avx(page);
	preempt_enable();
}

void copy_page(void *to, const void *from)
{
	if (!IS_ENABLED(CONFIG_X86_AVX_PAGES) || unlikely(!page_ops_avx)) {
		copy_page_rep(to, from);
		return;
	}
	preempt_disable();
	copy_page_avx(to, from);
	preempt_enable();
}
