/* SPDX-License-Identifier: MIT */
/*
 * add_key(2), request_key(2), keyctl(2). Asking user space to make a key (/sbin/request-key) is not
 * built: request_key(2) then does what it does where that program does not exist. So no task ever
 * has the authority to instantiate a key.
 */
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <fs/seq_file.h>
#include <kernel/keys.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include "internal.h"

#define TYPE_MAX    32
#define PAYLOAD_MAX (1024 * 1024 - 1)

/* ---- arguments ---- */

static int get_type(char type[TYPE_MAX], const char __user *utype)
{
	long n = strncpy_from_user(type, utype, TYPE_MAX);

	if (n < 0)
		return n;
	if (!n || n >= TYPE_MAX)
		return -EINVAL;
	return type[0] == '.' ? -EPERM : 0;
}

static void *get_payload(const void __user *upayload, size_t len)
{
	void *data;

	if (!upayload || !len)
		return len ? ERR_PTR(-EFAULT) : NULL;
	data = kvmalloc(len, GFP_KERNEL);
	if (!data)
		return ERR_PTR(-ENOMEM);
	if (!copy_from_user(data, upayload, len))
		return data;
	kvfree(data);
	return ERR_PTR(-EFAULT);
}

static int check_payload(const struct key_type *type, const char *desc, size_t len)
{
	if (type->is_keyring)
		return len ? -EINVAL : 0;
	if (!strcmp(type->name, "logon") && (!strchr(desc, ':') || desc[0] == ':'))
		return -EINVAL;
	return len && len <= type->max ? 0 : -EINVAL;
}

static u32 default_perm(const struct key_type *type)
{
	u32 perm = KEY_POS_VIEW | KEY_POS_SEARCH | KEY_POS_LINK | KEY_POS_SETATTR | KEY_USR_VIEW;

	if (type->readable)
		perm |= KEY_POS_READ;
	if (type->is_keyring || type->updatable)
		perm |= KEY_POS_WRITE;
	return perm;
}

/* lookup_user_key() of what has to be a keyring. */
static int lookup_keyring(key_serial_t id, unsigned int flags, unsigned int need,
			  struct key_ref *ring)
{
	int err = lookup_user_key(id, flags, need, ring);

	if (!err && !ring->key->type->is_keyring) {
		key_put(ring->key);
		err = -ENOTDIR;
	}
	return err;
}

/* ---- add_key ---- */

/* Takes over @data if it succeeds. */
static long create_in(struct key_ref ring, const struct key_type *type, const char *desc,
		      void *data, size_t len)
{
	struct key *key =
		key_alloc(type, desc, current_fsuid(), current_fsgid(), default_perm(type), true);
	long ret;

	if (IS_ERR(key))
		return PTR_ERR(key);
	ret = keyring_link(ring.key, key);
	if (!ret) {
		ret = data ? key_set_payload(key, data, len) : 0;
		if (ret)
			keyring_unlink(ring.key, key);
	}
	if (!ret)
		ret = key->serial;
	key_put(key);
	return ret;
}

static long create_or_update(struct key_ref ring, const struct key_type *type, const char *desc,
			     void *data, size_t len)
{
	struct key *old = keyring_find(ring.key, type, desc);
	int err;

	keyring_prune(ring.key);
	old = keyring_find(ring.key, type, desc);
	if (!old || !type->updatable || old->revoked || old->invalidated)
		return create_in(ring, type, desc, data, len);
	err = key_permission((struct key_ref){old, ring.possessed}, KEY_NEED_WRITE);
	if (!err)
		err = key_set_payload(old, data, len);
	return err ? err : old->serial;
}

static long do_add_key(const char *type_name, const char *desc, void *data, size_t len,
		       key_serial_t ringid)
{
	const struct key_type *type;
	struct key_ref ring;
	long ret;

	mutex_lock(&keys_mutex);
	ret = lookup_keyring(ringid, LOOKUP_CREATE, KEY_NEED_WRITE, &ring);
	if (!ret) {
		type = key_type_lookup(type_name);
		ret = type ? check_payload(type, desc, len) : -ENODEV;
		if (!ret)
			ret = create_or_update(ring, type, desc, data, len);
		key_put(ring.key);
	}
	mutex_unlock(&keys_mutex);
	return ret;
}

