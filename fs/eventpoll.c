/* SPDX-License-Identifier: MIT */
/*
 * epoll(7): the set of watched files.
 *
 * Each item has a callback on its file's wait queues; a wake-up there puts the item on rdllist.
 * epoll_wait takes items off that list and asks their files what is ready, so its cost depends on
 * the active items only.
 *
 * Locks: epmutex > ep->mtx (parent set before nested set) > the file's queue lock > ep->lock >
 * ep->wq.lock. epmutex is taken where sets and files come and go: nesting, release.
 */
#include <lib/err.h>
#include <kernel/syscall.h>
#include <fs/eventpoll.h>
#include <fs/seq_file.h>
#include "eventpoll.h"

#define EP_MAX_NESTS 5

static DEFINE_MUTEX(epmutex);

/* ---- becoming ready -------------------------------------------------------------------------- */

/*
 * Wakes who polls the set. @below: the set in it whose own wake-up this is part of, and which is
 * locked; NULL: none. There are no circles, so the level tells lockdep the order.
 */
static void wake_pollers(struct eventpoll *ep, const struct eventpoll *below)
{
	unsigned int level = below ? below->wake_level + 1 : 0;
	unsigned long irq;

	local_irq_save(irq);
	spin_lock_nested(&ep->poll_wait.lock, level);
	ep->wake_level = level;
	__wake_up_locked_key(&ep->poll_wait, TASK_NORMAL, poll_to_key(EPOLLIN));
	spin_unlock(&ep->poll_wait.lock);
	local_irq_restore(irq);
}

static void wake_set(struct eventpoll *ep, const struct eventpoll *below)
{
	if (wq_has_sleeper(&ep->wq))
		wake_up_interruptible(&ep->wq);
	if (waitqueue_active(&ep->poll_wait))
		wake_pollers(ep, below);
}

void ep_wake(struct eventpoll *ep)
{
	wake_set(ep, NULL);
}

/*
 * Queue lock held, IRQs off. The wake-up is exclusive only if it is for nothing else but this
 * item's events.
 */
static int ep_callback(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key)
{
	struct eppoll_entry *pwq = container_of(wait, struct eppoll_entry, wait);
	struct epitem *epi = pwq->item;
	__poll_t got = key_to_poll(key), want = READ_ONCE(epi->event.events);
	struct eventpoll *ep = epi->ep;
	unsigned long irq;
	int exclusive;

	if (unlikely(got & POLLFREE)) {
		/* The queue goes away before its file. Release: pairs with leave_queue(). */
		list_del_init(&wait->entry);
		smp_store_release(&pwq->whead, NULL);
		return 0;
	}
	if (!(want & ~EP_PRIVATE_BITS) || (got && !(got & want)))
		return 0;
	spin_lock_irqsave(&ep->lock, irq);
	if (list_empty(&epi->rdllink))
		list_add_tail(&epi->rdllink, &ep->rdllist);
	exclusive = waitqueue_active(&ep->wq);
	spin_unlock_irqrestore(&ep->lock, irq);
	wake_set(ep, file_ep(epi->file));
	return want & EPOLLEXCLUSIVE ? exclusive : 1;
}

struct ep_queue {
	poll_table table;
	struct epitem *epi;
	int error;
};

static void ep_queue_proc(struct file *file, wait_queue_head_t *whead, poll_table *table)
{
	struct ep_queue *q = container_of(table, struct ep_queue, table);
	struct eppoll_entry *pwq = kmalloc(sizeof(*pwq), GFP_KERNEL);

	if (!pwq) {
		q->error = -ENOMEM;
		return;
	}
	init_waitqueue_func_entry(&pwq->wait, ep_callback);
	pwq->whead = whead;
	pwq->item = q->epi;
	pwq->next = q->epi->pwq;
	q->epi->pwq = pwq;
	if (q->epi->event.events & EPOLLEXCLUSIVE)
		add_wait_queue_exclusive(whead, &pwq->wait);
	else
		add_wait_queue(whead, &pwq->wait);
}

/* ---- the set: mtx held ----------------------------------------------------------------------- */

static int ep_cmp(const struct file *file, int fd, const struct epitem *epi)
{
	if (file != epi->file)
		return file < epi->file ? -1 : 1;
	return fd - epi->fd;
}

static struct epitem *ep_find(struct eventpoll *ep, const struct file *file, int fd)
{
	struct rb_node *n = ep->rbr.rb_node;

