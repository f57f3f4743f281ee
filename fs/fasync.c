/* SPDX-License-Identifier: MIT */
/* SIGIO: who gets a signal when a file becomes ready (fcntl(2) F_SETOWN, F_SETSIG, O_ASYNC). */
#include <lib/err.h>
#include <kernel/pid.h>
#include <kernel/sched_signal.h>
#include <uapi/poll.h>
#include "internal.h"

/* F_SETOWN and F_SETSIG of one file. (l) owner_lock of the file: f_lock. */
struct fown_struct {
	struct pid *pid; /* (l) referenced */
	enum pid_type pid_type; /* (l) */
	uid_t uid, euid; /* (l) of the setter */
	int signum; /* (l) 0: SIGIO */
};

static DEFINE_SPINLOCK(fasync_lock); /* IRQs off: lists, and owners while a signal is sent */

static struct fown_struct *fown_get(struct file *file)
{
	struct fown_struct *own = file->f_owner, *old = NULL;

	if (own)
		return own;
	own = kzalloc(sizeof(*own), GFP_KERNEL);
	if (!own)
		return NULL;
	if (try_cmpxchg(&file->f_owner, &old, own))
		return own;
	kfree(own);
	return old;
}

void fown_release(struct file *file)
{
	put_pid(file->f_owner->pid);
	kfree(file->f_owner);
	file->f_owner = NULL;
}

static int fown_set(struct file *file, struct pid *pid, enum pid_type type)
{
	struct fown_struct *own = fown_get(file);
	struct pid *old;
	unsigned long flags;

	if (!own)
		return -ENOMEM;
	get_pid(pid);
	spin_lock_irqsave(&fasync_lock, flags);
	old = own->pid;
	own->pid = pid;
	own->pid_type = type;
	own->uid = current_uid();
	own->euid = current_euid();
	spin_unlock_irqrestore(&fasync_lock, flags);
	put_pid(old);
	return 0;
}

static int fown_set_nr(struct file *file, pid_t nr, enum pid_type type)
{
	struct pid *pid = NULL;
	int err;

	if (nr) {
		pid = find_get_pid(nr);
		if (!pid)
			return -ESRCH;
	}
	err = fown_set(file, pid, type);
	put_pid(pid);
	return err;
}

int fown_default(struct file *file)
{
	if (file->f_owner && file->f_owner->pid)
		return 0;
	return fown_set(file, task_tgid(current), PIDTYPE_TGID);
}

int f_setown(struct file *file, int who)
{
	if (who == INT_MIN)
		return -EINVAL;
	return who < 0 ? fown_set_nr(file, -who, PIDTYPE_PGID) :
			 fown_set_nr(file, who, PIDTYPE_TGID);
}

int f_getown(struct file *file)
{
	struct fown_struct *own = file->f_owner;
	int nr = own ? pid_nr(own->pid) : 0;

	return own && own->pid_type == PIDTYPE_PGID ? -nr : nr;
}

static const enum pid_type owner_types[] = {
	[F_OWNER_TID] = PIDTYPE_PID, [F_OWNER_PID] = PIDTYPE_TGID, [F_OWNER_PGRP] = PIDTYPE_PGID};

static int f_setown_ex(struct file *file, unsigned long arg)
{
	struct f_owner_ex ex;

	if (copy_from_user(&ex, (void __user *)arg, sizeof(ex)))
		return -EFAULT;
	if ((unsigned int)ex.type >= ARRAY_SIZE(owner_types))
		return -EINVAL;
	return fown_set_nr(file, ex.pid, owner_types[ex.type]);
}

static int f_getown_ex(struct file *file, unsigned long arg)
{
	struct fown_struct *own = file->f_owner;
	struct f_owner_ex ex = {.type = F_OWNER_PID};

	if (own && own->pid) {
		ex.pid = pid_nr(own->pid);
		for (ex.type = 0; owner_types[ex.type] != own->pid_type;)
			ex.type++;
	}
	return copy_to_user((void __user *)arg, &ex, sizeof(ex)) ? -EFAULT : 0;
}

static int f_setsig(struct file *file, unsigned long arg)
{
	struct fown_struct *own;

	if (arg > _NSIG)
		return -EINVAL;
	own = fown_get(file);
	if (!own)
		return -ENOMEM;
	WRITE_ONCE(own->signum, (int)arg);
	return 0;
}

int fasync_helper(int fd, struct file *file, int on, struct fasync_struct **list)
{
	struct fasync_struct *new = on ? kzalloc(sizeof(*new), GFP_KERNEL) : NULL, **p, *old;
	unsigned long flags;

	if (on && !new)
		return -ENOMEM;
	spin_lock_irqsave(&fasync_lock, flags);
	for (p = list; (old = *p) && old->file != file;)
		p = &old->next;
	if (on && !old) {
		*new = (struct fasync_struct){.next = *list, .file = file, .fd = fd};
		*list = new;
		new = NULL;
	} else if (on) {
		old->fd = fd;
	} else if (old) {
		*p = old->next;
	}
	spin_unlock_irqrestore(&fasync_lock, flags);
	kfree(new);
	if (!on)
		kfree(old);
	return !on == !!old;
}

static const u16 band_of_code[] = {
	[POLL_IN - POLL_IN] = POLLIN | POLLRDNORM,
	[POLL_OUT - POLL_IN] = POLLOUT | POLLWRNORM | POLLWRBAND,
	[POLL_MSG - POLL_IN] = POLLIN | POLLRDNORM | POLLMSG,
	[POLL_ERR - POLL_IN] = POLLERR,
	[POLL_PRI - POLL_IN] = POLLPRI | POLLRDBAND,
	[POLL_HUP - POLL_IN] = POLLHUP | POLLERR,
};

/* fasync_lock held. */
static void send_sigio(struct fasync_struct *fa, int code)
{
	struct fown_struct *own = fa->file->f_owner;
	struct siginfo info = {};

	if (!own || !own->pid)
		return;
	if (!own->signum) {
		/* Plain SIGIO carries no detail. */
		if (own->pid_type == PIDTYPE_PGID)
			kill_pgrp(own->pid, SIGIO, 1);
		else
			kill_pid(own->pid, SIGIO, 1);
		return;
	}
	info.si_signo = own->signum;
	info.si_code = code;
	info.si_band = band_of_code[code - POLL_IN];
	info.si_fd = fa->fd;
	kill_pid_info(own->signum, &info, own->pid);
}

void kill_fasync(struct fasync_struct **list, int sig, int band)
{
	struct fasync_struct *fa;
	unsigned long flags;

	if (likely(!READ_ONCE(*list)))
		return;
	spin_lock_irqsave(&fasync_lock, flags);
	for (fa = *list; fa; fa = fa->next)
		send_sigio(fa, band);
	spin_unlock_irqrestore(&fasync_lock, flags);
}

/* ---- fcntl ----------------------------------------------------------------------------------- */

long fcntl_owner(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_GETOWN:
		return f_getown(file);
	case F_SETOWN:
		return f_setown(file, arg);
	case F_GETOWN_EX:
		return f_getown_ex(file, arg);
	case F_SETOWN_EX:
		return f_setown_ex(file, arg);
	case F_GETSIG:
		return file->f_owner ? file->f_owner->signum : 0;
	default:
		return f_setsig(file, arg);
	}
}
