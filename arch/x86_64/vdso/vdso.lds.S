/* SPDX-License-Identifier: MIT */
/*
 * The vDSO: one read-only, executable segment with everything; the data page (vvar) is mapped right
 * below it.
 */
OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)

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
	.got : { *(.got .got.plt) } :text
	.rela.dyn : { *(.rela .rela.*) } :text
	ASSERT(SIZEOF(.rela.dyn) == 0, "the vDSO has relocations, which nobody applies")

	/DISCARD/ : {
		*(.data .data.* .bss .bss.* .plt)
		*(.note .note.* .eh_frame .eh_frame_hdr .comment)
	}
}

VERSION
{
	LINUX_2.6 {
	global:
		clock_gettime;
		__vdso_clock_gettime;
		gettimeofday;
		__vdso_gettimeofday;
		clock_getres;
		__vdso_clock_getres;
		time;
		__vdso_time;
		getcpu;
		__vdso_getcpu;
	local: *;
	};
}
