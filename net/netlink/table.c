/* SPDX-License-Identifier: MIT */
/*
 * Who is where: the protocols, their sockets by port and by group, and how messages get there.
 *
 * Ports are looked up under RCU; a sock that was found is referenced if it is not on its way out.
 * table.lock nests in nothing but is taken before a receive queue's lock.
 */
#include <lib/bitmap.h>
#include <lib/err.h>
#include <lib/string.h>
#include <lib/xarray.h>
#include <kernel/cred.h>
#include <kernel/random.h>
#include <kernel/sched_signal.h>
#include <mm/slab.h>
#include "netlink.h"

struct netlink_table {
	const struct netlink_kernel_cfg *cfg; /* set once */
	struct xarray ports; /* struct sock; writers hold the lock */
	struct list_head members; /* lock */
	spinlock_t lock;
};

static struct netlink_table tables[MAX_LINKS];

int netlink_register(int protocol, const struct netlink_kernel_cfg *cfg)
{
	struct netlink_table *t = &tables[protocol];

	if (protocol < 0 || protocol >= MAX_LINKS)
		return -EINVAL;
	if (t->cfg)
		return -EEXIST;
	spin_lock_init(&t->lock);
	xa_init(&t->ports);
	INIT_LIST_HEAD(&t->members);
	smp_store_release(&t->cfg, cfg); /* pairs with netlink_cfg() */
	return 0;
}

const struct netlink_kernel_cfg *netlink_cfg(int protocol)
{
	if (protocol < 0 || protocol >= MAX_LINKS)
		return NULL;
	return smp_load_acquire(&tables[protocol].cfg);
}

/* ---- ports ----------------------------------------------------------------------------------- */

int netlink_insert(struct sock *sk, u32 portid)
{
	struct netlink_table *t = &tables[sk->sk_protocol];
	struct netlink_sock *nlk = nlk_sk(sk);
	int err;

	spin_lock(&t->lock);
	if (nlk_flag(nlk, NL_BOUND)) {
		err = nlk->portid == portid ? 0 : -EINVAL;
	} else {
		err = xa_insert(&t->ports, portid, sk, GFP_ATOMIC);
		if (!err) {
			nlk->portid = portid;
			set_bit(NL_BOUND, &nlk->flags);
		}
	}
	spin_unlock(&t->lock);
	return err == -EBUSY ? -EADDRINUSE : err;
}

/* The process's number, or one that no process has. */
int netlink_autobind(struct sock *sk)
{
	u32 portid = task_tgid_nr(current);
	int err;

	do {
		if (nlk_flag(nlk_sk(sk), NL_BOUND))
			return 0;
		err = netlink_insert(sk, portid);
		portid = -4096 - (u32)get_random_u32_below(1u << 30);
	} while (err == -EADDRINUSE);
	return err == -EINVAL ? 0 : err; /* another thread was faster */
}

void netlink_remove(struct sock *sk)
{
	struct netlink_table *t = &tables[sk->sk_protocol];
	struct netlink_sock *nlk = nlk_sk(sk);

	spin_lock(&t->lock);
	if (nlk_flag(nlk, NL_BOUND))
		xa_erase(&t->ports, nlk->portid);
	list_del_init(&nlk->member);
	spin_unlock(&t->lock);
}

static struct sock *sock_at(int protocol, u32 portid)
{
	struct sock *sk;

	rcu_read_lock();
	sk = xa_load(&tables[protocol].ports, portid);
	if (sk && !refcount_inc_not_zero(&sk->sk_refcnt))
		sk = NULL;
	rcu_read_unlock();
	return sk;
}

/* ---- groups ---------------------------------------------------------------------------------- */

/* Lock held, groups were changed. */
static void update_member(struct netlink_table *t, struct netlink_sock *nlk)
{
	bool any = !bitmap_empty(nlk->groups, nlk->ngroups);

	if (any && list_empty(&nlk->member))
		list_add_tail(&nlk->member, &t->members);
	else if (!any)
		list_del_init(&nlk->member);
}

int netlink_join(struct sock *sk, unsigned int group, bool on)
{
	struct netlink_table *t = &tables[sk->sk_protocol];
	struct netlink_sock *nlk = nlk_sk(sk);

	if (!group || group > nlk->ngroups)
		return -EINVAL;
	spin_lock(&t->lock);
	if (on)
		set_bit(group - 1, nlk->groups);
	else
		clear_bit(group - 1, nlk->groups);
	update_member(t, nlk);
	spin_unlock(&t->lock);
	return 0;
}

void netlink_set_groups(struct sock *sk, u32 mask)
{
	struct netlink_table *t = &tables[sk->sk_protocol];
	struct netlink_sock *nlk = nlk_sk(sk);

	spin_lock(&t->lock);
	nlk->groups[0] = (nlk->groups[0] & ~0xfffffffful) | mask;
	update_member(t, nlk);
	spin_unlock(&t->lock);
}

u32 netlink_groups(struct sock *sk)
{
	return READ_ONCE(nlk_sk(sk)->groups[0]);
}

/* ---- delivery -------------------------------------------------------------------------------- */

