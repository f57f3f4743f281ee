/* SPDX-License-Identifier: MIT */
/*
 * Names of AF_UNIX sockets: in the file system (an inode of type socket), abstract (a leading NUL,
 * living only here), none. One table finds them: by inode, by abstract name and type, or, so that
 * /proc/net/unix sees them, by their own address.
 */
#include <lib/err.h>
#include <lib/hash.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <kernel/random.h>
#include <mm/slab.h>
#include <fs/dcache.h>
#include <fs/fs_struct.h>
#include <fs/landlock.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include "unix.h"

#define HASH_BITS 8
static_assert(UNIX_HASH_SIZE == 1 << HASH_BITS, "unix hash");
#define NAME_OFFSET (offsetof(struct sockaddr_un, sun_path))

struct unix_bucket unix_table[UNIX_HASH_SIZE];

/* ---- the table ------------------------------------------------------------------------------- */

static void hash_add(struct unix_sock *u, unsigned int bucket)
{
	u->bucket = bucket;
	spin_lock(&unix_table[bucket].lock);
	hlist_add_head(&u->node, &unix_table[bucket].head);
	spin_unlock(&unix_table[bucket].lock);
}

void unix_hash_new(struct sock *sk)
{
	hash_add(unix_sk(sk), hash_ptr(sk, HASH_BITS));
}

void unix_unhash(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk);
	struct unix_bucket *b;

	mutex_lock(&u->bindlock);
	b = &unix_table[u->bucket];
	spin_lock(&b->lock);
	hlist_del_init(&u->node);
	spin_unlock(&b->lock);
	mutex_unlock(&u->bindlock);
}

static unsigned int abstract_bucket(const struct unix_address *addr, int type)
{
	return (full_name_hash(NULL, addr->name.sun_path, addr->len - NAME_OFFSET) ^ type) &
	       (UNIX_HASH_SIZE - 1);
}

/* Bucket lock held. */
static struct sock *find_abstract(const struct unix_bucket *b, const struct sockaddr_un *name,
				  int len, int type)
{
	struct unix_sock *u;

	hlist_for_each_entry(u, &b->head, node) {
		const struct unix_address *a = u->addr;

		if (u->abstract && a->len == len && u->sk.sk_type == type &&
		    !memcmp(&a->name, name, len))
			return &u->sk;
	}
	return NULL;
}

/* The abstract name becomes @u's, unless it is taken. bindlock held. */
static int hash_abstract(struct unix_sock *u, struct unix_address *addr)
{
	struct unix_bucket *b = &unix_table[addr->bucket], *old = &unix_table[u->bucket];
	int err = 0;

	spin_lock(&old->lock);
	hlist_del_init(&u->node);
	spin_unlock(&old->lock);
	spin_lock(&b->lock);
	if (find_abstract(b, &addr->name, addr->len, u->sk.sk_type)) {
		err = -EADDRINUSE;
	} else {
		smp_store_release(&u->addr, addr);
		u->abstract = true;
		u->bucket = addr->bucket;
		hlist_add_head(&u->node, &b->head);
	}
	spin_unlock(&b->lock);
	if (err)
		hash_add(u, u->bucket);
	return err;
}

/* ---- addresses ------------------------------------------------------------------------------- */

void unix_address_put(struct unix_address *addr)
{
	if (refcount_dec_and_test(&addr->refs))
		kfree(addr);
}

int unix_validate_addr(const struct sockaddr *addr, int len)
{
	if (len <= (int)NAME_OFFSET || len > (int)sizeof(struct sockaddr_un))
		return -EINVAL;
	return addr->sa_family == AF_UNIX ? 0 : -EINVAL;
}

/* A copy; of a path it ends after its NUL. */
static struct unix_address *new_address(const struct sockaddr *sa, int len)
{
	struct unix_address *addr = kzalloc(sizeof(*addr), GFP_KERNEL);

	if (!addr)
		return NULL;
	refcount_set(&addr->refs, 1);
	memcpy(&addr->name, sa, len);
	if (addr->name.sun_path[0])
		len = strlen(addr->name.sun_path) + 1 + NAME_OFFSET;
	addr->len = len;
	return addr;
}

static int copy_name(const struct sock *sk, void *to)
{
	struct unix_address *addr = smp_load_acquire(&unix_sk(sk)->addr);

	if (!addr) {
		((struct sockaddr_un *)to)->sun_family = AF_UNIX;
		return NAME_OFFSET;
	}
	memcpy(to, &addr->name, addr->len);
	return addr->len;
}

int unix_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	struct sock *sk = sock->sk;
	int len;

	if (!peer)
		return copy_name(sk, addr);
	sk = unix_peer_get(sk);
	if (!sk)
		return -ENOTCONN;
	len = copy_name(sk, addr);
	sock_put(sk);
	return len;
}

void unix_copy_addr(struct msghdr *msg, struct sock *sk)
{
	if (smp_load_acquire(&unix_sk(sk)->addr))
		msg->msg_namelen = copy_name(sk, msg->msg_name);
}

/* ---- bind ------------------------------------------------------------------------------------ */

/* Makes the inode, which carries the mode of the socket's own, as fchmod(2) may have set it. */
static int make_node(struct socket *sock, const char *name, struct path *res)
{
	umode_t mode = S_IFSOCK | (file_inode(sock->file)->i_mode & ~current_umask());
	struct path parent;
	struct dentry *dentry = kern_path_create(AT_FDCWD, name, &parent, 0);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry) == -EEXIST ? -EADDRINUSE : PTR_ERR(dentry);
	err = landlock_make(&parent, S_IFSOCK);
	if (!err)
		err = vfs_mknod(parent.dentry->d_inode, dentry, mode, 0);
	if (!err) {
		res->mnt = mntget(parent.mnt);
		res->dentry = dget(dentry);
	}
	done_path_create(&parent, dentry);
	return err == -EEXIST ? -EADDRINUSE : err;
}

