/* SPDX-License-Identifier: MIT */
/* Control messages: unix(7), cmsg(3). <net/scm.h> describes the use. */
#include <lib/err.h>
#include <lib/string.h>
#include <kernel/io_uring.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include <fs/file.h>
#include <net/scm.h>
#include <net/sock.h>
#include <uapi/capability.h>

#define OVERFLOW_ID 65534 /* who is not known */

/* ---- sending --------------------------------------------------------------------------------- */

static struct cmsghdr *cmsg_at(const struct msghdr *msg, size_t off)
{
	struct cmsghdr *cmsg = (struct cmsghdr *)((char *)msg->msg_control + off);

	return msg->msg_controllen < sizeof(*cmsg) || off > msg->msg_controllen - sizeof(*cmsg) ?
		       NULL :
		       cmsg;
}

struct cmsghdr *cmsg_firsthdr(const struct msghdr *msg)
{
	return cmsg_at(msg, 0);
}

struct cmsghdr *cmsg_nxthdr(const struct msghdr *msg, struct cmsghdr *cmsg)
{
	return cmsg_at(msg, (char *)cmsg - (char *)msg->msg_control + CMSG_ALIGN(cmsg->cmsg_len));
}

static bool cmsg_ok(const struct msghdr *msg, const struct cmsghdr *cmsg)
{
	return cmsg->cmsg_len >= sizeof(*cmsg) &&
	       cmsg->cmsg_len <= msg->msg_controllen - ((char *)cmsg - (char *)msg->msg_control);
}

static int fp_copy(const struct cmsghdr *cmsg, struct scm_fp_list **fpp)
{
	size_t n = (cmsg->cmsg_len - sizeof(*cmsg)) / sizeof(int);
	const int *fds = CMSG_DATA(cmsg);
	struct scm_fp_list *fp = *fpp;

	if (!n)
		return 0;
	if (n > SCM_MAX_FD || (fp && fp->count + n > SCM_MAX_FD))
		return -EINVAL;
	if (!fp || fp->count + n > fp->max) {
		unsigned int max = fp ? SCM_MAX_FD : n;

		fp = krealloc(fp, sizeof(*fp) + max * sizeof(fp->fp[0]), GFP_KERNEL);
		if (!fp)
			return -ENOMEM;
		fp->max = max;
		if (!*fpp)
			fp->count = 0;
		*fpp = fp;
	}
	while (n--) {
		int fd = *fds++;
		struct file *file = fd < 0 ? NULL : fget_raw(fd);

		if (!file)
			return -EBADF;
		/* Its registered files may hold this socket: such cycles are not collected. */
		if (unlikely(io_is_uring(file))) {
			fput(file);
			return -EINVAL;
		}
		fp->fp[fp->count++] = file;
	}
	return 0;
}

void scm_fp_free(struct scm_fp_list *fp)
{
	for (unsigned int i = 0; i < fp->count; i++)
		fput(fp->fp[i]);
	kfree(fp);
}

struct scm_fp_list *scm_fp_dup(const struct scm_fp_list *fp)
{
	struct scm_fp_list *new = kmalloc(sizeof(*fp) + fp->count * sizeof(fp->fp[0]), GFP_KERNEL);

	if (!new)
		return NULL;
	new->count = new->max = fp->count;
	for (unsigned int i = 0; i < fp->count; i++)
		new->fp[i] = get_file(fp->fp[i]);
	return new;
}

/* unix(7): only a privileged sender may say something else than what it is. */
static bool creds_allowed(const struct ucred *u)
{
	const struct cred *c = current_cred();

	return (u->pid == (u32)task_tgid_nr(current) || capable(CAP_SYS_ADMIN)) &&
	       (u->uid == c->uid || u->uid == c->euid || u->uid == c->suid ||
		capable(CAP_SETUID)) &&
	       (u->gid == c->gid || u->gid == c->egid || u->gid == c->sgid || capable(CAP_SETGID));
}

static int creds_copy(const struct cmsghdr *cmsg, struct scm_cookie *scm)
{
	struct ucred u;
	struct pid *pid;

	if (cmsg->cmsg_len != CMSG_LEN(sizeof(u)))
		return -EINVAL;
	memcpy(&u, CMSG_DATA(cmsg), sizeof(u));
	if (!creds_allowed(&u))
		return -EPERM;
	if (u.uid == (uid_t)-1 || u.gid == (gid_t)-1)
		return -EINVAL;
	pid = find_get_pid(u.pid);
	if (!pid)
		return -ESRCH;
	put_pid(scm->pid);
	scm->pid = pid;
	scm->uid = u.uid;
	scm->gid = u.gid;
	scm->has_creds = true;
	return 0;
}

