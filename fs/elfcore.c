/* SPDX-License-Identifier: MIT */
/*
 * The ELF image of a dead process, core(5): a header, a PT_NOTE with what the kernel knew of each
 * thread, a PT_LOAD for each mapping with the part of it that was asked for. Memory that was never
 * touched is a hole.
 *
 * The group's threads wait (coredump.c); only a process that shares the address space by CLONE_VM
 * could change it, so mappings are copied to a table first and everything is laid out by that.
 */
#include <arch/regs.h>
#include <kernel/cred.h>
#include <kernel/sched_signal.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <uapi/elf.h>
#include <uapi/elfcore.h>
#include <uapi/limits.h>
#include <fs/dcache.h>
#include "coredump.h"
#include "internal.h"

/* ---- bytes ---- */

static bool dump_emit(struct core_params *p, const void *data, size_t n)
{
	if ((u64)p->pos + n > p->limit || fatal_signal_pending(current))
		return false;
	if (kernel_write(p->file, data, n, &p->pos) != (ssize_t)n)
		return false;
	p->written = p->pos;
	return true;
}

/* @n zero bytes, as a hole where that is possible. */
static bool dump_skip(struct core_params *p, size_t n)
{
	static const char zeroes[512];

	if (!p->pipe) {
		p->pos += n;
		return (u64)p->pos <= p->limit;
	}
	for (; n > sizeof(zeroes); n -= sizeof(zeroes))
		if (!dump_emit(p, zeroes, sizeof(zeroes)))
			return false;
	return dump_emit(p, zeroes, n);
}

/* ---- mappings ---- */

struct core_vma {
	unsigned long start, end, flags, pgoff;
	unsigned long size; /* bytes to dump from start */
	bool sparse; /* anonymous: what is not there is zero */
	struct file *file; /* with a reference */
};

/* coredump_filter's bits, core(5). */
#define FILTER_ANON_PRIVATE   0x01
#define FILTER_ANON_SHARED    0x02
#define FILTER_MAPPED_PRIVATE 0x04
#define FILTER_MAPPED_SHARED  0x08
#define FILTER_ELF_HEADERS    0x10

static bool starts_with_elf(struct mm_struct *mm, unsigned long addr)
{
	char magic[SELFMAG];

	return access_remote_vm(mm, addr, magic, SELFMAG, FOLL_FORCE) == SELFMAG &&
	       !memcmp(magic, ELFMAG, SELFMAG);
}

/* How much of a mapping the filter wants; mmap_lock not held. */
static unsigned long wanted_size(struct mm_struct *mm, const struct core_vma *v, bool special,
				 bool anon_written, unsigned long filter)
{
	unsigned long whole = v->end - v->start;

	if (special)
		return whole; /* the vDSO */
	if (v->flags & (VM_IO | VM_DONTDUMP))
		return 0;
	if (v->flags & VM_SHARED) {
		bool anon = !v->file || !file_inode(v->file)->i_nlink;

		return filter & (anon ? FILTER_ANON_SHARED : FILTER_MAPPED_SHARED) ? whole : 0;
	}
	if (anon_written && filter & FILTER_ANON_PRIVATE)
		return whole;
	if (!v->file)
		return 0;
	if (filter & FILTER_MAPPED_PRIVATE)
		return whole;
	if (filter & FILTER_ELF_HEADERS && !v->pgoff && v->flags & VM_READ &&
	    starts_with_elf(mm, v->start))
		return PAGE_SIZE;
	return 0;
}

static void note_vma(struct core_vma *v, const struct vm_area_struct *vma)
{
	*v = (struct core_vma){
		.start = vma->vm_start,
		.end = vma->vm_end,
		.flags = vma->vm_flags,
		.pgoff = vma->vm_pgoff,
		.sparse = vma_is_anonymous(vma),
		.file = vma->vm_file ? get_file(vma->vm_file) : NULL,
		/* until wanted_size(): what it needs to know */
		.size = (vma->vm_has_anon || vma_is_anonymous(vma) ? 1 : 0) |
			(vma->vm_ops && !vma->vm_file && !vma->vm_mapping ? 2 : 0),
	};
}