SYSCALL_DEFINE5(add_key, const char __user *, utype, const char __user *, udesc,
		const void __user *, upayload, size_t, len, int, ringid)
{
	char type[TYPE_MAX], *desc;
	void *data;
	long ret;

	if (len > PAYLOAD_MAX)
		return -EINVAL;
	ret = get_type(type, utype);
	if (ret)
		return ret;
	if (!udesc)
		return -EINVAL;
	desc = strndup_user(udesc, KEY_MAX_DESC);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	data = NULL;
	if (!*desc)
		ret = -EINVAL;
	else if (*desc == '.' && !strcmp(type, key_type_keyring.name))
		ret = -EPERM;
	else
		data = get_payload(upayload, len);
	if (IS_ERR(data))
		ret = PTR_ERR(data);
	if (!ret) {
		ret = do_add_key(type, desc, data, len, ringid);
		if (ret < 0)
			kvfree(data);
	}
	kfree(desc);
	return ret;
}

/* ---- request_key ---- */

/* Nobody can make it: for a minute that is remembered in the keyring, so that we are not asked. */
static long remember_missing(const struct key_type *type, const char *desc, struct key *dest)
{
	struct key *key =
		key_alloc(type, desc, current_fsuid(), current_fsgid(), default_perm(type), true);
	int err;

	if (IS_ERR(key))
		return PTR_ERR(key);
	key->reject = -ENOKEY;
	key_set_timeout(key, NEGATIVE_SECONDS);
	err = keyring_link(dest, key);
	key_put(key);
	return err ? err : -ENOKEY;
}

static long do_request_key(const struct key_type *type, const char *desc, bool callout,
			   struct key *dest)
{
	struct key_search s = {.type = type, .desc = desc};
	struct key *key = search_process_keyrings(&s), *own = NULL;
	int err;
	long ret;

	if (key) {
		ret = dest ? key_permission((struct key_ref){key, true}, KEY_NEED_LINK) : 0;
		if (!ret && dest)
			ret = keyring_link(dest, key);
		if (!ret)
			ret = key->serial;
		key_put(key);
		return ret;
	}
	if (s.err)
		return s.err;
	if (!callout)
		return -ENOKEY;
	if (type->is_keyring)
		return -EPERM;
	if (!dest) {
		own = default_request_keyring(&err);
		if (!own)
			return err;
	}
	ret = remember_missing(type, desc, dest ? dest : own);
	key_put(own);
	return ret;
}

static long request_into(const char *type_name, const char *desc, bool callout, key_serial_t destid)
{
	struct key_ref dest = {NULL, false};
	const struct key_type *type;
	long ret = 0;

	mutex_lock(&keys_mutex);
	if (destid)
		ret = lookup_keyring(destid, LOOKUP_CREATE, KEY_NEED_WRITE, &dest);
	if (!ret) {
		type = key_type_lookup(type_name);
		ret = type ? do_request_key(type, desc, callout, dest.key) : -ENOKEY;
		key_put(dest.key);
	}
	mutex_unlock(&keys_mutex);
	return ret;
}

SYSCALL_DEFINE4(request_key, const char __user *, utype, const char __user *, udesc,
		const char __user *, ucallout, int, destid)
{
	char type[TYPE_MAX], *desc, *callout = NULL;
	long ret = get_type(type, utype);

	if (ret)
		return ret;
	desc = strndup_user(udesc, KEY_MAX_DESC);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	if (ucallout)
		callout = strndup_user(ucallout, PAGE_SIZE);
	ret = IS_ERR(callout) ? PTR_ERR(callout) :
				request_into(type, desc, callout != NULL, destid);
	if (!IS_ERR(callout))
		kfree(callout);
	kfree(desc);
	return ret;
}

