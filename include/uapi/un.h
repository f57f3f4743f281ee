/* SPDX-License-Identifier: MIT */
/* AF_UNIX addresses: unix(7). */
#ifndef _UAPI_UN_H
#define _UAPI_UN_H

#include <uapi/socket.h>

#define UNIX_PATH_MAX 108

struct sockaddr_un {
	__kernel_sa_family_t sun_family;
	char sun_path[UNIX_PATH_MAX];
};

#define SIOCUNIXFILE (SIOCPROTOPRIVATE + 0)

#endif
