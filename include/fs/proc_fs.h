/* SPDX-License-Identifier: MIT */
/*
 * procfs: files under /proc that kernel code makes. An entry is registered once at boot (or with
 * its driver) and may be removed; readers that have it open keep working until they close (remove
 * waits for calls that are running).
 *
 * Usual use, from an initcall:
 *	proc_create_single("uptime", 0444, NULL, uptime_show);
 * With CONFIG_PROC_FS=n all of this is empty inlines that give NULL; callers need no test.
 */
#ifndef FS_PROC_FS_H
#define FS_PROC_FS_H

#include <lib/types.h>
#include <lib/compiler.h>
#include <lib/kconfig.h>

struct file;
struct file_operations;
struct inode;
struct pid;
struct proc_dir_entry;
struct seq_file;
struct seq_operations;

#if IS_ENABLED(CONFIG_PROC_FS)

/*
 * Each returns the new entry or NULL (no memory, or the name is taken). @parent NULL: /proc itself;
 * @name may hold directories that exist ("tty/drivers"). @mode: permission bits; 0: 0444 (0555 for
 * a directory). May sleep.
 */
struct proc_dir_entry *proc_mkdir(const char *name, struct proc_dir_entry *parent);
struct proc_dir_entry *proc_symlink(const char *name, struct proc_dir_entry *parent,
				    const char *target);
/* A file whose whole text show() prints. @data is m->private. */
struct proc_dir_entry *proc_create_single_data(const char *name, umode_t mode,
					       struct proc_dir_entry *parent,
					       int (*show)(struct seq_file *m, void *v),
					       void *data);
struct proc_dir_entry *proc_create_seq(const char *name, umode_t mode,
				       struct proc_dir_entry *parent,
				       const struct seq_operations *ops);
/* A file with operations of its own; proc_pde_data(inode) gives @data. */
struct proc_dir_entry *proc_create_data(const char *name, umode_t mode,
					struct proc_dir_entry *parent,
					const struct file_operations *fops, void *data);
void *proc_pde_data(const struct inode *inode);
/* Removes @entry and what is below it. NULL is fine. May sleep. */
void proc_remove(struct proc_dir_entry *entry);
/* The process whose directory @file is; NULL: it is none. No reference: the file holds one. */
struct pid *tgid_pidfd_to_pid(const struct file *file);

#else

static inline struct proc_dir_entry *proc_mkdir(const char *name, struct proc_dir_entry *parent)
{
	return NULL;
}
static inline struct proc_dir_entry *proc_symlink(const char *name, struct proc_dir_entry *parent,
						  const char *target)
{
	return NULL;
}
static inline struct proc_dir_entry *
proc_create_single_data(const char *name, umode_t mode, struct proc_dir_entry *parent,
			int (*show)(struct seq_file *m, void *v), void *data)
{
	return NULL;
}
static inline struct proc_dir_entry *proc_create_seq(const char *name, umode_t mode,
						     struct proc_dir_entry *parent,
						     const struct seq_operations *ops)
{
	return NULL;
}
static inline struct proc_dir_entry *proc_create_data(const char *name, umode_t mode,
						      struct proc_dir_entry *parent,
						      const struct file_operations *fops,
						      void *data)
{
	return NULL;
}
static inline void *proc_pde_data(const struct inode *inode)
{
	return NULL;
}
static inline void proc_remove(struct proc_dir_entry *entry)
{
}
static inline struct pid *tgid_pidfd_to_pid(const struct file *file)
{
	return NULL;
}

#endif

#define proc_create_single(name, mode, parent, show) \
	proc_create_single_data((name), (mode), (parent), (show), NULL)
#define proc_create(name, mode, parent, fops) \
	proc_create_data((name), (mode), (parent), (fops), NULL)

#endif