/* ---- keyctl: keys ---- */

static long get_keyring_id(key_serial_t id, bool create)
{
	struct key_ref ref;
	long ret = lookup_user_key(id, create ? LOOKUP_CREATE : 0, KEY_NEED_SEARCH, &ref);

	if (ret)
		return ret;
	ret = ref.key->serial;
	key_put(ref.key);
	return ret;
}

static long change_key(key_serial_t id, unsigned int op, unsigned long a, unsigned long b)
{
	bool own = op == KEYCTL_CHOWN || op == KEYCTL_SETPERM || op == KEYCTL_SET_TIMEOUT;
	unsigned int need = own			    ? KEY_NEED_SETATTR :
			    op == KEYCTL_INVALIDATE ? KEY_NEED_SEARCH :
						      KEY_NEED_WRITE;
	bool root = capable(CAP_SYS_ADMIN);
	struct key_ref ref;
	long ret = lookup_user_key(id, own ? LOOKUP_CREATE | LOOKUP_PARTIAL : 0, need, &ref);

	if (ret == -EACCES && op == KEYCTL_REVOKE)
		ret = lookup_user_key(id, 0, KEY_NEED_SETATTR, &ref);
	if (ret)
		return ret;
	switch (op) {
	case KEYCTL_REVOKE:
		key_revoke(ref.key);
		break;
	case KEYCTL_INVALIDATE:
		key_invalidate(ref.key);
		break;
	case KEYCTL_SET_TIMEOUT:
		key_set_timeout(ref.key, a);
		break;
	case KEYCTL_CLEAR:
		if (ref.key->type->is_keyring)
			keyring_clear(ref.key);
		else
			ret = -ENOTDIR;
		break;
	case KEYCTL_SETPERM:
		if (root || ref.key->uid == current_fsuid())
			ref.key->perm = a;
		else
			ret = -EACCES;
		break;
	default: /* KEYCTL_CHOWN */
		if (!root &&
		    (((uid_t)a != (uid_t)-1 && (uid_t)a != ref.key->uid) ||
		     ((gid_t)b != (gid_t)-1 && (gid_t)b != ref.key->gid && !in_group_p(b))))
			ret = -EACCES;
		else
			ret = key_chown(ref.key, a, b);
	}
	key_put(ref.key);
	return ret;
}

static long update_key(key_serial_t id, void *data, size_t len)
{
	struct key_ref ref;
	long ret = lookup_user_key(id, 0, KEY_NEED_WRITE, &ref);

	if (ret)
		return ret;
	ret = ref.key->type->updatable ? check_payload(ref.key->type, ref.key->desc, len) :
					 -EOPNOTSUPP;
	if (!ret)
		ret = key_set_payload(ref.key, data, len);
	key_put(ref.key);
	return ret;
}

/* Finds out what to copy, under the lock, so that user memory is touched without it. */
static long read_key(key_serial_t id, void **copy, size_t room)
{
	struct key_ref ref;
	size_t len;
	long ret = lookup_user_key(id, 0, 0, &ref);

	if (ret)
		return ret;
	if (key_permission(ref, KEY_NEED_READ) && !ref.possessed)
		ret = -EACCES;
	else if (!ref.key->type->readable)
		ret = -EOPNOTSUPP;
	if (ret)
		goto out;
	len = ref.key->type->is_keyring ? ref.key->nr_links * sizeof(key_serial_t) :
					  ref.key->datalen;
	room = min(room, len);
	if (room) {
		*copy = kvmalloc(room, GFP_KERNEL);
		if (!*copy)
			ret = -ENOMEM;
		else if (ref.key->type->is_keyring)
			keyring_serials(ref.key, *copy, room / sizeof(key_serial_t));
		else
			memcpy(*copy, ref.key->data, room);
	}
	if (!ret)
		ret = len;
out:
	key_put(ref.key);
	return ret;
}

