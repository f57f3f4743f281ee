/* SPDX-License-Identifier: MIT */
/*
 * What happens in a POSIX message queue. Messages leave it by falling priority, oldest first. A
 * message for a waiting receiver is handed over without entering the queue; when a receiver takes a
 * message from a full queue, the first waiting sender's message takes its place. So senders wait
 * only while the queue is full and receivers only while it is empty.
 */
#include <fs/poll.h>
#include <kernel/cred.h>
#include <kernel/hrtimer.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <mm/slab.h>
#include "mqueue.h"

/* ---- messages -------------------------------------------------------------------------------- */

/* A message with the text at @text: ERR_PTR(-ENOMEM, -EFAULT). Sleeps. */
static struct mq_msg *load_msg(const char __user *text, size_t len, unsigned int prio)
{
	struct mq_msg *msg = kvmalloc(sizeof(*msg) + len, GFP_KERNEL);

	if (!msg)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(msg->text, text, len)) {
		kvfree(msg);
		return ERR_PTR(-EFAULT);
	}
	INIT_LIST_HEAD(&msg->same);
	msg->prio = prio;
	msg->len = len;
	return msg;
}

static struct mq_msg *msg_of(struct rb_node *node)
{
	return rb_entry(node, struct mq_msg, node);
}

/* info->lock held. */
static void insert_msg(struct mqueue_inode_info *info, struct mq_msg *msg)
{
	struct rb_node **link = &info->msgs.rb_root.rb_node, *parent = NULL;
	bool first = true;

	info->curmsgs++;
	info->qsize += msg->len;
	while (*link) {
		struct mq_msg *at = msg_of(parent = *link);

		if (at->prio == msg->prio) {
			list_add_tail(&msg->same, &at->same);
			return;
		}
		if (msg->prio > at->prio) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			first = false;
		}
	}
	rb_link_node(&msg->node, parent, link);
	rb_insert_color_cached(&msg->node, &info->msgs, first);
}

/* The message that comes first leaves the queue, which is not empty. info->lock held. */
static struct mq_msg *take_msg(struct mqueue_inode_info *info)
{
	struct mq_msg *msg = msg_of(rb_first_cached(&info->msgs)), *next;

	info->curmsgs--;
	info->qsize -= msg->len;
	if (list_empty(&msg->same)) {
		rb_erase_cached(&msg->node, &info->msgs);
		return msg;
	}
	next = list_first_entry(&msg->same, struct mq_msg, same);
	list_del_init(&msg->same);
	rb_replace_node(&msg->node, &next->node, &info->msgs.rb_root);
	info->msgs.rb_leftmost = &next->node;
	return msg;
}

void mqueue_msg_init(struct mqueue_inode_info *info)
{
	info->msgs = RB_ROOT_CACHED;
	INIT_LIST_HEAD(&info->senders);
	INIT_LIST_HEAD(&info->receivers);
}