	while (n) {
		struct epitem *epi = rb_entry(n, struct epitem, rbn);
		int c = ep_cmp(file, fd, epi);

		if (!c)
			return epi;
		n = c < 0 ? n->rb_left : n->rb_right;
	}
	return NULL;
}

static void ep_tree_insert(struct eventpoll *ep, struct epitem *epi)
{
	struct rb_node **p = &ep->rbr.rb_node, *parent = NULL;

	while (*p) {
		parent = *p;
		p = ep_cmp(epi->file, epi->fd, rb_entry(parent, struct epitem, rbn)) < 0 ?
			    &parent->rb_left :
			    &parent->rb_right;
	}
	rb_link_node(&epi->rbn, parent, p);
	rb_insert_color(&epi->rbn, &ep->rbr);
}

static void link_to_file(struct epitem *epi)
{
	spin_lock(&epi->file->f_lock);
	epi->file_next = epi->file->f_ep;
	epi->file->f_ep = epi;
	spin_unlock(&epi->file->f_lock);
}

static void unlink_from_file(struct epitem *epi)
{
	struct epitem **p;

	spin_lock(&epi->file->f_lock);
	for (p = &epi->file->f_ep; *p != epi;)
		p = &(*p)->file_next;
	*p = epi->file_next;
	spin_unlock(&epi->file->f_lock);
}

/* A queue that ended meanwhile (POLLFREE) is still memory of its type, as long as RCU says. */
static void leave_queue(struct eppoll_entry *pwq)
{
	wait_queue_head_t *whead;

	rcu_read_lock();
	whead = smp_load_acquire(&pwq->whead);
	if (likely(whead))
		remove_wait_queue(whead, &pwq->wait);
	rcu_read_unlock();
}

/* After the queues are left no callback runs any more. */
static void ep_remove(struct eventpoll *ep, struct epitem *epi)
{
	unsigned long irq;

	while (epi->pwq) {
		struct eppoll_entry *pwq = epi->pwq;

		epi->pwq = pwq->next;
		leave_queue(pwq);
		kfree(pwq);
	}
	unlink_from_file(epi);
	rb_erase(&epi->rbn, &ep->rbr);
	spin_lock_irqsave(&ep->lock, irq);
	if (!list_empty(&epi->rdllink))
		list_del_init(&epi->rdllink);
	spin_unlock_irqrestore(&ep->lock, irq);
	kfree(epi);
}

/* Ready already? Then onto the list; who sleeps is told. */
static void ep_note_ready(struct eventpoll *ep, struct epitem *epi, __poll_t revents)
{
	if (!revents)
		return;
	spin_lock_irq(&ep->lock);
	if (list_empty(&epi->rdllink))
		list_add_tail(&epi->rdllink, &ep->rdllist);
	spin_unlock_irq(&ep->lock);
	ep_wake(ep);
}

static int ep_insert(struct eventpoll *ep, const struct epoll_event *event, struct file *file,
		     int fd)
{
	struct epitem *epi = kzalloc(sizeof(*epi), GFP_KERNEL);
	struct ep_queue q = {.table = {._qproc = ep_queue_proc}, .epi = epi};
	__poll_t revents;

	if (!epi)
		return -ENOMEM;
	INIT_LIST_HEAD(&epi->rdllink);
	epi->ep = ep;
	epi->file = file;
	epi->fd = fd;
	epi->event = *event;
	link_to_file(epi);
	ep_tree_insert(ep, epi);
	revents = ep_item_poll(epi, &q.table, 1);
	if (q.error) {
		ep_remove(ep, epi);
		return q.error;
	}
	ep_note_ready(ep, epi, revents);
	return 0;
}

/*
 * The new mask is stored before the file is asked: an event in between is seen by the callback
 * (full barriers of the queue's lock and of this fence) or by the question.
 */
static int ep_modify(struct eventpoll *ep, struct epitem *epi, const struct epoll_event *event)
{
	poll_table table = {._qproc = NULL};

	epi->event.data = event->data;
	WRITE_ONCE(epi->event.events, event->events);
	atomic_thread_fence(memory_order_seq_cst);
	ep_note_ready(ep, epi, ep_item_poll(epi, &table, 1));
	return 0;
}

/* ---- nesting: epmutex held ------------------------------------------------------------------- */

/*
 * Sets below @ep, itself included, along the deepest path; -ELOOP if @top is among them or it is
 * too deep.
 */
