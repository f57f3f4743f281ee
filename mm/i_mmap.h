/* SPDX-License-Identifier: MIT */
/* Walking the VMAs that map part of a page cache. i_mmap_rwsem of @mapping held. Private to mm/. */
#ifndef MM_I_MMAP_H
#define MM_I_MMAP_H

#include <mm/mm.h>
#include <mm/pagemap.h>

/* VMAs with a page in [first, last], by the offset they start at; NULL at the end. */
struct vm_area_struct *i_mmap_first(struct address_space *mapping, pgoff_t first, pgoff_t last);
struct vm_area_struct *i_mmap_next(struct vm_area_struct *vma, pgoff_t first, pgoff_t last);

#define for_each_i_mmap(vma, mapping, first, last) \
	for (vma = i_mmap_first(mapping, first, last); vma; vma = i_mmap_next(vma, first, last))

#endif