static void put_vmas(struct core_vma *vmas, int n)
{
	for (int i = 0; i < n; i++)
		if (vmas[i].file)
			fput(vmas[i].file);
	kvfree(vmas);
}

static struct core_vma *copy_vmas(struct mm_struct *mm, int *count)
{
	unsigned long filter = mm_dump_filter(mm);
	struct vm_area_struct *vma;
	struct core_vma *vmas;
	int n = 0, room;

	mmap_read_lock(mm);
	room = mm->map_count;
	mmap_read_unlock(mm);
	vmas = kvmalloc(max(room, 1) * sizeof(*vmas), GFP_KERNEL);
	if (!vmas)
		return NULL;
	mmap_read_lock(mm);
	for (vma = find_vma(mm, 0); vma && n < room; vma = vma->vm_next)
		note_vma(&vmas[n++], vma);
	mmap_read_unlock(mm);
	for (int i = 0; i < n; i++)
		vmas[i].size =
			wanted_size(mm, &vmas[i], vmas[i].size & 2, vmas[i].size & 1, filter);
	*count = n;
	return vmas;
}

/* ---- notes ---- */

/* Written twice: first only counted, with p NULL. */
struct notes {
	struct core_params *p;
	size_t size;
	bool failed;
};

static void put_bytes(struct notes *n, const void *data, size_t len)
{
	n->size += len;
	if (n->p && !n->failed)
		n->failed = !dump_emit(n->p, data, len);
}

static void put_padding(struct notes *n)
{
	static const char zero[4];

	put_bytes(n, zero, -n->size & 3);
}

static void begin_note(struct notes *n, const char *name, unsigned int type, size_t len)
{
	Elf64_Nhdr head = {.n_namesz = strlen(name) + 1, .n_descsz = len, .n_type = type};

	put_bytes(n, &head, sizeof(head));
	put_bytes(n, name, head.n_namesz);
	put_padding(n);
}

static void put_note(struct notes *n, const char *name, unsigned int type, const void *data,
		     size_t len)
{
	begin_note(n, name, type, len);
	put_bytes(n, data, len);
	put_padding(n);
}

static struct __kernel_old_timeval to_timeval(u64 ns)
{
	return (struct __kernel_old_timeval){ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / 1000};
}

static void note_prstatus(struct notes *n, struct task_struct *t, const struct siginfo *info)
{
	struct elf_prstatus s;
	size_t len = sizeof(s.pr_reg);
	u64 ut, st;

	memset(&s, 0, sizeof(s));
	s.pr_info.si_signo = s.pr_cursig = info->si_signo;
	if (t == current) {
		s.pr_info.si_code = info->si_code;
		s.pr_info.si_errno = info->si_errno;
	}
	s.pr_sigpend = t->pending.signal;
	s.pr_sighold = t->blocked;
	s.pr_pid = task_pid_nr(t);
	s.pr_ppid = task_ppid_nr(t);
	s.pr_pgrp = task_pgrp_nr(t);
	s.pr_sid = task_session_nr(t);
	if (t == current)
		thread_group_cputime_adjusted(t, &ut, &st);
	else
		task_cputime_adjusted(t, &ut, &st);
	s.pr_utime = to_timeval(ut);
	s.pr_stime = to_timeval(st);
	s.pr_cutime = to_timeval(t->signal->cutime);
	s.pr_cstime = to_timeval(t->signal->cstime);
	arch_regset_get(t, NT_PRSTATUS, &s.pr_reg, &len);
	s.pr_fpvalid = 1;
	put_note(n, "CORE", NT_PRSTATUS, &s, sizeof(s));
}

