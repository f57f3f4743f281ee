/* SPDX-License-Identifier: MIT */
/*
 * The vDSO: a shared object of one read-only, executable segment. The ELF header's entry point is
 * the signal trampoline, from which the kernel learns its offset.
 */
OUTPUT_FORMAT("elf64-littleaarch64")
OUTPUT_ARCH(aarch64)
ENTRY(__kernel_rt_sigreturn)

PHDRS
{
	text PT_LOAD FLAGS(5) FILEHDR PHDRS;
	dynamic PT_DYNAMIC FLAGS(4);
}

SECTIONS
{
	PROVIDE_HIDDEN(vvar = . - 0x1000);
	. = SIZEOF_HEADERS;
	.hash : { *(.hash) } :text
	.gnu.hash : { *(.gnu.hash) }
	.dynsym : { *(.dynsym) }
	.dynstr : { *(.dynstr) }
	.gnu.version : { *(.gnu.version) }
	.gnu.version_d : { *(.gnu.version_d) }
	.dynamic : { *(.dynamic) } :text :dynamic
	.rodata : { *(.rodata .rodata.*) } :text
	.text : { *(.text .text.*) } :text

	.got : { *(.got) *(.got.plt) } :text
	.rela.dyn : { *(.rela .rela.*) } :text
	ASSERT(SIZEOF(.rela.dyn) == 0, "the vDSO has relocations, which nobody applies")

	/DISCARD/ : {
		*(.data .data.* .bss .bss.* .plt)
		*(.note .note.* .eh_frame .eh_frame_hdr .comment)
	}
}

VERSION
{
	LINUX_2.6.39 {
	global:
		__kernel_rt_sigreturn;
		__kernel_gettimeofday;
		__kernel_clock_gettime;
		__kernel_clock_getres;
	local: *;
	};
}