/* The destructor of all buffers here: what they are charged to, if anything, is alive. */
static void netlink_skb_free(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	put_pid(NETLINK_CB(skb).pid);
	if (!sk)
		return;
	atomic_sub(skb->truesize, &sk->sk_rmem_alloc);
	if (wq_has_sleeper(&nlk_sk(sk)->room))
		wake_up_interruptible_all(&nlk_sk(sk)->room);
}

struct sk_buff *netlink_alloc(unsigned int size, gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb(size, gfp);

	if (!skb)
		return NULL;
	static_assert(sizeof(struct netlink_skb_parms) <= sizeof(skb->cb), "no room");
	NETLINK_CB(skb) = (struct netlink_skb_parms){};
	skb->destructor = netlink_skb_free;
	return skb;
}

static bool has_room(const struct sock *sk)
{
	return atomic_read(&sk->sk_rmem_alloc) < READ_ONCE(sk->sk_rcvbuf);
}

int netlink_charge(struct sock *sk, struct sk_buff *skb)
{
	if (!has_room(sk))
		return -EAGAIN;
	atomic_add(skb->truesize, &sk->sk_rmem_alloc);
	skb->sk = sk;
	return 0;
}

void netlink_sendskb(struct sock *sk, struct sk_buff *skb)
{
	bool dead;

	NETLINK_CB(skb).sk = NULL; /* from here on the sender may go */
	spin_lock(&sk->sk_receive_queue.lock);
	dead = sock_flag(sk, SOCK_DEAD);
	if (!dead)
		__skb_queue_tail(&sk->sk_receive_queue, skb);
	spin_unlock(&sk->sk_receive_queue.lock);
	if (dead)
		kfree_skb(skb);
	else
		sk_data_ready(sk);
}

/* Sleeps for room at @sk, for as long as its owner lets the sender: 0 or -errno. */
static int charge_waiting(struct sock *sk, struct sk_buff *skb, bool nonblock)
{
	const struct sock *from = NETLINK_CB(skb).sk;
	s64 timeo = nonblock ? 0 : from ? READ_ONCE(from->sk_sndtimeo) : KTIME_MAX;

	while (netlink_charge(sk, skb)) {
		if (sock_flag(sk, SOCK_DEAD))
			return -ECONNREFUSED;
		if (timeo <= 0)
			return -EAGAIN;
		timeo = wait_event_interruptible_hrtimeout(
			nlk_sk(sk)->room, has_room(sk) || sock_flag(sk, SOCK_DEAD), timeo);
		if (timeo < 0)
			return timeo;
	}
	return 0;
}

/* A socket that is connected to another takes nothing from strangers. */
static bool wants_from(const struct netlink_sock *nlk, u32 portid)
{
	u32 peer = READ_ONCE(nlk->dst_portid);

	return !portid || !peer || peer == portid;
}

int netlink_unicast(int protocol, struct sk_buff *skb, u32 portid, bool nonblock)
{
	struct sock *sk = sock_at(protocol, portid);
	int err = -ECONNREFUSED;

	if (sk && wants_from(nlk_sk(sk), NETLINK_CB(skb).portid))
		err = charge_waiting(sk, skb, nonblock);
	if (err)
		kfree_skb(skb);
	else
		netlink_sendskb(sk, skb);
	if (sk)
		sock_put(sk);
	return err;
}

static struct sk_buff *copy_of(const struct sk_buff *skb)
{
	struct sk_buff *copy = netlink_alloc(skb->len, GFP_ATOMIC);

	if (!copy)
		return NULL;
	memcpy(skb_put(copy, skb->len), skb->data, skb->len);
	NETLINK_CB(copy) = NETLINK_CB(skb);
	get_pid(NETLINK_CB(copy).pid);
	return copy;
}

/* It loses a message, and is told. */
static void overrun(struct netlink_sock *nlk)
{
	atomic_inc(&nlk->sk.sk_drops);
	if (nlk_flag(nlk, NL_NO_ENOBUFS))
		return;
	WRITE_ONCE(nlk->sk.sk_err, ENOBUFS);
	sock_state_change(&nlk->sk);
}

int netlink_broadcast(int protocol, struct sk_buff *skb, u32 portid, u32 group)
{
	struct netlink_table *t = &tables[protocol];
	struct netlink_sock *nlk;
	int err = -ESRCH;

	NETLINK_CB(skb).dst_group = group;
	spin_lock(&t->lock);
	list_for_each_entry(nlk, &t->members, member) {
		struct sk_buff *copy;

		if (group > nlk->ngroups || !test_bit(group - 1, nlk->groups) ||
		    (portid && nlk->portid == portid))
			continue;
		err = err == -ESRCH ? 0 : err;
		copy = copy_of(skb);
		if (copy && !netlink_charge(&nlk->sk, copy)) {
			netlink_sendskb(&nlk->sk, copy);
			continue;
		}
		kfree_skb(copy);
		overrun(nlk);
		if (nlk_flag(nlk, NL_BROADCAST_ERROR))
			err = -ENOBUFS;
	}
	spin_unlock(&t->lock);
	kfree_skb(skb);
	return err;
}