void mqueue_free_msgs(struct mqueue_inode_info *info)
{
	while (info->curmsgs)
		kvfree(take_msg(info));
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* Behind those of the same or a better priority. */
static void add_waiter(struct list_head *list, struct mq_waiter *w)
{
	struct mq_waiter *at;

	list_for_each_entry_reverse(at, list, link)
		if (at->task->prio <= current->prio)
			break;
	list_add(&w->link, &at->link);
}

/*
 * Sleeps until somebody has served @w: 0, -ETIMEDOUT or -ERESTARTSYS. info->lock is held, and given
 * up. Who was served does not need it: its memory order comes with ->done (wake_served()).
 */
static int wait_served(struct mqueue_inode_info *info, struct list_head *list, struct mq_waiter *w,
		       ktime_t when) __releases(&info->lock)
{
	int err = 0;

	w->task = current;
	w->done = false;
	add_waiter(list, w);
	for (;;) {
		int woken;

		set_current_state(TASK_INTERRUPTIBLE);
		spin_unlock(&info->lock);
		woken = schedule_hrtimeout_clock(when, CLOCK_REALTIME);
		if (likely(smp_load_acquire(&w->done)))
			return 0;
		spin_lock(&info->lock);
		if (w->done || signal_pending(current) || !woken)
			break;
	}
	if (!w->done) {
		list_del(&w->link);
		err = signal_pending(current) ? -ERESTARTSYS : -ETIMEDOUT;
	}
	spin_unlock(&info->lock);
	return err;
}

/*
 * @w is served, and gone from then on; its task's memory stays while the lock keeps preemption off
 * (RCU). info->lock held.
 */
static void wake_served(struct mq_waiter *w)
{
	struct task_struct *task = w->task;

	list_del(&w->link);
	smp_store_release(&w->done, true); /* pairs with wait_served() */
	wake_up_process(task);
}

/* ---- notification ---------------------------------------------------------------------------- */

static void send_notification(struct mqueue_inode_info *info)
{
	struct task_struct *task = get_pid_task(info->notify_owner, PIDTYPE_TGID);
	struct siginfo si;

	if (!task)
		return;
	clear_siginfo(&si);
	si.si_signo = info->notify_signo;
	si.si_code = SI_MESGQ;
	si.si_value = info->notify_value;
	si.si_pid = task_tgid_nr(current);
	si.si_uid = current_uid();
	do_send_sig_info(info->notify_signo, &si, task, PIDTYPE_TGID);
	put_task_struct(task);
}

/* A message came into the queue: tells who asked for it, if it was empty, and pollers. */
static void notify(struct mqueue_inode_info *info)
{
	if (info->notify_owner && info->curmsgs == 1) {
		if (info->notify_how == SIGEV_SIGNAL)
			send_notification(info);
		else
			mqueue_send_cookie(info, NOTIFY_WOKENUP);
		mqueue_remove_notification(info);
	}
	wake_up_poll(&info->wait_q, EPOLLIN | EPOLLRDNORM);
}

/* ---- sending and receiving ------------------------------------------------------------------- */

/* There is room. info->lock held. */
static void deliver(struct mqueue_inode_info *info, struct mq_msg *msg)
{
	struct mq_waiter *w;

	if (list_empty(&info->receivers)) {
		insert_msg(info, msg);
		notify(info);
		return;
	}
	w = list_first_entry(&info->receivers, struct mq_waiter, link);
	w->msg = msg;
	wake_served(w);
}

static void touch(struct mqueue_inode_info *info)
{
	struct inode *inode = &info->vfs;

	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
}

long mqueue_send(struct file *file, const char __user *text, size_t len, unsigned int prio,
		 ktime_t when)
{
	struct mqueue_inode_info *info = mqueue_i(file_inode(file));
	struct mq_waiter w;
	int err = 0;

	if (len > (size_t)info->msgsize)
		return -EMSGSIZE;
	w.msg = load_msg(text, len, prio);
	if (IS_ERR(w.msg))
		return PTR_ERR(w.msg);
	spin_lock(&info->lock);
	if (unlikely(info->curmsgs >= info->maxmsg && !(file->f_flags & O_NONBLOCK))) {
		err = wait_served(info, &info->senders, &w, when);
	} else {
		if (info->curmsgs < info->maxmsg)
			deliver(info, w.msg);
		else
			err = -EAGAIN;
		spin_unlock(&info->lock);
	}
	if (err)
		kvfree(w.msg);
	else
		touch(info);
	return err;
}

/* The first message of the queue, which is not empty. info->lock held. */
static struct mq_msg *receive_first(struct mqueue_inode_info *info)
{
	struct mq_msg *msg = take_msg(info);
	struct mq_waiter *w;

	if (list_empty(&info->senders)) {
		wake_up_poll(&info->wait_q, EPOLLOUT | EPOLLWRNORM);
		return msg;
	}
	w = list_first_entry(&info->senders, struct mq_waiter, link);
	insert_msg(info, w->msg);
	wake_served(w);
	return msg;
}

long mqueue_receive(struct file *file, char __user *text, size_t len, unsigned int __user *uprio,
		    ktime_t when)
{
	struct mqueue_inode_info *info = mqueue_i(file_inode(file));
	struct mq_waiter w;
	long ret = 0;

	if (len < (size_t)info->msgsize)
		return -EMSGSIZE;
	spin_lock(&info->lock);
	if (!info->curmsgs && !(file->f_flags & O_NONBLOCK)) {
		ret = wait_served(info, &info->receivers, &w, when);
	} else {
		if (info->curmsgs)
			w.msg = receive_first(info);
		else
			ret = -EAGAIN;
		spin_unlock(&info->lock);
	}
	if (ret)
		return ret;
	touch(info);
	ret = w.msg->len;
	if ((uprio && put_user(w.msg->prio, uprio)) || copy_to_user(text, w.msg->text, w.msg->len))
		ret = -EFAULT;
	kvfree(w.msg);
	return ret;
}
