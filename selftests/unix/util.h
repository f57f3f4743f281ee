/* SPDX-License-Identifier: MIT */
/* What the tests of AF_UNIX share. */
#ifndef SELFTESTS_UNIX_UTIL_H
#define SELFTESTS_UNIX_UTIL_H

#include "harness.h"
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#ifndef SIOCINQ
#define SIOCINQ	 0x541B
#define SIOCOUTQ 0x5411
#endif

/* An abstract name that no other run has; its length. */
static inline socklen_t abstract_name(struct sockaddr_un *sa, const char *what)
{
	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	return offsetof(struct sockaddr_un, sun_path) + 1 +
	       snprintf(sa->sun_path + 1, sizeof(sa->sun_path) - 1, "keel-%s-%d", what, getpid());
}

static inline int poll_now(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static inline int queued(int fd)
{
	int n = -1;

	return ioctl(fd, SIOCINQ, &n) ? -errno : n;
}

/* Sends @data with @n descriptors. */
static inline ssize_t send_fds(int sock, const char *data, size_t len, const int *fds, int n)
{
	char control[CMSG_SPACE(sizeof(int) * 256)] = {0};
	struct iovec iov = {(void *)data, len};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = CMSG_SPACE(sizeof(int) * n)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * n);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * n);
	return sendmsg(sock, &msg, 0);
}

/* Receives with room for @max descriptors; *n that came, *flags of the message. */
static inline ssize_t recv_fds(int sock, char *buf, size_t len, int *fds, int max, int *n,
			       int *flags, int how)
{
	char control[CMSG_SPACE(sizeof(int) * 256)] = {0};
	struct iovec iov = {buf, len};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = max ? CMSG_LEN(sizeof(int) * max) : 0};
	ssize_t got = recvmsg(sock, &msg, how);

	*n = 0;
	*flags = msg.msg_flags;
	for (struct cmsghdr *c = got < 0 ? NULL : CMSG_FIRSTHDR(&msg); c;
	     c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		*n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), sizeof(int) * *n);
	}
	return got;
}

#endif
