/* SPDX-License-Identifier: MIT */
/*
 * ELF programs: System V gABI chapter 5, elf(5). The program and, for PT_INTERP, its dynamic linker
 * are checked (lib/elf.c), mapped into bprm->mm from the page cache, and the initial stack is
 * written below the argument strings:
 *
 *   strings           (exec_args.c)
 *   platform string, 16 random bytes
 *   auxiliary vector, 0 0
 *   envp[], 0
 *   argv[], 0
 *   argc              <- stack pointer, 16-byte aligned
 *
 * All of it happens before begin_new_exec(): nothing here can fail once the caller's program is
 * gone.
 */
#include <lib/elf.h>
#include <lib/err.h>
#include <lib/string.h>
#include <kernel/binfmts.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/random.h>
#include <kernel/sched_signal.h>
#include <kernel/time.h>
#include <kernel/vdso.h>
#include <fs/fs.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/auxvec.h>
#include <uapi/limits.h>
#include <uapi/mman.h>
#include <uapi/personality.h>
#include <uapi/rseq.h>
#include <arch/elf.h>
#include <arch/thread.h>
#include <arch/regs.h>
#include "exec.h"

/* One file while it is loaded: the program or its interpreter. */
struct elf_file {
	struct file *file;
	const char *head; /* its first BINPRM_BUF_SIZE bytes */
	struct elf_image img;
	const struct elf64_phdr *phdrs;
	void *phdr_buf; /* to kfree; NULL when phdrs points into head */
	unsigned long bias;
};

struct elf_load {
	struct elf_file prog, interp;
	char *interp_head; /* buffer of interp.head */
	bool interp_used;
};

static struct elf_params params_of(const struct file *file)
{
	return (struct elf_params){
		.machine = ARCH_ELF_MACHINE,
		.page_size = PAGE_SIZE,
		.address_limit = TASK_SIZE,
		.file_size = i_size_read(file_inode(file)),
	};
}

/* ---- decoding ---- */

static int read_exactly(struct file *file, void *buf, size_t len, loff_t pos)
{
	ssize_t n = kernel_read(file, buf, len, &pos);

	if (n < 0)
		return n;
	return (size_t)n == len ? 0 : -EIO;
}

/*
 * @bad: what a malformed file is answered with (ENOEXEC: try another format; ELIBBAD for the
 * interpreter).
 */
static int decode_elf(struct elf_file *ef, int bad)
{
	struct elf_params params = params_of(ef->file);
	size_t size;
	int err;

	if (elf_check_header(ef->head, BINPRM_BUF_SIZE, &params, &ef->img))
		return bad;
	if (!ef->file->f_op->mmap)
		return bad;
	size = ef->img.phnum * sizeof(struct elf64_phdr);
	if (ef->img.phoff % 8 == 0 && ef->img.phoff <= BINPRM_BUF_SIZE - size &&
	    size <= BINPRM_BUF_SIZE) {
		ef->phdrs = (const void *)(ef->head + ef->img.phoff);
	} else {
		ef->phdrs = ef->phdr_buf = kmalloc(size, GFP_KERNEL);
		if (!ef->phdrs)
			return -ENOMEM;
		err = read_exactly(ef->file, ef->phdr_buf, size, ef->img.phoff);
		if (err)
			return err == -EIO ? bad : err;
	}
	return elf_check_program(ef->phdrs, &params, &ef->img) ? bad : 0;
}

/* The name in PT_INTERP, in *path to kfree (*alloc) or inside the head. */
static int interp_name(const struct elf_file *prog, const char **path, char **alloc)
{
	u64 off = prog->img.interp_off, len = prog->img.interp_len;
	int err;

	if (len < 2 || len > PATH_MAX)
		return -ENOEXEC;
	if (off <= BINPRM_BUF_SIZE && len <= BINPRM_BUF_SIZE - off) {
		*path = prog->head + off;
	} else {
		*path = *alloc = kmalloc(len, GFP_KERNEL);
		if (!*alloc)
			return -ENOMEM;
		err = read_exactly(prog->file, *alloc, len, off);
		if (err)
			return err;
	}
	return (*path)[len - 1] ? -ENOEXEC : 0;
}