static void note_prpsinfo(struct notes *n)
{
	struct mm_struct *mm = current->mm;
	const struct cred *cred = current_cred();
	struct elf_prpsinfo s;
	size_t len;

	memset(&s, 0, sizeof(s));
	s.pr_sname = 'R';
	s.pr_nice = (char)task_nice(current);
	s.pr_flag = current->flags;
	s.pr_uid = cred->uid;
	s.pr_gid = cred->gid;
	s.pr_pid = task_tgid_nr(current);
	s.pr_ppid = task_ppid_nr(current);
	s.pr_pgrp = task_pgrp_nr(current);
	s.pr_sid = task_session_nr(current);
	get_task_comm(s.pr_fname, current);
	len = min_t(size_t, mm->arg_end - mm->arg_start, ELF_PRARGSZ - 1);
	len = copy_from_mm(mm, s.pr_psargs, mm->arg_start, len, true);
	for (size_t i = 0; i < len; i++)
		if (!s.pr_psargs[i])
			s.pr_psargs[i] = ' ';
	put_note(n, "CORE", NT_PRPSINFO, &s, sizeof(s));
}

static void note_auxv(struct notes *n)
{
	const unsigned long *auxv = current->mm->saved_auxv;
	size_t i = 0;

	while (i < AT_VECTOR_SIZE - 2 && auxv[i])
		i += 2;
	put_note(n, "CORE", NT_AUXV, auxv, (i + 2) * sizeof(*auxv));
}

/* Names by their paths, in the order of the ranges: into @buf, or only the length. */
static size_t file_names(struct notes *n, const struct core_vma *vmas, int count, char *buf,
			 long *files)
{
	size_t total = 0;

	*files = 0;
	for (int i = 0; i < count; i++) {
		char *name;

		if (!vmas[i].file)
			continue;
		name = d_path(&vmas[i].file->f_path, buf, PATH_MAX);
		if (IS_ERR(name))
			name = "";
		++*files;
		total += strlen(name) + 1;
		if (n)
			put_bytes(n, name, strlen(name) + 1);
	}
	return total;
}

static void note_files(struct notes *n, const struct core_vma *vmas, int count, char *buf)
{
	long head[2] = {0, PAGE_SIZE};
	size_t names = file_names(NULL, vmas, count, buf, &head[0]);

	begin_note(n, "CORE", NT_FILE, sizeof(head) + head[0] * 3 * sizeof(long) + names);
	put_bytes(n, head, sizeof(head));
	for (int i = 0; i < count; i++) {
		long range[3] = {vmas[i].start, vmas[i].end, vmas[i].pgoff};

		if (vmas[i].file)
			put_bytes(n, range, sizeof(range));
	}
	file_names(n, vmas, count, buf, &head[0]);
	put_padding(n);
}

/* The register sets that this machine has beside the general ones. */
static void note_regsets(struct notes *n, struct task_struct *t, char *buf)
{
	static const struct {
		unsigned int type;
		const char *name;
	} sets[] = {
		{NT_PRFPREG, "CORE"},	    {NT_X86_XSTATE, "LINUX"},
		{NT_ARM_TLS, "LINUX"},	    {NT_ARM_HW_BREAK, "LINUX"},
		{NT_ARM_HW_WATCH, "LINUX"}, {NT_ARM_SYSTEM_CALL, "LINUX"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		size_t len = PAGE_SIZE;

		if (!arch_regset_get(t, sets[i].type, buf, &len))
			put_note(n, sets[i].name, sets[i].type, buf, len);
	}
}

static void put_notes(struct notes *n, const struct core_params *p, const struct core_vma *vmas,
		      int count, char *buf)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	memcpy(&info, p->info, KERNEL_SIGINFO_SIZE);
	note_prstatus(n, current, p->info);
	note_prpsinfo(n);
	put_note(n, "CORE", NT_SIGINFO, &info, sizeof(info));
	note_auxv(n);
	note_files(n, vmas, count, buf);
	note_regsets(n, current, buf);
	for (const struct core_thread *t = p->state->threads; t; t = t->next) {
		note_prstatus(n, t->task, p->info);
		note_regsets(n, t->task, buf);
	}
}

/* ---- memory ---- */

