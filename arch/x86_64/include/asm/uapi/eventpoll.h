/* SPDX-License-Identifier: MIT */
/* On x86_64 struct epoll_event is packed, as it is on i386. */
#ifndef _ASM_UAPI_EVENTPOLL_H
#define _ASM_UAPI_EVENTPOLL_H

#define EPOLL_PACKED __attribute__((packed))

#endif
