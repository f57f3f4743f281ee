/* SPDX-License-Identifier: MIT */
/*
 * Options of SOL_SOCKET: socket(7). Those that are one bit are a table; the rest have a function.
 * What needs a network device or filters is answered as by a kernel without them.
 */
#include <lib/string.h>
#include <kernel/uaccess.h>
#include <net/sock.h>
#include <uapi/capability.h>
#include <uapi/time.h>

/* A buffer's least size, and what one descriptor's accounting may ask for at most. */
#define SOCK_MIN_SNDBUF 4608
#define SOCK_MIN_RCVBUF 2304

static const struct {
	u8 opt, flag;
} flag_opts[] = {
	{SO_DEBUG, SOCK_F_DEBUG},	  {SO_REUSEADDR, SOCK_F_REUSE},
	{SO_REUSEPORT, SOCK_F_REUSEPORT}, {SO_DONTROUTE, SOCK_F_LOCALROUTE},
	{SO_BROADCAST, SOCK_F_BROADCAST}, {SO_KEEPALIVE, SOCK_F_KEEPOPEN},
	{SO_OOBINLINE, SOCK_F_OOBINLINE}, {SO_NO_CHECK, SOCK_F_NOCHECK},
	{SO_PASSCRED, SOCK_F_PASSCRED},	  {SO_PASSSEC, SOCK_F_PASSSEC},
	{SO_NOFCS, SOCK_F_NOFCS},	  {SO_SELECT_ERR_QUEUE, SOCK_F_SELECT_ERR},
};

/* The bit of @opt, -1 if it is not one bit. */
static int flag_of(int opt)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(flag_opts); i++)
		if (flag_opts[i].opt == opt)
			return flag_opts[i].flag;
	return -1;
}

/* ---- set ------------------------------------------------------------------------------------- */

static int set_timeout(s64 *timeo, const void __user *val, unsigned int len)
{
	struct __kernel_old_timeval tv;

	if (len < sizeof(tv))
		return -EINVAL;
	if (copy_from_user(&tv, val, sizeof(tv)))
		return -EFAULT;
	if (tv.tv_usec < 0 || tv.tv_usec >= USEC_PER_SEC)
		return -EDOM;
	if (tv.tv_sec < 0)
		WRITE_ONCE(*timeo, 0);
	else if ((!tv.tv_sec && !tv.tv_usec) || tv.tv_sec >= KTIME_MAX / NSEC_PER_SEC - 1)
		WRITE_ONCE(*timeo, KTIME_MAX);
	else
		WRITE_ONCE(*timeo, tv.tv_sec * NSEC_PER_SEC + tv.tv_usec * NSEC_PER_USEC);
	return 0;
}

static int set_linger(struct sock *sk, const void __user *val, unsigned int len)
{
	struct linger l;

	if (len < sizeof(l))
		return -EINVAL;
	if (copy_from_user(&l, val, sizeof(l)))
		return -EFAULT;
	if (l.l_onoff)
		WRITE_ONCE(sk->sk_lingertime, l.l_linger);
	sock_valbool_flag(sk, SOCK_F_LINGER, l.l_onoff);
	return 0;
}

/* Twice what was asked for: half is overhead, socket(7). */
static int set_sndbuf(struct sock *sk, int val)
{
	val = min(val, INT_MAX / 2);
	WRITE_ONCE(sk->sk_sndbuf, max(val * 2, SOCK_MIN_SNDBUF));
	set_bit(SOCK_F_SNDBUF_LOCK, &sk->sk_flags);
	if (sk->sk_write_space)
		sk->sk_write_space(sk);
	return 0;
}

static int set_rcvbuf(struct sock *sk, int val)
{
	val = min(val, INT_MAX / 2);
	WRITE_ONCE(sk->sk_rcvbuf, max(val * 2, SOCK_MIN_RCVBUF));
	set_bit(SOCK_F_RCVBUF_LOCK, &sk->sk_flags);
	return 0;
}

static int set_buf_lock(struct sock *sk, int val)
{
	if (val & ~(int)SOCK_BUF_LOCK_MASK)
		return -EINVAL;
	sock_valbool_flag(sk, SOCK_F_SNDBUF_LOCK, val & SOCK_SNDBUF_LOCK);
	sock_valbool_flag(sk, SOCK_F_RCVBUF_LOCK, val & SOCK_RCVBUF_LOCK);
	return 0;
}