static long describe_key(key_serial_t id, void **copy)
{
	struct key_ref ref;
	long ret = lookup_user_key(id, LOOKUP_PARTIAL, KEY_NEED_VIEW, &ref);
	const struct key *key = ref.key;

	if (ret)
		return ret;
	*copy = kmalloc(strlen(key->desc) + 80, GFP_KERNEL);
	ret = *copy ? snprintf(*copy, strlen(key->desc) + 80, "%s;%d;%d;%08x;%s", key->type->name,
			       key->uid, key->gid, key->perm, key->desc) +
			      1 :
		      -ENOMEM;
	key_put(ref.key);
	return ret;
}

/* There is no security module, so the label is empty. */
static long get_security(key_serial_t id, void **copy)
{
	struct key_ref ref;
	long ret = lookup_user_key(id, LOOKUP_PARTIAL, KEY_NEED_VIEW, &ref);

	if (ret)
		return ret;
	key_put(ref.key);
	*copy = kzalloc(1, GFP_KERNEL);
	return *copy ? 1 : -ENOMEM;
}

/* ---- keyctl: keyrings ---- */

static long link_key(key_serial_t id, key_serial_t ringid)
{
	struct key_ref ring, ref;
	long ret = lookup_keyring(ringid, LOOKUP_CREATE, KEY_NEED_WRITE, &ring);

	if (ret)
		return ret;
	ret = lookup_user_key(id, LOOKUP_CREATE, KEY_NEED_LINK, &ref);
	if (!ret) {
		ret = keyring_link(ring.key, ref.key);
		key_put(ref.key);
	}
	key_put(ring.key);
	return ret;
}

static long unlink_key(key_serial_t id, key_serial_t ringid)
{
	struct key_ref ring, ref;
	long ret = lookup_keyring(ringid, 0, KEY_NEED_WRITE, &ring);

	if (ret)
		return ret;
	ret = lookup_user_key(id, LOOKUP_PARTIAL, 0, &ref);
	if (!ret) {
		ret = keyring_unlink(ring.key, ref.key);
		key_put(ref.key);
	}
	key_put(ring.key);
	return ret;
}

static long move_between(struct key *key, struct key *from, struct key *to, bool excl)
{
	int err;

	if (keyring_find(from, key->type, key->desc) != key)
		return -ENOENT;
	if (from == to)
		return 0;
	if (excl && keyring_find(to, key->type, key->desc))
		return -EEXIST;
	err = keyring_link(to, key);
	return err ? err : keyring_unlink(from, key);
}

static long move_key(key_serial_t id, key_serial_t fromid, key_serial_t toid, unsigned int flags)
{
	struct key_ref ref, from, to;
	long ret;

	if (flags & ~KEYCTL_MOVE_EXCL)
		return -EINVAL;
	ret = lookup_user_key(id, LOOKUP_CREATE, KEY_NEED_LINK, &ref);
	if (ret)
		return ret;
	ret = lookup_keyring(fromid, 0, KEY_NEED_WRITE, &from);
	if (!ret) {
		ret = lookup_keyring(toid, LOOKUP_CREATE, KEY_NEED_WRITE, &to);
		if (!ret) {
			ret = move_between(ref.key, from.key, to.key, flags);
			key_put(to.key);
		}
		key_put(from.key);
	}
	key_put(ref.key);
	return ret;
}

static long search_from(struct key_ref ring, const struct key_type *type, const char *desc,
			struct key *dest)
{
	struct key_search s = {.type = type, .desc = desc};
	struct key *key;
	long ret;

	keyring_search_start();
	key = keyring_search(ring, &s);
	if (!key)
		return s.err ? s.err : -ENOKEY;
	ret = dest ? key_permission((struct key_ref){key, ring.possessed}, KEY_NEED_LINK) : 0;
	if (!ret && dest)
		ret = keyring_link(dest, key);
	if (!ret)
		ret = key->serial;
	key_put(key);
	return ret;
}

