/* SPDX-License-Identifier: MIT */
/* The ELF checks: a good image, each thing wrong with it, and noise. */
#include <lib/elf.h>
#include "host.h"

static const struct elf_params params = {
	.machine = EM_X86_64,
	.page_size = 4096,
	.address_limit = 0x7ffffffff000,
	.file_size = 0x10000,
};

static struct {
	struct elf64_hdr h;
	struct elf64_phdr p[4];
} good, f;

static void make_good(void)
{
	memset(&good, 0, sizeof(good));
	memcpy(good.h.e_ident, ELFMAG, SELFMAG);
	good.h.e_ident[EI_CLASS] = ELFCLASS64;
	good.h.e_ident[EI_DATA] = ELFDATA2LSB;
	good.h.e_ident[EI_VERSION] = EV_CURRENT;
	good.h.e_type = ET_EXEC;
	good.h.e_machine = EM_X86_64;
	good.h.e_version = EV_CURRENT;
	good.h.e_entry = 0x401080;
	good.h.e_phoff = 64;
	good.h.e_ehsize = 64;
	good.h.e_phentsize = 56;
	good.h.e_phnum = 4;
	good.p[0] = (struct elf64_phdr){PT_LOAD, PF_R, 0, 0x400000, 0x400000, 0x600, 0x600, 0x1000};
	good.p[1] = (struct elf64_phdr){PT_LOAD,  PF_R | PF_X, 0x1000, 0x401000,
					0x401000, 0x800,       0x800,  0x1000};
	good.p[2] = (struct elf64_phdr){PT_LOAD,  PF_R | PF_W, 0x1e00, 0x403e00,
					0x403e00, 0x200,       0x5000, 0x4000};
	good.p[3] = (struct elf64_phdr){PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16};
	f = good;
}

static const char *check(struct elf_image *img)
{
	const char *error = elf_check_header(&f, sizeof(f), &params, img);

	return error ? error : elf_check_program(f.p, &params, img);
}

static void test_good(void)
{
	struct elf_image img;

	make_good();
	EXPECT(!check(&img));
	EXPECT_EQ(img.low, 0x400000);
	EXPECT_EQ(img.high, 0x409000);
	EXPECT_EQ(img.brk, 0x408e00);
	EXPECT_EQ(img.align, 0x4000);
	EXPECT_EQ(img.phdr_vaddr, 0x400040);
	EXPECT_EQ(img.entry, 0x401080);
	EXPECT_EQ(img.load_count, 3);
	f.p[2].p_filesz = 0; /* nothing of it is in the file: its offset may be anywhere */
	f.p[2].p_offset = 0x40000e00;
	EXPECT(!check(&img));
	EXPECT(img.has_stack && !img.exec_stack && !img.interp_len);
}

#define WRONG(change, want)                      \
	do {                                     \
		struct elf_image img;            \
		make_good();                     \
		change;                          \
		EXPECT_STREQ(check(&img), want); \
	} while (0)