int __scm_send(struct msghdr *msg, struct scm_cookie *scm)
{
	struct cmsghdr *cmsg;
	int err = 0;

	for (cmsg = cmsg_firsthdr(msg); cmsg && !err; cmsg = cmsg_nxthdr(msg, cmsg)) {
		err = -EINVAL;
		if (!cmsg_ok(msg, cmsg))
			break;
		if (cmsg->cmsg_level != SOL_SOCKET)
			err = 0; /* some protocol's */
		else if (cmsg->cmsg_type == SCM_RIGHTS)
			err = fp_copy(cmsg, &scm->fp);
		else if (cmsg->cmsg_type == SCM_CREDENTIALS)
			err = creds_copy(cmsg, scm);
	}
	if (scm->fp && !scm->fp->count) {
		kfree(scm->fp);
		scm->fp = NULL;
	}
	if (err)
		scm_destroy(scm);
	return err;
}

void __scm_destroy(struct scm_cookie *scm)
{
	put_pid(scm->pid);
	scm->pid = NULL;
	if (scm->fp)
		scm_fp_free(scm->fp);
	scm->fp = NULL;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void cmsg_consume(struct msghdr *msg, size_t len)
{
	size_t space = min(CMSG_ALIGN(len), msg->msg_controllen);

	msg->msg_control_user = (char __user *)msg->msg_control_user + space;
	msg->msg_controllen -= space;
}

int put_cmsg(struct msghdr *msg, int level, int type, size_t len, const void *data)
{
	struct cmsghdr hdr = {.cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(len)};
	char __user *to = msg->msg_control_user;

	if (!to || msg->msg_controllen < sizeof(hdr)) {
		msg->msg_flags |= MSG_CTRUNC;
		return 0;
	}
	if (msg->msg_controllen < hdr.cmsg_len) {
		msg->msg_flags |= MSG_CTRUNC;
		hdr.cmsg_len = msg->msg_controllen;
	}
	if (copy_to_user(to, &hdr, sizeof(hdr)) ||
	    copy_to_user(to + sizeof(hdr), data, hdr.cmsg_len - sizeof(hdr)))
		return -EFAULT;
	cmsg_consume(msg, hdr.cmsg_len);
	return 0;
}

/* Installs one file at *@ufd. */
static int receive_fd(struct file *file, int __user *ufd, unsigned int o_flags)
{
	int fd = get_unused_fd_flags(o_flags);

	if (fd < 0)
		return fd;
	if (put_user(fd, ufd)) {
		put_unused_fd(fd);
		return -EFAULT;
	}
	fd_install(fd, get_file(file));
	return 0;
}

/* As many as there is room for in the control buffer and in the descriptor table. */
static void scm_detach_fds(struct msghdr *msg, const struct scm_fp_list *fp, int flags)
{
	unsigned int o_flags = flags & MSG_CMSG_CLOEXEC ? O_CLOEXEC : 0;
	char __user *to = msg->msg_control_user;
	unsigned int room = 0, n = 0;
	struct cmsghdr hdr = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};

	if (to && msg->msg_controllen > sizeof(hdr))
		room = (msg->msg_controllen - sizeof(hdr)) / sizeof(int);
	while (n < min(room, fp->count)) {
		if (receive_fd(fp->fp[n], (int __user *)(to + sizeof(hdr)) + n, o_flags))
			break;
		n++;
	}
	if (n) {
		hdr.cmsg_len = CMSG_LEN(n * sizeof(int));
		if (!copy_to_user(to, &hdr, sizeof(hdr)))
			cmsg_consume(msg, hdr.cmsg_len);
	}
	if (n < fp->count)
		msg->msg_flags |= MSG_CTRUNC;
}

void scm_recv(struct socket *sock, struct msghdr *msg, struct scm_cookie *scm, int flags)
{
	if (unlikely(sock_flag(sock->sk, SOCK_F_PASSCRED))) {
		struct ucred u = {.uid = OVERFLOW_ID, .gid = OVERFLOW_ID};

		if (scm->has_creds)
			u = (struct ucred){
				.pid = pid_nr(scm->pid), .uid = scm->uid, .gid = scm->gid};
		put_cmsg(msg, SOL_SOCKET, SCM_CREDENTIALS, sizeof(u), &u);
	}
	if (unlikely(scm->fp))
		scm_detach_fds(msg, scm->fp, flags);
	scm_destroy(scm);
}