static int depth_below(struct eventpoll *ep, const struct eventpoll *top, int level)
{
	struct rb_node *n;
	int max = 0;

	if (ep == top || level > EP_MAX_NESTS)
		return -ELOOP;
	mutex_lock_nested(&ep->mtx, level);
	for (n = rb_first(&ep->rbr); n; n = rb_next(n)) {
		struct eventpoll *sub = file_ep(rb_entry(n, struct epitem, rbn)->file);
		int d = sub ? depth_below(sub, top, level + 1) : 0;

		if (d < 0) {
			max = d;
			break;
		}
		max = max(max, d);
	}
	mutex_unlock(&ep->mtx);
	return max < 0 ? max : max + 1;
}

/* Sets above, itself included. Links to watched sets change under epmutex only. */
static int depth_above(const struct eventpoll *ep, int level)
{
	int max = 0;

	if (level > EP_MAX_NESTS)
		return level;
	for (struct epitem *epi = ep->file->f_ep; epi; epi = epi->file_next) {
		int d = depth_above(epi->ep, level + 1);

		max = max(max, d);
	}
	return max + 1;
}

static int check_nesting(struct eventpoll *ep, struct eventpoll *target)
{
	int below = depth_below(target, ep, 1);

	if (below < 0)
		return below;
	return below + depth_above(ep, 1) > EP_MAX_NESTS ? -ELOOP : 0;
}

/* ---- epoll_ctl ------------------------------------------------------------------------------- */

#define EXCLUSIVE_OK \
	(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

static int check_exclusive(int op, const struct epoll_event *event, const struct file *target)
{
	if (op == EPOLL_CTL_DEL || !(event->events & EPOLLEXCLUSIVE))
		return 0;
	if (op == EPOLL_CTL_MOD || file_ep(target) || event->events & ~EXCLUSIVE_OK)
		return -EINVAL;
	return 0;
}

static int ctl_locked(struct eventpoll *ep, int op, int fd, struct file *file,
		      struct epoll_event *event)
{
	struct epitem *epi = ep_find(ep, file, fd);

	switch (op) {
	case EPOLL_CTL_ADD:
		if (epi)
			return -EEXIST;
		event->events |= EPOLLERR | EPOLLHUP;
		return ep_insert(ep, event, file, fd);
	case EPOLL_CTL_DEL:
		if (!epi)
			return -ENOENT;
		ep_remove(ep, epi);
		return 0;
	case EPOLL_CTL_MOD:
		if (!epi)
			return -ENOENT;
		if (epi->event.events & EPOLLEXCLUSIVE)
			return -EINVAL;
		event->events |= EPOLLERR | EPOLLHUP;
		return ep_modify(ep, epi, event);
	default:
		return -EINVAL;
	}
}

static int ctl_one(struct eventpoll *ep, int op, int fd, struct file *file,
		   struct epoll_event *event)
{
	int err;

	mutex_lock(&ep->mtx);
	err = ctl_locked(ep, op, fd, file, event);
	mutex_unlock(&ep->mtx);
	return err;
}

/* A set watched by another: links between sets change under epmutex. */
static int ctl_nested(struct eventpoll *ep, int op, int fd, struct file *file,
		      struct epoll_event *event)
{
	int err = 0;

	mutex_lock(&epmutex);
	if (op == EPOLL_CTL_ADD)
		err = check_nesting(ep, file_ep(file));
	if (!err)
		err = ctl_one(ep, op, fd, file, event);
	mutex_unlock(&epmutex);
	return err;
}

int do_epoll_ctl(struct file *epfile, int op, int fd, struct file *file, struct epoll_event *event)
{
	struct eventpoll *ep = file_ep(epfile);
	int err;

	if (!file->f_op->poll)
		return -EPERM;
	if (!ep || file == epfile)
		return -EINVAL;
	err = check_exclusive(op, event, file);
	if (err)
		return err;
	if (unlikely(file_ep(file)) && op != EPOLL_CTL_MOD)
		return ctl_nested(ep, op, fd, file, event);
	return ctl_one(ep, op, fd, file, event);
}

SYSCALL_DEFINE4(epoll_ctl, int, epfd, int, op, int, fd, struct epoll_event __user *, uevent)
{
	struct epoll_event event = {};
	struct fd ef, tf;
	int err = -EBADF;

	if (op != EPOLL_CTL_DEL && copy_from_user(&event, uevent, sizeof(event)))
		return -EFAULT;
	ef = fdget(epfd);
	if (fd_empty(ef))
		return -EBADF;
	tf = fdget(fd);
	if (!fd_empty(tf)) {
		err = do_epoll_ctl(fd_file(ef), op, fd, fd_file(tf), &event);
		fdput(tf);
	}
	fdput(ef);
	return err;
}

/* ---- life ------------------------------------------------------------------------------------ */

void eventpoll_release(struct file *file)
{
	struct epitem *epi;

	mutex_lock(&epmutex);
	while ((epi = READ_ONCE(file->f_ep))) {
		struct eventpoll *ep = epi->ep;

		mutex_lock(&ep->mtx);
		ep_remove(ep, epi);
		mutex_unlock(&ep->mtx);
	}
	mutex_unlock(&epmutex);
}

static int ep_release(struct inode *inode, struct file *file)
{
	struct eventpoll *ep = file->private_data;
	struct rb_node *n;

	mutex_lock(&epmutex);
	mutex_lock(&ep->mtx);
	while ((n = rb_first(&ep->rbr)))
		ep_remove(ep, rb_entry(n, struct epitem, rbn));
	mutex_unlock(&ep->mtx);
	mutex_unlock(&epmutex);
	kfree(ep);
	return 0;
}

/* An epoll is readable when some file in it is ready. Items found idle leave the list. */
__poll_t ep_poll_set(struct file *file, poll_table *table, unsigned int depth)
{
	struct eventpoll *ep = file->private_data;
	poll_table ask = {._qproc = NULL};
	struct epitem *epi, *next;
	__poll_t mask = 0;
	LIST_HEAD(scan);

	poll_wait(file, &ep->poll_wait, table);
	if (!ep_ready(ep))
		return 0;
	mutex_lock_nested(&ep->mtx, depth);
	spin_lock_irq(&ep->lock);
	list_splice_init(&ep->rdllist, &scan);
	spin_unlock_irq(&ep->lock);
	list_for_each_entry_safe(epi, next, &scan, rdllink) {
		if (ep_item_poll(epi, &ask, depth + 1)) {
			mask = EPOLLIN | EPOLLRDNORM;
			break;
		}
		spin_lock_irq(&ep->lock);
		list_del_init(&epi->rdllink);
		spin_unlock_irq(&ep->lock);
		/*
		 * What became ready between the question and the removal left no trace on the list.
		 */
		ep_note_ready(ep, epi, ep_item_poll(epi, &ask, depth + 1));
	}
	spin_lock_irq(&ep->lock);
	list_splice(&scan, &ep->rdllist);
	spin_unlock_irq(&ep->lock);
	mutex_unlock(&ep->mtx);
	return mask;
}

static __poll_t ep_poll_file(struct file *file, poll_table *table)
{
	return ep_poll_set(file, table, 0);
}

static void ep_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct eventpoll *ep = file->private_data;
	struct rb_node *n;

	mutex_lock(&ep->mtx);
	for (n = rb_first(&ep->rbr); n; n = rb_next(n)) {
		struct epitem *epi = rb_entry(n, struct epitem, rbn);

		seq_printf(m, "tfd: %8d events: %8x data: %16llx\n", epi->fd,
			   (__force unsigned int)epi->event.events, (u64)epi->event.data);
	}
	mutex_unlock(&ep->mtx);
}