/* Of a socket that has a name already: a bad path is told first, as bind(2) tries it first. */
static int bind_again(const struct unix_address *addr)
{
	struct path parent;
	struct dentry *dentry;

	if (!addr->name.sun_path[0])
		return -EINVAL;
	dentry = kern_path_create(AT_FDCWD, addr->name.sun_path, &parent, 0);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry) == -EEXIST ? -EADDRINUSE : PTR_ERR(dentry);
	done_path_create(&parent, dentry);
	return -EINVAL;
}

/* bindlock held. */
static int bind_path(struct socket *sock, struct unix_address *addr)
{
	struct unix_sock *u = unix_sk(sock->sk);
	struct path path;
	int err = make_node(sock, addr->name.sun_path, &path);

	if (err)
		return err;
	spin_lock(&unix_table[u->bucket].lock);
	hlist_del_init(&u->node);
	spin_unlock(&unix_table[u->bucket].lock);
	spin_lock(&u->sk.sk_lock);
	u->path = path;
	spin_unlock(&u->sk.sk_lock);
	smp_store_release(&u->addr, addr);
	hash_add(u, hash_ptr(path.dentry->d_inode, HASH_BITS));
	return 0;
}

int unix_bind(struct socket *sock, struct sockaddr *sa, int len)
{
	struct unix_sock *u = unix_sk(sock->sk);
	struct unix_address *addr;
	int err;

	if (len == NAME_OFFSET && sa->sa_family == AF_UNIX)
		return unix_autobind(&u->sk);
	err = unix_validate_addr(sa, len);
	if (err)
		return err;
	addr = new_address(sa, len);
	if (!addr)
		return -ENOMEM;
	mutex_lock(&u->bindlock);
	if (u->addr) {
		err = bind_again(addr);
	} else if (addr->name.sun_path[0]) {
		err = bind_path(sock, addr);
	} else {
		addr->bucket = abstract_bucket(addr, u->sk.sk_type);
		err = hash_abstract(u, addr);
	}
	mutex_unlock(&u->bindlock);
	if (err)
		unix_address_put(addr);
	return err;
}

/* Five hexadecimal digits, starting somewhere: unix(7), "Autobind feature". */
int unix_autobind(struct sock *sk)
{
	unsigned int first = get_random_u32() & 0xfffff, tries = 0;
	struct unix_sock *u = unix_sk(sk);
	struct unix_address *addr;
	int err;

	if (u->addr)
		return 0;
	addr = kzalloc(sizeof(*addr), GFP_KERNEL);
	if (!addr)
		return -ENOMEM;
	refcount_set(&addr->refs, 1);
	addr->name.sun_family = AF_UNIX;
	addr->len = NAME_OFFSET + 6;
	mutex_lock(&u->bindlock);
	err = u->addr ? 1 : -EADDRINUSE;
	while (err == -EADDRINUSE && tries++ <= 0xfffff) {
		snprintf(addr->name.sun_path + 1, 6, "%05x", (first + tries) & 0xfffff);
		addr->bucket = abstract_bucket(addr, sk->sk_type);
		err = hash_abstract(u, addr);
		cond_resched();
	}
	mutex_unlock(&u->bindlock);
	if (err)
		unix_address_put(addr);
	return err == -EADDRINUSE ? -ENOSPC : min(err, 0);
}

/* ---- finding --------------------------------------------------------------------------------- */

static struct sock *find_by_inode(const struct inode *inode)
{
	struct unix_bucket *b = &unix_table[hash_ptr(inode, HASH_BITS)];
	struct sock *found = NULL;
	struct unix_sock *u;

	spin_lock(&b->lock);
	hlist_for_each_entry(u, &b->head, node) {
		if (u->path.dentry && u->path.dentry->d_inode == inode) {
			found = &u->sk;
			sock_hold(found);
			break;
		}
	}
	spin_unlock(&b->lock);
	return found;
}

static struct sock *find_by_path(const char *name, int type)
{
	struct inode *inode;
	struct path path;
	struct sock *sk;
	int err = kern_path(name, LOOKUP_FOLLOW, &path);

	if (err)
		return ERR_PTR(err);
	inode = path.dentry->d_inode;
	sk = ERR_PTR(inode_permission(inode, MAY_WRITE));
	if (!sk)
		sk = S_ISSOCK(inode->i_mode) ? find_by_inode(inode) : NULL;
	if (!sk) {
		sk = ERR_PTR(-ECONNREFUSED);
	} else if (!IS_ERR(sk) && sk->sk_type != type) {
		sock_put(sk);
		sk = ERR_PTR(-EPROTOTYPE);
	} else if (!IS_ERR(sk)) {
		touch_atime(&path);
	}
	path_put(&path);
	return sk;
}

struct sock *unix_find_other(const struct sockaddr_un *name, int len, int type)
{
	struct unix_address key = {.len = len};
	struct unix_bucket *b;
	struct sock *sk;

	memcpy(&key.name, name, len);
	if (key.name.sun_path[0])
		return find_by_path(key.name.sun_path, type);
	b = &unix_table[abstract_bucket(&key, type)];
	spin_lock(&b->lock);
	sk = find_abstract(b, name, len, type);
	if (sk)
		sock_hold(sk);
	spin_unlock(&b->lock);
	return sk ? sk : ERR_PTR(-ECONNREFUSED);
}