static bool capable_net(void)
{
	return capable(CAP_NET_ADMIN) || capable(CAP_NET_RAW);
}

static int set_flag(struct sock *sk, int opt, int flag, int val)
{
	if (opt == SO_DEBUG && val && !capable(CAP_NET_ADMIN))
		return -EACCES;
	sock_valbool_flag(sk, flag, val);
	return 0;
}

static int set_peek_off(struct socket *sock, int val)
{
	if (!sock->ops->set_peek_off)
		return -EOPNOTSUPP;
	return sock->ops->set_peek_off(sock->sk, val);
}

static int set_int(struct socket *sock, int opt, int val)
{
	struct sock *sk = sock->sk;

	switch (opt) {
	case SO_SNDBUF:
		return set_sndbuf(sk, (int)min_t(unsigned int, val, sysctl_wmem_max));
	case SO_SNDBUFFORCE:
		return capable(CAP_NET_ADMIN) ? set_sndbuf(sk, max(val, 0)) : -EPERM;
	case SO_RCVBUF:
		return set_rcvbuf(sk, (int)min_t(unsigned int, val, sysctl_rmem_max));
	case SO_RCVBUFFORCE:
		return capable(CAP_NET_ADMIN) ? set_rcvbuf(sk, max(val, 0)) : -EPERM;
	case SO_BUF_LOCK:
		return set_buf_lock(sk, val);
	case SO_RCVLOWAT:
		WRITE_ONCE(sk->sk_rcvlowat, val < 0 ? INT_MAX : val ? val : 1);
		return 0;
	case SO_PRIORITY:
		if ((val < 0 || val > 6) && !capable_net())
			return -EPERM;
		WRITE_ONCE(sk->sk_priority, val);
		return 0;
	case SO_MARK:
		if (!capable_net())
			return -EPERM;
		WRITE_ONCE(sk->sk_mark, val);
		return 0;
	case SO_PEEK_OFF:
		return set_peek_off(sock, val);
	case SO_BSDCOMPAT:
		return 0; /* obsolete, socket(7): no effect */
	default:
		return -ENOPROTOOPT;
	}
}

int sock_setsockopt(struct socket *sock, int opt, const void __user *uval, unsigned int len)
{
	struct sock *sk = sock->sk;
	int flag = flag_of(opt), val;

	if (len < sizeof(val))
		return -EINVAL;
	if (get_user(val, (const int __user *)uval))
		return -EFAULT;
	if (flag >= 0)
		return set_flag(sk, opt, flag, val);
	switch (opt) {
	case SO_LINGER:
		return set_linger(sk, uval, len);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW: /* the same layout on 64 bits */
		return set_timeout(&sk->sk_rcvtimeo, uval, len);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return set_timeout(&sk->sk_sndtimeo, uval, len);
	default:
		return set_int(sock, opt, val);
	}
}

/* ---- get ------------------------------------------------------------------------------------- */

static struct __kernel_old_timeval timeout_of(s64 ns)
{
	struct __kernel_old_timeval tv = {};

	if (ns != KTIME_MAX) {
		tv.tv_sec = ns / NSEC_PER_SEC;
		tv.tv_usec = ns % NSEC_PER_SEC / NSEC_PER_USEC;
	}
	return tv;
}

static struct ucred peer_ucred(struct sock *sk)
{
	struct ucred u = {.uid = (uid_t)-1, .gid = (gid_t)-1};

	spin_lock(&sk->sk_lock);
	u.pid = pid_nr(sk->sk_peer_pid);
	if (sk->sk_peer_cred) {
		u.uid = sk->sk_peer_cred->euid;
		u.gid = sk->sk_peer_cred->egid;
	}
	spin_unlock(&sk->sk_lock);
	return u;
}

static int get_peergroups(struct sock *sk, void __user *uval, int __user *ulen, int len)
{
	const struct cred *cred;
	struct group_info *gi;
	int size, err = 0;

	spin_lock(&sk->sk_lock);
	cred = sk->sk_peer_cred ? get_cred(sk->sk_peer_cred) : NULL;
	spin_unlock(&sk->sk_lock);
	if (!cred)
		return -ENODATA;
	gi = cred->group_info;
	size = gi->ngroups * sizeof(gid_t);
	if (len < size)
		err = put_user(size, ulen) ? -EFAULT : -ERANGE;
	else if (copy_to_user(uval, gi->gid, size) || put_user(size, ulen))
		err = -EFAULT;
	put_cred(cred);
	return err;
}