static bool has_interp(const struct elf_load *load)
{
	return IS_ENABLED(CONFIG_ELF_INTERP) && load->interp_used;
}

static int open_interp(struct elf_load *load)
{
	struct elf_file *in = &load->interp;
	const char *path;
	char *alloc = NULL;
	int err = interp_name(&load->prog, &path, &alloc);

	if (!err) {
		in->file = open_exec(path);
		if (IS_ERR(in->file)) {
			err = PTR_ERR(in->file);
			in->file = NULL;
		}
	}
	kfree(alloc);
	if (err)
		return err;
	in->head = load->interp_head = kmalloc(BINPRM_BUF_SIZE, GFP_KERNEL);
	if (!load->interp_head)
		return -ENOMEM;
	err = read_file_head(in->file, load->interp_head);
	if (err)
		return err;
	return decode_elf(in, -ELIBBAD);
}

static int decode_all(struct elf_load *load)
{
	int err = decode_elf(&load->prog, -ENOEXEC);

	if (err || !load->prog.img.interp_len)
		return err;
	if (!IS_ENABLED(CONFIG_ELF_INTERP))
		return -ENOEXEC;
	load->interp_used = true;
	return open_interp(load);
}

static void release_load(struct elf_load *load)
{
	kfree(load->prog.phdr_buf);
	if (!has_interp(load))
		return;
	kfree(load->interp.phdr_buf);
	kfree(load->interp_head);
	if (load->interp.file)
		fput_exec(load->interp.file);
}

/* ---- mapping; mmap_lock of the new mm held for writing ---- */

