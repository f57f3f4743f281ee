/* SPDX-License-Identifier: MIT */
/*
 * Maps the vDSO into new programs: [vvar], the data page, then the arch's image (<arch/elf.h>),
 * whole pages of the kernel's read-only data.
 */
#include <lib/err.h>
#include <kernel/init.h>
#include <kernel/vdso.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <arch/elf.h>

static struct page *vvar_pages[2];
static struct page **vdso_pages;
static struct vm_special_mapping vvar_mapping = {.name = "[vvar]", .pages = vvar_pages};
static struct vm_special_mapping vdso_mapping = {.name = "[vdso]"};

static unsigned long image_size(void)
{
	return PAGE_ALIGN((unsigned long)(vdso_image_end - vdso_image_start));
}

int vdso_map(struct mm_struct *mm)
{
	const unsigned long may = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
	struct vm_area_struct *vma;
	unsigned long addr;

	if (!vdso_pages)
		return 0;
	addr = get_unmapped_area(mm, NULL, 0, PAGE_SIZE + image_size(), 0, 0);
	if (IS_ERR_VALUE(addr))
		return (long)addr;
	vma = install_special_mapping(mm, addr, PAGE_SIZE, VM_READ | VM_MAYREAD, &vvar_mapping);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	vma = install_special_mapping(mm, addr + PAGE_SIZE, image_size(), VM_READ | VM_EXEC | may,
				      &vdso_mapping);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	mm->vdso = (void *)(addr + PAGE_SIZE);
	return 0;
}

static int __init vdso_init(void)
{
	unsigned long n = image_size() >> PAGE_SHIFT;

	vdso_pages = kcalloc(n + 1, sizeof(*vdso_pages), GFP_KERNEL);
	if (!vdso_pages)
		return -ENOMEM;
	for (unsigned long i = 0; i < n; i++)
		vdso_pages[i] = phys_to_page(__pa_symbol(vdso_image_start + i * PAGE_SIZE));
	vdso_mapping.pages = vdso_pages;
	vvar_pages[0] = phys_to_page(__pa_symbol(vdso_data_page));
	return 0;
}
core_initcall(vdso_init);
