/* SPDX-License-Identifier: MIT */
/*
 * Checks of ELF64 executables. Every error is a text for the log; the loader turns it into
 * ENOEXEC.
 */
#include <lib/elf.h>
#include <lib/string.h>

bool elf_is_elf(const void *buf, size_t len)
{
	return len >= SELFMAG && !memcmp(buf, ELFMAG, SELFMAG);
}

bool elf_wrong_machine(const void *buf, size_t len, u16 machine)
{
	const struct elf64_hdr *h = buf;

	return elf_is_elf(buf, len) && len >= offsetofend(struct elf64_hdr, e_machine) &&
	       h->e_machine != machine;
}

const char *elf_check_header(const void *buf, size_t len, const struct elf_params *params,
			     struct elf_image *img)
{
	struct elf64_hdr h;

	if (!elf_is_elf(buf, len))
		return "not an ELF file";
	if (len < sizeof(h))
		return "ELF header is truncated";
	memcpy(&h, buf, sizeof(h));
	if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB)
		return "not a 64-bit little-endian ELF file";
	if (h.e_machine != params->machine)
		return "ELF file is for another machine";
	if (h.e_ident[EI_VERSION] != EV_CURRENT || h.e_version != EV_CURRENT)
		return "unknown ELF version";
	if (h.e_type != ET_EXEC && h.e_type != ET_DYN)
		return "ELF file is not executable";
	if (h.e_phentsize != sizeof(struct elf64_phdr))
		return "ELF program headers have an unknown size";
	if (!h.e_phnum || h.e_phnum > ELF_MAX_PHDRS)
		return "ELF file has no program headers, or too many";
	if (h.e_phoff > params->file_size ||
	    params->file_size - h.e_phoff < h.e_phnum * sizeof(struct elf64_phdr))
		return "ELF program headers are outside the file";
	*img = (struct elf_image){
		.type = h.e_type,
		.phnum = h.e_phnum,
		.phoff = h.e_phoff,
		.entry = h.e_entry,
		.low = U64_MAX,
		.align = params->page_size,
	};
	return NULL;
}

/* One PT_LOAD; they must ascend. Widens the span of the image. */
static const char *check_load(const struct elf64_phdr *p, const struct elf_params *params,
			      struct elf_image *img)
{
	u64 mask = params->page_size - 1, end, file_end;

	if (p->p_filesz > p->p_memsz)
		return "ELF segment is larger in the file than in memory";
	if (check_add_overflow(p->p_offset, p->p_filesz, &file_end) ||
	    (p->p_filesz && file_end > params->file_size))
		return "ELF segment is outside the file";
	if (check_add_overflow(p->p_vaddr, p->p_memsz, &end) || end > params->address_limit ||
	    end > U64_MAX - mask)
		return "ELF segment is outside the address space";
	if (p->p_align & (p->p_align - 1))
		return "ELF segment's alignment is not a power of two";
	if ((p->p_vaddr ^ p->p_offset) & mask)
		return "ELF segment's address and offset do not agree";
	if (!p->p_memsz)
		return NULL;
	if (img->load_count && p->p_vaddr < img->brk)
		return "ELF segments overlap or do not ascend";
	if (!img->load_count)
		img->low = round_down(p->p_vaddr, params->page_size);
	img->load_count++;
	img->brk = end;
	img->high = round_up(end, params->page_size);
	img->align = max(img->align, p->p_align);
	if (img->phoff >= p->p_offset &&
	    img->phoff + img->phnum * sizeof(*p) <= p->p_offset + p->p_filesz)
		img->phdr_vaddr = img->phoff - p->p_offset + p->p_vaddr;
	return NULL;
}

static const char *check_interp(const struct elf64_phdr *p, const struct elf_params *params,
				struct elf_image *img)
{
	u64 end;

	if (img->interp_len)
		return "ELF file names two interpreters";
	if (p->p_filesz < 2 || p->p_filesz > 4096)
		return "ELF interpreter's name has a bad length";
	if (check_add_overflow(p->p_offset, p->p_filesz, &end) || end > params->file_size)
		return "ELF interpreter's name is outside the file";
	img->interp_off = p->p_offset;
	img->interp_len = p->p_filesz;
	return NULL;
}

static bool entry_is_loaded(const struct elf64_phdr *phdrs, const struct elf_image *img)
{
	for (unsigned int i = 0; i < img->phnum; i++) {
		const struct elf64_phdr *p = &phdrs[i];

		if (p->p_type == PT_LOAD && img->entry >= p->p_vaddr &&
		    img->entry - p->p_vaddr < p->p_memsz)
			return true;
	}
	return false;
}

const char *elf_check_program(const struct elf64_phdr *phdrs, const struct elf_params *params,
			      struct elf_image *img)
{
	for (unsigned int i = 0; i < img->phnum; i++) {
		const struct elf64_phdr *p = &phdrs[i];
		const char *error = NULL;

		if (p->p_type == PT_LOAD) {
			if (!img->load_count)
				img->first_load = i;
			error = check_load(p, params, img);
		} else if (p->p_type == PT_INTERP) {
			error = check_interp(p, params, img);
		} else if (p->p_type == PT_GNU_STACK) {
			img->has_stack = true;
			img->exec_stack = p->p_flags & PF_X;
		} else if (p->p_type == PT_GNU_PROPERTY && p->p_offset <= params->file_size &&
			   p->p_filesz <= params->file_size - p->p_offset) {
			img->gnu_property_off = p->p_offset;
			img->gnu_property_len = p->p_filesz;
		}
		if (error)
			return error;
	}
	if (!img->load_count)
		return "ELF file has nothing to load";
	if (!entry_is_loaded(phdrs, img))
		return "ELF entry point is outside the segments";
	return NULL;
}