static long search_key(key_serial_t ringid, const char *type_name, const char *desc,
		       key_serial_t destid)
{
	const struct key_type *type = key_type_lookup(type_name);
	struct key_ref ring, dest = {NULL, false};
	long ret = lookup_keyring(ringid, 0, KEY_NEED_SEARCH, &ring);

	if (ret)
		return ret;
	if (destid)
		ret = lookup_keyring(destid, LOOKUP_CREATE, KEY_NEED_WRITE, &dest);
	if (!ret) {
		ret = type ? search_from(ring, type, desc, dest.key) : -ENOKEY;
		key_put(dest.key);
	}
	key_put(ring.key);
	return ret;
}

/* ---- keyctl: the call ---- */

static long keyctl_search(key_serial_t ringid, const char __user *utype, const char __user *udesc,
			  key_serial_t destid)
{
	char type[TYPE_MAX], *desc;
	long ret = get_type(type, utype);

	if (ret)
		return ret;
	desc = strndup_user(udesc, KEY_MAX_DESC);
	if (IS_ERR(desc))
		return PTR_ERR(desc);
	mutex_lock(&keys_mutex);
	ret = search_key(ringid, type, desc, destid);
	mutex_unlock(&keys_mutex);
	kfree(desc);
	return ret;
}

static long keyctl_join(const char __user *uname)
{
	char *name = uname ? strndup_user(uname, KEY_MAX_DESC) : NULL;
	long ret = -EPERM;

	if (IS_ERR(name))
		return PTR_ERR(name);
	if (!name || *name != '.') {
		mutex_lock(&keys_mutex);
		ret = join_session_keyring(name);
		mutex_unlock(&keys_mutex);
	}
	kfree(name);
	return ret;
}

static long keyctl_update(key_serial_t id, const void __user *upayload, size_t len)
{
	void *data;
	long ret;

	if (len > PAGE_SIZE)
		return -EINVAL;
	data = get_payload(upayload, len);
	if (IS_ERR(data))
		return PTR_ERR(data);
	mutex_lock(&keys_mutex);
	ret = update_key(id, data, len);
	mutex_unlock(&keys_mutex);
	if (ret)
		kvfree(data);
	return ret;
}

/* The length of what there is; as much of it as fits is copied (text only if all of it fits). */
static long keyctl_get(unsigned int op, key_serial_t id, char __user *ubuf, size_t room)
{
	void *copy = NULL;
	long ret;

	if (!ubuf)
		room = 0;
	mutex_lock(&keys_mutex);
	if (op == KEYCTL_READ)
		ret = read_key(id, &copy, room);
	else if (op == KEYCTL_DESCRIBE)
		ret = describe_key(id, &copy);
	else
		ret = get_security(id, &copy);
	mutex_unlock(&keys_mutex);
	if (ret > 0 && room && (op == KEYCTL_READ || (size_t)ret <= room) &&
	    copy_to_user(ubuf, copy, min_t(size_t, ret, room)))
		ret = -EFAULT;
	kvfree(copy);
	return ret;
}

static long keyctl_capabilities(unsigned char __user *ubuf, size_t room)
{
	static const unsigned char caps[2] = {KEYCTL_CAPS0_CAPABILITIES | KEYCTL_CAPS0_BIG_KEY |
					      KEYCTL_CAPS0_INVALIDATE | KEYCTL_CAPS0_MOVE};

	if (room && copy_to_user(ubuf, caps, min(room, sizeof(caps))))
		return -EFAULT;
	if (room > sizeof(caps) && clear_user(ubuf + sizeof(caps), room - sizeof(caps)))
		return -EFAULT;
	return sizeof(caps);
}

