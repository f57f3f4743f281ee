/* SPDX-License-Identifier: MIT */
/*
 * Control messages of sockets: cmsg(3). Sending: scm_send() takes descriptors and credentials out
 * of the caller's control buffer. Receiving: put_cmsg() appends to the user's, scm_detach_fds()
 * installs passed files.
 */
#ifndef NET_SCM_H
#define NET_SCM_H

#include <lib/types.h>
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <net/net.h>

struct file;
struct sock;

#define SCM_MAX_FD 253

/* Files on their way, each referenced. */
struct scm_fp_list {
	unsigned int count, max;
	struct file *fp[];
};

struct scm_cookie {
	struct scm_fp_list *fp; /* owned */
	struct pid *pid; /* referenced */
	uid_t uid;
	gid_t gid;
	bool has_creds; /* pid, uid, gid are set */
};

#define CMSG_ALIGN(len) (((len) + sizeof(long) - 1) & ~(sizeof(long) - 1))
#define CMSG_DATA(cmsg) ((void *)((char *)(cmsg) + sizeof(struct cmsghdr)))
#define CMSG_LEN(len)	(sizeof(struct cmsghdr) + (len))
#define CMSG_SPACE(len) (sizeof(struct cmsghdr) + CMSG_ALIGN(len))

/* The first and the next control message of a kernel copy, or NULL; lengths are checked. */
struct cmsghdr *cmsg_firsthdr(const struct msghdr *msg);
struct cmsghdr *cmsg_nxthdr(const struct msghdr *msg, struct cmsghdr *cmsg);

/*
 * Parses SOL_SOCKET messages of @msg into @scm (zeroed here): 0, or -EINVAL, -EBADF, -EPERM,
 * -ESRCH, -ENOMEM with nothing held.
 */
int __scm_send(struct msghdr *msg, struct scm_cookie *scm);
static inline int scm_send(struct msghdr *msg, struct scm_cookie *scm)
{
	*scm = (struct scm_cookie){};
	return likely(!msg->msg_controllen) ? 0 : __scm_send(msg, scm);
}
void __scm_destroy(struct scm_cookie *scm);
static inline void scm_destroy(struct scm_cookie *scm)
{
	if (unlikely(scm->fp || scm->pid))
		__scm_destroy(scm);
}
void scm_fp_free(struct scm_fp_list *fp);
/* Another list of the same files, referenced; NULL: no memory. */
struct scm_fp_list *scm_fp_dup(const struct scm_fp_list *fp);

/* Appends one message; MSG_CTRUNC when it does not fit. 0 or -EFAULT. May sleep. */
int put_cmsg(struct msghdr *msg, int level, int type, size_t len, const void *data);
/* What SO_PASSCRED asks for, and the files of @scm (given away). */
void scm_recv(struct socket *sock, struct msghdr *msg, struct scm_cookie *scm, int flags);

#endif
