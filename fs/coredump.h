/* SPDX-License-Identifier: MIT */
/* Between coredump.c, which decides and opens, and elfcore.c, which writes. */
#ifndef FS_COREDUMP_H
#define FS_COREDUMP_H

#include <kernel/coredump.h>
#include <fs/fs.h>

struct core_params {
	const struct siginfo *info;
	const struct core_state *state;
	struct file *file;
	bool pipe; /* cannot seek */
	u64 limit; /* bytes */
	loff_t pos; /* where the next byte goes; all before is written or skipped */
	loff_t written; /* end of what was really written */
};

/* True: the image is in the file, or as much of it as the limit and the disk allow. */
bool elf_core_dump(struct core_params *p);

#endif
