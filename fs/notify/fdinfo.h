/* SPDX-License-Identifier: MIT */
/* What /proc/PID/fdinfo shows of marks, proc_pid_fdinfo(5). */
#ifndef FS_NOTIFY_FDINFO_H
#define FS_NOTIFY_FDINFO_H

#include <fs/fsnotify.h>
#include <fs/seq_file.h>

/* Calls @show for each mark of the group; under a spinlock. */
void fsnotify_show_marks(struct seq_file *m, struct fsnotify_group *group,
			 void (*show)(struct seq_file *m, const struct fsnotify_mark *mark));

/* "sdev:800013"; "ino:4f969 sdev:800013"; " fhandle-bytes:8 fhandle-type:1 f_handle:69f904...". */
void fsnotify_show_sdev(struct seq_file *m, const struct super_block *sb);
void fsnotify_show_inode(struct seq_file *m, const struct inode *inode);
/* Nothing if the file system has no handles. */
void fsnotify_show_handle(struct seq_file *m, struct inode *inode);

#endif
