/* SPDX-License-Identifier: MIT */
#include <lib/elf.h>
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct elf64_phdr phdrs[ELF_MAX_PHDRS];
	struct elf_params params = {
		.machine = EM_X86_64,
		.page_size = 4096,
		.address_limit = 0x7ffffffff000,
		.file_size = size,
	};
	struct elf_image img;

	if (elf_check_header(data, size, &params, &img))
		return 0;
	memcpy(phdrs, data + img.phoff, img.phnum * sizeof(phdrs[0]));
	if (!elf_check_program(phdrs, &params, &img) &&
	    (img.entry < img.low || img.entry >= img.high))
		__builtin_trap();
	return 0;
}