#define CHUNK (64 * PAGE_SIZE)

static bool dump_page(struct core_params *p, unsigned long addr, void *buf)
{
	int n = access_remote_vm(current->mm, addr, buf, PAGE_SIZE, FOLL_FORCE);

	return n == PAGE_SIZE ? dump_emit(p, buf, PAGE_SIZE) : dump_skip(p, PAGE_SIZE);
}

static bool dump_memory(struct core_params *p, const struct core_vma *v, void *buf)
{
	unsigned long end = v->start + v->size;

	for (unsigned long at = v->start; at < end; at += CHUNK) {
		unsigned long stop = min(end, at + CHUNK);
		u64 pages = v->sparse ? mm_pages_in_use(current->mm, at, stop) : ~0ull;

		for (unsigned long addr = at; addr < stop; addr += PAGE_SIZE) {
			bool there = pages >> ((addr - at) >> PAGE_SHIFT) & 1;

			if (!(there ? dump_page(p, addr, buf) : dump_skip(p, PAGE_SIZE)))
				return false;
		}
		cond_resched();
	}
	return true;
}

/* ---- the whole ---- */

static bool dump_headers(struct core_params *p, const struct core_vma *vmas, int count,
			 size_t notes, loff_t *data)
{
	Elf64_Ehdr ehdr = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			    EV_CURRENT},
		.e_type = ET_CORE,
		.e_machine = ARCH_ELF_MACHINE,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(ehdr),
		.e_ehsize = sizeof(ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = min(count + 1, PN_XNUM),
	};
	loff_t offset = sizeof(ehdr) + (count + 1) * sizeof(Elf64_Phdr);
	Elf64_Phdr phdr = {.p_type = PT_NOTE, .p_offset = offset, .p_filesz = notes, .p_align = 4};

	offset = *data = ALIGN(offset + notes, PAGE_SIZE);
	if (!dump_emit(p, &ehdr, sizeof(ehdr)) || !dump_emit(p, &phdr, sizeof(phdr)))
		return false;
	for (int i = 0; i < count; i++) {
		phdr = (Elf64_Phdr){
			.p_type = PT_LOAD,
			.p_flags = (vmas[i].flags & VM_READ ? PF_R : 0) |
				   (vmas[i].flags & VM_WRITE ? PF_W : 0) |
				   (vmas[i].flags & VM_EXEC ? PF_X : 0),
			.p_offset = offset,
			.p_vaddr = vmas[i].start,
			.p_filesz = vmas[i].size,
			.p_memsz = vmas[i].end - vmas[i].start,
			.p_align = PAGE_SIZE,
		};
		if (!dump_emit(p, &phdr, sizeof(phdr)))
			return false;
		offset += vmas[i].size;
	}
	return true;
}

static bool dump_all(struct core_params *p, const struct core_vma *vmas, int count, char *buf)
{
	struct notes sizes = {.p = NULL}, notes = {.p = p};
	loff_t data;

	put_notes(&sizes, p, vmas, count, buf);
	if (!dump_headers(p, vmas, count, sizes.size, &data))
		return false;
	put_notes(&notes, p, vmas, count, buf);
	if (notes.failed || notes.size != sizes.size || !dump_skip(p, data - p->pos))
		return false;
	for (int i = 0; i < count; i++)
		if (!dump_memory(p, &vmas[i], buf))
			return false;
	/* A hole at the end is part of the file. */
	if (p->pos > p->written)
		return !do_truncate(p->file->f_path.dentry, p->pos, 0, p->file);
	return true;
}

bool elf_core_dump(struct core_params *p)
{
	char *buf = kmalloc(max_t(size_t, PAGE_SIZE, PATH_MAX), GFP_KERNEL);
	struct core_vma *vmas;
	bool done = false;
	int count;

	if (!buf)
		return false;
	vmas = copy_vmas(current->mm, &count);
	if (vmas) {
		done = dump_all(p, vmas, count, buf) || p->written;
		put_vmas(vmas, count);
	}
	kfree(buf);
	return done;
}
