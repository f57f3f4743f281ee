/* SPDX-License-Identifier: MIT */
/* epoll's hook into the release of files. */
#ifndef FS_EVENTPOLL_H
#define FS_EVENTPOLL_H

#include <lib/kconfig.h>

struct file;
struct epoll_event;

/* epoll_ctl(2) of @file, which is the caller's descriptor @fd. 0 or -errno. Sleeps. */
int do_epoll_ctl(struct file *epfile, int op, int fd, struct file *file, struct epoll_event *event);

/* @file is going away: every epoll set forgets it. May sleep. */
#if IS_ENABLED(CONFIG_EPOLL)
void eventpoll_release(struct file *file);
#else
static inline void eventpoll_release(struct file *file)
{
}
#endif

#endif
