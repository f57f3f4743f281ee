/* SPDX-License-Identifier: MIT */
/* struct epoll_event has its natural layout. */
#ifndef _ASM_UAPI_EVENTPOLL_H
#define _ASM_UAPI_EVENTPOLL_H

#define EPOLL_PACKED

#endif