static void test_wrong(void)
{
	WRONG(f.h.e_ident[0] = 0, "not an ELF file");
	WRONG(f.h.e_ident[EI_CLASS] = ELFCLASS32, "not a 64-bit little-endian ELF file");
	WRONG(f.h.e_machine = EM_AARCH64, "ELF file is for another machine");
	WRONG(f.h.e_version = 2, "unknown ELF version");
	WRONG(f.h.e_type = ET_CORE, "ELF file is not executable");
	WRONG(f.h.e_phentsize = 32, "ELF program headers have an unknown size");
	WRONG(f.h.e_phnum = 0, "ELF file has no program headers, or too many");
	WRONG(f.h.e_phnum = 0xffff, "ELF file has no program headers, or too many");
	WRONG(f.h.e_phoff = ~0ULL - 8, "ELF program headers are outside the file");
	WRONG(f.h.e_phoff = 0xffe0, "ELF program headers are outside the file");
	WRONG(f.h.e_entry = 0x500000, "ELF entry point is outside the segments");
	WRONG(f.p[0].p_filesz = 0x601, "ELF segment is larger in the file than in memory");
	WRONG((f.p[2].p_offset = 0xfe00, f.p[2].p_filesz = 0x201),
	      "ELF segment is outside the file");
	WRONG(f.p[2].p_offset = ~0ULL - 0xff, "ELF segment is outside the file");
	WRONG(f.p[2].p_memsz = ~0ULL - 0x1000, "ELF segment is outside the address space");
	WRONG(f.p[2].p_vaddr = 0x7fffffffee00, "ELF segment is outside the address space");
	WRONG(f.p[1].p_align = 0x3000, "ELF segment's alignment is not a power of two");
	WRONG(f.p[1].p_vaddr += 8, "ELF segment's address and offset do not agree");
	WRONG(f.p[2].p_vaddr = 0x400e00, "ELF segments overlap or do not ascend");
	WRONG(f.p[0].p_type = f.p[1].p_type = f.p[2].p_type = PT_NULL,
	      "ELF file has nothing to load");
	WRONG((f.p[3].p_type = PT_INTERP, f.p[3].p_filesz = 1),
	      "ELF interpreter's name has a bad length");
	WRONG((f.p[3].p_type = PT_INTERP, f.p[3].p_filesz = 9, f.p[3].p_offset = 0xfff8),
	      "ELF interpreter's name is outside the file");
	EXPECT(elf_wrong_machine(&good, sizeof(good), EM_AARCH64));
	EXPECT(!elf_wrong_machine(&good, sizeof(good), EM_X86_64));
}

static void test_truncated(void)
{
	struct elf_image img;

	make_good();
	for (size_t n = 0; n < 64; n++) {
		void *copy = exact_copy(&good, n);

		EXPECT(elf_check_header(copy, n, &params, &img));
		elf_wrong_machine(copy, n, EM_AARCH64);
		free(copy);
	}
}

/* Whatever is accepted keeps the promises of lib/elf.h. */
static void check_promises(const struct elf_image *img)
{
	u64 end = 0;
	bool entry = false;

	for (int i = 0; i < img->phnum; i++) {
		const struct elf64_phdr *p = &f.p[i];

		if (p->p_type != PT_LOAD || !p->p_memsz)
			continue;
		EXPECT(p->p_vaddr >= end);
		end = p->p_vaddr + p->p_memsz;
		EXPECT(end >= p->p_vaddr && end <= params.address_limit);
		EXPECT(p->p_filesz <= p->p_memsz);
		EXPECT(!p->p_filesz || p->p_offset + p->p_filesz <= params.file_size);
		EXPECT(((p->p_vaddr ^ p->p_offset) & 0xfff) == 0);
		EXPECT(img->low <= p->p_vaddr && img->high >= end);
		entry |= img->entry >= p->p_vaddr && img->entry < end;
	}
	EXPECT(entry && !(img->low & 0xfff) && !(img->high & 0xfff));
}

static void test_mutations(void)
{
	static const u64 values[] = {0,	    1,	       0xfff,	  0x1000, 0x400000, 0x7ffffffff000,
				     ~0ULL, ~0xfffULL, 1ULL << 63};
	int accepted = 0;

	for (int i = 0; i < 200000 && !host_failed; i++) {
		struct elf_image img;

		make_good();
		for (u32 k = below(3) + 1; k; k--) {
			if (below(2))
				((u8 *)&f)[below(sizeof(f))] ^= 1U << below(8);
			else
				((u64 *)f.p)[below(sizeof(f.p) / 8)] =
					values[below(ARRAY_SIZE(values))] + below(3) - 1;
		}
		if (f.h.e_phnum > 4)
			f.h.e_phnum = 4;
		if (!check(&img)) {
			check_promises(&img);
			accepted++;
		}
	}
	EXPECT(accepted > 1000);
}

HOST_SUITE("elf", CASE(test_good), CASE(test_wrong), CASE(test_truncated), CASE(test_mutations))