static long keyctl_locked(unsigned int op, unsigned long a2, unsigned long a3, unsigned long a4,
			  unsigned long a5)
{
	switch (op) {
	case KEYCTL_GET_KEYRING_ID:
		return get_keyring_id(a2, a3);
	case KEYCTL_SETPERM:
		if (a3 & ~(unsigned long)(KEY_POS_ALL | KEY_USR_ALL | KEY_GRP_ALL | KEY_OTH_ALL))
			return -EINVAL;
		fallthrough;
	case KEYCTL_REVOKE:
	case KEYCTL_CHOWN:
	case KEYCTL_CLEAR:
	case KEYCTL_SET_TIMEOUT:
	case KEYCTL_INVALIDATE:
		return change_key(a2, op, a3, a4);
	case KEYCTL_LINK:
		return link_key(a2, a3);
	case KEYCTL_UNLINK:
		return unlink_key(a2, a3);
	case KEYCTL_MOVE:
		return move_key(a2, a3, a4, a5);
	case KEYCTL_SET_REQKEY_KEYRING:
		return set_reqkey_keyring(a2);
	case KEYCTL_INSTANTIATE:
	case KEYCTL_INSTANTIATE_IOV:
	case KEYCTL_NEGATE:
	case KEYCTL_REJECT:
		return -EPERM; /* nobody was asked to */
	case KEYCTL_ASSUME_AUTHORITY:
		return (int)a2 < 0 ? -EINVAL : a2 ? -ENOKEY : 0;
	default:
		return -EOPNOTSUPP;
	}
}

SYSCALL_DEFINE5(keyctl, int, op, unsigned long, a2, unsigned long, a3, unsigned long, a4,
		unsigned long, a5)
{
	long ret;

	switch (op) {
	case KEYCTL_JOIN_SESSION_KEYRING:
		return keyctl_join((const char __user *)a2);
	case KEYCTL_UPDATE:
		return keyctl_update(a2, (const void __user *)a3, a4);
	case KEYCTL_READ:
	case KEYCTL_DESCRIBE:
	case KEYCTL_GET_SECURITY:
		return keyctl_get(op, a2, (char __user *)a3, a4);
	case KEYCTL_SEARCH:
		return keyctl_search(a2, (const char __user *)a3, (const char __user *)a4, a5);
	case KEYCTL_CAPABILITIES:
		return keyctl_capabilities((unsigned char __user *)a2, a3);
	}
	mutex_lock(&keys_mutex);
	ret = keyctl_locked(op, a2, a3, a4, a5);
	mutex_unlock(&keys_mutex);
	return ret;
}

/* ---- /proc/keys: those that the reader may view ---- */

static void show_timeout(struct seq_file *m, const struct key *key)
{
	s64 left = key->expiry - ktime_get_real() / NSEC_PER_SEC;

	if (!key->expiry)
		seq_puts(m, "perm ");
	else if (left <= 0)
		seq_puts(m, "expd ");
	else if (left < 60)
		seq_printf(m, "%3ds ", (int)left);
	else if (left < 60 * 60)
		seq_printf(m, "%3dm ", (int)(left / 60));
	else if (left < 60 * 60 * 24)
		seq_printf(m, "%3dh ", (int)(left / 60 / 60));
	else
		seq_printf(m, "%3dd ", (int)(left / 60 / 60 / 24));
}

int proc_keys_show(struct seq_file *m, void *v)
{
	unsigned long i = 0;
	struct key *key;

	mutex_lock(&keys_mutex);
	for (key = key_next(&i); key; i++, key = key_next(&i)) {
		if (key_permission((struct key_ref){key, false}, KEY_NEED_VIEW))
			continue;
		seq_printf(m, "%08x I%c-%c--%c %5d ", key->serial, key->revoked ? 'R' : '-',
			   key->user ? 'Q' : '-',
			   key->invalidated ? 'i' :
			   key->reject	    ? 'N' :
					      '-',
			   (int)refcount_read(&key->usage));
		show_timeout(m, key);
		seq_printf(m, "%08x %5d %5d %-9.9s %s: ", key->perm, key->uid, key->gid,
			   key->type->name, key->desc);
		if (!key->type->is_keyring)
			seq_printf(m, "%zu\n", key->datalen);
		else if (key->nr_links)
			seq_printf(m, "%u\n", key->nr_links);
		else
			seq_puts(m, "empty\n");
	}
	mutex_unlock(&keys_mutex);
	return 0;
}
