/* SPDX-License-Identifier: MIT */
/* Files of name spaces: what /proc/PID/ns/X leads to and setns(2) takes. */
#ifndef FS_NSFS_H
#define FS_NSFS_H

#include <fs/path.h>
#include <kernel/nsproxy.h>

struct file;

/* A path to the file of @ns, whose reference is consumed. 0 or -ENOMEM. */
int ns_get_path(struct ns_common *ns, struct path *path);
/* The name space that @file is the file of, borrowed from it; NULL: another kind of file. */
struct ns_common *ns_of_file(const struct file *file);

#endif