static int get_peername(struct socket *sock, void __user *uval, int __user *ulen, int len)
{
	struct __kernel_sockaddr_storage addr = {};
	int n = sock->ops->getname(sock, (struct sockaddr *)&addr, 1);

	if (n < 0)
		return -ENOTCONN;
	if (n < len)
		return -EINVAL;
	return copy_to_user(uval, &addr, len) ? -EFAULT : put_user(len, ulen);
}

static u64 sock_cookie(struct sock *sk)
{
	static atomic64_t last;
	u64 old = READ_ONCE(sk->sk_cookie), new;

	if (old)
		return old;
	new = atomic64_inc_return(&last);
	return try_cmpxchg(&sk->sk_cookie, &old, new) ? new : old;
}

/* The options that are an int; -ENOPROTOOPT for others. */
static int get_int(struct socket *sock, int opt, int *val)
{
	struct sock *sk = sock->sk;
	int flag = flag_of(opt);

	if (flag >= 0) {
		*val = sock_flag(sk, flag);
		return 0;
	}
	switch (opt) {
	case SO_SNDBUF:
		*val = sk->sk_sndbuf;
		break;
	case SO_RCVBUF:
		*val = sk->sk_rcvbuf;
		break;
	case SO_TYPE:
		*val = sk->sk_type;
		break;
	case SO_PROTOCOL:
		*val = sk->sk_protocol;
		break;
	case SO_DOMAIN:
		*val = sk->sk_family;
		break;
	case SO_ERROR:
		*val = -sock_error(sk);
		break;
	case SO_PRIORITY:
		*val = sk->sk_priority;
		break;
	case SO_MARK:
		*val = sk->sk_mark;
		break;
	case SO_RCVLOWAT:
		*val = sk->sk_rcvlowat;
		break;
	case SO_SNDLOWAT:
		*val = 1;
		break;
	case SO_ACCEPTCONN:
		*val = READ_ONCE(sk->sk_state) == TCP_LISTEN;
		break;
	case SO_PEEK_OFF:
		if (!sock->ops->set_peek_off)
			return -EOPNOTSUPP;
		*val = READ_ONCE(sk->sk_peek_off);
		break;
	case SO_BUF_LOCK:
		*val = (sock_flag(sk, SOCK_F_SNDBUF_LOCK) ? SOCK_SNDBUF_LOCK : 0) |
		       (sock_flag(sk, SOCK_F_RCVBUF_LOCK) ? SOCK_RCVBUF_LOCK : 0);
		break;
	case SO_BSDCOMPAT:
		*val = 0;
		break;
	default:
		return -ENOPROTOOPT;
	}
	return 0;
}

union sock_value {
	int val;
	struct linger linger;
	struct __kernel_old_timeval tv;
	struct ucred cred;
	u64 u64;
};

/* Size of the value, or -errno. */
static int get_value(struct socket *sock, int opt, union sock_value *v)
{
	struct sock *sk = sock->sk;
	int err;

	switch (opt) {
	case SO_LINGER:
		v->linger.l_onoff = sock_flag(sk, SOCK_F_LINGER);
		v->linger.l_linger = sk->sk_lingertime;
		return sizeof(v->linger);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		v->tv = timeout_of(READ_ONCE(sk->sk_rcvtimeo));
		return sizeof(v->tv);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		v->tv = timeout_of(READ_ONCE(sk->sk_sndtimeo));
		return sizeof(v->tv);
	case SO_PEERCRED:
		v->cred = peer_ucred(sk);
		return sizeof(v->cred);
	case SO_COOKIE:
		v->u64 = sock_cookie(sk);
		return sizeof(v->u64);
	default:
		err = get_int(sock, opt, &v->val);
		return err ? err : (int)sizeof(v->val);
	}
}

int sock_getsockopt(struct socket *sock, int opt, void __user *uval, int __user *ulen)
{
	union sock_value v = {};
	int len, size;

	if (get_user(len, ulen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (opt == SO_PEERGROUPS)
		return get_peergroups(sock->sk, uval, ulen, len);
	if (opt == SO_PEERNAME)
		return get_peername(sock, uval, ulen, len);
	size = get_value(sock, opt, &v);
	if (size < 0)
		return size;
	if (opt == SO_COOKIE && len < size)
		return -EINVAL;
	len = min(len, size);
	if (copy_to_user(uval, &v, len))
		return -EFAULT;
	return put_user(len, ulen);
}
