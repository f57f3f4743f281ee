/* SPDX-License-Identifier: MIT */
/* epoll's hook into the release of files. */
#ifndef FS_EVENTPOLL_H
#define FS_EVENTPOLL_H

#include <lib/kconfig.h>

struct file;

/* @file is going away: every epoll set forgets it. May sleep. */
#if IS_ENABLED(CONFIG_EPOLL)
void eventpoll_release(struct file *file);
#else
static inline void eventpoll_release(struct file *file)
{
}
#endif

#endif