static unsigned long segment_prot(const struct elf64_phdr *ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	       (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

static int map_fixed(struct mm_struct *mm, struct file *file, unsigned long addr, unsigned long len,
		     unsigned long prot, unsigned long flags, u64 off)
{
	unsigned long populate, at;

	at = do_mmap(mm, file, addr, len, prot, flags | MAP_PRIVATE | MAP_FIXED_NOREPLACE,
		     off >> PAGE_SHIFT, &populate);
	if (IS_ERR_VALUE(at))
		return (long)at;
	return at == addr ? 0 : -ENOMEM;
}

/*
 * The file's bytes of a segment, then whole pages of zeroes; the rest of the last file page is
 * cleared by zero_tails().
 */
static int map_segment(struct mm_struct *mm, struct elf_file *ef, const struct elf64_phdr *ph)
{
	unsigned long start = ef->bias + ph->p_vaddr, in_page = start & ~PAGE_MASK;
	unsigned long file_end = PAGE_ALIGN(start + ph->p_filesz),
		      mem_end = PAGE_ALIGN(start + ph->p_memsz);
	unsigned long prot = segment_prot(ph);
	int err = 0;

	start &= PAGE_MASK;
	if (ph->p_filesz)
		err = map_fixed(mm, ef->file, start, file_end - start, prot, 0,
				ph->p_offset - in_page);
	else
		file_end = start;
	if (!err && mem_end > file_end)
		err = map_fixed(mm, NULL, file_end, mem_end - file_end, prot, MAP_ANONYMOUS, 0);
	return err;
}

static int map_segments(struct mm_struct *mm, struct elf_file *ef)
{
	int i, err = 0;

	for (i = ef->img.first_load; i < ef->img.phnum && !err; i++)
		if (ef->phdrs[i].p_type == PT_LOAD && ef->phdrs[i].p_memsz)
			err = map_segment(mm, ef, &ef->phdrs[i]);
	return err;
}

/* A free range for the whole of a position-independent file. */
static int choose_bias(struct mm_struct *mm, struct elf_file *ef)
{
	unsigned long align = ef->img.align, span = ef->img.high - ef->img.low, at;

	at = get_unmapped_area(mm, ef->file, 0, span + (align - PAGE_SIZE), 0, 0);
	if (IS_ERR_VALUE(at))
		return (long)at;
	ef->bias = ALIGN(at, align) - ef->img.low;
	return 0;
}

static bool randomize(void)
{
	return randomize_va_space && !(current->personality & ADDR_NO_RANDOMIZE);
}

/*
 * ET_EXEC goes where it says. A program with an interpreter has its own region, so that brk has
 * room to grow behind it; a static PIE and a dynamic linker run by name go where mmap puts things.
 */
static int place_program(struct mm_struct *mm, struct elf_load *load)
{
	struct elf_file *ef = &load->prog;
	unsigned long base = ELF_ET_DYN_BASE;

	if (ef->img.type == ET_EXEC)
		return 0;
	if (!has_interp(load))
		return choose_bias(mm, ef);
	if (randomize())
		base += (get_random_u64() & ((1ul << 28) - 1)) << PAGE_SHIFT;
	ef->bias = (base & ~(ef->img.align - 1)) - ef->img.low;
	return 0;
}

static int map_all(struct mm_struct *mm, struct elf_load *load)
{
	int err = place_program(mm, load);

	if (!err)
		err = map_segments(mm, &load->prog);
	if (err || !has_interp(load))
		return err;
	if (load->interp.img.type == ET_DYN)
		err = choose_bias(mm, &load->interp);
	return err ? err : map_segments(mm, &load->interp);
}

/* ---- after mapping, lock dropped ---- */

/*
 * What follows a segment's last file byte in its page is memory, not file: zero, as the gABI wants.
 */
static int zero_tails(struct mm_struct *mm, const struct elf_file *ef)
{
	struct page *page;
	int i, err;

	for (i = ef->img.first_load; i < ef->img.phnum; i++) {
		const struct elf64_phdr *ph = &ef->phdrs[i];
		unsigned long end = ef->bias + ph->p_vaddr + ph->p_filesz, off = end & ~PAGE_MASK;

		if (ph->p_type != PT_LOAD || ph->p_memsz <= ph->p_filesz || !ph->p_filesz || !off)
			continue;
		if (!(ph->p_flags & PF_W))
			continue;
		mmap_read_lock(mm);
		err = get_user_page(mm, end & PAGE_MASK, FOLL_WRITE, &page);
		mmap_read_unlock(mm);
		if (err)
			return err;
		memset((char *)page_address(page) + off, 0, PAGE_SIZE - off);
		put_page(page);
	}
	return 0;
}

static void describe_image(struct mm_struct *mm, const struct elf_load *load)
{
	const struct elf_file *ef = &load->prog;
	unsigned long brk = PAGE_ALIGN(ef->bias + ef->img.brk);
	int i;

	mm->start_code = ~0ul;
	for (i = ef->img.first_load; i < ef->img.phnum; i++) {
		const struct elf64_phdr *ph = &ef->phdrs[i];
		unsigned long start = ef->bias + ph->p_vaddr, end = start + ph->p_filesz;

		if (ph->p_type != PT_LOAD)
			continue;
		if (ph->p_flags & PF_X) {
			mm->start_code = min(mm->start_code, start);
			mm->end_code = max(mm->end_code, end);
		}
		mm->start_data = max(mm->start_data, start);
		mm->end_data = max(mm->end_data, end);
	}
	/* A static PIE lies among the mappings, where brk could not grow. */
	if (ef->img.type == ET_DYN && !has_interp(load))
		brk = ELF_ET_DYN_BASE;
	if (randomize() && randomize_va_space > 1)
		brk += (get_random_u64() & 0x1fff) << PAGE_SHIFT;
	mm->start_brk = mm->brk = brk;
}

static int make_stack_executable(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	unsigned long start, end;

	mmap_read_lock(mm);
	vma = find_vma(mm, mm->start_stack - 1);
	start = vma ? vma->vm_start : 0;
	end = vma ? vma->vm_end : 0;
	mmap_read_unlock(mm);
	return do_mprotect(mm, start, end - start, PROT_READ | PROT_WRITE | PROT_EXEC);
}

/* ---- the initial stack ---- */

struct auxv {
	unsigned long *p;
};

static void aux(struct auxv *v, unsigned long type, unsigned long value)
{
	v->p[0] = type;
	v->p[1] = value;
	v->p += 2;
}

/* Where the strings that the vector points to are. */
struct stack_strings {
	unsigned long platform, random;
};

/* Fills mm->saved_auxv; returns the words used, AT_NULL included. */
static unsigned int fill_auxv(struct linux_binprm *bprm, const struct elf_load *load,
			      const struct stack_strings *ss)
{
	const struct cred *cred = bprm->cred ? bprm->cred : current_cred();
	const struct elf_file *prog = &load->prog, *in = &load->interp;
	struct mm_struct *mm = bprm->mm;
	struct auxv v = {mm->saved_auxv};

	BUILD_BUG_ON(AT_VECTOR_SIZE < 2 * 22);
	if (mm->vdso)
		aux(&v, AT_SYSINFO_EHDR, (unsigned long)mm->vdso);
	aux(&v, AT_MINSIGSTKSZ, arch_minsigstksz());
	aux(&v, AT_HWCAP, arch_elf_hwcap());
	aux(&v, AT_PAGESZ, PAGE_SIZE);
	aux(&v, AT_CLKTCK, USER_HZ);
	aux(&v, AT_PHDR, prog->img.phdr_vaddr ? prog->bias + prog->img.phdr_vaddr : 0);
	aux(&v, AT_PHENT, sizeof(struct elf64_phdr));
	aux(&v, AT_PHNUM, prog->img.phnum);
	aux(&v, AT_BASE, has_interp(load) ? in->bias + in->img.low : 0);
	aux(&v, AT_FLAGS, 0);
	aux(&v, AT_ENTRY, prog->bias + prog->img.entry);
	aux(&v, AT_UID, cred->uid);
	aux(&v, AT_EUID, cred->euid);
	aux(&v, AT_GID, cred->gid);
	aux(&v, AT_EGID, cred->egid);
	aux(&v, AT_SECURE, bprm->secureexec);
	aux(&v, AT_RANDOM, ss->random);
	aux(&v, AT_HWCAP2, arch_elf_hwcap2());
	aux(&v, AT_EXECFN, bprm->exec);
	if (ss->platform)
		aux(&v, AT_PLATFORM, ss->platform);
	if (IS_ENABLED(CONFIG_RSEQ)) {
		aux(&v, AT_RSEQ_FEATURE_SIZE, offsetofend(struct rseq, flags));
		aux(&v, AT_RSEQ_ALIGN, __alignof__(struct rseq));
	}
	aux(&v, AT_NULL, 0);
	return v.p - mm->saved_auxv;
}

static int put_word(struct mm_cursor *cur, unsigned long *at, unsigned long word)
{
	unsigned long *p = mm_cursor_at(cur, *at);

	if (IS_ERR(p))
		return PTR_ERR(p);
	*p = word;
	*at += sizeof(word);
	return 0;
}

/*
 * Writes @n addresses of consecutive strings from *str, then a zero, to *at. Two cursors: the
 * strings' page and the vector's page are often, but not always, the same.
 */
static int put_string_vector(struct mm_cursor *out, unsigned long *at, struct mm_cursor *in,
			     unsigned long *str, int n)
{
	int err = 0;

	while (n-- && !err) {
		err = put_word(out, at, *str);
		for (;;) {
			const char *s = mm_cursor_at(in, *str);
			size_t room = PAGE_SIZE - (*str & ~PAGE_MASK), len;

			if (IS_ERR(s))
				return PTR_ERR(s);
			len = strnlen(s, room);
			*str += len;
			if (len < room)
				break;
		}
		++*str;
	}
	return err ? err : put_word(out, at, 0);
}

static int put_strings_below(struct linux_binprm *bprm, struct stack_strings *ss)
{
	const char *platform = arch_elf_platform();
	u64 random[2] = {get_random_u64(), get_random_u64()};
	unsigned long p = bprm->p & ~15ul;
	int err = 0;

	ss->platform = 0;
	if (platform) {
		size_t len = strlen(platform) + 1;

		p -= len;
		ss->platform = p;
		err = mm_cursor_write(&bprm->stack, p, platform, len);
	}
	p = (p - sizeof(random)) & ~15ul;
	ss->random = p;
	if (!err)
		err = mm_cursor_write(&bprm->stack, p, random, sizeof(random));
	return err;
}

/* Sets *sp. The strings start at bprm->p. */
static int build_stack(struct linux_binprm *bprm, const struct elf_load *load, unsigned long *sp)
{
	struct mm_struct *mm = bprm->mm;
	struct mm_cursor strings = {.mm = mm};
	unsigned long at, str = bprm->p;
	struct stack_strings ss;
	unsigned int auxn;
	int err;

	err = put_strings_below(bprm, &ss);
	if (err)
		return err;
	auxn = fill_auxv(bprm, load, &ss);
	at = ss.random - (1 + bprm->argc + 1 + bprm->envc + 1 + auxn) * sizeof(long);
	*sp = at &= ~15ul;
	err = put_word(&bprm->stack, &at, bprm->argc);
	mm->arg_start = str;
	if (!err)
		err = put_string_vector(&bprm->stack, &at, &strings, &str, bprm->argc);
	mm->arg_end = mm->env_start = str;
	if (!err)
		err = put_string_vector(&bprm->stack, &at, &strings, &str, bprm->envc);
	mm->env_end = str;
	if (!err)
		err = mm_cursor_write(&bprm->stack, at, mm->saved_auxv, auxn * sizeof(long));
	mm_cursor_release(&strings);
	return err;
}

/* ---- all together ---- */

static int map_program(struct linux_binprm *bprm, struct elf_load *load)
{
	struct mm_struct *mm = bprm->mm;
	int err;

	mmap_write_lock(mm);
	err = map_all(mm, load);
	if (!err)
		err = vdso_map(mm);
	mmap_write_unlock(mm);
	if (!err)
		err = zero_tails(mm, &load->prog);
	if (!err && has_interp(load))
		err = zero_tails(mm, &load->interp);
	if (!err && load->prog.img.has_stack && load->prog.img.exec_stack)
		err = make_stack_executable(mm);
	return err;
}

static int load_elf(struct linux_binprm *bprm, struct elf_load *load)
{
	const struct elf_file *first;
	unsigned long sp;
	int err = decode_all(load);

	if (!err)
		err = bprm_creds_from_file(bprm);
	if (!err)
		err = map_program(bprm, load);
	if (err)
		return err;
	describe_image(bprm->mm, load);
	err = build_stack(bprm, load, &sp);
	if (err)
		return err;
	bprm->mm->start_stack = sp;
	err = begin_new_exec(bprm);
	if (err)
		return err;
	first = has_interp(load) ? &load->interp : &load->prog;
	arch_thread_exec(current_pt_regs(), first->bias + first->img.entry, sp);
	return 0;
}

static int load_elf_binary(struct linux_binprm *bprm)
{
	struct elf_load *load;
	int err;

	if (!elf_is_elf(bprm->buf, BINPRM_BUF_SIZE))
		return -ENOEXEC;
	load = kzalloc(sizeof(*load), GFP_KERNEL);
	if (!load)
		return -ENOMEM;
	load->prog.file = bprm->file;
	load->prog.head = bprm->buf;
	err = load_elf(bprm, load);
	release_load(load);
	kfree(load);
	return err;
}

static struct linux_binfmt elf_format = {.load_binary = load_elf_binary, .name = "elf"};

static int __init elf_init(void)
{
	register_binfmt(&elf_format);
	return 0;
}
core_initcall(elf_init);
