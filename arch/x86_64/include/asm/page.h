/* SPDX-License-Identifier: MIT */
/* Whole pages. arch/x86_64/lib/page.S */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

void clear_page(void *page);
void copy_page(void *to, const void *from);

#endif
