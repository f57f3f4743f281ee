/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader's 32-bit protected mode (paging off, IRQs off) to C in the higher half.
 *
 * The image's page tables are made here, one entry a page, with the permissions that the kernel
 * keeps: text is never writable, data never executable. While paging is turned on the same tables
 * also serve as identity map (top slots 0 and 511 share them, and so do slots 0 and 510 below):
 * nothing is mapped that is not mapped later too. x86_start() takes the low aliases away.
 *
 * Entered by
 *   multiboot2   %eax = magic, %ebx = information (Multiboot2 specification 1.6 or 2.0, 3.3)
 *   PVH          %ebx = struct hvm_start_info (Xen's x86/HVM direct boot ABI, docs/misc/pvh)
 */
#include <arch/param.h>
#include <asm/linkage.h>
#include <asm/msr.h>
#include <asm/segment.h>
#include <asm/bootproto.h>

#define PHYS(x) ((x) - KERNEL_MAP_OFFSET)

/* Entries of the page tables; accessed and dirty are set so that the CPU need not write. */
#define PT_ACC	   0x20
#define PT_RW	   0x63
#define PT_RO	   0x21
#define PT_NX_HIGH 0x80000000

	.section .head.text, "ax"

	.balign 8
mb2_header:
	.long MB2_HEADER_MAGIC
	.long 0				/* i386 protected mode */
	.long mb2_header_end - mb2_header
	.long -(MB2_HEADER_MAGIC + 0 + (mb2_header_end - mb2_header))
	/* entry address: ELF's own entry is PVH's business */
	.word 3, 0
	.long 12
	.long PHYS(mb2_start)
	.balign 8
	/* modules on page boundaries */
	.word 6, 0
	.long 8
	.balign 8
#ifdef CONFIG_VT
	/* a screen, if there is one: any size, 32 bits a pixel */
	.word 5, 1
	.long 20
	.long 0, 0, 32
	.balign 8
#endif
	.word 0, 0
	.long 8
mb2_header_end:

	.pushsection .note.Xen, "a", @note
	.long 4, 8, 18			/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.quad PHYS(pvh_start)
	.popsection

	.code32
	.globl mb2_start
mb2_start:
	movl $BOOT_PROTO_MULTIBOOT2, %ebp
	cmpl $MB2_LOADER_MAGIC, %eax
	je 1f
	movl $PHYS(msg_loader), %esi
	jmp boot_fail

	.globl pvh_start
pvh_start:
	movl $BOOT_PROTO_PVH, %ebp
	cmpl $PVH_MAGIC, 0(%ebx)
	jne 1f				/* pvh_parse() says so */
	/* Does one region of RAM hold all of the image, zeroed data too? */
	movl 40(%ebx), %edx		/* hvm_start_info: memmap_paddr */
	movl 48(%ebx), %ecx		/* memmap_entries; without any pvh_parse() gives up */
	jecxz .Lfits
.Lregion:
	cmpl $1, 16(%edx)		/* type: RAM */
	jne .Lother
	cmpl $0, 4(%edx)		/* base, high half */
	jne .Lother
	movl 0(%edx), %eax
	cmpl $PHYS(_text), %eax
	ja .Lother
	cmpl $0, 12(%edx)		/* size, high half */
	jne .Lfits
	addl 8(%edx), %eax
	jc .Lfits
	cmpl $PHYS(_end), %eax
	jae .Lfits
.Lother:
	addl $24, %edx
	decl %ecx
	jnz .Lregion
	movl $PHYS(msg_memory), %esi
	jmp boot_fail
.Lfits:
	/*
	 * Where memory is short the loader may put the initrd over the kernel's zeroed data, which
	 * everything from here on believes in.
	 */
	cmpl $0, 12(%ebx)		/* hvm_start_info: nr_modules */
	je 1f
	movl 16(%ebx), %edx		/* modlist_paddr */
	movl 0(%edx), %eax
	cmpl $PHYS(_end), %eax
	jae 1f
	addl 8(%edx), %eax
	cmpl $PHYS(_text), %eax
	jbe 1f
	movl $PHYS(msg_initrd), %esi
	jmp boot_fail
1:	cld
	cli
	movl %ebx, %edi			/* %ebp and %edi reach x86_start() */
	movl $PHYS(init_stack_end), %esp

	/* Long mode and no-execute pages: without them there is no way on. */
	movl $0x80000000, %eax
	cpuid
	movl $PHYS(msg_cpu), %esi
	cmpl $0x80000001, %eax
	jb boot_fail
	movl $0x80000001, %eax
	cpuid
	andl $(1 << 29 | 1 << 20), %edx
	cmpl $(1 << 29 | 1 << 20), %edx
	jne boot_fail

	/* Level 0: the entry of address a is at boot_pt + (a >> 12) * 8. */
	movl $PHYS(ranges), %esi
.Lrange:
	movl 0(%esi), %eax
	movl 4(%esi), %ecx
	movl 12(%esi), %edx
	movl %eax, %ebx
	shrl $9, %ebx
	addl $PHYS(boot_pt), %ebx
	orl 8(%esi), %eax
.Lpage:
	cmpl %ecx, %eax
	jae .Lnext
	movl %eax, 0(%ebx)
	movl %edx, 4(%ebx)
	addl $8, %ebx
	addl $0x1000, %eax
	jmp .Lpage
.Lnext:
	addl $16, %esi
	cmpl $PHYS(ranges_end), %esi
	jb .Lrange

	/* Level 1, 2 and 3. */
	movl $PHYS(boot_pt) + PT_RW, %eax
	movl $PHYS(boot_pd), %ebx
	movl $boot_pt_pages, %ecx
1:	movl %eax, (%ebx)
	addl $8, %ebx
	addl $0x1000, %eax
	loop 1b
	movl $PHYS(boot_pd) + PT_RW, %eax
	movl %eax, PHYS(boot_pdpt)
	movl %eax, PHYS(boot_pdpt) + 510 * 8
	movl $PHYS(boot_pdpt) + PT_RW, %eax
	movl %eax, PHYS(boot_pgd)
	movl %eax, PHYS(boot_pgd) + KERNEL_PGD_INDEX * 8

	movl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $PHYS(boot_pgd), %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $(EFER_LME | EFER_NX | EFER_SCE), %eax
	wrmsr
	movl $CR0_KERNEL, %eax
	movl %eax, %cr0
	lgdt PHYS(boot_gdt_desc)
	ljmp $KERNEL_CS, $PHYS(long_start)

	/* %esi: a message for the serial port. Stops. */
boot_fail:
	movw $0x3fd, %dx
	movl $10000, %ecx
1:	inb %dx, %al
	testb $0x20, %al
	loopz 1b
	movw $0x3f8, %dx
	lodsb
	testb %al, %al
	jz 2f
	outb %al, %dx
	jmp boot_fail
2:	cli
	hlt
	jmp 2b

msg_loader:
	.asciz "keel: not started by a multiboot2 loader: use GRUB's multiboot2 command\r\n"
msg_memory:
	.asciz "keel: not enough memory for the kernel: give the machine more\r\n"
msg_initrd:
	.ascii "keel: not enough memory: the initrd lies over the kernel; "
	.asciz "give the machine more or make the initrd smaller\r\n"
msg_cpu:
	.ascii "keel: this CPU cannot run this kernel: "
	.asciz "it has no 64-bit mode or no no-execute pages\r\n"

	/* first address, end, entry bits */
	.balign 4
ranges:
	.long PHYS(_text), PHYS(__text_end), PT_ACC | 1, 0
	.long PHYS(__initdata_begin), PHYS(__init_end), PT_RW, PT_NX_HIGH
	.long PHYS(__start_rodata), PHYS(__end_rodata), PT_RO, PT_NX_HIGH
	.long PHYS(_sdata), PHYS(init_stack_guard), PT_RW, PT_NX_HIGH
	.long PHYS(init_stack), PHYS(_end), PT_RW, PT_NX_HIGH
ranges_end:

	.balign 8
boot_gdt:
	.quad 0, 0
	.quad 0x00af9b000000ffff	/* KERNEL_CS */
	.quad 0x00cf93000000ffff	/* KERNEL_DS */
boot_gdt_end:
boot_gdt_desc:
	.word boot_gdt_end - boot_gdt - 1
	.long PHYS(boot_gdt)

	.code64
long_start:
	movq $1f, %rax
	jmp *%rax
1:	movl $KERNEL_DS, %eax
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %fs
	movl %eax, %gs
	xorl %edx, %edx			/* CPU 0 starts with the per-CPU template as its copy */
	movl $MSR_GS_BASE, %ecx
	wrmsr
	movq $init_stack_end, %rsp
	movl %edi, %esi
	movl %ebp, %edi
	xorl %ebp, %ebp
	call x86_start
	ud2

	.section .bss..page_aligned, "aw", @nobits
	.balign 4096
	.globl boot_pgd, boot_pdpt, boot_pd
boot_pgd:
	.skip 4096
boot_pdpt:
	.skip 4096
boot_pd:
	.skip 4096

	.section .note.GNU-stack, "", @progbits
