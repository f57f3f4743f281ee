/* SPDX-License-Identifier: MIT */
/* Whole pages. arch/x86_64/lib/page.c */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#include <lib/types.h>

void clear_page(void *page);
void copy_page(void *to, const void *from);

/* Their parts in memcpy.S; those with AVX are for fpu.c to allow. */
extern bool page_ops_avx;
void clear_page_rep(void *page);
void copy_page_rep(void *to, const void *from);
void clear_page_avx(void *page);
void copy_page_avx(void *to, const void *from);

#endif