const struct file_operations eventpoll_fops = {
	.release = ep_release,
	.poll = ep_poll_file,
	.llseek = noop_llseek,
	.show_fdinfo = ep_show_fdinfo,
};

static long do_epoll_create(int flags)
{
	struct eventpoll *ep;
	struct file *file;
	int fd;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	fd = get_unused_fd_flags(flags & O_CLOEXEC);
	if (fd < 0)
		return fd;
	ep = kzalloc(sizeof(*ep), GFP_KERNEL);
	file = ep ? anon_inode_getfile("[eventpoll]", &eventpoll_fops, ep, O_RDWR) :
		    ERR_PTR(-ENOMEM);
	if (IS_ERR(file)) {
		kfree(ep);
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	mutex_init(&ep->mtx);
	spin_lock_init(&ep->lock);
	init_waitqueue_head(&ep->wq);
	init_waitqueue_head(&ep->poll_wait);
	INIT_LIST_HEAD(&ep->rdllist);
	ep->rbr = RB_ROOT;
	ep->file = file;
	fd_install(fd, file);
	return fd;
}

SYSCALL_DEFINE1(epoll_create1, int, flags)
{
	return do_epoll_create(flags);
}

SYSCALL_DEFINE1(epoll_create, int, size)
{
	return size <= 0 ? -EINVAL : do_epoll_create(0);
}
